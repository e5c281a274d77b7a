"""Entries are made here: of a message, or of a state that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.mapper.entries.entry import Entry, blank, set_dict, set_state
from ldapom.mapper.entries.state import EntryState
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.entries.states import UnitOfWork
    from ldapom.protocol.codec.wanted import Wanted
    from ldapom.protocol.parts import PartialAttribute


def make(
    cls: type[Entry],
    dn: str,
    attributes: Sequence[PartialAttribute],
    loaded: frozenset[str] | None,
    unit: UnitOfWork | None = None,
    status: State | None = None,
    wanted: Wanted | None = None,
) -> Entry:
    """Make the entry of a message; nothing of it is decoded before it is read.

    Args:
        cls: Its class.
        dn: Its DN as received.
        attributes: Its attributes as received.
        loaded: The keys that were asked for; None stands for all.
        unit: The unit of work its changes go to; without one it only reads.
        status: What it is, if not clean.
        wanted: What is read of the entries of the same search.
    """
    entry = blank(cls)
    if status is None:
        status = State.clean if unit is not None else State.read_only
    state = EntryState(dn, attributes, loaded, status, cls, unit, wanted=wanted)
    set_state(entry, state)
    return entry


def under(entries: Iterable[Entry], converters: Converters) -> list[Entry]:
    """Let the table of a session hold for entries of which nothing was read yet."""
    found = list(entries)
    for entry in found:
        entry._state.converters = converters
    return found


def entry_of(state: EntryState) -> Entry:
    """Make an object for a state; it shows what was changed."""
    entry = blank(state.model)
    set_state(entry, state)
    if state.live is not None:
        # The same values as those that somebody may hold.
        set_dict(entry, state.live)
    elif state.changes:
        state.live = entry.__dict__
        entry.__dict__.update(
            {name: each for name, each in state.changes.items() if each is not None}
        )
    return entry
