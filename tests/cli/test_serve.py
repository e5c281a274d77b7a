"""``ldapom serve``: a directory over TCP until it is told to end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ldapom import Connection, Simple
from tests.architecture import ROOT
from tests.cli.support import ADMIN, run, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ldapom.testing import Directory

PEOPLE = """
dn: o=Müller \\1b,c=DE
objectClass: organization
o: Müller \x1b

dn: cn=a,o=Müller \\1b,c=DE
objectClass: walker
cn: a
sn: a
shoeSize: 43
"""
FRAGMENT = """
attributetype ( 9.1 NAME 'shoeSize' EQUALITY integerMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 9.2 NAME 'walker' SUP person STRUCTURAL MAY shoeSize )
"""


@contextmanager
def serving(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command; give the process and what it said by then."""
    command = [sys.executable, "-m", "ldapom", "serve", "--port", "0"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    with subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        try:
            yield process, said(process)
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """Read until the last line of the greeting, or the end."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    return "".join(lines)


def url_of(text: str) -> str:
    """Find the URL in a greeting."""
    found = re.search(r"ldap://127\.0\.0\.1:\d+", text)
    assert found, text
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sample(number: signal.Signals) -> None:
    """The sample answers over TCP; Ctrl-C, or a request to end, ends it with 0."""
    with serving("--sample") as (process, text):
        with Connection(url_of(text), Simple(ADMIN, "secret")) as connection:
            assert connection.who_am_i().endswith(ADMIN)
        process.send_signal(number)

        assert process.wait(10) == 0
    assert ADMIN in text
    assert "password  secret" in text
    assert f"ldapom generate {url_of(text)}" in text


def test_own_data_and_schema(folder: Path) -> None:
    """LDIF files and further definitions are served; the suffix is found."""
    (folder / "people.ldif").write_text(PEOPLE, "utf-8")
    (folder / "walk.schema").write_text(FRAGMENT)

    with serving("--ldif", "people.ldif", "--schema", "walk.schema") as (_, text):
        with Connection(url_of(text)) as connection:
            found = list(connection.search("o=Müller \\1b,c=DE", "(shoeSize=43)"))

    assert [entry.text("cn") for entry in found] == [["a"]]
    assert "Serving 2 entries" in text
    assert "\x1b" not in text


def test_a_schema_alone(folder: Path) -> None:
    """Without entries the hint does not name the sample's model."""
    (folder / "walk.schema").write_text(FRAGMENT)

    with serving("--schema", "walk.schema") as (_, text):
        assert "Serving 0 entries" in text
        assert "--class inetOrgPerson" in text


@pytest.mark.parametrize(
    ("arguments", "said_"),
    [
        (("--ldif", "none.ldif"), "none.ldif"),
        (("--ldif", "bad.ldif"), "bad.ldif: line 1"),
        (("--ldif", "wrong.ldif"), "while loading"),
        (("--schema", "none.schema"), "none.schema: No such file"),
        (("--schema", "bad.ldif"), "bad.ldif holds no schema: line 1"),
        (("--sample", "--schema", "walk.schema"), "leave out --sample or --schema"),
        (
            ("--sample", "--address", "192.0.2.1"),
            "Cannot assign requested address; take another one with --port or --addr",
        ),
    ],
)
def test_problems(arguments: tuple[str, ...], said_: str, folder: Path) -> None:
    """One sentence, exit code 2."""
    (folder / "bad.ldif").write_text("this is no LDIF\n")
    (folder / "wrong.ldif").write_text("dn: cn=x,dc=y\nobjectClass: person\ncn: x\n")

    assert said_ in told(run("serve", *arguments))


def test_a_port_in_use(box: Directory) -> None:
    """A port that somebody has is told of with a remedy."""
    with box.serve() as server:
        port = server.url.rpartition(":")[2].strip("/")
        result = run("serve", "--sample", "--port", port)

    assert "--port 0" in told(result)
