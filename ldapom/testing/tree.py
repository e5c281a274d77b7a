"""The entries, where they are, and which values lead to them.

1. An `Entry` never changes: a write puts another in its place, so whoever reads one
   needs no lock, and a write is done wholly or not at all.
2. An entry keeps its number when it changes or moves. Searches answer in the order of
   numbers, which is the order in which entries were added.
3. `Tree` keeps an index of normal forms for the attributes that are looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from ldapom.dn import DN

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from ldapom.testing.vocabulary import (
        AttributeKind,
        Description,
        Key,
        Vocabulary,
    )

#: What an equality, or the planner of a search, finds without looking at each entry.
INDEXED = (
    "objectClass",
    "uid",
    "cn",
    "sn",
    "mail",
    "member",
    "uniqueMember",
    "memberUid",
    "uidNumber",
    "gidNumber",
    "employeeNumber",
    "entryUUID",
    "ou",
)
#: How many sets of object classes are kept.
_MAX_KEPT = 1_000


@frozen(eq=False)
class Entry:
    """One entry as it was at some moment.

    Attributes:
        number: What identifies it while the directory lives.
        dn: The name as it was given.
        key: The normalised name.
        values: The values under each description's name; never an empty tuple.
        tagged: The descriptions with options among them.
    """

    number: int
    dn: str
    key: Key
    values: Mapping[str, tuple[bytes, ...]]
    tagged: tuple[Description, ...] = ()

    def get(self, description: Description) -> list[bytes]:
        """All values of a description, its subtypes and its variants (RFC 4511 4.5.1).

        ``name`` covers ``cn``, and ``cn`` covers ``cn;lang-de``.
        """
        found: list[bytes] = []
        names = description.kind.names
        if not description.options:
            for name in names:
                found.extend(self.values.get(name, ()))
        for tagged in self.tagged:
            if tagged.kind.name in names and description.options <= tagged.options:
                found.extend(self.values[tagged.name])
        return found


@define(eq=False)
class Node:
    """An entry's place in the tree."""

    entry: Entry
    parent: Node | None
    children: dict[Hashable, Node] = field(factory=dict)


class Tree:
    """All entries of a directory; the one owner of their places and of the index."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._by_key: dict[Key, Node] = {}
        self._by_number: dict[int, Node] = {}
        self._last_number = 0
        self._indexed_kinds = [
            kind
            for name in INDEXED
            if (kind := vocabulary.kind(name)) is not None and kind.normalize
        ]
        self._index: dict[str, dict[Hashable, set[int]]] = {
            kind.name: {} for kind in self._indexed_kinds
        }
        self._class_forms: dict[tuple[bytes, ...], set[tuple[str, Hashable]]] = {}

    def clone(self) -> Tree:
        """Another tree with the same entries; the entries themselves are shared."""
        tree = Tree(self._vocabulary)
        tree._last_number = self._last_number
        for key in sorted(self._by_key, key=len):
            entry = self._by_key[key].entry
            parent = tree._by_key.get(key[:-1])
            node = tree._by_key[key] = tree._by_number[entry.number] = Node(
                entry, parent
            )
            if parent is not None:
                parent.children[key[-1]] = node
        for name, forms in self._index.items():
            tree._index[name] = {
                form: numbers.copy() for form, numbers in forms.items()
            }
        return tree

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Entry]:
        for number in sorted(self._by_number):
            yield self._by_number[number].entry

    def find(self, key: Key) -> Entry | None:
        """The entry of this name."""
        node = self._by_key.get(key)
        return None if node is None else node.entry

    def get(self, number: int) -> Entry | None:
        """The entry of this number, as it is now."""
        node = self._by_number.get(number)
        return None if node is None else node.entry

    def deepest(self, key: Key) -> Entry | None:
        """The entry nearest above a name that there is, or the one of that name."""
        for end in range(len(key), 0, -1):
            found = self.find(key[:end])
            if found is not None:
                return found
        return None

    def has_children(self, key: Key) -> bool:
        """Whether there are entries below this one."""
        node = self._by_key.get(key)
        return node is not None and bool(node.children)

    def children(self, key: Key) -> list[int]:
        """The numbers of the entries directly below this one, in order."""
        children = self._by_key[key].children
        return sorted(node.entry.number for node in children.values())

    def subtree(self, key: Key) -> list[int]:
        """The numbers of this entry and of all below it, in order."""
        return sorted(found.entry.number for found in _walk(self._by_key[key]))

    def indexed(self, name: str) -> Mapping[Hashable, set[int]] | None:
        """The index of an attribute: normal form -> numbers; None without one."""
        return self._index.get(name)

    def add(self, entry: Entry) -> Entry:
        """Put an entry in; without a number it gets the next one.

        The entry above it, if it has one, is there already.
        """
        if not entry.number:
            entry = evolve(entry, number=self._last_number + 1)
        self._last_number = max(self._last_number, entry.number)
        parent = self._by_key.get(entry.key[:-1])
        node = Node(entry, parent)
        if parent is not None:
            parent.children[entry.key[-1]] = node
        self._by_key[entry.key] = node
        self._by_number[entry.number] = node
        for name, normal in self._normal_forms(entry):
            self._index[name].setdefault(normal, set()).add(entry.number)
        return entry

    def remove(self, key: Key) -> None:
        """Take a leaf out."""
        node = self._by_key.pop(key)
        if node.parent is not None:
            del node.parent.children[key[-1]]
        del self._by_number[node.entry.number]
        self._unindex(node.entry)

    def replace(self, entry: Entry) -> None:
        """Put another state of an entry in the place of the one of its number."""
        node = self._by_number[entry.number]
        if entry.key != node.entry.key:
            self._move(node, entry)
        old, node.entry = node.entry, entry
        before, after = self._normal_forms(old), self._normal_forms(entry)
        for name, normal in before - after:
            self._drop(name, normal, entry.number)
        for name, normal in after - before:
            self._index[name].setdefault(normal, set()).add(entry.number)

    def _move(self, node: Node, entry: Entry) -> None:
        old = node.entry
        # Before anything is changed: a name that can not be made leaves all as it was.
        names = _names_below(node, entry.dn)
        if node.parent is not None:
            del node.parent.children[old.key[-1]]
        parent = self._by_key.get(entry.key[:-1])
        del self._by_key[old.key]
        node.parent = parent
        self._by_key[entry.key] = node
        if parent is not None:
            parent.children[entry.key[-1]] = node
        for found, dn in names:
            below = found.entry
            del self._by_key[below.key]
            key = entry.key + below.key[len(old.key) :]
            found.entry = evolve(below, dn=dn, key=key)
            self._by_key[key] = found

    def _unindex(self, entry: Entry) -> None:
        for name, normal in self._normal_forms(entry):
            self._drop(name, normal, entry.number)

    def _drop(self, name: str, normal: Hashable, number: int) -> None:
        numbers = self._index[name][normal]
        numbers.discard(number)
        if not numbers:
            del self._index[name][normal]

    def _normal_forms(self, entry: Entry) -> set[tuple[str, Hashable]]:
        forms: set[tuple[str, Hashable]] = set()
        for kind in self._indexed_kinds:
            values = entry.values.get(kind.name)
            if values:
                forms.update(self._forms(kind, values))
        for tagged in entry.tagged:
            if tagged.kind.name in self._index:
                forms.update(self._forms(tagged.kind, entry.values[tagged.name]))
        return forms

    def _forms(
        self, kind: AttributeKind, values: tuple[bytes, ...]
    ) -> Iterable[tuple[str, Hashable]]:
        name, normalize = kind.name, kind.normalize
        assert normalize is not None  # noqa: S101  # such kinds are not indexed
        if name != "objectClass":
            return [(name, normalize(value)) for value in values]
        found = self._class_forms.get(values)
        if found is None:
            # A class is also each of its superclasses (X.501 13.4.2).
            lines = [self._vocabulary.class_line(normalize(value)) for value in values]
            found = {(name, oid) for line in lines for oid in line}
            if len(self._class_forms) < _MAX_KEPT:
                self._class_forms[values] = found
        return found


def _walk(top: Node) -> Iterator[Node]:
    """A node and all below it, parents first."""
    todo = [top]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(node.children.values())


def _names_below(node: Node, dn: str) -> list[tuple[Node, str]]:
    """What the entries below one are called when that is; parents come first."""
    names = {node.entry.key: dn}
    found: list[tuple[Node, str]] = []
    for below in _walk(node):
        if below is not node:
            entry = below.entry
            # Not cut from the text, which may have quotes and semicolons (RFC 2253 4).
            name = f"{DN.parse(entry.dn).rdn},{names[entry.key[:-1]]}"
            names[entry.key] = name
            found.append((below, name))
    return found
