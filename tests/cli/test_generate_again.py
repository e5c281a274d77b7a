"""``ldapom generate`` where a file is there: what stays, and what ``--check`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.support import USER, run, told
from tests.schema.codegen.support import imported

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.testing import Directory


def test_methods_stay(url: str, folder: Path) -> None:
    """What somebody wrote into the file is there after generating again."""
    run("generate", url, "-m", USER, "-o", "models.py")
    path = folder / "models.py"
    mine = path.read_text() + "\n    def greet(self) -> str:\n        return 'hello'\n"
    path.write_text(mine)

    assert run("generate", url, "-m", USER, "-o", "models.py", "--check").exit_code == 0
    run("generate", url, "-m", USER, "--class", "device", "-o", "models.py")

    assert "class Device(" in path.read_text()
    assert "    def greet(self) -> str:\n        return 'hello'\n" in path.read_text()


def test_a_file_that_is_no_python_is_not_lost(url: str, folder: Path) -> None:
    """It is refused, and stays as it is."""
    (folder / "models.py").write_text("half a def (")

    said = told(run("generate", url, "-m", USER, "-o", "models.py"))

    assert "models.py stays as it is: it is no Python" in said
    assert (folder / "models.py").read_text() == "half a def ("
    check = run("generate", url, "-m", USER, "-o", "models.py", "--check")
    assert check.exit_code == 1
    assert "asks for; to generate it again is refused: it is no Python" in check.stderr


def test_what_is_added_to_the_line_of_a_class(url: str, folder: Path) -> None:
    """It stays, ``--check`` agrees; what Python would refuse is refused, and said."""
    command = ("generate", url, "-m", USER, "-o", "models.py")
    run(*command)
    path = folder / "models.py"
    mine = path.read_text().replace(', rdn="uid"', ', converters=None, rdn="uid"')
    path.write_text(mine)

    check = run(*command, "--check")
    again = run(*command)

    assert (check.exit_code, again.exit_code) == (0, 0), check.output
    written = path.read_text()
    assert "converters=None" in written
    assert imported(written).User.__ldapom__.rdn == ("uid",)
    bad = written.replace("class User(\n    InetOrg", "class User(\n    Entry, InetOrg")
    bad = bad.replace("class User(\n    Entry", "class User(\n    Person, Other")
    path.write_text(bad)
    said = told(run(*command))
    assert "models.py stays as it is: class User has the base Other" in said
    assert path.read_text() == bad
    check = run(*command, "--check")
    assert "refused: class User has the base Other" in check.stderr


# --- --check ------------------------------------------------------------------------


def test_check_finds_nothing(url: str, folder: Path) -> None:
    """The file is what the schema gives: exit code 0, and nothing is written."""
    run("generate", url, "-m", USER, "-o", "models.py")
    before = (folder / "models.py").stat()

    result = run("generate", url, "-m", USER, "-o", "models.py", "--check")

    assert (result.exit_code, result.stdout) == (0, "")
    assert (folder / "models.py").stat().st_mtime_ns == before.st_mtime_ns


def test_check_does_not_mind_where_own_code_stands(url: str, folder: Path) -> None:
    """A method in front of the attributes, a helper between classes: no difference."""
    run("generate", url, "-m", USER, "-o", "models.py")
    path = folder / "models.py"
    head, class_, body = path.read_text().partition("\n\nclass User(")
    doc, end, rest = body.partition('    """\n\n')
    method = "    def mine(self) -> int:\n        return HELPER\n\n"
    path.write_text(f"{head}\n\nHELPER = 1\n\n{class_}{doc}{end}{method}{rest}")

    result = run("generate", url, "-m", USER, "-o", "models.py", "--check")

    assert (result.exit_code, result.stdout) == (0, "")


def test_check_shows_the_difference(url: str, folder: Path) -> None:
    """A difference is a unified diff on standard output and exit code 1."""
    run("generate", url, "-m", USER, "-o", "models.py")
    path = folder / "models.py"
    path.write_text(path.read_text().replace("sn: Many[str]", "sn: Many[\x1bint[red]]"))

    result = run("generate", url, "-m", USER, "-o", "models.py", "--check")

    assert result.exit_code == 1
    assert '-    sn: Many[\\x1bint[red]] = attribute("sn", must=True)' in result.stdout
    assert '+    sn: Many[str] = attribute("sn", must=True)' in result.stdout
    assert "differs" in result.stderr
    assert "\x1b" in path.read_text()


def test_check_begins_with_a_summary(url: str, folder: Path) -> None:
    """Classes and attributes that differ come first, then the lines."""
    run("generate", url, "-m", USER, "-o", "models.py")
    path = folder / "models.py"
    path.write_text(path.read_text().replace("sn: Many[str]", "sn: Many[bytes]", 1))

    result = run("generate", url, "-m", USER, "-o", "models.py", "--check")

    assert result.stdout.startswith(
        "~ class Person\n    ~ sn: Many[bytes] = attribute("
    )
    assert "\n\n--- models.py (file)\n" in result.stdout


def test_check_of_a_missing_file(url: str, folder: Path) -> None:
    """A file that is not there differs, and is not made."""
    result = run("generate", url, "--class", "person", "-o", "models.py", "--check")

    assert result.exit_code == 1
    assert "+class Person(" in result.stdout
    assert not (folder / "models.py").exists()


def test_check_does_not_mind_which_server(url: str, box: Directory) -> None:
    """The same schema from another address is no difference."""
    run("generate", url, "--class", "person", "-o", "models.py")

    with box.serve() as other:
        address = other.url
        result = run(
            "generate", address, "--class", "person", "-o", "models.py", "--check"
        )

    assert address != url
    assert result.exit_code == 0
