"""`AsyncQuery`: what is asked for in an asyncio session, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never, TypeVar

from attrs import field, frozen

from ldapom.errors import LimitError, MultipleResults, NoResult
from ldapom.mapper.queries import aasking
from ldapom.mapper.queries.shaping import Shaping, in_words_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ldapom.mapper.acursors import AsyncReader, AsyncWriter
    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.window import Window
    from ldapom.protocol.list_view import VirtualListView

E_co = TypeVar("E_co", covariant=True)


@frozen
class AsyncQuery(Shaping[E_co]):
    """Entries of one class that are asked for; a value that every method copies.

    It runs by ``async for``, which streams the entries, or when ``first``, ``one``,
    ``one_or_none``, ``all``, ``count``, ``exists``, ``reader`` or ``writer`` is
    awaited.
    """

    session: AsyncSession = field(eq=False, repr=False)

    # --- asking --------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[E_co]:
        """Stream the entries; leaving the loop early leaves the search."""
        if self.shape.is_empty:
            # What can match nothing asks nobody.
            return _nothing()
        # The model's class is E, which the shape, free of types, does not say.
        return aasking.entries(self.session, self.shape)  # type: ignore[return-value]

    async def all(self) -> list[E_co]:
        """Every entry.

        Raises:
            LimitError: The server gives no more; ``received`` holds those that came.
        """
        found: list[E_co] = []
        try:
            async for entry in self:
                found.append(entry)  # noqa: PERF401  # they outlive an error
        except LimitError as error:
            error.received = found
            raise
        return found

    async def first(self) -> E_co | None:
        """Any one entry, the first where they are sorted; None without any."""
        found = await self._few(1)
        return found[0] if found else None

    async def one(self) -> E_co:
        """The only entry.

        Raises:
            NoResult: If none matches.
            MultipleResults: If several do.
        """
        found = await self.one_or_none()
        if found is None:
            raise NoResult(f"no entry matches {self}")
        return found

    async def one_or_none(self) -> E_co | None:
        """The only entry, or None without any.

        Raises:
            MultipleResults: If several match.
        """
        found = await self._few(2)
        if len(found) > 1:
            raise MultipleResults(f"more than one entry matches {self}")
        return found[0] if found else None

    async def count(self) -> int:
        """How many entries match; the server sends their names only."""
        shape = self.shape
        return 0 if shape.is_empty else await aasking.count(self.session, shape)

    async def exists(self) -> bool:
        """Whether an entry matches."""
        shape = self.shape
        return not shape.is_empty and await aasking.exists(self.session, shape)

    async def reader(self) -> AsyncReader[E_co]:
        """Ask now, and keep the entries as a sequence that can be asked again."""
        from ldapom.mapper.acursors import AsyncReader

        return AsyncReader(self, await self._entries_for(None))

    async def writer(self) -> AsyncWriter[E_co]:
        """Ask now, and keep the entries to change them, apart from the session."""
        from ldapom.mapper.acursors import AsyncWriter

        unit = self.session._new_unit()
        found = await self._entries_for(unit)
        return AsyncWriter(self.session, self.shape.model, unit, found)

    async def window(self, start: int, count: int) -> Window[E_co]:
        """Ask for a part of the sorted list (virtual list view).

        Args:
            start: The index of the first entry, from 0.
            count: How many; fewer come at the end of the list.

        Raises:
            LocalProtocolError: The server does not offer it.
            ResultError: It does not sort by this, or not for this identity.
        """
        from ldapom.mapper.queries import windowing

        view = windowing.by_index(self.shape, start, count)
        return await self._window(view)

    async def around(
        self, value: object, *, before: int = 0, after: int = 9
    ) -> Window[E_co]:
        """Ask for the part of the sorted list where a value stands, or would stand.

        Args:
            value: Of the attribute that is sorted by first.
            before: How many entries before the first one that is not less.
            after: How many behind it.

        Raises:
            LocalProtocolError: The server does not offer it.
            ResultError: It does not sort by this, or not for this identity.
        """
        from ldapom.mapper.queries import windowing

        shape = self.session._said(self.shape)
        view = windowing.by_value(shape, value, before, after)
        return await self._window(view)

    async def _window(self, view: VirtualListView) -> Window[E_co]:
        from ldapom.mapper.queries import windowing
        from ldapom.mapper.queries.window import Window

        if self.shape.is_empty:
            return Window(self.shape.model, [], windowing.NOTHING)
        found, seen = await aasking.window(self.session, self.shape, view)
        # The model's class is E, which the shape, free of types, does not say.
        return Window(self.shape.model, found, seen)  # type: ignore[arg-type]

    async def _entries_for(self, unit: Unit | None) -> list[E_co]:
        """Every entry, its changes to be saved by a unit of work, or to be read only.

        Args:
            unit: The unit of work; without one the entries only read.
        """
        if self.shape.is_empty:
            return []
        found = aasking.entries_for(unit, self.session, self.shape)
        # The model's class is E, which the shape, free of types, does not say.
        return [entry async for entry in found]  # type: ignore[misc]

    async def _few(self, count: int) -> list[E_co]:
        """At most so many entries, in one go."""
        if self.shape.is_empty:
            return []
        count = self._at_most(count)
        # The model's class is E, which the shape, free of types, does not say.
        return await self.session._few(self.shape, count)  # type: ignore[return-value]

    def _as_sent(self) -> Shape:
        return in_words_of(self.session, self.shape)


async def _nothing() -> AsyncIterator[Never]:
    entry: Never
    for entry in ():
        yield entry
