"""Peers that stop in the middle: what is half sent, half opened, or closed by another."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ConnectionLost, DeadlineExceeded, LDAPError, OutcomeUnknown
from ldapom.protocol import requests
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.retry import Retry
from tests.faults.leaks import nothing_left, slack, sockets
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.faults.ground import Ground
    from tests.faults.proxy import Proxy

TIMEOUT = 0.5
#: Seconds: the timeout, a tenth of it, and a little.
LIMIT = TIMEOUT * 1.1 + slack(0.3)
#: More than the system takes for a peer that reads nothing.
HUGE: Mapping[str, str | bytes] = {
    "objectClass": "device",
    "cn": "a",
    "description": b"x" * (12 << 20),
}
REQUEST = requests.search("dc=x", "(cn=*)", "base", (), 0)


def deaf(peer: Peer) -> None:
    """Take binds, and then read nothing more until the client is gone."""
    peer.accept_bind()
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ended.wait(20)


ended = threading.Event()


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Let deaf peers go at the end of the block."""
    ended.clear()
    try:
        yield
    finally:
        ended.set()


def test_a_request_that_nobody_takes() -> None:
    """Half of it is on its way: the outcome is unknown, and nothing can follow."""
    with nothing_left(), hostile(deaf) as server, ending():
        connection = Connection(server.url, timeout=TIMEOUT, retry=Retry(attempts=1))
        connection.bind()
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            connection.add("cn=a", HUGE)
        assert time.monotonic() - start < LIMIT
        assert not connection.is_open
        start = time.monotonic()
        connection.close()
        assert time.monotonic() - start < slack(1)


async def test_a_request_that_nobody_takes_from_a_task() -> None:
    """With asyncio too; other tasks are not held up beyond their own timeouts."""
    with hostile(deaf) as server, ending():
        connection = AsyncConnection(
            server.url, timeout=TIMEOUT, retry=Retry(attempts=1)
        )
        await connection.bind()
        start = time.monotonic()
        found = await asyncio.gather(
            connection.add("cn=a", HUGE),
            *(connection.compare("cn=a", "cn", "a") for _ in range(10)),
            return_exceptions=True,
        )
        assert time.monotonic() - start < LIMIT
        assert isinstance(found[0], OutcomeUnknown)
        for other in found[1:]:
            assert isinstance(other, DeadlineExceeded | ConnectionLost)
        start = time.monotonic()
        await connection.close()
        assert time.monotonic() - start < slack(1)


async def test_a_close_that_is_cancelled() -> None:
    """It closes all the same, though the peer has not taken what was sent."""
    with nothing_left(), hostile(deaf) as server, ending():
        connection = AsyncConnection(server.url, timeout=8, retry=Retry(attempts=1))
        await connection.bind()
        before = len(sockets())
        sending = asyncio.create_task(connection.add("cn=a", HUGE))
        await asyncio.sleep(0.1)
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0.1)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        assert not connection.is_open
        with pytest.raises(OutcomeUnknown):
            await sending
        assert len(sockets()) < before


def test_threads_behind_a_request_that_nobody_takes() -> None:
    """A thread that waits to send gives up at its own time, not at the other's."""
    with nothing_left(), hostile(deaf) as server, ending():
        connection = Connection(server.url, timeout=3, retry=Retry(attempts=1))
        connection.bind()
        errors: list[LDAPError] = []

        def send() -> None:
            try:
                connection.add("cn=a", HUGE)
            except LDAPError as error:
                errors.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(0.2)
        start = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            list(connection.stream(REQUEST, timeout=TIMEOUT))
        assert time.monotonic() - start < LIMIT
        start = time.monotonic()
        connection.close()
        assert time.monotonic() - start < slack(1)
        thread.join(5)
        assert not thread.is_alive()
        assert isinstance(errors[0], OutcomeUnknown)


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of a server that accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("way", ["bind", "StartTLS", "ldaps"])
def test_closed_while_it_is_opened(mute: int, way: str) -> None:
    """`close` in another thread ends the opening, and waits for nothing."""
    scheme = "ldaps" if way == "ldaps" else "ldap"
    connection = Connection(
        f"{scheme}://127.0.0.1:{mute}",
        tls=Tls(verify=False),
        start_tls=way == "StartTLS",
        timeout=8,
    )
    errors: list[BaseException] = []

    def work() -> None:
        try:
            connection.bind()
        except LDAPError as error:
            errors.append(error)

    with nothing_left():
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.2)
        start = time.monotonic()
        connection.close()
        assert time.monotonic() - start < slack(1)
        thread.join(5)
        assert time.monotonic() - start < slack(1.5)
        assert isinstance(errors[0], LDAPError)
        assert not connection.is_open


@pytest.mark.parametrize("way", ["bind", "StartTLS", "ldaps"])
async def test_closed_while_a_task_opens_it(mute: int, way: str) -> None:
    """The same with asyncio."""
    scheme = "ldaps" if way == "ldaps" else "ldap"
    connection = AsyncConnection(
        f"{scheme}://127.0.0.1:{mute}",
        tls=Tls(verify=False),
        start_tls=way == "StartTLS",
        timeout=8,
    )
    task = asyncio.create_task(connection.bind())
    await asyncio.sleep(0.2)
    start = time.monotonic()
    await connection.close()
    with pytest.raises(LDAPError):
        await task
    assert time.monotonic() - start < slack(1)
    assert not connection.is_open
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.real_server
def test_many_close_at_once(slapd_ground: Ground, proxy: Proxy) -> None:
    """Threads that ask, close and bind again on one connection end, each in time."""
    target = slapd_ground.target
    person = f"uid=p0,ou=people,{slapd_ground.base}"
    with nothing_left(), proxy.route(target.port) as route:
        connection = Connection(
            f"ldap://127.0.0.1:{route.port}", target.credentials, timeout=10
        )
        connection.bind()
        end = time.monotonic() + 1

        def work(number: int) -> None:
            while time.monotonic() < end:
                try:
                    if number == 0:
                        time.sleep(0.01)
                        connection.close()
                    elif number == 1:
                        connection.bind()
                    elif number == 2:
                        time.sleep(0.02)
                        route.reset_all()
                    else:
                        assert connection.compare(person, "uid", "p0")
                except LDAPError:
                    pass  # it was closed, or reset

        threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
            assert not thread.is_alive()
        connection.close()
        connection.bind()
        assert connection.compare(person, "uid", "p0")
        connection.close()
