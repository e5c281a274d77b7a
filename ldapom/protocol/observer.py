"""What an engine tells of what passes through it; nobody has to listen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ldapom.protocol.codec import Buffer
    from ldapom.protocol.messages import LDAPMessage, ProtocolOp


class Described(Protocol):
    """What says in words what it is."""

    @property
    def description(self) -> str:
        """A line for people."""
        ...


class Receiver(Protocol):
    """`Codec.receive`: decodes the message that starts at a position."""

    def __call__(
        self, buffer: Buffer, start: int, /, *, max_size: int
    ) -> tuple[LDAPMessage, int] | None:
        """The message and the position behind it; None while octets are missing."""
        ...


class Observer:
    """One who sees everything and does nothing; others override what they want.

    The calls are made so that none of them happens once an entry: a stream costs the
    same whoever watches, unless they ask for each message with `hearing`.
    """

    __slots__ = ()

    def sent(self, message: LDAPMessage, octets: bytes) -> float:  # noqa: ARG002
        """A request was queued; gives back when, for `answered`."""
        return 0.0

    def answered(
        self, request: ProtocolOp, answer: LDAPMessage, *, began: float, results: int
    ) -> None:
        """The last answer to a request has come.

        Args:
            request: What was asked.
            answer: Its last answer.
            began: What `sent` gave for the request.
            results: How many messages came before it: entries and references.
        """

    def departs(self, size: int) -> None:
        """So many octets are on their way to the transport."""

    def arrives(self, size: int) -> None:
        """So many octets came from the transport."""

    def decoded(self, count: int) -> None:
        """So many messages were made of them."""

    def found(self, entries: int, references: int) -> None:
        """A search has delivered so much."""

    def hearing(self, receive: Receiver) -> Receiver:
        """The codec's `receive`, or one in its place that tells of each message."""
        return receive

    def opened(self, transport: Described) -> None:
        """A transport is there, which tells its two ends."""

    def secured(self, where: str) -> None:
        """TLS has begun on it."""

    def followed(self, where: str) -> None:
        """It was opened because a reference led there, to this URL."""

    def bound(self, who: str) -> None:
        """A bind has succeeded; ``who`` says as whom, and what protects it."""

    def restored(self, lost: str) -> None:
        """The connection is a new one in the place of another; ``lost`` says why."""

    def failed(self, error: BaseException) -> None:
        """An operation could not be carried out."""

    def closed(self) -> None:
        """The transport was let go; said as often as anybody closes it."""


#: Shared by all engines that nobody watches.
NOBODY = Observer()
