"""The connection when a second thread or a signal handler comes in between."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ConnectionLost, DeadlineExceeded, LDAPError
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def silent(peer: Peer) -> None:
    """Take one bind and never answer again."""
    peer.accept_bind()
    peer.wait_for_end()


@contextmanager
def waiting(call: Callable[[], object]) -> Iterator[list[LDAPError]]:
    """Run a call in a thread; its error is in the list when the block is left."""
    errors: list[LDAPError] = []

    def run() -> None:
        try:
            call()
        except LDAPError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        time.sleep(0.2)  # until it waits for an answer
        yield errors
    finally:
        thread.join(10)
        assert not thread.is_alive()


def test_closing_wakes_who_waits() -> None:
    """Another thread's call ends with the connection, not with its own deadline."""
    with hostile(silent) as server:
        connection = Connection(server.url, timeout=8)
        connection.bind()
        start = time.monotonic()
        with waiting(lambda: list(connection.search("dc=x"))) as errors:
            connection.close()
        assert time.monotonic() - start < 1
        (error,) = errors
        assert isinstance(error, ConnectionLost)


def test_closing_a_stream_waits_for_nobody() -> None:
    """A stream is left at once, and the server hears of it, whoever else waits."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        search = peer.next()
        peer.answer(search, m.SearchResultEntry("cn=a"))
        asked = peer.next()
        assert peer.next().op == m.AbandonRequest(search.message_id)
        assert peer.next().op == m.AbandonRequest(asked.message_id)
        peer.answer(peer.next(), m.ExtendedResponse(value=b"u:me"))
        peer.wait_for_end()

    with hostile(script) as server:
        connection = Connection(server.url, timeout=0.8)
        connection.bind()
        stream = connection.search("dc=x")
        assert next(stream).dn == "cn=a"
        with waiting(connection.who_am_i) as errors:
            start = time.monotonic()
            stream.close()
            assert time.monotonic() - start < 0.1
        assert isinstance(errors[0], DeadlineExceeded)
        assert connection.who_am_i() == "u:me"
        assert list(stream) == []
        connection.close()


class Interrupted(BaseException):
    """What a signal handler raises, as Python's own raises KeyboardInterrupt."""


@pytest.mark.parametrize(
    "call",
    [
        lambda connection: list(connection.search("dc=x")),
        lambda connection: connection.delete("dc=x"),
        lambda connection: connection.bind(),
    ],
    ids=["search", "write", "bind"],
)
def test_an_interrupted_call_closes(call: Callable[[Connection], object]) -> None:
    """Nobody knows what of a message was read or sent, so nothing follows it."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with hostile(silent) as server:
            connection = Connection(server.url, timeout=8)
            connection.bind()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Interrupted):
                call(connection)
            assert not connection.is_open
            assert len(server.received) <= 2
            connection.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
