"""`Referrals`: where references of a server may lead, as whom, and how protected.

1. Nothing is followed unless the caller has listed the host. A host that is an address
   is matched by an address or a network alone, never by a ``*``. What counts is the
   host that a resolver is asked for: ``①②⑦.0.0.1`` is an address too.
2. The session's own credentials go nowhere: who is not listed is asked anonymously.
3. A connection that TLS protects leads to connections that TLS protects.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.protocol.credentials import Anonymous
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping

    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.io.tls import Tls

_NUMBER = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@frozen
class Unfollowed:
    """A reference that was not followed.

    Attributes:
        url: As the server wrote it.
        reason: Why, for people.
    """

    url: str
    reason: str

    def __str__(self) -> str:
        return f"{self.url!r} was not followed: {self.reason}"


@frozen
class Place:
    """Another server, and how it is visited.

    Attributes:
        url: Scheme, host and port.
        credentials: Who to be there.
        rules: What allowed it.
    """

    url: LDAPURL
    credentials: Credentials
    rules: Referrals


def _as_hosts(hosts: Iterable[str] | str) -> tuple[str, ...]:
    if isinstance(hosts, str):
        raise TypeError(f"hosts is a list of patterns: [{hosts!r}]")
    return tuple(hosts)


def _as_mapping(given: Mapping[str, Credentials]) -> Mapping[str, Credentials]:
    return MappingProxyType(
        {_spelled(*_split(place)): who for place, who in given.items()}
    )


@frozen
class Referrals:
    """Follow referrals and continuation references (RFC 4511 4.1.10, 4.5.3).

    For example ``Referrals(["*.example.com"], {"dc2.example.com": Simple(dn, pw)})``.
    Who sends a reference may name another DN in it (RFC 4511 4.1.10): give credentials
    where the servers that refer to it may choose what they are used on.

    Args:
        hosts: Where they may lead: names, in which ``*`` stands for anything
            (``"*.example.com"``), addresses, and networks (``"10.1.0.0/16"``); with a
            port behind it (``"ldap.example.com:636"``) that port alone. None, the
            default, follow nothing.
        credentials: Who to be there, by host or ``host:port``; anonymous elsewhere.
        hops: How many servers in a row may send on.
        most: How many references of one operation are followed.
        tls: TLS settings there; those of the connection when left out.
        allow_downgrade: Let a connection that TLS protects lead to ``ldap://`` servers
            in clear; else they have to speak StartTLS.
    """

    hosts: tuple[str, ...] = field(default=(), converter=_as_hosts)
    credentials: Mapping[str, Credentials] = field(
        factory=dict, converter=_as_mapping, hash=False
    )
    hops: int = field(default=5, kw_only=True)
    most: int = field(default=100, kw_only=True)
    tls: Tls | ssl.SSLContext | None = field(default=None, kw_only=True)
    allow_downgrade: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.hops < 1 or self.most < 1:
            raise ValueError("hops and most are 1 or more")

    def refusal(self, url: LDAPURL) -> str | None:
        """Why a URL may not be followed; None when it may."""
        critical = [one.name for one in url.extensions if one.critical]
        if critical:
            return f"the critical extension {', '.join(critical)} is not supported"
        if url.scheme == "ldapi":
            return "it leads to a socket of this machine"
        if not url.host:
            return "it names no host"
        if not any(_matches(pattern, url) for pattern in self.hosts):
            host, port = url.address
            return f"{host}:{port} is not among the hosts of Referrals"
        return None

    def place(self, url: LDAPURL) -> Place:
        """The server of a URL, and who to be there."""
        known, port = self.credentials, str(url.address[1])
        here, anywhere = _spelled(url.host, port), _spelled(url.host)
        who = known.get(here, known.get(anywhere)) or Anonymous()
        return Place(LDAPURL(url.scheme, url.host, port=url.port), who, self)


@frozen
class Guide:
    """The rules of a connection for references, and where it leads itself.

    Attributes:
        rules: What may be followed.
        host: The connection's own server; empty for one in memory.
        port: Its port.
    """

    rules: Referrals
    host: str = ""
    port: int = 0


def _plain(host: str) -> str:
    """The spelling that is resolved (RFC 3490 4.1): sockets and TLS make the same.

    What can not be resolved stays as it is.
    """
    if not host.isascii():
        with contextlib.suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
    return host.lower().rstrip(".")


def _spelled(host: str, port: str | None = None) -> str:
    """The one spelling of a host and a port; an IPv6 address stands in brackets."""
    host = _plain(host)
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _matches(pattern: str, url: LDAPURL) -> bool:
    """Whether a pattern of `Referrals.hosts` is about the host of a URL."""
    host, port = _plain(url.host), str(url.address[1])
    pattern, wanted = _split(pattern)
    pattern = _plain(pattern)
    if wanted is not None and wanted != port:
        return False
    if _is_number(host):
        return False  # a form of address that people do not use, and resolvers take
    address = _address(host)
    if address is None:
        return fnmatchcase(host, pattern)
    try:
        return address in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def _split(pattern: str) -> tuple[str, str | None]:
    """Host and port of a pattern; an IPv6 address with a port stands in brackets."""
    if pattern.startswith("["):
        host, _, port = pattern[1:].partition("]")
        return host, port.removeprefix(":") or None
    if pattern.count(":") == 1:
        host, _, port = pattern.partition(":")
        return host, port
    return pattern, None


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_number(host: str) -> bool:
    """Whether a resolver takes a host for an address that `ipaddress` does not know.

    ``2852039166`` and ``0xa9.0xfe.0xa9.0xfe`` are 169.254.169.254 to some.
    """
    return _NUMBER.fullmatch(host) is not None and _address(host) is None
