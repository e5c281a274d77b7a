"""The codec to be read beside the RFC: RFC 4511 appendix B in pyasn1.

1. `common`, `search` and `operations` are the grammar.
2. `read` and `write` go from pyasn1 values to messages and back.
3. `restrict` adds what RFC 4511 says outside its grammar.

It is never tuned (a hundred times slower than `codec.fast`) and imported only where
it is asked for. Where octets follow the grammar and only their meaning is wrong, the
error's offset is the message's first octet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol.codec.ber import DEFAULT_MAX_DEPTH, DEFAULT_MAX_SIZE
from ldapom.protocol.codec.spec import operations, read, restrict, write

if TYPE_CHECKING:
    from ldapom.protocol.codec.ber import Buffer
    from ldapom.protocol.messages import LDAPMessage, SearchResultEntry

__all__ = ["NAME", "decode", "encode", "receive", "receive_answers"]

#: How this codec is selected.
NAME: Final = "spec"


def encode(message: LDAPMessage) -> bytes:
    """Encode one message, see `ldapom.protocol.codec.encode`."""
    kind = type(message.op).__name__
    try:
        octets: bytes = write.ber(write.message(message))
    except (AttributeError, TypeError) as error:
        raise LocalProtocolError(f"{kind}: a field of a wrong type: {error}") from error
    except PyAsn1Error as error:
        raise LocalProtocolError(f"{kind}: a field breaks the grammar") from error
    return octets


def decode(
    buffer: Buffer,
    start: int = 0,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
    max_depth: int = DEFAULT_MAX_DEPTH,
) -> tuple[LDAPMessage, int] | None:
    """Decode one message, see `ldapom.protocol.codec.decode`."""
    end = restrict.frame(buffer, start, max_size)
    if not end:
        return None
    try:
        return _message(bytes(buffer[start:end]), max_depth), end
    except DecodeError as error:
        offset = start + error.offset
        raise DecodeError(error.reason, field=error.field, offset=offset) from error


def receive(
    buffer: Buffer,
    start: int = 0,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
    max_depth: int = DEFAULT_MAX_DEPTH,
) -> tuple[LDAPMessage, int] | None:
    """Decode one message, see `ldapom.protocol.codec.receive`; nothing waits here."""
    return decode(buffer, start, max_size=max_size, max_depth=max_depth)


def receive_answers(
    buffer: bytes,  # noqa: ARG001  # as the other codec has it
    start: int,
    *,
    max_size: int,  # noqa: ARG001
) -> tuple[int, list[SearchResultEntry], LDAPMessage | None, int]:
    """Take nothing, see `ldapom.protocol.codec.Codec.receive_answers`."""
    return 0, [], None, start


def _message(octets: bytes, max_depth: int) -> LDAPMessage:
    walk = restrict.Walk(octets, max_depth)
    grammar = operations.LDAPMessage()
    try:
        clean, _ = walk.element(grammar, 0, len(octets), "LDAPMessage")
        value, _ = decoder.decode(clean, asn1Spec=grammar)
        return read.message(value)
    except PyAsn1Error as error:
        raise DecodeError(str(error), field="LDAPMessage", offset=0) from error
    except RecursionError as error:
        # Only where a caller allows more depth than the interpreter's stack has.
        reason = "nested too deeply for this codec"
        raise DecodeError(reason, field="SearchRequest.filter", offset=0) from error
