"""NTLM binds: another implementation's server, hostile servers, and what is tried next."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import pytest
import spnego
from attrs import evolve
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from ldapom.errors import (
    InvalidCredentials,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
    UnwillingToPerform,
)
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Ntlm
from ldapom.protocol.sasl import Surroundings, _negotiation
from ldapom.protocol.sasl._ntlm_messages import Challenge, Flag
from ldapom.protocol.sasl.ntlm import BareNtlmMechanism, NtlmMechanism
from tests.protocol.sasl.peer import Peer, going_on, success
from tests.protocol.sasl.test_ntlm import ACCOUNT, FLAGS
from tests.protocol.sasl.test_ntlm_messages import CHALLENGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers.pki import Pki

CLEAR: Final = Surroundings(host="dc1.example.com", may_expose=False)
LOOPBACK: Final = Surroundings(host="localhost")
INSIDE: Final = Surroundings(host="dc1.example.com", tls=True)
USER: Final = Ntlm("Domain\\User", "Password")


class Server:
    """The library's own acceptor, behind the server's half of a bind."""

    def __init__(self, **more: Any) -> None:
        self.context = spnego.server(
            options=spnego.NegotiateOptions.use_negotiate, service="ldap", **more
        )

    def answer(self, token: bytes | None) -> m.BindResponse:
        """What it says to a token."""
        try:
            out = self.context.step(token)
        except SpnegoError:
            return m.BindResponse(ResultCode.invalidCredentials)
        return success(out) if self.context.complete else going_on(out)


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The users that the library's acceptor knows."""
    path = tmp_path / "users"
    path.write_text("Domain:User:Password\n:user@realm:Password\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(path))


@pytest.mark.usefixtures("user_file")
class TestAgainstAnother:
    """Another implementation accepts us, by password and by hash."""

    @pytest.mark.parametrize(
        "credentials",
        [
            USER,
            Ntlm("User", "Password", domain="Domain"),
            Ntlm("user@realm", "Password"),
            Ntlm("Domain\\User", hash="a4f49c406510bdcab6824ee7c30fd852"),
            Ntlm("Domain\\User", hash=f"{'0' * 32}:A4F49C406510BDCAB6824EE7C30FD852"),
        ],
        ids=["domain", "parameter", "realm", "hash", "both hashes"],
    )
    def test_negotiated(self, credentials: Ntlm) -> None:
        """GSS-SPNEGO with its signatures, and then a sealed layer."""
        server = Server(protocol="negotiate")
        peer = Peer(server.answer)
        peer.bind(credentials, CLEAR)
        layer = peer.engine.layer
        assert layer is not None
        assert server.context.unwrap(layer.wrap(b"hello")).data == b"hello"
        assert layer.unwrap(server.context.wrap(b"there").data) == b"there"
        assert layer.seals

    def test_binding(self, pki: Pki) -> None:
        """Inside TLS the right binding is taken, another one refused, and no layer."""
        certificate = ssl.PEM_cert_to_DER_cert(pki.cert("server").read_text())
        around = evolve(INSIDE, certificate=certificate)
        assert around.end_point is not None
        data = b"tls-server-end-point:" + around.end_point
        right = GssChannelBindings(application_data=data)
        peer = Peer(Server(protocol="negotiate", channel_bindings=right).answer)
        peer.bind(USER, around)
        assert peer.engine.layer is None
        other = GssChannelBindings(application_data=b"tls-server-end-point:other")
        peer = Peer(Server(protocol="negotiate", channel_bindings=other).answer)
        with pytest.raises(InvalidCredentials):
            peer.bind(USER, around)
        unbound = Ntlm("Domain\\User", "Password", channel_binding=False)
        Peer(Server(protocol="negotiate", channel_bindings=other).answer).bind(
            unbound, around
        )

    def test_wrong_password(self) -> None:
        """It is refused."""
        with pytest.raises(InvalidCredentials):
            Peer(Server(protocol="negotiate").answer).bind(
                Ntlm("Domain\\User", "password"), CLEAR
            )

    def test_bare(self) -> None:
        """The mechanism NTLM by itself; no layer, also on a clear connection."""
        server = Server(protocol="ntlm")

        def answer(token: bytes | None) -> m.BindResponse:
            spnego_token = (token or b"").startswith(b"\x60")
            if spnego_token:
                return m.BindResponse(ResultCode.authMethodNotSupported)
            return server.answer(token)

        peer = Peer(answer, supportedSASLMechanisms=["PLAIN", "NTLM"])
        peer.bind(USER, LOOPBACK)
        assert peer.mechanisms == ["GSS-SPNEGO", "NTLM", "NTLM"]
        assert peer.engine.layer is None


def answering(*answers: m.BindResponse) -> Callable[[bytes | None], m.BindResponse]:
    """A server that has its answers ready."""
    left = list(answers)
    return lambda _: left.pop(0)


def spnego_challenge(**more: Any) -> m.BindResponse:
    """A challenge inside SPNEGO."""
    made: dict[str, Any] = {"mechanism": _negotiation.NTLM, "token": CHALLENGE} | more
    return going_on(_negotiation.Answer(**made).pack())


class TestHostile:
    """Servers that do what they must not."""

    @pytest.mark.parametrize(
        ("answers", "words"),
        [
            ([success()], "never asked"),
            ([success(CHALLENGE)], "never asked"),
            ([going_on(None)], "not due"),
            ([going_on(b"\xa1\x03nonsense")], "NegTokenResp"),
            ([going_on(CHALLENGE)], "NegTokenResp"),
            ([spnego_challenge(token=None)], "no challenge"),
            ([spnego_challenge(token=CHALLENGE[:40])], "NTLM"),
            ([spnego_challenge(mechanism=b"\x06\x01\x2a")], "not offered"),
            ([spnego_challenge(state=_negotiation.State.reject)], "no NTLM"),
            ([spnego_challenge(), spnego_challenge()], "not due"),
            ([spnego_challenge(), success()], "did not prove"),
            (
                [
                    spnego_challenge(),
                    success(
                        _negotiation.Answer(_negotiation.State(0), mic=bytes(16)).pack()
                    ),
                ],
                "changed",
            ),
        ],
    )
    def test_negotiated(self, answers: list[m.BindResponse], words: str) -> None:
        """Each is an error that ends the connection, and no layer is made."""
        peer = Peer(answering(*answers))
        with pytest.raises(RemoteProtocolError, match=words):
            peer.bind(USER, CLEAR)
        assert peer.engine.layer is None

    def test_old_servers_repeat_the_token(self) -> None:
        """A signature that is the token again counts as none."""
        answer = _negotiation.Answer(token=CHALLENGE, mic=CHALLENGE)
        assert _negotiation.Answer.unpack(answer.pack()).mic is None

    def test_unknown_state(self) -> None:
        """A state of the negotiation that nobody knows is refused."""
        with pytest.raises(RemoteProtocolError, match="no state"):
            _negotiation.Answer.unpack(bytes.fromhex("a1073005a0030a0109"))

    def test_no_layer_to_be_had(self) -> None:
        """Without signing nothing of the user goes over a clear connection."""
        weak = evolve(Challenge.unpack(CHALLENGE), flags=FLAGS & ~Flag.sign).pack()
        peer = Peer(answering(spnego_challenge(token=weak)))
        with pytest.raises(LocalProtocolError, match="start_tls=True"):
            peer.bind(USER, CLEAR)
        assert len(peer.said) == 1
        assert not any("User".encode("utf-16-le") in (t or b"") for t in peer.said)

    def test_bare_may_not_be_exposed(self) -> None:
        """The mechanism NTLM has no layer: to others in clear nothing is sent."""
        refusal = m.BindResponse(ResultCode.authMethodNotSupported)
        peer = Peer(lambda _: refusal, supportedSASLMechanisms=["NTLM"])
        with pytest.raises(LocalProtocolError, match="ldaps://"):
            peer.bind(USER, CLEAR)
        assert peer.mechanisms == ["GSS-SPNEGO"]

    def test_bare_challenges(self) -> None:
        """The mechanism NTLM takes one challenge and nothing behind it."""
        for answers, words in (
            ([success()], "never asked"),
            ([going_on(CHALLENGE), success(b"more")], "more came"),
            ([going_on(CHALLENGE), going_on(CHALLENGE)], "not due"),
        ):
            peer = Peer(
                answering(m.BindResponse(ResultCode.authMethodNotSupported), *answers),
                supportedSASLMechanisms=["NTLM"],
            )
            with pytest.raises(RemoteProtocolError, match=words):
                peer.bind(USER, LOOPBACK)


class TestAlternative:
    """When the mechanism NTLM is tried."""

    def test_only_before_the_proof(self) -> None:
        """A refused password is not tried again elsewhere: it would count twice."""
        refusal = m.BindResponse(ResultCode.invalidCredentials)
        peer = Peer(
            answering(spnego_challenge(), refusal), supportedSASLMechanisms=["NTLM"]
        )
        with pytest.raises(InvalidCredentials):
            peer.bind(USER, LOOPBACK)
        assert (peer.looks, len(peer.mechanisms)) == (0, 2)

    def test_only_where_offered(self) -> None:
        """What the server said stands, where it has no NTLM."""
        refusal = m.BindResponse(ResultCode.unwillingToPerform)
        peer = Peer(answering(refusal), supportedSASLMechanisms=["GSS-SPNEGO"])
        with pytest.raises(UnwillingToPerform):
            peer.bind(USER, LOOPBACK)
        assert (peer.looks, peer.mechanisms) == (1, ["GSS-SPNEGO"])

    def test_other_runs_have_none(self) -> None:
        """Neither the mechanism NTLM itself nor Sicily is followed by another."""
        bare = BareNtlmMechanism(ACCOUNT, LOOPBACK)
        assert USER.alternative(bare, LOOPBACK) is None
        first = USER.mechanism(LOOPBACK)
        assert isinstance(first, NtlmMechanism)
        assert isinstance(USER.alternative(first, LOOPBACK), BareNtlmMechanism)
        sicily = Ntlm("User", "x", sicily=True)
        assert sicily.alternative(sicily.mechanism(LOOPBACK), LOOPBACK) is None
