"""Servers that never come to an end: each is an error, in time."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    DeadlineExceeded,
    LDAPError,
    Referral,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.referrals import Referrals
from ldapom.protocol.retry import Retry
from tests.faults.leaks import nothing_left, slack
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.pki import Pki

TIMEOUT = 0.4
#: Seconds: the timeout, a tenth of it, and a little.
LIMIT = TIMEOUT * 1.1 + slack(0.3)


def in_time(call: Callable[[], object], *kinds: type[LDAPError]) -> None:
    """A call fails within the limit."""
    start = time.monotonic()
    with pytest.raises(kinds):
        call()
    assert time.monotonic() - start < LIMIT


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of a server that accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("way", ["clear", "StartTLS", "ldaps"])
def test_no_answer_at_all(mute: int, way: str) -> None:
    """Neither TLS, nor StartTLS, nor a bind is waited for beyond the timeout."""
    scheme = "ldaps" if way == "ldaps" else "ldap"
    with nothing_left():
        connection = Connection(
            f"{scheme}://127.0.0.1:{mute}",
            tls=Tls(),
            start_tls=way == "StartTLS",
            timeout=TIMEOUT,
        )
        for _ in range(2):
            in_time(connection.bind, DeadlineExceeded)
            connection.close()


@pytest.mark.parametrize("way", ["clear", "StartTLS", "ldaps"])
async def test_no_answer_at_all_to_tasks(mute: int, way: str) -> None:
    """The same with asyncio, by several tasks at once."""
    scheme = "ldaps" if way == "ldaps" else "ldap"

    async def one() -> None:
        connection = AsyncConnection(
            f"{scheme}://127.0.0.1:{mute}",
            tls=Tls(verify=False),
            start_tls=way == "StartTLS",
            timeout=TIMEOUT,
        )
        with pytest.raises(DeadlineExceeded):
            await connection.bind()
        await connection.close()

    start = time.monotonic()
    await asyncio.gather(*(one() for _ in range(5)))
    assert time.monotonic() - start < LIMIT + slack(0.3)
    assert len(asyncio.all_tasks()) == 1


def endless_pages(peer: Peer) -> None:
    """Empty pages, each with a cookie that is new."""
    peer.accept_bind()
    number = 0
    while True:
        request = peer.next()
        if isinstance(request.op, m.SearchRequest):
            number += 1
            page = PagedResults(0, str(number).encode()).control()
            peer.answer(request, m.SearchResultDone(), page)


def test_a_cookie_that_never_ends() -> None:
    """Empty pages without an end are an error, not a loop."""
    with nothing_left(), hostile(endless_pages) as server:
        with Connection(server.url) as connection:
            with pytest.raises(RemoteProtocolError, match="never ends"):
                list(connection.search("dc=x", page_size=10))


async def test_a_cookie_that_never_ends_for_tasks() -> None:
    """The same with asyncio."""
    with hostile(endless_pages) as server:
        async with AsyncConnection(server.url) as connection:
            with pytest.raises(RemoteProtocolError, match="never ends"):
                [entry async for entry in connection.search("dc=x", page_size=10)]


def refers_to_itself(peer: Peer) -> None:
    """Send everybody here again, each time by another name."""
    port = peer.socket.getsockname()[1]
    number = 0
    while True:
        request = peer.next()
        number += 1
        url = f"ldap://127.0.0.1:{port}/dc=x{id(peer)}{number}"
        if isinstance(request.op, m.BindRequest):
            peer.answer(request, m.BindResponse())
        elif isinstance(request.op, m.CompareRequest):
            peer.answer(
                request, m.CompareResponse(ResultCode.referral, referral=(url,))
            )
        elif isinstance(request.op, m.SearchRequest):
            peer.answer(
                request, m.SearchResultDone(ResultCode.referral, referral=(url,))
            )


def test_referrals_in_a_circle() -> None:
    """Who is sent on for ever is told so; the limit is that of the caller."""
    allowed = Referrals(["127.0.0.1"], hops=5)
    with nothing_left(), hostile(refers_to_itself) as server:
        with Connection(server.url, referrals=allowed, timeout=5) as connection:
            with pytest.raises(Referral):
                connection.compare("cn=a", "cn", "a")
            with pytest.raises(Referral):
                list(connection.search("cn=a", scope="base"))
        assert len(server.peers) <= 1 + 2 * 5


async def test_referrals_in_a_circle_for_tasks() -> None:
    """The same with asyncio."""
    allowed = Referrals(["127.0.0.1"], hops=5)
    with hostile(refers_to_itself) as server:
        async with AsyncConnection(
            server.url, referrals=allowed, timeout=5
        ) as connection:
            with pytest.raises(Referral):
                await connection.compare("cn=a", "cn", "a")
        assert len(server.peers) <= 1 + 5


# --- names ---------------------------------------------------------------------------


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that answers no name before the event."""
    answer, real = threading.Event(), socket.getaddrinfo

    def slowly(host: str, *rest: object, **options: object) -> object:
        if not options.get("flags"):
            answer.wait(10)
        return real(host, *rest, **options)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    yield answer
    answer.set()


def test_a_slow_resolver(slow_names: threading.Event) -> None:
    """The timeout covers it; what it leaves behind ends when it answers."""
    with nothing_left():
        connection = Connection(
            "ldap://localhost:1", timeout=TIMEOUT, retry=Retry(attempts=1)
        )
        in_time(connection.open, DeadlineExceeded)
        connection.close()
        slow_names.set()


async def test_a_slow_resolver_blocks_no_loop(slow_names: threading.Event) -> None:
    """The loop goes on while a name is looked up, and while certificates are read."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    connection = AsyncConnection("ldap://localhost:1", timeout=TIMEOUT)
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await connection.open()
    assert time.monotonic() - start < LIMIT
    beating.cancel()
    assert beats > 10
    slow_names.set()


async def test_reading_certificates_blocks_no_loop(
    mute: int, monkeypatch: pytest.MonkeyPatch, pki: Pki, tmp_path: Path
) -> None:
    """The system's trust store may be large, and on a slow disk."""
    real = Tls.context
    seen: list[str] = []
    # One that nobody has read before.
    authorities = Path(shutil.copy(pki.ca_file, tmp_path))

    def slowly(tls: Tls) -> object:
        seen.append(threading.current_thread().name)
        return real(tls)

    monkeypatch.setattr(Tls, "context", slowly)
    for start_tls in (False, True):
        scheme = "ldap" if start_tls else "ldaps"
        connection = AsyncConnection(
            f"{scheme}://127.0.0.1:{mute}",
            tls=Tls(ca_file=authorities),
            start_tls=start_tls,
            timeout=TIMEOUT,
        )
        with pytest.raises(DeadlineExceeded):
            await connection.open()
    assert seen == ["reading certificates"]
