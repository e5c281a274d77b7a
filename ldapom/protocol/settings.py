"""All that is needed to make a connection, as frozen values."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from attrs import evolve, field, frozen

from ldapom._given import flag, instances, kind_of, numbers
from ldapom.errors import LocalProtocolError
from ldapom.protocol._credentials import Credentials, as_credentials
from ldapom.protocol.codec import DEFAULT_MAX_SIZE, Codec, select
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.dial import dial, dial_unix
from ldapom.protocol.io.sync import SocketTransport, Target, Transport
from ldapom.protocol.io.tls import Tls, shared_context
from ldapom.protocol.referrals import Guide, Referrals
from ldapom.protocol.retry import Retry
from ldapom.protocol.servers import Servers, is_several
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import socket

    from ldapom.protocol.servers import Server
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
    max_message_size: int = field(default=DEFAULT_MAX_SIZE, validator=numbers(1))
    schema_cache: SchemaCache | None = None

    def select(self) -> Codec:
        """The codec itself."""
        return select(self.codec)


class ConnectionOptions(TypedDict, total=False):
    """What a connection takes beside who speaks to whom, by keyword.

    Attributes:
        wire: Codec, message limit, schema cache.
        retry: How often an operation is tried.
        referrals: Where references may lead; None, the default, follows nothing.
    """

    wire: Wire
    retry: Retry
    referrals: Referrals | None


def refuse_unknown(owner: type, options: Iterable[str], known: frozenset[str]) -> None:
    """Refuse options that there are not; a type checker would.

    Args:
        owner: The class that is being made.
        options: The names that it was given.
        known: Those that it takes beside those of its constructor.

    Raises:
        TypeError: Names the option, and what may have been meant.
    """
    for name in options:
        if name not in known:
            # Who makes no mistake does not import what looks for what was meant.
            import difflib
            import inspect

            own = inspect.signature(owner).parameters
            meant = difflib.get_close_matches(name, [*own, *known], 1)
            hint = f"; did you mean {meant[0]!r}?" if meant else ""
            raise TypeError(f"{owner.__name__}() takes no {name!r}{hint}")


#: What a connection takes as ``url``; a list of URLs means `Servers` of them.
Destination: TypeAlias = str | LDAPURL | Target | Servers | Sequence[str | LDAPURL]


def as_url(place: Destination) -> LDAPURL | Target | Servers:
    """Read where to connect to; what is no text and no list is given back.

    Raises:
        TypeError: If nobody can connect to it.
    """
    if is_several(place):
        return Servers(place) if isinstance(place, str) else Servers(*place)  # type: ignore[misc]  # a list or a tuple
    if isinstance(place, str):
        return _parsed(place)
    if not (isinstance(place, LDAPURL | Servers) or hasattr(place, "open_transport")):
        raise TypeError(
            'a server is named by a URL, such as "ldaps://dc.example.com", or by a '
            f"list of them, not by {type(place).__name__}"
        )
    return place  # type: ignore[return-value]  # no list


@lru_cache(maxsize=64)
def _parsed(text: str) -> LDAPURL:
    # A program that makes one connection after the other names the same server.
    return LDAPURL.parse(text)


#: Values, so that all settings can share them.
_WIRE, _RETRY = Wire(), Retry()
#: A tuple made once, as in `ldapom.dn`.
_NUMBERS = (int, float)
_TLS = (Tls, ssl.SSLContext, type(None))


@frozen
class Settings:
    """All that is needed to make a connection, and another one like it.

    Attributes:
        certificate: The name that the server's certificate has to carry, where it is
            not the host of the URL.
    """

    url: LDAPURL | Target | Servers = field(converter=as_url)
    credentials: Credentials
    tls: Tls | ssl.SSLContext | None
    start_tls: bool
    timeout: float
    allow_cleartext: bool
    wire: Wire = field(default=_WIRE, validator=instances(Wire))
    retry: Retry = field(default=_RETRY, validator=instances(Retry))
    referrals: Referrals | None = None
    certificate: str | None = None

    def __attrs_post_init__(self) -> None:
        as_credentials(self.credentials)
        if not isinstance(self.timeout, _NUMBERS):
            raise TypeError(
                "a timeout is a number of seconds, math.inf for none, not "
                f"{type(self.timeout).__name__}"
            )
        if not self.timeout > 0:
            Deadline(self.timeout)  # it says what is wrong
        flag(self.start_tls, "start_tls")
        # As with any other secret: whoever reads "no" from a file did not mean yes.
        flag(self.allow_cleartext, "allow_cleartext")
        if not isinstance(self.tls, _TLS):
            raise TypeError(
                "tls is Tls(...) or an ssl.SSLContext, not "
                f"{kind_of(self.tls)}: ldaps:// and start_tls=True need none"
            )
        self._check_extensions()
        if self.start_tls and not self.speaks("ldap"):
            raise LocalProtocolError(
                f"StartTLS goes with ldap://, not with {self.url}: leave start_tls away"
            )

    def _check_extensions(self) -> None:
        """Refuse a URL that depends on what is not understood (RFC 4516 2)."""
        critical = [
            one.name for url in self._urls for one in url.extensions if one.critical
        ]
        if critical:
            raise LocalProtocolError(
                f"{self.url} has a critical extension that is not supported: "
                f"{', '.join(critical)}"
            )

    @property
    def _urls(self) -> list[LDAPURL]:
        """The URLs that are known by now."""
        url = self.url
        if isinstance(url, LDAPURL):
            return [url]
        places = url.places if isinstance(url, Servers) else ()
        return [place for place in places if isinstance(place, LDAPURL)]

    def at(self, server: Server) -> Settings:
        """The same for one of several servers."""
        return evolve(self, url=server.url, certificate=server.certificate)

    def order(self, deadline: Deadline) -> list[Server]:
        """The servers as they are to be tried; empty where there is but one.

        Waits for the DNS where `asks_dns` says so.
        """
        return self.url.order(deadline) if isinstance(self.url, Servers) else []

    @property
    def asks_dns(self) -> bool:
        """Whether the DNS names the servers."""
        return isinstance(self.url, Servers) and self.url.asks_dns

    @property
    def base(self) -> str | None:
        """The DN of the URL; of several URLs the one that all of them have."""
        found = {str(url.dn) for url in self._urls}
        return (found.pop() or None) if len(found) == 1 else None

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
        """Whether the URL has this scheme, or each of several has."""
        url = self.url
        if isinstance(url, Servers):
            return url.schemes == {scheme}
        return isinstance(url, LDAPURL) and url.scheme == scheme

    def dial(self, deadline: Deadline) -> Transport:
        """Open the transport, still in clear."""
        url = self.url
        if isinstance(url, LDAPURL):
            return SocketTransport(self.dial_socket(deadline))
        assert not isinstance(url, Servers)  # noqa: S101  # `at` has chosen one
        return url.open_transport(deadline)

    def dial_socket(self, deadline: Deadline) -> socket.socket:
        """Connect to what the URL names; the socket does not block."""
        assert isinstance(self.url, LDAPURL)  # noqa: S101  # no other Target has one
        host, port = self.url.address
        if self.url.scheme == "ldapi":
            return dial_unix(host or LDAPI_SOCKET, deadline)
        return dial(host, port, deadline)

    @property
    def guide(self) -> Guide | None:
        """What flows are told of following references; None follows nothing."""
        if self.referrals is None:
            return None
        address = self.url.address if isinstance(self.url, LDAPURL) else ("", 0)
        return Guide(self.referrals, *address)

    @property
    def where(self) -> str:
        """The server in a word, for people."""
        url = self.url
        return str(url) if isinstance(url, LDAPURL | Servers) else type(url).__name__

    @property
    def host(self) -> str | None:
        """The server's name, which its certificate has to carry.

        Neither the dot that ends a full name (RFC 6066 3) nor the zone of an address
        is a part of it.
        """
        if not isinstance(self.url, LDAPURL):
            return None
        return self.url.address[0].partition("%")[0].rstrip(".")

    @property
    def certified(self) -> str | None:
        """The name that the certificate has to carry: `certificate`, or the host."""
        return self.certificate or self.host

    def context(self) -> ssl.SSLContext:
        """The TLS context; verifies against the system's store when none is given."""
        tls = self.tls if self.tls is not None else Tls()
        return tls if isinstance(tls, ssl.SSLContext) else shared_context(tls)
