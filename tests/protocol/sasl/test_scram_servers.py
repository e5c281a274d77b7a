"""SCRAM and DIGEST-MD5 against OpenLDAP and 389 DS, over every transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ChannelBindingRejected,
    InvalidCredentials,
    LocalProtocolError,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import DigestMD5, Plain, Scram, Simple
from ldapom.protocol.io.tls import Tls
from tests.protocol.sasl.middle import man_in_the_middle
from tests.servers import slapd as slapd_module
from tests.servers.population import COUNT, populate
from tests.servers.sample import sample_ldif
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.credentials import Credentials
    from tests.servers.ds389 import Ds389
    from tests.servers.pki import Pki
    from tests.servers.slapd import Slapd

TRANSPORTS: Final = ("clear", "start_tls", "ldaps", "ldapi")
MECHANISMS: Final[dict[str, Callable[[str], Credentials]]] = {
    "PLAIN": lambda password: Plain("admin", password),
    "DIGEST-MD5": lambda password: DigestMD5("admin", password),
    "SCRAM-SHA-1": lambda password: Scram("admin", password, "SCRAM-SHA-1"),
    "SCRAM-SHA-224": lambda password: Scram("admin", password, "SCRAM-SHA-224"),
    "SCRAM-SHA-256": lambda password: Scram("admin", password),
    "SCRAM-SHA-384": lambda password: Scram("admin", password, "SCRAM-SHA-384"),
    "SCRAM-SHA-512": lambda password: Scram("admin", password, "SCRAM-SHA-512"),
}

pytestmark = pytest.mark.filterwarnings("ignore:DIGEST-MD5 is historic")


@pytest.fixture(params=["slapd_sasl", "ds389"])
def running(request: pytest.FixtureRequest) -> Slapd | Ds389:
    """Each server in turn."""
    found: Slapd | Ds389 = request.getfixturevalue(request.param)
    return found


def connect(
    server: Slapd | Ds389, credentials: Credentials, transport: str = "clear"
) -> Connection:
    """A connection to a server, not open yet."""
    urls = {"ldaps": server.tls_url, "ldapi": server.socket_url}
    return Connection(
        urls.get(transport, server.url),
        credentials,
        start_tls=transport == "start_tls",
        tls=Tls(ca_file=server.pki.ca_file),
    )


def whoever(connection: Connection) -> str:
    """Who the server takes us for; 389 DS puts a space in front."""
    return (connection.who_am_i() or "").replace("dn: ", "dn:")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_bind(running: Slapd | Ds389, mechanism: str, transport: str) -> None:
    """After the bind we are who we said, and 3,000 entries come whole."""
    below = populate(running)
    credentials = MECHANISMS[mechanism](ADMIN_PASSWORD)
    with connect(running, credentials, transport) as connection:
        assert whoever(connection) == f"dn:{ADMIN_DN}"
        found = list(connection.search(below, "(uid=*)"))
        assert len({entry.dn for entry in found}) == COUNT
        assert found[-1].text("description")[0].startswith("person number")
        assert whoever(connection) == f"dn:{ADMIN_DN}"


@pytest.mark.parametrize("transport", ["clear", "ldaps"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_wrong_password(running: Slapd | Ds389, mechanism: str, transport: str) -> None:
    """Is told as such, and not as anything else."""
    with pytest.raises(InvalidCredentials):
        with connect(running, MECHANISMS[mechanism]("wrong"), transport):
            pass


def test_signed_writes(running: Slapd | Ds389) -> None:
    """What we send is signed too, large or small."""
    description = ["x" * 100_000, "short"]
    dn = f"uid=ada,{ADMIN_DN.partition(',')[2]}"
    with connect(running, DigestMD5("admin", ADMIN_PASSWORD)) as connection:

        def found() -> list[bytes]:
            (entry,) = connection.search(dn, scope="base")
            return list(entry.get("description", ()))

        before = found()
        connection.modify(dn, [Replace("description", description)])
        assert set(found()) == {d.encode() for d in description}
        connection.modify(dn, [Replace("description", before)])
        assert found() == before


class TestChannelBinding:
    """OpenLDAP has ``-PLUS`` inside TLS; 389 DS has not."""

    @pytest.fixture
    def commands(self, slapd_sasl: Slapd) -> Callable[[], str]:
        """What OpenLDAP logged of binds since now."""
        start = len(slapd_sasl.log)
        return lambda: slapd_sasl.log[start:]

    @pytest.mark.parametrize("transport", ["start_tls", "ldaps"])
    def test_used_by_default(
        self, slapd_sasl: Slapd, commands: Callable[[], str], transport: str
    ) -> None:
        """The server's log names the variant."""
        credentials = Scram("admin", ADMIN_PASSWORD, "SCRAM-SHA-512")
        with connect(slapd_sasl, credentials, transport) as connection:
            assert connection.who_am_i() == f"dn:{ADMIN_DN}"
        assert "mech=SCRAM-SHA-512-PLUS" in commands()

    def test_switched_off(self, slapd_sasl: Slapd, commands: Callable[[], str]) -> None:
        """The server takes it without, too."""
        credentials = Scram("admin", ADMIN_PASSWORD, channel_binding=False)
        with connect(slapd_sasl, credentials, "ldaps") as connection:
            assert connection.who_am_i() == f"dn:{ADMIN_DN}"
        assert "PLUS" not in commands()

    def test_not_offered(self, ds389: Ds389) -> None:
        """Who demands it where it is not offered is told before anything is sent."""
        credentials = Scram("admin", ADMIN_PASSWORD, "SCRAM-SHA-256-PLUS")
        with pytest.raises(
            LocalProtocolError, match="does not offer SCRAM-SHA-256-PLUS"
        ):
            with connect(ds389, credentials, "ldaps"):
                pass

    @pytest.mark.parametrize(
        "certificate", ["sha384", "sha512", "pss", "ed25519", "selfsigned"]
    )
    def test_any_certificate(self, pki: Pki, certificate: str) -> None:
        """The hash is the certificate's own."""
        options = slapd_module.Options(certificate=certificate)
        trusted = pki.cert(certificate) if certificate == "selfsigned" else pki.ca_file
        with slapd_module.Slapd(pki, options) as slapd:
            slapd.load(sample_ldif())
            credentials = Scram("admin", ADMIN_PASSWORD, "SCRAM-SHA-256-PLUS")
            tls = Tls(ca_file=trusted)
            with Connection(slapd.tls_url, credentials, tls=tls) as connection:
                assert connection.who_am_i() == f"dn:{ADMIN_DN}"


class TestManInTheMiddle:
    """He has a certificate the client trusts, and passes everything on."""

    @pytest.fixture
    def trusting(self, slapd_sasl: Slapd) -> Tls:
        """What the client trusts: the authority that signed his certificate too."""
        return Tls(ca_file=slapd_sasl.pki.ca_file)

    def test_he_reads_along(self, slapd_sasl: Slapd, trusting: Tls) -> None:
        """Without channel binding: this is what is to be prevented."""
        credentials = Scram("admin", ADMIN_PASSWORD, channel_binding=False)
        port = slapd_sasl.tls_port
        with man_in_the_middle(slapd_sasl.pki, "sha512", port) as url:
            with Connection(url, credentials, tls=trusting) as connection:
                assert connection.who_am_i() == f"dn:{ADMIN_DN}"

    def test_he_is_found_out(self, slapd_sasl: Slapd, trusting: Tls) -> None:
        """The server sees that the binding is to another certificate."""
        credentials = Scram("admin", ADMIN_PASSWORD)
        port = slapd_sasl.tls_port
        with man_in_the_middle(slapd_sasl.pki, "sha512", port) as url:
            with pytest.raises(ChannelBindingRejected, match="something between"):
                with Connection(url, credentials, tls=trusting):
                    pass

    def test_he_shortens_the_list(self, slapd_sasl: Slapd, trusting: Tls) -> None:
        """The server sees that the client did not get the list it sent."""

        def change(data: bytes) -> bytes:
            return data.replace(b"-PLUS", b"-LESS")

        credentials = Scram("admin", ADMIN_PASSWORD)
        port = slapd_sasl.tls_port
        with man_in_the_middle(slapd_sasl.pki, "sha512", port, change) as url:
            with pytest.raises(ChannelBindingRejected, match="changed the list"):
                with Connection(url, credentials, tls=trusting):
                    pass


class TestPasswords:
    """What people have as passwords."""

    @pytest.fixture
    def person(self, running: Slapd | Ds389) -> Iterator[Callable[[bytes], str]]:
        """Somebody whose password is as wanted."""
        dn = f"uid=unusual,{ADMIN_DN.partition(',')[2]}"
        with connect(running, Simple(ADMIN_DN, ADMIN_PASSWORD), "ldapi") as connection:

            def make(password: bytes) -> str:
                attributes: dict[str, list[str | bytes]] = {
                    "objectClass": ["inetOrgPerson"],
                    "userPassword": [password],
                    **{name: ["unusual"] for name in ("uid", "cn", "sn")},
                }
                connection.add(dn, attributes)
                return "unusual"

            yield make
            connection.delete(dn)

    @pytest.mark.parametrize(
        "password", ["pässwörd", "пароль", "a,b=c\"\\'", "p\U0001f600w", " x y "]
    )
    def test_unusual(
        self, running: Slapd | Ds389, person: Callable[[bytes], str], password: str
    ) -> None:
        """Letters, signs and spaces of all kinds, as text or octets."""
        user = person(password.encode())
        for credentials in (
            Scram(user, password),
            Scram(user, password.encode()),
            DigestMD5(user, password),
            DigestMD5(user, password.encode()),
            Plain(user, password),
        ):
            with connect(running, credentials) as connection:
                assert whoever(connection).startswith("dn:uid=unusual,")

    @pytest.mark.parametrize("password", ["o\ufb01sh", "pa\u00a0ss", "\u2168"])
    def test_prepared(
        self, running: Slapd | Ds389, person: Callable[[bytes], str], password: str
    ) -> None:
        """These servers keep what SASLprep would change, so octets fit and text not."""
        user = person(password.encode())
        with connect(running, Scram(user, password.encode())) as connection:
            assert whoever(connection).startswith("dn:uid=unusual,")
        with pytest.raises(InvalidCredentials):
            with connect(running, Scram(user, password)):
                pass
