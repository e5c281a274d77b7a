"""One measurement in a process of its own: ``python -m benchmarks.child CLIENT WHAT``.

The place comes as JSON on standard input, the result goes as JSON to standard output.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from benchmarks.clock import Clock, Place, peak


def main() -> None:
    """Measure, and print what was measured."""
    client, workload = sys.argv[1:3]
    place = Place(**json.load(sys.stdin))
    measure = import_module(f"benchmarks.clients.{client}").WORKLOADS[workload]
    clock = Clock()
    measure(place, clock)
    result = {
        "count": clock.count,
        "wall": clock.wall,
        "user": clock.user,
        "system": clock.system,
        "before": clock.before,
        "peak": peak(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
