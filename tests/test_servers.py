"""The harness itself: OpenLDAP as promised, seen through tools that are not ours."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture import ROOT
from tests.servers.process import Process, ServerFailed, accepts, free_port
from tests.servers.require import skip
from tests.servers.slapd import ADMIN_DN, MANAGER_DN, Options, Slapd
from tests.servers.targets import Server, delete_tree
from tests.servers.tools import clear, tls, tool

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from tests.servers.pki import Pki

real_server = pytest.mark.real_server


# --- certificates ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("server", "OK"),
        ("client", "OK"),
        ("wronghost", "OK"),
        ("expired", "certificate has expired"),
        ("otherserver", "unable to get local issuer certificate"),
        ("selfsigned", "self-signed certificate"),
    ],
)
def test_certificates(pki: Pki, name: str, verdict: str) -> None:
    """Each certificate is good, or broken in the one way it is there for."""
    command = ["openssl", "verify", "-x509_strict", "-CAfile", str(pki.ca_file)]
    done = subprocess.run(
        [*command, str(pki.cert(name))], capture_output=True, text=True, check=False
    )
    # OpenSSL 1.1 wrote "self signed".
    said = (done.stdout + done.stderr).replace("self signed", "self-signed")
    assert verdict in said


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [("server", "localhost", True), ("wronghost", "localhost", False)],
)
def test_certificate_names(pki: Pki, name: str, host: str, *, fits: bool) -> None:
    """The server's certificate is for localhost, the wrong one is not."""
    command = ["openssl", "x509", "-noout", "-checkhost", host, "-in"]
    done = subprocess.run(
        [*command, str(pki.cert(name))], capture_output=True, text=True, check=False
    )
    assert ("does NOT match" not in done.stdout) is fits


# --- OpenLDAP ----------------------------------------------------------------


@real_server
def test_simple_bind_everywhere(slapd: Slapd) -> None:
    """The administrator binds in the clear, by StartTLS and over ldaps."""
    who = ("ldapwhoami", "-x", "-D", ADMIN_DN, "-w", "secret", "-H")
    assert tool(slapd, *who, clear(slapd)) == f"dn:{ADMIN_DN}"
    assert tool(slapd, *who, clear(slapd), "-ZZ") == f"dn:{ADMIN_DN}"
    assert tool(slapd, *who, tls(slapd)) == f"dn:{ADMIN_DN}"


@real_server
def test_external(slapd: Slapd) -> None:
    """EXTERNAL is the manager over ldapi, and the certificate's owner over TLS."""
    who = ("ldapwhoami", "-Q", "-Y", "EXTERNAL", "-H")
    assert tool(slapd, *who, slapd.socket_url) == f"dn:{MANAGER_DN}"
    assert tool(slapd, *who, tls(slapd), cert="client") == f"dn:{ADMIN_DN}"
    assert "dn:" not in tool(slapd, *who, tls(slapd), cert="otherclient")


@real_server
def test_plain(slapd: Slapd) -> None:
    """PLAIN is offered on a clear connection, and takes the sample's passwords."""
    who = ("ldapwhoami", "-Q", "-Y", "PLAIN", "-O", "none", "-H", clear(slapd))
    assert tool(slapd, *who, "-U", "admin", "-w", "secret") == f"dn:{ADMIN_DN}"
    assert "Invalid credentials" in tool(slapd, *who, "-U", "admin", "-w", "wrong")


@real_server
def test_anonymous(slapd: Slapd) -> None:
    """Anonymous reads everything but passwords, and changes nothing."""
    search = ("ldapsearch", "-x", "-LLL", "-H", clear(slapd), "-b", ADMIN_DN)
    assert "sn:" in tool(slapd, *search)
    assert "userPassword" not in tool(slapd, *search)
    delete = ("ldapdelete", "-x", "-H", clear(slapd), ADMIN_DN)
    assert "uthentication required" in tool(slapd, *delete)


@real_server
def test_overlays(slapd: Slapd) -> None:
    """The memberOf overlay was there when the sample was loaded."""
    search = ("ldapsearch", "-x", "-LLL", "-H", clear(slapd))
    words = ("-b", slapd_base(), "(memberOf=*)", "memberOf")
    assert "memberOf: cn=" in tool(slapd, *search, *words)


def slapd_base() -> str:
    """The suffix."""
    return ADMIN_DN.split(",", 2)[2]


@real_server
def test_options(pki: Pki) -> None:
    """A server of one's own: size limit, StartTLS demanded, another certificate."""
    options = Options(size_limit=2, certificate="expired", require=("security tls=1",))
    with Slapd(pki, options) as slapd:
        directory = slapd.directory
        search = ("ldapsearch", "-x", "-LLL", "-H", clear(slapd), "-b", "")
        assert "TLS confidentiality required" in tool(slapd, *search)
        assert "dn:" not in tool(slapd, *search, "-ZZ")
        assert "size.hard=2" in (directory / "slapd.conf").read_text()
    assert not directory.exists()


@real_server
def test_restart_keeps_data(pki: Pki) -> None:
    """A stopped server that starts again holds what it held, at another port."""
    with Slapd(pki) as slapd:
        slapd.load(f"dn: {slapd_base()}\nobjectClass: domain\ndc: example\n")
        slapd.stop()
        assert not accepts(slapd.port)
        slapd.start()
        search = ("ldapsearch", "-x", "-LLL", "-H", clear(slapd), "-b", slapd_base())
        assert "dc: example" in tool(slapd, *search)


@real_server
def test_refused_data_are_named(slapd: Slapd) -> None:
    """An entry that does not load fails with slapd's own words."""
    with pytest.raises(ServerFailed, match="Object class violation"):
        slapd.load(f"dn: ou=x,{slapd_base()}\nobjectClass: person\nou: x\n")


@real_server
def test_bad_configuration_shows_the_log(pki: Pki) -> None:
    """When slapd does not start, the error holds its log."""
    slapd = Slapd(pki, Options(require=("no-such-directive yes",)))
    with pytest.raises(ServerFailed, match="no-such-directive"):
        slapd.__enter__()
    slapd.__exit__(None, None, None)


# --- processes ---------------------------------------------------------------


def test_process_that_dies(tmp_path: Path) -> None:
    """A program that ends as it starts is reported with its last words."""
    process = Process(tmp_path / "log")
    program = "import sys; sys.exit('no luck today')"
    with pytest.raises(ServerFailed, match="no luck today"):
        process.start([sys.executable, "-c", program], ready=lambda: False)


def test_process_stops(tmp_path: Path) -> None:
    """A started program runs until it is stopped; stopping twice is no error."""
    process = Process(tmp_path / "log")
    program = "import time; time.sleep(60)"
    process.start([sys.executable, "-c", program], ready=lambda: True)
    assert process.alive
    process.stop()
    process.stop()
    assert not process.alive


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs Linux's setpriv")
def test_process_ends_with_a_killed_parent(tmp_path: Path) -> None:
    """A test run that is killed leaves no server behind."""
    program = f"""
import os, pathlib, signal, sys
from tests.architecture import ROOT
from tests.servers.process import Process
process = Process(pathlib.Path({str(tmp_path / "log")!r}))
sleeper = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
command = [sys.executable, "-c", sleeper]
process.start(command, ready=lambda: process.log.read_text().endswith("\\n"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    status = Path("/proc", (tmp_path / "log").read_text().strip(), "status")
    deadline = time.monotonic() + 10
    while status.exists() and "State:\tZ" not in status.read_text():
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.02)


def test_free_port() -> None:
    """A free port takes nobody's connections until somebody listens there."""
    port = free_port()
    assert not accepts(port)
    with socket.create_server(("127.0.0.1", port)):
        assert accepts(port)


def test_missing_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing server skips, and fails where servers are required."""
    monkeypatch.delenv("LDAPOM_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no slapd"):
        skip("no slapd")
    monkeypatch.setenv("LDAPOM_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match="LDAPOM_REQUIRE_SERVERS=1"):
        skip("no slapd")


# --- one face for all --------------------------------------------------------


def test_server_knows_its_administrator(server: Server) -> None:
    """On every server the administrator binds, and is who it says."""
    with server.connection() as connection:
        assert connection.who_am_i().replace(": ", ":") == f"dn:{ADMIN_DN}"


def test_server_has_the_sample(server: Server) -> None:
    """Every server holds the same people."""
    with server.connection() as connection:
        found = list(connection.search(server.base, "(uid=*)", attributes=["uid"]))
    assert len({entry.dn.casefold() for entry in found}) == len(found) > 3
    assert ADMIN_DN in {entry.dn for entry in found}


def test_subtree_is_writable(server: Server, subtree: str) -> None:
    """A test may write below its subtree."""
    with server.connection() as connection:
        dn = f"ou=below,{subtree}"
        connection.add(dn, {"objectClass": ["organizationalUnit"], "ou": ["below"]})
        assert [entry.dn for entry in connection.search(dn)] == [dn]


def test_delete_tree(server: Server) -> None:
    """A subtree goes away with all below it, and again without an error."""
    top = f"ou=gone-{os.getpid()},{server.base}"
    with server.connection() as connection:
        for dn in (top, f"ou=a,{top}", f"ou=b,ou=a,{top}"):
            connection.add(dn, {"objectClass": ["organizationalUnit"]})
    delete_tree(server, top)
    delete_tree(server, top)
    with server.connection() as connection:
        assert not list(connection.search(server.base, f"(ou=gone-{os.getpid()})"))


def test_boxes_are_fresh(box: Directory) -> None:
    """What a test does to its box, no other test sees: each has one of its own."""
    with Server("box", box).connection() as connection:
        connection.delete(f"{ADMIN_DN}")
        assert not list(connection.search(slapd_base(), "(uid=admin)"))
    with Server("box", type(box).sample()).connection() as connection:
        assert list(connection.search(slapd_base(), "(uid=admin)"))
