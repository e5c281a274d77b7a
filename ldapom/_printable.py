"""Foreign text made fit for a terminal: nothing in it is obeyed, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Characters of a list that are shown; who made it may have made it long.
_MOST: Final = 500


def printable(text: str) -> str:
    r"""Escape what a terminal would obey or could not show, as ``\x1b`` or ``\udcff``.

    Control characters, line ends, marks of direction, and the surrogates that stand
    for octets that are no UTF-8: those would stop a ``print``. A backslash stays as
    it is, so the result is for eyes and not to be read back.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


def listed(words: Iterable[str]) -> str:
    """Join foreign words by commas, as far as somebody would read them."""
    text = printable(", ".join(words))
    return text if len(text) <= _MOST else f"{text[:_MOST]}… and more"
