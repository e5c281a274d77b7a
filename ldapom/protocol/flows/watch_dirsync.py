"""Watching Active Directory: DirSync says which entries have changed, a search how.

1. DirSync ([MS-ADTS] 3.1.1.3.4.1.3) gives, round by round, parts of what has changed
   in a whole naming context since its cookie: a changed attribute, one member that
   came or went, the ``objectGUID`` of what was deleted. So it is asked which entries
   have changed, and these are then read by the search that is watched.
2. A round is made when a change notification (.528) comes, where the server offers
   it, and when nothing was heard for a while.
3. The cookie counts when all of its round was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from attrs import evolve

from ldapom.errors import RemoteProtocolError
from ldapom.filters import And, Equality, Filter, Or, Present
from ldapom.protocol.change_controls import ChangeNotification, DirSync, DirSyncFlags
from ldapom.protocol.codec.attributes import collect
from ldapom.protocol.controls import find
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.flows.watch import (
    MAX_ENTRIES,
    Content,
    Happening,
    Kind,
    Watcher,
)
from ldapom.protocol.messages import (
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import LDAPMessage

#: Entries a page, and what is read at once of what has changed.
PAGE_SIZE: Final = 1000
AT_ONCE: Final = 50
#: What one answer of DirSync may hold, in octets, and how many may make a round.
_MAX_BYTES: Final = 1 << 20
_MAX_ANSWERS: Final = 100_000

_GUID: Final = "objectGUID"
_FLAGS: Final = DirSyncFlags.object_security | DirSyncFlags.incremental_values
_EVERYTHING: Final = Present("objectClass")


class DirSyncWatch(Watcher):
    """Active Directory's DirSync.

    Args:
        request: The search.
        cookie: Where to go on from.
        initial: Whether to tell what is there already.
        context: The naming context that the search is in.
        notified: Whether the server offers change notification.
    """

    mode = "DirSync"

    def __init__(
        self,
        request: SearchRequest,
        cookie: bytes | None = None,
        *,
        initial: bool,
        context: str,
        notified: bool,
    ) -> None:
        super().__init__(request, cookie, initial=initial)
        self._context = context
        self._notified = notified
        self._content = Content(whole=initial and cookie is None)
        self._message_id: int | None = None
        self._reading: SearchCursor | None = None
        #: What has changed and is still to be read, and where the round leads to.
        self._todo: list[tuple[bytes, Kind]] = []
        self._next_cookie: bytes | None = None
        self._waiting = False
        self._synced = False

    def begin(self, engine: Engine) -> None:
        """Go on with another connection."""
        super().begin(engine)
        self._message_id = None
        self._waiting = False
        self._todo, self._next_cookie = [], None
        if self._reading is not None:
            # Only a part was told: that is known, and not told again.
            self._reading = self._cookie = None

    def _forget(self) -> None:
        super()._forget()
        if self._reading is not None:
            self._reading.close()
        if self._message_id is not None:
            self._engine.forget(self._message_id)
            self._message_id = None

    def wake(self) -> None:
        """Nothing has been heard for a while: ask what has changed."""
        if self._waiting:
            self._waiting, self._work = False, None
        else:
            super().wake()

    # --- steps -----------------------------------------------------------------------

    def _step(self) -> Flow[list[Happening]]:
        if self._cookie is None:
            return (yield from self._begin_content())
        if self._reading is not None:
            return (yield from self._read_content(self._reading))
        if self._notified and self._message_id is None:
            self._message_id = self._subscribe()
        if self._waiting:
            yield from self._wait()
            self._waiting = False
        if self._next_cookie is None:
            return (yield from self._round())
        return (yield from self._look_at())

    def _begin_content(self) -> Flow[list[Happening]]:
        """Find out where to go on from, then begin to read what is there."""
        _, self._cookie = yield from self._dirsync((_GUID,))
        if self._initial:
            self._content.begin_round()
            request = _with_guid(self._request)
            self._reading = SearchCursor(self._engine, request, page_size=PAGE_SIZE)
            return []
        return self._told([])

    def _read_content(self, cursor: SearchCursor) -> Flow[list[Happening]]:
        batch = yield from cursor.fetch()
        if batch:
            return self._tell(batch, {})
        self._reading = None
        gone, _ = self._content.end_round()
        return self._told(gone)

    def _told(self, happened: list[Happening]) -> list[Happening]:
        """Put behind what has happened that all of it is told."""
        kind = Kind.nothing if self._synced else Kind.synced
        self._synced = True
        return [*happened, Happening(kind, cookie=self._cookie)]

    def _subscribe(self) -> int:
        request = SearchRequest(self._context, Scope.sub, _EVERYTHING, (_GUID,))
        return self._engine.send(request, (ChangeNotification().control(),))

    def _wait(self) -> Flow[None]:
        """Wait for a change of anything; without notifications for the next `wake`."""
        # Nothing but the end of the connection comes for the id 0.
        messages = yield steps.Receive(self._message_id or 0)
        self._read(messages)

    def _take(self, message: LDAPMessage) -> Sequence[Happening]:
        if isinstance(message.op, SearchResultDone):
            # It was a help only: from now on rounds are made without it.
            self._message_id, self._notified = None, False
        return []

    # --- a round ---------------------------------------------------------------------

    def _round(self) -> Flow[list[Happening]]:
        """Ask what has changed; what is gone can be told at once."""
        asked = self._request.attributes
        names = tuple(dict.fromkeys((*asked, *_DETECTED))) if asked else ()
        changed, self._next_cookie = yield from self._dirsync(names)
        self._todo = [each for each in changed.items() if each[1] is not Kind.deleted]
        return [
            happening
            for guid, kind in changed.items()
            if kind is Kind.deleted
            for happening in self._content.drop(guid, uuid=UUID(bytes_le=guid))
        ]

    def _look_at(self) -> Flow[list[Happening]]:
        """Read some of what has changed; what is not found is none of the search's."""
        guids = dict(self._todo[:AT_ONCE])
        found = yield from self._find(list(guids))
        self._todo = self._todo[AT_ONCE:]
        happened = self._tell(found, guids)
        for guid in guids.keys() - set(map(_guid_of, found)):
            happened += self._content.drop(guid, uuid=UUID(bytes_le=guid))
        if self._todo:
            return happened
        self._cookie, self._next_cookie = self._next_cookie, None
        self._waiting = True
        return self._told(happened)

    def _find(self, guids: Sequence[bytes]) -> Flow[list[SearchResultEntry]]:
        found: list[SearchResultEntry] = []
        if guids:
            some: Filter = Or(tuple(Equality(_GUID, guid) for guid in guids))
            request = _with_guid(self._request)
            request = evolve(request, filter=And((request.filter, some)))
            cursor = SearchCursor(self._engine, request, page_size=PAGE_SIZE)
            while batch := (yield from cursor.fetch()):
                found += batch
        return found

    def _tell(
        self, entries: Iterable[SearchResultEntry], kinds: Mapping[bytes, Kind]
    ) -> list[Happening]:
        happened: list[Happening] = []
        for entry in entries:
            guid = _guid_of(entry)
            uuid, changed = UUID(bytes_le=guid), kinds.get(guid) is Kind.changed
            happened += self._content.tell(guid, entry, uuid, changed=changed)
        return happened

    def _dirsync(
        self, attributes: tuple[str, ...]
    ) -> Flow[tuple[dict[bytes, Kind], bytes]]:
        """Ask which entries have changed.

        Returns:
            Their GUIDs with what has become of them, and the new cookie.
        """
        request = SearchRequest(self._context, Scope.sub, _EVERYTHING, attributes)
        changed: dict[bytes, Kind] = {}
        cookie = self._cookie or b""
        for _ in range(_MAX_ANSWERS):
            control = DirSync(_FLAGS, _MAX_BYTES, cookie).control()
            cursor = SearchCursor(self._engine, request, controls=(control,))
            while batch := (yield from cursor.fetch()):
                changed.update(map(_seen, batch))
            if len(changed) > MAX_ENTRIES:
                raise RemoteProtocolError(f"more than {MAX_ENTRIES} changes at once")
            answer = find(cursor.controls, DirSync)
            if answer is None:
                raise RemoteProtocolError("DirSync gave no cookie")
            before, cookie = cookie, answer.cookie
            if not answer.more:
                return changed, cookie
            if cookie == before:
                break
        raise RemoteProtocolError("DirSync never comes to an end")


#: What is asked for to see that an entry was deleted, renamed or moved.
_DETECTED: Final = (_GUID, "isDeleted", "whenCreated", "name", "parentGUID")


def _with_guid(request: SearchRequest) -> SearchRequest:
    names = request.attributes
    if not names or "*" in names or _GUID in names:
        return request
    return evolve(request, attributes=(*names, _GUID))


def _seen(entry: SearchResultEntry) -> tuple[bytes, Kind]:
    """The GUID of what has changed, and what has become of it."""
    attributes = collect(entry.attributes)
    kind = Kind.added if "whencreated" in attributes else Kind.changed
    if attributes.get("isdeleted", [b""])[:1] == [b"TRUE"]:
        kind = Kind.deleted
    return _guid(entry, attributes.get("objectguid", [])), kind


def _guid_of(entry: SearchResultEntry) -> bytes:
    return _guid(entry, collect(entry.attributes).get("objectguid", []))


def _guid(entry: SearchResultEntry, values: Sequence[bytes]) -> bytes:
    if len(values) != 1 or len(values[0]) != 16:  # noqa: PLR2004  # a GUID's octets
        raise RemoteProtocolError(f"{entry.object_name!r} came without objectGUID")
    return values[0]
