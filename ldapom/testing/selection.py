"""Which attributes of an entry a search gives back (RFC 4511 4.5.1.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.protocol.messages import PartialAttribute
from ldapom.testing.ranges import Ranges, without_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ldapom.testing.store import Store
    from ldapom.testing.tree import Entry
    from ldapom.testing.vocabulary import AttributeKind, Description


class Selection:
    """What one request asked for, decided once for each attribute.

    1. Nothing, or ``*``: all user attributes. ``+``: all operational ones (RFC 3673).
       ``1.1``: none.
    2. A name: that type, its subtypes and their variants; with options, those variants
       that have at least these.
    3. ``@person``: what the object class allows (RFC 4529).

    Args:
        store: Where types and computed values come from.
        attributes: The request's list.
        is_hidden: Whether this identity may not see an attribute.
        types_only: Whether values are left out.
    """

    def __init__(
        self,
        store: Store,
        attributes: Sequence[str],
        is_hidden: Callable[[AttributeKind], bool],
        *,
        types_only: bool = False,
    ) -> None:
        self._store = store
        self._is_hidden = is_hidden
        self._types_only = types_only
        limit = store.range_size
        self._ranges = None if limit is None else Ranges(limit, attributes)
        if limit is not None:
            attributes = without_ranges(attributes)
        self._user = not attributes or "*" in attributes
        self._operational = "+" in attributes
        self._asked = self._read(attributes)
        self._chosen: dict[str, bool] = {}
        self._computed = [
            (name, function)
            for name, function in store.computed.items()
            if self._choose(name)
        ]

    def _read(self, attributes: Sequence[str]) -> list[Description]:
        vocabulary = self._store.vocabulary
        names: list[str] = []
        for attribute in attributes:
            if attribute.startswith("@"):
                for found in vocabulary.superclasses(attribute[1:]):
                    names.extend((*found.must, *found.may))
            else:
                names.append(attribute)
        described = (vocabulary.describe(name) for name in names)
        return [found for found in described if found is not None]

    def of(self, entry: Entry) -> tuple[PartialAttribute, ...]:
        """The attributes of one entry, in the order it has them."""
        chosen = self._chosen
        found: list[PartialAttribute] = []
        for name, values in entry.values.items():
            wanted = chosen.get(name)
            if wanted is None:
                wanted = chosen[name] = self._choose(name)
            if wanted and self._ranges is not None and not self._types_only:
                found += self._ranges.of(name, values)
            elif wanted:
                found.append(PartialAttribute(name, self._shown(values)))
        for name, function in self._computed:
            if name not in entry.values:
                values = tuple(function(entry))
                if values:
                    found.append(PartialAttribute(name, self._shown(values)))
        return tuple(found)

    def _shown(self, values: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return () if self._types_only else values

    def _choose(self, name: str) -> bool:
        description = self._store.vocabulary.describe(name)
        if description is None or self._is_hidden(description.kind):
            return False
        if self._operational if description.kind.operational else self._user:
            return True
        return any(
            description.kind.name in asked.kind.names
            and asked.options <= description.options
            for asked in self._asked
        )
