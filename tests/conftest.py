"""The fixtures that all tests share, and how hypothesis runs.

``server`` gives each behaviour test the directory in the box (in memory and over TCP)
OpenLDAP and 389 DS in turn. A server that is not installed skips its tests with a reason;
with ``LDAPOM_REQUIRE_SERVERS=1`` they fail instead.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.servers import ds389 as ds389_module
from tests.servers import kdc as kdc_module
from tests.servers import pki as pki_module
from tests.servers import samba as samba_module
from tests.servers import slapd as slapd_module
from tests.servers.population import COUNT
from tests.servers.require import need, required, skip_if

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ldapom.testing import Directory
    from tests.servers.ds389 import Ds389
    from tests.servers.kdc import Kdc
    from tests.servers.pki import Pki
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd
    from tests.servers.targets import Server

# No deadline: a busy machine is no bug.  `thorough`: HYPOTHESIS_PROFILE=thorough.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "thorough", hypothesis.settings.get_profile("default"), max_examples=2000
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SERVERS = ("box", "box-tcp", "slapd", "ds389")


def pytest_report_header() -> list[str]:
    """Say which codec and which servers this run has."""
    programs = {
        "OpenLDAP": slapd_module.version(),
        "389 DS": ds389_module.version(),
        "Samba": samba_module.version(),
        "MIT Kerberos": kdc_module.version(),
    }
    found = ", ".join(f"{k} {v}" if v else f"no {k}" for k, v in programs.items())
    demand = ", required" if required() else ""
    codec = os.environ.get("LDAPOM_CODEC", "fast")
    return [
        f"ldapom: codec {codec}",
        f"servers: directory in the box, {found}{demand}",
    ]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates: a CA of our own, good ones and broken ones."""
    skip_if(pki_module.missing())
    return pki_module.make(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def slapd(pki: Pki) -> Iterator[Slapd]:
    """OpenLDAP with the sample data, one for each test process."""
    from tests.servers.sample import sample_ldif

    with slapd_module.Slapd(pki) as running:
        running.load(sample_ldif())
        yield running


@pytest.fixture(scope="session")
def kdc() -> Iterator[Kdc]:
    """A Kerberos realm; a test that is a client of it wants `kerberos` instead."""
    with kdc_module.Kdc() as running:
        yield running


@pytest.fixture
def kerberos(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> Kdc:
    """The realm, with this test as its client: the administrator has a ticket."""
    need("gssapi")
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{kdc.kinit('admin')}")
    return kdc


@pytest.fixture(scope="session")
def slapd_sasl(pki: Pki, kdc: Kdc) -> Iterator[Slapd]:
    """OpenLDAP with the sample, every SASL mechanism and password policies."""
    from tests.servers.policies import load_policies
    from tests.servers.sample import sample_ldif

    options = slapd_module.Options(kdc=kdc, policies=True)
    with slapd_module.Slapd(pki, options) as running:
        running.load(sample_ldif())
        load_policies(running)
        yield running


@pytest.fixture(scope="session")
def ds389(pki: Pki, kdc: Kdc) -> Iterator[Ds389]:
    """389 DS with the sample and every SASL mechanism, one for each test process."""
    from tests.servers.sample import sample_ldif

    with ds389_module.Ds389(pki, ds389_module.Options(kdc=kdc)) as running:
        running.load(sample_ldif())
        running.allow()
        yield running


@pytest.fixture(scope="session")
def _domain(request: pytest.FixtureRequest) -> Path:
    """A domain of 3,000 users; made once, kept beside pytest's own cache."""
    skip_if(samba_module.missing())
    folder = request.config.rootpath / ".pytest_cache" / "domains"
    return samba_module.prepare(folder, bulk=COUNT)


@pytest.fixture(scope="session")
def samba(pki: Pki, _domain: Path) -> Iterator[Samba]:
    """An Active Directory domain that takes binds without TLS or signing."""
    with samba_module.Samba(pki, _domain) as running:
        yield running


@pytest.fixture(scope="session")
def samba_strong(pki: Pki, _domain: Path) -> Iterator[Samba]:
    """An Active Directory domain that demands TLS or signing, as they come."""
    options = samba_module.Options(strong_auth="yes")
    with samba_module.Samba(pki, _domain, options) as running:
        yield running


@pytest.fixture
def samba_kerberos(samba: Samba, monkeypatch: pytest.MonkeyPatch) -> Samba:
    """`samba`, with this test as a client of its realm: Administrator has a ticket."""
    return _client_of(samba, monkeypatch)


@pytest.fixture
def samba_strong_kerberos(
    samba_strong: Samba, monkeypatch: pytest.MonkeyPatch
) -> Samba:
    """The same for `samba_strong`."""
    return _client_of(samba_strong, monkeypatch)


def _client_of(samba: Samba, monkeypatch: pytest.MonkeyPatch) -> Samba:
    need("gssapi")
    for name, value in samba.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{samba.kinit()}")
    return samba


@pytest.fixture(scope="session")
def _original_box() -> Directory:
    """The sample, read once; nobody changes it."""
    from ldapom.testing import Directory

    return Directory.sample()


@pytest.fixture
def box(_original_box: Directory) -> Directory:
    """A fresh directory in the box with the sample data."""
    return _original_box.copy()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give ``server`` its servers, but for those that a test is `without`."""
    marks = list(metafunc.definition.iter_markers())
    chosen = any(m.name == "parametrize" and m.args[0] == "server" for m in marks)
    if "server" not in metafunc.fixturenames or chosen:
        return
    without = {name for m in marks if m.name == "without" for name in m.args}
    names = [name for name in SERVERS if name not in without]
    metafunc.parametrize("server", names, indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each server in turn; the boxes are fresh, real servers are shared by the tests."""
    from tests.servers.targets import Server

    with contextlib.ExitStack() as stack:
        match request.param:
            case "box":
                yield Server("box", request.getfixturevalue("box"))
            case "box-tcp":
                directory: Directory = request.getfixturevalue("box")
                listening = stack.enter_context(directory.serve())
                yield Server("box-tcp", listening.url)
            case name:
                yield request.getfixturevalue(f"{name}_server")


@pytest.fixture(scope="session")
def slapd_server(slapd: Slapd) -> Server:
    """OpenLDAP as a `Server`, for tests that want this one only."""
    from ldapom.protocol.io.tls import Tls
    from tests.servers.targets import Server

    return Server("slapd", slapd.url, Tls(ca_file=str(slapd.pki.ca_file)))


@pytest.fixture(scope="session")
def ds389_server(ds389: Ds389) -> Server:
    """389 DS as a `Server`, for tests that want this one only."""
    from ldapom.protocol.io.tls import Tls
    from tests.servers.targets import Server

    return Server("ds389", ds389.url, Tls(ca_file=str(ds389.pki.ca_file)))


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
