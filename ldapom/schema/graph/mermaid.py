"""A picture as a Mermaid class diagram, for Markdown that is rendered elsewhere.

1. Mermaid's own words and signs never come from a schema: classes are named ``c0``,
   ``c1`` …, and their names stand in quotes, with character codes for what is special.
2. Names of attributes keep letters, digits and ``-._;``; anything else, which RFC 4512
   does not allow there, becomes ``_``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ldapom.schema.codegen.text import visible
from ldapom.schema.grammar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ldapom.schema.graph.picture import Box, Picture, Row

_MOST_ATTRIBUTES: Final = 18
_LONGEST: Final = 80
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_SPECIAL: Final = re.compile(r"[^A-Za-z0-9 .,:()/_-]")
_STYLES: Final = {
    Kind.structural: "fill:#dce9fb,stroke:#3a6fb5,color:#1c2733",
    Kind.abstract: "fill:#e9ecef,stroke:#76818c,color:#1c2733",
    Kind.auxiliary: "fill:#fdeccd,stroke:#b87514,color:#1c2733,stroke-dasharray:6 4",
}


def mermaid(picture: Picture, *, all_attributes: bool = False) -> str:
    """Write a picture as a ``classDiagram``.

    Args:
        picture: What to show.
        all_attributes: Whether long lists are written to their end.

    Returns:
        The text of a ``.mmd`` file; the same for the same picture.
    """
    names = {box.name: f"c{number}" for number, box in enumerate(picture.boxes)}
    most = None if all_attributes else _MOST_ATTRIBUTES
    lines = ["---", f'title: "{_quoted(picture.title)}"', "---", "classDiagram"]
    for box in picture.boxes:
        lines += _class(names[box.name], box, most)
    for box in picture.boxes:
        lines += _links(picture, box, names)
    lines += _styles(picture, names)
    return "\n".join(lines) + "\n"


def _class(name: str, box: Box, most: int | None) -> Iterator[str]:
    yield f'  class {name}["{_quoted(box.name)}"] {{'
    yield f"    <<{box.kind.name}>>"
    for row in box.must:
        yield f"    must {_member(row)}"
    cut = len(box.may) if most is None or len(box.may) <= most + 2 else most
    for row in box.may[:cut]:
        yield f"    may {_member(row)}"
    if box.may[cut:]:
        yield f"    and {len(box.may) - cut} more"
    yield "  }"


def _links(picture: Picture, box: Box, names: Mapping[str, str]) -> Iterator[str]:
    for above in picture.above(box):
        yield f"  {names[above]} <|-- {names[box.name]}"
    for beside in picture.beside(box):
        yield f"  {names[box.name]} .. {names[beside]} : goes with"


def _styles(picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    for kind, style in _STYLES.items():
        found: Sequence[str] = [
            names[box.name] for box in picture.boxes if box.kind is kind
        ]
        if found:
            yield f"  classDef {kind.name} {style}"
            yield f'  cssClass "{",".join(found)}" {kind.name}'


def _member(row: Row) -> str:
    return _UNSAFE.sub("_", row.name[:_LONGEST]) or "_"


def _quoted(text: str) -> str:
    """Write what is special to Mermaid, Markdown or HTML by its character code."""
    shown = visible(text)[:_LONGEST]
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", shown)
