"""A search as an asynchronous iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Protocol, Self

from ldapom.protocol.codec.wanted import Wanted
from ldapom.protocol.entries import SearchEntry
from ldapom.protocol.io.aio import let_others
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.starting import Start

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.protocol.alink import AsyncLink
    from ldapom.protocol.asks import Operation, Search
    from ldapom.protocol.messages import Control, SearchResultEntry
    from ldapom.protocol.referrals import Unfollowed

#: Entries that are given out in one turn of the loop: to read all of one takes up to
#: 0.1 ms.
TURN = 100


class _Carrier(Protocol):
    """Carries an operation out, again where the connection is lost."""

    async def __call__(
        self, ask: Operation[AsyncLink, list[SearchResultEntry]], timeout: float
    ) -> list[SearchResultEntry]:
        """What `AsyncConnection._do` does."""
        ...


class AsyncSearchStream(AsyncIterator[SearchEntry]):
    """The entries of one search as they come; read it once.

    Leaving it early (`close`, an ``async with`` block, or dropping it) tells the server
    to stop and waits for nothing. Errors are raised behind what came before.
    """

    def __init__(self, carrier: _Carrier, search: Search, timeout: float) -> None:
        self._start: Start[AsyncLink] = Start(search)
        self._carry_out = carrier
        self._timeout = timeout
        self._closed = False
        self._batch: Iterator[SearchResultEntry] = iter(())
        #: What has come and is for later turns, in slices, the next one last.
        self._rest: list[list[SearchResultEntry]] = []
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

    async def batches(self) -> AsyncIterator[list[SearchResultEntry]]:
        """The same entries as messages, in batches, as they arrived or smaller."""
        while batch := await self._fetch():
            yield batch

    async def _fetch(self) -> list[SearchResultEntry]:
        if self._rest:
            # Whoever reads them without a pause does not hold up everybody else.
            await let_others()
        if self._rest:
            return self._rest.pop()
        batch = [] if self._closed else await self._receive()
        if len(batch) <= TURN:
            return batch
        slices = [batch[n : n + TURN] for n in range(0, len(batch), TURN)]
        self._rest = slices[:0:-1]
        return slices[0]

    async def _receive(self) -> list[SearchResultEntry]:
        start = self._start
        if start.error is not None:
            start.check()
        if start.link is None or start.cursor is None:
            return await self._carry_out(start, self._timeout)
        return await start.link.fetch(start.cursor, self._timeout)

    async def __anext__(self) -> SearchEntry:
        for message in self._batch:
            return SearchEntry(message, self._wanted)
        batch = await self._fetch()
        if not batch:
            raise StopAsyncIteration
        self._batch = iter(batch)
        return SearchEntry(next(self._batch), self._wanted)

    async def close(self) -> None:
        """Leave the search; harmless at its end."""
        self._batch, self._rest = iter(()), []
        self._closed = True
        start = self._start
        if start.link is not None and start.cursor is not None:
            start.link.close_cursor(start.cursor)

    async def cancel(self) -> bool:
        """Have a server that offers it stop the search; see `Connection.cancel`."""
        self._batch, self._rest = iter(()), []
        start = self._start
        if start.link is None or start.cursor is None:
            self._closed = True
            return False
        return await start.link.run(start.cursor.cancel(), Deadline(self._timeout))

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
        start = getattr(self, "_start", None)
        if start is None or start.link is None or start.cursor is None:
            return
        if not start.cursor.finished:
            start.link.leave(start.cursor)
