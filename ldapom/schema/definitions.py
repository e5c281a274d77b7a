"""Definitions of one kind, found by any of their names; and what is wrong with some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from attrs import frozen

from ldapom.errors import SchemaError
from ldapom.schema.model import Definition

D = TypeVar("D", bound=Definition)


@frozen
class Problem:
    """Something in a schema that is not as it should be.

    Attributes:
        kind: The subschema attribute it stands in, such as ``attributeTypes``.
        text: The definition.
        reason: What is wrong, in words.
        position: Where in `text` reading failed; None where the text reads well but
            does not fit to the rest of the schema.
    """

    kind: str
    text: str
    reason: str
    position: int | None = None

    def __str__(self) -> str:
        where = "" if self.position is None else f" at position {self.position}"
        return f"{self.kind}: {self.reason}{where}: {self.text}"


class Definitions(Mapping[str, D], Generic[D]):
    """The definitions of one kind: a mapping by any name or OID, in any case.

    Iterating gives one name per definition, in the order of the schema; ``values()``
    gives each definition once.
    """

    __slots__ = ("_canonical", "_index", "_names", "taken")

    def __init__(self, definitions: Iterable[D]) -> None:
        index: dict[str, D] = {}
        #: For each key its definition's first name that no earlier one has taken.
        canonical: dict[str, str] = {}
        self._index, self._canonical = index, canonical
        self._names: list[str] = []
        #: Definitions with a key that an earlier definition has.
        self.taken: list[tuple[D, str]] = []
        for definition in definitions:
            first = ""
            for key in definition.keys:
                folded = key.lower()
                if folded not in index:
                    first = first or key
                    index[folded] = definition
                    canonical[folded] = first
                elif index[folded] is not definition:
                    self.taken.append((definition, key))
            if first:
                self._names.append(first)

    def __getitem__(self, name: str) -> D:
        return self._index[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{len(self)} definitions>"

    def canonical(self, name: str) -> str:
        """Give the first name of a definition; an unknown one as it is spelled."""
        return self._canonical.get(name.lower(), name)

    def suggestions(self, name: str) -> list[str]:
        """Name up to three definitions that are spelled much like `name`."""
        import difflib  # needed only when a name is wrong

        close = difflib.get_close_matches(name.lower(), self._index, n=6, cutoff=0.7)
        return list(dict.fromkeys(self._canonical[key] for key in close))[:3]

    def find(self, name: str, what: str) -> D:
        """Give a definition.

        Raises:
            SchemaError: There is none of this name; says which are near.
        """
        definition = self._index.get(name.lower())
        if definition is not None:
            return definition
        near = self.suggestions(name)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise SchemaError(f"the schema has no {what} {name!r}{hint}")


def spelled(definition: D, definitions: Mapping[str, D]) -> str:
    """Give the first name that leads to a definition, else its OID."""
    for name in definition.keys:
        if definitions.get(name) is definition:
            return name
    return definition.identifier
