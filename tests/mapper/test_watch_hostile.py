"""Watching servers that fall silent, lie, or end: told in time, nothing left behind."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    Added,
    AsyncSession,
    ConnectionLost,
    Deleted,
    InvalidCredentials,
    LDAPError,
    RemoteProtocolError,
    Session,
    Simple,
    Synced,
)
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.retry import Retry
from ldapom.protocol.sync_controls import (
    SyncIds,
    SyncPhaseEnd,
    SyncRequest,
    SyncState,
    SyncStateKind,
    write_sync_info,
)
from tests.mapper.models import Person
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHO = Simple("cn=me", "secret")
QUICK = Retry(backoff=0.01, longest=0.05)
QUERY = Person.query().base("dc=x").only("cn")


def entry(number: int) -> tuple[m.ProtocolOp, m.Control]:
    """A person with a UUID."""
    found = m.SearchResultEntry(f"cn={number}", (m.PartialAttribute("cn", (b"x",)),))
    state = SyncState(SyncStateKind.add, number.to_bytes(16, "big"))
    return found, state.control()


def introduce(peer: Peer) -> m.LDAPMessage:
    """Accept a bind, offer content synchronization, and give the watch's request."""
    peer.accept_bind()
    while True:
        request = peer.next()
        op = request.op
        assert isinstance(op, m.SearchRequest)
        if op.base_object:
            return request
        offer = m.PartialAttribute("supportedControl", (SyncRequest.OID.encode(),))
        peer.answer(request, m.SearchResultEntry("", (offer,)))
        peer.answer(request, m.SearchResultDone())


def scripted(script: Callable[[Peer, int], None]) -> Callable[[Peer], None]:
    """The session's own connection is bound and no more; each next one has a number."""
    lock = threading.Lock()
    count = -1

    def serve(peer: Peer) -> None:
        nonlocal count
        with lock:
            count += 1
            number = count
        if number == 0:
            peer.accept_bind()
            peer.wait_for_end()
        else:
            script(peer, number)

    return serve


def synced(peer: Peer, *numbers: int) -> m.LDAPMessage:
    """Tell a content; gives back the request, to tell more."""
    request = introduce(peer)
    for number in numbers:
        peer.answer(request, *entry(number))
    end = SyncPhaseEnd(deletes=False, cookie=b"1")
    peer.answer(request, write_sync_info(end))
    return request


def session_with(url: str, timeout: float = 0.5) -> Session:
    """A session that does not wait long."""
    return Session(url, WHO, timeout=timeout, retry=QUICK, allow_cleartext=True)


def test_silent_peer_is_noticed() -> None:
    """A server that answers nothing any more is left, and come back to."""
    silent = threading.Event()

    def script(peer: Peer, number: int) -> None:
        synced(peer, number)
        if number == 1:
            silent.wait(10)  # reads nothing, answers nothing
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY, heartbeat=0.3)
        assert isinstance(watch.next(5), Added)
        assert isinstance(watch.next(5), Synced)
        begun = monotonic()
        event = watch.next(5)
        assert isinstance(event, Added)
        assert event.entry.cn == ["x"]
        assert 0.7 < monotonic() - begun < 2
        silent.set()
        assert watch.usage.reconnects == 1


def test_idle_server_is_no_dead_one() -> None:
    """A server that has nothing to tell but answers is left in peace."""
    probes = 0

    def script(peer: Peer, number: int) -> None:
        nonlocal probes
        synced(peer)
        while True:
            request = peer.next()
            if not isinstance(request.op, m.SearchRequest):
                return
            probes += 1
            peer.answer(request, m.SearchResultDone())

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY, heartbeat=0.1)
        assert isinstance(watch.next(5), Synced)
        assert watch.next(1.2) is None
        assert probes >= 5
        assert watch.usage.reconnects == 0


def test_timeouts_are_kept() -> None:
    """Waiting for an event takes no longer than was said."""

    def script(peer: Peer, number: int) -> None:
        introduce(peer)
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url, 5) as session:
        with session.watch(QUERY) as watch:
            for timeout in (0.0, 0.05, 0.5):
                begun = monotonic()
                assert watch.next(timeout) is None
                assert monotonic() - begun < timeout * 1.1 + 0.05


def test_server_that_always_ends() -> None:
    """A server that ends each search is given up on when patience is at its end."""

    def script(peer: Peer, number: int) -> None:
        request = introduce(peer)
        if number == 1:
            end = SyncPhaseEnd(deletes=False, cookie=b"1")
            peer.answer(request, write_sync_info(end))
        peer.answer(request, m.SearchResultDone(ResultCode.unavailable))
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY, patience=0.5)
        assert isinstance(watch.next(5), Synced)
        begun = monotonic()
        with pytest.raises(LDAPError, match="unavailable"):
            watch.next(10)
        assert 0.5 <= monotonic() - begun < 1.5
        assert watch.is_closed
        assert 5 < len(server.peers) < 80


def test_login_that_is_refused_later() -> None:
    """Coming back with a password that no longer fits is tried once."""

    def script(peer: Peer, number: int) -> None:
        if number == 1:
            synced(peer)
            return
        code = ResultCode.invalidCredentials
        peer.answer(peer.next(), m.BindResponse(code))
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY)
        assert isinstance(watch.next(5), Synced)
        with pytest.raises(InvalidCredentials):
            watch.next(5)
        assert len(server.peers) == 3


@pytest.mark.parametrize(
    "answers",
    [
        [(m.SearchResultEntry("cn=a"),)],
        [(m.SearchResultDone(),)],
        [(m.IntermediateResponse("1.3.6.1.4.1.4203.1.9.1.4", b"\xa3"),)],
        [(m.BindResponse(),)],
    ],
)
def test_nonsense(answers: Sequence[tuple[m.ProtocolOp]]) -> None:
    """What breaks the protocol ends the watch; it is not tried again."""

    def script(peer: Peer, number: int) -> None:
        request = introduce(peer)
        for answer in answers:
            peer.answer(request, *answer)
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY)
        with pytest.raises(RemoteProtocolError):
            list(watch)
        assert watch.is_closed
        assert len(server.peers) == 2


def test_flood_of_uuids(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that names entries without end fills no memory."""
    monkeypatch.setattr("ldapom.protocol.flows.watch.MAX_ENTRIES", 5_000)

    def script(peer: Peer, number: int) -> None:
        request = introduce(peer)
        for block in range(1_000):
            uuids = tuple((block * 100 + n).to_bytes(16, "big") for n in range(100))
            peer.answer(request, write_sync_info(SyncIds(uuids)))
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url, 5) as session:
        with pytest.raises(RemoteProtocolError, match="more than 5000"):
            list(session.watch(QUERY))


def test_half_a_refresh() -> None:
    """A connection that breaks in the middle of a content: nothing is told twice."""

    def script(peer: Peer, number: int) -> None:
        if number < 4:
            request = introduce(peer)
            for each in range(number * 10):
                peer.answer(request, *entry(each))
            return
        synced(peer, *range(50))
        peer.wait_for_end()

    with hostile(scripted(script)) as server, session_with(server.url) as session:
        watch = session.watch(QUERY)
        seen = []
        while isinstance(event := watch.next(5), Added):
            seen.append(event.uuid)
        assert isinstance(event, Synced)
        assert len(seen) == len(set(seen)) == 50


def test_close_while_it_comes_back() -> None:
    """Closing ends the tries to come back at once."""

    def script(peer: Peer, number: int) -> None:
        if number == 1:
            synced(peer)

    with hostile(scripted(script)) as server:
        slow = Retry(backoff=30, longest=30)
        with Session(server.url, WHO, timeout=5, retry=slow) as session:
            watch = session.watch(QUERY)
            assert isinstance(watch.next(5), Synced)
            timer = threading.Timer(0.3, watch.close)
            timer.start()
            begun = monotonic()
            assert list(watch) == []
            assert monotonic() - begun < 1.3
            timer.join()


async def test_async_silent_peer() -> None:
    """The asyncio twin notices a dead peer, and is closed within a second."""

    def script(peer: Peer, number: int) -> None:
        synced(peer, number)
        if number == 1:
            threading.Event().wait(1.5)
        peer.wait_for_end()

    with hostile(scripted(script)) as server:
        async with AsyncSession(server.url, WHO, timeout=0.5, retry=QUICK) as session:
            watch = session.watch(QUERY, heartbeat=0.3)
            kinds = [type(await watch.next(5)) for _ in range(5)]
            assert kinds == [Added, Synced, Added, Deleted, Synced]
            begun = monotonic()
            await watch.close()
            assert monotonic() - begun < 1
        assert len(asyncio.all_tasks()) == 1


async def test_async_server_that_always_ends() -> None:
    """Patience has an end under asyncio too."""

    def script(peer: Peer, number: int) -> None:
        if number == 1:
            synced(peer)
            return
        peer.accept_bind()

    with hostile(scripted(script)) as server:
        async with AsyncSession(server.url, WHO, timeout=0.5, retry=QUICK) as session:
            watch = session.watch(QUERY, patience=0.3)
            assert isinstance(await watch.next(5), Synced)
            with pytest.raises(ConnectionLost):
                await watch.next(10)
            assert watch.is_closed
