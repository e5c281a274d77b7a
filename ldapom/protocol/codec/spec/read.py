"""From pyasn1 values to messages: one function per production that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyasn1.codec.ber import decoder

from ldapom import filters
from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import messages
from ldapom.protocol.codec.spec import operations, search

if TYPE_CHECKING:
    from collections.abc import Callable

# pyasn1 has no types, so its values are Any here.
# ruff: noqa: ANN401


def message(value: Any) -> messages.LDAPMessage:
    """Read an LDAPMessage.

    Raises:
        DecodeError: If its meaning breaks a rule that the grammar can not say.
    """
    op = value["protocolOp"]
    return messages.LDAPMessage(
        int(value["messageID"]),
        _OPERATIONS[op.getName()](op.getComponent()),
        tuple(_control(item) for item in _optional(value, "controls") or ()),
    )


def _optional(value: Any, name: str) -> Any:
    """Give a component that may be absent: None then."""
    component = value[name]
    return component if component.isValue else None


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "surrogateescape")


def _optional_text(value: Any, name: str) -> str | None:
    component = _optional(value, name)
    return None if component is None else _text(component)


def _optional_octets(value: Any, name: str) -> bytes | None:
    component = _optional(value, name)
    return None if component is None else bytes(component)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _control(value: Any) -> messages.Control:
    return messages.Control(
        _text(value["controlType"]),
        bool(value["criticality"]),
        _optional_octets(value, "controlValue"),
    )


def _attribute(value: Any) -> messages.PartialAttribute:
    return messages.PartialAttribute(
        _text(value["type"]), tuple(bytes(item) for item in value["vals"])
    )


def _attributes(values: Any) -> tuple[messages.PartialAttribute, ...]:
    return tuple(_attribute(value) for value in values)


# --- responses -----------------------------------------------------------------


def _result(value: Any) -> tuple[ResultCode, str, str, tuple[str, ...]]:
    """Read COMPONENTS OF LDAPResult."""
    return (
        ResultCode(int(value["resultCode"])),
        _text(value["matchedDN"]),
        _text(value["diagnosticMessage"]),
        _texts(_optional(value, "referral") or ()),
    )


def _bind_response(value: Any) -> messages.BindResponse:
    return messages.BindResponse(
        *_result(value), server_sasl_creds=_optional_octets(value, "serverSaslCreds")
    )


def _entry(value: Any) -> messages.SearchResultEntry:
    return messages.SearchResultEntry(
        _text(value["objectName"]), _attributes(value["attributes"])
    )


def _extended_response(value: Any) -> messages.ExtendedResponse:
    return messages.ExtendedResponse(
        *_result(value),
        name=_optional_text(value, "responseName"),
        value=_optional_octets(value, "responseValue"),
    )


def _intermediate(value: Any) -> messages.IntermediateResponse:
    return messages.IntermediateResponse(
        _optional_text(value, "responseName"), _optional_octets(value, "responseValue")
    )


# --- requests ------------------------------------------------------------------


def _bind_request(value: Any) -> messages.BindRequest:
    choice = value["authentication"]
    proof = choice.getComponent()
    authentication: messages.Authentication
    name = choice.getName()
    if name == "simple":
        authentication = messages.SimpleAuthentication(bytes(proof))
    elif name == "sasl":
        authentication = messages.SaslCredentials(
            _text(proof["mechanism"]), _optional_octets(proof, "credentials")
        )
    else:
        leg = operations.SICILY[name]
        authentication = messages.SicilyAuthentication(leg, bytes(proof))
    version = int(value["version"])
    return messages.BindRequest(_text(value["name"]), authentication, version)


def _search_request(value: Any) -> messages.SearchRequest:
    return messages.SearchRequest(
        base_object=_text(value["baseObject"]),
        scope=messages.Scope(int(value["scope"])),
        filter=_filter(bytes(value["filter"])),
        attributes=_texts(value["attributes"]),
        deref_aliases=messages.DerefAliases(int(value["derefAliases"])),
        size_limit=int(value["sizeLimit"]),
        time_limit=int(value["timeLimit"]),
        types_only=bool(value["typesOnly"]),
    )


def _modify_request(value: Any) -> messages.ModifyRequest:
    return messages.ModifyRequest(
        _text(value["object"]),
        tuple(
            messages.ModifyChange(
                messages.ModifyOperation(int(change["operation"])),
                _attribute(change["modification"]),
            )
            for change in value["changes"]
        ),
    )


def _modify_dn_request(value: Any) -> messages.ModifyDNRequest:
    return messages.ModifyDNRequest(
        _text(value["entry"]),
        _text(value["newrdn"]),
        bool(value["deleteoldrdn"]),
        _optional_text(value, "newSuperior"),
    )


def _assertion(value: Any) -> tuple[str, bytes]:
    return _text(value["attributeDesc"]), bytes(value["assertionValue"])


_OPERATIONS: Final[dict[str, Callable[[Any], messages.ProtocolOp]]] = {
    "BindRequest": _bind_request,
    "BindResponse": _bind_response,
    "UnbindRequest": lambda _: messages.UnbindRequest(),
    "SearchRequest": _search_request,
    "SearchResultEntry": _entry,
    "SearchResultDone": lambda value: messages.SearchResultDone(*_result(value)),
    "SearchResultReference": lambda value: messages.SearchResultReference(
        _texts(value)
    ),
    "ModifyRequest": _modify_request,
    "ModifyResponse": lambda value: messages.ModifyResponse(*_result(value)),
    "AddRequest": lambda value: messages.AddRequest(
        _text(value["entry"]), _attributes(value["attributes"])
    ),
    "AddResponse": lambda value: messages.AddResponse(*_result(value)),
    "DelRequest": lambda value: messages.DelRequest(_text(value)),
    "DelResponse": lambda value: messages.DelResponse(*_result(value)),
    "ModifyDNRequest": _modify_dn_request,
    "ModifyDNResponse": lambda value: messages.ModifyDNResponse(*_result(value)),
    "CompareRequest": lambda value: messages.CompareRequest(
        _text(value["entry"]), *_assertion(value["ava"])
    ),
    "CompareResponse": lambda value: messages.CompareResponse(*_result(value)),
    "AbandonRequest": lambda value: messages.AbandonRequest(int(value)),
    "ExtendedRequest": lambda value: messages.ExtendedRequest(
        _text(value["requestName"]), _optional_octets(value, "requestValue")
    ),
    "ExtendedResponse": _extended_response,
    "IntermediateResponse": _intermediate,
}


# --- filters -------------------------------------------------------------------


def _filter(octets: bytes) -> filters.Filter:
    value, _ = decoder.decode(octets, asn1Spec=search.Filter())
    try:
        return _FILTERS[value.getName()](value.getComponent())
    except ValueError as error:
        # The node itself knows what it can not be.
        raise _refuse(str(error), value.getName()) from error


def _nested(values: Any) -> tuple[filters.Filter, ...]:
    return tuple(_filter(bytes(value)) for value in values)


def _substrings(value: Any) -> filters.Substrings:
    parts = [
        (part.getName(), bytes(part.getComponent())) for part in value["substrings"]
    ]
    names = [name for name, _ in parts]
    if "initial" in names[1:] or "final" in names[:-1]:
        raise _refuse("substrings out of order (RFC 4511 4.5.1.7.2)", "substrings")
    by_name = dict(parts)
    return filters.Substrings(
        _text(value["type"]),
        by_name.get("initial"),
        tuple(part for name, part in parts if name == "any"),
        by_name.get("final"),
    )


def _extensible(value: Any) -> filters.Extensible:
    return filters.Extensible(
        _optional_text(value, "matchingRule"),
        _optional_text(value, "type"),
        bytes(value["matchValue"]),
        bool(value["dnAttributes"]),
    )


def _refuse(reason: str, name: str) -> DecodeError:
    return DecodeError(reason, field=f"SearchRequest.filter.{name}", offset=0)


_FILTERS: Final[dict[str, Callable[[Any], filters.Filter]]] = {
    "and": lambda value: filters.And(_nested(value)),
    "or": lambda value: filters.Or(_nested(value)),
    "not": lambda value: filters.Not(*_nested(value)),
    "equalityMatch": lambda value: filters.Equality(*_assertion(value)),
    "substrings": _substrings,
    "greaterOrEqual": lambda value: filters.GreaterOrEqual(*_assertion(value)),
    "lessOrEqual": lambda value: filters.LessOrEqual(*_assertion(value)),
    "present": lambda value: filters.Present(_text(value)),
    "approxMatch": lambda value: filters.Approx(*_assertion(value)),
    "extensibleMatch": _extensible,
}
