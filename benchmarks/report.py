"""The results as Markdown and as a chart."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measure import against
from benchmarks.workloads import KINDS, LIMIT, OURS, PYTHON_LDAP
from tests.servers.slapd import version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.measure import Result
    from benchmarks.scaling import Series
    from benchmarks.workloads import Measured

_PACKAGES: Final = ("ldapom", "python-ldap", "bonsai", "ldap3", "pyasn1", "attrs")
_HEAD: Final = (
    "| client | per second | CPU µs each | peak MiB | rate ÷ limit "
    "| CPU ÷ ldapom's | measured |\n|---|--:|--:|--:|--:|--:|--:|"
)

Rows = list[tuple["Measured", dict[str, "Result"]]]


def markdown(rows: Rows, series: Sequence[Series], head: str) -> str:
    """The whole page.

    Args:
        rows: The workloads with their results.
        series: The tables of cost by size.
        head: What was run, in a line.
    """
    lines = ["# Measurements", "", head, "", *_machine(), ""]
    lines += ["![CPU time for each entry or operation](results.svg)", ""]
    for workload, results in _numbered(rows):
        lines += [f"## {workload.key}: {workload.title}", "", _HEAD]
        lines += [*_table(workload, results), ""]
    lines += ["# Other kinds of entries", "", *_kinds(rows), ""]
    lines += ["# Cost by size", "", "Each should stay as it is while the size grows."]
    for each in series:
        lines += ["", f"## {each.title}", "", *_points(each)]
    return "\n".join(lines) + "\n"


def _machine() -> Iterator[str]:
    processor = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        processor = names[0] if names else processor
    yield f"- machine: {os.cpu_count()} processors, {processor}, {platform.system()}"
    yield f"- {platform.python_implementation()} {platform.python_version()}"
    yield f"- OpenLDAP {version() or 'unknown'}, on the same machine over loopback"
    yield "- " + ", ".join(_version(name) for name in _PACKAGES)


def _version(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"{name} from this checkout" if name == "ldapom" else f"no {name}"


def _table(workload: Measured, results: dict[str, Result]) -> Iterator[str]:
    limit, ours = against(results)
    for contender in workload.contenders:
        result = results.get(contender.label)
        if result is None:
            yield f"| {contender.label} | not measured |  |  |  |  |  |"
            continue
        to_limit = f"{result.rate / limit.rate:.2f}" if limit else ""
        to_ours = f"{result.cpu / ours.cpu:.2f}" if ours else ""
        yield (
            f"| {contender.label} | {result.rate:,.0f} | {result.cpu:,.1f} "
            f"| {result.peak:,.0f} (+{result.growth:,.0f}) | {to_limit} | {to_ours} "
            f"| {result.count:,} {workload.unit} |"
        )


def _numbered(rows: Rows) -> Rows:
    return [row for row in rows if row[0] not in KINDS]


def _kinds(rows: Rows) -> Iterator[str]:
    """One table: the kinds, and what an entry of each costs whom."""
    kinds = [row for row in rows if row[0] in KINDS]
    labels = [each.label for each in kinds[0][0].contenders] if kinds else []
    yield "µs of CPU for each entry, as in W1 where nothing else is said."
    yield ""
    yield " | ".join(("| kind", *labels, "python-ldap ÷ ldapom |"))
    yield "|---" + "|--:" * (len(labels) + 1) + "|"
    for workload, results in kinds:
        cells = [f"{results[x].cpu:,.1f}" if x in results else "" for x in labels]
        ours, theirs = results.get(OURS), results.get(PYTHON_LDAP)
        ratio = f"{theirs.cpu / ours.cpu:.2f}" if ours and theirs else ""
        yield " | ".join((f"| {workload.title}", *cells, f"{ratio} |"))


def _points(series: Series) -> Iterator[str]:
    yield f"| {series.size} | {series.unit} | peak MiB |"
    yield "|--:|--:|--:|"
    for point in series.points:
        yield f"| {point.size:,} | {point.cost:,.3g} | {point.peak:,.0f} |"


# --- the chart ------------------------------------------------------------------------

_WIDTH, _BAR, _LABEL = 760, 18, 230


def chart(rows: Rows) -> str:
    """Bars of processor time for each client, workload by workload, as SVG."""
    parts: list[str] = []
    top = 10
    for workload, results in _numbered(rows):
        parts.append(
            _text(10, top + 14, f"{workload.key}: {workload.title}", bold=True)
        )
        top += 24
        most = max((result.cpu for result in results.values()), default=1.0)
        for label, result in results.items():
            parts += _bar(label, result.cpu, most, top)
            top += _BAR + 4
        top += 12
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{_WIDTH}" height="{top}" fill="white"/>'
    )
    return "\n".join((frame, *parts, "</svg>", ""))


def _bar(label: str, cpu: float, most: float, top: int) -> Iterable[str]:
    width = max(1.0, cpu / most * (_WIDTH - _LABEL - 90))
    colour = "#2a7" if label.startswith("ldapom") else "#bbb"
    colour = "#69c" if label == LIMIT else colour
    yield _text(20, top + 13, label)
    yield (
        f'<rect x="{_LABEL}" y="{top}" width="{width:.1f}" height="{_BAR}" '
        f'fill="{colour}"/>'
    )
    yield _text(_LABEL + width + 6, top + 13, f"{cpu:,.1f} µs")


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{weight}>{text}</text>'
