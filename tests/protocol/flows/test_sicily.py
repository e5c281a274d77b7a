"""Active Directory's own bind, every answer chosen by the test (MS-ADTS 5.1.1.1.3)."""

from __future__ import annotations

from typing import Final

import pytest

from ldapom.errors import (
    AuthMethodNotSupported,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Ntlm
from ldapom.protocol.flows import bind
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl._ntlm_messages import Authenticate, Negotiate
from tests.protocol.flows.test_flows import Conversation
from tests.protocol.sasl.test_ntlm_messages import CHALLENGE

USER: Final = Ntlm("Domain\\User", "Password", sicily=True)
CLEAR: Final = Surroundings(host="dc1.example.com", may_expose=False)
PACKAGES: Final = m.BindResponse(matched_dn="NTLM")
SAID: Final = m.BindResponse(matched_dn=CHALLENGE.decode("utf-8", "surrogateescape"))
DONE: Final = m.BindResponse()


def sicily(op: m.ProtocolOp) -> m.SicilyAuthentication:
    """The leg that a request is."""
    assert isinstance(op, m.BindRequest)
    assert isinstance(op.authentication, m.SicilyAuthentication)
    return op.authentication


@pytest.mark.parametrize("packages", ["NTLM", "NTLM\0", "NTLM;DPA", "Negotiate;NTLM"])
@pytest.mark.parametrize("code", [ResultCode.success, ResultCode.saslBindInProgress])
def test_three_legs(packages: str, code: ResultCode) -> None:
    """Discovery, negotiation under the package's name, proof; then all is sealed."""
    challenge = m.BindResponse(code, SAID.matched_dn)
    talk = Conversation(m.BindResponse(matched_dn=packages), challenge, DONE)
    talk.run(bind.bind(talk.engine, USER, CLEAR))
    legs = [sicily(op) for op in talk.sent]
    assert [leg.choice.value for leg in legs] == [9, 10, 11]
    names = [op.name for op in talk.sent if isinstance(op, m.BindRequest)]
    assert names == ["", "NTLM", ""]
    assert legs[0].token == b""
    assert Negotiate.unpack(legs[1].token).flags & 0x30 == 0x30
    assert Authenticate.unpack(legs[2].token).user == "User"
    assert talk.engine.layer is not None
    assert talk.engine.layer.seals


def test_challenge_where_sasl_has_it() -> None:
    """A server that answers like SASL is understood too."""
    challenge = m.BindResponse(server_sasl_creds=CHALLENGE)
    talk = Conversation(PACKAGES, challenge, DONE)
    talk.run(bind.bind(talk.engine, USER, CLEAR))
    assert len(talk.sent) == 3


def test_no_layer_inside_tls() -> None:
    """Inside TLS nothing else is around what follows."""
    talk = Conversation(PACKAGES, SAID, DONE)
    inside = Surroundings(host="dc1.example.com", tls=True)
    talk.run(bind.bind(talk.engine, USER, inside))
    assert talk.engine.layer is None


@pytest.mark.parametrize(
    ("answers", "kind", "sent"),
    [
        ([m.BindResponse(ResultCode.invalidCredentials)], InvalidCredentials, 1),
        (
            [PACKAGES, SAID, m.BindResponse(ResultCode.invalidCredentials)],
            InvalidCredentials,
            3,
        ),
        ([m.BindResponse(matched_dn="DPA;MSN")], LocalProtocolError, 1),
        ([DONE], RemoteProtocolError, 1),
        ([PACKAGES, DONE], RemoteProtocolError, 2),
        ([PACKAGES, PACKAGES], RemoteProtocolError, 2),
        ([PACKAGES, m.BindResponse(ResultCode.busy)], LDAPError, 2),
    ],
)
def test_refusals(
    answers: list[m.ProtocolOp], kind: type[LDAPError], sent: int
) -> None:
    """Each is its own error, and nothing is sent behind it."""
    talk = Conversation(*answers)
    with pytest.raises(kind):
        talk.run(bind.bind(talk.engine, USER, CLEAR))
    assert [sicily(op).choice.value for op in talk.sent] == [9, 10, 11][:sent]
    assert talk.engine.layer is None


def test_unknown_to_the_server() -> None:
    """A server without Sicily says so; it is asked what it has."""
    refusal = m.BindResponse(ResultCode.authMethodNotSupported)
    values = m.PartialAttribute("supportedSASLMechanisms", (b"GSS-SPNEGO",))
    entry = m.SearchResultEntry("", (values,))
    talk = Conversation(refusal, [entry, m.SearchResultDone()])
    with pytest.raises(AuthMethodNotSupported) as caught:
        talk.run(bind.bind(talk.engine, USER, CLEAR))
    assert "GSS-SPNEGO" in str(caught.value.__notes__)


def test_tokens_are_hidden() -> None:
    """No message shows its token."""
    shown = repr(m.SicilyAuthentication(m.SicilyChoice.response, b"secret"))
    assert "secret" not in shown
    assert "6 bytes hidden" in shown
