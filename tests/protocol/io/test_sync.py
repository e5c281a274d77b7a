"""A socket that one thread sends on while another one receives."""

from __future__ import annotations

import socket
import threading

import pytest

from ldapom.errors import ConnectionLost
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import SocketTransport


def test_a_descriptor_is_not_given_back_while_somebody_reads() -> None:
    """Else the next connection would get its number, and the reader wait for that."""
    here, there = socket.socketpair()
    here.setblocking(False)
    fd = here.fileno()
    transport = SocketTransport(here)
    ended = threading.Event()
    came: list[bytes] = []

    class Closing(Deadline):
        """Closes the transport between two looks at the time."""

        def milliseconds(self) -> int:
            transport.close()
            with socket.socket() as other:
                assert other.fileno() != fd
            return super().milliseconds()

    def read() -> None:
        came.append(transport.receive(Closing(5)))
        ended.set()

    with there:
        thread = threading.Thread(target=read)
        thread.start()
        assert ended.wait(2)
        thread.join()
    assert came == [b""]
    assert here.fileno() == -1
    with pytest.raises(ConnectionLost, match="closed"):
        transport.receive(Deadline(1))
    with pytest.raises(ConnectionLost):
        transport.send(b"x", Deadline(1))
