"""A search as an asynchronous iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Protocol, Self

from ldapom.protocol.entries import SearchEntry

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.messages import Control, SearchResultEntry


class _Source(Protocol):
    """The side of a connection that a stream sees."""

    async def fetch(
        self, cursor: SearchCursor, timeout: float
    ) -> list[SearchResultEntry]:
        """The next batch; empty at the end."""
        ...

    def close_cursor(self, cursor: SearchCursor) -> None:
        """Leave the search now."""
        ...

    def leave(self, cursor: SearchCursor) -> None:
        """Leave the search soon."""
        ...


class AsyncSearchStream(AsyncIterator[SearchEntry]):
    """The entries of one search as they come; read it once.

    Leaving it early (`close`, an ``async with`` block, or dropping it) tells the server
    to stop and waits for nothing. Errors are raised behind what came before.
    """

    def __init__(self, source: _Source, cursor: SearchCursor, timeout: float) -> None:
        self._source = source
        self._cursor = cursor
        self._timeout = timeout
        self._batch: Iterator[SearchResultEntry] = iter(())

    @property
    def references(self) -> list[str]:
        """Continuation references received so far (RFC 4511 4.5.3); never followed."""
        return self._cursor.references

    @property
    def controls(self) -> tuple[Control, ...]:
        """The response controls of the last page's end."""
        return self._cursor.controls

    async def batches(self) -> AsyncIterator[list[SearchResultEntry]]:
        """The same entries as messages, in the batches they arrived in."""
        while batch := await self._source.fetch(self._cursor, self._timeout):
            yield batch

    async def __anext__(self) -> SearchEntry:
        for message in self._batch:
            return SearchEntry(message)
        batch = await self._source.fetch(self._cursor, self._timeout)
        if not batch:
            raise StopAsyncIteration
        self._batch = iter(batch)
        return SearchEntry(next(self._batch))

    async def close(self) -> None:
        """Leave the search; harmless at its end."""
        self._batch = iter(())
        if not self._cursor.finished:
            self._source.close_cursor(self._cursor)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        # A finalizer may run inside any other call: it only leaves a note.
        cursor = getattr(self, "_cursor", None)
        if cursor is not None and not cursor.finished:
            self._source.leave(cursor)
