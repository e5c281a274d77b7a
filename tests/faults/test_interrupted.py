"""Calls that something comes between: a deadline, a signal, a cancel, a fork, another loop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ldapom import AsyncSession, Connection, Session
from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    LocalProtocolError,
    OutcomeUnknown,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol import requests
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.retry import Retry
from ldapom.testing import Directory
from tests.faults.leaks import nothing_left, slack
from tests.faults.proxy import Fault, Kind, Proxy, Way
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.ground import Ground

ONCE = Retry(attempts=1)


def slow(peer: Peer) -> None:
    """Answer binds at once and everything else after a while, in order."""
    try:
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                peer.answer(request, m.BindResponse())
            elif isinstance(request.op, m.CompareRequest):
                time.sleep(0.05)
                peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
    except (EOFError, ConnectionError):
        return


def silent(peer: Peer) -> None:
    """Answer binds, and nothing else."""
    try:
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                peer.answer(request, m.BindResponse())
    except (EOFError, ConnectionError):
        return


# --- threads -------------------------------------------------------------------------


def test_the_one_who_reads_gives_up() -> None:
    """A thread that reads for all and runs out of time hands over: the others go on."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        searched = peer.next()  # never answered
        asked = [peer.next() for _ in range(20)]
        assert peer.next().op == m.AbandonRequest(searched.message_id)
        for request in asked:
            peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
        peer.wait_for_end()

    with nothing_left(), hostile(script) as server:
        with Connection(server.url, timeout=5, retry=ONCE) as connection:
            request = requests.search("dc=x", "(cn=*)", "base", (), 0)

            def read() -> None:
                with pytest.raises(DeadlineExceeded):
                    list(connection.stream(request, timeout=0.3))

            reader = threading.Thread(target=read)
            reader.start()
            time.sleep(0.1)
            start = time.monotonic()
            with ThreadPoolExecutor(20) as pool:
                asked = [
                    pool.submit(connection.compare, "cn=a", "cn", "a")
                    for _ in range(20)
                ]
                assert all(one.result() for one in asked)
            assert time.monotonic() - start < slack(1)
            reader.join()
            assert connection.is_open


def test_deadlines_of_many_are_their_own() -> None:
    """Each thread gives up at its own time, whoever reads for it."""
    with nothing_left(), hostile(silent) as server:
        with Connection(server.url, timeout=5, retry=ONCE) as connection:

            def wait(number: int) -> float:
                timeout = 0.2 + number * 0.02
                request = requests.search("dc=x", "(cn=*)", "base", (), 0)
                start = time.monotonic()
                with pytest.raises(DeadlineExceeded):
                    list(connection.stream(request, timeout=timeout))
                return time.monotonic() - start - timeout

            with ThreadPoolExecutor(20) as pool:
                late = list(pool.map(wait, range(20)))
            assert min(late) >= -0.01
            assert max(late) < slack(0.25)


class Interrupted(BaseException):
    """What a signal handler raises."""


@pytest.fixture
def alarm() -> Iterator[None]:
    """SIGALRM raises `Interrupted` in the main thread."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_one_who_reads_is_interrupted(alarm: None) -> None:
    """Nobody knows what was read: the others learn at once that it is over."""
    with nothing_left(), hostile(silent) as server:
        connection = Connection(server.url, timeout=8, retry=ONCE)
        connection.bind()
        errors: list[LDAPError] = []

        def follow() -> None:
            time.sleep(0.1)
            try:
                connection.compare("cn=a", "cn", "a")
            except LDAPError as error:
                errors.append(error)

        threads = [threading.Thread(target=follow) for _ in range(5)]
        for thread in threads:
            thread.start()
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        start = time.monotonic()
        with pytest.raises(Interrupted):
            connection.compare("cn=a", "cn", "a")
        for thread in threads:
            thread.join()
        assert time.monotonic() - start < slack(1)
        assert [type(error) for error in errors] == [ConnectionLost] * 5
        connection.close()


@pytest.mark.real_server
def test_interrupted_in_the_handshake(
    alarm: None, slapd_ground: Ground, proxy: Proxy
) -> None:
    """Control-C while TLS is negotiated leaves nothing open; it can be tried again."""
    target = slapd_ground.target
    fault = Fault(Kind.silence, Way.down, 100)
    with nothing_left(), proxy.route(target.port, fault) as route:
        connection = Connection(
            f"ldap://127.0.0.1:{route.port}",
            target.credentials,
            tls=target.tls,
            start_tls=True,
            timeout=8,
        )
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            connection.open()
        assert not connection.is_open
        connection.bind()
        assert connection.compare(target.credentials.name, "uid", "admin")
        connection.close()


# --- tasks ---------------------------------------------------------------------------


async def test_cancelled_between_question_and_answer() -> None:
    """A task that is cancelled abandons its own operation and nobody else's."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        asked = [peer.next() for _ in range(10)]
        given_up = {
            op.message_id
            for _ in range(5)
            if isinstance(op := peer.next().op, m.AbandonRequest)
        }
        assert given_up == {request.message_id for request in asked[::2]}
        for request in asked:
            peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncConnection(server.url, timeout=5) as connection:
            tasks = [
                asyncio.create_task(connection.compare("cn=a", "cn", "a"))
                for _ in range(10)
            ]
            await asyncio.sleep(0.1)
            for task in tasks[::2]:
                task.cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(one) for one in found[::2]] == [asyncio.CancelledError] * 5
            assert found[1::2] == [True] * 5
            assert connection.is_open


async def test_cancelled_at_any_moment(slapd_ground: Ground) -> None:
    """Cancelled after any time, a whole conversation leaves nothing behind."""
    target = slapd_ground.target
    with nothing_left():
        for tick in range(60):
            connection = AsyncConnection(
                f"ldap://127.0.0.1:{target.port}",
                target.credentials,
                tls=target.tls,
                start_tls=tick % 2 == 0,
            )

            async def work(connection: AsyncConnection = connection) -> None:
                async with connection:
                    while True:
                        await connection.compare(slapd_ground.base, "ou", "x")

            task = asyncio.create_task(work())
            await asyncio.sleep(tick * 0.0003)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not connection.is_open
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) == 1


async def stay(url: str, inside: asyncio.Future[AsyncSession], delay: float) -> None:
    """Enter a session, show it, and leave it after a while."""
    async with AsyncSession(url) as session:
        inside.set_result(session)
        await asyncio.sleep(delay)


async def test_cancelled_as_a_session_ends() -> None:
    """A cancel in the exit of a session closes it all the same."""
    with nothing_left(), hostile(slow) as server:
        for delay in (0.0, 0.001, 0.01):
            inside: asyncio.Future[AsyncSession] = (
                asyncio.get_running_loop().create_future()
            )
            task = asyncio.create_task(stay(server.url, inside, delay))
            session = await inside
            connection = session.connection
            await asyncio.sleep(delay)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert not session.is_open
            assert not connection.is_open


def test_a_loop_that_is_closed_too_early() -> None:
    """Open connections hold up no loop; Python warns of them; another loop goes on."""
    with hostile(slow) as server:

        async def forget() -> AsyncConnection:
            connection = AsyncConnection(server.url)
            await connection.bind()
            return connection

        start = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            connection = asyncio.run(forget())
            assert time.monotonic() - start < slack(1)
            gc.collect()

            async def again() -> None:
                assert await connection.compare("cn=a", "cn", "a")
                await connection.close()

            asyncio.run(again())
            left = asyncio.run(forget())
            asyncio.run(asyncio.wait_for(left.close(), 1))
            del left
            gc.collect()


def test_another_loop_is_refused() -> None:
    """A connection belongs to the loop it was opened in; the error says so."""
    with nothing_left(), hostile(slow) as server:
        loop = asyncio.new_event_loop()
        connection = AsyncConnection(server.url)
        loop.run_until_complete(connection.bind())
        with pytest.raises(LocalProtocolError, match="loop"):
            asyncio.run(connection.compare("cn=a", "cn", "a"))
        assert loop.run_until_complete(connection.compare("cn=a", "cn", "a"))
        loop.run_until_complete(connection.close())
        loop.close()


async def test_a_slow_reader_holds_up_nobody(slapd_ground: Ground) -> None:
    """While one stream is read slowly, other tasks of the connection are answered."""
    directory = Directory.sample(people=3000)
    with directory.serve() as listening:
        async with AsyncConnection(listening.url) as connection:
            stream = connection.search("dc=example,dc=com")
            await anext(stream)

            async def read_slowly() -> int:
                count = 1
                async for _ in stream:
                    count += 1
                    if count % 300 == 0:
                        await asyncio.sleep(0.02)
                return count

            reader = asyncio.create_task(read_slowly())
            start = time.monotonic()
            for _ in range(10):
                assert await connection.who_am_i() == ""
            assert time.monotonic() - start < slack(3)
            assert await reader > 3000


# --- forks ---------------------------------------------------------------------------

FORK = """\
import os, sys
from ldapom import Connection, LDAPError

connection = Connection(sys.argv[1], timeout=5)
connection.bind()
assert connection.compare("cn=a", "cn", "a")
child = os.fork()
if child == 0:
    try:
        connection.compare("cn=a", "cn", "a")
    except LDAPError as error:
        print("child:", type(error).__name__, error, flush=True)
    else:
        print("child: answered", flush=True)
    connection.close()
    os._exit(0)
os.waitpid(child, 0)
assert connection.compare("cn=a", "cn", "a")
connection.close()
print("parent: answered")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_shares_no_connection() -> None:
    """The child opens a connection of its own, as the same identity."""
    with hostile(slow) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, server.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.stderr == ""
        assert done.stdout == "child: answered\nparent: answered\n"
        asked = [[type(message.op) for message in p.received] for p in server.peers]
        own = [m.BindRequest, m.CompareRequest, m.UnbindRequest]
        assert asked == [[m.BindRequest, *[m.CompareRequest] * 2, m.UnbindRequest], own]


# --- idle connections ----------------------------------------------------------------


def test_a_session_survives_what_breaks_its_connection(
    slapd_ground: Ground, proxy: Proxy
) -> None:
    """The next question of a session comes over a new connection."""
    with proxy.route(slapd_ground.target.port) as route:
        url = f"ldap://127.0.0.1:{route.port}"
        with Session(url, slapd_ground.target.credentials) as session:
            assert session.who_am_i().startswith("dn:uid=admin")
            route.reset_all()
            assert session.who_am_i().startswith("dn:uid=admin")
            assert route.count == 2


def test_a_write_behind_an_idle_cut(slapd_ground: Ground, proxy: Proxy) -> None:
    """Where the cut was seen before anything was sent, the write goes out once."""
    dn = f"ou=idle,{slapd_ground.base}"
    with proxy.route(slapd_ground.target.port) as route:
        url = f"ldap://127.0.0.1:{route.port}"
        with Connection(url, slapd_ground.target.credentials) as connection:
            connection.add(dn, {"objectClass": "organizationalUnit", "ou": "idle"})
            route.reset_all()
            time.sleep(0.05)
            try:
                connection.delete(dn)
            except OutcomeUnknown:
                pytest.fail("nothing was sent, so the outcome is known")
