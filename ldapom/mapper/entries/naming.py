"""What an entry is called: by its DN, by its class, and once it is renamed.

1. A new entry without a DN is named by its class's ``base`` and ``rdn``.
2. An entry whose naming value is no longer among its values is to be renamed; so is
   one whose naming value is only spelled differently.
3. ModifyDN goes with deleteOldRDN: it takes the old naming values away and brings the
   new ones, and what is compared afterwards is what it leaves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import is_
from typing import TYPE_CHECKING, TypeAlias

from ldapom.dn import AVA, DN, RDN
from ldapom.errors import DNSyntaxError, MissingValue
from ldapom.mapper.classes.conversion import NoSyntax
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.pairing import pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.state import EntryState

#: Raw values that a rename leaves: from the key to the description and the values.
Renamed: TypeAlias = "dict[str, tuple[str, list[bytes]]]"

#: A first RDN of which one look says that it has one part: its type and its value.
_OF_ONE = re.compile(r' *([A-Za-z][A-Za-z0-9-]*) *=((?! *#)[^+\\";,]*)(?:,|\Z)')


def dn_of(state: EntryState) -> DN:
    """The DN of an entry, also of a new one.

    Raises:
        MissingValue: If class and values do not say one.
    """
    if state.dn or not state.is_new:
        return state.name
    info = state.model.__ldapom__
    if info.base is None or not info.rdn:
        raise MissingValue(
            f"this {info.name} has no DN: give it dn=..., or the class a base= and an "
            "rdn="
        )
    avas = [_naming_value(state, name) for name in info.rdn]
    return DN.of(*avas, _base(info.base))


@lru_cache(maxsize=64)
def _base(text: str) -> DN:
    """The base of a class, whose parts are read once for all its entries."""
    return DN.parse(text)


def _naming_value(state: EntryState, name: str) -> tuple[str, bytes]:
    attribute = state.own(state.model.__ldapom__.find(name))
    values = attribute.listed((state.changes or {}).get(attribute.python_name))
    if not values:
        raise MissingValue(f"{name} names the entry and has no value")
    try:
        return attribute.ldap_name, attribute.encode(values[0])
    except NoSyntax as error:
        # It has no name before a session with a table has it.
        raise MissingValue(f"{name} names the entry: {error}") from None


def keeps_name(state: EntryState) -> bool:
    """Whether one look says that no value which names the entry was changed.

    Most changes are of other attributes; no name is taken apart for them.
    """
    changes = state.changes
    if not changes:
        return True
    found = _OF_ONE.match(state.dn)
    if found is None:
        return False
    attribute = state.by_key(canonical(found[1]))
    return attribute is None or attribute.python_name not in changes


def rdn_change(state: EntryState) -> str | None:
    """The RDN that a stored entry is to get, None where it keeps its own.

    Raises:
        TypeError: If a new naming value is of another type.
        ValueError: If its syntax can not write it.
    """
    if state.new_rdn is None and (state.is_new or keeps_name(state)):
        return None
    own = None if state.is_new else state.name.rdn
    if state.new_rdn is None and own is None:
        return None
    wanted = own if state.new_rdn is None else _parsed(state.new_rdn)
    if wanted is None:
        return state.new_rdn
    # Values that were changed since a rename have the last word.
    avas = [_renamed(state, ava) for ava in wanted]
    if own is not None and all(map(is_, avas, own)):
        return None
    new = RDN(avas)
    return None if own is not None and _spelled(new) == _spelled(own) else str(new)


def rename_of(state: EntryState) -> tuple[str, str | None] | None:
    """The RDN, and the parent if it is another, that a stored entry is to get.

    Raises:
        TypeError: If a new naming value is of another type.
        ValueError: If its syntax can not write it.
    """
    new_rdn, parent = rdn_change(state), state.new_parent
    if new_rdn is None and parent is None:
        return None
    dn = state.name
    if parent is not None and DN.from_server(parent) == dn.parent:
        parent = None
    if new_rdn is None and parent is None:
        return None
    return (str(dn.rdn) if new_rdn is None else new_rdn), parent


def _parsed(rdn: str) -> RDN | None:
    try:
        return DN.parse(rdn).rdn
    except DNSyntaxError:
        return None


def _renamed(state: EntryState, ava: AVA) -> AVA:
    """What an AVA becomes: itself while its value is among the entry's values."""
    attribute = state.by_key(canonical(ava.type))
    changes = state.changes or {}
    if attribute is None or attribute.python_name not in changes:
        return ava
    before = _known(state, attribute)
    now = _octets_now(state, attribute, before)
    old = find(attribute, before, octets(ava))
    if not now or (octets(ava) if old is None else old) in now:
        return ava
    same = find(attribute, now, octets(ava))
    fresh = [each for each in now if each not in before]
    return AVA(ava.type, same if same is not None else (fresh or now)[0])


def _known(state: EntryState, attribute: AnyAttribute) -> Sequence[bytes]:
    return state.collected().get(attribute.key, ())


def _octets_now(
    state: EntryState, attribute: AnyAttribute, before: Sequence[bytes]
) -> Sequence[bytes]:
    """The octets of changed values; those of the server where they are still meant."""
    name = attribute.python_name
    now = attribute.listed((state.changes or {})[name])
    decoded = (state.originals or {}).get(name)
    try:
        return pair(before, decoded, now, attribute.converter).after
    except (TypeError, ValueError):
        # The same error, with the name of the attribute.
        return [attribute.encode(each) for each in now]


def octets(ava: AVA) -> bytes:
    """The value of an AVA as an attribute has it."""
    return ava.value.encode("utf-8", "surrogateescape")


def find(
    attribute: AnyAttribute | None, values: Iterable[bytes], wanted: bytes
) -> bytes | None:
    """The value that is this one: octet by octet, else by the equality rule."""
    values = list(values)
    if wanted in values:
        return wanted
    if attribute is None:
        return None
    key = attribute.match_key(wanted)
    return next((each for each in values if attribute.match_key(each) == key), None)


def parts_of(dn: DN) -> Sequence[AVA]:
    """What the first RDN is made of; the others are not read for it.

    Args:
        dn: A name; an opaque one has no parts.
    """
    found = _OF_ONE.match(str(dn))
    if found is None or dn.is_opaque:
        return dn.rdn or ()
    return (AVA(found[1], found[2].strip(" ")),)


def _spelled(rdn: RDN) -> set[tuple[str, bytes]]:
    return {(canonical(ava.type), octets(ava)) for ava in rdn}


def renamed_raw(state: EntryState) -> Renamed:
    """The raw values that ModifyDN changes, as they are after it.

    Returns:
        From the key of a naming attribute to its description and its values; nothing
        where no other RDN is to come.
    """
    new_text = rdn_change(state)
    own = None if new_text is None else state.name.rdn
    if new_text is None or own is None:
        return {}
    return moved_raw(state, own, new_text)


def moved_raw(state: EntryState, own: RDN, new_text: str) -> Renamed:
    """The same for an RDN that is given.

    Args:
        state: The entry.
        own: The RDN it had.
        new_text: The one it gets.
    """
    new = _parsed(new_text)
    changed: Renamed = {}
    removed, added = _spelled(own), _spelled(new) if new else set()
    for ava in (*own, *(new or ())):
        key = canonical(ava.type)
        attribute = state.by_key(key)
        many = attribute if attribute is not None and attribute.has_many else None
        if many is not None and not many.is_loaded(state):
            # There may be more values than those that name the entry.
            continue
        raw = list(
            changed[key][1] if key in changed else state.collected().get(key, ())
        )
        pair = (key, octets(ava))
        if pair in removed and pair not in added:
            old = find(attribute, raw, octets(ava))
            raw = [each for each in raw if each != old]
        elif pair in added and octets(ava) not in raw:
            raw.append(octets(ava))
        changed[key] = (ava.type, raw)
    return changed
