"""A peer that resets the connection in an awkward moment."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import time

import pytest

from ldapom.errors import ConnectionLost, OutcomeUnknown, TLSError
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import SocketTransport, peer_is_local
from ldapom.protocol.retry import Retry
from tests.protocol.hostile import Peer, hostile


def reset_socket() -> socket.socket:
    """A connected socket whose peer has sent a reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
    client.setblocking(False)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            client.getpeername()
        except OSError:
            break
    return client


def test_a_reset_is_no_clear_connection_to_a_stranger() -> None:
    """Who has gone has no address; what is sent raises, and says the right thing."""
    client = reset_socket()
    assert peer_is_local(client)
    transport = SocketTransport(client)
    assert transport.is_private
    assert "gone" in transport.description
    with pytest.raises(ConnectionLost):
        transport.send(b"secret", Deadline(1))
    transport.close()


def test_a_reset_before_the_handshake_leaves_no_socket() -> None:
    """What `wrap_socket` made is closed, though it gave it to nobody."""
    transport = SocketTransport(reset_socket())
    with pytest.raises(TLSError):
        transport.start_tls(ssl.create_default_context(), "localhost", Deadline(1))
    transport.close()
    gc.collect()  # an open socket would be a warning here, and so an error


def test_junk_in_answer_to_a_write() -> None:
    """It may have been carried out: nobody can read what the server said of it."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()
        peer.send(b"\xff\x00junk")
        peer.wait_for_end()

    with hostile(script) as server:
        with Connection(server.url, retry=Retry(attempts=1)) as connection:
            with pytest.raises(OutcomeUnknown):
                connection.delete("cn=a")
            assert not connection.is_open
