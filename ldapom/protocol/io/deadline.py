"""One point in time that bounds a whole call."""

from __future__ import annotations

import math
from time import monotonic

from ldapom.errors import DeadlineExceeded


class Deadline:
    """A call's end.

    Args:
        seconds: How long the call may take, greater than zero; ``math.inf`` bounds
            nothing.
    """

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"a timeout is greater than zero, not {seconds!r}")
        self.seconds = seconds
        self.at = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left.

        Raises:
            DeadlineExceeded: None are.
        """
        left = self.at - monotonic()
        if left <= 0:
            raise self.exceeded()
        return left

    def milliseconds(self) -> int | None:
        """What ``poll`` takes: at least 1, None without a bound."""
        left = self.remaining()
        return None if left == math.inf else max(1, math.ceil(left * 1000))

    def exceeded(self) -> DeadlineExceeded:
        """The error that says how long was waited."""
        return DeadlineExceeded(f"no answer within {self.seconds:g} s")
