"""Lines that fit, in any encoding."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ldapom.cli import page as module
from ldapom.cli.page import Page


def a_page(monkeypatch: pytest.MonkeyPatch, encoding: str) -> tuple[Page, io.BytesIO]:
    """Make a page, and what it writes to."""
    octets = io.BytesIO()
    file = io.TextIOWrapper(octets, encoding, write_through=True)
    screen = Console(file=file, highlight=False, width=60)
    monkeypatch.setattr(module, "Console", lambda **_: screen)
    return Page(), octets


def test_rows_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text goes on below itself; a long cell has a line of its own."""
    page, octets = a_page(monkeypatch, "utf-8")

    page.row([("one", 8), ("two", 8)], "word " * 12)
    page.row([("a very long cell", 8), ("two", 8)], "text")

    lines = octets.getvalue().decode().splitlines()
    assert lines[0].startswith("  one     two     word word")
    assert lines[1].startswith(" " * 18 + "word")
    assert lines[-2:] == ["  a very long cell two", " " * 18 + "text"]


def test_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the output has ASCII alone, signs are others and text is escaped."""
    page, octets = a_page(monkeypatch, "ascii")

    page.line(page.guides([False, True]), "n\xe4me", page.arrow)

    assert octets.getvalue() == b"|   `-- n\\xe4me ->\n"


def test_nothing_for_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label without a value is left out."""
    page, octets = a_page(monkeypatch, "utf-8")

    page.pair("Label", "")

    assert octets.getvalue() == b""


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    """Whatever comes, the output has only what prints."""
    with pytest.MonkeyPatch.context() as patch:
        page, octets = a_page(patch, "utf-8")
        page.pair("Label", text)
        page.line((text, "bold"))
        page.text(text, indent=2)

    shown = octets.getvalue().decode().replace("\n", "")
    assert shown.isprintable()
