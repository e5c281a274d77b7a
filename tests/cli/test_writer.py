"""The generated file: whole or not at all, and only when it changes."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ldapom.cli import writer
from ldapom.cli.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

SAME = "a" * 64


def module(where: str, fingerprint: str, body: str) -> str:
    """Write something like a generated module."""
    return f'"""Made from {where}.\n\nSchema fingerprint: {fingerprint}\n"""\n{body}\n'


def test_write_and_leave_alone(folder: Path) -> None:
    """A file is written, and not written again."""
    path = folder / "m.py"

    assert writer.write(path, "x = 1\n")
    assert not writer.write(path, "x = 1\n")
    assert writer.write(path, "x = 2\n")
    assert path.read_text() == "x = 2\n"
    assert sorted(p.name for p in folder.iterdir()) == ["m.py", "pyproject.toml"]


def test_permissions_and_links_stay(folder: Path) -> None:
    """The file behind a symbolic link is replaced, with the mode it had."""
    target, link = folder / "real.py", folder / "link.py"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)

    writer.write(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_written_into(folder: Path) -> None:
    """A pipe stays a pipe, as ``/dev/null`` stays what it is, and is not read."""
    pipe, link = folder / "pipe", folder / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(pipe.read_bytes)
            assert writer.write(path, "new")
            assert reading.result(timeout=10) == b"new"
        assert writer.read(path) is None
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(p.name for p in folder.iterdir()) == [
        "link",
        "pipe",
        "pyproject.toml",
    ]


def test_a_failure_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last step fails, the old file is whole and no scratch file stays."""
    path = folder / "m.py"
    path.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)

    with pytest.raises(Problem, match="No space left on device"):
        writer.write(path, "new")
    assert path.read_text() == "old"
    assert sorted(p.name for p in folder.iterdir()) == ["m.py", "pyproject.toml"]


def test_difference_ignores_the_head_of_one_schema(folder: Path) -> None:
    """Where the fingerprints agree only the body counts."""
    path = folder / "m.py"
    path.write_text(module("here", SAME, "x = 1"))

    assert writer.difference(path, module("there", SAME, "x = 1")) == []
    lines = writer.difference(path, module("there", SAME, "x = 2"))
    assert [x for x in lines if x[0] in "+-" and x[1] not in "+-"] == [
        "-x = 1",
        "+x = 2",
    ]


def test_difference_of_another_schema(folder: Path) -> None:
    """Another fingerprint is a difference, even where the body is the same."""
    path = folder / "m.py"
    path.write_text(module("here", SAME, "x = 1"))

    assert writer.difference(path, module("here", "b" * 64, "x = 1"))


@pytest.mark.parametrize("found", ["", "x = (", "x = 1\n", b"\xff", "\x00"])
def test_difference_of_what_is_no_module(folder: Path, found: str | bytes) -> None:
    """A file with anything in it can be compared."""
    path = folder / "m.py"
    path.write_bytes(found if isinstance(found, bytes) else found.encode())

    assert writer.difference(path, module("here", SAME, "x = 1"))
