"""What becomes of changed values: discarded, settled, or set against fresh ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ldapom.mapper import counting, naming
from ldapom.mapper.names import canonical
from ldapom.mapper.pairing import pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.state import EntryState
    from ldapom.protocol.messages import PartialAttribute

_Raw: TypeAlias = "dict[str, tuple[str, Sequence[bytes]]]"


def restore(state: EntryState) -> None:
    """Put every changed value back to what the server sent."""
    live = state.live or {}
    for attribute, value in state.changed():
        _reread(state, attribute, value, live)


def reread(
    state: EntryState, keys: Iterable[str], live: dict[str, object] | None = None
) -> None:
    """Let held values of these keys say what the raw ones say, unless changed."""
    live = live if live is not None else state.live or {}
    _reread_variants(state, keys)
    for key in keys:
        attribute = state.by_key(key)
        name = attribute.python_name if attribute is not None else ""
        if attribute is not None and name in live and name not in (state.changes or {}):
            _reread(state, attribute, live[name], live)


def _reread_variants(state: EntryState, keys: Iterable[str] | None = None) -> None:
    """Let variants that were given out say what the raw values say, unless changed."""
    given = state.variants or {}
    for name in [*given]:
        attribute = state.described(name)
        if name in (state.changes or {}) or (keys and attribute.key not in keys):
            continue
        _reread(state, attribute, given[name], given)


def _reread(
    state: EntryState, attribute: AnyAttribute, value: object, live: dict[str, object]
) -> None:
    """Let a value say what the raw ones say: in place, else when it is next read."""
    if not attribute.reread(state, value):
        attribute.release(value)
        live.pop(attribute.python_name, None)
        if state.variants:
            state.variants.pop(attribute.python_name, None)


def settled(state: EntryState) -> _Raw:
    """The raw values of the naming attributes and of all that was changed."""
    from ldapom.mapper import diff

    if state.is_new:
        return {
            canonical(part.type): (part.type, part.values)
            for part in diff.additions(state)
        }
    moved = naming.renamed_raw(state)
    found: _Raw = {**moved}
    for attribute, value in state.changed():
        name = attribute.description(state)
        if attribute.is_loaded(state):
            after = diff.paired_values(state, attribute, value, moved).after
        else:
            after = tuple(attribute.encode(each) for each in attribute.listed(value))
        found[attribute.key] = (name, after)
    return found


def loaded_when_added(state: EntryState) -> frozenset[str]:
    """The keys of an added entry's attributes that nobody but its maker has set."""
    return frozenset(
        one.key
        for cls in (state.model, *state.further)
        for one in cls.__ldapom__.attributes.values()
        if not one.read_only or one.key == "objectclass"
    )


def filled_by_server(state: EntryState) -> frozenset[str]:
    """The keys of an added entry's attributes that the server has filled meanwhile.

    A query asks for them, so a refresh does too; until then nobody has read them.
    """
    return frozenset(
        one.key
        for cls in (state.model, *state.further)
        for one in cls.__ldapom__.attributes.values()
        if one.read_only and one.key != "objectclass" and not one.declaration.on_request
    )


def renew(
    state: EntryState,
    fresh: Mapping[str, Sequence[bytes]],
    received: tuple[Sequence[PartialAttribute], frozenset[str] | None],
    held: dict[str, object] | None,
    changed: Literal["keep", "rebase", "drop"],
) -> None:
    """Take fresh raw values; `EntryState.renew` says the rest.

    Args:
        state: The state.
        fresh: The raw values by key.
        received: The raw attributes, and the keys that were asked for.
        held: The ``__dict__`` of the entry, where somebody has it.
        changed: What becomes of changed attributes.
    """
    live = held if held is not None else state.live or {}
    mine = dict(state.changed())
    rebased = {
        one: _rebased(state, one, value, fresh)
        for one, value in mine.items()
        if changed == "rebase" and _differs(state, one.key, received[1], fresh)
    }
    kept = {one.key for one in mine if changed == "keep" and one.is_loaded(state)}
    _merge(state, fresh, received, kept)
    if changed == "drop":
        for one, value in mine.items():
            _reread(state, one, value, live)
        state.forget_changes()
        mine = {}
    for one, value in rebased.items():
        _rebase(state, one, value, live)
    for name in list(live):
        known = state.find(name)
        if known is not None and known not in mine:
            _reread(state, known, live[name], live)
    _reread_variants(state)


def _asked(
    key: str, loaded: frozenset[str] | None, fresh: Mapping[str, object]
) -> bool:
    # Asking for an attribute asks for its variants (RFC 4511 4.5.1.8).
    return (
        loaded is None
        or key in loaded
        or key in fresh
        or key.partition(";")[0] in loaded
    )


def _differs(
    state: EntryState,
    key: str,
    loaded: frozenset[str] | None,
    fresh: Mapping[str, Sequence[bytes]],
) -> bool:
    before = state.collected().get(key, [])
    return _asked(key, loaded, fresh) and list(fresh.get(key, ())) != before


def _merge(
    state: EntryState,
    fresh: Mapping[str, Sequence[bytes]],
    received: tuple[Sequence[PartialAttribute], frozenset[str] | None],
    kept: set[str],
) -> None:
    """Put the fresh attributes in place of the old ones, but for those to be kept."""
    attributes, loaded = received
    old = [
        part
        for part in state.attributes
        if (key := canonical(part.type)) in kept or not _asked(key, loaded, fresh)
    ]
    new = [part for part in attributes if canonical(part.type) not in kept]
    state.attributes = (*new, *old) if old or len(new) < len(attributes) else attributes
    if state.loaded is None or loaded is None:
        state.loaded = None
    else:
        state.loaded |= loaded
    state.outdated = frozenset(
        key for key in state.outdated if not _asked(key, loaded, fresh)
    )
    state.recollect()


def _rebased(
    state: EntryState,
    attribute: AnyAttribute,
    value: object,
    fresh: Mapping[str, Sequence[bytes]],
) -> list[bytes] | None:
    """The fresh values with what was changed here done to them; None leaves mine."""
    amount = (state.increments or {}).get(attribute.python_name)
    if amount is not None:
        return counting.summed(attribute, fresh.get(attribute.key, ()), amount)
    if not attribute.has_many or not attribute.is_loaded(state):
        return None
    before = (state.originals or {}).get(attribute.python_name)
    raw = state.values(attribute.key)
    mine = pair(raw, before, attribute.listed(value), attribute.converter)
    gone = {attribute.match_key(each) for each in mine.gone}
    come = {attribute.match_key(each): each for each in mine.come}
    after = [
        each
        for each in fresh.get(attribute.key, ())
        if (key := attribute.match_key(each)) not in gone or key in come
    ]
    there = {attribute.match_key(each) for each in after}
    return after + [each for key, each in come.items() if key not in there]


def _rebase(
    state: EntryState,
    attribute: AnyAttribute,
    values: list[bytes] | None,
    live: dict[str, object],
) -> None:
    """Let a changed attribute be compared with the fresh values from now on."""
    name = attribute.python_name
    if state.originals is not None:
        state.originals.pop(name, None)
    if values is None or state.changes is None:
        return
    if attribute.has_many:
        attribute.refill(state.changes[name], values)
    else:
        state.changes[name] = live[name] = attribute.converter.decode(values[0])
