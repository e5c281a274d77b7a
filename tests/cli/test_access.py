"""Who to be, and where the password comes from: never from the argument list."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ldapom import Anonymous, External, Simple
from ldapom.cli import access, options
from ldapom.cli.access import Access
from ldapom.cli.problems import Problem, sentence
from ldapom.errors import InvalidCredentials, Reason, ResultCode


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
    """At a terminal it is asked for, without echo."""
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return "typed"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(access, "getpass", prompt)

    assert Access("cn=\x1bx").credentials() == Simple("cn=\x1bx", "typed")
    assert asked == [r"Password of cn=\x1bx: "]


@pytest.mark.parametrize(
    ("raised", "expected", "match"),
    [
        (EOFError, Problem, "--password-file"),
        (KeyboardInterrupt, KeyboardInterrupt, "^Password of"),
    ],
)
def test_a_prompt_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
    raised: type[BaseException],
    expected: type[BaseException],
    match: str,
) -> None:
    """Ctrl-D is a problem with a sentence; Ctrl-C ends the command."""

    def prompt(text: str) -> str:
        raise raised(text)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(access, "getpass", prompt)

    with pytest.raises(expected, match=match):
        Access("cn=x").credentials()


def test_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just Return is no password, and no anonymous bind by accident."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(access, "getpass", lambda _: "")

    with pytest.raises(Problem, match="is empty"):
        Access("cn=x").credentials()


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input is told, not thrown at."""
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(Problem, match="there is no password"):
        Access("cn=x").credentials()
    with pytest.raises(Problem, match="is empty"):
        Access("cn=x", "-").credentials()


@pytest.mark.parametrize("url", ["ldaps://h", "ldapi://%2Fx"])
def test_start_tls_and_another_scheme(url: str) -> None:
    """StartTLS inside TLS, or at a socket, is a contradiction with a sentence."""
    with pytest.raises(Problem, match="--start-tls goes with an ldap:// URL"):
        Access(start_tls=True).connection(url)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_ca_that_is_none(tmp_path: Path, content: str | None) -> None:
    """The sentence names the option and the file."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(Problem, match=r"--ca .*ca\.pem can not be used"):
        Access(ca_file=path).connection("ldaps://h")


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


def test_a_locked_account_is_no_typing_error() -> None:
    """A reason that the server gives stands alone; else the options are named."""
    code = ResultCode.invalidCredentials
    locked = sentence(InvalidCredentials(code, meaning=Reason.locked))
    wrong = sentence(InvalidCredentials(code, meaning=Reason.wrong))

    assert "locked" in locked
    assert "--bind" not in locked
    assert "--bind" in wrong
