"""What the README shows runs as it is shown, and passes the type checker."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.testing import Directory
from tests.architecture import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS: Final = re.findall(
    r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
)
#: What the blocks take for granted: the reader's own server, names and values.
ASSUMED: Final = """
import asyncio
from ldapom import *
from models import InetOrgPerson, User
url, dn, password = {url!r}, {admin!r}, "secret"
credentials = Simple(dn, password)
typed, group_dn = "admin", "cn=admins,ou=groups,dc=example,dc=com"
who, uids, old, new = credentials, ["admin", "ada"], "another secret", "another secret"
"""
ADMIN: Final = "uid=admin,ou=people,dc=example,dc=com"
#: A block that is about entries has one, and a query is asked in a session.
INSIDE: Final = """
with Connection(url, credentials) as connection:
    connection.modify(dn, [Add("seeAlso", group_dn)])
with Session(url, credentials) as session:
    user = User.query(uid="admin").one()
"""


#: The servers of the blocks; the box stands for each of them.
SERVERS: Final = (
    "ldaps://ldap.example.com",
    "ldaps://ldap1.example.com",
    "ldaps://ldap2.example.com",
    "ldap://localhost",
    "srv:example.com",
)


def program(block: str, url: str) -> str:
    """Make a block the program of somebody whose server is at a URL."""
    for shown in SERVERS:
        block = block.replace(f'"{shown}"', f'"{url}"')
    block = block.replace('"uid=reader,dc=example,dc=com"', f'"{ADMIN}"')
    # The box in this test speaks no TLS.
    block = block.replace(", start_tls=True", "")
    head = ASSUMED.format(url=url, admin=ADMIN)
    if block.startswith("async with"):
        lines = "".join(f"    {line}\n" for line in block.splitlines())
        return f"{head}async def main():\n{lines}\nasyncio.run(main())\n"
    if "Session(" in block or "Connection(" in block or block.startswith("class "):
        return head + block
    lines = "".join(f"    {line}\n" for line in block.splitlines())
    return head + INSIDE + lines


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ``models.py`` that the README's command writes."""
    folder = tmp_path_factory.mktemp("reader")
    found = re.search(r"--model '(.*?)'", (ROOT / "README.md").read_text("utf-8"))
    assert found
    with Directory.sample().serve() as server:
        command = ["generate", server.url, "--model", found[1], "-o", "models.py"]
        subprocess.run(
            [sys.executable, "-m", "ldapom", *command], cwd=folder, check=True
        )
    return folder


@pytest.mark.parametrize("block", BLOCKS, ids=lambda text: text.splitlines()[0][:40])
def test_block_runs(block: str, models: Path) -> None:
    """Every block of Python is a program that works."""
    with Directory.sample().serve() as server:
        (models / "program.py").write_text(program(block, server.url), "utf-8")
        done = subprocess.run(
            [sys.executable, "-W", "error", "program.py"],
            cwd=models,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr


def test_first_block_passes_mypy(models: Path) -> None:
    """The program at the top is one that mypy accepts as it stands."""
    assert "User.query" in BLOCKS[0]
    (models / "program.py").write_text(BLOCKS[0], "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "program.py", "models.py"],
        cwd=models,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout
