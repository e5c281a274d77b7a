"""Mermaid's text: its grammar holds, whatever the schema says."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import Schema
from ldapom.schema.graph import mermaid, picture
from tests.schema.graph.test_svg import HOSTILE, hostile

LINE = re.compile(
    r"---|classDiagram|  \}"
    r'|title: "[A-Za-z0-9 .,:()/_#;-]*"'
    r'|  class c[0-9]+\["[A-Za-z0-9 .,:()/_#;-]*"\] \{'
    r"|    <<(structural|auxiliary|abstract)>>"
    r"|    (must|may) [A-Za-z0-9._-]+"
    r"|    and [0-9]+ more"
    r"|  c[0-9]+ <\|-- c[0-9]+"
    r"|  c[0-9]+ \.\. c[0-9]+ : goes with"
    r"|  classDef (structural|auxiliary|abstract) [a-z0-9#:,\- ]+"
    r'|  cssClass "c[0-9]+(,c[0-9]+)*" (structural|auxiliary|abstract)'
)


def test_people() -> None:
    """Boxes, members, inheritance and styles."""
    lines = mermaid(
        picture(Schema.standard(), ["inetOrgPerson", "posixAccount"], title="People")
    ).splitlines()

    assert lines[:4] == ["---", 'title: "People"', "---", "classDiagram"]
    (person,) = [
        line.split("[")[0].split()[1] for line in lines if '["person"]' in line
    ]
    (top,) = [line.split("[")[0].split()[1] for line in lines if '["top"]' in line]
    assert f"  {top} <|-- {person}" in lines
    assert "    must uidNumber" in lines
    assert "    and 9 more" in lines
    assert any(line.startswith("  classDef auxiliary") for line in lines)


def test_all_attributes() -> None:
    """Nothing is left out where all is asked for."""
    shown = picture(Schema.standard(), ["inetOrgPerson"])

    assert "    may x500UniqueIdentifier" in mermaid(shown, all_attributes=True)


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    """Every line is one of those that there are."""
    for line in mermaid(hostile(text)).splitlines():
        assert LINE.fullmatch(line), line


def test_hostile_text() -> None:
    """Quotes, markup and control characters leave as codes."""
    drawn = mermaid(hostile(HOSTILE))

    assert "<script" not in drawn
    assert "#60;script#62;" in drawn
    assert all(LINE.fullmatch(line) for line in drawn.splitlines())
