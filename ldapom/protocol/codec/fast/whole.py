"""An entry in a message of its own, attributes included, as servers write it.

What is written otherwise is no business of this module: `decode` reads it, and is the
judge of it, of limits that are passed, and of every mistake.
"""

from __future__ import annotations

from ldapom.errors import DecodeError
from ldapom.protocol.codec.attributes import attributes
from ldapom.protocol.codec.drafts import EntryDraft, MessageDraft
from ldapom.protocol.codec.fast.components import long_length
from ldapom.protocol.messages import LDAPMessage, SearchResultEntry

_from_bytes = int.from_bytes


def decode_entry(  # noqa: C901  # a call for each length would cost more
    buffer: bytes, start: int, max_size: int
) -> tuple[LDAPMessage, int] | None:
    """Decode an entry whose message has no controls.

    Args:
        buffer: What has arrived so far.
        start: Where the message starts.
        max_size: The largest whole message, header included, in octets.

    Returns:
        The message and the position behind it; None for all else.
    """
    try:
        length, pos = buffer[start + 1], start + 2
        # Entries are seldom shorter than 256 octets or longer than 64 KiB.
        if length == 0x82:
            length, pos = buffer[pos] << 8 | buffer[pos + 1], pos + 2
        elif length > 0x7F:
            length, pos = long_length(buffer, pos, length)
        stop = pos + length
        if buffer[start] != 0x30 or stop > len(buffer) or stop - start > max_size:
            return None
        # A message id has up to four octets.
        width, first, end = buffer[pos + 1], buffer[pos + 2], pos + 2 + buffer[pos + 1]
        if buffer[pos] != 0x02 or not 0 < width <= 4 or not 0 < first < 0x80:
            return None
        message_id = first if width == 1 else _from_bytes(buffer[pos + 2 : end], "big")
        # The operation ends where the message does, so that no control follows.
        length, pos = buffer[end + 1], end + 2
        if length == 0x82:
            length, pos = buffer[pos] << 8 | buffer[pos + 1], pos + 2
        elif length > 0x7F:
            length, pos = long_length(buffer, pos, length)
        if buffer[end] != 0x64 or pos + length != stop or buffer[pos] != 0x04:
            return None
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
        if buffer[end] != 0x30 or pos + length != stop:
            return None
        found = attributes(buffer, pos, stop)
    except (IndexError, ValueError, DecodeError):
        return None
    entry = EntryDraft()
    entry.object_name, entry.attributes = name, found
    entry.__class__ = SearchResultEntry  # type: ignore[assignment]  # it has its slots
    message = MessageDraft()
    message.message_id, message.controls = message_id, ()
    message.op = entry  # type: ignore[assignment]  # it is one by now
    message.__class__ = LDAPMessage  # type: ignore[assignment]  # it has its slots
    return message, stop  # type: ignore[return-value]  # it is one by now
