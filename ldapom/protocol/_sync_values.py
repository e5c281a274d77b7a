"""Reading the values of the controls by which servers tell of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import DecodeError
from ldapom.protocol.codec import ber

if TYPE_CHECKING:
    from ldapom.protocol.messages import Control

#: The largest cookie that is taken from a server, in octets. It has to be kept, and it
#: goes back with each request; real ones have some hundreds.
MAX_COOKIE: Final = 65_536

#: ``changeNumber`` and DirSync's flags may need more than the four octets of maxInt.
_LONG_OCTETS: Final = 9


def value_of(control: Control, name: str) -> bytes:
    """The octets of a control that must have some."""
    if control.value is None:
        raise DecodeError("no control value", field=name, offset=0)
    return control.value


def whole(value: bytes, name: str, tag: int = ber.SEQUENCE) -> tuple[int, int]:
    """Enter the one element that a value is made of."""
    pos, end = ber.enter(value, 0, len(value), tag, name)
    ber.finish(value, end, len(value), name)
    return pos, end


def cookie_at(
    value: bytes, pos: int, end: int, name: str, tag: int = ber.OCTET_STRING
) -> tuple[bytes | None, int]:
    """Read a cookie that may stand here; gives back where it ends."""
    if pos >= end or value[pos] != tag:
        return None, pos
    start, pos = ber.enter(value, pos, end, tag, f"{name}.cookie")
    if pos - start > MAX_COOKIE:
        reason = f"cookie of {pos - start} octets, the limit is {MAX_COOKIE}"
        raise DecodeError(reason, field=name, offset=start)
    return value[start:pos], pos


def flag_at(
    value: bytes, pos: int, end: int, name: str, *, default: bool
) -> tuple[bool, int]:
    """Read a BOOLEAN that may stand here; gives back where it ends."""
    if pos >= end or value[pos] != ber.BOOLEAN:
        return default, pos
    start, pos = ber.enter(value, pos, end, ber.BOOLEAN, name)
    return ber.boolean(value, start, pos, name), pos


def long_at(value: bytes, pos: int, end: int, name: str) -> tuple[int, int]:
    """Read an INTEGER of up to 64 bits; gives back where it ends."""
    start, pos = ber.enter(value, pos, end, ber.INTEGER, name)
    if not 0 < pos - start <= _LONG_OCTETS:
        reason = f"integer of {pos - start} octets"
        raise DecodeError(reason, field=name, offset=start)
    return int.from_bytes(value[start:pos], "big", signed=True), pos


def done(pos: int, end: int, name: str) -> None:
    """Check that nothing of an inner element is left."""
    if pos != end:
        raise DecodeError("octets left over", field=name, offset=pos)


def octets_of(cookie: bytes | None) -> list[bytes]:
    """A cookie as it is written, or nothing."""
    return [] if cookie is None else [ber.element(ber.OCTET_STRING, cookie)]
