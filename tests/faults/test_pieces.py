"""Octets that come one by one, late, twice, or in another order."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.faults.cases import OPERATIONS, new_place
from tests.faults.framing import boundaries
from tests.faults.leaks import nothing_left
from tests.faults.proxy import Fault, Kind, Way
from tests.faults.run import ANSWER, Case, Run, troubles
from tests.faults.steps import state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.ground import Ground

drivers = pytest.mark.parametrize("driver", ["blocking", "asyncio"])
fields = pytest.mark.parametrize(
    "field", ["box", "clear", "StartTLS", "ldaps"], indirect=True
)
#: What one message too many can not change.
ONE_ANSWER = ("bind", "compare", "modify", "add", "rename", "delete")
#: What may come of a broken connection; the last is for clear octets behind StartTLS.
LOST = {
    *("ConnectionLost", "TLSError", "DeadlineExceeded", "OutcomeUnknown"),
    "RemoteProtocolError",
}


def tried(
    field: Ground,
    driver: str,
    faults: Sequence[tuple[str, Fault]],
    *,
    timeout: float = 5.0,
) -> list[Run]:
    """Run one conversation for each fault; nothing may be broken, nothing be left."""
    cases = [
        Case(OPERATIONS[name], name, fault, new_place(field.base), timeout)
        for name, fault in faults
    ]
    with nothing_left(), field.server.connection() as connection:
        field.prepare(cases, connection)
        runs = field.run(driver, cases, 32)
        for run in runs:
            if run.case.write is not None:
                run.check_state(state(connection, run.case.place))
    assert not "\n".join(troubles(runs))
    return runs


@pytest.mark.real_server
@drivers
@fields
def test_octet_by_octet(field: Ground, driver: str) -> None:
    """What comes in the smallest pieces, TLS records too, is what was sent."""
    faults = [(name, Fault(Kind.trickle, way)) for name in OPERATIONS for way in Way]
    runs = tried(field, driver, faults)
    assert {run.outcome for run in runs} == {ANSWER}


@pytest.mark.real_server
@drivers
@fields
def test_late(field: Ground, driver: str) -> None:
    """What comes late, but in time, is what was sent."""
    faults = [
        (name, Fault(Kind.delay, way, seconds=0.03))
        for name in OPERATIONS
        for way in Way
    ]
    runs = tried(field, driver, faults)
    assert {run.outcome for run in runs} == {ANSWER}


@pytest.mark.real_server
@drivers
@pytest.mark.parametrize("field", ["box", "clear"], indirect=True)
def test_an_answer_twice(field: Ground, driver: str) -> None:
    """An answer that nobody waits for any more is dropped (RFC 4511 4.11)."""
    faults = [
        (name, Fault(Kind.twice, Way.down, number))
        for name in ONE_ANSWER
        for number in range(2)
    ]
    runs = tried(field, driver, faults)
    assert {run.outcome for run in runs} == {ANSWER}


@pytest.mark.real_server
@drivers
@pytest.mark.parametrize("kind", [Kind.twice, Kind.swapped], ids=lambda k: k.name)
@pytest.mark.parametrize("field", ["StartTLS", "ldaps"], indirect=True)
def test_records_of_tls(field: Ground, driver: str, kind: Kind) -> None:
    """A record that is repeated or out of order ends the connection, and does nothing."""
    faults: list[tuple[str, Fault]] = []
    with field.server.connection() as connection:
        for name in ("pages", "modify"):
            recording = field.recording(name, connection)
            for way in Way:
                data = recording.down if way is Way.down else recording.up
                count = len(boundaries(data)) - 1
                faults += [(name, Fault(kind, way, n)) for n in range(count - 1)]
    # A message that is held back for the next one may be the last.
    runs = tried(field, driver, faults, timeout=0.6)
    assert {run.outcome for run in runs} <= {ANSWER, *LOST}
    assert {run.outcome for run in runs} & LOST


def names(count: int) -> list[str]:
    """What is compared: every third is there."""
    return ["p0" if n % 3 == 0 else f"other{n}" for n in range(count)]


@pytest.mark.real_server
@pytest.mark.parametrize("field", ["box", "clear"], indirect=True)
def test_in_another_order_for_threads(field: Ground) -> None:
    """Whatever the order of the answers, each thread gets its own."""
    person = f"uid=p0,ou=people,{field.base}"
    for number in range(1, 12):
        fault = Fault(Kind.swapped, Way.down, number)
        case = Case((), "compare", fault, new_place(field.base))
        with field.proxy.route(field.target.port, fault) as route:
            with (
                field.target.connection(route, case) as connection,
                ThreadPoolExecutor(12) as pool,
            ):
                ask = [
                    pool.submit(connection.compare, person, "uid", name)
                    for name in names(12)
                ]
                assert [one.result() for one in ask] == [n == "p0" for n in names(12)]


@pytest.mark.real_server
@pytest.mark.parametrize("field", ["box", "clear"], indirect=True)
async def test_in_another_order_for_tasks(field: Ground) -> None:
    """The same for tasks."""
    person = f"uid=p0,ou=people,{field.base}"
    for number in range(1, 12):
        fault = Fault(Kind.swapped, Way.down, number)
        case = Case((), "compare", fault, new_place(field.base))
        with field.proxy.route(field.target.port, fault) as route:
            async with field.target.aconnection(route, case) as connection:
                found = await asyncio.gather(
                    *(connection.compare(person, "uid", name) for name in names(12))
                )
                assert found == [name == "p0" for name in names(12)]
