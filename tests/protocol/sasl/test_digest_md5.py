"""DIGEST-MD5: the examples of RFC 2831, its choices, and hostile challenges."""

from __future__ import annotations

import hashlib
import re
from traceback import TracebackException
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.credentials import DigestMD5
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl import digest_challenge as directives
from ldapom.protocol.sasl.digest_challenge import Challenge, quoted
from ldapom.protocol.sasl.digest_md5 import DigestIdentity, DigestMD5Mechanism
from ldapom.secrets import Secret
from tests.protocol.sasl.peer import Peer, going_on, success

HERE: Final = Surroundings(host="elwood.innosoft.com")
CLEAR: Final = Surroundings(host="elwood.innosoft.com", may_expose=False)
TLS: Final = Surroundings(host="elwood.innosoft.com", tls=True)

CHALLENGE: Final = (
    b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",'
    b"algorithm=md5-sess,charset=utf-8"
)
BOTH: Final = CHALLENGE.replace(b'"auth"', b'"auth,auth-int"')
PROOF: Final = b"rspauth=ea40f60335c427b5527b84dbabcdfffd"

#: RFC 2831 4: service, challenge, client nonce, response, proof.
VECTORS: Final = {
    "imap": (
        "imap",
        CHALLENGE,
        "OA6MHXh6VqTrRk",
        b"d388dad90d4bbd760a152321f2143af7",
        PROOF,
    ),
    "acap": (
        "acap",
        CHALLENGE.replace(b"OA6MG9tEQGm2hh", b"OA9BSXrbuRhWay"),
        "OA9BSuZWMSpW8m",
        b"6084c6db3fede7352c551284490fd0fc",
        b"rspauth=2f0b3d7c3c2e486600ef710726aa2eae",
    ),
}

pytestmark = pytest.mark.filterwarnings("ignore:DIGEST-MD5 is historic")


def run(
    around: Surroundings = HERE,
    realm: str | None = None,
    user: str = "chris",
    nonce: str = "OA6MHXh6VqTrRk",
    service: str = "imap",
) -> DigestMD5Mechanism:
    """A run of the RFC's user, past the empty first message."""
    identity = DigestIdentity(
        user, Secret("secret"), realm, nonce=nonce, service=service
    )
    mechanism = DigestMD5Mechanism(identity, around)
    assert mechanism.step(None) is None
    return mechanism


def said(response: bytes | None) -> dict[str, bytes]:
    """The directives of a response."""
    found = directives.read(response or b"", directives.MAX_RESPONSE)
    return {name: values[0] for name, values in found.items()}


def expected(challenge: bytes, answer: dict[str, bytes], password: bytes) -> bytes:
    """The response, computed once more from RFC 2831 2.1.2.1."""
    found = said(challenge)
    key = hashlib.md5(
        b":".join((answer["username"], answer.get("realm", b""), password))
    ).digest()
    first = [key, found["nonce"], answer["cnonce"]]
    first += [answer["authzid"]] if "authzid" in answer else []
    suffix = b":" + b"0" * 32 if answer["qop"] != b"auth" else b""
    second = b"AUTHENTICATE:" + answer["digest-uri"] + suffix

    def hexed(data: bytes) -> bytes:
        return hashlib.md5(data).hexdigest().encode()

    middle = (found["nonce"], answer["nc"], answer["cnonce"], answer["qop"])
    return hexed(b":".join((hexed(b":".join(first)), *middle, hexed(second))))


class TestVectors:
    """The examples of RFC 2831 4."""

    @pytest.mark.parametrize("vector", VECTORS.values(), ids=list(VECTORS))
    def test_example(self, vector: tuple[str, bytes, str, bytes, bytes]) -> None:
        """The response is the RFC's, and so is the server's proof."""
        service, challenge, nonce, response, proof = vector
        mechanism = run(nonce=nonce, service=service)
        answer = said(mechanism.step(challenge))
        assert answer == {
            "charset": b"utf-8",
            "username": b"chris",
            "realm": b"elwood.innosoft.com",
            "nonce": said(challenge)["nonce"],
            "nc": b"00000001",
            "cnonce": nonce.encode(),
            "digest-uri": f"{service}/elwood.innosoft.com".encode(),
            "response": response,
            "qop": b"auth",
        }
        assert mechanism.step(proof) == b""
        mechanism.finish(None)
        assert mechanism.layer is None

    def test_proof_at_the_end(self) -> None:
        """A server may send its proof along with success."""
        mechanism = run()
        mechanism.step(CHALLENGE)
        mechanism.finish(PROOF)


class TestChoices:
    """Quality of protection, realm, charset, name of the server."""

    @pytest.mark.parametrize("around", [HERE, CLEAR])
    def test_signed_on_a_clear_connection(self, around: Surroundings) -> None:
        """Where the server can; it is told how much we take."""
        mechanism = run(around)
        answer = said(mechanism.step(BOTH))
        assert (answer["qop"], answer["maxbuf"]) == (b"auth-int", b"65536")
        assert answer["response"] == expected(BOTH, answer, b"secret")
        assert mechanism.layer is not None
        assert mechanism.layer.description == "DIGEST-MD5, signed"

    def test_nothing_new_inside_tls(self) -> None:
        """No layer there, even where one is offered."""
        mechanism = run(TLS)
        assert said(mechanism.step(BOTH))["qop"] == b"auth"
        assert mechanism.layer is None

    @pytest.mark.parametrize(
        ("around", "qop", "words"),
        [
            (TLS, b"auth-int", "inside TLS"),
            (HERE, b"auth-conf", "use TLS"),
            (CLEAR, b"auth", "allow_cleartext"),
            (CLEAR, b"auth,auth-conf", "allow_cleartext"),
        ],
    )
    def test_no_common_quality(
        self, around: Surroundings, qop: bytes, words: str
    ) -> None:
        """The error names the way out, and no answer is sent."""
        mechanism = run(around)
        challenge = CHALLENGE.replace(b'"auth"', b'"%b"' % qop)
        with pytest.raises(LocalProtocolError, match=words):
            mechanism.step(challenge)

    def test_qop_left_out(self) -> None:
        """Is auth (RFC 2831 2.1.1)."""
        mechanism = run()
        challenge = CHALLENGE.replace(b'qop="auth",', b"")
        assert said(mechanism.step(challenge))["qop"] == b"auth"

    def test_several_realms(self) -> None:
        """One of them has to be named."""
        challenge = b'realm="other",' + CHALLENGE
        with pytest.raises(LocalProtocolError, match="other, elwood"):
            run().step(challenge)
        assert said(run(realm="other").step(challenge))["realm"] == b"other"

    def test_no_realm(self) -> None:
        """An empty one is used, and not sent."""
        challenge = CHALLENGE.replace(b'realm="elwood.innosoft.com",', b"")
        answer = said(run().step(challenge))
        assert "realm" not in answer
        assert answer["response"] == expected(challenge, answer, b"secret")

    def test_latin1_is_hashed_as_such(self) -> None:
        """Even when it travels as UTF-8 (RFC 2831 2.1.2.1); what is more is not."""
        for user, hashed in (("chriß", b"chri\xdf"), ("chri€", "chri€".encode())):
            answer = said(run(user=user).step(CHALLENGE))
            assert answer["username"] == user.encode()
            response = answer["response"]
            answer["username"] = hashed
            assert response == expected(CHALLENGE, answer, b"secret")

    def test_a_server_without_utf8(self) -> None:
        """Takes Latin-1, and nothing else."""
        challenge = CHALLENGE.replace(b",charset=utf-8", b"")
        answer = said(run(user="Ã¼").step(challenge))
        assert answer["username"] == b"\xc3\xbc"
        assert "charset" not in answer
        assert answer["response"] == expected(challenge, answer, b"secret")
        with pytest.raises(LocalProtocolError, match="Latin-1"):
            run(user="chri€").step(challenge)

    def test_without_a_host(self) -> None:
        """Over ``ldapi`` it is this very machine."""
        identity = DigestIdentity("chris", Secret("secret"))
        mechanism = DigestMD5Mechanism(identity, Surroundings())
        mechanism.step(None)
        assert said(mechanism.step(CHALLENGE))["digest-uri"] == b"ldap/localhost"

    def test_authorization_identity(self) -> None:
        """Is sent and bound in."""
        mechanism = DigestMD5("chris", "secret", authzid='u:"b\\').mechanism(HERE)
        mechanism.step(None)
        answer = said(mechanism.step(CHALLENGE))
        assert answer["authzid"] == b'u:"b\\'
        assert answer["response"] == expected(CHALLENGE, answer, b"secret")

    def test_a_stale_nonce(self) -> None:
        """Is answered once more with the fresh one, and no third time."""
        mechanism = run()
        first = said(mechanism.step(CHALLENGE))
        fresh = CHALLENGE.replace(b"OA6MG", b"fresh") + b",stale=true"
        second = said(mechanism.step(fresh))
        assert second["nonce"] == b"fresh9tEQGm2hh"
        assert first["response"] != second["response"]
        with pytest.raises(RemoteProtocolError):
            mechanism.step(fresh)

    def test_sizes(self) -> None:
        """What the server says it takes is kept, the smallest too."""
        for maxbuf, room in ((65536, 65516), (1000, 980), (17, 1), (16777215, 65516)):
            mechanism = run()
            mechanism.step(BOTH + b",maxbuf=%d" % maxbuf)
            assert mechanism.layer is not None
            assert mechanism.layer.max_send == room
            assert mechanism.layer.max_receive == 65536


class TestDirectives:
    """What a challenge looks like, and what does not look like one."""

    def test_spaces_and_empty_elements(self) -> None:
        """RFC 2831 7.1 allows both."""
        read = directives.read(b' , a = b\t,,\r\n C="d, \\"e\\\\" ,', 100)
        assert read == {"a": [b"b"], "c": [b'd, "e\\']}

    @given(st.binary(max_size=60))
    def test_quoting(self, value: bytes) -> None:
        """Any value survives."""
        assert directives.read(b"x=" + quoted(value), 1000) == {"x": [value]}

    @given(st.binary(max_size=60) | st.text(',="\\ abc', max_size=30).map(str.encode))
    def test_any_octets(self, message: bytes) -> None:
        """Are read or refused; no other error."""
        for before in (b"", CHALLENGE, CHALLENGE + b","):
            try:
                Challenge.parse(before + message)
            except RemoteProtocolError as error:
                assert "DIGEST-MD5" in str(error)

    @pytest.mark.parametrize(
        ("challenge", "words"),
        [
            (b"", "no nonce"),
            (CHALLENGE.replace(b"OA6MG9tEQGm2hh", b""), "no nonce"),
            (CHALLENGE.replace(b"OA6MG9tEQGm2hh", b"\xff"), None),
            (CHALLENGE + b',nonce="again"', "nonce came 2 times"),
            (CHALLENGE + b",algorithm=md5-sess", "algorithm came 2 times"),
            (CHALLENGE + b",charset=utf-8", "charset came 2 times"),
            (CHALLENGE.replace(b"utf-8", b"utf-7"), "charset"),
            (CHALLENGE.replace(b"md5-sess", b"md5"), "md5-sess"),
            (CHALLENGE.replace(b",algorithm=md5-sess", b""), "md5-sess"),
            (CHALLENGE + b",maxbuf=16", "'16' is no maxbuf"),
            (CHALLENGE + b",maxbuf=16777216", "no maxbuf"),
            (CHALLENGE + b",maxbuf=" + b"9" * 500, "no maxbuf"),
            (CHALLENGE + b',maxbuf="\xb2\xb2"', "no maxbuf"),
            (CHALLENGE + b',x="' + b"y" * 2048 + b'"', "octets"),
            (CHALLENGE + b',x="unended', "no directive at"),
            (CHALLENGE + b" x=y", "no directive at"),
            (CHALLENGE + b",x", "no directive at"),
            (CHALLENGE + b",x=,", "no directive at"),
            (CHALLENGE + b',x="y"z', "no directive at"),
            (b"\0" + CHALLENGE, "no directive at 0"),
        ],
    )
    def test_refused(self, challenge: bytes, words: str | None) -> None:
        """With the words for it; only the octets inside quotes are free."""
        mechanism = run()
        if words is None:
            assert mechanism.step(challenge)
            return
        with pytest.raises(RemoteProtocolError, match=re.escape(words)):
            mechanism.step(challenge)

    def test_hostile_challenges_are_read_in_linear_time(self) -> None:
        """Nothing in them makes the reader go back."""
        for piece in (b'a="\\', b"a=b", b", ,", b"a  = ", b'"\\"'):
            with pytest.raises(RemoteProtocolError):
                Challenge.parse(piece * (2047 // len(piece)))


class TestProof:
    """The server knows the password too, or is not believed."""

    @pytest.mark.parametrize(
        "final",
        [None, b"", b"rspauth=", b"rspauth=" + b"0" * 32, PROOF + b"0", b"x=y", b"\0"],
    )
    def test_wrong(self, final: bytes | None) -> None:
        """Whether it comes with success or before."""
        mechanism = run()
        mechanism.step(CHALLENGE)
        with pytest.raises(RemoteProtocolError):
            mechanism.finish(final)
        if final is not None:
            with pytest.raises(RemoteProtocolError):
                mechanism.step(final)

    def test_too_early(self) -> None:
        """Before the answer there can be none."""
        mechanism = run()
        for final in (None, PROOF):
            with pytest.raises(RemoteProtocolError):
                mechanism.finish(final)

    def test_unasked(self) -> None:
        """The empty first message has no challenge in front."""
        mechanism = DigestMD5("chris", "secret").mechanism(HERE)
        with pytest.raises(RemoteProtocolError, match="unasked"):
            mechanism.step(CHALLENGE)

    def test_no_end(self) -> None:
        """After its proof a server has nothing more to ask."""
        mechanism = run()
        mechanism.step(CHALLENGE)
        mechanism.step(PROOF)
        with pytest.raises(RemoteProtocolError, match="does not end"):
            mechanism.step(PROOF)

    def test_binds_with_a_false_server(self) -> None:
        """End with its engine: it may think that we are somebody."""
        peer = Peer(lambda octets: going_on(BOTH) if octets is None else success())
        with pytest.raises(RemoteProtocolError, match="did not prove"):
            peer.bind(DigestMD5("chris", "secret"))
        assert peer.engine.closed
        assert peer.engine.layer is None

    def test_strangers_may_not_read_along(self) -> None:
        """Without a layer nothing but the name of the mechanism is sent."""
        peer = Peer(lambda octets: going_on(CHALLENGE))
        with pytest.raises(LocalProtocolError, match="allow_cleartext"):
            peer.bind(DigestMD5("chris", "secret"), CLEAR)
        assert peer.said == [None]


class TestCredentials:
    """What people write."""

    def test_deprecated(self) -> None:
        """Loudly, and where it is written."""
        with pytest.warns(DeprecationWarning, match="RFC 6331.*Scram") as caught:
            DigestMD5("chris", "secret")
        assert caught[0].filename == __file__

    def test_secrets_are_hidden(self) -> None:
        """No ``repr`` or ``str`` of any part shows the password."""
        credentials = DigestMD5("chris", "tiger-lily", authzid="u:x")
        mechanism = credentials.mechanism(HERE)
        mechanism.step(None)
        mechanism.step(BOTH)
        parts = (credentials, str(credentials), *vars(mechanism).values())
        assert not re.search("tiger|lily", " ".join(map(repr, parts)))
        assert str(credentials) == "DIGEST-MD5 chris as u:x"

    @pytest.mark.parametrize(
        "arguments",
        [
            ("", "x"),
            ("x", ""),
            ("x\0", "y"),
            ("x", "y", "\0"),
            ("x", "y", None, "\ud800"),
        ],
    )
    def test_mistakes(self, arguments: tuple[str, ...]) -> None:
        """Are told when they are made."""
        with pytest.raises(LocalProtocolError):
            DigestMD5(*arguments)


def canary() -> DigestMD5:
    """Credentials whose password stands in no line of the test below."""
    return DigestMD5("chris", "tiger-lily")


@pytest.mark.parametrize("challenge", [BOTH, b"", CHALLENGE + b",x", None])
def test_tracebacks_hide_the_password(challenge: bytes | None) -> None:
    """Also those that print the locals of every frame."""
    peer = Peer(lambda octets: success() if challenge is None else going_on(challenge))
    with pytest.raises(RemoteProtocolError) as caught:
        peer.bind(canary())
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "tiger" not in "".join(shown.format())
