"""A search that follows continuation references (RFC 4511 4.5.3) and referrals.

1. References are followed when the server that sent them has sent its last entry, in
   their order; what is found comes in the same stream, by the same cursor.
2. A reference that leads nowhere ends nothing: it is in ``unfollowed``, with the
   reason. A referral in place of a result that leads nowhere is an error.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from attrs import define, evolve, field, frozen

from ldapom.errors import ConnectError, LimitError, Referral, ResultError
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.referred import Step, Trail
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.referrals import Unfollowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import Control, SearchRequest, SearchResultEntry
    from ldapom.protocol.referrals import Guide


def _as_queue(urls: Iterable[str]) -> deque[str]:
    return deque(urls)


@frozen
class _Pointer:
    """One reference: URLs of which any leads on.

    Attributes:
        urls: Those that are not tried yet.
        request: What the server that sent it was asked.
        hop: How many servers in a row have sent on.
        error: The result that it came in place of; None for a continuation reference.
    """

    urls: deque[str] = field(converter=_as_queue)
    request: SearchRequest
    hop: int
    error: Referral | None = None


@define
class _Visit:
    """A search on another server, and how many entries it has given."""

    stay: steps.Stay
    step: Step
    request: SearchRequest
    cursor: _FurtherCursor | None = None
    found: int = 0


class _FurtherCursor(SearchCursor):
    """A search on another server, which keeps its references apart."""

    def __init__(
        self,
        engine: Engine,
        request: SearchRequest,
        *,
        controls: Sequence[Control],
        page_size: int,
        whole: bool,
    ) -> None:
        super().__init__(
            engine, request, controls=controls, page_size=page_size, whole=whole
        )
        self.pointers: list[tuple[str, ...]] = []

    def _refer(self, uris: tuple[str, ...]) -> None:
        super()._refer(uris)
        self.pointers.append(uris)


class FollowingCursor(SearchCursor):
    """One search, and those that it leads to.

    Args:
        engine: Where to ask first.
        guide: What may be followed.
        request: The search.
        controls: Further request controls; they go everywhere.
        page_size: Entries a page; 0 asks for all at once.
        whole: Complete ranges that were asked for by number too.
    """

    def __init__(
        self,
        engine: Engine,
        guide: Guide,
        request: SearchRequest,
        *,
        controls: Sequence[Control] = (),
        page_size: int = 0,
        whole: bool = False,
    ) -> None:
        super().__init__(
            engine, request, controls=controls, page_size=page_size, whole=whole
        )
        self._trail = Trail(guide, request)
        self._ahead: deque[_Pointer] = deque()
        self._visit: _Visit | None = None

    @property
    def finished(self) -> bool:
        """Whether the last entry has been fetched or the cursor closed."""
        return self._ended and not self._ahead

    def fetch(self) -> steps.Flow[list[SearchResultEntry]]:
        """The next batch of entries, never an empty one; ``[]`` is the end.

        Raises:
            ResultError: The search failed; entries before that were returned.
        """
        try:
            batch = yield from self._here()
            while not batch and not self.finished:
                batch = yield from self._elsewhere()
        except BaseException:
            self.close()
            raise
        return batch

    def _here(self) -> steps.Flow[list[SearchResultEntry]]:
        if self._ended:
            return []
        try:
            return (yield from super().fetch())
        except Referral as error:
            self._ahead.append(_Pointer(error.referrals, self._request, 1, error))
            return []

    def _refer(self, uris: tuple[str, ...]) -> None:
        super()._refer(uris)
        self._ahead.append(_Pointer(uris, self._request, 1))

    # --- elsewhere -------------------------------------------------------------------

    def _elsewhere(self) -> steps.Flow[list[SearchResultEntry]]:
        """The next batch of the first reference ahead, none when it is at its end."""
        if self._request.size_limit and not self._wanted:
            self._ahead.clear()
            return []
        visit = self._visit or self._next()
        if visit is None:
            return []
        try:
            batch = yield from steps.visit(
                visit.stay, lambda engine: self._cursor(visit, engine).fetch()
            )
        except ConnectError as error:
            self._leave(visit)
            self._note(visit.step.url, str(error))
            return []  # the next URL of the same reference
        except ResultError as error:
            self._leave(visit)
            self._failed(visit, error)
            return []
        self._count += len(batch)
        visit.found += len(batch)
        if not batch:
            self._arrived(visit)
        return batch

    @property
    def _wanted(self) -> int:
        """How many entries the size limit leaves; 0 without a limit, or beyond it."""
        return max(self._request.size_limit - self._count, 0)

    def _next(self) -> _Visit | None:
        """Choose a URL of the first reference ahead; None when none is left."""
        pointer = self._ahead[0]
        while pointer.urls:
            url = pointer.urls.popleft()
            step = self._trail.step(url, pointer.request, pointer.hop)
            if isinstance(step, Step):
                # redirected() keeps the kind.
                asked = cast("SearchRequest", step.request)
                limited = evolve(asked, size_limit=self._wanted)
                self._visit = _Visit(steps.Stay(step.place), step, limited)
                return self._visit
            self._note(url, step.reason)
        self._ahead.popleft()
        if pointer.error is not None:
            raise pointer.error
        return None

    def _note(self, url: str, reason: str) -> None:
        unfollowed = Unfollowed(url, reason)
        self.unfollowed.append(unfollowed)
        error = self._ahead[0].error
        if error is not None:
            error.add_note(str(unfollowed))

    def _cursor(self, visit: _Visit, engine: Engine) -> SearchCursor:
        if visit.cursor is None:
            visit.cursor = _FurtherCursor(
                engine,
                visit.request,
                controls=self._controls,
                page_size=self._page_size,
                whole=self._whole,
            )
        return visit.cursor

    def _failed(self, visit: _Visit, error: ResultError) -> None:
        """Take what another server refused: a hop further, a note, or the error."""
        pointer = self._ahead[0]
        if isinstance(error, Referral):
            self._ahead.popleft()
            further = _Pointer(
                error.referrals,
                visit.request,
                pointer.hop + 1,
                error if pointer.error is not None else None,
            )
            self._ahead.appendleft(further)
            return
        if pointer.error is not None or visit.found or isinstance(error, LimitError):
            raise error
        self._note(visit.step.url, str(error))
        self._ahead.popleft()

    def _arrived(self, visit: _Visit) -> None:
        """Take note of where a search that is at its end leads to."""
        pointer = self._ahead.popleft()
        if visit.cursor is not None:
            self.references.extend(visit.cursor.references)
            for urls in visit.cursor.pointers:
                self._ahead.append(_Pointer(urls, visit.request, pointer.hop + 1))
        self._leave(visit)

    def _leave(self, visit: _Visit) -> None:
        self._visit = None
        visit.stay.leave()

    def close(self) -> None:
        """Leave the search, here and elsewhere; never waits."""
        self._ahead.clear()
        if self._visit is not None:
            self._leave(self._visit)
        super().close()


def search(
    engine: Engine,
    request: SearchRequest,
    *,
    controls: Sequence[Control] = (),
    page_size: int = 0,
    whole: bool = False,
) -> SearchCursor:
    """A search that follows references where the engine's guide says so.

    Args:
        engine: Where to ask.
        request: The search.
        controls: Further request controls.
        page_size: Entries a page; 0 asks for all at once.
        whole: Complete ranges that were asked for by number too; see `ranges`.
    """
    if engine.guide is None:
        return SearchCursor(
            engine, request, controls=controls, page_size=page_size, whole=whole
        )
    return FollowingCursor(
        engine,
        engine.guide,
        request,
        controls=controls,
        page_size=page_size,
        whole=whole,
    )
