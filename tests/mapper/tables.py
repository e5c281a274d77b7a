"""What the tests of session-wide converters share: classes, and a table for them."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Literal

from ldapom import (
    Attr,
    Auxiliary,
    Converter,
    Converters,
    Entry,
    Filter,
    Many,
    Session,
    attribute,
)
from ldapom.mapper.entries.making import make
from ldapom.mapper.queries.conditions import said
from ldapom.protocol.messages import PartialAttribute
from tests.mapper.changes import CREDENTIALS
from tests.mapper.models import InetOrgPerson

if TYPE_CHECKING:
    from ldapom.testing import Directory

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"


class Device(Entry, object_class="device"):
    """RFC 4519 3.3, a part of it."""

    cn: Many[str] = attribute("cn", must=True)


class IpHost(Auxiliary, object_class="ipHost"):
    """RFC 2307, with addresses that nobody here reads."""

    cn: Many[str] = attribute("cn", must=True)
    address: Many[IPv4Address] = attribute("ipHostNumber", must=True)


class Host(Device, IpHost, base=BASE, rdn="address"):
    """A device that is named by its address."""


class Worker(InetOrgPerson, base=PEOPLE, rdn="uid"):
    """What the class says of peculiar values: nothing but their type."""

    number: Attr[str | None] = attribute("employeeNumber", default=None)
    active: Attr[bool | None] = attribute("employeeType", default=None)
    side: Attr[Literal["left", "right"] | None] = attribute("title", default=None)
    rooms: Many[int] = attribute("roomNumber", default=())


def lenient(raw: bytes) -> bool:
    """Read a truth value as some servers have it."""
    return {b"yes": True, b"no": False}[raw.lower()]


def strict(value: bool) -> bytes:
    """Write one so."""
    return b"yes" if value else b"no"


def padded(number: str) -> str:
    """Write a number with eight digits."""
    return f"{number:0>8}"


TABLE = Converters(
    {
        IPv4Address: Converter.text(IPv4Address),
        "Boolean": Converter(lenient, strict),
        "employeeNumber": Converter.text(lambda text: text.lstrip("0"), padded),
    }
)


class SaidWorker(Worker, converters=TABLE):
    """The same where the class says it."""


class SaidHost(Host, converters=TABLE):
    """The same where the class says it."""


def worker(uid: str, parent: str = PEOPLE, **more: Any) -> Worker:
    """A new one."""
    values: dict[str, Any] = {"cn": ["W"], "sn": ["W"], "uid": [uid], **more}
    return Worker(dn=f"uid={uid},{parent}", **values)


FIRST, SECOND = map(IPv4Address, ("192.0.2.7", "192.0.2.8"))
#: Another server: truth in other words.
OTHER = Converters({"Boolean": Converter(lambda raw: raw == b"1", lambda v: b"%d" % v)})
REMEDY = r"no syntax has values of type IPv4Address.*convert=.*of the class or of the"


def a_worker(session: Session, uid: str = "w", **more: Any) -> Worker:
    """A stored worker."""
    new = session.add(worker(uid, **{"number": "42", "active": True, **more}))
    session.commit()
    return new


def a_host(session: Session) -> Host:
    """A stored host."""
    new = session.add(Host(cn=["www"], address=[FIRST, SECOND]))
    session.commit()
    return new


def store(box: Directory, uid: str, **raw: list[str]) -> None:
    """Put a worker there as octets."""
    values: dict[str, Any] = {
        "objectClass": ["inetOrgPerson"],
        "cn": ["W"],
        "sn": ["W"],
        **raw,
    }
    with Session(box, CREDENTIALS) as session:
        session.connection.add(f"uid={uid},{PEOPLE}", values)


def held(box: Directory, dn: object, name: str) -> list[str]:
    """What the directory holds."""
    with Session(box, CREDENTIALS) as session:
        (entry,) = session.connection.search(str(dn), scope="base")
        return entry.text(name) if entry.get(name) else []


def under(cls: type[Any], table: Converters | None, **raw: list[bytes]) -> Any:
    """An entry as a reader of a session with a table gives it."""
    parts = [PartialAttribute(name, values) for name, values in raw.items()]
    entry = make(cls, "cn=x", parts, cls.__ldapom__.loaded)
    entry._state.converters = table
    return entry


def sent(condition: Filter, table: Converters | None = TABLE) -> str:
    """The text of a condition as a session with a table sends it."""
    return str(said(condition, table))
