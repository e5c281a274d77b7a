"""The door to the codecs: names, defaults, what is imported."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import LocalProtocolError
from ldapom.protocol import codec

if TYPE_CHECKING:
    from collections.abc import Callable


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_select_by_name() -> None:
    """A codec is selected by the name it shows."""
    for name in codec.CODECS:
        assert name == codec.select(name).NAME


def test_select_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name the environment chooses, without that it is the fast one."""
    monkeypatch.delenv(codec.ENVIRONMENT, raising=False)
    assert codec.select().NAME == "fast"
    assert codec.select("").NAME == "fast"
    monkeypatch.setenv(codec.ENVIRONMENT, "spec")
    assert codec.select().NAME == "spec"
    assert codec.select("fast").NAME == "fast"


def test_unknown_name() -> None:
    """Another name is refused, and the error lists the names there are."""
    with pytest.raises(LocalProtocolError, match="fast, spec"):
        codec.select("quick")


def test_the_process_is_bound_once() -> None:
    """``LDAPOM_CODEC`` binds the functions of the door when it is imported."""
    program = (
        "from ldapom.protocol import codec; print(codec.NAME, codec.decode.__module__)"
    )
    assert run(program, LDAPOM_CODEC="spec").stdout.startswith(
        "spec ldapom.protocol.codec.spec"
    )
    assert run(program, LDAPOM_CODEC="").stdout.startswith(
        "fast ldapom.protocol.codec.fast"
    )
    failed = run(program, LDAPOM_CODEC="quick")
    assert failed.returncode
    assert "no codec 'quick'" in failed.stderr


def test_the_rooms_are_behind_the_door() -> None:
    """`codec.fast` and `codec.spec` are there without an import of their own."""
    script = (
        "from ldapom.protocol import codec\n"
        "assert (codec.fast.NAME, codec.spec.NAME) == codec.CODECS\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_pyasn1_is_not_imported() -> None:
    """Who does not ask for the reference codec does not pay for it."""
    program = (
        "import sys; import ldapom.protocol.codec, ldapom.protocol.controls; "
        "print('pyasn1' in sys.modules)"
    )
    assert run(program, LDAPOM_CODEC="fast").stdout.strip() == "False"


def shape(function: Callable[..., object]) -> list[tuple[object, ...]]:
    """Give the names, kinds and defaults of a function's parameters."""
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


@pytest.mark.parametrize("function", ["encode", "decode", "receive"])
def test_signatures_are_one(function: str) -> None:
    """Both codecs and the protocol class have the same signatures."""
    expected = [
        row for row in shape(getattr(codec.Codec, function)) if row[0] != "self"
    ]
    for name in codec.CODECS:
        offered = getattr(codec.select(name), function)
        assert shape(offered) == expected
        assert offered.__doc__


def test_door_is_complete() -> None:
    """What the door shows is there."""
    for name in codec.__all__:
        assert hasattr(codec, name)
