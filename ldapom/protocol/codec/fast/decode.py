"""Decoding by hand: a table by tag, one function per operation, offsets throughout.

1. Each function takes the message's octets, where the operation's contents start and
   end, and the filter depth that is allowed; it gives the operation back.
2. `receive` differs from `decode` in one line of the table: the attribute list of an
   entry waits until it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import messages
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import LazyAttributes, attributes, moved
from ldapom.protocol.codec.fast.components import (
    boolean,
    choice,
    integer,
    octets_at,
    optional,
    string,
    strings,
    text_at,
    uris,
)
from ldapom.protocol.codec.fast.filters import read_assertion, read_filter
from ldapom.protocol.codec.fast.plain import receive_plain
from ldapom.protocol.codec.fast.whole import decode_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.codec.ber import Buffer

_Operation: TypeAlias = "Callable[[bytes, int, int, int], messages.ProtocolOp]"

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
    matched_dn, pos = string(data, end, stop, f"{name}.matchedDN")
    message, pos = string(data, pos, stop, f"{name}.diagnosticMessage")
    code = _RESULT_CODES.get(number)
    if code is None:
        code = ResultCode(number)
    return code, matched_dn, message, pos


def _referral(data: bytes, place: tuple[int, int] | None, name: str) -> list[str]:
    if place is None:
        return []
    return uris(data, place[0], place[1], f"{name}.referral")


#: Success without a word: what most operations end with.
_SUCCESS: Final = b"\x0a\x01\x00\x04\x00\x04\x00"


def _plain_result(kind: type[messages.Result]) -> _Operation:
    """Make the decoder of a response that is an LDAPResult and nothing more."""
    name = kind.__name__
    plain: messages.ProtocolOp = kind()  # type: ignore[assignment]  # every kind in the table is a response

    def decode(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
        if stop - pos == 7 and data.startswith(_SUCCESS, pos):
            return plain
        code, matched_dn, text, pos = _result(data, pos, stop, name)
        if pos == stop:
            return kind(code, matched_dn, text)  # type: ignore[return-value]  # every kind in the table is a response
        (place,) = optional(data, pos, stop, (0xA3,), _RESULT_TAGS, field=name)
        referral = _referral(data, place, name)
        return kind(code, matched_dn, text, referral)  # type: ignore[return-value]  # the same

    return decode


_BIND_RESPONSE_TAGS: Final = _RESULT_TAGS | {0x87}


def _bind_response(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name = "BindResponse"
    code, matched_dn, text, pos = _result(data, pos, stop, name)
    referral, credentials = optional(
        data, pos, stop, (0xA3, 0x87), _BIND_RESPONSE_TAGS, field=name
    )
    return messages.BindResponse(
        code,
        matched_dn,
        text,
        _referral(data, referral, name),
        server_sasl_creds=octets_at(data, credentials),
    )


_EXTENDED_RESPONSE_TAGS: Final = _RESULT_TAGS | {0x8A, 0x8B}


def _extended_response(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name = "ExtendedResponse"
    code, matched_dn, text, pos = _result(data, pos, stop, name)
    referral, oid, value = optional(
        data, pos, stop, (0xA3, 0x8A, 0x8B), _EXTENDED_RESPONSE_TAGS, field=name
    )
    return messages.ExtendedResponse(
        code,
        matched_dn,
        text,
        _referral(data, referral, name),
        name=text_at(data, oid),
        value=octets_at(data, value),
    )


_INTERMEDIATE_TAGS: Final = frozenset({0x80, 0x81})


def _intermediate(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    oid, value = optional(
        data,
        pos,
        stop,
        (0x80, 0x81),
        _INTERMEDIATE_TAGS,
        field="IntermediateResponse",
    )
    return messages.IntermediateResponse(text_at(data, oid), octets_at(data, value))


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


def _entry(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name, start, end = _entry_parts(data, pos, stop)
    return messages.SearchResultEntry(name, attributes(data, start, end))


def _lazy_entry(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name, start, end = _entry_parts(data, pos, stop)
    return messages.SearchResultEntry(name, LazyAttributes(data[start:end], start))


def _reference(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    field = "SearchResultReference"
    return messages.SearchResultReference(uris(data, pos, stop, field))


# --- requests ------------------------------------------------------------------

_SICILY: Final = {0x80 | choice: choice for choice in messages.SicilyChoice}
_BIND_TAGS: Final = frozenset({0x02, 0x04, 0x80, 0x83, *_SICILY})
_SASL_TAGS: Final = frozenset({0x04})


def _bind_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    version, end = integer(data, pos, stop, "BindRequest.version", least=1)
    if version > 127:
        reason = f"{version} is out of range"
        raise DecodeError(reason, field="BindRequest.version", offset=pos)
    name, pos = string(data, end, stop, "BindRequest.name")
    field = "BindRequest.authentication"
    tag, start, end = ber.any_element(data, pos, stop, field)
    authentication: messages.Authentication
    if tag == 0x80:
        authentication = messages.SimpleAuthentication(data[start:end])
    elif tag == 0xA3:
        authentication = _sasl(data, start, end, field)
    elif tag in _SICILY:
        authentication = messages.SicilyAuthentication(_SICILY[tag], data[start:end])
    else:
        raise DecodeError(f"unknown choice {tag:#04x}", field=field, offset=pos)
    if end != stop:
        ber.skip_unknown(data, end, stop, _BIND_TAGS, "BindRequest")
    return messages.BindRequest(name, authentication, version)


def _sasl(data: bytes, pos: int, stop: int, field: str) -> messages.SaslCredentials:
    mechanism, pos = string(data, pos, stop, f"{field}.mechanism")
    (place,) = optional(data, pos, stop, (0x04,), _SASL_TAGS, field=field)
    return messages.SaslCredentials(mechanism, octets_at(data, place))


def _unbind_request(_data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    if pos != stop:
        raise DecodeError("NULL with contents", field="UnbindRequest", offset=pos)
    return messages.UnbindRequest()


_SCOPES: Final = {int(scope): scope for scope in messages.Scope}
_DEREFS: Final = {int(deref): deref for deref in messages.DerefAliases}
_SEARCH_TAGS: Final = frozenset(
    {0x04, 0x0A, 0x02, 0x01, 0x10}
    # Every choice of Filter, without the constructed bit.
    | set(range(0x80, 0x8A))
)


def _search_request(
    data: bytes, pos: int, stop: int, depth: int
) -> messages.ProtocolOp:
    name = "SearchRequest"
    base, pos = string(data, pos, stop, f"{name}.baseObject")
    scope, pos = choice(data, pos, stop, _SCOPES, f"{name}.scope")
    deref, pos = choice(data, pos, stop, _DEREFS, f"{name}.derefAliases")
    size_limit, pos = integer(data, pos, stop, f"{name}.sizeLimit")
    time_limit, pos = integer(data, pos, stop, f"{name}.timeLimit")
    types_only, pos = boolean(data, pos, stop, f"{name}.typesOnly")
    filter_, pos = read_filter(data, pos, stop, depth)
    start, end = ber.enter(data, pos, stop, 0x30, f"{name}.attributes")
    selection = strings(data, start, end, f"{name}.attributes")
    if end != stop:
        ber.skip_unknown(data, end, stop, _SEARCH_TAGS, name)
    return messages.SearchRequest(
        base, scope, filter_, selection, deref, size_limit, time_limit, types_only
    )


_OPERATIONS: Final = {int(kind): kind for kind in messages.ModifyOperation}
_MODIFY_TAGS: Final = frozenset({0x04, 0x10})
_CHANGE_TAGS: Final = frozenset({0x0A, 0x10})


def _modify_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    entry, pos = string(data, pos, stop, "ModifyRequest.object")
    field = "ModifyRequest.changes"
    pos, end = ber.enter(data, pos, stop, 0x30, field)
    if end != stop:
        ber.skip_unknown(data, end, stop, _MODIFY_TAGS, "ModifyRequest")
    changes = []
    while pos < end:
        start, pos = ber.enter(data, pos, end, 0x30, field)
        changes.append(_change(data, start, pos, field))
    return messages.ModifyRequest(entry, changes)


def _change(data: bytes, pos: int, stop: int, field: str) -> messages.ModifyChange:
    operation, pos = choice(data, pos, stop, _OPERATIONS, f"{field}.operation")
    field = f"{field}.modification"
    _, end = ber.enter(data, pos, stop, 0x30, field)
    if end != stop:
        ber.skip_unknown(data, end, stop, _CHANGE_TAGS, field)
    (modification,) = attributes(data, pos, end, field)
    return messages.ModifyChange(operation, modification)


_ADD_TAGS: Final = frozenset({0x04, 0x10})


def _add_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    entry, pos = string(data, pos, stop, "AddRequest.entry")
    field = "AddRequest.attributes"
    start, end = ber.enter(data, pos, stop, 0x30, field)
    found = attributes(data, start, end, field)
    if not all(attribute.values for attribute in found):
        raise DecodeError("an attribute without values", field=field, offset=start)
    if end != stop:
        ber.skip_unknown(data, end, stop, _ADD_TAGS, "AddRequest")
    return messages.AddRequest(entry, found)


def _del_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    return messages.DelRequest(ber.text(data, pos, stop))


_MODIFY_DN_TAGS: Final = frozenset({0x04, 0x01, 0x80})


def _modify_dn_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name = "ModifyDNRequest"
    entry, pos = string(data, pos, stop, f"{name}.entry")
    new_rdn, pos = string(data, pos, stop, f"{name}.newrdn")
    delete_old, pos = boolean(data, pos, stop, f"{name}.deleteoldrdn")
    (place,) = optional(data, pos, stop, (0x80,), _MODIFY_DN_TAGS, field=name)
    return messages.ModifyDNRequest(entry, new_rdn, delete_old, text_at(data, place))


_COMPARE_TAGS: Final = frozenset({0x04, 0x10})


def _compare_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    entry, pos = string(data, pos, stop, "CompareRequest.entry")
    start, end = ber.enter(data, pos, stop, 0x30, "CompareRequest.ava")
    attribute, value = read_assertion(data, start, end, "CompareRequest.ava")
    if end != stop:
        ber.skip_unknown(data, end, stop, _COMPARE_TAGS, "CompareRequest")
    return messages.CompareRequest(entry, attribute, value)


def _abandon_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    value = ber.integer(data, pos, stop, "AbandonRequest")
    if value < 0:
        reason = f"{value} is out of range"
        raise DecodeError(reason, field="AbandonRequest", offset=pos)
    return messages.AbandonRequest(value)


_EXTENDED_TAGS: Final = frozenset({0x80, 0x81})


def _extended_request(data: bytes, pos: int, stop: int, _: int) -> messages.ProtocolOp:
    name = "ExtendedRequest"
    start, end = ber.enter(data, pos, stop, 0x80, f"{name}.requestName")
    (place,) = optional(data, end, stop, (0x81,), _EXTENDED_TAGS, field=name)
    return messages.ExtendedRequest(ber.text(data, start, end), octets_at(data, place))


# --- the envelope --------------------------------------------------------------

_DECODERS: Final[dict[int, _Operation]] = {
    0x60: _bind_request,
    0x61: _bind_response,
    0x42: _unbind_request,
    0x63: _search_request,
    0x64: _entry,
    0x65: _plain_result(messages.SearchResultDone),
    0x66: _modify_request,
    0x67: _plain_result(messages.ModifyResponse),
    0x68: _add_request,
    0x69: _plain_result(messages.AddResponse),
    0x4A: _del_request,
    0x6B: _plain_result(messages.DelResponse),
    0x6C: _modify_dn_request,
    0x6D: _plain_result(messages.ModifyDNResponse),
    0x6E: _compare_request,
    0x6F: _plain_result(messages.CompareResponse),
    0x50: _abandon_request,
    0x73: _reference,
    0x77: _extended_request,
    0x78: _extended_response,
    0x79: _intermediate,
}

_RECEIVERS: Final[dict[int, _Operation]] = {**_DECODERS, 0x64: _lazy_entry}

_MESSAGE_TAGS: Final = frozenset(
    {0x02, 0x80} | {tag & ~ber.CONSTRUCTED for tag in _DECODERS}
)
_CONTROL_TAGS: Final = frozenset({0x04, 0x01})


def _controls(data: bytes, pos: int, stop: int) -> list[messages.Control]:
    field = "LDAPMessage.controls"
    found = []
    while pos < stop:
        start, end = ber.enter(data, pos, stop, 0x30, field)
        oid, start = string(data, start, end, f"{field}.controlType")
        critical, value = optional(
            data, start, end, (0x01, 0x04), _CONTROL_TAGS, field=field
        )
        criticality = critical is not None and ber.boolean(
            data, *critical, f"{field}.criticality"
        )
        found.append(messages.Control(oid, criticality, octets_at(data, value)))
        pos = end
    return found


def _message(
    data: bytes, pos: int, depth: int, table: dict[int, _Operation]
) -> messages.LDAPMessage:
    """Decode one whole message, whose contents start at ``pos``."""
    stop = len(data)
    message_id, pos = integer(data, pos, stop, "LDAPMessage.messageID")
    field = "LDAPMessage.protocolOp"
    tag, start, end = ber.any_element(data, pos, stop, field)
    decode = table.get(tag)
    if decode is None:
        raise DecodeError(f"unknown operation {tag:#04x}", field=field, offset=pos)
    operation = decode(data, start, end, depth)
    if end == stop:
        return messages.LDAPMessage(message_id, operation)
    field = "LDAPMessage"
    (place,) = optional(data, end, stop, (0xA0,), _MESSAGE_TAGS, field=field)
    controls = _controls(data, *place) if place is not None else ()
    return messages.LDAPMessage(message_id, operation, controls)


def _read(
    buffer: Buffer,
    start: int,
    max_size: int,
    max_depth: int,
    table: dict[int, _Operation],
) -> tuple[messages.LDAPMessage, int] | None:
    place = ber.message_end(buffer, start, max_size)
    if place is None:
        return None
    body, end = place
    # One copy for the whole message: leaves are then plain slices of bytes.
    if isinstance(buffer, bytes):
        data = buffer[start:end]
    else:
        data = bytes(memoryview(buffer)[start:end])
    try:
        return _message(data, body - start, max_depth, table), end
    except DecodeError as error:
        raise moved(error, start) from None


def decode(
    buffer: Buffer,
    start: int = 0,
    *,
    max_size: int = ber.DEFAULT_MAX_SIZE,
    max_depth: int = ber.DEFAULT_MAX_DEPTH,
) -> tuple[messages.LDAPMessage, int] | None:
    """Decode one message, see `ldapom.protocol.codec.decode`."""
    known = isinstance(buffer, bytes) and decode_entry(buffer, start, max_size)
    return known or _read(buffer, start, max_size, max_depth, _DECODERS)


def receive(
    buffer: Buffer,
    start: int = 0,
    *,
    max_size: int = ber.DEFAULT_MAX_SIZE,
    max_depth: int = ber.DEFAULT_MAX_DEPTH,
) -> tuple[messages.LDAPMessage, int] | None:
    """Decode one message, see `ldapom.protocol.codec.receive`."""
    plain = receive_plain(buffer, start, max_size)
    return plain or _read(buffer, start, max_size, max_depth, _RECEIVERS)
