"""What a session does to send changes and to read an entry again.

1. Everything is checked before the first octet is sent.
2. The root DSE is asked only where something depends on what the server offers.
3. `refresh` settles what an unknown outcome has left open: an entry is where one of
   its names finds it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from ldapom.dn import DN
from ldapom.errors import (
    LDAPError,
    NoResult,
    NoSuchObject,
    ReadOnlyEntry,
    UncommittedChanges,
    ValidationError,
)
from ldapom.mapper.commits import plan
from ldapom.mapper.commits.commit import Commit
from ldapom.mapper.commits.moves import Moves
from ldapom.mapper.commits.unit import Unit
from ldapom.mapper.entries import increments, naming
from ldapom.mapper.entries.raw import gather
from ldapom.mapper.entries.states import State
from ldapom.protocol.asks import Ask
from ldapom.protocol.flows.search import read_entry
from ldapom.schema.rootdse import RootDSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.commits.how import How
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.session import Session
    from ldapom.protocol.base_link import BaseLink
    from ldapom.protocol.connection import Connection
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.link import Link
    from ldapom.protocol.messages import SearchResultEntry

#: Tells at INFO what commits did, at DEBUG of each operation before it is sent.
LOGGER: Final = logging.getLogger("ldapom.session")

#: Offered where nothing depends on what is.
_NOTHING: Final = RootDSE()
#: Changes that an error names.
_SHOWN: Final = 5


def commit(session: Session, unit: Unit, how: How) -> tuple[Operation, ...]:
    """Send what is pending in a unit of work; `Session.commit` says the rest."""
    operations = unit.operations()
    if not operations:
        unit.tidy()
        return ()
    connection = session.connection
    link = writable(connection)
    check_secrets(link, operations)
    needed = how.needs_root_dse(operations)
    work = begin(unit, operations, how, connection.root_dse if needed else None)
    if needed:
        connection = session._free() if needs_pages(operations) else connection
    try:
        link = writable(connection) if needed else link
        while not work.finished:
            try:
                connection._operate(work.step(link.engine), link)
            except LDAPError as error:
                work.stop(error)
    finally:
        end(work, operations)
        session._release(connection)
    return settle(work, unit)


def writable(connection: Connection) -> Link:
    """What to send writes over; a connection that was lost is opened again before."""
    return connection._ready(connection._deadline(), sends=True)


def check_secrets(link: BaseLink, operations: Iterable[Operation]) -> None:
    """Refuse operations that would show a secret on a clear connection."""
    for operation in operations:
        link.check_secrets(operation.request)


def begin(
    unit: Unit, operations: Sequence[Operation], how: How, dse: RootDSE | None
) -> Commit:
    """A commit of these operations.

    Args:
        unit: Whose they are.
        operations: In their order.
        how: How to go about it.
        dse: What the server offers; None where nothing depends on it.

    Raises:
        LocalProtocolError: The server does not offer what it takes.
    """
    if dse is not None:
        how.refuse(operations, dse)
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug("to commit: %s", ", ".join(map(str, operations)))
    return Commit(unit, operations, how, _NOTHING if dse is None else dse)


def needs_pages(operations: Iterable[Operation]) -> bool:
    """Whether something is looked for that may take several pages."""
    return any(operation.recursive for operation in operations)


def end(work: Commit, operations: Sequence[Operation]) -> None:
    """Let what was done be seen, whether or not it was all."""
    work.follow()
    LOGGER.info("commit: %d of %d done", len(work.done), len(operations))


def settle(work: Commit, unit: Unit) -> tuple[Operation, ...]:
    """What was done, if it was all.

    Raises:
        CommitError: It was not.
    """
    work.check()
    unit.tidy()
    return tuple(work.done)


def left_over(units: Iterable[Unit]) -> UncommittedChanges | None:
    """The error for changes that were not committed; None where there are none."""
    dirty = [unit for unit in units if unit.is_dirty]
    if not dirty:
        return None
    operations: list[Operation] = []
    words: list[str] = []
    for unit in dirty:
        try:
            some = unit.operations(check=False)
        except ValidationError as error:
            words += error.findings
        else:
            operations += some
            words += map(str, some)
    shown = ", ".join(words[:_SHOWN]) + (", …" if len(words) > _SHOWN else "")
    return UncommittedChanges(
        f"the session was left with changes that were not sent ({shown}): commit() or "
        "discard() them before",
        operations=operations,
    )


# --- reading again -------------------------------------------------------------------


def refresh(session: Session, entry: Entry, *, discard: bool) -> None:
    """Read an entry again; `Session.refresh` says the rest."""
    state = to_refresh(session, entry)
    with session._turn:
        found = session.connection._do(look_for(state, session._versions))
    refreshed(entry, found, discard=discard)


def to_refresh(session: object, entry: Entry) -> EntryState:
    """The state of an entry that can be read again.

    Raises:
        NoResult: If it was not added yet.
        ReadOnlyEntry: If it does not belong to the session.
    """
    state = entry._state
    unit = state.unit
    if not isinstance(unit, Unit) or unit.session is not session or not unit.is_open:
        raise ReadOnlyEntry(
            f"{state.dn!r} is {entry.state.value} and not of this session: there is "
            "nothing to refresh it from"
        )
    if state.status is State.new:
        raise NoResult(f"{str(naming.dn_of(state))!r} was not added yet")
    return state


def look_for(
    state: EntryState, versions: tuple[str, ...]
) -> Ask[SearchResultEntry | None]:
    """What reads an entry again; see `find`."""
    return Ask(lambda engine: find(engine, state, versions))


def find(
    engine: Engine, state: EntryState, versions: tuple[str, ...]
) -> Flow[SearchResultEntry | None]:
    """Look for an entry under its name, and under the one it was to get.

    Args:
        engine: Where to ask.
        state: The entry.
        versions: Attributes to ask for beside those that it was asked for with.
    """
    asked = tuple(_names(state, versions))
    for name in _whereabouts(state):
        try:
            found = yield from read_entry(engine, str(name), asked)
        except NoSuchObject:
            continue
        if found is not None:
            return found
    return None


def refreshed(entry: Entry, found: SearchResultEntry | None, *, discard: bool) -> None:
    """Take over what was found of an entry.

    Raises:
        NoResult: If it is not there any more.
    """
    unit = entry._state.unit
    assert isinstance(unit, Unit)  # noqa: S101  # to_refresh() has seen to it
    if found is None:
        _gone(unit, entry._state)
    else:
        _found(unit, entry, found, discard=discard)


def _whereabouts(state: EntryState) -> list[DN]:
    if state.status is not State.unknown:
        return [state.name]
    if state.mark is State.adding:
        # It is named by its values as long as it is new.
        state.status = State.new
        try:
            return [naming.dn_of(state)]
        finally:
            state.status = State.unknown
    target = plan.target_of(state)
    return [state.name] if target is None else [state.name, target]


def _names(state: EntryState, versions: tuple[str, ...]) -> list[str]:
    """What to ask for: what was asked for before."""
    info = state.model.__ldapom__
    if state.loaded is None:
        return [*info.request, *versions]
    names = [one.ldap_name for one in info.attributes.values() if _is_asked(state, one)]
    wild = [name for name in ("*", "+") if name in info.request]
    return [*names, *wild, *versions]


def _keys(state: EntryState) -> frozenset[str]:
    info = state.model.__ldapom__
    return frozenset(
        one.key for one in info.attributes.values() if _is_asked(state, one)
    )


def _is_asked(state: EntryState, one: AnyAttribute) -> bool:
    return one.is_loaded(state) or one.key in state.outdated


def _gone(unit: Unit, state: EntryState) -> None:
    """Take note that there is no such entry.

    Raises:
        NoResult: If that is not what was to happen.
    """
    if state.mark is State.adding:
        # It was not added; it may be by the next commit.
        state.status = State.new
        return
    deleting = state.mark is State.deleting
    unit.vanished(state)
    if not deleting:
        raise NoResult(f"there is no entry {state.dn!r} any more")


def _found(
    unit: Unit, entry: Entry, found: SearchResultEntry, *, discard: bool
) -> None:
    state = entry._state
    keys, name = _keys(state), DN.from_server(found.object_name)
    if state.status is State.unknown:
        increments.forget_done(state, gather(found.attributes))
    if state.mark is State.adding:
        # The add was carried out.
        state.mark = None
    elif name != state.name and name == plan.target_of(state):
        # The rename was, and has taken along what is below.
        moves: Moves[None] = Moves()
        moves.record(state.name, name, None)
        state.renamed(found.object_name)
        unit.follow(moves, {state: 1})
    state.status = State.clean
    if discard:
        state.restore()
    state.renew(
        found.object_name,
        found.attributes,
        keys,
        held=entry.__dict__,
        changed="rebase",
    )
    unit.settled(entry)
