"""Pools while connections are cut: right answers, each write once or reported."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Add
from ldapom.errors import ConnectionLost, OutcomeUnknown, TransportError
from ldapom.protocol.apool import AsyncPool
from ldapom.protocol.connection import Connection
from ldapom.protocol.pool import Pool
from tests.protocol.crossing import crossing
from tests.servers.targets import ADMIN, Server, delete_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory
    from tests.servers.slapd import Slapd

BASE: Final = "ou=fire,dc=example,dc=com"
WORKERS: Final = 50
TURNS: Final = 20
SIZE: Final = 8


@pytest.fixture(params=["box", "slapd"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A server with an entry for each worker."""
    if request.param == "box":
        box: Directory = request.getfixturevalue("box")
        with box.serve() as listening:
            yield from prepared(int(listening.url.rpartition(":")[2].strip("/")))
    else:
        slapd: Slapd = request.getfixturevalue("slapd")
        yield from prepared(slapd.port)


def prepared(port: int) -> Iterator[int]:
    """Make the entries, and delete them afterwards."""
    server = Server("any", f"ldap://127.0.0.1:{port}")
    delete_tree(server, BASE)
    with server.connection() as connection:
        connection.add(BASE, {"objectClass": "organizationalUnit", "ou": "fire"})
        for number in range(WORKERS):
            values = {"objectClass": "device", "cn": f"w{number}"}
            connection.add(dn_of(number), values)
    yield port
    delete_tree(server, BASE)


def dn_of(number: int) -> str:
    """The entry of a worker."""
    return f"cn=w{number},{BASE}"


class Score:
    """What the workers were told of their writes."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.unknown: set[str] = set()
        self.errors: Counter[type] = Counter()
        self.asked = 0
        self.over = False

    def told(self, text: str, error: TransportError) -> None:
        """Take note of a failure; a write that was not sent raises ConnectionLost."""
        self.errors[type(error)] += 1
        if not isinstance(error, ConnectionLost):
            assert isinstance(error, OutcomeUnknown), repr(error)
            self.unknown.add(text)

    def check(self, port: int) -> None:
        """Hold what the server has against what the workers were told."""
        stored: list[str] = []
        with Connection(f"ldap://127.0.0.1:{port}", ADMIN) as connection:
            for entry in connection.search(BASE, "(objectClass=device)"):
                stored += entry.text("description") if "description" in entry else []
        assert len(stored) == len(set(stored))
        assert self.done <= set(stored) <= self.done | self.unknown
        assert len(self.done) > WORKERS * TURNS * 0.5
        assert self.asked > WORKERS * TURNS * 0.8


def quiet(pool: Pool | AsyncPool) -> None:
    """Nothing is lost: every place is free again."""
    now = pool.statistics
    assert now.in_use == now.waiting == 0
    assert now.size == now.idle <= SIZE


def test_threads_under_fire(port: int) -> None:
    """Fifty threads share eight connections, which are cut at any moment."""
    score = Score()
    with crossing(port) as way:
        with Pool(way.url, ADMIN, max_size=SIZE, timeout=30) as pool:

            def work(number: int) -> None:
                dn = dn_of(number)
                for turn in range(TURNS):
                    text = f"{number}.{turn}"
                    try:
                        with pool.connection() as connection:
                            connection.modify(dn, [Add("description", text)])
                            score.done.add(text)
                    except TransportError as error:
                        score.told(text, error)
                    try:
                        with pool.connection() as connection:
                            (entry,) = connection.search(dn, attributes=["cn"])
                            assert entry.text("cn") == [f"w{number}"]
                            assert not connection.compare(dn, "cn", "another")
                            score.asked += 1
                    except TransportError as error:
                        score.errors[type(error)] += 1

            failures: list[BaseException] = []

            def run(number: int) -> None:
                try:
                    work(number)
                except BaseException as error:  # noqa: BLE001  # it is raised below
                    failures.append(error)

            threads = [threading.Thread(target=run, args=(n,)) for n in range(WORKERS)]
            for thread in threads:
                thread.start()
            dice = random.Random(3)
            while any(thread.is_alive() for thread in threads):
                way.cut(dice.randint(1, 3))
                time.sleep(0.05)
            assert not failures, failures[0]
            quiet(pool)
        end = time.monotonic() + 5
        while way.now and time.monotonic() < end:
            time.sleep(0.01)
        assert way.now == 0
        assert way.total > SIZE  # it was cut, and opened again
    score.check(port)


async def test_tasks_under_fire(port: int) -> None:
    """A thousand tasks share eight connections, which are cut at any moment."""
    score = Score()
    with crossing(port) as way:
        async with AsyncPool(way.url, ADMIN, max_size=SIZE, timeout=60) as pool:

            async def work(number: int, turn: int) -> None:
                dn, text = dn_of(number), f"{number}.{turn}"
                try:
                    async with pool.connection() as connection:
                        await connection.modify(dn, [Add("description", text)])
                        score.done.add(text)
                except TransportError as error:
                    score.told(text, error)
                try:
                    async with pool.connection() as connection:
                        found = connection.search(dn, attributes=["cn"])
                        (entry,) = [entry async for entry in found]
                        assert entry.text("cn") == [f"w{number}"]
                        score.asked += 1
                except TransportError as error:
                    score.errors[type(error)] += 1

            tasks = [
                asyncio.create_task(work(number, turn))
                for number in range(WORKERS)
                for turn in range(TURNS)
            ]
            dice = random.Random(3)
            while not all(task.done() for task in tasks):
                way.cut(dice.randint(1, 3))
                await asyncio.sleep(0.05)
            await asyncio.gather(*tasks)
            quiet(pool)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert way.total > SIZE  # it was cut, and opened again
    score.check(port)
