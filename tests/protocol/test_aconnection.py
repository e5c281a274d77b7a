"""The asyncio connection: everything at once, nothing in the way, nothing left over."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidCredentials,
    LocalProtocolError,
    NoSuchObject,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
    TLSError,
)
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.astream import TURN
from ldapom.protocol.credentials import External, Simple
from ldapom.protocol.io.aio import READ_AHEAD
from ldapom.protocol.io.tls import Tls
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers.slapd import Slapd
    from tests.servers.targets import Server


def connection_to(server: Server) -> AsyncConnection:
    """A connection as the administrator, not open yet."""
    return AsyncConnection(server.target, server.admin, tls=server.tls)


@contextlib.asynccontextmanager
async def heartbeat(interval: float = 0.005) -> AsyncIterator[list[float]]:
    """Measure how long the loop stands still while the block runs, in seconds."""
    pauses: list[float] = []

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(interval)
            now = time.monotonic()
            pauses.append(now - last - interval)
            last = now

    task = asyncio.create_task(beat())
    try:
        yield pauses
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


# --- the same answers ----------------------------------------------------------------


async def test_asks_and_changes(server: Server, subtree: str) -> None:
    """Add, compare, search, modify, rename and delete, as a blocking one does."""
    async with connection_to(server) as connection:
        dn = f"cn=one,{subtree}"
        await connection.add(dn, {"objectClass": ["device"], "cn": ["one"]})
        assert await connection.compare(dn, "cn", "ONE")
        await connection.modify(dn, [Replace("description", "x")])
        (entry,) = [e async for e in connection.search(dn, attributes=["description"])]
        assert entry.text("description") == ["x"]
        await connection.rename(dn, "cn=two")
        await connection.delete(f"cn=two,{subtree}")
        with pytest.raises(NoSuchObject):
            [e async for e in connection.search(dn)]


async def test_hundreds_in_flight(server: Server) -> None:
    """Five hundred tasks share one connection, and each gets its own answer."""
    async with connection_to(server) as connection:
        names = [
            entry.text("uid")[0]
            async for entry in connection.search(
                server.base, "(uid=*)", attributes=["uid"]
            )
        ]

        async def look(name: str) -> str:
            found = connection.search(server.base, f"(uid={name})", attributes=["uid"])
            (uid,) = [entry.text("uid")[0] async for entry in found]
            return uid

        asked = [names[n % len(names)] for n in range(500)]
        assert await asyncio.gather(*map(look, asked)) == asked
        assert connection.usage.sockets_opened == 1


async def test_pages(server: Server) -> None:
    """A paged stream gives what one without pages gives."""
    async with connection_to(server) as connection:
        whole = {e.dn async for e in connection.search(server.base)}
        paged = {e.dn async for e in connection.search(server.base, page_size=2)}
        assert paged == whole


async def test_wrong_password(server: Server) -> None:
    """The error is the usual one, and the connection can be used again."""
    connection = connection_to(server)
    with pytest.raises(InvalidCredentials):
        await connection.bind(Simple(server.admin.dn, "not this one"))
    await connection.bind()
    assert await connection.compare(server.admin.dn, "uid", "admin")
    await connection.unbind()
    assert not connection.is_open


async def test_root_dse_and_schema(server: Server) -> None:
    """Both are awaited, and read once."""
    async with connection_to(server) as connection:
        assert server.base in (await connection.root_dse).naming_contexts
        assert (await connection.schema) is (await connection.schema)


# --- TLS and sockets -----------------------------------------------------------------


async def test_tls(slapd: Slapd) -> None:
    """Ldaps and StartTLS are private and verified."""
    tls = Tls(ca_file=slapd.pki.ca_file)
    for url, start_tls in ((slapd.tls_url, False), (slapd.url, True)):
        who = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
        async with AsyncConnection(
            url, who, tls=tls, start_tls=start_tls
        ) as connection:
            assert "TLSv1." in str(connection)
            assert (await connection.who_am_i()).startswith("dn:uid=admin")


async def test_start_tls_later(slapd: Slapd) -> None:
    """An open clear connection is made private, when its operations are answered."""
    connection = AsyncConnection(slapd.url, tls=Tls(ca_file=slapd.pki.ca_file))
    async with connection:
        await asyncio.gather(
            *(connection.who_am_i() for _ in range(20)), connection.start_tls()
        )
        assert "TLSv1." in str(connection)
        with pytest.raises(LocalProtocolError, match="already"):
            await connection.start_tls()


async def test_a_certificate_that_does_not_verify(slapd: Slapd) -> None:
    """Nothing but the handshake is sent, and nothing is left open."""
    connection = AsyncConnection(slapd.tls_url, Simple("cn=x", "secret"))
    with pytest.raises(TLSError, match="not accepted"):
        await connection.bind()
    assert not connection.is_open
    assert connection.usage.sockets_opened == connection.usage.sockets_closed == 1


async def test_ldapi(slapd: Slapd) -> None:
    """Unix sockets work too."""
    async with AsyncConnection(slapd.socket_url, External()) as connection:
        assert (await connection.who_am_i()).startswith("dn:")


async def test_nobody_listens() -> None:
    """The error lists the address, and the object can be used again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    connection = AsyncConnection(f"ldap://127.0.0.1:{port}")
    for _ in range(2):
        with pytest.raises(ConnectError, match="127.0.0.1"):
            await connection.open()


# --- giving up -----------------------------------------------------------------------


def silent(peer: Peer) -> None:
    """Take one bind and never answer again."""
    peer.accept_bind()
    peer.wait_for_end()


async def test_a_cancelled_search_is_abandoned() -> None:
    """The server is told, and the others go on."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        search = peer.next()
        assert peer.next().op == m.AbandonRequest(search.message_id)
        peer.answer(peer.next(), m.ExtendedResponse(value=b"u:me"))
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncConnection(server.url, timeout=5) as connection:
            stream = connection.search("dc=x")
            task = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await connection.who_am_i() == "u:me"


async def test_a_cancelled_bind_ends_the_connection() -> None:
    """A bind can not be abandoned (RFC 4511 4.11); the object can be used again."""

    def script(peer: Peer) -> None:
        peer.wait_for_end()

    with hostile(script) as server:
        connection = AsyncConnection(server.url, Simple("cn=x", "y"), timeout=5)
        task = asyncio.ensure_future(connection.bind())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not connection.is_open
        await connection.close()


@pytest.mark.parametrize("what", ["search", "write", "bind"])
async def test_a_silent_server(what: str) -> None:
    """Every call ends at its deadline, with the error that tells what is known."""
    with hostile(silent) as server:
        connection = AsyncConnection(server.url, timeout=0.5)
        await connection.bind()
        start = time.monotonic()
        expected = OutcomeUnknown if what == "write" else DeadlineExceeded
        with pytest.raises(expected):
            if what == "search":
                [e async for e in connection.search("dc=x")]
            elif what == "write":
                await connection.delete("dc=x")
            else:
                await connection.bind()
        assert 0.45 < time.monotonic() - start < 0.9
        await connection.close()


async def test_closing_wakes_who_waits() -> None:
    """Another task's call ends with the connection; closing takes no second."""
    with hostile(silent) as server:
        connection = AsyncConnection(server.url, timeout=8)
        await connection.bind()
        task = asyncio.ensure_future(connection.who_am_i())
        await asyncio.sleep(0.1)
        start = time.monotonic()
        await connection.close()
        with pytest.raises(ConnectionLost):
            await task
        assert time.monotonic() - start < 1


async def test_a_notice_of_disconnection() -> None:
    """Whoever waits learns what the server said."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()
        notice = m.ExtendedResponse(
            ResultCode.unavailable,
            diagnostic_message="going down",
            name=m.NOTICE_OF_DISCONNECTION,
        )
        peer.say(0, notice)

    with hostile(script) as server:
        connection = AsyncConnection(server.url, timeout=5)
        await connection.bind()
        with pytest.raises(ConnectionLost, match="going down"):
            await connection.compare("dc=x", "dc", "x")
        await connection.close()


async def test_garbage() -> None:
    """Octets that are no LDAP end the connection with one clear error for all."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.wait_for_end()

    with hostile(script) as server:
        connection = AsyncConnection(server.url, timeout=5)
        await connection.bind()
        results = await asyncio.gather(
            *(connection.compare("dc=x", "dc", "x") for _ in range(3)),
            return_exceptions=True,
        )
        assert all(isinstance(each, RemoteProtocolError) for each in results)
        assert not connection.is_open
        await connection.close()


async def test_a_stream_that_is_left() -> None:
    """Leaving the loop early, or dropping the stream, abandons the search."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        for _ in range(2):
            search = peer.next()
            peer.answer(search, m.SearchResultEntry("cn=a"))
            assert peer.next().op == m.AbandonRequest(search.message_id)
        peer.answer(peer.next(), m.ExtendedResponse(value=b"u:me"))
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncConnection(server.url, timeout=5) as connection:
            async with connection.search("dc=x") as stream:
                assert (await anext(stream)).dn == "cn=a"
            dropped = connection.search("dc=x")
            assert (await anext(dropped)).dn == "cn=a"
            del dropped
            gc.collect()
            assert await connection.who_am_i() == "u:me"


# --- the loop ------------------------------------------------------------------------


async def test_a_stream_that_nobody_reads_stops_the_server() -> None:
    """What is read ahead is bounded; who asks meanwhile gets an answer."""
    value = m.PartialAttribute("description", (b"x" * 10_000,))
    sent = 0

    def script(peer: Peer) -> None:
        nonlocal sent
        peer.accept_bind()
        search = peer.next()
        peer.socket.settimeout(1)
        try:
            for n in range(10_000):
                peer.answer(search, m.SearchResultEntry(f"cn={n}", (value,)))
                sent += 10_000
        except TimeoutError:
            pass

    with hostile(script) as server:
        connection = AsyncConnection(server.url, timeout=5)
        await connection.bind()
        stream = connection.search("dc=x")
        await anext(stream)
        await asyncio.sleep(1.5)
        assert READ_AHEAD < sent < 40_000_000
        await stream.close()
        await connection.close()


async def test_the_loop_is_never_held_up(slapd: Slapd) -> None:
    """Connecting, StartTLS, binding and a large search leave it to others."""
    tls = Tls(ca_file=slapd.pki.ca_file)
    who = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
    async with heartbeat() as pauses:
        async with AsyncConnection(
            slapd.url, who, tls=tls, start_tls=True
        ) as connection:
            for _ in range(20):
                async for _ in connection.search("dc=example,dc=com", page_size=5):
                    pass
    # A busy machine may hold up any program now and then, but not as a rule.
    pauses.sort()
    assert pauses[int(len(pauses) * 0.9)] < 0.05


async def test_a_large_batch_leaves_turns_to_others() -> None:
    """Who reads without a pause what has come at once lets others in between."""
    entries = [
        codec.encode(m.LDAPMessage(2, m.SearchResultEntry(f"cn={n}")))
        for n in range(1000)
    ]

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()
        peer.send(b"".join(entries))
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncConnection(server.url, timeout=5) as connection:
            stream = connection.search("dc=x")
            await anext(stream)
            await asyncio.sleep(0.1)  # all of it is there
            async with heartbeat(0) as pauses:
                for _ in range(999):
                    await anext(stream)
                assert len(pauses) >= 1000 // TURN - 2
            await stream.close()


async def test_nothing_is_left_over(server: Server) -> None:
    """Hundreds of connections come and go, and no task, thread or socket stays."""
    import threading

    for _ in range(5):
        async with connection_to(server) as connection:
            await connection.compare(server.admin.dn, "uid", "admin")
    tasks, threads = len(asyncio.all_tasks()), threading.active_count()
    for _ in range(100):
        async with connection_to(server) as connection:
            await connection.compare(server.admin.dn, "uid", "admin")
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == tasks
    assert threading.active_count() <= threads + 2
