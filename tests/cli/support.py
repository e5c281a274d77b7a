"""Calling the command as a user would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from ldapom.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
ADMIN = "uid=admin,ou=people,dc=example,dc=com"


def run(*arguments: str | Path, stdin: str = "") -> Result:
    """Run the command in this process; nothing it writes is lost."""
    return CliRunner().invoke(
        app, [str(a) for a in arguments], input=stdin, prog_name="ldapom"
    )


def told(result: Result) -> str:
    """Give the one sentence of a problem, and check that there is nothing else."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("ldapom: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr[len("ldapom: ") :].rstrip()
