"""A search as an iterator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, Self

from ldapom.protocol.codec.wanted import Wanted
from ldapom.protocol.entries import SearchEntry
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.starting import Start

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.protocol.asks import Operation, Search
    from ldapom.protocol.link import Link
    from ldapom.protocol.messages import Control, SearchResultEntry
    from ldapom.protocol.referrals import Unfollowed


class _Carrier(Protocol):
    """Carries an operation out, again where the connection is lost."""

    def __call__(
        self, ask: Operation[Link, list[SearchResultEntry]], timeout: float
    ) -> list[SearchResultEntry]:
        """What `Connection._do` does."""
        ...


class SearchStream(Iterator[SearchEntry]):
    """The entries of one search as they come; read it once.

    Leaving it early (`close`, a ``with`` block, or dropping it) tells the server to
    stop and waits for nothing. Errors are raised behind the entries that came before.
    """

    def __init__(self, carrier: _Carrier, search: Search, timeout: float) -> None:
        self._start: Start[Link] = Start(search)
        self._carry_out = carrier
        self._timeout = timeout
        self._closed = False
        self._batch: Iterator[SearchResultEntry] = iter(())
        self._wanted = Wanted(str.lower)

    @property
    def references(self) -> list[str]:
        """Continuation references received so far (RFC 4511 4.5.3)."""
        cursor = self._start.cursor
        return [] if cursor is None else cursor.references

    @property
    def unfollowed(self) -> list[Unfollowed]:
        """Those of them that `Referrals` did not follow, and why."""
        cursor = self._start.cursor
        return [] if cursor is None else cursor.unfollowed

    @property
    def controls(self) -> tuple[Control, ...]:
        """The response controls of the last page's end."""
        cursor = self._start.cursor
        return () if cursor is None else cursor.controls

    def batches(self) -> Iterator[list[SearchResultEntry]]:
        """The same entries as messages, in the batches they arrived in."""
        while batch := self._fetch():
            yield batch

    def _fetch(self) -> list[SearchResultEntry]:
        if self._closed:
            return []
        start = self._start
        if start.error is not None:
            start.check()
        if start.link is None or start.cursor is None:
            return self._carry_out(start, self._timeout)
        return start.link.fetch(start.cursor, self._timeout)

    def __next__(self) -> SearchEntry:
        for message in self._batch:
            return SearchEntry(message, self._wanted)
        batch = self._fetch()
        if not batch:
            raise StopIteration
        self._batch = iter(batch)
        return next(self)

    def close(self) -> None:
        """Leave the search; harmless at its end."""
        self._batch = iter(())
        self._closed = True
        start = self._start
        if start.link is not None and start.cursor is not None:
            start.link.close_cursor(start.cursor)

    def cancel(self) -> bool:
        """Have a server that offers it stop the search; see `Connection.cancel`."""
        self._batch = iter(())
        start = self._start
        if start.link is None or start.cursor is None:
            self._closed = True
            return False
        return start.link.run(start.cursor.cancel(), Deadline(self._timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A finalizer may run inside any other call: it only leaves a note.
        start = getattr(self, "_start", None)
        if start is None or start.link is None or start.cursor is None:
            return
        if not start.cursor.finished:
            start.link.leave(start.cursor)
