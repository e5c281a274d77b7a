"""A bind that is cut off, or left without an answer, at each of its messages."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Replace
from ldapom.errors import ConnectionLost, DeadlineExceeded
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Kerberos, Simple, Spnego
from ldapom.protocol.sasl.gssapi import GssapiMechanism
from ldapom.testing import Directory
from tests.canary import CANARY, check, exposed, shapes
from tests.protocol.attempts import ADA, DRIVERS, WAYS, asynchronous, blocking
from tests.protocol.relay import Relay, relay
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ldapom.protocol import messages as m
    from ldapom.protocol.credentials import Credentials
    from tests.protocol.attempts import Attempt
    from tests.servers.kdc import Kdc
    from tests.servers.slapd import Slapd

#: The messages of the client in a good bind; the first of PLAIN asks what is offered.
LEGS: Final = {
    "Simple": 1,
    "PLAIN": 2,
    "DIGEST-MD5": 2,
    "SCRAM-SHA-1": 2,
    "SCRAM-SHA-256": 2,
    "SCRAM-SHA-512": 2,
    "GSS-SPNEGO": 2,
    "Sicily": 3,
}
#: Each way and each of its messages.
PLACES: Final = [(way, n) for way, legs in LEGS.items() for n in range(1, legs + 1)]
#: Seconds that a call may take, and what it may take at most.
TIMEOUT: Final = 2.0
LIMIT: Final = TIMEOUT * 1.1

places = pytest.mark.parametrize(("way", "leg"), PLACES)
drivers = pytest.mark.parametrize("driver", DRIVERS)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the directory in the box listens; Ada's password is the canary."""
    box = Directory.sample()
    with Connection(box, Simple(ADMIN_DN, ADMIN_PASSWORD)) as connection:
        connection.modify(ADA, [Replace("userPassword", CANARY)])
    with box.serve() as server:
        yield server.port


@pytest.mark.parametrize("way", LEGS)
def test_so_many_messages(port: int, way: str) -> None:
    """What the tests below take for granted, and that these binds work at all."""
    legs: list[m.ProtocolOp] = []
    with relay(port) as here:
        attempt = blocking(
            here.url, WAYS[way](), lambda: legs.extend(x.op for x in here.messages())
        )
    assert attempt.error is None
    assert len(legs) == LEGS[way]


def check_unseen(here: Relay, way: str) -> None:
    """The password is in nothing that was said, but where it is sent as it is."""
    text = here.said.decode("latin1")
    if way not in {"Simple", "PLAIN"}:
        for shape in shapes(CANARY.encode()) | shapes(CANARY.encode("utf-16-le")):
            assert shape not in text


@drivers
@places
def test_cut_off(port: int, way: str, leg: int, driver: str) -> None:
    """The connection is lost, whichever message it was."""
    with relay(port) as here:
        here.stop_at = leg
        attempt = DRIVERS[driver](here.url, WAYS[way]())
    assert type(attempt.error) is ConnectionLost
    assert not attempt.is_open
    assert len(here.messages()) == leg
    check(exposed(attempt.error))
    check_unseen(here, way)


def silent(stack: ExitStack, port: int) -> dict[tuple[str, int], Relay]:
    """Somebody for each place who is silent from there on."""
    found = {place: stack.enter_context(relay(port)) for place in PLACES}
    for (_, leg), here in found.items():
        here.stop_at, here.hangs_up = leg, False
    return found


def check_all(relays: Mapping[tuple[str, int], Relay], attempts: list[Attempt]) -> None:
    """Each of them ended in time, and none has shown the password."""
    for (way, leg), here, attempt in zip(
        relays, relays.values(), attempts, strict=True
    ):
        assert type(attempt.error) is DeadlineExceeded
        assert TIMEOUT <= attempt.seconds < LIMIT
        # A search can be abandoned, as that for what is offered; a bind can not.
        assert not attempt.is_open or (way, leg) == ("PLAIN", 1)
        check(exposed(attempt.error))
        check_unseen(here, way)


@pytest.mark.slow
def test_silence(port: int) -> None:
    """At each message of each way: the deadline ends it, within a tenth more."""
    with ExitStack() as stack:
        relays = silent(stack, port)
        pool = stack.enter_context(ThreadPoolExecutor(len(PLACES)))
        running = [
            pool.submit(blocking, here.url, WAYS[way](), timeout=TIMEOUT)
            for (way, _), here in relays.items()
        ]
        check_all(relays, [one.result() for one in running])


@pytest.mark.slow
async def test_silence_under_asyncio(port: int) -> None:
    """The same, all of them in one loop."""
    with ExitStack() as stack:
        relays = silent(stack, port)
        attempts = await asyncio.gather(
            *(
                asynchronous(here.url, WAYS[way](), timeout=TIMEOUT)
                for (way, _), here in relays.items()
            )
        )
        check_all(relays, attempts)


# --- Kerberos ------------------------------------------------------------------------

#: Credentials, and the messages of the client at least.
TICKETS: Final[dict[str, tuple[Callable[[], Credentials], int]]] = {
    "GSSAPI": (lambda: Kerberos(host="localhost"), 3),
    "GSS-SPNEGO": (lambda: Spnego(host="localhost"), 1),
}


@pytest.mark.real_server
@pytest.mark.slow
@drivers
@pytest.mark.parametrize("hangs_up", [True, False])
@pytest.mark.parametrize("way", TICKETS)
def test_kerberos(
    slapd_sasl: Slapd, kerberos: Kdc, way: str, driver: str, *, hangs_up: bool
) -> None:
    """The same with tickets: cut off and silent, at each message."""
    assert kerberos.realm
    make, least = TICKETS[way]
    reached: list[int] = []
    leg = 0
    while not reached:
        leg += 1
        with relay(slapd_sasl.port) as here:
            here.stop_at, here.hangs_up = leg, hangs_up
            attempt = DRIVERS[driver](
                *(here.url, make(), partial(reached.append, leg)),
                timeout=0.4,
            )
        if not reached:
            expected = ConnectionLost if hangs_up else DeadlineExceeded
            assert type(attempt.error) is expected
            assert not attempt.is_open
    assert leg > least


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A KDC that takes its time."""
    step = GssapiMechanism.step

    def slow_step(self: GssapiMechanism, challenge: bytes | None) -> bytes:
        time.sleep(0.4)
        return step(self, challenge)

    monkeypatch.setattr(GssapiMechanism, "step", slow_step)


@pytest.mark.real_server
@pytest.mark.usefixtures("slow")
class TestSlowKdc:
    """A ticket that is long in coming."""

    async def test_the_loop_goes_on(self, slapd_sasl: Slapd, kerberos: Kdc) -> None:
        """Others of the loop have their turn while somebody waits for a KDC."""
        assert kerberos.realm
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.005)
                beats += 1

        task = asyncio.create_task(beat())
        attempt = await asynchronous(slapd_sasl.url, Kerberos(host="localhost"))
        task.cancel()
        assert attempt.error is None
        # Three steps of 0.4 seconds; a loop that is held up would count a few.
        assert attempt.seconds > 1.2
        assert beats > 60

    @drivers
    def test_the_deadline_counts(
        self, slapd_sasl: Slapd, kerberos: Kdc, driver: str
    ) -> None:
        """The bind ends while the library still waits."""
        assert kerberos.realm
        attempt = DRIVERS[driver](
            slapd_sasl.url, Kerberos(host="localhost"), timeout=0.2
        )
        assert type(attempt.error) is DeadlineExceeded
        assert "GSSAPI authentication" in attempt.said
