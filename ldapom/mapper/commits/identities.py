"""`Identities`: one object for each model and DN, as long as anyone holds it.

1. What is unchanged is only known weakly: a million entries that were read and let go
   leave nothing behind.
2. The state of an entry that changes is held by the unit of work; the entry is made of
   it again where nobody held that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary, ref

from ldapom.mapper.commits.known import Known, word_of
from ldapom.mapper.entries.making import entry_of, make, under
from ldapom.mapper.entries.states import State
from ldapom.mapper.queries.newer import Newer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ldapom.dn import DN
    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.entries.entry import Entry, Mapped
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.entries.states import UnitOfWork
    from ldapom.protocol.codec.wanted import Wanted
    from ldapom.protocol.messages import SearchResultEntry

#: Some entries, by where they are known and what they are found under there.
Near: TypeAlias = "list[tuple[Known, list[tuple[str, Entry]]]]"

#: Names that are looked for by their words; for more of them every entry is read.
_FEW: Final = 16


class Identities:
    """The entries that a unit of work has given out.

    Args:
        converters: The table of the session, where that has one.

    Attributes:
        newer: What became known of them since searches were asked.
    """

    def __init__(self, converters: Converters | None) -> None:
        self.converters = converters
        self.newer = Newer()
        self._known: dict[type[Mapped], Known] = {}
        #: The states that the unit holds, by what they are found under.
        self._index: dict[tuple[type[Mapped], str], EntryState] = {}
        self._objects: WeakKeyDictionary[EntryState, ref[Entry]] = WeakKeyDictionary()

    def known(self, model: type[Mapped]) -> Known:
        """Those of a model."""
        found = self._known.get(model)
        if found is None:
            found = self._known[model] = Known()
        return found

    def take(
        self,
        unit: UnitOfWork,
        model: type[Entry],
        messages: Iterable[SearchResultEntry],
        loaded: frozenset[str],
        wanted: Wanted | None = None,
        since: int | None = None,
    ) -> list[Entry]:
        """The entries of messages: those that were given out already, else new ones.

        Args:
            unit: Where the changes of new ones go.
            model: Their class.
            messages: What the server sent.
            loaded: The keys that were asked for.
            wanted: What is read of the entries of the same search.
            since: When it was asked, if that was some time ago; see `Newer.begin`.
        """
        known = self.known(model)
        found, taken = known.found, []
        for message in messages:
            dn = message.object_name
            reference = found.get(dn)
            entry = None if reference is None else reference()
            if entry is None and known.added:
                entry = self._adopted(known, dn)
            if entry is None and self._index:
                entry = self._revived(model, dn)
            if entry is None:
                entry = make(model, dn, message.attributes, loaded, unit, wanted=wanted)
                found[dn] = ref(entry)
            elif not self.newer.than(since, entry._state):
                self._renew(entry, message, loaded)
            taken.append(entry)
        known.sweep()
        return taken if self.converters is None else under(taken, self.converters)

    def _adopted(self, known: Known, dn: str) -> Entry | None:
        """The entry that was added under another spelling of this DN."""
        if (entry := known.adopt(dn)) is not None:
            state = entry._state
            if self._index.pop((state.model, state.dn), None) is not None:
                self._index[state.model, dn] = state
        return entry

    def _revived(self, model: type[Entry], dn: str) -> Entry | None:
        """The entry of a state that is held, though nobody holds the entry."""
        state = self._index.get((model, dn))
        if state is None or state.status is not State.clean:
            return None
        entry = entry_of(state)
        self.bind(entry)
        self.known(model).put(dn, entry)
        return entry

    def _renew(
        self, entry: Entry, message: SearchResultEntry, loaded: frozenset[str]
    ) -> None:
        state = entry._state
        self.newer.note(state)
        if state.status is State.clean:
            dn, attributes = message.object_name, message.attributes
            state.renew(dn, attributes, loaded, held=entry.__dict__)

    def live(self, state: EntryState) -> Entry | None:
        """The entry of a state, if anyone holds it."""
        reference = self._objects.get(state)
        entry = reference() if reference else self.known(state.model).get(state.dn)
        return entry if entry is not None and entry._state is state else None

    def entry(self, state: EntryState) -> Entry:
        """The entry of a state; one of its own where nobody holds it any more."""
        return self.live(state) or entry_of(state)

    def views_of(self, dn: str) -> list[Entry]:
        """The entries that were given out for a DN, whatever their classes."""
        found = (known.get(dn) for known in self._known.values())
        return [entry for entry in found if entry is not None]

    def near(self, names: Collection[DN]) -> Near:
        """The entries that may be below one of these names, or have it."""
        words = {word_of(name) for name in names} if len(names) <= _FEW else {""}
        return [(known, known.near(words)) for known in self._known.values()]

    # --- what the unit tells ---------------------------------------------------------

    def bind(self, entry: Entry) -> None:
        """Take note of the object of a state, while anyone holds it."""
        self._objects[entry._state] = ref(entry)

    def hold(self, state: EntryState) -> None:
        """Take note that the unit holds a state."""
        if (entry := self.live(state)) is not None:
            self.bind(entry)
        if state.dn:
            self._index[state.model, state.dn] = state

    def release(self, state: EntryState) -> None:
        """Take note that the unit holds a state no more."""
        self.newer.note(state)
        key = (state.model, state.dn)
        if self._index.get(key) is state:
            del self._index[key]

    def put(self, entry: Entry) -> None:
        """Find an entry under its DN from now on."""
        state = entry._state
        self.known(state.model).put(state.dn, entry)

    def added(self, state: EntryState, dn: str) -> None:
        """Find a new entry under the DN that it was added with."""
        if (entry := self.live(state)) is not None:
            self.known(state.model).add(dn, entry)

    def forget(self, state: EntryState) -> None:
        """Find an entry that is not there any more under no DN."""
        self.known(state.model).found.pop(state.dn, None)

    def rebuild(self, near: Near, held: Iterable[EntryState]) -> None:
        """Find each under the DN it has now.

        Args:
            near: What `near` gave for what has moved.
            held: The states that the unit holds.
        """
        for known, entries in near:
            known.rename(entries)
        self._index = {(state.model, state.dn): state for state in held}

    def clear(self) -> None:
        """Forget them all."""
        self._index.clear()
        self._known.clear()
