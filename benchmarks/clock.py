"""What one measurement is: its place, its clock, its result."""

from __future__ import annotations

import gc
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

from attrs import define, frozen

if TYPE_CHECKING:
    from collections.abc import Callable


@frozen
class Place:
    """Where to measure, and how much.

    Attributes:
        url: Of the server.
        user: Who binds.
        password: With this.
        folder: Where the people are that are read.
        count: How many operations to do, where the folder does not say it.
        people: How many people are in `data.PEOPLE`, for lookups.
        flight: How many operations may be under way at the same time.
        ca_file: The authority of an ``ldaps`` URL.
    """

    url: str
    user: str
    password: str
    folder: str
    count: int
    people: int
    flight: int = 500
    ca_file: str = ""

    @property
    def port(self) -> int:
        """The port of the URL."""
        return int(self.url.rpartition(":")[2])


@define
class Clock:
    """Runs while its ``with`` block does.

    Attributes:
        count: How many entries or operations it was; set by who measures.
        wall: Seconds that passed.
        user: Seconds that the program itself took of a processor.
        system: Seconds that the kernel took for it.
        before: The peak of memory when it began, in KiB.
    """

    count: int = 0
    wall: float = 0.0
    user: float = 0.0
    system: float = 0.0
    before: int = 0

    def __enter__(self) -> Self:
        gc.collect()
        self.before = peak()
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.user, self.system = -used.ru_utime, -used.ru_stime
        self.wall = -time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter()
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.user += used.ru_utime
        self.system += used.ru_stime


def peak() -> int:
    """The most memory that this process has had, in KiB."""
    # ``ru_maxrss`` starts with what the parent had at the fork; this one does not.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


#: Measures one workload with one client.
Workload: TypeAlias = "Callable[[Place, Clock], None]"
