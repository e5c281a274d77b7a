"""What the fast codec keeps of what it has written: the octets stay the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import LocalProtocolError
from ldapom.protocol import messages as m
from ldapom.protocol.codec import fast, spec
from ldapom.protocol.codec.written import _HEADERS, WrittenAttributes
from tests.strategies import partial_attributes

#: Lengths on both sides of where the form of a header changes.
SIZES = (0, 1, 115, 116, 117, 118, 125, 126, 127, 128, 253, 254, 255, 256, 65_535)


def add(*attributes: m.PartialAttribute) -> m.LDAPMessage:
    """An addition."""
    return m.LDAPMessage(1, m.AddRequest("cn=x", attributes))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["x", "telephoneNumber", "x" * 120, "x" * 200])
def test_one_value_of_any_length(name: str, size: int) -> None:
    """Known or new, the header of an attribute with one value is the right one."""
    message = add(m.PartialAttribute(name, (b"v" * size,)))
    written = [fast.encode(message), fast.encode(message)]
    assert written == [spec.encode(message)] * 2


def test_headers_are_bounded() -> None:
    """Who sends values of every length, and types without end, fills no memory."""
    for size in range(0, 2000, 7):
        fast.encode(add(m.PartialAttribute("everyLength", (b"v" * size,))))
    assert max(_HEADERS["everyLength"]) < 0x80
    for number in range(_HEADERS.LARGEST + 10):
        fast.encode(add(m.PartialAttribute(f"type{number}", (b"v",))))
    assert len(_HEADERS) <= _HEADERS.LARGEST
    assert _HEADERS["neverSeen"] == {}
    assert "neverSeen" not in _HEADERS


@pytest.mark.parametrize(
    "number", [0, 1, 127, 128, 255, 256, 32_767, 32_768, 2**31 - 1]
)
def test_message_ids(number: int) -> None:
    """Each is written in the fewest octets."""
    message = m.LDAPMessage(number, m.DelRequest("cn=x"))
    assert fast.encode(message) == spec.encode(message)


@given(
    st.sampled_from(["1.2.3", "1.2." + "3" * 200]),
    st.booleans(),
    st.one_of(st.none(), st.binary(max_size=200)),
)
def test_controls(type_: str, criticality: bool, value: bytes | None) -> None:
    """A control's head is kept for each type and criticality, its value is not."""
    control = m.Control(type_, criticality, value)
    message = m.LDAPMessage(1, m.DelRequest("cn=x"), (control,))
    assert fast.encode(message) == spec.encode(message)


@given(st.lists(partial_attributes.filter(lambda each: bool(each.values)), max_size=6))
def test_what_is_written_already(several: list[m.PartialAttribute]) -> None:
    """It is the list it was made of, to both codecs, and what it is sent as."""
    written = WrittenAttributes.of([(each.type, each.values) for each in several])
    assert written == tuple(several)
    message = m.LDAPMessage(1, m.AddRequest("cn=x", written))
    plain = add(*several)
    assert message == plain
    assert fast.encode(message) == spec.encode(message) == fast.encode(plain)


def test_nothing_is_written_of_no_value() -> None:
    """An Add has no attribute without a value (RFC 4511 4.7)."""
    with pytest.raises(LocalProtocolError, match="'cn' has no values"):
        WrittenAttributes.of([("cn", ())])
