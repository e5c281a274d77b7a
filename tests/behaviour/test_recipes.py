"""The recipes for servers of a kind run as the page shows them.

The others run against the directory in the box: `tests.test_docs`.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from ldapom import Delete, Session, Simple, Tls
from ldapom.testing import Directory
from tests.architecture import ROOT
from tests.servers.samba import ADMIN, ADMIN_PASSWORD, BASE
from tests.servers.slapd import ADMIN_DN
from tests.test_docs import SERVER, blocks, done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ldapom import Connection
    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba

COMMON: Final = (ROOT / "docs" / "recipes.md").read_text("utf-8")
OF_SERVERS: Final = (ROOT / "docs" / "recipes-servers.md").read_text("utf-8")
DOMAIN: Final = "ldaps://dc1.example.com"
CA_FILE: Final = "ca.pem"
#: What asks for numbers from several threads at once, behind the recipe.
CROWD: Final = """
from concurrent.futures import ThreadPoolExecutor

def take(count: int) -> list[int]:
    with Session(url, who) as session:
        return [next_number(session) for _ in range(count)]

with ThreadPoolExecutor(4) as threads:
    taken = [number for some in threads.map(take, [25] * 4) for number in some]
print(sorted(taken) == list(range(4002, 4102)))
"""


def recipe(told_by: str) -> str:
    """The only program for servers of a kind that has these words."""
    (found,) = [block for block in blocks(OF_SERVERS, "py") if told_by in block]
    return found


def as_admin(text: str) -> str:
    """A program of the box's own administrator."""
    return text.replace('"uid=admin,dc=', '"uid=admin,ou=people,dc=')


def run(text: str, folder: Path) -> list[str]:
    """Run a program of somebody who has the models; the lines that it printed."""
    shutil.copy(ROOT / "examples" / "models.py", folder)
    (folder / "program.py").write_text(text, "utf-8")
    return done(folder, "-W", "error", "program.py").splitlines()


@pytest.fixture
def domain(samba: Samba) -> Iterator[Samba]:
    """A domain that forgets what the recipe has made."""
    yield samba
    tls = Tls(ca_file=str(samba.pki.ca_file))
    with Session(samba.tls_url, Simple(ADMIN, ADMIN_PASSWORD), tls=tls) as session:
        for name in ("Erika Example", "visitors"):
            session.connection.delete(f"CN={name},CN=Users,{BASE}")


@pytest.fixture
def offices(ds389: Ds389) -> Iterator[Ds389]:
    """A 389 DS whose Bob has no role, and may log in, when the test is over."""
    yield ds389
    tls, bob = (
        Tls(ca_file=str(ds389.pki.ca_file)),
        "uid=bob,ou=people,dc=example,dc=com",
    )
    with Session(ds389.tls_url, Simple(ADMIN_DN, "secret"), tls=tls) as session:
        directory: Connection = session.connection
        directory.modify(bob, [Delete("nsAccountLock"), Delete("nsRoleDN")])
        directory.delete("cn=night shift,dc=example,dc=com")


@pytest.mark.real_server
def test_active_directory(domain: Samba, tmp_path: Path) -> None:
    """Accounts are made, set right and found."""
    text = recipe(DOMAIN).replace(DOMAIN, domain.tls_url)
    text = text.replace("administrator@example.com", ADMIN)
    text = text.replace('"secret"', repr(ADMIN_PASSWORD))
    text = text.replace("dc=example,dc=com", BASE)
    text = text.replace(CA_FILE, str(domain.pki.ca_file))

    lines = run(text, tmp_path)

    found = dict(line.split(" [", 1) for line in lines)
    assert found["expired"] == "'expired']"
    assert found["in the group"] == "'erika']"
    assert "'disabled'" in found["disabled"]
    assert "'erika'" not in found["disabled"]
    assert "'erika'" in found["never seen"]
    assert found["locked"] == found["idle"] == "]"


@pytest.mark.real_server
def test_389_directory_server(offices: Ds389, tmp_path: Path) -> None:
    """A role is given and found, and an account is disabled and found."""
    text = as_admin(recipe("nsRole")).replace(SERVER, offices.tls_url)
    text = text.replace(CA_FILE, str(offices.pki.ca_file))

    lines = run(text, tmp_path)

    assert lines == ["['bob']", "['bob']"]


def test_types(tmp_path: Path) -> None:
    """These programs pass mypy in strict mode as they stand."""
    shutil.copy(ROOT / "examples" / "models.py", tmp_path)
    programs = blocks(OF_SERVERS, "py")
    for number, text in enumerate(programs):
        (tmp_path / f"program_{number}.py").write_text(text, "utf-8")

    names = (f"program_{number}.py" for number in range(len(programs)))
    done(tmp_path, "-m", "mypy", "--strict", *names)


def test_no_number_is_taken_twice(tmp_path: Path) -> None:
    """What several threads count at the same time, is counted once each."""
    python = blocks(COMMON, "python")
    (counting,) = [block for block in python if "def next_number" in block]
    with Directory.sample().serve() as server:
        text = as_admin(python[0] + counting + CROWD).replace(SERVER, server.url)
        lines = run(text, tmp_path)

    assert lines == ["4000 4001", "True"]
