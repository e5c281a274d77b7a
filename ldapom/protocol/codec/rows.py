"""Parts of an attribute list as servers write them: what is unusual is a LookupError.

Whoever meets that has the whole list read by `ldapom.protocol.codec.attributes`, which
judges it.
"""

from __future__ import annotations

from typing import Final

#: Octets of a length, as `ldapom.protocol.codec.ber.long_length` reads it.
LONGEST_LENGTH: Final = 8


def name_and_end(raw: bytes, pos: int) -> tuple[int, int]:
    """Where the name of an attribute ends, and where the attribute does."""
    start, end = _contents(raw, pos, 0x30)
    return start + 2 + raw[start + 1], end


def values_of(raw: bytes, pos: int, stop: int) -> list[bytes]:
    """The values of a set; LookupError for what no server writes."""
    return row(raw, start_of_values(raw, pos, stop), stop)


def start_of_values(raw: bytes, pos: int, stop: int) -> int:
    """Where the values of a set begin; LookupError as `values_of`."""
    start, end = _contents(raw, pos, 0x31)
    if end != stop:
        raise LookupError
    return start


def _contents(raw: bytes, pos: int, tag: int) -> tuple[int, int]:
    """Where the contents of an element start and end."""
    if raw[pos] != tag:
        raise LookupError
    length, start = raw[pos + 1], pos + 2
    if length > 0x7F:
        start += length & 0x7F
        length = long_length(raw, pos + 2, start)
    return start, start + length


def row(raw: bytes, start: int, stop: int) -> list[bytes]:
    """The values that stand one behind the other; LookupError as `values_of`."""
    values = []
    while start < stop:
        if raw[start] != 0x04:
            raise LookupError
        length, at = raw[start + 1], start + 2
        if length > 0x7F:
            at += length & 0x7F
            length = long_length(raw, start + 2, at)
        start = at + length
        values.append(raw[at:start])
    if start != stop:
        raise LookupError
    return values


def long_length(raw: bytes, start: int, end: int) -> int:
    """A length of several octets; IndexError for what no server writes."""
    if not 0 < end - start <= LONGEST_LENGTH:
        raise IndexError
    return int.from_bytes(raw[start:end], "big")
