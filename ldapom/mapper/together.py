"""Attributes that are read of every entry of a search are decoded together.

1. Which these are, `Wanted` has found out; one walk that decodes them costs a third of
   what as many reads cost, each of which would come to its descriptor first.
2. What does not decode is left out: it raises where it is read, and nowhere else.
3. The raw values of what was decoded are not kept; they can be walked to again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldapom.protocol.codec.wanted import Target
from ldapom.schema.coding import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.state import EntryState
    from ldapom.protocol.codec.wanted import Part, Wanted


def decode(
    entry: Entry, state: EntryState, wanted: Wanted, raw: bytes, key: str
) -> Part | None:
    """Decode what is read of the entries of a search, and store it in the entry.

    Args:
        entry: The entry, of which nothing was changed.
        state: Its state.
        wanted: What is read.
        raw: The octets of its attributes.
        key: The attribute that is read now.

    Returns:
        The raw values of what was not decoded; None where nothing was.
    """
    live = entry.__dict__
    # What was read before stays: somebody may hold it.
    found: dict[str, object] = {} if live else live
    left = wanted.read(raw, key, entry.__ldapom__, state, found)
    if left is None:
        found.clear()
    elif found is not live:
        live.update({**found, **live})
    return left


def target(attribute: AnyAttribute) -> Target[EntryState] | None:
    """Where the values of an attribute go; None where nobody knows their type yet."""
    try:
        read = attribute.converter.decode
    except Exception:  # noqa: BLE001  # it raises where it is read
        return None
    # What it raises goes no further, so nothing has to be said without the octets.
    read = bytes.decode if read is decode_text else read
    several = _holder(attribute) if attribute.has_many else None
    return Target(attribute.python_name, attribute.key, read, several)


def _holder(attribute: AnyAttribute) -> Callable[[Iterable[object], EntryState], Any]:
    """What `owned` does, for one attribute."""
    kind = attribute.values_type

    def several(values: Iterable[object], state: EntryState) -> object:
        made = kind(values)
        made._state = state
        made._attribute = attribute
        return made

    return several
