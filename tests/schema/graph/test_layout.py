"""Places: nothing overlaps, nothing is lost, whatever the schema says."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import Kind, Schema
from ldapom.schema.graph.layout import Placed, Sheet, lay_out
from ldapom.schema.graph.picture import Box, Picture, Row, picture
from ldapom.schema.graph.shape import ALL_ATTRIBUTES, Room, shape

LETTERS = "abcdefgh"


def laid_out(shown: Picture, room: Room | None = None) -> Sheet:
    """Lay a picture out."""
    return lay_out(shown, [shape(box, room or Room()) for box in shown.boxes])


def overlap(one: Placed, other: Placed) -> bool:
    """Whether two boxes touch."""
    return (
        one.x < other.x + other.shape.width
        and other.x < one.x + one.shape.width
        and one.y < other.bottom
        and other.y < one.bottom
    )


def check(shown: Picture, sheet: Sheet) -> None:
    """Check what holds for every picture."""
    assert [p.shape.box for p in sheet.boxes] == list(shown.boxes)
    for one, other in combinations(sheet.boxes, 2):
        assert not overlap(one, other), (one.shape.box.name, other.shape.box.name)
    for placed in sheet.boxes:
        assert placed.x >= 0
        assert placed.y >= 0
        assert placed.x + placed.shape.width <= sheet.width
        assert placed.bottom <= sheet.height


@pytest.mark.parametrize("room", [Room(), ALL_ATTRIBUTES])
def test_the_standard_schema(room: Room) -> None:
    """All classes have a place of their own on the sheet."""
    shown = picture(Schema.standard())

    check(shown, laid_out(shown, room))


def test_below_its_superior() -> None:
    """A class stands lower than the class above it, and a line leads there."""
    shown = picture(Schema.standard(), ["inetOrgPerson", "groupOfNames"])
    sheet = laid_out(shown)
    places = {placed.shape.box.name: placed for placed in sheet.boxes}

    assert places["top"].bottom < places["person"].y
    assert places["person"].bottom < places["organizationalPerson"].y
    tips = {line.tip for line in sheet.lines}
    assert (places["top"].middle, places["top"].bottom) in tips


def test_lines_to_companions() -> None:
    """An auxiliary class that goes with a class stands beside it, on a line."""
    boxes = (
        Box("user", Kind.structural, companions=("extra", "gone")),
        Box("extra", Kind.auxiliary),
    )
    sheet = laid_out(Picture("x", boxes))
    user, extra = sheet.boxes

    assert extra.x > user.x + user.shape.width
    (line,) = [line for line in sheet.lines if line.kind == "with"]
    assert line.strokes[0][0][0] == user.x + user.shape.width
    assert line.strokes[-1][-1][0] == extra.x


def test_around_neighbours() -> None:
    """A line to a companion leaves upwards where a neighbour is in the way."""
    boxes = (
        Box("top", Kind.abstract),
        Box("a", Kind.structural, superiors=("top",), companions=("extra",)),
        Box("b", Kind.structural, superiors=("top",)),
        Box("extra", Kind.auxiliary),
    )
    sheet = laid_out(Picture("x", boxes))
    a = sheet.boxes[1]

    (line,) = [line for line in sheet.lines if line.kind == "with"]
    assert line.strokes[0][0][1] == a.y
    assert line.strokes[0][1][1] < a.y


def test_long_lists() -> None:
    """What is left out is counted, and named in a hint."""
    rows = tuple(Row(f"attribute{n:02}") for n in range(50))
    box = Box("long", Kind.structural, may=rows)

    few, many = shape(box, Room()), shape(box, ALL_ATTRIBUTES)

    (more,) = [cell for cell in few.cells if cell.style == "more"]
    assert more.text == "+ 32 more"
    assert "attribute49" in more.hint
    assert sum(cell.style == "may" for cell in many.cells) == 50


def test_a_long_chain() -> None:
    """A chain of superiors may be longer than Python's stack."""
    boxes = [Box("c0", Kind.abstract)]
    boxes += [
        Box(f"c{n}", Kind.structural, superiors=(f"c{n - 1}",)) for n in range(1, 1500)
    ]

    sheet = laid_out(Picture("chain", tuple(boxes)))

    assert sheet.boxes[-1].y > sheet.boxes[-2].bottom


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Kind)),
            st.lists(st.sampled_from(LETTERS), max_size=3),
            st.lists(st.sampled_from(LETTERS), max_size=3),
            st.integers(0, 30),
        ),
        max_size=len(LETTERS),
    )
)
def test_any_picture(
    found: list[tuple[Kind, list[str], list[str], int]],
) -> None:
    """Circles, many superiors, companions of anything: still nothing overlaps."""
    boxes = tuple(
        Box(
            name,
            kind,
            may=tuple(Row(f"{name}{n}") for n in range(count)),
            superiors=tuple(above),
            companions=tuple(beside),
        )
        for name, (kind, above, beside, count) in zip(LETTERS, found, strict=False)
    )
    shown = Picture("any", boxes)

    check(shown, laid_out(shown))
