"""The table of faults as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.architecture import ROOT
from tests.faults.outcomes import ONCE, ROWS, TWICE
from tests.faults.run import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.faults.outcomes import Table

PAGE: Final = ROOT / "docs" / "faults.md"

_COLUMNS: Final = (
    "it ends (FIN)",
    "it is reset (RST)",
    "it goes silent",
    "garbage comes",
)

_HEAD: Final = (
    """\
# What happens when the network breaks

`python -m tests.faults` writes this page, and a test fails when it is out of date.

A proxy stands between the client and the server and breaks the connection behind a certain octet, on the way up or down: behind each octet of a small conversation, around the ends of the messages and at random places of a large one (`LDAPOM_THOROUGH=1`: behind each octet of all of them).
Each cell is run by `Connection` and by `AsyncConnection`, in clear and inside TLS, against OpenLDAP and the directory in the box; both come to the same.

After each of these runs:

- the call ended within its `timeout` and a tenth, and `close()` within a second;
- what was answered is right;
- the directory holds what was said: a write that was answered was carried out once, one that raised `OutcomeUnknown` once or not at all, and one that raised anything else not at all;
- no socket, thread or task is left;
- the same object could be used again.

The cells name the errors that may come. Where the right answer had arrived before the fault, there is none.
`"""
    + REFUSED
    + """` is a result of the server, which could make nothing of what reached it.
"""
)

_RETRY: Final = """\
## With a second attempt

`Retry(attempts=2)`, the default, asks again on a new connection where that can do no harm.
These rows change, when the second attempt meets no fault:
"""

_TAIL: Final = """\
A search is asked again as long as none of its entries was delivered; behind the first one the error stands.
`open()`, and `bind()` on a connection that is open, are tried once; who wants more calls them again.

## What else was tried

| fault | what comes of it |
|---|---|
| each octet alone, a TLS record in pieces | the answer |
| each packet late | the answer, or `DeadlineExceeded` |
| an answer twice | the answer; what nobody waits for is dropped |
| answers in another order | everybody's own answer |
| a TLS record twice, or two of them swapped | the answer where it had come, else the error of a broken connection |
| the server is killed and started again, under 50 threads or 1,000 tasks | reads are answered or raise a `TransportError`; each write is carried out once, or reported |
| a signal, a cancelled task, a second thread that closes | [the tests](../tests/faults/test_interrupted.py) say it one by one |

OpenLDAP closes a connection on which more than 1,000 operations wait (`conn_max_pending_auth`; 100 for those who are nobody): send fewer at a time, or set the limit higher.

In clear nobody can notice octets that are changed inside a value. Inside TLS, or a SASL layer, every change is noticed.
"""


def page() -> str:
    """The whole page."""
    changed = {row: cells for row, cells in TWICE.items() if cells != ONCE[row]}
    return "\n".join((_HEAD, *_table(ONCE), "", _RETRY, *_table(changed), "", _TAIL))


def _table(outcomes: Mapping[str, Table]) -> Iterator[str]:
    yield f"| during | {' | '.join(_COLUMNS)} |"
    yield "|---" * (len(_COLUMNS) + 1) + "|"
    for row in ROWS:
        if row in outcomes:
            yield f"| {row} | {' | '.join(map(_cell, outcomes[row]))} |"


def _cell(outcomes: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in outcomes) or "no error"
