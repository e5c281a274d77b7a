"""What type checkers infer of values of one's own types, options, and copies."""

from __future__ import annotations

from enum import Enum, IntFlag
from ipaddress import IPv4Address
from typing import Literal, NewType, assert_type

from ldapom import (
    AsyncSession,
    Attr,
    Converter,
    Converters,
    Entry,
    Expression,
    Filter,
    Many,
    Operational,
    Session,
    UserAccountControl,
    Values,
    Variants,
    attribute,
)

Email = NewType("Email", str)


class Colour(Enum):
    red = "red"


class Rights(IntFlag):
    read = 1
    write = 2


class Packed:
    def decode(self, raw: bytes) -> tuple[int, int]:
        return raw[0], raw[1]

    def encode(self, value: tuple[int, int]) -> bytes:
        return bytes(value)


def read_float(raw: bytes) -> float:
    return float(raw)


def write_float(value: float) -> bytes:
    return str(value).encode()


class Model(Entry, converters=Converters({IPv4Address: Converter.text(IPv4Address)})):
    pass


class Thing(Model, object_class="thing"):
    cn: Many[str] = attribute("cn", must=True)
    gecos: Attr[str | None] = attribute("gecos", default=None)
    colour: Attr[Colour | None] = attribute("colour", default=None)
    shade: Attr[Literal["light", "dark"]] = attribute("shade", must=True)
    tones: Many[Literal["warm", "cold"]] = attribute("tone", default=())
    glow: Attr[Literal["soft", "hard"] | None] = attribute("glow", default=None)
    rights: Attr[Rights] = attribute("rights", must=True)
    userAccountControl: Attr[UserAccountControl | None] = attribute(
        "userAccountControl", default=None
    )
    mail: Many[Email] = attribute("mail", default=())
    ip: Attr[IPv4Address | None] = attribute("ipHostNumber", default=None)
    size: Attr[tuple[int, int] | None] = attribute("size", convert=Packed(), default=None)
    weight: Attr[float | None] = attribute(
        "weight", convert=(read_float, write_float), default=None
    )
    address: Attr[IPv4Address] = attribute(
        "address", convert=Converter.text(IPv4Address), must=True
    )


thing = Thing(
    cn=["x"], rights=Rights.read, shade="dark", address=IPv4Address("10.0.0.1")
)
assert_type(Converter.text(IPv4Address), Converter[IPv4Address])
assert_type(thing.colour, Colour | None)
assert_type(thing.shade, Literal["light", "dark"])
thing.tones = ["warm"]
assert_type(thing.rights, Rights)
assert_type(thing.mail, Values[Email])
assert_type(thing.ip, IPv4Address | None)
assert_type(thing.size, tuple[int, int] | None)
assert_type(thing.weight, float | None)
assert_type(thing.address, IPv4Address)
thing.colour = Colour.red
thing.shade = "dark"
thing.rights |= Rights.write
thing.mail = [Email("a@example.com")]
thing.size = (1, 2)

assert_type(Thing.colour == Colour.red, Filter)
assert_type(Thing.shade == "light", Filter)
assert_type(Thing.tones == "warm", Filter)
assert_type(Thing.glow == "soft", Filter)
assert_type(Thing.glow.in_(["soft", "hard"]), Filter)
assert_type(thing.glow, Literal["soft", "hard"] | None)
assert_type(Thing.rights.has_all(Rights.read), Filter)
assert_type(Thing.rights.has_any(Rights.read | Rights.write), Filter)

thing.colour = "red"  # E: mypy assignment; pyright reportAttributeAccessIssue
thing.tones = ["grey"]  # E: mypy list-item; pyright reportAttributeAccessIssue
thing.shade = "grey"  # E: mypy assignment; pyright reportAttributeAccessIssue
thing.rights = "x"  # E: mypy assignment; pyright reportAttributeAccessIssue
Thing.cn.has_all(5)  # E: mypy arg-type; pyright reportAttributeAccessIssue
attribute("x", convert=5)  # E: mypy call-overload; pyright reportArgumentType
Converters({"x": 5})  # E: mypy dict-item; pyright reportArgumentType

# --- a type that only a session reads ------------------------------------------------


class Host(Entry, object_class="ipHost"):
    address: Many[IPv4Address] = attribute("ipHostNumber", must=True)
    gateway: Attr[IPv4Address | None] = attribute("gateway", default=None)


TABLE = Converters({IPv4Address: Converter.text(IPv4Address), "Boolean": Packed()})
host = Host(address=[IPv4Address("192.0.2.7")])
assert_type(host.address, Values[IPv4Address])
assert_type(host.gateway, IPv4Address | None)
assert_type(Host.address == IPv4Address("192.0.2.7"), Filter)
assert_type(Host.gateway.in_([IPv4Address("192.0.2.7")]), Filter)
with Session("ldap://localhost", converters=TABLE) as session:
    assert_type(session.query(Host, Host.gateway == None).first(), Host | None)
    assert_type(session.converters, Converters | None)
Session("ldap://localhost", converters=None)
AsyncSession("ldap://localhost", converters=TABLE)
Host(address=["192.0.2.7"])  # E: mypy list-item; pyright reportArgumentType
Host.gateway >= "x"  # E: mypy operator; pyright reportOperatorIssue
Session("ldap://localhost", converters={})  # E: mypy arg-type; pyright reportArgumentType

# --- options, operational attributes -------------------------------------------------

assert_type(thing.cn.lang("de"), Values[str])
assert_type(Thing.cn.lang("de"), Expression[str])
assert_type(thing.variants(Thing.cn), Variants[str])
assert_type(thing.variants(Thing.gecos)["lang-de"], Values[str])
thing.variants(Thing.cn)["lang-de"] = ["x"]
thing.cn.lang("de").append("x")
thing.cn.lang("de").append(5)  # E: mypy arg-type; pyright reportArgumentType
thing.variants(Thing.cn)["lang-de"] = [5]  # E: mypy list-item; pyright reportArgumentType
assert_type(thing.operational, Operational)

# --- copies --------------------------------------------------------------------------

assert_type(thing.to_dict(), dict[str, object])
assert_type(thing.to_json(indent=2), str)
assert_type(Thing.from_dict(thing.to_dict()), Thing)
assert_type(Thing.from_json(b"{}"), Thing)
assert_type(Thing.from_ldif("dn: cn=x"), Thing)
