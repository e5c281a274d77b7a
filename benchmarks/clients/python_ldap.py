"""python-ldap: OpenLDAP's C library, entries as tuples of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ldap
from ldap.controls import SimplePagedResultsControl

from benchmarks import data

if TYPE_CHECKING:
    from benchmarks.clock import Clock, Place, Workload


def _bound(place: Place) -> ldap.ldapobject.LDAPObject:
    connection = ldap.initialize(place.url)
    if place.ca_file:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, place.ca_file)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(place.user, place.password)
    return connection


def _names() -> list[str]:
    from models import User

    return list(dict.fromkeys(("objectClass", *User.__ldapom__.request)))


def stream(place: Place, clock: Clock) -> None:
    """Read two attributes of each entry, page by page."""
    connection, names = _bound(place), _names()
    control = SimplePagedResultsControl(True, size=1000, cookie="")
    with clock:
        while True:
            number = connection.search_ext(
                place.folder,
                ldap.SCOPE_SUBTREE,
                data.FILTER,
                names,
                serverctrls=[control],
            )
            _, found, _, controls = connection.result3(number)
            for _, attributes in found:
                assert attributes["uid"][0]
                assert attributes["cn"][0]
                clock.count += 1
            control.cookie = controls[0].cookie
            if not control.cookie:
                break


def everything(place: Place, clock: Clock) -> None:
    """Have all entries at once; each of their attributes is there."""
    connection, names = _bound(place), _names()
    with clock:
        found = connection.search_s(
            place.folder, ldap.SCOPE_SUBTREE, data.FILTER, names
        )
        clock.count = len(found)


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    connection, names = _bound(place), _names()
    with clock:
        for number in range(place.count):
            name = data.uid(number * 7 % place.people)
            condition = f"(&(objectClass=inetOrgPerson)(uid={name}))"
            found = connection.search_s(
                data.PEOPLE, ldap.SCOPE_SUBTREE, condition, names
            )
            clock.count += len(found)


def connect(place: Place, clock: Clock) -> None:
    """Connect, bind, unbind."""
    with clock:
        for _ in range(place.count):
            _bound(place).unbind_s()
            clock.count += 1


def write(place: Place, clock: Clock) -> None:
    """Add, modify and delete, one after the other."""
    connection = _bound(place)
    with clock:
        for number in range(place.count):
            dn = f"uid={data.uid(number)},{data.WRITES}"
            attributes = data.person(number).items()
            connection.add_s(
                dn, [(name, [v.encode() for v in many]) for name, many in attributes]
            )
            connection.modify_s(dn, [(ldap.MOD_REPLACE, "title", [b"Chief"])])
            connection.delete_s(dn)
            clock.count += 3


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "all": everything,
    "lookup": lookup,
    "connect": connect,
    "write": write,
}
