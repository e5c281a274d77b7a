"""The answers to a search: entries, then how it ended, page by page if asked.

1. Entries are found, chosen from and sent one by one; nothing is collected unless it
   has to be sorted.
2. A connection keeps one paged search (RFC 2696), as OpenLDAP does: another one makes
   the cookie of the first worthless.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from attrs import define, evolve

from ldapom.errors import ResultCode, ResultError
from ldapom.protocol import messages as m
from ldapom.protocol.controls import PagedResults, ServerSideSortResponse
from ldapom.testing import list_view, operational
from ldapom.testing.checks import refusal
from ldapom.testing.pointers import Pointers
from ldapom.testing.request_controls import SUPPORTED
from ldapom.testing.watching import Synchronizing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing.access import Identity
    from ldapom.testing.handler import Handler, Reply
    from ldapom.testing.request_controls import RequestControls
    from ldapom.testing.search import Finder
    from ldapom.testing.tree import Entry


@define
class _Page:
    """A paged search that goes on.

    Attributes:
        request: The search; the next page has to ask for the same.
        who: Who asked for the last page; somebody else may see less.
        cookie: What names it.
        entries: What has not been sent.
        extra: The other controls that each page's last answer carries.
        sent: How many entries have been sent.
    """

    request: m.SearchRequest
    who: Identity
    cookie: bytes
    entries: Iterator[Entry]
    extra: tuple[m.Control, ...] = ()
    sent: int = 0


class SearchOperation:
    """The searches of one connection."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._page: _Page | None = None
        self._last_cookie = 0

    def answers(
        self, request: m.SearchRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """The answers; see `Handler.search`."""
        own = self._own_entry(request)
        if own is not None:
            yield from self._one(request, own)
            return
        if controls.sync is not None:
            yield from Synchronizing(self._handler, request, controls.sync).answers()
            return
        if not controls.manages and not (controls.paged and controls.paged.cookie):
            for urls in Pointers(self._handler.store).references(request):
                yield m.SearchResultReference(urls), ()
        if controls.paged is not None and not self._is_plain(controls.paged):
            yield from self._paged(request, controls, controls.paged)
        else:
            entries, extra = self._found(request, controls)
            yield from self._send(request, entries)
            if controls.paged is not None:
                extra += (PagedResults().control(),)
            yield m.SearchResultDone(), extra

    @staticmethod
    def _is_plain(paged: PagedResults) -> bool:
        """Size 0 without a cookie asks for no pages at all."""
        return not paged.size and not paged.cookie

    # --- the directory's own entries -------------------------------------------

    def _own_entry(self, request: m.SearchRequest) -> Entry | None:
        """The root DSE or the subschema entry, where that is the base."""
        handler, store = self._handler, self._handler.store
        key = store.read_dn(request.base_object)[1]
        if key and key != handler.directory.subschema.key:
            return None
        if request.scope is not m.Scope.base:
            raise refusal(ResultCode.noSuchObject)
        if key:
            return handler.directory.subschema
        offer = operational.Offer(
            controls=SUPPORTED,
            mechanisms=handler.mechanisms,
            start_tls=handler.peer.can_start_tls,
        )
        return operational.root_dse(store.suffixes, offer)

    def _one(self, request: m.SearchRequest, entry: Entry) -> Iterator[Reply]:
        if self._handler.finder().fits(entry, request.filter):
            yield from self._send(request, iter((entry,)))
        yield m.SearchResultDone(), ()

    # --- all others ------------------------------------------------------------

    def _found(
        self, request: m.SearchRequest, controls: RequestControls
    ) -> tuple[Iterator[Entry], tuple[m.Control, ...]]:
        """The entries, sorted if asked, and the controls of the last answer."""
        handler = self._handler
        finder = handler.finder()
        entries = self._here(finder, request, controls)
        if controls.assertion is not None:
            base = handler.store.locate(request.base_object)
            handler.check_assertion(base, controls)
        if controls.view is not None:
            list_view.check(controls)
        if controls.sort is None:
            return entries, ()
        try:
            entries = iter(finder.sort(entries, controls.sort.keys))
        except ResultError as error:
            if error.code == ResultCode.timeLimitExceeded:
                raise
            attribute = error.diagnostic_message
            if controls.sort.criticality:
                raise refusal(
                    ResultCode.unavailableCriticalExtension, f"no order for {attribute}"
                ) from error
            answer = ServerSideSortResponse(error.code, attribute)
            found = self._here(finder, request, controls)
            return found, (answer.control(),)
        done = ServerSideSortResponse().control()
        if controls.view is None:
            return entries, (done,)
        part, seen = list_view.part(finder, list(entries), controls)
        return iter(part), (done, seen.control())

    def _here(
        self, finder: Finder, request: m.SearchRequest, controls: RequestControls
    ) -> Iterator[Entry]:
        """What fits, without the referral objects that stand for other servers."""
        entries = finder.find(request)
        elsewhere = Pointers(self._handler.store).referrals()
        if controls.manages or not elsewhere:
            return entries
        return (entry for entry in entries if entry.number not in elsewhere)

    def _send(
        self, request: m.SearchRequest, entries: Iterator[Entry], sent: int = 0
    ) -> Iterator[Reply]:
        """The entries of a search, up to its size limit."""
        chosen = self._handler.select(request.attributes, types_only=request.types_only)
        limit = request.size_limit
        for number, entry in enumerate(entries, sent + 1):
            if limit and number > limit:
                raise refusal(ResultCode.sizeLimitExceeded)
            yield m.SearchResultEntry(entry.dn, chosen.of(entry)), ()

    # --- pages -----------------------------------------------------------------

    def _paged(
        self,
        request: m.SearchRequest,
        controls: RequestControls,
        paged: PagedResults,
    ) -> Iterator[Reply]:
        page = self._open(request, controls, paged)
        if not paged.size:
            self._page = None
            yield m.SearchResultDone(), (PagedResults().control(),)
            return
        now = list(islice(page.entries, paged.size))
        following = next(page.entries, None)
        self._page = None
        yield from self._send(request, iter(now), page.sent)
        cookie = b""
        if following is not None:
            self._last_cookie += 1
            cookie = b"page-%d" % self._last_cookie
            rest = _before(following, page.entries)
            sent = page.sent + len(now)
            self._page = evolve(page, cookie=cookie, entries=rest, sent=sent)
        answer = PagedResults(0, cookie).control()
        yield m.SearchResultDone(), (*page.extra, answer)

    def _open(
        self,
        request: m.SearchRequest,
        controls: RequestControls,
        paged: PagedResults,
    ) -> _Page:
        """The page that a cookie names, or a new search."""
        if not paged.cookie:
            entries, extra = self._found(request, controls)
            return _Page(request, self._handler.identity, b"", entries, extra)
        page = self._page
        if page is None or paged.cookie != page.cookie:
            raise refusal(
                ResultCode.unwillingToPerform,
                "paged results cookie is invalid or old",
            )
        if _alike(request) != _alike(page.request):
            raise refusal(
                ResultCode.unwillingToPerform,
                "paged results cookie belongs to another search",
            )
        return page if page.who == self._handler.identity else self._seen_anew(page)

    def _seen_anew(self, page: _Page) -> _Page:
        """What is left of a page for whoever has bound since, as far as they see it."""
        fits, wanted = self._handler.finder().fits, page.request.filter
        left = (entry for entry in page.entries if fits(entry, wanted))
        return evolve(page, who=self._handler.identity, entries=left)


def _alike(request: m.SearchRequest) -> m.SearchRequest:
    """What has to stay the same from page to page."""
    return evolve(request, attributes=(), size_limit=0, time_limit=0, types_only=False)


def _before(first: Entry, rest: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from rest
