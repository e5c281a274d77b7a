"""``ldapom generate``: what it writes, where to, and what it says when it can not."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from ldapom import Connection, Session
from ldapom.cli import page
from ldapom.errors import LocalProtocolError, ResultCode, SchemaError
from ldapom.protocol import messages as m
from ldapom.protocol.link import Link
from ldapom.schema import Schema
from tests.cli.support import ADMIN, USER, run, told
from tests.schema.codegen.support import imported
from tests.servers.slapd import Options, Slapd

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle

FRAGMENT = """
attributetype ( 9.1 NAME 'shoeSize' EQUALITY integerMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 9.2 NAME 'walker' SUP inetOrgPerson STRUCTURAL MAY shoeSize )
"""


def test_from_a_live_server(url: str, box: Directory) -> None:
    """The module on standard output imports and answers queries."""
    result = run("generate", url, "--model", USER)

    assert (result.exit_code, result.stderr) == (0, "")
    with Session(box):
        assert imported(result.stdout).User.query(uid="admin").one().uid == ["admin"]


@pytest.mark.real_server
def test_from_openldap(slapd: Slapd) -> None:
    """OpenLDAP's own schema gives classes that read OpenLDAP's entries."""
    result = run("generate", slapd.url, "--model", USER)

    assert result.exit_code == 0, result.stderr
    with Session(slapd.url):
        assert imported(result.stdout).User.query(uid="admin").one().uid == ["admin"]


@pytest.mark.real_server
def test_ways_to_openldap(slapd: Slapd) -> None:
    """TLS from the start, StartTLS and the socket's EXTERNAL give the same classes."""
    ca = ("--ca", slapd.pki.ca_file)
    ways = [
        run("generate", slapd.tls_url, "--class", "person", *ca),
        run("generate", slapd.url, "--class", "person", "--start-tls", *ca),
        run("generate", slapd.socket_url, "--class", "person", "--external"),
        run("generate", slapd.tls_url, "--class", "person", "--insecure-skip-verify"),
    ]

    assert [way.exit_code for way in ways] == [0, 0, 0, 0], [w.stderr for w in ways]
    assert len({way.stdout.partition("Schema fingerprint")[2] for way in ways}) == 1


@pytest.mark.real_server
def test_an_unknown_authority(slapd: Slapd) -> None:
    """A certificate that does not verify is told of, with the option that helps."""
    result = run("generate", slapd.tls_url, "--class", "person")

    assert "name its authority's file with --ca" in told(result)


@pytest.mark.real_server
@pytest.mark.parametrize(
    ("certificate", "remedy"),
    [
        ("expired", "needs a new one"),
        ("wronghost", "write the server's name in the URL"),
        ("otherserver", "--ca"),
    ],
)
def test_what_is_wrong_with_a_certificate(
    slapd: Slapd, certificate: str, remedy: str
) -> None:
    """The option for authorities is named only where the authority is what is wrong."""
    ca = ("--ca", slapd.pki.ca_file)
    with Slapd(slapd.pki, Options(certificate=certificate)) as server:
        result = run("generate", server.tls_url, "--class", "person", *ca)

    assert remedy in told(result)
    assert ("--ca" in told(result)) == (remedy == "--ca")


def test_from_a_schema_file(folder: Path) -> None:
    """A fragment stands on the standard schema."""
    (folder / "walk.schema").write_text(FRAGMENT)

    result = run("generate", "walk.schema", "--class", "walker")

    assert result.exit_code == 0, result.stderr
    assert "class Walker(InetOrgPerson" in result.stdout
    assert "shoeSize: Attr[int | None]" in result.stdout
    imported(result.stdout)


def test_more_files(url: str, folder: Path) -> None:
    """Definitions in other files join a server's; each file stands in the head."""
    attributes, classes = FRAGMENT.split("objectclass")
    (folder / "types.schema").write_text(attributes)
    (folder / "classes.schema").write_text("objectclass" + classes)
    also = ("--also", "types.schema", "--also", "classes.schema")

    result = run("generate", url, "--class", "walker", *also)

    assert (result.exit_code, result.stderr) == (0, "")
    walker = imported(result.stdout).Walker(cn=["a"], sn=["b"], shoeSize=44)
    assert walker.shoeSize == 44
    assert "--also types.schema\n" in result.stdout
    missing = run("generate", url, "--class", "walker", "--also", "no.schema")
    assert missing.exit_code != 0
    assert "no.schema" in missing.stderr


def test_more_files_of_the_settings(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are relative to pyproject.toml, and those of the command line count."""
    (folder / "own").mkdir()
    (folder / "own" / "my.schema").write_text(FRAGMENT)
    table = f'[tool.ldapom]\nurl = "{url}"\nalso = ["own/my.schema"]\n'
    (folder / "pyproject.toml").write_text(table)
    monkeypatch.chdir(folder / "own")

    result = run("generate", "--class", "walker")
    other = run("generate", "--class", "walker", "--also", "no.schema")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "--also own/my.schema\n" in result.stdout
    assert "no.schema" in other.stderr


def test_a_file_of_the_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema file is relative to pyproject.toml too; one given here is from here."""
    (folder / "pyproject.toml").write_text(
        '[tool.ldapom]\nurl = "own/my.schema"\nclasses = ["walker"]\n'
        'output = "models.py"\n'
    )
    (folder / "own").mkdir()
    (folder / "own" / "my.schema").write_text(FRAGMENT)
    monkeypatch.chdir(folder / "own")

    result = run("generate")
    check = run("generate", "--check")
    given = run("generate", "own/my.schema", "--class", "walker")
    here = run("generate", "my.schema", "--class", "walker")

    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    text = (folder / "models.py").read_text()
    assert "made by ldapom from own/my.schema.\n" in text
    assert "\n    ldapom generate own/my.schema\n" in text
    assert (check.exit_code, here.exit_code) == (0, 0)
    assert "own/my.schema" in told(given)
    assert str(folder) not in text + here.stdout


def test_from_an_ldif_of_a_whole_schema(folder: Path) -> None:
    """An LDIF of a subschema entry stands on its own."""
    (folder / "whole.ldif").write_text(
        "dn: cn=schema\n"
        "attributeTypes: ( 1.1 NAME 'x' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )\n"
        "objectClasses: ( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )\n"
        "objectClasses: ( 2.1 NAME 'thing' SUP top STRUCTURAL MUST ( x $ cn ) )\n"
    )

    result = run("generate", "whole.ldif", "--class", "thing")

    assert "x: Many[int]" in result.stdout
    assert "does not define" in result.stdout


def test_the_head_names_the_command_without_secrets(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who, what and where to: yes; password and the rest of the URL: no."""
    monkeypatch.setenv("LDAPOM_PASSWORD", "secret")

    result = run(
        "generate", f"{url}/dc=example?cn", "-m", USER, "-b", ADMIN, "-o", "models.py"
    )

    assert result.exit_code == 0, result.stderr
    head = (folder / "models.py").read_text().split('"""')[1]
    assert f"    ldapom generate {url}\n" in head
    assert f"        --model {shlex.quote(USER)}\n" in head
    assert f"        --bind {shlex.quote(ADMIN)}\n" in head
    assert "        --output models.py\n" in head
    assert "secret" not in head
    assert "?cn" not in head


def test_a_file_is_written_once(url: str, folder: Path) -> None:
    """A second run says that nothing changed and leaves the file's time alone."""
    first = run("generate", url, "-m", USER, "-o", "models.py")
    os.utime("models.py", (1, 1))
    second = run("generate", url, "-m", USER, "-o", "models.py")

    assert "wrote models.py (1 model, 5 classes in all" in first.stderr
    assert "unchanged: models.py" in second.stderr
    assert (folder / "models.py").stat().st_mtime == 1
    assert (first.stdout, second.stdout) == ("", "")


def test_naming_single_and_operational(url: str) -> None:
    """The options reach the module."""
    result = run(
        *("generate", url, "-m", USER, "--naming", "snake_case"),
        *("--single", "mail", "--operational", "createTimestamp"),
    )

    assert "given_name: Many[str]" in result.stdout
    assert "mail: Attr[str | None]" in result.stdout
    assert "create_timestamp: Attr[datetime | None]" in result.stdout
    assert "read_only=True" in result.stdout


# --- all, and the cache -------------------------------------------------------------


def test_all_classes(url: str) -> None:
    """``--all`` writes every class of the schema, and says so in the command."""
    result = run("generate", url, "--all")

    assert result.exit_code == 0, result.stderr
    compile(result.stdout, "models.py", "exec")
    assert "\n        --all\n" in result.stdout
    assert "class GroupOfNames(" in result.stdout
    assert "class PosixAccount(" in result.stdout


def test_a_circle_is_left_out_of_all(folder: Path) -> None:
    """Classes that lead into a circle of superiors are no classes in Python."""
    (folder / "odd.schema").write_text(
        "objectclass ( 1.1 NAME 'good' SUP top STRUCTURAL )\n"
        "objectclass ( 1.2 NAME 'one' SUP two STRUCTURAL )\n"
        "objectclass ( 1.3 NAME 'two' SUP one STRUCTURAL )\n"
    )
    result = run("generate", "odd.schema", "--all")

    assert result.exit_code == 0, result.stderr
    assert "class Good(" in result.stdout
    assert "class One(" not in result.stdout


@pytest.mark.real_server
def test_the_cache(slapd: Slapd, folder: Path) -> None:
    """``--cache`` keeps the schema of a server that says when it changed."""
    first = run("generate", slapd.url, "-m", USER, "--cache", "kept")
    second = run("generate", slapd.url, "-m", USER, "--cache", "kept")

    assert first.exit_code == 0, first.stderr
    assert second.stdout == first.stdout
    assert len(list((folder / "kept").glob("*.ldif"))) == 1


def test_nothing_is_kept_without_a_stamp(url: str, folder: Path) -> None:
    """A server that does not say when its schema changed is asked each time."""
    result = run("generate", url, "-m", USER, "--cache", "kept")

    assert result.exit_code == 0, result.stderr
    assert not (folder / "kept").exists()


def test_definitions_that_stand_twice(folder: Path) -> None:
    """What is used of a schema and defined again is told; what is not used is not."""
    again = FRAGMENT.replace("9.1", "9.3").replace("9.2", "9.4")
    (folder / "twice.schema").write_text(
        FRAGMENT + again + "attributetype ( 9.5 NAME 'broken\n"
    )

    used = run("generate", "twice.schema", "--class", "walker")
    unused = run("generate", "twice.schema", "--class", "person")
    missing = run("generate", "twice.schema", "--class", "broken")

    assert used.exit_code == 0, used.stderr
    for name in ("shoeSize", "walker"):
        assert f"note: twice.schema defines {name} more than once; the" in used.stderr
    assert "more than once" not in unused.stderr
    assert "1 definition there can not be read: ldapom schema" in told(missing)


def test_progress_is_shown_to_people_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a terminal looks on, it is told what is going on; standard output is not."""
    screen = Console(force_terminal=True, file=StringIO(), width=200)
    monkeypatch.setattr(page, "errors_console", lambda: screen)

    result = run("generate", url, "--class", "person")

    assert "reading the schema of" in screen.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert result.stdout.startswith('"""')


# --- settings ---------------------------------------------------------------------------


def test_settings_of_pyproject(url: str, folder: Path) -> None:
    """Without arguments everything comes from ``[tool.ldapom]``."""
    (folder / "pyproject.toml").write_text(
        f'[tool.ldapom]\nurl = "{url}"\nmodels = ["{USER}"]\noutput = "models.py"\n'
        'naming = "snake_case"\n'
    )

    assert run("generate").exit_code == 0
    assert "uid_number" in (folder / "models.py").read_text()
    assert run("generate", "--check").exit_code == 0


def test_the_command_line_wins(url: str, folder: Path) -> None:
    """An option replaces its setting, and what it asks for spares the settings' file."""
    (folder / "pyproject.toml").write_text(
        '[tool.ldapom]\nurl = "ldap://127.0.0.1:1"\noutput = "models.py"\n'
        f'models = ["{USER}"]\nnaming = "snake_case"\n'
    )

    result = run("generate", url, "--class", "posixAccount", "--naming", "schema")

    assert result.exit_code == 0, result.stderr
    assert "uidNumber" in result.stdout
    assert "InetOrgPerson" not in result.stdout
    assert not (folder / "models.py").exists()


# --- what can go wrong --------------------------------------------------------------------

PROBLEMS = [
    ((), "there is no URL and no file"),
    (("URL",), "nothing is asked for"),
    (("localhost", "--class", "person"), "'localhost' is neither a URL nor a file"),
    (
        ("none.ldif", "--class", "person"),
        "none.ldif: No such file or directory; check its name and folder",
    ),
    ((".", "--class", "person"), "Is a directory; name a file in it"),
    (
        ("URL", "--class", "person", "-o", "no/m.py"),
        "can not write no/m.py: there is no folder no; make it, or name another",
    ),
    (("empty.ldif", "--class", "person"), "or an OpenLDAP .schema file"),
    (("URL", "--class", "inetOrgPersn"), "did you mean 'inetOrgPerson'?"),
    (("URL", "--class", "p", "--single", "nosuch"), "no object class 'p'"),
    (("URL", "--class", "qqqq"), "shows what there is"),
    (("URL", "--class", "person", "--single", "maill"), "did you mean 'mail'"),
    (("URL", "--class", "person", "--operational", "x"), "no attribute type 'x'"),
    (("URL", "-m", "U=person+account"), "2 structural classes, person and account"),
    (("URL", "-m", "U=posixAccount"), "no structural class: posixAccount"),
    (("URL", "-m", "U=person:uid"), "'uid' can not name its entries"),
    (("URL", "-m", "U=person@people:cn"), "its base is no DN"),
    (("URL", "-m", "person"), "there is no '='"),
    (("URL", "-m", "class=person"), "can not be the name of a class"),
    (
        ("URL", "--class", "person", "--naming", "camel"),
        "naming is schema or snake_case",
    ),
    (("ldap://127.0.0.1:1", "--class", "person"), "check the URL, and that the server"),
    (("ldapx://h", "--class", "person"), "write it as ldap://host:port"),
    (("ldap://h:x", "--class", "person"), "write it as ldap://host:port"),
    (("URL", "--class", "person", "-o", "no/where.py"), "can not write no/where.py"),
    (("URL", "--class", "person", "-o", "."), "can not write"),
    (("URL", "--class", "person", "--check"), "--check compares a file"),
    (("URL", "--class", "person", "--start-tls"), "refused StartTLS"),
    (("URL", "--class", "person", "--ca", "no.pem"), "no.pem"),
    (("URL", "--class", "person", "-b", ADMIN), "there is no password for"),
    (("URL", "--class", "person", "--password-file", "x"), "a password needs a name"),
    (
        ("URL", "--class", "person", "--external"),
        "use --bind DN and a password instead",
    ),
    (
        ("URL", "--class", "person", "--external", "-b", "x"),
        "--external takes its name",
    ),
    (
        ("URL", "--class", "person", "-b", ADMIN, "--password-file", "no"),
        "no: No such file",
    ),
    (
        ("URL", "--class", "person", "-b", ADMIN, "--password-file", "wrong"),
        "check the DN given with --bind and its password",
    ),
    (
        ("URL", "--class", "person", "-b", ADMIN, "--password-file", "empty.ldif"),
        "is empty, which servers take for nobody",
    ),
    (
        ("URL", "--class", "person", "-b", ADMIN, "--password-env", "NO_SUCH_ONE"),
        "NO_SUCH_ONE is not set",
    ),
    (("noise.schema", "--class", "person"), "noise.schema holds no schema: line 1"),
    (("noise.ldif", "--class", "person"), "noise.ldif holds no schema: line 1"),
    (("ldaps://h", "--class", "person", "--start-tls"), "--start-tls goes with an"),
]


@pytest.mark.parametrize(("arguments", "said"), PROBLEMS)
def test_problems(
    arguments: tuple[str, ...], said: str, url: str, folder: Path
) -> None:
    """One sentence that names the remedy, exit code 2, no traceback."""
    (folder / "wrong").write_text("nonsense")
    (folder / "empty.ldif").write_text("")
    for name in ("noise.schema", "noise.ldif"):
        (folder / name).write_bytes(b"\x7fELF\x00\xff")

    result = run("generate", *(url if a == "URL" else a for a in arguments))

    assert said in told(result)


def test_a_superior_that_is_elsewhere(folder: Path) -> None:
    """Nothing is left out in silence: a part of a schema may lack superiors."""
    text = FRAGMENT.replace("SUP inetOrgPerson", "SUP hiker")
    (folder / "walk.schema").write_text(text)

    result = run("generate", "walk.schema", "--class", "walker")

    assert result.exit_code == 0
    assert "class Walker(" in result.stdout
    assert result.stderr.startswith(
        "note: walker is derived from hiker, which walk.sch"
    )


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e300", "soon"])
def test_a_timeout_that_is_none(url: str, seconds: str) -> None:
    """Only a number of seconds that a clock can wait for is taken."""
    result = run("generate", url, "--class", "person", "--timeout", seconds)

    assert result.exit_code == 2
    assert "'--timeout'" in result.stderr
    assert "Traceback" not in result.stderr


def test_anonymous_is_not_welcome(box: Directory) -> None:
    """A server that refuses nobodies: the sentence says how to be somebody."""

    def wrapper(handle: Handle) -> Handle:
        def refusing(message: m.LDAPMessage) -> Answers:
            if isinstance(message.op, m.BindRequest):
                code = ResultCode.inappropriateAuthentication
                return iter((m.LDAPMessage(message.message_id, m.BindResponse(code)),))
            return handle(message)

        return refusing

    with box.wrapped(wrapper), box.serve() as server:
        result = run("generate", server.url, "--class", "person")

    assert told(result).endswith("say who you are with --bind DN")


def test_options_can_be_read_in_a_narrow_terminal() -> None:
    """80 columns show each option's name whole."""
    done = subprocess.run(
        [sys.executable, "-m", "ldapom", "generate", "--help"],
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("--insecure-allow-cleartext", "--insecure-skip-verify", "--timeout"):
        assert name in done.stdout


def test_a_server_that_speaks_no_tls(url: str) -> None:
    """``ldaps`` at a clear port is told of as such."""
    result = run("generate", url.replace("ldap:", "ldaps:"), "--class", "person")

    assert "speaks TLS there" in told(result)


def test_a_password_in_clear_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To another machine no password goes in clear; the sentence names the ways out."""

    def refuse(self: Link, what: str) -> None:
        raise LocalProtocolError(f"{what} would travel in clear")

    monkeypatch.setattr(Link, "check_private", refuse)
    monkeypatch.setenv("LDAPOM_PASSWORD", "secret")

    result = run("generate", url, "--class", "person", "-b", ADMIN)

    said = told(result)
    assert "--start-tls" in said
    assert "--insecure-allow-cleartext" in said
    assert "secret" not in said


def test_a_server_without_schema(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A server that shows no schema to nobody: say who you are."""

    def hidden(self: Connection) -> None:
        raise SchemaError("the root DSE names no subschema entry")

    monkeypatch.setattr(Connection, "schema", property(hidden))

    assert "say who you are with --bind DN" in told(
        run("generate", url, "--class", "x")
    )


def test_a_server_with_an_empty_schema(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """So too where the schema has no classes."""
    monkeypatch.setattr(Connection, "schema", Schema.empty())

    assert "without object classes" in told(run("generate", url, "--class", "x"))


def test_unknown_options_are_usage_errors() -> None:
    """A misspelled option has exit code 2 too."""
    assert run("generate", "--clas", "person").exit_code == 2


@pytest.mark.parametrize("name", ["\x1b[31mred\x1b[0m", "[red]x[/red]", "a\nb"])
def test_foreign_text_can_not_steer_the_terminal(name: str, url: str) -> None:
    """Control characters are escaped and markup is text."""
    result = run("generate", url, "--class", name)

    assert "\x1b" not in result.stderr
    assert told(result)
    if "[red]" in name:
        assert "[red]x[/red]" in result.stderr
