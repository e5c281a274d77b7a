"""Entries that follow each other, decoded in one loop: what a stream consists of.

1. The loop takes whole messages that are as servers write them, nothing else. Where it
   stops, `receive` goes on and is the judge: of other messages, of octets that are
   missing, of limits that are passed, and of every mistake.
2. Each length must end where the enclosing one does, as in `receive`; the attribute
   list waits, as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.messages import SearchResultEntry

_ENTRY: Final = b"\x64"

_new = object.__new__
_from_bytes = int.from_bytes
if TYPE_CHECKING:

    def _set_name(entry: SearchResultEntry, name: str) -> None: ...
    def _set_attributes(entry: SearchResultEntry, found: LazyAttributes) -> None: ...
else:
    # The slots themselves: the constructor of a frozen class costs twice as much.
    _set_name = SearchResultEntry.object_name.__set__
    _set_attributes = SearchResultEntry.attributes.__set__


def receive_entries(  # one loop on purpose: a call for each part would cost more
    buffer: bytes, start: int, message_id: int, *, max_size: int
) -> tuple[list[SearchResultEntry], int]:
    """Decode the entries of one search that stand here one behind the other.

    Args:
        buffer: What has arrived so far.
        start: Where the first message starts.
        message_id: Of the search.
        max_size: The largest whole message, header included, in octets.

    Returns:
        The entries, perhaps none, and the position behind the last of them.
    """
    found: list[SearchResultEntry] = []
    # The id, and behind it the operation.
    expected = ber.write_integer(message_id) + _ENTRY
    size, have = len(expected), len(buffer)
    try:
        while buffer[start] == 0x30:
            length, pos = buffer[start + 1], start + 2
            if length > 0x7F:
                length, pos = _long(buffer, pos, length)
            stop = pos + length
            if stop > have or stop - start > max_size:
                break
            if not buffer.startswith(expected, pos):
                break
            pos += size + 1
            # The operation ends where the message does, so that no control follows.
            length = buffer[pos - 1]
            if length > 0x7F:
                length, pos = _long(buffer, pos, length)
            if pos + length != stop or buffer[pos] != 0x04:
                break
            length, pos = buffer[pos + 1], pos + 2
            if length > 0x7F:
                length, pos = _long(buffer, pos, length)
            end = pos + length
            name = buffer[pos:end].decode()
            # An end past the message's own shows in the length of the list.
            if buffer[end] != 0x30:
                break
            length, pos = buffer[end + 1], end + 2
            if length > 0x7F:
                length, pos = _long(buffer, pos, length)
            if pos + length != stop:
                break
            attributes = _new(LazyAttributes)
            attributes.raw = buffer[pos:stop]
            attributes.offset = pos - start
            attributes._read = None
            entry = _new(SearchResultEntry)
            _set_name(entry, name)
            _set_attributes(entry, attributes)
            found.append(entry)
            start = stop
    except (IndexError, ValueError):
        # Cut off, or a name that is no UTF-8: `receive` knows what to do.
        pass
    return found, start


def _long(buffer: bytes, start: int, first: int) -> tuple[int, int]:
    """A length of several octets, and where it ends; ValueError for an unusual one."""
    end = start + (first & 0x7F)
    if not 0 < end - start <= 8:
        raise ValueError
    return _from_bytes(buffer[start:end], "big"), end
