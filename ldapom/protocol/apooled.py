"""`AsyncPooledConnection`: one connection of a pool, as whoever has it sees it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.alink import AsyncLink
from ldapom.protocol.base_pool import (
    Known,
    Pooled,
)
from ldapom.protocol.io.aio import until
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ldapom.protocol.asks import Operation
    from ldapom.protocol.credentials import Credentials
    from ldapom.schema import RootDSE, Schema

R = TypeVar("R")


class AsyncPooledConnection(Pooled[AsyncLink], AsyncConnection):
    """A connection of a pool: it stays who it is, and goes back as it came."""

    _known: AsyncKnown

    async def bind(self, credentials: Credentials | None = None) -> None:
        """Bind again as who it is; as nobody else.

        Raises:
            LocalProtocolError: The credentials are others than the pool's.
        """
        self._check_same(credentials)
        await super().bind(credentials)

    async def rebind(self, credentials: Credentials) -> None:
        """Refuse to become somebody else; see `bind`."""
        self._check_same(credentials)
        await super().rebind(credentials)

    async def start_tls(self) -> NoReturn:
        """Refuse: the pool's own settings say whether there is TLS."""
        self._refuse_tls()

    @property
    async def root_dse(self) -> RootDSE:
        """What the server says of itself; read once for all of the pool."""
        known = self._known
        if known.root_dse is None:
            async with known.turn(self.settings.timeout):
                if known.root_dse is None:
                    self._root_dse = None
                    known.root_dse = await super().root_dse
        return known.root_dse

    @property
    async def schema(self) -> Schema:
        """The server's schema; read once for all of the pool."""
        known = self._known
        if known.schema is None:
            await self.root_dse  # read in its own turn
            async with known.turn(self.settings.timeout):
                if known.schema is None:
                    self._schema = None
                    known.schema = await super().schema
        return known.schema

    async def _do(
        self, ask: Operation[AsyncLink, R], timeout: float | None = None
    ) -> R:
        self._mark(ask.request)
        return await super()._do(ask, timeout)


class AsyncKnown(Known):
    """What the connections know together, and whose turn it is to read it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, timeout: float) -> AsyncIterator[None]:
        """Be the one who reads.

        Raises:
            DeadlineExceeded: The one who does took too long.
        """
        async with until(Deadline(timeout)):
            await self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()
