"""Who we are and how privately: Bind (RFC 4511 4.2), StartTLS (4.14), Unbind."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, TypeGuard

from attrs import evolve

from ldapom._printable import listed
from ldapom.errors import (
    AuthMethodNotSupported,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
    ResultError,
    TLSError,
)
from ldapom.protocol._reasons import carries_password
from ldapom.protocol.extended import START_TLS
from ldapom.protocol.flows import sicily, steps
from ldapom.protocol.flows.search import read_entry
from ldapom.protocol.messages import (
    BindRequest,
    BindResponse,
    ExtendedRequest,
    SaslCredentials,
    SimpleAuthentication,
)
from ldapom.protocol.password_policy import ASK, policy_in
from ldapom.protocol.sasl import Surroundings
from ldapom.secrets import veil

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import LDAPMessage, SearchResultEntry
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.sasl import Mechanism
    from ldapom.protocol.sasl.ntlm import SicilyMechanism

#: Outside of any connection, where nobody reads along.
NOWHERE = Surroundings()

#: More legs than any mechanism has; a server that never ends is cut off here.
MAX_LEGS = 20

_MECHANISMS = "supportedSASLMechanisms"

#: RFC 4422 3.7 wants the old layer to stay until the new one, if any, begins. OpenLDAP
#: and Samba do so; 389 Directory Server answers every second SASL bind in clear.
_LAYER_LEFT = (
    "the server may have left the security layer at this second bind, as 389 Directory "
    "Server does: bind on a connection of its own"
)

#: How often StartTLS is asked for behind other operations; a round trip each.
MAX_ASKED = 50


def start_tls(engine: Engine) -> steps.Flow[None]:
    """Ask for TLS, then begin it.

    Raises:
        TLSError: The server refused; nothing else was sent.
        RemoteProtocolError: Clear octets came behind the answer.
    """
    yield from steps.settle(engine)
    request = ExtendedRequest(START_TLS)
    # A server may refuse while it is busy with what was abandoned, or has answered and
    # not put away yet (OpenLDAP), and no answer tells when it no longer is. Where
    # nothing was asked before, one refusal is enough.
    tries = MAX_ASKED if engine.has_asked else 1
    while True:
        result = steps.result_of((yield from steps.call(engine, request)))
        tries -= 1
        if not tries or result.result_code != ResultCode.operationsError:
            break
    if result.result_code != ResultCode.success:
        error = steps.error_of(result, request)
        raise TLSError(f"the server refused StartTLS: {error}") from error
    engine.cut_over()
    yield steps.StartTLS()


def bind(
    engine: Engine,
    credentials: Credentials,
    around: Surroundings = NOWHERE,
    *,
    begun: Callable[[], None] | None = None,
) -> steps.Flow[PasswordPolicy | None]:
    """Bind by whatever the credentials ask for.

    Args:
        engine: The connection's.
        credentials: Who to be.
        around: What a SASL mechanism may know of the connection.
        begun: Called with each BindRequest that is sent: from there on the server
            takes the connection for nobody's, until the bind succeeds.

    Returns:
        What the server says of the password, if anything.

    Raises:
        ResultError: The server refused; `InvalidCredentials` and its siblings.
        AuthMethodNotSupported: Naming what the server offers instead.
    """
    mechanism = credentials.mechanism(around)
    if mechanism is None:
        simple = BindRequest(
            credentials.name, SimpleAuthentication(credentials.password_octets)
        )
        message, _ = yield from _step(engine, simple, begun)
        return policy_in(message.controls)
    if mechanism.look_first:
        around = yield from _look(engine, around)
        mechanism = credentials.mechanism(around) or mechanism
        offered = around.offered
        if offered is not None and mechanism.name not in offered:
            raise LocalProtocolError(_not_offered(mechanism.name, offered))
    try:
        return (yield from _sasl_bind(engine, mechanism, begun))
    except ResultError as error:
        other = credentials.alternative(mechanism, around)
        unknown = isinstance(error, AuthMethodNotSupported)
        if not unknown and other is None:
            raise
        # A server that does not say what it offers leaves the refusal as it is.
        with contextlib.suppress(LDAPError):
            offered = yield from offered_mechanisms(engine)
            if other is not None and other.name in offered:
                mechanism = other
            elif unknown and mechanism.name not in offered:
                error.add_note(_not_offered(mechanism.name, offered))
        if mechanism is not other:
            raise
    return (yield from _sasl_bind(engine, mechanism, begun))


def _look(engine: Engine, around: Surroundings) -> steps.Flow[Surroundings]:
    """Add what the server offers; nothing when it does not tell strangers."""
    try:
        root = yield from read_entry(engine, "", (_MECHANISMS, "objectClass"))
    except ResultError:
        return around
    offered, kinds = _words(root, _MECHANISMS), _words(root, "objectClass")
    # RFC 4512 5.1: whoever has no mechanism at all leaves the attribute out.
    return evolve(
        around,
        offered=offered if offered or kinds else None,
        is_openldap="OpenLDAProotDSE" in kinds,
    )


def _words(entry: SearchResultEntry | None, name: str) -> tuple[str, ...]:
    attributes = () if entry is None else entry.attributes
    values = [a.values for a in attributes if a.type.lower() == name.lower()]
    return tuple(v.decode("ascii", "replace") for found in values for v in found)


def _not_offered(name: str, offered: tuple[str, ...]) -> str:
    choices = listed(offered) or "no SASL mechanism at all"
    return f"this server does not offer {name} on this connection; it offers {choices}"


def _sasl_bind(
    engine: Engine, mechanism: Mechanism, begun: Callable[[], None] | None
) -> steps.Flow[PasswordPolicy | None]:
    """Go through all legs; who talks nonsense in one is not spoken to any more."""
    try:
        return (yield from _legs(engine, mechanism, begun))
    except RemoteProtocolError as error:
        engine.fail(error)
        raise


def _is_sicily(mechanism: Mechanism) -> TypeGuard[SicilyMechanism]:
    # By its name: whoever logs in otherwise does not import NTLM for it.
    return mechanism.name == "Sicily"


def _legs(
    engine: Engine, mechanism: Mechanism, begun: Callable[[], None] | None
) -> steps.Flow[PasswordPolicy | None]:
    if _is_sicily(mechanism):
        message = yield from sicily.prove(engine, mechanism, begun=begun)
        _finish(engine, mechanism, None)
        return policy_in(message.controls)
    challenge: bytes | None = None
    for _ in range(MAX_LEGS):
        answer = veil((yield from _answer(mechanism, challenge)))
        sasl = SaslCredentials(mechanism.name, answer)
        request = BindRequest("", sasl)
        message, response = yield from _step(engine, request, begun)
        if response.result_code == ResultCode.success:
            _finish(engine, mechanism, response.server_sasl_creds)
            return policy_in(message.controls)
        challenge = veil(response.server_sasl_creds or b"")
    raise RemoteProtocolError(f"{mechanism.name}: no end after {MAX_LEGS} legs")


def _answer(mechanism: Mechanism, challenge: bytes | None) -> steps.Flow[bytes | None]:
    if not mechanism.blocks:
        return mechanism.step(challenge)
    step = partial(mechanism.step, challenge)
    return (yield from steps.elsewhere(step, f"{mechanism.name} authentication"))


def _finish(engine: Engine, mechanism: Mechanism, final: bytes | None) -> None:
    """Let the server prove itself, and put the layer in place.

    A server that does not prove itself is not spoken to any more: nobody knows who it
    is, and it believes that the bind has succeeded.
    """
    try:
        mechanism.finish(final)
        engine.resume(mechanism.layer)
    except LDAPError as error:
        engine.fail(error)
        raise


def _step(
    engine: Engine, request: BindRequest, begun: Callable[[], None] | None
) -> steps.Flow[tuple[LDAPMessage, BindResponse]]:
    """One leg: success and (SASL only) saslBindInProgress are no errors."""
    controls = ASK if carries_password(request) else ()
    yield from steps.settle(engine)
    try:
        message = yield from steps.call(engine, request, controls, begun=begun)
    except RemoteProtocolError as error:
        if engine.layer is None:
            raise
        raise RemoteProtocolError(f"{error}; {_LAYER_LEFT}") from error
    response = message.op
    assert isinstance(response, BindResponse)  # noqa: S101  # the engine checked
    going_on = response.result_code == ResultCode.saslBindInProgress
    if not (going_on and isinstance(request.authentication, SaslCredentials)):
        steps.check(response, request, message.controls)
    return message, response


def offered_mechanisms(engine: Engine) -> steps.Flow[tuple[str, ...]]:
    """The SASL mechanisms the root DSE lists, in the server's order.

    Raises:
        ResultError: The server does not show its root DSE.
    """
    return _words((yield from read_entry(engine, "", (_MECHANISMS,))), _MECHANISMS)
