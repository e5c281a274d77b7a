"""Somebody between a client and a server: he reads, changes, holds back, hangs up."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ldapom.errors import DecodeError
from ldapom.protocol import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.messages import LDAPMessage

#: Octets of the length in front of each SASL buffer.
HEADER = 4


def pass_on(data: bytes) -> bytes:
    """Change nothing."""
    return data


class Relay:
    """What a test sees of him, and sets.

    Attributes:
        url: What clients fall for.
        change: Makes of the server's octets what the client gets.
        said: All that the client sent, from the first octet on.
        stop_at: The message of the client, counted from 1, that is not passed on.
        hangs_up: What becomes of the connection then: it ends, or all is silent.
        ends: Whether it ends behind the next octets that the client gets.
    """

    def __init__(self, port: int) -> None:
        self.url = f"ldap://localhost:{port}"
        self.change: Callable[[bytes], bytes] = pass_on
        self.said = b""
        self.stop_at: int | None = None
        self.hangs_up = True
        self.ends = False

    def messages(self) -> list[LDAPMessage]:
        """What the client sent, as far as it is LDAP in clear."""
        found, position = [], 0
        with contextlib.suppress(DecodeError):  # a SASL buffer, by then
            while (decoded := codec.decode(self.said, position)) is not None:
                message, position = decoded
                found.append(message)
        return found

    def hear(self, data: bytes, server: socket.socket) -> None:
        """Take what the client said, and pass it on.

        Raises:
            EOFError: The connection is to end.
        """
        self.said += data
        if self.stop_at is None or len(self.messages()) < self.stop_at:
            server.sendall(data)
        elif self.hangs_up:
            raise EOFError


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """Sit before a server's port on this machine, for one client.

    Args:
        port: The server's.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(20)
        here = Relay(listener.getsockname()[1])
        sockets: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                sockets.append(client)
                server = socket.create_connection(("127.0.0.1", port))
                sockets.append(server)
                back = threading.Thread(target=_pump_back, args=(here, server, client))
                back.start()
                _pump(here, client, server)
                back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield here
        finally:
            if not sockets:  # nobody came: `accept` ends
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
            _end(*sockets)
            thread.join()
            for each in sockets:
                each.close()


def _pump(here: Relay, client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError):
        while data := client.recv(65536):
            here.hear(data, server)
    _end(client, server)


def _pump_back(here: Relay, server: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError):
        while not here.ends and (data := server.recv(65536)):
            client.sendall(here.change(data))
    _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Frames:
    """Changes SASL buffers, each of them as a whole.

    Args:
        tamper: Takes what is in a buffer and gives the octets that are sent instead,
            with the length in front of them.
    """

    def __init__(self, tamper: Callable[[bytes], bytes]) -> None:
        self._tamper = tamper
        self._held = b""

    def __call__(self, data: bytes) -> bytes:
        """Give what goes on, for what came."""
        self._held += data
        out = b""
        while len(self._held) >= HEADER:
            end = HEADER + int.from_bytes(self._held[:HEADER], "big")
            if len(self._held) < end:
                break
            out += self._tamper(self._held[HEADER:end])
            self._held = self._held[end:]
        return out


def frame(body: bytes) -> bytes:
    """A buffer with its length."""
    return len(body).to_bytes(HEADER, "big") + body
