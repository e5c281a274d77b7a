"""The schema entries of Apache Directory, said in the terms of RFC 4512.

ApacheDS keeps an entry per definition below ``ou=schema``, each of a class such as
``metaAttributeType``, with a clause in each attribute; exports of that tree are how its
schemas are handed on. Each entry becomes the text of an ordinary definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from ldapom.schema.clauses import quoted, word
from ldapom.schema.tokens import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

#: From the name of an attribute to its clause and what writes the values; a clause
#: without a writer is a flag, there where the value is TRUE.
_Clauses: TypeAlias = Mapping[str, tuple[str, Callable[[list[str]], str] | None]]


def _word(values: list[str]) -> str:
    return word(values[0])


def _words(values: list[str]) -> str:
    return f"( {' $ '.join(map(word, values))} )"


def _strings(values: list[str]) -> str:
    return f"( {' '.join(map(quoted, values))} )"


def _text(values: list[str]) -> str:
    return quoted(values[0])


_COMMON: Final[_Clauses] = {
    "m-name": ("NAME", _strings),
    "m-description": ("DESC", _text),
    "m-obsolete": ("OBSOLETE", None),
}
_ATTRIBUTE: Final[_Clauses] = {
    **_COMMON,
    "m-supattributetype": ("SUP", _word),
    "m-equality": ("EQUALITY", _word),
    "m-ordering": ("ORDERING", _word),
    "m-substr": ("SUBSTR", _word),
    "m-syntax": ("SYNTAX", _word),
    "m-singlevalue": ("SINGLE-VALUE", None),
    "m-collective": ("COLLECTIVE", None),
    "m-nousermodification": ("NO-USER-MODIFICATION", None),
    "m-usage": ("USAGE", _word),
}
_CLASS: Final[_Clauses] = {
    **_COMMON,
    "m-supobjectclass": ("SUP", _words),
    "m-typeobjectclass": ("", _word),
    "m-must": ("MUST", _words),
    "m-may": ("MAY", _words),
}
_RULE: Final[_Clauses] = {
    **_COMMON,
    "m-syntax": ("SYNTAX", _word),
    "m-matchingrulesyntax": ("SYNTAX", _word),
}

#: Its classes that this reads: the field of a `Schema`, and the clauses.
_KINDS: Final = {
    "metaattributetype": ("attribute_types", _ATTRIBUTE),
    "metaobjectclass": ("object_classes", _CLASS),
    "metamatchingrule": ("matching_rules", _RULE),
    "metasyntax": ("ldap_syntaxes", _COMMON),
}


def definition(
    attributes: Iterable[tuple[str, Iterable[str | bytes]]],
) -> tuple[str, str] | None:
    """Write the definition that an entry stands for.

    Args:
        attributes: What the entry holds; names in any case.

    Returns:
        The field of a `Schema` it belongs to, and its RFC 4512 text; None where the
        entry is no definition.
    """
    entry: dict[str, list[str]] = {}
    for name, values in attributes:
        texts = [text for value in values if (text := decode(value).strip())]
        entry.setdefault(name.lower(), []).extend(texts)
    oid = entry.get("m-oid")
    for each in entry.get("objectclass", ()):
        kind = _KINDS.get(each.lower())
        if kind is not None and oid:
            field, clauses = kind
            parts = (_clause(entry, name, clauses) for name in clauses)
            return field, " ".join(["(", word(oid[0]), *filter(None, parts), ")"])
    return None


def _clause(entry: Mapping[str, list[str]], name: str, clauses: _Clauses) -> str:
    keyword, write = clauses[name]
    values = entry.get(name)
    if not values:
        return ""
    if write is None:
        return keyword if values[0].upper() == "TRUE" else ""
    length = entry.get("m-length", ["0"])[0]
    is_bounded = name == "m-syntax" and length.isdecimal() and int(length)
    return f"{keyword} {write(values)}{f'{{{length}}}' if is_bounded else ''}".strip()
