"""Whole binds by SCRAM, with servers that are what the test wants."""

from __future__ import annotations

from traceback import TracebackException
from typing import Final

import pytest
import scramp

from ldapom.errors import (
    ChannelBindingRejected,
    InvalidCredentials,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol import sasl
from ldapom.protocol.credentials import Scram
from ldapom.protocol.sasl import Surroundings
from tests.protocol.sasl.peer import Peer, going_on, success

CLEAR: Final = Surroundings(host="ldap.example.com", may_expose=False)
TLS: Final = Surroundings(host="ldap.example.com", tls=True, certificate=b"some")
NAME: Final = "SCRAM-SHA-256"
#: Of RFC 7677 3: right for another bind.
FIRST: Final = (
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
)


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate has a channel binding, whatever it is."""
    monkeypatch.setattr(sasl, "end_point", lambda certificate: bytes(32))


class TestBind:
    """Whole binds."""

    def test_strangers_may_not_read_along(self) -> None:
        """On a clear connection to elsewhere nothing is sent without permission."""
        peer = Peer(lambda said: going_on(FIRST))
        with pytest.raises(LocalProtocolError, match="allow_cleartext"):
            peer.bind(Scram("user", "pencil"), CLEAR)
        assert peer.said == []

    def test_a_server_that_says_success_to_everything(self) -> None:
        """Is not believed, and not spoken to any more."""
        peer = Peer(lambda said: success())
        with pytest.raises(RemoteProtocolError, match="did not prove"):
            peer.bind(Scram("user", "pencil"))
        assert peer.engine.closed

    def test_a_server_that_never_ends(self) -> None:
        """Its second challenge has to be its proof."""
        peer = Peer(lambda said: going_on(FIRST))
        with pytest.raises(RemoteProtocolError, match="does not continue"):
            peer.bind(Scram("user", "pencil"))

    def test_one_leg_for_each_message(self) -> None:
        """Two on a clear connection, and the list is not read."""
        maker = scramp.ScramMechanism(NAME)
        server = maker.make_server(lambda name: maker.make_auth_info("pencil"))

        def answer(said: bytes | None) -> m.BindResponse:
            text = (said or b"").decode()
            if text.startswith("n,,"):
                server.set_client_first(text)
                return going_on(server.get_server_first().encode())
            server.set_client_final(text)
            return success(server.get_server_final().encode())

        peer = Peer(answer)
        peer.bind(Scram("user", "pencil"))
        assert (len(peer.said), peer.looks) == (2, 0)

    @pytest.mark.usefixtures("bound")
    def test_inside_tls_the_list_is_read(self) -> None:
        """And the variant with channel binding is the one that is begun."""
        peer = Peer(
            lambda said: success(),
            supportedSASLMechanisms=[NAME, NAME + "-PLUS"],
            objectClass=["top", "OpenLDAProotDSE"],
        )
        with pytest.raises(RemoteProtocolError, match="did not prove"):
            peer.bind(Scram("user", "pencil"), TLS)
        assert peer.looks == 1
        assert peer.mechanisms == [NAME + "-PLUS"]
        assert (peer.said[0] or b"").startswith(b"p=ldap,,n=user,r=")

    @pytest.mark.usefixtures("bound")
    def test_what_is_not_offered_is_not_begun(self) -> None:
        """The error names what is."""
        peer = Peer(lambda said: success(), supportedSASLMechanisms=["PLAIN", NAME])
        with pytest.raises(LocalProtocolError, match="PLAIN, SCRAM-SHA-256"):
            peer.bind(Scram("user", "pencil", NAME + "-PLUS"), TLS)
        assert peer.said == []


def canary() -> Scram:
    """Credentials whose password stands in no line of the test below."""
    return Scram("user", "tiger-lily")


@pytest.mark.parametrize("challenge", [FIRST, b"", None])
def test_tracebacks_hide_the_password(challenge: bytes | None) -> None:
    """Also those that print the locals of every frame."""
    peer = Peer(lambda said: success() if challenge is None else going_on(challenge))
    with pytest.raises(RemoteProtocolError) as caught:
        peer.bind(canary())
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "tiger" not in "".join(shown.format())
    with pytest.raises(LocalProtocolError) as refused:
        peer.bind(canary(), CLEAR)
    shown = TracebackException.from_exception(refused.value, capture_locals=True)
    assert "tiger" not in "".join(shown.format())


@pytest.mark.parametrize(
    ("code", "words", "remedy"),
    [
        (80, "SASL(-5): … Channel bindings mismatch in SCRAM-SHA-256", "between ends"),
        (80, "Unsupported channel bindings length received in …", "between ends"),
        (80, "Unsupported channel bindings type received in …", "between ends"),
        (49, "SCRAM: channel-bindings-dont-match", "between ends"),
        (49, "client incorrectly assumed server had no channel binding", "the list"),
        (49, "SCRAM: server-does-support-channel-binding", "the list"),
    ],
)
def test_refused_bindings(code: int, words: str, remedy: str) -> None:
    """Are told as such, in the words of Cyrus SASL and of RFC 5802."""
    answer = m.BindResponse(ResultCode(code), diagnostic_message=words)
    with pytest.raises(ChannelBindingRejected, match=remedy):
        Peer(lambda said: answer).bind(Scram("user", "pencil"))


@pytest.mark.parametrize("words", ["StoredKey mismatch", "SCRAM: invalid-proof", ""])
def test_a_wrong_password(words: str) -> None:
    """Is one, and nothing else."""
    answer = m.BindResponse(ResultCode.invalidCredentials, diagnostic_message=words)
    with pytest.raises(InvalidCredentials):
        Peer(lambda said: answer).bind(Scram("user", "pencil"))
