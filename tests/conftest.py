"""The fixtures that all tests share, and how hypothesis runs.

``server`` gives each behaviour test the directory in the box (in memory and over TCP)
and OpenLDAP in turn. A server that is not installed skips its tests with a reason;
with ``LDAPOM_REQUIRE_SERVERS=1`` they fail instead.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.servers import pki as pki_module
from tests.servers import slapd as slapd_module
from tests.servers.require import required, skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory
    from tests.servers.pki import Pki
    from tests.servers.slapd import Slapd
    from tests.servers.targets import Server

# No deadline: a busy machine is no bug.  `thorough`: HYPOTHESIS_PROFILE=thorough.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "thorough", hypothesis.settings.get_profile("default"), max_examples=2000
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SERVERS = ("box", "box-tcp", "slapd")


def pytest_report_header() -> list[str]:
    """Say which codec and which servers this run has."""
    found = slapd_module.version()
    openldap = f"OpenLDAP {found}" if found else "no OpenLDAP"
    demand = ", required" if required() else ""
    codec = os.environ.get("LDAPOM_CODEC", "fast")
    return [
        f"ldapom: codec {codec}",
        f"servers: directory in the box, {openldap}{demand}",
    ]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates: a CA of our own, good ones and broken ones."""
    reason = pki_module.missing()
    if reason:
        skip(reason)
    return pki_module.make(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def slapd(pki: Pki) -> Iterator[Slapd]:
    """OpenLDAP with the sample data, one for each test process."""
    from tests.servers.sample import sample_ldif

    reason = slapd_module.missing()
    if reason:
        skip(reason)
    with slapd_module.Slapd(pki) as running:
        running.load(sample_ldif())
        yield running


@pytest.fixture(scope="session")
def _original_box() -> Directory:
    """The sample, read once; nobody changes it."""
    from ldapom.testing import Directory

    return Directory.sample()


@pytest.fixture
def box(_original_box: Directory) -> Directory:
    """A fresh directory in the box with the sample data."""
    return _original_box.copy()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each server in turn; the boxes are fresh, OpenLDAP is shared by the tests."""
    from tests.servers.targets import Server

    with contextlib.ExitStack() as stack:
        match request.param:
            case "box":
                yield Server("box", request.getfixturevalue("box"))
            case "box-tcp":
                directory: Directory = request.getfixturevalue("box")
                listening = stack.enter_context(directory.serve())
                yield Server("box-tcp", listening.url)
            case _:
                yield request.getfixturevalue("slapd_server")


@pytest.fixture(scope="session")
def slapd_server(slapd: Slapd) -> Server:
    """OpenLDAP as a `Server`, for tests that want this one only."""
    from ldapom.protocol.io.tls import Tls
    from tests.servers.targets import Server

    return Server("slapd", slapd.url, Tls(ca_file=str(slapd.pki.ca_file)))


@pytest.fixture
def subtree(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The DN of an empty ``ou`` of this test alone; all below it goes away afterwards."""
    from tests.servers.targets import delete_tree

    name = f"{request.node.originalname[:40]}-{uuid.uuid4()}"
    dn = f"ou={name},{server.base}"
    with server.connection() as connection:
        connection.add(dn, {"objectClass": ["organizationalUnit"], "ou": [name]})
    yield dn
    delete_tree(server, dn)
