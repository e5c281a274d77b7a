"""Watching by persistent search (draft-ietf-ldapext-psearch-03): no cookie, no gap.

1. First the server is asked to tell of changes, then what is there is read: a change
   in between is told by both, and handed on once.
2. On another connection all is read again, and compared with what was told before. Who
   did not want to know what is there has nothing to compare with, and is told that
   changes may have been missed.
3. What no longer fits the filter is not told by the server.
4. 389 Directory Server tells what followed closely in another order now and then. So a
   change of what was deleted, and not added again, is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.dn import DN
from ldapom.errors import ConnectionLost, ResultCode
from ldapom.protocol.change_controls import (
    ChangeType,
    EntryChangeNotification,
    PersistentSearch,
)
from ldapom.protocol.controls import find
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.probe import PROBE
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.flows.watch import (
    Content,
    Happening,
    Kind,
    Watcher,
    count_entries,
)
from ldapom.protocol.messages import SearchResultDone, SearchResultEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import LDAPMessage, SearchRequest

#: Entries a page of what is there already.
PAGE_SIZE = 1000
#: How many deleted entries are kept in mind.
_MOST_GONE = 10_000


class PersistentWatch(Watcher):
    """Persistent search, behind an ordinary one."""

    mode = "persistent search"

    def __init__(
        self, request: SearchRequest, cookie: bytes | None = None, *, initial: bool
    ) -> None:
        super().__init__(request, cookie, initial=initial)
        self._content = Content(whole=initial)
        self._message_id: int | None = None
        self._reading: SearchCursor | None = None
        #: What was told while the rest was read.
        self._early: list[LDAPMessage] = []
        self._begun = False
        #: Keys of what was deleted last, the oldest first.
        self._gone: dict[bytes, None] = {}

    def begin(self, engine: Engine) -> None:
        """Go on with another connection."""
        super().begin(engine)
        self._message_id = self._reading = None
        self._early = []
        self._gone.clear()

    def _forget(self) -> None:
        super()._forget()
        if self._reading is not None:
            self._reading.close()
        if self._message_id is not None:
            self._engine.forget(self._message_id)
            self._message_id = None

    def _step(self) -> Flow[list[Happening]]:
        if self._message_id is None:
            yield from self._ask()
            if not self._initial:
                return self._started()
            self._content.begin_round()
            self._reading = SearchCursor(
                self._engine, self._request, page_size=PAGE_SIZE
            )
        if self._reading is not None:
            return (yield from self._read_content(self._reading))
        assert self._message_id is not None  # noqa: S101  # it was sent
        messages = yield steps.Receive(self._message_id)
        self._engine.observer.found(count_entries(messages), 0)
        return self._read(messages)

    def _ask(self) -> Flow[None]:
        """Ask for changes, and wait until the server must have seen that."""
        control = PersistentSearch().control()
        self._message_id = self._engine.send(self._request, (control,))
        yield from self._answered(self._engine.send(PROBE))
        # A server that refuses says so at once.
        self._early = list(self._engine.take(self._message_id))
        for message in self._early:
            if isinstance(message.op, SearchResultDone):
                self._take(message)

    def _started(self) -> list[Happening]:
        again, self._begun = self._begun, True
        first = Happening(Kind.missed if again else Kind.synced)
        early, self._early = self._early, []
        return [first, *self._read(early)]

    def _read_content(self, cursor: SearchCursor) -> Flow[list[Happening]]:
        batch = yield from cursor.fetch()
        if batch:
            return [
                happening
                for entry in batch
                for happening in self._content.tell(_key(entry.object_name), entry)
            ]
        self._reading = None
        gone, _ = self._content.end_round()
        early, self._early = self._early, []
        return [*gone, Happening(Kind.synced), *self._read(early)]

    def _take(self, message: LDAPMessage) -> Sequence[Happening]:
        op = message.op
        if isinstance(op, SearchResultDone):
            self._message_id = None
            if op.result_code != ResultCode.success:
                raise steps.error_of(op, self._request, message.controls)
            raise ConnectionLost("the server told of changes no longer")
        if not isinstance(op, SearchResultEntry):
            return []
        return self._changed(op, find(message.controls, EntryChangeNotification))

    def _changed(
        self, entry: SearchResultEntry, note: EntryChangeNotification | None
    ) -> list[Happening]:
        key, content = _key(entry.object_name), self._content
        kind = ChangeType.modify if note is None else note.change_type
        if kind is ChangeType.delete:
            self._bury(key)
            return content.drop(key, entry.object_name)
        if kind is ChangeType.modify and key in self._gone:
            return []
        self._gone.pop(key, None)
        former = note.previous_dn if note is not None else None
        if former is None:
            return content.tell(key, entry, changed=kind is not ChangeType.add)
        content.rename(_key(former), key)
        happened = content.tell(key, entry, changed=True)
        return [
            Happening(each.kind, each.entry, former)
            if each.kind is Kind.changed
            else each
            for each in happened
        ]

    def _bury(self, key: bytes) -> None:
        self._gone[key] = None
        if len(self._gone) > _MOST_GONE:
            del self._gone[next(iter(self._gone))]


def _key(name: str) -> bytes:
    """What an entry is known by: its name, however it is spelled."""
    return repr(DN.from_server(name).key).encode("utf-8", "surrogateescape")
