"""The controls that come with a request (RFC 4511 4.1.11): known, applicable, read.

A critical control that is unknown here, or that does not apply to the operation,
refuses the whole request; one that is not critical is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.fast.filters import read_filter
from ldapom.protocol.controls import (
    ManageDsaIT,
    PagedResults,
    ServerSideSort,
    find,
)
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.filters import Filter

#: RFC 4528 and RFC 4527.
ASSERTION = "1.3.6.1.1.12"
PRE_READ = "1.3.6.1.1.13.1"
POST_READ = "1.3.6.1.1.13.2"

_EVERYWHERE = frozenset({ManageDsaIT.OID, ASSERTION})
#: What applies to which operation; nothing applies to the others.
_APPLICABLE: dict[type, frozenset[str]] = {
    m.SearchRequest: _EVERYWHERE | {PagedResults.OID, ServerSideSort.OID},
    m.CompareRequest: _EVERYWHERE,
    m.AddRequest: frozenset({ManageDsaIT.OID, POST_READ}),
    m.ModifyRequest: _EVERYWHERE | {PRE_READ, POST_READ},
    m.ModifyDNRequest: _EVERYWHERE | {PRE_READ, POST_READ},
    m.DelRequest: _EVERYWHERE | {PRE_READ},
}
SUPPORTED = tuple(sorted(frozenset[str]().union(*_APPLICABLE.values())))


@frozen
class RequestControls:
    """What the controls of one request ask for; None for what they do not."""

    paged: PagedResults | None = None
    sort: ServerSideSort | None = None
    assertion: Filter | None = None
    pre_read: tuple[str, ...] | None = None
    post_read: tuple[str, ...] | None = None


def read_controls(message: m.LDAPMessage) -> RequestControls:
    """Read the controls of a request.

    Raises:
        ResultError: `UnavailableCriticalExtension`, or `ProtocolErrorResult` for a
            value that is malformed.
    """
    if not message.controls:
        return RequestControls()
    applicable = _APPLICABLE.get(type(message.op), frozenset())
    for control in message.controls:
        if control.criticality and control.type not in applicable:
            raise refusal(
                ResultCode.unavailableCriticalExtension,
                f"critical control {control.type} is not recognized here",
            )
    controls = [found for found in message.controls if found.type in applicable]
    try:
        return RequestControls(
            paged=find(controls, PagedResults),
            sort=find(controls, ServerSideSort),
            assertion=_assertion(controls),
            pre_read=_attributes(controls, PRE_READ),
            post_read=_attributes(controls, POST_READ),
        )
    except DecodeError as error:
        raise refusal(ResultCode.protocolError, str(error)) from error


def _value(controls: Iterable[m.Control], oid: str) -> bytes | None:
    for control in controls:
        if control.type == oid:
            return control.value or b""
    return None


def _assertion(controls: Iterable[m.Control]) -> Filter | None:
    value = _value(controls, ASSERTION)
    if value is None:
        return None
    found, end = read_filter(value, 0, len(value), ber.DEFAULT_MAX_DEPTH)
    ber.finish(value, end, len(value), "Assertion")
    return found


def _attributes(controls: Iterable[m.Control], oid: str) -> tuple[str, ...] | None:
    # AttributeSelection ::= SEQUENCE OF selector LDAPString
    value = _value(controls, oid)
    if value is None:
        return None
    pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, "AttributeSelection")
    found: list[str] = []
    while pos < end:
        start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, "selector")
        found.append(ber.text(value, start, pos))
    return tuple(found)


def read_entry_control(oid: str, entry: m.SearchResultEntry) -> m.Control:
    """The response control that carries an entry (RFC 4527 3)."""
    # An encoded message is the entry in an envelope with the message id 1.
    envelope = codec.encode(m.LDAPMessage(1, entry))
    start, end = ber.enter(envelope, 0, len(envelope), ber.SEQUENCE, "LDAPMessage")
    _, start = ber.enter(envelope, start, end, ber.INTEGER, "messageID")
    return m.Control(oid, value=envelope[start:end])
