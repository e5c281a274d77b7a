"""A socket that one thread sends on while another one receives."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from ldapom.errors import ConnectionLost
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import SocketTransport, _in_turn


def test_calls_of_a_tls_connection_never_overlap() -> None:
    """OpenSSL's connections know no threads: sending waits for receiving."""
    turn, inside, most = threading.Lock(), 0, 0

    def call(argument: int) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.005)
        inside -= 1
        return argument

    ways = [_in_turn(call, turn), _in_turn(call, turn)] * 4
    threads = [threading.Thread(target=way, args=(1,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert ways[0](5) == 5


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
