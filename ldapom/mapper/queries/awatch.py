"""`AsyncWatch`: the asyncio twin of `Watch`; what is not said here, is said there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Self, TypeVar

from ldapom.errors import LDAPError
from ldapom.mapper.queries.events import Event
from ldapom.mapper.queries.watching import PARTING_TIME, BaseWatch, WatchHow
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.settings import Settings
    from ldapom.protocol.usage import Usage

E_co = TypeVar("E_co", covariant=True)


class AsyncWatch(BaseWatch[E_co], AsyncIterator[Event[E_co]]):
    """The entries that a query finds, and what becomes of them.

    ``async for`` waits for events; it ends when the watch is closed, by another task or
    with its session. One task reads it, any may close it; a task that is cancelled
    while it waits loses nothing.
    """

    def __init__(
        self, settings: Settings, who: Credentials | None, shape: Shape, how: WatchHow
    ) -> None:
        super().__init__(settings, who, shape, how)
        self._connection = AsyncConnection.of(settings)
        self._ended = asyncio.Event()

    @property
    def usage(self) -> Usage:
        """What its connection has done so far; the session does not count it."""
        return self._connection.usage

    async def __anext__(self) -> Event[E_co]:
        event = await self.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def next(self, timeout: float | None = None) -> Event[E_co] | None:
        """Wait for the next event.

        Args:
            timeout: Seconds to wait for it; None waits as long as it takes. To come
                back to a server that was lost may take as long as a connection may.

        Returns:
            The event; None if none came in time, or the watch was closed.

        Raises:
            ResultError: The server refuses to go on.
            LDAPError: The server was lost, and not found again in time.
        """
        end = inf if timeout is None else monotonic() + timeout
        event = self._deliver()
        while event is None and not self._closed:
            try:
                await self._ask(end)
            except LDAPError as error:
                if not self._closed:
                    await self._recover(error)
            event = self._deliver()
            if monotonic() >= end:
                break
        return event

    async def open(self) -> None:
        """Connect, and find out how to watch; the first `next` does so too.

        Raises:
            LocalProtocolError: The server does not offer to be watched, or the cookie
                is of something else.
            LDAPError: It can not be reached, or the login is refused.
        """
        try:
            await self._open()
        except LDAPError:
            await self.close()
            raise

    async def _open(self) -> None:
        connection = self._connection
        if self._closed or self._is_on(connection):
            return
        await connection.bind(self._who)
        watcher = self._watcher or self._begin(await connection.root_dse)
        self._reached(watcher, connection._live())

    async def _ask(self, end: float) -> None:
        if self._rest > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self._rest, max(end - monotonic(), 0))):
                    await self._ended.wait()
            return
        await self._open()
        seconds = self._pause(end)
        link = self._connection._live()
        self._took(await link.run(self._work(), Deadline(seconds)))

    async def _recover(self, error: LDAPError) -> None:
        try:
            self._failed(error)
        except LDAPError:
            await self.close()
            raise
        await self._connection.unbind()

    async def close(self) -> None:
        """End it, and tell the server; harmless when closed."""
        if self._closed:
            return
        self._closed = True
        self._ended.set()
        if self._watcher is not None and self._connection.is_open:
            with contextlib.suppress(LDAPError):
                link = self._connection._live()
                await link.run(self._watcher.leave(), Deadline(PARTING_TIME))
        await self._connection.unbind()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
