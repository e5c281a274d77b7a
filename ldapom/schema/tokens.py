"""Split the text of a definition into tokens, by offsets and in linear time.

1. Blanks of any sort separate tokens and are not needed around ``( ) $ '``.
2. A quote ends a string only where a definition can go on behind it, so a forgotten
   escape (``DESC 'End-User's zone'``) stays inside the string.
3. Where no quote of the rest of a text is such an end, the next one ends the string.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ldapom.errors import SchemaError

_SHOWN = 120
#: Tokens that are no value. The empty one stands behind the last.
NO_VALUE = frozenset({"", "(", ")", "$", "'"})


class DefinitionError(SchemaError):
    """A text that is no definition.

    Attributes:
        reason: What is wrong.
        text: The whole definition.
        position: Where, counted in characters from the start of the text.
    """

    def __init__(self, reason: str, text: str, position: int) -> None:
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        super().__init__(f"{reason} at position {position} of {shown!r}")
        self.reason = reason
        self.text = text
        self.position = position

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.text, self.position)


class Note(NamedTuple):
    """A corner of a definition that was left out, and why."""

    reason: str
    position: int


class Stop(Exception):  # never leaves `parse`, which tells where it is
    """The definition can not be read from the token at this index on."""

    def __init__(self, reason: str, index: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index


def decode(text: str | bytes) -> str:
    """Give the text of a definition: UTF-8, or Latin-1 where it is not UTF-8.

    Surrogates that stand alone, as they stand for octets in text that was read with
    ``surrogateescape``, are taken for these octets: a schema can always be written.
    """
    if isinstance(text, str):
        if text.isascii():
            return text
        octets = _octets(text)
        if octets is None:
            return text
        text = octets
    try:
        return str(text, "utf-8")
    except UnicodeDecodeError:
        return str(text, "latin-1")


def _octets(text: str) -> bytes | None:
    """Give what a text with lone surrogates is in octets; None for other text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        try:
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return text.encode("utf-8", "surrogatepass")
    return None


# What may stand behind a closing quote, beside ``)``, ``$`` and the end. A lower
# case keyword is also an English word ("the users' name"), so it needs its shape.
_UPPER = (
    r"(?:NAME|DESC|OBSOLETE|SUP|EQUALITY|ORDERING|SUBSTR(?:INGS)?|SYNTAX|SINGLE-VALUE"
    r"|COLLECTIVE|NO-USER-MODIFICATION|USAGE|ABSTRACT|STRUCTURAL|AUXILIARY|MUST|MAY"
    r"|APPLIES|FORM|OC|AUX|NOT)(?=[\s()'])|[Xx]-"
)
_LOWER = (
    r"(?i:NAME\s*+(?:\(|'[\w.:-])|DESC\s*+'|SYNTAX\s++'?[0-9]"
    r"|(?:OBSOLETE|SINGLE-VALUE|COLLECTIVE|NO-USER-MODIFICATION|ABSTRACT|STRUCTURAL"
    r"|AUXILIARY)\s*+(?:\)|(?:NAME|DESC|SUP|MUST|MAY|EQUALITY|ORDERING|SUBSTR(?:INGS)?|SYNTAX"
    r"|SINGLE-VALUE|COLLECTIVE|NO-USER-MODIFICATION|USAGE)\s)"
    r"|(?:EQUALITY|ORDERING|SUBSTR(?:INGS)?|USAGE)\s++[\w.]+(?=[\s)])"
    r"|(?:SUP|MUST|MAY|NOT|AUX|APPLIES|FORM|OC)(?:\s*+\(|\s++[\w.;-]++\s*+(?:\)"
    r"|(?:SUP|MUST|MAY|NOT|AUX|STRUCTURAL|AUXILIARY|ABSTRACT|EQUALITY|ORDERING|SUBSTR(?:INGS)?"
    r"|SYNTAX|SINGLE-VALUE|COLLECTIVE|USAGE|NO-USER-MODIFICATION)\s)))"
)
_TOKEN = re.compile(rf"[^\s()$']++|[()$]|'[^']*+'(?=\s*+(?:[)$'{{]|\Z|{_UPPER}))|'")
_ROUGH_TOKEN = re.compile(r"[()$']|[^\s()$']++")
# The same question asked with care, outside of a list and inside of one.
_BEHIND = rf"\s*+(?:\)\s*+\Z|\Z|\$|\{{[0-9]|{_UPPER}|{_LOWER})"
_BEHIND_IN_LIST = rf"\s*+(?:\$|'|,\s*+'|\Z|\)\s*+(?:\)|\Z|{_UPPER}|{_LOWER}))"
#: A clause within a string: its quote was closed too late.
_SWALLOWED = rf"[\s'](?:{_LOWER}|X-[\w-]++\s*+[('])"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile what few texts need; each takes as long as a hundred definitions."""
    return re.compile(pattern)


def is_swallowing(token: str) -> bool:
    """Whether a string has apostrophes, and between them what looks like a clause.

    So does one that was not closed where it should be: it ends with another string.
    """
    return token.count("'") > 2 and _compiled(_SWALLOWED).search(token, 1) is not None  # noqa: PLR2004  # the string's own


def _spans(text: str) -> list[tuple[int, int]]:
    """Find the tokens where a quote stands that may or may not end its string."""
    spans: list[tuple[int, int]] = []
    position, depth, sure = 0, 0, True
    while (match := _ROUGH_TOKEN.search(text, position)) is not None:
        start, position = match.span()
        token = text[start]
        if token == "'":
            end = _closing(text, position, in_list=depth > 1) if sure else -1
            # No quote from here on ends a string by rule 3: the next one does.
            sure = sure and end >= 0
            end = end if end >= 0 else text.find("'", position)
            position = end + 1 if end >= 0 else position
        depth += (token == "(") - (token == ")")
        spans.append((start, position))
    return spans


def _closing(text: str, position: int, *, in_list: bool) -> int:
    """Give the index of the quote that ends the string, or -1."""
    behind = _compiled(_BEHIND_IN_LIST if in_list else _BEHIND)
    quote = text.find("'", position)
    while quote >= 0 and behind.match(text, quote + 1) is None:
        quote = text.find("'", quote + 1)
    return quote


def tokenize(text: str) -> list[str]:
    """Split a definition into its tokens; a string keeps its quotes.

    Returns:
        The tokens, with one empty string behind the last.
    """
    tokens: list[str] = _TOKEN.findall(text)
    if "'" in tokens:
        tokens = [text[start:end] for start, end in _spans(text)]
    tokens.append("")
    return tokens


def positions(text: str) -> list[int]:
    """Say where each token starts; asked for only when something is wrong."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    if any(end - start == 1 and text[start] == "'" for start, end in spans):
        spans = _spans(text)
    return [*(start for start, _ in spans), len(text)]


def brief(token: str) -> str:
    """Show a token, shortened, for a message."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "…")
