"""NTLM against real servers: Samba in GSS-SPNEGO, OpenLDAP and 389 by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from ldapom import (
    Connection,
    ConnectionLost,
    InvalidCredentials,
    LocalProtocolError,
    Ntlm,
    StrongerAuthRequired,
)
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.sasl._ntlm_crypto import nt_hash
from ldapom.protocol.sasl._ntlm_messages import Flag
from ldapom.secrets import Secret
from tests.servers import domain
from tests.servers import samba as samba_module

if TYPE_CHECKING:
    from ldapom.protocol.layers import Layer
    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

pytestmark = pytest.mark.real_server

PASSWORD: Final = domain.PASSWORD
HASH: Final = nt_hash(Secret(PASSWORD)).reveal().hex()
ALICE: Final = f"CN=alice,CN=Users,{domain.BASE}"
PEOPLE: Final = "ou=people,dc=example,dc=com"
WAYS: Final = ("clear", "StartTLS", "ldaps")


def connect(server: Samba | Slapd | Ds389, way: str, credentials: Ntlm) -> Connection:
    """A connection by one of the ways."""
    if way == "ldapi":
        return Connection(server.socket_url, credentials)  # type: ignore[union-attr]  # Samba is not asked
    if way == "clear":
        return Connection(server.url, credentials)
    tls = Tls(ca_file=str(server.pki.ca_file))
    if way == "ldaps":
        return Connection(server.tls_url, credentials, tls=tls)
    return Connection(server.url, credentials, tls=tls, start_tls=True)


def layer_of(connection: Connection) -> Layer | None:
    """What protects the connection beside TLS."""
    assert connection._link is not None
    return connection._link.engine.layer


class TestSamba:
    """An Active Directory domain controller."""

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        "credentials",
        [
            Ntlm(f"{domain.NETBIOS}\\alice", PASSWORD),
            Ntlm("alice@samba.test", PASSWORD),
            Ntlm("alice", PASSWORD),
            Ntlm("ALICE", hash=HASH, domain=domain.NETBIOS),
        ],
        ids=["domain", "realm", "plain", "hash"],
    )
    def test_binds(self, samba: Samba, way: str, credentials: Ntlm) -> None:
        """Each name gets in; in clear all is sealed; 3,000 entries come at once."""
        with connect(samba, way, credentials) as connection:
            layer = layer_of(connection)
            if way == "clear":
                assert layer is not None
                assert layer.description == "NTLM, sealed"
            else:
                assert layer is None
            (own,) = connection.search(ALICE, "(sAMAccountName=alice)")
            assert own.dn.lower() == ALICE.lower()
            found = connection.search(
                domain.BULK, "(objectClass=user)", attributes=["cn", "mail"]
            )
            assert sum(1 for _ in found) == 3000

    @pytest.mark.parametrize("way", WAYS)
    def test_wrong_password(self, samba: Samba, way: str) -> None:
        """It is a wrong password, whatever is around."""
        credentials = Ntlm(f"{domain.NETBIOS}\\alice", "wrong")
        with (
            pytest.raises(InvalidCredentials, match="52e"),
            connect(samba, way, credentials),
        ):
            pytest.fail("it was let in")

    def test_demanded_signing(self, samba_strong: Samba) -> None:
        """Where signing is demanded the layer is enough on a clear connection."""
        credentials = Ntlm(f"{domain.NETBIOS}\\alice", PASSWORD)
        with connect(samba_strong, "clear", credentials) as connection:
            assert len(list(connection.search(ALICE, "(cn=alice)"))) == 1
        # Samba's "yes" means: no SASL inside TLS, where nothing may be signed.
        with (
            pytest.raises(StrongerAuthRequired, match="Sign or Seal"),
            connect(samba_strong, "ldaps", credentials),
        ):
            pytest.fail("it was let in")

    def test_signing_alone(self, samba: Samba, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where only signing is negotiated the server wants everything sealed."""
        from ldapom.protocol.sasl import _ntlm_client as client

        monkeypatch.setattr(client, "FOR_LAYER", client.FOR_LAYER & ~Flag.seal)
        credentials = Ntlm(f"{domain.NETBIOS}\\alice", PASSWORD)
        with connect(samba, "clear", credentials) as connection:
            layer = layer_of(connection)
            assert layer is not None
            assert layer.seals
            assert len(list(connection.search(domain.BULK))) > 3000

    def test_large_requests(self, samba: Samba) -> None:
        """A request that fills several buffers arrives as one."""
        dn = f"CN=large,CN=Users,{domain.BASE}"
        values: dict[str, Any] = {"objectClass": "contact", "thumbnailPhoto": b""}
        values["thumbnailPhoto"] = bytes(90_000)
        credentials = Ntlm(samba_module.ADMIN, samba_module.ADMIN_PASSWORD)
        with connect(samba, "clear", credentials) as connection:
            connection.add(dn, values)
            try:
                (found,) = connection.search(dn, attributes=["thumbnailPhoto"])
                assert found["thumbnailPhoto"] == [values["thumbnailPhoto"]]
            finally:
                connection.delete(dn)

    def test_sicily_is_not_there(self, samba: Samba) -> None:
        """Samba has no Sicily: an error, and not a wrong password."""
        credentials = Ntlm(f"{domain.NETBIOS}\\alice", PASSWORD, sicily=True)
        with (
            pytest.raises(ConnectionLost) as caught,
            connect(samba, "clear", credentials),
        ):
            pytest.fail("it has Sicily")
        assert "sicily=True" in str(caught.value.__notes__)


class TestBare:
    """Servers that have the mechanism NTLM of their SASL library."""

    @pytest.mark.parametrize("way", [*WAYS, "ldapi"])
    def test_slapd(self, slapd_sasl: Slapd, way: str) -> None:
        """OpenLDAP refuses NTLM in GSS-SPNEGO, and takes it by itself."""
        with connect(slapd_sasl, way, Ntlm("ada", "secret")) as connection:
            assert layer_of(connection) is None
            assert connection.who_am_i() == f"dn:uid=ada,{PEOPLE}"
            assert len(list(connection.search(PEOPLE, "(uid=a*)"))) >= 2

    @pytest.mark.parametrize("way", WAYS)
    def test_389(self, ds389: Ds389, way: str) -> None:
        """The same with 389."""
        with connect(ds389, way, Ntlm("ada", "secret")) as connection:
            assert layer_of(connection) is None
            assert f"uid=ada,{PEOPLE}" in (connection.who_am_i() or "")
            assert len(list(connection.search(PEOPLE, "(uid=a*)"))) >= 2

    def test_wrong_password(self, slapd_sasl: Slapd) -> None:
        """It is a wrong password."""
        with (
            pytest.raises(InvalidCredentials),
            connect(slapd_sasl, "ldaps", Ntlm("ada", "wrong")),
        ):
            pytest.fail("it was let in")

    def test_not_in_clear(
        self, slapd_sasl: Slapd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """To another machine the mechanism without a layer does not go in clear."""
        from ldapom.protocol.io.sync import SocketTransport

        monkeypatch.setattr(SocketTransport, "is_private", False)
        with (
            pytest.raises(LocalProtocolError, match="ldaps://"),
            connect(slapd_sasl, "clear", Ntlm("ada", "secret")),
        ):
            pytest.fail("it was let in")
