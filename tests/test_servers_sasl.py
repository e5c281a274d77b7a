"""The harness itself: who binds how at the servers that know SASL and Kerberos."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.servers import samba as samba_module
from tests.servers.ds389 import MANAGER_DN, Ds389, Options
from tests.servers.kdc import with_skew
from tests.servers.policies import KINDS, policed
from tests.servers.population import COUNT, MANY, populate
from tests.servers.process import ServerFailed, accepts, run
from tests.servers.samba import ACCOUNTS, ADMIN, ADMIN_PASSWORD, BULK, Samba
from tests.servers.slapd import ADMIN_DN, BASE, Slapd
from tests.servers.slapd import Options as SlapdOptions
from tests.servers.tools import clear, mechanisms, tls, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.kdc import Kdc
    from tests.servers.pki import Pki

    AnyServer: TypeAlias = Slapd | Ds389 | Samba

pytestmark = pytest.mark.real_server

ADA = f"uid=ada,ou=people,{BASE}"
PASSWORDS = {
    *("PLAIN", "CRAM-MD5", "DIGEST-MD5"),
    *("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"),
}
GSS = {"GSSAPI", "GSS-SPNEGO"}


@pytest.fixture(params=["slapd_sasl", "ds389"])
def one(request: pytest.FixtureRequest) -> Slapd | Ds389:
    """Each of the servers that hold the sample."""
    found: Slapd | Ds389 = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["slapd_sasl", "ds389", "samba"])
def any_one(request: pytest.FixtureRequest) -> AnyServer:
    """Each server."""
    found: AnyServer = request.getfixturevalue(request.param)
    return found


def sasl(server: AnyServer, mechanism: str, url: str, *words: str) -> str:
    """Bind by a mechanism and say who that is; 389 DS has a blank behind the colon."""
    command = ("ldapwhoami", "-Q", "-Y", mechanism, "-H", url, *words)
    return tool(server, *command).replace(": ", ":")


# --- Kerberos ----------------------------------------------------------------


def test_tickets(kdc: Kdc) -> None:
    """Users get tickets by password and by keytab; others are told why not."""
    cache = kdc.kinit("ada", service=True)
    here = {**kdc.environment, "KRB5CCNAME": f"FILE:{cache}"}
    assert "ldap/localhost@EXAMPLE.COM" in run("klist", environment=here)
    run("kinit", "-k", "-t", str(kdc.user_keytab), "grace", environment=here)
    with pytest.raises(ServerFailed, match="not found in Kerberos database"):
        kdc.kinit("nobody")
    with pytest.raises(ServerFailed, match="Password incorrect"):
        kdc.kinit("ada", "wrong")


def test_a_wrong_clock(kdc: Kdc) -> None:
    """A client whose clock is wrong is refused for that reason."""
    here = {**kdc.environment, "KRB5CCNAME": f"FILE:{kdc.kinit('ada', skew=3600)}"}
    with pytest.raises(ServerFailed, match="Clock skew too great"):
        run("kvno", "ldap/localhost", environment=here)


def test_skew_replaces_what_was_there() -> None:
    """The header of a ticket cache holds one offset, whatever it held before."""
    plain = b"\x05\x04\x00\x00rest"
    once = with_skew(plain, 60)
    assert once[-4:] == b"rest"
    assert with_skew(once, -60) == with_skew(plain, -60) != once


def test_a_kdc_starts_again(kdc: Kdc) -> None:
    """At another port, with the same principals."""
    kdc.stop()
    assert not accepts(kdc.port)
    kdc.start()
    assert kdc.kinit("ada").exists()


def test_the_environment_is_the_tests_own(kerberos: Kdc) -> None:
    """A test that asks for it is the administrator; nothing of it is the system's."""
    assert "admin@EXAMPLE.COM" in run("klist")


# --- mechanisms --------------------------------------------------------------


def test_offered(one: Slapd | Ds389) -> None:
    """All mechanisms on a clear connection too; EXTERNAL over ldapi."""
    assert mechanisms(one, clear(one)) >= {*PASSWORDS, *GSS}
    assert "EXTERNAL" in mechanisms(one, one.socket_url)


def test_channel_binding_is_offered(slapd_sasl: Slapd) -> None:
    """Inside TLS alone."""
    plus = {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"}
    assert plus <= mechanisms(slapd_sasl, tls(slapd_sasl))
    assert not plus & mechanisms(slapd_sasl, clear(slapd_sasl))


@pytest.mark.parametrize("mechanism", sorted(PASSWORDS))
def test_passwords(one: Slapd | Ds389, mechanism: str) -> None:
    """Each mechanism takes the sample's password, and no other."""
    who = ("-O", "none", "-U", "ada", "-w")
    assert sasl(one, mechanism, clear(one), *who, "secret") == f"dn:{ADA}"
    assert "(49)" in sasl(one, mechanism, clear(one), *who, "wrong")


@pytest.mark.parametrize("layer", ["0", "1", "256"])
@pytest.mark.parametrize("mechanism", sorted(GSS))
def test_kerberos(
    one: Slapd | Ds389, kerberos: Kdc, mechanism: str, layer: str
) -> None:
    """A ticket is enough: without a layer, signed, and sealed."""
    words = ("-N", "-O", f"maxssf={layer}")
    assert sasl(one, mechanism, one.url, *words) == f"dn:{ADMIN_DN}"


def test_external(one: Slapd | Ds389) -> None:
    """Root is the manager over ldapi; a certificate stands for its subject."""
    manager = MANAGER_DN if isinstance(one, Ds389) else "cn=manager"
    assert f"dn:{manager}" in sasl(one, "EXTERNAL", one.socket_url)
    command = ("ldapwhoami", "-Q", "-Y", "EXTERNAL", "-H", tls(one))
    said = tool(one, *command, cert="client").replace(": ", ":")
    assert said == f"dn:{ADMIN_DN}"


@pytest.mark.parametrize("level", ["minssf=56", "none,minssf=56"])
def test_a_strict_slapd(pki: Pki, kdc: Kdc, level: str) -> None:
    """Without TLS it wants a sealing layer."""
    options = SlapdOptions(secprops=level, kdc=kdc)
    with Slapd(pki, options) as strict:
        assert "PLAIN" not in mechanisms(strict, clear(strict))
        assert "GSSAPI" in mechanisms(strict, clear(strict))


def test_a_strict_389(pki: Pki) -> None:
    """Without TLS it takes no simple bind."""
    settings = {"nsslapd-require-secure-binds": "on"}
    with Ds389(pki, Options(settings=settings)) as strict:
        who = ("ldapwhoami", "-x", "-D", MANAGER_DN, "-w", "directory", "-H")
        assert "(13)" in tool(strict, *who, clear(strict))
        assert MANAGER_DN.lower() in tool(strict, *who, tls(strict)).lower()
        directory = strict.directory
    assert not directory.exists()


def test_389_keeps_its_data(pki: Pki) -> None:
    """A stopped server that starts again holds what it held, at another port."""
    with Ds389(pki) as server:
        server.load(f"dn: {BASE}\nobjectClass: domain\ndc: example\n")
        server.stop()
        assert not accepts(server.port)
        server.start()
        with pytest.raises(ServerFailed, match="Already exists"):
            server.load(f"dn: {BASE}\nobjectClass: domain\ndc: example\n")


# --- what they hold ----------------------------------------------------------


@pytest.mark.slow
def test_population(one: Slapd | Ds389) -> None:
    """Three thousand people, added once, and more than others may read at once."""
    assert populate(one) == populate(one) == MANY
    search = ("ldapsearch", "-x", "-LLL", "-H", clear(one), "-b", MANY, "(uid=u*)")
    everyone = tool(one, *search, "-D", ADMIN_DN, "-w", "secret", "1.1")
    assert everyone.count("dn: ") == COUNT
    some = tool(one, *search, "1.1")
    assert some.count("dn: ") == 500
    assert "Size limit exceeded" in some


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("good", "dn:", "(49)"),
        ("must-change", "must be changed", "(49)"),
        ("locked", "(49)", "(49)"),
        ("expiring", "expires in", "(49)"),
        ("grace", "1 grace logins", "(49)"),
        ("expired", "Password expired", "(49)"),
    ],
)
def test_policies(slapd_sasl: Slapd, kind: str, right: str, wrong: str) -> None:
    """Each kind of user is answered as its policy says."""
    bind = ("ldapwhoami", "-x", "-e", "ppolicy", "-H", clear(slapd_sasl), "-D")
    dn = policed(slapd_sasl, kind)
    assert kind in KINDS
    assert right in tool(slapd_sasl, *bind, dn, "-w", "secret")
    assert wrong in tool(slapd_sasl, *bind, dn, "-w", "wrong")


def test_lock_out(slapd_sasl: Slapd) -> None:
    """Three wrong passwords, and the right one is refused."""
    bind = ("ldapwhoami", "-x", "-e", "ppolicy", "-H", clear(slapd_sasl), "-D")
    dn = policed(slapd_sasl)
    for _ in range(3):
        tool(slapd_sasl, *bind, dn, "-w", "wrong")
    assert "Account locked" in tool(slapd_sasl, *bind, dn, "-w", "secret")


# --- certificates ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("sha384", "ecdsa-with-SHA384"),
        ("sha512", "ecdsa-with-SHA512"),
        ("pss", "rsassaPss"),
        ("ed25519", "ED25519"),
    ],
)
def test_signatures(pki: Pki, name: str, algorithm: str) -> None:
    """Servers show certificates signed in every way, and their chains."""
    text = run("openssl", "x509", "-noout", "-text", "-in", str(pki.cert(name)))
    assert f"Signature Algorithm: {algorithm}" in text
    who = ("ldapwhoami", "-x", "-H")
    with Slapd(pki, SlapdOptions(certificate=name)) as slapd:
        assert tool(slapd, *who, tls(slapd)) == "anonymous"
        shown = ssl.get_server_certificate(
            ("localhost", slapd.tls_port), ca_certs=str(pki.ca_file), timeout=10
        )
    assert shown.strip() in pki.cert(name).read_text()


# --- Active Directory --------------------------------------------------------


def ad(samba: Samba, *words: str, who: str = ADMIN, secret: str = "") -> str:
    """Search as somebody, in the clear unless told otherwise."""
    password = secret or ADMIN_PASSWORD
    command = ("ldapsearch", "-x", "-LLL", "-D", who, "-w", password)
    return tool(samba, *command, "-H", samba.url, *words)


def test_domain(samba: Samba) -> None:
    """Administrator reads the people; they bind with every spelling of a name."""
    found = ad(samba, "-b", samba_module.BASE, "(cn=staff)", "member")
    assert len(re.findall("^member: CN=(?:alice|bob),", found, re.MULTILINE)) == 2
    for who in ("alice@samba.test", r"SAMBADOM\alice"):
        assert "dn:" in ad(samba, "-s", "base", "-b", "", who=who, secret="secret")
    assert mechanisms(samba, clear(samba)) >= GSS


def test_domain_is_populated(samba: Samba) -> None:
    """Three thousand users, all in one group."""
    users = ad(samba, "-b", BULK, "(objectClass=user)", "1.1")
    assert users.count("dn: ") == COUNT
    group = ad(samba, "-b", f"CN=big,{BULK}", "member")
    assert group.count("\nmember: ") == COUNT


@pytest.mark.parametrize(
    ("name", "code"), [("disabled", "533"), ("expired", "701"), ("mustchange", "773")]
)
def test_accounts(samba: Samba, name: str, code: str) -> None:
    """Those who can not log in are told why, in Active Directory's way."""
    assert name in ACCOUNTS
    who = f"{name}@samba.test"
    assert f"data {code}" in ad(samba, "-b", "", who=who, secret="secret")
    assert "data 52e" in ad(samba, "-b", "", who=who, secret="wrong")


def test_strong_authentication(samba_strong: Samba) -> None:
    """A domain that demands it refuses simple binds without TLS."""
    assert "(8)" in ad(samba_strong, "-s", "base", "-b", "")
    assert "dn:" in ad(samba_strong, "-s", "base", "-b", "", "-ZZ")


@pytest.mark.parametrize("mechanism", sorted(GSS))
def test_domain_tickets(samba_kerberos: Samba, mechanism: str) -> None:
    """The domain's own KDC gives tickets for its address."""
    command = ("ldapsearch", "-Q", "-Y", mechanism, "-N", "-H", samba_kerberos.url)
    words = ("-LLL", "-b", samba_module.BASE, "(cn=staff)", "1.1")
    assert "dn: CN=staff" in tool(samba_kerberos, *command, *words)
    with pytest.raises(ServerFailed, match="incorrect|Preauthentication failed"):
        samba_kerberos.kinit("alice", "wrong")


def test_domains_do_not_meet(samba: Samba, samba_strong: Samba) -> None:
    """Two servers have two addresses, and what one gets the other does not have."""
    assert samba.address != samba_strong.address
    run(
        *("ldapadd", "-x", "-H", samba.url, "-D", ADMIN, "-w", ADMIN_PASSWORD),
        text=f"dn: OU=here,{samba_module.BASE}\nobjectClass: organizationalUnit\n",
    )
    words = ("-b", samba_module.BASE, "(ou=here)", "1.1")
    assert "dn: OU=here" in ad(samba, *words)
    assert "dn: OU=here" not in ad(samba_strong, "-ZZ", *words)


def test_a_domain_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again gets the same; what ended half-way is made anew."""
    made: list[str] = []

    def make(directory: Path, bulk: int) -> None:
        made.append(directory.name)
        directory.mkdir()
        if len(made) == 1:
            raise ServerFailed("half-way")

    monkeypatch.setattr("tests.servers.domain.make", make)
    with pytest.raises(ServerFailed, match="half-way"):
        samba_module.prepare(tmp_path)
    first = samba_module.prepare(tmp_path)
    assert samba_module.prepare(tmp_path) == first
    assert len(made) == 2
    assert samba_module.prepare(tmp_path, bulk=1) != first


# --- all of them -------------------------------------------------------------


def test_tls(any_one: AnyServer) -> None:
    """Our authority signed what each shows, over ldaps and StartTLS."""
    search = ("ldapsearch", "-x", "-LLL", "-s", "base", "-b", "", "-H")
    for words in ((tls(any_one),), (clear(any_one), "-ZZ")):
        assert "dn:" in tool(any_one, *search, *words, "1.1")
