"""Runs the table: each measurement in a fresh process, contenders in turn, medians."""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, Final, Self

from attrs import asdict, evolve, frozen

from benchmarks import data
from benchmarks.clock import Place
from benchmarks.directory import MANAGER, PASSWORD
from benchmarks.scaling import Point, Series
from benchmarks.workloads import LIMIT, Contender, Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.directory import BenchDirectory

#: Seconds after which a measurement is given up.
_PATIENCE: Final = 180.0


@frozen
class Result:
    """What one contender needed for one workload: medians.

    Attributes:
        rate: Entries or operations a second.
        cpu: Processor time of the client for each, in µs.
        peak: The most memory of its process, in MiB.
        growth: How much of it came while it was measured, in MiB.
        count: How many entries or operations were measured at once.
    """

    rate: float
    cpu: float
    peak: float
    growth: float
    count: int

    @classmethod
    def of(cls, runs: list[dict[str, float]]) -> Self:
        """The medians of several runs."""

        def median(of: Callable[[dict[str, float]], float]) -> float:
            return statistics.median(map(of, runs))

        return cls(
            rate=median(lambda run: run["count"] / run["wall"]),
            cpu=median(lambda run: (run["user"] + run["system"]) / run["count"] * 1e6),
            peak=median(lambda run: run["peak"] / 1024),
            growth=median(lambda run: (run["peak"] - run["before"]) / 1024),
            count=int(runs[0]["count"]),
        )


def missing(contender: Contender) -> bool:
    """Whether the package of a contender is not there."""
    return bool(contender.needs) and importlib.util.find_spec(contender.needs) is None


def all_results(
    table: Sequence[Measured],
    directory: BenchDirectory,
    rounds: int,
    say: Callable[[str], None],
) -> Iterator[tuple[Measured, dict[str, Result]]]:
    """Measure every workload.

    Args:
        table: The workloads.
        directory: A running one.
        rounds: How often each is measured; the contenders take turns.
        say: Told of what is going on.

    Yields:
        Each workload with its results by label; a contender that is not installed, or
        fails, has none.
    """
    for workload in table:
        say(f"{workload.key}: {workload.title}")
        yield workload, _measure(workload, directory, rounds, say)


def _measure(
    workload: Measured,
    directory: BenchDirectory,
    rounds: int,
    say: Callable[[str], None],
) -> dict[str, Result]:
    runs: dict[str, list[dict[str, float]]] = {}
    present = [each for each in workload.contenders if not missing(each)]
    for _ in range(min(rounds, workload.rounds)):
        for contender in present:
            found = _run(contender, _place(workload, contender, directory), say)
            if found is not None:
                runs.setdefault(contender.label, []).append(found)
    return {label: Result.of(several) for label, several in runs.items()}


def _place(
    workload: Measured, contender: Contender, directory: BenchDirectory
) -> Place:
    return Place(
        url=directory.tls_url if workload.tls else directory.url,
        user=MANAGER,
        password=PASSWORD,
        folder=workload.folder or (data.FEW if contender.few else data.PEOPLE),
        count=workload.count // 5 if contender.few else workload.count,
        people=directory.people,
        ca_file=str(directory.pki.ca_file) if workload.tls else "",
    )


def _run(
    contender: Contender, place: Place, say: Callable[[str], None]
) -> dict[str, float] | None:
    """One measurement; nothing where it fails, which is said."""
    command = ("-m", "benchmarks.child", contender.module, contender.function)
    try:
        done = subprocess.run(
            [sys.executable, *command],
            input=json.dumps(asdict(place)),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        say(f"  {contender.label}: given up after {_PATIENCE:.0f} s")
        return None
    if done.returncode:
        say(f"  {contender.label}: {done.stderr.strip().splitlines()[-1]}")
        return None
    found: dict[str, float] = json.loads(done.stdout)
    if not found["count"]:
        say(f"  {contender.label}: found nothing")
        return None
    return found


def flights(directory: BenchDirectory, *, quick: bool) -> Series:
    """What a lookup costs with more and more of them in flight on one connection.

    Args:
        directory: A running one.
        quick: Leave the largest number out.
    """
    points = []
    for number in (1, 10, 100, 1_000) if quick else (1, 10, 100, 1_000, 5_000):
        contender = Contender("ldapom", "ours", "in_flight")
        workload = Measured("", "", "", (contender,), count=5_000)
        place = evolve(_place(workload, contender, directory), flight=number)
        found = _run(contender, place, print)
        if found is not None:
            result = Result.of([found])
            points.append(Point(number, result.cpu, result.peak))
    return Series("In flight", "operations", "µs an operation", tuple(points))


def against(results: dict[str, Result]) -> tuple[Result | None, Result | None]:
    """What others are compared with: the limit, and ldapom itself."""
    ours = next(iter(results.values()), None)
    return results.get(LIMIT), ours
