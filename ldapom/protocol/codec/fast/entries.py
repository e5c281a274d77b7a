"""The answers to one request, decoded in one loop: entries, and their usual end.

1. The loop takes whole messages that are as servers write them, nothing else. Where it
   stops, `receive` goes on and is the judge: of other messages, of octets that are
   missing, of limits that are passed, and of every mistake.
2. Each length must end where the enclosing one does, as in `receive`; the attribute
   list waits, as there.
3. Success without a word ends most answers; it is known by its octets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.codec.drafts import EntryDraft
from ldapom.protocol.codec.fast.components import long_length
from ldapom.protocol.codec.fast.plain import OPERATIONS
from ldapom.protocol.messages import LDAPMessage, SearchResultEntry

if TYPE_CHECKING:
    from ldapom.protocol.messages import ProtocolOp

#: Tag and length of a message, and its id.
_LONGEST_HEAD: Final = 16

_new = object.__new__
_from_bytes = int.from_bytes


def receive_answers(  # noqa: C901, PLR0912  # a call for each part would cost more
    buffer: bytes, start: int, *, max_size: int
) -> tuple[int, list[SearchResultEntry], LDAPMessage | None, int]:
    """Decode the entries and the success that stand here one behind the other.

    Args:
        buffer: What has arrived so far.
        start: Where the first message starts.
        max_size: The largest whole message, header included, in octets.

    Returns:
        The message id that all of them have; the entries, perhaps none; the message
        behind them, where it is success without a word; and the position behind all
        of that.
    """
    found: list[SearchResultEntry] = []
    message_id, expected = _id(buffer, start)
    if not message_id:
        return 0, found, None, start
    size, have = len(expected), len(buffer)
    try:
        while buffer[start] == 0x30:
            length, pos = buffer[start + 1], start + 2
            # Entries are seldom shorter than 256 octets or longer than 64 KiB.
            if length == 0x82:
                length, pos = buffer[pos] << 8 | buffer[pos + 1], pos + 2
            elif length > 0x7F:
                length, pos = long_length(buffer, pos, length)
            stop = pos + length
            if stop > have or stop - start > max_size:
                break
            if not buffer.startswith(expected, pos) or buffer[pos + size] != 0x64:
                break
            # The operation ends where the message does, so that no control follows.
            length, pos = buffer[pos + size + 1], pos + size + 2
            if length == 0x82:
                length, pos = buffer[pos] << 8 | buffer[pos + 1], pos + 2
            elif length > 0x7F:
                length, pos = long_length(buffer, pos, length)
            if pos + length != stop or buffer[pos] != 0x04:
                break
            length, pos = buffer[pos + 1], pos + 2
            if length > 0x7F:
                length, pos = long_length(buffer, pos, length)
            end = pos + length
            name = buffer[pos:end].decode()
            # An end past the message's own shows in the length of the list.
            length, pos = buffer[end + 1], end + 2
            if length == 0x82:
                length, pos = buffer[pos] << 8 | buffer[pos + 1], pos + 2
            elif length > 0x7F:
                length, pos = long_length(buffer, pos, length)
            if pos + length != stop or buffer[end] != 0x30:
                break
            found.append(_entry(name, buffer[pos:stop], pos - start))
            start = stop
    except (IndexError, ValueError):
        # Cut off, or a name that is no UTF-8: `receive` knows what to do.
        pass
    last, start = _success(buffer, start, expected, max_size)
    done = None if last is None else LDAPMessage(message_id, last)
    return message_id, found, done, start


def _id(buffer: bytes, start: int) -> tuple[int, bytes]:
    """The id of the message that starts here, and its octets; 0 for none."""
    head = buffer[start : start + _LONGEST_HEAD]
    try:
        pos = 2 if head[1] < 0x80 else 2 + (head[1] & 0x7F)
        octets = head[pos : pos + 2 + head[pos + 1]]
    except IndexError:
        return 0, b""
    message_id = _from_bytes(octets[2:], "big", signed=True)
    if not 0 < message_id <= LDAPMessage.MAX_ID:
        return 0, b""
    # In no more octets than need be, or `receive` has to judge it.
    known = ber.write_integer(message_id)
    return (message_id, known) if known == octets else (0, b"")


def _entry(name: str, raw: bytes, offset: int) -> SearchResultEntry:
    """An entry whose attribute list waits."""
    attributes = _new(LazyAttributes)
    attributes.raw = raw
    attributes.offset = offset
    attributes._read = None
    entry = EntryDraft()
    entry.object_name, entry.attributes = name, attributes
    entry.__class__ = SearchResultEntry  # type: ignore[assignment]  # it has its slots
    return entry  # type: ignore[return-value]  # it is one by now


def _success(
    buffer: bytes, start: int, expected: bytes, max_size: int
) -> tuple[ProtocolOp | None, int]:
    """Success without a word, where it stands here, and where it ends."""
    head = buffer[start : start + 2]
    pos = start + 2 + len(expected)
    if len(head) < 2 or head[0] != 0x30 or not buffer.startswith(expected, start + 2):
        return None, start
    stop = start + 2 + head[1]
    # Octets that are missing would make a slice short, and controls stay unseen.
    if stop > len(buffer) or stop - start > max_size:
        return None, start
    operation = OPERATIONS.get(buffer[pos:stop])
    if operation is None:
        return None, start
    return operation, stop
