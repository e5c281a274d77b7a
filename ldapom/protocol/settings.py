"""All that is needed to make a connection, as frozen values."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, TypedDict

from attrs import field, frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol.codec import DEFAULT_MAX_SIZE, Codec, select
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.dial import dial, dial_unix
from ldapom.protocol.io.sync import SocketTransport, Target, Transport
from ldapom.protocol.io.tls import Tls
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import socket

    from ldapom.protocol.credentials import Credentials
    from ldapom.schema.cache import SchemaCache, Slot

#: What ``ldapi:///`` stands for: where Debian's and Red Hat's OpenLDAP listen.
LDAPI_SOCKET = "/run/slapd/ldapi"


@frozen
class Wire:
    """How octets become messages, and what is kept of them.

    Args:
        codec: ``"fast"``, ``"spec"``, or None for the default (``LDAPOM_CODEC``).
        max_message_size: The largest message accepted from the server, in octets.
        schema_cache: Where schemas are kept between connections; None reads them
            from the server.
    """

    codec: str | None = None
    max_message_size: int = DEFAULT_MAX_SIZE
    schema_cache: SchemaCache | None = None

    def select(self) -> Codec:
        """The codec itself."""
        return select(self.codec)


class ConnectionOptions(TypedDict, total=False):
    """What a connection takes beside who speaks to whom, by keyword.

    Attributes:
        wire: Codec, message limit, schema cache.
    """

    wire: Wire


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
    wire: Wire = field(factory=Wire)

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

    def schema_slot(self, who: Credentials) -> Slot | None:
        """Where the schema that this identity sees is kept, if it is.

        A directory in the box has no address that another one could not have.
        """
        cache = self.wire.schema_cache
        if cache is None or not isinstance(self.url, LDAPURL):
            return None
        host, port = self.url.address
        return cache.slot(f"{self.url.scheme}://{host}:{port} {who}")

    def speaks(self, scheme: str) -> bool:
        """Whether the URL has this scheme."""
        return isinstance(self.url, LDAPURL) and self.url.scheme == scheme

    def dial(self, deadline: Deadline) -> Transport:
        """Open the transport, still in clear."""
        url = self.url
        if isinstance(url, LDAPURL):
            return SocketTransport(self.dial_socket(deadline))
        return url.open_transport(deadline)

    def dial_socket(self, deadline: Deadline) -> socket.socket:
        """Connect to what the URL names; the socket does not block."""
        assert isinstance(self.url, LDAPURL)  # noqa: S101  # no other Target has one
        host, port = self.url.address
        if self.url.scheme == "ldapi":
            return dial_unix(host or LDAPI_SOCKET, deadline)
        return dial(host, port, deadline)

    @property
    def where(self) -> str:
        """The server in a word, for people."""
        url = self.url
        return str(url) if isinstance(url, LDAPURL) else type(url).__name__

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
