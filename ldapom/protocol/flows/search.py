"""Search (RFC 4511 4.5) as a stream of batches, paged (RFC 2696) or not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ldapom.errors import (
    Canceled,
    DeadlineExceeded,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.filters import Present
from ldapom.protocol._exchanges import Entries
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.flows import ranges, steps, update
from ldapom.protocol.messages import (
    LDAPMessage,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import Control
    from ldapom.protocol.referrals import Unfollowed

#: Pages without an entry that a server may send in a row. Active Directory does send
#: some; one that sends only those never ends.
MAX_EMPTY_PAGES = 1_000

#: Continuation references of one search that are kept, and their characters: entries
#: are given on, but these stay.
MAX_REFERENCES = 100_000
MAX_REFERENCE_TEXT = 1 << 24


class SearchCursor:
    """One search and where it stands; `fetch` and `cancel` are flows, `close` is not.

    Args:
        engine: Where to ask.
        request: The search.
        controls: Further request controls.
        page_size: Entries a page; 0 asks for all at once.
        whole: Complete ranges that were asked for by number too; see `ranges`.

    Attributes:
        references: Continuation references received so far (RFC 4511 4.5.3).
        unfollowed: Which of those were not followed, and why; see `references`.
        controls: The controls of the last SearchResultDone.
    """

    def __init__(
        self,
        engine: Engine,
        request: SearchRequest,
        *,
        controls: Sequence[Control] = (),
        page_size: int = 0,
        whole: bool = False,
    ) -> None:
        self._engine = engine
        self._request = request
        self._controls = tuple(controls)
        self._page_size = page_size
        self._whole = whole
        self._cookie = b""
        self._message_id: int | None = None
        self._came: Sequence[LDAPMessage] = ()
        self._count = 0
        self._page_count = 0
        self._empty_pages = 0
        self._error: LDAPError | None = None
        self._waits = False
        self._ended = False
        self._canceled = False
        self._settles = False
        self.references: list[str] = []
        self._referred = 0
        self.unfollowed: list[Unfollowed] = []
        self.controls: tuple[Control, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether the last entry has been fetched or the cursor closed."""
        return self._ended

    @property
    def paged(self) -> bool:
        """Whether the server may hold a cookie for this search."""
        return bool(self._page_size) and not self._canceled

    def fetch(self) -> steps.Flow[list[SearchResultEntry]]:
        """The next batch of entries, never an empty one; ``[]`` is the end.

        Raises:
            ResultError: The search failed; entries before that were returned.
        """
        try:
            while not self._ended:
                if self._error is not None:
                    raise self._error
                if self._message_id is None:
                    self._send()
                assert self._message_id is not None  # noqa: S101  # it was sent
                came, self._came = self._came, ()
                self._waits = True
                batch = self._sort(came or (yield steps.Receive(self._message_id)))
                self._waits = False
                if batch:
                    if self._cookie and self._message_id is None:
                        yield from self._ask_ahead()
                    if ranges.has_hint(batch):
                        batch = yield from self._completed(batch)
                    return batch
        except BaseException:
            SearchCursor.close(self)
            raise
        return []

    def _ask_ahead(self) -> steps.Flow[None]:
        """Ask for the next page, while somebody is busy with the end of this one.

        Else the server would have nothing to do for as long, and then the client.
        """
        if self._ended or self._error is not None:
            return
        try:
            self._send()
            yield steps.Send()
        except LDAPError as error:
            # What has come is delivered first. Who fetches the next one has time anew,
            # as long as half a message was not all that could be sent.
            if self._engine.closed or not isinstance(error, DeadlineExceeded):
                self._error = error

    def settle(self) -> steps.Flow[None]:
        """Wait for the rest of the page that is on its way, and keep it for `fetch`.

        A Bind or StartTLS stands alone (RFC 4511 4.2.1, 4.14.1). Of a server that
        sends more than a page no more than that is kept, and the search goes on.
        """
        if self._ended:
            return
        came = self._came = [*self._came]
        count = self._page_count + sum(map(_weight, came))
        self._settles = True
        try:
            while self._message_id and not _is_whole(came) and count <= self._page_size:
                more = yield steps.Receive(self._message_id)
                came += more
                count += sum(map(_weight, more))
        finally:
            self._settles = False
            if self._ended:
                self._give_up()

    def resume(self, message_id: int, came: Sequence[LDAPMessage]) -> None:
        """Go on with a search that somebody else began.

        Args:
            message_id: Of its request.
            came: What has come of its answer, from the beginning.
        """
        self._message_id, self._came = message_id, came

    def _completed(
        self, batch: list[SearchResultEntry]
    ) -> steps.Flow[list[SearchResultEntry]]:
        reader = ranges.Ranges(self._request, self._controls, whole=self._whole)
        return (yield from reader.complete(self._engine, batch))

    def _send(self) -> None:
        controls = self._controls
        if self._page_size:
            page = PagedResults(self._page_size, self._cookie)
            controls = (*controls, page.control())
        self._page_count = 0
        self._message_id = self._engine.send(self._request, controls)

    def _sort(self, messages: Sequence[LDAPMessage]) -> list[SearchResultEntry]:
        batch: list[SearchResultEntry] = []
        references = len(self.references)
        for message in messages:
            op = message.op
            if isinstance(message, Entries):
                batch += message.entries
            elif isinstance(op, SearchResultEntry):
                batch.append(op)
            elif isinstance(op, SearchResultReference):
                self._refer(op.uris)
        self._engine.observer.found(len(batch), len(self.references) - references)
        self._page_count += len(batch)
        self._count += len(batch)
        last = messages[-1]
        if isinstance(last.op, SearchResultDone):
            self._done(last.op, last.controls)
        return self._limited(batch)

    def _limited(self, batch: list[SearchResultEntry]) -> list[SearchResultEntry]:
        """As many as were asked for: a server that gives more is left."""
        beyond = self._count - self._request.size_limit
        if beyond <= 0 or not self._request.size_limit:
            return batch
        self._count -= beyond
        self._error = None
        # Nothing is outstanding that goes on, be it here or elsewhere.
        self.close()
        return batch[:-beyond]

    def _refer(self, uris: tuple[str, ...]) -> None:
        """Take a continuation reference: any one of its URLs leads on."""
        self.references.extend(uris)
        self._referred += sum(map(len, uris))
        many = len(self.references) > MAX_REFERENCES
        if many or self._referred > MAX_REFERENCE_TEXT:
            self.close()
            raise RemoteProtocolError(
                f"the server sends more than {MAX_REFERENCES} continuation references, "
                f"or {MAX_REFERENCE_TEXT} characters of them, in one search"
            )

    def _done(self, done: SearchResultDone, controls: tuple[Control, ...]) -> None:
        self._message_id = None
        self.controls = controls
        asked = self._request.size_limit
        limited = done.result_code == ResultCode.sizeLimitExceeded
        if limited and 0 < asked <= self._count:
            # As many as were asked for: that there are more is no failure.
            self._ended = True
            return
        if done.result_code != ResultCode.success:
            self._error = steps.error_of(done, self._request, controls)
            self._cookie = b""
            return
        try:
            page = find(controls, PagedResults) if self._page_size else None
        except LDAPError as error:  # what has come is delivered first
            self._error, self._cookie = error, b""
            return
        self._turn_page(page.cookie if page is not None else b"")
        if 0 < asked <= self._count:
            self.close()  # the server keeps nothing for a page that nobody wants

    def _turn_page(self, cookie: bytes) -> None:
        """Keep the cookie of the next page; without one the search is at its end."""
        if not cookie:
            self._cookie = b""
            self._ended = True
            return
        self._empty_pages = 0 if self._page_count else self._empty_pages + 1
        stuck = not self._page_count and cookie == self._cookie
        self._cookie = cookie
        if self._canceled:
            self._error = self._canceled_error()
        if stuck or self._empty_pages > MAX_EMPTY_PAGES:
            self.close()
            raise RemoteProtocolError(
                "the server sends empty pages and the paged search never ends"
            )

    def close(self) -> None:
        """Leave the search; never waits. Queues an Abandon and a page of size 0."""
        if self._ended:
            return
        self._ended = True
        if not self._settles:  # else whoever waits for the page would do so in vain
            self._give_up()

    def _give_up(self) -> None:
        """Tell the server that nothing more is wanted."""
        engine = self._engine
        if engine.closed:
            return
        if self._message_id is not None:
            if self._page_size:
                # The server may have finished the page, and keep what it found. An
                # Abandon is nothing to it then.
                self._learn(self._message_id)
            engine.forget(self._message_id)
        self._give_back()

    def _give_back(self) -> None:
        """Tell the server to drop the newest cookie that is known."""
        cookie, self._cookie = self._cookie, b""
        if cookie and not self._engine.closed:
            # RFC 2696 section 3: size 0 tells the server to drop its cookie. The
            # answer carries nothing we want.
            controls = (*self._controls, PagedResults(0, cookie).control())
            with suppress(LocalProtocolError):  # somebody binds, and stands alone
                self._engine.drop(self._engine.send(self._request, controls))

    def _learn(self, message_id: int) -> bool:
        """Learn the cookie of a page that nobody reads; whether all of it has come."""
        came = [*self._came, *self._engine.take(message_id)]
        self._came = ()
        if not _is_whole(came):
            return False
        if steps.result_of(came[-1]).result_code != ResultCode.canceled:
            self._cookie = b""
            with suppress(LDAPError):  # a control that nobody can read
                page = find(came[-1].controls, PagedResults)
                self._cookie = b"" if page is None else page.cookie
        return True

    def cancel(self) -> steps.Flow[bool]:
        """Have the server stop the search (RFC 3909), which ends it here too.

        Whoever wants more of its entries gets `Canceled`.

        Returns:
            Whether the server says that it stopped; False when it was done already.
        """
        message_id = self._message_id
        if self._ended or message_id is None:
            self.close()
            return False
        self._canceled = True
        if self._waits:
            stopped = yield from update.cancel(self._engine, message_id)
            if not stopped and self._message_id not in {message_id, None}:
                # That page was over, and the next one has been asked for.
                self._error = self._canceled_error()
            return stopped
        # Nobody waits for what is still to come; who comes later is told.
        self._message_id, self._error = None, self._canceled_error()
        stopped = False
        if not self._learn(message_id):
            self._engine.drop(message_id)
            stopped = yield from update.cancel(self._engine, message_id)
            # Where it came too late, the server keeps what follows this page.
            self._learn(message_id)
        self._give_back()
        return stopped

    def _canceled_error(self) -> Canceled:
        return Canceled(ResultCode.canceled, request=self._request)


def _is_whole(came: Sequence[LDAPMessage]) -> bool:
    """Whether the end of a search, or of a page, is there."""
    return bool(came) and isinstance(came[-1].op, SearchResultDone)


def _weight(message: LDAPMessage) -> int:
    """How many entries a message has."""
    if isinstance(message, Entries):
        return len(message.entries)
    return int(isinstance(message.op, SearchResultEntry))


def read_entry(
    engine: Engine, dn: str, attributes: tuple[str, ...]
) -> steps.Flow[SearchResultEntry | None]:
    """One entry by its name; None when the search gives nothing, not even an error.

    Raises:
        ResultError: The server refused, `NoSuchObject` among them.
    """
    request = SearchRequest(dn, Scope.base, Present("objectClass"), attributes)
    cursor = SearchCursor(engine, request)
    batch = yield from cursor.fetch()
    while (yield from cursor.fetch()):
        pass
    return batch[0] if batch else None
