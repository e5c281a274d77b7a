"""What the fast codec keeps of what it has written: the octets stay the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.protocol import messages as m
from ldapom.protocol.codec import fast, spec
from ldapom.protocol.codec.fast.encode import _HEADERS

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
