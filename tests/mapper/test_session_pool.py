"""Sessions over a pool: as over a URL, with connections that others use too."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    AsyncSession,
    ConnectionLost,
    LocalProtocolError,
    NoResult,
    Session,
    Simple,
)
from ldapom.mapper.commits import asaving, saving
from ldapom.protocol.apool import AsyncPool
from ldapom.protocol.pool import Pool
from tests.mapper.changes import CREDENTIALS, PEOPLE, ada_of, stored
from tests.mapper.models import OrganizationalUnit, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.aconnection import AsyncConnection
    from ldapom.protocol.alink import AsyncLink
    from ldapom.protocol.connection import Connection
    from ldapom.protocol.link import Link
    from ldapom.testing import Directory

ADA = f"uid=ada,{PEOPLE}"


@pytest.fixture
def pool(box: Directory) -> Iterator[Pool]:
    """Two places before the directory in the box."""
    with Pool(box, CREDENTIALS, max_size=2, timeout=5) as made:
        yield made


def test_a_session_like_any(pool: Pool, box: Directory) -> None:
    """It asks and commits, and gives its connection back."""
    for text in ("first", "second"):
        with Session(pool) as session:
            assert User.query(uid="ada").first() is not None
            ada = ada_of(session)
            ada.description = [text]
            session.commit()
            assert pool.statistics.in_use == 1
        assert stored(box, ADA, "description") == [text]
    now = pool.statistics
    assert (now.opened, now.in_use, now.discarded) == (1, 0, 0)


def test_a_session_can_be_entered_again(pool: Pool) -> None:
    """Each time it has a connection of its own for as long as it is entered."""
    session = Session(pool, optimistic=True)
    for _ in range(2):
        with session:
            assert ada_of(session).uid.first == "ada"
        assert not session.is_open
    assert session.usage.operations["search"] == 2


def test_a_session_counts_what_is_its_own(pool: Pool) -> None:
    """What others did on its connection before is none of it."""
    with Session(pool) as session:
        session.who_am_i()
        session.who_am_i()
    with Session(pool) as session:
        session.who_am_i()
    assert session.usage.operations["extended"] == 1
    assert session.usage.operations["bind"] == 0


def test_a_second_stream_takes_a_second_connection(pool: Pool) -> None:
    """It goes back when the stream ends, not when the session does."""
    with Session(pool) as session:
        units = session.query(OrganizationalUnit).page_size(1)
        for number, _ in enumerate(units):
            for _ in session.query(User).page_size(2):
                assert pool.statistics.in_use == 2 or number
            assert pool.statistics.in_use == 1
    now = pool.statistics
    assert (now.opened, now.size, now.discarded) == (2, 2, 0)


def test_a_stream_too_many(pool: Pool) -> None:
    """A session that needs more than there are is told so at once."""
    with Session(pool) as session:
        begun = [iter(session.query(User).page_size(1)) for _ in range(3)]
        next(begun[0])
        next(begun[1])
        began = time.monotonic()
        with pytest.raises(LocalProtocolError, match="max_size larger"):
            next(begun[2])
        assert time.monotonic() - began < 1
        del begun
        assert ada_of(session).uid.first == "ada"


def test_a_stream_that_is_kept(pool: Pool) -> None:
    """A stream that outlives its session is given up with it, and raises."""
    with Session(pool) as session:
        stream = iter(session.query(User).page_size(1))
        next(stream)
    assert pool.statistics.discarded == 0
    with pytest.raises(LocalProtocolError, match="not open"):
        list(stream)
    with Session(pool) as session:
        assert len(session.query(User).page_size(1).all()) > 2


def test_a_commit_that_can_not_begin(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it took to look for entries goes back, though nothing was sent over it."""
    usual = saving.writable

    def lost(connection: Connection) -> Link:
        if connection is not session.connection:
            raise ConnectionLost("gone")
        return usual(connection)

    monkeypatch.setattr(saving, "writable", lost)
    with Session(pool) as session:
        stream = iter(session.query(User).page_size(1))
        session.delete(next(stream), recursive=True)
        with pytest.raises(ConnectionLost):
            session.commit()
        assert pool.statistics.in_use == 1
        session.discard()


async def test_a_commit_that_can_not_begin_in_a_loop(
    box: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same under asyncio."""
    usual = asaving.writable

    async def lost(connection: AsyncConnection) -> AsyncLink:
        if connection is not session.connection:
            raise ConnectionLost("gone")
        return await usual(connection)

    monkeypatch.setattr(asaving, "writable", lost)
    async with (
        AsyncPool(box, CREDENTIALS, max_size=2) as pool,
        AsyncSession(pool) as session,
    ):
        stream = aiter(session.query(User).page_size(1))
        session.delete(await anext(stream), recursive=True)
        with pytest.raises(ConnectionLost):
            await session.commit()
        assert pool.statistics.in_use == 1
        session.discard()


def test_logins_of_a_session(pool: Pool) -> None:
    """They go beside the pool, as those of the pool itself."""
    with Session(pool) as session:
        assert session.authenticate(ADA, "secret")
        assert not session.authenticate(ADA, "wrong")
        assert CREDENTIALS.dn in session.who_am_i()
    assert pool.statistics.opened == 1


def test_an_error_gives_it_back(pool: Pool) -> None:
    """Whatever ends a session, its connection is not lost."""
    for _ in range(5):
        with pytest.raises(NoResult):
            with Session(pool) as session:
                session.get(User, f"uid=nobody,{PEOPLE}")
    assert (pool.statistics.in_use, pool.statistics.opened) == (0, 1)


def test_the_server_is_known_once(pool: Pool) -> None:
    """What one session has read of the server, the next one knows."""
    for _ in range(3):
        with Session(pool) as session:
            assert "person" in session.schema.object_classes
            assert session.root_dse.naming_contexts
    assert pool.usage.operations["search"] == 2


def test_what_goes_with_a_pool(pool: Pool, box: Directory) -> None:
    """Settings belong to the pool; the kinds must fit."""
    with pytest.raises(TypeError, match="give them to the pool"):
        Session(pool, Simple("cn=a", "b"))
    with pytest.raises(TypeError, match="give them to the pool"):
        Session(pool, timeout=3)
    with pytest.raises(TypeError, match="does not go with Pool"):
        AsyncSession(pool)  # type: ignore[arg-type]  # what must be refused
    with pytest.raises(TypeError, match="does not go with AsyncPool"):
        Session(AsyncPool(box))  # type: ignore[arg-type]  # what must be refused


def test_many_threads(box: Directory) -> None:
    """Each has a session of its own; everybody's changes arrive, over four sockets."""
    with Pool(box, CREDENTIALS, max_size=4) as pool:
        errors: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(5):
                    with Session(pool) as session:
                        session.add(
                            OrganizationalUnit(ou=[f"unit {number}.{turn}"]),
                        )
                        session.commit()
                        found = OrganizationalUnit.query(ou=f"unit {number}.{turn}")
                        assert found.one().ou.one == f"unit {number}.{turn}"
            except BaseException as error:  # noqa: BLE001  # it is raised below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not errors
        assert pool.statistics.opened <= 4
        assert pool.statistics.discarded == 0
    with Session(box, CREDENTIALS) as session:
        units = session.query(OrganizationalUnit)
        assert sum(unit.ou.one.startswith("unit ") for unit in units) == 150


async def test_asyncio(box: Directory) -> None:
    """The same for tasks: sessions, second streams, logins."""
    async with AsyncPool(box, CREDENTIALS, max_size=3, timeout=10) as pool:

        async def work(number: int) -> None:
            async with AsyncSession(pool) as session:
                ada = await session.query(User, uid="ada").first()
                assert ada is not None
                assert await session.authenticate(ADA, "secret")
                unit = OrganizationalUnit(ou=[f"unit {number}"])
                session.add(unit)
                await session.commit()

        await asyncio.gather(*map(work, range(50)))
        assert (pool.statistics.opened, pool.statistics.discarded) == (3, 0)
        async with AsyncSession(pool) as session:
            found = 0
            async for _ in session.query(OrganizationalUnit).page_size(20):
                async for _ in session.query(User).page_size(2):
                    assert pool.statistics.in_use == 2 or found
                found += 1
            assert found > 50
        assert pool.statistics.in_use == 0


@pytest.mark.parametrize("page_size", [0, 2])
async def test_a_loop_left_early_keeps_the_connection(
    box: Directory, page_size: int
) -> None:
    """Its search is given up before the connection goes back, which others then use."""
    async with AsyncPool(box, CREDENTIALS, max_size=2) as pool:
        for _ in range(3):
            async with AsyncSession(pool) as session:
                async for _ in session.query(User).page_size(page_size):
                    break
        now = pool.statistics
        assert (now.opened, now.discarded, now.idle) == (1, 0, 1)
