"""`AsyncReader` and `AsyncWriter`: the asyncio twins of `Reader` and `Writer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from ldapom.mapper.cursors import BaseWriter, Cursor

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.commits.how import OnError
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.aquery import AsyncQuery

E_co = TypeVar("E_co", covariant=True)


class AsyncReader(Cursor[E_co]):
    """The entries that a query gave, in order; they can not be changed.

    Attributes:
        query: What was asked.
    """

    def __init__(self, query: AsyncQuery[E_co], entries: list[E_co]) -> None:
        super().__init__(query.shape.model, entries)
        self.query = query

    async def search(self) -> Self:
        """Ask again, and hold what is found now."""
        self._entries = await self.query._entries_for(None)
        return self

    def __repr__(self) -> str:
        return f"<AsyncReader of {len(self)} entries: {self.query}>"


class AsyncWriter(BaseWriter[E_co]):
    """A unit of work of its own: entries of one class, and what is to become of them.

    As a context manager it commits at the end, and discards when an exception ends
    it, as well as what that commit did not do::

        async with await session.query(User, loginShell="/bin/sh").writer() as users:
            for user in users:
                user.loginShell = "/bin/bash"

    Args:
        session: Where it writes.
        model: The class of its entries.
        unit: The unit of work, one of the session's.
        entries: What it begins with.
    """

    def __init__(
        self,
        session: AsyncSession,
        model: type[Entry],
        unit: Unit,
        entries: list[E_co] | None = None,
    ) -> None:
        self._session = session
        super().__init__(unit, model, entries or [])

    async def commit(
        self, *, on_error: OnError = "stop", atomic: bool = False
    ) -> tuple[Operation, ...]:
        """Send what is pending; `Session.commit` says the rest."""
        session = self._session
        done = await session._commit_unit(self._unit, on_error=on_error, atomic=atomic)
        self._without_deleted(done)
        return done

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self.commit()
        finally:
            # What was committed has nothing pending; what was refused is told by then.
            self.discard()
