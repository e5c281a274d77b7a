"""A schema at a glance: its classes as a tree, and what a word is found in.

Nothing recurs, and each class has one place: under the first of its superiors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema.grammar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ldapom.schema.model import Definition, ObjectClass
    from ldapom.schema.registry import Schema


@frozen
class Branch:
    """One class in its place.

    Attributes:
        kind: ``structural``, ``auxiliary`` or ``abstract``.
        must: How many attributes it demands itself.
        may: How many it allows itself.
        last: For each class above it and itself, whether no other follows there.
        also_under: Its other superiors, and those that are not defined.
    """

    name: str
    kind: str
    must: int
    may: int
    last: tuple[bool, ...] = ()
    also_under: tuple[str, ...] = ()
    obsolete: bool = False


@frozen
class Hit:
    """One definition that a word is found in.

    Attributes:
        kind: ``object class``, ``attribute type``, ``matching rule`` or ``syntax``.
        rank: 0 is a name, 1 a name's beginning, 2 a part of a name or the OID,
            3 the description.
    """

    kind: str
    name: str
    oid: str
    description: str
    rank: int


_SEARCHED: Mapping[str, str] = {
    "object_classes": "object class",
    "attribute_types": "attribute type",
    "matching_rules": "matching rule",
    "ldap_syntaxes": "syntax",
}


def tree(schema: Schema) -> tuple[Branch, ...]:
    """Put the classes of a schema into the order of a tree, each once.

    Auxiliary classes that stand below nothing but ``top`` come last, each a root.
    """
    found = _Tree(schema)
    return tuple(found.branches())


class _Tree:
    def __init__(self, schema: Schema) -> None:
        self.classes = schema.object_classes
        self.below: dict[str, list[str]] = {}
        self.parent: dict[str, str] = {}
        for name, definition in self.classes.items():
            above = self._above(name, definition)
            if above is not None:
                self.parent[name] = above
                self.below.setdefault(above, []).append(name)

    def _above(self, name: str, definition: ObjectClass) -> str | None:
        """Choose the superior to stand under; circles are cut."""
        for sup in map(self.classes.canonical, definition.sup):
            is_far = definition.kind is Kind.auxiliary and sup.lower() == "top"
            if sup in self.classes and not is_far and not self._is_above(name, sup):
                return sup
        return None

    def _is_above(self, name: str, start: str) -> bool:
        current: str | None = start
        while current is not None and current != name:
            current = self.parent.get(current)
        return current is not None

    def branches(self) -> Iterator[Branch]:
        roots = [name for name in self.classes if name not in self.parent]
        roots.sort(key=self._order)
        todo: list[tuple[str, tuple[bool, ...]]] = [(n, ()) for n in reversed(roots)]
        while todo:
            name, last = todo.pop()
            yield self._branch(name, last)
            below = sorted(self.below.get(name, ()), key=self._order)
            for index, child in reversed(list(enumerate(below))):
                todo.append((child, (*last, index == len(below) - 1)))

    def _order(self, name: str) -> tuple[bool, bool, str, str]:
        is_apart = self.classes[name].kind is Kind.auxiliary
        return is_apart, name.lower() != "top", name.lower(), name

    def _branch(self, name: str, last: tuple[bool, ...]) -> Branch:
        definition = self.classes[name]
        above = self.parent.get(name)
        others = map(self.classes.canonical, definition.sup)
        return Branch(
            name,
            definition.kind.name,
            len(definition.must),
            len(definition.may),
            last,
            tuple(o for o in others if o != above and o.lower() != "top"),
            definition.obsolete,
        )


def find(schema: Schema, word: str) -> tuple[Hit, ...]:
    """Look a word up in names, OIDs and descriptions, in any case.

    Args:
        schema: Where to look.
        word: What to look for; blanks count.

    Returns:
        The best first; by kind and name where they are as good.
    """
    wanted = word.lower()
    hits: list[Hit] = []
    for field, kind in _SEARCHED.items():
        view: Mapping[str, Definition] = getattr(schema, field)
        for definition in view.values():
            description: str = definition._value("description") or ""
            rank = _rank(definition, description, wanted)
            if rank is not None:
                name, oid = definition.name, definition.identifier
                hits.append(Hit(kind, name, oid, description, rank))
    kinds = list(_SEARCHED.values())
    return tuple(
        sorted(hits, key=lambda h: (h.rank, kinds.index(h.kind), h.name.lower()))
    )


def _rank(definition: Definition, description: str, wanted: str) -> int | None:
    keys = [key.lower() for key in definition.keys]
    if wanted in keys:
        return 0
    if any(key.startswith(wanted) for key in keys[:-1]):
        return 1
    if any(wanted in key for key in keys):
        return 2
    return 3 if wanted in description.lower() else None
