"""OpenLDAP that is killed and comes back, under connections and sessions."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Add, Replace
from ldapom.errors import OutcomeUnknown
from ldapom.mapper.session import Session
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.retry import Retry
from ldapom.protocol.servers import Servers
from tests.mapper.models import User
from tests.protocol.dead import refusing
from tests.protocol.kinds import KINDS
from tests.servers.sample import sample_ldif
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD, BASE, Slapd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.protocol.kinds import Kind
    from tests.servers.pki import Pki

ADMIN = Simple(ADMIN_DN, ADMIN_PASSWORD)
PATIENT = Retry(attempts=60, backoff=0.02, longest=0.2)
PEOPLE = f"ou=people,{BASE}"


@pytest.fixture
def mortal(pki: Pki) -> Iterator[Slapd]:
    """An OpenLDAP of this test alone, which it may kill."""
    with Slapd(pki) as running:
        running.load(sample_ldif())
        yield running


@pytest.fixture
def tls(pki: Pki) -> Tls:
    """Trust the tests' own authority."""
    return Tls(ca_file=pki.ca_file)


def sockets() -> int:
    """How many sockets this process has open."""
    gc.collect()
    count = 0
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += one.readlink().name.startswith("socket:")
    return count


@pytest.mark.parametrize("kind", KINDS, ids=["blocking", "asyncio"])
@pytest.mark.parametrize("how", ["ldap", "StartTLS", "StartTLS by hand", "ldaps"])
def test_a_restart_is_not_noticed(
    kind: Kind, mortal: Slapd, tls: Tls, how: str
) -> None:
    """Reads and writes go on as the same identity, as privately as before."""
    url = mortal.tls_url if how == "ldaps" else mortal.url
    connection = kind(url, ADMIN, tls=tls, start_tls=how == "StartTLS", timeout=10)
    if how == "StartTLS by hand":
        connection.open()
        connection.start_tls()
    connection.bind()
    for end in (mortal.stop, mortal.kill, mortal.stop):
        end()
        mortal.restart()
        assert connection.who_am_i() == f"dn:{ADMIN_DN}"
        end()
        mortal.restart()
        connection.modify(ADMIN_DN, [Replace("description", "again")])
        assert ("TLSv1" in str(connection.inner)) is (how != "ldap")
    assert connection.inner.usage.reconnects == 6
    connection.close()


def test_a_session_does_not_notice_it(mortal: Slapd) -> None:
    """Queries, entries that were read before, and commits."""
    with Session(mortal.url, ADMIN, timeout=10) as session:
        admin = session.query(User, uid="admin").one()
        mortal.kill()
        mortal.restart()
        assert session.query(User, uid="admin").one() is admin
        mortal.kill()
        mortal.restart()
        admin.description = ["from before"]
        session.commit()
        mortal.kill()
        mortal.restart()
        session.refresh(admin)
        assert list(admin.description) == ["from before"]
        assert session.usage.reconnects == 3


def test_it_is_waited_for(mortal: Slapd) -> None:
    """With some patience a read survives the time in which nobody is there."""
    with Connection(mortal.url, ADMIN, retry=PATIENT, timeout=10) as connection:
        mortal.kill()
        found: list[bool] = []
        thread = threading.Thread(
            target=lambda: found.append(connection.compare(ADMIN_DN, "uid", "admin"))
        )
        thread.start()
        time.sleep(0.5)
        mortal.restart()  # here: a server ends with the thread that has started it
        thread.join(10)
        assert found == [True]


def test_the_other_one_takes_over(mortal: Slapd, pki: Pki) -> None:
    """Of two servers one dies and the other answers; then the other way round."""
    with Slapd(pki) as second:
        second.load(sample_ldif())
        servers = Servers(mortal.url, second.url, dead_for=0.2)
        with Connection(servers, ADMIN, timeout=10) as connection:
            assert str(connection).startswith(mortal.url)
            mortal.kill()
            assert connection.compare(ADMIN_DN, "uid", "admin")
            assert str(connection).startswith(second.url)
            mortal.restart()
            time.sleep(0.25)
            second.kill()
            assert connection.compare(ADMIN_DN, "uid", "admin")
            assert str(connection).startswith(mortal.url)


class Log:
    """What was written, and what nobody knows of."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.unknown: list[str] = []

    def check(self, mortal: Slapd, dn: str) -> None:
        """Each write is there once if it was reported as done."""
        with Connection(mortal.url, ADMIN, timeout=10) as connection:
            (entry,) = connection.search(dn, scope="base", attributes=["description"])
        values = set(entry.text("description"))
        assert set(self.written) <= values
        assert values <= {*self.written, *self.unknown, "start"}


def _make(mortal: Slapd, dn: str) -> None:
    with Connection(mortal.url, ADMIN) as connection:
        classes = {"objectClass": ["device"], "cn": ["log"], "description": ["start"]}
        connection.add(dn, classes)


@pytest.mark.slow
def test_under_many_threads(mortal: Slapd) -> None:
    """Every reader gets its answer; every write is done once, or reported."""
    dn, log = f"cn=log,{BASE}", Log()
    _make(mortal, dn)
    before, threads_before = sockets(), threading.active_count()
    stop, errors = threading.Event(), []
    connection = Connection(mortal.url, ADMIN, retry=PATIENT, timeout=20)
    connection.bind()

    def work(number: int) -> None:
        dice, turn = random.Random(number), 0
        try:
            while not stop.is_set():
                turn += 1
                if dice.random() < 0.2:
                    _write(connection, dn, f"{number}.{turn}", log)
                else:
                    name = f"uid=admin,{PEOPLE}"
                    (entry,) = connection.search(name, scope="base")
                    assert entry.dn == name
        except BaseException as error:  # noqa: BLE001  # it is raised below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for end in (mortal.kill, mortal.stop, mortal.kill):
        time.sleep(0.4)
        end()
        time.sleep(0.1)
        mortal.restart()
    time.sleep(0.4)
    stop.set()
    for thread in threads:
        thread.join(30)
    connection.close()
    if errors:
        raise errors[0]
    assert connection.usage.reconnects == 3
    assert sockets() == before
    assert threading.active_count() == threads_before
    assert log.written
    log.check(mortal, dn)


def _write(connection: Connection, dn: str, value: str, log: Log) -> None:
    try:
        connection.modify(dn, [Add("description", value)])
    except OutcomeUnknown:
        log.unknown.append(value)
    else:
        log.written.append(value)


@pytest.mark.slow
async def test_under_many_tasks(mortal: Slapd) -> None:
    """The same for a thousand tasks over one connection."""
    dn, log = f"cn=log,{BASE}", Log()
    _make(mortal, dn)
    before, tasks_before = sockets(), len(asyncio.all_tasks())
    stop = asyncio.Event()
    connection = AsyncConnection(mortal.url, ADMIN, retry=PATIENT, timeout=30)
    await connection.bind()

    async def work(number: int) -> None:
        dice, turn = random.Random(number), 0
        while not stop.is_set():
            turn += 1
            if dice.random() < 0.05:
                value = f"{number}.{turn}"
                try:
                    await connection.modify(dn, [Add("description", value)])
                except OutcomeUnknown:
                    log.unknown.append(value)
                else:
                    log.written.append(value)
            else:
                name = f"uid=admin,{PEOPLE}"
                found = [e.dn async for e in connection.search(name, scope="base")]
                assert found == [name]

    async with asyncio.TaskGroup() as group:
        for number in range(1000):
            group.create_task(work(number))
        for end in (mortal.kill, mortal.stop, mortal.kill):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(end)
            await asyncio.to_thread(mortal.restart)
        await asyncio.sleep(0.4)
        stop.set()
    await connection.close()
    assert connection.usage.reconnects == 3
    assert sockets() == before
    assert len(asyncio.all_tasks()) == tasks_before
    assert log.written
    log.check(mortal, dn)


def test_failed_opens_leave_nothing(mortal: Slapd) -> None:
    """Binds that are refused and connects that fail leave no socket and no thread."""
    before, threads = sockets(), threading.active_count()
    bad = Connection(mortal.url, Simple(ADMIN_DN, "wrong"), timeout=5)
    gone = Connection([refusing(), refusing()], timeout=5)
    for _ in range(200):
        for connection in (bad, gone):
            with pytest.raises(Exception, match=r"invalidCredentials|could be reached"):
                with connection:
                    pass
    assert sockets() == before
    assert threading.active_count() == threads
