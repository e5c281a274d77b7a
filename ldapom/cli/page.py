"""What a command shows on standard output: lines that fit, coloured where one looks.

Rules:

1. Foreign text goes through `Page` alone: control characters and marks of direction
   are shown, nothing in it is markup.
2. Text is wrapped at the terminal's width, else at 80 columns, and nothing is cut.
3. A character that the output can not carry is shown as an escape.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from ldapom.cli.problems import console as errors_console
from ldapom.cli.problems import safe
from ldapom.schema.codegen.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A line is no longer, however wide the terminal is: eyes lose it.
_WIDEST: Final = 110
_LABEL: Final = 16
_LEAST_TEXT: Final = 24

#: A piece of a line: its text and its style.
Piece = str | tuple[str, str]


class Page:
    """Standard output, line by line."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self.width = min(self._console.width, _WIDEST)
        self.is_plain = not self._console.encoding.lower().startswith("utf")

    # --- lines --------------------------------------------------------------------

    def line(self, *pieces: Piece) -> None:
        """Print one line; without pieces an empty one."""
        whole = Text()
        for piece in pieces:
            text, style = piece if isinstance(piece, tuple) else (piece, "")
            whole.append(self._printable(text), style)
        whole.rstrip()
        self._console.print(whole, soft_wrap=True)

    def heading(self, text: str) -> None:
        """Print an empty line and a heading."""
        self.line()
        self.line((text, "bold"))

    def pair(self, label: str, value: str, style: str = "") -> None:
        """Print a label and what belongs to it; nothing without a value."""
        if value:
            self.row([(label, _LABEL)], value, style=style, first="dim")

    def text(self, text: str, *, indent: int = 0) -> None:
        """Print a paragraph."""
        for part in self._wrapped(text, self.width - indent):
            self.line(" " * indent, part)

    def row(
        self,
        cells: Sequence[tuple[str, int]],
        text: str = "",
        *,
        style: str = "",
        first: str = "",
        indent: int = 2,
    ) -> None:
        """Print cells that stand below those of other rows, and a text that wraps.

        Args:
            cells: Texts with the columns they take; one that is longer takes more.
            text: What stands behind them.
            style: How the text looks.
            first: How the first cell looks.
            indent: The blanks before.
        """
        pieces: list[Piece] = [" " * indent]
        column = indent
        goal = indent
        for number, (cell, wide) in enumerate(cells):
            shown = self._printable(cell)
            goal += wide
            gap = max(goal - column - columns(shown), 1)
            pieces += [(shown, first if number == 0 else ""), " " * gap]
            column += columns(shown) + gap
        behind = indent + sum(wide for _, wide in cells)
        if column > behind and text:
            self.line(*pieces)
            pieces = [" " * behind]
        start, *rest = self._wrapped(text, self.width - behind) or [""]
        self.line(*pieces, (start, style))
        for part in rest:
            self.line(" " * behind, (part, style))

    def _wrapped(self, text: str, width: int) -> list[str]:
        return wrap(
            self._printable(text),
            max(width, _LEAST_TEXT),
            break_on_hyphens=False,
        )

    def _printable(self, text: str) -> str:
        """Escape what is foreign; blanks at either end, which are ours, stay."""
        middle = text.strip(" ")
        if not middle:
            return text
        shown = safe(middle) if not middle.isprintable() else middle
        encoding = self._console.encoding
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
        left = len(text) - len(text.lstrip(" "))
        right = len(text) - len(text.rstrip(" "))
        return " " * left + shown + " " * right

    # --- signs --------------------------------------------------------------------

    @property
    def arrow(self) -> str:
        """What stands between a class and its superior."""
        return " -> " if self.is_plain else " → "

    def guides(self, last: Sequence[bool]) -> str:
        """Draw the lines before a branch of a tree.

        Args:
            last: For each level but the root, whether no other branch follows there.
        """
        if not last:
            return ""
        through, here, end = (
            ("|   ", "|-- ", "`-- ") if self.is_plain else ("│   ", "├── ", "└── ")
        )
        before = "".join("    " if is_last else through for is_last in last[:-1])
        return before + (end if last[-1] else here)


def dump(value: object) -> None:
    """Print a value as JSON: ASCII alone, so harmless to every terminal."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))


def say(text: str) -> None:
    """Print a remark on standard error."""
    errors_console().print(Text(safe(text)), soft_wrap=True)


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show on standard error that something is going on, where somebody looks."""
    screen = errors_console()
    if not screen.is_terminal:
        yield
        return
    with screen.status(Text(safe(text))):
        yield
