"""The beginning of a search: until something was delivered, it can begin anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ldapom.errors import LDAPError
from ldapom.protocol.base_link import BaseLink
from ldapom.protocol.messages import Scope
from ldapom.protocol.retry import REPEATED

if TYPE_CHECKING:
    from ldapom.protocol.asks import Search
    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import Request, SearchResultEntry

L = TypeVar("L", bound=BaseLink)


class Start(Generic[L]):
    """The first batch of a stream, as an operation that a connection carries out.

    Args:
        search: What is looked for.

    Attributes:
        link: Where the search goes on; None before it has begun.
        cursor: Where it stands.
        error: What is to be raised behind the first batch.
    """

    def __init__(self, search: Search) -> None:
        self.request: Request | None = None
        self.repeats = True
        self.link: L | None = None
        self.cursor: SearchCursor | None = None
        self.error: LDAPError | None = None
        self._search = search

    def begin_on(self, link: L) -> Flow[list[SearchResultEntry]]:
        """Search on this link from now on."""
        cursor = self._search.cursor(link)
        link.open_cursor(cursor)
        self.link, self.cursor = link, cursor
        if self._search.request.scope is Scope.base:
            return self._whole(cursor)
        return cursor.fetch()

    def _whole(self, cursor: SearchCursor) -> Flow[list[SearchResultEntry]]:
        """All of a search for one entry.

        The entry waits for the end of the search, which comes at once: when the
        connection is lost between the two, the search can still be repeated.
        """
        found: list[SearchResultEntry] = []
        try:
            while batch := (yield from cursor.fetch()):
                found += batch
        except REPEATED:
            raise
        except LDAPError as error:
            if not found:
                raise
            self.error = error
        return found

    def check(self) -> None:
        """Raise what came behind the first batch, once."""
        error, self.error = self.error, None
        if error is not None:
            raise error
