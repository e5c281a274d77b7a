"""What is wrong with a change before anything is sent.

1. Only what the change touches is judged: an attribute that was not read, or is empty
   on the server already, is the server's business.
2. Every finding is a sentence, beside the attribute it is about; nothing here raises.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from ldapom.errors import ConversionError, Finding, LDAPError
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import naming, views
from ldapom.mapper.entries.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from ldapom.dn import AVA
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.pairing import Paired
    from ldapom.mapper.entries.state import EntryState

#: A DN of printable ASCII without escapes, quotes and octets in hexadecimal.
_PLAIN_NAME = re.compile(rb"[ !$-[\]-~]*")
_NAME_VALUE = re.compile(rb"=([^,+;]*)")

#: What is wrong, and with which attribute; None where it is the entry.
_About: TypeAlias = "tuple[AnyAttribute | None, str]"

#: What encoding a value that is none raises.
_UNFIT = (LDAPError, TypeError, ValueError)


def findings(
    state: EntryState, *, new: bool | None = None, draft: Draft | None = None
) -> list[Finding]:
    """Everything that is wrong with what is to be sent for an entry.

    Args:
        state: The entry.
        new: Whether it is to be added; the state says it when left out.
        draft: What is worked out of it already.
    """
    is_new = state.is_new if new is None else new
    draft = Draft(state) if draft is None else draft
    try:
        draft.moved  # noqa: B018  # whether it can be told
    except _UNFIT:
        draft.without_moves()
    found = [
        *_naming_problems(draft, is_new=is_new),
        *[(one, _demand(state, one)) for one in lacking(draft, new=is_new)],
    ]
    try:
        pairs = draft.pair_all()
    except _UNFIT:
        for attribute, value in draft.changed:
            found += [(attribute, p) for p in _unfit(draft, attribute, value)]
    else:
        for attribute, paired in pairs.items():
            if len(paired.after) > 1:
                found += [(attribute, p) for p in _doubles(attribute, paired)]
    if not found:
        return []
    dn = _dn(state)
    where = repr(dn) if dn else f"a new {state.model.__name__}"
    return [
        Finding(f"{where}: {text}", dn, one.python_name if one else "")
        for one, text in found
    ]


def _dn(state: EntryState) -> str:
    try:
        return str(naming.dn_of(state))
    except _UNFIT:
        return ""


def lacking(draft: Draft, *, new: bool) -> Iterator[AnyAttribute]:
    """The attributes the schema demands that this change leaves without a value."""
    state = draft.state
    changes = state.changes or {}
    if not new and "objectClass" not in changes and not _empties(draft):
        return
    demanded = _demanded_now(state)
    if state.converters is not None:
        demanded = tuple(map(state.own, demanded))
    for one in demanded:
        given = one.python_name in changes
        empty = _is_empty(one, changes.get(one.python_name))
        if empty and (given or new or _comes_with_class(state, one)):
            yield one


def _empties(draft: Draft) -> bool:
    """Whether a changed attribute has no value now, or none but empty text."""
    return any(_is_empty(one, value) for one, value in draft.changed)


def _is_empty(one: AnyAttribute, value: object) -> bool:
    """Whether this is no value to any server: RFC 4517 3.3.6 knows no empty text."""
    values = one.listed(value)
    if not values:
        return True
    is_text = "" in values and all(each == "" for each in values)
    return is_text and one.converter.syntax.name == "Directory String"


def _demand(state: EntryState, one: AnyAttribute) -> str:
    """Say that an attribute must have a value."""
    given = one.listed((state.changes or {}).get(one.python_name))
    return f"{one.label} must have a value{', and empty text is none' if given else ''}"


def _demanded_now(state: EntryState) -> tuple[AnyAttribute, ...]:
    """What must have a value in an entry as it is to be."""
    if "objectClass" not in (state.changes or {}):
        info = state.model.__ldapom__
        if state.received is info.template:
            return _demanded_of_new(state.models)
    return _demanded(state.models, frozenset(_classes(state)))


@lru_cache(maxsize=256)
def _demanded_of_new(models: views.Models) -> tuple[AnyAttribute, ...]:
    """The same for a new entry that has the object classes of its model."""
    return _demanded(models, frozenset(models[0].__ldapom__.object_classes))


@lru_cache(maxsize=256)
def _demanded(
    models: views.Models, classes: frozenset[str]
) -> tuple[AnyAttribute, ...]:
    """What must have a value in an entry of these object classes.

    Args:
        models: The classes that the entry is seen as, its own first.
        classes: Its object classes.
    """
    by_class = views.attributes_of(models, classes)
    keys = {key for key, must in by_class.items() if must}
    every = views.attributes_of(
        models, (name for cls in models for name in cls.__ldapom__.object_classes)
    )
    # What only the application's own class demands.
    keys |= {
        one.key
        for one in models[0].__ldapom__.attributes.values()
        if one.must and not every.get(one.key, False)
    }
    found: dict[str, AnyAttribute] = {}
    for cls in models:
        for one in cls.__ldapom__.attributes.values():
            if one.key in keys and not one.read_only:
                found.setdefault(one.key, one)
    return tuple(found.values())


def _classes(state: EntryState) -> list[str]:
    value = (state.changes or {}).get("objectClass")
    if isinstance(value, list):
        return [str(each) for each in value]
    raw = state.octets("objectclass")
    return [each.decode("utf-8", "replace") for each in raw]


def _comes_with_class(state: EntryState, one: AnyAttribute) -> bool:
    """Whether a class that this change adds demands it, known to be absent."""
    if "objectClass" not in (state.changes or {}):
        return False
    if not one.is_loaded(state) or state.collected().get(one.key):
        return False
    before = state.collected().get("objectclass", ())
    had = views.attributes_of(
        state.models, [each.decode("utf-8", "replace") for each in before]
    )
    return not had.get(one.key, False)


def _naming_problems(draft: Draft, *, is_new: bool) -> Iterator[_About]:
    state = draft.state
    if is_new:
        try:
            dn = draft.dn
        except _UNFIT as error:
            yield None, str(error)
            return
        parts = naming.parts_of(dn)
        if not parts:
            yield None, f"{str(dn)!r} is no DN for a new entry"
        yield from _rdn_problems(state, parts)
        return
    if state.new_rdn is not None or naming.keeps_name(state):
        return
    for ava in state.name.rdn or ():
        attribute = state.by_key(canonical(ava.type))
        changes = state.changes or {}
        if attribute is None or attribute.python_name not in changes:
            continue
        if not attribute.listed(changes[attribute.python_name]):
            yield attribute, f"{attribute.label} names the entry and must keep a value"


def _rdn_problems(state: EntryState, rdn: Iterable[AVA]) -> Iterator[_About]:
    """Naming values that would not fit beside the values of a single-valued one."""
    for ava in rdn:
        attribute = state.by_key(canonical(ava.type))
        if attribute is None or attribute.has_many:
            continue
        given = attribute.listed((state.changes or {}).get(attribute.python_name))
        try:
            raw = [attribute.encode(each) for each in given]
        except _UNFIT:
            continue
        if raw and naming.find(attribute, raw, naming.octets(ava)) is None:
            reason = f"has another value than the DN's {str(ava)!r}"
            yield attribute, f"{attribute.label} {reason}"


def _unfit(draft: Draft, attribute: AnyAttribute, value: object) -> Iterable[str]:
    """What can not be written, comes twice, or was not read whole."""
    try:
        paired = draft.paired(attribute, value)
    except ConversionError as error:
        return (str(error),)
    except _UNFIT:
        return _no_values(attribute, value)
    return _doubles(attribute, paired) if len(paired.after) > 1 else ()


def _no_values(attribute: AnyAttribute, value: object) -> Iterator[str]:
    for each in attribute.listed(value):
        try:
            attribute.encode(each)
        except _UNFIT as error:
            yield str(error)


def _doubles(attribute: AnyAttribute, paired: Paired) -> Iterator[str]:
    """Values that are equal by the attribute's rule to one this change brings."""
    rough = rough_name if attribute.holds_names else _any_name
    looked_at = {rough(raw) for raw in paired.come}
    seen: set[Hashable] = set()
    for raw in paired.after if looked_at else ():
        if None not in looked_at and rough(raw) not in {None, *looked_at}:
            continue
        key = attribute.match_key(raw)
        if key in seen:
            shown = attribute.shown(raw.decode("utf-8", "backslashreplace"))
            yield f"{attribute.label} has {shown} twice, by its equality rule"
        seen.add(key)


def _any_name(_raw: bytes) -> None:
    """Say nothing of a value: its key decides."""


def rough_name(raw: bytes) -> Hashable:
    """What equal DNs have in common, found 20 times faster than their keys.

    None stands for a name that has to be read to be compared.
    """
    if _PLAIN_NAME.fullmatch(raw) is None:
        return None
    return tuple(sorted(_NAME_VALUE.findall(raw.lower().replace(b" ", b""))))
