"""Measure everything side by side: ``make bench``, or ``python -m benchmarks``.

Writes ``benchmarks/results.md`` and ``benchmarks/results.svg``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from benchmarks import measure, report, scaling
from benchmarks.directory import BenchDirectory
from benchmarks.workloads import KINDS, TABLE
from tests.servers.process import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workloads import Measured


@frozen
class Scale:
    """How much to measure."""

    people: int
    few: int
    each: int
    rounds: int


FULL: Final = Scale(people=50_000, few=2_000, each=3_000, rounds=5)
QUICK: Final = Scale(people=10_000, few=500, each=500, rounds=2)


def main() -> int:
    """Measure; 0 when all was measured that is installed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument(
        "--only", help="one workload, such as W1, or kinds; writes nothing"
    )
    asked = parser.parse_args()
    if find("slapd") is None or find("slapadd") is None:
        print("OpenLDAP (Debian: slapd) is not installed; nothing is measured")
        return 1
    _name_the_missing()
    table = [each for each in (*TABLE, *KINDS) if asked.only in {None, each.key}]
    scale = QUICK if asked.quick else FULL
    began = time.monotonic()
    with BenchDirectory(scale.people, scale.few, scale.each) as directory:
        rows = _measure(table, directory, scale)
        if asked.only:
            return 0
        _say("cost by size")
        series = [measure.flights(directory, quick=asked.quick)]
    series += scaling.measure(quick=asked.quick)
    kind = "quick" if asked.quick else "full"
    head = (
        f"One {kind} run of `make bench`: medians of {scale.rounds} rounds in turn, "
        f"each measurement in a fresh process, {scale.people:,} people in the "
        f"directory. It took {time.monotonic() - began:.0f} s."
    )
    _write(rows, series, head)
    return 0


def _measure(
    table: Sequence[Measured], directory: BenchDirectory, scale: Scale
) -> report.Rows:
    rows: report.Rows = []
    for workload, results in measure.all_results(table, directory, scale.rounds, _say):
        for label, result in results.items():
            _say(f"  {label:34}{result.rate:10,.0f}/s {result.cpu:10,.1f} µs CPU")
        rows.append((workload, results))
    return rows


def _write(rows: report.Rows, series: list[scaling.Series], head: str) -> None:
    folder = Path(__file__).parent
    folder.joinpath("results.md").write_text(report.markdown(rows, series, head))
    folder.joinpath("results.svg").write_text(report.chart(rows))
    print("wrote benchmarks/results.md and benchmarks/results.svg")


def _name_the_missing() -> None:
    needed = {c.needs for w in TABLE for c in w.contenders if measure.missing(c)}
    for package in sorted(needed):
        print(f"{package} is not installed: its clients are not measured")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
