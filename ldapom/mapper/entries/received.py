"""`Received`: the raw attributes of an entry, and those that took their place since.

1. They are kept as they came, and walked when the first one is needed.
2. What a commit makes of some lies over them: the others are not walked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from ldapom.errors import ConversionError
from ldapom.mapper.classes.names import canonical, partial_range
from ldapom.mapper.entries import together
from ldapom.mapper.entries.raw import gather
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.parts import PartialAttribute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.mapper.entries.entry import Entry
    from ldapom.protocol.codec.wanted import Part, Wanted

_NONE: tuple[bytes, ...] = ()
NO_KEYS: frozenset[str] = frozenset()


class Overlaid:
    """Raw attributes, and those that are in the place of some of them.

    Args:
        base: As received.

    Attributes:
        above: From the key to the description and the values, perhaps none.
    """

    __slots__ = ("above", "base")

    def __init__(self, base: Sequence[PartialAttribute]) -> None:
        self.base = base
        self.above: dict[str, tuple[str, Sequence[bytes]]] = {}

    def flat(self) -> tuple[PartialAttribute, ...]:
        """All of them in one list."""
        kept = [part for part in self.base if canonical(part.type) not in self.above]
        kept += [
            PartialAttribute(description, tuple(octets))
            for description, octets in self.above.values()
            if octets
        ]
        return tuple(kept)


@define(eq=False, repr=False)
class Received:
    """The part of an `EntryState` that knows of raw attributes.

    Attributes:
        dn: The DN as received; empty on a new entry without one.
        received: The raw attributes as received, and what replaced some of them;
            `attributes` has them all. Their octets alone once the entry was read
            along with others of its search.
        loaded: Keys of the attributes that were asked for; None stands for all.
        wanted: What is read of the entries that came with it; None where that is all.
        outdated: Keys of attributes that the server has made others than was read.
        changes: The values that were assigned or changed in place, by Python name.
    """

    dn: str
    received: Sequence[PartialAttribute] | Overlaid | bytes
    loaded: frozenset[str] | None
    wanted: Wanted | None = field(default=None, kw_only=True)
    outdated: frozenset[str] = field(default=NO_KEYS, init=False)
    changes: dict[str, object] | None = field(default=None, init=False)
    _collected: dict[str, list[bytes]] | None = field(default=None, init=False)
    _part: Part | None = field(default=None, init=False)
    # Where the octets of `received` stood in their message.
    _offset: int = field(default=0, init=False)

    @property
    def attributes(self) -> Sequence[PartialAttribute]:
        """The raw attributes as they are now."""
        received = self._whole()
        if isinstance(received, Overlaid):
            received = self.received = received.flat()
        return received

    def _whole(self) -> Sequence[PartialAttribute] | Overlaid:
        """What was received, as a list of attributes."""
        received = self.received
        if isinstance(received, bytes):
            received = self.received = LazyAttributes(received, self._offset)
        return received

    def collected(self) -> dict[str, list[bytes]]:
        """The raw values by key; an attribute that came twice is merged."""
        found = self._collected
        if found is None:
            received = self._whole()
            if isinstance(received, Overlaid):
                found = gather(received.base)
                for key, (_, octets) in received.above.items():
                    found.pop(key, None)
                    if octets:
                        found[key] = list(octets)
            else:
                found = gather(received)
            self._collected = found
        return found

    def octets(self, key: str) -> Sequence[bytes]:
        """The raw values under a key, those of no range of them."""
        found = self._part
        values: Sequence[bytes] | None = None if found is None else found.get(key)
        return self._look(key) if values is None else values

    def values(self, key: str) -> Sequence[bytes]:
        """The raw values under a key, perhaps none.

        Raises:
            ConversionError: If the server sent only a range of them.
        """
        return self.octets(key) or self._without_values(key)

    def values_for(self, key: str, entry: Entry) -> Sequence[bytes]:
        """The same for an entry that is read.

        What is usually read along is decoded at once, and this too; then it stands in
        the entry.
        """
        if self._collected is not None:
            return self._collected.get(key) or self._without_values(key)
        wanted, attributes = self.wanted, self.received
        if (
            wanted is not None
            and self._part is None
            and not self.changes
            and isinstance(attributes, LazyAttributes)
        ):
            self._part = together.decode(
                entry, entry._state, wanted, attributes.raw, key
            )
            if self._part is not None:
                # One object less of each entry that is kept, for Python's garbage
                # collector to go through again and again.
                self.received, self._offset = attributes.raw, attributes.offset
                if key not in self._part:
                    return _NONE
        return self.values(key)

    def _look(self, key: str) -> Sequence[bytes]:
        """Read what is asked for of the entries of a search, else everything."""
        wanted, received = self.wanted, self._whole()
        if self._collected is None and wanted is not None:
            base = received.base if isinstance(received, Overlaid) else received
            if isinstance(base, LazyAttributes):
                found = wanted.part(base.raw, key)
                if found is not None:
                    if isinstance(received, Overlaid):
                        for other, (_, octets) in received.above.items():
                            found[other] = list(octets)
                    self._part = found
                    return found[key]
            self.wanted = None
        return self.collected().get(key, _NONE)

    def _without_values(self, key: str) -> Sequence[bytes]:
        if self.wanted is not None and not self.wanted.has_options:
            return _NONE
        found = self.collected()
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

    def known_values(self) -> Mapping[str, list[bytes]]:
        """What `collected` gives, unless a server's list had to be walked for it."""
        if self._collected is None:
            received = self._whole()
            base = received.base if isinstance(received, Overlaid) else received
            if type(base) is LazyAttributes:
                return {}
        return self.collected()

    def has(self, attributes: Sequence[PartialAttribute]) -> bool:
        """Whether these are what was received, octet by octet."""
        received = self.received
        if isinstance(attributes, LazyAttributes):
            own = received.raw if isinstance(received, LazyAttributes) else received
            return own == attributes.raw
        return attributes is received

    def receive(
        self,
        attributes: Sequence[PartialAttribute],
        values: dict[str, list[bytes]] | None = None,
    ) -> None:
        """Have other raw attributes from now on.

        Args:
            attributes: As received.
            values: The same by key, where they are gathered already.
        """
        self.received, self._collected = attributes, values
        self._part = self.wanted = None

    def is_loaded(self, key: str) -> bool:
        """Whether the attribute was asked for, or came all the same."""
        if key in self.outdated:
            return False
        return self.loaded is None or key in self.loaded or key in self.collected()

    def replace_raw(self, values: Mapping[str, tuple[str, Sequence[bytes]]]) -> None:
        """Take other raw values for some attributes, and count them as loaded.

        Args:
            values: From the key to the attribute description and its values.
        """
        received = self._whole()
        if not isinstance(received, Overlaid):
            received = self.received = Overlaid(received)
        if self._part is None:
            self._part = {}
        for key, given in values.items():
            received.above[key] = given
            self._part[key] = octets = list(given[1])
            if self._collected is not None:
                self._collected.pop(key, None)
                if octets:
                    self._collected[key] = octets
        if self.outdated:
            self.outdated = self.outdated.difference(values)
        if self.loaded is not None and not self.loaded.issuperset(values):
            self.loaded = self.loaded.union(values)
