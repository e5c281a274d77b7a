"""What the project hands out: its texts, its metadata, its wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.architecture import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())[
    "project"
]
EXTRAS: Final = {"kerberos", "ntlm", "srv", "cli", "test", "dev"}
# In pieces, so that this file does not hold what it looks for. On the package index
# the bare name is an unrelated project; a path (./, .whl, .[cli]) is a checkout.
INDEX_INSTALL: Final = re.compile("pip install " + r"ldapom(?![-_.\[/])")
UNFINISHED: Final = re.compile(
    r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b|NotImplemented" + "Error"
)


def texts() -> list[Path]:
    """Return the project's text files: what git knows, else what lies there."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    paths = [ROOT / line for line in done.stdout.splitlines()]
    if done.returncode:
        folders = ("ldapom", "tests", "examples", "fuzz", "docs", "scripts")
        paths = [path for name in folders for path in (ROOT / name).rglob("*")]
        paths += ROOT.glob("*.*")
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """List the lines of the project's texts where a pattern is found."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if pattern.search(line)
    ]


def test_nobody_is_sent_to_the_package_index() -> None:
    """No text tells anyone to install the unrelated project of the same name."""
    assert not lines_with(INDEX_INSTALL)


def test_nothing_is_unfinished() -> None:
    """No text carries a note that something is still to be done."""
    assert not lines_with(UNFINISHED)


def test_ci_runs_the_documented_command() -> None:
    """The README names `make demo` and `make test`; `.ci/run` does just the latter."""
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    steps = (ROOT / ".ci" / "run").read_text()
    assert steps.rstrip().endswith("exec make test")
    assert "LDAPOM_REQUIRE_SERVERS=1" in steps


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("pip install " + "ldapom", True),
        ("$ pip install " + "ldapom  # soon", True),
        ("pip install " + "./ldapom", False),
        ("pip install " + "ldapom-0.1.0-py3-none-any.whl", False),
    ],
)
def test_index_pattern(line: str, *, bad: bool) -> None:
    """The pattern finds the bare name, and no path to a checkout or a wheel."""
    assert bool(INDEX_INSTALL.search(line)) is bad


def test_extras() -> None:
    """The extras are the documented ones, and `dev` is everything to work here."""
    assert PROJECT["optional-dependencies"].keys() == EXTRAS
    assert PROJECT["optional-dependencies"]["dev"] == ["ldapom[cli,test]"]


def test_dependencies_are_few_and_open() -> None:
    """Three packages at run time, each with a lower bound and none with an upper."""
    names = {re.split(r"[><=!~]", text)[0] for text in PROJECT["dependencies"]}
    assert names == {"attrs", "cattrs", "pyasn1"}
    extras = PROJECT["optional-dependencies"].values()
    everything = [
        *PROJECT["dependencies"],
        *(text for texts in extras for text in texts),
    ]
    assert not [text for text in everything if "<" in text or "==" in text]


def test_changelog_names_the_version() -> None:
    """The first section of the changelog is the version at hand."""
    first = re.search(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert first
    assert first[1] == PROJECT["version"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from a copy of the checkout, without the network."""
    pytest.importorskip("hatchling")
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    skipped = shutil.ignore_patterns(".*", "__pycache__", "dist", "build")
    shutil.copytree(ROOT, source, ignore=skipped)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    done = subprocess.run(
        [*command, "-d", str(work)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(work.glob("*.whl"))) as built:
        yield built


@pytest.mark.slow
def test_wheel_has_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """Modules, schema and sample files and ``py.typed`` are in it; tests are not."""
    package = ROOT / "ldapom"
    wanted = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == wanted
    assert "ldapom/py.typed" in inside
    assert any(name.endswith(".ldif") for name in inside)


@pytest.mark.slow
def test_wheel_metadata(wheel: zipfile.ZipFile) -> None:
    """Name, version, licence, extras and entry points are what is documented."""
    folder = f"ldapom-{PROJECT['version']}.dist-info"
    metadata = Parser().parsestr(wheel.read(f"{folder}/METADATA").decode())
    assert metadata["Name"] == "ldapom"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS
    entry_points = wheel.read(f"{folder}/entry_points.txt").decode()
    assert "ldapom = ldapom.cli:main" in entry_points
    assert "ldapom = ldapom.testing.plugin" in entry_points
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
