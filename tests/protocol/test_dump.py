"""``python -m ldapom.protocol dump``: a capture as text."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from ldapom import filters as f
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.__main__ import dump, main

if TYPE_CHECKING:
    from pathlib import Path

BIND = codec.encode(
    m.LDAPMessage(1, m.BindRequest("cn=x", m.SimpleAuthentication(b"hunter2")))
)
UNBIND = codec.encode(m.LDAPMessage(2, m.UnbindRequest()))


def test_messages_one_behind_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each message is shown with its place; a whole file is success."""
    file = tmp_path / "capture.ber"
    file.write_bytes(BIND + UNBIND)
    assert main(["dump", str(file)]) == 0
    shown = capsys.readouterr().out
    assert f"octets 0 to {len(BIND) - 1}" in shown
    assert "BindRequest" in shown
    assert "name: 'cn=x'" in shown
    assert "UnbindRequest" in shown


def test_secrets_are_hidden() -> None:
    """Neither passwords nor secret values, in messages or filters, are shown."""
    search = m.SearchRequest("", m.Scope.base, f.Equality("userPassword", b"hunter2"))
    entry = m.SearchResultEntry(
        "", (m.PartialAttribute("userPassword", (b"hunter2",)),)
    )
    data = BIND + b"".join(codec.encode(m.LDAPMessage(3, op)) for op in (search, entry))
    shown = "\n".join(dump(data))
    assert "SearchResultEntry" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("rest", "word"), [(UNBIND[:3], "incomplete: 3 octets"), (b"\x16\x03", "refused: ")]
)
def test_what_is_no_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rest: bytes, word: str
) -> None:
    """What is left over is named, behind what could be read, and is no success."""
    file = tmp_path / "capture.ber"
    file.write_bytes(BIND + rest)
    assert main(["dump", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("octets 0")
    assert lines[-1].startswith(word)


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``-`` reads what is piped in."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNBIND)))
    assert main(["dump", "-"]) == 0
    assert "UnbindRequest" in capsys.readouterr().out


def test_no_such_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that can not be read is one sentence and exit code 2."""
    assert main(["dump", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_empty_capture() -> None:
    """Nothing has nothing to show."""
    assert list(dump(b"")) == []
