"""SCRAM and DIGEST-MD5 as the box has them: with our client, and with false ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import scramp
from attrs import evolve

from ldapom.errors import InvalidCredentials, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import DigestMD5, Scram
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl import digest_challenge as directives
from ldapom.testing.handler import Peer
from tests.testing.asker import ADA, ADMIN, BASE, Asker

if TYPE_CHECKING:
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.sasl import Mechanism
    from ldapom.testing import Directory

CERTIFICATE: Final = b"\x30\x00"
BINDING: Final = b"\x07" * 32
TLS: Final = Surroundings(host="localhost", tls=True, certificate=CERTIFICATE)

pytestmark = pytest.mark.filterwarnings("ignore:DIGEST-MD5 is historic")


@pytest.mark.parametrize(
    "credentials",
    [
        Scram("ada", "secret"),
        Scram("ada", "secret", "SCRAM-SHA-1"),
        Scram("u:ada", "secret", "SCRAM-SHA-512", authzid="u:ada"),
        Scram(ADA, b"secret"),
    ],
)
def test_scram(box: Directory, credentials: Credentials) -> None:
    """Who knows the password is let in, and reads on the same connection."""
    with Connection(box, credentials) as connection:
        assert connection.who_am_i() == f"dn:{ADA}"
        assert len(list(connection.search(BASE))) > 10


def test_digest_md5(box: Directory) -> None:
    """The same, and all that follows is signed."""
    with Connection(box, DigestMD5("admin", "secret", "box", "u:admin")) as connection:
        assert connection.who_am_i() == f"dn:{ADMIN}"
        assert len(list(connection.search(BASE))) > 10


@pytest.mark.parametrize("kind", [Scram, DigestMD5])
@pytest.mark.parametrize(("user", "password"), [("ada", "wrong"), ("nobody", "secret")])
def test_refused(
    box: Directory, kind: type[Scram | DigestMD5], user: str, password: str
) -> None:
    """A wrong password, and nobody; which of them it is the box does not say."""
    with pytest.raises(InvalidCredentials) as caught:
        with Connection(box, kind(user, password)):
            pass
    assert caught.value.diagnostic_message in {
        "SCRAM: invalid-proof",
        "DIGEST-MD5: the response is wrong",
    }


@pytest.mark.parametrize("kind", [Scram, DigestMD5])
def test_other_identities(box: Directory, kind: type[Scram | DigestMD5]) -> None:
    """None but one's own is taken."""
    with pytest.raises(InvalidCredentials):
        with Connection(box, kind("ada", "secret", authzid="u:admin")):
            pass


def converse(asker: Asker, mechanism: Mechanism) -> m.BindResponse:
    """Run a bind by hand; the last answer."""
    token = mechanism.step(None)
    while True:
        request = m.BindRequest("", m.SaslCredentials(mechanism.name, token))
        answer = asker.last(request, m.BindResponse)
        if answer.result_code != ResultCode.saslBindInProgress:
            if answer.result_code == ResultCode.success:
                mechanism.finish(answer.server_sasl_creds)
            return answer
        token = mechanism.step(answer.server_sasl_creds)


class TestChannelBinding:
    """Where the box knows its certificate."""

    @pytest.fixture
    def asker(self, box: Directory, monkeypatch: pytest.MonkeyPatch) -> Asker:
        """A connection inside TLS."""
        monkeypatch.setattr(
            "ldapom.protocol.sasl.end_point",
            lambda der: BINDING if der == CERTIFICATE else b"other",
        )
        return Asker(box, Peer(tls=True, end_point=BINDING))

    def around(self, asker: Asker) -> Surroundings:
        """What a client inside TLS knows."""
        found = asker.read("", "supportedSASLMechanisms")["supportedSASLMechanisms"]
        return evolve(TLS, offered=tuple(v.decode() for v in found))

    def test_used(self, asker: Asker) -> None:
        """It is offered, so it is used."""
        mechanism = Scram("ada", "secret").mechanism(self.around(asker))
        assert mechanism.name == "SCRAM-SHA-256-PLUS"
        assert converse(asker, mechanism).result_code == ResultCode.success

    def test_another_certificate(self, asker: Asker) -> None:
        """Somebody in the middle is found out."""
        around = evolve(self.around(asker), certificate=b"their own")
        answer = converse(asker, Scram("ada", "secret").mechanism(around))
        assert answer.diagnostic_message == "SCRAM: channel-bindings-dont-match"

    def test_a_shortened_list(self, asker: Asker) -> None:
        """So is who takes it off the list."""
        around = evolve(TLS, offered=("SCRAM-SHA-256",))
        answer = converse(asker, Scram("ada", "secret").mechanism(around))
        assert "server-does-support-channel-binding" in answer.diagnostic_message

    def test_no_signing_inside(self, asker: Asker) -> None:
        """DIGEST-MD5 negotiates no layer there."""
        mechanism = DigestMD5("ada", "secret").mechanism(TLS)
        assert converse(asker, mechanism).result_code == ResultCode.success
        assert mechanism.layer is None


def test_another_client(box: Directory) -> None:
    """The package ``scramp`` gets in as well."""
    asker = Asker(box)
    client = scramp.ScramClient(["SCRAM-SHA-512"], "ada", "secret")

    def say(text: str) -> m.BindResponse:
        how = m.SaslCredentials("SCRAM-SHA-512", text.encode())
        return asker.last(m.BindRequest("", how), m.BindResponse)

    client.set_server_first(
        (say(client.get_client_first()).server_sasl_creds or b"").decode()
    )
    answer = say(client.get_client_final())
    assert answer.result_code == ResultCode.success
    client.set_server_final((answer.server_sasl_creds or b"").decode())


@pytest.mark.parametrize(
    "legs",
    [
        [b""],
        [b"n,,"],
        [b"n,,n=ada"],
        [b"n,,r=abc,n=ada"],
        [b"p=tls-server-end-point,,n=ada,r=abc"],
        [b"n,a=admin,n=ada,r=abc"],
        [b"\xff\xff,\xff,n=\xff,r=\xff", b"\xff"],
        [b"n,,n=ada,r=abc", b""],
        [b"n,,n=ada,r=abc", b"c=biws,r=abc,p=AAAA"],
        [b"n,,n=ada,r=abc", b"c=eSws,r={nonce},p=AAAA"],
        [b"n,,n=ada,r=abc", b"c=biws,r={nonce},p=AAAA"],
        [b"n,,n=ada,r=abc", b"c=biws,r={nonce},p=#"],
        [b"n,,n=ada,r=abc", b"c=biws,r={nonce}"],
        [b"n,,n=nobody,r=abc", b"c=biws,r={nonce},p=AAAA"],
    ],
)
def test_false_clients(box: Directory, legs: list[bytes]) -> None:
    """What is no message of SCRAM is a refusal, and the next bind begins anew."""
    asker = Asker(box)
    nonce = b""
    code = ResultCode.saslBindInProgress
    for leg in legs:
        how = m.SaslCredentials("SCRAM-SHA-256", leg.replace(b"{nonce}", nonce))
        answer = asker.last(m.BindRequest("", how), m.BindResponse)
        nonce = (answer.server_sasl_creds or b"")[2:].partition(b",")[0]
        code = answer.result_code
    assert code == ResultCode.invalidCredentials
    again = converse(asker, Scram("ada", "secret").mechanism(Surroundings()))
    assert again.result_code == ResultCode.success


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"nc=00000001", b"nc=00000002"),
        (b'realm="box"', b'realm="other"'),
        (b"qop=auth-int", b"qop=auth-conf"),
        (b"qop=auth-int", b"qop=auth"),
        (b'nonce="', b'nonce="x'),
        (b'username="ada"', b'username="admin"'),
        (b'username="ada"', b'username="nobody"'),
        (b"charset=utf-8", b"charset=utf-8,charset=utf-8"),
        (b"response=", b"answer="),
        (b"response=", b'"response='),
    ],
)
def test_false_digests(box: Directory, old: bytes, new: bytes) -> None:
    """Each directive counts."""
    asker = Asker(box)
    mechanism = DigestMD5("ada", "secret").mechanism(Surroundings())

    def say(token: bytes | None) -> m.BindResponse:
        how = m.SaslCredentials("DIGEST-MD5", token)
        return asker.last(m.BindRequest("", how), m.BindResponse)

    token = mechanism.step(say(mechanism.step(None)).server_sasl_creds) or b""
    assert old in token
    assert say(token.replace(old, new)).result_code == ResultCode.invalidCredentials


def test_digest_begins_with_the_server(box: Directory) -> None:
    """And its nonce is fresh each time."""
    asker = Asker(box)
    how = m.SaslCredentials("DIGEST-MD5", b"username=ada")
    assert asker.code(m.BindRequest("", how)) == ResultCode.invalidCredentials
    nonces = set()
    for _ in range(3):
        request = m.BindRequest("", m.SaslCredentials("DIGEST-MD5"))
        token = asker.last(request, m.BindResponse).server_sasl_creds or b""
        nonces.add(directives.read(token, directives.MAX_CHALLENGE)["nonce"][0])
        asker.code(m.BindRequest("", m.SimpleAuthentication(b"")))
    assert len(nonces) == 3
