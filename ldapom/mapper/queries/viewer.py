"""The connection that a session's list views go over.

OpenLDAP keeps each sorted list until the connection ends, and allows few of them: a
session's own connection, or a pool's, would soon have no room for any sorted search.
So list views have a connection of their own, and another one when that is full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve

from ldapom.errors import Busy, ConnectionLost
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.session import Session
    from ldapom.protocol.aconnection import AsyncConnection
    from ldapom.protocol.messages import Control, SearchRequest, SearchResultEntry
    from ldapom.protocol.settings import Settings

    Gathered = tuple[list[list[SearchResultEntry]], tuple[Control, ...]]

#: A list view that finds no room is not tried again on the same connection.
_ONCE = Retry(attempts=1)


def _settings(session: Session | AsyncSession) -> Settings:
    return evolve(session.settings, retry=_ONCE)


class Viewer:
    """Asks for list views.

    Args:
        session: Whose.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection: Connection | None = None
        self.is_closed = False

    def gather(self, request: SearchRequest, controls: Sequence[Control]) -> Gathered:
        """The entries of a short search in batches, and its response controls."""
        connection = self._connection
        if connection is not None and connection.is_open:
            try:
                return _gather(connection, request, controls)
            except Busy:
                pass
        self._let_go()
        return _gather(self._open(), request, controls)

    def _open(self) -> Connection:
        connection = self._connection = Connection.of(_settings(self._session))
        connection.bind(self._session.connection._bound)
        return connection

    def close(self) -> None:
        """Ask for nothing more."""
        self.is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.unbind()
            self._session._spend(connection)


def _gather(
    connection: Connection, request: SearchRequest, controls: Sequence[Control]
) -> Gathered:
    with connection.stream(request, controls=controls, whole=True) as stream:
        return list(stream.batches()), stream.controls


@define(eq=False)
class _Shared:
    """A connection, and how many tasks are using it."""

    connection: AsyncConnection
    users: int = 0


class AsyncViewer:
    """The asyncio twin of `Viewer`; tasks may ask at the same time.

    Args:
        session: Whose.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._shared: _Shared | None = None
        self.is_closed = False

    async def gather(
        self, request: SearchRequest, controls: Sequence[Control]
    ) -> Gathered:
        """The entries of a short search in batches, and its response controls."""
        shared = self._shared
        if shared is not None and shared.connection.is_open:
            try:
                return await self._use(shared, request, controls)
            except Busy:
                pass
        # One user from the start: another task may install its own meanwhile.
        opened = _Shared(await self._open(), users=1)
        try:
            await self._install(opened)
            return await self._use(opened, request, controls)
        finally:
            opened.users -= 1
            await self._tidy(opened)

    async def _use(
        self, shared: _Shared, request: SearchRequest, controls: Sequence[Control]
    ) -> Gathered:
        shared.users += 1
        try:
            return await _agather(shared.connection, request, controls)
        finally:
            shared.users -= 1
            await self._tidy(shared)

    async def _open(self) -> AsyncConnection:
        from ldapom.protocol.aconnection import AsyncConnection  # who waits has it

        connection = AsyncConnection.of(_settings(self._session))
        try:
            await connection.bind(self._session.connection._bound)
        except BaseException:
            await connection.unbind()
            raise
        return connection

    async def _install(self, shared: _Shared | None) -> None:
        """Use another connection from now on; the one before ends with its users.

        Raises:
            ConnectionLost: The session was left while it was opened.
        """
        if shared is not None and self.is_closed:
            raise ConnectionLost("the session was left meanwhile")
        before, self._shared = self._shared, shared
        if before is not None:
            await self._tidy(before)

    async def _tidy(self, shared: _Shared) -> None:
        """Close a connection that nobody uses, and nobody is going to."""
        if shared is not self._shared and not shared.users:
            await shared.connection.unbind()
            self._session._spend(shared.connection)

    async def close(self) -> None:
        """Ask for nothing more."""
        self.is_closed = True
        await self._install(None)


async def _agather(
    connection: AsyncConnection, request: SearchRequest, controls: Sequence[Control]
) -> Gathered:
    stream = connection.stream(request, controls=controls, whole=True)
    async with stream:
        return [batch async for batch in stream.batches()], stream.controls
