"""Every fault at every octet of every operation: in time, and nothing wrong, lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.cases import OPERATIONS, THOROUGH
from tests.faults.document import PAGE, page
from tests.faults.leaks import nothing_left
from tests.faults.outcomes import KINDS, unexpected
from tests.faults.run import troubles

if TYPE_CHECKING:
    from tests.faults.ground import Ground
    from tests.faults.proxy import Kind

drivers = pytest.mark.parametrize("driver", ["blocking", "asyncio"])
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
#: Every octet is tried in clear; where, how often tried, and is it such a field.
fields = pytest.mark.parametrize(
    ("field", "attempts", "dense"),
    [
        ("clear", 1, True),
        ("clear", 2, False),
        ("StartTLS", 1, False),
        ("ldaps", 1, False),
        ("box", 1, False),
    ],
    indirect=["field"],
)
#: One write stands for all of them where not every octet is tried.
SOME: Final = tuple(set(OPERATIONS) - {"add", "rename", "delete"})


@pytest.mark.real_server
@drivers
@kinds
@fields
def test_fault(
    field: Ground, kind: Kind, driver: str, attempts: int, *, dense: bool
) -> None:
    """In time, with an outcome of the table; writes once or reported; nothing left."""
    operations = tuple(OPERATIONS) if dense or THOROUGH else SOME
    way = field.target.way
    with nothing_left():
        runs = field.try_all(
            driver, operations, kind=kind, attempts=attempts, dense=dense
        )
    found = [*troubles(runs), *filter(None, (unexpected(run, way) for run in runs))]
    assert not "\n".join(found)
    assert {run.case.step for run in runs} == {*operations}


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.faults` would change nothing."""
    assert PAGE.read_text("utf-8") == page()
