"""A server that does exactly what a test tells it to, however wrong that is."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ldapom.protocol import codec
from ldapom.protocol.messages import (
    BindResponse,
    Control,
    LDAPMessage,
    ProtocolOp,
    SearchResultDone,
    SearchResultEntry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Peer:
    """One accepted connection, seen from the server's side."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.received: list[LDAPMessage] = []
        self._buffer = b""

    def next(self) -> LDAPMessage:
        """Wait for the next request."""
        while True:
            found = codec.decode(self._buffer)
            if found is not None:
                message, end = found
                self._buffer = self._buffer[end:]
                self.received.append(message)
                return message
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data

    def wait_for_end(self) -> None:
        """Read and keep whatever else comes until the client closes."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.next()

    def answer(self, request: LDAPMessage, op: ProtocolOp, *controls: Control) -> None:
        """Answer a request."""
        self.say(request.message_id, op, *controls)

    def say(self, message_id: int, op: ProtocolOp, *controls: Control) -> None:
        """Send a message with any id."""
        self.send(codec.encode(LDAPMessage(message_id, op, controls)))

    def send(self, data: bytes) -> None:
        """Send octets."""
        self.socket.sendall(data)

    def accept_bind(self) -> None:
        """Answer one bind with success."""
        self.answer(self.next(), BindResponse())

    def answer_search(self, *dns: str) -> LDAPMessage:
        """Answer one search with entries that have a name only."""
        request = self.next()
        for dn in dns:
            self.answer(request, SearchResultEntry(dn))
        self.answer(request, SearchResultDone())
        return request


class HostileServer:
    """What a test sees of the running server."""

    def __init__(self, port: int) -> None:
        self.url = f"ldap://127.0.0.1:{port}"
        self.port = port
        self.peers: list[Peer] = []
        self.failures: list[BaseException] = []

    @property
    def received(self) -> list[LDAPMessage]:
        """All requests of all connections, in order."""
        return [message for peer in self.peers for message in peer.received]


@contextmanager
def hostile(script: Callable[[Peer], None]) -> Iterator[HostileServer]:
    """Serve each connection by the script until the block ends.

    A script that fails (but for the client going away) fails the test.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = HostileServer(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(peer: Peer) -> None:
        try:
            script(peer)
        except (EOFError, ConnectionError):
            pass
        except BaseException as error:  # noqa: BLE001  # reported at the end
            server.failures.append(error)
        finally:
            peer.socket.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            peer = Peer(connection)
            server.peers.append(peer)
            thread = threading.Thread(target=serve, args=(peer,))
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for peer in server.peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
    if server.failures:
        raise server.failures[0]
