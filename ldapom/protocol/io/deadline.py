"""One point in time that bounds a whole call."""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING

from ldapom.errors import ConnectionLost, DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds.
LONGEST_PAUSE = 86_400.0
#: Seconds between two looks at whether anybody still waits.
_SLICE = 0.25


class Deadline:
    """A call's end.

    Args:
        seconds: How long the call may take, greater than zero; ``math.inf`` bounds
            nothing.
    """

    __slots__ = ("at", "ended", "seconds")

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"a timeout is greater than zero, not {seconds!r}")
        self.seconds = seconds
        self.at = monotonic() + seconds
        #: Whether nobody waits for the call any more.
        self.ended: Callable[[], bool] | None = None

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return monotonic() >= self.at

    @property
    def left(self) -> float:
        """Seconds left, negative when it is over."""
        return self.at - monotonic()

    def share(self, parts: int, longest: float = math.inf) -> Deadline:
        """An earlier one, for a part of the call.

        Args:
            parts: How many such parts what is left has to do for.
            longest: Seconds that it has at most.

        Raises:
            DeadlineExceeded: Nothing is left.
        """
        made = Deadline(min(self.remaining() / parts, longest))
        made.ended = self.ended
        return made

    def remaining(self) -> float:
        """Seconds left.

        Raises:
            DeadlineExceeded: None are.
            ConnectionLost: Nobody waits any more.
        """
        if self.ended is not None and self.ended():
            raise ConnectionLost("the connection was closed meanwhile")
        left = self.at - monotonic()
        if left <= 0:
            raise self.exceeded()
        return left

    def pause(self) -> float:
        """Seconds to wait before asking again: what is left, a day at most.

        The system's waits overflow where they are told more than some weeks.

        Raises:
            DeadlineExceeded: None are left.
        """
        left = self.at - monotonic()
        if self.ended is None and 0 < left < LONGEST_PAUSE:
            return left  # nearly always
        return min(self.remaining(), LONGEST_PAUSE)

    def milliseconds(self) -> int:
        """The same `pause` as ``poll`` takes it: whole, at least 1."""
        left = self.at - monotonic()
        if self.ended is None and 0 < left < LONGEST_PAUSE:
            return int(left * 1000) + 1  # nearly always
        longest = LONGEST_PAUSE if self.ended is None else _SLICE
        return max(1, math.ceil(min(self.remaining(), longest) * 1000))

    def exceeded(self, what: str | None = None) -> DeadlineExceeded:
        """The error that says how long was waited.

        Args:
            what: The thing that took so long, where it is no answer of the server.
        """
        if what is not None:
            return DeadlineExceeded(f"{what} took longer than {self.seconds:g} s")
        return DeadlineExceeded(f"no answer within {self.seconds:g} s")
