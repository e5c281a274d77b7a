"""A signal handler raises anywhere in a call: what follows gets its own answers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from ldapom.errors import LDAPError, LocalProtocolError, ResultCode
from ldapom.protocol import codec, requests
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.credentials import Simple
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ME: Final = Simple("cn=me", "secret")


class Interrupted(BaseException):
    """What a signal handler raises."""


def is_finalizer(frame: FrameType | None) -> bool:
    """Whether Python drops what is raised in a frame."""
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


class Alarm:
    """Raises at one of the points at which Python looks for signals.

    These are where a function of Python's own begins and where one in C has returned.

    Args:
        countdown: At which of them, counted in the package's protocol layer.
    """

    def __init__(self, countdown: int) -> None:
        self.countdown = countdown

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take note of a point, and raise where it is the one."""
        if event not in {"call", "c_return"}:
            return
        if "ldapom/protocol" not in frame.f_code.co_filename or is_finalizer(frame):
            return
        self.countdown -= 1
        if not self.countdown:
            sys.setprofile(None)
            raise Interrupted

    def during(self, work: Callable[[], object]) -> bool:
        """Whether it came while the work was done."""
        sys.setprofile(self)
        try:
            work()
        except Interrupted:
            return True
        finally:
            sys.setprofile(None)
        return False


def echo(peer: Peer) -> None:
    """Answer as the request says; no message id may come twice."""
    last = 0
    while True:
        request = peer.next()
        assert request.message_id > last
        last, op = request.message_id, request.op
        if isinstance(op, m.BindRequest):
            peer.answer(request, m.BindResponse())
        elif isinstance(op, m.CompareRequest):
            code = "compareTrue" if op.value == b"true" else "compareFalse"
            peer.answer(request, m.CompareResponse(ResultCode[code]))
        elif isinstance(op, m.DelRequest):
            peer.answer(request, m.DelResponse())
        elif isinstance(op, m.SearchRequest):
            page = find(request.controls, PagedResults)
            controls = () if page is None else (PagedResults(0, b"more").control(),)
            answers = [
                m.LDAPMessage(last, m.SearchResultEntry(op.base_object)),
                m.LDAPMessage(last, m.SearchResultDone(), controls),
            ]
            peer.send(b"".join(map(codec.encode, answers)))


def _look_up(connection: Connection) -> None:
    assert [e.dn for e in connection.search("cn=it", scope="base")] == ["cn=it"]


def _read_pages(connection: Connection) -> None:
    request = requests.search("cn=it", "(cn=*)", "sub", (), 0)
    with connection.stream(request, page_size=2, timeout=2) as stream:
        assert next(stream).dn == "cn=it"


def _submit(connection: Connection) -> None:
    submitted = [connection.submit.compare("cn=a", "cn", "true") for _ in range(2)]
    assert all(one.result() for one in submitted)


WORK: Final[dict[str, Callable[[Connection], object]]] = {
    "compare": lambda connection: connection.compare("cn=a", "cn", "true"),
    "delete": lambda connection: connection.delete("cn=a"),
    "look up": _look_up,
    "pages": _read_pages,
    "rebind": lambda connection: connection.rebind(ME),
    "submit": _submit,
    "close": lambda connection: connection.close(),
}


@pytest.mark.parametrize("kind", WORK)
def test_what_follows_gets_its_own_answers(kind: str) -> None:
    """Wherever it comes: nothing hangs, nothing is mixed up, nothing stays taken."""
    work = WORK[kind]
    with hostile(echo) as server:
        at, interrupted = 0, True
        while interrupted:
            at += 1
            connection: Any = Connection(server.url, ME, timeout=2)
            connection.bind()
            with warnings.catch_warnings():
                if kind == "close":
                    # Of what has been let go of already, Python closes the socket.
                    warnings.simplefilter("ignore", ResourceWarning)
                interrupted = Alarm(at).during(partial(work, connection))
            if kind in {"close", "rebind"}:
                connection.bind(ME)
            assert connection.compare("cn=a", "cn", "true"), at
            assert not connection.compare("cn=a", "cn", "false"), at
            assert not connection.has_open_pages or kind == "pages", at
            connection.rebind(ME)
            connection.close()
        assert at > 20


def test_an_error_of_a_flow_ends_the_connection_too() -> None:
    """What is no error of LDAP may be a signal's: nobody knows what was done."""
    with hostile(echo) as server, Connection(server.url, ME, timeout=2) as connection:
        connection.bind()
        link: Any = connection._link

        def flow() -> Any:
            yield from ()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            connection._operate(flow())
        assert link.engine.closed
        assert connection.compare("cn=a", "cn", "true")


def test_a_refusal_leaves_it_open() -> None:
    """What is an error of LDAP says all that there is to know."""
    with hostile(echo) as server, Connection(server.url, ME, timeout=2) as connection:
        link: Any = connection._link
        with pytest.raises(LDAPError):
            connection.add("cn=a", {"cn": []})
        assert cast("Any", connection)._link is link
        assert not link.engine.closed


def test_a_signal_handler_that_asks_in_the_middle_of_a_request() -> None:
    """It is told so; no octets of one request stand between those of another."""
    goes_on = threading.Event()

    def late(peer: Peer) -> None:
        peer.accept_bind()
        peer.socket.recv(1, socket.MSG_PEEK)
        time.sleep(0.2)  # until the sockets are full
        os.kill(os.getpid(), signal.SIGALRM)
        goes_on.wait(10)
        echo_one(peer)

    refused: list[LDAPError] = []
    with hostile(late) as server, Connection(server.url, ME, timeout=10) as connection:

        def asks(_: int, __: FrameType | None) -> None:
            try:
                connection.delete("cn=b")
            except LDAPError as error:
                refused.append(error)
            goes_on.set()

        before = signal.signal(signal.SIGALRM, asks)
        try:
            # More than the sockets hold, so that it waits in the middle.
            assert connection.compare("cn=a", "cn", b"x" * 50_000_000)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert connection.is_open
    assert [type(error) for error in refused] == [LocalProtocolError]


def echo_one(peer: Peer) -> None:
    """Answer one comparison, whatever its size."""
    size = 2 + int(peer.socket.recv(6, socket.MSG_PEEK)[1] & 0x7F)
    head = peer.socket.recv(size, socket.MSG_WAITALL | socket.MSG_PEEK)
    left = size + int.from_bytes(head[2:], "big")
    octets = bytearray()
    while len(octets) < left:
        octets += peer.socket.recv(min(1 << 20, left - len(octets)))
    found = codec.decode(bytes(octets), max_size=1 << 30)
    assert found is not None
    request, _ = found
    assert isinstance(request.op, m.CompareRequest)
    peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
    peer.wait_for_end()
