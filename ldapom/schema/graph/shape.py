"""The inside of a box: what stands where, and how big that makes it.

All lengths are whole pixels, so a picture is the same on every machine.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.schema.codegen.text import visible
from ldapom.schema.graph.measure import fitted, width
from ldapom.schema.graph.picture import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.schema.graph.picture import Box

PADDING: Final = 12
HEADER: Final = 44
_LINE, _SIZE = 17, 12
_NAME_SIZE, _KIND_SIZE = 14, 11
_GAP = 18
#: No name is drawn wider; a hint shows all of it.
_WIDEST_NAME = 270
_LEAST_WIDTH = 130


@frozen
class Room:
    """How much a box may show.

    Attributes:
        attributes: So many of what it allows; None is all.
        width: How wide its columns may get together.
    """

    attributes: int | None = 18
    width: int = 460


#: What `Room` is for boxes that show everything.
ALL_ATTRIBUTES: Final = Room(None, 1100)


@frozen
class Cell:
    """One piece of text; ``y`` is its base line, both from the corner of the box."""

    x: int
    y: int
    text: str
    style: str
    hint: str = ""


@frozen
class Shape:
    """A box that knows its size.

    Attributes:
        rules: Where lines go across it.
    """

    box: Box
    width: int
    height: int
    cells: tuple[Cell, ...]
    rules: tuple[int, ...]


def shape(box: Box, room: Room) -> Shape:
    """Find out how big a box gets.

    Args:
        box: The class.
        room: How much it may show.
    """
    name = fitted(visible(box.name), _NAME_SIZE, room.width, bold=True)
    cells = [
        Cell(PADDING, 20, name, "name", visible(box.name)),
        Cell(PADDING, 36, box.kind.name, "kind"),
    ]
    widest = max(
        _LEAST_WIDTH,
        ceil(width(name, _NAME_SIZE, bold=True)),
        ceil(width(box.kind.name, _KIND_SIZE)),
    )
    y, rules = HEADER, [HEADER]
    for section in _sections(box, room):
        if y > HEADER:
            rules.append(y)
        grid = _grid(section, y + 6, room)
        cells += grid.cells
        widest = max(widest, grid.width)
        y += grid.height + 12
    height = max(y, HEADER)
    lines = rules if y > HEADER else []
    # Even widths have a middle.
    wide = widest + widest % 2 + 2 * PADDING
    return Shape(box, wide, height, tuple(cells), tuple(lines))


@frozen
class _Section:
    rows: Sequence[Row]
    style: str
    rest: Sequence[Row] = ()
    title: str = ""


@frozen
class _Grid:
    cells: list[Cell]
    width: int
    height: int


def _sections(box: Box, room: Room) -> list[_Section]:
    found = []
    if box.must:
        found.append(_Section(box.must, "must"))
    if box.may:
        most = room.attributes
        # A line that says "+ 1 more" is no shorter than the one.
        cut = len(box.may) if most is None or len(box.may) <= most + 2 else most
        found.append(_Section(box.may[:cut], "may", box.may[cut:]))
    if box.companions:
        found.append(_Section(_companions(box), "with", title="goes with"))
    return found


def _companions(box: Box) -> list[Row]:
    return [Row(name) for name in sorted(box.companions, key=str.lower)]


def _grid(section: _Section, y: int, room: Room) -> _Grid:
    """Put names into columns, and what is left out into a last line."""
    bold = section.style == "must"
    names = [
        fitted(visible(row.name), _SIZE, _WIDEST_NAME, bold=bold)
        for row in section.rows
    ]
    cells: list[Cell] = []
    if section.title:
        cells.append(Cell(PADDING, y + 11, section.title, "kind"))
        y, head = y + _LINE, _LINE
    else:
        head = 0
    columns, widths = _columns(names, _depth(section, room), room, bold=bold)
    x = PADDING
    for column, wide in zip(columns, widths, strict=True):
        for line, index in enumerate(column):
            row = section.rows[index]
            hint = visible(f"{row.name}: {row.hint}" if row.hint else row.name)
            here = y + line * _LINE + 13
            cells.append(Cell(x, here, names[index], section.style, hint))
        x += wide + _GAP
    lines = len(columns[0])
    if section.rest:
        hint = visible(", ".join(row.name for row in section.rest))
        text = f"+ {len(section.rest)} more"
        cells.append(Cell(PADDING, y + lines * _LINE + 13, text, "more", hint))
        lines += 1
    return _Grid(cells, x - _GAP - PADDING, lines * _LINE + head)


def _depth(section: _Section, room: Room) -> int:
    """Tell how many lines look well."""
    if section.style == "with":
        return 2
    return (
        6
        if room.attributes is not None
        else max(8, ceil(sqrt(len(section.rows) * 2.2)))
    )


def _columns(
    names: Sequence[str], deep: int, room: Room, *, bold: bool
) -> tuple[list[range], list[int]]:
    """Split names into columns that are not too wide together."""
    count = max(1, ceil(len(names) / deep))
    while True:
        each = ceil(len(names) / count)
        columns = [
            range(start, min(start + each, len(names)))
            for start in range(0, len(names), each)
        ]
        widths = [
            max(ceil(width(names[i], _SIZE, bold=bold)) for i in column)
            for column in columns
        ]
        if count == 1 or sum(widths) + _GAP * (count - 1) <= room.width:
            return columns, widths
        count -= 1
