"""Moving octets to one peer and back, by blocking until a deadline."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from ldapom.errors import ConnectionLost, DeadlineExceeded
from ldapom.protocol.io.dial import reverse_name
from ldapom.protocol.io.tls_layer import TlsLayer, tls_error
from ldapom.protocol.io.waiting import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.io.deadline import Deadline

A = TypeVar("A")
R = TypeVar("R")

#: One read. Larger ones make malloc ask the kernel for each (its mmap threshold is
#: 128 KiB), which is worth it where as much has come: of entries of 20 kB a batch of
#: three costs 27 µs each, one of twelve 18 µs.
READ_SIZE = 65_536
LARGEST_READ = 4 * READ_SIZE


class Transport(Protocol):
    """Moves octets to one peer and back."""

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

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it, or raise `ConnectionLost` or `DeadlineExceeded`."""
        ...

    def receive(self, deadline: Deadline) -> bytes:
        """Wait for some octets; none mean that the peer has closed."""
        ...

    def start_tls(
        self, context: ssl.SSLContext, host: str | None, deadline: Deadline
    ) -> None:
        """Do the TLS handshake as the client, or raise `TLSError`."""
        ...

    def close(self) -> None:
        """Let go at once; harmless when closed."""
        ...


@runtime_checkable
class Target(Protocol):
    """What can be connected to without a URL, such as a directory in memory."""

    def open_transport(self, deadline: Deadline) -> Transport:
        """Open one connection."""
        ...


class SocketTransport:
    """A connected socket, in clear or inside TLS.

    Args:
        connection: Connected and non-blocking; owned from now on.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._tls: TlsLayer | None = None
        # One thread may send while another one receives: each waits by its own.
        self._write: Callable[[bytes | memoryview], int] = connection.send
        self._read: Callable[[int], bytes] = connection.recv
        self._sending: Waiter | None = None  # made when one has to wait
        self._receiving = Waiter(connection.fileno())
        # Records are sent in the order in which they were made.
        self._record = threading.Lock()
        self._local = peer_is_local(connection)
        self._process = os.getpid()
        # A number that is given back is the next connection's: nobody may wait for it.
        self._reads = self._sends = self._closed = False
        #: Whether an answer can hardly be there yet: something was just sent.
        self._asked = False
        self._size = READ_SIZE

    @property
    def is_private(self) -> bool:
        """Inside TLS, over a Unix socket, or to this very machine."""
        return self._tls is not None or self._local

    @property
    def description(self) -> str:
        """For instance ``127.0.0.1:40312 → 127.0.0.1:389, TLSv1.3``."""
        how = "clear" if self._tls is None else self._tls.protection
        return f"{ends(self._socket)}, {how}"

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate (DER); None outside TLS."""
        return None if self._tls is None else self._tls.certificate

    def reverse_name(self) -> str:
        """The name that the DNS gives to the peer's address; waits for the resolver.

        Raises:
            LocalProtocolError: There is no address, or no name for it.
        """
        return reverse_name(self._socket.getpeername())

    def has_arrived(self) -> bool:
        """Whether there is something to receive; for the one who reads."""
        tls = self._tls
        return (tls is not None and tls.has_ended) or self._receiving.is_readable()

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it."""
        if self._tls is None:
            self._send(data, deadline)
        else:
            with self._record:
                try:
                    data = self._tls.protect(data)
                except OSError as error:
                    raise ConnectionLost(f"sending failed: {error}") from error
                self._send(data, deadline)
        self._asked = True

    def _send(self, data: bytes, deadline: Deadline) -> None:
        view: memoryview | bytes = data
        self._sends = True
        try:
            while view:
                try:
                    sent = self._write(view)
                    # Nearly always that was all of it.
                    view = b"" if sent == len(view) else memoryview(view)[sent:]
                except BlockingIOError:
                    self._sender().wait_writable(deadline)
                except OSError as error:
                    raise ConnectionLost(f"sending failed: {error}") from error
        finally:
            self._sends = False
            if self._closed:
                self._let_go()

    def _sender(self) -> Waiter:
        if self._sending is None:
            fd = self._socket.fileno()
            if fd < 0 or self._closed:
                raise ConnectionLost("sending failed: the connection was closed")
            self._sending = Waiter(fd)
        return self._sending

    def receive(self, deadline: Deadline) -> bytes:
        """Wait for some octets; ``b""`` is the end."""
        self._reads = True
        try:
            if self._closed:
                raise ConnectionLost("receiving failed: the connection was closed")
            if self._tls is None:
                return self._receive(deadline)
            return self._open(self._tls, deadline)
        except OSError as error:
            if isinstance(error, DeadlineExceeded):
                raise
            raise ConnectionLost(f"receiving failed: {error}") from error
        finally:
            self._reads = False
            if self._closed:
                self._let_go()

    def _receive(self, deadline: Deadline) -> bytes:
        waiter = self._receiving
        if self._asked:
            # Reading in vain and being told so costs 3 µs, of the 25 that the system
            # takes for a question and its answer.
            self._asked = False
            try:  # noqa: SIM105  # the calls of `suppress` would cost 0.4 µs
                waiter.wait_readable(deadline)
            except DeadlineExceeded:
                pass  # what is there is taken, even where the time is over
        while True:
            size = self._size
            try:
                data = self._read(size)
            except BlockingIOError:
                waiter.wait_readable(deadline)
                continue
            if len(data) == size:
                self._size = min(2 * size, LARGEST_READ)
            elif size != READ_SIZE and len(data) < READ_SIZE >> 4:
                self._size = READ_SIZE
            return data

    def _open(self, tls: TlsLayer, deadline: Deadline) -> bytes:
        while True:
            try:
                opened = tls.open(b"" if tls.has_ended else self._receive(deadline))
            finally:
                self._answer(tls)
            if opened or tls.has_ended:
                return opened

    def _answer(self, tls: TlsLayer) -> None:
        """Send what TLS itself has to say, as far as nobody has to wait for that."""
        if tls.speaks and self._record.acquire(blocking=False):
            try:
                data, sent = tls.take(), 0
                with contextlib.suppress(BlockingIOError):
                    sent = self._write(data)
                tls.put_back(data[sent:])
            finally:
                self._record.release()

    def start_tls(
        self, context: ssl.SSLContext, host: str | None, deadline: Deadline
    ) -> None:
        """Do the handshake; certificate and host name are checked in it."""
        self._reads = True
        try:
            tls = TlsLayer(context, host)
            self._shake_hands(tls, deadline)
            self._tls = tls
        except DeadlineExceeded:
            # It is an OSError too, by way of TimeoutError.
            raise
        except (OSError, ValueError, ConnectionLost) as error:
            raise tls_error(host, error) from error
        finally:
            self._reads = False
            if self._closed:
                self._let_go()

    def _shake_hands(self, tls: TlsLayer, deadline: Deadline) -> None:
        data = None
        try:
            while not tls.shake_hands(data):
                self._send(tls.take(), deadline)
                data = self._receive(deadline)
        except ssl.SSLError:
            # Why it failed is for the server's log.
            with contextlib.suppress(OSError):
                self._write(tls.take())
            raise
        self._send(tls.take(), deadline)

    def close(self) -> None:
        """Close at once; TLS gets no closing handshake that a peer could stall.

        Where the process was forked, the other one goes on using the connection.
        """
        if self._process != os.getpid():
            self._socket.close()
            return
        self._closed = True
        if self._socket.fileno() < 0:
            return
        # Closing alone would not wake another thread that waits in `poll`.
        try:  # noqa: SIM105  # the calls of `suppress` would cost 0.4 µs
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._let_go()

    def _let_go(self) -> None:
        """Close the socket; whoever still uses it does that, woken by now."""
        if not (self._reads or self._sends):
            self._socket.close()


def ends(connection: socket.socket) -> str:
    """Both ends, for people: ``127.0.0.1:40312 → 127.0.0.1:389``."""
    with contextlib.suppress(OSError):
        return f"{_name(connection.getsockname())} → {_name_peer(connection)}"
    return "gone"


def peer_is_local(connection: socket.socket) -> bool:
    """Whether the other end is a process on this very machine."""
    try:
        address = connection.getpeername()
    except OSError:
        # It has reset the connection: what is sent now reaches nobody. A `False` would
        # be told to the user as a secret that must not travel in clear.
        return True
    # A path, or nothing, where it is a Unix socket.
    return not isinstance(address, tuple) or _is_loopback(address[0])


@lru_cache(maxsize=64)
def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False


def _name(address: object) -> str:
    if not isinstance(address, tuple):
        return str(address) or "unix socket"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _name_peer(connection: socket.socket) -> str:
    with contextlib.suppress(OSError):
        return _name(connection.getpeername())
    return "gone"
