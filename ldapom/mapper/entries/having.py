"""Which attributes of an entry may have values: told without reading any of them.

Of a class with fifty attributes most entries have ten, and each that is read is an
object more; what is read of one entry is also read along of those that came with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Mapped


def having(entry: Mapped) -> tuple[list[tuple[str, AnyAttribute]], bool]:
    """The attributes of the class that came, or were given a value.

    Args:
        entry: The entry.

    Returns:
        By Python name, in the order of the class; and whether there are attributes with
        options, such as ``cn;lang-de``, beside them. Then it is all attributes.

    Raises:
        DecodeError: The server's octets are no attribute list.
    """
    state = entry._state
    came, held, changes = state.collected(), entry.__dict__, state.changes or {}
    known = entry.__ldapom__.attributes.items()
    if ";" in "\0".join((*came, *changes)):
        return list(known), True
    some = [
        (name, one)
        for name, one in known
        if one.key in came or name in held or name in changes
    ]
    return some, False
