"""A man in the middle of TLS: with a certificate that is trusted, and with others."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Replace
from ldapom.errors import ChannelBindingRejected, InvalidCredentials, TLSError
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Kerberos, Scram, Simple, Spnego
from ldapom.protocol.io.tls import Tls
from ldapom.testing import Directory
from tests.canary import CANARY, check, exposed
from tests.protocol.attempts import ADA, DRIVERS, WAYS, blocking
from tests.protocol.sasl.middle import man_in_the_middle
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.credentials import Credentials
    from tests.servers.kdc import Kdc
    from tests.servers.pki import Pki
    from tests.servers.slapd import Slapd

#: Certificates that are not the server's, and why they are none.
WRONG: Final = ["otherserver", "wronghost", "expired", "selfsigned"]


@pytest.fixture(scope="module")
def box() -> Directory:
    """A directory in which Ada's password is the canary."""
    directory = Directory.sample()
    with Connection(directory, Simple(ADMIN_DN, ADMIN_PASSWORD)) as connection:
        connection.modify(ADA, [Replace("userPassword", CANARY)])
    return directory


@pytest.fixture(scope="module", params=WRONG)
def context(request: pytest.FixtureRequest, pki: Pki) -> ssl.SSLContext:
    """The TLS of somebody with a certificate of his own."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(pki.cert(request.param), pki.key(request.param))
    return found


@pytest.mark.parametrize("start_tls", [False, True])
@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("way", WAYS)
def test_another_certificate(
    box: Directory,
    context: ssl.SSLContext,
    pki: Pki,
    way: str,
    driver: str,
    *,
    start_tls: bool,
) -> None:
    """It ends with the handshake: whoever it is gets no message of the bind."""
    with (
        box.recording() as heard,
        box.serve(tls=context, ldaps=not start_tls) as server,
    ):
        url = server.url.replace("127.0.0.1", "localhost")
        attempt = DRIVERS[driver](
            url, WAYS[way](), tls=Tls(ca_file=pki.ca_file), start_tls=start_tls
        )
    assert isinstance(attempt.error, TLSError)
    assert not attempt.is_open
    assert {type(message.op) for message in heard} <= {m.ExtendedRequest}
    check(exposed(attempt.error))


@pytest.fixture
def between(slapd_sasl: Slapd) -> Iterator[str]:
    """Somebody with a certificate that is trusted; he passes everything on."""
    port = slapd_sasl.tls_port
    with man_in_the_middle(slapd_sasl.pki, "sha512", port) as url:
        yield url


@pytest.mark.real_server
class TestTrusted:
    """Channel binding is what is left where the certificate is trusted."""

    @pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
    def test_scram(self, between: str, pki: Pki, name: str) -> None:
        """The server sees that the binding is to another certificate."""
        credentials = Scram("admin", ADMIN_PASSWORD, name)
        attempt = blocking(between, credentials, tls=Tls(ca_file=pki.ca_file))
        assert isinstance(attempt.error, ChannelBindingRejected)
        assert "something between ends TLS" in attempt.said

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_kerberos(
        self, between: str, pki: Pki, kerberos: Kdc, kind: Callable[[], Credentials]
    ) -> None:
        """The server does not say what it is, so the error says what it may be."""
        assert kerberos.realm
        attempt = blocking(between, kind(), tls=Tls(ca_file=pki.ca_file))
        assert isinstance(attempt.error, InvalidCredentials)
        assert "something between ends TLS" in attempt.said

    def test_a_simple_bind_knows_no_better(self, between: str, pki: Pki) -> None:
        """It rests on the certificate alone."""
        credentials = Simple(ADMIN_DN, ADMIN_PASSWORD)
        attempt = blocking(between, credentials, tls=Tls(ca_file=pki.ca_file))
        assert attempt.error is None
        assert attempt.found > 10
