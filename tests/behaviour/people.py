"""A thousand people with awkward values, and the models to ask for them."""

from __future__ import annotations

from ldapom import DN, Attr, Auxiliary, Entry, Many, attribute

#: Pieces that other libraries escape wrongly; every value is of some piece and a number.
PIECES = (
    "Plain",
    "(paren)",
    "*star*",
    "back\\slash",
    "Größe",
    "comma, inc",
    "a=b+c",
    "#hash",
    'quo"te',
    "semi;colon",
    "<angle>",
    "100%",
    "日本語",
)
SHELLS = ("/bin/bash", "/bin/sh", "/usr/bin/zsh")
COUNT = 1_040


class Person(Entry, object_class="person"):
    """RFC 4519."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    description: Many[str] = attribute("description", default=())
    seeAlso: Many[DN] = attribute("seeAlso", default=())
    telephoneNumber: Many[str] = attribute("telephoneNumber", default=())


class OrganizationalPerson(Person, object_class="organizationalPerson"):
    """RFC 4519."""


class InetOrgPerson(OrganizationalPerson, object_class="inetOrgPerson"):
    """RFC 2798."""

    uid: Many[str] = attribute("uid", default=())
    mail: Many[str] = attribute("mail", default=())
    givenName: Many[str] = attribute("givenName", default=())
    employeeNumber: Attr[str | None] = attribute("employeeNumber", default=None)
    jpegPhoto: Many[bytes] = attribute("jpegPhoto", default=(), equality="")


class PosixAccount(Auxiliary, object_class="posixAccount"):
    """RFC 2307."""

    cn: Many[str] = attribute("cn", must=True)
    uid: Many[str] = attribute("uid", must=True)
    uidNumber: Attr[int] = attribute("uidNumber", must=True)
    gidNumber: Attr[int] = attribute("gidNumber", must=True)
    homeDirectory: Attr[str] = attribute(
        "homeDirectory",
        must=True,
        syntax="IA5 String",
        equality="caseExactIA5Match",
    )
    loginShell: Attr[str | None] = attribute(
        "loginShell",
        default=None,
        syntax="IA5 String",
        equality="caseExactIA5Match",
    )


class User(InetOrgPerson, PosixAccount, rdn="uid"):
    """A person with an account."""

    uid: Many[str] = attribute("uid", must=True)


def person(number: int, base: str) -> tuple[DN, dict[str, list[str]]]:
    """One of them: its DN and its attributes."""
    piece = PIECES[number % len(PIECES)]
    uid = f"{piece} {number}"
    values = {
        "objectClass": ["inetOrgPerson", "posixAccount"],
        "uid": [uid],
        "cn": [f"{piece} Person {number}", f"Alias{number % 7}"],
        "sn": [f"Surname{number % 10}"],
        "uidNumber": [str(number)],
        "gidNumber": [str(number % 5)],
        "homeDirectory": [f"/home/u{number}"],
        "loginShell": [SHELLS[number % 3]],
    }
    if number % 2:
        values["mail"] = [f"u{number}@example.com", f"U{number}@Example.ORG"]
    if number % 4 == 0:
        values["description"] = [f"{piece} is number {number}"]
    if number % 100 == 0:
        values["seeAlso"] = [str(DN.of(("uid", uid), base))]
    return DN.of(("uid", uid), base), values
