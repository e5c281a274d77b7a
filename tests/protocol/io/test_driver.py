"""Threads that wait for answers on one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ldapom.filters import Present
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.engine import Engine
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.driver import Driver

if TYPE_CHECKING:
    import threading

    from ldapom.protocol.io.driver import Home
    from ldapom.protocol.io.sync import Transport


class _Nothing:
    """What is not asked for anything here."""


class _Late:
    """A lock that is released in the very moment in which the time was over."""

    def __init__(self, driver: Driver, engine: Engine) -> None:
        self._driver, self._engine = driver, engine
        self._locked = True
        self._turns = 0

    def acquire(self, *, blocking: bool = True, timeout: float = 0.0) -> bool:
        """First too late; then another thread brings the answer."""
        if not blocking:
            free, self._locked = not self._locked, True
            return free
        self._turns += 1
        if self._turns == 1:
            # It is appointed, and before it wakes yet another thread begins to read.
            self._driver._waiters.clear()
            self.release()
            self._driver._reading = True
            return False
        done = m.LDAPMessage(1, m.SearchResultDone())
        self._engine.receive_data(codec.encode(done))
        self._driver._announce()
        return timeout > 0

    def release(self) -> None:
        """As a lock does it."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False


def test_who_is_woken_as_the_time_is_over_can_be_woken_again() -> None:
    """The one who reads breaks no rule of locks by it, and goes on."""
    engine = Engine()
    home, transport = _Nothing(), _Nothing()
    driver = Driver(engine, cast("Transport", transport), cast("Home", home))
    message_id = engine.send(m.SearchRequest("", m.Scope.sub, Present("cn")))
    waiter = cast("threading.Lock", _Late(driver, engine))
    driver._waiters[message_id] = waiter
    found = driver._follow(message_id, waiter, Deadline(5))
    assert [type(message.op) for message in found] == [m.SearchResultDone]
