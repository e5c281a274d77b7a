"""What the operations are made of, read by offsets.

A function that reads an element takes where it should start and the end of what
encloses it, and gives the value and where the next element starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import DecodeError
from ldapom.protocol.codec import ber

if TYPE_CHECKING:
    from collections.abc import Mapping

_Number = TypeVar("_Number", bound=int)


def string(data: bytes, pos: int, stop: int, field: str) -> tuple[str, int]:
    """Read an LDAPString; give the text and where it ends."""
    start, end = ber.enter(data, pos, stop, 0x04, field)
    return str(data[start:end], "utf-8", "surrogateescape"), end


def octets(data: bytes, pos: int, stop: int, field: str) -> tuple[bytes, int]:
    """Read an OCTET STRING; give the octets and where they end."""
    start, end = ber.enter(data, pos, stop, 0x04, field)
    return data[start:end], end


def integer(
    data: bytes, pos: int, stop: int, field: str, least: int = 0
) -> tuple[int, int]:
    """Read an INTEGER between ``least`` and ``maxInt``."""
    start, end = ber.enter(data, pos, stop, 0x02, field)
    value = ber.integer(data, start, end, field)
    if value < least:
        raise DecodeError(f"{value} is out of range", field=field, offset=pos)
    return value, end


def boolean(data: bytes, pos: int, stop: int, field: str) -> tuple[bool, int]:
    """Read a BOOLEAN."""
    start, end = ber.enter(data, pos, stop, 0x01, field)
    return ber.boolean(data, start, end, field), end


def choice(
    data: bytes, pos: int, stop: int, names: Mapping[int, _Number], field: str
) -> tuple[_Number, int]:
    """Read an ENUMERATED whose values are known."""
    start, end = ber.enter(data, pos, stop, 0x0A, field)
    value = ber.integer(data, start, end, field)
    if value not in names:
        raise DecodeError(f"unknown value {value}", field=field, offset=pos)
    return names[value], end


def strings(data: bytes, pos: int, stop: int, field: str) -> list[str]:
    """Read the contents of a SEQUENCE OF LDAPString."""
    found = []
    while pos < stop:
        text, pos = string(data, pos, stop, field)
        found.append(text)
    return found


def uris(data: bytes, pos: int, stop: int, field: str) -> list[str]:
    """Read the contents of a SEQUENCE SIZE (1..MAX) OF uri URI."""
    if pos >= stop:
        raise DecodeError("no URI in the list", field=field, offset=pos)
    return strings(data, pos, stop, field)


def optional(
    data: bytes,
    pos: int,
    stop: int,
    tags: tuple[int, ...],
    own: frozenset[int],
    *,
    field: str,
) -> list[tuple[int, int] | None]:
    """Read the optional components that end a SEQUENCE, and pass over unknown ones.

    Args:
        data: The message.
        pos: Where the components that must be there end.
        stop: Where the SEQUENCE ends.
        tags: The identifier octets of the optional components, in their order.
        own: The tags of all components, see `ber.skip_unknown`.
        field: The SEQUENCE, for the error.

    Returns:
        For each of ``tags`` where its contents start and end, or None.
    """
    found: list[tuple[int, int] | None] = [None] * len(tags)
    for index, tag in enumerate(tags):
        if pos < stop and data[pos] == tag:
            start, pos = ber.enter(data, pos, stop, tag, field)
            found[index] = (start, pos)
    if pos < stop:
        ber.skip_unknown(data, pos, stop, own, field)
    return found


def text_at(data: bytes, place: tuple[int, int] | None) -> str | None:
    """Give the text at a place that `optional` found."""
    if place is None:
        return None
    return str(data[place[0] : place[1]], "utf-8", "surrogateescape")


def octets_at(data: bytes, place: tuple[int, int] | None) -> bytes | None:
    """Give the octets at a place that `optional` found."""
    return None if place is None else data[place[0] : place[1]]


def long_length(buffer: bytes, start: int, first: int) -> tuple[int, int]:
    """Read a length of several octets as a server writes it.

    Args:
        buffer: What has arrived so far.
        start: Where the octets behind the first one start.
        first: The first octet, which is over 0x7F.

    Returns:
        The length, and where it ends.

    Raises:
        ValueError: For one that `ldapom.protocol.codec.ber.long_length` refuses.
    """
    end = start + (first & 0x7F)
    if not 0 < end - start <= 8:
        raise ValueError
    return int.from_bytes(buffer[start:end], "big"), end
