"""Where the boxes go: below their superiors, in rows that are not too wide.

1. A class stands below the first of its superiors that is drawn; a line from any
   other goes there freely.
2. The classes below one stand in as many rows as they need. A line comes down from
   above to each row, and from it to each class.
3. Auxiliary classes stand apart: beside the others where lines lead to them, or where
   there is room, else below.
4. Nothing recurs: a chain of superiors may be as long as it likes.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from ldapom.schema.grammar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.schema.graph.picture import Box, Picture
    from ldapom.schema.graph.shape import Shape

Point = tuple[int, int]

_BESIDE, _ABOVE, _BUS, _GUTTER = 24, 46, 18, 22
_PANELS, _LANE, _HEADING, _LEVEL = 64, 9, 30, 22
_NARROWEST, _WIDEST = 640, 4000
#: More lines than that are no help; the boxes say the same in words.
_MOST_LINES: Final = 12


@frozen
class Placed:
    """A box in its place."""

    shape: Shape
    x: int
    y: int

    @property
    def middle(self) -> int:
        """The middle of its upper and lower side."""
        return self.x + self.shape.width // 2

    @property
    def bottom(self) -> int:
        """Its lower side."""
        return self.y + self.shape.height


@frozen
class Line:
    """A line: ``inherits`` with a triangle at its end, or ``with``.

    Attributes:
        strokes: Each a chain of points.
        tip: The point of the triangle, that looks up; None without.
        curved: Whether a stroke's inner points are those of a Bézier curve.
    """

    kind: str
    strokes: tuple[tuple[Point, ...], ...]
    tip: Point | None = None
    curved: bool = False


@frozen
class Sheet:
    """All in its place.

    Attributes:
        heading: Where the heading of the auxiliary classes stands; None without.
    """

    width: int
    height: int
    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]
    heading: Point | None = None


@define
class _Block:
    """A box with all below it; ``x`` and ``y`` are from the corner of its parent's."""

    shape: Shape | None
    rows: list[list[str]] = field(factory=list)
    width: int = 0
    height: int = 0
    x: int = 0
    y: int = 0


def lay_out(picture: Picture, shapes: Sequence[Shape]) -> Sheet:
    """Find a place for every box.

    Args:
        picture: The boxes, and what stands above them.
        shapes: Their sizes.
    """
    by_name = {each.box.name: each for each in shapes}
    parents = _parents(picture)
    apart = {b.name for b in picture.boxes if _is_apart(b, parents)}
    main = _Forest(by_name, parents, [n for n in by_name if n not in apart])
    rest = _Forest(by_name, parents, [n for n in by_name if n in apart])
    companions = [(b.name, n) for b in picture.boxes for n in picture.beside(b)]
    return _Sheets(picture, main, rest, companions).sheet()


def _parents(picture: Picture) -> dict[str, str]:
    """Give each box the one it stands below; circles are cut."""
    parents: dict[str, str] = {}
    for box in picture.boxes:
        for candidate in picture.above(box):
            if not _leads_to(parents, candidate, box.name):
                parents[box.name] = candidate
                break
    return parents


def _leads_to(parents: Mapping[str, str], start: str, goal: str) -> bool:
    current: str | None = start
    while current is not None and current != goal:
        current = parents.get(current)
    return current is not None


def _is_apart(box: Box, parents: Mapping[str, str]) -> bool:
    return box.kind is Kind.auxiliary and box.name not in parents


class _Forest:
    """Trees of boxes that are put side by side, in rows."""

    def __init__(
        self, shapes: Mapping[str, Shape], parents: Mapping[str, str], roots: list[str]
    ) -> None:
        self.shapes = shapes
        self.below: dict[str, list[str]] = {}
        for name, parent in parents.items():
            self.below.setdefault(parent, []).append(name)
        tops = [name for name in roots if name not in parents]
        self.order = self._descend(tops)
        self.tops = tops
        self.blocks: dict[str, _Block] = {}
        self.all = _Block(None)

    def _descend(self, tops: list[str]) -> list[str]:
        order: list[str] = []
        stack = tops[::-1]
        while stack:
            name = stack.pop()
            order.append(name)
            stack += self.below.get(name, [])[::-1]
        return order

    @property
    def area(self) -> int:
        """The pixels of all boxes, with some room around each."""
        found = (self.shapes[name] for name in self.order)
        return sum((s.width + _BESIDE) * (s.height + _ABOVE) for s in found)

    def pack(self, most: int) -> tuple[int, int]:
        """Put everything into rows of at most that width, and give the size."""
        self.blocks = {}
        for name in reversed(self.order):
            block = _Block(self.shapes[name])
            self._fill(block, self.below.get(name, []), most)
            self.blocks[name] = block
        self.all = _Block(None)
        self._fill(self.all, self.tops, most)
        return self.all.width, self.all.height

    def _fill(self, block: _Block, names: list[str], most: int) -> None:
        """Put the blocks below one into rows, and find its size."""
        block.rows = self._rows(names, most)
        own = block.shape
        gutter = _GUTTER if own and len(block.rows) > 1 else 0
        y = own.height + _ABOVE if own else 0
        for row in block.rows:
            x = gutter
            for name in row:
                child = self.blocks[name]
                child.x, child.y = x, y
                x += child.width + _BESIDE
            block.width = max(block.width, x - _BESIDE)
            y += max(self.blocks[name].height for name in row) + _ABOVE
        block.height = y - _ABOVE if block.rows else y - (_ABOVE if own else 0)
        if own:
            spare = own.width - block.width
            block.width = max(block.width, own.width)
            for name in names:
                self.blocks[name].x += max(spare, 0) // 2

    def _rows(self, names: list[str], most: int) -> list[list[str]]:
        total = sum(self.blocks[n].width + _BESIDE for n in names) - _BESIDE
        if total > most:
            names = sorted(names, key=lambda n: (-self.blocks[n].height, n.lower(), n))
        rows: list[list[str]] = []
        left = 0
        for name in names:
            wide = self.blocks[name].width
            if not rows or wide > left:
                rows.append([])
                left = most
            rows[-1].append(name)
            left -= wide + _BESIDE
        return rows

    def place(self, x: int, y: int) -> dict[str, Placed]:
        """Give every box its place; the corner of all is given."""
        corners: dict[str, Point] = {}
        found: dict[str, Placed] = {}
        for name in self.tops:
            block = self.blocks[name]
            corners[name] = (x + block.x, y + block.y)
        for name in self.order:
            block = self.blocks[name]
            left, top = corners[name]
            own = self.shapes[name]
            found[name] = Placed(own, left + (block.width - own.width) // 2, top)
            for row in block.rows:
                for child in row:
                    there = self.blocks[child]
                    corners[child] = (left + there.x, top + there.y)
        return found

    def lines(self, placed: Mapping[str, Placed]) -> list[Line]:
        """Draw what leads from each box to those below it."""
        found = []
        for name in self.order:
            rows = self.blocks[name].rows
            if rows:
                found.append(_tree_line(placed[name], rows, placed))
        return found


def _tree_line(
    parent: Placed, rows: list[list[str]], placed: Mapping[str, Placed]
) -> Line:
    """Draw one line down from a box, along each row, and down to each below it."""
    start = (parent.middle, parent.bottom)
    lefts = [min(placed[n].x for n in row) for row in rows]
    gutter = min(lefts) - _GUTTER // 2
    strokes: list[tuple[Point, ...]] = []
    buses = [min(placed[n].y for n in row) - _BUS for row in rows]
    strokes.append((start, (parent.middle, buses[0])))
    for index, (row, bus) in enumerate(zip(rows, buses, strict=True)):
        middles = [placed[n].middle for n in row]
        ends = [*middles, *([parent.middle] if index == 0 else [])]
        if len(rows) > 1:
            ends.append(gutter)
        if min(ends) < max(ends):
            strokes.append(((min(ends), bus), (max(ends), bus)))
        strokes += [
            ((placed[n].middle, bus), (placed[n].middle, placed[n].y)) for n in row
        ]
    if len(rows) > 1:
        strokes.append(((gutter, buses[0]), (gutter, buses[-1])))
    return Line("inherits", tuple(strokes), start)


@frozen
class _Sheets:
    """Both forests, and how they are put together."""

    picture: Picture
    main: _Forest
    rest: _Forest
    companions: list[tuple[str, str]]

    def sheet(self) -> Sheet:
        """Put the forests beside or below each other."""
        most = self._width(self.main.area + self.rest.area)
        wide, high = self.main.pack(most)
        if not self.rest.order:
            return self._done(wide, high, self.main.place(0, 0), None)
        if not self.main.order:
            wide, high = self.rest.pack(most)
            return self._done(wide, high, self.rest.place(0, 0), None)
        is_linked = 0 < len(self.companions) <= _MOST_LINES
        if is_linked or high > wide:
            return self._beside(wide, high, is_linked=is_linked)
        return self._below(wide, high, max(wide, most))

    def _width(self, area: int) -> int:
        return min(max(int(sqrt(area * 1.9)), _NARROWEST), _WIDEST)

    def _beside(self, wide: int, high: int, *, is_linked: bool) -> Sheet:
        most = max(self.rest.shapes[name].width for name in self.rest.order)
        size = self.rest.pack(most)
        while not is_linked and size[1] + _HEADING > max(high, most):
            most += 60
            size = self.rest.pack(most)
        left = wide + _PANELS + (_LANE * len({a for a, _ in self.companions}))
        placed = {**self.main.place(0, 0), **self.rest.place(left, _HEADING)}
        tall = max(high, size[1] + _HEADING)
        lines = self._companion_lines(placed, wide) if is_linked else []
        return self._done(left + size[0], tall, placed, (left, 0), lines)

    def _below(self, wide: int, high: int, most: int) -> Sheet:
        size = self.rest.pack(most)
        top = high + _PANELS + _HEADING
        placed = {**self.main.place(0, 0), **self.rest.place(0, top)}
        heading = (0, high + _PANELS)
        return self._done(max(wide, size[0]), top + size[1], placed, heading)

    def _done(
        self,
        wide: int,
        high: int,
        placed: Mapping[str, Placed],
        heading: Point | None,
        more: Sequence[Line] = (),
    ) -> Sheet:
        lines = [*self.main.lines(placed), *self.rest.lines(placed)]
        lines += _free_lines(self.picture, placed)
        boxes = tuple(placed[box.name] for box in self.picture.boxes)
        return Sheet(wide, high, boxes, (*lines, *more), heading)

    def _companion_lines(self, placed: Mapping[str, Placed], wide: int) -> list[Line]:
        """Lead from each box to the right, and by a lane of its own to the others."""
        found = []
        names = dict.fromkeys(name for name, _ in self.companions)
        for index, name in enumerate(names):
            lane = wide + _PANELS // 2 + index * _LANE
            start = _way_out(placed[name], lane, placed.values())
            others = [placed[other] for one, other in self.companions if one == name]
            ends = [(other.x, other.y + _LEVEL) for other in others]
            levels = [start[-1][1], *(y for _, y in ends)]
            trunk = ((lane, min(levels)), (lane, max(levels)))
            branches = [((lane, y), (x, y)) for x, y in ends]
            found.append(Line("with", (start, trunk, *branches)))
        return found


def _way_out(box: Placed, lane: int, placed: Iterable[Placed]) -> tuple[Point, ...]:
    """Leave a box to the right; above its neighbours where some stand there."""
    right, y = box.x + box.shape.width, box.y + _LEVEL
    straight = ((right, y), (lane, y))
    in_the_way = (p for p in placed if right <= p.x < lane and p.y <= y <= p.bottom)
    if next(in_the_way, None) is None:
        return straight
    corner = (right - 16, box.y - _BUS // 2)
    return ((right - 16, box.y), corner, (lane, corner[1]))


def _free_lines(picture: Picture, placed: Mapping[str, Placed]) -> list[Line]:
    """Draw what leads to superiors that a box does not stand below."""
    parents = _parents(picture)
    return [
        _curve(placed[name], placed[box.name])
        for box in picture.boxes
        for name in picture.above(box)
        if parents.get(box.name) != name
    ]


def _curve(upper: Placed, lower: Placed) -> Line:
    start = (upper.x + upper.shape.width * 3 // 4, upper.bottom)
    end = (lower.x + lower.shape.width * 3 // 4, lower.y)
    bend = max(40, abs(end[1] - start[1]) // 2)
    stroke = (start, (start[0], start[1] + bend), (end[0], end[1] - bend), end)
    return Line("inherits", (stroke,), start, curved=True)
