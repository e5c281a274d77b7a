"""`Operation`: one write that a commit sends; and the order in which they go.

1. Adds go first, parents before children; then renames, modifies, and deletes,
   children before parents.
2. What frees a name goes before what needs it; what has to be in its parent before
   that is renamed away goes before the rename.
3. A rename takes along what is below it: later requests say the new names.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, evolve, field, frozen

from ldapom.dn import DN
from ldapom.errors import ValidationError
from ldapom.mapper.commits.moves import Moves, keys_above
from ldapom.protocol.messages import AddRequest, ModifyDNRequest, ModifyRequest
from ldapom.protocol.write_controls import TreeDelete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ldapom.ldif import ChangeRecord
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.flows.update import Update
    from ldapom.protocol.messages import Control

Kind: TypeAlias = Literal["add", "rename", "modify", "delete"]

#: The order of the kinds where nothing else decides.
_RANK: dict[Kind, int] = {"add": 0, "rename": 1, "modify": 2, "delete": 3}


@frozen(eq=False)
class Operation:
    """One write; equal to itself alone. A copy or pickle of it has no entries.

    Attributes:
        kind: ``"add"``, ``"rename"`` (or move), ``"modify"`` or ``"delete"``.
        dn: The entry's DN when it is sent.
        request: The message; its ``repr`` hides secrets.
        controls: What goes with it.
        recursive: Whether it deletes what is below the entry too.
    """

    kind: Kind
    dn: str
    request: Update
    controls: tuple[Control, ...] = ()
    recursive: bool = False
    #: The entries it is about; several where classes look at one entry.
    states: tuple[EntryState, ...] = field(default=(), repr=False)
    #: What has to succeed before it.
    after: tuple[Operation, ...] = field(default=(), repr=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries it is about; several where two classes look at one entry."""
        from ldapom.mapper.commits.unit import Unit

        return tuple(
            state.unit.identities.entry(state)
            for state in self.states
            if isinstance(state.unit, Unit)
        )

    @property
    def record(self) -> ChangeRecord:
        """The operation as an LDIF change record (RFC 2849).

        Of a recursive delete it says so by the tree delete control: what is below is
        only looked for when it is committed.
        """
        from ldapom.protocol.ldif_target import as_record

        whole = (TreeDelete().control(),) if self.recursive else ()
        return as_record(self.request, (*self.controls, *whole))

    def __str__(self) -> str:
        return f"{self.kind} {self.dn!r}"

    def __reduce__(self) -> tuple[object, ...]:
        known = (self.kind, self.dn, self.request, self.controls, self.recursive)
        return type(self), known


@define(eq=False)
class Step:
    """An operation before its place and its final DN are known.

    Attributes:
        request: As it would be sent first of all.
        dn: The DN now; of an add the DN to be.
        target: The DN that comes into being; None for a modify and a delete.
    """

    kind: Kind
    request: Update
    dn: DN
    states: tuple[EntryState, ...]
    target: DN | None = None
    recursive: bool = False
    #: Where it stands among those that were asked for.
    number: int = 0

    @property
    def place(self) -> tuple[int, int, int]:
        """What decides where no rule does."""
        depth = -len(self.dn) if self.kind == "delete" else 0
        return _RANK[self.kind], depth, self.number


def arrange(steps: Sequence[Step]) -> list[Operation]:
    """Put steps in an order that a server can follow.

    Raises:
        ValidationError: If there is none: names that are exchanged in a circle.
    """
    if len(steps) == 1:
        return [_alone(steps[0])]
    for number, step in enumerate(steps):
        step.number = number
    if all(step.kind == "modify" for step in steps):
        # Nothing comes, goes or is renamed.
        return list(map(_alone, steps))
    before = _Rules(steps).edges()
    moves: Moves[Operation] = Moves()
    made: dict[Step, Operation] = {}
    for step in _sorted(steps, before):
        made[step] = _operation(step, moves, [made[each] for each in before[step]])
    return list(made.values())


class _Rules:
    """Which step has to come before which."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._creators = {s.target.key: s for s in steps if s.target is not None}
        self._freers = {s.dn.key: s for s in steps if s.kind in {"rename", "delete"}}

    def edges(self) -> dict[Step, list[Step]]:
        """For each step those that have to come before it, each once."""
        found: dict[Step, dict[Step, None]] = {step: {} for step in self._steps}
        for earlier, later in self._pairs():
            if earlier is not later:
                found[later][earlier] = None
        return {step: list(earlier) for step, earlier in found.items()}

    def _pairs(self) -> Iterator[tuple[Step, Step]]:
        for step in self._steps:
            if step.target is not None:
                yield from self._creation(step, step.target)
            if step.kind in {"rename", "delete"}:
                yield from self._out_of_deleted(step)
            if step.kind == "modify" and self._freers:
                yield from self._modified_under_new_name(step)

    def _creation(self, step: Step, target: DN) -> Iterator[tuple[Step, Step]]:
        occupant = self._freers.get(target.key)
        if occupant is not None:
            yield occupant, step
        for key in keys_above(target):
            creator = self._creators.get(key)
            if creator is not None:
                yield creator, step
                return
            freer = self._freers.get(key)
            if freer is not None:
                yield step, freer
                return

    def _out_of_deleted(self, step: Step) -> Iterator[tuple[Step, Step]]:
        for key in keys_above(step.dn):
            above = self._freers.get(key)
            if above is not None and above.kind == "delete":
                yield step, above
                return

    def _modified_under_new_name(self, step: Step) -> Iterator[tuple[Step, Step]]:
        for key in (step.dn.key, *keys_above(step.dn)):
            renamed = self._freers.get(key)
            if renamed is not None and renamed.kind == "rename":
                yield renamed, step


def _sorted(steps: Sequence[Step], before: dict[Step, list[Step]]) -> Iterator[Step]:
    """A stable topological order."""
    missing = {step: len(earlier) for step, earlier in before.items()}
    later: dict[Step, list[Step]] = {step: [] for step in steps}
    for step, earlier in before.items():
        for each in earlier:
            later[each].append(step)
    ready = [(step.place, step) for step in steps if not missing[step]]
    heapify(ready)
    while ready:
        _, step = heappop(ready)
        del missing[step]
        yield step
        for each in later[step]:
            missing[each] -= 1
            if not missing[each]:
                heappush(ready, (each.place, each))
    if missing:
        names = ", ".join(sorted(repr(str(step.dn)) for step in missing))
        raise ValidationError(
            [f"{names} need each other's names: commit one of them first"]
        )


def _alone(step: Step) -> Operation:
    """The operation of a step that has to do with no other one."""
    return Operation(
        step.kind,
        str(step.dn),
        step.request,
        recursive=step.recursive,
        states=step.states,
    )


def _operation(
    step: Step, moves: Moves[Operation], after: list[Operation]
) -> Operation:
    """The operation of a step, after all renames before it."""
    dn = step.dn
    if step.kind != "add":
        dn, movers = moves.follow(step.dn)
        after = [*after, *(each for each in movers if each not in after)]
    operation = Operation(
        step.kind,
        str(dn),
        step.request if dn is step.dn else _addressed(step.request, str(dn)),
        recursive=step.recursive,
        states=step.states,
        after=tuple(after),
    )
    if isinstance(operation.request, ModifyDNRequest):
        moves.record(dn, new_name(operation.request), operation)
    return operation


def _addressed(request: Update, dn: str) -> Update:
    """The same request to an entry whose name is another by now."""
    if isinstance(request, ModifyRequest):
        return evolve(request, object=dn)
    if isinstance(request, AddRequest):
        return request
    return evolve(request, entry=dn)


def new_name(request: ModifyDNRequest) -> DN:
    """The DN that a rename gives."""
    return renamed(DN.from_server(request.entry), request.new_rdn, request.new_superior)


def renamed(dn: DN, new_rdn: str, new_superior: str | None) -> DN:
    """The DN of an entry after a rename.

    Args:
        dn: Its DN before.
        new_rdn: The text of the RDN it gets.
        new_superior: The text of the parent it gets; None for the one it has.
    """
    parent = str(dn.parent or "") if new_superior is None else new_superior
    return DN.from_server(f"{new_rdn},{parent}" if parent else new_rdn)


def remaining(
    operations: Iterable[Operation], lost: Iterable[Operation]
) -> tuple[list[Operation], list[Operation]]:
    """Divide operations into those that do not need what was lost, and the others."""
    gone = set(lost)
    free: list[Operation] = []
    stuck: list[Operation] = []
    for operation in operations:
        if gone.isdisjoint(operation.after):
            free.append(operation)
        else:
            gone.add(operation)
            stuck.append(operation)
    return free, stuck
