"""Encoding by hand: a table by message class, one function per operation.

1. Each function checks what the grammar restricts and gives the operation's octets;
   a `LocalProtocolError` names the field in the spelling of `messages`.
2. Elements are joined from the inside out, so every length is known when written.
3. Default values stay out (RFC 4511 5.1).
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from ldapom.errors import LocalProtocolError
from ldapom.protocol import messages
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.fast.filters import write_filter
from ldapom.protocol.codec.written import (
    WrittenAttributes,
    attribute,
    attributes,
    octet_string,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from enum import IntEnum

#: An attribute as `attributes` takes it.
_PAIR: Final = attrgetter("type", "values")
#: The INTEGERs of one octet.
_INTEGERS: Final = tuple(map(ber.write_integer, range(0x80)))


# --- parts ---------------------------------------------------------------------


def _string(value: str, field: str, tag: int = 0x04) -> bytes:
    return ber.element(tag, ber.encode_text(value, field))


def _integer(value: int, field: str, least: int = 0, most: int = ber.MAX_INT) -> bytes:
    if not least <= value <= most:
        reason = f"{field}: {value} is not between {least} and {most}"
        raise LocalProtocolError(reason)
    return _INTEGERS[value] if value < 0x80 else ber.write_integer(value)


def _choices(kind: type[IntEnum]) -> dict[int, bytes]:
    """The ENUMERATEDs of a closed set."""
    return {int(each): ber.write_integer(each, 0x0A) for each in kind}


def _choice(value: int, known: Mapping[int, bytes], field: str) -> bytes:
    octets = known.get(value)
    if octets is None:
        allowed = ", ".join(map(str, sorted(known)))
        raise LocalProtocolError(f"{field}: {value} is none of {allowed}")
    return octets


def _optional(value: bytes | None, tag: int) -> bytes:
    return b"" if value is None else ber.element(tag, value)


def _list(
    found: Iterable[messages.PartialAttribute], field: str, least: int = 0
) -> bytes:
    if isinstance(found, WrittenAttributes):
        return ber.element(0x30, found.raw)
    return ber.element(0x30, attributes(map(_PAIR, found), field, least))


def _uris(uris: Sequence[str], field: str) -> bytes:
    return b"".join([_string(uri, field) for uri in uris])


# --- requests ------------------------------------------------------------------


def _bind_request(op: messages.BindRequest) -> bytes:
    version = _integer(op.version, "BindRequest.version", 1, 127)
    name = _string(op.name, "BindRequest.name")
    proof = op.authentication
    if isinstance(proof, messages.SimpleAuthentication):
        authentication = ber.element(0x80, proof.password)
    elif isinstance(proof, messages.SaslCredentials):
        mechanism = _string(proof.mechanism, "SaslCredentials.mechanism")
        credentials = _optional(proof.credentials, 0x04)
        authentication = ber.element(0xA3, mechanism + credentials)
    elif isinstance(proof, messages.SicilyAuthentication):
        authentication = ber.element(0x80 | proof.choice, proof.token)
    else:
        kind = type(proof).__name__
        raise LocalProtocolError(
            f"BindRequest.authentication: {kind} is no credentials"
        )
    return ber.element(0x60, version + name + authentication)


def _unbind_request(_: messages.UnbindRequest) -> bytes:
    return b"\x42\x00"


_SCOPES: Final = _choices(messages.Scope)
_DEREFS: Final = _choices(messages.DerefAliases)


@lru_cache(maxsize=64)
def _selection(names: tuple[str, ...]) -> bytes:
    # A program has few of these, and that of a model is longer than all of the rest.
    field = "SearchRequest.attributes"
    return ber.sequence([_string(name, field) for name in names])


def _search_request(op: messages.SearchRequest) -> bytes:
    return ber.element(
        0x63,
        _string(op.base_object, "SearchRequest.base_object")
        + _manner(
            op.scope, op.deref_aliases, op.size_limit, op.time_limit, op.types_only
        )
        + write_filter(op.filter)
        + _selection(op.attributes),
    )


@lru_cache(maxsize=64)
def _manner(
    scope: int, deref_aliases: int, size_limit: int, time_limit: int, types_only: bool
) -> bytes:
    """The small fields of a search: a program has few combinations of them."""
    name = "SearchRequest"
    return b"".join(
        (
            _choice(scope, _SCOPES, f"{name}.scope"),
            _choice(deref_aliases, _DEREFS, f"{name}.deref_aliases"),
            _integer(size_limit, f"{name}.size_limit"),
            _integer(time_limit, f"{name}.time_limit"),
            ber.write_boolean(types_only),
        )
    )


_OPERATIONS: Final = _choices(messages.ModifyOperation)


def _modify_request(op: messages.ModifyRequest) -> bytes:
    field = "ModifyRequest.changes"
    changes = [
        ber.element(
            0x30,
            _choice(change.operation, _OPERATIONS, f"{field}.operation")
            + attribute(*_PAIR(change.modification), f"{field}.modification"),
        )
        for change in op.changes
    ]
    entry = _string(op.object, "ModifyRequest.object")
    return ber.element(0x66, entry + ber.sequence(changes))


def _add_request(op: messages.AddRequest) -> bytes:
    field = "AddRequest.attributes"
    entry = _string(op.entry, "AddRequest.entry")
    return ber.element(0x68, entry + _list(op.attributes, field, least=1))


def _del_request(op: messages.DelRequest) -> bytes:
    return _string(op.entry, "DelRequest.entry", 0x4A)


def _modify_dn_request(op: messages.ModifyDNRequest) -> bytes:
    name = "ModifyDNRequest"
    parts = [
        _string(op.entry, f"{name}.entry"),
        _string(op.new_rdn, f"{name}.new_rdn"),
        ber.write_boolean(op.delete_old_rdn),
    ]
    if op.new_superior is not None:
        parts.append(_string(op.new_superior, f"{name}.new_superior", 0x80))
    return ber.sequence(parts, 0x6C)


def _compare_request(op: messages.CompareRequest) -> bytes:
    entry = _string(op.entry, "CompareRequest.entry")
    attribute = _string(op.attribute, "CompareRequest.attribute")
    return ber.element(
        0x6E, entry + ber.element(0x30, attribute + octet_string(op.value))
    )


def _abandon_request(op: messages.AbandonRequest) -> bytes:
    value = _integer(op.message_id, "AbandonRequest.message_id")
    return b"\x50" + value[1:]


def _extended_request(op: messages.ExtendedRequest) -> bytes:
    name = _string(op.name, "ExtendedRequest.name", 0x80)
    return ber.element(0x77, name + _optional(op.value, 0x81))


# --- responses -----------------------------------------------------------------


def _result(op: messages.Result) -> bytes:
    """Write COMPONENTS OF LDAPResult."""
    name = type(op).__name__
    code = _integer(op.result_code, f"{name}.result_code")
    matched_dn = _string(op.matched_dn, f"{name}.matched_dn")
    text = _string(op.diagnostic_message, f"{name}.diagnostic_message")
    result = b"\x0a" + code[1:] + matched_dn + text
    if op.referral:
        result += ber.element(0xA3, _uris(op.referral, f"{name}.referral"))
    return result


def _plain_result(tag: int) -> Callable[[messages.Result], bytes]:
    def write(op: messages.Result) -> bytes:
        return ber.element(tag, _result(op))

    return write


def _bind_response(op: messages.BindResponse) -> bytes:
    return ber.element(0x61, _result(op) + _optional(op.server_sasl_creds, 0x87))


def _entry(op: messages.SearchResultEntry) -> bytes:
    name = _string(op.object_name, "SearchResultEntry.object_name")
    found = _list(op.attributes, "SearchResultEntry.attributes")
    return ber.element(0x64, name + found)


def _reference(op: messages.SearchResultReference) -> bytes:
    field = "SearchResultReference.uris"
    if not op.uris:
        raise LocalProtocolError(f"{field}: needs at least one")
    return ber.element(0x73, _uris(op.uris, field))


def _named(
    op: messages.ExtendedResponse | messages.IntermediateResponse, name_tag: int
) -> bytes:
    """Write the name and value that extended and intermediate responses share."""
    name = b""
    if op.name is not None:
        name = _string(op.name, f"{type(op).__name__}.name", name_tag)
    return name + _optional(op.value, name_tag + 1)


def _extended_response(op: messages.ExtendedResponse) -> bytes:
    return ber.element(0x78, _result(op) + _named(op, 0x8A))


def _intermediate(op: messages.IntermediateResponse) -> bytes:
    return ber.element(0x79, _named(op, 0x80))


# --- the envelope --------------------------------------------------------------

_ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    messages.BindRequest: _bind_request,
    messages.BindResponse: _bind_response,
    messages.UnbindRequest: _unbind_request,
    messages.SearchRequest: _search_request,
    messages.SearchResultEntry: _entry,
    messages.SearchResultReference: _reference,
    messages.SearchResultDone: _plain_result(0x65),
    messages.ModifyRequest: _modify_request,
    messages.ModifyResponse: _plain_result(0x67),
    messages.AddRequest: _add_request,
    messages.AddResponse: _plain_result(0x69),
    messages.DelRequest: _del_request,
    messages.DelResponse: _plain_result(0x6B),
    messages.ModifyDNRequest: _modify_dn_request,
    messages.ModifyDNResponse: _plain_result(0x6D),
    messages.CompareRequest: _compare_request,
    messages.CompareResponse: _plain_result(0x6F),
    messages.AbandonRequest: _abandon_request,
    messages.ExtendedRequest: _extended_request,
    messages.ExtendedResponse: _extended_response,
    messages.IntermediateResponse: _intermediate,
}


@lru_cache(maxsize=64)
def _control_head(type_: str, criticality: bool) -> bytes:
    # A program has few of them, and one goes with every bind.
    return _string(type_, "Control.type") + (b"\x01\x01\xff" if criticality else b"")


def _control(control: messages.Control) -> bytes:
    head = _control_head(control.type, control.criticality)
    return ber.element(0x30, head + _optional(control.value, 0x04))


def encode(message: messages.LDAPMessage) -> bytes:
    """Encode one message, see `ldapom.protocol.codec.encode`."""
    op = message.op
    write = _ENCODERS.get(type(op))
    if write is None:
        kind = type(op).__name__
        raise LocalProtocolError(f"LDAPMessage.op: {kind} is no operation")
    octets = _integer(message.message_id, "LDAPMessage.message_id")
    try:
        octets += write(op)
        if message.controls:
            controls = [_control(control) for control in message.controls]
            octets += ber.sequence(controls, 0xA0)
    except (AttributeError, TypeError) as error:
        # Names are str and values bytes; the operations themselves do not look twice.
        kind = type(op).__name__
        raise LocalProtocolError(f"{kind}: a field of a wrong type: {error}") from error
    return ber.element(0x30, octets)
