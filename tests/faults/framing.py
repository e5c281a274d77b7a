"""Where the messages in a recorded stream of octets end: LDAP messages and TLS records."""

from __future__ import annotations

from typing import Final

#: The first octet of an LDAPMessage (RFC 4511 4.1.1): a SEQUENCE.
_SEQUENCE: Final = 0x30
#: Octets in front of what a TLS record holds (RFC 8446 5.1).
_RECORD_HEAD: Final = 5


def unit_end(data: bytes, start: int) -> int | None:
    """Where the message or record that begins at a position ends.

    Returns:
        The position behind it; None while it is not all there.
    """
    if len(data) < start + _RECORD_HEAD:
        return None
    if data[start] != _SEQUENCE:
        length = int.from_bytes(data[start + 3 : start + 5], "big")
        end = start + _RECORD_HEAD + length
    else:
        first = data[start + 1]
        head = 2 + (first & 0x7F if first & 0x80 else 0)
        length = int.from_bytes(data[start + 2 : start + head], "big")
        end = start + head + (length if first & 0x80 else first)
    return end if end <= len(data) else None


def boundaries(data: bytes) -> list[int]:
    """The positions between messages or records, the beginning and the end included."""
    found = [0]
    while (end := unit_end(data, found[-1])) is not None:
        found.append(end)
    if found[-1] != len(data):
        found.append(len(data))
    return found
