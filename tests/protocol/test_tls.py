"""TLS, certificates and SASL against a real OpenLDAP."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    AuthMethodNotSupported,
    InvalidCredentials,
    LocalProtocolError,
    ResultError,
    TLSError,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import External, Plain, Simple
from ldapom.protocol.io.tls import Tls
from tests.servers.slapd import Options, Slapd

if TYPE_CHECKING:
    from tests.servers.pki import Pki

pytestmark = pytest.mark.real_server

ADMIN = "uid=admin,ou=people,dc=example,dc=com"
SIMPLE = Simple(ADMIN, "secret")


def trusting(pki: Pki) -> Tls:
    """Settings that trust the test authority."""
    return Tls(ca_file=pki.ca_file)


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "StartTLS"])
class TestTls:
    """Both ways into TLS, checked alike."""

    @staticmethod
    def url(slapd: Slapd, start_tls: bool) -> str:
        """The URL for the way."""
        return slapd.url if start_tls else slapd.tls_url

    def test_a_trusted_server(self, slapd: Slapd, start_tls: bool) -> None:
        """Bind and search inside TLS; the text form names the version."""
        url = self.url(slapd, start_tls)
        tls = trusting(slapd.pki)
        with Connection(url, SIMPLE, tls=tls, start_tls=start_tls) as connection:
            assert connection.who_am_i() == f"dn:{ADMIN}"
            assert "TLSv1." in str(connection)
            assert len(list(connection.search("dc=example,dc=com", page_size=3))) > 3

    def test_a_ready_context(self, slapd: Slapd, start_tls: bool) -> None:
        """An `ssl.SSLContext` of one's own is used as it is."""
        context = ssl.create_default_context(cafile=str(slapd.pki.ca_file))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        url = self.url(slapd, start_tls)
        with Connection(url, SIMPLE, tls=context, start_tls=start_tls) as connection:
            assert "TLSv1.2" in str(connection)

    def test_an_unknown_authority(self, slapd: Slapd, start_tls: bool) -> None:
        """Without settings the system's store decides, and does not know ours."""
        connection = Connection(self.url(slapd, start_tls), SIMPLE, start_tls=start_tls)
        with pytest.raises(TLSError, match="ca_file"):
            connection.bind()
        assert not connection.is_open

    def test_the_wrong_name(self, slapd: Slapd, start_tls: bool) -> None:
        """A certificate for elsewhere is refused before any password is sent."""
        with Slapd(slapd.pki, Options(certificate="wronghost")) as elsewhere:
            connection = Connection(
                self.url(elsewhere, start_tls),
                SIMPLE,
                tls=trusting(slapd.pki),
                start_tls=start_tls,
            )
            with pytest.raises(TLSError, match="localhost"):
                connection.bind()
            assert not connection.is_open
            assert "BIND" not in elsewhere.log

    @pytest.mark.parametrize("broken", ["expired", "selfsigned", "otherserver"])
    def test_a_broken_certificate(
        self, slapd: Slapd, start_tls: bool, broken: str
    ) -> None:
        """Each is refused before any password is sent."""
        with Slapd(slapd.pki, Options(certificate=broken)) as evil:
            url = self.url(evil, start_tls)
            tls = trusting(slapd.pki)
            connection = Connection(url, SIMPLE, tls=tls, start_tls=start_tls)
            with pytest.raises(TLSError):
                connection.bind()
            assert "BIND" not in evil.log

    def test_verification_can_be_turned_off_aloud(
        self, slapd: Slapd, start_tls: bool
    ) -> None:
        """`Tls(verify=False)` connects, and the text form says what it is worth."""
        url = self.url(slapd, start_tls)
        tls = Tls(verify=False)
        with Connection(url, SIMPLE, tls=tls, start_tls=start_tls) as connection:
            assert "not verified" in str(connection)

    def test_two_settings_side_by_side(self, slapd: Slapd, start_tls: bool) -> None:
        """Settings are the connection's own: one does not trust for the other."""
        url = self.url(slapd, start_tls)
        good = Connection(url, SIMPLE, tls=trusting(slapd.pki), start_tls=start_tls)
        bad = Connection(url, SIMPLE, start_tls=start_tls)
        with good:
            with pytest.raises(TLSError):
                bad.bind()
            assert good.who_am_i()

    def test_a_client_certificate_and_external(
        self, slapd: Slapd, start_tls: bool
    ) -> None:
        """The subject is who we are."""
        pki = slapd.pki
        tls = Tls(
            ca_file=pki.ca_file,
            client_cert=pki.cert("client"),
            client_key=pki.key("client"),
        )
        url = self.url(slapd, start_tls)
        with Connection(url, External(), tls=tls, start_tls=start_tls) as connection:
            assert connection.who_am_i().lower() == f"dn:{ADMIN}"

    def test_external_without_a_certificate(
        self, slapd: Slapd, start_tls: bool
    ) -> None:
        """Refused, with what the server offers instead."""
        url = self.url(slapd, start_tls)
        tls = trusting(slapd.pki)
        connection = Connection(url, External(), tls=tls, start_tls=start_tls)
        with pytest.raises((AuthMethodNotSupported, ResultError)) as caught:
            connection.bind()
        notes = getattr(caught.value, "__notes__", [])
        assert not isinstance(caught.value, AuthMethodNotSupported) or any(
            "offers" in note for note in notes
        )
        connection.close()

    def test_plain(self, slapd: Slapd, start_tls: bool) -> None:
        """SASL PLAIN maps the user to the entry."""
        url = self.url(slapd, start_tls)
        who = Plain("admin", "secret")
        tls = trusting(slapd.pki)
        with Connection(url, who, tls=tls, start_tls=start_tls) as connection:
            assert connection.who_am_i().lower() == f"dn:{ADMIN}"
        wrong = Connection(url, Plain("admin", "no"), tls=tls, start_tls=start_tls)
        with pytest.raises(InvalidCredentials):
            wrong.bind()
        wrong.close()


def test_start_tls_later(slapd: Slapd) -> None:
    """An open clear connection is made private; a second time is refused."""
    with Connection(slapd.url, tls=trusting(slapd.pki)) as connection:
        connection.start_tls()
        assert "TLSv1." in str(connection)
        assert connection.who_am_i() == ""
        with pytest.raises(LocalProtocolError, match="already"):
            connection.start_tls()


def test_start_tls_waits_for_open_searches(slapd: Slapd) -> None:
    """It is refused while a search is being read, and works behind it."""
    with Connection(slapd.url, tls=trusting(slapd.pki)) as connection:
        with connection.search("dc=example,dc=com", page_size=1) as stream:
            next(stream)
        connection.start_tls()
        assert "TLSv1." in str(connection)


def test_ldapi_external(slapd: Slapd) -> None:
    """The peer's user is who we are."""
    with Connection(slapd.socket_url, External()) as connection:
        assert connection.who_am_i().startswith("dn:")
        assert "unix" in str(connection)


def test_plain_that_is_not_offered(slapd: Slapd) -> None:
    """The mechanisms are read first, and no secret leaves."""
    from ldapom.testing import Directory

    connection = Connection(Directory.sample(), Plain("nobody", "canary"))
    with pytest.raises((LocalProtocolError, ResultError)) as caught:
        connection.bind()
    assert "canary" not in str(caught.value)
    connection.close()


def test_files_that_are_none() -> None:
    """A missing or empty CA file is one clear error."""
    with pytest.raises(TLSError, match="/nowhere/ca.pem"):
        Tls(ca_file="/nowhere/ca.pem").context()
