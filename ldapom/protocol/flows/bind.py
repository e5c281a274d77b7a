"""Who we are and how privately: Bind (RFC 4511 4.2), StartTLS (4.14), Unbind."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from ldapom._printable import printable
from ldapom.errors import (
    AuthMethodNotSupported,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
    ResultError,
    TLSError,
)
from ldapom.protocol.extended import START_TLS
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.search import read_entry
from ldapom.protocol.messages import (
    BindRequest,
    BindResponse,
    ExtendedRequest,
    SaslCredentials,
    SimpleAuthentication,
)
from ldapom.protocol.sasl import Surroundings

if TYPE_CHECKING:
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.sasl import Mechanism

#: Outside of any connection, where nobody reads along.
NOWHERE = Surroundings()

#: More legs than any mechanism has; a server that never ends is cut off here.
MAX_LEGS = 20

#: How often StartTLS is asked for behind an Abandon; a round trip each.
MAX_ASKED = 50


def start_tls(engine: Engine) -> steps.Flow[None]:
    """Ask for TLS, then begin it.

    Raises:
        TLSError: The server refused; nothing else was sent.
        RemoteProtocolError: Clear octets came behind the answer.
    """
    yield from steps.settle(engine)
    request = ExtendedRequest(START_TLS)
    # A server may refuse while it is busy with a search that was abandoned, and no
    # answer tells when it no longer is. Otherwise one refusal is enough.
    tries = MAX_ASKED if engine.has_abandoned else 1
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
    engine: Engine, credentials: Credentials, around: Surroundings = NOWHERE
) -> steps.Flow[BindResponse]:
    """Bind by whatever the credentials ask for.

    Args:
        engine: The connection's.
        credentials: Who to be.
        around: What a SASL mechanism may know of the connection.

    Raises:
        ResultError: The server refused; `InvalidCredentials` and its siblings.
        AuthMethodNotSupported: Naming what the server offers instead.
    """
    yield from steps.settle(engine)
    mechanism = credentials.mechanism(around)
    if mechanism is None:
        simple = BindRequest(
            credentials.name, SimpleAuthentication(credentials.password_octets)
        )
        return (yield from _step(engine, simple))
    if mechanism.look_first:
        yield from _check_offered(engine, mechanism.name)
    try:
        return (yield from _sasl_bind(engine, mechanism))
    except AuthMethodNotSupported as error:
        # A server that does not say what it offers leaves the refusal as it is.
        with contextlib.suppress(LDAPError):
            offered = yield from offered_mechanisms(engine)
            error.add_note(_not_offered(mechanism.name, offered))
        raise


def _check_offered(engine: Engine, name: str) -> steps.Flow[None]:
    """Make sure that a mechanism is offered, where the server says what is."""
    try:
        offered = yield from offered_mechanisms(engine)
    except ResultError:
        return  # It does not tell strangers; the bind itself will show.
    if offered and name not in offered:
        raise LocalProtocolError(_not_offered(name, offered))


def _not_offered(name: str, offered: tuple[str, ...]) -> str:
    choices = ", ".join(map(printable, offered)) or "no SASL mechanism at all"
    return f"this server does not offer {name} on this connection; it offers {choices}"


def _sasl_bind(engine: Engine, mechanism: Mechanism) -> steps.Flow[BindResponse]:
    challenge: bytes | None = None
    for _ in range(MAX_LEGS):
        answer = yield from _answer(mechanism, challenge)
        sasl = SaslCredentials(mechanism.name, answer)
        response = yield from _step(engine, BindRequest("", sasl))
        if response.result_code == ResultCode.success:
            _finish(engine, mechanism, response.server_sasl_creds)
            return response
        challenge = response.server_sasl_creds or b""
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


def _step(engine: Engine, request: BindRequest) -> steps.Flow[BindResponse]:
    """One leg: success and (SASL only) saslBindInProgress are no errors."""
    message = yield from steps.call(engine, request)
    response = message.op
    assert isinstance(response, BindResponse)  # noqa: S101  # the engine checked
    going_on = response.result_code == ResultCode.saslBindInProgress
    if not (going_on and isinstance(request.authentication, SaslCredentials)):
        steps.check(response, request)
    return response


def offered_mechanisms(engine: Engine) -> steps.Flow[tuple[str, ...]]:
    """The SASL mechanisms the root DSE lists, in the server's order.

    Raises:
        ResultError: The server does not show its root DSE.
    """
    name = "supportedSASLMechanisms"
    entry = yield from read_entry(engine, "", (name,))
    if entry is None:
        return ()
    values = [a.values for a in entry.attributes if a.type.lower() == name.lower()]
    return tuple(v.decode("ascii", "replace") for found in values for v in found)
