"""Untyped entries: a mapping of names in any case, and a text for people."""

from __future__ import annotations

import pytest

from ldapom.errors import DecodeError
from ldapom.protocol import messages as m
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.entries import SearchEntry


def entry(dn: str = "cn=a", **attributes: list[bytes]) -> SearchEntry:
    """Make an entry as it would have come."""
    listed = [m.PartialAttribute(k, tuple(v)) for k, v in attributes.items()]
    return SearchEntry(m.SearchResultEntry(dn, listed))


def test_names_in_any_case() -> None:
    """Any case finds it, iteration gives the server's spelling."""
    one = entry(givenName=[b"A", b"B"], mail=[])
    assert one["GIVENNAME"] == [b"A", b"B"]
    assert one.text("givenname") == ["A", "B"]
    assert "Mail" in one
    assert one["mail"] == []
    assert list(one) == ["givenName", "mail"]
    assert len(one) == 2
    with pytest.raises(KeyError, match="'SN'"):
        one["SN"]


def test_what_is_no_text() -> None:
    """The error names attribute and entry, and where the octets are."""
    photo = entry(jpegPhoto=[b"\xff\xd8"])
    with pytest.raises(UnicodeDecodeError, match=r"jpegPhoto of 'cn=a'; entry\["):
        photo.text("jpegPhoto")


def test_an_attribute_that_comes_twice() -> None:
    """Its values are all there, under the first spelling."""
    listed = (m.PartialAttribute("CN", (b"a",)), m.PartialAttribute("cn", (b"b",)))
    one = SearchEntry(m.SearchResultEntry("cn=a", listed))
    assert one["cn"] == [b"a", b"b"]
    assert list(one) == ["CN"]


def test_octets_that_are_none() -> None:
    """The error comes at each read, however often; never an empty entry."""
    message = m.SearchResultEntry("cn=a", LazyAttributes(b"\x30\x03\x04\x05a"))
    one = SearchEntry(message)
    for _ in range(2):
        with pytest.raises(DecodeError):
            list(one)
        with pytest.raises(DecodeError):
            dict(one)
    assert repr(one) == "<SearchEntry 'cn=a' that can not be decoded>"


def test_the_text_can_be_printed() -> None:
    """No octet of a server moves a cursor or stops the printing; secrets are struck."""
    one = entry(
        "cn=\x1b[2J\udcff",
        cn=[b"\x1b[31mred", b"\xff\xfe", "ü".encode()],
        userPassword=[b"canary"],
    )
    text = str(one)
    assert "\x1b" not in text
    assert "canary" not in text
    assert text.encode().decode().splitlines() == [
        r"dn: cn=\x1b[2J\udcff",
        r"cn: \x1b[31mred",
        "cn: <2 bytes>",
        "cn: ü",
        "userPassword: <6 bytes hidden>",
    ]
    assert "canary" not in repr(one)
