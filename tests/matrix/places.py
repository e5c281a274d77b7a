"""The servers of the matrix, each by all of its transports."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import quote

from attrs import field, frozen

from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.tls import Tls
from tests.servers import domain
from tests.servers import samba as samba_module
from tests.servers.ds389 import MANAGER_DN as DIRECTORY_MANAGER
from tests.servers.population import COUNT, populate
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD, BASE, MANAGER_DN, Slapd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ldapom.protocol.credentials import Credentials
    from tests.servers.ds389 import Ds389
    from tests.servers.pki import Pki
    from tests.servers.samba import Samba

Way: TypeAlias = Literal["clear", "StartTLS", "ldaps", "ldapi"]
WAYS: Final[tuple[Way, ...]] = ("clear", "StartTLS", "ldaps", "ldapi")
PRIVATE: Final = frozenset({"StartTLS", "ldaps"})


@frozen
class Place:
    r"""A running server with the 3,000 entries.

    Attributes:
        urls: By transport.
        pki: The authority that signed the server's certificate.
        many: The DN that the entries are below.
        some: A filter for about a tenth of them.
        dn: The entry of the user who binds.
        socket_dn: Who the user of this process is over ``ldapi``.
        user: That user's name for SASL.
        domain_user: The same as ``DOMAIN\user``.
        password: That user's.
        host: The server's name in its Kerberos principal.
        has_who_am_i: Whether RFC 4532 is there; else the own entry is read.
    """

    urls: Mapping[Way, str]
    pki: Pki
    many: str
    some: str = "(uid=*7)"
    dn: str = ADMIN_DN
    socket_dn: str = ADMIN_DN
    user: str = "admin"
    domain_user: str = "EXAMPLE\\admin"
    password: str = field(default=ADMIN_PASSWORD, repr=False)
    host: str = "localhost"
    has_who_am_i: bool = True

    def tls(self, way: Way, *, certificate: bool) -> Tls | None:
        """What is trusted and shown inside TLS; None outside."""
        if way not in PRIVATE:
            return None
        if not certificate:
            return Tls(ca_file=self.pki.ca_file)
        return Tls(
            ca_file=self.pki.ca_file,
            client_cert=self.pki.cert("client"),
            client_key=self.pki.key("client"),
        )

    def connection(
        self, credentials: Credentials, way: Way, *, certificate: bool = False
    ) -> Connection:
        """A blocking connection, not open yet."""
        return Connection(
            self.urls[way],
            credentials,
            tls=self.tls(way, certificate=certificate),
            start_tls=way == "StartTLS",
        )

    def aconnection(
        self, credentials: Credentials, way: Way, *, certificate: bool = False
    ) -> AsyncConnection:
        """An asyncio connection, not open yet."""
        return AsyncConnection(
            self.urls[way],
            credentials,
            tls=self.tls(way, certificate=certificate),
            start_tls=way == "StartTLS",
        )


def of_sample(server: Slapd | Ds389) -> Place:
    """OpenLDAP or 389 DS."""
    return Place(
        {
            "clear": server.url,
            "StartTLS": server.url,
            "ldaps": server.tls_url,
            "ldapi": server.socket_url,
        },
        server.pki,
        populate(server),
        socket_dn=MANAGER_DN if isinstance(server, Slapd) else DIRECTORY_MANAGER,
    )


def of_domain(samba: Samba) -> Place:
    """A domain controller; its socket is for the domain's own tools."""
    socket = quote(str(samba.directory / "private" / "ldapi"), safe="")
    return Place(
        {
            "clear": samba.url,
            "StartTLS": samba.url,
            "ldaps": samba.tls_url,
            "ldapi": f"ldapi://{socket}",
        },
        samba.pki,
        samba_module.BULK,
        "(cn=*7)",
        dn=samba_module.ADMIN_DN,
        user=samba_module.ADMIN,
        domain_user=f"{domain.NETBIOS}\\Administrator",
        password=samba_module.ADMIN_PASSWORD,
        host=samba_module.HOST,
        has_who_am_i=False,
    )


@contextlib.contextmanager
def of_box(pki: Pki, folder: Path) -> Iterator[Place]:
    """The directory in the box, by all transports at once."""
    from ldapom.testing import Directory

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.cert("server"), pki.key("server"))
    context.load_verify_locations(pki.ca_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    box = Directory.sample(COUNT)
    with (
        box.serve(tls=context) as clear,
        box.serve(tls=context, ldaps=True) as inside,
        box.serve(path=str(folder / "ldapi")) as socket,
    ):
        yield Place(
            {
                "clear": clear.url,
                "StartTLS": clear.url.replace("127.0.0.1", "localhost"),
                "ldaps": inside.url.replace("127.0.0.1", "localhost"),
                "ldapi": socket.url,
            },
            pki,
            f"ou=people,{BASE}",
        )
