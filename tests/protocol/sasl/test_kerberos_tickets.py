"""Where Kerberos tickets come from, for which server, and what is said without one."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

import pytest

import ldapom.testing
from ldapom.errors import (
    ClockSkew,
    ConnectError,
    DeadlineExceeded,
    InvalidCredentials,
    LocalProtocolError,
    Reason,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, Kerberos, Spnego
from ldapom.protocol.sasl import Surroundings
from tests.protocol.sasl.acceptor import Acceptor, raw, start
from tests.servers.kdc import PASSWORD, Kdc
from tests.servers.require import need

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.real_server

CANARY: Final = "c4n4ry-password"


@pytest.fixture(autouse=True)
def _library() -> None:
    need("gssapi")


class TestTickets:
    """Where tickets come from, and what is said where there are none."""

    def test_a_keytab_brings_one_and_nothing_of_the_user_is_touched(
        self, kdc: Kdc, client: Path
    ) -> None:
        """Neither the user's cache nor the environment."""
        before = dict(os.environ)
        start(Kerberos("ada", str(kdc.user_keytab)))
        start(Spnego(principal="ada", keytab=str(kdc.user_keytab)))
        assert dict(os.environ) == before
        assert not client.exists()

    def test_a_keytab_is_asked_for_its_first_principal_by_default(
        self, kdc: Kdc, client: Path
    ) -> None:
        """That is what MIT Kerberos does, and the server sees that name."""
        del client
        acceptor = Acceptor(kdc)
        acceptor.accept(start(Kerberos(keytab=str(kdc.user_keytab))))
        name = raw.inquire_context(acceptor.context).initiator_name
        assert raw.display_name(name).name == b"admin@EXAMPLE.COM"

    @pytest.mark.parametrize("user", ["ada", "ada@EXAMPLE.COM", "ada@example.com"])
    def test_a_password_brings_one(self, kdc: Kdc, client: Path, user: str) -> None:
        """Realms are written in capitals, and the user's cache stays as it is."""
        acceptor = Acceptor(kdc)
        acceptor.accept(start(Spnego(user, PASSWORD)))
        name = raw.inquire_context(acceptor.context).initiator_name
        assert raw.display_name(name).name == b"ada@EXAMPLE.COM"
        assert not client.exists()

    def test_a_cache_is_used_where_it_is_named(self, kdc: Kdc, client: Path) -> None:
        """By path or by type and name; never the user's own inside SPNEGO."""
        cache = kdc.kinit("grace")
        for kind in (Kerberos, Spnego):
            for place in (str(cache), f"FILE:{cache}", cache):
                acceptor = Acceptor(kdc)
                acceptor.accept(start(kind(ccache=place)))
                name = raw.inquire_context(acceptor.context).initiator_name
                assert raw.display_name(name).name == b"grace@EXAMPLE.COM"
        assert not client.exists()

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_inside_spnego_too_the_named_ticket_counts(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """The user's own ticket, which is there, is not taken instead."""
        acceptor = Acceptor(kerberos)
        acceptor.accept(start(kind(principal="bob", keytab=str(kerberos.user_keytab))))
        name = raw.inquire_context(acceptor.context).initiator_name
        assert raw.display_name(name).name == b"bob@EXAMPLE.COM"

    @pytest.mark.parametrize(
        ("credentials", "remedy"),
        [
            (Kerberos(), "run kinit, or give keytab="),
            (Kerberos("ada"), "run kinit ada, or give keytab="),
            (Kerberos(keytab="/nowhere"), "can /nowhere be read"),
            (Kerberos("ada", ccache="/nowhere"), "run kinit -c /nowhere ada"),
            (Spnego(), "run kinit, or give keytab="),
        ],
    )
    def test_without_a_ticket_the_remedy_is_told(
        self, client: Path, credentials: Kerberos | Spnego, remedy: str
    ) -> None:
        """Each way to come by one has its own."""
        del client
        with pytest.raises(LocalProtocolError) as caught:
            start(credentials)
        assert remedy in str(caught.value)
        assert caught.value.__context__ is None

    def test_a_ticket_of_somebody_else_is_not_taken(
        self, kdc: Kdc, client: Path
    ) -> None:
        """The principal that was named counts."""
        del client
        with pytest.raises(LocalProtocolError, match="does not match"):
            start(Kerberos("ada", ccache=str(kdc.kinit("grace"))))

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_a_server_without_a_principal_is_named(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """With the argument that names another one."""
        del kerberos
        with pytest.raises(LocalProtocolError, match=r"ldap/127\.0\.0\.1.*host="):
            start(kind(host="127.0.0.1"))

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_a_wrong_clock_is_told(
        self, kdc: Kdc, client: Path, kind: type[Kerberos | Spnego]
    ) -> None:
        """By the KDC already, where the service's ticket is still to be had."""
        del client
        with pytest.raises(ClockSkew, match="set the clocks"):
            start(kind(ccache=str(kdc.kinit("ada", skew=3600))))

    def test_a_kdc_that_is_down_is_no_mistake_of_ours(
        self, kdc: Kdc, client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is wrong with ticket or password, so this may be tried again."""
        del client
        text = (kdc.directory / "krb5.conf").read_text()
        path = tmp_path / "krb5.conf"
        path.write_text(text.replace(f":{kdc.port}", ":9"))
        monkeypatch.setenv("KRB5_CONFIG", str(path))
        with pytest.raises(ConnectError, match="Cannot contact any KDC"):
            start(Kerberos("sean", str(kdc.user_keytab)))

    def test_a_wrong_password_is_one_and_not_tried_twice(
        self, kdc: Kdc, client: Path
    ) -> None:
        """NTLM would count a second failure against the account."""
        del kdc, client
        with pytest.raises(InvalidCredentials) as caught:
            start(Spnego("ada", CANARY))
        assert caught.value.reason is Reason.wrong
        assert caught.value.__context__ is None
        shown = traceback.TracebackException.from_exception(
            caught.value, capture_locals=True
        )
        ours = [frame for frame in shown.stack if "/ldapom/" in frame.filename]
        assert ours
        for frame in ours:
            assert CANARY not in str(frame.locals)
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize("user", ["nobody", "ada@NOWHERE.EXAMPLE", "EXAMPLE\\ada"])
    def test_where_the_kdc_knows_nobody_ntlm_begins(
        self, kdc: Kdc, client: Path, user: str
    ) -> None:
        """A name of a domain is not even asked about."""
        del kdc, client
        assert b"NTLMSSP\0" in start(Spnego(user, CANARY))


class TestNames:
    """Which principal the server is expected to have."""

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_where_the_url_has_no_host_one_is_asked_for(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """Over ``ldapi`` there is none, and none is guessed."""
        with pytest.raises(LocalProtocolError, match="give host="):
            start(kind(), Surroundings())
        Acceptor(kerberos).accept(start(kind(host="localhost"), Surroundings()))

    @pytest.mark.parametrize("host", ["a/b", "localhost@ELSEWHERE", "a\\b", "x\0"])
    def test_what_is_no_host_name_makes_no_principal(
        self, kerberos: Kdc, host: str
    ) -> None:
        """Else a URL could choose realm and service."""
        del kerberos
        with pytest.raises(LocalProtocolError, match="is no host name"):
            start(Kerberos(), Surroundings(host=host))

    def test_the_dns_is_asked_only_on_request(self, kerberos: Kdc) -> None:
        """What it says is the name then; by default it is not believed."""

        def never() -> str:
            pytest.fail("the DNS was asked")

        start(Kerberos(), Surroundings(host="localhost", reverse_name=never))
        around = Surroundings(host="127.0.0.1", reverse_name=lambda: "localhost")
        token = start(Kerberos(reverse_dns=True), around)
        Acceptor(kerberos).accept(token)

    def test_a_name_that_is_given_counts_more_than_the_dns(self, kerberos: Kdc) -> None:
        """And spares the question."""
        around = Surroundings(host="127.0.0.1", reverse_name=lambda: "elsewhere")
        token = start(Kerberos(host="localhost", reverse_dns=True), around)
        Acceptor(kerberos).accept(token)


class TestLibrary:
    """The optional package."""

    def test_without_the_package_the_extra_is_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Before anything is sent."""
        monkeypatch.setitem(sys.modules, "gssapi", None)
        monkeypatch.setitem(sys.modules, "gssapi.raw", None)
        with pytest.raises(LocalProtocolError, match=r"ldapom\[kerberos\]"):
            start(Kerberos())

    def test_without_the_package_a_password_goes_by_ntlm(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No ticket can be had, so the other way in is taken."""
        monkeypatch.setitem(sys.modules, "gssapi", None)
        monkeypatch.setitem(sys.modules, "gssapi.raw", None)
        assert b"NTLMSSP\0" in start(Spnego("ada", PASSWORD))

    def test_many_threads_share_a_keytab(self, kdc: Kdc, client: Path) -> None:
        """They get their tickets at once, into one cache, and none goes wrong."""
        del client
        credentials = Kerberos("rozsa", str(kdc.user_keytab))
        tokens: list[bytes] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                tokens.extend(start(credentials) for _ in range(5))
            except BaseException as error:  # noqa: BLE001  # it is shown below
                errors.append(error)

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert len(tokens) == 40


class TestWaiting:
    """A KDC that does not answer."""

    def test_the_bind_ends_in_time(
        self, kdc: Kdc, client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The library can not be interrupted, so it is left behind."""
        del client
        with socket.create_server(("127.0.0.1", 0)) as silent:
            text = (kdc.directory / "krb5.conf").read_text()
            port = silent.getsockname()[1]
            path = tmp_path / "krb5.conf"
            path.write_text(text.replace(f":{kdc.port}", f":{port}"))
            monkeypatch.setenv("KRB5_CONFIG", str(path))
            credentials = Spnego("ada", CANARY, host="localhost")
            begun = time.monotonic()
            with (
                ldapom.testing.Directory.sample().serve() as server,
                Connection(server.url, Anonymous(), timeout=0.5) as connection,
            ):
                with pytest.raises(DeadlineExceeded, match="GSS-SPNEGO"):
                    connection.rebind(credentials)
                assert time.monotonic() - begun < 5
                # Nothing was sent: the connection is who it was.
                assert connection.bound_as == Anonymous()
                assert list(connection.search("", scope="base"))


@pytest.fixture
def client(kdc: Kdc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A client of the realm without a ticket; where its own cache would be."""
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)
    cache = tmp_path / "own.ccache"
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{cache}")
    return cache
