"""ldap3: pure Python; with the server's schema, so that values are decoded."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

import ldap3

from benchmarks import data

if TYPE_CHECKING:
    from benchmarks.clock import Clock, Place, Workload


def bound(place: Place, *, schema: bool = True) -> ldap3.Connection:
    """A connection that has bound and, where it is wanted, read the schema."""
    info = ldap3.SCHEMA if schema else ldap3.NONE
    tls = None
    if place.ca_file:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=place.ca_file)
    server = ldap3.Server(
        "127.0.0.1", place.port, use_ssl=tls is not None, tls=tls, get_info=info
    )
    return ldap3.Connection(server, place.user, place.password, auto_bind=True)


def _names() -> list[str]:
    from models import User

    return list(dict.fromkeys(("objectClass", *User.__ldapom__.request)))


def stream(place: Place, clock: Clock) -> None:
    """Read two attributes of each entry, page by page."""
    connection, names = bound(place), _names()
    with clock:
        found = connection.extend.standard.paged_search(
            place.folder, data.FILTER, attributes=names, paged_size=1000
        )
        for entry in found:
            assert entry["attributes"]["uid"][0]
            assert entry["attributes"]["cn"][0]
            clock.count += 1


def everything(place: Place, clock: Clock) -> None:
    """Have all entries at once; each of their attributes is there."""
    connection, names = bound(place), _names()
    with clock:
        connection.search(place.folder, data.FILTER, attributes=names)
        clock.count = len(connection.response or ())


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    connection, names = bound(place), _names()
    with clock:
        for number in range(place.count):
            name = data.uid(number * 7 % place.people)
            condition = f"(&(objectClass=inetOrgPerson)(uid={name}))"
            connection.search(data.PEOPLE, condition, attributes=names)
            clock.count += len(connection.response or ())


def connect(place: Place, clock: Clock) -> None:
    """Connect, bind, unbind."""
    with clock:
        for _ in range(place.count):
            bound(place, schema=False).unbind()
            clock.count += 1


def write(place: Place, clock: Clock) -> None:
    """Add, modify and delete, one after the other."""
    connection = bound(place)
    with clock:
        for number in range(place.count):
            dn = f"uid={data.uid(number)},{data.WRITES}"
            assert connection.add(dn, attributes=data.person(number))
            change = {"title": [(ldap3.MODIFY_REPLACE, ["Chief"])]}
            assert connection.modify(dn, change)
            assert connection.delete(dn)
            clock.count += 3


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "all": everything,
    "lookup": lookup,
    "connect": connect,
    "write": write,
}
