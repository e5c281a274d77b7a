"""Classes as the generator writes them, the application's own with a typed query."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from ldapom import DN, Attr, Auxiliary, Entry, Filter, Many, Query, attribute


class Person(Entry, object_class="person"):
    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    seeAlso: Many[DN] = attribute("seeAlso", default=())


class InetOrgPerson(Person, object_class="inetOrgPerson"):
    uid: Many[str] = attribute("uid", default=())
    mail: Many[str] = attribute("mail", default=(), syntax="IA5 String")
    displayName: Attr[str | None] = attribute("displayName", default=None)
    jpegPhoto: Many[bytes] = attribute("jpegPhoto", default=(), syntax="JPEG")
    createTimestamp: Attr[datetime | None] = attribute(
        "createTimestamp", read_only=True
    )


class PosixAccount(Auxiliary, object_class="posixAccount"):
    cn: Many[str] = attribute("cn", must=True)
    uid: Many[str] = attribute("uid", must=True)
    uidNumber: Attr[int] = attribute("uidNumber", must=True)
    gecos: Attr[str | None] = attribute("gecos", default=None)


class UserQuery(TypedDict, total=False):
    uid: str
    cn: str
    sn: str
    mail: str
    uidNumber: int
    seeAlso: DN


class User(
    InetOrgPerson, PosixAccount, base="ou=people,dc=example,dc=com", rdn="uid"
):
    uid: Many[str] = attribute("uid", must=True)

    if TYPE_CHECKING:

        @classmethod
        def query(  # type: ignore[override]  # narrower on purpose
            cls, *conditions: Filter, **equals: Unpack[UserQuery]
        ) -> Query[Self]: ...
