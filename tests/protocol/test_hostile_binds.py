"""Servers that cheat at a bind, and people between: what is raised, and what they saw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.errors import (
    AuthMethodNotSupported,
    LDAPError,
    LocalProtocolError,
    ProtocolError,
    RemoteProtocolError,
    ResultCode,
    TLSError,
)
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Kerberos, Spnego
from ldapom.protocol.extended import START_TLS
from tests.canary import CANARY, check, exposed, shapes
from tests.protocol.attempts import DRIVERS, TALKING, WAYS
from tests.protocol.hostile import HostileServer, Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.attempts import Attempt
    from tests.servers.kdc import Kdc

OFFERED: Final = (
    *("EXTERNAL", "PLAIN", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"),
    *("SCRAM-SHA-512", "GSSAPI", "GSS-SPNEGO", "NTLM"),
)
#: Those that send the password as it is: whoever is at the other end has it.
BARE: Final = {"Simple", "PLAIN"}
#: More legs than any mechanism has.
MOST_LEGS: Final = 20

drivers = pytest.mark.parametrize("driver", DRIVERS)
ways = pytest.mark.parametrize("way", WAYS)
talking = pytest.mark.parametrize("way", TALKING)


def serve(
    answer: Callable[[Peer, m.LDAPMessage], None],
    *,
    offered: tuple[str, ...] = OFFERED,
) -> Callable[[Peer], None]:
    """A server that tells what it offers, and answers binds by a function."""
    names = tuple(name.encode() for name in offered)

    def script(peer: Peer) -> None:
        while True:
            request = peer.next()
            if isinstance(request.op, m.SearchRequest):
                listed = m.PartialAttribute("supportedSASLMechanisms", names)
                kinds = m.PartialAttribute("objectClass", (b"top",))
                root = (kinds, listed) if names else (kinds,)
                peer.answer(request, m.SearchResultEntry("", root))
                peer.answer(request, m.SearchResultDone())
            elif isinstance(request.op, m.BindRequest):
                answer(peer, request)

    return script


def how_of(request: m.LDAPMessage) -> m.BindRequest:
    """The bind in a message."""
    assert isinstance(request.op, m.BindRequest)
    return request.op


def binds(server: HostileServer) -> list[m.BindRequest]:
    """The binds that came."""
    return [r.op for r in server.received if isinstance(r.op, m.BindRequest)]


def seen(server: HostileServer) -> bytes:
    """All octets that the server got."""
    return b"".join(codec.encode(message) for message in server.received)


def check_unseen(octets: bytes) -> None:
    """The password is not in there, in no shape."""
    text = octets.decode("latin1")
    for shape in shapes(CANARY.encode()) | shapes(CANARY.encode("utf-16-le")):
        assert shape not in text


def check_error(attempt: Attempt, kind: type[LDAPError], words: str) -> None:
    """It is of its kind, says so, and shows nothing secret."""
    assert isinstance(attempt.error, kind), attempt.error
    assert re.search(words, attempt.said), attempt.said
    assert len(attempt.said) < 2000
    assert attempt.found == 0
    check(exposed(attempt.error))


def going_on(token: bytes) -> m.BindResponse:
    """What says that there is more to come."""
    return m.BindResponse(ResultCode.saslBindInProgress, server_sasl_creds=token)


# --- success to everything -----------------------------------------------------------


def accept(peer: Peer, request: m.LDAPMessage) -> None:
    """Success."""
    peer.answer(request, m.BindResponse())


UNPROVED: Final = {
    "DIGEST-MD5": "did not prove",
    "SCRAM-SHA-1": "did not prove",
    "SCRAM-SHA-256": "did not prove",
    "SCRAM-SHA-512": "did not prove",
    "GSS-SPNEGO": "never asked for a proof",
    "Sicily": "no answer to package_discovery",
}


class TestSuccessToEverything:
    """A server that lets everybody in, and is nobody's."""

    @drivers
    @talking
    def test_who_has_to_prove_itself_is_found_out(self, way: str, driver: str) -> None:
        """Nothing follows such a bind, and of the password nothing was said."""
        with hostile(serve(accept)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, RemoteProtocolError, UNPROVED[way])
        assert not attempt.is_open
        assert isinstance(server.received[-1].op, m.BindRequest | m.UnbindRequest)
        check_unseen(seen(server))

    @drivers
    @pytest.mark.parametrize("way", ["Simple", "EXTERNAL", "PLAIN"])
    def test_others_can_not_tell(self, way: str, driver: str) -> None:
        """They rest on the server's certificate alone."""
        with hostile(serve(accept)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        assert attempt.error is None
        assert attempt.is_open

    @pytest.mark.real_server
    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    @drivers
    def test_kerberos(
        self, kerberos: Kdc, driver: str, kind: type[Kerberos | Spnego]
    ) -> None:
        """The ticket alone is no proof of the server's."""
        assert kerberos.realm
        with hostile(serve(accept)) as server:
            attempt = DRIVERS[driver](server.url, kind(host="localhost"))
        check_error(attempt, RemoteProtocolError, "prove")
        assert not attempt.is_open

    @drivers
    @pytest.mark.parametrize(
        "final", [None, b"", b"v=AAAA", b"rspauth=00000000000000000000000000000000"]
    )
    @pytest.mark.parametrize(
        "way", [way for way in TALKING if way not in {"GSS-SPNEGO", "Sicily"}]
    )
    def test_a_challenge_first_changes_nothing(
        self, way: str, final: bytes | None, driver: str
    ) -> None:
        """Whoever does not know the password has no proof to give."""

        def answer(peer: Peer, request: m.LDAPMessage) -> None:
            challenge = challenge_to(how_of(request))
            last = m.BindResponse(server_sasl_creds=final)
            peer.answer(request, last if challenge is None else going_on(challenge))

        with hostile(serve(answer)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        assert len(binds(server)) == 2
        check_error(attempt, RemoteProtocolError, "prove|know|proof")
        assert not attempt.is_open
        check_unseen(seen(server))


def challenge_to(request: m.BindRequest) -> bytes | None:
    """A good challenge to a first message; None for a second one."""
    how = request.authentication
    assert isinstance(how, m.SaslCredentials)
    said = how.credentials or b""
    if how.mechanism == "DIGEST-MD5":
        return None if said else DIGEST_CHALLENGE
    nonce = re.match(rb"[nyp].*?,.*?,n=ada,r=(.*)", said)
    return b"r=%b+,s=c2FsdA==,i=4096" % nonce[1] if nonce else None


DIGEST_CHALLENGE: Final = (
    b'realm="x",nonce="y",qop="auth",charset=utf-8,algorithm=md5-sess'
)


# --- StartTLS ------------------------------------------------------------------------


class TestStartTls:
    """Who asks for TLS gets it, or nothing of him is said."""

    @staticmethod
    def check_only_asked(server: HostileServer) -> None:
        """The server saw the request for TLS and nothing else."""
        assert [r.op for r in server.received] == [m.ExtendedRequest(START_TLS)]

    @pytest.mark.parametrize(
        "code",
        [
            ResultCode.protocolError,
            ResultCode.unavailable,
            ResultCode.operationsError,
            ResultCode.referral,
        ],
    )
    @drivers
    @ways
    def test_refused(self, way: str, driver: str, code: ResultCode) -> None:
        """The refusal is told, and nothing follows in clear."""

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.ExtendedResponse(code))
            peer.wait_for_end()

        with hostile(script) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way](), start_tls=True)
        check_error(attempt, TLSError, f"refused StartTLS: {code.name}")
        self.check_only_asked(server)

    @drivers
    @ways
    def test_plaintext_behind_the_answer(self, way: str, driver: str) -> None:
        """An answer to the bind that somebody put there is never read."""

        def script(peer: Peer) -> None:
            request = peer.next()
            yes = m.ExtendedResponse(name=START_TLS)
            peer.send(
                codec.encode(m.LDAPMessage(request.message_id, yes))
                + codec.encode(m.LDAPMessage(2, m.BindResponse()))
            )
            peer.wait_for_end()

        with hostile(script) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way](), start_tls=True)
        check_error(attempt, RemoteProtocolError, "may be injected")
        self.check_only_asked(server)

    @drivers
    @ways
    def test_no_handshake(self, way: str, driver: str) -> None:
        """LDAP in clear where TLS is due is no TLS."""
        behind: list[bytes] = []

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.ExtendedResponse(name=START_TLS))
            behind.append(peer.socket.recv(65536))
            peer.say(2, m.BindResponse())
            peer.wait_for_end()

        with hostile(script) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way](), start_tls=True)
        check_error(attempt, TLSError, "")
        assert behind[0].startswith(b"\x16")  # a ClientHello
        check_unseen(behind[0])


# --- what is offered -----------------------------------------------------------------


class TestOffers:
    """A server, or somebody between, that offers little."""

    @drivers
    @pytest.mark.parametrize("way", [way for way in WAYS if way != "Simple"])
    @pytest.mark.parametrize("offered", [(), ("CRAM-MD5", "X\x1b[31m-EVIL")])
    def test_what_is_not_offered(
        self, way: str, driver: str, offered: tuple[str, ...]
    ) -> None:
        """It is told with what there is, and nothing secret has left."""

        def refuse(peer: Peer, request: m.LDAPMessage) -> None:
            code = ResultCode.authMethodNotSupported
            peer.answer(request, m.BindResponse(code, "", "no such thing"))

        with hostile(serve(refuse, offered=offered)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        assert len(binds(server)) == (0 if way == "PLAIN" else 1)
        check_unseen(seen(server))
        kind = (AuthMethodNotSupported, LocalProtocolError)
        assert isinstance(attempt.error, kind)
        assert "does not offer" in attempt.said
        assert "\x1b" not in attempt.said
        listed = "CRAM-MD5" if offered else "no SASL mechanism at all"
        assert listed in attempt.said

    @drivers
    @talking
    def test_nothing_weaker_is_used(self, way: str, driver: str) -> None:
        """A list of PLAIN alone makes nobody send a password."""

        def refuse(peer: Peer, request: m.LDAPMessage) -> None:
            peer.answer(request, m.BindResponse(ResultCode.authMethodNotSupported))

        with hostile(serve(refuse, offered=("PLAIN",))) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, AuthMethodNotSupported, "it offers PLAIN")
        used = {
            how.authentication.mechanism
            for how in binds(server)
            if isinstance(how.authentication, m.SaslCredentials)
        }
        assert used <= {way}
        check_unseen(seen(server))

    def test_the_list_is_read_each_time(self) -> None:
        """What is offered may change with TLS, so nothing is kept of it."""
        lists = [("PLAIN",), ("GSSAPI", "SCRAM-SHA-256-PLUS"), ()]

        def script(peer: Peer) -> None:
            peer.accept_bind()
            for names in lists:
                request = peer.next()
                values = tuple(name.encode() for name in names)
                listed = m.PartialAttribute("supportedSASLMechanisms", values)
                peer.answer(request, m.SearchResultEntry("", (listed,)))
                peer.answer(request, m.SearchResultDone())
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            found = [connection.supported_sasl_mechanisms for _ in lists]
        assert found == lists


# --- somewhere else ------------------------------------------------------------------


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers of this test are on another machine, as far as ldapom knows."""
    from ldapom.protocol.io.streams import SocketStream
    from ldapom.protocol.io.sync import SocketTransport

    for kind in (SocketTransport, SocketStream):
        monkeypatch.setattr(kind, "is_private", False)


#: MS-NLMP 4.2.4.3, but for the flags of signing and sealing.
NTLM_CHALLENGE: Final = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000003028ae20123456789abcdef"
    "00000000000000002400240044000000060070170000000f5300650072007600"
    "6500720002000c0044006f006d00610069006e0001000c005300650072007600"
    "6500720000000000"
)


@pytest.mark.usefixtures("far_away")
class TestFarAway:
    """In clear to another machine: who changes what the ends agree on."""

    @drivers
    @pytest.mark.parametrize(
        "way", ["Simple", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    )
    def test_without_a_layer_nothing_is_said(self, way: str, driver: str) -> None:
        """Not even a message from which passwords could be guessed."""
        with hostile(serve(accept)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, LocalProtocolError, "ldaps://.*allow_cleartext=True")
        assert not binds(server)

    @drivers
    @pytest.mark.parametrize("way", ["DIGEST-MD5", "GSS-SPNEGO", "Sicily"])
    def test_who_takes_the_layer_away(self, way: str, driver: str) -> None:
        """A challenge without signing gets no answer."""

        def answer(peer: Peer, request: m.LDAPMessage) -> None:
            peer.answer(request, unprotected(how_of(request)))

        with hostile(serve(answer)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, LocalProtocolError, "ldaps://")
        check_unseen(seen(server))
        assert len(binds(server)) == (2 if way == "Sicily" else 1)

    @drivers
    def test_who_leaves_nothing_but_bare_ntlm(self, driver: str) -> None:
        """It has no layer, so it is not begun."""

        def refuse(peer: Peer, request: m.LDAPMessage) -> None:
            peer.answer(request, m.BindResponse(ResultCode.authMethodNotSupported))

        with hostile(serve(refuse, offered=("NTLM",))) as server:
            attempt = DRIVERS[driver](server.url, WAYS["GSS-SPNEGO"]())
        check_error(attempt, LocalProtocolError, "ldaps://")
        assert len(binds(server)) == 1


def unprotected(request: m.BindRequest) -> m.BindResponse:
    """A challenge that offers no protection of what follows."""
    from ldapom.protocol.sasl import _negotiation as spnego

    how = request.authentication
    if isinstance(how, m.SicilyAuthentication):
        token = NTLM_CHALLENGE if how.token else b"NTLM"
        return m.BindResponse(server_sasl_creds=token)
    assert isinstance(how, m.SaslCredentials)
    if how.mechanism == "DIGEST-MD5":
        return going_on(DIGEST_CHALLENGE)
    state = spnego.State.accept_incomplete
    oid = spnego.NTLM
    return going_on(spnego.Answer(state, oid, token=NTLM_CHALLENGE).pack())


# --- legs ----------------------------------------------------------------------------


def babble(size: int) -> Callable[[Peer, m.LDAPMessage], None]:
    """Answer each leg with so many octets that are nothing."""

    def answer(peer: Peer, request: m.LDAPMessage) -> None:
        token = b"A" * size
        if isinstance(how_of(request).authentication, m.SicilyAuthentication):
            peer.answer(request, m.BindResponse(server_sasl_creds=token))
        else:
            peer.answer(request, going_on(token))

    return answer


class TestLegs:
    """Challenges that are none, too large, or without end."""

    @drivers
    @talking
    @pytest.mark.parametrize("size", [0, 1, 31, 10_000_000])
    def test_challenges_that_are_none(self, way: str, driver: str, size: int) -> None:
        """From nothing to ten megabytes: one error, soon, that repeats none of it."""
        with hostile(serve(babble(size))) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, ProtocolError, way if way != "Simple" else "")
        assert attempt.seconds < 5
        assert len(binds(server)) <= MOST_LEGS
        check_unseen(seen(server))

    @drivers
    @pytest.mark.parametrize("way", [way for way in TALKING if way != "Sicily"])
    def test_no_end(self, way: str, driver: str) -> None:
        """Good challenges, again and again, get no second proof."""

        def answer(peer: Peer, request: m.LDAPMessage) -> None:
            how = how_of(request).authentication
            assert isinstance(how, m.SaslCredentials)
            if way == "GSS-SPNEGO":
                peer.answer(request, unprotected(how_of(request)))
                return
            challenge = challenge_to(how_of(request)) or DIGEST_CHALLENGE
            peer.answer(request, going_on(challenge))

        with hostile(serve(answer)) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way](), timeout=10)
        check_error(attempt, LDAPError, "")
        assert len(binds(server)) <= MOST_LEGS
        check_unseen(seen(server))

    @drivers
    @pytest.mark.parametrize("way", ["Simple", "EXTERNAL", "PLAIN"])
    def test_legs_that_are_not_due(self, way: str, driver: str) -> None:
        """Those of one message do not go on."""
        with hostile(serve(babble(5))) as server:
            attempt = DRIVERS[driver](server.url, WAYS[way]())
        check_error(attempt, LDAPError, "")
        assert len(binds(server)) == 1
