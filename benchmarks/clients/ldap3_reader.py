"""ldap3's own object layer: `ObjectDef` and `Reader`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldap3 import ObjectDef, Reader

from benchmarks import data
from benchmarks.clients.ldap3_client import bound

if TYPE_CHECKING:
    from benchmarks.clock import Clock, Place, Workload


def stream(place: Place, clock: Clock) -> None:
    """Read two attributes of each entry; page by page."""
    connection = bound(place)
    person = ObjectDef(["inetOrgPerson", "posixAccount"], connection)
    with clock:
        reader = Reader(connection, person, place.folder)
        for entry in reader.search_paged(1000, True, generator=True):
            assert entry.uid.values[0]
            assert entry.cn.values[0]
            clock.count += 1


def everything(place: Place, clock: Clock) -> None:
    """Have all entries at once; each of their attributes is there."""
    connection = bound(place)
    person = ObjectDef(["inetOrgPerson", "posixAccount"], connection)
    with clock:
        reader = Reader(connection, person, place.folder)
        clock.count = len(reader.search())


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    connection = bound(place)
    person = ObjectDef(["inetOrgPerson", "posixAccount"], connection)
    with clock:
        for number in range(place.count):
            name = data.uid(number * 7 % place.people)
            reader = Reader(connection, person, data.PEOPLE, f"uid: {name}")
            clock.count += len(reader.search())


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "all": everything,
    "lookup": lookup,
}
