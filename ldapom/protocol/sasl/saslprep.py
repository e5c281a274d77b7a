"""SASLprep (RFC 4013): two spellings of one password become the same octets."""

from __future__ import annotations

import stringprep as tables
from typing import Final
from unicodedata import ucd_3_2_0 as unicode  # the Unicode that RFC 3454 is about

from ldapom._printable import printable

#: RFC 4013 2.3, and what is unassigned (2.5): a stored string has none.
_PROHIBITED: Final = (
    tables.in_table_c12,
    tables.in_table_c21_c22,
    tables.in_table_c3,
    tables.in_table_c4,
    tables.in_table_c5,
    tables.in_table_c6,
    tables.in_table_c7,
    tables.in_table_c8,
    tables.in_table_c9,
    tables.in_table_a1,
)


def saslprep(text: str) -> str:
    """Prepare a user's name or password, as a stored string.

    Raises:
        ValueError: It has a character that no such string has, or mixes the directions
            of writing (RFC 3454 6). The text itself is not shown.
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = "".join(
        " " if tables.in_table_c12(c) else c for c in text if not tables.in_table_b1(c)
    )
    prepared = unicode.normalize("NFKC", mapped)
    for character in prepared:
        if any(prohibited(character) for prohibited in _PROHIBITED):
            raise ValueError(f"SASLprep prohibits {printable(character)!r}")
    _check_directions(prepared)
    return prepared


def _check_directions(text: str) -> None:
    """Keep the rules for text from right to left (RFC 3454 6)."""
    from_right = [tables.in_table_d1(c) for c in text]
    if not any(from_right):
        return
    if any(map(tables.in_table_d2, text)) or not (from_right[0] and from_right[-1]):
        raise ValueError("SASLprep prohibits this mix of directions of writing")
