"""`Reader`: the entries of one query as a sequence that only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, TypeVar, overload

if TYPE_CHECKING:
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.query import Query

E_co = TypeVar("E_co", covariant=True)


class Reader(Sequence[E_co]):
    """The entries that a query gave, in order; they can not be changed.

    Attributes:
        query: What was asked.
    """

    def __init__(self, query: Query[E_co]) -> None:
        self.query = query
        self._entries = query.all()

    def search(self) -> Self:
        """Ask again, and hold what is found now."""
        self._entries = self.query.all()
        return self

    def match_dn(self, text: str) -> list[E_co]:
        """The entries whose DN contains this text, whatever its case."""
        wanted = text.casefold()
        return [
            entry
            for entry in self._entries
            if wanted in _entry(entry)._state.dn.casefold()
        ]

    def match(self, /, **equals: object) -> list[E_co]:
        """The entries that have all these values; text compares without case.

        Args:
            **equals: Attributes and the value one of theirs must be; None stands for
                no value.

        Raises:
            TypeError: If a keyword is no attribute of the model.
        """
        info = self.query.shape.model.__ldapom__
        for name in equals:
            if name not in info.attributes:
                raise TypeError(f"match(): {info.unknown(name)}")
        return [
            entry
            for entry in self._entries
            if all(_has(getattr(entry, name), each) for name, each in equals.items())
        ]

    @overload
    def __getitem__(self, index: int) -> E_co: ...

    @overload
    def __getitem__(self, index: slice) -> list[E_co]: ...

    def __getitem__(self, index: int | slice) -> E_co | list[E_co]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self._entries))

    def __repr__(self) -> str:
        return f"<Reader of {len(self)} entries: {self.query}>"


def _entry(entry: object) -> Entry:
    # What a Query gives is an Entry; its type variable has no bound, to be covariant
    # over protocols.
    return entry  # type: ignore[return-value]


def _has(value: object, wanted: object) -> bool:
    values = value if isinstance(value, list) else [value]
    if wanted is None:
        return all(each is None for each in values)
    return any(_folded(each) == _folded(wanted) for each in values)


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
