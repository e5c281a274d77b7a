"""Attributes that are read of every entry of a search are decoded together.

1. Which these are, `Wanted` has found out; one loop over them costs half of what as
   many reads cost, each of which would come to its descriptor first.
2. What does not decode is left out: it raises where it is read, and nowhere else.
3. The raw values of what was decoded are let go; they can be walked to again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.state import EntryState
    from ldapom.protocol.codec.wanted import Part

#: So many attributes are worth it.
FEWEST = 3


def decode(entry: Entry, state: EntryState, part: Part) -> Part:
    """Decode what has values, and store it in the entry.

    Args:
        entry: The entry, of which nothing was changed.
        state: Its state.
        part: The raw values by key.

    Returns:
        The part of it that was not decoded.
    """
    live = entry.__dict__
    attributes = entry.__ldapom__.by_key
    left: Part = {}
    for key, raw in part.items():
        attribute: AnyAttribute | None = attributes.get(key)
        if not raw or attribute is None or attribute.python_name in live:
            left[key] = raw
            continue
        try:
            read = attribute.converter.decode
            if attribute.has_many:
                several = (read(raw[0]),) if len(raw) == 1 else map(read, raw)
                value: Any = attribute.values_type(several)
                value._state = state
                value._attribute = attribute
            elif len(raw) == 1:
                value = read(raw[0])
            else:
                left[key] = raw
                continue
        except Exception:  # noqa: BLE001  # it raises where this one is read
            left[key] = raw
            continue
        live[attribute.python_name] = value
    return left
