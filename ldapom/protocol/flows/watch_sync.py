"""Watching by content synchronization (RFC 4533): nothing is lost, nothing doubled.

1. Each round begins with a refresh, from the cookie or from nothing; then the server
   stays and tells of changes.
2. A refresh tells either what is gone or what is there. In the second case (the
   "present phase"), and when all is told anew, what is gone is found by comparing; who
   went on from a cookie has nothing to compare with, and is told what is there.
3. A server that can not go on from a cookie (4096, or by telling all) is asked for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from ldapom.errors import (
    ConnectionLost,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol.controls import find
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.watch import (
    Content,
    Happening,
    Kind,
    Watcher,
    count_entries,
)
from ldapom.protocol.messages import (
    IntermediateResponse,
    SearchResultDone,
    SearchResultEntry,
)
from ldapom.protocol.sync_controls import (
    SyncDone,
    SyncIds,
    SyncNewCookie,
    SyncRequest,
    SyncState,
    SyncStateKind,
    sync_info,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import LDAPMessage, SearchRequest
    from ldapom.protocol.sync_controls import SyncInfo, SyncPhaseEnd

#: How cookies of 389 Directory Server end that lead nowhere: it does not know the
#: number of the change yet, and writes -1. The cookie before is as good, if older.
_NOWHERE: Final = b"#4294967295"


class ContentSync(Watcher):
    """RFC 4533, refreshAndPersist."""

    mode = "content sync"

    def __init__(
        self, request: SearchRequest, cookie: bytes | None = None, *, initial: bool
    ) -> None:
        super().__init__(request, cookie, initial=initial)
        self._content = Content(whole=cookie is None)
        self._message_id: int | None = None
        #: Whether what is there already is passed over.
        self._quiet = not initial and cookie is None
        self._refreshing = True
        #: Whether what is not told in this refresh is gone.
        self._present = False

    def begin(self, engine: Engine) -> None:
        """Go on with another connection."""
        super().begin(engine)
        self._message_id = None

    def _forget(self) -> None:
        super()._forget()
        if self._message_id is not None:
            self._engine.forget(self._message_id)
            self._message_id = None

    def _step(self) -> Flow[list[Happening]]:
        if self._message_id is None:
            self._message_id = self._ask()
        messages = yield steps.Receive(self._message_id)
        self._engine.observer.found(count_entries(messages), 0)
        return self._read(messages)

    def _ask(self) -> int:
        self._refreshing = True
        self._present = self._cookie is None
        self._content.begin_round()
        control = SyncRequest(cookie=self._cookie).control()
        return self._engine.send(self._request, (control,))

    def _take(self, message: LDAPMessage) -> Sequence[Happening]:
        op = message.op
        if isinstance(op, SearchResultEntry):
            return self._entry(op, message)
        if isinstance(op, IntermediateResponse):
            info = sync_info(op)
            return [] if info is None else self._told(info)
        if isinstance(op, SearchResultDone):
            return self._done(op, message)
        return []  # references are not entries of this server

    def _told_unless_quiet(
        self, happened: list[Happening], cookie: bytes | None
    ) -> list[Happening]:
        """Put the cookie behind what has happened."""
        if self._quiet:
            happened = []
        if cookie is not None and not cookie.endswith(_NOWHERE):
            self._cookie = cookie
            happened.append(Happening(Kind.nothing, cookie=cookie))
        return happened

    def _entry(self, entry: SearchResultEntry, message: LDAPMessage) -> list[Happening]:
        state = find(message.controls, SyncState)
        if state is None:
            raise RemoteProtocolError(
                f"{entry.object_name!r} came without the control that says what has "
                "become of it (RFC 4533 2.3)"
            )
        uuid, content = UUID(bytes=state.uuid), self._content
        if state.state is SyncStateKind.present:
            content.see(state.uuid, uuid)
            happened: list[Happening] = []
        elif state.state is SyncStateKind.delete:
            happened = content.drop(state.uuid, entry.object_name, uuid)
        else:
            # A refresh tells what is there; what it was before, no server knows.
            known = not self._refreshing
            changed = known and state.state is SyncStateKind.modify
            happened = content.tell(state.uuid, entry, uuid, changed=changed)
        return self._told_unless_quiet(happened, state.cookie)

    def _told(self, info: SyncInfo) -> list[Happening]:
        if isinstance(info, SyncNewCookie):
            return self._told_unless_quiet([], info.cookie)
        if isinstance(info, SyncIds):
            return self._told_unless_quiet(self._ids(info), info.cookie)
        return self._phase(info)

    def _ids(self, info: SyncIds) -> list[Happening]:
        happened: list[Happening] = []
        for octets in info.uuids:
            if info.deletes:
                happened += self._content.drop(octets, uuid=UUID(bytes=octets))
            else:
                self._content.see(octets, UUID(bytes=octets))
        return happened

    def _phase(self, info: SyncPhaseEnd) -> list[Happening]:
        self._present = self._present or not info.deletes
        if not info.done or not self._refreshing:
            return self._told_unless_quiet([], info.cookie)
        return self._synced(info.cookie)

    def _synced(self, cookie: bytes | None) -> list[Happening]:
        """The refresh is at its end."""
        self._refreshing = False
        remaining = None
        happened: list[Happening] = []
        if self._present:
            happened, remaining = self._content.end_round()
        else:
            self._content.leave_round()
        if self._quiet:
            happened, self._quiet = [], False
        if cookie is not None:
            self._cookie = cookie
        happened.append(Happening(Kind.synced, remaining=remaining, cookie=cookie))
        return happened

    def _done(self, done: SearchResultDone, message: LDAPMessage) -> list[Happening]:
        self._message_id = None
        if done.result_code == ResultCode.syncRefreshRequired and self._cookie:
            self._cookie = None
            return []  # the next step asks for all
        if done.result_code != ResultCode.success:
            raise steps.error_of(done, self._request, message.controls)
        if self._refreshing:
            raise RemoteProtocolError(
                "the server ended the search before it had told the content (RFC "
                "4533 3.4): it does not synchronize content here"
            )
        told = find(message.controls, SyncDone)
        if told is not None and told.cookie is not None:
            self._cookie = told.cookie
        raise ConnectionLost("the server told of changes no longer")
