"""What an asyncio session does to send changes and to read an entry again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LDAPError
from ldapom.mapper.commits import saving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.commits.how import How
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.protocol.aconnection import AsyncConnection
    from ldapom.protocol.alink import AsyncLink


async def commit(session: AsyncSession, unit: Unit, how: How) -> tuple[Operation, ...]:
    """Send what is pending in a unit of work; `Session.commit` says the rest."""
    operations = unit.operations()
    if not operations:
        unit.tidy()
        return ()
    with unit.sending(operations):
        return await _send(session, unit, operations, how)


async def _send(
    session: AsyncSession, unit: Unit, operations: Sequence[Operation], how: How
) -> tuple[Operation, ...]:
    connection = session.connection
    link = await writable(connection)
    saving.check_secrets(link, operations)
    needed = how.needs_root_dse(operations)
    dse = await connection.root_dse if needed else None
    work = saving.begin(unit, operations, how, dse)
    if needed:
        pages = saving.needs_pages(operations)
        connection = await session._free() if pages else connection
    try:
        link = await writable(connection) if needed else link
        while not work.finished:
            try:
                await connection._operate(work.step(link.engine), link)
            except LDAPError as error:
                work.stop(error)
    finally:
        saving.end(work, operations)
        await session._release(connection)
    return saving.settle(work, unit)


async def writable(connection: AsyncConnection) -> AsyncLink:
    """What to send writes over; a connection that was lost is opened again before."""
    return await connection._ready(connection._deadline(), sends=True)


async def refresh(session: AsyncSession, entry: Entry, *, discard: bool) -> None:
    """Read an entry again; `Session.refresh` says the rest."""
    state = saving.to_refresh(session, entry)
    with session._turn:
        ask = saving.look_for(state, session._versions)
        found = await session.connection._do(ask)
    saving.refreshed(entry, found, discard=discard)
