"""Filters (RFC 4511 4.5.1.7), read and written by tables by tag and by node.

They are read without recursion, so their depth costs no stack; they are written with
it, to a depth that fits every stack.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.filters import (
    And,
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import NAMES
from ldapom.protocol.codec.fast.components import octets, optional, text_at

if TYPE_CHECKING:
    from collections.abc import Callable

_FILTER: Final = "SearchRequest.filter"
_AVA_TAGS: Final = frozenset({0x04})
_RULE_TAGS: Final = frozenset({0x81, 0x82, 0x83, 0x84})
_SUBSTRINGS_TAGS: Final = frozenset({0x04, 0x10})


def read_assertion(data: bytes, pos: int, stop: int, field: str) -> tuple[str, bytes]:
    """Read the contents of an AttributeValueAssertion."""
    start, end = ber.enter(data, pos, stop, 0x04, f"{field}.attributeDesc")
    name = NAMES[data[start:end]]
    value, end = octets(data, end, stop, f"{field}.assertionValue")
    if end != stop:
        ber.skip_unknown(data, end, stop, _AVA_TAGS, field)
    return name, value


def _ava(
    kind: Callable[[str, bytes], Filter],
) -> Callable[[bytes, int, int], Filter]:
    def decode(data: bytes, pos: int, stop: int) -> Filter:
        return kind(*read_assertion(data, pos, stop, _FILTER))

    return decode


def _present(data: bytes, pos: int, stop: int) -> Filter:
    return Present(NAMES[data[pos:stop]])


def _substrings(data: bytes, pos: int, stop: int) -> Filter:
    field = f"{_FILTER}.substrings"
    start, end = ber.enter(data, pos, stop, 0x04, f"{field}.type")
    name = NAMES[data[start:end]]
    pos, end = ber.enter(data, end, stop, 0x30, field)
    if end != stop:
        ber.skip_unknown(data, end, stop, _SUBSTRINGS_TAGS, field)
    initial: bytes | None = None
    middle: list[bytes] = []
    final: bytes | None = None
    first = pos
    while pos < end:
        if final is not None:
            raise DecodeError("a part after the final one", field=field, offset=pos)
        tag, start, following = ber.any_element(data, pos, end, field)
        if tag == 0x80 and pos == first:
            initial = data[start:following]
        elif tag == 0x81:
            middle.append(data[start:following])
        elif tag == 0x82:
            final = data[start:following]
        else:
            reason = f"unexpected part {tag:#04x}"
            raise DecodeError(reason, field=field, offset=pos)
        pos = following
    return Substrings(name, initial, middle, final)


def _extensible(data: bytes, pos: int, stop: int) -> Filter:
    field = f"{_FILTER}.extensibleMatch"
    places: list[tuple[int, int] | None] = [None, None]
    for index, tag in enumerate((0x81, 0x82)):
        if pos < stop and data[pos] == tag:
            start, pos = ber.enter(data, pos, stop, tag, field)
            places[index] = (start, pos)
    rule, name = (text_at(data, place) for place in places)
    start, pos = ber.enter(data, pos, stop, 0x83, f"{field}.matchValue")
    value = data[start:pos]
    (flag,) = optional(data, pos, stop, (0x84,), _RULE_TAGS, field=field)
    dn_attributes = flag is not None and ber.boolean(
        data, *flag, f"{field}.dnAttributes"
    )
    return Extensible(rule, name, value, dn_attributes)


def _not(operands: list[Filter], pos: int) -> Filter:
    if len(operands) != 1:
        reason = f"{len(operands)} operands"
        raise DecodeError(reason, field=f"{_FILTER}.not", offset=pos)
    return Not(operands[0])


_SETS: Final[dict[int, Callable[[list[Filter], int], Filter]]] = {
    0xA0: lambda operands, _: And(operands),
    0xA1: lambda operands, _: Or(operands),
    0xA2: _not,
}

_ITEMS: Final[dict[int, Callable[[bytes, int, int], Filter]]] = {
    0xA3: _ava(Equality),
    0xA4: _substrings,
    0xA5: _ava(GreaterOrEqual),
    0xA6: _ava(LessOrEqual),
    0x87: _present,
    0xA8: _ava(Approx),
    0xA9: _extensible,
}


def read_filter(data: bytes, pos: int, stop: int, depth: int) -> tuple[Filter, int]:
    """Read one filter; ``depth`` sets may enclose an item, none more.

    Sets that are open stand on a stack: how to close them, their operands so far,
    and where they end.
    """
    opened: list[tuple[Callable[[list[Filter], int], Filter], list[Filter], int]] = []
    while True:
        limit = opened[-1][2] if opened else stop
        tag, start, end = ber.any_element(data, pos, limit, _FILTER)
        close = _SETS.get(tag)
        if close is not None:
            if len(opened) >= depth:
                reason = f"nested deeper than {depth}"
                raise DecodeError(reason, field=_FILTER, offset=pos)
            opened.append((close, [], end))
            pos = start
        else:
            read = _ITEMS.get(tag)
            if read is None:
                reason = f"unknown choice {tag:#04x}"
                raise DecodeError(reason, field=_FILTER, offset=pos)
            try:
                node = read(data, start, end)
            except ValueError as error:
                # The node itself knows what it can not be.
                raise DecodeError(str(error), field=_FILTER, offset=pos) from error
            pos = end
            if not opened:
                return node, pos
            opened[-1][1].append(node)
        while opened and opened[-1][2] == pos:
            close, operands, _ = opened.pop()
            node = close(operands, pos)
            if not opened:
                return node, pos
            opened[-1][1].append(node)


# --- writing -------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _name(value: str) -> bytes:
    return ber.element(0x04, ber.encode_text(value, "a filter's attribute"))


def _write_ava(tag: int) -> Callable[[Any], bytes]:
    def write(node: Equality | GreaterOrEqual | LessOrEqual | Approx) -> bytes:
        name, value = _name(node.attribute), node.value
        inner = len(value)
        outer = len(name) + 2 + inner
        if outer < 0x80:
            # Nearly always: a call for each element would cost more than the rest.
            return bytes((tag, outer)) + name + bytes((0x04, inner)) + value
        return ber.element(tag, name + ber.element(0x04, value))

    return write


_OTHER_EQUALITY: Final = _write_ava(0xA3)
#: No name of an object class is longer; octets of values that are kept.
_LONGEST_CLASS: Final = 128


@lru_cache(maxsize=1024)
def _object_class(value: bytes) -> bytes:
    return _OTHER_EQUALITY(Equality("objectClass", value))


def _write_equality(node: Equality) -> bytes:
    # Each query of a model asks for the same object classes.
    if node.attribute == "objectClass" and len(node.value) <= _LONGEST_CLASS:
        return _object_class(node.value)
    return _OTHER_EQUALITY(node)


def _write_present(node: Present) -> bytes:
    return ber.element(0x87, ber.encode_text(node.attribute, "Present.attribute"))


def _write_substrings(node: Substrings) -> bytes:
    parts = []
    if node.initial is not None:
        parts.append(ber.element(0x80, node.initial))
    parts.extend(ber.element(0x81, part) for part in node.any)
    if node.final is not None:
        parts.append(ber.element(0x82, node.final))
    return ber.element(0xA4, _name(node.attribute) + ber.sequence(parts))


def _write_extensible(node: Extensible) -> bytes:
    parts = []
    if node.rule is not None:
        rule = ber.encode_text(node.rule, "Extensible.rule")
        parts.append(ber.element(0x81, rule))
    if node.attribute is not None:
        name = ber.encode_text(node.attribute, "Extensible.attribute")
        parts.append(ber.element(0x82, name))
    parts.append(ber.element(0x83, node.value))
    if node.dn_attributes:
        parts.append(ber.write_boolean(True, 0x84))
    return ber.sequence(parts, 0xA9)


_ITEM_WRITERS: Final[dict[type[Filter], Callable[[Any], bytes]]] = {
    Equality: _write_equality,
    Substrings: _write_substrings,
    GreaterOrEqual: _write_ava(0xA5),
    LessOrEqual: _write_ava(0xA6),
    Present: _write_present,
    Approx: _write_ava(0xA8),
    Extensible: _write_extensible,
}


def write_filter(node: Filter, depth: int = ber.DEFAULT_MAX_DEPTH) -> bytes:
    """Write a filter whose items are enclosed by at most ``depth`` sets.

    Raises:
        LocalProtocolError: If it nests deeper, or a node can not be written.
    """
    write = _ITEM_WRITERS.get(node.__class__)
    if write is not None:
        return write(node)
    if depth == 0:
        limit = ber.DEFAULT_MAX_DEPTH
        raise LocalProtocolError(f"SearchRequest.filter: nested deeper than {limit}")
    if isinstance(node, Not):
        return ber.element(0xA2, write_filter(node.filter, depth - 1))
    if isinstance(node, And | Or):
        parts = []
        for part in node.filters:
            write = _ITEM_WRITERS.get(part.__class__)
            parts.append(write(part) if write else write_filter(part, depth - 1))
        return ber.element(0xA0 if isinstance(node, And) else 0xA1, b"".join(parts))
    remedy = getattr(node, "remedy", Filter.remedy)
    kind = type(node).__name__
    raise LocalProtocolError(f"SearchRequest.filter: {kind} is no filter; {remedy}")
