"""Success without a word, which ends most operations: known by its octets.

The octets of such a message differ from one to the next in the message id alone.
What is written otherwise, or is no plain success, is no business of this module:
`receive` reads it, and is the judge of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.protocol import messages

if TYPE_CHECKING:
    from ldapom.protocol.codec import Buffer

#: resultCode success, and an empty matchedDN and diagnosticMessage.
_SUCCESS: Final = b"\x0a\x01\x00\x04\x00\x04\x00"

#: The operation, by its octets; values, so that all messages can share them.
OPERATIONS: Final[dict[bytes, messages.ProtocolOp]] = {
    bytes((tag, len(_SUCCESS))) + _SUCCESS: operation
    for tag, operation in (
        (0x61, messages.BindResponse()),
        (0x65, messages.SearchResultDone()),
        (0x67, messages.ModifyResponse()),
        (0x69, messages.AddResponse()),
        (0x6B, messages.DelResponse()),
        (0x6D, messages.ModifyDNResponse()),
    )
}
_SIZE: Final = 2 + len(_SUCCESS)
#: What stands before the message id, and of how many octets that is: up to four.
_HEADS: Final[dict[bytes, int]] = {
    bytes((0x30, 2 + width + _SIZE, 0x02, width)): width for width in range(1, 5)
}
_HEAD: Final = 4


def receive_plain(
    buffer: Buffer, start: int, max_size: int
) -> tuple[messages.LDAPMessage, int] | None:
    """Decode a success without a word and without controls.

    Args:
        buffer: What has arrived so far.
        start: Where the message starts.
        max_size: The largest whole message, header included, in octets.

    Returns:
        The message and the position behind it; None for all else.
    """
    # A quarter of what the fields cost one by one.
    if not isinstance(buffer, bytes):  # whose slices are found in the tables
        return None
    width = _HEADS.get(buffer[start : start + _HEAD])
    if width is None:
        return None
    behind = start + _HEAD + width
    end = behind + _SIZE
    operation = OPERATIONS.get(buffer[behind:end])
    message_id = int.from_bytes(buffer[start + _HEAD : behind], "big")
    # Neither 0, nor below it, nor longer than need be: such an id has another width.
    if (
        operation is None
        or not message_id
        or message_id.bit_length() // 8 + 1 != width
        or end - start > max_size
    ):
        return None
    return messages.LDAPMessage(message_id, operation), end
