"""Whether the server refused a change since somebody else has made another one.

1. A value that is to be deleted and is not there says so by itself.
2. A value that is to be added and is there is told by a code that Active Directory also
   has for a second value where it wants one: then the entry is looked at.
3. A first value of a single-valued attribute is refused in other words where somebody
   else has set one: then it is looked at too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LDAPError, ResultCode
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.raw import gather
from ldapom.protocol.flows.search import read_entry
from ldapom.protocol.messages import ModifyOperation, ModifyRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.errors import ResultError
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import PartialAttribute

#: What says that a value which was read is not there any more.
_CONFLICTS = {ResultCode.noSuchAttribute, ResultCode.assertionFailed}
#: How servers refuse a second value of an attribute that may have one: so or otherwise.
_SECOND_VALUE = {ResultCode.constraintViolation, ResultCode.objectClassViolation}


def is_conflict(engine: Engine, operation: Operation, error: ResultError) -> Flow[bool]:
    """Whether a refusal says that the entry is not as it was read."""
    request = operation.request
    if error.code is ResultCode.assertionFailed:
        return True
    if not isinstance(request, ModifyRequest):
        return False
    if error.code in _CONFLICTS:
        return True
    names = _first_values(request, operation.states)
    if error.code is ResultCode.attributeOrValueExists:
        return (yield from _is_there(engine, operation, names))
    if error.code not in _SECOND_VALUE or not names:
        return False
    try:
        entry = yield from read_entry(engine, operation.dn, names)
    except LDAPError:
        return False
    return entry is not None and any(part.values for part in entry.attributes)


def _is_there(
    engine: Engine, operation: Operation, first_values: tuple[str, ...]
) -> Flow[bool]:
    """Whether a value that was to be added is there; yes where nobody can tell.

    Args:
        engine: Where to ask.
        operation: What was refused.
        first_values: The attributes for which any value is one too many.
    """
    request = operation.request
    assert isinstance(request, ModifyRequest)  # noqa: S101  # is_conflict() has seen to it
    added = {
        canonical(change.modification.type): change.modification
        for change in request.changes
        if change.operation is ModifyOperation.add
    }
    try:
        names = tuple(part.type for part in added.values())
        entry = yield from read_entry(engine, operation.dn, names)
    except LDAPError:
        return True
    if entry is None:
        return True
    found = gather(entry.attributes)
    single, known = set(map(canonical, first_values)), _attributes(operation.states)
    return any(
        bool(found.get(key)) if key in single else _meet(known.get(key), part, found)
        for key, part in added.items()
    )


def _meet(
    attribute: AnyAttribute | None,
    part: PartialAttribute,
    found: Mapping[str, Sequence[bytes]],
) -> bool:
    """Whether an attribute has one of these values, by its equality rule."""
    key = bytes if attribute is None else attribute.match_key
    there = set(map(key, found.get(canonical(part.type), ())))
    return not there.isdisjoint(map(key, part.values))


def _attributes(states: Iterable[EntryState]) -> dict[str, AnyAttribute]:
    return {
        key: state.own(one)
        for state in states
        for key, one in state.model.__ldapom__.by_key.items()
    }


def _first_values(
    request: ModifyRequest, states: Iterable[EntryState]
) -> tuple[str, ...]:
    """Single-valued attributes that had no value and were to get their first."""
    by_key = _attributes(states)
    names = []
    for change in request.changes:
        part = change.modification
        one = by_key.get(canonical(part.type))
        had = [
            other
            for other in request.changes
            if other.modification.type == part.type
            and other.operation is not ModifyOperation.add
        ]
        if one is not None and not one.has_many and not had:
            names.append(part.type)
    return tuple(names)
