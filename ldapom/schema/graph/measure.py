"""How wide a text is: a small table of character widths, no font file.

The widths are those of a wide sans serif, so that a text fits in any usual one.
"""

from __future__ import annotations

from typing import Final

from ldapom.schema.codegen.text import columns

#: Hundredths of the font size -> the ASCII characters that are about that wide.
_NORMAL: Final = {
    29: "'ijlIJ",
    34: " ,./:;\\|f-",
    41: "()[]t!r",
    53: '"*_`sz?c',
    60: "LFkvxyPTYaoe",
    65: "ESbdghnpqu$0123456789{}KAV",
    73: "BRXZCUHNDG",
    82: "&OQw#+<=>^~M",
    100: "%mW@",
}
_BOLD: Final = {
    35: "'ijl IJ/\\|,.",
    43: ":;-f!()[]",
    50: 'tr_`"*',
    60: "?zcs",
    68: "Lvxyakeo",
    74: "EFT$0123456789hnu{}SYbdgpqCPZ",
    83: "BAKRVXUGD#+<=>HN^~",
    92: "OQ&w",
    110: "%@MmW",
}
_WIDEST: Final = 64
_ELLIPSIS: Final = "…"


def _table(groups: dict[int, str]) -> dict[str, int]:
    return {c: width for width, characters in groups.items() for c in characters}


_WIDTHS: Final = {False: _table(_NORMAL), True: _table(_BOLD)}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Tell how wide a text gets.

    Args:
        text: One line.
        size: The font's size in pixels.
        bold: Whether it is written in bold.

    Returns:
        Pixels, seldom too few.
    """
    table = _WIDTHS[bold]
    hundredths = sum(table[c] if c in table else _WIDEST * columns(c) + 8 for c in text)
    return hundredths * size / 100


def fitted(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """Cut a text so that it is no wider than `most` pixels; the cut shows."""
    if width(text[:500], size, bold=bold) <= most and len(text) <= 500:  # noqa: PLR2004  # nothing longer fits anywhere
        return text
    left = most - width(_ELLIPSIS, size, bold=bold)
    kept: list[str] = []
    for character in text:
        left -= width(character, size, bold=bold)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + _ELLIPSIS
