"""The sample: memorable people from a file, and as many others as are wanted.

Everything is the same at each call. The file also loads into OpenLDAP with the schemas
core, cosine, inetorgperson and nis.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing.directory import Directory

SUFFIX = "dc=example,dc=com"
ADMIN = "uid=admin,ou=people,dc=example,dc=com"
PASSWORD = "secret"

#: How many people the file holds.
MEMORABLE = 12
_TEAM = 100

_GIVEN = (
    *("Alma", "Boris", "Chloé", "David", "Elena", "Farid", "Greta", "Hiro", "Ines"),
    *("Jakob", "Karin", "Lars", "Mona", "Nils", "Olga", "Pavel", "Quinn", "Rosa"),
    *("Søren", "Tara", "Ugo", "Vera", "Wim"),
)
_FAMILY = (
    *("Adams", "Bauer", "Castillo", "Dubois", "Eriksen", "Fischer", "García"),
    *("Hansen", "Ivanova", "Jansen", "Kowalski", "Li", "Moreau", "Nowak", "O'Brien"),
    *("Papadopoulos", "Quist", "Rossi", "Schäfer", "Tanaka", "Ueda", "Virtanen"),
    *("Weber", "Xu", "Young", "Zhang", "Åberg", "Öztürk", "Smith"),
)
_Attributes: TypeAlias = dict[str, str | Sequence[str]]
_SHELLS = ("/bin/bash", "/bin/sh", "/bin/zsh")
_CLASSES = (
    *("top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"),
)


def text() -> str:
    """The LDIF of the memorable ones."""
    found = files("ldapom.testing") / "data" / "sample.ldif"
    return found.read_text(encoding="utf-8")


def fill(directory: Directory, people: int | None = None) -> None:
    """Put the sample into an empty directory.

    Args:
        directory: Where to; it has the sample's suffix.
        people: How many people there are to be in all.
    """
    directory.load(text())
    if people is not None and people > MEMORABLE:
        for dn, values in others(people):
            directory.store.adopt(dn, values, who=ADMIN)


def others(people: int) -> Iterator[tuple[str, dict[str, tuple[bytes, ...]]]]:
    """Those without a story, and the teams they are in."""
    numbers = range(MEMORABLE + 1, people + 1)
    for team, first in enumerate(range(0, len(numbers), _TEAM), 1):
        members: list[str] = []
        for number in numbers[first : first + _TEAM]:
            dn, attributes = _person(number)
            yield dn, _encoded(attributes)
            members.append(dn)
        yield _team(f"team{team:03d}", members)


def _team(name: str, members: list[str]) -> tuple[str, dict[str, tuple[bytes, ...]]]:
    return f"cn={name},ou=groups,{SUFFIX}", _encoded(
        {"objectClass": ("top", "groupOfNames"), "cn": name, "member": members}
    )


def _person(number: int) -> tuple[str, _Attributes]:
    uid = f"user{number:05d}"
    given = _GIVEN[number % len(_GIVEN)]
    family = _FAMILY[number % len(_FAMILY)]
    return f"uid={uid},ou=people,{SUFFIX}", {
        "objectClass": _CLASSES,
        "uid": uid,
        "cn": f"{given} {family}",
        "sn": family,
        "givenName": given,
        "mail": f"{uid}@example.com",
        "employeeNumber": str(10_000 + number),
        "telephoneNumber": f"+1 555 {number:07d}",
        "uidNumber": str(10_000 + number),
        "gidNumber": "1000",
        "homeDirectory": f"/home/{uid}",
        "loginShell": _SHELLS[number % len(_SHELLS)],
        "description": f"person number {number}",
    }


def _encoded(attributes: _Attributes) -> dict[str, tuple[bytes, ...]]:
    return {
        name: (value.encode(),)
        if isinstance(value, str)
        else tuple(map(str.encode, value))
        for name, value in attributes.items()
    }
