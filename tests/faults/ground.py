"""A server with the entries that the conversations read and write."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import field, frozen

from tests.faults.cases import OPERATIONS, Plan, new_place
from tests.faults.leaks import slack
from tests.faults.proxy import NONE
from tests.faults.run import SLACK, Case, Run, record, run_asyncio, run_blocking
from tests.faults.steps import COUNT, attributes, state
from tests.servers.targets import Server, delete_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.protocol.connection import Connection
    from tests.faults.proxy import Kind, Proxy
    from tests.faults.run import Recording, Target


@frozen
class Ground:
    """Where faults are tried.

    Attributes:
        proxy: What breaks the connections.
        target: The server behind it.
        server: The same, without the proxy between.
        base: An entry that everything is below.
    """

    proxy: Proxy
    target: Target
    server: Server
    base: str
    _recordings: dict[str, Recording] = field(factory=dict, eq=False)

    def try_all(
        self,
        driver: str,
        operations: Sequence[str],
        *,
        kind: Kind,
        attempts: int = 1,
        dense: bool = False,
    ) -> list[Run]:
        """Run the cases of one kind of fault, and look what is left.

        Args:
            driver: ``"blocking"`` or ``"asyncio"``.
            operations: Into which the fault falls.
            kind: What happens.
            attempts: How often an operation is tried.
            dense: Whether every octet of a small conversation is tried.
        """
        with self.server.connection() as connection:
            plans = [
                Plan(
                    self.recording(name, connection),
                    name,
                    kind,
                    self.base,
                    attempts,
                    dense,
                )
                for name in operations
            ]
            cases = [case for plan in plans for case in plan.cases()]
            self.prepare(cases, connection)
            width = plans[0].width // (1 if self.target.way == "clear" else 4)
            runs = self.run(driver, cases, max(width, 4))
            for run in runs:
                if run.case.write is not None:
                    run.check_state(state(connection, run.case.place))
        return runs

    def recording(self, operation: str, connection: Connection) -> Recording:
        """What passes in a conversation without any fault."""
        if operation not in self._recordings:
            case = Case(OPERATIONS[operation], operation, NONE, new_place(self.base))
            self.prepare([case], connection)
            self._recordings[operation] = record(self.proxy, self.target, case)
        return self._recordings[operation]

    def prepare(self, cases: Sequence[Case], connection: Connection) -> None:
        """Add the entries that the cases will write to."""
        for case in cases:
            if case.write is not None:
                dn = case.place.own
                uid = dn.partition(",")[0].partition("=")[2]
                connection.add(dn, attributes(uid))

    def run(self, driver: str, cases: Sequence[Case], width: int) -> list[Run]:
        """Run cases, so many at a time, and look whether they were in time."""
        if driver == "asyncio":
            runs = asyncio.run(self._all_in_tasks(cases, width))
        else:
            runs = self._all_in_threads(cases, width)
        # What was answered tells how long things take among so many others.
        usual = max((run.answered_in for run in runs), default=0.0)
        for run in runs:
            run.check_times(slack(SLACK) + usual)
        return runs

    def _all_in_threads(self, cases: Sequence[Case], width: int) -> list[Run]:
        with ThreadPoolExecutor(width) as threads:
            return list(
                threads.map(lambda c: run_blocking(self.proxy, self.target, c), cases)
            )

    async def _all_in_tasks(self, cases: Sequence[Case], width: int) -> list[Run]:
        free = asyncio.Semaphore(width)

        async def one(case: Case) -> Run:
            async with free:
                return await run_asyncio(self.proxy, self.target, case)

        return await asyncio.gather(*map(one, cases))


@contextlib.contextmanager
def ground(proxy: Proxy, target: Target, server: Server) -> Iterator[Ground]:
    """Add what is read, and take everything away afterwards."""
    name = f"faults-{uuid4()}"
    base = f"ou={name},{server.base}"
    with server.connection() as connection:
        for dn, rdn in ((base, name), (f"ou=people,{base}", "people")):
            connection.add(dn, {"objectClass": "organizationalUnit", "ou": rdn})
        for n in range(COUNT):
            connection.add(f"uid=p{n},ou=people,{base}", attributes(f"p{n}"))
    try:
        yield Ground(proxy, target, server, base)
    finally:
        delete_tree(server, base)
