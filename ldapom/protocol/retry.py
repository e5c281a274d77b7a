"""How often an operation is tried, and what is waited in between, as a value.

1. What only reads is tried again, on a new connection where the old one was lost.
2. What writes is tried again only if nothing of it was sent; once it may have reached
   the server it raises `OutcomeUnknown`.
3. What was refused, a login above all, is never tried again.
"""

from __future__ import annotations

import random

from attrs import field, frozen

from ldapom._given import measures, numbers
from ldapom.errors import (
    Busy,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    RemoteProtocolError,
    TLSError,
    Unavailable,
)

#: The server says that it can not do it now, and so has done nothing.
NOT_NOW = (Busy, Unavailable)
#: Why one server is left for the next.
MOVES_ON = (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    RemoteProtocolError,
    TLSError,
    *NOT_NOW,
)
#: What may be over in a moment while no connection can be made.
_PASSES = (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    RemoteProtocolError,
    *NOT_NOW,
)
#: The same while an operation is carried out.
REPEATED = (ConnectionLost, *NOT_NOW)


def _seconds(default: float) -> float:
    return field(default=default, validator=measures(0))


@frozen
class Retry:
    """How often an operation is tried; the call's ``timeout`` bounds all of it.

    Behind a connection that was lost the first repetition comes at once; before each
    other one there is a pause, `factor` times as long each time.

    Args:
        attempts: How often in all; 1 repeats nothing.
        backoff: Seconds of the first pause.
        factor: How much longer each next one is.
        longest: Seconds that none of them exceeds.
        jitter: The share of a pause, from 0 to 1, that is left to chance, so that
            many clients do not come back in the same moment.
    """

    attempts: int = field(default=2, validator=numbers(1))
    backoff: float = _seconds(0.1)
    factor: float = field(default=2.0, validator=measures(1))
    longest: float = _seconds(10.0)
    jitter: float = field(default=0.5, validator=measures(0, 1))

    def pause(self, number: int) -> float:
        """Seconds of a pause.

        Args:
            number: Which pause of the operation, from 0.
        """
        try:
            full = self.backoff * self.factor**number
        except OverflowError:
            full = self.longest
        chance = self.jitter * random.random()  # noqa: S311  # nothing secret
        return min(full, self.longest) * (1 - chance)


class Tries:
    """How often one operation was tried.

    Args:
        retry: The connection's.
        repeats: Whether the operation only reads.
    """

    def __init__(self, retry: Retry, *, repeats: bool) -> None:
        self._retry = retry
        self._repeats = repeats
        self._failures = 0
        self._pauses = 0

    def after(self, error: LDAPError, *, sent: bool) -> float:
        """Seconds to wait before the next try.

        Args:
            error: How this one failed.
            sent: Whether there was a connection, so that something may have been sent.

        Raises:
            LDAPError: The same error, when there is to be no other try.
        """
        self._failures += 1
        if self._failures >= self._retry.attempts or not self._may(error, sent=sent):
            raise error
        if self._failures == 1 and isinstance(error, ConnectionLost):
            return 0.0
        self._pauses += 1
        return self._retry.pause(self._pauses - 1)

    def _may(self, error: LDAPError, *, sent: bool) -> bool:
        if not sent:
            return isinstance(error, _PASSES)
        if self._repeats:
            return isinstance(error, REPEATED)
        # A write that may have reached the server raises OutcomeUnknown instead.
        return isinstance(error, ConnectionLost)
