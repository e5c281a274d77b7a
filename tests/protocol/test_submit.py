"""Operations that are sent now and collected later."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LocalProtocolError,
    NoSuchObject,
    OutcomeUnknown,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, answer_all, cut_first

if TYPE_CHECKING:
    from tests.servers.targets import Server


def test_all_kinds(server: Server, subtree: str) -> None:
    """Each operation gives what its method gives."""
    with server.connection() as connection:
        submit = connection.submit
        dn = f"cn=one,{subtree}"
        submit.add(dn, {"objectClass": ["device"], "cn": ["one"]}).result()
        submit.modify(dn, [Replace("description", "x")]).result()
        (entry,) = submit.search(dn, scope="base", attributes=["description"]).result()
        assert entry.text("description") == ["x"]
        assert submit.compare(dn, "description", "x").result()
        assert submit.who_am_i().result() == connection.who_am_i()
        submit.rename(dn, "cn=two").result()
        refused = submit.delete(dn)
        with pytest.raises(NoSuchObject):
            refused.result()
        assert isinstance(refused.exception(), NoSuchObject)
        submit.delete(f"cn=two,{subtree}").result()


def test_many_at_once(server: Server) -> None:
    """A thousand lookups are on their way before the first is collected."""
    with server.connection() as connection:
        sent = [
            connection.submit.search(
                server.admin.dn if n % 2 else server.base, scope="base"
            )
            for n in range(1000)
        ]
        for n, one in enumerate(reversed(sent)):
            (entry,) = one.result()
            expected = server.base if n % 2 else server.admin.dn
            assert entry.dn.lower() == expected.lower()
        assert connection.usage.sockets_opened == 1


def test_large_results_do_not_stop_anybody(server: Server) -> None:
    """What comes is read while more is sent."""
    with server.connection() as connection:
        sent = [connection.submit.search(server.base) for _ in range(300)]
        sizes = {len(one.result()) for one in sent}
        assert len(sizes) == 1


def test_done_and_in_any_order() -> None:
    """What is answered first is done first; looking waits for nobody."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.accept_bind()
        slow, fast = peer.next(), peer.next()
        peer.answer(fast, m.CompareResponse(ResultCode.compareTrue))
        go.wait(5)
        peer.answer(slow, m.CompareResponse(ResultCode.compareFalse))
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME, timeout=5) as connection:
        slow = connection.submit.compare("cn=a", "cn", "a")
        fast = connection.submit.compare("cn=a", "cn", "a")
        assert fast.result() is True
        assert fast.done()
        start = time.monotonic()
        assert not slow.done()
        with pytest.raises(TimeoutError):
            slow.result(timeout=0.1)
        with pytest.raises(TimeoutError):
            slow.exception(timeout=0)
        assert time.monotonic() - start < 0.3
        go.set()
        while not slow.done():
            time.sleep(0.01)
        assert slow.result() is False
        assert slow.result(timeout=0) is False


def test_the_time_of_the_operation_counts_from_sending() -> None:
    """Then it gives up by itself: an Abandon for a read, doubts for a write."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.wait_for_end()

    with hostile(script) as server:
        connection = Connection(server.url, ME, timeout=0.3)
        connection.bind()
        read = connection.submit.search("dc=x")
        write = connection.submit.delete("dc=x")
        start = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            read.result()
        with pytest.raises(OutcomeUnknown):
            write.result()
        assert time.monotonic() - start < 0.4
        connection.close()
    assert [type(one.op) for one in server.received] == [
        m.BindRequest,
        m.SearchRequest,
        m.DelRequest,
        m.AbandonRequest,
        m.UnbindRequest,
    ]


def test_cancel() -> None:
    """A read is abandoned; a write can not be, and what is done neither."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        asked, changed = peer.next(), peer.next()
        assert peer.next().op == m.AbandonRequest(asked.message_id)
        peer.answer(changed, m.DelResponse())
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME, timeout=5) as connection:
        read = connection.submit.search("dc=x")
        write = connection.submit.delete("dc=x")
        assert not read.cancelled()
        assert read.cancel()
        assert read.cancel()
        assert read.cancelled()
        assert read.done()
        with pytest.raises(CancelledError):
            read.result()
        with pytest.raises(CancelledError):
            read.exception()
        assert not write.cancel()
        write.result()
        assert not write.cancel()
        assert not write.cancelled()


def test_what_nobody_keeps_is_abandoned() -> None:
    """With the next operation, and without a trace on the connection."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        dropped = peer.next()
        kept, abandoned = peer.next(), peer.next()
        if isinstance(kept.op, m.AbandonRequest):
            kept, abandoned = abandoned, kept
        assert abandoned.op == m.AbandonRequest(dropped.message_id)
        peer.answer(kept, m.CompareResponse(ResultCode.compareTrue))
        peer.accept_bind()
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME, timeout=5) as connection:
        connection.submit.search("dc=x")
        gc.collect()
        assert connection.compare("cn=a", "cn", "a")
        connection.bind()


def test_a_bind_waits_for_what_was_submitted() -> None:
    """It stands alone on the wire (RFC 4511 4.2.1), and the results are kept."""
    with hostile(answer_all) as server, Connection(server.url, ME) as connection:
        sent = [connection.submit.compare("cn=a", "cn", "a") for _ in range(20)]
        connection.bind()
        assert all(one.done() for one in sent)
        assert all(one.result() for one in sent)


def test_a_lost_connection() -> None:
    """Reads are repeated on a new one, writes have an unknown outcome."""
    with hostile(cut_first()) as server:
        connection = Connection(server.url, ME, timeout=5)
        connection.bind()
        reads = [connection.submit.search("dc=x") for _ in range(3)]
        assert [[e.dn for e in one.result()] for one in reads] == [["cn=a"]] * 3
        assert len(server.peers) == 2
        connection.close()
    with hostile(cut_first()) as server:
        connection = Connection(server.url, ME, timeout=5)
        connection.bind()
        write = connection.submit.delete("cn=a")
        with pytest.raises(OutcomeUnknown):
            write.result()
        assert len(server.peers) == 1
        connection.close()
    with hostile(cut_first()) as server:
        connection = Connection(server.url, ME, timeout=5, retry=Retry(attempts=1))
        connection.bind()
        read = connection.submit.who_am_i()
        with pytest.raises(ConnectionLost):
            read.result()
        connection.close()


def test_looking_in_on_a_lost_connection() -> None:
    """Who asks whether it is there loses nothing: the read is repeated all the same."""
    with hostile(cut_first()) as server:
        connection = Connection(server.url, ME, timeout=5)
        connection.bind()
        reads = [connection.submit.search("dc=x") for _ in range(3)]
        while not all(one.done() for one in reads):
            time.sleep(0.01)
        assert [[e.dn for e in one.result()] for one in reads] == [["cn=a"]] * 3
        assert len(server.peers) == 2
        connection.close()


def test_closing() -> None:
    """What was not collected is lost; nothing can be submitted any more."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.wait_for_end()

    with hostile(script) as server:
        connection = Connection(server.url, ME, timeout=5)
        with pytest.raises(LocalProtocolError, match="not open"):
            connection.submit.who_am_i()
        connection.bind()
        read = connection.submit.who_am_i()
        connection.close()
        with pytest.raises((ConnectionLost, LocalProtocolError)):
            read.result()
        with pytest.raises(LocalProtocolError, match="not open"):
            connection.submit.who_am_i()


def test_threads_collect_each_others() -> None:
    """Results come to whoever waits, whoever submitted, whoever reads."""
    with hostile(answer_all) as server, Connection(server.url, ME) as connection:
        sent = [connection.submit.compare("cn=a", "cn", "a") for _ in range(200)]
        found: list[bool] = []
        threads = [
            threading.Thread(target=lambda: found.extend(s.result() for s in sent))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert found == [True] * 800
