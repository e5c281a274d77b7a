"""Parts of messages inside of other values, by the codec's own readers and writers.

Controls and extended operations carry filters, entries and lists of controls in their
values. So that each is read and written in one place only, an entry or a list of
controls is put into the envelope of a message, or taken out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import moved
from ldapom.protocol.codec.fast.filters import read_filter, write_filter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.filters import Filter

__all__ = [
    "controls_in",
    "entry_in",
    "filter_in",
    "write_controls",
    "write_entry",
    "write_filter",
]

#: An envelope needs an id and an operation; these are not looked at.
_ID: Final = ber.write_integer(1)
_UNBIND: Final = b"\x42\x00"
_ENTRY: Final = 0x64
_CONTROLS: Final = 0xA0


def filter_in(value: bytes, name: str) -> Filter:
    """Read octets that are one Filter (RFC 4511 4.5.1.7) and nothing more.

    Raises:
        DecodeError: They are none; it names ``name`` as the field.
    """
    try:
        found, end = read_filter(value, 0, len(value), ber.DEFAULT_MAX_DEPTH)
    except DecodeError as error:
        raise DecodeError(error.reason, field=name, offset=error.offset) from None
    ber.finish(value, end, len(value), name)
    return found


def entry_in(value: bytes, name: str) -> m.SearchResultEntry:
    """Read octets that are one SearchResultEntry (RFC 4511 4.5.2) and nothing more.

    Raises:
        DecodeError: They are none.
    """
    _, end = ber.enter(value, 0, len(value), _ENTRY, name)
    ber.finish(value, end, len(value), name)
    op = _unwrapped(value, before=_ID).op
    assert isinstance(op, m.SearchResultEntry)  # noqa: S101  # by its tag
    return op


def controls_in(contents: bytes) -> tuple[m.Control, ...]:
    """Read the contents of a Controls (RFC 4511 4.1.11).

    Raises:
        DecodeError: They are none; it counts from the start of ``contents``.
    """
    header = ber.header(_CONTROLS, len(contents))
    return _unwrapped(contents, before=_ID + _UNBIND + header).controls


def _unwrapped(octets: bytes, *, before: bytes) -> m.LDAPMessage:
    """Decode a message that consists of ``before`` and the octets."""
    start = ber.header(ber.SEQUENCE, len(before) + len(octets)) + before
    envelope = start + octets
    try:
        found = codec.decode(envelope, max_size=len(envelope))
    except DecodeError as error:
        raise moved(error, -len(start)) from None
    assert found is not None  # noqa: S101  # the envelope is whole
    return found[0]


def write_entry(entry: m.SearchResultEntry) -> bytes:
    """Write a lone SearchResultEntry.

    Raises:
        LocalProtocolError: It can not be written.
    """
    return _after(m.LDAPMessage(1, entry), ber.INTEGER)


def write_controls(controls: Iterable[m.Control]) -> bytes:
    """Write a whole Controls, with the tag that it has by itself.

    Raises:
        LocalProtocolError: One of them can not be written.
    """
    controls = tuple(controls)
    if not controls:
        return ber.sequence(())
    message = m.LDAPMessage(1, m.UnbindRequest(), controls)
    tagged = _after(message, ber.INTEGER, _UNBIND[0])
    start, end = ber.enter(tagged, 0, len(tagged), _CONTROLS, "Controls")
    return ber.element(ber.SEQUENCE, tagged[start:end])


def _after(message: m.LDAPMessage, *tags: int) -> bytes:
    """What stands in an encoded message behind elements of these tags."""
    envelope = codec.encode(message)
    pos, end = ber.enter(envelope, 0, len(envelope), ber.SEQUENCE, "LDAPMessage")
    for tag in tags:
        _, pos = ber.enter(envelope, pos, end, tag, "LDAPMessage")
    return envelope[pos:end]
