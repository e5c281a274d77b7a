"""The key of a picture: what its colours and lines mean, and only those it has."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema.grammar import Kind
from ldapom.schema.graph.measure import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ldapom.schema.graph.layout import Line
    from ldapom.schema.graph.picture import Picture

_SIZE, _LINE, _SIGN, _GAP = 12, 26, 36, 26

_KINDS = {
    Kind.structural: "structural: what an entry is",
    Kind.abstract: "abstract: only to derive from",
    Kind.auxiliary: "auxiliary: added to an entry",
}


@frozen
class Item:
    """A sign and what it means; from the corner of the legend."""

    x: int
    y: int
    sign: str
    text: str


@frozen
class Legend:
    """All signs in rows."""

    items: tuple[Item, ...]
    width: int
    height: int


def legend(picture: Picture, lines: Iterable[Line], most: int) -> Legend:
    """Put the signs of a picture into rows.

    Args:
        picture: What is shown.
        lines: Its lines.
        most: How wide a row may get.
    """
    kinds = {line.kind for line in lines}
    items: list[Item] = []
    x = y = widest = 0
    for sign, text in _signs(picture, kinds):
        bold = sign == "must"
        wide = ceil(width(text, _SIZE, bold=bold))
        wide += 0 if sign in {"must", "may"} else _SIGN
        if x and x + wide > most:
            x, y = 0, y + _LINE
        items.append(Item(x, y, sign, text))
        widest = max(widest, x + wide)
        x += wide + _GAP
    return Legend(tuple(items), widest, y + _LINE)


def _signs(picture: Picture, lines: set[str]) -> Iterator[tuple[str, str]]:
    boxes: Sequence[object] = [box.kind for box in picture.boxes]
    for kind, text in _KINDS.items():
        if kind in boxes:
            yield kind.name, text
    if "inherits" in lines:
        yield "inherits", "derived from"
    if "with" in lines:
        yield "with", "goes with"
    if any(box.must for box in picture.boxes):
        yield "must", "bold: required (MUST)"
    if any(box.may for box in picture.boxes):
        yield "may", "plain: allowed (MAY)"
