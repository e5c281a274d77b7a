"""What an asyncio session does to send changes and to read an entry again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LDAPError
from ldapom.mapper import saving

if TYPE_CHECKING:
    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.how import How
    from ldapom.mapper.operations import Operation
    from ldapom.mapper.unit import Unit
    from ldapom.protocol.aconnection import AsyncConnection


async def commit(session: AsyncSession, unit: Unit, how: How) -> tuple[Operation, ...]:
    """Send what is pending in a unit of work; `Session.commit` says the rest."""
    operations = unit.operations()
    if not operations:
        unit.tidy()
        return ()
    connection = await reconnected(session)
    saving.check_secrets(connection._live(), operations)
    needed = how.needs_root_dse(operations)
    dse = await connection.root_dse if needed else None
    work = saving.begin(unit, operations, how, dse)
    if saving.needs_pages(operations):
        connection = await session.free()
    engine = connection._live().engine
    try:
        while not work.finished:
            try:
                await connection._operate(work.step(engine))
            except LDAPError as error:
                work.stop(error)
    finally:
        saving.end(work, operations)
    return saving.settle(work, unit)


async def reconnected(session: AsyncSession) -> AsyncConnection:
    """The session's connection; one that was lost is opened and bound again."""
    connection = session.connection
    if not connection.is_open:
        await connection.bind()
    return connection


async def refresh(session: AsyncSession, entry: Entry, *, discard: bool) -> None:
    """Read an entry again; `Session.refresh` says the rest."""
    state = saving.to_refresh(session, entry)
    with session._alone():
        connection = await reconnected(session)
        engine = connection._live().engine
        flow = saving.find(engine, state, session.versions)
        found = await connection._operate(flow)
    saving.refreshed(entry, found, discard=discard)
