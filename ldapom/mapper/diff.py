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

from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.errors import MappingError
from ldapom.mapper import naming
from ldapom.mapper.naming import rdn_change
from ldapom.mapper.pairing import Paired, pair
from ldapom.protocol.messages import PartialAttribute
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ldapom.changes import Change
    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.state import EntryState

__all__ = [
    "VERSIONS",
    "additions",
    "is_changed",
    "modifications",
    "rdn_change",
    "version",
]

#: Attributes whose value is another one after every change of the entry.
VERSIONS = ("entryCSN", "uSNChanged", "entryUSN", "etag")

_Raw = dict[str, tuple[str, list[bytes]]]


def modifications(state: EntryState) -> tuple[Change, ...]:
    """The smallest Modify that brings a stored entry to its values here.

    A pending rename is counted as done: the Modify goes after it.

    Raises:
        TypeError: If a value is of another type than its attribute.
        ValueError: If the syntax of its attribute can not write it.
        ConversionError: If only a part of the values of a changed attribute was read.
    """
    if state.is_new or not state.changes:
        return ()
    moved = naming.renamed_raw(state)
    return tuple(
        change
        for attribute, value in state.changed()
        for change in _changes(state, attribute, value, moved)
    )


def _changes(
    state: EntryState, attribute: AnyAttribute, value: object, moved: _Raw
) -> Iterator[Change]:
    name = attribute.description(state)
    amount = (state.increments or {}).get(attribute.python_name)
    if amount is not None:
        yield Increment(name, amount)
        return
    if not attribute.is_loaded(state):
        yield Replace(
            name, [attribute.encode(each) for each in attribute.listed(value)]
        )
        return
    paired = paired_values(state, attribute, value, moved)
    if not paired.gone and not paired.come:
        return
    hidden = is_secret(name) and not state.values(attribute.key)
    if hidden or not attribute.has_equality:
        # Where access rules hide a secret, adding one would leave the old one valid.
        yield Replace(name, paired.after)
        return
    if paired.gone:
        yield Delete(name, paired.gone)
    if paired.come:
        yield Add(name, paired.come)


def paired_values(
    state: EntryState,
    attribute: AnyAttribute,
    value: object,
    moved: Mapping[str, tuple[str, list[bytes]]],
) -> Paired:
    """Pair the values of a changed attribute with those the server has.

    Args:
        state: The state.
        attribute: The attribute.
        value: What it was changed to.
        moved: What `naming.renamed_raw` gave.
    """
    raw = state.values(attribute.key)
    before = (state.originals or {}).get(attribute.python_name)
    if attribute.key in moved:
        raw, before = moved[attribute.key][1], None
    return pair(raw, before, attribute.listed(value), attribute.converter)


def is_changed(state: EntryState) -> bool:
    """Whether a Modify would say anything, also where it can not be made yet."""
    try:
        return bool(modifications(state))
    except (MappingError, TypeError, ValueError):
        return True


def additions(state: EntryState) -> tuple[PartialAttribute, ...]:
    """The attributes of a new entry, as an Add sends them.

    Object classes come with their superiors, and the values of the RDN are inside.

    Raises:
        TypeError: If a value is of another type than its attribute.
        ValueError: If the syntax of its attribute can not write it.
        MissingValue: If the entry has no DN.
    """
    values: dict[str, tuple[str, list[bytes]]] = {
        "objectclass": ("objectClass", list(state.values("objectclass")))
    }
    for attribute, value in state.changed():
        encoded = [attribute.encode(each) for each in attribute.listed(value)]
        values[attribute.key] = (attribute.description(state), encoded)
    _add_rdn(state, values)
    return tuple(
        PartialAttribute(name, octets) for name, octets in values.values() if octets
    )


def _add_rdn(state: EntryState, values: dict[str, tuple[str, list[bytes]]]) -> None:
    """Put the values of the RDN in where they are not (RFC 4511 4.7)."""
    from ldapom.mapper.names import canonical

    for ava in naming.dn_of(state).rdn or ():
        key = canonical(ava.type)
        _, given = values.setdefault(key, (ava.type, []))
        if naming.find(state.by_key(key), given, naming.octets(ava)) is None:
            given.append(naming.octets(ava))


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
