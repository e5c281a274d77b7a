"""What the pages of ``docs/`` show runs as it is shown.

A page that says `PROMISE` is a program: its blocks of Python, from top to bottom, of
somebody who has the models of ``examples/``.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.testing import Directory
from tests.architecture import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMISE: Final = "The blocks of this page make one program"
PROGRAMS: Final = {
    path.stem: text
    for path in sorted((ROOT / "docs").glob("*.md"))
    if PROMISE in (text := path.read_text("utf-8"))
}
SCHEMA: Final = (ROOT / "docs" / "schema.md").read_text("utf-8")
#: The reader's own server; the box stands for it.
SERVER: Final = "ldaps://ldap.example.com"
#: The parts of a generated class that stand for a whole one.
PARTS: Final = ("class User(\n    Badged,", "class InetOrgPerson(")


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def program(page: str, url: str) -> str:
    """All Python of a page as one program of somebody whose server is at a URL."""
    found = [b for b in blocks(page, "python") if not b.startswith(PARTS)]
    assert len(found) > 3
    text = "\n".join(found).replace(SERVER, url)
    return text.replace('"uid=admin,dc=', '"uid=admin,ou=people,dc=')


def done(folder: Path, *command: str) -> str:
    """Run a program of the reader in a folder; what it printed."""
    result = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def url() -> Iterator[str]:
    """The reader's server."""
    with Directory.sample().serve() as server:
        yield server.url


@pytest.mark.parametrize("name", PROGRAMS)
def test_python_runs(name: str, url: str, tmp_path: Path) -> None:
    """The blocks of Python of a page are a program, from top to bottom."""
    shutil.copy(ROOT / "examples" / "models.py", tmp_path)
    (tmp_path / "program.py").write_text(program(PROGRAMS[name], url), "utf-8")

    printed = done(tmp_path, "-W", "error", "program.py")

    assert printed.count("\n") > 5


def test_python_passes_mypy(tmp_path: Path) -> None:
    """The programs pass mypy in strict mode as they stand."""
    shutil.copy(ROOT / "examples" / "models.py", tmp_path)
    for name, page in PROGRAMS.items():
        (tmp_path / f"{name}_page.py").write_text(program(page, SERVER), "utf-8")

    done(tmp_path, "-m", "mypy", "--strict", *(f"{n}_page.py" for n in PROGRAMS))


def test_commands_run(url: str, tmp_path: Path) -> None:
    """The commands of the page on schemas work one after the other."""
    (settings,) = [b for b in blocks(SCHEMA, "toml") if "tool.ldapom" in b]
    (tmp_path / "pyproject.toml").write_text(settings.replace(SERVER, url))
    commands = "".join(blocks(SCHEMA, "sh")).replace("\\\n", "").replace(SERVER, url)
    lines = [shlex.split(line, comments=True) for line in commands.splitlines()]

    for program_name, *arguments in filter(None, lines):
        assert program_name == "ldapom"
        done(tmp_path, "-m", "ldapom", *arguments)

    assert len(lines) > 6
    assert "class User(" in (tmp_path / "models.py").read_text()
    assert (tmp_path / "people.svg").exists()


def test_what_is_kept(url: str, tmp_path: Path) -> None:
    """Methods and attributes with ``# keep`` stay, as the page says."""
    (settings,) = [b for b in blocks(SCHEMA, "toml") if "tool.ldapom" in b]
    (tmp_path / "pyproject.toml").write_text(settings.replace(SERVER, url))
    user, person = (
        next(b for b in blocks(SCHEMA, "python") if b.startswith(part))
        for part in PARTS
    )
    method = user[user.index("    # Of mine.") :]
    (line,) = [line for line in person.splitlines() if line.endswith("# keep")]
    module = tmp_path / "models.py"
    done(tmp_path, "-m", "ldapom", "generate")
    text = module.read_text().replace(
        "import TYPE_CHECKING, Self", "import TYPE_CHECKING, Literal, Self"
    )
    text = re.sub(r"    preferredLanguage: Attr.*", line, text, count=1)
    mine = "\n\nclass GroupQuery(TypedDict"
    text = text.replace(mine, f"{method}\n{mine}", 1)
    module.write_text(text)

    done(tmp_path, "-m", "ldapom", "generate")
    done(tmp_path, "-m", "ldapom", "generate", "--check")
    done(tmp_path, "-m", "mypy", "--strict", "models.py")

    kept = module.read_text()
    assert line in kept
    assert method.strip("\n") in kept
    assert kept.count("preferredLanguage: Attr") == 1


PAGES: Final = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))


def anchors(page: Path) -> set[str]:
    """What a link into a page can name: its headings, as GitHub spells them."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the project, or to a heading, finds it."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_index() -> None:
    """Whoever looks for a page finds it."""
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    names = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert not {name for name in names if f"({name})" not in index}
