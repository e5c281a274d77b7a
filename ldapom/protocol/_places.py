"""The places of a pool and the line before them: who gets which, and in which order.

1. A place holds one connection, or is empty; whoever has a place may open one in it.
   So there are never more connections than places.
2. Who finds none free stands in line. What comes free goes to the first in line and to
   nobody else; so the line is short or no place is free.
3. Of the free places the one that was used last is given out first; the others may grow
   old and be emptied.

It has no lock and waits for nothing: whoever uses it has the one and does the other.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import define, field, frozen

from ldapom.errors import LDAPError, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

C = TypeVar("C")


@frozen
class PoolStatistics:
    """What a pool holds, and what it has done so far; ``str()`` of it is a table.

    Attributes:
        max_size: Connections that there may be.
        size: Connections that there are, those being opened included.
        idle: Those of them that nobody has.
        in_use: Those that are checked out.
        waiting: Callers that wait for one.
        check_outs: How often one was checked out.
        opened: How many were opened.
        discarded: How many were closed because they were broken, or not as they were.
        retired: How many were closed because they were old, or not needed.
        waits: How many callers had to wait.
        longest_wait: The longest of these waits.
    """

    max_size: int
    size: int
    idle: int
    in_use: int
    waiting: int
    check_outs: int
    opened: int
    discarded: int
    retired: int
    waits: int
    longest_wait: timedelta

    def __str__(self) -> str:
        rows = [
            ("connections", f"{self.size} of {self.max_size}"),
            ("  idle", self.idle),
            ("  in use", self.in_use),
            ("waiting", self.waiting),
            ("check-outs", self.check_outs),
            ("opened", self.opened),
            ("discarded", self.discarded),
            ("retired", self.retired),
            ("waits", self.waits),
            ("  longest", self.longest_wait),
        ]
        return "\n".join(("pool", *(f"  {name:14}{value}" for name, value in rows)))


@define(eq=False)
class Place(Generic[C]):
    """Room for one connection.

    Attributes:
        connection: What is in it; None while it is empty.
        opened: When that was opened, by the monotonic clock, in seconds.
        idle_since: When it was put back.
        is_doubtful: Whether it is to be tried before anybody gets it.
        abandoned: Searches that were given up on it before it was given out.
        owner: Which thread or task has it.
    """

    connection: C | None = None
    opened: float = 0.0
    idle_since: float = 0.0
    is_doubtful: bool = False
    abandoned: int = 0
    owner: object = None


@define(eq=False)
class Ticket(Generic[C]):
    """One caller's turn, now or later.

    Attributes:
        owner: Which thread or task it is.
        wake: Called when `place` or `error` is there.
        place: What the caller got.
        error: Why there will be none.
        since: When the caller began to wait.
    """

    owner: object
    wake: Callable[[], None]
    place: Place[C] | None = None
    error: LDAPError | None = None
    since: float = field(factory=monotonic)


class Places(Generic[C]):
    """So many places and one line.

    Args:
        count: How many.
        what: The thing that has them, for errors: ``"the pool"``.
    """

    def __init__(self, count: int, what: str) -> None:
        self._count = count
        self._what = what
        self._idle: deque[Place[C]] = deque()
        self._empty = [Place[C]() for _ in range(count)]
        self._out: set[Place[C]] = set()
        self._line: deque[Ticket[C]] = deque()
        self.closed = False
        self.check_outs = self.opened = self.discarded = self.retired = 0
        self._waits = 0
        self._longest_wait = 0.0

    # --- taking ----------------------------------------------------------------------

    def ask(self, owner: object, wake: Callable[[], None]) -> Ticket[C]:
        """Take a place, or stand in line for one.

        Args:
            owner: Which thread or task asks.
            wake: Called once, when the one who stands in line is served.

        Returns:
            With a place, or one whose ``wake`` will be called.

        Raises:
            LocalProtocolError: It is closed, or the owner has all the places already
                and would wait for itself.
        """
        if self.closed:
            raise LocalProtocolError(f"{self._what} is closed")
        ticket = Ticket[C](owner, wake)
        place = self._take()
        if place is not None:
            self._give(ticket, place)
            return ticket
        if all(place.owner == owner for place in self._out):
            raise LocalProtocolError(
                f"the one who asks has all {self._count} connections of {self._what} "
                "already: give one back first, or make max_size larger (each paged "
                "query that is read while another one is takes one more)"
            )
        self._waits += 1
        self._line.append(ticket)
        return ticket

    def _take(self) -> Place[C] | None:
        if self._idle:
            return self._idle.pop()
        return self._empty.pop() if self._empty else None

    def _give(self, ticket: Ticket[C], place: Place[C]) -> None:
        place.owner = ticket.owner
        self._out.add(place)
        ticket.place = place

    def served(self, ticket: Ticket[C]) -> Place[C]:
        """What a caller got who was woken.

        Raises:
            LocalProtocolError: There will be none.
        """
        if ticket.error is not None:
            # A copy: one exception raised in several places collects tracebacks.
            raise copy(ticket.error)
        assert ticket.place is not None  # noqa: S101  # else nobody was woken
        return ticket.place

    def leave(self, ticket: Ticket[C]) -> None:
        """Stop waiting; what the caller got meanwhile goes to the next one."""
        if ticket.place is not None:
            self.put_back(ticket.place)
        elif ticket in self._line:
            self._line.remove(ticket)
            self._waited(ticket)

    def _waited(self, ticket: Ticket[C]) -> None:
        self._longest_wait = max(self._longest_wait, monotonic() - ticket.since)

    # --- giving back -----------------------------------------------------------------

    def put_back(self, place: Place[C]) -> None:
        """Give a place back: to the first in line, if there is one."""
        self._out.discard(place)
        place.owner = None
        place.idle_since = monotonic()
        if self._line:
            ticket = self._line.popleft()
            self._waited(ticket)
            self._give(ticket, place)
            ticket.wake()
        elif place.connection is None or self.closed:
            # What comes back once all is closed, is for whoever brings it to close.
            self._empty.append(place)
        else:
            self._idle.append(place)

    def overdue(self, max_idle: float, at_least: int) -> Place[C] | None:
        """Take a place whose connection nobody has used for long, to be emptied.

        Args:
            max_idle: Seconds.
            at_least: Connections that stay, however long nobody uses them.
        """
        if not self._idle or self.size <= at_least:
            return None
        # They are in the order in which they were put back.
        if monotonic() - self._idle[0].idle_since <= max_idle:
            return None
        place = self._idle.popleft()
        self._out.add(place)
        return place

    def end(self, error: LDAPError) -> list[Place[C]]:
        """Close: whoever waits gets the error.

        Returns:
            The places that nobody has, whose connections are to be closed.
        """
        self.closed = True
        for ticket in self._drain():
            ticket.error = error
            ticket.wake()
        idle = [*self._idle]
        self._idle.clear()
        self._out.update(idle)
        return idle

    def _drain(self) -> Iterator[Ticket[C]]:
        while self._line:
            yield self._line.popleft()

    def connections(self) -> list[C]:
        """What is in the places that nobody has."""
        return [p.connection for p in self._idle if p.connection is not None]

    # --- telling ---------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Places that are not empty, or being filled."""
        return self._count - len(self._empty)

    def crowded(self) -> str:
        """Why nobody got a place, for an error."""
        statistics = self.statistics()
        return (
            f"none of the {self._count} connections of {self._what} came free: "
            f"{statistics.in_use} in use, {statistics.waiting} waiting"
        )

    def statistics(self) -> PoolStatistics:
        """What there is at this moment."""
        return PoolStatistics(
            max_size=self._count,
            size=self.size,
            idle=len(self._idle),
            in_use=len(self._out),
            waiting=len(self._line),
            check_outs=self.check_outs,
            opened=self.opened,
            discarded=self.discarded,
            retired=self.retired,
            waits=self._waits,
            longest_wait=timedelta(seconds=self._longest_wait),
        )
