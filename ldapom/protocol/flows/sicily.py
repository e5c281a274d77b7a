"""Active Directory's own bind (MS-ADTS 5.1.1.1.3): discovery, challenge, proof.

The three legs are answered by success each; what the server says stands where other
answers have the matched DN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom._printable import listed
from ldapom.errors import (
    ConnectionLost,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol.flows import steps
from ldapom.protocol.messages import (
    BindRequest,
    BindResponse,
    SicilyAuthentication,
    SicilyChoice,
)
from ldapom.secrets import veil

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import LDAPMessage
    from ldapom.protocol.sasl.ntlm import SicilyMechanism

#: The name of the only package that Active Directory has here.
PACKAGE = "NTLM"
#: Some servers say that the bind goes on, as they would for SASL.
_GOING_ON = frozenset({ResultCode.success, ResultCode.saslBindInProgress})


def prove(
    engine: Engine,
    mechanism: SicilyMechanism,
    *,
    begun: Callable[[], None] | None = None,
) -> steps.Flow[LDAPMessage]:
    """Go through the legs of a Sicily bind; whoever calls puts the layer in place.

    Args:
        engine: The connection's.
        mechanism: A fresh run.
        begun: Called when the first leg is sent.

    Returns:
        The server's last answer, which is success.

    Raises:
        ResultError: The server refused; `InvalidCredentials` and its siblings.
        LocalProtocolError: The server has other packages only.
    """
    yield from steps.settle(engine)
    try:
        discovery = SicilyChoice.package_discovery
        discovered = yield from _leg(engine, discovery, begun=begun)
    except ConnectionLost as error:
        # Samba, which is asked for something that it can not decode.
        error.add_note("only Active Directory has Sicily: leave sicily=True out")
        raise
    packages = discovered.decode("ascii", "replace").strip("\0").split(";")
    if PACKAGE not in packages:
        raise LocalProtocolError(
            "this server does not offer NTLM by Sicily; it offers "
            + (listed(filter(None, packages)) or "nothing")
        )
    greeting = veil(mechanism.step(None))
    challenge = yield from _leg(engine, SicilyChoice.negotiate, greeting, PACKAGE)
    proof = veil(mechanism.step(challenge))
    request = _request(SicilyChoice.response, proof)
    message = yield from steps.call(engine, request)
    steps.check(steps.result_of(message), request, message.controls)
    return message


def _leg(
    engine: Engine,
    choice: SicilyChoice,
    token: bytes | None = None,
    name: str = "",
    *,
    begun: Callable[[], None] | None = None,
) -> steps.Flow[bytes]:
    """One leg that others follow; gives what the server says."""
    request = _request(choice, token, name)
    message = yield from steps.call(engine, request, begun=begun)
    response = message.op
    assert isinstance(response, BindResponse)  # noqa: S101  # the engine checked
    if response.result_code not in _GOING_ON:
        steps.check(response, request, message.controls)
    # Nothing is negotiated yet: what follows is read as before.
    engine.resume()
    said = response.server_sasl_creds
    if said is None:
        said = response.matched_dn.encode("utf-8", "surrogateescape")
    if not said:
        raise RemoteProtocolError(f"Sicily: no answer to {choice.name}")
    return said


def _request(
    choice: SicilyChoice, token: bytes | None = None, name: str = ""
) -> BindRequest:
    return BindRequest(name, SicilyAuthentication(choice, token or b""))
