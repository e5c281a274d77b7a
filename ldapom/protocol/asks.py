"""Operations as values: the blocking and the asyncio connection carry out the same."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from attrs import field, frozen

from ldapom._given import numbers
from ldapom.protocol import messages as m
from ldapom.protocol import requests
from ldapom.protocol.extended import WHO_AM_I, Cancel
from ldapom.protocol.flows import bind, discover, references, update
from ldapom.protocol.flows.few import few, shortened
from ldapom.protocol.flows.search import SearchCursor
from ldapom.secrets import veil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ldapom.changes import Change, Value
    from ldapom.protocol.base_link import BaseLink
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import (
        Control,
        LDAPMessage,
        Request,
        SearchResultEntry,
    )
    from ldapom.protocol.requests import Name
    from ldapom.schema import RootDSE, Schema
    from ldapom.schema.cache import Slot

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
L_contra = TypeVar("L_contra", bound="BaseLink", contravariant=True)


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

    def begin_on(self, link: BaseLink) -> Flow[R]:
        """Make the flow for a link."""
        return self.begin(link.engine)


def _as_tuple(controls: Iterable[Control]) -> tuple[Control, ...]:
    return tuple(controls)


@frozen
class Search:
    """A search, not sent yet.

    Attributes:
        request: What is looked for.
        controls: Request controls, without the one for pages.
        page_size: Entries per page (RFC 2696); 0 asks for all at once.
        whole: Complete ranges that were asked for by number too.
    """

    request: m.SearchRequest
    controls: tuple[Control, ...] = field(default=(), converter=_as_tuple)
    page_size: int = field(default=0, validator=numbers(0))
    whole: bool = False

    def cursor(self, link: BaseLink) -> SearchCursor:
        """Begin anew on a link; nothing is sent."""
        return references.search(
            link.engine,
            self.request,
            controls=self.controls,
            page_size=self.page_size,
            whole=self.whole,
        )


@frozen
class Few:
    """A search for some few entries, which are wanted all at once; no pages.

    Attributes:
        search: What is looked for; with a size limit nothing beyond it is waited for.
        controls: Request controls.
    """

    search: m.SearchRequest
    controls: tuple[Control, ...] = field(default=(), kw_only=True)

    @property
    def request(self) -> None:
        """It holds no secret."""

    @property
    def repeats(self) -> bool:
        """It only reads."""
        return True

    def begin_on(self, link: BaseLink) -> Flow[list[SearchResultEntry]]:
        """Make the flow for a link."""
        return few(link.engine, self.search, self.controls)


@frozen
class Shortened(Few):
    """The same, where a shorter question nearly always does.

    Attributes:
        search: The shorter question.
        suffices: Whether what it has found answers the whole one.
        whole: The whole one, made where it is needed.
    """

    suffices: Callable[[Sequence[SearchResultEntry]], bool]
    whole: Callable[[], m.SearchRequest]

    def begin_on(self, link: BaseLink) -> Flow[list[SearchResultEntry]]:
        """Make the flow for a link."""
        return shortened(link.engine, self.search, self.suffices, self.whole)


class Operation(Protocol[L_contra, R_co]):
    """What a connection can carry out: an `Ask`, or the start of a stream."""

    @property
    def request(self) -> Request | None:
        """What is sent, where it may hold a secret."""
        ...

    @property
    def repeats(self) -> bool:
        """Whether it only reads.

        The flow of any other raises `OutcomeUnknown` once its request may have reached
        the server.
        """
        ...

    def begin_on(self, link: L_contra) -> Flow[R_co]:
        """Make the flow for a link."""
        ...


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


def cancel(message_id: int) -> Ask[bool]:
    """Have the server stop an operation (RFC 3909)."""
    # Another connection has other message ids: never sent again.
    return Ask(
        lambda engine: update.cancel(engine, message_id),
        Cancel(message_id).request(),
        repeats=False,
    )


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
