"""`Draft`: what is to become of one entry, worked out once for all who ask.

The same change is looked at when it is checked, when it is written as a request, and
when it was carried out. A draft is of one moment: who makes it sees to it that nothing
is changed while it is in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.mapper.entries import naming
from ldapom.mapper.entries.pairing import Paired, pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.dn import DN
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.codec.written import WrittenAttributes

#: What no rename is.
_UNKNOWN = ("", None)


def draft_of(state: EntryState, known: Draft | None) -> Draft:
    """What was worked out of an entry; anew where a rename was carried out since.

    Args:
        state: The entry.
        known: What was worked out before, if anything was.
    """
    return Draft(state) if known is None or known.moved else known


class Draft:
    """What was changed of one entry, and what that means for its raw values.

    Args:
        state: The entry.

    Attributes:
        changed: What was assigned or changed in place, in the order of the classes.
        sent: The attributes that an Add sends; None for what is no Add, or none yet.
        named: Keys of attributes that an Add sends with one more value than the entry
            has, which the DN says.
    """

    __slots__ = (
        "_dn",
        "_is_fresh",
        "_moved",
        "_paired",
        "_rename",
        "changed",
        "named",
        "sent",
        "state",
    )

    def __init__(self, state: EntryState) -> None:
        self.state = state
        self.changed: Sequence[tuple[AnyAttribute, object]] = state.changed()
        self.sent: WrittenAttributes | None = None
        self.named: tuple[str, ...] = ()
        # There is nothing beside its object classes that values could be paired with.
        template = state.model.__ldapom__.template
        self._is_fresh = state.is_new and state.received is template
        self._dn: DN | None = None
        self._rename: tuple[str, str | None] | None = _UNKNOWN
        self._moved: naming.Renamed | None = None
        self._paired: dict[AnyAttribute, Paired] = {}

    @property
    def dn(self) -> DN:
        """The name of the entry, also of a new one; see `naming.dn_of`.

        Raises:
            MissingValue: If class and values do not say one.
        """
        dn = self._dn
        if dn is None:
            dn = self._dn = naming.dn_of(self.state)
        return dn

    @property
    def rename(self) -> tuple[str, str | None] | None:
        """What `naming.rename_of` gives.

        Raises:
            TypeError: If a new naming value is of another type.
            ValueError: If its syntax can not write it.
        """
        if self._rename is _UNKNOWN:
            self._rename = naming.rename_of(self.state)
        return self._rename

    @property
    def moved(self) -> naming.Renamed:
        """The raw values that a pending rename leaves; see `naming.renamed_raw`.

        Raises:
            TypeError: If a new naming value is of another type.
            ValueError: If its syntax can not write it.
        """
        moved = self._moved
        if moved is None:
            keeps = self.rename is None
            moved = self._moved = {} if keeps else naming.renamed_raw(self.state)
        return moved

    def without_moves(self) -> None:
        """Go on where it can not be told what a rename leaves: as if there were none.

        Whatever is made of it then is only looked through for what is wrong.
        """
        self._moved = {}

    def paired(self, attribute: AnyAttribute, value: object) -> Paired:
        """Pair the values of a changed attribute with those the server has.

        Args:
            attribute: The attribute.
            value: What it was changed to.

        Raises:
            TypeError: If a new value is of another type.
            ValueError: If its syntax can not write it.
            ConversionError: If only a part of the values was read.
        """
        found = self._paired.get(attribute)
        if found is None:
            found = self._paired[attribute] = self._pair(attribute, value)
        return found

    def pair_all(self) -> Mapping[AnyAttribute, Paired]:
        """The same for everything that was changed, in one go.

        Raises:
            TypeError, ValueError, ConversionError: For the first that is none.
        """
        found, is_fresh = self._paired, self._is_fresh
        for attribute, value in self.changed:
            if not is_fresh or attribute.key == "objectclass":
                self.paired(attribute, value)
                continue
            come = tuple(map(attribute.converter.encode, attribute.listed(value)))
            found[attribute] = Paired(come, (), come)
        return found

    def forget_pairs(self) -> None:
        """Let go of what was worked out of values, 3 kB: it stands in a request now."""
        self._paired = {}

    def encoded(self, attribute: AnyAttribute, value: object) -> Sequence[bytes]:
        """The octets of all values of an attribute of a new entry.

        Raises:
            TypeError: If a value is of another type.
            ValueError: If its syntax can not write it.
        """
        known = self._paired.get(attribute)
        if known is not None and self._is_fresh:
            return known.after
        return tuple([attribute.encode(each) for each in attribute.listed(value)])

    def _pair(self, attribute: AnyAttribute, value: object) -> Paired:
        state, key, moved = self.state, attribute.key, self.moved
        raw, before = state.values(key), None
        if state.originals:
            before = state.originals.get(attribute.python_name)
        if key in moved:
            raw, before = moved[key][1], None
        return pair(raw, before, attribute.listed(value), attribute.converter)
