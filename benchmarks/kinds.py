"""Entries unlike those of `data.person`: wide, long, binary, deep, in many scripts.

Each kind is a folder of people below `data.KINDS`; they are read as the others are.
"""

from __future__ import annotations

import base64
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks import data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Values = dict[str, list[str | bytes]]

#: Attributes that any text fits.
_TEXTS: Final = [
    "description",
    "street",
    "l",
    "st",
    "postalCode",
    "title",
    "businessCategory",
    "carLicense",
    "departmentNumber",
    "displayName",
    "employeeNumber",
    "employeeType",
    "givenName",
    "initials",
    "mail",
    "o",
    "ou",
    "roomNumber",
    "physicalDeliveryOfficeName",
    "postOfficeBox",
    "destinationIndicator",
    "gecos",
    "loginShell",
    "labeledURI",
]
_PHONES: Final = [
    "telephoneNumber",
    "facsimileTelephoneNumber",
    "homePhone",
    "mobile",
    "pager",
]
_LEVELS: Final = 10


def _least(number: int) -> Values:
    """What a person must have: six attributes."""
    name = data.uid(number)
    return {
        "objectClass": ["inetOrgPerson", "posixAccount"],
        "uid": [name],
        "cn": [f"Person {number}"],
        "sn": [f"{number}"],
        "uidNumber": [str(number)],
        "gidNumber": ["100"],
        "homeDirectory": [f"/home/{name}"],
    }


def _wide(number: int) -> Values:
    """Thirty-five attributes."""
    return {
        **_least(number),
        **{name: [f"{name} of {number}"] for name in _TEXTS},
        **{name: [f"+1 555 {number:06d}"] for name in _PHONES},
    }


def _many(number: int) -> Values:
    """A hundred and fifty values of two attributes."""
    return {
        **_least(number),
        "mail": [f"user{number}.{each}@example.com" for each in range(100)],
        "telephoneNumber": [f"+1 555 {number} {each}" for each in range(50)],
    }


def _binary(number: int) -> Values:
    """A photograph of 20 kB."""
    photo = Random(number % 50).randbytes(20_000)  # no secret
    return {**_least(number), "jpegPhoto": [photo]}


def _scripts(number: int) -> Values:
    """Nothing but text beyond ASCII."""
    return {
        **_least(number),
        "cn": [f"Jürgen Müßig {number}", f"石川 {number}"],
        "sn": ["Größe"],
        "title": ["Ärztin Ωμέγα Профессор"],
        "l": ["Zürich", "Łódź"],
        "description": [f"čeština, ñandú, العربية, 日本語, 🙂 {number}"],
    }


def _unlike(number: int) -> Values:
    """No two entries have the same attributes in the same order."""
    random = Random(number)
    values = _least(number)
    for name in random.sample(_TEXTS, random.randrange(9)):
        values[name] = [f"{name} {number}"]
    several = [*values.items()]
    random.shuffle(several)
    return dict(several)


def _deep(number: int) -> Values:
    """Names of 300 octets, in the entry as well."""
    names: list[str | bytes] = [
        f"uid={data.uid(each)},{_BOTTOM}" for each in range(number, number + 3)
    ]
    return {**_least(number), "manager": names[:1], "seeAlso": names}


KINDS: Final[dict[str, Callable[[int], Values]]] = {
    "least": _least,
    "wide": _wide,
    "many values": _many,
    "binary": _binary,
    "scripts": _scripts,
    "unlike": _unlike,
    "deep": _deep,
}


def folder(kind: str) -> str:
    """Where the entries of a kind are."""
    return f"ou={kind},{data.KINDS}"


def _levels() -> list[tuple[str, str]]:
    """The folders that lead down to the deep ones: value and name of each."""
    found, name = [], folder("deep")
    for number in range(_LEVELS):
        name = f"ou=Level {number}\\, and so on,{name}"
        found.append((f"Level {number}, and so on", name))
    return found


_BOTTOM: Final = _levels()[-1][1]


def ldif(count: int) -> Iterator[str]:
    """So many entries of each kind as LDIF content records, with parents first."""
    for kind, values in KINDS.items():
        yield data.record(folder(kind), {"objectClass": [_UNIT], "ou": [kind]})
        parent = folder(kind)
        if kind == "deep":
            parent = _BOTTOM
            for ou, dn in _levels():
                yield data.record(dn, {"objectClass": [_UNIT], "ou": [ou]})
        for number in range(count):
            yield _record(f"uid={data.uid(number)},{parent}", values(number))


_UNIT: Final = "organizationalUnit"


def _record(dn: str, attributes: Values) -> str:
    lines = [f"dn: {dn}"]
    for name, many in attributes.items():
        for value in many:
            if isinstance(value, bytes):
                lines.append(f"{name}:: {base64.b64encode(value).decode()}")
            else:
                lines.append(f"{name}: {value}")
    return "\n".join((*lines, "", ""))
