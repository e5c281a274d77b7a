"""The command itself: what it says by itself, and when it can not start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.architecture import ROOT
from tests.cli.support import run


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on this checkout."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=60,
    )


def test_without_arguments_it_teaches() -> None:
    """The first call shows a whole way from a server to a query."""
    result = run()

    assert result.exit_code == 0
    for word in ("ldapom serve", "ldapom generate", "User.query", "--help"):
        assert word in result.stdout
    assert "pip install " + "ldapom" not in result.stdout


def test_version() -> None:
    """One line says which it is."""
    result = run("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("ldapom ")


@pytest.mark.parametrize("command", ["generate", "info", "schema", "serve"])
def test_help_has_examples(command: str) -> None:
    """Every command explains itself with examples."""
    result = run(command, "--help")

    assert result.exit_code == 0
    assert "Examples" in result.stdout
    assert f"ldapom {command} " in result.stdout


def test_help_flows() -> None:
    """A sentence is wrapped at the end of the line, not where the source is."""
    shown = run("generate", "--help").stdout
    words = [line.strip() for line in shown.splitlines()]
    assert "the" not in words
    assert "start_tls." in " ".join(words)


def test_module_is_the_command() -> None:
    """``python -m ldapom`` is the same."""
    done = python("-m", "ldapom", "--version")

    assert done.returncode == 0
    assert done.stdout.startswith("ldapom ")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra(missing: str) -> None:
    """Where typer or rich is missing, one sentence says how to install the extra."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None; import ldapom.cli as c; c.main()"
    )

    done = python("-c", code)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"needs {missing}" in done.stderr
    assert "pip install '.[cli]'" in done.stderr


def test_another_missing_module_is_no_missing_extra() -> None:
    """Any other import error is shown as it is."""
    code = "import sys; sys.modules['ldapom.cli.app'] = None; import ldapom.cli as c; c.main()"

    assert "Traceback" in python("-c", code).stderr
