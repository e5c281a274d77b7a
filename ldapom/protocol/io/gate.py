"""Who may use a connection: many operations at once, a Bind or StartTLS alone."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldapom.protocol.io.deadline import Deadline


class Gate:
    """Counts who is inside, and lets one be alone when the others have left."""

    def __init__(self) -> None:
        # The lock itself is what every operation takes: a condition's own methods, in
        # Python, would cost it 1 µs, and what a signal handler raises in them leaves
        # the lock in a state that nobody knows.
        self._lock = threading.Lock()
        #: A lock for each who waits, which is released when something has changed.
        self._waiters: list[threading.Lock] = []
        self._inside = 0
        #: How many are alone inside, or wait to be: nobody else enters meanwhile.
        self._alone = 0
        self._ended = False

    @property
    def is_empty(self) -> bool:
        """Whether nobody is inside."""
        return not self._inside

    def enter(self, deadline: Deadline) -> None:
        """Go in, together with others.

        Raises:
            DeadlineExceeded: Somebody was alone inside for too long.
        """
        while True:
            with self._lock:
                if not self._alone or self._ended:
                    self._inside += 1
                    return
                waiter = self._queue()
            self._wait(waiter, deadline)

    def leave(self) -> None:
        """Go out."""
        with self._lock:
            self._inside -= 1
            if self._alone and not self._inside:
                self._tell()

    def enter_alone(self, deadline: Deadline) -> None:
        """Go in and be alone inside, until `leave_alone`.

        Raises:
            DeadlineExceeded: The others did not leave in time.
        """
        with self._lock:
            self._alone += 1
        try:
            while True:
                with self._lock:
                    if not self._inside or self._ended:
                        self._inside = 1
                        return
                    waiter = self._queue()
                self._wait(waiter, deadline)
        except BaseException:
            with self._lock:
                self._alone -= 1
                self._tell()
            raise

    def leave_alone(self) -> None:
        """Go out again."""
        with self._lock:
            self._inside = 0
            self._alone -= 1
            self._tell()

    def end(self) -> None:
        """Keep nobody waiting any more: the connection has ended."""
        with self._lock:
            self._ended = True
            self._tell()

    def _queue(self) -> threading.Lock:
        waiter = threading.Lock()
        waiter.acquire()
        self._waiters.append(waiter)
        return waiter

    def _wait(self, waiter: threading.Lock, deadline: Deadline) -> None:
        if waiter.acquire(timeout=deadline.pause()):
            return
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        raise deadline.exceeded()

    def _tell(self) -> None:
        # Whoever is interrupted in here forgets nobody: `end` tells them all again.
        for waiter in self._waiters:
            with suppress(RuntimeError):  # it wakes already
                waiter.release()
        self._waiters.clear()
