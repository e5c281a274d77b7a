"""The entries that are measured with: made from a number, alike on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX: Final = "dc=example,dc=com"
PEOPLE: Final = f"ou=people,{SUFFIX}"
#: A smaller folder of the same people, for clients that are slow.
FEW: Final = f"ou=few,{SUFFIX}"
#: What every client asks with: as a query of the model does.
FILTER: Final = "(&(objectClass=inetOrgPerson)(objectClass=posixAccount))"
#: Entries of other kinds; see `benchmarks.kinds`.
KINDS: Final = f"ou=kinds,{SUFFIX}"
#: An empty folder, to write to.
WRITES: Final = f"ou=writes,{SUFFIX}"

FIRST_NAMES: Final = ("Ada", "Grace", "Zoë", "Linus", "Barbara", "Søren", "Ken", "Mina")
LAST_NAMES: Final = ("Lovelace", "Hopper", "Ångström", "Torvalds", "Liskov", "Ito")


def uid(number: int) -> str:
    """The name of the person of a number."""
    return f"user{number:06d}"


def person(number: int) -> dict[str, list[str]]:
    """One inetOrgPerson and posixAccount: 14 attributes, about 550 octets on the wire.

    Args:
        number: Which one; the same number gives the same person.
    """
    name, first = uid(number), FIRST_NAMES[number % 8]
    last = f"{LAST_NAMES[number % 6]} {number % 997}"
    return {
        "objectClass": ["inetOrgPerson", "posixAccount"],
        "uid": [name],
        "cn": [f"{first} {last}"],
        "sn": [last],
        "givenName": [first],
        "mail": [f"{name}@example.com", f"{first[0].lower()}{number}@example.org"],
        "telephoneNumber": [f"+1 555 {number % 10_000:04d}"],
        "title": ["Engineer" if number % 3 else "Senior Engineer"],
        "departmentNumber": [str(number % 40)],
        "uidNumber": [str(10_000 + number)],
        "gidNumber": [str(100 + number % 50)],
        "homeDirectory": [f"/home/{name}"],
        "loginShell": ["/bin/bash"],
        "manager": [f"uid={uid(number // 10)},{PEOPLE}"],
        "description": [f"person number {number}, who is like all of the others here"],
    }


def ldif(people: int, few: int) -> Iterator[str]:
    """The whole directory as LDIF content records, with parents first.

    Args:
        people: How many are in `PEOPLE`.
        few: How many are in `FEW`.
    """
    yield f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\n"
    yield "dc: example\no: Example\n\n"
    for folder in (PEOPLE, FEW, WRITES, KINDS):
        name = folder.split(",", 1)[0].removeprefix("ou=")
        yield f"dn: {folder}\nobjectClass: organizationalUnit\nou: {name}\n\n"
    for folder, count in ((PEOPLE, people), (FEW, few)):
        for number in range(count):
            yield record(f"uid={uid(number)},{folder}", person(number))


def record(dn: str, attributes: dict[str, list[str]]) -> str:
    """One LDIF content record; lines are not folded, which every reader takes."""
    # Not all values are safe strings of RFC 2849; slapadd takes UTF-8 as it is.
    lines = [f"{name}: {value}" for name, many in attributes.items() for value in many]
    return "\n".join((f"dn: {dn}", *lines, "", ""))
