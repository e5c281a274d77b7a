"""Much of everything: cycles, operations in flight, octets; flat memory and no leak."""

from __future__ import annotations

import asyncio
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from tests.faults.cases import THOROUGH
from tests.faults.leaks import nothing_left, resident, slack, sockets, threads
from tests.protocol.hostile import Peer, hostile
from tests.servers.sample import sample_ldif
from tests.servers.slapd import ADMIN_DN, Options, Slapd
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.ground import Ground
    from tests.servers.pki import Pki

CYCLES: Final = 10_000 if THOROUGH else 500
#: Cycles until all caches are full.
WARM: Final = 30
#: Octets that memory may grow by in all cycles.
GROWTH: Final = 8 << 20
IN_FLIGHT: Final = 5_000
#: What they ask for: every third is there.
ASKED: Final = [f"nobody{n}" if n % 3 else "admin" for n in range(IN_FLIGHT)]
#: Octets of the large answer, and of a value in it.
LARGE: Final = 100 << 20
VALUE: Final = 20_000
#: Octets that a stream may hold at a time, whatever its size.
HELD: Final = 24 << 20

fields = pytest.mark.parametrize("field", ["clear", "StartTLS", "ldaps"], indirect=True)


def url_of(field: Ground) -> str:
    """Without the proxy."""
    scheme = "ldaps" if field.target.way == "ldaps" else "ldap"
    return f"{scheme}://127.0.0.1:{field.target.port}"


@pytest.mark.real_server
@fields
def test_cycles(field: Ground) -> None:
    """Connect, bind and close, again and again: nothing grows."""
    target = field.target
    count = CYCLES if target.way == "clear" else CYCLES // 5
    start_tls = target.way == "StartTLS"

    def cycle() -> None:
        connection = Connection(
            url_of(field), target.credentials, tls=target.tls, start_tls=start_tls
        )
        with connection:
            pass

    for _ in range(WARM):
        cycle()
    gc.collect()
    objects, memory = len(gc.get_objects()), resident()
    with nothing_left():
        for _ in range(count):
            cycle()
    gc.collect()
    assert len(gc.get_objects()) - objects < count // 4
    assert resident() - memory < GROWTH


@pytest.mark.real_server
@fields
async def test_cycles_of_tasks(field: Ground) -> None:
    """The same with asyncio, a few at a time."""
    target = field.target
    count = CYCLES if target.way == "clear" else CYCLES // 5
    start_tls = target.way == "StartTLS"

    async def cycles(number: int) -> None:
        for _ in range(number):
            connection = AsyncConnection(
                url_of(field), target.credentials, tls=target.tls, start_tls=start_tls
            )
            async with connection:
                pass

    # What several at a time take once is taken before it counts.
    await asyncio.gather(*(cycles(WARM // 5) for _ in range(5)))
    gc.collect()
    objects, memory = len(gc.get_objects()), resident()
    files, running = len(sockets()), threads()
    await asyncio.gather(*(cycles(count // 5) for _ in range(5)))
    gc.collect()
    assert len(gc.get_objects()) - objects < count // 4
    assert resident() - memory < GROWTH
    assert len(sockets()) <= files
    assert threads() <= running
    assert len(asyncio.all_tasks()) == 1


@pytest.fixture(scope="module")
def patient(pki: Pki) -> Iterator[Slapd]:
    """An OpenLDAP that lets more than a thousand operations wait on a connection."""
    options = Options(require=(f"conn_max_pending_auth {2 * IN_FLIGHT}",))
    with Slapd(pki, options) as running:
        running.load(sample_ldif())
        yield running


@pytest.mark.real_server
async def test_thousands_in_flight(patient: Slapd) -> None:
    """Five thousand tasks ask at once on one connection; each gets its own answer."""
    async with AsyncConnection(patient.url, ADMIN) as connection:
        found = await asyncio.gather(
            *(connection.compare(ADMIN_DN, "uid", name) for name in ASKED)
        )
        assert found == [name == "admin" for name in ASKED]
        assert connection.usage.sockets_opened == 1


@pytest.mark.real_server
def test_thousands_submitted(patient: Slapd) -> None:
    """The same from one thread, collected later."""
    with Connection(patient.url, ADMIN) as connection:
        sent = [connection.submit.compare(ADMIN_DN, "uid", name) for name in ASKED]
        assert [each.result() for each in sent] == [name == "admin" for name in ASKED]


@pytest.mark.real_server
def test_many_threads(patient: Slapd) -> None:
    """A hundred threads on one connection; each gets its own answer."""
    with Connection(patient.url, ADMIN) as connection:

        def ask(name: str) -> bool:
            return connection.compare(ADMIN_DN, "uid", name)

        with ThreadPoolExecutor(100) as pool:
            assert [*pool.map(ask, ASKED)] == [name == "admin" for name in ASKED]


# --- large answers -------------------------------------------------------------------


def large(peer: Peer) -> None:
    """Answer a search with very many octets, a hundred entries at a time."""
    peer.accept_bind()
    request = peer.next()
    value = m.PartialAttribute("description", (b"x" * VALUE,))
    entry = m.LDAPMessage(request.message_id, m.SearchResultEntry("cn=a", (value,)))
    hundred = codec.encode(entry) * 100
    for _ in range(LARGE // len(hundred)):
        peer.send(hundred)
    peer.answer(request, m.SearchResultDone())
    peer.wait_for_end()


def count_entries() -> int:
    """How many entries `large` sends."""
    entry = m.SearchResultEntry(
        "cn=a", (m.PartialAttribute("description", (b"x" * VALUE,)),)
    )
    return LARGE // (100 * len(codec.encode(m.LDAPMessage(2, entry)))) * 100


@pytest.fixture
def flat() -> Iterator[list[int]]:
    """Note memory in the list; at the end the greatest is close to the least."""
    gc.collect()
    seen = [resident()]
    yield seen
    assert max(seen) - seen[0] < HELD


def test_a_large_answer_is_streamed(flat: list[int]) -> None:
    """A hundred megabytes go by in a few."""
    with nothing_left(), hostile(large) as server, Connection(server.url) as connection:
        count = 0
        for entry in connection.search("dc=x"):
            count += 1
            if count % 500 == 0:
                assert len(entry["description"][0]) == VALUE
                flat.append(resident())
        assert count == count_entries()


async def test_a_large_answer_is_streamed_to_a_task(flat: list[int]) -> None:
    """The same with asyncio, and a reader that now and then does something else."""
    with hostile(large) as server:
        async with AsyncConnection(server.url) as connection:
            count = 0
            async for entry in connection.search("dc=x"):
                count += 1
                if count % 500 == 0:
                    assert len(entry["description"][0]) == VALUE
                    flat.append(resident())
                    await asyncio.sleep(0.01)
            assert count == count_entries()


async def test_what_nobody_reads_is_not_taken(flat: list[int]) -> None:
    """A stream that is not read stops the server, and closing does not wait for it."""
    with hostile(large) as server:
        connection = AsyncConnection(server.url)
        await connection.bind()
        stream = connection.search("dc=x")
        await anext(stream)
        await asyncio.sleep(0.5)
        flat.append(resident())
        start = time.monotonic()
        await connection.close()
        assert time.monotonic() - start < slack(1)
