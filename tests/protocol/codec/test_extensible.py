"""RFC 4511 4: trailing components that nobody knows are passed over, in place only."""

from __future__ import annotations

import pytest

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from tests.protocol.codec.vectors import VECTORS, octets

codecs = pytest.mark.parametrize("name", codec.CODECS)

#: Operations that are a SEQUENCE of components.
SEQUENCES = {
    kind: text
    for _, message, text in VECTORS
    if (kind := type(message.op))
    not in (
        m.UnbindRequest,
        m.DelRequest,
        m.AbandonRequest,
        m.SearchResultReference,
    )
}

#: Elements no production of RFC 4511 has: primitive, constructed, with a long tag.
UNKNOWN = ("9e 00", 'be 05 04 03 "abc"', '9f 81 01 01 "x"', "05 00", "9e 00 bf 21 00")


def with_tail(message: bytes, tail: bytes) -> bytes:
    """Put octets behind the last component of a message's operation."""
    found = codec.fast.decode(message)
    assert found is not None
    body = m.LDAPMessage(found[0].message_id, found[0].op)
    encoded = codec.fast.encode(body)
    start = 2 if encoded[1] < 0x80 else 3
    head = 2 + encoded[start + 1]
    operation = encoded[start + head :]
    skip = 2 if operation[1] < 0x80 else 3
    contents = operation[skip:] + tail
    size = len(contents).to_bytes(2, "big")
    operation = operation[:1] + b"\x82" + size + contents
    whole = encoded[start : start + head] + operation
    return b"\x30\x82" + len(whole).to_bytes(2, "big") + whole


@codecs
@pytest.mark.parametrize("text", SEQUENCES.values(), ids=lambda text: text[15:17])
@pytest.mark.parametrize("tail", UNKNOWN)
def test_unknown_tail(name: str, text: str, tail: str) -> None:
    """An operation reads the same with and without an unknown tail."""
    plain = codec.select(name).decode(with_tail(octets(text), b""))
    longer = codec.select(name).decode(with_tail(octets(text), octets(tail)))
    assert plain is not None
    assert longer is not None
    assert longer[0] == plain[0]


@codecs
@pytest.mark.parametrize("text", SEQUENCES.values(), ids=lambda text: text[15:17])
@pytest.mark.parametrize("tail", ["9e", "9e 01", "9e 80 00 00", "9f 81", "9e 8f"])
def test_tail_that_is_no_element(name: str, text: str, tail: str) -> None:
    """Octets that make no whole element are refused."""
    with pytest.raises(DecodeError):
        codec.select(name).decode(with_tail(octets(text), octets(tail)))


@codecs
def test_lists_have_no_tail(name: str) -> None:
    """A list holds its own elements only: there is nothing to be extended."""
    reference = octets('30 0c 02 01 01 73 07 04 03 "abc" 9e 00')
    with pytest.raises(DecodeError):
        codec.select(name).decode(reference)


@codecs
@pytest.mark.parametrize(
    "text",
    [
        # An assertion, a substring filter and a rule assertion of a search filter.
        'a3 08 04 01 "a" 04 01 "b" 9e 00',
        'a4 0a 04 01 "a" 30 03 81 01 "b" 9e 00',
        'a9 08 82 01 "a" 83 01 "b" 9e 00',
    ],
)
def test_tail_in_a_filter(name: str, text: str) -> None:
    """The SEQUENCEs inside a filter may grow too."""
    item = octets(text)
    item = item[:1] + bytes((len(item) - 2,)) + item[2:]
    body = octets("04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00") + item
    body += b"\x30\x00"
    message = b"\x02\x01\x01\x63" + bytes((len(body),)) + body
    found = codec.select(name).decode(b"\x30" + bytes((len(message),)) + message)
    assert found is not None
    assert isinstance(found[0].op, m.SearchRequest)


@codecs
@pytest.mark.parametrize(
    "text",
    [
        # A change of a Modify, and the attribute in it.
        '30 17 02 01 01 66 12 04 01 "a" 30 0d 30 0b 0a 01 00 30 04 04 00 31 00 9e 00',
        '30 17 02 01 01 66 12 04 01 "a" 30 0d 30 0b 0a 01 00 30 06 04 00 31 00 9e 00',
        # SASL credentials, a control.
        '30 12 02 01 01 60 0d 02 01 03 04 00 a3 06 04 02 "ab" 9e 00',
        '30 0f 02 01 03 42 00 a0 08 30 06 04 02 "ab" 9e 00',
    ],
)
def test_tail_further_inside(name: str, text: str) -> None:
    """Every SEQUENCE may grow, however deep it stands."""
    assert codec.select(name).decode(octets(text)) is not None
