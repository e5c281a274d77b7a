"""The generated file: written whole or not at all, or compared with what it should be.

Rules:

1. A file that is as it should be is not touched, so its time stays.
2. A file is written beside its place and moved there; its permissions stay. What is
   no file, such as a pipe or ``/dev/null``, is written into and stays what it is.
3. A comparison leaves the module's head out where the fingerprint in it is the same:
   the same schema from another server, or by another way, is no difference.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ldapom.cli.problems import Problem
from ldapom.schema.codegen.history import FINGERPRINT

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODE: Final = 0o666


def write(path: Path, text: str, *, option: str = "--output") -> bool:
    """Put a module, or another text, in its place.

    Args:
        path: Where it belongs.
        text: What belongs there.
        option: What names the file on the command line.

    Returns:
        Whether the file had to be changed.

    Raises:
        Problem: It can not be written there.
    """
    try:
        if _is_special(path):
            path.write_bytes(text.encode())
            return True
        target = path.resolve()
        if read(target) == text:
            return False
        _replace(target, text.encode())
    except OSError as error:
        raise unwritable(path, error, option) from error
    return True


def unwritable(path: Path, error: OSError, option: str = "--output") -> Problem:
    """Say that a file can not be written, and what to do."""
    if isinstance(error, FileNotFoundError):
        return Problem(
            f"can not write {path}: there is no folder {path.parent}; make it, or name "
            f"another file with {option}"
        )
    reason = error.strerror or str(error)
    return Problem(f"can not write {path}: {reason}; name another file with {option}")


def read(path: Path) -> str | None:
    """Read a module as text; None where there is no such file, or none to read again.

    Raises:
        OSError: It is there and can not be read.
    """
    try:
        if _is_special(path):
            return None
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def difference(path: Path, text: str) -> list[str]:
    """Compare a file with what it should be.

    Args:
        path: The file; one that is missing is empty.
        text: What it should hold.

    Returns:
        The lines of a unified diff; empty where nothing differs.

    Raises:
        OSError: The file can not be read.
    """
    found = read(path) or ""
    wanted = _with_head_of(found, text)
    lines = difflib.unified_diff(
        found.splitlines(),
        wanted.splitlines(),
        f"{path} (file)",
        f"{path} (schema)",
        lineterm="",
    )
    return list(lines)


def _with_head_of(found: str, text: str) -> str:
    """Give a text the head of another one, where both are of one schema."""
    old, new = _head(found), _head(text)
    if old is None or new is None or _fingerprint(old) != _fingerprint(new):
        return text
    return old + text[len(new) :]


def _head(text: str) -> str | None:
    """Give the lines of a module up to the end of its docstring."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    if not body or not isinstance(body[0], ast.Expr):
        return None
    return "\n".join(text.split("\n")[: body[0].end_lineno])


def _fingerprint(head: str) -> str | None:
    found = FINGERPRINT.search(head)
    return found[1] if found else None


def _is_special(path: Path) -> bool:
    """Whether a path leads to what can be written into, and not be replaced.

    The system itself follows the links: in a folder where everybody may write it
    refuses those of others, which `Path.resolve` would not know of.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(target: Path, octets: bytes) -> None:
    mode = target.stat().st_mode if target.exists() else _MODE & ~_umask()
    with _scratch(target) as (handle, name):
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        Path(name).chmod(mode)
        Path(name).replace(target)


@contextlib.contextmanager
def _scratch(target: Path) -> Iterator[tuple[int, str]]:
    """Make a file beside the target, and take it away again if it is left there."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        yield handle, name
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
