"""An immutable mapping whose keys are found in any case and shown as given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class Caseless(Mapping[str, V]):
    """An immutable mapping whose keys are found in any case and shown as given."""

    __slots__ = ("_items",)

    def __init__(self, values: Mapping[str, V] | None = None) -> None:
        pairs = values.items() if values else ()
        self._items = {name.lower(): (name, value) for name, value in pairs}

    def __getitem__(self, name: str) -> V:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def _folded(self) -> dict[str, V]:
        return {key: value for key, (_, value) in self._items.items()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return self._folded() == {str(k).lower(): v for k, v in other.items()}

    def __hash__(self) -> int:
        return hash(frozenset(self._folded().items()))

    def __repr__(self) -> str:
        return repr(dict(self))
