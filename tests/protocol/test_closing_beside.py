"""A stream that is closed, and a look at what has come, beside a Bind or StartTLS."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, cast

from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.engine import Engine
from ldapom.protocol.flows import steps
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.driver import Driver
from ldapom.protocol.io.gate import Gate
from tests.protocol.hostile import hostile
from tests.protocol.scripts import ME, OTHER
from tests.protocol.test_rebind import SIZE, Pages

if TYPE_CHECKING:
    from collections.abc import Generator

    from ldapom.protocol.io.sync import Transport

#: What the server is asked where the stream is closed while a bind waits for page 1.
ASKED = [
    ("bind", "cn=me"),
    ("page 0", "cn=me"),
    ("page 1", "cn=me"),
    ("given back", "2"),
    ("bind", "cn=other"),
]


def test_a_stream_is_closed_while_a_bind_waits_for_its_page() -> None:
    """The bind goes on when the page has come, and the server keeps nothing."""
    script = Pages(late=True)
    with hostile(script) as server, Connection(server.url, ME, timeout=5) as connection:
        stream = connection.search("dc=x", page_size=SIZE)
        next(stream)
        bind = threading.Thread(target=connection.rebind, args=(OTHER,))
        bind.start()
        while not cast("Any", connection)._link._gate._alone:
            pass
        threading.Event().wait(0.05)
        stream.close()
        bind.join(2)
        assert not bind.is_alive()
        assert connection.bound_as == OTHER
        assert not connection.has_open_pages
        assert not list(stream)
    assert script.asked == ASKED


async def test_a_stream_is_closed_while_a_task_waits_to_bind() -> None:
    """The same under asyncio."""
    script = Pages(late=True)
    with hostile(script) as server:
        async with AsyncConnection(server.url, ME, timeout=5) as connection:
            stream = connection.search("dc=x", page_size=SIZE)
            await anext(stream)
            bind = asyncio.create_task(connection.rebind(OTHER))
            await asyncio.sleep(0.05)
            await stream.close()
            await asyncio.wait_for(bind, 2)
            assert connection.bound_as == OTHER
            assert not connection.has_open_pages
            assert not [entry async for entry in stream]
    assert script.asked == ASKED


class _Handshake:
    """A transport and its home: while TLS begins, another thread looks around."""

    def __init__(self) -> None:
        self.driver = Driver(Engine(), cast("Transport", self), self)
        self.looked = 0

    def has_arrived(self) -> bool:
        """The server's part of the handshake has."""
        self.looked += 1
        return True

    def receive(self, deadline: Deadline) -> bytes:
        """It is nobody's business but that of the handshake."""
        raise AssertionError

    def secure(self, deadline: Deadline) -> None:
        """Do the handshake."""
        self.driver.look()

    def visit(self, wish: steps.Visit, deadline: Deadline) -> None:
        """Nobody wishes for it."""


def test_nobody_looks_into_a_handshake() -> None:
    """What comes then is not LDAP, and is read by nobody else."""
    handshake = _Handshake()

    def flow() -> Generator[steps.Wish, Any, str]:
        yield steps.StartTLS()
        return "done"

    assert handshake.driver.run(flow(), Deadline(1)) == "done"
    assert not handshake.looked


def test_who_waits_at_the_gate_learns_that_it_is_over() -> None:
    """Of a connection that has ended nobody waits for those who never leave."""
    gate = Gate()
    gate.enter(Deadline(1))
    entered = threading.Event()

    def wait() -> None:
        gate.enter_alone(Deadline(5))
        entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not gate._alone:
        pass
    assert not entered.wait(0.05)
    gate.end()
    assert entered.wait(2)
    thread.join()
    gate.enter(Deadline(1))
