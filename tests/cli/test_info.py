"""``ldapom info``: what a server says, in words, and what of it ldapom uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ldapom import Anonymous, Connection, RootDSE, Simple
from ldapom.cli import abilities, report
from ldapom.testing import Directory, loopback
from tests.cli.support import ADMIN, run, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd


def test_the_box(url: str) -> None:
    """Base, identity, abilities and hints, in 80 columns."""
    result = run("info", url)

    assert (result.exit_code, result.stderr) == (0, "")
    for text in (
        f"Address         {url}",
        "in clear, but stays on this machine",
        "nobody (anonymous)",
        "dc=example,dc=com",
        "queries are read in pages of 1000",
        "Simple Paged Results (RFC 2696)",
        "Over a network nothing would be private",
    ):
        assert text in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_with_a_login(
    url: str, box: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With credentials it says whom the server takes you for."""
    admin = box.admin
    monkeypatch.setenv("LDAPOM_PASSWORD", admin.password.decode())

    result = run("info", url, "--bind", admin.dn)

    assert result.exit_code == 0, result.stderr
    assert f"You are         {admin.dn}" in result.stdout
    assert "Without a login" not in result.stdout


def test_a_wrong_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused login is one sentence."""
    monkeypatch.setenv("LDAPOM_PASSWORD", "wrong")

    assert "check the DN" in told(run("info", url, "--bind", ADMIN))


def test_json(url: str) -> None:
    """The same for programs."""
    result = run("info", url, "--json")
    found = json.loads(result.stdout)

    assert found["base"] == "dc=example,dc=com"
    assert found["url"] == url
    assert {use["name"] for use in found["uses"]} == {
        row.name for row in abilities.ABILITIES
    }


def test_the_server_of_settings(url: str, folder: Path) -> None:
    """Without a URL it is the settings' one."""
    (folder / "pyproject.toml").write_text(f'[tool.ldapom]\nurl = "{url}"\n')

    assert f"Address         {url}" in run("info").stdout


def test_no_server() -> None:
    """Without any URL, and with a file, it says what to write."""
    assert "ldapom info ldap://localhost" in told(run("info"))
    assert "ldap://localhost" in told(run("info", "localhost"))
    assert "check the URL" in told(run("info", "ldap://127.0.0.1:1"))


def test_the_connection_is_closed(box: Directory) -> None:
    """Whoever asks leaves nothing open, and nobody is bound for anonymous questions."""
    connection = Connection(box, Anonymous())

    found = report.gather(connection)

    assert found.contexts == ("dc=example,dc=com",)
    assert not connection.is_open
    assert connection.usage.operations["bind"] == 0


def test_what_is_closed_stays_closed() -> None:
    """Where nothing can be read the hint says to log in."""
    directory = Directory("dc=a", "dc=b")

    found = report.gather(Connection(directory))

    assert found.base == ""
    assert found.readable is None
    assert any("no default" in hint for hint in found.hints)


def test_a_login_that_sees_nothing() -> None:
    """Nothing below the base: the hint depends on who asks."""
    directory = Directory("dc=a")
    nobody = report.gather(Connection(directory))
    admin = directory.admin
    known = report.gather(Connection(directory, Simple(admin.dn, admin.password)))

    assert any("use --bind DN" in hint for hint in nobody.hints)
    assert any("This login sees nothing" in hint for hint in known.hints)


def test_over_a_network(box: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """In clear to another machine, the hint says what that means and what to do."""
    monkeypatch.setattr(loopback.LoopbackTransport, "is_private", False)

    found = report.gather(Connection(box))

    assert found.protection == "in clear"
    (hint,) = [hint for hint in found.hints if "--start-tls" in hint]
    assert hint.startswith("Whoever is on the way can read and change everything")


def test_what_is_listed_has_a_name() -> None:
    """What nobody knows has no name, and is not left out."""
    dse = RootDSE(supported_controls=("9.9.9", "1.2.840.113556.1.4.319"))

    names = [offer.name for offer in report._offers(dse)]

    assert names == ["", "Simple Paged Results"]


# --- tables --------------------------------------------------------------------------


def test_mechanisms() -> None:
    """Families, channel binding, and what nobody knows."""
    assert abilities.mechanism("SCRAM-SHA-256").is_usable
    plus = abilities.mechanism("scram-sha-512-plus")
    assert "bound to the TLS" in plus.words
    assert "SCRAM-SHA-512-PLUS" in plus.remark
    assert abilities.mechanism("X-UNHEARD").remark == "not by ldapom"
    assert not abilities.mechanism("CRAM-MD5").is_usable


def test_a_missing_package() -> None:
    """A mechanism whose package is not installed names the extra."""
    missing = abilities.Mechanism("x", "X()", "no_such_package", "kerberos")

    assert not missing.is_usable
    assert missing.remark == "X(), with ldapom[kerberos] installed"


def test_scram_is_what_credentials_take() -> None:
    """The table names the mechanisms that `Scram` takes, and no other."""
    from ldapom import Scram

    for name in abilities.SCRAM:
        assert name in str(Scram("user", "secret", name)).upper()


def test_software() -> None:
    """Vendor, OpenLDAP's class, Active Directory's capability; else nothing."""
    ad = {"supportedCapabilities": [b"1.2.840.113556.1.4.800"]}
    found = [
        abilities.software(RootDSE.from_attributes(attributes))
        for attributes in (
            {"vendorName": [b"ACME"], "vendorVersion": [b"7"]},
            {"objectClass": [b"top", b"OpenLDAProotDSE"]},
            ad,
            {},
        )
    ]

    assert found == ["ACME 7", "OpenLDAP", "Active Directory", ""]


def test_facts() -> None:
    """Levels of Active Directory are said by the name of a Windows."""
    dse = RootDSE.from_attributes(
        {"domainFunctionality": [b"7"], "forestFunctionality": [b"99"]}
    )

    assert abilities.product_facts(dse) == (
        ("Domain level", "Windows Server 2016"),
        ("Forest level", "99"),
    )


def test_clocks() -> None:
    """A clock far off is noticed; one that says nothing readable is not."""
    far = RootDSE.from_attributes({"currentTime": [b"20200101000000.0Z"]})
    odd = RootDSE.from_attributes({"currentTime": [b"noon"]})

    assert (report._skew(far) or 0) < -report._MOST_SKEW
    assert report._skew(odd) is None
    assert report._skew(RootDSE()) is None


# --- real servers --------------------------------------------------------------------


@pytest.mark.real_server
def test_openldap(slapd: Slapd) -> None:
    """OpenLDAP in clear and inside TLS."""
    clear = run("info", slapd.url)
    private = run("info", slapd.tls_url, "--ca", slapd.pki.ca_file)
    started = run("info", slapd.url, "--start-tls", "--ca", slapd.pki.ca_file)

    assert clear.stdout.startswith("OpenLDAP\n")
    for result in (private, started):
        assert "TLSv1.3, the server's certificate is verified" in result.stdout
        assert "would be private" not in result.stdout


@pytest.mark.real_server
def test_389(ds389: Ds389) -> None:
    """389 DS, and all that it lists has a name."""
    result = run("info", ds389.url)

    assert result.stdout.startswith("389 Project 389-Directory/")
    assert "not known here" not in result.stdout


@pytest.mark.real_server
def test_active_directory(samba: Samba, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samba: levels without a login, limits with one."""
    from tests.servers import samba as module

    monkeypatch.setenv("LDAPOM_PASSWORD", module.ADMIN_PASSWORD)
    nobody = run("info", samba.tls_url, "--insecure-skip-verify")
    admin = run("info", samba.url, "--bind", module.ADMIN)

    assert nobody.exit_code == 0, nobody.stderr
    assert "NOT verified" in nobody.stdout
    assert "Nobody checked the certificate" in nobody.stdout
    assert "Domain level    Windows Server" in nobody.stdout
    assert admin.exit_code == 0, admin.stderr
    assert "MaxPageSize               1000" in admin.stdout
