"""The blocking world: a transport moves octets, the driver grants a flow's wishes."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    ProtocolError,
    TLSError,
    TransportError,
)
from ldapom.protocol.flows.steps import Call, Receive, StartTLS
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow, Wish
    from ldapom.protocol.messages import LDAPMessage

R = TypeVar("R")

#: One read. Larger ones make malloc ask the kernel for each (its mmap threshold is
#: 128 KiB).
READ_SIZE = 65_536
#: Seconds an Abandon left over from a flow may take to be sent.
PARTING_TIME = 0.02

_READ = select.POLLIN | select.POLLERR | select.POLLHUP
_WRITE = select.POLLOUT | select.POLLERR | select.POLLHUP


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
        self._tls: ssl.SSLSocket | None = None
        self._poll = select.poll()
        self._poll.register(connection.fileno(), 0)
        self._fd = connection.fileno()
        self._local = _peer_is_local(connection)
        self._ends = f"{_name(connection.getsockname())} → {_name_peer(connection)}"

    @property
    def is_private(self) -> bool:
        """Inside TLS, over a Unix socket, or to this very machine."""
        return self._tls is not None or self._local

    @property
    def description(self) -> str:
        """For instance ``127.0.0.1:40312 → 127.0.0.1:389, TLSv1.3``."""
        tls = self._tls
        if tls is None:
            return f"{self._ends}, clear"
        trust = "" if tls.context.verify_mode else ", server not verified"
        return f"{self._ends}, {tls.version()}{trust}"

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate (DER); None outside TLS."""
        return None if self._tls is None else self._tls.getpeercert(binary_form=True)

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(_WRITE, deadline)
            except ssl.SSLWantReadError:
                self._wait(_READ, deadline)
            except OSError as error:
                raise ConnectionLost(f"sending failed: {error}") from error

    def receive(self, deadline: Deadline) -> bytes:
        """Wait for some octets; ``b""`` is the end."""
        while True:
            try:
                return self._socket.recv(READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(_READ, deadline)
            except ssl.SSLWantWriteError:
                self._wait(_WRITE, deadline)
            except ssl.SSLEOFError:
                return b""
            except OSError as error:
                raise ConnectionLost(f"receiving failed: {error}") from error

    def start_tls(
        self, context: ssl.SSLContext, host: str | None, deadline: Deadline
    ) -> None:
        """Do the handshake; certificate and host name are checked in it."""
        try:
            self._tls = context.wrap_socket(
                self._socket, server_hostname=host, do_handshake_on_connect=False
            )
            self._socket = self._tls
            self._handshake(self._tls, deadline)
        except ssl.SSLCertVerificationError as error:
            raise TLSError(
                f"the certificate of {host} was not accepted: {error.verify_message}"
                " (trust its authority with Tls(ca_file=…))"
            ) from error
        except DeadlineExceeded:
            # It is an OSError too, by way of TimeoutError.
            raise
        except (OSError, ValueError) as error:
            raise TLSError(f"TLS handshake with {host} failed: {error}") from error

    def _handshake(self, tls: ssl.SSLSocket, deadline: Deadline) -> None:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._wait(_READ, deadline)
            except ssl.SSLWantWriteError:
                self._wait(_WRITE, deadline)
            else:
                return

    def _wait(self, events: int, deadline: Deadline) -> None:
        self._poll.modify(self._fd, events)
        while not self._poll.poll(deadline.milliseconds()):
            pass

    def close(self) -> None:
        """Close at once; TLS gets no closing handshake that a peer could stall."""
        # Closing alone would not wake another thread that waits in `poll`. The plain
        # method, because that of an SSLSocket would let it read on in clear.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        self._socket.close()


def _peer_is_local(connection: socket.socket) -> bool:
    if connection.family == getattr(socket, "AF_UNIX", None):
        return True
    with contextlib.suppress(OSError, ValueError):
        return ipaddress.ip_address(connection.getpeername()[0]).is_loopback
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


class Driver:
    """Runs flows over one transport.

    Args:
        engine: The connection's engine, client role.
        transport: Where its octets go.
        tls: Does the handshake when a flow wishes for TLS.
    """

    def __init__(self, engine: Engine, transport: Transport, tls: TlsStarter) -> None:
        self._engine = engine
        self._transport = transport
        self._start_tls = tls

    def run(self, flow: Flow[R], deadline: Deadline) -> R:
        """Grant the flow's wishes until it returns.

        Raises:
            LDAPError: Whatever the flow raises; `DeadlineExceeded` among them.
        """
        try:
            wish = next(flow)
            while True:
                try:
                    answer = self._grant(wish, deadline)
                except (TransportError, ProtocolError) as error:
                    wish = flow.throw(error)
                else:
                    wish = flow.send(answer)
        except StopIteration as stop:
            result: R = stop.value
            return result
        finally:
            flow.close()
            self.part()

    def _grant(self, wish: Wish, deadline: Deadline) -> Sequence[LDAPMessage]:
        try:
            if isinstance(wish, Receive):
                return self._receive(wish.message_id, deadline)
            if isinstance(wish, Call):
                call(wish, deadline)
            else:
                assert isinstance(wish, StartTLS)  # noqa: S101  # what is left
                self._begin_tls(deadline)
        except LDAPError:
            raise
        except BaseException:
            # A signal handler may raise between two octets that belong together:
            # nobody knows what was sent and what was read.
            self._engine.fail(ConnectionLost("an operation was interrupted"))
            raise
        return ()

    def _begin_tls(self, deadline: Deadline) -> None:
        try:
            self._start_tls(self._transport, deadline)
        except LDAPError as error:
            self._engine.fail(error)
            raise

    def _receive(self, message_id: int, deadline: Deadline) -> Sequence[LDAPMessage]:
        engine, transport = self._engine, self._transport
        data = engine.data_to_send()
        try:
            if data:
                self._send(data, deadline)
            while not (messages := engine.take(message_id)):
                data = transport.receive(deadline)
                if data:
                    engine.receive_data(data)
                else:
                    engine.receive_eof()
        except ConnectionLost as error:
            engine.fail(error)
            raise
        return messages

    def _send(self, data: bytes, deadline: Deadline) -> None:
        try:
            self._transport.send(data, deadline)
        except DeadlineExceeded:
            # Half a message may be on its way: nothing can follow it.
            self._engine.fail(ConnectionLost("a request could not be sent in time"))
            raise

    def part(self) -> None:
        """Send what a flow left behind (an Abandon, an Unbind); never waits long."""
        data = self._engine.data_to_send()
        if data:
            try:
                self._transport.send(data, Deadline(PARTING_TIME))
            except TransportError as error:
                self._engine.fail(ConnectionLost(str(error)))
        if self._engine.closed:
            self._transport.close()


def call(wish: Call, deadline: Deadline) -> None:
    """Carry out a `Call`; what does not end in time is left behind.

    Raises:
        DeadlineExceeded: Naming what took so long.
    """
    # A thread, because neither Kerberos nor the resolver can be interrupted.
    thread = threading.Thread(target=wish.function, name=wish.what, daemon=True)
    thread.start()
    thread.join(deadline.pause())
    if thread.is_alive():
        raise DeadlineExceeded(f"{wish.what} took longer than {deadline.seconds:g} s")


class TlsStarter(Protocol):
    """Does the TLS handshake on a transport with the connection's own settings."""

    def __call__(self, transport: Transport, deadline: Deadline) -> None:
        """Raise `TLSError` when it fails."""
        ...
