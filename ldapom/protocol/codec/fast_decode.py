"""Decoding by hand: a table by tag, one function per operation, offsets throughout.

1. Each function takes the message's octets, where the operation's contents start and
   end, and the filter depth that is allowed; it gives the operation back.
2. Optional components and unknown trailing ones are read by `_optional` alone.
3. Filters are read without recursion, so their depth costs no stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from ldapom.errors import DecodeError, ResultCode
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
from ldapom.protocol import messages
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import (
    NAMES,
    LazyAttributes,
    attributes,
    moved,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ldapom.protocol.codec.ber import Buffer

_Operation: TypeAlias = "Callable[[bytes, int, int, int], messages.ProtocolOp]"
_Number = TypeVar("_Number", bound=int)


# --- parts ---------------------------------------------------------------------


def _string(data: bytes, pos: int, stop: int, field: str) -> tuple[str, int]:
    """Read an LDAPString; give the text and where it ends."""
    start, end = ber.enter(data, pos, stop, 0x04, field)
    return str(data[start:end], "utf-8", "surrogateescape"), end


def _octets(data: bytes, pos: int, stop: int, field: str) -> tuple[bytes, int]:
    """Read an OCTET STRING; give the octets and where they end."""
    start, end = ber.enter(data, pos, stop, 0x04, field)
    return data[start:end], end


def _integer(
    data: bytes, pos: int, stop: int, field: str, least: int = 0
) -> tuple[int, int]:
    """Read an INTEGER between ``least`` and ``maxInt``."""
    start, end = ber.enter(data, pos, stop, 0x02, field)
    value = ber.integer(data, start, end, field)
    if value < least:
        raise DecodeError(f"{value} is out of range", field=field, offset=pos)
    return value, end


def _boolean(data: bytes, pos: int, stop: int, field: str) -> tuple[bool, int]:
    start, end = ber.enter(data, pos, stop, 0x01, field)
    return ber.boolean(data, start, end, field), end


def _choice(
    data: bytes, pos: int, stop: int, names: Mapping[int, _Number], field: str
) -> tuple[_Number, int]:
    """Read an ENUMERATED whose values are known."""
    start, end = ber.enter(data, pos, stop, 0x0A, field)
    value = ber.integer(data, start, end, field)
    if value not in names:
        raise DecodeError(f"unknown value {value}", field=field, offset=pos)
    return names[value], end


def _strings(data: bytes, pos: int, stop: int, field: str) -> list[str]:
    """Read the contents of a SEQUENCE OF LDAPString."""
    found = []
    while pos < stop:
        text, pos = _string(data, pos, stop, field)
        found.append(text)
    return found


def _uris(data: bytes, pos: int, stop: int, field: str) -> list[str]:
    """Read the contents of a SEQUENCE SIZE (1..MAX) OF uri URI."""
    if pos >= stop:
        raise DecodeError("no URI in the list", field=field, offset=pos)
    return _strings(data, pos, stop, field)


def _optional(
    data: bytes,
    pos: int,
    stop: int,
    tags: tuple[int, ...],
    own: frozenset[int],
    *,
    field: str,
) -> list[tuple[int, int] | None]:
    """Read the optional components that end a SEQUENCE, and pass over unknown ones.

    Args:
        data: The message.
        pos: Where the components that must be there end.
        stop: Where the SEQUENCE ends.
        tags: The identifier octets of the optional components, in their order.
        own: The tags of all components, see `ber.skip_unknown`.
        field: The SEQUENCE, for the error.

    Returns:
        For each of ``tags`` where its contents start and end, or None.
    """
    found: list[tuple[int, int] | None] = [None] * len(tags)
    for index, tag in enumerate(tags):
        if pos < stop and data[pos] == tag:
            start, pos = ber.enter(data, pos, stop, tag, field)
            found[index] = (start, pos)
    if pos < stop:
        ber.skip_unknown(data, pos, stop, own, field)
    return found


def _text_at(data: bytes, place: tuple[int, int] | None) -> str | None:
    if place is None:
        return None
    return str(data[place[0] : place[1]], "utf-8", "surrogateescape")


def _octets_at(data: bytes, place: tuple[int, int] | None) -> bytes | None:
    return None if place is None else data[place[0] : place[1]]


# --- results -------------------------------------------------------------------

_RESULT_CODES: Final = {int(code): code for code in ResultCode}
_RESULT_TAGS: Final = frozenset({0x0A, 0x04, 0x83})


def _result(
    data: bytes, pos: int, stop: int, name: str
) -> tuple[ResultCode, str, str, int]:
    """Read what every LDAPResult starts with; give also where that ends."""
    start, end = ber.enter(data, pos, stop, 0x0A, f"{name}.resultCode")
    number = ber.integer(data, start, end, f"{name}.resultCode")
    if number < 0:
        reason = f"{number} is out of range"
        raise DecodeError(reason, field=f"{name}.resultCode", offset=pos)
    matched_dn, pos = _string(data, end, stop, f"{name}.matchedDN")
    message, pos = _string(data, pos, stop, f"{name}.diagnosticMessage")
    code = _RESULT_CODES.get(number) or ResultCode(number)
    return code, matched_dn, message, pos


def _referral(data: bytes, place: tuple[int, int] | None, name: str) -> list[str]:
    if place is None:
        return []
    return _uris(data, place[0], place[1], f"{name}.referral")


def _plain_result(kind: type[messages.Result]) -> _Operation:
    """Make the decoder of a response that is an LDAPResult and nothing more."""
    name = kind.__name__

    def decode(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
        code, matched_dn, text, pos = _result(data, pos, stop, name)
        if pos == stop:
            return kind(code, matched_dn, text)  # type: ignore[return-value]  # every kind in the table is a response
        (place,) = _optional(data, pos, stop, (0xA3,), _RESULT_TAGS, field=name)
        referral = _referral(data, place, name)
        return kind(code, matched_dn, text, referral)  # type: ignore[return-value]  # the same

    return decode


_BIND_RESPONSE_TAGS: Final = _RESULT_TAGS | {0x87}


def _bind_response(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
    name = "BindResponse"
    code, matched_dn, text, pos = _result(data, pos, stop, name)
    referral, credentials = _optional(
        data, pos, stop, (0xA3, 0x87), _BIND_RESPONSE_TAGS, field=name
    )
    return messages.BindResponse(
        code,
        matched_dn,
        text,
        _referral(data, referral, name),
        server_sasl_creds=_octets_at(data, credentials),
    )


_EXTENDED_RESPONSE_TAGS: Final = _RESULT_TAGS | {0x8A, 0x8B}


def _extended_response(
    data: bytes, pos: int, stop: int, depth: int
) -> messages.ProtocolOp:
    name = "ExtendedResponse"
    code, matched_dn, text, pos = _result(data, pos, stop, name)
    referral, oid, value = _optional(
        data, pos, stop, (0xA3, 0x8A, 0x8B), _EXTENDED_RESPONSE_TAGS, field=name
    )
    return messages.ExtendedResponse(
        code,
        matched_dn,
        text,
        _referral(data, referral, name),
        name=_text_at(data, oid),
        value=_octets_at(data, value),
    )


_INTERMEDIATE_TAGS: Final = frozenset({0x80, 0x81})


def _intermediate(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
    oid, value = _optional(
        data,
        pos,
        stop,
        (0x80, 0x81),
        _INTERMEDIATE_TAGS,
        field="IntermediateResponse",
    )
    return messages.IntermediateResponse(_text_at(data, oid), _octets_at(data, value))


# --- search results ------------------------------------------------------------

_ENTRY_TAGS: Final = frozenset({0x04, 0x10})


def _entry_parts(data: bytes, pos: int, stop: int) -> tuple[str, int, int]:
    """Read an entry's name; give also where its attribute list starts and ends."""
    field = "SearchResultEntry.objectName"
    start, pos = ber.enter(data, pos, stop, 0x04, field)
    name = str(data[start:pos], "utf-8", "surrogateescape")
    field = "SearchResultEntry.attributes"
    start, end = ber.enter(data, pos, stop, 0x30, field)
    if end != stop:
        ber.skip_unknown(data, end, stop, _ENTRY_TAGS, "SearchResultEntry")
    return name, start, end


def _entry(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
    name, start, end = _entry_parts(data, pos, stop)
    return messages.SearchResultEntry(name, attributes(data, start, end))


def _lazy_entry(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
    name, start, end = _entry_parts(data, pos, stop)
    return messages.SearchResultEntry(name, LazyAttributes(data[start:end], start))


def _reference(data: bytes, pos: int, stop: int, depth: int) -> messages.ProtocolOp:
    field = "SearchResultReference"
    return messages.SearchResultReference(_uris(data, pos, stop, field))


# --- filters -------------------------------------------------------------------

_FILTER: Final = "SearchRequest.filter"
_AVA_TAGS: Final = frozenset({0x04})
_RULE_TAGS: Final = frozenset({0x81, 0x82, 0x83, 0x84})
_SUBSTRINGS_TAGS: Final = frozenset({0x04, 0x10})


def _assertion(data: bytes, pos: int, stop: int, field: str) -> tuple[str, bytes]:
    """Read the contents of an AttributeValueAssertion."""
    start, end = ber.enter(data, pos, stop, 0x04, f"{field}.attributeDesc")
    name = NAMES[data[start:end]]
    value, end = _octets(data, end, stop, f"{field}.assertionValue")
    if end != stop:
        ber.skip_unknown(data, end, stop, _AVA_TAGS, field)
    return name, value


def _ava(
    kind: Callable[[str, bytes], Filter],
) -> Callable[[bytes, int, int], Filter]:
    def decode(data: bytes, pos: int, stop: int) -> Filter:
        return kind(*_assertion(data, pos, stop, _FILTER))

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
    if pos == end:
        raise DecodeError("no substring in the list", field=field, offset=pos)
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
    first = pos
    places: list[tuple[int, int] | None] = [None, None]
    for index, tag in enumerate((0x81, 0x82)):
        if pos < stop and data[pos] == tag:
            start, pos = ber.enter(data, pos, stop, tag, field)
            places[index] = (start, pos)
    rule, name = (_text_at(data, place) for place in places)
    if rule is None and name is None:
        reason = "neither a matching rule nor a type"
        raise DecodeError(reason, field=field, offset=first)
    start, pos = ber.enter(data, pos, stop, 0x83, f"{field}.matchValue")
    value = data[start:pos]
    (flag,) = _optional(data, pos, stop, (0x84,), _RULE_TAGS, field=field)
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


def _filter(data: bytes, pos: int, stop: int, depth: int) -> tuple[Filter, int]:
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
            node = read(data, start, end)
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


# --- requests ------------------------------------------------------------------
