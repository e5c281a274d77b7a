"""What a commit says of its writes is what the directory holds, wherever it was cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from ldapom import AsyncSession, CommitError, Entry, Many, Session, attribute
from ldapom.errors import ConnectionLost, LDAPError, NoSuchObject
from ldapom.protocol.retry import Retry
from tests.faults.cases import THOROUGH
from tests.faults.leaks import nothing_left
from tests.faults.proxy import NONE, Fault, Kind, Way
from tests.faults.steps import at_once, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.connection import Connection
    from tests.faults.ground import Ground
    from tests.faults.proxy import Route
    from tests.faults.run import Target

#: Octets between two cuts.
STRIDE: Final = 1 if THOROUGH else 23


class Device(Entry, object_class="device", rdn="cn"):
    """The simplest entry."""

    cn: Many[str] = attribute("cn", must=True)
    description: Many[str] = attribute("description", default=())


async def work(
    session: Session | AsyncSession, base: str, mark: Callable[[], None]
) -> LDAPError | None:
    """Add one entry, change another, delete a third: in one commit, behind a mark."""
    changed = await settle(session.get(Device, f"cn=changed,{base}"))
    deleted = await settle(session.get(Device, f"cn=deleted,{base}"))
    session.add(Device(dn=f"cn=added,{base}", cn=["added"]))
    changed.description.append("x")
    session.delete(deleted)
    mark()
    try:
        await settle(session.commit())
    except (CommitError, ConnectionLost) as error:
        session.discard()
        return error
    return None


def prepare(connection: Connection, base: str) -> None:
    """Put everything as it was before."""
    for name in ("added", "changed", "deleted"):
        with contextlib.suppress(NoSuchObject):
            connection.delete(f"cn={name},{base}")
    for name in ("changed", "deleted"):
        connection.add(f"cn={name},{base}", {"objectClass": "device", "cn": name})


def carried_out(connection: Connection, base: str) -> set[str]:
    """The names of the writes that the directory shows."""
    there = {
        entry.text("cn")[0]: entry
        for entry in connection.search(base, "(objectClass=device)", scope="one")
    }
    return {
        *({"added"} & there.keys()),
        *({"deleted"} - there.keys()),
        *({"changed"} if "description" in there["changed"] else ()),
    }


def check(error: LDAPError | None, found: set[str]) -> None:
    """Compare what was said with what was found."""
    if error is None:
        assert found == {"added", "changed", "deleted"}
        return
    if not isinstance(error, CommitError):  # as it asked what the server offers
        assert found == set()
        return
    said = {
        kind: {str(op.dn).partition(",")[0].partition("=")[2] for op in operations}
        for kind, operations in (
            ("done", error.done),
            ("unknown", error.unknown),
            ("pending", error.pending),
            ("failed", error.failed),
        )
    }
    assert said["done"] <= found <= said["done"] | said["unknown"]
    assert len(set.union(*said.values())) == 3
    assert len(said["unknown"]) <= 1


def run_blocking(target: Target, base: str, route: Route) -> LDAPError | None:
    """Commit in a `Session`; note on the route where it begins."""
    with Session(
        target.url(route), target.credentials, timeout=5, retry=Retry(attempts=1)
    ) as session:
        return at_once(work(session, base, lambda: note(route)))


def run_asyncio(target: Target, base: str, route: Route) -> LDAPError | None:
    """Commit in an `AsyncSession`."""

    async def run() -> LDAPError | None:
        async with AsyncSession(
            target.url(route), target.credentials, timeout=5, retry=Retry(attempts=1)
        ) as session:
            return await work(session, base, lambda: note(route))

    return asyncio.run(run())


def note(route: Route) -> None:
    """Keep how much has passed on a route."""
    route.mark = len(route.up), len(route.down)


def cuts(route: Route) -> Iterator[Fault]:
    """Where to cut, by what passed on a route without a fault."""
    for way, octets, first in zip(Way, (route.up, route.down), route.mark, strict=True):
        for at in range(first + 1, len(octets) + 1, STRIDE):
            yield Fault(Kind.reset if at % 2 else Kind.fin, way, at)


def base_of(field: Ground, connection: Connection, driver: str) -> str:
    """A subtree of our own."""
    base = f"ou=commits-{driver},{field.base}"
    connection.add(
        base, {"objectClass": "organizationalUnit", "ou": f"commits-{driver}"}
    )
    return base


@pytest.mark.real_server
@pytest.mark.parametrize("field", ["clear"], indirect=True)
@pytest.mark.parametrize(
    "run", [run_blocking, run_asyncio], ids=["blocking", "asyncio"]
)
def test_commit(
    field: Ground, run: Callable[[Target, str, Route], LDAPError | None]
) -> None:
    """Done is done, pending is not, and at most one write is unknown."""
    with nothing_left(), field.server.connection() as direct:
        base = base_of(field, direct, run.__name__)
        faults: list[Fault] = [NONE]
        for fault in faults:
            prepare(direct, base)
            with field.proxy.route(field.target.port, fault) as route:
                error = run(field.target, base, route)
            if fault is NONE:
                assert error is None
                faults += cuts(route)
            check(error, carried_out(direct, base))
        assert len(faults) > 10
