"""Pools of asyncio connections: what is different where tasks share them."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectError,
    DeadlineExceeded,
    InvalidCredentials,
    LocalProtocolError,
)
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.apool import AsyncPool
from ldapom.protocol.credentials import Simple
from ldapom.protocol.extended import START_TRANSACTION
from ldapom.protocol.retry import Retry
from tests.protocol.crossing import crossing
from tests.protocol.hostile import Peer, hostile
from tests.servers.process import free_port
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ldapom.protocol.apooled import AsyncPooledConnection
    from ldapom.testing import Directory
    from tests.servers.targets import Server

ADA = "uid=ada,ou=people,dc=example,dc=com"


@pytest.fixture
async def pool(box: Directory) -> AsyncIterator[AsyncPool]:
    """Two places before the directory in the box."""
    async with AsyncPool(box, ADMIN, max_size=2, timeout=5) as made:
        yield made


async def until(condition: Callable[[], object]) -> None:
    """Wait for what happens in another task."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.005)


async def test_a_thousand_tasks(server: Server) -> None:
    """Each gets its own answer, over three connections, in the order they came."""
    async with AsyncPool(
        server.target, server.admin, tls=server.tls, max_size=3
    ) as pool:
        served: list[int] = []

        async def work(number: int) -> None:
            async with pool.connection() as connection:
                served.append(number)
                assert await connection.compare(server.admin.dn, "uid", "admin")

        await asyncio.gather(*map(work, range(1000)))
        now = pool.statistics
        assert (now.opened, now.check_outs, now.waits) == (3, 1000, 997)
        assert now.in_use == now.waiting == 0
        assert pool.usage.sockets_opened == 3
        waited = [number for number in served if number >= 3]
        assert waited == sorted(waited)
        assert len(served) == 1000


async def test_the_wait_has_an_end(pool: AsyncPool) -> None:
    """Who gets none is told how many there are, and stands in nobody's way after."""
    async with pool.connection(), pool.connection():
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded, match="none of the 2 connections"):
            await asyncio.create_task(pool.check_out(0.2))
        assert 0.15 < time.monotonic() - began < 0.6
        with pytest.raises(LocalProtocolError, match="has all 2 connections"):
            await pool.check_out()
    assert pool.statistics.waiting == 0


async def test_cancelled_tasks_lose_no_place(box: Directory) -> None:
    """Tasks that are cancelled at any moment leave as many places as there were."""
    dice = random.Random(7)
    with box.serve() as listening:
        async with AsyncPool(listening.url, ADMIN, max_size=3, timeout=10) as pool:

            async def work() -> None:
                async with pool.connection() as connection:
                    await connection.who_am_i()
                    async for _ in connection.search("dc=example,dc=com", page_size=2):
                        await asyncio.sleep(dice.random() / 500)

            tasks = [asyncio.create_task(work()) for _ in range(300)]
            for task in dice.sample(tasks, 250):
                await asyncio.sleep(dice.random() / 500)
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            kinds = {type(result) for result in results}
            assert kinds <= {type(None), asyncio.CancelledError}
            now = pool.statistics
            assert now.in_use == now.waiting == 0
            assert now.size == now.idle <= 3
            taken = [await pool.check_out(1) for _ in range(3)]
            for connection in taken:
                assert await connection.who_am_i() == f"dn:{ADMIN.dn}"
                await pool.check_in(connection)


async def test_they_stay_who_they_are(pool: AsyncPool) -> None:
    """Nobody binds as somebody else on a pooled connection; logins are beside it."""
    async with pool.connection() as connection:
        for bind in (connection.bind, connection.rebind):
            with pytest.raises(
                LocalProtocolError, match=r"authenticate\(dn, password\)"
            ):
                await bind(Simple(ADA, "secret"))
        with pytest.raises(LocalProtocolError, match="start_tls=True"):
            await connection.start_tls()
        assert await pool.authenticate(ADMIN.dn, ADMIN.password)
        assert not await pool.authenticate(ADMIN.dn, "wrong")
        assert await connection.who_am_i() == f"dn:{ADMIN.dn}"
    with pytest.raises(LocalProtocolError, match="was given back"):
        await connection.who_am_i()
    with pytest.raises(LocalProtocolError, match="not checked out of this pool"):
        await pool.check_in(connection)
    with pytest.raises(LocalProtocolError, match="not checked out of this pool"):
        await pool.check_in(AsyncConnection.of(pool.settings))
    assert (pool.statistics.opened, pool.statistics.discarded) == (1, 0)


async def test_the_server_is_known_once(box: Directory) -> None:
    """Root DSE and schema are read once, however many tasks ask for them at once."""
    async with AsyncPool(box, ADMIN, max_size=4) as pool:

        async def ask() -> None:
            async with pool.connection() as connection:
                assert "person" in (await connection.schema).object_classes
                assert (await connection.root_dse).naming_contexts

        await asyncio.gather(*(ask() for _ in range(8)))
        assert pool.usage.operations["search"] == 2


async def leave_pages_open(connection: AsyncPooledConnection) -> object:
    """Read the first page of several, and keep the stream."""
    stream = connection.search("dc=example,dc=com", page_size=2)
    await anext(stream)
    return stream


async def begin_a_transaction(connection: AsyncPooledConnection) -> object:
    """Begin what nobody ends."""
    return await connection.extended(START_TRANSACTION)


async def fall_over(connection: AsyncPooledConnection) -> object:
    """Close it."""
    await connection.close()
    return None


@pytest.mark.parametrize("spoil", [leave_pages_open, begin_a_transaction, fall_over])
async def test_what_is_not_as_it_was_is_closed(
    pool: AsyncPool, spoil: Callable[[AsyncPooledConnection], Awaitable[object]]
) -> None:
    """What one leaves behind is no other's."""
    async with pool.connection() as connection:
        kept = await spoil(connection)
    assert (pool.statistics.discarded, pool.statistics.size) == (1, 0)
    async with pool.connection() as connection:
        assert await connection.who_am_i() == f"dn:{ADMIN.dn}"
    del kept


async def test_cut_while_idle(box: Directory) -> None:
    """Who checks out never gets a connection that the server has closed."""
    with box.serve() as listening:
        port = int(listening.url.rpartition(":")[2].strip("/"))
        with crossing(port) as way:
            async with AsyncPool(way.url, ADMIN) as pool:
                async with pool.connection() as connection:
                    await connection.who_am_i()
                way.cut()
                await until(lambda: way.now == 0)
                await asyncio.sleep(0.05)
                async with pool.connection() as connection:
                    await connection.who_am_i()
                    assert connection.usage.reconnects == 0
                assert pool.statistics.discarded == 1


async def test_silent_while_idle() -> None:
    """A connection that nobody answers on is found out before somebody has it."""
    said: list[Peer] = []

    def script(peer: Peer) -> None:
        peer.accept_bind()
        said.append(peer)
        if len(said) == 1:
            peer.wait_for_end()
        while True:
            peer.answer_search()

    with hostile(script) as server:
        async with AsyncPool(server.url, check_after=0.0, timeout=1) as pool:
            async with pool.connection():
                pass
            await asyncio.sleep(0.001)
            async with pool.connection() as connection:
                assert [entry async for entry in connection.search("dc=x")] == []
            assert (pool.statistics.opened, pool.statistics.discarded) == (2, 1)


async def test_what_grows_old(box: Directory) -> None:
    """Beyond ``max_idle`` and ``max_lifetime`` connections go, ``min_size`` stay."""
    async with AsyncPool(
        box, ADMIN, min_size=1, max_size=3, max_idle=0.05, max_lifetime=0.2
    ) as pool:
        assert pool.statistics.idle == 1
        async with pool.connection(), pool.connection(), pool.connection():
            pass
        await asyncio.sleep(0.06)
        async with pool.connection():
            pass
        assert (pool.statistics.size, pool.statistics.retired) == (1, 2)
        await asyncio.sleep(0.2)
        async with pool.connection():
            pass
        assert (pool.statistics.opened, pool.statistics.discarded) == (4, 0)


async def test_a_server_that_comes_back(box: Directory) -> None:
    """What could not be opened costs no place, and the pool is used again."""
    port = free_port()
    once = Retry(attempts=1)
    url = f"ldap://127.0.0.1:{port}"
    async with AsyncPool(url, ADMIN, max_size=1, timeout=2, retry=once) as pool:
        for _ in range(3):
            with pytest.raises(ConnectError):
                await pool.check_out()
        with box.serve(port=port):
            async with pool.connection() as connection:
                assert await connection.who_am_i() == f"dn:{ADMIN.dn}"
    with pytest.raises(InvalidCredentials):
        async with AsyncPool(box, Simple(ADMIN.dn, "wrong"), min_size=1):
            raise AssertionError


async def test_closing(box: Directory) -> None:
    """Who waits is told; who has a connection goes on, and it is closed behind them."""
    pool = AsyncPool(box, ADMIN, max_size=1)
    connection = await pool.check_out()
    waiting = asyncio.create_task(pool.check_out())
    await until(lambda: pool.statistics.waiting)
    await pool.close()
    with pytest.raises(LocalProtocolError, match="closed"):
        await waiting
    assert await connection.who_am_i() == f"dn:{ADMIN.dn}"
    await pool.check_in(connection)
    assert not connection.is_open
    for call in (pool.check_out(), pool.authenticate(ADA, "secret")):
        with pytest.raises(LocalProtocolError, match="closed"):
            await call
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_one_loop(box: Directory) -> None:
    """A pool of another loop is refused, with the remedy."""
    pool = AsyncPool(box, ADMIN)

    async def use() -> None:
        async with pool.connection() as connection:
            await connection.who_am_i()

    async def close() -> None:
        await use()
        await pool.close()

    asyncio.run(close())
    other = AsyncPool(box, ADMIN)
    pool = other

    async def keep() -> None:
        await other.check_in(await other.check_out())
        await other.close()

    asyncio.run(keep())
    with pytest.raises(LocalProtocolError, match="one in each loop"):
        asyncio.run(use())
