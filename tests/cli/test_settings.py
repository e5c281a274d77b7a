"""``[tool.ldapom]`` of the nearest ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldapom.cli import settings
from ldapom.cli.problems import Problem
from ldapom.cli.settings import KEYS, Settings, read

FULL = """
[tool.ldapom]
url = "ldaps://h"
also = ["own.schema"]
bind_dn = "cn=x"
models = ["U=person"]
classes = ["device"]
output = "src/models.py"
naming = "snake_case"
single = ["mail"]
operational = ["entryUUID"]
template = "markdown"
cache = "kept"
ca_file = "ca.pem"
start_tls = true
"""


def test_all_keys(folder: Path) -> None:
    """Each key has its place; paths are relative to the file."""
    (folder / "pyproject.toml").write_text(FULL)
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)

    found = read(inner)

    assert found == Settings(
        url="ldaps://h",
        also=("own.schema",),
        bind_dn="cn=x",
        models=("U=person",),
        classes=("device",),
        output="src/models.py",
        naming="snake_case",
        single=("mail",),
        operational=("entryUUID",),
        template="markdown",
        cache=folder / "kept",
        ca_file=folder / "ca.pem",
        start_tls=True,
        folder=folder,
    )
    assert found.output_path == folder / "src" / "models.py"
    assert [place.path for place in found.more] == [folder / "own.schema"]
    assert found.place is not None
    assert not found.place.is_file
    assert all(f"\n{key} = " in FULL for key in KEYS)


def test_the_home_of_somebody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``~`` is somebody's home in each path; of an unknown one it is a plain name."""
    monkeypatch.setenv("HOME", str(folder / "home"))
    (folder / "pyproject.toml").write_text(
        '[tool.ldapom]\nurl = "~/s.ldif"\noutput = "~/m.py"\n'
        'cache = "~"\nca_file = "~nobody-is-called-that/ca"\n'
    )

    found = read(folder)

    assert found.place is not None
    assert found.place.path == folder / "home" / "s.ldif"
    assert found.output_path == folder / "home" / "m.py"
    assert found.cache == folder / "home"
    assert found.ca_file == folder / "~nobody-is-called-that" / "ca"


def test_nothing_said(folder: Path) -> None:
    """A file without the table says nothing."""
    assert read(folder) == Settings(folder=folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.ldapom]\nmodel = []", "no key 'model'; did you mean 'models'"),
        ("[tool.ldapom]\nqqq = 1", "no key 'qqq'; there are url"),
        ("[tool.ldapom]\nmodels = 'U=x'", "models in [tool.ldapom] must be an array"),
        ("[tool.ldapom]\nclasses = [1]", "must be an array of strings"),
        ("[tool.ldapom]\nurl = 1", "url in [tool.ldapom] must be a string"),
        ("[tool.ldapom]\nstart_tls = 'yes'", "must be true or false"),
        ("[tool]\nldapom = 1", "tool.ldapom is no table"),
        ("[tool", "is no TOML"),
    ],
)
def test_what_is_wrong_is_told(folder: Path, text: str, said: str) -> None:
    """No setting is ignored in silence."""
    (folder / "pyproject.toml").write_text(text)

    with pytest.raises(Problem) as caught:
        read(folder)

    assert said in str(caught.value)
    assert "pyproject.toml" in str(caught.value)


def test_a_folder_that_may_not_be_looked_into(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that nobody can see are none; the command still runs there."""

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)

    assert read(folder) == Settings()


@pytest.mark.parametrize(("owner", "counts"), [("start", True), ("stranger", False)])
def test_a_file_of_a_stranger_above(
    folder: Path, monkeypatch: pytest.MonkeyPatch, owner: str, counts: bool
) -> None:
    """In a folder for all, somebody else does not say who is asked and trusted."""
    inner = folder / "a"
    inner.mkdir()
    above = folder / "pyproject.toml"
    above.write_text(FULL)
    # Numbers that nobody has: neither root's nor of who runs the tests.
    owners = {"start": 4_000_001, "stranger": 4_000_002}
    monkeypatch.setattr(
        settings,
        "_owner",
        lambda path: owners[owner if path == above else "start"],
    )

    assert (read(inner).url == "ldaps://h") is counts
    # Where somebody goes himself, it counts.
    assert read(folder).url == "ldaps://h"
