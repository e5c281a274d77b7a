"""ldapom itself, through its public names."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from models import User

from benchmarks import data
from benchmarks.clock import peak
from ldapom import DN, Connection, Replace, Session, Simple, Tls
from ldapom.filters import Equality
from ldapom.protocol.aconnection import AsyncConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.clock import Clock, Place, Workload
    from ldapom.protocol.stream import SearchStream


def _session(place: Place) -> Session:
    return Session(place.url, Simple(place.user, place.password), tls=_tls(place))


def _tls(place: Place) -> Tls | None:
    return Tls(ca_file=place.ca_file) if place.ca_file else None


def stream(place: Place, clock: Clock) -> None:
    """Read two attributes of each typed entry of a stream."""
    with _session(place) as session, clock:
        for user in session.query(User).base(place.folder):
            assert user.uid.first
            assert user.cn.first
            clock.count += 1


@contextmanager
def _found(place: Place) -> Iterator[SearchStream]:
    """The untyped stream of the same entries."""
    names = ("objectClass", *User.__ldapom__.request)
    with Connection(place.url, Simple(place.user, place.password)) as connection:
        yield connection.search(
            place.folder, data.FILTER, attributes=names, page_size=1000
        )


def untyped(place: Place, clock: Clock) -> None:
    """Read two attributes of each entry of an untyped stream."""
    with _found(place) as found, clock:
        for entry in found:
            assert entry["uid"][0]
            assert entry["cn"][0]
            clock.count += 1


def walked(place: Place, clock: Clock) -> None:
    """Read every value of each entry of an untyped stream."""
    with _found(place) as found, clock:
        for entry in found:
            assert all(entry.values())
            clock.count += 1


def whole(place: Place, clock: Clock) -> None:
    """Read every attribute that the class has of each typed entry of a stream."""
    names = tuple(User.__ldapom__.attributes)
    with _session(place) as session, clock:
        for user in session.query(User).base(place.folder):
            for name in names:
                getattr(user, name)
            clock.count += 1


#: The attributes that `data.person` has.
NAMES: Final = tuple(data.person(0))


def everything(place: Place, clock: Clock) -> None:
    """Have all entries at once, and read each of their attributes."""
    with _session(place) as session, clock:
        users = session.query(User).base(place.folder).all()
        for user in users:
            for name in NAMES:
                assert getattr(user, name)
        clock.count = len(users)


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    with _session(place) as session, clock:
        for number in range(place.count):
            name = data.uid(number * 7 % place.people)
            user = session.query(User, uid=name).first()
            assert user is not None
            clock.count += 1


def connect(place: Place, clock: Clock) -> None:
    """Connect, bind, unbind."""
    who, tls = Simple(place.user, place.password), _tls(place)
    with clock:
        for _ in range(place.count):
            with Connection(place.url, who, tls=tls):
                clock.count += 1


def in_flight(place: Place, clock: Clock) -> None:
    """Many lookups at the same time on one asyncio connection."""
    asyncio.run(_in_flight(place, clock))


async def _in_flight(place: Place, clock: Clock) -> None:
    who = Simple(place.user, place.password)

    async def ask(number: int) -> None:
        name = data.uid(number * 7 % place.people).encode()
        async with connection.search(data.PEOPLE, Equality("uid", name)) as found:
            async for entry in found:
                assert entry["cn"]
                clock.count += 1

    async with AsyncConnection(place.url, who) as connection:
        with clock:
            for start in range(0, place.count, place.flight):
                several = range(start, min(start + place.flight, place.count))
                await asyncio.gather(*map(ask, several))


def write(place: Place, clock: Clock) -> None:
    """Add, modify and delete, one after the other."""
    with Connection(place.url, Simple(place.user, place.password)) as connection, clock:
        for number in range(place.count):
            dn = f"uid={data.uid(number)},{data.WRITES}"
            connection.add(dn, data.person(number))
            connection.modify(dn, [Replace("title", "Chief")])
            connection.delete(dn)
            clock.count += 3


def commit(place: Place, clock: Clock) -> None:
    """The same with typed entries and commits."""
    with _session(place) as session, clock:
        for number in range(place.count):
            user = new_user(number)
            session.add(user)
            session.commit()
            user.title = ["Chief"]
            session.commit()
            session.delete(user)
            session.commit()
            clock.count += 3


def new_user(number: int) -> User:
    """A new person like those of `data.person`."""
    values = data.person(number)
    return User(
        dn=f"uid={data.uid(number)},{data.WRITES}",
        uid=values["uid"],
        cn=values["cn"],
        sn=values["sn"],
        givenName=values["givenName"],
        mail=values["mail"],
        telephoneNumber=values["telephoneNumber"],
        title=values["title"],
        departmentNumber=values["departmentNumber"],
        uidNumber=int(values["uidNumber"][0]),
        gidNumber=int(values["gidNumber"][0]),
        homeDirectory=values["homeDirectory"][0],
        loginShell=values["loginShell"][0],
        manager=map(DN.parse, values["manager"]),
        description=values["description"],
    )


def flat(place: Place, clock: Clock) -> None:
    """Stream everything; the memory at a tenth of it is where growth begins."""
    with _session(place) as session, clock:
        for user in session.query(User).base(place.folder):
            assert user.uid.first
            clock.count += 1
            if clock.count == place.people // 10:
                clock.before = peak()


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "untyped": untyped,
    "walked": walked,
    "whole": whole,
    "all": everything,
    "lookup": lookup,
    "connect": connect,
    "in_flight": in_flight,
    "write": write,
    "commit": commit,
    "flat": flat,
}
