"""Foreign text on its way into generated code: escaped, wrapped, never executed.

Rules:

1. Text enters code only as a string literal or inside a docstring, never as a
   comment and never as a name (`names.py` makes those).
2. A docstring shows control and format characters (bidirectional marks among
   them) as visible escapes, so that ``help()`` can not steer a terminal.
3. A literal keeps every character's value; what does not print is escaped.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Columns of a line, as ``ruff format`` counts them.
LINE_LENGTH = 88

_QUOTE_RUN = re.compile(r'"{2,}|^"|"$')


def visible(text: str) -> str:
    """Fold white space, and show what does not print as an escape.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        One line of printable characters.
    """
    folded = " ".join(text.split())
    return "".join(c if c.isprintable() else _escape(c) for c in folded)


def literal(text: str) -> str:
    """Write a text as the Python string literal that ``ruff format`` prefers.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        A literal in double quotes, or in single ones where that needs fewer escapes.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = "".join(_literal_character(c, quote) for c in text)
    return f"{quote}{body}{quote}"


def docstring(paragraphs: Iterable[str], indent: str) -> list[str]:
    """Write paragraphs as the lines of a docstring.

    Args:
        paragraphs: Raw paragraphs; each is made visible, escaped and wrapped.
        indent: The white space before each line.

    Returns:
        The lines, opening and closing quotes included.
    """
    texts = [escaped(visible(text)) for text in paragraphs]
    # One line also has the closing quotes to hold.
    quotes = 3 if len(texts) > 1 else 6
    lines = [wrapped(text, indent, quotes) for text in texts]
    return docstring_of_lines(lines, indent)


def docstring_of_lines(paragraphs: Iterable[list[str]], indent: str) -> list[str]:
    """Write paragraphs whose lines are escaped and wrapped already as a docstring."""
    lines: list[str] = []
    for paragraph in filter(None, paragraphs):
        lines += ["", *paragraph] if lines else paragraph
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    body = [f"{indent}{line}" if line else "" for line in lines[1:]]
    return [f'{indent}"""{lines[0]}', *body, f'{indent}"""']


def escaped(text: str) -> str:
    """Escape visible text for the inside of a triple-quoted string.

    Args:
        text: One line, as `visible` gives it.

    Returns:
        Text that can neither end the string nor start an escape in it.
    """
    doubled = text.replace("\\", "\\\\")
    return _QUOTE_RUN.sub(lambda run: '\\"' * len(run[0]), doubled)


def wrapped(text: str, indent: str, quotes: int = 3) -> list[str]:
    """Wrap escaped text into the lines of a docstring paragraph.

    Args:
        text: One line; only its spaces may become line ends.
        indent: The white space that will stand before each line.
        quotes: The columns that quotes take from the first line, and so from all.
    """
    width = LINE_LENGTH - len(indent) - quotes
    return textwrap.wrap(
        text, width=width, break_long_words=False, break_on_hyphens=False
    )


def sentence(text: str) -> str:
    """End a text with a full stop unless it ends with a mark of its own."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?", ":")) else f"{stripped}."


def columns(line: str) -> int:
    """Count the columns of a line: wide characters take two, combining ones none."""
    if line.isascii():
        return len(line)
    return sum(_character_columns(c) for c in line)


def _character_columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _literal_character(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    return character if character.isprintable() else _escape(character)
