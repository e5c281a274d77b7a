"""What an entry is made of: its DN, its raw attributes, and what was changed.

1. An entry from the wire is its `EntryState` and nothing else until it is read.
2. Its raw attributes are those that were received: `Received`.
3. The state points to neither the entry nor its values until something changes: no
   cycles, and an entry that is only read goes when nobody holds it.
4. The first change gives the state to its unit of work, which holds it from then on;
   so a change to an entry that nobody keeps a name for is not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from attrs import define, field

from ldapom.dn import DN
from ldapom.errors import ReadOnlyEntry
from ldapom.mapper.entries import naming, renewing
from ldapom.mapper.entries.draft import Draft
from ldapom.mapper.entries.raw import gather
from ldapom.mapper.entries.received import NO_KEYS, Received
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.mapper.classes.converters import Converters, D
    from ldapom.mapper.classes.described import AnyAttribute, Described
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.received import Overlaid
    from ldapom.mapper.entries.states import UnitOfWork
    from ldapom.protocol.codec.wanted import Wanted
    from ldapom.protocol.parts import PartialAttribute

T = TypeVar("T")


@define(eq=False, repr=False, init=False)
class EntryState(Received):
    """The one owner of what is known of an entry.

    Attributes:
        status: What the entry is by itself: new, clean, deleted, unknown, read_only
            or detached.
        model: The class of the entry.
        unit: The unit of work its changes go to.
        mark: What the unit is to do with it: adding or deleting; that it is to be
            renamed the name and the values say.
        new_rdn: The RDN it is to get, where `naming.rdn_change` would not see it.
        new_parent: The DN of the entry it is to move under.
        originals: What the changed values were before, object by object as they were
            decoded.
        increments: By how much the server is to count on, by Python name; `changes`
            has the sums.
        live: The ``__dict__`` of the entry, known once the entry was assigned to.
        further: Classes beside the model that the entry was seen as.
        variants: Values under options that were given out, by Python name.
        converters: The table of its session, where that has one.
    """

    status: State
    model: type[Entry]
    unit: UnitOfWork | None = None
    mark: State | None = field(default=None, init=False)
    new_rdn: str | None = field(default=None, init=False)
    new_parent: str | None = field(default=None, init=False)
    originals: dict[str, list[object]] | None = field(default=None, init=False)
    increments: dict[str, int] | None = field(default=None, init=False)
    live: dict[str, object] | None = field(default=None, init=False)
    further: tuple[type[Entry], ...] = field(default=(), init=False)
    variants: dict[str, object] | None = field(default=None, init=False)
    converters: Converters | None = field(default=None, init=False)
    _name: DN | None = field(default=None, init=False)

    def __init__(
        self,
        dn: str,
        received: Sequence[PartialAttribute] | Overlaid,
        loaded: frozenset[str] | None,
        status: State,
        model: type[Entry],
        unit: UnitOfWork | None = None,
        *,
        wanted: Wanted | None = None,
    ) -> None:
        # By hand, for each entry has one: what attrs writes takes twice as long.
        self.dn = dn
        self.received = received
        self.loaded = loaded
        self.status = status
        self.model = model
        self.unit = unit
        self.wanted = wanted
        self.outdated, self.further = NO_KEYS, ()
        self.changes = self.originals = self.increments = self.live = None
        self.mark = self.new_rdn = self.new_parent = self.variants = None
        self._collected = self._part = self._name = self.converters = None
        self._offset = 0

    def __repr__(self) -> str:
        # Nothing of its values, which may be secrets.
        return f"<EntryState of {self.dn!r}: {self.status.value}>"

    # --- which entry it is -------------------------------------------------------

    @property
    def is_new(self) -> bool:
        """Whether no server has it yet."""
        return self.status is State.new

    @property
    def name(self) -> DN:
        """The DN as a value; opaque where it is none."""
        name = self._name
        if name is None or str(name) != self.dn:
            name = self._name = DN.from_server(self.dn)
        return name

    # --- its attributes ----------------------------------------------------------

    @property
    def models(self) -> tuple[type[Entry], ...]:
        """Every class that the entry is seen as."""
        return (self.model, *self.further)

    def own(self, attribute: D) -> D:
        """An attribute of a class as the session of the entry has it."""
        table = self.converters
        return attribute if table is None else table.own(attribute)

    def find(self, name: str) -> AnyAttribute | None:
        """The attribute of this Python name, in any class the entry is seen as.

        With options behind it, as in ``cn;lang-de``, it is that variant of it.
        """
        if ";" in name:
            return self._variant(name)
        for cls in self.models:
            found = cls.__ldapom__.attributes.get(name)
            if found is not None:
                return found if self.converters is None else self.own(found)
        return None

    def _variant(self, name: str) -> AnyAttribute | None:
        from ldapom.mapper.entries.variants import variant

        base, _, options = name.partition(";")
        found = self.find(base)
        return None if found is None else variant(found, options)

    def described(self, name: str) -> AnyAttribute:
        """The same for a name that is known to be an attribute's."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def by_key(self, key: str) -> AnyAttribute | None:
        """The attribute of this key, in any class the entry is seen as."""
        for cls in self.models:
            found = cls.__ldapom__.by_key.get(key)
            if found is not None:
                return found if self.converters is None else self.own(found)
        return None

    def changed(self) -> list[tuple[AnyAttribute, object]]:
        """What was assigned or changed in place, in the order of the classes."""
        changes, info = self.changes, self.model.__ldapom__
        if not changes:
            return []
        known, order = info.attributes, info.order
        if self.converters is not None:
            some = self._changed_anywhere(changes)
            return [(self.own(one), value) for one, value in some]
        try:
            names = sorted(changes, key=order.__getitem__)
        except KeyError:
            return list(self._changed_anywhere(changes))
        return [(known[name], changes[name]) for name in names]

    def _changed_anywhere(
        self, changes: dict[str, object]
    ) -> Iterator[tuple[AnyAttribute, object]]:
        """The same where something is no attribute of the model."""
        left = dict(changes)
        for cls in self.models:
            for name, attribute in cls.__ldapom__.attributes.items():
                if name in left:
                    yield attribute, left.pop(name)
        for name, value in left.items():
            variant = self.find(name)
            if variant is not None:
                yield variant, value

    # --- changing ----------------------------------------------------------------

    def may_change(self, what: str) -> None:
        """Refuse a change where the entry only reads.

        Args:
            what: The Python name of what is changed.

        Raises:
            ReadOnlyEntry: Says how to write instead.
        """
        if self.status is State.read_only:
            raise ReadOnlyEntry(
                f"{what} of {self.dn!r} can not be changed: {self._why_it_only_reads()}"
            )
        if self.status is State.deleted:
            raise ReadOnlyEntry(
                f"{what} of {self.dn!r} can not be changed: the entry was deleted"
            )
        if self.unit is not None and self in self.unit.on_its_way:
            raise ReadOnlyEntry(
                f"{what} of {self.dn!r} can not be changed while another task commits "
                "the entry: change it when that has ended"
            )

    def _why_it_only_reads(self) -> str:
        from ldapom.mapper.classes.operational import Operational

        if self.model is Operational:
            return (
                "entry.operational only shows; where the server lets people write it, "
                "declare it in the class (ldapom generate --operational NAME)"
            )
        return (
            "the entry is of a Reader, which only reads; ask for it with "
            "session.query(...), or with query.writer(), to change it"
        )

    def touch(self, attribute: Described[T], values: list[T]) -> None:
        """Take note that values are about to change in place.

        Args:
            attribute: Their attribute.
            values: The values of the entry themselves, as they still are.
        """
        name, live = attribute.python_name, self.live
        self._forget_increment(name)
        if self.changes is not None and self.changes.get(name) is values:
            return
        if live is not None and live.get(name) is not values:
            # The entry was made anew from its state since these were read from it.
            live[name] = values
        if self.changes is None or name not in self.changes:
            self._note(name, list(values))
        self._changes()[name] = values

    def assign(
        self, attribute: AnyAttribute, value: object, live: dict[str, object]
    ) -> None:
        """Take the value that an attribute has from now on.

        Args:
            attribute: The attribute.
            value: What `Described.accept` gave; no value is None or an empty list.
            live: The ``__dict__`` of the entry.
        """
        name, changes = attribute.python_name, self.changes
        self.live = live
        if self.increments:
            self.increments.pop(name, None)
        held = live.get(name)
        if changes is None or name not in changes:
            before = None
            if name in live:
                before = list(held) if isinstance(held, list) else [held]
            elif self.wanted is not None:
                self.wanted.expect(attribute.key)
            self._note(name, before)
            changes = self._changes()
        changes[name] = value
        if held is not None and held is not value:
            attribute.release(held)

    def _forget_increment(self, name: str) -> None:
        if self.increments:
            self.increments.pop(name, None)

    def _changes(self) -> dict[str, object]:
        if self.changes is None:
            self.changes = {}
        return self.changes

    def _note(self, name: str, before: list[object] | None) -> None:
        """At the first change of an attribute keep what it was, and tell the unit."""
        if before is not None:
            if self.originals is None:
                self.originals = {}
            self.originals[name] = before
        if self.unit is not None and self.unit.is_open:
            self.unit.hold(self)

    # --- what becomes of changes -------------------------------------------------

    def forget_changes(self) -> None:
        """Count nothing as changed any more; the values stay what they are."""
        self.changes = self.originals = self.increments = self.live = None
        self.mark = self.new_rdn = self.new_parent = None

    def forget_change(self, name: str) -> None:
        """Count one attribute as not changed; its value stays what it is.

        Args:
            name: Its Python name.
        """
        for noted in (self.changes, self.originals, self.increments):
            if noted is not None:
                noted.pop(name, None)

    def outdate(self, keys: frozenset[str], live: dict[str, object]) -> None:
        """Count attributes as not read: the server has made something else of them.

        Args:
            keys: Their keys.
            live: The ``__dict__`` of the entry.
        """
        self.replace_raw(dict.fromkeys(keys, ("", ())))
        self.outdated |= keys
        renewing.reread(self, keys, live)

    def restore(self) -> None:
        """Discard what was changed; values that are held change back in place.

        A new entry keeps the values it was given.
        """
        if self.is_new:
            self.mark = None
        else:
            renewing.restore(self)
            self.forget_changes()

    def settle(self, dn: str, draft: Draft | None = None) -> None:
        """Count everything that was changed as done by the server.

        Args:
            dn: The DN the entry has now.
            draft: What was worked out of it before; nothing was changed since.
        """
        renewing.settle(self, Draft(self) if draft is None else draft)
        self.dn, self.status = dn, State.clean
        self.forget_changes()

    def renamed(self, dn: str) -> None:
        """Count the rename or move as done, and keep every other change."""
        raw = naming.renamed_raw(self)
        self.replace_raw(raw)
        renewing.reread(self, raw)
        self.dn = dn
        self.mark = self.new_rdn = self.new_parent = None

    def renew(
        self,
        dn: str,
        attributes: Sequence[PartialAttribute],
        loaded: frozenset[str] | None,
        *,
        held: dict[str, object] | None = None,
        changed: Literal["keep", "rebase"] = "keep",
    ) -> None:
        """Take what was read anew; values that are held change in place.

        Args:
            dn: The DN as received.
            attributes: The raw attributes as received.
            loaded: The keys that were asked for now; the others stay as they were.
            held: The ``__dict__`` of the entry, where somebody has the entry.
            changed: What becomes of changed attributes: ``keep`` leaves them and
                what they are compared with; ``rebase`` applies the change to what
                was read.
        """
        if not self.changes and self.has(attributes):
            renewing.confirm(self, loaded, held)
        else:
            received = (attributes, loaded)
            renewing.renew(self, gather(attributes), received, held, changed)
        self.dn = dn
