"""One conversation under one fault: what came of it, how long it took, what was left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from ldapom.errors import LDAPError, OutcomeUnknown, ResultError
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.retry import Retry
from tests.faults.steps import (
    AFTER,
    BEFORE,
    STEPS,
    WRITES,
    Place,
    at_once,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.io.tls import Tls
    from tests.faults.proxy import Fault, Proxy, Route
    from tests.faults.steps import AnyConnection

#: Seconds that `close` may take.
CLOSING_TIME: Final = 1.0
#: Seconds that a call may be late, beside a tenth of its timeout.
SLACK: Final = 0.2
#: What the outcome of a step is called that did what it should.
ANSWER: Final = "answer"
#: What it is called where the server answers that it will not, or does not understand.
REFUSED: Final = "refused"


@frozen
class Target:
    """A server, and how to speak to it.

    Attributes:
        port: On loopback.
        way: ``"clear"``, ``"StartTLS"`` or ``"ldaps"``.
        credentials: Of the administrator.
        tls: Trusts the server's certificate.
    """

    port: int
    way: str
    credentials: Credentials
    tls: Tls | None = None

    def connection(self, route: Route, case: Case) -> Connection:
        """A blocking connection by way of a route."""
        return Connection(
            self.url(route),
            self.credentials,
            tls=self.tls,
            start_tls=self.way == "StartTLS",
            timeout=case.timeout,
            retry=case.retry,
        )

    def aconnection(self, route: Route, case: Case) -> AsyncConnection:
        """One for asyncio."""
        return AsyncConnection(
            self.url(route),
            self.credentials,
            tls=self.tls,
            start_tls=self.way == "StartTLS",
            timeout=case.timeout,
            retry=case.retry,
        )

    def url(self, route: Route) -> str:
        """The URL of a route to it."""
        scheme = "ldaps" if self.way == "ldaps" else "ldap"
        return f"{scheme}://127.0.0.1:{route.port}"


@frozen(repr=False)
class Case:
    """One conversation and what is done to it.

    Attributes:
        steps: Names of `STEPS`, in order.
        step: The one that the fault is aimed at.
        fault: What the proxy does.
        place: Where it reads and writes.
        timeout: Of each call, in seconds.
        attempts: How often an operation is tried.
    """

    steps: tuple[str, ...]
    step: str
    fault: Fault
    place: Place
    timeout: float = 5.0
    attempts: int = 1

    def __repr__(self) -> str:
        fault = self.fault
        return (
            f"{self.step} {fault.kind.name} {fault.way.name} at {fault.at}, "
            f"{self.attempts} attempt(s)"
        )

    @property
    def retry(self) -> Retry:
        """The same for a connection; nobody waits for long."""
        return Retry(attempts=self.attempts, backoff=0.02)

    @property
    def write(self) -> str | None:
        """The step that changes something, if there is one."""
        return next((name for name in self.steps if name in WRITES), None)


@define
class Run:
    """What came of a case.

    Attributes:
        outcomes: Of each step that was begun: `ANSWER`, or the error.
        troubles: Promises that were broken.
        times: Of each call its name, and how long it took and may take, in seconds.
    """

    case: Case
    outcomes: dict[str, str] = field(factory=dict)
    troubles: list[str] = field(factory=list)
    times: list[tuple[str, float, float]] = field(factory=list)

    async def take(self, connection: AnyConnection) -> None:
        """Do the steps up to the first that fails, close, and use it once more."""
        for name in self.case.steps:
            if not await self._step(name, connection):
                break
        await self._close(connection)
        await self._use_again(connection)
        await self._close(connection)

    async def _step(self, name: str, connection: AnyConnection) -> bool:
        start = time.monotonic()
        limit = self.case.timeout * 1.1
        if name == "unbind":
            limit = CLOSING_TIME
        try:
            await STEPS[name](connection, self.case.place)
        except ResultError:
            self.outcomes[name] = REFUSED
        except LDAPError as error:
            self.outcomes[name] = type(error).__name__
        except Exception as error:  # noqa: BLE001  # it is what is looked for
            self.outcomes[name] = type(error).__name__
            self.troubles.append(f"{name} raised {error!r}")
        else:
            self.outcomes[name] = ANSWER
        self.times.append((name, time.monotonic() - start, limit))
        return self.outcomes[name] == ANSWER

    async def _close(self, connection: AnyConnection) -> None:
        start = time.monotonic()
        await settle(connection.close())
        self.times.append(("close", time.monotonic() - start, CLOSING_TIME))
        if connection.is_open:
            self.troubles.append("it is open after close()")

    async def _use_again(self, connection: AnyConnection) -> None:
        """The fault is over: the same object works as if nothing had been."""
        connection.settings = evolve(connection.settings, timeout=10.0)
        try:
            for name in ("bind", "search"):
                await STEPS[name](connection, self.case.place)
        except Exception as error:  # noqa: BLE001  # it is what is looked for
            self.troubles.append(f"not usable afterwards: {error!r}")

    @property
    def step(self) -> str:
        """The step that failed, or else the one that the fault was aimed at."""
        for name, outcome in self.outcomes.items():
            if outcome != ANSWER:
                return name
        return self.case.step

    @property
    def outcome(self) -> str:
        """What came of that step."""
        return self.outcomes.get(self.step, ANSWER)

    @property
    def answered_in(self) -> float:
        """How long the slowest step took that was answered, in seconds."""
        answered = {name for name, found in self.outcomes.items() if found == ANSWER}
        return max(
            (took for name, took, _ in self.times if name in answered), default=0
        )

    def check_times(self, slack: float) -> None:
        """Find calls that were late.

        Args:
            slack: By how much they may be, in seconds.
        """
        for name, took, limit in self.times:
            if took > limit + slack:
                self.troubles.append(f"{name} took {took:.2f} s, not {limit:.2f} s")

    def check_state(self, found: str) -> None:
        """Compare what the directory holds with what was said of the write."""
        write = self.case.write
        if write is None:
            return
        said = self.outcomes.get(write)
        allowed = {
            ANSWER: (AFTER[write],),
            OutcomeUnknown.__name__: (BEFORE, AFTER[write]),
        }
        if found not in allowed.get(str(said), (BEFORE,)):
            self.troubles.append(f"{write} gave {said}, and there is {found!r}")


def run_blocking(proxy: Proxy, target: Target, case: Case) -> Run:
    """Run a case with a `Connection`."""
    run = Run(case)
    with proxy.route(target.port, case.fault) as route:
        at_once(run.take(target.connection(route, case)))
    return run


async def run_asyncio(proxy: Proxy, target: Target, case: Case) -> Run:
    """Run a case with an `AsyncConnection`."""
    run = Run(case)
    with proxy.route(target.port, case.fault) as route:
        await run.take(target.aconnection(route, case))
    return run


@define
class Recording:
    """What passes when nothing is wrong.

    Attributes:
        up: What the client sent.
        down: What it was sent.
        spans: Of each step where it begins and ends, in either.
    """

    up: bytes = b""
    down: bytes = b""
    spans: dict[str, tuple[tuple[int, int], tuple[int, int]]] = field(factory=dict)


def record(proxy: Proxy, target: Target, case: Case) -> Recording:
    """Run a case without any fault, and note where its steps begin and end."""
    recording = Recording()
    with proxy.route(target.port) as route:
        connection = target.connection(route, case)
        try:
            for name in case.steps:
                begin = len(route.up), len(route.down)
                at_once(STEPS[name](connection, case.place))
                _settled(route)
                end = len(route.up), len(route.down)
                recording.spans[name] = (begin[0], end[0]), (begin[1], end[1])
        finally:
            connection.close()
        recording.up, recording.down = bytes(route.up), bytes(route.down)
    return recording


def _settled(route: Route) -> None:
    """Wait until nothing more comes, such as TLS's session tickets."""
    seen = -1, -1
    while seen != (len(route.up), len(route.down)):
        seen = len(route.up), len(route.down)
        time.sleep(0.02)


def troubles(runs: Sequence[Run]) -> list[str]:
    """All broken promises, with the cases they came from."""
    return [f"{run.case}: {trouble}" for run in runs for trouble in run.troubles]
