"""`AsyncPool`: bound connections that tasks share, each for as long as one has it.

1. A pool belongs to the loop that used it first.
2. A task that is cancelled while it waits, opens or gives back loses no place.
3. What a method does, takes and raises is said at the `Pool` method of its name.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from os import getpid
from typing import TYPE_CHECKING, Self

from ldapom.errors import DeadlineExceeded, LDAPError, LocalProtocolError
from ldapom.protocol._passwords import as_secret
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.apooled import AsyncKnown, AsyncPooledConnection
from ldapom.protocol.base_pool import (
    PROBE_TIME,
    BasePool,
    closing,
)
from ldapom.protocol.flows.probe import probe
from ldapom.protocol.io.aio import until
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from ldapom.protocol._passwords import Password
    from ldapom.protocol._places import Place, Places
    from ldapom.protocol.requests import Name


class AsyncPool(BasePool[AsyncPooledConnection]):
    """Bound connections to one server, shared by the tasks of one loop.

    For example::

        pool = AsyncPool("ldaps://ldap.example.com", Simple(dn, password), max_size=20)
        async with pool.connection() as connection:
            await connection.compare(dn, "cn", "Ada")
        async with AsyncSession(pool) as session:
            await session.query(User, uid="ada").first()

    Connections are opened when they are needed. The pool has no task of its own: what
    is old is closed when somebody takes or gives back a connection.

    Args:
        url: The server, as for `AsyncConnection`.
        credentials: Who they all are; nobody when left out.
        min_size: Connections that are opened by ``async with pool:`` or `open`, and
            not closed for being idle.
        max_size: Connections that there may be at the same time. As many logins may
            be under way beside them, see `authenticate`.
        max_idle: Seconds after which an idle connection is closed.
        max_lifetime: Seconds after which a connection is replaced, and what is known
            of the server read again.
        check_after: Seconds of idleness after which a connection has to answer
            before it is given out. That the server has closed it is always seen.
        **options: ``tls``, ``start_tls``, ``timeout`` and all else that an
            `AsyncConnection` takes.

    Attributes:
        settings: What the connections are made with.
    """

    is_async = True

    # --- opening and closing ---------------------------------------------------------

    async def open(self) -> None:
        """Open ``min_size`` connections now."""
        taken: list[AsyncPooledConnection] = []
        try:
            while len(taken) < self._min_size - self.statistics.idle:
                taken.append(await self.check_out())
        finally:
            for connection in taken:
                await self.check_in(connection)

    async def close(self) -> None:
        """Close it for good; connections that are checked out, when they come back."""
        self._here()
        self._is_closed = True
        idle = self._places.end(closing())
        self._logins.end(closing())
        await asyncio.gather(*map(self._vacate, idle))

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # --- lending ---------------------------------------------------------------------

    @asynccontextmanager
    async def connection(
        self, timeout: float | None = None
    ) -> AsyncIterator[AsyncPooledConnection]:
        """Have a connection for a while.

        For example::

        async with pool.connection() as connection:
            ...
        """
        connection = await self.check_out(timeout)
        try:
            yield connection
        except BaseException as error:
            await self.check_in(connection, error)
            raise
        await self.check_in(connection)

    async def check_out(self, timeout: float | None = None) -> AsyncPooledConnection:
        """Take a connection; whoever does has to `check_in` it, whatever happens."""
        self._here()
        deadline = Deadline(self.settings.timeout if timeout is None else timeout)
        place = await self._turn(self._places, asyncio.current_task(), deadline)
        try:
            await self._make_good(place, deadline)
            connection = self._lend(place)
        except BaseException:
            await self._vacate(place)
            raise
        await self._reap()
        return connection

    async def check_in(
        self, connection: AsyncConnection, error: BaseException | None = None
    ) -> None:
        """Give a connection back; one that is not as it was is closed."""
        if (
            isinstance(connection, AsyncPooledConnection)
            and connection._pid != getpid()
        ):
            return  # it is the other process's, and stays as it is
        place = self._take_back(connection)
        try:
            await self._judge(place, error)
        finally:
            if place.connection is not None:
                place.connection._is_lent = False
            self._places.put_back(place)
            if self.is_closed:
                await self._empty(place)
        await self._reap()

    async def authenticate(self, dn: Name, password: Password) -> bool:
        r"""Check somebody's password, on a connection beside the pool."""
        password = as_secret(password)
        self._here()
        deadline = Deadline(self.settings.timeout)
        place = await self._turn(self._logins, object(), deadline)
        try:
            another = AsyncConnection.of(self._within(deadline))
            return await another.authenticate(dn, password)
        finally:
            self._logins.put_back(place)

    # --- below -----------------------------------------------------------------------

    def _start_over(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        super()._start_over()

    def _new_known(self) -> AsyncKnown:
        return AsyncKnown()

    def _here(self) -> None:
        """Begin anew in a process that was forked; refuse another loop."""
        if self._pid != getpid():
            self._start_over()
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise LocalProtocolError(
                "an AsyncPool belongs to the event loop that used it first: make one "
                "in each loop"
            )

    async def _turn(
        self,
        places: Places[AsyncPooledConnection],
        owner: object,
        deadline: Deadline,
    ) -> Place[AsyncPooledConnection]:
        """Wait for a place."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = places.ask(owner, partial(_wake, woken))
        if ticket.place is not None:
            return ticket.place
        try:
            async with until(deadline):
                await woken
        except DeadlineExceeded:
            raise self._too_late(places, ticket, deadline) from None
        except BaseException:
            places.leave(ticket)
            raise
        return places.served(ticket)

    async def _make_good(
        self, place: Place[AsyncPooledConnection], deadline: Deadline
    ) -> None:
        """See to it that there is a connection in the place, and that it works."""
        if place.connection is not None:
            if self._is_old(place):
                await self._retire(place)
            else:
                why = await self._try(place, deadline)
                if why is not None:
                    self._discard(why)
                    await self._empty(place)
        if place.connection is None:
            self._opened(place, await self._open(deadline))

    async def _try(
        self, place: Place[AsyncPooledConnection], deadline: Deadline
    ) -> str | None:
        """What is wrong with an idle connection, if anything is."""
        connection = self._in(place)
        link = connection._link
        if link is None or await link.is_lost():
            return "the server has closed it"
        connection._is_lent = True
        if not self._has_to_answer(place):
            return None
        time = min(PROBE_TIME, deadline.remaining() / 2)
        try:
            await link.run(probe(link.engine), Deadline(time))
        except LDAPError as error:
            return f"it does not answer: {error}"
        return None

    async def _open(self, deadline: Deadline) -> AsyncPooledConnection:
        connection = AsyncPooledConnection.of(self._within(deadline))
        self._prepare(connection)
        try:
            await connection.bind()
        except BaseException:
            try:
                await connection.unbind()
            finally:
                self._spend(connection)
            raise
        connection.settings = self.settings
        return connection

    async def _judge(
        self, place: Place[AsyncPooledConnection], error: BaseException | None
    ) -> None:
        """Close a connection that is not to be given to anybody else."""
        connection = self._in(place)
        if connection._link is not None and connection.is_open:
            connection._link._close_left()
            connection._link._driver.flush()
        why = self._fault(connection, error)
        if why is not None:
            self._discard(why)
            await self._empty(place)
        elif self.is_closed or self._is_old(place):
            await self._retire(place)

    async def _reap(self) -> None:
        """Close what nobody has used for long."""
        while True:
            place = self._places.overdue(self._max_idle, self._min_size)
            if place is None:
                return
            self._places.retired += 1
            await self._vacate(place)

    async def _retire(self, place: Place[AsyncPooledConnection]) -> None:
        self._places.retired += 1
        await self._empty(place)

    async def _empty(self, place: Place[AsyncPooledConnection]) -> None:
        connection = self._let_go(place)
        if connection is not None:
            await connection.unbind()
            self._spend(connection)

    async def _vacate(self, place: Place[AsyncPooledConnection]) -> None:
        """Close what is in a place, and put it back empty."""
        try:
            await self._empty(place)
        finally:
            self._places.put_back(place)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
