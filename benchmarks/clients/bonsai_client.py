"""bonsai: the same C library, entries as dictionaries of decoded values."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import bonsai

from benchmarks import data

if TYPE_CHECKING:
    from benchmarks.clock import Clock, Place, Workload

_SUB: Final = bonsai.LDAPSearchScope.SUBTREE


def _client(place: Place) -> bonsai.LDAPClient:
    client = bonsai.LDAPClient(place.url)
    client.set_credentials("SIMPLE", place.user, place.password)
    client.set_server_chase_referrals(False)
    if place.ca_file:
        client.set_ca_cert(place.ca_file)
        client.set_cert_policy("demand")
    return client


def _names() -> list[str]:
    from models import User

    return list(dict.fromkeys(("objectClass", *User.__ldapom__.request)))


def stream(place: Place, clock: Clock) -> None:
    """Read two attributes of each entry, page by page."""
    names = _names()
    with _client(place).connect() as connection, clock:
        found = connection.paged_search(
            place.folder, _SUB, data.FILTER, names, page_size=1000
        )
        for entry in found:
            assert entry["uid"][0]
            assert entry["cn"][0]
            clock.count += 1


def everything(place: Place, clock: Clock) -> None:
    """Have all entries at once; each of their attributes is there."""
    names = _names()
    with _client(place).connect() as connection, clock:
        clock.count = len(connection.search(place.folder, _SUB, data.FILTER, names))


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    names = _names()
    with _client(place).connect() as connection, clock:
        for number in range(place.count):
            name = data.uid(number * 7 % place.people)
            condition = f"(&(objectClass=inetOrgPerson)(uid={name}))"
            clock.count += len(connection.search(data.PEOPLE, _SUB, condition, names))


def connect(place: Place, clock: Clock) -> None:
    """Connect, bind, unbind."""
    client = _client(place)
    with clock:
        for _ in range(place.count):
            with client.connect():
                clock.count += 1


def in_flight(place: Place, clock: Clock) -> None:
    """Lookups on one asyncio connection, one at a time: with several it hangs.

    Its operations replace each other's callback for the socket in the event loop.
    """
    asyncio.run(_in_flight(place, clock))


async def _in_flight(place: Place, clock: Clock) -> None:
    async with _client(place).connect(is_async=True) as connection:
        with clock:
            for number in range(place.count):
                name = data.uid(number * 7 % place.people)
                found = await connection.search(data.PEOPLE, _SUB, f"(uid={name})")
                assert found[0]["cn"]
                clock.count += 1


def write(place: Place, clock: Clock) -> None:
    """Add, modify and delete, one after the other."""
    with _client(place).connect() as connection, clock:
        for number in range(place.count):
            dn = f"uid={data.uid(number)},{data.WRITES}"
            entry = bonsai.LDAPEntry(dn)
            for name, values in data.person(number).items():
                entry[name] = values
            connection.add(entry)
            entry["title"] = "Chief"
            entry.modify()
            entry.delete()
            clock.count += 3


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "all": everything,
    "lookup": lookup,
    "connect": connect,
    "in_flight": in_flight,
    "write": write,
}
