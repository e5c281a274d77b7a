"""From messages to pyasn1 values: one function per production that differs.

pyasn1's own constraints refuse what is out of range; the names of the fields are
added on the way.
"""

# pyasn1 has no types.
# mypy: disallow-subclassing-any=False
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyasn1.codec.ber import encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ

from ldapom import filters
from ldapom.errors import LocalProtocolError
from ldapom.filters import MAX_FILTER_DEPTH
from ldapom.protocol import messages
from ldapom.protocol.codec.spec import operations, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# pyasn1 has no types, so its values are Any here.
# ruff: noqa: ANN401


class _BooleanEncoder(encoder.BooleanEncoder):
    """RFC 4511 5.1 (3): true is 0xFF, where BER leaves the choice."""

    def encodeValue(self, value: Any, *_: Any, **__: Any) -> Any:  # noqa: N802  # pyasn1's
        return (0xFF if value else 0,), False, False


class _ItemEncoder(encoder.SingleItemEncoder):
    TAG_MAP = {**encoder.TAG_MAP, univ.Boolean.tagSet: _BooleanEncoder()}  # noqa: RUF012  # pyasn1's way
    TYPE_MAP = {**encoder.TYPE_MAP, univ.Boolean.typeId: _BooleanEncoder()}  # noqa: RUF012  # the same


class _Encoder(encoder.Encoder):
    SINGLE_ITEM_ENCODER = _ItemEncoder


#: BER with definite lengths and the restrictions of RFC 4511 5.1.
ber: Final = _Encoder()


def message(source: messages.LDAPMessage) -> Any:
    """Give the LDAPMessage of pyasn1.

    Raises:
        LocalProtocolError: If a field holds what the grammar forbids.
    """
    op = source.op
    kind = type(op).__name__
    write = _OPERATIONS.get(kind)
    if write is None:
        raise LocalProtocolError(f"LDAPMessage.op: {kind} is no operation")
    value = operations.LDAPMessage()
    _put(value, "messageID", source.message_id)
    choice = value["protocolOp"]
    if kind in _SCALARS:
        _put(choice, kind, write(None, op))
    else:
        write(choice.setComponentByName(kind)[kind], op)
    if source.controls:
        _put_each(value, "controls", source.controls, _control)
    return value


# --- parts ---------------------------------------------------------------------


def _put(value: Any, name: str, component: bytes | int | None) -> None:
    """Set a simple component; None leaves an optional one out."""
    if component is None:
        return
    try:
        value.setComponentByName(name, component)
    except PyAsn1Error as error:
        reason = f"{type(value).__name__}.{name}: out of range"
        raise LocalProtocolError(reason) from error


def _put_text(value: Any, name: str, text: str | None) -> None:
    if text is not None:
        _put(value, name, _encode(text, f"{type(value).__name__}.{name}"))


def _put_octets(value: Any, name: str, octets: bytes | None) -> None:
    if octets is not None:
        _put(value, name, _octets(octets))


def _put_each(
    value: Any, name: str, items: Sequence[Any], write: Callable[[Any, Any], None]
) -> None:
    """Set a component that is a list of constructed values."""
    component = value[name]
    component.clear()
    for position, item in enumerate(items):
        write(component.getComponentByPosition(position), item)


def _put_list(value: Any, name: str, items: Sequence[bytes]) -> None:
    """Set a component that is a list of strings."""
    component = value[name]
    try:
        component.subtypeSpec(items)
    except PyAsn1Error as error:
        field = f"{type(value).__name__}.{name}"
        raise LocalProtocolError(f"{field}: needs at least one") from error
    component.clear()
    component.extend(items)


def _encode(text: str, field: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        reason = f"{field}: no UTF-8 for the character at {error.start}"
        raise LocalProtocolError(reason) from error


def _octets(value: bytes) -> bytes:
    # pyasn1 would take text here and encode it in a way of its own.
    return bytes(memoryview(value))


def _uris(uris: Iterable[str]) -> list[bytes]:
    return [_encode(uri, "URI") for uri in uris]


def _control(value: Any, source: messages.Control) -> None:
    _put_text(value, "controlType", source.type)
    _put(value, "criticality", bool(source.criticality))
    _put_octets(value, "controlValue", source.value)


def _attribute(value: Any, source: messages.PartialAttribute) -> None:
    _put_text(value, "type", source.type)
    _put_list(value, "vals", [_octets(item) for item in source.values])


# --- responses -----------------------------------------------------------------


def _result(value: Any, op: messages.Result) -> None:
    _put(value, "resultCode", int(op.result_code))
    _put_text(value, "matchedDN", op.matched_dn)
    _put_text(value, "diagnosticMessage", op.diagnostic_message)
    if op.referral:
        _put_list(value, "referral", _uris(op.referral))


def _bind_response(value: Any, op: messages.BindResponse) -> None:
    _result(value, op)
    _put_octets(value, "serverSaslCreds", op.server_sasl_creds)


def _entry(value: Any, op: messages.SearchResultEntry) -> None:
    _put_text(value, "objectName", op.object_name)
    _put_each(value, "attributes", op.attributes, _attribute)


def _reference(value: Any, op: messages.SearchResultReference) -> None:
    if not op.uris:
        raise LocalProtocolError("SearchResultReference.uris: needs at least one")
    value.extend(_uris(op.uris))


def _named(
    value: Any, op: messages.ExtendedResponse | messages.IntermediateResponse
) -> None:
    _put_text(value, "responseName", op.name)
    _put_octets(value, "responseValue", op.value)


def _extended_response(value: Any, op: messages.ExtendedResponse) -> None:
    _result(value, op)
    _named(value, op)


def _intermediate(value: Any, op: messages.IntermediateResponse) -> None:
    # Without either part it is an empty SEQUENCE, which pyasn1 has to be told.
    value.clear()
    _named(value, op)


# --- requests ------------------------------------------------------------------


def _bind_request(value: Any, op: messages.BindRequest) -> None:
    _put(value, "version", op.version)
    _put_text(value, "name", op.name)
    choice = value["authentication"]
    proof = op.authentication
    if isinstance(proof, messages.SimpleAuthentication):
        _put_octets(choice, "simple", proof.password)
    elif isinstance(proof, messages.SaslCredentials):
        sasl = choice.setComponentByName("sasl")["sasl"]
        _put_text(sasl, "mechanism", proof.mechanism)
        _put_octets(sasl, "credentials", proof.credentials)
    elif isinstance(proof, messages.SicilyAuthentication):
        legs = operations.SICILY.items()
        (name,) = (name for name, leg in legs if leg == proof.choice)
        _put_octets(choice, name, proof.token)
    else:
        kind = type(proof).__name__
        raise LocalProtocolError(f"BindRequest.authentication: {kind} is no choice")


def _search_request(value: Any, op: messages.SearchRequest) -> None:
    _put_text(value, "baseObject", op.base_object)
    _put(value, "scope", int(op.scope))
    _put(value, "derefAliases", int(op.deref_aliases))
    _put(value, "sizeLimit", op.size_limit)
    _put(value, "timeLimit", op.time_limit)
    _put(value, "typesOnly", bool(op.types_only))
    _put(value, "filter", _filter(op.filter, MAX_FILTER_DEPTH))
    selection = [_encode(item, "SearchRequest.attributes") for item in op.attributes]
    _put_list(value, "attributes", selection)


def _change(value: Any, change: messages.ModifyChange) -> None:
    _put(value, "operation", int(change.operation))
    _attribute(value["modification"], change.modification)


def _modify_request(value: Any, op: messages.ModifyRequest) -> None:
    _put_text(value, "object", op.object)
    _put_each(value, "changes", op.changes, _change)


def _add_request(value: Any, op: messages.AddRequest) -> None:
    _put_text(value, "entry", op.entry)
    _put_each(value, "attributes", op.attributes, _attribute)


def _modify_dn_request(value: Any, op: messages.ModifyDNRequest) -> None:
    _put_text(value, "entry", op.entry)
    _put_text(value, "newrdn", op.new_rdn)
    _put(value, "deleteoldrdn", bool(op.delete_old_rdn))
    _put_text(value, "newSuperior", op.new_superior)


def _compare_request(value: Any, op: messages.CompareRequest) -> None:
    _put_text(value, "entry", op.entry)
    _assertion(value["ava"], op)


def _extended_request(value: Any, op: messages.ExtendedRequest) -> None:
    _put_text(value, "requestName", op.name)
    _put_octets(value, "requestValue", op.value)


#: Operations that are no SEQUENCE: their function gives the value itself.
_SCALARS: Final = frozenset({"UnbindRequest", "DelRequest", "AbandonRequest"})

_OPERATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "BindRequest": _bind_request,
    "BindResponse": _bind_response,
    "UnbindRequest": lambda *_: b"",
    "SearchRequest": _search_request,
    "SearchResultEntry": _entry,
    "SearchResultDone": _result,
    "SearchResultReference": _reference,
    "ModifyRequest": _modify_request,
    "ModifyResponse": _result,
    "AddRequest": _add_request,
    "AddResponse": _result,
    "DelRequest": lambda _, op: _encode(op.entry, "DelRequest.entry"),
    "DelResponse": _result,
    "ModifyDNRequest": _modify_dn_request,
    "ModifyDNResponse": _result,
    "CompareRequest": _compare_request,
    "CompareResponse": _result,
    "AbandonRequest": lambda _, op: op.message_id,
    "ExtendedRequest": _extended_request,
    "ExtendedResponse": _extended_response,
    "IntermediateResponse": _intermediate,
}


# --- filters -------------------------------------------------------------------


def _filter(node: filters.Filter, depth: int) -> bytes:
    """Give the octets of a filter, as `search.Nested` wants them."""
    name = _FILTER_NAMES.get(type(node))
    if name is None:
        kind, remedy = (
            type(node).__name__,
            getattr(node, "remedy", filters.Filter.remedy),
        )
        raise LocalProtocolError(f"SearchRequest.filter: {kind} is no filter; {remedy}")
    value = search.Filter()
    if isinstance(node, filters.And | filters.Or | filters.Not):
        if depth == 0:
            raise LocalProtocolError("SearchRequest.filter: nested too deeply")
        parts = (node.filter,) if isinstance(node, filters.Not) else node.filters
        value.setComponentByName(name)
        _put_list(value, name, [_filter(part, depth - 1) for part in parts])
    elif isinstance(node, filters.Present):
        _put_text(value, name, node.attribute)
    else:
        _WRITERS[name](value.setComponentByName(name)[name], node)
    encoded: bytes = ber(value)
    return encoded


def _assertion(value: Any, node: Any) -> None:
    _put_text(value, "attributeDesc", node.attribute)
    _put_octets(value, "assertionValue", node.value)


def _substrings(value: Any, node: filters.Substrings) -> None:
    _put_text(value, "type", node.attribute)
    parts = [("initial", node.initial), *(("any", part) for part in node.any)]
    parts = [part for part in (*parts, ("final", node.final)) if part[1] is not None]
    _put_each(value, "substrings", parts, lambda item, part: _put_octets(item, *part))


def _extensible(value: Any, node: filters.Extensible) -> None:
    _put_text(value, "matchingRule", node.rule)
    _put_text(value, "type", node.attribute)
    _put_octets(value, "matchValue", node.value)
    _put(value, "dnAttributes", bool(node.dn_attributes))


_FILTER_NAMES: Final[dict[type[filters.Filter], str]] = {
    filters.And: "and",
    filters.Or: "or",
    filters.Not: "not",
    filters.Equality: "equalityMatch",
    filters.Substrings: "substrings",
    filters.GreaterOrEqual: "greaterOrEqual",
    filters.LessOrEqual: "lessOrEqual",
    filters.Present: "present",
    filters.Approx: "approxMatch",
    filters.Extensible: "extensibleMatch",
}

_WRITERS: Final[dict[str, Callable[[Any, Any], None]]] = {
    "equalityMatch": _assertion,
    "substrings": _substrings,
    "greaterOrEqual": _assertion,
    "lessOrEqual": _assertion,
    "approxMatch": _assertion,
    "extensibleMatch": _extensible,
}
