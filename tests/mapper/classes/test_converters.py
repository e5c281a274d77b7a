"""Values of one's own types: converters, their tables, enumerations, literals, flags."""

from __future__ import annotations

import copy
import json
import traceback
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum, IntFlag
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    DN,
    Add,
    Attr,
    ConversionError,
    Converter,
    Converters,
    Delete,
    Entry,
    GroupType,
    Many,
    PostalAddress,
    SchemaError,
    Sid,
    UserAccountControl,
    attribute,
)
from ldapom.mapper.classes.convert import converter, from_plain, to_plain
from ldapom.mapper.commits.checks import findings
from ldapom.mapper.entries import diff
from tests.mapper.units import stored

Email = NewType("Email", str)


class Level(Enum):
    """Numbers with names, that are no numbers in Python."""

    low = 1
    high = 2


class Rank(IntEnum):
    """Numbers with names."""

    first = 1


class Rights(Flag):
    """Bits, no others than these."""

    read = 1
    write = 2


class Bits(IntFlag):
    """Bits, and any others."""

    one = 1


class Packed:
    """Two octets; what it raises is anything."""

    def decode(self, raw: bytes) -> tuple[int, int]:
        """Read two numbers."""
        return raw[0], raw[1]

    def encode(self, value: tuple[int, int]) -> bytes:
        """Write two numbers."""
        return bytes(value)


def reversed_octets(raw: bytes) -> bytes:
    """A function that is its own inverse."""
    return raw[::-1]


TABLE = Converters(
    {
        IPv4Address: Converter.text(IPv4Address),
        "employeeNumber": Converter.text(
            lambda text: text.lstrip("0"), "{:0>8}".format
        ),
        "Boolean": Converter(
            lambda raw: raw == b"yes", lambda v: b"yes" if v else b"no"
        ),
    }
)


TEXT: Converter[Any] = Converter.text(str)


class Plain(Entry, object_class="plain"):
    """A class that knows nothing of converters."""

    employeeNumber: Attr[str | None] = attribute("employeeNumber", default=None)
    active: Attr[bool | None] = attribute("active", default=None)
    cn: Many[str] = attribute("cn", default=())


class Model(Plain, converters=TABLE):
    """One that an application derives its classes from."""


class Thing(Model, object_class="thing"):
    """One attribute of each kind."""

    ip: Attr[IPv4Address | None] = attribute("ipHostNumber", default=None)
    ips: Many[IPv4Address] = attribute("address", default=())
    level: Attr[Level | None] = attribute("level", default=None)
    rank: Attr[Rank | None] = attribute("rank", default=None)
    rights: Attr[Rights | None] = attribute("rights", default=None)
    bits: Attr[Bits | None] = attribute("bits", default=None)
    shade: Attr[Literal["light", "dark"] | None] = attribute("shade", default=None)
    sizes: Many[Literal[1, 2]] = attribute("size", default=())
    mail: Many[Email] = attribute("mail", default=(), syntax="IA5 String")
    note: Attr[Annotated[str, "any"] | None] = attribute("note", default=None)
    control: Attr[UserAccountControl | None] = attribute(
        "userAccountControl", default=None
    )
    kind: Attr[GroupType | None] = attribute("groupType", default=None)
    pair: Attr[tuple[int, int] | None] = attribute(
        "pair", default=None, convert=Packed()
    )
    turned: Attr[bytes | None] = attribute(
        "turned", default=None, convert=(reversed_octets, reversed_octets)
    )
    price: Attr[Decimal | None] = attribute(
        "price", default=None, convert=Converter.number(Decimal, int)
    )


def thing(**raw: list[bytes]) -> Thing:
    """A stored thing."""
    return stored(Thing, *raw.items())


CASES: list[tuple[str, str, bytes, object]] = [
    ("ip", "ipHostNumber", b"10.0.0.1", IPv4Address("10.0.0.1")),
    ("level", "level", b"2", Level.high),
    ("rank", "rank", b"1", Rank.first),
    ("rights", "rights", b"3", Rights.read | Rights.write),
    ("bits", "bits", b"9", Bits.one | Bits(8)),
    ("shade", "shade", b"dark", "dark"),
    ("note", "note", b"x", "x"),
    ("control", "userAccountControl", b"514", UserAccountControl(514)),
    (
        "kind",
        "groupType",
        b"-2147483646",
        GroupType.GLOBAL | GroupType.SECURITY_ENABLED,
    ),
    ("pair", "pair", b"\x03\x04", (3, 4)),
    ("turned", "turned", b"abc", b"cba"),
    ("price", "price", b"5", Decimal(5)),
    ("employeeNumber", "employeeNumber", b"00000042", "42"),
    ("active", "active", b"yes", True),
]


@pytest.mark.parametrize(("name", "ldap_name", "raw", "value"), CASES)
def test_both_ways(name: str, ldap_name: str, raw: bytes, value: object) -> None:
    """Read, written, compared with, and set to what it was: nothing to send."""
    entry = thing(**{ldap_name: [raw]})
    assert getattr(entry, name) == value
    assert type(getattr(entry, name)) is type(value)
    assert getattr(Thing, name).__eq__(value).value == raw
    made = Thing(dn="cn=x", **{name: value})  # type: ignore[arg-type]  # what the case says
    assert (ldap_name, (raw,)) in [
        (p.type, p.values) for p in diff.additions(made._state)
    ]
    setattr(entry, name, copy.copy(value))
    assert diff.modifications(entry._state) == ()
    assert Thing.from_json(entry.to_json()).to_dict() == {
        **entry.to_dict(),
        "objectClass": ["top", "plain", "thing"],
    }


@pytest.mark.parametrize(
    ("ldap_name", "name", "raw", "words"),
    [
        ("level", "level", b"3", "3 is none of Level: 1, 2"),
        ("rights", "rights", b"4", "4 has bits that Rights has not: 1, 2"),
        ("shade", "shade", b"grey", "'grey' is none of 'light', 'dark'"),
        ("size", "sizes", b"3", "3 is none of 1, 2"),
        ("rank", "rank", b"x", "no Integer"),
        ("ipHostNumber", "ip", b"x", "Expected 4 octets"),
        ("pair", "pair", b"", "IndexError: index out of range"),
    ],
)
def test_a_wrong_value_is_kept_raw(
    ldap_name: str, name: str, raw: bytes, words: str
) -> None:
    """The error names what is allowed, and carries the octets."""
    entry = thing(**{ldap_name: [raw]})
    with pytest.raises(ConversionError, match=words) as caught:
        getattr(entry, name)
    assert caught.value.raw == (raw,)
    assert entry.raw[ldap_name] == [raw]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "level",
            1,
            r"Thing.level takes Level, not int: 1; there is Level.low, Level.high",
        ),
        ("shade", "grey", "Thing.shade takes 'light', 'dark', not str: 'grey'"),
        ("sizes", [True], "Thing.sizes takes 1, 2, not bool"),
        ("ip", "10.0.0.1", "Thing.ip takes IPv4Address, not str"),
        ("control", 512, "takes UserAccountControl, not int"),
        ("mail", [5], "Thing.mail takes str, not int"),
        ("pair", [1, 2], r"Thing.pair takes tuple\[int, int\], not list"),
    ],
)
def test_a_wrong_type_is_refused(name: str, value: object, words: str) -> None:
    """At once, by assignment, and in a condition."""
    entry = thing()
    with pytest.raises(TypeError, match=words):
        setattr(entry, name, value)
    with pytest.raises(TypeError):
        getattr(Thing, name) == (value[0] if name in {"sizes", "mail"} else value)  # type: ignore[index]  # a list


def test_what_a_converter_can_not_write() -> None:
    """It is found before anything is sent, whatever the converter raised."""
    entry = thing()
    entry.pair = (300, 1)
    (finding,) = findings(entry._state)
    assert "Thing.pair can not be (300, 1)" in finding
    broken: Converter[object] = Converter(bytes.decode, lambda _: "text")  # type: ignore[arg-type, return-value]  # the mistake
    with pytest.raises(ValueError, match="gave str, not bytes"):
        converter(str, "x", convert=broken).encode("x")
    failing: Converter[Any] = Converter(bytes.decode, lambda text: text.nothing)
    with pytest.raises(ValueError, match="AttributeError"):
        converter(str, "x", convert=failing).encode("x")


def test_flags_are_pleasant() -> None:
    """One bit is set and cleared, bits without a name stay, conditions ask for bits."""
    entry = thing(userAccountControl=[b"1073742336"])
    assert entry.control is not None
    entry.control |= UserAccountControl.ACCOUNTDISABLE
    assert diff.modifications(entry._state) == (
        Delete("userAccountControl", [b"1073742336"]),
        Add("userAccountControl", [b"1073742338"]),
    )
    asked = Thing.control.has_all(UserAccountControl.ACCOUNTDISABLE)
    assert str(asked) == "(userAccountControl:1.2.840.113556.1.4.803:=2)"
    some = Thing.bits.has_any(Bits.one)
    assert str(some) == "(bits:1.2.840.113556.1.4.804:=1)"
    with pytest.raises(TypeError, match="Plain.cn: only integers have bits"):
        Thing.cn.has_all("x")  # type: ignore[misc, unused-ignore]  # the mistake


@given(st.integers(0, 2**32 - 1))
def test_active_directory_writes_32_bits_with_a_sign(number: int) -> None:
    """Any bits come back, and stay what the server can keep."""
    found = converter(GroupType, "groupType")
    raw = found.encode(GroupType(number))
    assert -(2**31) <= int(raw) < 2**31
    assert found.decode(raw) == number
    assert converter(GroupType, "flags").decode(str(number).encode()) == number


def test_long_flags_below_zero() -> None:
    """Of 64 bits, where 32 are too few."""
    assert converter(Bits, "x").decode(b"-9223372036854775808") == 2**63


def test_a_table_of_converters() -> None:
    """It holds for what derives; the classes it came from stay what they were."""
    assert thing(active=[b"no"]).active is False
    assert stored(Plain, ("active", [b"TRUE"])).active is True
    assert stored(Plain, ("employeeNumber", [b"007"])).employeeNumber == "007"
    assert stored(Model, ("employeeNumber", [b"007"])).employeeNumber == "7"
    assert str(Thing.employeeNumber == "42") == "(employeeNumber=00000042)"
    assert str(Plain.employeeNumber == "42") == "(employeeNumber=42)"
    assert thing(cn=[b"x"]).cn == ["x"]
    assert Thing.__ldapom__.attributes["cn"] is Plain.__ldapom__.attributes["cn"]


def test_tables_join() -> None:
    """What is nearer wins: the class over its bases, the attribute over its type."""

    class Own(Model, converters=Converters({"Boolean": Converter(bool, bytes)})):
        ip: Attr[IPv4Address | None] = attribute("x", default=None)

    assert stored(Own, ("active", [b"no"]), ("x", [b"1.2.3.4"])).active is True
    assert stored(Own, ("x", [b"1.2.3.4"])).ip == IPv4Address("1.2.3.4")
    joined = TABLE | Converters({"cn": Converter.text(str.upper)})
    assert "Boolean" in repr(joined)
    assert "cn" in repr(joined)
    assert joined.named("CommonName", str) is not None
    assert TABLE.named("cn", str) is None


def test_what_is_no_converter() -> None:
    """It is refused where it is written."""
    for wrong in (5, (int,), (1, 2), Packed, object()):
        with pytest.raises(TypeError, match="convert= takes"):
            attribute("x", convert=wrong)  # type: ignore[call-overload]  # the mistake
        with pytest.raises(TypeError, match="convert= takes"):
            Converters({"x": wrong})  # type: ignore[dict-item]  # the mistake
    with pytest.raises(TypeError, match="takes no 'requierd'"):
        attribute("x", requierd=True)  # type: ignore[call-overload]  # the mistake
    with pytest.raises(SchemaError, match="no syntax 'Nothing'"):
        converter(str, "x", "Nothing", convert=TEXT)


def test_types_without_a_converter() -> None:
    """They are open: a session may say it, and the text says so where none does."""

    class Pairs(Entry):
        pair: Attr[tuple[int, int] | None] = attribute("pair", default=None)

    new = Pairs(dn="cn=x", pair=(1, 2))
    with pytest.raises(TypeError, match="convert=Converter.*of the session"):
        diff.additions(new._state)
    with pytest.raises(
        TypeError, match=r"no syntax has values of type tuple\[int, int"
    ):
        _ = stored(Pairs, ("pair", [b"x"])).pair
    with pytest.raises(TypeError, match=r"takes tuple\[int, int\], not str"):
        new.pair = "x"  # type: ignore[assignment]  # the mistake
    with pytest.raises(TypeError, match="several types"):

        class Mixed(Entry):
            mixed: Attr[Literal["a", 1] | None] = attribute("mixed", default=None)

    several = Enum("several", {"a": 1, "b": "x"})
    with pytest.raises(TypeError, match="not all values of several are str"):
        converter(several, "x")
    with pytest.raises(SchemaError, match="those of Level are int"):
        converter(Level, "x", "DN")


@pytest.mark.parametrize(
    "value",
    [
        datetime(2024, 1, 31, tzinfo=UTC),
        timedelta(days=42),
        UUID(int=1),
        Sid.parse("S-1-5-32-544"),
        DN.parse("CN=a,  DC=b"),
        PostalAddress(["a$", "b"]),
        b"\xff\x00",
        True,
        -(10**30),
        "ü",
    ],
    ids=lambda value: type(value).__name__,
)
def test_enumerations_of_any_value(value: object) -> None:
    """Read, written and exchanged as what their members are."""
    kind = Enum("kind", {"one": value, "same": value})
    found = converter(kind, "x")
    (member,) = kind
    assert found.decode(found.encode(member)) is member
    plain = json.loads(json.dumps(to_plain(member)))
    assert from_plain(plain, kind) is member
    with pytest.raises(ValueError):
        from_plain("no such thing", kind)


def test_what_makes_no_member() -> None:
    """Whatever the enumeration raises, and whatever JSON says instead."""

    class Picky(Enum):
        one = "one"

        @classmethod
        def _missing_(cls, value: object) -> Picky:
            raise RuntimeError(value)

    with pytest.raises(ValueError, match="'two' is none of Picky: 'one'"):
        converter(Picky, "x").decode(b"two")
    for name, plain in (("shade", "x"), ("sizes", [3]), ("sizes", [True]), ("rank", 9)):
        with pytest.raises(ConversionError, match=name if name != "sizes" else "size"):
            Thing.from_dict({name: plain})
    assert from_plain("eA==", Literal[b"x"]) == b"x"
    assert from_plain(-1, Bits) == Bits(0xFFFFFFFF)


def test_the_syntax_behind_a_converter() -> None:
    """Its rule tells which values are the same; octets where none is named."""
    assert converter(str, "x", convert=TEXT).syntax.name == "Directory String"
    own: Converter[Any] = Converter(bytes.decode, str.encode)
    assert converter(str, "x", convert=own).syntax.name == "Octet String"
    assert converter(str, "x", "IA5 String", convert=own).syntax.name == "IA5 String"
    with pytest.raises(ConversionError, match="twice|came where"):
        _ = thing(ipHostNumber=[b"1.1.1.1", b"1.1.1.2"]).ip


def test_a_secret_that_does_not_decode_is_not_shown() -> None:
    """Not by the error and its traceback, whatever the converter says."""

    def picky(text: str) -> str:
        raise ValueError(text)

    class Locked(Entry):
        pin: Attr[Level | None] = attribute("userPassword", default=None)
        pins: Many[int] = attribute("unicodePwd", default=())
        own: Attr[str | None] = attribute(
            "olcRootPW", default=None, convert=Converter.text(picky, picky)
        )

    word = "hunter2"
    raw = [word.encode()]
    entry = stored(Locked, ("userPassword", raw), ("unicodePwd", raw))
    rooted = stored(Locked, ("olcRootPW", raw), ("unicodePwd;x-old", raw))
    for ask in (
        lambda: entry.pin,
        lambda: entry.pins,
        lambda: entry.to_dict(secrets=True),
        lambda: rooted.own,
        lambda: rooted.variants("unicodePwd")["x-old"],
        lambda: Locked.own == word,
        lambda: Locked.from_dict({"pins": [word]}),
        lambda: Locked.from_ldif(f"dn: cn=x\nunicodePwd: {word}\n"),
    ):
        with pytest.raises((ConversionError, ValueError)) as caught:
            ask()
        assert word not in "".join(traceback.format_exception(caught.value))


def test_fields_have_their_types() -> None:
    """For attrs and cattrs."""
    types: dict[str, Any] = {each.name: each.type for each in attrs.fields(Thing)}
    assert types["shade"] == Literal["light", "dark"] | None
    assert types["ips"] == list[IPv4Address]
    assert types["level"] == Level | None


def test_how_they_are_shown() -> None:
    """Flags by their names; the expression makes them anew."""
    entry = thing(userAccountControl=[b"514"], level=[b"2"])
    assert "ACCOUNTDISABLE|NORMAL_ACCOUNT (514)" in str(entry)
    assert "level=Level(2), control=UserAccountControl(514)" in repr(entry)


@pytest.mark.parametrize("key", ["cn", IPv4Address, "Boolean"])
def test_a_table_refuses_a_syntax_that_there_is_not(key: str | type) -> None:
    """When it is made, and not when entries were changed that need it."""
    made = Converter(bytes.decode, str.encode, syntax="Nonsense")
    with pytest.raises(SchemaError, match=r"the converter of '.*': .* 'Nonsense'"):
        Converters({key: made})
    Converters({key: Converter(bytes.decode, str.encode, syntax="1.2.3.4")})
