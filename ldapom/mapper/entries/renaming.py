"""What the values of an entry become when it gets another RDN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.dn import AVA, DN
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import naming, pairing
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.dn import RDN
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry


def rename(entry: Entry, rdn: Mapping[str, object]) -> DN:
    """Let the values of an entry follow its new RDN, as those of the server will.

    Args:
        entry: Which.
        rdn: Attributes, by Python or LDAP name, and the value of each.

    Returns:
        The RDN, as a name of its own.

    Raises:
        LookupError: If the entry has no such attribute.
    """
    info, state = type(entry).__ldapom__, entry._state
    wanted = [(state.own(info.find(name)), value) for name, value in rdn.items()]
    named = DN.of(*[(one.ldap_name, _text(one, each)) for one, each in wanted])
    # What it is to be called already, by an earlier rename or by its values.
    pending = naming.rdn_change(state) if state.status is not State.new else None
    old = DN.from_server(pending or state.dn).rdn
    _rename_values(entry, old, wanted)
    return named


def _text(one: AnyAttribute, value: object) -> str | bytes:
    """A naming value as a DN takes it."""
    raw = one.converter.encode(value)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _is_named(one: AnyAttribute, value: object, ava: AVA) -> bool:
    """Whether a part of a name has this value, however the server spells it."""
    text = _text(one, value)
    if AVA(ava.type, text) == ava:
        return True
    said = pairing.respelled(naming.octets(ava), one.converter)
    return said == (text.encode() if isinstance(text, str) else text)


def _rename_values(
    entry: Entry, old: RDN | None, wanted: list[tuple[AnyAttribute, object]]
) -> None:
    """Let the values of an entry follow its new RDN, as those of the server will."""
    state, info = entry._state, type(entry).__ldapom__
    for ava in old or ():
        found = info.by_key.get(canonical(ava.type))
        if found is None or not state.is_loaded(found.key):
            continue
        one = state.own(found)
        values = getattr(entry, one.python_name)
        if isinstance(values, list):
            kept = [v for v in values if not _is_named(one, v, ava)]
            if len(kept) < len(values):
                values[:] = kept
        elif all(other is not one for other, _ in wanted) and not one.must:
            setattr(entry, one.python_name, None)
    for one, value in wanted:
        if not state.is_loaded(one.key):
            continue
        values = getattr(entry, one.python_name)
        if not isinstance(values, list):
            setattr(entry, one.python_name, value)
        elif value not in values:
            values.insert(0, value)
