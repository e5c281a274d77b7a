"""Which messages belong together: requests, their answers, and what they hold up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom._printable import printable
from ldapom.errors import ConnectionLost, RemoteProtocolError
from ldapom.protocol import messages as m
from ldapom.protocol.extended import START_TLS

if TYPE_CHECKING:
    from ldapom.protocol.messages import LDAPMessage, ProtocolOp

#: What may answer what; `IntermediateResponse` may come before any of them.
ANSWERS: dict[type, tuple[type, ...]] = {
    m.BindRequest: (m.BindResponse,),
    m.SearchRequest: (
        m.SearchResultEntry,
        m.SearchResultReference,
        m.SearchResultDone,
    ),
    m.ModifyRequest: (m.ModifyResponse,),
    m.AddRequest: (m.AddResponse,),
    m.DelRequest: (m.DelResponse,),
    m.ModifyDNRequest: (m.ModifyDNResponse,),
    m.CompareRequest: (m.CompareResponse,),
    m.ExtendedRequest: (m.ExtendedResponse,),
}
_ANSWERS_OR_MORE = {
    kind: (*answers, m.IntermediateResponse) for kind, answers in ANSWERS.items()
}
#: What a bind of several messages proves itself with.
_LEGS: Final = (m.SaslCredentials, m.SicilyAuthentication)
#: What may have to stand alone; `stands_alone` looks closer.
_MAYBE_ALONE = (m.BindRequest, m.ExtendedRequest)
#: Answers that others follow.
NOT_LAST = (m.SearchResultEntry, m.SearchResultReference, m.IntermediateResponse)
UNANSWERED = (m.UnbindRequest, m.AbandonRequest)
REQUESTS = (*ANSWERS, *UNANSWERED)
#: Octets of a success without a word, which is no row of answers if it comes alone:
#: two of header, six of message id, nine of operation.
LONGEST_PLAIN: Final = 17
#: What a client that gives up tells the server about. A write is only forgotten:
#: its outcome is unknown, and an Abandon would not make it known.
WORTH_ABANDONING = (m.SearchRequest, m.CompareRequest, m.ExtendedRequest)


def is_start_tls(op: object) -> bool:
    """Whether it is the StartTLS request (RFC 4511 4.14)."""
    return isinstance(op, m.ExtendedRequest) and op.name == START_TLS


def is_sasl(op: object) -> bool:
    """Whether it is a step of a SASL bind, or of one that is like it."""
    return isinstance(op, m.BindRequest) and isinstance(op.authentication, _LEGS)


def stands_alone(op: object) -> bool:
    """Whether nothing else may be outstanding beside it (RFC 4511 4.2.1, 4.14.1)."""
    return isinstance(op, m.BindRequest) or is_start_tls(op)


def cuts_over(op: object) -> bool:
    """Whether what follows its success may travel otherwise."""
    return is_start_tls(op) or is_sasl(op)


@frozen(eq=False)
class Entries(m.LDAPMessage):
    """Several SearchResultEntry messages of one search, which came as one.

    A stream has no message of its own for each entry: that would cost more than the
    entry.

    Attributes:
        entries: Their operations; ``op`` is the last of them.
    """

    entries: list[m.SearchResultEntry] = field(factory=list)


class Outstanding:
    """A request that waits for its last answer."""

    __slots__ = ("alone", "answers", "began", "inbox", "op", "results", "unwanted")

    def __init__(self, op: ProtocolOp, began: float = 0.0) -> None:
        self.op = op
        self.began = began
        self.results = 0
        self.answers = _ANSWERS_OR_MORE[type(op)]
        self.alone = isinstance(op, _MAYBE_ALONE) and stands_alone(op)
        self.inbox: list[LDAPMessage] = []
        self.unwanted = False

    def add(self, message_id: int, entries: list[m.SearchResultEntry]) -> bool:
        """Take entries that came in a row; whether there is something new now.

        Raises:
            RemoteProtocolError: Entries are no answer to the request.
        """
        if m.SearchResultEntry not in self.answers:
            raise RemoteProtocolError(
                f"SearchResultEntry came in answer to {type(self.op).__name__}"
            )
        if self.unwanted:
            return False
        is_new = not self.inbox
        self.inbox.append(Entries(message_id, entries[-1], entries=entries))
        self.results += len(entries) - 1
        return is_new


def disconnection(message: LDAPMessage) -> ConnectionLost | None:
    """The error of a Notice of Disconnection (RFC 4511 4.4.1); None for all else."""
    op = message.op
    if message.message_id or not isinstance(op, m.ExtendedResponse):
        return None
    if op.name not in {None, m.NOTICE_OF_DISCONNECTION}:
        return None
    said = printable(op.diagnostic_message.rstrip("\0\r\n "))
    words = f": {said}" if said else ""
    return ConnectionLost(
        "the server ended the connection with "
        f"{op.result_code.name} ({int(op.result_code)}){words}"
    )


def missing(tail: bytes) -> int:
    """How many octets the message at the start of ``tail`` still lacks, at least."""
    if len(tail) < 2:  # noqa: PLR2004  # one octet of tag, one of length
        return 1
    first = tail[1]
    if first < 0x80:  # noqa: PLR2004  # X.690 8.1.3.4: the short form
        return max(1, 2 + first - len(tail))
    octets = first & 0x7F
    if len(tail) < 2 + octets:
        return 1
    length = int.from_bytes(tail[2 : 2 + octets], "big")
    return max(1, 2 + octets + length - len(tail))
