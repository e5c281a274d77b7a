"""Templates that packages bring: found by name, and told of when they are wrong."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING

import pytest

from ldapom.cli import templates
from tests.cli.support import USER, run, told

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.schema.codegen import Plan


def names(plan: Plan) -> str:
    """A template: the classes' names."""
    return "\n".join(one.name for one in plan.classes) + "\n"


def wrong(plan: Plan) -> object:
    """A template that gives no text."""
    return plan


def failing(plan: Plan) -> str:
    """A template that has a mistake in it."""
    raise KeyError(plan.classes[0].name)


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some installed packages bring templates."""
    found = EntryPoints(
        EntryPoint(name, value, templates.GROUP)
        for name, value in {
            "names": f"{__name__}:names",
            "wrong": f"{__name__}:wrong",
            "failing": f"{__name__}:failing",
            "broken": "no_such_package:it",
            "number": f"{__name__}:__doc__",
        }.items()
    )

    def entry_points(*, group: str) -> EntryPoints:
        return found.select(group=group)

    monkeypatch.setattr(templates, "entry_points", entry_points)


def test_a_template(url: str, folder: Path) -> None:
    """It gets the plan, and what it gives is the file; nothing of it is kept."""
    (folder / "out.md").write_text("anything")

    result = run("generate", url, "-m", USER, "--template", "names", "-o", "out.md")

    assert result.exit_code == 0, result.stderr
    assert "PosixAccount\nUser\n" in (folder / "out.md").read_text()
    again = run(
        "generate", url, "-m", USER, "--template", "names", "-o", "out.md", "--check"
    )
    assert again.exit_code == 0


def test_a_template_of_the_settings(url: str, folder: Path) -> None:
    """``template`` in pyproject.toml is the same."""
    (folder / "pyproject.toml").write_text('[tool.ldapom]\ntemplate = "names"\n')

    assert "PosixAccount\nUser\n" in run("generate", url, "-m", USER).stdout


def test_the_command_is_told(url: str) -> None:
    """A module made with the house's template does not name it."""
    assert "--template" not in run("generate", url, "-m", USER).stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nothing",
            "no template 'nothing'; those installed are broken, failing, names",
        ),
        ("broken", "can not be loaded from no_such_package:it: No module named"),
        ("number", "is no function"),
        ("wrong", "has to give a str, not Plan"),
        ("failing", "test_templates.py: KeyError: 'Person'"),
    ],
)
def test_problems(url: str, name: str, said: str) -> None:
    """A template that is wrong is one sentence."""
    assert said in told(run("generate", url, "-m", USER, "--template", name))
