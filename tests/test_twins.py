"""The asyncio side keeps what the blocking side keeps, where its tasks come in between."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from ldapom import (
    AsyncConnection,
    AsyncPool,
    AsyncSession,
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    Pool,
)
from ldapom.protocol.io.deadline import Deadline
from ldapom.testing import Directory
from tests.mapper.changes import CREDENTIALS
from tests.mapper.models import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Server


@pytest.fixture
def served() -> Iterator[Server]:
    """A small directory behind a socket."""
    with Directory.sample(people=50).serve() as server:
        yield server


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for one in taken:
        one.close()


async def test_closed_while_another_waits_to_bind(silent: str) -> None:
    """Nobody opens again what was closed: not even who had waited for its turn."""
    connection = AsyncConnection(silent, timeout=10)
    binds = [asyncio.create_task(connection.bind()) for _ in range(3)]
    await asyncio.sleep(0.1)
    await connection.close()
    found = await asyncio.gather(*binds, return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionLost] * 3
    assert not connection.is_open


async def test_two_paged_searches_behind_a_loss(served: Server) -> None:
    """Both are read, over two connections, also where the first has to be opened."""
    async with AsyncSession(served.url, CREDENTIALS) as session:

        async def read() -> int:
            return len(await session.query(User).page_size(10).all())

        before = await asyncio.gather(read(), read())
        link = session.connection._link
        assert link is not None
        link.transport.abort()
        await asyncio.sleep(0.05)
        assert await asyncio.gather(read(), read()) == before
        # What was lent came back: the first connection is used again.
        assert await read() == before[0]
        assert len(session._further) == 1


async def test_no_waiter_is_left_behind(served: Server) -> None:
    """A wait whose time is over before it begins leaves nothing, such as no pause."""
    async with AsyncConnection(served.url, CREDENTIALS) as connection:
        link = connection._link
        assert link is not None
        with pytest.raises(DeadlineExceeded):
            await link._driver._arrival(99, _over())
        assert not link._driver._waiters
        assert await connection.who_am_i()


def _over() -> Deadline:
    deadline = Deadline(1e-9)
    time.sleep(0.001)
    return deadline


async def test_leaving_a_session_is_cancelled(served: Server) -> None:
    """The session is left all the same, and its connection is closed."""
    session = AsyncSession(served.url, CREDENTIALS)
    await session.__aenter__()
    watch = session.watch(session.query(User))
    await watch.next(timeout=5)
    connection = session.connection
    leaving = asyncio.create_task(session.__aexit__(None, None, None))
    await asyncio.sleep(0)
    leaving.cancel()
    with suppress(asyncio.CancelledError):
        await leaving
    assert not session.is_open
    assert not connection.is_open


async def test_leaving_a_session_whose_window_is_on_its_way(served: Server) -> None:
    """The connection of its list views is closed with it, or is not opened."""
    opened: list[AsyncConnection] = []
    session = AsyncSession(served.url, CREDENTIALS)
    await session.__aenter__()
    await session.root_dse

    async def look() -> None:
        with suppress(LDAPError):
            await session.query(User).order_by("sn").window(0, 3)

    looking = asyncio.create_task(look())
    async with asyncio.timeout(5):
        while session._viewer is None:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
    viewer, install = session._viewer, session._viewer._install

    async def watched(shared: object) -> None:
        if shared is not None:
            opened.append(shared.connection)  # type: ignore[attr-defined]  # it is shared
        await install(shared)  # type: ignore[arg-type]  # passed on

    viewer._install = watched  # type: ignore[method-assign]  # to see what is opened
    await session.__aexit__(None, None, None)
    await looking
    assert not [one for one in opened if one.is_open]


async def test_a_pool_sees_that_the_server_has_closed() -> None:
    """What is given out was looked at: the end may have come while nobody read."""
    with Directory.sample().serve() as server:
        async with AsyncPool(server.url, max_size=1) as pool:
            async with pool.connection() as connection:
                assert await connection.who_am_i() is not None
            server.stop()
            time.sleep(0.1)  # noqa: ASYNC251  # the loop does not run, and has not seen it
            with pytest.raises(LDAPError):
                await pool.check_out()
            assert pool.statistics.discarded == 1


async def test_a_pool_closes_what_is_old(served: Server) -> None:
    """When somebody takes, as when somebody gives back."""
    async with AsyncPool(served.url, max_idle=0.05) as pool:
        taken = [await pool.check_out() for _ in range(4)]
        for one in taken:
            await pool.check_in(one)
        await asyncio.sleep(0.1)
        connection = await pool.check_out()
        assert pool.statistics.size == 1
        await pool.check_in(connection)


def test_a_blocking_pool_closes_what_is_old(served: Server) -> None:
    """The other one does."""
    with Pool(served.url, max_idle=0.05) as pool:
        taken = [pool.check_out() for _ in range(4)]
        for one in taken:
            pool.check_in(one)
        time.sleep(0.1)
        connection = pool.check_out()
        assert pool.statistics.size == 1
        pool.check_in(connection)


def test_closing_a_pool_while_a_connection_is_given_back(served: Server) -> None:
    """It is closed too, whichever comes first."""
    pool = Pool(served.url)
    connection = pool.check_out()
    judge = pool._judge

    def between(place: Any, error: BaseException | None) -> None:
        judge(place, error)
        pool.close()  # as another thread may

    pool._judge = between  # type: ignore[method-assign]  # the moment that counts
    pool.check_in(connection)
    assert not connection.is_open
    assert pool.statistics.idle == 0
