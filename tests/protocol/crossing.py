"""A crossing before a server: it counts who is on it, and throws people off."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Crossing:
    """What a test sees of it.

    Attributes:
        url: What clients connect to.
        most: How many clients were on it at the same time, at most.
        total: How many there were.
        silent: Whether nothing is passed on any more.
    """

    def __init__(self, port: int, server: int) -> None:
        self.url = f"ldap://127.0.0.1:{port}"
        self.most = self.total = 0
        self.silent = False
        self._server = server
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    @property
    def now(self) -> int:
        """How many clients are on it."""
        with self._lock:
            return len(self._pairs)

    def cut(self, count: int = 1000) -> None:
        """Throw some off, whatever they are doing."""
        with self._lock:
            chosen = random.sample(self._pairs, min(count, len(self._pairs)))
        for pair in chosen:
            end(*pair)

    def carry(self, client: socket.socket) -> None:
        """Serve one client to its end."""
        server = socket.create_connection(("127.0.0.1", self._server))
        pair = (client, server)
        with self._lock:
            self._pairs.append(pair)
            self.total += 1
            self.most = max(self.most, len(self._pairs))
        back = threading.Thread(target=self._pump, args=(server, client))
        back.start()
        self._pump(client, server)
        with self._lock:
            self._pairs.remove(pair)
        back.join()
        client.close()
        server.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent:
                    target.sendall(data)
        end(source, target)


def end(*sockets: socket.socket) -> None:
    """End connections; whoever waits on them wakes."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def crossing(server: int) -> Iterator[Crossing]:
    """Sit before a port of this machine until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    here = Crossing(listener.getsockname()[1], server)
    threads: list[threading.Thread] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                thread = threading.Thread(target=here.carry, args=(client,))
                threads.append(thread)
                thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield here
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        here.cut()
        for thread in threads:
            thread.join()
