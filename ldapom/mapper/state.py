"""What an entry is made of: its DN, its raw attributes, and where it stands.

1. An entry from the wire is its `EntryState` and nothing else until it is read.
2. Raw attributes are kept as they came and walked when the first one is needed.
3. The state points to neither the entry nor its values: no cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from attrs import define, field

from ldapom.errors import ConversionError, ReadOnlyEntry
from ldapom.mapper.names import FURTHER_SPELLINGS, canonical, partial_range
from ldapom.protocol.codec.attributes import collect
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from ldapom.protocol.messages import PartialAttribute

_NONE: tuple[bytes, ...] = ()


class State(Enum):
    """Where an entry stands."""

    new = "new"
    read = "read"
    detached = "detached"


@define(eq=False)
class EntryState:
    """The one owner of what is known of an entry.

    Attributes:
        dn: The DN as received; empty on a new entry without one.
        attributes: The raw attributes as received.
        loaded: Keys of the attributes that were asked for; None stands for all.
        status: Where the entry stands.
    """

    dn: str
    attributes: Sequence[PartialAttribute]
    loaded: frozenset[str] | None
    status: State
    _collected: dict[str, list[bytes]] | None = field(default=None, init=False)

    def collected(self) -> dict[str, list[bytes]]:
        """The raw values by key; an attribute that came twice is merged."""
        found = self._collected
        if found is None:
            found = self._collected = gather(self.attributes)
        return found

    def values(self, key: str) -> Sequence[bytes]:
        """The raw values under a key, perhaps none.

        Raises:
            ConversionError: If the server sent only a range of them.
        """
        found = self._collected
        if found is None:
            found = self.collected()
        values = found.get(key)
        return values or self._without_values(key, found)

    def _without_values(
        self, key: str, found: dict[str, list[bytes]]
    ) -> Sequence[bytes]:
        part = partial_range(key, found)
        if part is None:
            return _NONE
        raise ConversionError(
            f"the server sent only a part of the values, as {part!r}; they are in "
            f"entry.raw[{part!r}]",
            dn=self.dn,
            attribute=key,
            raw=found[part],
        )

    def is_loaded(self, key: str) -> bool:
        """Whether the attribute was asked for, or came all the same."""
        return self.loaded is None or key in self.loaded or key in self.collected()

    def may_change(self, what: str, ldap_name: str | None = None) -> None:
        """Refuse a change where the entry only reads.

        Args:
            what: The Python name of what is changed.
            ldap_name: The attribute; None for the DN.

        Raises:
            ReadOnlyEntry: Says how to write instead.
        """
        if self.status is State.read:
            other = f"[Replace({ldap_name!r}, [...])]" if ldap_name else "new_rdn"
            raise ReadOnlyEntry(
                f"{what} of {self.dn!r} can not be changed: an entry that was read "
                "only reads; write with session.connection."
                f"{'modify' if ldap_name else 'rename'}({self.dn!r}, {other})"
            )

    def forget(self, key: str) -> None:
        """Drop the raw values under a key, and remember that there are none."""
        self.collected().pop(key, None)
        self.attributes = tuple(
            part for part in self.attributes if canonical(part.type) != key
        )
        if self.loaded is not None:
            self.loaded |= {key}


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
