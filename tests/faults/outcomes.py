"""What may come of an operation when the network breaks in the middle of it: a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from tests.faults.proxy import Kind
from tests.faults.run import ANSWER, REFUSED
from tests.faults.steps import WRITES

if TYPE_CHECKING:
    from tests.faults.run import Run

LOST: Final = "ConnectionLost"
UNREACHED: Final = "ConnectError"
TLS: Final = "TLSError"
LATE: Final = "DeadlineExceeded"
JUNK: Final = "DecodeError"
UNKNOWN: Final = "OutcomeUnknown"

#: The rows: what was going on, and the steps that it stands for.
ROWS: Final = {
    "connect": ("open",),
    "TLS": ("open",),
    "StartTLS": ("open",),
    "bind": ("bind",),
    "search": ("search",),
    "paged search": ("pages",),
    "compare": ("compare",),
    "add, modify, rename, delete": WRITES,
    "unbind": ("unbind",),
}
#: The columns.
KINDS: Final = (Kind.fin, Kind.reset, Kind.silence, Kind.garbage)

#: The outcomes of one row beside the right answer, in the order of `KINDS`.
Table: TypeAlias = tuple[tuple[str, ...], ...]

_READ: Final = ((LOST,), (LOST,), (LATE,), (LOST, JUNK, LATE, REFUSED))

#: What may come of a single attempt, by row, in the order of the columns.
ONCE: Final[dict[str, Table]] = {
    "connect": ((), (UNREACHED,), (), ()),
    "TLS": ((TLS,), (TLS, UNREACHED), (LATE,), (TLS, LATE)),
    "StartTLS": ((LOST, TLS), (LOST, TLS, UNREACHED), (LATE,), (LOST, TLS, JUNK, LATE)),
    "bind": _READ,
    "search": _READ,
    "paged search": _READ,
    "compare": _READ,
    "add, modify, rename, delete": (
        (UNKNOWN, LOST),
        (UNKNOWN, LOST),
        (UNKNOWN,),
        (UNKNOWN, LOST, REFUSED),
    ),
    "unbind": ((), (), (), ()),
}
#: What may come of two attempts, the second of which meets no fault: what only reads
#: is asked again, and what writes as long as nothing of it was sent.
TWICE: Final[dict[str, Table]] = {
    **ONCE,
    "compare": ((), (), (LATE,), (JUNK, LATE, REFUSED)),
    "add, modify, rename, delete": (
        (UNKNOWN,),
        (UNKNOWN,),
        (UNKNOWN,),
        (UNKNOWN, REFUSED),
    ),
}
TABLES: Final = {1: ONCE, 2: TWICE}


def row_of(run: Run, way: str) -> str:
    """The row that a run belongs to.

    Args:
        run: What came of a case.
        way: How the connection was protected.
    """
    if run.step == "open":
        return {"clear": "connect", "ldaps": "TLS"}.get(way, way)
    return next(name for name, steps in ROWS.items() if run.step in steps)


def unexpected(run: Run, way: str) -> str | None:
    """What came of a run, where the table does not have it."""
    row = row_of(run, way)
    kind = KINDS.index(run.case.fault.kind)
    allowed = {ANSWER, *TABLES[run.case.attempts][row][kind]}
    if run.outcome in allowed:
        return None
    return f"{run.case}: {row} gave {run.outcome}"
