"""What generated classes say about themselves, as raw paragraphs.

Nothing here is escaped: `render.py` does that to every paragraph alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.schema import Kind, ObjectClass
from ldapom.schema.codegen.text import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.schema.codegen.models import Model

_KINDS = {
    Kind.structural: "Structural class",
    Kind.auxiliary: "Auxiliary class",
    Kind.abstract: "Abstract class",
}


def of_class(
    definition: ObjectClass, name: str, demanded: Sequence[str]
) -> tuple[str, ...]:
    """Document a class of the schema.

    Args:
        definition: The class.
        name: Its LDAP name.
        demanded: The Python names of all attributes that it demands.
    """
    first = (definition.description or "").strip()
    obsolete = " It is obsolete." if definition.obsolete else ""
    origin = _origin(definition)
    identity = f"{_KINDS[definition.kind]} {name} ({definition.oid}){origin}.{obsolete}"
    return (*([sentence(first)] if first else []), identity, *required(demanded))


def of_model(model: Model, classes: Sequence[str]) -> tuple[str, ...]:
    """Document a model.

    Args:
        model: The model.
        classes: The LDAP names of its classes, the structural one first.
    """
    with_ = f" with {_listed(classes[1:])}" if classes[1:] else ""
    where = f" under {model.base}" if model.base else ""
    return (f"An entry of {classes[0]}{with_}{where}.",)


def required(names: Sequence[str]) -> tuple[str, ...]:
    """Say which attributes are demanded, if any are."""
    return (f"Required: {', '.join(names)}.",) if names else ()


def _origin(definition: ObjectClass) -> str:
    origin = definition.extensions.get("X-ORIGIN", ())
    named = [text.strip() for text in origin if text.strip()]
    return f" of {_listed(named)}" if named else ""


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
