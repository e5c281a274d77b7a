"""Mend the text of a definition that does not read as it stands.

Rules:

1. Nothing is mended in a text that reads without a doubt; a mended text counts only
   if it reads better than the text itself.
2. Each repair undoes one habit of servers and of people who write schemas by hand.
   Strings between single quotes are never touched, but for the quotes themselves.
3. What is missing is not made up: a text that was cut off stays a problem.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYWORD = (
    r"(?:NAME|DESC|OBSOLETE|SUP|EQUALITY|ORDERING|SUBSTR(?:INGS)?|SYNTAX|SINGLE-VALUE"
    r"|COLLECTIVE|NO-USER-MODIFICATION|USAGE|ABSTRACT|STRUCTURAL|AUXILIARY|MUST|MAY"
    r"|APPLIES|FORM|OC|AUX|NOT)"
)
_NAME = rf"(?!{_KEYWORD}\b|X-)[\w.;-]++"
_STRING = r"'[^']*+'"
#: Longer texts are nobody's slip of the pen. Within one, what is looked for has a
#: bound of its own, so that no text takes more time than its length deserves.
_LONGEST: Final = 65_536
#: A value in quotes of another kind: what must stand in front of it to be one.
_OTHER_QUOTES: Final = re.compile(
    rf"(?:{_KEYWORD}|[Xx]-[\w-]++)\s*+(?:\(\s*+)?[\"\u2018\u201c]"
)


def is_doubtful(text: str) -> bool:
    """Whether a text may read, and not as it was meant: its quotes are other ones."""
    odd = '"' in text or "\u2018" in text or "\u201c" in text
    return odd and _OTHER_QUOTES.search(text) is not None


def mended(text: str) -> str:
    """Undo all habits that are known here.

    Args:
        text: A definition that does not read as it stands.

    Returns:
        What was probably meant; the same text where nothing is known to be wrong.
    """
    if len(text) > _LONGEST:
        return text
    for repair in _REPAIRS:
        text = repair(text)
    return text


def _outside(
    pattern: str, replacement: str | Callable[[re.Match[str]], str]
) -> Callable[[str], str]:
    """Make a repair of what stands outside of strings."""
    found = re.compile(rf"(?P<string>{_STRING})|{pattern}", re.DOTALL)

    def replace(match: re.Match[str]) -> str:
        if match["string"] is not None:
            return match[0]
        return replacement if isinstance(replacement, str) else replacement(match)

    return lambda text: found.sub(replace, text)


def _quoted(match: re.Match[str]) -> str:
    """Put single quotes around what one of the groups holds."""
    inner = next(text for text in match.groups()[1:] if text is not None)
    return "'" + inner.strip().replace("'", r"\27") + "'"


def _described(match: re.Match[str]) -> str:
    return f"{match['desc']} {_quoted_text(match['words'])} "


def _quoted_text(text: str) -> str:
    return "'" + text.strip().replace("'", r"\27") + "'"


def _without_comments(text: str) -> str:
    """Leave lines out that are comments, and a comment behind the definition."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    return _BEHIND.sub(")", "\n".join(lines))


_BEHIND: Final = re.compile(r"\)[ \t]*+#[^'\n]{0,400}+\s*+\Z")
_LABEL: Final = re.compile(r"\A\s*+[A-Za-z]++\s*+(?:[:=]\s*+)?+(?=\()")

#: In this order: first what quotes are, then what stands between them.
_REPAIRS: Final[tuple[Callable[[str], str], ...]] = (
    _without_comments,
    # A comment behind some clause.
    _outside(r"(?<=[\s$])#[^\n]*+(?P<end>\n?)", lambda m: m["end"] or m[0]),
    # ``attributetype ( … )`` and ``attributeTypes: ( … )`` as one value.
    lambda text: _LABEL.sub("", text),
    # Quotes of word processors, and double ones.
    _outside(
        "\u2018([^\u2019]{0,400}+)\u2019|\u201c([^\u201d]{0,400}+)\u201d", _quoted
    ),
    _outside(r'"([^"]*+)"', _quoted),
    # SQL's way to write an apostrophe.
    lambda text: re.sub(r"(?<=\w)''(?=\w)", r"\\27", text),
    # Lines that were folded and lost the blank between them: ``1.2NAME 'a'``.
    _outside(
        rf"(?:(?<=[a-z0-9])|(?<=STRUCTURAL)|(?<=ABSTRACT)|(?<=AUXILIARY)|(?<=-VALUE))"
        rf"(?={_KEYWORD}[\s('](?!\s*+[$)])|X-[A-Z])",
        " ",
    ),
    # ``{ 64 }``
    _outside(r"\{\s*+(?P<bound>[0-9]++)\s*+\}", lambda m: f"{{{m['bound']}}}"),
    # A description without quotes.
    _outside(
        rf"(?P<desc>\bDESC)\s++(?P<words>[^'\"\s()][^'()]{{0,400}}?)\s++"
        rf"(?=(?:{_KEYWORD}|[Xx]-[\w-]++)(?:[\s()']|\Z)|\)\s*+\Z)",
        _described,
    ),
    # A list without parentheses.
    _outside(
        rf"\b(?P<list>MUST|MAY|AUX|NOT|APPLIES)\s++(?P<names>{_NAME}(?:[\s,]++{_NAME})++)"
        r"(?=\s*+(?:\)|\Z|[A-Z]))",
        lambda m: f"{m['list']} ( {m['names']} )",
    ),
    # A keyword whose value was left out.
    _outside(
        r"\b(?:EQUALITY|ORDERING|SUBSTR(?:INGS)?|SUP|DESC|USAGE)\s++"
        rf"(?={_KEYWORD}(?:[\s()']|\Z)|X-)",
        "",
    ),
    # ``SINGLE-VALUE TRUE``, and the same with FALSE, which is as good as nothing.
    _outside(
        r"\b(?P<flag>SINGLE-VALUE|COLLECTIVE|NO-USER-MODIFICATION|OBSOLETE)\s++"
        r"(?P<value>TRUE|FALSE|true|false)\b",
        lambda m: m["flag"] if m["value"].upper() == "TRUE" else "",
    ),
    # One closing parenthesis too many.
    lambda text: re.sub(r"\)\s*\)\s*\Z", ")", text) if _is_overfull(text) else text,
)


def _is_overfull(text: str) -> bool:
    bare = re.sub(_STRING, "", text)
    return bare.count(")") == bare.count("(") + 1
