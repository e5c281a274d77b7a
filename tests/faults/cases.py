"""Which faults, at which octets: all of a small conversation, a sample of a large one.

With ``LDAPOM_THOROUGH=1`` it is every octet of every conversation.
"""

from __future__ import annotations

import itertools
import os
import random
from typing import TYPE_CHECKING, Final

from attrs import frozen

from tests.faults.framing import boundaries
from tests.faults.leaks import slack
from tests.faults.proxy import Fault, Kind, Way
from tests.faults.run import Case
from tests.faults.steps import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.run import Recording

#: Whether to try every octet; it takes minutes.
THOROUGH: Final = os.environ.get("LDAPOM_THOROUGH") == "1"
#: A span of so many octets is small: each of them is tried.
SMALL: Final = 100
#: How many octets of a larger one are tried beside the ends of its messages.
SAMPLE: Final = 4
#: How many octets are tried where each costs a whole timeout.
FEW: Final = 3
#: Seconds of the timeout in cases that have to run into it, on an idle machine: what
#: comes before the fault has to be done in them.
SHORT: Final = 0.5

#: What the table of the documentation has a row for, and the conversation it is in.
OPERATIONS: Final = {
    name: tuple(dict.fromkeys(("open", "bind", name, "unbind")))
    for name in (
        *("open", "bind", "search", "pages", "compare"),
        *("modify", "add", "rename", "delete", "unbind"),
    )
}

_serial = itertools.count()


def new_place(base: str) -> Place:
    """A place whose own entry nobody else has."""
    return Place(f"ou=people,{base}", f"uid=own{next(_serial)},{base}")


@frozen
class Plan:
    """Which cases to make.

    Attributes:
        recording: What passes when nothing is wrong.
        operation: The step that the fault is aimed at.
        kind: What happens.
        base: Below which all of it happens.
        attempts: How often an operation is tried.
        dense: Whether every octet of a small conversation is tried, and those around
            the ends of all messages; else it is a few.
    """

    recording: Recording
    operation: str
    kind: Kind
    base: str
    attempts: int = 1
    dense: bool = False

    @property
    def costly(self) -> bool:
        """Whether a case may take its whole timeout."""
        return self.kind in (Kind.silence, Kind.garbage)

    @property
    def width(self) -> int:
        """How many cases may run at the same time."""
        return 64 if self.costly else 4

    def cases(self) -> Iterator[Case]:
        """All cases, each with an entry of its own."""
        for way in Way:
            for at in self._positions(way):
                yield Case(
                    OPERATIONS[self.operation],
                    self.operation,
                    Fault(self.kind, way, at),
                    new_place(self.base),
                    slack(SHORT) if self.costly else 5.0,
                    self.attempts,
                )

    def _positions(self, way: Way) -> list[int]:
        """Behind how many octets the fault strikes."""
        recording = self.recording
        begin, end = recording.spans[self.operation][way is Way.down]
        every = range(begin, max(end, begin + 1))
        small = self.dense and len(every) <= SMALL and not self.costly
        if THOROUGH or small:
            return list(every)
        data = recording.down if way is Way.down else recording.up
        ends = {begin, end - 1}
        if self.dense and not self.costly:
            ends |= {n + d for n in boundaries(data) for d in (-1, 0, 1)}
        most = FEW if self.costly else SAMPLE
        chosen = {*ends, *random.sample(every, min(most, len(every)))}
        return sorted(chosen & {*every})
