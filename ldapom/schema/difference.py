"""What differs between two schemas: as data, and as text for people.

1. Definitions of one kind belong together by OID, else by a name.
2. Lists of names are compared as sets of definitions: order, case, and whether a
   class says ``cn`` or ``2.5.4.3`` make no difference.
3. The order of a definition's own names does count: the first is what it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from attrs import frozen

from ldapom._printable import printable
from ldapom.schema.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.schema.definitions import Definitions
    from ldapom.schema.model import Definition
    from ldapom.schema.registry import Schema

#: Which kind a field's names are of.
_NAMES_OF: Mapping[str, str] = {
    "must": "attribute_types",
    "may": "attribute_types",
    "precluded": "attribute_types",
    "applies": "attribute_types",
    "aux": "object_classes",
    "structural_class": "object_classes",
    "form": "name_forms",
    "equality": "matching_rules",
    "ordering": "matching_rules",
    "substr": "matching_rules",
}
#: Those whose ``sup`` names others of their own kind.
_OWN_KIND = frozenset({"attribute_types", "object_classes"})


@frozen
class FieldChange:
    """One field that differs.

    Attributes:
        name: The field, such as ``may``; of extensions the clause, ``X-ORIGIN``.
        old: What the first schema says; None where it says nothing.
        new: What the second one says.
    """

    name: str
    old: object
    new: object

    def __str__(self) -> str:
        if isinstance(self.old, tuple) and isinstance(self.new, tuple):
            added = [f"+{item}" for item in self.new if item not in self.old]
            removed = [f"-{item}" for item in self.old if item not in self.new]
            if added or removed:
                return printable(f"{self.name}: {' '.join([*removed, *added])}")
        return printable(f"{self.name}: {_shown(self.old)} -> {_shown(self.new)}")


@frozen
class DefinitionChange:
    """A definition that both schemas have, and where they differ on it."""

    old: Definition
    new: Definition
    fields: tuple[FieldChange, ...]


@frozen(str=False)
class SchemaDiff:
    """The steps from one schema to another; false where there are none.

    Attributes:
        added: The definitions that only the second schema has.
        removed: Those that only the first one has.
        changed: Those that both have, with the fields that differ.
    """

    added: tuple[Definition, ...] = ()
    removed: tuple[Definition, ...] = ()
    changed: tuple[DefinitionChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        """Write all for people: a line per definition, one per field below it."""
        return "\n".join(self._lines()) or "no difference"

    def _lines(self) -> Iterator[str]:
        for kind in KINDS.values():
            rows = [
                *(("-", one, ()) for one in self.removed if type(one) is kind),
                *(("+", one, ()) for one in self.added if type(one) is kind),
                *(("~", c.new, c.fields) for c in self.changed if type(c.new) is kind),
            ]
            if rows:
                yield f"{kind.GRAMMAR.attribute}:"
            for sign, definition, fields in sorted(rows, key=_by_name):
                yield f"  {sign} {_called(definition)}"
                yield from (f"      {change}" for change in fields)


def difference(old: Schema, new: Schema) -> SchemaDiff:
    """Compare two schemas.

    Args:
        old: The first one.
        new: The second one.

    Returns:
        What to add to the first one, take away from it and change in it.
    """
    added: list[Definition] = []
    removed: list[Definition] = []
    changed: list[DefinitionChange] = []
    for field in KINDS:
        pairs = _paired(getattr(old, field), getattr(new, field))
        for before, after in pairs:
            if after is None:
                removed.extend([before] if before is not None else ())
            elif before is None:
                added.append(after)
            else:
                fields = tuple(_fields(field, (old, before), (new, after)))
                if fields:
                    changed.append(DefinitionChange(before, after, fields))
    return SchemaDiff(tuple(added), tuple(removed), tuple(changed))


def _paired(
    old: Definitions[Definition], new: Definitions[Definition]
) -> Iterator[tuple[Definition | None, Definition | None]]:
    """Pair definitions: by OID and name, then those left by OID, then by name.

    The OID alone would not do, for some servers give one OID to several types.
    """
    left = {id(one): one for one in new.values()}
    partners: dict[int, Definition] = {}
    for keys in (_oid_and_names, _oid, _names):
        index = {key: one for one in reversed(left.values()) for key in keys(one)}
        for one in old.values():
            if id(one) in partners:
                continue
            found = (index[key] for key in keys(one) if key in index)
            partner = next((other for other in found if id(other) in left), None)
            if partner is not None:
                partners[id(one)] = left.pop(id(partner))
    yield from ((one, partners.get(id(one))) for one in old.values())
    yield from ((None, one) for one in left.values())


def _oid(one: Definition) -> list[str]:
    return [one.identifier.lower()]


def _names(one: Definition) -> list[str]:
    return [name.lower() for name in one.keys[:-1]]


def _oid_and_names(one: Definition) -> list[str]:
    return [f"{one.identifier.lower()} {name}" for name in _names(one)]


def _fields(
    kind: str, old: tuple[Schema, Definition], new: tuple[Schema, Definition]
) -> Iterator[FieldChange]:
    """Find the fields in which two definitions of one kind differ."""
    for field in attrs.fields(type(old[1])):  # type: ignore[arg-type]  # every kind is an attrs class
        name = field.name
        if name.startswith("_"):
            continue
        before, after = getattr(old[1], name), getattr(new[1], name)
        if name == "extensions":
            yield from _extensions(before, after)
        elif before != after:
            known = _NAMES_OF.get(name) or (
                kind if name == "sup" and kind in _OWN_KIND else None
            )
            if known is None:
                yield FieldChange(name, before, after)
            else:
                yield from _named(
                    name,
                    _spelled(old[0], known, before),
                    _spelled(new[0], known, after),
                )


def _extensions(
    old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> Iterator[FieldChange]:
    """Compare the X- clauses of two definitions."""
    names = {name.upper(): None for name in (*old, *new)}
    for name in names:
        before, after = old.get(name), new.get(name)
        if before != after:
            yield FieldChange(name, before, after)


def _named(name: str, old: object, new: object) -> Iterator[FieldChange]:
    """Compare what is spelled alike already; the order of lists does not count."""
    if _folded(old) != _folded(new):
        yield FieldChange(name, old, new)


def _spelled(schema: Schema, kind: str, value: object) -> object:
    """Call each definition by its first name."""
    known: Definitions[Definition] = getattr(schema, kind)
    if isinstance(value, tuple):
        return tuple(known.canonical(name) for name in value)
    return known.canonical(value) if isinstance(value, str) else value


def _folded(value: object) -> object:
    if isinstance(value, tuple):
        return frozenset(str(item).lower() for item in value)
    return value.lower() if isinstance(value, str) else value


def _by_name(row: tuple[str, Definition, Iterable[FieldChange]]) -> tuple[str, str]:
    return row[1].name.lower(), row[0]


def _called(definition: Definition) -> str:
    """Name a definition with its OID."""
    name, oid = definition.name, definition.identifier
    return printable(oid if name == oid else f"{name} ({oid})")


def _shown(value: object) -> str:
    if isinstance(value, str) and not hasattr(value, "name"):
        return repr(value)
    return str(value)
