"""Requests of many tasks travel together, and one that is alone waits for nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ldapom import AsyncConnection, DeadlineExceeded, LocalProtocolError, Simple
from ldapom.protocol.io.aio import BUNCH, CROWD
from ldapom.protocol.io.streams import SocketStream
from ldapom.testing import Directory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ldapom.protocol.engine import Engine

PEOPLE = "ou=people,dc=example,dc=com"
ADMIN = Simple(f"uid=admin,{PEOPLE}", "secret")
ADA = f"uid=ada,{PEOPLE}"


@pytest.fixture
def url() -> Iterator[str]:
    """A server with people in it."""
    with Directory.sample().serve() as server:
        yield server.url


@pytest.fixture
async def connection(url: str) -> AsyncIterator[AsyncConnection]:
    """One that is bound."""
    async with AsyncConnection(url, ADMIN, timeout=10) as connection:
        yield connection


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many octets were written at once, write by write."""
    sizes: list[int] = []
    write = SocketStream.write

    def noted(self: SocketStream, data: bytes) -> None:
        sizes.append(len(data))
        write(self, data)

    monkeypatch.setattr(SocketStream, "write", noted)
    return sizes


async def test_many_are_written_together(
    connection: AsyncConnection, written: list[int]
) -> None:
    """The first go at once, the others in bunches; each gets its own answer."""
    names = [ADA if number % 2 else PEOPLE for number in range(100)]
    asked = (connection.compare(name, "objectClass", "person") for name in names)

    answers = await asyncio.gather(*asked)

    assert answers == [name == ADA for name in names]
    assert len(written) == CROWD + 2
    assert max(written) >= BUNCH * min(written)


async def test_one_after_the_other_is_written_at_once(
    connection: AsyncConnection, written: list[int]
) -> None:
    """Whoever is alone waits for no other turn of the loop."""
    for number in range(5):
        assert await connection.compare(ADA, "uid", "ada")
        assert len(written) == number + 1


async def test_one_that_is_cancelled_before_it_was_written(
    connection: AsyncConnection,
) -> None:
    """The others are answered, and so is whoever comes later."""
    tasks = [
        asyncio.create_task(connection.compare(ADA, "uid", "ada")) for _ in range(20)
    ]
    await asyncio.sleep(0)
    tasks[-1].cancel()
    *answers, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers == [True] * 19
    assert isinstance(last, asyncio.CancelledError)
    assert await connection.compare(ADA, "uid", "ada")


async def test_what_can_not_be_written_is_told_to_all(
    connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer that fails ends the connection for everybody, and not after a while."""
    link = connection._link
    assert link is not None
    take, calls = type(link.engine).data_to_send, 0

    def failing(engine: Engine) -> bytes:
        nonlocal calls
        calls += engine is link.engine
        if calls > CROWD and engine is link.engine:
            engine.fail(LocalProtocolError("the layer can not protect"))
            raise LocalProtocolError("the layer can not protect")
        return take(engine)

    monkeypatch.setattr(type(link.engine), "data_to_send", failing)
    asked = (connection.who_am_i() for _ in range(20))

    found = await asyncio.gather(*asked, return_exceptions=True)

    assert not [each for each in found if isinstance(each, DeadlineExceeded)]
    told = [each for each in found if isinstance(each, LocalProtocolError)]
    assert len(told) >= 20 - CROWD


async def test_in_memory_each_is_answered_as_it_is_asked() -> None:
    """There is no write that could be saved."""
    async with AsyncConnection(Directory.sample(), ADMIN, timeout=10) as connection:
        answers = [connection.compare(ADA, "uid", "ada") for _ in range(20)]
        assert await asyncio.gather(*answers) == [True] * 20
