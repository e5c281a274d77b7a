r"""Read the values of clauses, and write them again.

1. Readers take the tokens, an index and a list for notes; they give the value and the
   index behind it. They are generous: quoted or bare, one or a list, with or
   without ``$``.
2. Writers give canonical RFC 4512 text with a blank before it, or nothing at all for
   a value that is the default.
3. ``\27`` and ``\5C`` are the only escapes; any other backslash stands for itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ldapom.schema.tokens import Stop, brief, is_swallowing

if TYPE_CHECKING:
    from collections.abc import Mapping

_ESCAPE = re.compile(r"\\(27|5[Cc])")
# Quotes of other kinds would be mended when it is read again.
_PLAIN = re.compile(r"[^\s()$'\"\u2018\u201c]+")

_ODD = re.compile(r"[()$',]")
_BOUNDED = re.compile(r"[^{}]+\{[0-9]+\}")
#: Reasons and token indexes of what was left out.
Notes = list[tuple[str, int]]


def text_of(token: str) -> str:
    """Give the value of one token: a string without quotes and escapes, or a word."""
    if token[0] != "'":
        return token
    raw = token[1:-1]
    if "\\" not in raw:
        return raw
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), raw)


def read_values(tokens: list[str], at: int) -> tuple[tuple[str, ...], int]:
    """Read one value, or several in parentheses, with or without ``$`` between."""
    token = tokens[at]
    if token != "(":
        value = _single(tokens, at)
        at += 1
        more: list[str] = []
        while tokens[at] == "$":  # a list whose parentheses were forgotten
            more.append(_single(tokens, at + 1))
            at += 2
        return (value, *more), at
    values: list[str] = []
    at += 1
    while (token := tokens[at]) != ")":
        if token not in ("$", ","):
            values.append(_single(tokens, at))
        at += 1
    return tuple(values), at + 1


def _single(tokens: list[str], at: int) -> str:
    """Read the one token at this place as a value."""
    token = tokens[at]
    if not token:
        raise Stop("the closing parenthesis is missing", at)
    if token == "'":
        raise Stop("a quote is opened and never closed", at)
    if token in ("(", ")", "$"):
        raise Stop(f"a value is expected, not {token!r}", at)
    return text_of(token)


def read_text(tokens: list[str], at: int, notes: Notes) -> tuple[str, int]:
    """Read a qdstring; one in parentheses is taken too."""
    token = tokens[at]
    if token[:1] == "'" and len(token) > 1 and tokens[at + 1] != "$":  # nearly all
        if is_swallowing(token):
            notes.append(("a quote is missing: there is a clause within a string", at))
        return text_of(token), at + 1
    values, after = read_values(tokens, at)
    if len(values) != 1:
        raise Stop(f"one value is expected, not {len(values)}", at)
    return values[0], after


def read_oid(tokens: list[str], at: int, notes: Notes) -> tuple[str | None, int]:
    """Read a name or OID, quoted or not; an empty string is none."""
    token = tokens[at]
    if token and token[0] not in "'()$" and tokens[at + 1][:1] not in ("$", "{"):
        return token, at + 1  # nearly all
    value, after = read_text(tokens, at, notes)
    if tokens[after][:1] == "{":  # a length bound that stands apart
        value, after = value + tokens[after], after + 1
    return value.strip() or None, after


def read_bounded(tokens: list[str], at: int, notes: Notes) -> tuple[str | None, int]:
    """Read an OID with or without ``{length}``; a length that is none is left out."""
    value, after = read_oid(tokens, at, notes)
    if value is None or "{" not in value or _BOUNDED.fullmatch(value):
        return value, after
    oid, _, bound = value.partition("{")
    notes.append((f"{brief('{' + bound)} is no length", at))
    return oid or None, after


def read_oids(tokens: list[str], at: int, notes: Notes) -> tuple[tuple[str, ...], int]:
    """Read names or OIDs; empty strings and repetitions are left out."""
    if tokens[at] == "(":  # nearly all: words with $ between
        try:
            end = tokens.index(")", at)
        except ValueError:
            raise Stop("the closing parenthesis is missing", len(tokens) - 1) from None
        words = tokens[at + 1 : end : 2]
        if not _ODD.search("".join(words)):
            dollars = tokens[at + 2 : end : 2]
            if dollars.count("$") == len(dollars) == len(words) - 1:
                return tuple(dict.fromkeys(words)), end + 1
    values, after = read_values(tokens, at)
    # Some write commas for dollars; no name and no OID has one.
    stripped = [part.strip() for value in values for part in value.split(",")]
    check_names(tokens, (at, after), notes)
    return tuple(dict.fromkeys(filter(None, stripped))), after


def check_names(tokens: list[str], span: tuple[int, int], notes: Notes) -> None:
    """Note the names that have a quote within: there is one missing, or too many."""
    for at in range(*span):
        token = tokens[at]
        if "'" in (token[1:-1] if token[0] == "'" else token):
            notes.append((f"{brief(token)} is no name", at))


def read_flag(tokens: list[str], at: int, _: Notes) -> tuple[bool, int]:
    """Read a keyword that has no value."""
    del tokens
    return True, at


def read_numbers(tokens: list[str], at: int, _: Notes) -> tuple[tuple[int, ...], int]:
    """Read rule numbers."""
    values, after = read_values(tokens, at)
    return tuple(dict.fromkeys(number_of(value, at) for value in values)), after


_MAX_DIGITS = 18


def number_of(text: str, at: int) -> int:
    """Read a rule number; `at` is the index of its token."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise Stop(f"{brief(text)} is no rule number", at)
    return int(text)


# --- writing -----------------------------------------------------------------


def quoted(text: str) -> str:
    """Write a qdstring (RFC 4512 4.1)."""
    return "'" + text.replace("\\", "\\5C").replace("'", "\\27") + "'"


def word(text: str) -> str:
    """Write a name or OID: bare, and quoted only where a server's has odd letters."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


def write_text(keyword: str, value: str | None) -> str:
    """Write ``DESC 'text'``."""
    return "" if value is None else f" {keyword} {quoted(value)}"


def write_texts(keyword: str, values: tuple[str, ...]) -> str:
    """Write ``NAME 'cn'`` or ``NAME ( 'cn' 'commonName' )``."""
    if len(values) == 1:
        return f" {keyword} {quoted(values[0])}"
    return f" {keyword} ( {' '.join(map(quoted, values))} )" if values else ""


def write_oid(keyword: str, value: str | None) -> str:
    """Write ``SUP name``."""
    return "" if value is None else f" {keyword} {word(value)}"


def write_oids(keyword: str, values: tuple[str, ...]) -> str:
    """Write ``MUST cn`` or ``MUST ( sn $ cn )``."""
    if len(values) == 1:
        return f" {keyword} {word(values[0])}"
    return f" {keyword} ( {' $ '.join(map(word, values))} )" if values else ""


def write_flag(keyword: str, value: object) -> str:
    """Write ``OBSOLETE``."""
    return f" {keyword}" if value else ""


def write_numbers(keyword: str, values: tuple[int, ...]) -> str:
    """Write ``SUP 1`` or ``SUP ( 1 2 )``."""
    if len(values) == 1:
        return f" {keyword} {values[0]}"
    return f" {keyword} ( {' '.join(map(str, values))} )" if values else ""


def write_extensions(extensions: Mapping[str, tuple[str, ...]]) -> str:
    """Write ``X-ORIGIN 'RFC 4519'``; one without a value keeps its empty list."""
    return "".join(
        write_texts(name, values) or f" {name} ( )"
        for name, values in extensions.items()
    )
