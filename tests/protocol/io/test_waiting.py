"""Waiting for sockets, with ``poll`` and where there is none."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import DeadlineExceeded
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.waiting import Waiter
from ldapom.testing import Directory

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["poll", "select"])
def pair(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection, where the system has ``poll`` and where it has not."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll")
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        yield one, other


def test_readable(pair: tuple[socket.socket, socket.socket]) -> None:
    """When something has come, or the end; before that the deadline holds."""
    one, other = pair
    waiter = Waiter(one.fileno())
    assert not waiter.is_readable()
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        waiter.wait_readable(Deadline(0.1))
    assert time.monotonic() - start < 0.2
    other.send(b"x")
    waiter.wait_readable(Deadline(1))
    assert waiter.is_readable()
    one.recv(1)
    assert not waiter.is_readable()
    other.close()
    waiter.wait_readable(Deadline(1))


def test_writable(pair: tuple[socket.socket, socket.socket]) -> None:
    """At once, until the other end takes no more."""
    one, _ = pair
    waiter = Waiter(one.fileno())
    waiter.wait_writable(Deadline(1))
    with pytest.raises(BlockingIOError):
        while True:
            one.send(b"x" * 65536)
    with pytest.raises(DeadlineExceeded):
        waiter.wait_writable(Deadline(0.1))


def test_a_connection_without_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: it works all the same."""
    monkeypatch.delattr(select, "poll")
    with Directory.sample().serve() as server, Connection(server.url) as connection:
        found = [entry.dn for entry in connection.search("dc=example,dc=com")]
        assert len(found) > 10


def test_the_package_is_imported_without_poll() -> None:
    """Nothing asks for it before there is a socket."""
    program = "import select; del select.poll; import ldapom; ldapom.AsyncSession"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
