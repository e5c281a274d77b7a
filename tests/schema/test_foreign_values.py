"""Values that the suites of other libraries and servers read or refuse.

Each is taken or refused as its RFC has it; where a suite is stricter or laxer than the
RFC, the test says so.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from ldapom.schema import syntaxes
from ldapom.schema.values import DISTANT_PAST, FOREVER, NEVER, PostalAddress, Sid

#: Syntax -> values that are some, and values that are none.
CASES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Generalized Time": (
        (
            "1990102317Z",
            "2007102713+04",
            "1993121514-1030",
            "2006081823.586Z",
            "2012021502.250+0100",
            "1992030107,344Z",
            "199406071150Z",
            "201905271357.780Z",
            "199710271932.531-1030",
            "19930304010645Z",
            "20030511035524,011Z",
            "2012022900Z",
            "20060906135030+2359",
            "20061205184527-1234",
            # RFC 4517 allows second 60 in every minute; ldaptive refuses it.
            "19981126110460Z",
        ),
        (
            "",
            "200",
            "2009",
            "200912",
            "20091220",
            "2009122003",
            "20170926020649",
            "20170926020649.5",
            "20050003193252Z",
            "20011315121902Z",
            "20130600153448Z",
            "19970132100613Z",
            "2011022900Z",
            "20180299184327Z",
            "19991104604515Z",
            "20200101240000Z",
            "20150120036044Z",
            "19970507065463Z",
            "20110118183832Z+",
            "20140828202734+2400",
            "20160404014028+1260",
            "20060906135030+0",
            "20060906135030+010",
            "2AA9122003Z",
            "2009122003Y",
            "20040727043108.DZ",
            "20020511040917.Z",
            "20020511040917,Z",
            "20130915044541ZF",
            "20061231#35959Z",
            " 20080101010101Z",
            "20080101010101Z\n",
            "2008010101\uff10101Z",
            "1970-01-01",
            "Z",
        ),
    ),
    "UTC Time": (
        (
            "0609061350Z",
            "060906135030Z",
            "060906135030+0101",
            "060906135030+2359",
            "0612051845+0100",
            # RFC 4517 3.3.34 lets the zone be left out; OpenDJ refuses that.
            "061205194527",
        ),
        (
            "2006",
            "060906135061+0101",
            "060906135030+3359",
            "060906135030+01",
            "062231235959Z",
            "060906335030Z",
            "060906137030Z",
            "06090613503",
            "0609061350Z0",
            "060906135030Q",
            "060229000000Z",
        ),
    ),
    "Integer": (
        (
            "0",
            "1",
            "-1",
            "-2147483648",
            "2147483647",
            "-9223372036854775808",
            "9223372036854775807",
            "922337203685477580700",
            "-987654321987654321987654321",
            # Forbidden by RFC 4517, read all the same.
            "001",
            "-0",
        ),
        (
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "1\n",
            "1a",
            "1-2",
            "1 23",
            "- 63",
            "10.1",
            "1.2.3.4",
            "0xAB",
            "1_000",
            "12345678\u2163",
            "\uff11",
        ),
    ),
    "Boolean": (
        ("TRUE", "FALSE", "true", "fAlSe"),
        ("", "T", "1", "YES", "ON", "TRUE ", "123"),
    ),
    "Bit String": (
        ("'0'B", "'1'B", "'0101'B", "''B"),
        ("", "0", "'", "'0101B", "0101'B", "'0101'", "'1200'B", "'1100'b", "'1'B\n"),
    ),
    "UUID": (
        (
            "12345678-9ABC-DEF0-1234-1234567890ab",
            "02345678-9abc-def0-1234-1234567890ab",
        ),
        (
            "",
            "G2345678-9abc-def0-1234-1234567890ab",
            "12345678/9abc/def0/1234/1234567890ab",
            "12345678-9abc-def0-1234-1234567890a",
            "{12345678-9abc-def0-1234-1234567890ab}",
            "123456789abcdef012341234567890ab",
        ),
    ),
    "Numeric String": (
        ("1", "1 2 3", " 12 34 56 "),
        ("f", "-", " +2", "1aB", "\uff11"),
    ),
    "Telephone Number": (
        ("+61 3 9896 7830", "+1-512-315-0280", "1 (2) 3", "+ 123 ( 456 )7891"),
        ("+49 30 ä", "1;2", "1*2", "#1"),
    ),
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in CASES for text in CASES[name][0]]
)
def test_what_a_value_says_survives(name: str, text: str) -> None:
    """Read, written and read again it is the same value."""
    syntax = syntaxes.lookup(name)
    value = syntax.decode(text.encode())
    assert syntax.decode(syntax.encode(value)) == value
    assert isinstance(value, syntax.python)


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in CASES for text in CASES[name][1]]
)
def test_what_is_no_value_is_refused(name: str, text: str) -> None:
    """By a ValueError that names the syntax."""
    with pytest.raises(ValueError, match=name) as caught:
        syntaxes.lookup(name).decode(text.encode())
    assert type(caught.value) is ValueError


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1993121514-1030", "19931216003000Z"),
        ("2006081823.586Z", "20060818233509.6Z"),
        ("2012021502.250+0100", "20120215011500Z"),
        ("2018040806,762-1030", "20180408171543.2Z"),
        ("200102231732.553+0100", "20010223163233.18Z"),
        ("200302041056,826-1030", "20030204212649.56Z"),
        ("19970715174107.418-1030", "19970716041107.418Z"),
        ("200801021213,125Z", "20080102121307.5Z"),
        ("2008010212,125Z", "20080102120730Z"),
        ("20061231235959-0001", "20070101000059Z"),
    ],
)
def test_times_are_written_in_utc(text: str, written: str) -> None:
    """Fractions of hours and minutes, and zones, come to one moment."""
    syntax = syntaxes.lookup("Generalized Time")
    assert syntax.encode(syntax.decode(text.encode())) == written.encode()


@pytest.mark.parametrize("short", range(100))
def test_two_digits_of_a_year_are_within_1950_to_2049(short: int) -> None:
    """Both ways, as RFC 5280 4.1.2.5.1 has it."""
    syntax = syntaxes.lookup("UTC Time")
    raw = f"{short:02}0819120000Z".encode()
    value = syntax.decode(raw)
    assert value == datetime(
        short + (1900 if short >= 50 else 2000), 8, 19, 12, tzinfo=UTC
    )
    assert syntax.encode(value) == raw


# --- Active Directory -------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticks", "moment"),
    [
        ("130354196677110000", datetime(2014, 1, 28, 21, 54, 27, 711_000, UTC)),
        ("131002830923270000", datetime(2016, 2, 18, 15, 31, 32, 327_000, UTC)),
        ("125911584000000000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("10", datetime(1601, 1, 1, 0, 0, 0, 1, UTC)),
        ("-5000", datetime(1600, 12, 31, 23, 59, 59, 999_500, UTC)),
        ("2650467743990000000", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9223372036854775807", NEVER),
    ],
)
def test_file_times(ticks: str, moment: datetime) -> None:
    """100 ns since 1601, both ways."""
    syntax = syntaxes.lookup("AD Time")
    assert syntax.decode(ticks.encode()) == moment
    assert syntax.encode(moment) == ticks.encode()


@pytest.mark.parametrize(
    ("ticks", "moment"),
    [
        ("0", NEVER),
        ("9223372036854775806", NEVER),
        ("2650467744000000000", NEVER),
        ("-9223372036854775808", DISTANT_PAST),
        ("131679632729151386", datetime(2018, 4, 11, 23, 34, 32, 915_138, UTC)),
    ],
)
def test_file_times_that_a_datetime_can_not_hold(ticks: str, moment: datetime) -> None:
    """They are the nearest there is; their octets are kept by who reads them."""
    assert syntaxes.lookup("AD Time").decode(ticks.encode()) == moment


@pytest.mark.parametrize(
    "ticks", ["", "00", "-0", "+1", "1.0", "0x0", "1 ", str(2**63)]
)
def test_what_is_no_file_time(ticks: str) -> None:
    """No 64-bit integer, no time."""
    for name in ("AD Time", "AD Past Time", "AD Interval"):
        with pytest.raises(ValueError, match="64-bit"):
            syntaxes.lookup(name).decode(ticks.encode())


@pytest.mark.parametrize(
    ("ticks", "interval"),
    [
        ("0", timedelta()),
        ("-25920000000000", timedelta(days=30)),
        ("-36288000000000", timedelta(days=42)),
        ("-864000000000", timedelta(days=1)),
        ("-18000000000", timedelta(minutes=30)),
        ("18000000000", -timedelta(minutes=30)),
        ("-9223372036854775808", FOREVER),
    ],
)
def test_intervals(ticks: str, interval: timedelta) -> None:
    """Minus 100 ns, both ways: maxPwdAge, lockoutDuration and their like."""
    syntax = syntaxes.lookup("AD Interval")
    assert syntax.decode(ticks.encode()) == interval
    assert syntax.encode(interval) == ticks.encode()


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("b1db3cca-72bd-4f31-9ebf-c70cd44bda32", "yjzbsb1yMU+ev8cM1EvaMg=="),
        ("0f0bf778-1c43-4d0c-82e6-bad22d6ab646", "ePcLD0McDE2C5rrSLWq2Rg=="),
        ("36b403e2-ba7f-4a83-8049-b3cd202c7032", "4gO0Nn+6g0qASbPNICxwMg=="),
    ],
)
def test_object_guids(text: str, octets: str) -> None:
    """The first three parts are little endian; eDirectory's GUID is not."""
    raw, value = b64decode(octets), UUID(text)
    assert syntaxes.lookup("AD GUID").decode(raw) == value
    assert syntaxes.lookup("AD GUID").encode(value) == raw
    assert syntaxes.lookup("GUID").decode(raw) == UUID(bytes=raw) != value


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("S-1-0", "AQAAAAAAAAA="),
        ("S-1-1-0", "AQEAAAAAAAEAAAAA"),
        ("S-1-5-21-123456789-268435456-500", "AQQAAAAAAAUVAAAAFc1bBwAAABD0AQAA"),
        (
            "S-1-5-21-1051162837-3568060411-1686669321-1105",
            "AQUAAAAAAAUVAAAA1XinPvtHrNQJiIhkUQQAAA==",
        ),
    ],
)
def test_object_sids(text: str, octets: str) -> None:
    """Both forms, both ways."""
    syntax, raw = syntaxes.lookup("SID"), b64decode(octets)
    assert syntax.decode(raw) == Sid.parse(text)
    assert syntax.encode(Sid.parse(text)) == raw
    assert str(syntax.decode(raw)) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("S-1-5-0x20-579", "S-1-5-32-579"),
        ("S-1-0x5-0x20-0X243", "S-1-5-32-579"),
        ("S-1-5-040-579", "S-1-5-40-579"),
        ("S-01-05-020-0243", "S-1-5-20-243"),
        ("S-1-000000000000000005-20-00000000000243", "S-1-5-20-243"),
        ("S-1-0x50000000-32-579", "S-1-1342177280-32-579"),
        ("S-1-21474836480-32-579", "S-1-0x000500000000-32-579"),
        ("S-1-0xABcDef123-0xABCDef-579", "S-1-0x000ABCDEF123-11259375-579"),
        ("S-1-5-0-579", "S-1-5-0-579"),
    ],
)
def test_sids_as_windows_and_samba_read_them(text: str, same: str) -> None:
    """Leading zeros are no octal; any number may be hexadecimal."""
    assert str(Sid.parse(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "S-1-5-32- 579",
        "S-1-5-32 -579",
        "S-1-5-0x-579",
        "S-1-5-00x20",
        "S-1-0x1000000000000-1",
        "S-1-5-0x100000000",
        "S-1-99999999999999999999999999999999999999-32-1",
        "S-1-5-\uff13\uff12",
        "S-10-5-32",
    ],
)
def test_texts_that_are_no_sid(text: str) -> None:
    """Gaps, too many digits, digits of other scripts."""
    with pytest.raises(ValueError):
        Sid.parse(text)


# --- addresses --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "lines", "written"),
    [
        ("test", ["test"], None),
        ("test$test$test", ["test", "test", "test"], None),
        # RFC 4517 wants characters in each line; servers have lines without.
        ("test$$test", ["test", "", "test"], None),
        ("$", ["", ""], None),
        (" a $ b", [" a ", " b"], None),
        (r"\241,000,000$PO Box 1", ["$1,000,000", "PO Box 1"], None),
        (r"\24a$b\5C", ["$a", "b\\"], None),
        (r"\5C24", [r"\24"], None),
        (r"\24a$b\5c", ["$a", "b\\"], r"\24a$b\5C"),
        (r"a\b", ["a\\b"], r"a\5Cb"),
        (r"a\1x", ["a\\1x"], r"a\5C1x"),
        ("Zürich$日本", ["Zürich", "日本"], None),
    ],
)
def test_postal_addresses(raw: str, lines: list[str], written: str | None) -> None:
    """Lines without their escapes; what is written is read as the same lines."""
    syntax = syntaxes.lookup("Postal Address")
    value = syntax.decode(raw.encode())
    assert value == PostalAddress(lines)
    assert syntax.encode(value) == (written or raw).encode()
    assert syntax.decode(syntax.encode(value)) == value
