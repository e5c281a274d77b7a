"""The tests that the page on testing shows are tests: pytest runs them as they stand."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from tests.architecture import ROOT
from tests.test_docs import blocks, done

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = (ROOT / "docs" / "testing.md").read_text("utf-8")
#: Somebody's own test, which uses both fixtures and says nothing of them.
BOTH: Final = """
from ldapom import Session
from phonebook import number_of


def test_url(ldap_directory, ldap_url):
    assert ldap_url.startswith("ldap://127.0.0.1:")
    with Session(ldap_url) as session:
        assert number_of(session, "ada")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reader's files: each block says in its first line which one it is."""
    shutil.copy(ROOT / "examples" / "models.py", tmp_path)
    for block in blocks(PAGE, "py"):
        name = block.partition("\n")[0].removeprefix("# ")
        (tmp_path / name).write_text(block, "utf-8")
    return tmp_path


def test_pytest_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They pass where pytest knows the plugin of ldapom alone."""
    (project / "test_both.py").write_text(BOTH, "utf-8")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    plugins = ("-p", "ldapom.testing.plugin", "-p", "no:cacheprovider")

    printed = done(project, "-m", "pytest", "-q", "-W", "error", *plugins)

    assert "4 passed" in printed


def test_passes_mypy(project: Path) -> None:
    """What is shown passes mypy in strict mode."""
    names = sorted(path.name for path in project.glob("*.py"))

    printed = done(project, "-m", "mypy", "--strict", *names)

    assert f"in {len(names)} source files" in printed
    assert "phonebook.py" in names
