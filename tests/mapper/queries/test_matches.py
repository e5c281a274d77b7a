"""Equality by rule: in ``match``, and in what a diff takes for the same value."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ldapom import DN, Attr, Entry, Many, PostalAddress, attribute
from ldapom.mapper.commits.checks import findings
from ldapom.mapper.queries.matches import matcher
from tests.mapper.units import stored


class Ruled(Entry, object_class="ruled"):
    """An attribute for each rule."""

    ignore: Many[str] = attribute("cn", default=())
    exact: Many[str] = attribute("exact", default=(), equality="caseExactMatch")
    ignore5: Many[str] = attribute("mail", default=(), syntax="IA5 String")
    exact5: Many[str] = attribute(
        "home", default=(), syntax="IA5 String", equality="caseExactIA5Match"
    )
    digits: Many[str] = attribute("x121Address", default=(), syntax="Numeric String")
    phone: Many[str] = attribute("phone", default=(), syntax="Telephone Number")
    post: Many[PostalAddress] = attribute("postalAddress", default=())
    octets: Many[bytes] = attribute("octets", default=())
    bits: Many[str] = attribute("bits", default=(), syntax="Bit String")
    truth: Many[bool] = attribute("truth", default=())
    number: Many[int] = attribute("number", default=())
    time: Many[datetime] = attribute("time", default=())
    utc: Many[datetime] = attribute("utc", default=(), syntax="UTC Time")
    name: Many[DN] = attribute("member", default=())
    unique: Many[DN] = attribute(
        "uniqueMember", default=(), syntax="Name And Optional UID"
    )
    oid: Many[str] = attribute("oid", default=(), syntax="OID")
    uuid: Many[UUID] = attribute("entryUUID", default=(), syntax="UUID")
    classes: Many[str] = attribute(
        "objectClasses", default=(), syntax="Object Class Description"
    )
    telex: Many[str] = attribute("telex", default=(), syntax="Telex Number")
    certificate: Many[bytes] = attribute("cert", default=(), syntax="Certificate")
    colour: Attr[str | None] = attribute("colour", default=None)


CASES: list[tuple[str, bytes, object, object]] = [
    # attribute, what came, what is the same by the rule, what is not
    ("ignore", b" Alice   SMITH", "alice  smith ", "alicesmith"),
    ("ignore", "Größe\u00a0\u00ad1".encode(), "GRÖSSE 1", "grosse 1"),
    ("ignore", "Ｌatin".encode(), "latin", "atin"),
    ("exact", b"Alice  Smith", "Alice Smith ", "alice smith"),
    ("ignore5", b"A@Example.COM", "a@example.com", "b@example.com"),
    ("exact5", b"/home/Ada", "/home/Ada", "/home/ada"),
    ("digits", b"12 34 5", "12345", "123450"),
    ("phone", b"+1 512-315-0280", "+15123150280", "+1 512 315 0281"),
    (
        "post",
        b"1 Main  ST$Anytown",
        PostalAddress(["1 main st", "ANYTOWN"]),
        PostalAddress(["1 main st anytown"]),
    ),
    ("octets", b"a", b"a", b"A"),
    ("bits", b"'0101'B", "'0101'B", "'101'B"),
    ("truth", b"true", True, False),
    ("number", b"007", 7, 70),
    (
        "time",
        b"20240131125959.0+0100",
        datetime(2024, 1, 31, 11, 59, 59, tzinfo=UTC),
        datetime(2024, 1, 31, 12, 59, 59, tzinfo=UTC),
    ),
    (
        "utc",
        b"2401311259+0100",
        datetime(2024, 1, 31, 11, 59, tzinfo=UTC),
        datetime(2024, 1, 31, 12, 59, tzinfo=UTC),
    ),
    (
        "name",
        b"CN=A+uid=B , DC=X",
        DN.parse("uid=b+cn=a,dc=x"),
        DN.parse("cn=a,dc=x"),
    ),
    ("name", b"OID.2.5.4.3=A,DC=x", DN.parse("cn=a,dc=X"), DN.parse("cn=a,dc=y")),
    (
        "unique",
        b"CN=a,DC=x#'01'B",
        DN.opaque("cn=a,dc=x#'01'B"),
        DN.opaque("cn=a,dc=x#'1'B"),
    ),
    ("unique", b"CN=a,DC=x", DN.parse("cn=A,dc=x"), DN.opaque("cn=a,dc=x#''B")),
    ("oid", b"commonName", "COMMONNAME", "cn"),
    (
        "uuid",
        b"73204F2C-B949-4C39-A3AE-79FB5119E676",
        UUID("73204f2c-b949-4c39-a3ae-79fb5119e676"),
        UUID(int=0),
    ),
    ("classes", b"( 1.2.3 NAME 'a' )", "( 1.2.3  NAME 'b' )", "( 1.2.4 NAME 'a' )"),
    ("telex", b"12 $ US $ x", "12 $ us $ X", "13 $ us $ x"),
    ("certificate", b"\x30\x00", b"\x30\x00", b"\x30\x01"),
]


@pytest.mark.parametrize(("name", "raw", "same", "other"), CASES)
def test_match(name: str, raw: bytes, same: object, other: object) -> None:
    """What the rule calls equal is found, and nothing else."""
    info = Ruled.__ldapom__
    entry = stored(Ruled, (info.attributes[name].ldap_name, [raw]))
    assert matcher(info, {name: same})(entry)
    assert not matcher(info, {name: other})(entry)
    assert not matcher(info, {name: None})(entry)


@pytest.mark.parametrize(
    ("name", "raw", "same", "other"), [each for each in CASES if each[0] != "telex"]
)
def test_doubles(name: str, raw: bytes, same: object, other: object) -> None:
    """A value equal by rule to one that is there is refused, another one is not."""
    one = Ruled.__ldapom__.attributes[name]
    entry = stored(Ruled, (one.ldap_name, [raw]))
    values = getattr(entry, name)
    values.append(other)
    assert findings(entry._state) == []
    values.append(same)
    assert "twice" in findings(entry._state)[0]


def test_what_was_changed_counts() -> None:
    """Also where it was assigned, emptied, or put in place."""
    entry = stored(Ruled, ("cn", [b"a"]), ("colour", [b"red"]))
    entry.ignore.append("New  One")
    entry.colour = None
    assert matcher(Ruled.__ldapom__, {"ignore": "new one", "colour": None})(entry)
    entry.ignore.clear()
    assert not matcher(Ruled.__ldapom__, {"ignore": "a"})(entry)


def test_octets_that_are_no_value_of_the_rule() -> None:
    """They are equal to themselves."""
    entry = stored(Ruled, ("telex", [b"\xff"]), ("cn", [b"\xff"]))
    assert not matcher(Ruled.__ldapom__, {"telex": "x", "ignore": "x"})(entry)
