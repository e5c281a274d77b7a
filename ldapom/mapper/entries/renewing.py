"""What becomes of changed values: discarded, settled, or set against fresh ones."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import increments
from ldapom.mapper.entries.pairing import pair

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.draft import Draft
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.entries.views import Models
    from ldapom.protocol.parts import PartialAttribute

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


def settle(state: EntryState, draft: Draft) -> None:
    """Count what was changed as what the server has; the values stay what they are.

    Args:
        state: The entry.
        draft: What was worked out of it before it was carried out.
    """
    if state.is_new:
        _settle_added(state, draft)
        return
    moved = draft.moved
    found: _Raw = {**moved}
    for attribute, value in draft.changed:
        if attribute.is_loaded(state):
            after: Sequence[bytes] = draft.paired(attribute, value).after
        else:
            after = [attribute.encode(each) for each in attribute.listed(value)]
        found[attribute.key] = (attribute.description(state), after)
    state.replace_raw(found)
    if state.variants:
        reread(state, found)
    elif moved:
        reread(state, moved)


def _settle_added(state: EntryState, draft: Draft) -> None:
    from ldapom.mapper.entries import diff

    sent = diff.additions(state, draft) if draft.sent is None else draft.sent
    state.receive(sent)
    state.loaded = _loaded_when_added(state.models)
    state.outdated = _filled_by_server(state.models)
    live, changes = state.live or {}, state.changes or {}
    if state.variants or not live.keys() <= changes.keys():
        # Object classes and the name are sent, though nobody has assigned them; what
        # only the server writes was not, whatever the entry had of it.
        read = [one.key for name in live if (one := state.find(name)) is not None]
        reread(state, [*(canonical(part.type) for part in sent), *read])
    for key in draft.named:
        one = state.by_key(key)
        if one is not None and one.python_name in live:
            _reread(state, one, live[one.python_name], live)


@lru_cache(maxsize=256)
def _loaded_when_added(models: Models) -> frozenset[str]:
    """The keys of an added entry's attributes that nobody but its maker has set."""
    return frozenset(
        one.key
        for cls in models
        for one in cls.__ldapom__.attributes.values()
        if not one.read_only or one.key == "objectclass"
    )


@lru_cache(maxsize=256)
def _filled_by_server(models: Models) -> frozenset[str]:
    """The keys of an added entry's attributes that the server has filled meanwhile.

    A query asks for them, so a refresh does too; until then nobody has read them.
    """
    return frozenset(
        one.key
        for cls in models
        for one in cls.__ldapom__.attributes.values()
        if one.read_only and one.key != "objectclass" and not one.declaration.on_request
    )


def confirm(
    state: EntryState, loaded: frozenset[str] | None, held: dict[str, object] | None
) -> None:
    """Take note that the server has the raw values that the state has.

    Args:
        state: The state, of which nothing is changed.
        loaded: The keys that were asked for.
        held: The ``__dict__`` of the entry, where somebody has it.
    """
    live = held if held is not None else state.live or {}
    exact = state.model.__ldapom__.exact if state.converters is None else ()
    for name in live.keys() - exact:
        known = state.find(name)
        if known is not None and not known.is_exact:
            _reread(state, known, live[name], live)
    _reread_variants(state)
    _count_as_loaded(state, loaded, ())


def renew(
    state: EntryState,
    fresh: dict[str, list[bytes]],
    received: tuple[Sequence[PartialAttribute], frozenset[str] | None],
    held: dict[str, object] | None,
    changed: Literal["keep", "rebase"],
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
    before = state.known_values()
    _merge(state, fresh, received, kept)
    for one, value in rebased.items():
        _rebase(state, one, value, live)
    for name in list(live):
        known = state.find(name)
        if known is None or known in mine or _says_the_same(known, before, fresh):
            continue
        _reread(state, known, live[name], live)
    _reread_variants(state)


def _says_the_same(
    one: AnyAttribute,
    before: Mapping[str, Sequence[bytes]],
    fresh: Mapping[str, Sequence[bytes]],
) -> bool:
    """Whether what a held value would be read from is what it says already.

    Of secrets the raw values may be forgotten.
    """
    raw = before.get(one.key)
    return bool(raw) and raw == fresh.get(one.key) and one.is_exact


def _asked(key: str, loaded: frozenset[str] | None, fresh: Collection[str]) -> bool:
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
    fresh: dict[str, list[bytes]],
    received: tuple[Sequence[PartialAttribute], frozenset[str] | None],
    kept: set[str],
) -> None:
    """Put the fresh attributes in place of the old ones, but for those to be kept."""
    attributes, loaded = received
    known = state.known_values() or state.collected()
    unasked = [key for key in known if not _asked(key, loaded, fresh)]
    if kept or unasked:
        old = [
            part
            for part in state.attributes
            if (key := canonical(part.type)) in kept or key in unasked
        ]
        new = [part for part in attributes if canonical(part.type) not in kept]
        state.receive((*new, *old))
    else:
        state.receive(attributes, fresh)
    _count_as_loaded(state, loaded, fresh)


@lru_cache(maxsize=64)
def _union(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Both: one for all entries of a class, instead of 4 kB for each."""
    return some | others


def _count_as_loaded(
    state: EntryState, loaded: frozenset[str] | None, fresh: Collection[str]
) -> None:
    """Take note that these keys were asked for now, or came all the same."""
    if state.loaded is None or loaded is None:
        state.loaded = None
    else:
        state.loaded = _union(state.loaded, loaded)
    if state.outdated:
        state.outdated = frozenset(
            [key for key in state.outdated if not _asked(key, loaded, fresh)]
        )


def _rebased(
    state: EntryState,
    attribute: AnyAttribute,
    value: object,
    fresh: Mapping[str, Sequence[bytes]],
) -> list[bytes] | None:
    """The fresh values with what was changed here done to them; None leaves mine."""
    amount = (state.increments or {}).get(attribute.python_name)
    if amount is not None:
        return increments.summed(attribute, fresh.get(attribute.key, ()), amount)
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
