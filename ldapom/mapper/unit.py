"""`Unit`: a unit of work, which knows what is pending; it sends nothing itself.

1. It holds the state of an entry from its first change on, so that a change to an
   entry nobody keeps a name for is saved; what is unchanged it only knows weakly.
2. An entry belongs to one unit; what is changed elsewhere is no business of it.
3. `operations` says what a commit has to send; `done`, `unknown` and `follow` are told
   what became of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary, ref

from ldapom.errors import ReadOnlyEntry, ValidationError
from ldapom.mapper import aftermath, increments, naming, plan, renaming
from ldapom.mapper.draft import Draft, draft_of
from ldapom.mapper.entry import Entry
from ldapom.mapper.known import Known
from ldapom.mapper.making import entry_of, make, under
from ldapom.mapper.names import canonical, canonical_keys
from ldapom.mapper.newer import Newer
from ldapom.mapper.operations import arrange, renamed
from ldapom.mapper.pending import Pending
from ldapom.mapper.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ldapom.dn import DN
    from ldapom.mapper.base_session import AnySession
    from ldapom.mapper.entry import Mapped
    from ldapom.mapper.moves import Moves
    from ldapom.mapper.operations import Operation
    from ldapom.mapper.state import EntryState
    from ldapom.protocol.codec.wanted import Wanted
    from ldapom.protocol.messages import SearchResultEntry

T = TypeVar("T")


class Unit:
    """What one writer, or a session, is to change.

    Args:
        session: Whose it is; it is not kept alive.
        dirty: Where it puts itself while it holds something; who shares the set finds
            it there, even when nobody else holds it.

    Attributes:
        is_open: Whether changes will be saved; entries are detached afterwards.
    """

    def __init__(self, session: AnySession, dirty: set[Unit]) -> None:
        self.is_open = True
        self._converters = session.converters
        self._session = ref(session)
        self._dirty = dirty
        self._held: dict[EntryState, None] = {}
        self._index: dict[tuple[type[Mapped], str], EntryState] = {}
        self._trees: set[EntryState] = set()
        self._objects: WeakKeyDictionary[EntryState, ref[Entry]] = WeakKeyDictionary()
        self._known: dict[type[Mapped], Known] = {}
        self.newer = Newer()
        #: What `operations` has worked out, each until it is carried out.
        self._drafts: dict[EntryState, Draft] = {}
        #: What a commit sends at this moment.
        self.on_its_way: frozenset[EntryState] = frozenset()

    # --- what it holds ---------------------------------------------------------------

    @property
    def session(self) -> AnySession | None:
        """Whose it is."""
        return self._session()

    def known(self, model: type[Mapped]) -> Known:
        """The entries of a model that it has given out."""
        found = self._known.get(model)
        if found is None:
            found = self._known[model] = Known()
        return found

    def take(
        self,
        model: type[Entry],
        messages: Iterable[SearchResultEntry],
        loaded: frozenset[str],
        wanted: Wanted | None = None,
        since: int | None = None,
    ) -> list[Entry]:
        """The entries of messages: those it has given out already, else new ones.

        Args:
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
                entry = make(model, dn, message.attributes, loaded, self, wanted=wanted)
                found[dn] = ref(entry)
            elif not self.newer.than(since, entry._state):
                self._renew(entry, message, loaded)
            taken.append(entry)
        known.sweep()
        return taken if self._converters is None else under(taken, self._converters)

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
        self._objects[state] = ref(entry)
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

    def hold(self, state: EntryState) -> None:
        """Keep a state that is about to change."""
        if self.is_open and state not in self._held:
            self._held[state] = None
            if (entry := self.live(state)) is not None:
                self._objects[state] = ref(entry)
            if state.dn:
                self._index[state.model, state.dn] = state
            self._dirty.add(self)

    def release(self, state: EntryState) -> None:
        """Let go of a state that has nothing pending any more."""
        self.newer.note(state)
        self._held.pop(state, None)
        self._drafts.pop(state, None)
        self._trees.discard(state)
        key = (state.model, state.dn)
        if self._index.get(key) is state:
            del self._index[key]
        if not self._held:
            self._dirty.discard(self)

    def close(self) -> None:
        """End it: what is pending is dropped, entries are detached."""
        self.is_open = False
        self._held.clear()
        self._index.clear()
        self._trees.clear()
        self._drafts.clear()
        self._known.clear()
        self._dirty.discard(self)

    # --- what is asked of it ---------------------------------------------------------

    def add(self, entry: Entry) -> None:
        """Add a new entry; one that is to be deleted is not any more.

        Raises:
            ValidationError: If it is no new one.
        """
        state = entry._state
        if state.unit is self and state.mark in {State.deleting, State.adding}:
            if state.mark is State.deleting:
                state.mark = None
            return
        elsewhere = state.unit is not None and state.unit.is_open
        if state.status is not State.new or elsewhere:
            raise ValidationError(
                [f"only a new entry can be added, {state.dn!r} is {entry.state.value}"]
            )
        state.unit, state.converters = self, self._converters
        state.mark = State.adding
        self._objects[state] = ref(entry)
        self.hold(state)

    def delete(self, entry: Entry, *, recursive: bool = False) -> None:
        """Delete an entry; a new one is only forgotten.

        Raises:
            ReadOnlyEntry: If it does not belong here.
        """
        state = self._own(entry)
        if state.mark is State.adding:
            state.mark, state.unit, state.converters = None, None, None
            self.release(state)
            return
        state.mark = State.deleting
        (self._trees.add if recursive else self._trees.discard)(state)
        self.hold(state)

    def rename(self, entry: Entry, rdn: dict[str, object]) -> None:
        """Give an entry another RDN.

        Args:
            entry: Which.
            rdn: Attributes, by Python or LDAP name, and the value of each.

        Raises:
            LookupError: If the entry has no such attribute.
            ReadOnlyEntry: If it does not belong here.
        """
        state = self._own(entry)
        if not rdn:
            raise TypeError("rename() takes the naming attribute: rename(e, uid='x')")
        named = renaming.rename(entry, rdn)
        if state.mark is not State.adding:
            # Where the values say it, later values may say otherwise.
            state.new_rdn = None
            if naming.rdn_change(state) != str(named):
                state.new_rdn = str(named)
            self.hold(state)
        elif state.dn:
            entry.dn = renamed(state.name, str(named), None)

    def move(self, entry: Entry, parent: Entry | DN | str) -> None:
        """Put an entry below another one.

        Raises:
            ReadOnlyEntry: If it does not belong here.
        """
        state = self._own(entry)
        if isinstance(parent, Entry):
            parent = naming.dn_of(parent._state)
        above = str(parent)
        if state.mark is State.adding:
            entry.dn = f"{entry.dn.rdn},{above}"
            return
        state.new_parent = above
        self.hold(state)

    def increment(self, entry: Entry, name: str, by: int) -> None:
        """Let the server count on from what it has."""
        self._own(entry)
        increments.increment(entry, name, by)

    def discard(self) -> None:
        """Take back all that is pending; entries and their held values show it."""
        for state in self.on_its_way:
            state.may_change("what is pending")
        for state in list(self._held):
            self.drop(state)

    def drop(self, state: EntryState) -> None:
        """Take back what is pending of one entry."""
        state.restore()
        if state.status is State.new:
            state.unit, state.converters = None, None
        self.release(state)

    def _own(self, entry: Entry) -> EntryState:
        state = entry._state
        known = state.status in {State.clean, State.unknown}
        if state.unit is self and self.is_open and (known or state.mark is not None):
            state.may_change("the entry")
            return state
        raise ReadOnlyEntry(
            f"{type(entry).__name__} {state.dn!r} is {entry.state.value} and does not "
            "belong to this unit of work: ask for it with session.query(...), or with "
            ".writer() for a writer of its own"
        )

    # --- what a commit sends ---------------------------------------------------------

    def operations(self, *, check: bool = True) -> list[Operation]:
        """What has to be sent, in order.

        Args:
            check: Whether to refuse what the schema forbids.

        Raises:
            ValidationError: With all findings; nothing is sent.
        """
        self._drafts.clear()
        drafts = self._drafts if check else None
        return arrange(plan.steps(self._held, self._trees, check=check, drafts=drafts))

    @contextmanager
    def sending(self, operations: Iterable[Operation]) -> Iterator[None]:
        """Let no other task change what a commit sends: it would count as sent."""
        self.on_its_way = frozenset(state for op in operations for state in op.states)
        try:
            yield
        finally:
            self.on_its_way = frozenset()

    @property
    def pending(self) -> Pending:
        """What a commit would send now.

        Raises:
            ValidationError: If a change can not be told in a message.
        """
        return Pending(self.operations(check=False))

    @property
    def is_dirty(self) -> bool:
        """Whether something is pending."""
        return any(map(plan.is_pending, self._held))

    @property
    def states(self) -> tuple[EntryState, ...]:
        """The states it holds."""
        return tuple(self._held)

    def tidy(self) -> None:
        """Let go of what was touched and is as it was."""
        for state in list(self._held):
            if not plan.is_pending(state):
                state.settle(state.dn)
                self.release(state)

    def settled(self, entry: Entry) -> None:
        """Take note that it is known again what the server has of an entry."""
        state, whole = entry._state, entry._state in self._trees
        self.release(state)
        self.known(state.model).put(state.dn, entry)
        if plan.is_pending(state):
            self.hold(state)
            if whole:
                self._trees.add(state)

    def vanished(self, state: EntryState) -> None:
        """Take note that an entry is not there any more."""
        self.release(state)
        state.status, state.mark = State.deleted, None
        self.known(state.model).found.pop(state.dn, None)

    # --- what became of it -----------------------------------------------------------

    def done(
        self, operation: Operation, dn: str, final: Collection[EntryState]
    ) -> None:
        """Take note that an operation was carried out.

        Args:
            operation: Which.
            dn: The DN of the entry now.
            final: The states that nothing more follows for.
        """
        if operation.kind == "delete":
            self._deleted(operation)
            return
        others = self.views_of(operation)
        for state in operation.states:
            draft = draft_of(state, self._drafts.get(state))
            keys = aftermath.keys_changed(state, draft)
            self.release(state)
            if state in final:
                state.settle(dn, draft)
            else:
                state.renamed(dn)
                self.hold(state)
            if operation.kind == "add" and (entry := self.live(state)) is not None:
                self.known(state.model).add(dn, entry)
            for other in others:
                if other._state is not state:
                    self.newer.note(other._state)
                    aftermath.share(state, other, keys, operation.request, self._drafts)
            aftermath.forget_secrets(state, keys)

    def views_of(self, operation: Operation) -> list[Entry]:
        """The entries given out for the same DN, whatever their classes."""
        found = (known.get(operation.dn) for known in self._known.values())
        return [entry for entry in found if entry is not None]

    def _deleted(self, operation: Operation) -> None:
        gone = {*operation.states, *(e._state for e in self.views_of(operation))}
        if operation.recursive:
            gone |= aftermath.below(operation.dn, self._known.values())
        for state in gone:
            self.vanished(state)

    def read_back(
        self, state: EntryState, message: SearchResultEntry, asked: tuple[str, ...]
    ) -> None:
        """Take over what the server made of an entry."""
        entry = self.live(state)
        held = None if entry is None else entry.__dict__
        state.renew(state.dn, message.attributes, canonical_keys(asked), held=held)

    def counted(self, operation: Operation, *, is_known: bool) -> None:
        """Take note that the server has incremented attributes.

        Args:
            operation: What made it do so.
            is_known: Whether its numbers were read back.
        """
        keys = frozenset(map(canonical, increments.counted_by(operation.request)))
        if keys:
            theirs = {entry._state for entry in self.views_of(operation)}
            states = theirs.union(() if is_known else operation.states)
            source = operation.states[0] if is_known else None
            aftermath.count([(one, self.live(one)) for one in states], keys, source)

    def unknown(self, operation: Operation) -> None:
        """Take note that nobody knows whether an operation was carried out."""
        for state in operation.states:
            state.status = State.unknown

    def follow(self, moves: Moves[T], since: dict[EntryState, int]) -> None:
        """Rename what was taken along by renames.

        Args:
            moves: The renames that were carried out.
            since: How many of them had been when a state got the DN it has.
        """
        if len(moves) == moves.followed:
            return
        states = {entry._state for known in self._known.values() for entry in known}
        aftermath.follow(states.union(self._held), moves, since)
        for known in self._known.values():
            known.rebuild()
        self._index = {(state.model, state.dn): state for state in self._held}
