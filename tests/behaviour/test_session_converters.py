"""A session's table of converters: the same on every server."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from ldapom import AsyncSession, ConversionError, Session
from tests.mapper.tables import TABLE, Host, Worker, worker

if TYPE_CHECKING:
    from tests.servers.targets import Server

FIRST, SECOND, THIRD = map(IPv4Address, ("192.0.2.7", "192.0.2.8", "192.0.2.9"))


def tabled(server: Server) -> Session:
    """A session with the table, as the administrator."""
    return Session(server.target, server.admin, tls=server.tls, converters=TABLE)


def raw_of(server: Server, dn: object, name: str) -> list[str]:
    """What the server holds."""
    with server.connection() as connection:
        (entry,) = connection.search(str(dn), scope="base")
        return sorted(entry.text(name)) if entry.get(name) else []


def test_an_open_type(server: Server, subtree: str) -> None:
    """Add, query, modify, rename and delete by a type that no class reads."""
    with tabled(server) as session:
        host = Host(dn=f"ipHostNumber={FIRST},{subtree}", cn=["www"], address=[FIRST])
        session.add(host)
        session.commit()
        query = session.query(Host, Host.address == FIRST).base(subtree)
        assert query.one() is host
        assert session.query(Host, address=SECOND).base(subtree).count() == 0
        host.address.append(SECOND)
        session.commit()
        assert raw_of(server, host.dn, "ipHostNumber") == [str(FIRST), str(SECOND)]
        session.rename(host, address=THIRD)
        session.commit()
        assert str(host.dn).lower() == f"iphostnumber={THIRD},{subtree}".lower()
        assert sorted(host.address) == [SECOND, THIRD]
        assert raw_of(server, host.dn, "ipHostNumber") == [str(SECOND), str(THIRD)]
        assert session.query(Host, Host.address.in_([THIRD])).base(subtree).exists()
        session.delete(host)
        session.commit()
        assert not session.query(Host, address=THIRD).base(subtree).exists()


def test_what_a_server_writes_its_own_way(server: Server, subtree: str) -> None:
    """A class that knows nothing of it reads, asks and writes as the session says."""
    with tabled(server) as session:
        new = session.add(worker("w", subtree, number="42", active=True))
        session.commit()
        dn = new.dn
        assert raw_of(server, dn, "employeeNumber") == ["00000042"]
        assert raw_of(server, dn, "employeeType") == ["yes"]
    everybody = Worker.query().base(subtree)
    active = everybody.where(Worker.active == True, number="42")  # noqa: E712  # a condition
    with tabled(server) as session:
        found = active.using(session).one()
        assert (found.number, found.active) == ("42", True)
        found.active = False
        session.commit()
        assert raw_of(server, dn, "employeeType") == ["no"]
        assert active.using(session).first() is None
        session.refresh(found)
        assert found.active is False
    with server.session() as session:
        found = everybody.using(session).one()
        assert found.number == "00000042"
        with pytest.raises(ConversionError, match="no Boolean"):
            _ = found.active


def test_asyncio(server: Server, subtree: str) -> None:
    """The same, awaited."""

    async def work() -> None:
        async with AsyncSession(
            server.target, server.admin, tls=server.tls, converters=TABLE
        ) as session:
            session.add(worker("w", subtree, number="42", active=True))
            await session.commit()
            query = session.query(Worker, Worker.active.in_([True])).base(subtree)
            found = await query.one()
            assert [each.number async for each in query] == ["42"]
            assert await query.exists()
            assert await query.count() == 1
            (read,) = await query.order_by("number").reader()
            assert read.number == "42"
            found.number = "7"
            session.rename(found, uid="renamed")
            await session.commit()
            assert raw_of(server, found.dn, "employeeNumber") == ["00000007"]
            session.delete(found)
            await session.commit()
            assert await query.first() is None

    asyncio.run(work())
