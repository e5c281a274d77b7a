"""`Newer`: what became known of entries since searches that are still read were asked.

A page of a stream is asked for before the entries of the last one are read. What the
program saves, or reads anew, meanwhile is newer than what that page brings of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

if TYPE_CHECKING:
    from ldapom.mapper.entries.state import EntryState


class Newer:
    """When something became known of entries, as long as a search is being read."""

    __slots__ = ("_clock", "_known", "_searches")

    def __init__(self) -> None:
        self._clock = 0
        self._known: WeakKeyDictionary[EntryState, int] = WeakKeyDictionary()
        self._searches: WeakSet[object] = WeakSet()

    def begin(self, search: object) -> int:
        """Take note of a search, which is being read as long as somebody holds it.

        Returns:
            When that was, for `than`.
        """
        self._searches.add(search)
        return self._clock

    def note(self, state: EntryState) -> None:
        """Take note that it is known now what the server has of an entry."""
        if self._searches:
            self._clock += 1
            self._known[state] = self._clock
        elif self._known:
            self._known.clear()

    def than(self, since: int | None, state: EntryState) -> bool:
        """Whether what is known of an entry is newer than what a search brings of it.

        Args:
            since: What `begin` gave for the search; None for one that was just asked.
            state: The entry.
        """
        return since is not None and self._known.get(state, 0) > since
