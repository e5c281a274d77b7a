"""Kerberos at OpenLDAP, 389 DS and Samba: every way to connect, and much to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import pytest
from attrs import frozen

from ldapom.changes import Replace
from ldapom.errors import (
    ClockSkew,
    InvalidCredentials,
    LocalProtocolError,
    OperationsError,
    Reason,
    RemoteProtocolError,
    ResultError,
    StrongerAuthRequired,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, Kerberos, Simple, Spnego
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.sasl import Surroundings
from tests.servers.domain import BULK
from tests.servers.kdc import PASSWORD, SERVICE, Kdc, with_skew
from tests.servers.population import COUNT, populate
from tests.servers.process import run
from tests.servers.require import need
from tests.servers.slapd import ADMIN_DN, BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

pytestmark = pytest.mark.real_server

Way: TypeAlias = Literal["clear", "StartTLS", "ldaps", "ldapi"]
WAYS: Final[tuple[Way, ...]] = ("clear", "StartTLS", "ldaps", "ldapi")
PRIVATE: Final = {"StartTLS", "ldaps"}

#: How to be somebody, and what protects a connection without TLS then.
LOGINS: Final[dict[str, tuple[Callable[[Kdc], Credentials], str]]] = {
    "ticket": (lambda _: Kerberos(host="localhost"), "Kerberos, sealed"),
    "signed": (lambda _: Kerberos(host="localhost", layer="sign"), "Kerberos, signed"),
    "keytab": (
        lambda kdc: Kerberos("admin", str(kdc.user_keytab), host="localhost"),
        "Kerberos, sealed",
    ),
    "SPNEGO": (lambda _: Spnego(host="localhost"), "Kerberos, sealed"),
    "SPNEGO by password": (
        lambda _: Spnego("admin", PASSWORD, host="localhost"),
        "Kerberos, sealed",
    ),
}


@pytest.fixture(autouse=True)
def _library() -> None:
    need("gssapi")


@frozen
class Place:
    """A server with a KDC beside it."""

    server: Slapd | Ds389
    kdc: Kdc

    def connection(self, credentials: Credentials, way: Way = "clear") -> Connection:
        """A connection, not open yet."""
        server = self.server
        url = {"ldapi": server.socket_url, "ldaps": server.tls_url}.get(way, server.url)
        tls = Tls(ca_file=str(server.pki.ca_file)) if way in PRIVATE else None
        return Connection(url, credentials, tls=tls, start_tls=way == "StartTLS")


@pytest.fixture(params=["slapd_sasl", "ds389"])
def place(request: pytest.FixtureRequest, kerberos: Kdc) -> Place:
    """Each of the servers that have the sample."""
    return Place(request.getfixturevalue(request.param), kerberos)


def layer_of(connection: Connection) -> str | None:
    """What protects a connection."""
    link = connection._link  # nothing public tells it apart
    assert link is not None
    layer = link.engine.layer
    return None if layer is None else layer.description


def is_admin(connection: Connection) -> bool:
    """Whether the server takes us for the administrator of the sample."""
    said = connection.who_am_i()
    return said.replace(" ", "").lower() == f"dn:{ADMIN_DN}"


def refuse(connection: Connection) -> None:
    """Bind, which is to raise, and leave nothing open."""
    with connection:
        pytest.fail("let in")


class TestEveryWay:
    """The matrix: servers, ways to connect, ways to be somebody."""

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("login", LOGINS)
    def test_the_bind_works_and_so_does_what_follows(
        self, place: Place, way: Way, login: str
    ) -> None:
        """Identity, 3,000 entries, and a value larger than any buffer's default."""
        make, expected = LOGINS[login]
        many = populate(place.server)
        with place.connection(make(place.kdc), way) as connection:
            assert layer_of(connection) == (None if way in PRIVATE else expected)
            assert is_admin(connection)
            entries = list(connection.search(many, "(uid=u*)", attributes=["uid"]))
            assert len({entry.dn for entry in entries}) == COUNT
            assert is_admin(connection)

    @pytest.mark.parametrize("login", ["ticket", "signed", "SPNEGO"])
    def test_large_requests_travel_in_many_buffers(
        self, place: Place, login: str
    ) -> None:
        """What the server takes at once is honoured; what comes back is the same."""
        value = bytes(range(256)) * 2000
        dn = f"uid=bob,ou=people,{BASE}"
        with place.connection(LOGINS[login][0](place.kdc)) as connection:
            connection.modify(dn, [Replace("jpegPhoto", value)])
            try:
                (entry,) = connection.search(dn, scope="base", attributes=["jpegPhoto"])
                assert entry["jpegPhoto"] == [value]
            finally:
                connection.modify(dn, [Replace("jpegPhoto", ())])

    def test_paged_results_travel_through_a_layer(self, place: Place) -> None:
        """Page by page, as on any connection."""
        many = populate(place.server)
        with place.connection(Kerberos()) as connection:
            found = sum(1 for _ in connection.search(many, "(uid=u*)", page_size=250))
        assert found == COUNT

    def test_another_principal_is_somebody_else(self, place: Place) -> None:
        """The server sees whose ticket it was."""
        keytab = str(place.kdc.user_keytab)
        with place.connection(Kerberos("ada", keytab)) as connection:
            assert "uid=ada," in connection.who_am_i()


class TestSecondBind:
    """Another bind on a connection that has a layer."""

    @pytest.mark.parametrize("first", ["ticket", "signed", "SPNEGO"])
    def test_a_simple_bind_leaves_the_layer_in_place(
        self, place: Place, first: str
    ) -> None:
        """OpenLDAP and 389 DS agree on that, and so do both ends."""
        make, expected = LOGINS[first]
        ada = f"uid=ada,ou=people,{BASE}"
        with place.connection(make(place.kdc)) as connection:
            connection.rebind(Simple(ada, PASSWORD))
            assert "uid=ada," in connection.who_am_i()
            with pytest.raises(InvalidCredentials):
                connection.rebind(Simple(ada, "wrong"))
            assert "not bound" in str(connection)
            connection.rebind(Anonymous())
            assert layer_of(connection) == expected
            assert connection.who_am_i() == ""

    @pytest.mark.parametrize("second", ["ticket", "keytab", "SPNEGO"])
    def test_openldap_takes_a_second_ticket_under_the_old_layer(
        self, slapd_sasl: Slapd, kerberos: Kdc, second: str
    ) -> None:
        """No new layer is negotiated: the old one stays (RFC 4422 3.7)."""
        place = Place(slapd_sasl, kerberos)
        keytab = str(kerberos.user_keytab)
        with place.connection(Kerberos("ada", keytab, layer="sign")) as connection:
            assert "uid=ada," in connection.who_am_i()
            connection.rebind(LOGINS[second][0](kerberos))
            assert is_admin(connection)
            assert layer_of(connection) == "Kerberos, signed"

    def test_where_sealing_is_demanded_an_old_layer_that_signs_is_refused(
        self, slapd_sasl: Slapd, kerberos: Kdc
    ) -> None:
        """Before anything is sent; the connection goes on as who it was."""
        place = Place(slapd_sasl, kerberos)
        with place.connection(Kerberos(layer="sign")) as connection:
            before = connection.who_am_i()
            with pytest.raises(LocalProtocolError, match="does not seal"):
                connection.rebind(Kerberos(layer="seal"))
            assert connection.bound_as == Kerberos(layer="sign")
            assert connection.who_am_i() == before != ""

    @pytest.mark.parametrize("second", ["ticket", "SPNEGO"])
    def test_389_leaves_its_layer_and_is_not_followed(
        self, ds389: Ds389, kerberos: Kdc, second: str
    ) -> None:
        """It answers in clear, as anybody in between could; the error says so."""
        place = Place(ds389, kerberos)
        with place.connection(Kerberos()) as connection:
            with pytest.raises(RemoteProtocolError, match="connection of its own"):
                connection.rebind(LOGINS[second][0](kerberos))
            assert not connection.is_open


class TestRefused:
    """What servers do not take."""

    def test_a_wrong_clock_is_not_called_a_wrong_password(self, place: Place) -> None:
        """These servers do not say what it is, so all that it may be is told."""
        cache = place.kdc.kinit("ada", service=True, skew=3600)
        for credentials in (Kerberos(ccache=str(cache)), Spnego(ccache=str(cache))):
            with pytest.raises(InvalidCredentials, match="clock") as caught:
                refuse(place.connection(credentials))
            assert caught.value.reason is Reason.unknown

    def test_another_channel_binding_is_refused(
        self, slapd_sasl: Slapd, kerberos: Kdc, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """OpenLDAP compares it, so a man in the middle with a certificate fails."""
        place = Place(slapd_sasl, kerberos)
        other = property(lambda _: b"\1" * 32)
        monkeypatch.setattr(Surroundings, "end_point", other)
        for credentials in (Kerberos(), Spnego()):
            with pytest.raises(InvalidCredentials, match="ends TLS"):
                refuse(place.connection(credentials, "ldaps"))

    def test_sealing_that_the_server_does_not_have_is_not_done_without(
        self, pki: object, kerberos: Kdc
    ) -> None:
        """A server that may only sign: the default signs, ``"seal"`` is refused."""
        from tests.servers.pki import Pki
        from tests.servers.slapd import Options, Slapd

        assert isinstance(pki, Pki)
        options = Options(kdc=kerberos, secprops="maxssf=1")
        with Slapd(pki, options) as server:
            place = Place(server, kerberos)
            with place.connection(Kerberos()) as connection:
                assert layer_of(connection) == "Kerberos, signed"
            with pytest.raises(LocalProtocolError, match="wants sealing"):
                refuse(place.connection(Kerberos(layer="seal")))

    def test_a_server_that_demands_a_layer_takes_this_one(
        self, pki: object, kerberos: Kdc
    ) -> None:
        """``minssf=56`` refuses what does not seal, and TLS alone suffices too."""
        from tests.servers.pki import Pki
        from tests.servers.slapd import Options, Slapd

        assert isinstance(pki, Pki)
        options = Options(kdc=kerberos, secprops="minssf=56")
        with Slapd(pki, options) as server:
            place = Place(server, kerberos)
            for way in WAYS[:3]:
                with place.connection(Kerberos(), way) as connection:
                    assert connection.is_open
            with pytest.raises((LocalProtocolError, ResultError)):
                refuse(place.connection(Kerberos(layer="sign")))


class TestActiveDirectory:
    """Samba, which knows its own from the ticket and has no "Who am I?"."""

    @staticmethod
    def connection(
        samba: Samba, credentials: Credentials, way: Way = "clear"
    ) -> Connection:
        """A connection, not open yet."""
        tls = Tls(ca_file=str(samba.pki.ca_file)) if way in PRIVATE else None
        url = samba.tls_url if way == "ldaps" else samba.url
        return Connection(url, credentials, tls=tls, start_tls=way == "StartTLS")

    @staticmethod
    def logins(samba: Samba) -> dict[str, tuple[Credentials, str]]:
        """How to be somebody there."""
        from tests.servers.domain import HOST
        from tests.servers.samba import PASSWORD as ALICE

        del samba
        return {
            "ticket": (Kerberos(host=HOST), "Kerberos, sealed"),
            "signed": (Kerberos(host=HOST, layer="sign"), "Kerberos, signed"),
            "SPNEGO": (Spnego(host=HOST), "Kerberos, sealed"),
            "password": (Spnego("alice@samba.test", ALICE, host=HOST), "Kerberos, s"),
            "NTLM": (Spnego("SAMBADOM\\alice", ALICE, host=HOST), "NTLM, sealed"),
        }

    @pytest.mark.parametrize("way", WAYS[:3])
    @pytest.mark.parametrize("login", ["ticket", "signed", "SPNEGO", "password"])
    @pytest.mark.parametrize("strong", [False, True])
    def test_the_bind_works_and_so_does_what_follows(
        self,
        request: pytest.FixtureRequest,
        way: Way,
        login: str,
        *,
        strong: bool,
    ) -> None:
        """3,000 entries, on a server that demands signing and on one that does not."""
        name = "samba_strong_kerberos" if strong else "samba_kerberos"
        samba: Samba = request.getfixturevalue(name)
        credentials, expected = self.logins(samba)[login]
        if strong and way in PRIVATE:
            # "ldap server require strong auth = yes" wants simple binds inside TLS.
            with pytest.raises(StrongerAuthRequired):
                refuse(self.connection(samba, credentials, way))
            return
        with self.connection(samba, credentials, way) as connection:
            described = layer_of(connection)
            if way in PRIVATE:
                assert described is None
            else:
                assert described is not None
                assert described.startswith(expected)
            found = connection.search(BULK, "(objectClass=user)", attributes=["cn"])
            assert sum(1 for _ in found) == COUNT

    @pytest.mark.parametrize("second", ["ticket", "SPNEGO", "password", "NTLM"])
    def test_a_second_bind_stays_under_the_old_layer(
        self, samba_kerberos: Samba, second: str
    ) -> None:
        """Samba refuses a second layer, and none is asked for."""
        logins = self.logins(samba_kerberos)
        with self.connection(samba_kerberos, logins["ticket"][0]) as connection:
            connection.rebind(logins[second][0])
            assert layer_of(connection) == "Kerberos, sealed"
            assert list(connection.search(BULK, scope="base"))
            connection.rebind(Anonymous())
            with pytest.raises(OperationsError):
                list(connection.search(BULK, scope="base"))

    def test_a_wrong_clock_is_told(self, samba_kerberos: Samba) -> None:
        """Samba sends Kerberos' own error, which is understood."""
        from tests.servers.domain import HOST

        cache = samba_kerberos.kinit("alice")
        environment = {**samba_kerberos.environment, "KRB5CCNAME": f"FILE:{cache}"}
        run("kvno", "-q", f"ldap/{HOST}", environment=environment)
        cache.write_bytes(with_skew(cache.read_bytes(), 3600))
        for kind in (Kerberos, Spnego):
            credentials = kind(ccache=str(cache), host=HOST)
            with pytest.raises(ClockSkew, match="set the clocks"):
                refuse(self.connection(samba_kerberos, credentials))


def test_the_keytab_holds_the_service_that_is_expected(kerberos: Kdc) -> None:
    """What these tests rest on: one service, whose name is that of the URL."""
    assert SERVICE.startswith("ldap/localhost@")
    with pytest.raises(LocalProtocolError, match="not found in Kerberos database"):
        Kerberos(host="elsewhere.example").mechanism(Surroundings()).step(None)
    del kerberos
