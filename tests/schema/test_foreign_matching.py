"""Values that the suites of other libraries and servers find equal, or different."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.dn import DN
from ldapom.schema import matching, syntaxes
from ldapom.schema.values import name_and_uid, split_uid

if TYPE_CHECKING:
    from datetime import datetime

    from ldapom.schema.matching import Matcher


def rule(name: str) -> Matcher:
    """A rule that exists."""
    found = matching.lookup(name)
    assert found is not None
    return found


EQUAL = [
    # RFC 4518: what is mapped to nothing, to a space, folded and normalized.
    ("caseIgnoreMatch", "foo bar  ", "foo bar"),
    ("caseIgnoreMatch", "    ", " "),
    ("caseIgnoreMatch", "test\u00ad\u200d", "test"),
    ("caseIgnoreMatch", "foo\u070fbar", "foobar"),
    ("caseIgnoreMatch", "a\u00a0b\tc\u3000d", "a b c d"),
    ("caseIgnoreMatch", "foo\u0149bar", "foo\u02bcnbar"),
    ("caseIgnoreMatch", "foo\u017bBAR", "foo\u017cbar"),
    ("caseIgnoreMatch", "\u0130", "i\u0307"),
    ("caseIgnoreMatch", "ΑΣ", "ας"),
    ("caseIgnoreMatch", "\ufb01", "FI"),
    ("caseIgnoreMatch", "A\u030a", "\u212b"),
    ("caseExactMatch", "ABC   45678", "ABC 45678"),
    ("caseExactMatch", "12345678\u2163", "12345678IV"),
    ("telephoneNumberMatch", "  + 33 1 01-02-03-04-05  ", "+3310102030405"),
    ("telephoneNumberMatch", "---1(2)+3   456-  789 --", "1(2)+3456789"),
    ("numericStringMatch", " 0 1 2 3 4    5 ", "012345"),
    ("caseIgnoreListMatch", "Foo $ bAr $ baZ", "foo$bar$baz"),
    ("caseIgnoreListMatch", "a b$ c  d  $   e   f", "a b$c d$e f"),
    ("caseIgnoreListMatch", r"\24a$b\5c", r"\24A $ B\5C"),
    ("generalizedTimeMatch", "2006090613Z", "20060906130000.000Z"),
    ("generalizedTimeMatch", "20060906135030+0101", "20060906124930.000Z"),
    ("generalizedTimeMatch", "20070417055812.318-0500", "20070417105812.318Z"),
    ("generalizedTimeMatch", "2007041705.5Z", "20070417053000.000Z"),
    ("generalizedTimeMatch", "2007041705.99Z", "20070417055924Z"),
    ("generalizedTimeMatch", "200704170558.5Z", "20070417055830.000Z"),
    ("generalizedTimeMatch", "00000101000000Z", "0000010101+0100"),
    ("generalizedTimeMatch", "00001231235959Z", "00010101005959+01"),
    ("uniqueMemberMatch", "O=T,C=GB#'0101'B", "o=t,c=gb#'0101'B"),
    ("uniqueMemberMatch", r"o=a\#'01'B", r"o=a\23'01'B"),
    ("uniqueMemberMatch", r"o=a\\#'01'B", r"o=a\5C#'01'B"),
    ("distinguishedNameMatch", " dc =example , dc  =   com", "dc=example,dc=com"),
    ("distinguishedNameMatch", "givenName=J+cn=Doe,c=x", "cn=doe+givenname=j,c=x"),
    ("distinguishedNameMatch", r"CN=\23John Smith\20", r"cn=\#john smith"),
    ("distinguishedNameMatch", r"CN=Lu\C4\8Di\C4\87", "cn=lu\u010di\u0107"),
    ("distinguishedNameMatch", "2.5.4.3=#04024869", "cn=hi"),
    ("distinguishedNameMatch", 'O="Sue, Grabbit",C=US', r"o=sue\, grabbit,c=us"),
    ("distinguishedNameMatch", "uid=bob;dc=com", "uid=bob,dc=com"),
    ("distinguishedNameMatch", "cn = ", 'cn=""'),
    ("wordMatch", "first,word", "first"),
    ("wordMatch", "first#word", "WORD"),
    ("wordMatch", "jean-luc", "jean-luc"),
    ("wordMatch", "jean-luc", "luc"),
]

DIFFERENT = [
    ("caseIgnoreMatch", "a b", "ab"),
    ("caseIgnoreMatch", "\u0660", "0"),
    ("caseExactMatch", "ABC45678", "abc45678"),
    ("caseIgnoreListMatch", "foo$bar", "foo$$bar"),
    ("caseIgnoreListMatch", r"a\24b", "a$b"),
    ("bitStringMatch", "'0101'B", "'101'B"),
    # Closer than a datetime can tell, or beyond the years that it has.
    ("generalizedTimeMatch", "20070417055812.1234567Z", "20070417055812.1234568Z"),
    ("generalizedTimeMatch", "99991231235959.9999999Z", "99991231235959.999999Z"),
    ("generalizedTimeMatch", "99991231235959-0500", "99991231235959-0600"),
    ("generalizedTimeMatch", "00000101000000Z", "00000201000000Z"),
    ("generalizedTimeMatch", "00010101000000Z", "00000101000000Z"),
    ("generalizedTimeMatch", "20161231235960Z", "20170101000000Z"),
    ("uniqueMemberMatch", r"o=a\#'01'B", "o=a#'01'B"),
    ("uniqueMemberMatch", r"o=a\\#'01'B", r"o=a\5C\23'01'B"),
    ("uniqueMemberMatch", "o=a#'0'B", "o=a#'00'B"),
    ("distinguishedNameMatch", "uid=bob,dc=com;uid=alice", "uid=bob,dc=com"),
    ("wordMatch", "word", "first"),
    ("wordMatch", "first word", "fir"),
]


@pytest.mark.parametrize(("name", "one", "other"), EQUAL)
def test_equal_values(name: str, one: str, other: str) -> None:
    """Both ways where the rule compares whole values."""
    assert rule(name).holds(one.encode(), other.encode())
    if name != "wordMatch":
        assert rule(name).holds(other.encode(), one.encode())


@pytest.mark.parametrize(("name", "one", "other"), DIFFERENT)
def test_different_values(name: str, one: str, other: str) -> None:
    """However much alike they look."""
    assert not rule(name).holds(one.encode(), other.encode())


def test_times_sort_exactly() -> None:
    """Also the year 0, second 60, and what only the tenth digit tells."""
    texts = (
        "00000101000000Z",
        "00001231235959.9Z",
        "00010101000000Z",
        "20161231235959.9999999998Z",
        "20161231235959.9999999999Z",
        "20161231235960Z",
        "20161231235960.5Z",
        "20170101000000Z",
        "99991231235959Z",
        "99991231235959-2359",
    )
    earlier = rule("generalizedTimeOrderingMatch")
    for at, text in enumerate(texts):
        for later in texts[at + 1 :]:
            assert earlier.holds(text.encode(), later.encode())
            assert not earlier.holds(later.encode(), text.encode())


@given(st.datetimes(), st.datetimes())
def test_times_of_a_calendar_compare_as_datetimes_do(
    one: datetime, other: datetime
) -> None:
    """Where both can tell, octets and datetimes say the same."""
    first, second = f"{one:%Y%m%d%H%M%S.%fZ}", f"{other:%Y%m%d%H%M%S.%fZ}"
    raws = [text.rjust(22, "0").encode() for text in (first, second)]
    read = [syntaxes.lookup("Generalized Time").decode(raw) for raw in raws]
    keys = [rule("generalizedTimeMatch").normalize(raw) for raw in raws]
    assert (keys[0] == keys[1]) is (read[0] == read[1])
    assert rule("generalizedTimeOrderingMatch").holds(*raws) is (one < other)


@pytest.mark.parametrize(
    ("text", "name", "bits"),
    [
        ("dc=com#'0101'B", "dc=com", "0101"),
        ("dc=com#''B", "dc=com", ""),
        ("o=a##'01'B", "o=a#", "01"),
        (r"o=a\\#'01'B", r"o=a\\", "01"),
        (r"o=a\#'01'B", r"o=a\#'01'B", None),
        (r"o=a\\\#'01'B", r"o=a\\\#'01'B", None),
        ("dc=com#'0102'B", "dc=com#'0102'B", None),
        ("dc=com#'01'b", "dc=com#'01'b", None),
        ("dc=com", "dc=com", None),
    ],
)
def test_what_is_a_unique_identifier(text: str, name: str, bits: str | None) -> None:
    """An escaped ``#`` belongs to the name; the octets come back as they were."""
    assert split_uid(text) == (name, bits)
    syntax = syntaxes.lookup("Name And Optional UID")
    value = syntax.decode(text.encode())
    assert isinstance(value, DN)
    assert name_and_uid(value) == (DN.from_server(name), bits)
    assert syntax.encode(value) == text.encode()
