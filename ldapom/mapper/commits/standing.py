"""Where an entry stands: what it is by itself, and what is pending of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LDAPError
from ldapom.mapper.commits import checks
from ldapom.mapper.entries import diff, naming
from ldapom.mapper.entries.draft import Draft
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from ldapom.mapper.entries.state import EntryState


def standing(state: EntryState) -> State:
    """Where an entry stands."""
    if state.status not in {State.new, State.clean}:
        return state.status
    if state.unit is not None and not state.unit.is_open:
        return State.detached
    if state.mark is State.deleting:
        return State.deleting
    if state.is_new:
        if state.mark is None:
            return State.new
        lacking = any(checks.lacking(Draft(state), new=True))
        return State.incomplete if lacking else State.adding
    if _is_renamed(state):
        return State.renaming
    return State.changed if diff.is_changed(state) else State.clean


def _is_renamed(state: EntryState) -> bool:
    try:
        return naming.rename_of(state) is not None
    except (LDAPError, TypeError, ValueError):
        return state.new_parent is not None
