"""`Commit`: operations on their way to the server, and what became of each.

1. `Commit.step` is a flow that carries out the next operation (all of them in a
   transaction); each step has a deadline of its own, as each page of a search has.
2. An operation is done when the server has said so. One that was sent and got no
   answer is unknown; nothing behind it is sent.
3. What depends on an operation that was not done is not sent.
4. What the server made of an entry comes back with the answer (RFC 4527) where it
   offers that.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ldapom.dn import DN
from ldapom.errors import (
    CommitError,
    ConflictError,
    DecodeError,
    LDAPError,
    NoSuchObject,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultError,
)
from ldapom.filters import Equality, Present
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.commits.conflicts import is_conflict
from ldapom.mapper.commits.how import versions_of
from ldapom.mapper.commits.moves import Moves
from ldapom.mapper.commits.operations import new_name, remaining
from ldapom.mapper.entries import diff
from ldapom.protocol._enclosed import write_entry
from ldapom.protocol.controls import find
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.flows.transaction import transaction
from ldapom.protocol.flows.update import update
from ldapom.protocol.messages import (
    AddRequest,
    DelRequest,
    ModifyDNRequest,
    Scope,
    SearchRequest,
    SearchResultEntry,
)
from ldapom.protocol.write_controls import (
    Assertion,
    PostRead,
    PostReadResponse,
    TreeDelete,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.mapper.commits.how import How
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.flows.update import Update
    from ldapom.protocol.messages import Control
    from ldapom.schema.rootdse import RootDSE

#: Tells at WARNING of answers that say done and can not be read otherwise.
LOGGER: Final = logging.getLogger("ldapom.session")
_AFTER_CONFLICT: Final = (
    "refresh the entry, which keeps your change unless you say discard=True, and "
    "commit again"
)
#: Entries a page when what is below an entry is looked for.
PAGE_SIZE = 1000


class Commit:
    """One commit and where it stands.

    Args:
        unit: Whose operations they are; it is told what became of them.
        operations: In their order.
        how: How to go about it.
        dse: What the server offers.

    Attributes:
        done: Carried out, in this order.
    """

    def __init__(
        self, unit: Unit, operations: Sequence[Operation], how: How, dse: RootDSE
    ) -> None:
        self._unit = unit
        self._how = how
        self._dse = dse
        self._todo = deque(operations)
        self._skipped: list[Operation] = []
        self._left: dict[EntryState, int] = {}
        for operation in operations:
            for state in operation.states:
                self._left[state] = self._left.get(state, 0) + 1
        self._moves: Moves[Operation] = Moves()
        self._since: dict[EntryState, int] = {}
        self._written: set[EntryState] = set()
        self.done: list[Operation] = []
        self._failed: list[Operation] = []
        self._unknown: list[Operation] = []
        self._errors: dict[Operation, LDAPError] = {}
        self._cause: LDAPError | None = None
        self._stopped = False

    @property
    def finished(self) -> bool:
        """Whether nothing more will be sent."""
        return self._stopped or not self._todo

    def step(self, engine: Engine) -> Flow[None]:
        """Carry out the next operation; a refusal is noted down and not raised."""
        if self._how.atomic:
            yield from self._together(engine)
            return
        operation = self._todo[0]
        try:
            engine.check_open()
            yield from self._one(engine, operation)
        except (OutcomeUnknown, RemoteProtocolError) as error:
            self._lost([operation], error)
        except ResultError as error:
            yield from self._refused(engine, operation, error)
        except LDAPError as error:
            # Nothing of it was sent.
            self.stop(error)
        except BaseException as error:
            # An interrupt: whoever waited does not know either.
            self._lost([operation], OutcomeUnknown(f"interrupted: {error!r}"))
            raise

    def stop(self, error: LDAPError) -> None:
        """Send nothing more; what was not sent stays pending."""
        self._stopped = True
        self._cause = self._cause or error

    def follow(self) -> None:
        """Let the entries below follow the renames that were done."""
        self._unit.follow(self._moves, self._since)

    def check(self) -> None:
        """Raise if not all was done.

        Raises:
            CommitError: Says of each operation what became of it.
        """
        if self._cause is None:
            return
        conflicts = [isinstance(self._errors[op], ConflictError) for op in self._failed]
        all_conflicts = bool(conflicts) and all(conflicts) and not self._unknown
        kind = ConflictError if all_conflicts else CommitError
        error = kind(
            self._text(all_conflicts),
            done=self.done,
            failed=self._failed,
            unknown=self._unknown,
            pending=[*self._skipped, *self._todo],
            errors=self._errors.items(),
        )
        cause = self._cause
        if all_conflicts and cause.__cause__ is not None:
            raise error from cause.__cause__
        raise error from cause

    def _text(self, conflict: bool) -> str:
        pending = len(self._skipped) + len(self._todo)
        counts = (
            f"{len(self.done)} done, {len(self._failed)} failed, "
            f"{len(self._unknown)} unknown, {pending} not sent"
        )
        first = next(iter([*self._failed, *self._unknown]), None)
        where = f" at {first}" if first is not None else ""
        what = "the commit stopped"
        if conflict:
            what = "somebody else, or the server itself, changed it first"
        elif not self._stopped:
            what = "the commit went on behind a refusal"
        text = f"{what}{where} ({counts}): {self._cause}"
        return f"{text}; {_AFTER_CONFLICT}" if conflict else text

    # --- one by one ------------------------------------------------------------------

    def _one(self, engine: Engine, operation: Operation) -> Flow[None]:
        answer: tuple[Control, ...] = ()
        requests = yield from self._expanded(engine, operation)
        for request, controls in requests:
            try:
                message = yield from update(engine, request, controls)
                answer = message.controls
            except NoSuchObject:
                # Of what was found below, something may have gone meanwhile.
                if request is requests[-1][0]:
                    raise
        self._todo.popleft()
        self._succeeded(operation, answer)

    def _expanded(
        self, engine: Engine, operation: Operation
    ) -> Flow[list[tuple[Update, tuple[Control, ...]]]]:
        """The requests of an operation: one, or the deletes of all that is below."""
        controls = tuple(self._controls(operation))
        last = (operation.request, controls)
        if not operation.recursive or self._dse.supports(TreeDelete.OID):
            return [last]
        below = yield from _below(engine, operation.dn)
        return [*((DelRequest(dn), ()) for dn in below), last]

    def _controls(self, operation: Operation) -> Iterator[Control]:
        yield from operation.controls
        if operation.recursive and self._dse.supports(TreeDelete.OID):
            yield TreeDelete().control()
        if self._how.optimistic and self._written.isdisjoint(operation.states):
            for version in versions_of(operation)[:1]:
                yield Assertion(Equality(*version)).control()
        if not self._how.atomic and self._dse.supports(PostRead.OID):
            names = self._how.reads_back(operation)
            if names:
                yield _post_read(names)

    def _refused(
        self, engine: Engine, operation: Operation, error: ResultError
    ) -> Flow[None]:
        reason: LDAPError = error
        if (yield from is_conflict(engine, operation, error)):
            reason = ConflictError(str(error), failed=[operation])
            reason.__cause__ = error
        # Not before: who gives up while that is asked for, still has it pending.
        self._todo.popleft()
        self._failed.append(operation)
        self._errors[operation] = reason
        self._cause = self._cause or reason
        if self._how.on_error == "stop":
            self._stopped = True
            return
        free, stuck = remaining(self._todo, [operation])
        self._todo = deque(free)
        self._skipped += stuck

    def _lost(self, operations: Sequence[Operation], error: LDAPError) -> None:
        for operation in operations:
            self._todo.remove(operation)
            self._unknown.append(operation)
            self._errors[operation] = error
            self._unit.unknown(operation)
        self.stop(error)

    # --- all together ----------------------------------------------------------------

    def _together(self, engine: Engine) -> Flow[None]:
        operations = list(self._todo)
        owners: dict[int, Operation] = {}
        requests: list[tuple[Update, tuple[Control, ...]]] = []
        try:
            for operation in operations:
                some = yield from self._expanded(engine, operation)
                owners.update((id(request), operation) for request, _ in some)
                requests += some
            yield from transaction(engine, requests)
        except OutcomeUnknown as error:
            self._lost(operations, error)
        except ResultError as error:
            at_fault = owners.get(id(error.request))
            if at_fault is None:
                self.stop(error)
                return
            self._todo.remove(at_fault)
            self._todo.appendleft(at_fault)
            yield from self._refused(engine, at_fault, error)
            self._stopped = True
        except LDAPError as error:
            # The flow says that nothing was changed.
            self.stop(error)
        except BaseException as error:
            self._lost(operations, OutcomeUnknown(f"interrupted: {error!r}"))
            raise
        else:
            self._todo.clear()
            for operation in operations:
                self._succeeded(operation, ())

    # --- what came of it --------------------------------------------------------------

    def _succeeded(self, operation: Operation, answer: tuple[Control, ...]) -> None:
        self.done.append(operation)
        if self._is_misleading(operation):
            self.follow()
        asked = self._how.reads_back(operation) if answer else ()
        request, dn = operation.request, operation.dn
        if isinstance(request, ModifyDNRequest):
            new = new_name(request)
            self._moves.record(DN.from_server(dn), new, operation)
            dn = str(new)
        read = _read_back(answer, operation) if asked else None
        if read is not None:
            dn = read.object_name
        final = set()
        for state in operation.states:
            self._left[state] -= 1
            if not self._left[state]:
                final.add(state)
            self._since[state] = len(self._moves)
        self._written.update(operation.states)
        self._unit.done(operation, dn, final)
        for state in operation.states:
            if read is not None:
                self._unit.read_back(state, read, asked)
            elif self._how.optimistic and operation.kind != "delete":
                # What it was says nothing any more.
                gone = {canonical(name): (name, ()) for name in diff.VERSIONS}
                state.replace_raw(gone)
        self._unit.counted(operation, is_known=read is not None)

    def _is_misleading(self, operation: Operation) -> bool:
        """Whether entries that were not renamed here as yet are taken for its own.

        What was below a renamed entry still has its old name here, which may be that
        of another entry by now.
        """
        if len(self._moves) == self._moves.followed:
            return False
        if operation.kind == "modify" or operation.recursive:
            return True
        views = self._unit.identities.views_of(operation.dn)
        return any(view._state not in operation.states for view in views)


@lru_cache(maxsize=64)
def _post_read(names: tuple[str, ...]) -> Control:
    """The control that asks for these: the same for all new entries of a class."""
    return PostRead(names).control()


def _says(answer: tuple[Control, ...], entry: SearchResultEntry) -> bool:
    """Whether an entry that was read back is this one."""
    return any(
        control.type == PostRead.OID and control.value == write_entry(entry)
        for control in answer
    )


def _read_back(
    answer: tuple[Control, ...], operation: Operation
) -> SearchResultEntry | None:
    """The entry as it is now, where the server has told it.

    What can not be read is as good as nothing: the write was done all the same. What
    an add gave is mostly what was sent, octet by octet: then nothing is decoded, which
    took a quarter of the whole.
    """
    request = operation.request
    if isinstance(request, AddRequest):
        sent = SearchResultEntry(operation.dn, request.attributes)
        if _says(answer, sent):
            return sent
    try:
        read = find(answer, PostReadResponse)
    except DecodeError as error:
        LOGGER.warning("%s was done, but read back malformed: %s", operation, error)
        return None
    return None if read is None else read.entry


def _below(engine: Engine, dn: str) -> Flow[list[str]]:
    """The names of all that is below an entry, the deepest first."""
    request = SearchRequest(dn, Scope.sub, Present("objectClass"), ("1.1",))
    cursor = SearchCursor(engine, request, page_size=PAGE_SIZE)
    found: list[DN] = []
    while batch := (yield from cursor.fetch()):
        found += [DN.from_server(message.object_name) for message in batch]
    top = DN.from_server(dn)
    return [str(name) for name in sorted(found, key=len, reverse=True) if name != top]
