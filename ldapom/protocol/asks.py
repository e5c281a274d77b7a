"""Operations as values: the blocking and the asyncio connection carry out the same."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from ldapom.protocol import messages as m
from ldapom.protocol import requests
from ldapom.protocol.extended import WHO_AM_I
from ldapom.protocol.flows import bind, discover, update
from ldapom.secrets import veil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ldapom.changes import Change, Value
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import Control, LDAPMessage, Request
    from ldapom.protocol.requests import Name
    from ldapom.schema import RootDSE, Schema
    from ldapom.schema.cache import Slot

R = TypeVar("R")


@frozen
class Ask(Generic[R]):
    """One operation, not sent yet.

    Attributes:
        begin: Makes the flow for an engine.
        request: What is sent, where it may hold a secret.
        repeats: Whether it may be sent again when the connection is lost: it only
            reads.
    """

    begin: Callable[[Engine], Flow[R]]
    request: Request | None = None
    repeats: bool = True


def compare(dn: Name, attribute: str, value: Value) -> Ask[bool]:
    """Whether an entry has a value (RFC 4511 4.10)."""
    try:
        request = requests.compare(dn, attribute, value)
    finally:
        del value  # see `requests`
    return Ask(partial(_compare, request=request), request)


def _compare(engine: Engine, request: m.CompareRequest) -> Flow[bool]:
    return update.compare(engine, request)


def who_am_i() -> Ask[str]:
    """The authorization identity (RFC 4532), as the server writes it."""
    return Ask(_who_am_i)


def _who_am_i(engine: Engine) -> Flow[str]:
    request = m.ExtendedRequest(WHO_AM_I)
    response = yield from update.extended(engine, request, reads_only=True)
    return (response.value or b"").decode("utf-8", "surrogateescape")


def mechanisms() -> Ask[tuple[str, ...]]:
    """The SASL mechanisms that the server offers at this moment."""
    return Ask(bind.offered_mechanisms)


def root_dse() -> Ask[RootDSE]:
    """What the server says of itself."""
    return Ask(discover.root_dse)


def schema(dse: RootDSE, slot: Slot | None) -> Ask[Schema]:
    """The schema that the root DSE points to."""
    return Ask(lambda engine: discover.schema(engine, dse, slot))


def add(
    dn: Name,
    attributes: Mapping[str, Value | Iterable[Value]],
    controls: Sequence[Control],
) -> Ask[LDAPMessage]:
    """Add an entry."""
    try:
        request = requests.add(dn, attributes)
    finally:
        del attributes  # see `requests`
    return change(request, controls)


def modify(
    dn: Name, changes: Iterable[Change], controls: Sequence[Control]
) -> Ask[LDAPMessage]:
    """Change an entry."""
    return change(requests.modify(dn, changes), controls)


def delete(dn: Name, controls: Sequence[Control]) -> Ask[LDAPMessage]:
    """Delete an entry."""
    return change(requests.delete(dn), controls)


def change(request: update.Update, controls: Sequence[Control]) -> Ask[LDAPMessage]:
    """Send any request that changes the directory."""
    return Ask(
        lambda engine: update.update(engine, request, controls), request, repeats=False
    )


def extended(
    name: str, value: bytes | None, controls: Sequence[Control]
) -> Ask[m.ExtendedResponse]:
    """Carry out an extended operation, which may change the directory."""
    request = m.ExtendedRequest(name, veil(value))
    return Ask(
        lambda engine: update.extended(engine, request, controls),
        request,
        repeats=False,
    )
