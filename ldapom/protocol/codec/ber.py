"""The few BER primitives that RFC 4511 5.1 leaves over, by offsets.

1. An *element* is identifier octet, length and contents. Functions take the buffer,
   a position and the ``stop`` of the enclosing element, and give positions back;
   nothing is sliced before a leaf.
2. Nothing here reads at or past ``stop``, and no claimed length is believed before
   it was compared with ``stop``; so any octets give a value or a `DecodeError`.
3. Control and extended-operation values use these functions too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.filters import MAX_FILTER_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What can be decoded: octets, however they are held.
Buffer: TypeAlias = bytes | bytearray | memoryview

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31

#: Set in the identifier octet of an element that is made of elements.
CONSTRUCTED: Final = 0x20

#: RFC 4511 4.1.1: ``maxInt``.
MAX_INT: Final = 2**31 - 1

#: The largest message that is read when nothing else is asked for, in octets.
DEFAULT_MAX_SIZE: Final = 64 * 1024 * 1024

#: How many And, Or and Not may enclose a filter item when nothing else is asked for.
DEFAULT_MAX_DEPTH: Final = MAX_FILTER_DEPTH

#: A length is 32 bits wide at most in practice, but BER lets a sender pad it.
_LENGTH_OCTETS: Final = 8

#: The header of a SET OF that is one short OCTET STRING, as nearly every attribute has
#: it, and how long the set is with it.
ONE_VALUE: Final = {
    bytes((SET, size + 2, OCTET_STRING, size)): size + 4 for size in range(0x7E)
}

#: INTEGER and ENUMERATED of RFC 4511 all lie between 0 and ``maxInt``.
_INTEGER_OCTETS: Final = 4


# --- reading -----------------------------------------------------------------


def long_length(data: Buffer, pos: int, stop: int, field: str) -> tuple[int, int]:
    """Read a length of more than one octet (X.690 8.1.3.5).

    Args:
        data: The buffer.
        pos: The position of the first length octet, which is over 0x7F.
        stop: The end of the enclosing element.
        field: What is read, for the error.

    Returns:
        The length in octets, and the position of the contents.

    Raises:
        DecodeError: For an indefinite, reserved, overlong or cut length.
    """
    count = data[pos] & 0x7F
    if count == 0:
        raise DecodeError("indefinite length", field=field, offset=pos)
    if count > _LENGTH_OCTETS:
        raise DecodeError(f"length of {count} octets", field=field, offset=pos)
    start = pos + 1
    end = start + count
    if end > stop:
        raise DecodeError("length is cut short", field=field, offset=pos)
    return int.from_bytes(data[start:end], "big"), end


def enter(data: Buffer, pos: int, stop: int, tag: int, field: str) -> tuple[int, int]:
    """Read the header of an element that must have this identifier octet.

    Returns:
        Where its contents start and end.

    Raises:
        DecodeError: If it is missing, is another element, or leaves ``stop`` behind.
    """
    if pos + 2 > stop:
        reason = "missing" if pos >= stop else "header is cut short"
        raise DecodeError(reason, field=field, offset=pos)
    if data[pos] != tag:
        raise wrong_tag(tag, data[pos], field, pos)
    length = data[pos + 1]
    start = pos + 2
    if length > 0x7F:
        length, start = long_length(data, pos + 1, stop, field)
    end = start + length
    if end > stop:
        raise past_end(field, pos)
    return start, end


def any_element(data: Buffer, pos: int, stop: int, field: str) -> tuple[int, int, int]:
    """Read the header of whatever element stands here.

    An identifier of several octets (X.690 8.1.2.4) gives its first octet; no element
    of RFC 4511 has one, so nothing needs to tell them apart.

    Returns:
        The identifier octet, and where the contents start and end.

    Raises:
        DecodeError: If the header is cut short or leaves ``stop`` behind.
    """
    if pos >= stop:
        raise DecodeError("missing", field=field, offset=pos)
    tag = data[pos]
    last = pos
    if tag & 0x1F == 0x1F:
        last += 1
        while last < stop and data[last] & 0x80:
            last += 1
    if last + 2 > stop:
        raise DecodeError("header is cut short", field=field, offset=pos)
    length = data[last + 1]
    start = last + 2
    if length > 0x7F:
        length, start = long_length(data, last + 1, stop, field)
    end = start + length
    if end > stop:
        raise past_end(field, pos)
    return tag, start, end


def integer(data: Buffer, start: int, end: int, field: str) -> int:
    """Read the contents of an INTEGER or ENUMERATED of one to four octets."""
    if end - start == 1:
        value = data[start]
        return value if value < 0x80 else value - 0x100
    if not 0 < end - start <= _INTEGER_OCTETS:
        reason = f"integer of {end - start} octets"
        raise DecodeError(reason, field=field, offset=start)
    return int.from_bytes(data[start:end], "big", signed=True)


def boolean(data: Buffer, start: int, end: int, field: str) -> bool:
    """Read the contents of a BOOLEAN: one octet, zero or not."""
    if end - start != 1:
        reason = f"boolean of {end - start} octets"
        raise DecodeError(reason, field=field, offset=start)
    return data[start] != 0


def text(data: Buffer, start: int, end: int) -> str:
    """Read the contents of an LDAPString; what is no UTF-8 is kept as escapes."""
    return str(data[start:end], "utf-8", "surrogateescape")


def skip_unknown(
    data: Buffer, pos: int, stop: int, own: frozenset[int], field: str
) -> None:
    """Pass over trailing elements that the grammar does not know (RFC 4511 4).

    Args:
        data: The buffer.
        pos: Where the known components of the SEQUENCE end.
        stop: Where the SEQUENCE ends.
        own: The tags of all its components, without the constructed bit.
        field: What is read, for the error.

    Raises:
        DecodeError: For one of its own components, which comes twice, out of order or
            in a form it may not have; or if the rest is no row of elements.
    """
    if pos > stop:
        raise past_end(field, stop)
    while pos < stop:
        tag, _, end = any_element(data, pos, stop, field)
        if tag & ~CONSTRUCTED in own:
            reason = f"unexpected element {tag:#04x}"
            raise DecodeError(reason, field=field, offset=pos)
        pos = end


def finish(data: Buffer, pos: int, end: int, field: str) -> None:
    """Check that a control or extended-operation value holds nothing more.

    Args:
        data: The whole value.
        pos: Where its last known component ends.
        end: Where its outermost SEQUENCE ends.
        field: The value, for the error.

    Raises:
        DecodeError: If octets are left, inside the SEQUENCE or behind it.
    """
    if pos != end or end != len(data):
        raise DecodeError("octets left over", field=field, offset=min(pos, end))


def wrong_tag(expected: int, found: int, field: str, pos: int) -> DecodeError:
    """The error for an element that is another than the grammar demands."""
    reason = f"expected identifier octet {expected:#04x}, found {found:#04x}"
    return DecodeError(reason, field=field, offset=pos)


def past_end(field: str, pos: int) -> DecodeError:
    """The error for a length that leaves the enclosing element behind."""
    reason = "reaches past the end of the enclosing element"
    return DecodeError(reason, field=field, offset=pos)


def message_end(buffer: Buffer, start: int, max_size: int) -> tuple[int, int] | None:
    """Find where an LDAPMessage's contents start and end, judging as soon as possible.

    Args:
        buffer: What has arrived so far.
        start: Where the message starts.
        max_size: The largest whole message, header included, in octets.

    Returns:
        Start and end of the contents; None while octets are missing.

    Raises:
        DecodeError: For octets that can not become a message of that size.
    """
    field = "LDAPMessage"
    have = len(buffer) - start
    if have < 1:
        return None
    if buffer[start] != SEQUENCE:
        raise wrong_tag(SEQUENCE, buffer[start], field, start)
    if have == 1:
        return None
    length = buffer[start + 1]
    body = start + 2
    if length > 0x7F:
        count = length & 0x7F
        if 0 < count <= _LENGTH_OCTETS and have < 2 + count:
            return None
        length, body = long_length(buffer, start + 1, len(buffer), field)
    end = body + length
    if end - start > max_size:
        reason = f"message of {end - start} octets, the limit is {max_size}"
        raise DecodeError(reason, field=field, offset=start)
    return (body, end) if have >= end - start else None


# --- writing -----------------------------------------------------------------


def header(tag: int, length: int) -> bytes:
    """Identifier octet and the shortest length (X.690 8.1.3)."""
    if length < 0x80:
        return bytes((tag, length))
    if length < 0x100:
        return bytes((tag, 0x81, length))
    if length < 0x10000:
        return bytes((tag, 0x82, length >> 8, length & 0xFF))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def element(tag: int, contents: bytes) -> bytes:
    """Write a whole element."""
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    return header(tag, size) + contents


def sequence(parts: Iterable[bytes], tag: int = SEQUENCE) -> bytes:
    """Write an element that is made of elements."""
    return element(tag, b"".join(parts))


def write_integer(value: int, tag: int = INTEGER) -> bytes:
    """Write an INTEGER or ENUMERATED in the fewest octets (X.690 8.3.2)."""
    if 0 <= value < 0x80:
        return bytes((tag, 1, value))
    # One bit more than the magnitude needs, for the sign.
    size = (value + (value < 0)).bit_length() // 8 + 1
    return header(tag, size) + value.to_bytes(size, "big", signed=True)


def write_boolean(value: bool, tag: int = BOOLEAN) -> bytes:
    """Write a BOOLEAN; true is 0xFF (RFC 4511 5.1)."""
    return bytes((tag, 1, 0xFF if value else 0))


def encode_text(value: str, field: str) -> bytes:
    """Encode an LDAPString: UTF-8, with surrogate escapes going back as they came.

    Raises:
        LocalProtocolError: If the text holds surrogates that stand for no octet.
    """
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        reason = f"{field}: no UTF-8 for the character at {error.start}"
        raise LocalProtocolError(reason) from error
