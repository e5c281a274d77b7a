"""What copies and pickles of an entry take along of the table of its session.

1. A copy has the table.
2. A pickle has none: a table is made of functions, which often can not be pickled. It
   has what the table made of the values that are there, so that they read the same;
   what does not decode stays octets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.mapper.classes.converters import PLAIN, Converters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState


class Carried:
    """The table of an entry for copies, and what it has read for pickles.

    Args:
        table: The table.
        state: The entry that is copied or pickled.

    Attributes:
        table: The table.
    """

    __slots__ = ("_state", "table")

    def __init__(self, table: Converters, state: EntryState | None = None) -> None:
        self.table = table
        self._state = state

    def __deepcopy__(self, memo: object) -> Carried:
        return self

    def __reduce__(self) -> tuple[type[Carried], tuple[Converters]]:
        return type(self), (_remembered(self._state),)


@frozen
class Remembered:
    """A converter that knows the values it has seen, and no others.

    Attributes:
        values: The values by their octets.
        syntax: The syntax that the server keeps them in.
    """

    # Which may be secrets.
    values: Mapping[bytes, object] = field(repr=False)
    syntax: str

    def decode(self, raw: bytes) -> object:
        """The value of these octets.

        Raises:
            ValueError: If it did not decode when the entry was pickled.
        """
        try:
            return self.values[raw]
        except KeyError:
            raise ValueError(
                "it had no value when the entry was pickled, without the converters "
                "of its session"
            ) from None

    def encode(self, value: object) -> bytes:
        """The octets of a value.

        Raises:
            ValueError: If the entry did not have it when it was pickled.
        """
        for raw, known in self.values.items():
            if known is value or (type(known) is type(value) and known == value):
                return raw
        raise ValueError("the converters of its session are not in a pickle")


def _remembered(state: EntryState | None) -> Converters:
    """A table of the values that are there."""
    found: dict[str, dict[bytes, object]] = {}
    syntaxes: dict[str, str] = {}
    for one in _attributes(state) if state is not None else ():
        found[one.ldap_name] = {}
        given = one.converter.given
        syntaxes[one.ldap_name] = PLAIN if given is None else given.syntax
    for one, raw, value in _values(state) if state is not None else ():
        name = one.ldap_name if one.source is None else one.source.ldap_name
        found.setdefault(name, {})[raw] = value
    return Converters(
        {name: Remembered(each, syntaxes[name]) for name, each in found.items()}
    )


def _attributes(state: EntryState) -> Iterator[AnyAttribute]:
    """The attributes that a table reads, whether or not they have values."""
    from ldapom.mapper.classes.operational import Operational

    models: list[type[Entry]] = [*state.models, Operational]
    for cls in models:
        for attribute in cls.__ldapom__.attributes.values():
            try:
                one = state.own(attribute)
            except Exception:  # noqa: BLE001, S112  # it raises where that one is read
                continue
            if one.is_sessions:
                yield one


def _values(state: EntryState) -> Iterator[tuple[AnyAttribute, bytes, object]]:
    """The values of an entry that a table reads, with their octets."""
    by_key = {one.key: one for one in reversed(list(_attributes(state)))}
    for key, octets in state.collected().items():
        found = by_key.get(key) or by_key.get(key.partition(";")[0])
        if found is None:
            continue
        for raw in octets:
            try:
                yield found, raw, found.converter.decode(raw)
            except ValueError:
                continue
    for one, value in state.changed():
        for each in one.listed(value) if one.is_sessions else ():
            try:
                yield one, one.encode(each), each
            except (TypeError, ValueError):
                continue
