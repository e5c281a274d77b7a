"""Content synchronization (RFC 4533) in the directory: what has changed, and who asks.

1. The store writes each change into its `Feed`; a search that stays reads on from where
   it was, as whoever is bound now. What is there already is told as entries.
2. A cookie says how many changes were seen. From one that is older than what is kept,
   or of another directory, nobody can go on: `SyncRefreshRequired`.
3. A renamed entry is told, but not what is below it, as OpenLDAP does.
"""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING, Final
from uuid import UUID

from attrs import frozen

from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.sync_controls import (
    SyncDone,
    SyncIds,
    SyncMode,
    SyncPhaseEnd,
    SyncState,
    SyncStateKind,
    write_sync_info,
)
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from ldapom.protocol.sync_controls import SyncRequest
    from ldapom.testing.handler import Handler, Reply
    from ldapom.testing.tree import Entry

#: Changes that are kept.
KEPT: Final = 10_000
#: What a search that stays answers when it has nothing to tell; it never goes out.
IDLE: Final = m.IntermediateResponse("idle")

_COOKIE: Final = re.compile(rb"([0-9a-f]{16})#([0-9]{1,18})")


@frozen
class Change:
    """An entry as it was and as it is; None where it was not there, or is not."""

    number: int
    before: Entry | None
    after: Entry | None


class Feed:
    """The latest changes of a store.

    Attributes:
        count: How many there have been.
        wakers: What to call when there is another one; they must not wait.
    """

    def __init__(self) -> None:
        self.count = 0
        self.wakers: set[Callable[[], None]] = set()
        self._changes: deque[Change] = deque(maxlen=KEPT)
        self._name = os.urandom(8).hex()

    def tell(self, before: Entry | None, after: Entry | None) -> None:
        """Write a change down; the store's lock is held."""
        self.count += 1
        self._changes.append(Change(self.count, before, after))
        for wake in tuple(self.wakers):
            wake()

    def begin_anew(self) -> None:
        """All is other than it was: no cookie and no search can go on."""
        self._name = os.urandom(8).hex()
        self._changes.clear()
        self.count += 1
        for wake in tuple(self.wakers):
            wake()

    def since(self, number: int) -> list[Change]:
        """What has changed behind a change, the oldest first.

        Raises:
            SyncRefreshRequired: Not all of it is kept.
        """
        wanted = self.count - number
        if not 0 <= wanted <= len(self._changes):
            raise refusal(ResultCode.syncRefreshRequired, "too much has changed")
        changes = self._changes
        return [changes[index - wanted] for index in range(wanted)]

    def cookie(self, number: int) -> bytes:
        """What says that so many changes were seen."""
        return f"{self._name}#{number}".encode()

    def read(self, cookie: bytes) -> int:
        """How many changes a cookie says were seen.

        Raises:
            SyncRefreshRequired: It is another directory's.
        """
        found = _COOKIE.fullmatch(cookie)
        if found is None or found[1].decode() != self._name:
            raise refusal(ResultCode.syncRefreshRequired, "an unknown cookie")
        return int(found[2])


class Synchronizing:
    """One search that stays, or that tells what has changed since a cookie.

    Args:
        handler: Who asks.
        request: The search.
        control: What it asks for.
    """

    def __init__(
        self, handler: Handler, request: m.SearchRequest, control: SyncRequest
    ) -> None:
        self._store = handler.store
        self._feed = handler.store.feed
        self._finder = handler.finder()
        self._selection = handler.select(
            request.attributes, types_only=request.types_only
        )
        self._request = request
        self._control = control
        self._base = self._store.locate(request.base_object).key
        self._fits = self._finder.evaluator().compile(request.filter)

    def answers(self) -> Iterator[Reply]:
        """The content, how it has changed, and what changes."""
        number = yield from self._refreshed()
        if self._control.mode is SyncMode.refresh_only:
            told = SyncDone(self._feed.cookie(number), self._control.cookie is not None)
            yield m.SearchResultDone(), (told.control(),)
            return
        while True:
            with self._store.lock:
                changes = self._feed.since(number)
            for change in changes:
                number = change.number
                yield from self._told(change)
            yield IDLE, ()

    def _refreshed(self) -> Generator[Reply, None, int]:
        """Tell the content, or what of it has changed; returns up to which change."""
        feed, cookie = self._feed, self._control.cookie
        with self._store.lock:
            number = feed.count
            if cookie is None:
                entries = self._finder.find(self._request)
                gone: tuple[bytes, ...] = ()
            else:
                entries, gone = self._net(feed.since(feed.read(cookie)))
        for entry in entries:
            yield self._shown(entry, SyncStateKind.add)
        if gone:
            yield write_sync_info(SyncIds(gone, deletes=True)), ()
        if self._control.mode is SyncMode.refresh_and_persist:
            told = SyncPhaseEnd(cookie is not None, feed.cookie(number))
            yield write_sync_info(told), ()
        return number

    def _net(self, changes: list[Change]) -> tuple[Iterator[Entry], tuple[bytes, ...]]:
        """What several changes come to: what is other now, and what is gone."""
        first: dict[bytes, Entry | None] = {}
        last: dict[bytes, Entry | None] = {}
        for change in changes:
            uuid = _uuid(change.after or change.before)
            first.setdefault(uuid, change.before)
            last[uuid] = change.after
        there = [e for e in last.values() if e is not None and self._has(e)]
        gone = [
            uuid
            for uuid, before in first.items()
            if self._has(before) and not self._has(last[uuid])
        ]
        return iter(there), tuple(gone)

    def _told(self, change: Change) -> Iterator[Reply]:
        cookie = self._feed.cookie(change.number)
        before, after = self._has(change.before), self._has(change.after)
        if after and change.after is not None:
            kind = SyncStateKind.modify if before else SyncStateKind.add
            yield self._shown(change.after, kind, cookie)
        elif before and change.before is not None:
            uuid = _uuid(change.before)
            state = SyncState(SyncStateKind.delete, uuid, cookie)
            yield m.SearchResultEntry(change.before.dn), (state.control(),)

    def _shown(
        self, entry: Entry, kind: SyncStateKind, cookie: bytes | None = None
    ) -> Reply:
        state = SyncState(kind, _uuid(entry), cookie)
        shown = m.SearchResultEntry(entry.dn, self._selection.of(entry))
        return shown, (state.control(),)

    def _has(self, entry: Entry | None) -> bool:
        """Whether the search finds it."""
        if entry is None or not self._fits(entry):
            return False
        depth, scope = len(self._base), self._request.scope
        if entry.key[:depth] != self._base:
            return False
        below = len(entry.key) - depth
        return scope is m.Scope.sub or below == (1 if scope is m.Scope.one else 0)


def _uuid(entry: Entry | None) -> bytes:
    assert entry is not None  # noqa: S101  # a change has one of the two
    return UUID(entry.values["entryUUID"][0].decode()).bytes
