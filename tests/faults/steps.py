"""What is done to a directory while the network breaks, once for both connections.

A step is written as if everything were awaited. With a blocking connection nothing in
it ever waits, and `at_once` runs it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from attrs import frozen

from ldapom.changes import Increment
from ldapom.errors import NoSuchObject
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.astream import AsyncSearchStream
from ldapom.protocol.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from ldapom.protocol.stream import SearchStream

T = TypeVar("T")

AnyConnection: TypeAlias = Connection | AsyncConnection

#: How many entries the subtree of the searches holds, itself not counted.
COUNT: Final = 5


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what never has to wait."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    work.close()
    raise AssertionError("a blocking connection had to be awaited")


async def settle(value: Awaitable[T] | T) -> T:
    """Wait for what has to be waited for."""
    if isinstance(value, Awaitable):
        found: T = await value
        return found
    return value


async def names(stream: SearchStream | AsyncSearchStream) -> list[str]:
    """The names that a search gives, sorted."""
    if isinstance(stream, AsyncSearchStream):
        return sorted([entry.dn async for entry in stream])
    return sorted([entry.dn for entry in stream])


@frozen
class Place:
    """Where in the directory one conversation reads and writes.

    Attributes:
        people: The entry that has `COUNT` others below it.
        own: An entry that this conversation alone writes to.
    """

    people: str
    own: str

    @property
    def person(self) -> str:
        """The first of those who are read."""
        return f"uid=p0,{self.people}"

    @property
    def beside(self) -> str:
        """What is added, and what the own entry is renamed to."""
        rdn, _, parent = self.own.partition(",")
        return f"{rdn}-new,{parent}"


def attributes(uid: str) -> dict[str, str | list[str]]:
    """An entry with a number to count with."""
    return {
        "objectClass": ["account", "posixAccount"],
        "uid": uid,
        "cn": uid,
        "homeDirectory": "/",
        "uidNumber": "0",
        "gidNumber": "0",
    }


# --- the steps -----------------------------------------------------------------------


async def open_it(connection: AnyConnection, place: Place) -> None:
    """Connect, with TLS where the connection is so."""
    await settle(connection.open())


async def bind(connection: AnyConnection, place: Place) -> None:
    """Become the administrator."""
    await settle(connection.bind())


async def search(connection: AnyConnection, place: Place) -> None:
    """Read one entry."""
    found = connection.search(place.person, scope="base", attributes=["uid"])
    assert await names(found) == [place.person]


async def pages(connection: AnyConnection, place: Place) -> None:
    """Read several entries, two at a time."""
    found = connection.search(
        place.people, scope="one", attributes=["uid"], page_size=2
    )
    came = await names(found)
    assert came == [f"uid=p{n},{place.people}" for n in range(COUNT)], came


async def compare(connection: AnyConnection, place: Place) -> None:
    """Ask for a value that is there."""
    assert await settle(connection.compare(place.person, "uid", "p0"))


async def modify(connection: AnyConnection, place: Place) -> None:
    """Count one up: done twice, it shows."""
    await settle(connection.modify(place.own, [Increment("uidNumber", 1)]))


async def add(connection: AnyConnection, place: Place) -> None:
    """Add an entry."""
    uid = place.beside.partition(",")[0].partition("=")[2]
    await settle(connection.add(place.beside, attributes(uid)))


async def rename(connection: AnyConnection, place: Place) -> None:
    """Give the own entry another name."""
    await settle(connection.rename(place.own, place.beside.partition(",")[0]))


async def delete(connection: AnyConnection, place: Place) -> None:
    """Delete the own entry."""
    await settle(connection.delete(place.own))


async def unbind(connection: AnyConnection, place: Place) -> None:
    """Say goodbye."""
    await settle(connection.unbind())


Step: TypeAlias = "Callable[[AnyConnection, Place], Coroutine[Any, Any, None]]"

STEPS: Final[dict[str, Step]] = {
    "open": open_it,
    "bind": bind,
    "search": search,
    "pages": pages,
    "compare": compare,
    "modify": modify,
    "add": add,
    "rename": rename,
    "delete": delete,
    "unbind": unbind,
}
WRITES: Final = ("modify", "add", "rename", "delete")


# --- what has become of it -----------------------------------------------------------


def state(connection: Connection, place: Place) -> str:
    """How the own entry stands: which names there are, and what was counted."""
    parts = []
    for name, dn in (("own", place.own), ("new", place.beside)):
        try:
            (entry,) = connection.search(dn, scope="base", attributes=["uidNumber"])
        except NoSuchObject:
            continue
        parts.append(f"{name}={entry.text('uidNumber')[0]}")
    return " ".join(parts)


#: The state before, and after a write that was carried out exactly once.
BEFORE: Final = "own=0"
AFTER: Final = {
    "modify": "own=1",
    "add": "own=0 new=0",
    "rename": "new=0",
    "delete": "",
}
