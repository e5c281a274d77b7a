"""The proxy, and the servers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from ldapom.protocol.io.tls import Tls
from ldapom.testing import Directory
from ldapom.url import LDAPURL
from tests.faults.ground import Ground, ground
from tests.faults.proxy import Proxy
from tests.faults.run import Target
from tests.servers.targets import ADMIN, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.slapd import Slapd


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    """The proxy; it has a thread of its own."""
    with Proxy() as running:
        yield running


@pytest.fixture(scope="session")
def slapd_ground(proxy: Proxy, slapd: Slapd, slapd_server: Server) -> Iterator[Ground]:
    """OpenLDAP, in clear."""
    tls = Tls(ca_file=slapd.pki.ca_file)
    target = Target(slapd.port, "clear", ADMIN, tls)
    with ground(proxy, target, slapd_server) as found:
        yield found


@pytest.fixture(scope="session")
def box_ground(proxy: Proxy) -> Iterator[Ground]:
    """The directory in the box, over TCP."""
    with Directory.sample().serve() as listening:
        port = LDAPURL.parse(listening.url).address[1]
        target = Target(port, "clear", ADMIN)
        with ground(proxy, target, Server("box-tcp", listening.url)) as found:
            yield found


@pytest.fixture(scope="session")
def tls_grounds(slapd_ground: Ground, slapd: Slapd) -> dict[str, Ground]:
    """The same, inside TLS."""
    ports = {"StartTLS": slapd.port, "ldaps": slapd.tls_port}
    return {
        way: evolve(
            slapd_ground,
            target=evolve(slapd_ground.target, port=port, way=way),
            recordings={},
        )
        for way, port in ports.items()
    }


@pytest.fixture
def field(request: pytest.FixtureRequest) -> Ground:
    """By its name: ``box``, or OpenLDAP in ``clear``, with ``StartTLS``, ``ldaps``."""
    found: Ground
    if request.param in ("StartTLS", "ldaps"):
        found = request.getfixturevalue("tls_grounds")[request.param]
    else:
        name = "box_ground" if request.param == "box" else "slapd_ground"
        found = request.getfixturevalue(name)
    return found
