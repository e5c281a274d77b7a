"""The table of syntaxes: lookup, reading and writing of every kind of value."""

from __future__ import annotations

import copy
import pickle
import time
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.dn import DN
from ldapom.schema import syntaxes
from ldapom.schema.values import (
    DISTANT_PAST,
    FOREVER,
    NEVER,
    SERVER_NOW,
    PostalAddress,
    Sid,
)

if TYPE_CHECKING:
    from ldapom.schema.syntax import Syntax

LDAP = "1.3.6.1.4.1.1466.115.121.1."

printable = st.text("abcXYZ019'()+,-./:=? ")
start = datetime(1950, 1, 1, tzinfo=UTC)
seconds = st.integers(0, 3_155_000_000).map(lambda n: start + timedelta(seconds=n))
sids = st.builds(
    Sid,
    st.just(1),
    st.integers(0, 2**48 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=15),
)
names = st.lists(
    st.tuples(st.sampled_from(["cn", "uid", "2.5.4.3"]), st.text()),
    min_size=1,
    max_size=4,
).map(lambda avas: DN.of(*avas))

#: What every value of a Python type may be, where the syntax does not say more.
BY_TYPE: dict[type, st.SearchStrategy[Any]] = {
    str: st.text(),
    bytes: st.binary(),
    int: st.integers(),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)).filter(lambda m: m.year > 1601),
    timedelta: st.timedeltas(timedelta(days=-(10**7)), timedelta(days=10**7)),
    DN: names,
    UUID: st.uuids(),
    Sid: sids,
    PostalAddress: st.builds(PostalAddress, st.lists(st.text(), min_size=1)),
}
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "IA5 String": st.text(st.characters(max_codepoint=127)),
    "NIS Netgroup Triple": st.text(st.characters(max_codepoint=127)),
    "Boot Parameter": st.text(st.characters(max_codepoint=127)),
    "Authentication Password": st.text(st.characters(max_codepoint=127)),
    "CSN": st.text(st.characters(max_codepoint=127)),
    "CSN SID": st.text(st.characters(max_codepoint=127)),
    "Printable String": printable,
    "Telephone Number": printable,
    "Country String": st.sampled_from(["GB", "de"]),
    "Numeric String": st.text("0123456789 "),
    "Bit String": st.text("01").map(lambda bits: f"'{bits}'B"),
    "OID": st.sampled_from(["cn", "2.5.4.3", "zoneinfo-oid", "OLcfg:1.2", "a_b"]),
    "UTC Time": seconds,
}
EVERY = [*syntaxes.SYNTAXES, syntaxes.UNKNOWN]


def strategy_of(syntax: Syntax[object]) -> st.SearchStrategy[Any]:
    """What a value of this syntax may be."""
    if syntax.name in BY_NAME:
        return BY_NAME[syntax.name]
    return BY_TYPE[syntax.python]


# --- every syntax -------------------------------------------------------------


@pytest.mark.parametrize("syntax", EVERY, ids=str)
@given(data=st.data())
def test_values_survive(syntax: Syntax[object], data: st.DataObject) -> None:
    """What is written reads back equal, of the promised type, and writes the same."""
    value = data.draw(strategy_of(syntax))
    raw = syntax.encode(value)
    read = syntax.decode(raw)
    assert read == value
    assert type(read) is syntax.python
    assert syntax.encode(read) == raw


@pytest.mark.parametrize("syntax", EVERY, ids=str)
@given(raw=st.binary(max_size=40))
def test_any_bytes_are_a_value_or_a_value_error(
    syntax: Syntax[object], raw: bytes
) -> None:
    """No bytes raise anything else, and the type never depends on the bytes."""
    try:
        value = syntax.decode(raw)
    except ValueError:
        return
    assert type(value) is syntax.python


SAMPLES: list[object] = [
    "text",
    b"bytes",
    bytearray(b"x"),
    5,
    1.5,
    True,
    None,
    [],
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC).date(),
    timedelta(1),
    UUID(int=1),
    DN.parse("cn=a"),
    Sid(1, 5),
    PostalAddress(["a"]),
]


@pytest.mark.parametrize("syntax", EVERY, ids=str)
def test_other_types_are_refused(syntax: Syntax[object]) -> None:
    """A value of another type raises TypeError that names syntax and type."""
    for sample in SAMPLES:
        if type(sample) is not syntax.python:
            with pytest.raises(TypeError) as caught:
                syntax.encode(sample)
            assert syntax.name in str(caught.value)
            assert type(sample).__name__ in str(caught.value)


@pytest.mark.parametrize("syntax", EVERY, ids=str)
def test_syntaxes_pickle_to_themselves(syntax: Syntax[object]) -> None:
    """There is one object of each syntax, also after pickling and copying."""
    assert pickle.loads(pickle.dumps(syntax)) is syntax
    assert copy.deepcopy(syntax) is syntax
    assert hash(syntax) == hash(copy.copy(syntax))


def test_names_are_unique() -> None:
    """No two syntaxes share a name, none of those with an OID of its own shares it."""
    assert len({syntax.name.lower() for syntax in EVERY}) == len(EVERY)
    for syntax in syntaxes.SYNTAXES:
        assert syntaxes.lookup(syntax.name) is syntax
        assert syntaxes.lookup(syntax.oid).oid == syntax.oid


# --- lookup -------------------------------------------------------------------

#: The syntaxes of RFC 4517 section 3.3, by the number they end in.
RFC_4517 = {
    3: "Attribute Type Description",
    6: "Bit String",
    7: "Boolean",
    11: "Country String",
    12: "DN",
    14: "Delivery Method",
    15: "Directory String",
    16: "DIT Content Rule Description",
    17: "DIT Structure Rule Description",
    21: "Enhanced Guide",
    22: "Facsimile Telephone Number",
    23: "Fax",
    24: "Generalized Time",
    25: "Guide",
    26: "IA5 String",
    27: "INTEGER",
    28: "JPEG",
    30: "Matching Rule Description",
    31: "Matching Rule Use Description",
    34: "Name And Optional UID",
    35: "Name Form Description",
    36: "Numeric String",
    37: "Object Class Description",
    38: "OID",
    39: "Other Mailbox",
    40: "Octet String",
    41: "Postal Address",
    44: "Printable String",
    50: "Telephone Number",
    51: "Teletex Terminal Identifier",
    52: "Telex Number",
    53: "UTC Time",
    54: "LDAP Syntax Description",
    58: "Substring Assertion",
}


@pytest.mark.parametrize(("number", "name"), RFC_4517.items())
def test_lookup_finds_by_oid_and_by_name(number: int, name: str) -> None:
    """OID, name in any case, and an OID with a length find the same syntax."""
    syntax = syntaxes.lookup(f"{LDAP}{number}")
    assert syntax.oid == f"{LDAP}{number}"
    assert syntax.name.lower() == name.lower()
    assert syntaxes.lookup(name) is syntax
    assert syntaxes.lookup(name.upper()) is syntax
    assert syntaxes.lookup(f"{LDAP}{number}{{64}}") is syntax


def test_lookup_finds_names_without_blanks() -> None:
    """A definition may name its syntax in one word, as old servers do."""
    spelled = ["DirectoryString", "octetstring{64}", "DistinguishedName", "OID"]
    found = [str(syntaxes.lookup(word)) for word in [*spelled, "caseIgnoreString"]]
    assert found == ["Directory String", "Octet String", "DN", "OID", found[0]]


def test_lookup_of_the_unknown_is_text() -> None:
    """An unknown OID is text, and bytes that are no UTF-8 raise ValueError."""
    unknown = syntaxes.lookup("1.2.3.4")
    assert unknown is syntaxes.UNKNOWN
    assert unknown.python is str
    assert unknown.decode("ä".encode()) == "ä"
    with pytest.raises(ValueError):
        unknown.decode(b"\xff\xfe")


@pytest.mark.parametrize(
    ("oid", "python"),
    [
        ("1.3.6.1.1.16.1", UUID),
        ("1.3.6.1.1.1.0.0", str),
        ("1.3.6.1.1.1.0.1", str),
        ("1.3.6.1.4.1.4203.1.1.2", str),
        ("1.3.6.1.4.1.4203.666.11.2.1", str),
        ("1.3.6.1.1.15.1", str),
        ("1.2.840.113556.1.4.903", str),
        ("1.2.840.113556.1.4.904", str),
        ("1.2.840.113556.1.4.905", str),
        ("1.2.840.113556.1.4.906", int),
        ("1.2.840.113556.1.4.907", bytes),
        ("1.2.840.113556.1.4.1221", str),
        ("1.2.840.113556.1.4.1362", str),
    ],
)
def test_lookup_knows_what_servers_add(oid: str, python: type) -> None:
    """NIS, UUID, X.509, OpenLDAP and Active Directory syntaxes have their types."""
    syntax = syntaxes.lookup(oid)
    assert syntax.oid == oid
    assert syntax.python is python


def test_certificates_travel_as_binary() -> None:
    """The syntaxes of RFC 4523 that need the option ;binary say so, no others."""
    binary = {syntax.name for syntax in syntaxes.SYNTAXES if syntax.binary}
    assert binary == {
        "Certificate",
        "Certificate List",
        "Certificate Pair",
        "Supported Algorithm",
    }


@pytest.mark.parametrize(
    ("python", "name"),
    [
        (str, "Directory String"),
        (int, "Integer"),
        (bool, "Boolean"),
        (bytes, "Octet String"),
        (datetime, "Generalized Time"),
        (timedelta, "AD Interval"),
        (DN, "DN"),
        (UUID, "UUID"),
        (Sid, "SID"),
        (PostalAddress, "Postal Address"),
    ],
)
def test_for_type_gives_the_default(python: type, name: str) -> None:
    """Each Python type has one syntax where nothing else is said."""
    assert syntaxes.for_type(python).name == name


def test_for_type_follows_subclasses_and_refuses_others() -> None:
    """A kind of str is a str; a float has no syntax, and the error lists the types."""

    class Color(StrEnum):
        red = "red"

    class Level(IntEnum):
        low = 1

    assert syntaxes.for_type(Color).encode(Color.red) == b"red"
    assert syntaxes.for_type(Level).encode(Level.low) == b"1"
    with pytest.raises(TypeError, match="float.*str, int, bool"):
        syntaxes.for_type(float)


@pytest.mark.parametrize(
    ("names", "oid", "name"),
    [
        (["objectGUID"], f"{LDAP}40", "AD GUID"),
        (["OBJECTGUID"], None, "AD GUID"),
        (["GUID", "2.16.840.1.113719.1.1.4.1.501"], f"{LDAP}40", "GUID"),
        (["entryUUID"], "1.3.6.1.1.16.1", "UUID"),
        (["nsUniqueId"], f"{LDAP}15", "Directory String"),
        (["objectSid"], f"{LDAP}40", "SID"),
        (["sambaSID"], f"{LDAP}26", "IA5 String"),
        (["sIDHistory"], f"{LDAP}40{{28}}", "SID"),
        (["tokenGroupsGlobalAndUniversal"], f"{LDAP}40", "SID"),
        (["securityIdentifier"], f"{LDAP}40", "SID"),
        (["accountExpires"], "1.2.840.113556.1.4.906", "AD Time"),
        (["lockoutTime"], "1.2.840.113556.1.4.906", "AD Past Time"),
        (["lastLogonTimestamp"], "1.2.840.113556.1.4.906", "AD Past Time"),
        (["whenCreated"], f"{LDAP}24", "AD Generalized Time"),
        (["msTSExpireDate"], None, "AD Generalized Time"),
        (["whenCreated"], f"{LDAP}53", "UTC Time"),
        (["createTimestamp"], f"{LDAP}24", "Generalized Time"),
        (["pwdAccountLockedTime"], f"{LDAP}24", "Locked Time"),
        (["maxPwdAge"], "1.2.840.113556.1.4.906", "AD Interval"),
        (["uSNChanged"], "1.2.840.113556.1.4.906", "Large Integer"),
        (["creationTime"], f"{LDAP}24", "Generalized Time"),
        (["objectGUID"], f"{LDAP}15", "Directory String"),
        (["objectGUID"], "1.2.3.4", "AD GUID"),
        (["cn", "commonName"], f"{LDAP}15{{64}}", "Directory String"),
        (["x"], None, "Unknown"),
        ([], None, "Unknown"),
        (["x", "pwdLastSet"], None, "AD Past Time"),
    ],
)
def test_for_attribute_knows_meanings(
    names: list[str], oid: str | None, name: str
) -> None:
    """GUIDs, SIDs and times are found by name, unless declared as something else."""
    assert syntaxes.for_attribute(names, oid).name == name


def test_the_same_guid_reads_by_the_order_of_its_server() -> None:
    """Active Directory keeps the first parts little endian, eDirectory does not."""
    raw = bytes.fromhex("2c4f207349b9394ca3ae79fb5119e676")
    ad = UUID("73204f2c-b949-4c39-a3ae-79fb5119e676")
    assert syntaxes.for_attribute(["objectGUID"], None).decode(raw) == ad
    assert syntaxes.for_attribute(["objectGUID"], None).encode(ad) == raw
    edirectory = syntaxes.for_attribute(["GUID"], None)
    assert edirectory.decode(raw) == UUID("2c4f2073-49b9-394c-a3ae-79fb5119e676")
    text = b"73204f2c-b949-4c39-a3ae-79fb5119e676"
    assert syntaxes.lookup("UUID").decode(text.upper()) == ad
    assert syntaxes.lookup("UUID").encode(ad) == text


# --- one syntax at a time -----------------------------------------------------

GOOD: list[tuple[str, bytes, object]] = [
    ("Directory String", b"", ""),
    ("Directory String", b"a\0b", "a\0b"),
    ("Directory String", "Lučić".encode(), "Lučić"),
    ("IA5 String", b"user@example.com\x7f", "user@example.com\x7f"),
    ("Printable String", b"This is a PrintableString.", "This is a PrintableString."),
    ("Telephone Number", b"+1 512 315 0280", "+1 512 315 0280"),
    ("Numeric String", b"15 079 672 281", "15 079 672 281"),
    ("Country String", b"US", "US"),
    ("Bit String", b"'0101111101'B", "'0101111101'B"),
    ("Bit String", b"''B", "''B"),
    ("OID", b"1.2.3.4", "1.2.3.4"),
    ("OID", b"cn", "cn"),
    ("Integer", b"1321", 1321),
    ("Integer", b"0", 0),
    ("Integer", b"-2147483646", -2147483646),
    ("Integer", b"4611686014132427209", 4611686014132427209),
    ("Integer", b"1" * 40, int("1" * 40)),
    ("Integer", b"9" * 4300, 10**4300 - 1),
    ("Boolean", b"TRUE", True),
    ("Boolean", b"FALSE", False),
    ("JPEG", b"\xff\xd8\xff", b"\xff\xd8\xff"),
    ("Octet String", b"", b""),
    ("Postal Address", b"1234 Main St.$Anytown, CA 12345$USA", PostalAddress(["1234 Main St.", "Anytown, CA 12345", "USA"])),
    ("Postal Address", rb"\241,000,000 Sweepstakes$PO Box 1000000", PostalAddress(["$1,000,000 Sweepstakes", "PO Box 1000000"])),
    ("Postal Address", rb"C:\5Ctemp$", PostalAddress(["C:\\temp", ""])),
    ("Other Mailbox", b"internet$a@example.com", "internet$a@example.com"),
    ("Facsimile Telephone Number", b"+61 3 9896 7801$fineResolution", "+61 3 9896 7801$fineResolution"),
    ("Telex Number", b"12345$023$ABCDE", "12345$023$ABCDE"),
    ("Delivery Method", b"telephone $ videotex", "telephone $ videotex"),
    ("SID", bytes.fromhex("01020000000000052000000020020000"), Sid.parse("S-1-5-32-544")),
    ("SID", bytes.fromhex("0100000000000005"), Sid.parse("S-1-5")),
    ("SID", bytes.fromhex("010f123456789abc") + bytes(range(60)), Sid.from_bytes(bytes.fromhex("010f123456789abc") + bytes(range(60)))),
    ("SID", bytes.fromhex("0101123456789abc01000000"), Sid.parse("S-1-0x123456789ABC-1")),
    ("AD Time", b"9223372036854775807", NEVER),
    ("AD Past Time", b"9223372036854775807", NEVER),
    ("AD Past Time", b"0", DISTANT_PAST),
    ("AD Past Time", b"-1", SERVER_NOW),
    ("AD Generalized Time", b"16010101000000.0Z", datetime(1601, 1, 1, tzinfo=UTC)),
    ("AD Generalized Time", b"20261122171205.0Z", datetime(2026, 11, 22, 17, 12, 5, tzinfo=UTC)),
    ("Locked Time", b"000001010000Z", DISTANT_PAST),
    ("Locked Time", b"20240131235959Z", datetime(2024, 1, 31, 23, 59, 59, tzinfo=UTC)),
    ("AD Interval", b"-9223372036854775808", FOREVER),
    ("DN With Binary", b"B:4:AB12:cn=a", "B:4:AB12:cn=a"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "value"), GOOD, ids=lambda v: repr(type(v)))
def test_canonical_values_read_and_write(name: str, raw: bytes, value: object) -> None:
    """The examples of RFC 4517 read as expected and go back as they came."""
    syntax = syntaxes.lookup(name)
    assert syntax.decode(raw) == value
    assert syntax.encode(value) == raw


TOLERATED: list[tuple[str, bytes, object]] = [
    ("Integer", b"007", 7),
    ("Integer", b"-0", 0),
    ("Boolean", b"true", True),
    ("Boolean", b"False", False),
    ("Postal Address", rb"C:\5ctemp\x", PostalAddress([r"C:\temp\x"])),
    ("Telephone Number", b"", ""),
    ("AD Generalized Time", b"20240131235959Z", datetime(2024, 1, 31, 23, 59, 59, tzinfo=UTC)),
    ("AD Generalized Time", b"20240131235959.5Z", datetime(2024, 1, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "value"), TOLERATED)
def test_sloppy_values_are_read(name: str, raw: bytes, value: object) -> None:
    """Spellings the RFC forbids, but servers send, are read; written is the right one."""
    syntax = syntaxes.lookup(name)
    assert syntax.decode(raw) == value
    assert syntax.decode(syntax.encode(value)) == value


BAD: list[tuple[str, bytes]] = [
    ("Directory String", b"Vil\xe9m"),
    ("Directory String", b"\xff\xd8\xff\xe0"),
    ("Directory String", b"\xed\xa0\x80"),
    ("IA5 String", "ä".encode()),
    ("Printable String", b"a@b"),
    ("Printable String", b"a\n"),
    ("Numeric String", b"1-2"),
    ("Country String", b"USA"),
    ("Bit String", b"0101"),
    ("Bit String", b"'012'B"),
    ("OID", b""),
    ("OID", b"two words"),
    ("Integer", b""),
    ("Integer", b"-"),
    ("Integer", b"+5"),
    ("Integer", b"1_000"),
    ("Integer", b" 5"),
    ("Integer", b"5\n"),
    ("Integer", b"1.0"),
    ("Integer", "٥".encode()),
    ("Integer", b"9" * 4301),
    ("Integer", b"9" * 5_000_000),
    ("Boolean", b""),
    ("Boolean", b"1"),
    ("Boolean", b"TRUE "),
    ("UUID", b"73204f2cb9494c39a3ae79fb5119e676"),
    ("UUID", b"{73204f2c-b949-4c39-a3ae-79fb5119e676}"),
    ("GUID", b"short"),
    ("AD GUID", b"73204f2c-b949-4c39-a3ae-79fb5119e676"),
    ("SID", b"S-1-5-32-544"),
    ("Postal Address", b"\xff"),
]


@pytest.mark.parametrize(("name", "raw"), BAD, ids=lambda v: str(v)[:30])
def test_bytes_of_another_syntax_are_refused(name: str, raw: bytes) -> None:
    """Bytes that are no value of the syntax raise ValueError, at once."""
    started = time.perf_counter()
    with pytest.raises(ValueError):
        syntaxes.lookup(name).decode(raw)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Directory String", "\ud800"),
        ("IA5 String", "ä"),
        ("Printable String", "a@b"),
        ("Printable String", "ä"),
        ("Telephone Number", "+49 (0) 30 # 5"),
        ("Numeric String", "12a"),
        ("Country String", "Germany"),
        ("Bit String", "0101"),
        ("OID", "two words"),
        ("Integer", 10**4300),
        ("Integer", -(10**10_000)),
        ("Postal Address", PostalAddress([])),
        ("Generalized Time", start.replace(tzinfo=None)),
        ("AD Interval", timedelta(days=10**8)),
    ],
    ids=lambda v: str(type(v)),
)
def test_values_that_can_not_be_written_are_refused(name: str, value: object) -> None:
    """A value of the right type that the syntax can not hold raises ValueError."""
    with pytest.raises(ValueError):
        syntaxes.lookup(name).encode(value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Integer", "5", "an Integer takes an int, not str '5'"),
        ("Integer", True, "an Integer takes an int, not bool True: a truth value is no number"),
        ("Boolean", 1, "a Boolean takes a bool, not int 1"),
        ("DN", "cn=a", "a DN takes a DN, not str 'cn=a': read it with DN.parse(text)"),
        ("UUID", "x", "a UUID takes a UUID, not str 'x': read it with UUID(text)"),
        ("SID", "x", "an SID takes a Sid, not str 'x': read it with Sid.parse(text)"),
        ("IA5 String", b"x", "an IA5 String takes a str, not bytes: decode it, as in raw.decode()"),
        ("Octet String", "x", "an Octet String takes bytes, not str: encode it, as in text.encode()"),
        ("AD Time", None, "an AD Time takes an aware datetime, not NoneType None"),
    ],
)  # fmt: skip
def test_wrong_types_are_explained(name: str, value: object, message: str) -> None:
    """The message says what is taken, what was given, and the way out."""
    with pytest.raises(TypeError) as caught:
        syntaxes.lookup(name).encode(value)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["Octet String", "Directory String", "Integer"])
def test_no_message_shows_a_secret(name: str) -> None:
    """Text and bytes given to the wrong place may be a password: not a byte shows."""
    syntax = syntaxes.lookup(name)
    secret: object = b"hunter2" if syntax.python is not bytes else "hunter2"
    with pytest.raises(TypeError) as caught:
        syntax.encode(secret)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["Directory String", "IA5 String", "Printable String"])
def test_no_error_carries_a_secret(name: str) -> None:
    """Nor does the error for a wrong value hold it, as a UnicodeError would."""
    syntax = syntaxes.lookup(name)
    with pytest.raises(ValueError) as written:
        syntax.encode("hunter2\ud800")
    with pytest.raises(ValueError) as read:
        syntax.decode(b"hunter2\xff")
    for error in (written.value, read.value):
        assert "hunter2" not in repr(error)
        assert error.__context__ is None


def test_long_values_are_cut_in_messages() -> None:
    """A message stays short however long the value."""
    with pytest.raises(TypeError) as given_text:
        syntaxes.lookup("Integer").encode("5" * 10_000)
    with pytest.raises(ValueError) as given_bytes:
        syntaxes.lookup("Boolean").decode(b"x" * 10_000)
    assert len(str(given_text.value)) < 150
    assert len(str(given_bytes.value)) < 150


class Broken:
    """A value whose repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("value", [Broken(), 10**5000], ids=["broken", "long"])
def test_values_that_can_not_be_shown_are_refused_all_the_same(value: object) -> None:
    """A number of thousands of digits, or a broken repr, is still a TypeError."""
    with pytest.raises(TypeError, match="a Boolean takes a bool"):
        syntaxes.lookup("Boolean").encode(value)


@pytest.mark.parametrize(
    "raw",
    [
        b"CN=Lu\\C4\\8Di\\C4\\87",
        b"cn=foo\\?,dc=base",
        b"CN=Rak V\xe1clav",
        b"",
        b"<GUID=1>;<SID=2>;CN=x",
        b"  cn = a , dc = b",
    ],
)
def test_any_dn_of_a_server_goes_back_as_it_came(raw: bytes) -> None:
    """A name that does not parse, or is no UTF-8, is opaque and loses no byte."""
    for name in ("DN", "Name And Optional UID"):
        syntax = syntaxes.lookup(name)
        assert syntax.encode(syntax.decode(raw)) == raw


def test_a_name_with_uid_is_opaque() -> None:
    """The bits behind a name are not taken for the end of its last value."""
    syntax = syntaxes.lookup("Name And Optional UID")
    raw = b"1.3.6.1.4.1.1466.0=#04024869,O=Test,C=GB#'0101'B"
    name = syntax.decode(raw)
    assert isinstance(name, DN)
    assert name.is_opaque
    assert syntax.encode(name) == raw
    plain = syntax.decode(b"O=Test,C=GB")
    assert plain == DN.parse("o=test,c=gb")
