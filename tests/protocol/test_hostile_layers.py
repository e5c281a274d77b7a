"""Somebody between a client and a server whose connection has a security layer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from ldapom.changes import Replace
from ldapom.errors import ConnectionLost, RemoteProtocolError, ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Kerberos, Simple, Spnego
from ldapom.testing import Directory
from tests.canary import CANARY, check, exposed
from tests.protocol.attempts import ADA, BASE, DRIVERS, LAYERED, WAYS
from tests.protocol.relay import Frames, Relay, frame, relay
from tests.servers.slapd import ADMIN_DN, ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.sasl.gss import LayerName
    from tests.protocol.attempts import Attempt, Driver
    from tests.servers.kdc import Kdc
    from tests.servers.slapd import Slapd

#: Takes what is in a buffer and gives what is sent in place of it.
Tamper: TypeAlias = Callable[[bytes], bytes]

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


def swap() -> Tamper:
    """Send the second before the first."""
    held: list[bytes] = []

    def tamper(body: bytes) -> bytes:
        held.append(frame(body))
        if len(held) != 2:
            return b"" if len(held) < 2 else held[-1]
        return held[1] + held[0]

    return tamper


def drop() -> Tamper:
    """Leave the first out."""
    seen: list[bytes] = []

    def tamper(body: bytes) -> bytes:
        seen.append(body)
        return frame(body) if len(seen) > 1 else b""

    return tamper


_CHANGED: Final = "changed.*repeated or left out"
_TOO_LARGE: Final = r"a SASL buffer of 2147483647 octets came; \d+ at most were agreed$"
_CLEAR: Final = r"looks like LDAP in clear"
_LEFT_OUT: Final = "expected per-message token was not received"

#: What he does; what our own layers say of it, and what that of Kerberos does.
TAMPERS: Final[dict[str, tuple[Callable[[], Tamper], str, str]]] = {
    "enlarge": (lambda: enlarge, _TOO_LARGE, _TOO_LARGE),
    "go clear": (lambda: go_clear, _CLEAR, _CLEAR),
    "empty": (lambda: empty, "a buffer of 0 octets", "could not be read"),
    "shorten": (lambda: shorten, _CHANGED, r"\(MIC\)|integrity check failed"),
    "flip": (lambda: flip, _CHANGED, r"\(MIC\)|integrity check failed"),
    "garble": (lambda: garble, _CHANGED, "malformed or corrupt"),
    "repeat": (lambda: repeat, _CHANGED, "duplicate of an earlier token"),
    "swap": (swap, _CHANGED, _LEFT_OUT),
    "drop": (drop, _CHANGED, _LEFT_OUT),
}


def tampered(
    driver: Driver, here: Relay, credentials: Credentials, tamper: Tamper
) -> Attempt:
    """Bind; from then on somebody changes the buffers of the server."""

    def begin() -> None:
        here.change = Frames(tamper)

    return driver(here.url, credentials, begin, timeout=20)


def check_found_out(attempt: Attempt, here: Relay, words: str) -> None:
    """The error names what he did, nothing goes on, and no secret was seen."""
    assert type(attempt.error) is RemoteProtocolError
    assert re.search(words, attempt.said), attempt.said
    assert not attempt.is_open
    check(exposed(attempt.error))
    check_unseen(here)


def check_unseen(here: Relay) -> None:
    """He did not see the password."""
    assert here.said
    assert CANARY.encode() not in here.said
    assert CANARY.encode("utf-16-le") not in here.said


drivers = pytest.mark.parametrize("driver", DRIVERS)


@drivers
@pytest.mark.parametrize("way", LAYERED)
def test_who_changes_nothing_is_not_found_out(port: int, way: str, driver: str) -> None:
    """He may read what is only signed, and nothing of what is sealed."""
    with relay(port) as here:
        attempt = tampered(DRIVERS[driver], here, WAYS[way](), frame)
    assert attempt.error is None
    assert attempt.found > PEOPLE
    assert (BASE.encode() in here.said) == ("signed" in LAYERED[way])
    check_unseen(here)


@pytest.mark.parametrize("tamper", TAMPERS)
@drivers
@pytest.mark.parametrize("way", LAYERED)
def test_changed_buffers(port: int, way: str, driver: str, tamper: str) -> None:
    """Each change is found, and ends the connection."""
    make, words, _ = TAMPERS[tamper]
    with relay(port) as here:
        attempt = tampered(DRIVERS[driver], here, WAYS[way](), make())
    check_found_out(attempt, here, words)


@pytest.mark.real_server
@pytest.mark.parametrize("tamper", TAMPERS)
@pytest.mark.parametrize("layer", ["sign", "seal"])
def test_changed_buffers_of_kerberos(
    slapd_sasl: Slapd, kerberos: Kdc, layer: LayerName, tamper: str
) -> None:
    """The same with the layer of a Kerberos library."""
    assert kerberos.realm
    make, _, words = TAMPERS[tamper]
    credentials = Kerberos(host="localhost", layer=layer)
    with relay(slapd_sasl.port) as here:
        attempt = tampered(DRIVERS["blocking"], here, credentials, make())
    check_found_out(attempt, here, words)


@drivers
@pytest.mark.parametrize("way", LAYERED)
def test_a_buffer_that_is_cut_off(port: int, way: str, driver: str) -> None:
    """The end of the connection in the middle of a buffer is told as that."""
    with relay(port) as here:

        def tamper(body: bytes) -> bytes:
            behind, here.ends = here.ends, True
            return b"" if behind else frame(body)[: len(body) // 2]

        attempt = tampered(DRIVERS[driver], here, WAYS[way](), tamper)
    assert type(attempt.error) is ConnectionLost
    assert "in the middle of a SASL buffer" in attempt.said
    assert attempt.found == 0
    check_unseen(here)


class Injector:
    """Puts a message in clear next to the success of a bind.

    Args:
        in_front: Whether it comes before that success; else it is glued behind.
    """

    def __init__(self, *, in_front: bool) -> None:
        self._in_front = in_front
        self.injected = 0

    def __call__(self, data: bytes) -> bytes:
        """Look for the success, which comes in one piece."""
        try:
            found = codec.decode(data)
        except RemoteProtocolError:
            return data  # a buffer, by now
        if found is None or not isinstance(found[0].op, m.BindResponse):
            return data
        if found[0].op.result_code != ResultCode.success:
            return data
        # The answer to the search that is going to be asked.
        follows = found[0].message_id + 1
        entry = m.SearchResultEntry("cn=injected")
        more = b"".join(
            codec.encode(m.LDAPMessage(follows, op))
            for op in (entry, m.SearchResultDone())
        )
        self.injected += 1
        return more + data if self._in_front else data + more


@drivers
@pytest.mark.parametrize("way", ["DIGEST-MD5", "GSS-SPNEGO"])
def test_clear_octets_behind_a_bind(port: int, way: str, driver: str) -> None:
    """What is glued behind the success has to come through the layer."""
    with relay(port) as here:
        here.change = injector = Injector(in_front=False)
        attempt = DRIVERS[driver](here.url, WAYS[way]())
    assert injector.injected == 1
    check_found_out(attempt, here, _CLEAR)
    assert attempt.found == 0


@drivers
@pytest.mark.parametrize("way", ["DIGEST-MD5", "GSS-SPNEGO"])
def test_clear_octets_in_front_of_it(port: int, way: str, driver: str) -> None:
    """An answer that comes before its question is none."""
    with relay(port) as here:
        here.change = injector = Injector(in_front=True)
        attempt = DRIVERS[driver](here.url, WAYS[way]())
    assert injector.injected == 1
    assert attempt.error is None
    assert attempt.found > PEOPLE


@pytest.mark.real_server
@pytest.mark.parametrize("kind", [Kerberos, Spnego])
def test_clear_octets_behind_a_ticket(
    slapd_sasl: Slapd, kerberos: Kdc, kind: type[Kerberos | Spnego]
) -> None:
    """The same with Kerberos."""
    assert kerberos.realm
    with relay(slapd_sasl.port) as here:
        here.change = injector = Injector(in_front=False)
        attempt = DRIVERS["blocking"](here.url, kind(host="localhost"))
    assert injector.injected == 1
    check_found_out(attempt, here, _CLEAR)
