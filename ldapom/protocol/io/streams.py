"""What moves octets under asyncio: sockets, and directories in memory by a thread."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from typing import TYPE_CHECKING, Protocol, cast

from ldapom.errors import LDAPError, TLSError
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.dial import reverse_name
from ldapom.protocol.io.sync import ends, peer_is_local
from ldapom.protocol.io.tls_layer import protection, tls_error
from ldapom.protocol.io.waiting import Waiter

if TYPE_CHECKING:
    import socket
    import ssl

    from ldapom.protocol.io.sync import Transport

#: Seconds that the last octets of a connection may take to be sent.
PARTING_TIME = 0.5


class Listener(Protocol):
    """Who is told of what comes back."""

    def received(self, data: bytes) -> None:
        """Take octets; none mean that the peer has closed."""
        ...

    def lost(self, error: Exception | None) -> None:
        """Take note that the transport is gone."""
        ...


class AsyncTransport(Protocol):
    """Moves octets to one peer; what comes back is given to its listener."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on a network can read along: TLS, loopback or in memory."""
        ...

    @property
    def description(self) -> str:
        """Both ends and how they are protected, for people."""
        ...

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate (DER); None outside TLS."""
        ...

    @property
    def is_congested(self) -> bool:
        """Whether the peer does not take what is written."""
        ...

    @property
    def has_arrived(self) -> bool:
        """Whether there is something that the loop has not read yet."""
        ...

    @property
    def gathers(self) -> bool:
        """Whether one long write is better than several short ones."""
        ...

    def attach(self, listener: Listener) -> None:
        """Begin to read, for this listener."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of it, as soon as may be."""
        ...

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was written."""
        ...

    def pause(self, *, paused: bool) -> None:
        """Read nothing for now, or go on."""
        ...

    async def start_tls(self, context: ssl.SSLContext, host: str | None) -> None:
        """Do the TLS handshake as the client, or raise `TLSError`."""
        ...

    async def close(self) -> None:
        """Send what was written and let go, within a moment; harmless when closed."""
        ...

    def abort(self) -> None:
        """Let go at once."""
        ...


class SocketStream(asyncio.Protocol):
    """A connected socket in asyncio's care, in clear or inside TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self._local = peer_is_local(connection)
        self._ends = ends(connection)
        self._waiter = Waiter(connection.fileno())
        self._transport: asyncio.Transport | None = None
        self._listener: Listener | None = None
        self._writable: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def over(cls, connection: socket.socket) -> SocketStream:
        """Take over a connected, non-blocking socket."""
        loop = asyncio.get_running_loop()
        try:
            stream = cls(connection)
            await loop.create_connection(lambda: stream, sock=connection)
        except BaseException:
            connection.close()
            raise
        return stream

    # --- what asyncio calls ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of the transport; nothing is read before `attach`."""
        self._transport = cast("asyncio.Transport", transport)
        if self._listener is None:
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Pass octets on."""
        if self._listener is not None:
            self._listener.received(data)

    def eof_received(self) -> bool:
        """Pass the end on."""
        if self._listener is not None:
            self._listener.received(b"")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        self._transport = None
        self.resume_writing()
        if not self._closed.done():
            self._closed.set_result(None)
        if self._listener is not None:
            self._listener.lost(exc)

    def pause_writing(self) -> None:
        """Take note that the peer does not read."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Take note that it reads again."""
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # --- what the driver calls -------------------------------------------------------

    @property
    def _tls(self) -> ssl.SSLObject | None:
        if self._transport is None:
            return None
        found: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return found

    @property
    def is_private(self) -> bool:
        """Inside TLS, over a Unix socket, or to this very machine."""
        return self._local or self._tls is not None

    @property
    def description(self) -> str:
        """For instance ``127.0.0.1:40312 → 127.0.0.1:389, TLSv1.3``."""
        return f"{self._ends}, {protection(self._tls)}"

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate (DER); None outside TLS."""
        if self._tls is None:
            return None
        try:
            return self._tls.getpeercert(binary_form=True)
        except ValueError:  # what came behind the handshake has ended TLS already
            return None

    def reverse_name(self) -> str:
        """The name that the DNS gives to the peer's address; waits for the resolver."""
        transport = self._transport
        return reverse_name(transport and transport.get_extra_info("peername"))

    @property
    def is_congested(self) -> bool:
        """Whether the peer does not take what is written."""
        return self._writable is not None

    @property
    def has_arrived(self) -> bool:
        """Whether the system has something that the loop has not read yet."""
        return self._waiter.is_readable()

    def attach(self, listener: Listener) -> None:
        """Begin to read, for this listener."""
        self._listener = listener
        self.pause(paused=False)

    @property
    def gathers(self) -> bool:
        """Each write is a system call, and a record inside TLS."""
        return True

    def write(self, data: bytes) -> None:
        """Send all of it, as soon as may be."""
        transport = self._transport
        # What is written to a broken one asyncio complains of in the log.
        if transport is not None and not transport.is_closing():
            transport.write(data)

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was written."""
        if self._writable is not None:
            # Many may wait for it: one that is cancelled does not cancel it.
            await asyncio.shield(self._writable)

    def pause(self, *, paused: bool) -> None:
        """Read nothing for now, or go on."""
        if self._transport is not None:
            if paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    async def start_tls(self, context: ssl.SSLContext, host: str | None) -> None:
        """Do the handshake; certificate and host name are checked in it."""
        plain = self._transport
        if plain is None:
            raise TLSError(f"TLS handshake with {host} failed: the peer has closed")
        loop = asyncio.get_running_loop()
        try:
            # The connection's deadline is the shorter one.
            made = await loop.start_tls(
                plain, self, context, server_hostname=host, ssl_handshake_timeout=86_400
            )
        except (OSError, ValueError) as error:
            raise tls_error(host, error) from error
        if made is None:
            raise TLSError(f"TLS handshake with {host} failed: the peer has closed")
        self._transport = made

    async def close(self) -> None:
        """Send what was written and let go; TLS gets no closing handshake."""
        transport = self._transport
        if transport is None:
            return
        if asyncio.get_running_loop() is not self._loop:
            self._transport = None
            # Where the loop has ended Python closes the socket, with a warning.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(transport.abort)
            return
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PARTING_TIME):
                    if transport.get_write_buffer_size():
                        transport.close()
                        await asyncio.shield(self._closed)
        finally:
            transport.abort()  # cancelled too: a peer that reads nothing keeps it open
        # The loop closes the socket in its next turn.
        await asyncio.shield(self._closed)

    def abort(self) -> None:
        """Let go at once."""
        if self._transport is None:
            return
        if self._loop.is_closed():  # Python closes the socket, with a warning
            self._transport = None
        else:
            self._transport.abort()


class ThreadStream:
    """A blocking transport read by a thread: a directory in the same process.

    Args:
        transport: Open; owned from now on.
    """

    def __init__(self, transport: Transport) -> None:
        self._blocking = transport
        self._listener: Listener | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def is_private(self) -> bool:
        """As the transport says."""
        return self._blocking.is_private

    @property
    def description(self) -> str:
        """As the transport says."""
        return self._blocking.description

    @property
    def certificate(self) -> bytes | None:
        """As the transport says."""
        return self._blocking.certificate

    @property
    def has_arrived(self) -> bool:
        """Not that anybody knew: the thread reads at once."""
        return False

    @property
    def is_congested(self) -> bool:
        """Never: what is in memory takes everything."""
        return False

    def attach(self, listener: Listener) -> None:
        """Begin to read, for this listener."""
        self._listener = listener
        threading.Thread(target=self._read, name="ldapom reads", daemon=True).start()

    def _read(self) -> None:
        assert self._listener is not None  # noqa: S101  # attach() was called
        deadline = Deadline(math.inf)
        data = b"more"
        while data:
            try:
                data = self._blocking.receive(deadline)
            except LDAPError:
                data = b""
            with contextlib.suppress(RuntimeError):  # the loop may have ended
                self._loop.call_soon_threadsafe(self._listener.received, data)

    @property
    def gathers(self) -> bool:
        """What is written is answered at once, and mistakes are for whoever wrote."""
        return False

    def write(self, data: bytes) -> None:
        """Send all of it."""
        with contextlib.suppress(LDAPError):  # who reads learns of the end
            self._blocking.send(data, Deadline(math.inf))

    async def drain(self) -> None:
        """Do nothing: all was taken."""

    def pause(self, *, paused: bool) -> None:
        """Do nothing: what is in memory is there already."""

    async def start_tls(self, context: ssl.SSLContext, host: str | None) -> None:
        """Refuse as the transport does."""
        self._blocking.start_tls(context, host, Deadline(math.inf))

    async def close(self) -> None:
        """Let go."""
        self._blocking.close()

    def abort(self) -> None:
        """Let go."""
        self._blocking.close()
