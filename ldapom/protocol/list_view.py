"""The virtual list view: a part of a sorted result, by number or by value.

These are the controls of draft-ietf-ldapext-ldapv3-vlv-09; they go with a
`ServerSideSort`. Positions are counted from 1 in them.
"""

from __future__ import annotations

from typing import ClassVar, Self

from attrs import field, frozen

from ldapom.errors import DecodeError, LocalProtocolError, ResultCode
from ldapom.protocol.codec import ber
from ldapom.protocol.messages import Control

#: What the draft and servers call the codes that RFC 4511 leaves free.
MEANINGS = {
    60: "there is no sort control beside it",
    61: "the offset is beyond the list",
    76: "the list view can not be made",
}

_BY_OFFSET = 0xA0
_BY_VALUE = 0x81


@frozen
class VirtualListView:
    """The request: which part of the list.

    Args:
        before: How many entries before the target.
        after: How many behind it.
        offset: The number of the target, from 1.
        count: How many entries the list was said to have, which makes ``offset`` a
            fraction of it; 0 takes the offset as it is.
        value: The target is the first entry that is not less than this, by the first
            sort key; in the place of ``offset``.
        context: What the server gave with the part before.
        criticality: Whether the search is refused where there is no such thing.
    """

    # VirtualListViewRequest ::= SEQUENCE {
    #      beforeCount    INTEGER (0..maxInt),
    #      afterCount     INTEGER (0..maxInt),
    #      target       CHOICE {
    #           byOffset        [0] SEQUENCE {
    #                offset          INTEGER (1 .. maxInt),
    #                contentCount    INTEGER (0 .. maxInt) },
    #           greaterThanOrEqual [1] AssertionValue },
    #      contextID     OCTET STRING OPTIONAL }
    OID: ClassVar[str] = "2.16.840.1.113730.3.4.9"

    before: int = 0
    after: int = 0
    offset: int = 1
    count: int = 0
    value: bytes | None = None
    context: bytes | None = None
    criticality: bool = True

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If a number is out of range.
        """
        parts = [_number(self.before, "before"), _number(self.after, "after")]
        if self.value is None:
            target = (_number(self.offset, "offset", 1), _number(self.count, "count"))
            parts.append(ber.element(_BY_OFFSET, b"".join(target)))
        else:
            parts.append(ber.element(_BY_VALUE, self.value))
        if self.context is not None:
            parts.append(ber.element(ber.OCTET_STRING, self.context))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no VirtualListViewRequest.
        """
        name = "VirtualListViewRequest"
        data, pos, end = _enter(control, name)
        before, pos = _read(data, pos, end, f"{name}.beforeCount")
        after, pos = _read(data, pos, end, f"{name}.afterCount")
        offset, count, value = 1, 0, None
        if pos < end and data[pos] == _BY_OFFSET:
            start, stop = ber.enter(data, pos, end, _BY_OFFSET, f"{name}.byOffset")
            offset, start = _read(data, start, stop, f"{name}.offset", 1)
            count, start = _read(data, start, stop, f"{name}.contentCount")
            if start != stop:
                raise DecodeError("octets left over", field=name, offset=start)
            pos = stop
        else:
            field_ = f"{name}.greaterThanOrEqual"
            start, pos = ber.enter(data, pos, end, _BY_VALUE, field_)
            value = data[start:pos]
        context = _context(data, pos, end, name)
        return cls(before, after, offset, count, value, context, control.criticality)


@frozen
class VirtualListViewResponse:
    """The response: where in the list the part is, and how long the list is.

    Attributes:
        position: The number of the target, from 1; one more than ``count`` when every
            entry is less than the value asked for.
        count: How many entries the list has; an estimate, 0 where there is none.
        result_code: What became of it; see `MEANINGS`.
        context: To be sent with the next part.
    """

    # VirtualListViewResponse ::= SEQUENCE {
    #      targetPosition    INTEGER (0 .. maxInt),
    #      contentCount     INTEGER (0 .. maxInt),
    #      virtualListViewResult ENUMERATED { ... },
    #      contextID     OCTET STRING OPTIONAL }
    OID: ClassVar[str] = "2.16.840.1.113730.3.4.10"

    position: int = 0
    count: int = 0
    result_code: ResultCode = field(default=ResultCode.success, converter=ResultCode)
    context: bytes | None = None
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If a number is out of range.
        """
        code = _number(self.result_code, "result_code", tag=ber.ENUMERATED)
        parts = [_number(self.position, "position"), _number(self.count, "count"), code]
        if self.context is not None:
            parts.append(ber.element(ber.OCTET_STRING, self.context))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no VirtualListViewResponse.
        """
        name = "VirtualListViewResponse"
        data, pos, end = _enter(control, name)
        position, pos = _read(data, pos, end, f"{name}.targetPosition")
        count, pos = _read(data, pos, end, f"{name}.contentCount")
        field_ = f"{name}.virtualListViewResult"
        code, pos = _read(data, pos, end, field_, tag=ber.ENUMERATED)
        context = _context(data, pos, end, name)
        return cls(position, count, ResultCode(code), context, control.criticality)


def _number(value: int, name: str, least: int = 0, *, tag: int = ber.INTEGER) -> bytes:
    if not least <= value <= ber.MAX_INT:
        reason = f"the list view's {name}: {int(value)} is out of range"
        raise LocalProtocolError(reason)
    return ber.write_integer(value, tag)


def _enter(control: Control, name: str) -> tuple[bytes, int, int]:
    if control.value is None:
        raise DecodeError("no control value", field=name, offset=0)
    data = control.value
    pos, end = ber.enter(data, 0, len(data), ber.SEQUENCE, name)
    return data, pos, end


def _read(  # the position, and what stands there
    data: bytes,
    pos: int,
    end: int,
    name: str,
    least: int = 0,
    *,
    tag: int = ber.INTEGER,
) -> tuple[int, int]:
    start, pos = ber.enter(data, pos, end, tag, name)
    number = ber.integer(data, start, pos, name)
    if number < least:
        raise DecodeError(f"{number} is out of range", field=name, offset=start)
    return number, pos


def _context(data: bytes, pos: int, end: int, name: str) -> bytes | None:
    """Read the optional contextID, with which the value ends."""
    context = None
    if pos < end and data[pos] == ber.OCTET_STRING:
        start, pos = ber.enter(data, pos, end, ber.OCTET_STRING, f"{name}.contextID")
        context = data[start:pos]
    ber.finish(data, pos, end, name)
    return context
