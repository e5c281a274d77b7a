"""The directory behind sockets: TCP, StartTLS, ldaps and ldapi."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.changes import Replace
from ldapom.errors import ConnectionLost, InvalidCredentials, LDAPError, TLSError
from ldapom.protocol import extended
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import External, Ntlm, Scram, Simple
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.retry import Retry
from ldapom.testing import Directory, Server
from ldapom.testing.server import own_certificate
from tests.testing.asker import ADA, ADMIN, BASE
from tests.testing.test_conversation import SEARCH, START_TLS, WHO, decoded, octets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.pki import Pki

WHO_IS_ADMIN = f"dn:{ADMIN}"
CREDENTIALS = Simple(ADMIN, "secret")


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """No test of this file leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def context(pki: Pki) -> ssl.SSLContext:
    """The server's side of TLS; a client certificate of our CA is welcome."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki.ca_file)
    made.load_cert_chain(pki.cert("server"), pki.key("server"))
    made.verify_mode = ssl.CERT_OPTIONAL
    return made


def test_tcp(box: Directory) -> None:
    """Over TCP it is the same directory."""
    with box.serve() as server:
        assert server.url == f"ldap://127.0.0.1:{server.port}"
        assert server.url in str(server)
        with Connection(server.url, CREDENTIALS) as connection:
            assert connection.who_am_i() == WHO_IS_ADMIN
            assert not connection.root_dse.supports(extended.START_TLS)
            assert len(list(connection.search(BASE, page_size=7))) == 23
            connection.delete(ADA)
    assert ADA not in box
    assert "not started" in str(server)


def test_before_and_after(box: Directory) -> None:
    """A server that does not run has no URL and refuses connections."""
    server = box.serve()
    with pytest.raises(RuntimeError):
        server.url
    with server:
        port = server.port
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 1)
    server.stop()
    with pytest.raises(ValueError):
        Server(box, ("127.0.0.1", 0), ldaps=True)


def test_ipv6(box: Directory) -> None:
    """An IPv6 address stands in brackets."""
    with box.serve(address="::1") as server:
        assert server.url == f"ldap://[::1]:{server.port}"
        with Connection(server.url) as connection:
            assert connection.who_am_i() == ""


def test_taken_port(box: Directory) -> None:
    """A port that is taken is an OSError, and nothing is left open."""
    with box.serve() as server, pytest.raises(OSError), box.serve(server.port):
        pass


def test_start_tls(box: Directory, context: ssl.SSLContext, pki: Pki) -> None:
    """StartTLS makes a clear connection private."""
    with box.serve(tls=context) as server:
        with Connection(server.url) as connection:
            assert connection.root_dse.supports(extended.START_TLS)
        trusting = Tls(ca_file=pki.ca_file)
        with Connection(
            server.url, CREDENTIALS, tls=trusting, start_tls=True
        ) as connection:
            assert connection.who_am_i() == WHO_IS_ADMIN
            assert not connection.root_dse.supports(extended.START_TLS)
            assert len(list(connection.search(BASE))) == 23
        with pytest.raises(TLSError), Connection(server.url, start_tls=True):
            pass


def test_start_tls_is_not_offered(box: Directory) -> None:
    """Without a certificate StartTLS is refused, and the client sends nothing more."""
    with (
        box.recording() as requests,
        box.serve() as server,
        pytest.raises(TLSError),
        Connection(server.url, CREDENTIALS, start_tls=True),
    ):
        pass
    assert [type(r.op) for r in requests if not isinstance(r.op, m.UnbindRequest)] == [
        m.ExtendedRequest
    ]


def test_glued_behind_start_tls(box: Directory, context: ssl.SSLContext) -> None:
    """Clear octets behind a StartTLS request end the connection."""
    with box.recording() as requests, box.serve(tls=context) as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(octets(START_TLS, WHO))
            answers = decoded(_all(client))
        assert [answer.message_id for answer in answers] == [1]
    assert len(requests) == 1


def _all(client: socket.socket) -> bytes:
    data = b""
    while more := client.recv(65_536):
        data += more
    return data


def test_ldaps(box: Directory, context: ssl.SSLContext, pki: Pki) -> None:
    """Over ldaps a client certificate is an identity for EXTERNAL."""
    with box.serve(tls=context, ldaps=True, address="localhost") as server:
        assert server.url.startswith("ldaps://localhost:")
        shown = Tls(
            ca_file=pki.ca_file,
            client_cert=pki.cert("client"),
            client_key=pki.key("client"),
        )
        with Connection(server.url, External(), tls=shown) as connection:
            assert connection.who_am_i() == WHO_IS_ADMIN
            assert len(list(connection.search(BASE))) == 23
        with Connection(server.url, tls=Tls(ca_file=pki.ca_file)) as connection:
            mechanisms = connection.root_dse.supported_sasl_mechanisms
            assert "PLAIN" in mechanisms
            assert "EXTERNAL" not in mechanisms


@pytest.mark.parametrize("ldaps", [False, True])
def test_channel_binding(
    box: Directory, context: ssl.SSLContext, pki: Pki, ldaps: bool
) -> None:
    """Inside TLS, and nowhere else, SCRAM and NTLM are tied to the certificate."""
    with box.serve(tls=context, ldaps=ldaps, address="localhost") as server:
        inside: dict[str, Any] = {
            "tls": Tls(ca_file=pki.ca_file),
            "start_tls": not ldaps,
        }
        plus = Scram("admin", "secret", "SCRAM-SHA-256-PLUS")
        for who in (plus, Scram("admin", "secret"), Ntlm("admin", "secret")):
            with Connection(server.url, who, **inside) as connection:
                assert connection.who_am_i() == WHO_IS_ADMIN
                offered = connection.supported_sasl_mechanisms
                assert "SCRAM-SHA-512-PLUS" in offered
        wrong = Scram("admin", "no", "SCRAM-SHA-256-PLUS")
        with pytest.raises(InvalidCredentials), Connection(server.url, wrong, **inside):
            pytest.fail("let in")
        if not ldaps:
            with Connection(server.url) as connection:
                offered = connection.supported_sasl_mechanisms
                assert not [name for name in offered if name.endswith("PLUS")]


def test_another_certificate(
    box: Directory, context: ssl.SSLContext, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody in the middle, whom the client trusts, is found out all the same."""
    monkeypatch.setattr("ldapom.testing.server.end_point", lambda _: b"of another")
    with box.serve(tls=context, ldaps=True, address="localhost") as server:
        trusted = Tls(ca_file=pki.ca_file)
        for who in (Scram("admin", "secret"), Ntlm("admin", "secret")):
            connection = Connection(server.url, who, tls=trusted)
            with pytest.raises(LDAPError, match=r"bindings-dont-match|80090346"):
                connection.bind()
            connection.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("demands", [ssl.CERT_NONE, ssl.CERT_OPTIONAL])
def test_the_own_certificate(
    context: ssl.SSLContext,
    pki: Pki,
    version: ssl.TLSVersion,
    demands: ssl.VerifyMode,
) -> None:
    """Python does not tell a program which one it shows; it is found out."""
    context.minimum_version = context.maximum_version = version
    context.verify_mode = demands
    text = Path(pki.cert("server")).read_text()
    own = text[text.index("-----BEGIN") : text.index("END CERTIFICATE-----") + 20]
    assert own_certificate(context) == ssl.PEM_cert_to_DER_cert(own)


def test_no_own_certificate(pki: Pki) -> None:
    """A context that has none, or shows it to certain clients alone: nothing is known.

    Then no binding is offered; all else goes on.
    """
    none = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert own_certificate(none) is None
    strict = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki.ca_file)
    strict.load_cert_chain(pki.cert("server"), pki.key("server"))
    strict.verify_mode = ssl.CERT_REQUIRED
    strict.maximum_version = ssl.TLSVersion.TLSv1_2
    assert own_certificate(strict) is None


def test_ldapi(box: Directory, tmp_path: Path) -> None:
    """Over a Unix socket this very user is the admin; the socket goes away."""
    path = tmp_path / "slapd socket"
    with box.serve(path=str(path)) as server:
        assert server.port == 0
        assert server.url.endswith("%2Fslapd%20socket")
        with Connection(server.url, External()) as connection:
            assert connection.who_am_i() == WHO_IS_ADMIN
    assert not path.exists()


def test_stop_tells_and_is_quick(box: Directory) -> None:
    """Clients that are connected get a notice, and stopping takes no second."""
    with box.serve() as server:
        # Tried once: another try would find nobody there.
        idle = Connection(server.url, retry=Retry(attempts=1))
        idle.open()
        idle.who_am_i()
        half = socket.create_connection(("127.0.0.1", server.port), 5)
        half.sendall(octets(WHO))
        assert len(decoded(half.recv(65_536))) == 1
        half.sendall(octets(WHO)[:5])
        begun = monotonic()
    assert monotonic() - begun < 1
    (notice,) = decoded(_all(half))
    assert isinstance(notice.op, m.ExtendedResponse)
    assert notice.op.name == m.NOTICE_OF_DISCONNECTION
    half.close()
    with pytest.raises(ConnectionLost, match="unavailable"):
        idle.who_am_i()
    idle.close()


def test_stop_with_a_full_pipe() -> None:
    """A client that does not read its result keeps no server from stopping."""
    directory = Directory.sample(people=2_000)
    request = octets(*([SEARCH] * 20))
    with directory.serve() as server:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(request)
        client.recv(1)
        begun = monotonic()
    assert monotonic() - begun < 2
    client.close()


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.0\r\n\r\n", b"\x30", b""])
def test_nonsense(box: Directory, nonsense: bytes) -> None:
    """A client that speaks no LDAP, or goes away, disturbs nobody else."""
    with box.serve() as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(nonsense)
        with Connection(server.url) as connection:
            assert connection.who_am_i() == ""


def test_a_crowd_that_says_nothing(
    box: Directory, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two hundred who connect, send rubbish or half a message, and stay: no harm."""
    noise = random.Random(0)
    halves = [octets(WHO)[:5], b"", b"\x30\x84\x7f\xff\xff\xff", noise.randbytes(300)]
    with contextlib.ExitStack() as crowd:
        with box.serve() as server:
            for number in range(200):
                client = socket.create_connection(("127.0.0.1", server.port), 5)
                crowd.enter_context(client)
                client.sendall(halves[number % len(halves)])
            with Connection(server.url) as connection:
                assert connection.who_am_i() == ""
            begun = monotonic()
        assert monotonic() - begun < 5
    assert capfd.readouterr().err == ""


def test_plain_text_to_ldaps(box: Directory, context: ssl.SSLContext) -> None:
    """A client that speaks no TLS to ldaps is let go."""
    with box.serve(tls=context, ldaps=True) as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(octets(WHO) * 10)
            with contextlib.suppress(ConnectionResetError):
                assert len(_all(client)) < 20  # a TLS alert at most


def test_many_at_once() -> None:
    """Ten threads on ten connections each get their own answers."""
    directory = Directory.sample(people=200)
    failures: list[object] = []

    def work(number: int) -> None:
        uid = f"user{number + 50:05d}"
        try:
            with Connection(server.url, CREDENTIALS) as connection:
                for _ in range(20):
                    (entry,) = connection.search(BASE, f"(uid={uid})")
                    assert entry.text("uid") == [uid]
                    connection.modify(entry.dn, [Replace("description", uid)])
        except (AssertionError, LDAPError, ValueError) as error:
            failures.append(error)

    with directory.serve() as server:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert not failures
