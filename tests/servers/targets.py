"""One small object for any server, so that a behaviour test runs unchanged on each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from attrs import frozen

from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Credentials, Simple
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD, BASE

if TYPE_CHECKING:
    from ldapom.mapper.session import Session
    from ldapom.protocol.io.sync import Target
    from ldapom.protocol.io.tls import Tls

ADMIN = Simple(ADMIN_DN, ADMIN_PASSWORD)


class ConnectionOptions(TypedDict, total=False):
    """What `Server.connection` and `Server.session` pass on."""

    start_tls: bool
    timeout: float
    allow_cleartext: bool


@frozen
class Server:
    """A running server that holds the sample data.

    Attributes:
        name: ``"box"``, ``"box-tcp"``, ``"slapd"`` or ``"ds389"``.
        target: The URL, or the directory in the box itself.
        tls: Trusts the server's certificate; None where it has none.
        base: The suffix.
        admin: The credentials of the administrator, who may change everything.
    """

    name: str
    target: str | Target
    tls: Tls | None = None
    base: str = BASE
    admin: Simple = ADMIN

    def can_hold(self, value: str) -> str:
        """Return a value for a name: 389 DS has C strings there, which end at a NUL."""
        return value.replace("\0", "\x01") if self.name == "ds389" else value

    def connection(
        self,
        credentials: Credentials | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> Connection:
        """Return a connection, not open yet; by default the administrator's."""
        who = self.admin if credentials is None else credentials
        return Connection(self.target, who, tls=self.tls, **options)

    def session(
        self,
        credentials: Credentials | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> Session:
        """Return a session, not entered yet; by default the administrator's."""
        # Here, so that what needs connections alone does not pay for the mapper.
        from ldapom.mapper.session import Session

        who = self.admin if credentials is None else credentials
        return Session(self.target, who, tls=self.tls, **options)


def delete_tree(server: Server, base: str) -> None:
    """Delete an entry and all below it, children first; a missing one is no error."""
    from ldapom.errors import NoSuchObject

    with server.connection() as connection:
        try:
            found = [entry.dn for entry in connection.search(base, attributes=["1.1"])]
        except NoSuchObject:
            return
        for dn in sorted(found, key=_depth, reverse=True):
            connection.delete(dn)


def _depth(dn: str) -> int:
    from ldapom.dn import DN

    return len(DN.from_server(dn).rdns)
