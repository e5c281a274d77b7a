"""A picture as SVG: one file, no script, no font, light or dark as its reader likes.

Foreign text enters as escaped character data alone, its control characters shown.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.schema.codegen.text import visible
from ldapom.schema.grammar import Kind
from ldapom.schema.graph.layout import lay_out
from ldapom.schema.graph.legend import Legend, legend
from ldapom.schema.graph.measure import fitted
from ldapom.schema.graph.shape import ALL_ATTRIBUTES, HEADER, Room, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ldapom.schema.graph.layout import Line, Placed, Point
    from ldapom.schema.graph.picture import Picture

_MARGIN, _TITLE, _TITLE_SIZE = 28, 52, 20
_NARROWEST = 420
_CORNER = 7
#: A description in words that is longer helps nobody.
_MOST_WORDS: Final = 20_000

_LIGHT: Final = {
    ".paper,.body": "fill:#ffffff",
    "text": "fill:#1c2733",
    ".kind,.more,.quiet": "fill:#5b6875",
    ".with": "fill:#9a5b00",
    ".head.structural,.swatch.structural": "fill:#dce9fb",
    ".edge.structural,.rule.structural,.swatch.structural": "stroke:#3a6fb5",
    ".head.abstract,.swatch.abstract": "fill:#e9ecef",
    ".edge.abstract,.rule.abstract,.swatch.abstract": "stroke:#76818c",
    ".head.auxiliary,.swatch.auxiliary": "fill:#fdeccd",
    ".edge.auxiliary,.rule.auxiliary,.swatch.auxiliary": "stroke:#b87514",
    ".line": "stroke:#5b6875",
    ".tip": "fill:#ffffff;stroke:#5b6875",
    ".companion": "stroke:#b87514",
}
_DARK: Final = {
    ".paper": "fill:#14191f",
    "text": "fill:#e4e9ee",
    ".kind,.more,.quiet": "fill:#9aa7b4",
    ".with": "fill:#f0b65a",
    ".body": "fill:#1b222a",
    ".head.structural,.swatch.structural": "fill:#1f3a5f",
    ".edge.structural,.rule.structural,.swatch.structural": "stroke:#6ba3ea",
    ".head.abstract,.swatch.abstract": "fill:#343c45",
    ".edge.abstract,.rule.abstract,.swatch.abstract": "stroke:#98a4b0",
    ".head.auxiliary,.swatch.auxiliary": "fill:#4d3810",
    ".edge.auxiliary,.rule.auxiliary,.swatch.auxiliary": "stroke:#dca245",
    ".line": "stroke:#9aa7b4",
    ".tip": "fill:#14191f;stroke:#9aa7b4",
    ".companion": "stroke:#dca245",
}
_FONTS: Final = (
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',"
    "Arial,'DejaVu Sans',sans-serif"
)
_SHAPES: Final = (
    f"text{{font-family:{_FONTS};font-size:12px}}",
    ".title{font-size:20px;font-weight:600}",
    ".heading{font-size:15px;font-weight:600}",
    ".name{font-size:14px;font-weight:700}",
    ".kind{font-size:11px}",
    ".more{font-style:italic}",
    ".must{font-weight:700}",
    ".line,.companion{fill:none;stroke-width:1.4}",
    ".companion,.edge.auxiliary,.swatch.auxiliary{stroke-dasharray:6 4}",
    ".head,.body{stroke:none}",
    ".edge{fill:none;stroke-width:1.2}",
    ".chosen{stroke-width:2.2}",
    ".rule{stroke-width:1;opacity:.35}",
    ".abstract-name{font-style:italic}",
)


def svg(picture: Picture, *, subtitle: str = "", all_attributes: bool = False) -> str:
    """Draw a picture.

    Args:
        picture: What to show.
        subtitle: A line below the title.
        all_attributes: Whether long lists are drawn to their end.

    Returns:
        An SVG document; the same for the same picture.
    """
    room = ALL_ATTRIBUTES if all_attributes else Room()
    sheet = lay_out(picture, [shape(box, room) for box in picture.boxes])
    key = legend(picture, sheet.lines, max(sheet.width, _NARROWEST))
    wide = max(sheet.width, key.width, _NARROWEST)
    title = fitted(visible(picture.title), _TITLE_SIZE, wide, bold=True)
    top = _MARGIN + _TITLE + (6 if subtitle else 0)
    paper = _Paper(_MARGIN + (wide - sheet.width) // 2, top)
    bottom = top + sheet.height + 34
    lines = [
        *_head(picture, wide + 2 * _MARGIN, bottom + key.height + _MARGIN),
        _text(_MARGIN, _MARGIN + 18, title, "title"),
        _text(_MARGIN, _MARGIN + 40, fitted(visible(subtitle), 12, wide), "quiet"),
        *paper.lines(sheet.lines),
        *paper.heading(sheet.heading),
        *(line for placed in sheet.boxes for line in paper.box(placed)),
        *_legend(key, _MARGIN, bottom),
        "</svg>",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def _head(picture: Picture, wide: int, high: int) -> Iterator[str]:
    words = picture.described()
    if len(words) > _MOST_WORDS:
        words = f"{words[:_MOST_WORDS]}…"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" style="max-width:100%;height:auto" role="img" '
        'aria-labelledby="title words">'
    )
    yield f'<title id="title">{_escaped(picture.title)}</title>'
    yield f'<desc id="words">{_escaped(words)}</desc>'
    dark = _rules(_DARK)
    yield (
        f"<style>{''.join(_SHAPES)}{_rules(_LIGHT)}"
        f"@media (prefers-color-scheme:dark){{{dark}}}</style>"
    )
    yield f'<rect class="paper" width="{wide}" height="{high}"/>'


def _rules(colours: dict[str, str]) -> str:
    return "".join(f"{selector}{{{style}}}" for selector, style in colours.items())


@frozen
class _Paper:
    """Draws things that were laid out from a corner."""

    x: int
    y: int

    def _at(self, point: Point) -> str:
        return f"{point[0] + self.x} {point[1] + self.y}"

    def lines(self, lines: Iterable[Line]) -> Iterator[str]:
        """Draw lines, and the triangles at their ends."""
        for line in lines:
            joint = "C" if line.curved else "L"
            strokes = "".join(
                f"M{self._at(first)}{joint}{' '.join(map(self._at, rest))}"
                for first, *rest in line.strokes
            )
            style = "line" if line.kind == "inherits" else "companion"
            yield f'<path class="{style}" d="{strokes}"/>'
            if line.tip is not None:
                yield _tip(line.tip[0] + self.x, line.tip[1] + self.y)

    def heading(self, point: Point | None) -> Iterator[str]:
        """Write what stands above the auxiliary classes."""
        if point is not None:
            x, y = point[0] + self.x, point[1] + self.y
            yield _text(x, y + 14, "Auxiliary classes", "heading")

    def box(self, placed: Placed) -> Iterator[str]:
        """Draw a box."""
        own = placed.shape
        kind = own.box.kind.name
        x, y = placed.x + self.x, placed.y + self.y
        chosen = " chosen" if own.box.chosen else ""
        rest = own.height - HEADER
        hint = own.box.description or own.box.name
        yield f'<g transform="translate({x} {y})"><title>{_escaped(hint)}</title>'
        yield _rectangle("body", own.width, own.height)
        if rest:
            yield (
                f'<path class="head {kind}" d="M0 {HEADER}V{_CORNER}Q0 0 {_CORNER} 0'
                f"H{own.width - _CORNER}Q{own.width} 0 {own.width} {_CORNER}"
                f'V{HEADER}Z"/>'
            )
        else:
            yield _rectangle(f"head {kind}", own.width, own.height)
        for rule in own.rules:
            yield f'<path class="rule {kind}" d="M0 {rule}H{own.width}"/>'
        yield _rectangle(f"edge {kind}{chosen}", own.width, own.height)
        for cell in own.cells:
            style = cell.style
            if style == "name" and own.box.kind is Kind.abstract:
                style = "name abstract-name"
            yield _text(cell.x, cell.y, cell.text, style, cell.hint)
        yield "</g>"


def _legend(key: Legend, x: int, y: int) -> Iterator[str]:
    for item in key.items:
        left, top = x + item.x, y + item.y
        match item.sign:
            case "must" | "may" as style:
                yield _text(left, top + 13, item.text, style)
                continue
            case "inherits":
                yield f'<path class="line" d="M{left + 14} {top + 18}V{top + 9}"/>'
                yield _tip(left + 14, top)
            case "with":
                yield f'<path class="companion" d="M{left} {top + 9}h28"/>'
            case kind:
                yield (
                    f'<rect class="swatch {kind}" x="{left}" y="{top + 1}" width="28" '
                    'height="16" rx="4"/>'
                )
        yield _text(left + 36, top + 13, item.text, "quiet")


def _tip(x: int, y: int) -> str:
    return f'<path class="tip" d="M{x} {y}l-7 11h14z"/>'


def _rectangle(style: str, wide: int, high: int) -> str:
    return f'<rect class="{style}" width="{wide}" height="{high}" rx="{_CORNER}"/>'


def _text(x: int, y: int, text: str, style: str, hint: str = "") -> str:
    if not text:
        return ""
    title = f"<title>{_escaped(hint)}</title>" if hint else ""
    return f'<text class="{style}" x="{x}" y="{y}">{title}{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    """Make foreign text character data of XML 1.0: no markup, no control characters."""
    return escape(visible(text))
