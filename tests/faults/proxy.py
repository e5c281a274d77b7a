"""A TCP proxy that breaks connections, octet by octet as a test tells it to.

One thread with a loop of its own serves all routes. A route listens at a port of its
own; the fault strikes the first connection that comes there, and no later one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from enum import Enum
from typing import TYPE_CHECKING, Final, Self

from attrs import define, field, frozen

from tests.faults.framing import unit_end

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

#: No LDAP message, no TLS record; a length that never ends where it is read as one.
GARBAGE: Final = b"\xff\x00\xdb\x84\xff\xff\xff\x7f"
#: Closing with this option sends a reset instead of an end.
_RESET: Final = struct.pack("ii", 1, 0)
_READ_SIZE: Final = 65_536


class Way(Enum):
    """Which half of a connection."""

    up = "from the client"
    down = "from the server"


class Kind(Enum):
    """What is done to a connection."""

    none = "nothing"
    fin = "ended"
    reset = "reset"
    silence = "silent"
    garbage = "garbage"
    trickle = "octet by octet"
    delay = "delayed"
    twice = "sent twice"
    swapped = "swapped"


@frozen
class Fault:
    """One fault, at one place of a conversation.

    Attributes:
        kind: What happens.
        way: To which half.
        at: Behind how many octets; for `Kind.twice` and `Kind.swapped` the number of
            the message.
        seconds: How long each piece is held up, for `Kind.delay`.
    """

    kind: Kind = Kind.none
    way: Way = Way.down
    at: int = 0
    seconds: float = 0.0


NONE: Final = Fault()


class _Cut(Exception):
    """The connection is to end now."""


@define
class _Pump:
    """Moves the octets of one half, and does to them what the fault says."""

    source: socket.socket
    sink: socket.socket
    fault: Fault
    record: bytearray
    count: int = 0
    _struck: bool = False
    _held: bytes = b""
    _units: int = 0
    _kept: bytes = b""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        await self.forward(b"")
        while data := await loop.sock_recv(self.source, _READ_SIZE):
            await self.forward(data)
        with contextlib.suppress(OSError):
            self.sink.shutdown(socket.SHUT_WR)

    async def forward(self, data: bytes) -> None:
        """Pass octets on, up to where the fault strikes."""
        self.record += data
        match self.fault.kind:
            case Kind.fin | Kind.reset | Kind.silence | Kind.garbage:
                await self._strike(data)
            case Kind.trickle:
                for n in range(len(data)):
                    await self._send(data[n : n + 1])
                    await asyncio.sleep(0)
            case Kind.delay:
                await asyncio.sleep(self.fault.seconds)
                await self._send(data)
            case Kind.twice | Kind.swapped:
                await self._rearrange(data)
            case _:
                await self._send(data)

    async def _send(self, data: bytes) -> None:
        self.count += len(data)
        if data:
            await asyncio.get_running_loop().sock_sendall(self.sink, data)

    async def _strike(self, data: bytes) -> None:
        if not self._struck:
            left = self.fault.at - self.count
            if len(data) < left:
                await self._send(data)
                return
            await self._send(data[:left])
            data = data[left:]
            self._struck = True
            if self.fault.kind in (Kind.fin, Kind.reset):
                raise _Cut
            if self.fault.kind is Kind.garbage:
                await self._send(GARBAGE)
        if self.fault.kind is not Kind.silence:
            await self._send(data)

    async def _rearrange(self, data: bytes) -> None:
        """Send one message twice, or behind the one that follows it."""
        self._held += data
        while (end := unit_end(self._held, 0)) is not None:
            unit, self._held = self._held[:end], self._held[end:]
            number, self._units = self._units, self._units + 1
            if number == self.fault.at:
                if self.fault.kind is Kind.swapped:
                    self._kept = unit
                    continue
                unit += unit
            await self._send(unit + self._kept)
            self._kept = b""


@define
class Route:
    """A port that leads to a server; what passed is kept of the first connection.

    Attributes:
        port: Where it listens.
        target: The server's port on loopback; may be changed under way.
        up: What the client sent on the first connection.
        down: What it was sent.
        count: How many connections came.
        mark: For whoever wants to note how much had passed.
    """

    target: int
    fault: Fault
    _proxy: Proxy
    port: int = 0
    up: bytearray = field(factory=bytearray)
    down: bytearray = field(factory=bytearray)
    count: int = 0
    mark: tuple[int, int] = (0, 0)
    _listener: socket.socket = field(factory=socket.socket)
    _tasks: set[asyncio.Task[None]] = field(factory=set)
    _clients: set[socket.socket] = field(factory=set)
    _acceptor: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Take connections from now on."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(1024)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._proxy.call(self._begin())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._proxy.call(self._end())
        self._listener.close()

    def reset_all(self) -> None:
        """End every connection that is open now, by a reset."""
        self._proxy.call(self._cancel(leave=self._acceptor))

    async def _begin(self) -> None:
        self._acceptor = asyncio.create_task(self._accept())
        self._tasks.add(self._acceptor)

    async def _end(self) -> None:
        await self._cancel(leave=None)
        for client in self._clients:  # those whose task had not begun
            client.close()

    async def _cancel(self, leave: asyncio.Task[None] | None) -> None:
        tasks = self._tasks - {leave}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            self._clients.add(client)
            first, self.count = not self.count, self.count + 1
            task = asyncio.create_task(self._serve(client, first=first))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket, *, first: bool) -> None:
        server = socket.socket()
        how = Kind.reset
        try:
            for each in (client, server):
                each.setblocking(False)
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(server, ("127.0.0.1", self.target))
            how = await self._pump(client, server, first=first)
            if how is Kind.fin:
                await _end_politely(client, server)
        except OSError:
            pass  # The server does not listen, or one of them has gone.
        finally:
            if how is Kind.reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            client.close()
            server.close()
            self._clients.discard(client)

    async def _pump(
        self, client: socket.socket, server: socket.socket, *, first: bool
    ) -> Kind:
        """Move octets both ways until both have ended, or the fault ends them."""
        fault = self.fault if first else NONE
        up = fault if fault.way is Way.up else NONE
        down = fault if fault.way is Way.down else NONE
        records = (self.up, self.down) if first else (bytearray(), bytearray())
        pumps = (
            _Pump(client, server, up, records[0]),
            _Pump(server, client, down, records[1]),
        )
        tasks = [asyncio.create_task(pump.run()) for pump in pumps]
        try:
            await asyncio.gather(*tasks)
        except _Cut:
            return fault.kind
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Kind.none


async def _end_politely(client: socket.socket, server: socket.socket) -> None:
    """End both ways, and take what still comes: a close with unread data resets."""
    loop = asyncio.get_running_loop()
    for each in (client, server):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_WR)
    while await loop.sock_recv(client, _READ_SIZE):
        pass


class Proxy:
    """The thread that serves all routes, as a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def route(self, target: int, fault: Fault = NONE) -> Route:
        """A new port that leads to a server's port; close it by its ``with`` block."""
        route = Route(target, fault, self)
        route.listen()
        return route

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the proxy's own loop, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
