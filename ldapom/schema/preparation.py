"""String preparation for matching (RFC 4518): text to what a rule compares.

1. Steps: map, normalize to form KC, prohibit, drop insignificant characters. Text is
   transcoded from UTF-8; bidirectional characters are ignored, as the RFC says.
2. Bytes that are all ASCII, as most values are, take a path that does the same with
   three calls of `bytes`.
3. The RFC names the characters of Unicode 3.2; marks and normal forms here are those
   of the Python that runs, and characters assigned since are allowed.
4. A space or hyphen that carries a combining mark is no space or hyphen.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias
from unicodedata import category, normalize

#: Which part of a substrings assertion a text is, or the whole value.
Portion: TypeAlias = Literal["whole", "initial", "any", "final"]

_Ranges: TypeAlias = tuple[tuple[int, int], ...]

# RFC 4518 2.2: controls, soft hyphens, joiners and variation selectors.
_TO_NOTHING: Final[_Ranges] = (
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x6DD, 0x6DD),
    (0x70F, 0x70F),
    (0x1806, 0x1806),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2063),
    (0x206A, 0x206F),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFC),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
)
_TO_SPACE: Final[_Ranges] = (
    (0x09, 0x0D),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)


def _every(ranges: _Ranges) -> list[int]:
    return [code for first, last in ranges for code in range(first, last + 1)]


_MAP: Final[dict[int, str | None]] = {
    **dict.fromkeys(_every(_TO_NOTHING)),
    **dict.fromkeys(_every(_TO_SPACE), " "),
}
_ASCII: Final = range(0x80)
_ASCII_NOTHING: Final = bytes(code for code in _every(_TO_NOTHING) if code in _ASCII)
_ASCII_SPACES: Final = b" " + bytes(
    code for code in _every(_TO_SPACE) if code in _ASCII
)
_ASCII_MAP: Final = bytes.maketrans(_ASCII_SPACES, b" " * len(_ASCII_SPACES))

# RFC 4518 2.4: private use, no characters, surrogates, the replacement character.
_PROHIBITED: Final = re.compile(
    "[\ud800-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\U000f0000-\U0010ffff"
    + "".join(
        chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 15)
    )
    + "]"
)

#: RFC 4518 2.6.3, those that form KC leaves: hyphen-minus, Armenian, hyphen, minus.
_HYPHENS: Final = "-\u058a\u2010\u2212"

#: Stands for a space with a mark; no prepared text has a private character.
_MARKED_SPACE: Final = "\ue000"


def prepare(raw: bytes, *, fold: bool) -> str:
    """Map, normalize and check the text of a value; spaces stay as they are.

    Args:
        raw: The value in UTF-8.
        fold: Whether the rule ignores case.

    Raises:
        ValueError: For bytes that are no UTF-8, and for a prohibited character.
    """
    if raw.isascii():
        plain = raw.translate(_ASCII_MAP, _ASCII_NOTHING)
        return (plain.lower() if fold else plain).decode("ascii")
    text = raw.decode().translate(_MAP)
    if fold:
        # Twice, because a normal form can bring back what folds (RFC 3454 B.2).
        text = normalize("NFKC", text.casefold()).casefold()
    text = normalize("NFKC", text)
    found = _PROHIBITED.search(text)
    if found is not None:
        raise ValueError(
            f"character U+{ord(found[0]):04X} is prohibited in text that is compared"
        )
    return text


def _is_mark(character: str) -> bool:
    return category(character).startswith("M")


def _words(text: str) -> list[str]:
    """Split a prepared text at its spaces; one that carries a mark is no space."""
    if text.isascii():
        return text.split()
    at = text.find(" ")
    while at >= 0:
        if at + 1 < len(text) and _is_mark(text[at + 1]):
            text = f"{text[:at]}{_MARKED_SPACE}{text[at + 1 :]}"
        at = text.find(" ", at + 1)
    return [word.replace(_MARKED_SPACE, " ") for word in text.split(" ") if word]


def _without(text: str, characters: str) -> str:
    """Drop these characters wherever they carry no mark."""
    if text.isascii():
        return text.translate(dict.fromkeys(map(ord, characters)))
    followed = zip(text, f"{text[1:]}.", strict=True)
    return "".join(
        character
        for character, following in followed
        if character not in characters or _is_mark(following)
    )


def ignore_case(raw: bytes) -> str:
    """Give the key under which values are equal whatever their case and spacing.

    Where the RFC ends up with single spaces outside and double ones inside, for the
    sake of substrings, the key has none and single ones: the same texts are equal and
    they sort the same.
    """
    if raw.isascii():
        kept = raw.translate(None, _ASCII_NOTHING).lower()
        return b" ".join(kept.split()).decode("ascii")
    return " ".join(_words(prepare(raw, fold=True)))


def exact_case(raw: bytes) -> str:
    """Give the key under which values are equal whatever their spacing."""
    if raw.isascii():
        return b" ".join(raw.translate(None, _ASCII_NOTHING).split()).decode("ascii")
    return " ".join(_words(prepare(raw, fold=False)))


def numeric(raw: bytes) -> str:
    """Give the key of a numeric string: no space counts (RFC 4518 2.6.2)."""
    return _without(prepare(raw, fold=True), " ")


def telephone(raw: bytes) -> str:
    """Give the key of a telephone number: no space or hyphen counts (2.6.3)."""
    return _without(prepare(raw, fold=True), f" {_HYPHENS}")


def spaced(text: str, portion: Portion) -> str:
    """Handle the spaces of a prepared text for substrings matching (2.6.1).

    Args:
        text: What `prepare` gave.
        portion: Which part of the assertion it is; ``whole`` for an attribute value.
    """
    words = _words(text)
    if not words:
        return "  " if portion == "whole" else " "
    before = portion in {"whole", "initial"} or not text.startswith(words[0])
    after = portion in {"whole", "final"} or text[-1:] == " "
    return f"{' ' if before else ''}{'  '.join(words)}{' ' if after else ''}"
