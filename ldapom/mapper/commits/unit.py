"""`Unit`: a unit of work, which knows what is pending; it sends nothing itself.

1. It holds the state of an entry from its first change on, so that a change to an
   entry nobody keeps a name for is saved; what is unchanged only `identities` know,
   and weakly.
2. An entry belongs to one unit; what is changed elsewhere is no business of it.
3. `operations` says what a commit has to send; `done`, `unknown` and `follow` are told
   what became of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from weakref import ref

from ldapom.dn import DN, as_text
from ldapom.errors import ReadOnlyEntry, ValidationError
from ldapom.mapper.classes.names import canonical, canonical_keys
from ldapom.mapper.commits import aftermath, plan
from ldapom.mapper.commits.identities import Identities
from ldapom.mapper.commits.operations import arrange, renamed
from ldapom.mapper.commits.pending import Pending
from ldapom.mapper.entries import increments, naming, renaming
from ldapom.mapper.entries.draft import Draft, draft_of
from ldapom.mapper.entries.entry import Entry
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ldapom.mapper.base_session import AnySession
    from ldapom.mapper.commits.moves import Moves
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.entries.state import EntryState
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
        identities: The entries it has given out.
        on_its_way: What a commit sends at this moment.
    """

    def __init__(self, session: AnySession, dirty: set[Unit]) -> None:
        self.is_open = True
        self.identities = Identities(session.converters)
        self._session = ref(session)
        self._dirty = dirty
        self._held: dict[EntryState, None] = {}
        self._trees: set[EntryState] = set()
        #: What `operations` has worked out, each until it is carried out.
        self._drafts: dict[EntryState, Draft] = {}
        self.on_its_way: frozenset[EntryState] = frozenset()

    # --- what it holds ---------------------------------------------------------------

    @property
    def session(self) -> AnySession | None:
        """Whose it is."""
        return self._session()

    def hold(self, state: EntryState) -> None:
        """Keep a state that is about to change."""
        if self.is_open and state not in self._held:
            self._held[state] = None
            self.identities.hold(state)
            self._dirty.add(self)

    def release(self, state: EntryState) -> None:
        """Let go of a state that has nothing pending any more."""
        self._held.pop(state, None)
        self._drafts.pop(state, None)
        self._trees.discard(state)
        self.identities.release(state)
        if not self._held:
            self._dirty.discard(self)

    def close(self) -> None:
        """End it: what is pending is dropped, entries are detached."""
        self.is_open = False
        self._held.clear()
        self._trees.clear()
        self._drafts.clear()
        self.identities.clear()
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
        state.unit, state.converters = self, self.identities.converters
        state.mark = State.adding
        self.identities.bind(entry)
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
            MissingValue: If it is a new one that nothing names as yet.
            ReadOnlyEntry: If it does not belong here.
        """
        state = self._own(entry)
        if isinstance(parent, Entry):
            parent = naming.dn_of(parent._state)
        above = as_text(parent)
        if state.mark is State.adding:
            named = naming.dn_of(state)
            entry.dn = renamed(named, str(named.rdn or ""), above)
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
        self.identities.put(entry)
        if plan.is_pending(state):
            self.hold(state)
            if whole:
                self._trees.add(state)

    def vanished(self, state: EntryState) -> None:
        """Take note that an entry is not there any more."""
        self.release(state)
        state.status, state.mark = State.deleted, None
        self.identities.forget(state)

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
        others = self.identities.views_of(operation.dn)
        for state in operation.states:
            draft = draft_of(state, self._drafts.get(state))
            keys = aftermath.keys_changed(state, draft)
            self.release(state)
            if state in final:
                state.settle(dn, draft)
            else:
                state.renamed(dn)
                self.hold(state)
            if operation.kind == "add":
                self.identities.added(state, dn)
            for other in others:
                if other._state is not state:
                    self.identities.newer.note(other._state)
                    aftermath.share(state, other, keys, operation.request, self._drafts)
            aftermath.forget_secrets(state, keys)

    def _deleted(self, operation: Operation) -> None:
        views = self.identities.views_of(operation.dn)
        gone = {*operation.states, *(entry._state for entry in views)}
        if operation.recursive:
            gone |= self._below(operation.dn)
        for state in gone:
            self.vanished(state)

    def _below(self, dn: str) -> set[EntryState]:
        """Those that go with an entry that is deleted with all below it."""
        top = DN.from_server(dn)
        near = self.identities.near([top])
        states = (entry._state for _, entries in near for _, entry in entries)
        return {state for state in states if state.name.is_under(top)}

    def read_back(
        self, state: EntryState, message: SearchResultEntry, asked: tuple[str, ...]
    ) -> None:
        """Take over what the server made of an entry."""
        entry = self.identities.live(state)
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
            live, views = self.identities.live, self.identities.views_of(operation.dn)
            theirs = {entry._state for entry in views}
            states = theirs.union(() if is_known else operation.states)
            source = operation.states[0] if is_known else None
            aftermath.count([(one, live(one)) for one in states], keys, source)

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
        near = self.identities.near(moves.unfollowed)
        states = {entry._state for _, entries in near for _, entry in entries}
        aftermath.follow(states.union(self._held), moves, since)
        self.identities.rebuild(near, self._held)
