"""What is tried again after a cut, and what is not."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    Busy,
    ConnectionLost,
    OutcomeUnknown,
    ResultCode,
    TimeLimitExceeded,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry
from tests.protocol.hostile import Peer, hostile
from tests.protocol.kinds import Blocking, Looping
from tests.protocol.scripts import ME, QUICK, answer_all, binds, cut_first, kinds

if TYPE_CHECKING:
    from collections.abc import Callable


# --- reads ---------------------------------------------------------------------------


READS = {
    "search": lambda c: c.names("dc=x") == ["cn=a"],
    "pages": lambda c: c.names("dc=x", page_size=5) == ["cn=a"],
    "compare": lambda c: c.compare("cn=a", "cn", "a"),
    "who am I": lambda c: c.who_am_i() == "u:me",
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_is_repeated(
    talk: Callable[..., Blocking], read: Callable[[object], bool]
) -> None:
    """The connection is opened again as who it was, and the answer is right."""
    with hostile(cut_first()) as server:
        connection = talk(server.url, ME)
        connection.bind()
        assert read(connection)
        assert binds(server) == ["cn=me", "cn=me"]
        assert connection.inner.usage.reconnects == 1
        assert connection.inner.bound_as == ME


def test_by_default_it_is_repeated_once(talk: Callable[..., Blocking]) -> None:
    """A second cut is raised, and the next call tries again."""
    with hostile(cut_first(after=2)) as server:
        connection = talk(server.url, ME)
        connection.bind()
        with pytest.raises(ConnectionLost):
            connection.compare("cn=a", "cn", "a")
        assert connection.compare("cn=a", "cn", "a")
        assert len(server.peers) == 3


def test_as_often_as_said(talk: Callable[..., Blocking]) -> None:
    """`Retry.attempts` counts all tries."""
    with hostile(cut_first(after=4)) as server:
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        assert connection.compare("cn=a", "cn", "a")
        assert len(server.peers) == 5


def test_never_if_so_said(talk: Callable[..., Blocking]) -> None:
    """One attempt is one attempt."""
    with hostile(cut_first()) as server:
        connection = talk(server.url, ME, retry=Retry(attempts=1))
        connection.bind()
        with pytest.raises(ConnectionLost):
            connection.names("dc=x")
        assert len(server.peers) == 1


def test_a_stream_in_the_middle_is_not_repeated(
    talk: Callable[..., Blocking | Looping],
) -> None:
    """What came before the cut is delivered, and the cut behind it."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer(peer.next(), m.SearchResultEntry("cn=a"))

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        found: list[str] = []
        if isinstance(connection, Looping):

            async def read() -> None:
                async for entry in connection.inner.search("dc=x"):
                    found.append(entry.dn)  # noqa: PERF401  # the error comes in between

            with pytest.raises(ConnectionLost):
                connection.run(read())
        else:
            with pytest.raises(ConnectionLost):
                for entry in connection.inner.search("dc=x"):
                    found.append(entry.dn)  # noqa: PERF401  # the same
        assert found == ["cn=a"]
        assert len(server.peers) == 1


def test_one_entry_is_repeated_to_its_end(talk: Callable[..., Blocking]) -> None:
    """A search for one entry that is cut behind the entry, before its end."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        if len(server.peers) > 1:
            answer_all(peer)
        peer.answer(peer.next(), m.SearchResultEntry("cn=a"))

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        assert connection.names("cn=a", scope="base") == ["cn=a"]
        assert len(server.peers) == 2


def test_what_came_before_an_error_of_one_entry() -> None:
    """The entry is delivered, and the error behind it, once."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        request = peer.next()
        peer.answer(request, m.SearchResultEntry("cn=a"))
        peer.answer(request, m.SearchResultDone(ResultCode.timeLimitExceeded))
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME) as connection:
        stream = connection.search("cn=a", scope="base")
        assert next(stream).dn == "cn=a"
        with pytest.raises(TimeLimitExceeded):
            next(stream)
        assert list(stream) == []


def test_busy_servers_get_time(talk: Callable[..., Blocking]) -> None:
    """A read is repeated on the same connection after a pause, as often as said."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        for code in (ResultCode.busy, ResultCode.unavailable, ResultCode.compareTrue):
            peer.answer(peer.next(), m.CompareResponse(code))
        for _ in range(5):
            peer.answer(peer.next(), m.CompareResponse(ResultCode.busy))
        peer.wait_for_end()

    with hostile(script) as server:
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        assert connection.compare("cn=a", "cn", "a")
        with pytest.raises(Busy):
            connection.compare("cn=a", "cn", "a")
        assert len(server.peers) == 1


def test_refusals_are_not_repeated(talk: Callable[..., Blocking]) -> None:
    """What the server says of the request itself it would say again."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer(peer.next(), m.CompareResponse(ResultCode.noSuchObject))
        peer.wait_for_end()

    with hostile(script) as server:
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        with pytest.raises(Exception, match="noSuchObject"):
            connection.compare("cn=a", "cn", "a")
        assert len(server.received) == 2


# --- writes --------------------------------------------------------------------------


def test_a_write_is_never_sent_twice(talk: Callable[..., Blocking]) -> None:
    """Once it may have reached the server its outcome is unknown."""
    with hostile(cut_first()) as server:
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        with pytest.raises(OutcomeUnknown):
            connection.modify("cn=a", [Replace("cn", "a")])
        assert len(server.peers) == 1
        connection.modify("cn=a", [Replace("cn", "a")])  # on a new connection
        assert len(server.peers) == 2


@pytest.mark.parametrize("attempts", [1, 2])
def test_an_idle_cut_is_seen_before_a_write(
    talk: Callable[..., Blocking], attempts: int
) -> None:
    """Nothing was sent, so it is opened again, and the write succeeds."""
    cut = threading.Event()

    def script(peer: Peer) -> None:
        peer.accept_bind()
        if len(server.peers) > 1:
            answer_all(peer)
        peer.socket.shutdown(socket.SHUT_RDWR)
        cut.set()

    with hostile(script) as server:
        connection = talk(server.url, ME, retry=Retry(attempts=attempts))
        connection.bind()
        assert cut.wait(5)
        connection.delete("cn=a")
        assert [len(kinds(peer)) for peer in server.peers] == [1, 2]


def test_a_notice_is_read_before_a_write(
    talk: Callable[..., Blocking], caplog: pytest.LogCaptureFixture
) -> None:
    """What the server said as it closed is in the log line."""
    cut = threading.Event()
    notice = m.ExtendedResponse(
        ResultCode.unavailable, "", "going down", name=m.NOTICE_OF_DISCONNECTION
    )

    def script(peer: Peer) -> None:
        peer.accept_bind()
        if len(server.peers) > 1:
            answer_all(peer)
        peer.say(0, notice)
        cut.set()
        peer.wait_for_end()

    with hostile(script) as server, caplog.at_level("INFO", "ldapom.connection"):
        connection = talk(server.url, ME)
        connection.bind()
        assert cut.wait(5)
        connection.delete("cn=a")
    (line,) = [text for text in caplog.messages if "reconnected" in text]
    assert "going down" in line
    assert "canary" not in caplog.text
