"""Deadlines: what is left, and what the system's waits are told."""

from __future__ import annotations

import math
import socket
import time

import pytest

from ldapom.errors import ConnectionLost, DeadlineExceeded
from ldapom.protocol.connection import Connection
from ldapom.protocol.io import deadline
from ldapom.protocol.io.deadline import Deadline
from ldapom.testing import Directory
from tests.protocol.hostile import Peer, hostile


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_a_timeout_is_greater_than_zero(seconds: float) -> None:
    """Nothing can be done in no time, so it is a mistake."""
    with pytest.raises(ValueError, match="greater than zero"):
        Deadline(seconds)


def test_the_end_says_how_long_was_waited() -> None:
    """Behind its end every question raises."""
    end = Deadline(0.001)
    time.sleep(0.002)
    for ask in (end.remaining, end.pause, end.milliseconds):
        with pytest.raises(DeadlineExceeded, match=r"within 0\.001 s"):
            ask()


def test_a_short_rest_is_a_whole_millisecond() -> None:
    """``poll`` is never told 0, which would spin."""
    assert Deadline(0.0005).milliseconds() == 1


@pytest.mark.parametrize("timeout", [math.inf, 1e18, 1e10, 3e6])
def test_long_timeouts(timeout: float) -> None:
    """A timeout of weeks, years or for ever works with every wait there is."""
    end = Deadline(timeout)
    assert end.pause() == deadline.LONGEST_PAUSE
    assert end.milliseconds() == deadline.LONGEST_PAUSE * 1000
    with Directory.sample().serve(port=0) as server:
        with Connection(server.url, timeout=timeout) as connection:
            assert connection.who_am_i() == ""


def test_a_pause_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a wait ends before the deadline it is taken up again."""
    monkeypatch.setattr(deadline, "LONGEST_PAUSE", 0.05)

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()
        time.sleep(0.2)
        peer.socket.shutdown(socket.SHUT_RDWR)

    with hostile(script) as server:
        connection = Connection(server.url, timeout=0.6)
        connection.bind()
        start = time.monotonic()
        with pytest.raises(ConnectionLost):
            connection.who_am_i()
        assert 0.15 < time.monotonic() - start < 0.5
        connection.close()
