"""What in a schema does not fit together: reported, never refused.

A schema that holds only a part (one kind alone, a single class) is not blamed for
what may stand elsewhere: ``top`` is always known, and the attribute types of MUST and
MAY are looked for only where the schema has attribute types at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.schema import oids
from ldapom.schema.definitions import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.schema.model import Definition
    from ldapom.schema.registry import Schema

_TOP = frozenset({"top", "2.5.6.0"})


def inconsistencies(schema: Schema) -> Iterator[Problem]:
    """Yield the problems between the definitions of a schema, in its order."""
    yield from _attribute_types(schema)
    yield from _object_classes(schema)
    for rule in schema.dit_content_rules.values():
        yield from _missing(rule, "AUX", rule.aux, schema.object_classes)


def _attribute_types(schema: Schema) -> Iterator[Problem]:
    """Check SUP and SYNTAX of the attribute types."""
    types = schema.attribute_types
    circular = _circular(
        {
            id(d): [id(types[d.sup])] if d.sup and d.sup in types else []
            for d in types.values()
        }
    )
    for definition in types.values():
        if id(definition) in circular:
            yield _problem(definition, "SUP leads into a circle")
        if definition.sup is not None:
            yield from _missing(definition, "SUP", [definition.sup], types)
        elif definition.syntax is None:
            yield _problem(definition, "there is neither SUP nor SYNTAX")
        syntax = definition.syntax
        known = syntax is None or syntax in schema.ldap_syntaxes or oids.find(syntax)
        if not known and schema.ldap_syntaxes:
            yield _problem(definition, f"SYNTAX {syntax!r} is not defined")


def _object_classes(schema: Schema) -> Iterator[Problem]:
    """Check SUP, MUST and MAY of the object classes."""
    classes = schema.object_classes
    circular = _circular(
        {
            id(d): [id(classes[s]) for s in d.sup if s in classes]
            for d in classes.values()
        }
    )
    for definition in classes.values():
        if id(definition) in circular:
            yield _problem(definition, "SUP leads into a circle")
        sup = [name for name in definition.sup if name.lower() not in _TOP]
        yield from _missing(definition, "SUP", sup, classes)
        if schema.attribute_types:
            types = schema.attribute_types
            yield from _missing(definition, "MUST", definition.must, types)
            yield from _missing(definition, "MAY", definition.may, types)


def _missing(
    definition: Definition,
    clause: str,
    names: Iterable[str],
    known: Mapping[str, Definition],
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield _problem(definition, f"{clause} names {name!r}, which is not defined")


def _problem(definition: Definition, reason: str) -> Problem:
    return Problem(definition.GRAMMAR.attribute, str(definition), reason)


def _circular(superiors: Mapping[int, list[int]]) -> set[int]:
    """Find those whose superiors never end: members of a cycle and all below them.

    Whoever has no superior left is taken away, again and again; linear time.
    """
    left = {node: len(targets) for node, targets in superiors.items()}
    inferiors: dict[int, list[int]] = {node: [] for node in superiors}
    for node, targets in superiors.items():
        for target in targets:
            inferiors[target].append(node)
    ready = [node for node, count in left.items() if not count]
    while ready:
        node = ready.pop()
        del left[node]
        for inferior in inferiors[node]:
            left[inferior] -= 1
            if not left[inferior]:
                ready.append(inferior)
    return set(left)
