"""Somebody between a client and a server whose connection has a security layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Replace
from ldapom.errors import ConnectionLost, RemoteProtocolError, ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Kerberos, Simple
from ldapom.testing import Directory
from tests.canary import CANARY, check, exposed
from tests.protocol.attempts import ADA, DRIVERS, LAYERED, WAYS
from tests.protocol.relay import Frames, Relay, frame, relay
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.credentials import Credentials
    from tests.protocol.attempts import Attempt, Driver
    from tests.servers.kdc import Kdc
    from tests.servers.slapd import Slapd

#: Enough people for several buffers.
PEOPLE: Final = 600


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the directory in the box listens; Ada's password is the canary."""
    box = Directory.sample(PEOPLE)
    with Connection(box, Simple(ADMIN_DN, ADMIN_PASSWORD)) as connection:
        connection.modify(ADA, [Replace("userPassword", CANARY)])
    with box.serve() as server:
        yield server.port


# --- what he may do to a buffer ------------------------------------------------------


def pass_on(body: bytes) -> bytes:
    """Nothing."""
    return frame(body)


def enlarge(body: bytes) -> bytes:
    """Claim that it is larger than anything that was agreed."""
    return (0x7FFFFFFF).to_bytes(4, "big") + body


def empty(body: bytes) -> bytes:
    """Leave its length alone, and that is zero."""
    return frame(body[:0])


def shorten(body: bytes) -> bytes:
    """Cut its end off, and say so in the length."""
    return frame(body[:-5])


def garble(body: bytes) -> bytes:
    """Put something else of that length in its place."""
    return frame(bytes(octet ^ 0x5A for octet in body))


def flip(body: bytes) -> bytes:
    """Change one bit of what is in it."""
    middle = len(body) // 2
    return frame(body[:middle] + bytes((body[middle] ^ 1,)) + body[middle + 1 :])


def repeat(body: bytes) -> bytes:
    """Send it twice."""
    return frame(body) * 2


def go_clear(body: bytes) -> bytes:
    """Go on without a layer, as a server would that never had one."""
    done = m.SearchResultDone()
    return b"".join(codec.encode(m.LDAPMessage(n, done)) for n in range(2, 9))


def swap() -> Callable[[bytes], bytes]:
    """Send the second before the first."""
    held: list[bytes] = []

    def tamper(body: bytes) -> bytes:
        held.append(frame(body))
        if len(held) != 2:
            return b"" if len(held) < 2 else held[-1]
        return held[1] + held[0]

    return tamper


def drop() -> Callable[[bytes], bytes]:
    """Leave the first out."""
    seen: list[bytes] = []

    def tamper(body: bytes) -> bytes:
        seen.append(body)
        return frame(body) if len(seen) > 1 else b""

    return tamper


#: What he does, and what the client says of it.
TAMPERS: Final[dict[str, tuple[Callable[[], Callable[[bytes], bytes]], str]]] = {
    "enlarge": (lambda: enlarge, r"a SASL buffer of 2147483647 octets came; \d+ at"),
    "empty": (lambda: empty, r"a buffer of 0 octets|no token|not a token"),
    "shorten": (lambda: shorten, r"changed|no token|not a token"),
    "garble": (lambda: garble, r"changed|no token|not a token"),
    "flip": (lambda: flip, r"changed|no token|not a token"),
    "repeat": (lambda: repeat, r"repeated"),
    "go clear": (lambda: go_clear, r"a SASL buffer of 8\d+ octets came"),
    "swap": (swap, r"left out"),
    "drop": (drop, r"left out"),
}


def tampered(
    driver: Driver, here: Relay, credentials: Credentials, tamper: str
) -> Attempt:
    """Bind; from then on somebody changes the buffers of the server."""
    change = Frames(TAMPERS[tamper][0]())
    return driver(
        here.url, credentials, lambda: setattr(here, "change", change), timeout=20
    )


def check_found_out(attempt: Attempt, here: Relay, tamper: str) -> None:
    """The error names what he did, nothing goes on, and no secret was seen."""
    assert isinstance(attempt.error, RemoteProtocolError)
    assert pytest.importorskip("re").search(TAMPERS[tamper][1], attempt.said)
    assert not attempt.is_open
    check(exposed(attempt.error))
    assert CANARY.encode() not in here.said
    assert CANARY.encode("utf-16-le") not in here.said


@pytest.mark.parametrize("tamper", TAMPERS)
@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("way", LAYERED)
def test_changed_buffers(port: int, way: str, driver: str, tamper: str) -> None:
    """Each change is found, and ends the connection."""
    with relay(port) as here:
        attempt = tampered(DRIVERS[driver], here, WAYS[way](), tamper)
    print(attempt.error)
    check_found_out(attempt, here, tamper)


@pytest.mark.real_server
@pytest.mark.parametrize("tamper", TAMPERS)
@pytest.mark.parametrize("layer", ["sign", "seal"])
def test_changed_buffers_of_kerberos(
    slapd_sasl: Slapd, kerberos: Kdc, layer: str, tamper: str
) -> None:
    """The same with the layer of a Kerberos library."""
    credentials = Kerberos(host="localhost", layer="sign" if layer == "sign" else "seal")
    with relay(slapd_sasl.port) as here:
        attempt = tampered(DRIVERS["blocking"], here, credentials, tamper)
    print(attempt.error)
    check_found_out(attempt, here, tamper)
