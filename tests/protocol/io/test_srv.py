"""SRV records over a real resolver, from a DNS server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ConnectError
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.srv import Record, look_up
from tests.servers.require import need

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = {
    "_ldap._tcp.example.com.": [
        "10 60 389 a.example.com.",
        "20 0 3389 b.example.com.",
    ],
    "_ldaps._tcp.example.com.": ["0 0 636 a.example.com."],
    "_ldap._tcp.none.example.com.": ["0 0 0 ."],
}


@contextmanager
def dns_server(*, silent: bool = False) -> Iterator[None]:
    """Answer from the zone until the block ends; the default resolver asks there."""
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.resolver
    import dns.rrset

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, peer = server.recvfrom(4096)
            if not data:
                return
            if silent:
                continue
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query)
            name = query.question[0].name.to_text()
            if name in ZONE:
                reply.answer.append(
                    dns.rrset.from_text(name, 77, "IN", "SRV", *ZONE[name])
                )
            else:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            server.sendto(reply.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.getsockname()[1]
    before, dns.resolver.default_resolver = dns.resolver.default_resolver, resolver
    try:
        yield
    finally:
        dns.resolver.default_resolver = before
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server.getsockname())
        thread.join(5)
        server.close()


@pytest.fixture(autouse=True)
def _dnspython() -> None:
    need("dns")


def test_records() -> None:
    """Priority, weight, host without its last dot, port; and the time they hold."""
    with dns_server():
        answer = look_up("_ldap._tcp", "example.com", Deadline(5))
        assert set(answer.records) == {
            Record(10, 60, "a.example.com", 389),
            Record(20, 0, "b.example.com", 3389),
        }
        assert answer.ttl == 77
        (record,) = look_up("_ldaps._tcp", "example.com.", Deadline(5)).records
        assert record.port == 636


def test_no_such_service() -> None:
    """The target "." says so (RFC 2782); no record says less."""
    with dns_server():
        with pytest.raises(ConnectError, match="offers no such service"):
            look_up("_ldap._tcp", "none.example.com", Deadline(5))
        with pytest.raises(ConnectError, match="_ldap._tcp.unknown.example.com"):
            look_up("_ldap._tcp", "unknown.example.com", Deadline(5))
        with pytest.raises(ConnectError):
            look_up("_ldap._tcp", "x" * 70, Deadline(5))


def test_a_silent_dns_is_waited_for_no_longer() -> None:
    """The deadline bounds the question."""
    with dns_server(silent=True):
        start = time.monotonic()
        with pytest.raises(ConnectError):
            look_up("_ldap._tcp", "example.com", Deadline(0.5))
        assert time.monotonic() - start < 1


def test_without_dnspython(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra to install."""
    import sys

    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    with pytest.raises(Exception, match=r"ldapom\[srv\]"):
        look_up("_ldap._tcp", "example.com", Deadline(1))
