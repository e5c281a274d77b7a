"""What a write that was carried out means for the entries that are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.dn import DN
from ldapom.mapper.entries import naming, renewing
from ldapom.mapper.entries.states import State
from ldapom.protocol.messages import ModifyDNRequest, PartialAttribute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.mapper.commits.moves import Moves
    from ldapom.mapper.entries.draft import Draft
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.flows.update import Update

T = TypeVar("T")


def keys_changed(state: EntryState, draft: Draft) -> set[str]:
    """The keys of the attributes that a commit of it changes."""
    keys = {attribute.key for attribute, _ in draft.changed}
    return keys if state.status is State.new else keys.union(draft.moved)


def share(
    state: EntryState,
    other: Entry,
    keys: set[str],
    request: Update | None = None,
    drafts: dict[EntryState, Draft] | None = None,
) -> None:
    """Let another view of an entry have what was changed by way of this one.

    Args:
        state: The entry.
        other: The other view.
        keys: What was changed.
        request: What was carried out; a rename changes what either has read.
        drafts: What was worked out before of what is changed; a rename outdates it.
    """
    info = type(other).__ldapom__
    theirs = other._state
    if isinstance(request, ModifyDNRequest) and theirs.status is State.clean:
        _rename(theirs, other.__dict__, request)
        if drafts is not None:
            drafts.pop(theirs, None)
    shared = frozenset(key for key in keys if key in info.by_key)
    parts = [
        PartialAttribute(info.by_key[key].ldap_name, state.values(key))
        for key in shared
        if state.values(key)
    ]
    if shared and theirs.status is State.clean:
        theirs.renew(theirs.dn, parts, shared, held=other.__dict__)


def count(
    states: Iterable[tuple[EntryState, Entry | None]],
    keys: frozenset[str],
    source: EntryState | None,
) -> None:
    """Let entries have what the server has counted.

    Args:
        states: The entries, and who has them, if anybody.
        keys: What was counted.
        source: Who knows the numbers; without it they are to be read.
    """
    for state, entry in states:
        if source is not None and entry is not None:
            share(source, entry, set(keys))
        else:
            state.outdate(keys, {} if entry is None else entry.__dict__)


def _rename(
    state: EntryState, live: dict[str, object], request: ModifyDNRequest
) -> None:
    """Let another view have the naming values that a rename has left.

    What was changed of them by way of it is sent after the rename, and so done to
    what that leaves; but for a view that says the same rename.
    """
    own = DN.from_server(request.entry).rdn
    if own is None:
        return
    mine = {attribute.key for attribute, _ in state.changed()}
    moved = naming.moved_raw(state, own, request.new_rdn)
    raw = {key: found for key, found in moved.items() if key not in mine}
    theirs = moved.keys() & mine if naming.rdn_change(state) is None else set[str]()
    state.replace_raw(raw)
    renewing.reread(state, raw, live)
    if theirs:
        parts = [PartialAttribute(*moved[key]) for key in theirs]
        state.renew(state.dn, parts, frozenset(theirs), held=live, changed="rebase")


def forget_secrets(state: EntryState, keys: set[str]) -> None:
    """Forget what was sent of secrets: servers keep something else of a password."""
    for cls in state.models:
        secrets = keys & cls.__ldapom__.secrets
        if secrets:
            by_key = cls.__ldapom__.by_key
            state.replace_raw({key: (by_key[key].ldap_name, ()) for key in secrets})


def follow(
    states: Iterable[EntryState], moves: Moves[T], since: dict[EntryState, int]
) -> None:
    """Rename what was taken along by renames.

    Args:
        states: Entries that may have been.
        moves: The renames that were carried out.
        since: How many of them had been when a state got the DN it has.
    """
    for state in states:
        if state.dn and state.mark is not State.adding:
            first = max(since.get(state, 0), moves.followed)
            dn, movers = moves.follow(DN.from_server(state.dn), first)
            if movers:
                state.dn = str(dn)
    moves.followed = len(moves)
