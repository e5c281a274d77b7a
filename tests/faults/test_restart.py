"""OpenLDAP killed and started again under the work of many threads and tasks."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest
from attrs import define, field

from ldapom.changes import Increment
from ldapom.errors import OutcomeUnknown, TransportError
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry
from tests.faults.leaks import nothing_left
from tests.faults.steps import attributes
from tests.servers.sample import sample_ldif
from tests.servers.slapd import BASE, Slapd
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.proxy import Proxy, Route
    from tests.servers.pki import Pki

THREADS: Final = 50
TASKS: Final = 1_000
#: Entries that are counted up.
COUNTERS: Final = 50
#: Seconds that the threads work.
WORKING_TIME: Final = 2.5
#: Enough to be there when the server is back.
#: Patient enough for a server that starts on a busy machine; the timeout bounds it.
PATIENT: Final = Retry(attempts=200, backoff=0.05, longest=0.2)


@define
class Tally:
    """What was said of the writes to each counter, and of all reads."""

    done: Counter[int] = field(factory=Counter)
    unknown: Counter[int] = field(factory=Counter)
    failed: int = 0
    reads: int = 0
    unread: list[TransportError] = field(factory=list)
    lock: threading.Lock = field(factory=threading.Lock)

    def wrote(self, number: int, error: TransportError | None = None) -> None:
        """Take note of one write."""
        with self.lock:
            if error is None:
                self.done[number] += 1
            elif isinstance(error, OutcomeUnknown):
                self.unknown[number] += 1
            else:
                self.failed += 1

    def read(self, error: TransportError | None = None) -> None:
        """Take note of one read."""
        with self.lock:
            self.reads += 1
            if error is not None:
                self.unread.append(error)

    def check(self, slapd: Slapd) -> None:
        """Every write was carried out once, or reported; every read was answered."""
        with Connection(slapd.url, ADMIN) as connection:
            for number in range(COUNTERS):
                (entry,) = connection.search(counter(number), scope="base")
                value = int(entry.text("uidNumber")[0])
                least = self.done[number]
                assert least <= value <= least + self.unknown[number]
        assert self.done
        assert self.unread == []


def counter(number: int) -> str:
    """The name of an entry with a number."""
    return f"uid=counter{number},{BASE}"


@pytest.fixture(scope="module")
def killed(pki: Pki) -> Iterator[Slapd]:
    """An OpenLDAP of our own."""
    with Slapd(pki) as running:
        running.load(sample_ldif())
        yield running


@pytest.fixture
def counters(killed: Slapd) -> Iterator[None]:
    """Counters that stand at zero."""
    with Connection(killed.url, ADMIN) as connection:
        for number in range(COUNTERS):
            connection.add(counter(number), attributes(f"counter{number}"))
    yield
    with Connection(killed.url, ADMIN) as connection:
        for number in range(COUNTERS):
            connection.delete(counter(number))


def kill(slapd: Slapd, route: Route) -> None:
    """Kill OpenLDAP without a warning, and start it again at another port."""
    child = slapd._process._child
    assert child is not None
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.1)
    slapd.stop()
    slapd.start()
    route.target = slapd.port


def read(connection: Connection, number: int, turn: int, tally: Tally) -> None:
    """Ask for what is there, or for what is not.

    A search is not asked again once an entry was delivered: its error stands.
    """
    found: list[str] = []
    try:
        if turn % 2:
            uid = f"counter{number}" if turn % 4 == 1 else "other"
            assert connection.compare(counter(number), "uid", uid) is (turn % 4 == 1)
        else:
            for entry in connection.search(BASE, f"(uid=counter{number})"):
                found.append(entry.dn)  # noqa: PERF401  # kept when it is cut off
            assert found == [counter(number)]
    except TransportError as error:
        tally.read(None if found else error)
    else:
        tally.read()


def write(connection: Connection, number: int, tally: Tally) -> None:
    """Count one up."""
    try:
        connection.modify(counter(number), [Increment("uidNumber", 1)])
    except TransportError as error:
        tally.wrote(number, error)
    else:
        tally.wrote(number)


@pytest.mark.real_server
@pytest.mark.slow
def test_threads(killed: Slapd, counters: None, proxy: Proxy) -> None:
    """Fifty threads on five connections, while OpenLDAP is killed twice."""
    tally = Tally()
    with nothing_left(), proxy.route(killed.port) as route:
        url = f"ldap://127.0.0.1:{route.port}"
        shared = [Connection(url, ADMIN, retry=PATIENT) for _ in range(5)]
        for connection in shared:
            connection.bind()
        end = time.monotonic() + WORKING_TIME

        def work(number: int) -> None:
            connection, turn = shared[number % len(shared)], number
            while time.monotonic() < end:
                turn += 1
                if turn % 3:
                    read(connection, number % COUNTERS, turn, tally)
                else:
                    write(connection, number % COUNTERS, tally)

        with ThreadPoolExecutor(THREADS) as pool:
            working = [pool.submit(work, number) for number in range(THREADS)]
            for _ in range(2):
                time.sleep(0.5)
                kill(killed, route)
            for each in working:
                each.result()
        for connection in shared:
            connection.close()
    tally.check(killed)
    assert tally.reads > THREADS


async def read_soon(
    connection: AsyncConnection, number: int, turn: int, tally: Tally
) -> None:
    """The same for tasks."""
    found: list[str] = []
    try:
        if turn % 2:
            uid = f"counter{number}" if turn % 4 == 1 else "other"
            same = await connection.compare(counter(number), "uid", uid)
            assert same is (turn % 4 == 1)
        else:
            async for entry in connection.search(BASE, f"(uid=counter{number})"):
                found.append(entry.dn)  # noqa: PERF401  # kept when it is cut off
            assert found == [counter(number)]
    except TransportError as error:
        tally.read(None if found else error)
    else:
        tally.read()


async def write_soon(connection: AsyncConnection, number: int, tally: Tally) -> None:
    """The same for tasks."""
    try:
        await connection.modify(counter(number), [Increment("uidNumber", 1)])
    except TransportError as error:
        tally.wrote(number, error)
    else:
        tally.wrote(number)


async def work_in_tasks(route: Route, tally: Tally, begun: threading.Event) -> None:
    """A thousand tasks on four connections."""
    url = f"ldap://127.0.0.1:{route.port}"
    shared = [AsyncConnection(url, ADMIN, retry=PATIENT) for _ in range(4)]
    for connection in shared:
        await connection.bind()

    async def work(number: int) -> None:
        connection = shared[number % len(shared)]
        for turn in range(number, number + 8):
            if turn % 3:
                await read_soon(connection, number % COUNTERS, turn, tally)
            else:
                await write_soon(connection, number % COUNTERS, tally)
            begun.set()

    async with asyncio.TaskGroup() as tasks:
        for number in range(TASKS):
            tasks.create_task(work(number))
    for connection in shared:
        await connection.close()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.real_server
@pytest.mark.slow
def test_tasks(killed: Slapd, counters: None, proxy: Proxy) -> None:
    """A thousand tasks on four connections, while OpenLDAP is killed twice."""
    tally, begun = Tally(), threading.Event()
    with nothing_left(), proxy.route(killed.port) as route:
        # OpenLDAP ends with the thread that has started it: the tasks get another one.
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(asyncio.run, work_in_tasks(route, tally, begun))
            begun.wait(10)
            for _ in range(2):
                time.sleep(0.15)
                kill(killed, route)
            working.result()
    tally.check(killed)
    assert tally.reads + tally.failed + sum(tally.done.values()) > TASKS
