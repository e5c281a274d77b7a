"""The log of a connection: operations, messages, octets, each to its own logger.

1. ``ldapom.connection`` tells at INFO of each operation and what came of it.
2. ``ldapom.protocol`` tells at DEBUG of each message, ``>`` sent and ``<`` received.
3. ``ldapom.transport`` tells at INFO of sockets and TLS, at DEBUG of how many octets
   went, at `OCTETS` which ones.
4. Nothing is shown unless the program sets up `logging`. Levels may change any time and
   count from the next request on.
5. No record holds a secret, or an object that does: text alone is given to `logging`.
"""

from __future__ import annotations

import logging
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Final

from ldapom._printable import printable
from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import _render, extended
from ldapom.protocol import messages as m
from ldapom.protocol.observer import Observer
from ldapom.protocol.usage import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.codec import Buffer
    from ldapom.protocol.observer import Described, Receiver
    from ldapom.protocol.usage import Usage

#: The level below DEBUG at which the octets of messages are shown.
OCTETS: Final = 5

CONNECTION: Final = logging.getLogger("ldapom.connection")
PROTOCOL: Final = logging.getLogger("ldapom.protocol")
TRANSPORT: Final = logging.getLogger("ldapom.transport")
# Without a handler of its own the warnings of a library would go to stderr.
logging.getLogger("ldapom").addHandler(logging.NullHandler())

INFO, DEBUG = logging.INFO, logging.DEBUG

#: Octets on a line of a dump, and in all of it.
_WIDTH: Final = 16
_LONGEST_DUMP: Final = 65_536
#: Characters of the line of an operation, such as a filter or a text of the server.
_LONGEST: Final = 500

_numbers = count(1)


class Recorder(Observer):
    """Counts and logs what passes through one engine.

    Args:
        usage: Where to count.
        url: The server, as the settings name it.
    """

    __slots__ = ("_is_open", "_loud", "_name", "_url", "usage")

    def __init__(self, usage: Usage, url: str) -> None:
        self.usage = usage
        self._url = url
        self._name = f"#{next(_numbers)}"
        self._is_open = False
        self._loud = False

    # --- the transport -----------------------------------------------------------

    def opened(self, transport: Described) -> None:
        """Count and log a transport."""
        self._is_open = True
        self.usage.count_open()
        if TRANSPORT.isEnabledFor(INFO):
            where = transport.description
            TRANSPORT.info("%s connected to %s: %s", self._name, self._url, where)

    def secured(self, where: str) -> None:
        """Count and log a TLS handshake."""
        self.usage.tls_started += 1
        TRANSPORT.info("%s TLS started: %s", self._name, where)

    def closed(self) -> None:
        """Count and log the end, once."""
        if self._is_open:
            self._is_open = False
            self.usage.count_close()
            TRANSPORT.info("%s closed", self._name)

    def departs(self, size: int) -> None:
        """Count octets, and log how many."""
        self.usage.bytes_sent += size
        if self._loud and TRANSPORT.isEnabledFor(DEBUG):
            TRANSPORT.debug("%s sending %d octets", self._name, size)

    def arrives(self, size: int) -> None:
        """Count octets, and log how many."""
        self.usage.bytes_received += size
        if self._loud and TRANSPORT.isEnabledFor(DEBUG):
            TRANSPORT.debug("%s received %d octets", self._name, size)

    # --- messages ----------------------------------------------------------------

    def sent(self, message: m.LDAPMessage, octets: bytes) -> float:
        """Count a request, and log it as far as anybody wants to see it."""
        # Levels are looked at once a request; each look costs 0.05 µs.
        self._loud = loud = (
            CONNECTION.isEnabledFor(INFO)
            or PROTOCOL.isEnabledFor(DEBUG)
            or TRANSPORT.isEnabledFor(DEBUG)
        )
        if loud:
            if PROTOCOL.isEnabledFor(DEBUG):
                PROTOCOL.debug("%s %s", self._name, _message(">", message))
            if TRANSPORT.isEnabledFor(OCTETS):
                self._dump(">", message, octets)
        usage = self.usage
        usage.messages_sent += 1
        usage._counts[message.op.__class__] += 1
        usage._last = now = monotonic()
        return now

    def decoded(self, count: int) -> None:
        """Count messages."""
        self.usage.messages_received += count

    def found(self, entries: int, references: int) -> None:
        """Count what searches deliver."""
        self.usage.entries += entries
        if references:
            self.usage.references += references

    def hearing(self, receive: Receiver) -> Receiver:
        """Log each message that is received, where anybody wants to see it."""
        if not self._loud:
            return receive
        messages, octets = PROTOCOL.isEnabledFor(DEBUG), TRANSPORT.isEnabledFor(OCTETS)
        if not messages and not octets:
            return receive

        def heard(
            buffer: Buffer, start: int, /, *, max_size: int
        ) -> tuple[m.LDAPMessage, int] | None:
            found = receive(buffer, start, max_size=max_size)
            if found is not None:
                message, end = found
                if octets:
                    self._dump("<", message, bytes(buffer[start:end]))
                if messages:
                    PROTOCOL.debug("%s %s", self._name, _message("<", message))
            return found

        return heard

    def _dump(self, mark: str, message: m.LDAPMessage, octets: bytes) -> None:
        # A record's arguments are text, because some handlers keep them as they are.
        TRANSPORT.log(OCTETS, "%s %s", self._name, _dump(mark, message, octets))

    # --- operations --------------------------------------------------------------

    def answered(
        self,
        request: m.ProtocolOp,
        answer: m.LDAPMessage,
        *,
        began: float,
        results: int,
    ) -> None:
        """Log an operation: what was asked, what came of it, how long it took."""
        if not self._loud or not CONNECTION.isEnabledFor(INFO):
            return
        took = (monotonic() - began) * 1000
        outcome = _outcome(answer.op)
        if isinstance(request, m.SearchRequest):
            outcome += f", {results} result{'' if results == 1 else 's'}"
        text = f"{describe(request)}: {outcome}, {took:.1f} ms"
        CONNECTION.info("%s %s", self._name, text)

    def followed(self, where: str) -> None:
        """Count and log that a reference led here."""
        self.usage.referrals_followed += 1
        CONNECTION.info("%s follows a reference to %s", self._name, where)

    def bound(self, who: str) -> None:
        """Log who the connection is from here on."""
        if CONNECTION.isEnabledFor(INFO):
            CONNECTION.info("%s bound as %s", self._name, _short(printable(who)))

    def restored(self, lost: str) -> None:
        """Count and log that a connection was opened again."""
        self.usage.reconnects += 1
        why = _short(printable(lost))
        CONNECTION.info("%s reconnected to %s: %s", self._name, self._url, why)

    def failed(self, error: BaseException) -> None:
        """Log what ended an operation; `ResultError` is in the answer already."""
        if CONNECTION.isEnabledFor(INFO):
            text = _short(printable(str(error)))
            CONNECTION.info("%s failed: %s: %s", self._name, type(error).__name__, text)


# --- words -----------------------------------------------------------------------


def describe(request: m.ProtocolOp) -> str:
    """A request in one line, without secrets and without the values it changes."""
    more = _MORE.get(type(request))
    words = [KINDS.get(type(request), type(request).__name__)]
    words += more(request) if more is not None else [repr(_target(request))]
    return _short(" ".join(words))


def _target(request: m.ProtocolOp) -> str:
    return str(getattr(request, "target", ""))


def _bind(op: m.BindRequest) -> list[str]:
    how = op.authentication
    if isinstance(how, m.SaslCredentials):
        return [f"SASL {printable(how.mechanism)}"]
    if isinstance(how, m.SicilyAuthentication):
        return [f"Sicily {how.choice.name}"]
    return [f"as {op.name!r}" if op.name else "as nobody"]


def _search(op: m.SearchRequest) -> list[str]:
    words = [repr(op.base_object), op.scope.name, _render.shown_filter(op.filter)]
    if op.attributes:
        words.append("for " + printable(", ".join(op.attributes)))
    return words


def _modify(op: m.ModifyRequest) -> list[str]:
    changes = [f"{c.operation.name} {c.modification.type}" for c in op.changes]
    return [repr(op.object), "by " + printable(", ".join(changes))]


def _rename(op: m.ModifyDNRequest) -> list[str]:
    to = repr(op.new_rdn)
    if op.new_superior is not None:
        to += f" below {op.new_superior!r}"
    return [repr(op.entry), "to", to]


def _extended(op: m.ExtendedRequest) -> list[str]:
    name = _EXTENDED.get(op.name)
    return [repr(op.name), *([f"({name})"] if name else [])]


#: What people call the extended operations.
_EXTENDED: Final = {
    extended.START_TLS: "StartTLS",
    extended.WHO_AM_I: "Who am I?",
    extended.PASSWORD_MODIFY: "Password Modify",
    extended.CANCEL: "Cancel",
    extended.START_TRANSACTION: "Start Transaction",
    extended.END_TRANSACTION: "End Transaction",
}

_MORE: Final[dict[type, Callable[..., list[str]]]] = {
    m.BindRequest: _bind,
    m.SearchRequest: _search,
    m.ModifyRequest: _modify,
    m.ModifyDNRequest: _rename,
    m.CompareRequest: lambda op: [repr(op.entry), printable(op.attribute)],
    m.ExtendedRequest: _extended,
    m.UnbindRequest: lambda op: [],  # noqa: ARG005  # it has no fields
    m.AbandonRequest: lambda op: [f"message {op.message_id}"],
}


def _outcome(op: m.ProtocolOp) -> str:
    if not isinstance(op, m.Result):
        return type(op).__name__
    if op.result_code == ResultCode.success:
        return "success"
    said = printable(op.diagnostic_message.rstrip("\0\r\n "))
    text = f"{op.result_code.name} ({int(op.result_code)})"
    return _short(f"{text}: {said}" if said else text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _message(mark: str, message: m.LDAPMessage) -> str:
    """A message as lines, each behind its mark."""
    head = f"{mark} {type(message.op).__name__}, message {message.message_id}"
    return f"\n{mark}   ".join((head, *_parts(message)))


def _parts(message: m.LDAPMessage) -> Iterator[str]:
    try:
        yield from _render.fields(message.op, "")
        if message.controls:
            yield from _render.lines(message.controls, "", "controls:")
    except DecodeError as error:
        yield f"… {error}"


def _dump(mark: str, message: m.LDAPMessage, octets: bytes) -> str:
    """The octets of a message, or their number where they may hold a secret."""
    kind = type(message.op).__name__
    head = f"{mark} {len(octets)} octets, {kind}, message {message.message_id}"
    if _render.holds_secret(message):
        return f"{head}: hidden, they may hold a secret"
    return f"\n{mark} ".join((head, *_hexadecimal(octets)))


def _hexadecimal(octets: bytes) -> Iterator[str]:
    for start in range(0, min(len(octets), _LONGEST_DUMP), _WIDTH):
        part = octets[start : start + _WIDTH]
        shown = "".join(chr(c) if 32 <= c < 127 else "." for c in part)  # noqa: PLR2004  # what ASCII can print
        yield f"{start:04x}  {part.hex(' '):{3 * _WIDTH - 1}}  {shown}"
    if len(octets) > _LONGEST_DUMP:
        yield f"… {len(octets) - _LONGEST_DUMP} more"
