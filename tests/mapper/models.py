"""The classes that the mapper's tests share, and entries made without a server."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TypeVar
from uuid import UUID

from ldapom import DN, Attr, Auxiliary, Entry, Many, PostalAddress, attribute
from ldapom.mapper.entries.making import make
from ldapom.protocol.messages import PartialAttribute

E = TypeVar("E", bound=Entry)


class Shell(Enum):
    """A Python type that no syntax makes."""

    bash = "/bin/bash"
    fish = "/usr/bin/fish"


class Person(Entry, object_class="person"):
    """RFC 4519 3.12."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    description: Many[str] = attribute("description", default=())
    seeAlso: Many[DN] = attribute("seeAlso", default=())
    userPassword: Many[bytes] = attribute("userPassword", default=())


class InetOrgPerson(Person, object_class="inetOrgPerson"):
    """RFC 2798, a part of it."""

    uid: Many[str] = attribute("uid", default=())
    mail: Many[str] = attribute("mail", default=(), syntax="IA5 String")
    displayName: Attr[str | None] = attribute("displayName", default=None)
    postalAddress: Many[PostalAddress] = attribute("postalAddress", default=())
    jpegPhoto: Many[bytes] = attribute("jpegPhoto", default=(), syntax="JPEG")
    manager: Many[DN] = attribute("manager", default=())


class PosixAccount(Auxiliary, object_class="posixAccount"):
    """RFC 2307."""

    cn: Many[str] = attribute("cn", must=True)
    uid: Many[str] = attribute("uid", must=True)
    uidNumber: Attr[int] = attribute("uidNumber", must=True)
    gidNumber: Attr[int] = attribute("gidNumber", must=True)
    homeDirectory: Attr[str] = attribute(
        "homeDirectory", must=True, syntax="IA5 String"
    )
    loginShell: Attr[str | None] = attribute(
        "loginShell", default=None, syntax="IA5 String"
    )
    gecos: Attr[str | None] = attribute("gecos", default=None, syntax="IA5 String")


class User(InetOrgPerson, PosixAccount, base="ou=people,dc=example,dc=com", rdn="uid"):
    """What an application uses."""

    uid: Many[str] = attribute("uid", must=True)


class GroupOfNames(Entry, object_class="groupOfNames"):
    """RFC 4519 3.5."""

    cn: Many[str] = attribute("cn", must=True)
    member: Many[DN] = attribute("member", must=True)


class OrganizationalUnit(
    Entry, object_class="organizationalUnit", base="dc=example,dc=com", rdn="ou"
):
    """RFC 4519 3.11."""

    ou: Many[str] = attribute("ou", must=True)


class Odd(Entry, object_class="odd"):
    """One attribute of each further type."""

    active: Attr[bool | None] = attribute("active", default=None)
    since: Attr[datetime | None] = attribute("since", default=None)
    entryUUID: Attr[UUID | None] = attribute("entryUUID", read_only=True)
    objectGUID: Attr[UUID | None] = attribute("objectGUID", read_only=True)
    shell: Attr[Shell | None] = attribute("loginShell", default=None)
    cn_de: Many[str] = attribute("cn;lang-de", default=())


def read(
    cls: type[E],
    *attributes: tuple[str, list[bytes]],
    dn: str = "uid=x,dc=example,dc=com",
    loaded: frozenset[str] | None = None,
) -> E:
    """An entry as a session would have read it, with all its attributes asked for."""
    parts = [PartialAttribute(name, values) for name, values in attributes]
    entry = make(cls, dn, parts, cls.__ldapom__.loaded if loaded is None else loaded)
    assert isinstance(entry, cls)
    return entry


def user(**more: object) -> User:
    """A new entry that has all it must."""
    values: dict[str, object] = {
        "cn": ["Ada"],
        "sn": ["Lovelace"],
        "uid": ["ada"],
        "uidNumber": 1001,
        "gidNumber": 100,
        "homeDirectory": "/home/ada",
        **more,
    }
    return User(**values)  # type: ignore[arg-type]  # what a test passes, it means
