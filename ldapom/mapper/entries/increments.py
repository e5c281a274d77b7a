"""Increments: integers that the server counts on, whatever they are by then (RFC 4525).

1. A pending increment is an amount beside the changed value; the entry shows the sum.
2. Assigning the attribute, or changing its values in place, takes its place.
3. What the server has made of it is known only once it was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ldapom.errors import MissingValue
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.states import State
from ldapom.protocol.parts import ModifyOperation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.flows.update import Update

#: The feature of a server that increments (RFC 4525 3).
MODIFY_INCREMENT = "1.3.6.1.1.14"


def increment(entry: Entry, name: str, by: int) -> None:
    """Add a number to every value of an attribute; `Changing.increment` says the rest.

    Args:
        entry: Which.
        name: Python or LDAP name of the attribute.
        by: The number.

    Raises:
        LookupError: If the entry has no such attribute.
        MissingValue: If the attribute has no value.
        NotLoaded: If it was not asked for.
        TypeError: If it holds no integers, or the number is none.
    """
    one, state = type(entry).__ldapom__.find(name), entry._state
    _check(one, by)
    counts = state.increments or {}
    before = counts.get(one.python_name, 0)
    values = one.listed(getattr(entry, one.python_name))
    if not values:
        raise MissingValue(f"{name} of {state.dn!r} has no value to increment: set one")
    counted = _is_counted(state, one)
    sums = [cast("int", each) + by for each in values]
    if one.has_many:
        cast("list[int]", values)[:] = sums
    else:
        setattr(entry, one.python_name, sums[0])
    if counted and before + by:
        state.increments = {**(state.increments or {}), one.python_name: before + by}


def _check(one: AnyAttribute, by: object) -> None:
    if isinstance(by, bool) or not isinstance(by, int):
        raise TypeError(f"an increment is by an int, not {type(by).__name__}")
    if one.converter.python is not int:
        raise TypeError(f"{one.label} holds no integers, so it can not be incremented")


def _is_counted(state: EntryState, one: AnyAttribute) -> bool:
    """Whether the server is to count: not where there is another value by then."""
    if state.mark is State.adding:
        return False
    if any(canonical(ava.type) == one.key for ava in state.name.rdn or ()):
        # Another naming value is a rename.
        return False
    touched = one.python_name in (state.changes or {})
    return not touched or one.python_name in (state.increments or {})


def summed(one: AnyAttribute, raw: Sequence[bytes], amount: int) -> list[bytes] | None:
    """What values are once they were incremented; None without any, or for no number.

    Args:
        one: Their attribute.
        raw: The values.
        amount: By how much.
    """
    try:
        values = [cast("int", one.converter.decode(each)) for each in raw]
    except ValueError:
        return None
    return [one.encode(each + amount) for each in values] or None


def counted_by(request: Update) -> tuple[str, ...]:
    """The attributes that a request increments."""
    from ldapom.protocol.messages import ModifyRequest  # no model needs it

    if not isinstance(request, ModifyRequest):
        return ()
    counts = ModifyOperation.increment
    return tuple(
        [c.modification.type for c in request.changes if c.operation is counts]
    )


def forget_done(state: EntryState, fresh: Mapping[str, Sequence[bytes]]) -> None:
    """Forget the increments that seem to have reached the server.

    Where the outcome is unknown and the number is another one now, it counts as done:
    a number that is skipped does less harm than one that is counted on twice.

    Args:
        state: An entry whose write has an unknown outcome.
        fresh: Its raw values by key, as they were read since.
    """
    known = state.collected()
    for name in list(state.increments or ()):
        key = state.described(name).key
        if list(fresh.get(key, ())) != known.get(key, []):
            state.forget_change(name)
