"""All that is needed to make a connection, as frozen values."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol.codec import DEFAULT_MAX_SIZE, Codec, select
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.dial import dial, dial_unix
from ldapom.protocol.io.sync import SocketTransport, Target, Transport
from ldapom.protocol.io.tls import Tls
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from ldapom.protocol.credentials import Credentials

#: What ``ldapi:///`` stands for: where Debian's and Red Hat's OpenLDAP listen.
LDAPI_SOCKET = "/run/slapd/ldapi"


@frozen
class Wire:
    """How octets become messages.

    Args:
        codec: ``"fast"``, ``"spec"``, or None for the default (``LDAPOM_CODEC``).
        max_message_size: The largest message accepted from the server, in octets.
    """

    codec: str | None = None
    max_message_size: int = DEFAULT_MAX_SIZE

    def select(self) -> Codec:
        """The codec itself."""
        return select(self.codec)


def as_url(url: str | LDAPURL | Target) -> LDAPURL | Target:
    """Read a URL given as text; anything else is given back."""
    return LDAPURL.parse(url) if isinstance(url, str) else url


@frozen
class Settings:
    """All that is needed to make a connection, and another one like it."""

    url: LDAPURL | Target = field(converter=as_url)
    credentials: Credentials
    tls: Tls | ssl.SSLContext | None
    start_tls: bool
    timeout: float
    allow_cleartext: bool
    wire: Wire

    def __attrs_post_init__(self) -> None:
        Deadline(self.timeout)
        self._check_extensions()
        if self.start_tls and not self.speaks("ldap"):
            raise LocalProtocolError(
                f"StartTLS goes with ldap://, not with {self.url}: leave start_tls away"
            )

    def _check_extensions(self) -> None:
        """Refuse a URL that depends on what is not understood (RFC 4516 2)."""
        extensions = self.url.extensions if isinstance(self.url, LDAPURL) else ()
        critical = [one.name for one in extensions if one.critical]
        if critical:
            raise LocalProtocolError(
                f"{self.url} has a critical extension that is not supported: "
                f"{', '.join(critical)}"
            )

    def speaks(self, scheme: str) -> bool:
        """Whether the URL has this scheme."""
        return isinstance(self.url, LDAPURL) and self.url.scheme == scheme

    def dial(self, deadline: Deadline) -> Transport:
        """Open the transport, still in clear."""
        url = self.url
        if not isinstance(url, LDAPURL):
            return url.open_transport(deadline)
        host, port = url.address
        if url.scheme == "ldapi":
            return SocketTransport(dial_unix(host or LDAPI_SOCKET, deadline))
        return SocketTransport(dial(host, port, deadline))

    @property
    def host(self) -> str | None:
        """The name that the server's certificate has to carry.

        Neither the dot that ends a full name (RFC 6066 3) nor the zone of an address
        is a part of it.
        """
        if not isinstance(self.url, LDAPURL):
            return None
        return self.url.address[0].partition("%")[0].rstrip(".")

    def context(self) -> ssl.SSLContext:
        """The TLS context; verifies against the system's store when none is given."""
        tls = self.tls if self.tls is not None else Tls()
        return tls if isinstance(tls, ssl.SSLContext) else tls.context()
