"""The SVG: well-formed, harmless, the same each time, and readable by machines."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import Kind, Schema
from ldapom.schema.graph import Box, Picture, Row, picture, svg
from tests.architecture import ROOT

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>x</script>]]>&\"'<!--\u202e\x00\x1b[31m\ud800"
#: All the elements that there are: none that runs, loads or links.
HARMLESS = {"svg", "title", "desc", "style", "rect", "path", "g", "text"}


def texts(root: ET.Element) -> list[str]:
    """Give what is written, hints left out."""
    return [
        (each.text or "") + "".join(c.tail or "" for c in each)
        for each in root.iter(f"{NS}text")
    ]


def test_names_and_legend() -> None:
    """Classes, attributes, title and legend are there as text."""
    shown = picture(
        Schema.standard(), ["inetOrgPerson", "posixAccount"], title="People"
    )
    root = ET.fromstring(svg(shown, subtitle="of a test"))
    found = texts(root)

    for text in ("People", "of a test", "inetOrgPerson", "posixAccount", "uidNumber"):
        assert text in found
    assert "bold: required (MUST)" in found
    assert "Auxiliary classes" in found
    assert any(re.fullmatch(r"\+ \d+ more", text) for text in found)
    assert not any("goes with" in text for text in found)


def test_must_is_bold() -> None:
    """What is demanded has a style of its own."""
    root = ET.fromstring(svg(picture(Schema.standard(), ["person"])))
    styles = {
        (each.text or "") + "".join(c.tail or "" for c in each): each.get("class")
        for each in root.iter(f"{NS}text")
    }

    assert styles["sn"] == "must"
    assert styles["description"] == "may"


def test_all_attributes() -> None:
    """Nothing is left out where all is asked for."""
    shown = picture(Schema.standard(), ["inetOrgPerson"])
    found = texts(ET.fromstring(svg(shown, all_attributes=True)))

    assert "x500UniqueIdentifier" in found
    assert not any(text.endswith("more") for text in found)


def test_accessible() -> None:
    """The picture has a name and a description that its root points to."""
    root = ET.fromstring(svg(picture(Schema.standard(), ["person"], title="One")))
    ids = {each.get("id"): each.text for each in root.iter() if each.get("id")}

    assert root.get("role") == "img"
    assert ids["title"] == "One"
    assert "person, structural" in (ids["words"] or "")
    assert (root.get("aria-labelledby") or "").split() == ["title", "words"]


def test_the_same_each_time() -> None:
    """Two drawings of one schema are one text."""
    first, second = (svg(picture(Schema.standard())) for _ in range(2))

    assert first == second


def hostile(text: str) -> Picture:
    """Put a text everywhere."""
    rows = tuple(Row(f"{text}{n}", text) for n in range(30))
    boxes = (
        Box(
            text,
            Kind.structural,
            rows[:2],
            rows[2:],
            ("y",),
            ("z", text),
            description=text,
        ),
        Box("y" + text, Kind.auxiliary, superiors=(text,)),
    )
    return Picture(text, boxes)


@pytest.mark.parametrize("text", [HOSTILE, "x" * 10_000, "字" * 300, " ", "&amp;"])
def test_hostile_texts(text: str) -> None:
    """Foreign text stays text: no element, no attribute, no control character."""
    drawn = svg(hostile(text), subtitle=text)
    root = ET.fromstring(drawn)

    assert {each.tag.removeprefix(NS) for each in root.iter()} <= HARMLESS
    assert "\u202e" not in drawn
    assert not re.search(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]", drawn)
    assert int(root.get("width") or 0) < 5_000


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    """Whatever a name is, the document is well-formed and has known elements alone."""
    root = ET.fromstring(svg(hostile(text), subtitle=text))

    assert {each.tag.removeprefix(NS) for each in root.iter()} <= HARMLESS


def test_empty() -> None:
    """A picture of nothing is a picture."""
    assert texts(ET.fromstring(svg(Picture("Nothing", ())))) == ["Nothing"]


def test_the_picture_in_the_documentation() -> None:
    """It is what is drawn today; if this is wanted, the file has to follow."""
    names = ["inetOrgPerson", "posixAccount", "groupOfNames"]
    shown = picture(Schema.standard(), names, title=", ".join(names))
    drawn = svg(shown, subtitle="6 object classes, ldap://localhost:3389")

    assert (ROOT / "docs" / "people.svg").read_text("utf-8") == drawn
