"""How long coming back may take, and who waits for whom."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    LocalProtocolError,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, QUICK, answer_all, cut_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.kinds import Blocking


# --- how long ------------------------------------------------------------------------


def test_one_deadline_bounds_it_all(talk: Callable[..., Blocking]) -> None:
    """Connecting anew, waiting and asking again take no longer than the timeout."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            peer.wait_for_end()  # it takes the bind and never answers

    with hostile(script) as server:
        connection = talk(server.url, ME, retry=Retry(attempts=99), timeout=0.6)
        connection.bind()
        start = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            connection.names("dc=x")
        assert 0.5 < time.monotonic() - start < 0.8


def test_no_pause_goes_beyond_the_deadline(talk: Callable[..., Blocking]) -> None:
    """Where the time would be over after the pause, the cause is raised at once."""
    with hostile(cut_first(after=99)) as server:
        connection = talk(
            server.url, ME, timeout=3, retry=Retry(attempts=9, backoff=60, longest=60)
        )
        connection.bind()
        start = time.monotonic()
        with pytest.raises(ConnectionLost):
            connection.names("dc=x")
        assert time.monotonic() - start < 1


def test_a_server_that_is_gone_and_comes_back(talk: Callable[..., Blocking]) -> None:
    """While it is away each call fails; then the connection works again."""
    with hostile(cut_first(after=0)) as server:
        port = server.port
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        assert connection.names("dc=x") == ["cn=a"]
    for _ in range(2):
        with pytest.raises((ConnectError, ConnectionLost)):
            connection.names("dc=x")
    assert connection.inner.usage.failed_reconnects >= 4
    listener = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=_serve_one, args=(listener,))
    thread.start()
    assert connection.names("dc=x") == ["cn=a"]
    connection.close()
    thread.join(5)
    listener.close()


def _serve_one(listener: socket.socket) -> None:
    accepted, _ = listener.accept()
    with accepted:
        try:
            answer_all(Peer(accepted))
        except (EOFError, OSError):
            return


def test_a_silent_peer_is_left_in_the_end(talk: Callable[..., Blocking]) -> None:
    """Two timeouts without one octet in between: the next call uses a new connection."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        if len(server.peers) == 1:
            peer.wait_for_end()
        answer_all(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME, timeout=0.3)
        connection.bind()
        for _ in range(2):
            with pytest.raises(DeadlineExceeded):
                connection.names("dc=x")
        assert connection.names("dc=x") == ["cn=a"]
        assert len(server.peers) == 2


# --- together ------------------------------------------------------------------------


def test_two_threads_reconnect_once() -> None:
    """Whoever finds the connection dead waits for the one who opens it again."""
    started = threading.Barrier(8)

    def script(peer: Peer) -> None:
        peer.accept_bind()
        if len(server.peers) == 1:
            peer.next()
        else:
            time.sleep(0.1)
            answer_all(peer)

    with hostile(script) as server, Connection(server.url, ME, timeout=5) as connection:
        found: list[bool] = []

        def ask() -> None:
            started.wait()
            found.append(connection.compare("cn=a", "cn", "a"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert found == [True] * 8
        assert len(server.peers) == 2


async def test_two_tasks_reconnect_once() -> None:
    """The same for tasks; one that is cancelled while it opens leaves it to another."""
    import asyncio

    from ldapom.protocol.aconnection import AsyncConnection

    def script(peer: Peer) -> None:
        if len(server.peers) == 2:
            peer.next()
            peer.wait_for_end()  # the first one to reconnect is cancelled here
        peer.accept_bind()
        if len(server.peers) == 1:
            peer.next()
        else:
            answer_all(peer)

    with hostile(script) as server:
        async with AsyncConnection(server.url, ME, timeout=5) as connection:
            tasks = [
                asyncio.create_task(connection.compare("cn=a", "cn", "a"))
                for _ in range(8)
            ]
            await asyncio.sleep(0.3)
            opener = [t for t in tasks if not t.done()]
            assert len(opener) == 8
            opener[0].cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [one for one in done if one is True] == [True] * 7
        assert len(server.peers) == 3


def test_close_ends_a_retry() -> None:
    """Whoever waits for the next try learns at once that the connection was closed."""
    with hostile(cut_first(after=99)) as server:
        connection = Connection(
            server.url, ME, retry=Retry(attempts=9, backoff=4, jitter=0), timeout=20
        )
        connection.bind()
        ended: list[BaseException] = []

        def ask() -> None:
            try:
                connection.compare("cn=a", "cn", "a")
            except Exception as error:  # noqa: BLE001  # it is looked at below
                ended.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.3)
        start = time.monotonic()
        connection.close()
        thread.join(5)
        assert time.monotonic() - start < 0.5
        assert isinstance(ended[0], ConnectionLost)


def test_close_ends_a_reconnect() -> None:
    """Also one that waits for a server which does not answer the bind."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            peer.wait_for_end()

    with hostile(script) as server:
        connection = Connection(server.url, ME, timeout=20)
        connection.bind()
        ended: list[BaseException] = []

        def ask() -> None:
            try:
                connection.compare("cn=a", "cn", "a")
            except Exception as error:  # noqa: BLE001  # it is looked at below
                ended.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.3)
        start = time.monotonic()
        connection.close()
        thread.join(5)
        assert time.monotonic() - start < 1
        assert isinstance(ended[0], ConnectionLost | LocalProtocolError)
        assert not connection.is_open


async def test_close_ends_a_task_that_reconnects() -> None:
    """The same under asyncio; the task is not cancelled, it gets an error."""
    import asyncio

    from ldapom.protocol.aconnection import AsyncConnection

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            peer.wait_for_end()

    with hostile(script) as server:
        connection = AsyncConnection(server.url, ME, timeout=20)
        await connection.bind()
        task = asyncio.create_task(connection.compare("cn=a", "cn", "a"))
        await asyncio.sleep(0.3)
        async with asyncio.timeout(1):
            await connection.close()
            with pytest.raises((ConnectionLost, LocalProtocolError)):
                await task
