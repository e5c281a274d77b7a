"""The ``[tool.ldapom]`` table of the nearest ``pyproject.toml``.

Rules:

1. A value is what its option takes on the command line, and the option wins.
2. Paths are relative to the file that names them, that of a schema as well.
3. A key nobody knows, or a value of another type, is a problem and not silence.
4. Of folders above, only what is ours, root's or of whom the working folder is: in
   ``/tmp`` somebody else could say which server is asked, and whom to trust.
"""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.cli.problems import Problem
from ldapom.cli.source import Place, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT, _TEXTS, _SWITCH = "a string", "an array of strings", "true or false"

#: Every key and what it takes.
KEYS: Final[Mapping[str, str]] = {
    "url": _TEXT,
    "also": _TEXTS,
    "bind_dn": _TEXT,
    "models": _TEXTS,
    "classes": _TEXTS,
    "output": _TEXT,
    "naming": _TEXT,
    "single": _TEXTS,
    "operational": _TEXTS,
    "template": _TEXT,
    "cache": _TEXT,
    "ca_file": _TEXT,
    "start_tls": _SWITCH,
}

#: Root, and who runs this.
_OURS: Final = frozenset({0, os.geteuid() if hasattr(os, "geteuid") else 0})

#: Those that name files or folders.
_PATHS: Final = frozenset({"ca_file", "cache"})


@frozen
class Settings:
    """What ``[tool.ldapom]`` says; each field is a key of it."""

    url: str | None = None
    also: tuple[str, ...] = ()
    bind_dn: str | None = None
    models: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    output: str | None = None
    naming: str | None = None
    single: tuple[str, ...] = ()
    operational: tuple[str, ...] = ()
    template: str | None = None
    cache: Path | None = None
    ca_file: Path | None = None
    start_tls: bool = False
    #: The folder that paths are relative to.
    folder: Path = Path()

    @property
    def place(self) -> Place | None:
        """Where the schema is, if it is said."""
        return Place(self.url, self.folder) if self.url else None

    @property
    def more(self) -> tuple[Place, ...]:
        """The files with more definitions."""
        return tuple(Place(name, self.folder) for name in self.also)

    @property
    def output_path(self) -> Path | None:
        """Where the module goes, from here."""
        return None if self.output is None else self.folder / expanded(self.output)


def read(start: Path) -> Settings:
    """Read the settings that hold in a folder.

    Args:
        start: The folder; its parents are searched too.

    Returns:
        The settings of the nearest ``pyproject.toml``; all empty without one. One of
        a stranger above the folder is passed over.

    Raises:
        Problem: The file is no TOML, or a setting is not as it should be.
    """
    trusted = {_owner(start), *_OURS}
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if _is_there(path) and (folder == start or _owner(path) in trusted):
            return _settings(path, _table(path))
    return Settings()


def _owner(path: Path) -> int:
    """Whose a file or folder is; on systems without such numbers all are alike."""
    return path.stat().st_uid


def _is_there(path: Path) -> bool:
    """Whether there is such a file; none where its folder may not be looked into."""
    try:
        return path.is_file()
    except PermissionError:
        return False


def _table(path: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is no TOML: {error}") from error
    tool = document.get("tool", {})
    table = tool.get("ldapom", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise Problem(f"{path}: tool.ldapom is no table; write [tool.ldapom]")
    return table


def _settings(path: Path, table: Mapping[str, object]) -> Settings:
    for key, value in table.items():
        _check(path, key, value)
    known = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    for key in _PATHS & known.keys():
        known[key] = path.parent / expanded(str(known[key]))
    return Settings(**known, folder=path.parent)  # type: ignore[arg-type]  # checked above


def _check(path: Path, key: str, value: object) -> None:
    if key not in KEYS:
        close = get_close_matches(key, KEYS, n=1)
        hint = (
            f"did you mean {close[0]!r}?" if close else f"there are {', '.join(KEYS)}"
        )
        raise Problem(f"{path}: [tool.ldapom] has no key {key!r}; {hint}")
    if KEYS[key] != _kind(value):
        raise Problem(f"{path}: {key} in [tool.ldapom] must be {KEYS[key]}")


def _kind(value: object) -> str:
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, bool):
        return _SWITCH
    texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
    return _TEXTS if texts else ""
