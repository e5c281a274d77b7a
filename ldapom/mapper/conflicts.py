"""Whether the server refused a change since somebody else has made another one.

1. A value that is to be deleted and is not there, and one that is to be added and is
   there, say so by themselves.
2. A first value of a single-valued attribute is refused in other words where somebody
   else has set one: then the entry is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LDAPError, ResultCode
from ldapom.mapper.names import canonical
from ldapom.protocol.flows.search import read_entry
from ldapom.protocol.messages import ModifyOperation, ModifyRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.errors import ResultError
    from ldapom.mapper.operations import Operation
    from ldapom.mapper.state import EntryState
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow

#: What says that a value which was read is not there any more, or that one which was
#: not there is there now.
_CONFLICTS = {
    ResultCode.noSuchAttribute,
    ResultCode.attributeOrValueExists,
    ResultCode.assertionFailed,
}
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
    if error.code not in _SECOND_VALUE:
        return False
    names = _first_values(request, operation.states)
    if not names:
        return False
    try:
        entry = yield from read_entry(engine, operation.dn, names)
    except LDAPError:
        return False
    return entry is not None and any(part.values for part in entry.attributes)


def _first_values(
    request: ModifyRequest, states: Iterable[EntryState]
) -> tuple[str, ...]:
    """Single-valued attributes that had no value and were to get their first."""
    by_key = {
        key: one
        for state in states
        for key, one in state.model.__ldapom__.by_key.items()
    }
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
