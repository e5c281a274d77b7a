"""Watching by hand: every message is chosen by the test."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    InsufficientAccessRights,
    RemoteProtocolError,
    ResultCode,
    SyncRefreshRequired,
)
from ldapom.filters import Present
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.change_controls import (
    ChangeType,
    DirSync,
    EntryChangeNotification,
)
from ldapom.protocol.controls import find
from ldapom.protocol.engine import Engine
from ldapom.protocol.flows import watch as watching
from ldapom.protocol.flows.steps import Receive
from ldapom.protocol.flows.watch import Happening, Kind
from ldapom.protocol.flows.watch_dirsync import DirSyncWatch
from ldapom.protocol.flows.watch_persistent import PersistentWatch
from ldapom.protocol.flows.watch_sync import ContentSync
from ldapom.protocol.sync_controls import (
    SyncDone,
    SyncIds,
    SyncNewCookie,
    SyncPhaseEnd,
    SyncRequest,
    SyncState,
    SyncStateKind,
    write_sync_info,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ldapom.protocol.flows.watch import Watcher
    from ldapom.protocol.sync_controls import SyncInfo

REQUEST = m.SearchRequest("dc=x", m.Scope.sub, Present("objectClass"), ("cn",))
A, B, C = (bytes([n]) * 16 for n in (1, 2, 3))


class Told:
    """One answer of the server."""

    def __init__(self, op: m.ProtocolOp, *controls: m.Control) -> None:
        self.op = op
        self.controls = controls


def entry(
    uuid_: bytes,
    kind: SyncStateKind = SyncStateKind.add,
    *,
    dn: str = "",
    cn: str = "x",
    cookie: bytes | None = None,
) -> Told:
    """An entry with what has become of it."""
    values = (
        ()
        if kind is SyncStateKind.delete
        else (m.PartialAttribute("cn", (cn.encode(),)),)
    )
    found = m.SearchResultEntry(dn or f"cn={uuid_[0]},dc=x", values)
    return Told(found, SyncState(kind, uuid_, cookie).control())


def info(value: SyncInfo) -> Told:
    """A Sync Info Message."""
    return Told(write_sync_info(value))


def done(code: int = 0, *controls: m.Control) -> Told:
    """The end of the search."""
    return Told(m.SearchResultDone(ResultCode(code)), *controls)


class Server:
    """Answers each wait of a watcher with what comes next."""

    def __init__(self, watcher: Watcher, *batches: list[Told] | None) -> None:
        self.watcher = watcher
        self.sent: list[m.LDAPMessage] = []
        self.batches: list[list[Told] | None] = list(batches)
        self.connect()

    def connect(self) -> None:
        """Give it a new connection."""
        self.engine = Engine()
        self.watcher.begin(self.engine)

    def fetch(self) -> list[Happening] | None:
        """Let the watcher wait once."""
        flow = self.watcher.fetch()
        try:
            wish = next(flow)
            while True:
                assert isinstance(wish, Receive)
                self._read()
                batch = self.batches.pop(0) if self.batches else None
                if batch is None:
                    wish = flow.throw(DeadlineExceeded("no answer"))
                    continue
                for told in batch:
                    message = m.LDAPMessage(wish.message_id, told.op, told.controls)
                    self.engine.receive_data(codec.encode(message))
                wish = flow.send(self.engine.take(wish.message_id))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # typeshed says Any
        finally:
            self._read()

    def tell(self, *told: Told) -> list[Happening]:
        """Let the watcher hear something."""
        self.batches.append(list(told))
        found = self.fetch()
        assert found is not None
        return found

    def _read(self) -> None:
        data, position = self.engine.data_to_send(), 0
        while (found := codec.decode(data, position)) is not None:
            message, position = found
            self.sent.append(message)


def kinds(happened: Sequence[Happening]) -> list[str]:
    """What has happened, in words."""
    return [each.kind.value for each in happened if each.kind is not Kind.nothing]


def began(*uuids: bytes, cookie: bytes = b"1") -> Server:
    """A content synchronization that has told its content."""
    server = Server(ContentSync(REQUEST, initial=True))
    server.tell(*map(entry, uuids), info(SyncPhaseEnd(deletes=False, cookie=cookie)))
    return server


def cookie_sent(server: Server) -> bytes | None:
    """The cookie of the last request."""
    control = find(server.sent[-1].controls, SyncRequest)
    assert control is not None
    return control.cookie


class TestContentSync:
    """RFC 4533."""

    def test_content_then_changes(self) -> None:
        """Entries are added, then it is synced, then changes come as they are."""
        server = Server(ContentSync(REQUEST, initial=True))
        assert kinds(server.tell(entry(A), entry(B))) == ["added", "added"]
        happened = server.tell(info(SyncPhaseEnd(deletes=True, cookie=b"1")))
        assert kinds(happened) == ["synced"]
        assert happened[0].cookie == b"1"
        happened = server.tell(
            entry(A, SyncStateKind.modify, cn="y", cookie=b"2"),
            entry(C),
            entry(B, SyncStateKind.delete),
        )
        assert kinds(happened) == ["changed", "added", "deleted"]
        assert [each.cookie for each in happened if each.cookie] == [b"2"]

    def test_repeats_are_not_told(self) -> None:
        """An entry that is what it was is no event."""
        server = began(A)
        assert server.tell(entry(A, SyncStateKind.modify)) == []

    def test_rename_keeps_the_former_name(self) -> None:
        """A known UUID under another name was renamed."""
        server = began(A)
        (event,) = server.tell(entry(A, SyncStateKind.modify, dn="cn=other,dc=x"))
        assert (event.kind, event.dn) == (Kind.changed, "cn=1,dc=x")

    def test_present_phase_tells_what_is_gone(self) -> None:
        """Coming back: what was neither sent nor named is gone."""
        server = began(A, B, C)
        server.connect()
        happened = server.tell(
            info(SyncIds((A,))),
            entry(B, cn="y"),
            info(SyncPhaseEnd(deletes=False, cookie=b"2")),
        )
        assert kinds(happened) == ["changed", "deleted", "synced"]
        assert happened[1].uuid == uuid.UUID(bytes=C)
        assert happened[1].dn == "cn=3,dc=x"
        assert happened[2].remaining is None
        assert cookie_sent(server) == b"1"

    def test_delete_phase_tells_nothing_of_the_rest(self) -> None:
        """Coming back: what was not named is there as it was."""
        server = began(A, B)
        server.connect()
        happened = server.tell(
            info(SyncIds((B,), deletes=True)), info(SyncPhaseEnd(deletes=True))
        )
        assert kinds(happened) == ["deleted", "synced"]
        assert server.tell(entry(A, SyncStateKind.modify)) == []

    def test_present_then_delete_phase(self) -> None:
        """RFC 4533 3.3.1: both phases may come, the first one is not the end."""
        server = began(A, B, C)
        server.connect()
        server.tell(
            info(SyncIds((A, B))), info(SyncPhaseEnd(deletes=False, done=False))
        )
        happened = server.tell(
            info(SyncIds((B,), deletes=True)), info(SyncPhaseEnd(deletes=True))
        )
        assert kinds(happened) == ["deleted", "deleted", "synced"]

    def test_stored_cookie_and_present_phase(self) -> None:
        """Who does not know what was there is told what remains."""
        server = Server(ContentSync(REQUEST, b"old", initial=True))
        happened = server.tell(
            info(SyncIds((A, B))),
            entry(B, SyncStateKind.modify),
            info(SyncPhaseEnd(deletes=False)),
        )
        assert kinds(happened) == ["added", "synced"]
        assert set(happened[-1].remaining or ()) == {
            uuid.UUID(bytes=A),
            uuid.UUID(bytes=B),
        }
        assert cookie_sent(server) == b"old"
        (gone,) = server.tell(entry(A, SyncStateKind.delete, dn="cn=a,dc=x"))
        assert (gone.kind, gone.dn) == (Kind.deleted, "cn=a,dc=x")

    def test_stored_cookie_and_deletes(self) -> None:
        """Deletes of what this watch never saw are told by their UUIDs."""
        server = Server(ContentSync(REQUEST, b"old", initial=True))
        happened = server.tell(
            info(SyncIds((A,), deletes=True)), info(SyncPhaseEnd(deletes=True))
        )
        assert kinds(happened) == ["deleted", "synced"]
        assert (happened[0].dn, happened[0].uuid) == (None, uuid.UUID(bytes=A))
        assert happened[1].remaining is None

    def test_refresh_required(self) -> None:
        """4096: all is asked for, and only what is other is told."""
        server = began(A, B)
        server.connect()
        assert server.tell(done(4096)) == []
        happened = server.tell(
            entry(A), entry(C), info(SyncPhaseEnd(deletes=False, cookie=b"9"))
        )
        assert kinds(happened) == ["added", "deleted", "synced"]
        assert cookie_sent(server) is None

    def test_refresh_required_of_a_stored_cookie(self) -> None:
        """4096 at once: all comes, with what remains."""
        server = Server(ContentSync(REQUEST, b"old", initial=True))
        assert server.tell(done(4096)) == []
        happened = server.tell(entry(A), info(SyncPhaseEnd(deletes=False)))
        assert kinds(happened) == ["added", "synced"]
        assert set(happened[-1].remaining or ()) == {uuid.UUID(bytes=A)}

    def test_endless_refresh_required(self) -> None:
        """4096 for who asks for all is an error, no loop."""
        server = Server(ContentSync(REQUEST, b"old", initial=True))
        server.tell(done(4096))
        with pytest.raises(SyncRefreshRequired):
            server.tell(done(4096))

    def test_quiet_beginning(self) -> None:
        """``initial=False``: the content is learned and not told."""
        server = Server(ContentSync(REQUEST, initial=False))
        happened = server.tell(entry(A), info(SyncPhaseEnd(deletes=False)))
        assert kinds(happened) == ["synced"]
        assert kinds(server.tell(entry(A, SyncStateKind.delete))) == ["deleted"]

    def test_events_before_an_error_are_told(self) -> None:
        """What came with the end is told first, and the error behind it."""
        server = began(A)
        assert kinds(server.tell(entry(B), done(50))) == ["added"]
        with pytest.raises(InsufficientAccessRights):
            server.fetch()

    def test_server_ends(self) -> None:
        """A server that ends while it persists is come back to, with its cookie."""
        server = began(A)
        with pytest.raises(ConnectionLost):
            server.tell(done(0, SyncDone(b"5").control()))
        server.connect()
        assert kinds(server.tell(info(SyncPhaseEnd(deletes=True)))) == ["synced"]
        assert cookie_sent(server) == b"5"

    def test_new_cookie(self) -> None:
        """A cookie alone moves on where to go on from."""
        server = began(A)
        (only,) = server.tell(info(SyncNewCookie(b"7")))
        assert (only.kind, only.cookie) == (Kind.nothing, b"7")

    def test_cookies_that_lead_nowhere(self) -> None:
        """389 DS writes -1 as the number of a change: the cookie before stays."""
        server = began(A)
        happened = server.tell(entry(B, cookie=b"host#user#4294967295"))
        assert [each.cookie for each in happened] == [None]

    @pytest.mark.parametrize(
        "told",
        [
            Told(m.SearchResultEntry("cn=a")),
            done(),
            Told(m.IntermediateResponse("1.3.6.1.4.1.4203.1.9.1.4", b"\x30\x00")),
        ],
    )
    def test_what_is_no_synchronization(self, told: Told) -> None:
        """A server that passes over the control, or sends nonsense, is told of."""
        server = Server(ContentSync(REQUEST, initial=True))
        with pytest.raises(RemoteProtocolError):
            server.tell(told)

    def test_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A server that names UUIDs without end is left."""
        monkeypatch.setattr(watching, "MAX_ENTRIES", 100)
        server = began(A)
        server.connect()
        uuids = tuple(n.to_bytes(16, "big") for n in range(1000, 1101))
        with pytest.raises(RemoteProtocolError, match="more than 100"):
            server.tell(info(SyncIds(uuids)))


class TestPatience:
    """A watcher can be left at any time."""

    def test_deadline_loses_nothing(self) -> None:
        """Time that runs out is no error, and the same request is waited for."""
        server = began(A)
        assert server.fetch() is None
        assert server.fetch() is None
        assert kinds(server.tell(entry(B))) == ["added"]
        assert len(server.sent) == 1

    def test_probe(self) -> None:
        """A quiet server is asked; its answer is not taken for news."""
        server = began(A)
        server.fetch()
        server.watcher.wake()
        assert server.watcher.is_probing
        assert server.fetch() is None
        assert server.watcher.is_probing
        server.batches[:] = [[done()], [entry(B)]]
        assert kinds(server.fetch() or []) == ["added"]
        assert not server.watcher.is_probing

    def test_leaving(self) -> None:
        """Whoever leaves abandons what is outstanding, the probe too."""
        server = began(A)
        server.fetch()
        server.watcher.wake()
        for _ in server.watcher.leave():
            raise AssertionError
        server._read()
        abandoned = [s.op for s in server.sent if isinstance(s.op, m.AbandonRequest)]
        assert {each.message_id for each in abandoned} == {1, 2}


def changed(
    dn: str, kind: ChangeType, former: str | None = None, cn: str = "x"
) -> Told:
    """An entry as a persistent search tells it."""
    found = m.SearchResultEntry(dn, (m.PartialAttribute("cn", (cn.encode(),)),))
    return Told(found, EntryChangeNotification(kind, former).control())


def plain(dn: str, cn: str = "x", guid: bytes | None = None) -> Told:
    """An entry of an ordinary search."""
    attributes = [m.PartialAttribute("cn", (cn.encode(),))]
    if guid is not None:
        attributes.append(m.PartialAttribute("objectGUID", (guid,)))
    return Told(m.SearchResultEntry(dn, tuple(attributes)))


class TestPersistentSearch:
    """draft-ietf-ldapext-psearch-03."""

    def test_life(self) -> None:
        """First the server's eyes are open, then what is there is read."""
        watcher = PersistentWatch(REQUEST, initial=True)
        server = Server(watcher, [done()], [plain("cn=a,dc=x"), done()])
        assert kinds(server.fetch() or []) == ["added"]
        assert kinds(server.fetch() or []) == ["synced"]
        assert [type(s.op).__name__ for s in server.sent] == ["SearchRequest"] * 3
        happened = server.tell(
            changed("CN=A, dc=x", ChangeType.modify, cn="y"),
            changed("cn=b,dc=x", ChangeType.mod_dn, "cn=a,dc=x", cn="y"),
            changed("cn=b,dc=x", ChangeType.delete),
            changed("cn=b,dc=x", ChangeType.delete),
        )
        assert kinds(happened) == ["changed", "changed", "deleted"]
        assert happened[1].dn == "cn=a,dc=x"

    def test_a_change_told_behind_the_end(self) -> None:
        """What was deleted does not come back by an older change, but by being added."""
        watcher = PersistentWatch(REQUEST, initial=True)
        server = Server(watcher, [done()], [plain("cn=a,dc=x"), done()])
        server.fetch()
        server.fetch()
        happened = server.tell(
            changed("cn=a,dc=x", ChangeType.delete),
            changed("cn=a,dc=x", ChangeType.modify, cn="y"),
            changed("cn=a,dc=x", ChangeType.add, cn="z"),
            changed("cn=a,dc=x", ChangeType.modify, cn="zz"),
        )
        assert kinds(happened) == ["deleted", "added", "changed"]

    def test_coming_back(self) -> None:
        """All is read again; only what is other is told."""
        watcher = PersistentWatch(REQUEST, initial=True)
        first = [plain("cn=a,dc=x"), plain("cn=b,dc=x"), done()]
        server = Server(watcher, [done()], first)
        server.fetch()
        server.fetch()
        server.connect()
        server.batches[:] = [[done()], [plain("cn=b,dc=x", "y"), done()]]
        assert kinds(server.fetch() or []) == ["changed"]
        assert kinds(server.fetch() or []) == ["deleted", "synced"]

    def test_coming_back_without_content(self) -> None:
        """Who does not know what was there is told that changes may be missed."""
        server = Server(PersistentWatch(REQUEST, initial=False), [done()])
        assert kinds(server.fetch() or []) == ["synced"]
        server.connect()
        server.batches[:] = [[done()]]
        assert kinds(server.fetch() or []) == ["missed"]


def dirsync(cookie: bytes, *, more: bool = False) -> Told:
    """The end of a DirSync answer."""
    return done(0, DirSync(int(more), 0, cookie).control())


def increment(guid: bytes, **more: bytes) -> Told:
    """What DirSync tells of an entry."""
    attributes = [m.PartialAttribute("objectGUID", (guid,))]
    attributes += [m.PartialAttribute(name, (value,)) for name, value in more.items()]
    return Told(m.SearchResultEntry("<GUID=1>;CN=x", tuple(attributes)))


def dirsync_watch(cookie: bytes | None = None) -> DirSyncWatch:
    """A watch of Active Directory without notifications."""
    return DirSyncWatch(REQUEST, cookie, initial=True, context="dc=x", notified=False)


class TestDirSync:
    """[MS-ADTS] 3.1.1.3.4.1.3."""

    def test_life(self) -> None:
        """A cookie, the content, then a round whenever it is woken."""
        server = Server(
            dirsync_watch(),
            [increment(A), dirsync(b"1", more=True)],
            [dirsync(b"2")],
            [plain("cn=a,dc=x", guid=A), done()],
            [],
        )
        assert server.fetch() == []
        assert kinds(server.fetch() or []) == ["added"]
        happened = server.fetch() or []
        assert (kinds(happened), happened[-1].cookie) == (["synced"], b"2")
        server.batches[:] = [
            [increment(A), increment(B, isDeleted=b"TRUE"), dirsync(b"3")],
            [plain("cn=a,dc=x", "y", guid=A), done()],
        ]
        assert kinds(server.fetch() or []) == []
        happened = server.fetch() or []
        assert kinds(happened) == ["changed"]
        assert happened[-1].cookie == b"3"
        assert server.fetch() is None
        server.watcher.wake()
        server.batches[:] = [[increment(A), dirsync(b"4")], [done()]]
        assert kinds(server.fetch() or []) == []
        assert kinds(server.fetch() or []) == ["deleted"]

    def test_lost_in_a_round(self) -> None:
        """A round that breaks is made again from its cookie; nothing is told twice."""
        guids = [n.to_bytes(16, "big") for n in range(60)]
        server = Server(dirsync_watch(b"1"))
        server.batches[:] = [
            [*map(increment, guids), dirsync(b"2")],
            [*(plain(f"cn={g[-1]},dc=x", guid=g) for g in guids[:50]), done()],
        ]
        assert server.fetch() == []
        assert len(kinds(server.fetch() or [])) == 50
        server.connect()
        server.batches[:] = [
            [*map(increment, guids), dirsync(b"2")],
            [*(plain(f"cn={g[-1]},dc=x", guid=g) for g in guids[:50]), done()],
            [*(plain(f"cn={g[-1]},dc=x", guid=g) for g in guids[50:]), done()],
        ]
        assert server.fetch() == []
        assert kinds(server.fetch() or []) == []
        happened = server.fetch() or []
        assert len(kinds(happened)) == 11
        assert happened[-1].cookie == b"2"

    @pytest.mark.parametrize(
        "batch",
        [
            lambda: [done()],
            lambda: [dirsync(b"1", more=True)],
            lambda: [plain("cn=a"), dirsync(b"2")],
        ],
    )
    def test_nonsense(self, batch: Callable[[], list[Told]]) -> None:
        """No cookie, a round that does not move, an entry without its GUID."""
        server = Server(dirsync_watch(b"1"), batch())
        with pytest.raises(RemoteProtocolError):
            server.fetch()
