"""Who may use a connection: many operations at once, a Bind or StartTLS alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldapom.protocol.io.deadline import Deadline


class Gate:
    """Counts who is inside, and lets one be alone when the others have left."""

    def __init__(self) -> None:
        # The lock itself is what every operation takes: a condition's own methods, in
        # Python, would cost it 1 µs. The condition is made by the first who waits.
        self._lock = threading.Lock()
        self._changed: threading.Condition | None = None
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
        with self._lock:
            while self._alone and not self._ended:
                self._wait(deadline)
            self._inside += 1

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
                while self._inside and not self._ended:
                    self._wait(deadline)
            except BaseException:
                self._alone -= 1
                self._tell()
                raise
            self._inside = 1

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

    def _wait(self, deadline: Deadline) -> None:
        if self._changed is None:
            self._changed = threading.Condition(self._lock)
        if not self._changed.wait(deadline.pause()):
            raise deadline.exceeded()

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed.notify_all()
