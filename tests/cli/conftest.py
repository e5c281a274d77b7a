"""A folder of its own for each test of the command, and a server to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ldapom.testing import Directory


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: empty, without settings, and without a password around."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LDAPOM_PASSWORD", raising=False)
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


@pytest.fixture
def url(box: Directory) -> Iterator[str]:
    """The sample directory over TCP."""
    with box.serve() as server:
        yield server.url
