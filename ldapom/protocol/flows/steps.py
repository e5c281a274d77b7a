"""What a flow may wish for, and the step all flows are made of.

A flow is a generator that talks to the engine and yields wishes; a driver grants
them. Rules:

1. A flow touches no clock, no socket and no schema.
2. Clean-up never yields: it forgets the message id, which queues an Abandon.
3. A driver that can not grant a wish throws the reason into the flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from attrs import frozen

from ldapom.errors import ResultCode, ResultError
from ldapom.protocol import _reasons
from ldapom.protocol.messages import (
    Control,
    IntermediateResponse,
    LDAPMessage,
    ProtocolOp,
    Result,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import Request
    from ldapom.protocol.referrals import Place

R = TypeVar("R")


@frozen
class Receive:
    """Send what is queued, then wait for at least one message of this id."""

    message_id: int


@frozen
class Send:
    """Send what is queued, and wait for no answer."""


@frozen
class StartTLS:
    """Send and receive nothing more in clear: begin the TLS handshake."""


@frozen
class Call:
    """Do what may wait for somebody else, such as a KDC, without holding up others.

    Attributes:
        function: Leaves its result, or its error, where the flow finds it.
        what: The thing done, for the error when the time runs out.
    """

    function: Callable[[], None]
    what: str


class Stay:
    """A connection to another server: opened when first visited, then left for good.

    Args:
        place: Which server, and as whom.
    """

    __slots__ = ("_leave", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self._leave: Callable[[], None] | None = None

    def begin(self, leave: Callable[[], None]) -> None:
        """Take note of how to close the connection; it must not wait."""
        self._leave = leave

    def leave(self) -> None:
        """Close the connection, if there is one; never waits."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


@frozen
class Visit:
    """Carry out a flow on another server, within the same deadline.

    Attributes:
        stay: Where.
        begin: Makes the flow for that server's engine; it leaves its result where
            the flow that wishes finds it.
        request: What is sent, where it may hold a secret.
    """

    stay: Stay
    begin: Callable[[Engine], Flow[None]]
    request: Request | None = None


Wish: TypeAlias = "Receive | Send | StartTLS | Call | Visit"
Flow: TypeAlias = "Generator[Wish, Sequence[LDAPMessage], R]"


def elsewhere(function: Callable[[], R], what: str) -> Flow[R]:
    """Have a function called where it may block; return or raise what it does."""
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001  # it is raised below
            errors.append(error)

    yield Call(run, what)
    if errors:
        raise errors[0]
    return results[0]


def visit(
    stay: Stay, begin: Callable[[Engine], Flow[R]], request: Request | None = None
) -> Flow[R]:
    """Have a flow carried out on another server; return or raise what it does.

    Raises:
        ConnectError, ResultError: There is no way there, for this identity.
    """
    results: list[R] = []

    def carry_out(engine: Engine) -> Flow[None]:
        results.append((yield from begin(engine)))

    yield Visit(stay, carry_out, request)
    return results[0]


def call(
    engine: Engine,
    op: ProtocolOp,
    controls: Sequence[Control] = (),
    *,
    begun: Callable[[], None] | None = None,
) -> Flow[LDAPMessage]:
    """Send a request and return its one answer, whatever its result code.

    Args:
        engine: The connection's.
        op: The request.
        controls: Its controls.
        begun: Called when nothing has refused it and it is about to be sent.
    """
    message_id = engine.send(op, controls)
    if begun is not None:
        begun()
    try:
        while True:
            for message in (yield Receive(message_id)):
                if not isinstance(message.op, IntermediateResponse):
                    return message  # the only answer: nothing is left to forget
    except BaseException:
        engine.forget(message_id)
        raise


def settle(engine: Engine) -> Flow[None]:
    """Wait for the answers that nobody wants: a Bind or StartTLS stands alone."""
    for message_id in engine.unwanted:
        yield Receive(message_id)


def result_of(message: LDAPMessage) -> Result:
    """The result fields of an answer."""
    assert isinstance(message.op, Result)  # noqa: S101  # the engine checked the kind
    return message.op


def error_of(
    result: Result, request: object, controls: Sequence[Control] = ()
) -> ResultError:
    """The exception for a result: the class of its code, with all the server said."""
    return _reasons.error_of(result, request, controls)


def check(result: Result, request: object, controls: Sequence[Control] = ()) -> None:
    """Raise unless the result is success; the answer's controls may tell why."""
    if result.result_code != ResultCode.success:
        raise error_of(result, request, controls)
