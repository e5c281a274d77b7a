"""Both kinds of connection behind one face, for tests of what they have in common."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Awaitable


class Blocking:
    """A `Connection` as it is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.inner = Connection(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def names(self, base: str, **how: Any) -> list[str]:
        """The names that a search finds."""
        return [entry.dn for entry in self.inner.search(base, **how)]


class Looping:
    """An `AsyncConnection` in a loop that runs while something is asked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.inner = AsyncConnection(*args, **options)

    def run(self, work: Awaitable[Any]) -> Any:
        """Run the loop until this is done."""
        return self.loop.run_until_complete(work)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)
        return lambda *args, **options: self.run(method(*args, **options))

    def close(self) -> None:
        """Close the connection and the loop; nothing may be left in it."""
        if self.loop.is_closed():
            return
        self.run(self.inner.close())
        left = asyncio.all_tasks(self.loop)
        self.loop.close()
        assert not left

    def names(self, base: str, **how: Any) -> list[str]:
        """The names that a search finds."""

        async def collect() -> list[str]:
            return [entry.dn async for entry in self.inner.search(base, **how)]

        found: list[str] = self.run(collect())
        return found


Kind: TypeAlias = "type[Blocking | Looping]"
KINDS: Final = (Blocking, Looping)
