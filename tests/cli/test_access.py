"""Who to be, and where the password comes from: never from the argument list."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
import typer

from ldapom import Anonymous, External, Simple
from ldapom.cli import access, options
from ldapom.cli.access import Access
from ldapom.cli.problems import Problem


class Terminal(io.StringIO):
    """Standard input with somebody in front of it."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True


def test_nobody() -> None:
    """Without a name the command is nobody, whatever the environment holds."""
    assert Access().credentials() == Anonymous()


def test_external() -> None:
    """The socket or the certificate says who."""
    assert Access(external=True).credentials() == External()


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_password_of_a_file(tmp_path: Path, ending: str) -> None:
    """The file's last line end is no part of the password."""
    path = tmp_path / "password"
    path.write_bytes(f"se cret {ending}".encode())

    assert Access("cn=x", str(path)).credentials() == Simple("cn=x", b"se cret ")


def test_password_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` reads standard input, as octets."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xe4\n")))

    assert Access("cn=x", "-").credentials() == Simple("cn=x", b"\xe4")


def test_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable has a name by default, and can have another one."""
    monkeypatch.setenv("LDAPOM_PASSWORD", "one")
    monkeypatch.setenv("OTHER", "two")

    assert Access("cn=x").credentials() == Simple("cn=x", "one")
    assert Access("cn=x", None, "OTHER").credentials() == Simple("cn=x", "two")


def test_a_file_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said on the command line wins."""
    monkeypatch.setenv("LDAPOM_PASSWORD", "one")
    path = tmp_path / "password"
    path.write_text("two")

    assert Access("cn=x", str(path)).credentials() == Simple("cn=x", b"two")


def test_password_of_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal it is asked for, without echo, on standard error."""
    asked: list[tuple[str, bool, bool]] = []

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        asked.append((text, hide_input, err))
        return "typed"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(typer, "prompt", prompt)

    assert Access("cn=\x1bx").credentials() == Simple("cn=\x1bx", "typed")
    assert asked == [(r"Password of cn=\x1bx", True, True)]


def test_a_prompt_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the prompt is a problem with a sentence."""

    def prompt(text: str, **how: bool) -> str:
        raise typer.Abort

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(typer, "prompt", prompt)

    with pytest.raises(Problem, match="--password-file"):
        Access("cn=x").credentials()


def test_no_option_takes_a_password() -> None:
    """What stands in the argument list, everybody on the machine can read."""
    source = Path(options.__file__).read_text() + Path(access.__file__).read_text()

    assert '"--password"' not in source
    assert '"-w"' not in source


def test_connection_settings(tmp_path: Path) -> None:
    """Every option reaches the connection; the safe choice is the default."""
    plain = Access().connection("ldap://h").settings
    loud = Access(
        start_tls=True, timeout=3.0, skip_verify=True, allow_cleartext=True
    ).connection("ldap://h")

    assert (plain.start_tls, plain.timeout, plain.allow_cleartext) == (
        False,
        30.0,
        False,
    )
    assert plain.tls.verify  # type: ignore[union-attr]  # a Tls, not a context
    assert (loud.settings.start_tls, loud.settings.timeout) == (True, 3.0)
    assert loud.settings.allow_cleartext
    assert not loud.settings.tls.verify  # type: ignore[union-attr]  # a Tls again
