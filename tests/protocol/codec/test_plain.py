"""Success without a word is read by its octets, and never otherwise than by fields."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol import messages as m
from ldapom.protocol.codec import ber, fast
from ldapom.protocol.codec.fast.plain import receive_plain

OPERATIONS = (
    m.BindResponse(),
    m.SearchResultDone(),
    m.ModifyResponse(),
    m.AddResponse(),
    m.DelResponse(),
    m.ModifyDNResponse(),
)
MESSAGES = st.builds(
    m.LDAPMessage, st.integers(1, m.LDAPMessage.MAX_ID), st.sampled_from(OPERATIONS)
)


@given(MESSAGES, st.binary(max_size=4), st.binary(max_size=4))
def test_every_plain_success_is_known(
    message: m.LDAPMessage, before: bytes, behind: bytes
) -> None:
    """It is found wherever it stands, whatever its id."""
    octets = fast.encode(message)
    found = receive_plain(before + octets + behind, len(before), 100)
    assert found == (message, len(before) + len(octets))


@given(MESSAGES, st.integers(0, 20), st.integers(0, 255))
@example(m.LDAPMessage(1, m.ModifyResponse()), 4, 0)
@example(m.LDAPMessage(1, m.ModifyResponse()), 4, 0x80)
def test_what_is_known_is_what_the_fields_say(
    message: m.LDAPMessage, where: int, value: int
) -> None:
    """With another octet anywhere it says the same as `decode`, or nothing."""
    octets = bytearray(fast.encode(message))
    octets[where % len(octets)] = value
    found = receive_plain(bytes(octets), 0, 100)
    try:
        said = fast.decode(bytes(octets))
    except DecodeError:
        said = None
    assert found is None or found == said


@given(MESSAGES, st.data())
def test_what_is_cut_off_is_not_known(
    message: m.LDAPMessage, data: st.DataObject
) -> None:
    """As long as an octet is missing there is nothing."""
    octets = fast.encode(message)
    assert (
        receive_plain(octets[: data.draw(st.integers(0, len(octets) - 1))], 0, 99)
        is None
    )


@pytest.mark.parametrize("number", [b"\x02\x01\x00", b"\x02\x02\x00\x01", b"\x02\x00"])
def test_an_unusual_id_is_left_to_the_judge(number: bytes) -> None:
    """Neither 0, the server's own, nor one that is longer than need be is known."""
    success = b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
    assert receive_plain(ber.sequence([number, success]), 0, 100) is None


def test_the_limit_holds() -> None:
    """A message that is larger than allowed is not known, and so refused."""
    octets = fast.encode(m.LDAPMessage(1, m.DelResponse()))
    assert receive_plain(octets, 0, len(octets) - 1) is None
    with pytest.raises(DecodeError):
        fast.receive(octets, 0, max_size=len(octets) - 1)
