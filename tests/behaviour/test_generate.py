"""From a live schema to ``User.query(uid="admin").first()``, as a new user goes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ldapom.testing import Directory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.slapd import Slapd

PASSWORD = "secret"
ADMIN = "uid=admin,ou=people,dc=example,dc=com"
MODEL = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"

PROGRAM = """
import sys
from typing import assert_type

from ldapom import Session, Simple, Tls
from models import User

url, ca = sys.argv[1:]
tls = Tls(ca_file=ca) if ca else None
with Session(url, Simple({admin!r}, "secret"), tls=tls) as session:
    admin = User.query(uid="admin").first()
    assert_type(admin, User | None)
    assert admin is not None
    print(admin.uidNumber + 1, admin.cn.first, admin.dn)
    print(session.query(User, User.uidNumber >= 0).count())
    print(User.query(uid="nobody").first())
"""


def ldapom(
    *arguments: str, password: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    environment = {k: v for k, v in os.environ.items() if k != "LDAPOM_PASSWORD"}
    if password is not None:
        environment["LDAPOM_PASSWORD"] = password
    return subprocess.run(
        [sys.executable, "-m", "ldapom", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.real_server
@pytest.mark.parametrize("transport", ["ldap", "ldaps", "StartTLS", "ldapi"])
def test_from_openldap(slapd: Slapd, tmp_path: Path, transport: str) -> None:
    """Generate over each transport, import the file, query, check again."""
    url = {"ldaps": slapd.tls_url, "ldapi": slapd.socket_url}.get(transport, slapd.url)
    ca = str(slapd.pki.ca_file) if transport in ("ldaps", "StartTLS") else ""
    options = ["--ca", ca] if ca else []
    if transport == "StartTLS":
        options.append("--start-tls")
    if transport == "ldapi":
        options.append("--external")
    else:
        options += ["--bind", ADMIN]
    models = tmp_path / "models.py"
    command = ["generate", url, "--model", MODEL, "-o", str(models), *options]
    done = ldapom(*command, password=PASSWORD)
    assert done.returncode == 0, done.stderr
    first = models.read_text()
    assert not re.search(rf"\b{PASSWORD}\b", first)
    assert ldapom(*command, password=PASSWORD).returncode == 0
    assert models.read_text() == first
    assert ldapom(*command, "--check", password=PASSWORD).returncode == 0

    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(admin=ADMIN))
    start_tls = transport == "StartTLS"
    target = slapd.tls_url if start_tls else url
    ran = subprocess.run(
        [sys.executable, "-W", "error", program, target, ca],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        f"1001 Administrator {ADMIN}",
        str(sum(1 for _ in accounts(slapd))),
        "None",
    ]


def accounts(slapd: Slapd) -> list[str]:
    """The accounts as the protocol client finds them."""
    from ldapom import Connection

    with Connection(slapd.url) as connection:
        people = "ou=people,dc=example,dc=com"
        found = connection.search(people, "(&(objectClass=inetOrgPerson)(uidNumber=*))")
        return [entry.dn for entry in found]


def test_the_generated_file_type_checks(tmp_path: Path) -> None:
    """With mypy strict and pyright, and so does a program that uses it."""
    models = tmp_path / "models.py"
    with Directory.sample().serve() as server:
        done = ldapom(
            "generate", server.url, "--model", MODEL, "--class", "groupOfNames",
            "--class", "posixGroup", "--class", "domain", "-o", str(models),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(admin=ADMIN))
    for checker in (["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]):
        checked = subprocess.run(
            [sys.executable, "-m", *checker, "models.py", "program.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_thousand_entries_and_one_conversation() -> None:
    """`connect + bind + search` by a model is a bind and a search, nothing else."""
    from ldapom import Session
    from ldapom.protocol import messages as m
    from tests.behaviour.people import User

    directory = Directory.sample()
    base = "ou=people,dc=example,dc=com"
    with directory.recording() as requests, Session(directory):
        assert User.query(uid="admin").base(base).first() is not None
    kinds = [type(request.op) for request in requests]
    assert kinds == [m.BindRequest, m.SearchRequest, m.UnbindRequest]
    search = requests[1].op
    assert isinstance(search, m.SearchRequest)
    assert search.size_limit == 1
    assert requests[1].controls == ()


@pytest.mark.real_server
@pytest.mark.parametrize(
    ("arguments", "password", "says"),
    [
        (["{url}", "--model", "User=inetOrgPersn"], None, "inetOrgPerson"),
        (["{url}", "--model", "User=person+domain"], None, "structural"),
        (["{url}", "--class", "nosuch"], None, "nosuch"),
        (["{url}", "--class", "person", "-b", ADMIN], "wrong", "password"),
        (["ldap://127.0.0.1:1", "--class", "person"], None, "refused"),
        (["ldap://nosuch.invalid", "--class", "person"], None, "nosuch.invalid"),
        (["{tls}", "--class", "person"], None, "certificate"),
        (["{url}", "--class", "person", "-o", "/nowhere/x.py"], None, "/nowhere"),
        (["/nowhere/schema.ldif", "--class", "person"], None, "/nowhere"),
        (["{url}", "--class", "person", "-b", "no dn"], "x", "no dn"),
    ],
)  # fmt: skip
def test_what_a_user_gets_wrong(
    slapd: Slapd, arguments: list[str], password: str | None, says: str
) -> None:
    """One clear sentence, exit code 2, no traceback."""
    filled = [a.format(url=slapd.url, tls=slapd.tls_url) for a in arguments]
    done = ldapom("generate", *filled, password=password)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4
