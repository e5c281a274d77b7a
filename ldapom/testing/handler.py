"""What a server does with a request: a message in, its answers out.

1. One method for each operation, found by a table. A method returns or yields answers,
   or raises the `ResultError` that becomes the answer.
2. A handler is one connection's: it knows who is bound and which paged search is open.
3. No octets and no sockets here; `conversation` has the octets. A `Handle` can be
   wrapped: see `Directory.wrapped`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import frozen

from ldapom.errors import ResultCode, ResultError
from ldapom.protocol import messages as m
from ldapom.protocol.password_policy import PasswordPolicyRequest
from ldapom.protocol.write_controls import PostReadResponse, PreReadResponse
from ldapom.testing import extended_operations
from ldapom.testing.access import ANONYMOUS, Identity
from ldapom.testing.accounts import said_by
from ldapom.testing.checks import refusal
from ldapom.testing.pointers import Pointers
from ldapom.testing.request_controls import RequestControls, read_controls
from ldapom.testing.sasl import Logins
from ldapom.testing.search import Finder
from ldapom.testing.searching import SearchOperation
from ldapom.testing.selection import Selection
from ldapom.testing.transactions import Transactions

if TYPE_CHECKING:
    from ldapom.testing.directory import Directory
    from ldapom.testing.tree import Entry

Answers: TypeAlias = Iterator[m.LDAPMessage]
#: What handles a request, or wraps what does.
Handle: TypeAlias = Callable[[m.LDAPMessage], Answers]
Reply: TypeAlias = tuple[m.ProtocolOp, tuple[m.Control, ...]]

Ending: TypeAlias = (
    m.BindResponse
    | m.SearchResultDone
    | m.ModifyResponse
    | m.AddResponse
    | m.DelResponse
    | m.ModifyDNResponse
    | m.CompareResponse
    | m.ExtendedResponse
)

_log = logging.getLogger(__name__)

#: The answer to each request that has one (RFC 4511 4.2 to 4.12).
RESPONSES: dict[type, type[Ending]] = {
    m.BindRequest: m.BindResponse,
    m.SearchRequest: m.SearchResultDone,
    m.ModifyRequest: m.ModifyResponse,
    m.AddRequest: m.AddResponse,
    m.DelRequest: m.DelResponse,
    m.ModifyDNRequest: m.ModifyDNResponse,
    m.CompareRequest: m.CompareResponse,
    m.ExtendedRequest: m.ExtendedResponse,
}

#: What names an entry that may be on another server.
_REFERRED = (
    m.SearchRequest,
    m.CompareRequest,
    m.AddRequest,
    m.ModifyRequest,
    m.DelRequest,
    m.ModifyDNRequest,
)


@frozen
class Peer:
    """What is known of the other end before it says who it is.

    Attributes:
        is_private: Whether nobody can read along.
        can_start_tls: Whether StartTLS may follow.
        external: Who SASL EXTERNAL makes of it; None where that is unknown.
        tls: Whether TLS is around; no other layer is negotiated then.
        end_point: The ``tls-server-end-point`` binding (RFC 5929 4) that a mechanism
            has to name; None where the server does not know its own certificate.
    """

    is_private: bool = True
    can_start_tls: bool = False
    external: Identity | None = None
    tls: bool = False
    end_point: bytes | None = None


class Handler:
    """Answers the requests of one connection.

    Args:
        directory: What is asked.
        peer: The other end; changes when TLS begins.
    """

    def __init__(self, directory: Directory, peer: Peer) -> None:
        self.directory = directory
        self.store = directory.store
        self.access = directory.access
        self.peer = peer
        self.identity = ANONYMOUS
        self.transactions = Transactions(self)
        self.logins = Logins(self)
        self._searching = SearchOperation(self)

    def handle(self, message: m.LDAPMessage) -> Answers:
        """Answer a request; Abandon and Unbind have no answer."""
        response = RESPONSES.get(type(message.op))
        if response is None:
            return
        number = message.message_id
        try:
            controls = read_controls(message)
            if controls.transaction is not None:
                self.transactions.note(controls.transaction.identifier, message)
                yield m.LDAPMessage(number, response())
                return
            self._check_password_changed(message.op)
            self._refer(message.op, controls)
            operation = _OPERATIONS[type(message.op)]
            for op, found in operation(self, message.op, controls):
                yield m.LDAPMessage(number, op, found)
        except ResultError as error:
            asks = any(c.type == PasswordPolicyRequest.OID for c in message.controls)
            told = said_by(error) if asks else ()
            yield m.LDAPMessage(number, _answer(response, error), told)
        except Exception:  # noqa: BLE001  # see below
            # A bug here must look like a broken server, not like a hanging one.
            _log.exception("a request could not be handled: %r", message.op)
            text = "internal error; see the log of ldapom.testing.handler"
            yield m.LDAPMessage(number, response(ResultCode.other, "", text))

    def _refer(self, op: m.ProtocolOp, controls: RequestControls) -> None:
        """Send on whoever asks for what is on another server (RFC 3296 5)."""
        if controls.manages or not isinstance(op, _REFERRED):
            return
        scope = op.scope if isinstance(op, m.SearchRequest) else None
        Pointers(self.store).check(op.target, scope)

    def _check_password_changed(self, op: m.ProtocolOp) -> None:
        """Let who must change the password do that, and nothing else."""
        allowed = (m.BindRequest, m.ExtendedRequest)
        if self.identity.must_change and not isinstance(op, allowed):
            raise refusal(
                ResultCode.insufficientAccessRights,
                "Operations are restricted to bind/unbind/abandon/StartTLS/modify "
                "password",
            )

    def carry_out(self, message: m.LDAPMessage) -> tuple[m.Control, ...]:
        """Carry out an update of a transaction that ends; gives its response controls.

        Raises:
            ResultError: It is refused.
        """
        operation = _OPERATIONS[type(message.op)]
        ((_, found),) = operation(self, message.op, read_controls(message))
        return found

    def finder(self) -> Finder:
        """Searches as the bound identity."""
        return Finder(self.store, self.access.hides(self.identity))

    def select(self, attributes: tuple[str, ...], *, types_only: bool) -> Selection:
        """The attributes a request asks for, as far as the identity may see them."""
        hidden = self.access.hides(self.identity)
        return Selection(self.store, attributes, hidden, types_only=types_only)

    # --- who -------------------------------------------------------------------

    def bind(
        self, request: m.BindRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.2; whatever comes of it, the former identity is gone."""
        self.identity = ANONYMOUS
        self.transactions.forget()
        if request.version != 3:  # noqa: PLR2004  # LDAPv3
            raise refusal(ResultCode.protocolError, "only version 3 is spoken here")
        how = request.authentication
        if isinstance(how, m.SaslCredentials):
            yield self.logins.sasl(how), self._said(controls)
        elif isinstance(how, m.SicilyAuthentication):
            yield self.logins.sicily(how), ()
        else:
            self.logins.forget()
            self.identity = self.access.simple(request.name, how.password)
            yield m.BindResponse(), self._said(controls)

    def _said(self, controls: RequestControls) -> tuple[m.Control, ...]:
        """What there is to tell of the password, for who asks."""
        said = self.identity.said
        return () if controls.policy is None or said is None else (said.control(),)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms this connection can use."""
        return self.logins.mechanisms

    # --- reading ---------------------------------------------------------------

    def search(
        self, request: m.SearchRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.5."""
        return self._searching.answers(request, controls)

    def compare(
        self, request: m.CompareRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.10."""
        description = self.store.vocabulary.describe(request.attribute)
        if description is None:
            raise refusal(
                ResultCode.undefinedAttributeType,
                f"{request.attribute}: attribute type undefined",
            )
        entry = self.store.locate(request.entry)
        self.check_assertion(entry, controls)
        if self.access.hides(self.identity)(description.kind):
            raise refusal(ResultCode.insufficientAccessRights)
        normalize = description.kind.normalize
        if normalize is None:
            raise refusal(ResultCode.inappropriateMatching, "no equality matching rule")
        try:
            wanted = normalize(request.value)
        except ValueError:
            raise refusal(
                ResultCode.invalidAttributeSyntax,
                "value does not conform to assertion syntax",
            ) from None
        values = self.store.get(entry, description)
        if not values:
            raise refusal(ResultCode.noSuchAttribute)
        equal = any(normalize(value) == wanted for value in values)
        yield (
            m.CompareResponse(
                ResultCode.compareTrue if equal else ResultCode.compareFalse
            ),
            (),
        )

    # --- writing ---------------------------------------------------------------

    def add(self, request: m.AddRequest, controls: RequestControls) -> Iterator[Reply]:
        """RFC 4511 4.7."""
        self.access.check_write(self.identity)
        after = self.store.add(request.entry, request.attributes, who=self.identity.dn)
        yield m.AddResponse(), self._read(controls, None, after)

    def modify(
        self, request: m.ModifyRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.6."""
        self.access.check_write(self.identity)
        with self.store.lock:
            self._assert(request.object, controls)
            before, after = self.store.modify(
                request.object, request.changes, who=self.identity.dn
            )
        yield m.ModifyResponse(), self._read(controls, before, after)

    def delete(
        self, request: m.DelRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.8."""
        self.access.check_write(self.identity)
        with self.store.lock:
            self._assert(request.entry, controls)
            before_controls = self._read(
                controls, self.store.locate(request.entry), None
            )
            if controls.tree_delete is not None:
                self.store.delete_below(request.entry)
            self.store.delete(request.entry)
        yield m.DelResponse(), before_controls

    def modify_dn(
        self, request: m.ModifyDNRequest, controls: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.9."""
        self.access.check_write(self.identity)
        with self.store.lock:
            self._assert(request.entry, controls)
            before, after = self.store.rename(request, who=self.identity.dn)
        yield m.ModifyDNResponse(), self._read(controls, before, after)

    def _assert(self, name: str, controls: RequestControls) -> None:
        if controls.assertion is not None:
            self.check_assertion(self.store.locate(name), controls)

    def check_assertion(self, entry: Entry, controls: RequestControls) -> None:
        """Refuse an operation whose assertion is not true (RFC 4528)."""
        wanted = controls.assertion
        if wanted is not None and not self.finder().fits(entry, wanted.filter):
            raise refusal(ResultCode.assertionFailed)

    def _read(
        self, controls: RequestControls, before: Entry | None, after: Entry | None
    ) -> tuple[m.Control, ...]:
        """The entry before and after, where RFC 4527 controls ask for it."""
        found: list[m.Control] = []
        if controls.pre_read is not None and before is not None:
            shown = self._shown(before, controls.pre_read.attributes)
            found.append(PreReadResponse(shown).control())
        if controls.post_read is not None and after is not None:
            shown = self._shown(after, controls.post_read.attributes)
            found.append(PostReadResponse(shown).control())
        return tuple(found)

    def _shown(self, entry: Entry, attributes: tuple[str, ...]) -> m.SearchResultEntry:
        chosen = self.select(attributes, types_only=False)
        return m.SearchResultEntry(entry.dn, chosen.of(entry))

    def extended(
        self, request: m.ExtendedRequest, _: RequestControls
    ) -> Iterator[Reply]:
        """RFC 4511 4.12."""
        yield extended_operations.answer(self, request), ()


def _answer(response: type[Ending], error: ResultError) -> Ending:
    return response(
        error.code, error.matched_dn, error.diagnostic_message, error.referrals
    )


_Operation: TypeAlias = Callable[
    [Handler, m.ProtocolOp, RequestControls], Iterator[Reply]
]
#: Each request's own method; that it is given its own kind of request no type can say.
_OPERATIONS = cast(
    "dict[type, _Operation]",
    {
        m.BindRequest: Handler.bind,
        m.SearchRequest: Handler.search,
        m.ModifyRequest: Handler.modify,
        m.AddRequest: Handler.add,
        m.DelRequest: Handler.delete,
        m.ModifyDNRequest: Handler.modify_dn,
        m.CompareRequest: Handler.compare,
        m.ExtendedRequest: Handler.extended,
    },
)
