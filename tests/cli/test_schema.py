"""``ldapom schema``: trees, cards, words, problems and pictures, and its refusals."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ldapom.cli.cards import count
from tests.cli.support import ADMIN, run, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

WALKER = """
attributetype ( 9.1 NAME 'shoeSize' DESC 'How long a foot is' EQUALITY integerMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 9.2 NAME 'walker' SUP inetOrgPerson STRUCTURAL MUST shoeSize )
"""
RUNNER = """
objectclass ( 9.3 NAME 'runner' SUP walker STRUCTURAL MAY nothing )
"""
HOSTILE = """
attributetype ( 9.1 NAME 'x' DESC '\x1b[31m\u202e[bold]x[/bold]</text>'
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 9.2 NAME 'y' DESC '\x1b]0;owned\x07 [link=http://x]y[/link]'
    SUP top STRUCTURAL MUST x X-ORIGIN '\x9b2J' )
"""


@pytest.fixture
def walker(folder: Path) -> Path:
    """A schema file with a class and an attribute."""
    path = folder / "walk.schema"
    path.write_text(WALKER)
    return path


# --- trees and cards -----------------------------------------------------------------


def test_tree(url: str) -> None:
    """Without a name all classes are shown, each below its superior, in 80 columns."""
    result = run("schema", url)
    lines = result.stdout.splitlines()

    assert result.exit_code == 0, result.stderr
    assert re.match(r"\d+ object classes \(\d+ structural, ", lines[0])
    (person,) = [line for line in lines if re.search(r"\bperson\b", line)]
    assert re.search(r"── person +structural +2 must +4 may$", person)
    assert lines.index(person) < next(
        n for n, line in enumerate(lines) if "inetOrgPerson" in line
    )
    assert max(map(len, lines)) <= 80


def test_cards(url: str) -> None:
    """A class and an attribute, with Python types and where things come from."""
    result = run("schema", url, "inetorgperson", "uidNumber")

    assert result.exit_code == 0, result.stderr
    for text in (
        "inetOrgPerson  structural object class",
        "inetOrgPerson → organizationalPerson → person → top",
        "Required, from person (2)",
        "str | None",
        "uidNumber  attribute type",
        "INTEGER: a whole number",
        "integerMatch: as numbers",
        "posixAccount",
    ):
        assert text in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_from_files(walker: Path, folder: Path) -> None:
    """A file stands on the standard schema; ``--also`` adds more to it."""
    (folder / "run.schema").write_text(RUNNER)

    result = run("schema", walker, "runner", "--also", "run.schema")

    assert result.exit_code == 0, result.stderr
    assert "runner → walker → inetOrgPerson" in result.stdout
    assert "Required, from walker (1)" in result.stdout
    assert "the schema does not define it" in result.stdout


def test_more_definitions_for_a_server(url: str, walker: Path) -> None:
    """A file can add to what a server has."""
    result = run("schema", url, "walker", "--also", walker)

    assert result.exit_code == 0, result.stderr
    assert "shoeSize" in result.stdout


def test_search(walker: Path) -> None:
    """A word is found in names and descriptions, of classes and attributes."""
    result = run("schema", walker, "--search", "foot")

    assert result.exit_code == 0, result.stderr
    assert "1 attribute type" in result.stdout
    assert re.search(r"shoeSize +How long a foot is", result.stdout)


def test_search_without_a_find(url: str) -> None:
    """Nothing found is said, and told to the shell."""
    result = run("schema", url, "--search", "no such word")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "'no such word' is in no name" in result.stderr


def test_problems(folder: Path) -> None:
    """What could not be read, and what does not fit, with the text itself."""
    (folder / "bad.schema").write_text(RUNNER + "objectclass ( 9.9 MUST\n")

    result = run("schema", "bad.schema", "--problems")
    tree = run("schema", "bad.schema")

    assert result.exit_code == 0, result.stderr
    assert "at position" in result.stdout
    assert "MAY names 'nothing', which is not defined" in result.stdout
    assert "--problems shows more" in tree.stderr


def test_problems_of_one_definition_stand_together(folder: Path) -> None:
    """A definition with several problems is shown once, with all of them above it."""
    (folder / "bad.schema").write_text(
        "objectclass ( 9.3 NAME 'runner' SUP top STRUCTURAL MAY ( one $ two ) )\n" * 2
    )

    shown = run("schema", "bad.schema", "--problems").stdout

    assert "MAY names 'one'" in shown
    assert "MAY names 'two'" in shown
    assert "9.3 is already the OID of 'runner'; the definition that came" in shown
    assert shown.count("( 9.3 NAME") == 1


def test_numbers_of_things() -> None:
    """What is counted is in the plural, as English has it."""
    told_ = [count(2, what) for what in ("class", "syntax", "matching rule")]

    assert told_ == ["2 classes", "2 syntaxes", "2 matching rules"]
    assert count(1, "syntax") == "1 syntax"


def test_a_name_alone_where_settings_have_the_url(url: str, folder: Path) -> None:
    """With a url in the settings the first argument may be a name."""
    alone = told(run("schema", "person"))
    (folder / "pyproject.toml").write_text(f'[tool.ldapom]\nurl = "{url}"\n')

    result = run("schema", "person", "cn")

    assert "neither a URL nor a file; write a server as ldap://person" in alone
    assert "as in ldapom schema ldap://localhost person" in alone
    assert result.stdout.startswith("person  structural object class\n")
    assert "\ncn  attribute type\n" in result.stdout
    assert "None" not in told(run("schema", "persn"))


@pytest.mark.parametrize(
    "arguments",
    [(), ("person",), ("cn", "caseIgnoreMatch"), ("--search", "cn"), ("--problems",)],
)
def test_json(url: str, arguments: tuple[str, ...]) -> None:
    """Whatever is shown can be had as JSON."""
    result = run("schema", url, "--json", *arguments)

    assert result.exit_code == 0, result.stderr
    assert isinstance(json.loads(result.stdout), list)
    assert result.stdout.isascii()


def test_the_files_of_settings(
    walker: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are relative to pyproject.toml, and those that join them are shown too."""
    (folder / "pyproject.toml").write_text(
        f'[tool.ldapom]\nurl = "base.schema"\nalso = ["{walker.name}"]\n'
    )
    (folder / "base.schema").write_text(
        "attributetype ( 1.9 NAME 'baseOnly' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )\n"
    )
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")

    result = run("schema", "walker", "baseOnly")
    named = run("schema", "../base.schema", "walker")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "has no class, attribute, rule or syntax 'walker'" in told(named)


def test_the_servers_of_settings(url: str, folder: Path) -> None:
    """Without a URL it is the settings' one, with what they say of it."""
    (folder / "pyproject.toml").write_text(f'[tool.ldapom]\nurl = "{url}"\n')

    assert run("schema").exit_code == 0


def test_settings_hold_for_their_server_alone(url: str, folder: Path) -> None:
    """Another server is not sent the name of the settings."""
    (folder / "pyproject.toml").write_text(
        f'[tool.ldapom]\nurl = "ldap://127.0.0.1:1"\nbind_dn = "{ADMIN}"\n'
    )

    assert run("schema", url, "person").exit_code == 0
    assert run("generate", url, "--class", "person", "-o", "out.py").exit_code == 0
    assert "--bind" not in (folder / "out.py").read_text()


def test_hostile_texts(folder: Path) -> None:
    """Control characters, marks of direction and markup are shown, not obeyed."""
    (folder / "bad.schema").write_text(HOSTILE)
    for arguments in ((), ("x", "y"), ("--search", "9."), ("--problems",)):
        result = run("schema", "bad.schema", *arguments)

        assert result.exit_code == 0, result.stderr
        shown = result.stdout.replace("\n", "")
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", shown)
    assert "[bold]" in run("schema", "bad.schema", "x").stdout


# --- pictures ------------------------------------------------------------------------


def test_svg(url: str, folder: Path) -> None:
    """The chosen classes are drawn with their superiors, and the file is told of."""
    result = run("schema", url, "--graph", "out.svg", "inetOrgPerson", "posixAccount")

    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "drew out.svg (5 object classes)" in result.stderr
    drawn = (folder / "out.svg").read_text("utf-8")
    ET.fromstring(drawn)
    assert f"5 object classes, {url}" in drawn
    assert run("schema", url, "-g", "out.svg", "person").exit_code == 0


def test_mermaid(url: str, folder: Path) -> None:
    """The ending of the name decides what is written."""
    result = run("schema", url, "--graph", "out.mmd", "person", "--all-attributes")

    assert result.exit_code == 0, result.stderr
    assert "classDiagram" in (folder / "out.mmd").read_text("utf-8")


def test_hostile_picture(folder: Path) -> None:
    """A hostile schema gives a harmless picture."""
    (folder / "bad.schema").write_text(HOSTILE)

    assert run("schema", "bad.schema", "--graph", "o.svg", "y").exit_code == 0
    drawn = (folder / "o.svg").read_text("utf-8")
    assert "</text>'" not in drawn
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", drawn)


def test_many_classes(folder: Path) -> None:
    """A large picture is drawn, and a smaller one is suggested."""
    text = "".join(f"objectclass ( 9.{n} NAME 'c{n}' SUP top )\n" for n in range(70))
    (folder / "many.schema").write_text(text)

    result = run("schema", "many.schema", "--graph", "out.svg")

    assert result.exit_code == 0, result.stderr
    assert "name those you want" in result.stderr
    assert (folder / "out.svg").exists()


# --- refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("persn",), "did you mean 'person'"),
        (("--search", "x", "--problems"), "are two things"),
        (("--search", "x", "person"), "leave out names"),
        (("--search", " "), "needs a word"),
        (("--graph", "out.png"), "end the name with .svg"),
        (("--graph", "out.svg", "persn"), "did you mean 'person'"),
        (("--graph", "no/such/folder.svg"), "name another file with --graph"),
        (("--all-attributes",), "add --graph FILE"),
        (("--also", "nothing.schema"), "nothing.schema"),
    ],
)
def test_refusals(walker: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Each mistake is one sentence that names the remedy."""
    assert sentence in told(run("schema", walker, *arguments))


def test_no_place() -> None:
    """Without a URL anywhere it says how to give one."""
    assert "ldapom schema ldap://localhost" in told(run("schema"))


# --- real servers --------------------------------------------------------------------


@pytest.mark.real_server
def test_openldap(slapd: Slapd, folder: Path) -> None:
    """OpenLDAP's schema: tree, card, and a picture of everything."""
    assert run("schema", slapd.url).exit_code == 0
    assert "posixAccount" in run("schema", slapd.url, "uidNumber").stdout
    assert run("schema", slapd.url, "--graph", "all.svg").exit_code == 0
    ET.fromstring((folder / "all.svg").read_text("utf-8"))


@pytest.mark.real_server
def test_389(ds389: Ds389, folder: Path) -> None:
    """389's schema: tree, card with its origin, and a picture of everything."""
    assert run("schema", ds389.url).exit_code == 0
    assert "Origin" in run("schema", ds389.url, "nsRoleDefinition").stdout
    assert run("schema", ds389.url, "--graph", "all.svg").exit_code == 0
    ET.fromstring((folder / "all.svg").read_text("utf-8"))


@pytest.mark.real_server
def test_active_directory(
    samba: Samba, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samba's schema: what is always in a user, and a picture with it."""
    from tests.servers import samba as module

    monkeypatch.setenv("LDAPOM_PASSWORD", module.ADMIN_PASSWORD)
    who = ("--bind", module.ADMIN)

    card = run("schema", samba.url, "user", *who)
    drawn = run("schema", samba.url, "--graph", "user.svg", "user", *who)

    assert card.exit_code == 0, card.stderr
    assert re.search(r"Always with [\w\s,-]*securityPrincipal", card.stdout)
    assert drawn.exit_code == 0, drawn.stderr
    assert "securityPrincipal" in (folder / "user.svg").read_text("utf-8")
