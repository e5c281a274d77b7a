"""Every example runs, against the directory in the box and against OpenLDAP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.slapd import Slapd

EXAMPLES = Path(__file__).parent.parent / "examples"

#: What each program must say, beside not failing.
PROGRAMS = {
    "look_someone_up.py": ["DN: uid=admin,ou=people", "0 entries for '*)(uid=*'"],
    "group_members.py": ["admins (1 members)\n  Administrator", "Rózsa Péter"],
    "change_things.py": [
        "add: description",
        "1 of 1 done",
        "Radia Perlman, Mary Shaw",
        "nothing was sent: ",
        "theirs won",
        "uid=mary is an Engineer",
        "changetype: add",
    ],
    "untyped_client.py": ["['Administrator']", "True\nnoSuchObject, matched"],
    "import_people.py": [
        "row 1: added\nrow 2: entryAlreadyExists (68)",
        "row 3: invalid literal for int()",
        "row 4: 'uid=,ou=people,dc=example,dc=com': User.uid must have a value",
        "row 5: added\nversion: 1\n\ndn: uid=admin,",
    ],
    "apply_ldif.py": [
        "record 2: noSuchObject (32)",
        "\n\ndn: cn=nobody,ou=groups,dc=example,dc=com\nchangetype: modify\n",
    ],
    "browse_schema.py": ["RFC 2696", "NAME 'inetOrgPerson'", "required: "],
    "generate_models.py": ["class User(InetOrgPerson, PosixAccount, base="],
    "many_at_once.py": [
        "grace    Grace Hopper\nnobody   not there",
        "15 of 20 found",
        "right password: True\nwrong password: False",
    ],
}
#: What others import, or what has a test of its own.
NO_PROGRAMS = {"demo.py", "directory.py", "models.py"}


def run(name: str, *arguments: str) -> str:
    """Run an example as a user would and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_example_is_known() -> None:
    """A new file has to be listed here, and so is run."""
    found = {path.name for path in EXAMPLES.glob("*.py")}
    assert found == PROGRAMS.keys() | NO_PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_example_in_memory(name: str) -> None:
    """Without arguments, on the directory in the box."""
    output = run(name)
    for expected in PROGRAMS[name]:
        assert expected in output


@pytest.mark.real_server
@pytest.mark.parametrize("name", PROGRAMS)
def test_example_on_openldap(name: str, slapd: Slapd) -> None:
    """With a URL, on a server of one's own."""
    output = run(name, slapd.url)
    for expected in PROGRAMS[name]:
        assert expected in output


def test_models_are_what_the_generator_writes() -> None:
    """``examples/models.py`` is up to date."""
    assert run("generate_models.py") == (EXAMPLES / "models.py").read_text()


def test_demo() -> None:
    """The tour runs through, and shows each of its stops."""
    output = run("demo.py")
    for stop in (
        "1. A directory",
        "2. Its models",
        "3. Look",
        "4. Ask",
        "5. Change",
        "6. Make",
    ):
        assert stop in output
    assert "did you mean 'uid'?" in output
    assert "What to try next" in output
