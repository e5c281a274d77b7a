"""A unit of work that only holds, and stored entries that belong to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom import Entry
from ldapom.mapper.entries.making import make
from ldapom.protocol.messages import PartialAttribute

if TYPE_CHECKING:
    from ldapom.mapper.entries.state import EntryState

E = TypeVar("E", bound=Entry)


class Holding:
    """Holds the states that were changed, and does nothing with them."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.on_its_way: frozenset[EntryState] = frozenset()
        self.held: dict[EntryState, None] = {}

    def hold(self, state: EntryState) -> None:
        """Keep a state."""
        self.held[state] = None


def stored(
    cls: type[E],
    *attributes: tuple[str, list[bytes]],
    dn: str = "uid=x,dc=example,dc=com",
    loaded: frozenset[str] | None = None,
    unit: Holding | None = None,
) -> E:
    """An entry as a session would have read it, free to be changed.

    Args:
        cls: Its class.
        *attributes: The raw attributes.
        dn: Its DN.
        loaded: The keys that were asked for; the class's own when left out.
        unit: The unit of work it belongs to; one of its own when left out.
    """
    parts = [PartialAttribute(name, values) for name, values in attributes]
    keys = cls.__ldapom__.loaded if loaded is None else loaded
    entry = make(cls, dn, parts, keys, Holding() if unit is None else unit)
    assert isinstance(entry, cls)
    return entry
