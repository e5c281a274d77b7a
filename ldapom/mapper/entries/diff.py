"""What a commit sends for an entry: the smallest Modify, or the values of an Add.

1. Pure functions over an `EntryState`; nothing is sent and nothing is changed.
2. What is still meant is compared by the octets the server sent; what was touched by
   the octets it is written as. Nothing changed gives nothing.
3. Values go one by one where the attribute has an equality rule, so that nobody
   else's change is lost; all at once, by Replace, where it has none or was not read.
4. Only attributes that were changed are looked at; ``cn;lang-de`` is not ``cn``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import MappingError
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import naming
from ldapom.mapper.entries.draft import Draft
from ldapom.protocol.codec.written import WrittenAttributes
from ldapom.protocol.messages import ModifyChange
from ldapom.protocol.parts import ModifyOperation, PartialAttribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.changes import Change
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.state import EntryState

#: Attributes whose value is another one after every change of the entry.
VERSIONS = ("entryCSN", "uSNChanged", "entryUSN", "etag")


def modifications(state: EntryState, draft: Draft | None = None) -> tuple[Change, ...]:
    """The smallest Modify that brings a stored entry to its values here.

    A pending rename is counted as done: the Modify goes after it.

    Args:
        state: The entry.
        draft: What is worked out of it already.

    Raises:
        TypeError: If a value is of another type than its attribute.
        ValueError: If the syntax of its attribute can not write it.
        ConversionError: If only a part of the values of a changed attribute was read.
    """
    from ldapom.protocol.ldif_target import as_change

    draft = Draft(state) if draft is None else draft
    return tuple([as_change(each) for each in requested(draft)])


def requested(draft: Draft) -> tuple[ModifyChange, ...]:
    """The same as a request has it; see `modifications`."""
    state = draft.state
    if state.is_new or not state.changes:
        return ()
    found: list[ModifyChange] = []
    for attribute, value in draft.changed:
        name = attribute.description(state)
        found += [
            ModifyChange(kind, PartialAttribute(name, octets))
            for kind, octets in _changes(draft, attribute, value)
        ]
    return tuple(found)


def _changes(
    draft: Draft, attribute: AnyAttribute, value: object
) -> Iterable[tuple[ModifyOperation, Sequence[bytes]]]:
    """What is to be done to one attribute, with which values."""
    state = draft.state
    if state.increments and attribute.python_name in state.increments:
        amount = state.increments[attribute.python_name]
        return ((ModifyOperation.increment, (str(amount).encode(),)),)
    if not attribute.is_loaded(state):
        octets = [attribute.encode(each) for each in attribute.listed(value)]
        return ((ModifyOperation.replace, octets),)
    paired = draft.paired(attribute, value)
    if not paired.gone and not paired.come:
        return ()
    hidden = attribute.is_secret and not state.values(attribute.key)
    if hidden or not attribute.has_equality:
        # Where access rules hide a secret, adding one would leave the old one valid.
        return ((ModifyOperation.replace, paired.after),)
    parts = (ModifyOperation.delete, paired.gone), (ModifyOperation.add, paired.come)
    return [part for part in parts if part[1]]


def is_changed(state: EntryState) -> bool:
    """Whether a Modify would say anything, also where it can not be made yet."""
    try:
        return bool(state.changes) and bool(requested(Draft(state)))
    except (MappingError, TypeError, ValueError):
        return True


def additions(state: EntryState, draft: Draft | None = None) -> WrittenAttributes:
    """The attributes of a new entry, as an Add sends them.

    Object classes come with their superiors, and the values of the RDN are inside.

    Args:
        state: The entry.
        draft: What is worked out of it already.

    Raises:
        TypeError: If a value is of another type than its attribute.
        ValueError: If the syntax of its attribute can not write it.
        MissingValue: If the entry has no DN.
        LocalProtocolError: If the name of an attribute can not be sent.
    """
    draft = Draft(state) if draft is None else draft
    values: dict[str, tuple[str, Sequence[bytes]]] = {
        "objectclass": ("objectClass", state.values("objectclass"))
    }
    for attribute, value in draft.changed:
        octets = draft.encoded(attribute, value)
        values[attribute.key] = (attribute.description(state), octets)
    _add_rdn(draft, values)
    return WrittenAttributes.of([each for each in values.values() if each[1]])


def _add_rdn(draft: Draft, values: dict[str, tuple[str, Sequence[bytes]]]) -> None:
    """Put the values of the RDN in where they are not (RFC 4511 4.7)."""
    for ava in naming.parts_of(draft.dn):
        key, octets = canonical(ava.type), naming.octets(ava)
        name, given = values.get(key, (ava.type, ()))
        if octets in given:
            continue
        if naming.find(draft.state.by_key(key), given, octets) is None:
            values[key] = (name, (*given, octets))
            draft.named = (*draft.named, key)


def version(state: EntryState) -> tuple[str, bytes] | None:
    """The attribute that tells one version of the entry from the next, and its value.

    None where the server sent none of `VERSIONS`.
    """
    found = state.collected()
    for name in VERSIONS:
        values = found.get(name.lower())
        if values:
            return name, values[0]
    return None
