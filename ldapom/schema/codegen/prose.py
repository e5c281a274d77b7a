"""What generated classes say about themselves, as raw paragraphs.

Nothing here is escaped: `render.py` does that to every paragraph alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ldapom.schema import Kind, ObjectClass
from ldapom.schema.codegen.text import LINE_LENGTH, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.schema.codegen.models import Model

_DOCUMENT: Final = re.compile(
    r"(?P<numbers>RFC ?[0-9]+(?:[/,] ?(?:RFC ?)?[0-9]+)*) ?: ?(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_NUMBER: Final = re.compile(r"[0-9]+")
#: More names than that nobody reads, and no longer a text.
_MOST_NAMES: Final = 80
_MOST_TEXT: Final = 1000
#: Characters of a first line: those of a line without indentation and quotes.
_SUMMARY: Final = LINE_LENGTH - 7

_KINDS: Final = {
    Kind.structural: "Structural class",
    Kind.auxiliary: "Auxiliary class",
    Kind.abstract: "Abstract class",
}


def described(text: str) -> str:
    """Make a sentence of what a schema says of a definition.

    OpenLDAP puts the document in front, ``RFC2256: a person``; here it goes behind.

    Args:
        text: A description; may be empty.  Of a very long one the beginning counts.
    """
    if len(text) > _MOST_TEXT:
        text = f"{text[:_MOST_TEXT].rstrip()}…"
    found = _DOCUMENT.fullmatch(text.strip())
    rest = (found["rest"] if found else text).strip()
    first = rest.partition(" ")[0]
    if first.isalpha() and first.islower():
        rest = rest[0].upper() + rest[1:]
    if found:
        documents = " and ".join(f"RFC {n}" for n in _NUMBER.findall(found["numbers"]))
        rest = f"{rest.removesuffix('.')} ({documents})"
    return sentence(rest) if rest else ""


def of_class(
    definition: ObjectClass,
    name: str,
    demanded: Sequence[str],
    allowed: Sequence[str],
) -> tuple[str, ...]:
    """Document a class of the schema.

    Args:
        definition: The class.
        name: Its LDAP name.
        demanded: The Python names of all attributes that it demands.
        allowed: The Python names of the attributes that it allows itself.
    """
    first = described(definition.description or "")
    obsolete = " It is obsolete." if definition.obsolete else ""
    origin = _origin(definition)
    identity = f"{_KINDS[definition.kind]} {name} ({definition.oid}){origin}.{obsolete}"
    lists = (*required(demanded), *optional(allowed))
    return (*([first] if first else []), identity, *lists)


def of_model(model: Model, classes: Sequence[str]) -> tuple[str, ...]:
    """Document a model.

    Args:
        model: The model.
        classes: The LDAP names of its classes, the structural one first.
    """
    with_ = f" with {_listed(classes[1:])}" if classes[1:] else ""
    entry = f"An entry of {classes[0]}{with_}"
    if not model.base:
        return (f"{entry}.",)
    whole = f"{entry} under {model.base}."
    if len(whole) <= _SUMMARY:
        return (whole,)
    return f"{entry}.", f"Entries live under {model.base}."


def required(names: Sequence[str]) -> tuple[str, ...]:
    """Say which attributes are demanded, if any are."""
    return (f"Required: {', '.join(names)}.",) if names else ()


def optional(names: Sequence[str]) -> tuple[str, ...]:
    """Say which attributes are allowed, if any are; a very long list is counted."""
    if len(names) > _MOST_NAMES:
        return (f"Optional: {len(names)} attributes.",)
    return (f"Optional: {', '.join(names)}.",) if names else ()


def _origin(definition: ObjectClass) -> str:
    origin = definition.extensions.get("X-ORIGIN", ())
    named = [text.strip() for text in origin if text.strip()]
    return f" of {_listed(named)}" if named else ""


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
