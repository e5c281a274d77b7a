"""The raw attributes of an entry: gathered by key, and shown as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ldapom.mapper.classes.names import FURTHER_SPELLINGS, canonical
from ldapom.protocol.codec.attributes import collect
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.parts import PartialAttribute


def gather(attributes: Sequence[PartialAttribute]) -> dict[str, list[bytes]]:
    """Gather raw values by key, merging an attribute that came more than once.

    Raises:
        DecodeError: If the octets the server sent are no attribute list.
    """
    found = collect(attributes)
    # Nearly every entry is done here: names in lower case, as the key is.
    if FURTHER_SPELLINGS.isdisjoint(found) and ";" not in "".join(found):
        return found
    merged: dict[str, list[bytes]] = {}
    for name, values in found.items():
        merged.setdefault(canonical(name), []).extend(values)
    return merged


class RawAttributes(Mapping[str, list[bytes]]):
    """The values of an entry as received, by any spelling of an attribute's name.

    Iterating gives the names as the server spelled them. Values of secret
    attributes are there, but not in the ``repr``.
    """

    __slots__ = ("_names", "_state")

    def __init__(self, state: EntryState, skip: Mapping[str, object]) -> None:
        self._state = state
        self._names: dict[str, str] = {}
        for part in state.attributes:
            key = canonical(part.type)
            if key not in skip:
                self._names.setdefault(key, part.type)

    def __getitem__(self, name: str) -> list[bytes]:
        key = canonical(name)
        if key not in self._names:
            raise KeyError(name)
        return list(self._state.collected()[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and canonical(name) in self._names

    def __repr__(self) -> str:
        shown = {
            name: [hidden(value) for value in values] if is_secret(name) else values
            for name, values in self.items()
        }
        return f"RawAttributes({shown!r})"
