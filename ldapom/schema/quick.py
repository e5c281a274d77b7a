r"""Read a definition that is written as RFC 4512 says in one match: most of them are.

1. What does not match is left to `ldapom.schema.parse`, which alone judges texts. What
   matches means the same there: the tests compare both.
2. A kind has one group for each of its clauses, which may come in any order and each
   once, behind them extensions. A string ends at the next quote.
3. Nothing is matched twice, so the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ldapom.schema.caseless import Caseless
from ldapom.schema.clauses import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Extensions: TypeAlias = Caseless[tuple[str, ...]]
NO_EXTENSIONS: Final[Extensions] = Caseless()

#: Letters of a bare word that are nothing else to the tokenizer, nor to any reader.
_WORD = r"[\w.;:-]++"
_OID = rf"{_WORD}|'{_WORD}'"
#: RFC 4512 1.4, or a word that stands for an OID.
_IDENTIFIER = r"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))++|[A-Za-z][A-Za-z0-9_.:-]*+"
_EXTENSION = r"\s++X-[\w-]++\s++(?:'[^']*+'|\(\s*+(?:'[^']*+'\s*+)*+\))"
_PARTS = re.compile(r"X-[\w-]++|'[^']*+'")
#: Longer extensions are not kept: a schema can have no more of them than it is long.
_LONGEST: Final = 256


#: What `Quick.match` gives: texts, None for a clause that is not there.
Groups: TypeAlias = tuple[str | Any, ...]


class Form(NamedTuple):
    """How the value of a clause is mostly written, and what is made of that.

    Attributes:
        pattern: A regular expression without groups; empty for a keyword alone.
        take: Makes the value of what it has matched.
    """

    pattern: str
    take: Callable[[str], Any]


def _bare(raw: str) -> str:
    return raw[1:-1] if raw[0] == "'" else raw


def _names(raw: str) -> tuple[str, ...]:
    if raw[0] == "'":
        return (raw[1:-1],)
    return tuple(dict.fromkeys(raw.split("'")[1::2]))


def _words(raw: str) -> tuple[str, ...]:
    if raw[0] != "(":
        return (raw,)
    return tuple(dict.fromkeys("".join(raw[1:-1].split()).split("$")))


NAMES = Form(rf"'{_WORD}'|\(\s*+(?:'{_WORD}'\s*+)++\)", _names)
TEXT = Form("'[^']*+'", text_of)
OID = Form(_OID, _bare)
BOUNDED = Form(rf"{_WORD}(?:\{{[0-9]++\}})?+|'{_WORD}(?:\{{[0-9]++\}})?+'", _bare)
OIDS = Form(
    rf"{_WORD}|\(\s*+{_WORD}\s*+(?:\$\s*+{_WORD}\s*+)*+\)",
    _words,
)


class Quick:
    """The match of one kind of definition; made when it is first needed.

    Args:
        clauses: Keyword, field and form of each clause that is matched.
        required: The fields that must be there.
    """

    __slots__ = ("_clauses", "_match", "_required")

    def __init__(
        self, clauses: Iterable[tuple[str, str, Form]], required: Iterable[str]
    ) -> None:
        self._clauses = tuple(clauses)
        fields = [field for _, field, _ in self._clauses]
        self._required = tuple(1 + fields.index(field) for field in required)
        self._match: Callable[[str], re.Match[str] | None] | None = None

    def match(self, text: str) -> Groups | None:
        """Match a definition; None where it has to be read with care.

        Args:
            text: The definition.

        Returns:
            The identifier, the value of each clause or None, and all extensions; each
            as it is written, and known to be right.
        """
        match = (self._match or self._compiled())(text)
        if match is None or may_be_doubtful(text):
            return None
        groups = match.groups()
        for needed in self._required:
            if groups[needed] is None:
                return None
        tail = groups[-1]
        if tail.count("X-") > 1 and extensions_of(tail) is None:
            return None
        return groups

    def fields(self, groups: Groups) -> dict[str, Any]:
        """The fields that are there, from what `match` has given."""
        found = {
            field: form.take(raw)
            for (_, field, form), raw in zip(self._clauses, groups[1:-1], strict=True)
            if raw is not None
        }
        if groups[-1]:
            found["extensions"] = extensions_of(groups[-1])
        return found

    def _compiled(self) -> Callable[[str], re.Match[str] | None]:
        fields = [field for _, field, _ in self._clauses]
        parts = []
        for keyword, field, form in self._clauses:
            # Not where a clause of the same field has been.
            once = "".join(
                rf"(?({other})(?!))"
                for other, each in enumerate(fields, start=2)
                if each == field
            )
            blank = r"\s++" if form.pattern else ""
            parts.append(f"{keyword}{once}{blank}({form.pattern})")
        # A keyword in the place of the identifier is none.
        keywords = "|".join(keyword for keyword, _, _ in self._clauses)
        self._match = re.compile(
            rf"\s*+\(\s*+(?!(?i:{keywords}|SUBSTRINGS)[\s)])({_IDENTIFIER})"
            rf"(?:\s++(?:{'|'.join(parts)}))*"
            rf"((?:{_EXTENSION})*)\s*+\)\s*+"
        ).fullmatch
        return self._match


def may_be_doubtful(text: str) -> bool:
    """Whether quotes of other kinds stand in a text; `repair` says what they mean."""
    return '"' in text or "\u2018" in text or "\u201c" in text


def extensions_of(tail: str) -> Extensions | None:
    """Read all extensions; None where one stands there twice."""
    return _known(tail) if len(tail) <= _LONGEST else _extensions(tail)


def _extensions(tail: str) -> Extensions | None:
    """Read extensions; None where one stands there twice."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for token in _PARTS.findall(tail):
        if token[0] == "'":
            values.append(text_of(token))
            continue
        name = token.upper()
        if name in found:
            return None
        values = found[name] = []
    return Caseless({name: tuple(values) for name, values in found.items()})


#: A schema says of most of its definitions the same.
_known = lru_cache(maxsize=1024)(_extensions)
