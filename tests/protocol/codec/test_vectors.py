"""Known messages in both directions, through both codecs, in every kind of piece."""

from __future__ import annotations

import pytest

from ldapom.protocol import codec
from ldapom.protocol import messages as m
from tests.protocol.codec.vectors import VECTORS, octets

codecs = pytest.mark.parametrize("name", codec.CODECS)
vectors = pytest.mark.parametrize(
    ("message", "encoded"),
    [pytest.param(message, octets(text), id=name) for name, message, text in VECTORS],
)


@codecs
@vectors
def test_encode(name: str, message: m.LDAPMessage, encoded: bytes) -> None:
    """A message is written as exactly these octets."""
    assert codec.select(name).encode(message) == encoded


@codecs
@vectors
def test_decode(name: str, message: m.LDAPMessage, encoded: bytes) -> None:
    """The octets are read as this message, however they are held."""
    chosen = codec.select(name)
    for buffer in (encoded, bytearray(encoded), memoryview(encoded)):
        assert chosen.decode(buffer) == (message, len(encoded))
        assert chosen.receive(buffer) == (message, len(encoded))


@codecs
@vectors
def test_octet_by_octet(name: str, message: m.LDAPMessage, encoded: bytes) -> None:
    """Each beginning needs more, and nothing else."""
    chosen = codec.select(name)
    for length in range(len(encoded)):
        assert chosen.decode(encoded[:length]) is None
        assert chosen.receive(bytearray(encoded[:length])) is None


@codecs
@vectors
def test_in_the_middle(name: str, message: m.LDAPMessage, encoded: bytes) -> None:
    """What stands before and behind a message does not matter."""
    chosen = codec.select(name)
    end = 3 + len(encoded)
    for rest in (b"\x30", b"\xff\xff", encoded):
        assert chosen.decode(b"\x00\xff\x30" + encoded + rest, 3) == (message, end)
        assert chosen.receive(b"\x00\xff\x30" + encoded + rest, 3) == (message, end)


@vectors
def test_result_codes_are_members(message: m.LDAPMessage, encoded: bytes) -> None:
    """Enumerations come back as members, not as plain numbers."""
    found = codec.decode(encoded)
    assert found is not None
    assert repr(found[0]) == repr(message)


def test_every_operation_has_a_vector() -> None:
    """No operation of RFC 4511 is left out of the table."""
    operations = set(m.ProtocolOp.__args__)
    assert {type(message.op) for _, message, _ in VECTORS} == operations
