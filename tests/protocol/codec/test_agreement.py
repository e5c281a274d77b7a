"""The contract of the two codecs: the same octets, equal messages, or both refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol import messages as m
from ldapom.protocol.codec import Buffer, Codec, fast, spec
from tests.strategies import OPERATIONS, all_messages, mutated, reframed

if TYPE_CHECKING:
    from ldapom.protocol.messages import LDAPMessage

encodings = all_messages.map(fast.encode)


def outcome(
    chosen: Codec, octets: Buffer, start: int = 0
) -> tuple[LDAPMessage, int] | str | None:
    """What a codec makes of octets; a refusal is one word, whatever its reason."""
    try:
        return chosen.decode(octets, start, max_depth=20)
    except DecodeError as error:
        assert error.field
        assert start <= error.offset <= len(octets)
        return "refused"


def received(octets: bytes) -> tuple[LDAPMessage, int] | str | None:
    """What receiving and then reading makes of octets."""
    try:
        found = fast.receive(octets, max_depth=20)
        if found is not None and isinstance(found[0].op, m.SearchResultEntry):
            assert len(found[0].op.attributes) >= 0
    except DecodeError:
        return "refused"
    return found


def test_strategies_are_complete() -> None:
    """Every operation of RFC 4511 is generated."""
    assert set(OPERATIONS) == set(m.ProtocolOp.__args__)


@settings(max_examples=200)
@given(all_messages)
def test_same_octets(message: LDAPMessage) -> None:
    """Both write the same octets, and both read the message back from them."""
    octets = fast.encode(message)
    assert spec.encode(message) == octets
    assert fast.decode(octets) == (message, len(octets))
    assert spec.decode(octets) == (message, len(octets))
    assert fast.receive(octets) == (message, len(octets))


@settings(max_examples=400)
@given(mutated(encodings))
def test_same_judgement_of_damaged_octets(octets: bytes) -> None:
    """Equal messages or both refuse, wherever the octets were damaged."""
    judgement = outcome(fast, octets)
    assert judgement == outcome(spec, octets)
    assert judgement == received(octets)


@settings(max_examples=600)
@given(reframed(encodings))
def test_same_judgement_inside(octets: bytes) -> None:
    """The same where the outermost length is right, so that the inside is looked at."""
    judgement = outcome(fast, octets)
    assert judgement == outcome(spec, octets)
    assert judgement == received(octets)


@given(st.binary(max_size=40))
def test_same_judgement_of_noise(octets: bytes) -> None:
    """The same for octets that never were a message."""
    assert outcome(fast, octets) == outcome(spec, octets)
    framed = b"\x30" + bytes((len(octets),)) + octets
    assert outcome(fast, framed) == outcome(spec, framed)


@settings(max_examples=50)
@given(encodings, st.binary(max_size=5), st.binary(max_size=5))
def test_place_does_not_matter(octets: bytes, before: bytes, behind: bytes) -> None:
    """A message is the same one wherever it stands, and only its end moves."""
    buffer = before + octets + behind
    for chosen in (fast, spec):
        alone = chosen.decode(octets)
        found = chosen.decode(buffer, len(before))
        assert alone is not None
        assert found == (alone[0], alone[1] + len(before))


@settings(max_examples=50)
@given(encodings, st.data())
def test_cut_anywhere_needs_more(octets: bytes, data: st.DataObject) -> None:
    """A beginning of a message is never refused and never read."""
    cut = data.draw(st.integers(0, len(octets) - 1))
    assert fast.decode(octets[:cut]) is None
    assert spec.decode(octets[:cut]) is None


@settings(max_examples=100)
@given(reframed(encodings))
def test_what_is_read_can_be_written(octets: bytes) -> None:
    """A message that was read is written again, and reads as the same one."""
    try:
        found = fast.decode(octets, max_depth=20)
    except DecodeError:
        return
    if found is not None:
        again = fast.encode(found[0])
        assert fast.decode(again) == (found[0], len(again))
        assert spec.encode(found[0]) == again
