"""The sans-I/O heart: bytes in, messages out; it owns ids, buffers and the rules.

Rules of RFC 4511 that are kept here and nowhere else:

1. A message id is never in use twice (4.1.1.1), and 0 is the server's alone (4.4).
2. While a Bind or a StartTLS is outstanding nothing else is, before or behind it
   (4.2.1, 4.14.1): octets glued behind a StartTLS response are refused.
3. Bind, Unbind, Abandon and StartTLS can not be abandoned (4.11): giving up on one
   of the first two or the last ends the connection instead.
4. Answers to unknown or abandoned ids are dropped (4.11); an answer of the wrong
   kind ends the connection.
5. What follows the end of a SASL bind belongs to the layer it negotiated (5.2): it is
   left undecoded until `resume` says which one that is.

The engine has no clock, no socket and no lock; whoever drives it has them.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from enum import Enum
from typing import TYPE_CHECKING, Final

from ldapom.errors import (
    ConnectionLost,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
)
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import (
    LONGEST_PLAIN,
    NOT_LAST,
    REQUESTS,
    UNANSWERED,
    WORTH_ABANDONING,
    Outstanding,
    cuts_over,
    disconnection,
    is_start_tls,
    missing,
    stands_alone,
)
from ldapom.protocol.codec import DEFAULT_MAX_SIZE, Codec, select
from ldapom.protocol.layers import LayerStream
from ldapom.protocol.observer import NOBODY
from ldapom.secrets import HiddenBytes, bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.layers import Layer
    from ldapom.protocol.messages import Control, LDAPMessage, ProtocolOp
    from ldapom.protocol.observer import Observer
    from ldapom.protocol.referrals import Guide


MAX_ID: Final = m.LDAPMessage.MAX_ID


class Role(Enum):
    """Which end of the connection an engine is."""

    client = "client"
    server = "server"


class Engine:
    """One end of an LDAP connection without the connection.

    Args:
        role: Which end this is.
        codec: The codec to use; the selected default when left out.
        max_message_size: Largest message accepted, in octets.
        observer: Who is told of what passes through; nobody when left out.
    """

    def __init__(
        self,
        role: Role = Role.client,
        *,
        codec: Codec | None = None,
        max_message_size: int = DEFAULT_MAX_SIZE,
        observer: Observer = NOBODY,
    ) -> None:
        self.role = role
        self.observer = observer
        self.codec = codec or select(None)
        self._encode, self._decode = self.codec.encode, self.codec.receive
        self.max_message_size = max_message_size
        self._out: list[bytes] = []
        self._tail = b""
        self._chunks: list[bytes] = []
        self._missing = 0
        self._last_id = 0
        self._outstanding: dict[int, Outstanding] = {}
        self._finished: dict[int, list[LDAPMessage]] = {}
        self._ignored: list[int] = []
        self._arrived: list[int] = []
        self._requests: deque[LDAPMessage] = deque()
        self._paused = False
        self._stream: LayerStream | None = None
        self._failure: LDAPError | None = None
        self.guide: Guide | None = None  # where referrals may lead
        self.closed = False

    # --- sending ---------------------------------------------------------------

    def send(self, op: ProtocolOp, controls: Sequence[Control] = ()) -> int:
        """Queue a request and return its message id.

        After calling this, send `data_to_send()`.

        Raises:
            LocalProtocolError: The request can not be encoded, or may not be sent
                while others are outstanding.
            ConnectionLost: The connection has ended.
        """
        if self.closed or self._outstanding:
            self._check_may_send(op)
        while self._ignored:
            self._finished.pop(self._ignored.pop(), None)
        message_id = self._last_id % MAX_ID + 1
        while message_id in self._outstanding:
            message_id = message_id % MAX_ID + 1
        message = m.LDAPMessage(message_id, op, controls)
        try:
            self._out.append(self._encode(message))
        except LocalProtocolError as error:
            # The frames of the codec hold octets that a debugger would print.
            raise bare(error) from None
        self._last_id = message_id
        began = self.observer.sent(message, self._out[-1])
        if not isinstance(op, UNANSWERED):
            self._outstanding[message_id] = Outstanding(op, began)
        elif isinstance(op, m.UnbindRequest):
            self.closed = True
        return message_id

    def reply(
        self, message_id: int, op: ProtocolOp, controls: Sequence[Control] = ()
    ) -> None:
        """Queue an answer (server role), or with id 0 an unsolicited notification."""
        self._out.append(self._encode(m.LDAPMessage(message_id, op, controls)))

    @property
    def queued(self) -> int:
        """How many messages wait to be sent; see `data_to_send`."""
        return len(self._out)

    def data_to_send(self) -> bytes:
        """Take the octets that are to be sent now; empty when there are none."""
        out = self._out
        if len(out) == 1:
            data = out.pop()
        else:
            data = b"".join(out)
            out.clear()
        if self._stream is not None:
            try:
                data = self._stream.protect(HiddenBytes(data))
            except LDAPError as error:
                self.fail(error)
                raise
        if data:
            self.observer.departs(len(data))
        # It may hold a password, and a debugger prints the locals of whoever sends it.
        return HiddenBytes(data)

    @property
    def has_asked(self) -> bool:
        """Whether a request was sent before; the server may be busy with it still."""
        return self._last_id > 0

    def forget(self, message_id: int) -> None:
        """Give up on a request; nothing more of it is ever delivered.

        Harmless when the request is answered or unknown. A search, compare or
        extended operation gets an Abandon; a Bind or StartTLS ends the connection.
        """
        self._finished.pop(message_id, None)
        waiting = self._outstanding.pop(message_id, None)
        if waiting is None or self.closed:
            return
        if waiting.alone:
            self.fail(ConnectionLost("a bind or StartTLS was given up half-way"))
        elif isinstance(waiting.op, WORTH_ABANDONING):
            self.send(m.AbandonRequest(message_id))

    def drop(self, message_id: int) -> None:
        """Ignore what answers a request, without telling the server.

        Until its last answer is there the request is one of `unwanted`.
        """
        self._finished.pop(message_id, None)
        waiting = self._outstanding.get(message_id)
        if waiting is not None:
            waiting.unwanted = True
            waiting.inbox.clear()

    @property
    def unwanted(self) -> tuple[int, ...]:
        """Ids of requests that were dropped and are not answered yet.

        A Bind or StartTLS has to wait for them: `take` gives their last answer.
        """
        return tuple(n for n, waiting in self._outstanding.items() if waiting.unwanted)

    def _check_may_send(self, op: ProtocolOp) -> None:
        self.check_open()
        if not self._outstanding or isinstance(op, UNANSWERED):
            return
        if stands_alone(op):
            kind = type(op).__name__ if not is_start_tls(op) else "StartTLS"
            raise LocalProtocolError(
                f"{kind} has to wait until the {len(self._outstanding)} outstanding "
                "operation(s) are answered: close open search streams first"
            )
        if next(iter(self._outstanding.values())).alone:  # it is the only one
            raise LocalProtocolError("a bind or StartTLS is outstanding")

    # --- receiving -------------------------------------------------------------

    def receive_data(self, data: bytes) -> None:
        """Take octets from the peer; what they complete is ready for `take`.

        Raises:
            DecodeError: They are no LDAP message.
            RemoteProtocolError: The peer broke another rule. After either of them
                the connection can only be closed.
        """
        if self.closed:
            return
        self.observer.arrives(len(data))
        try:
            if self._stream is not None:
                data = self._stream.open(data)
            if data and (self._chunks or self._tail):
                data = self._joined(data)
            if data:
                self._decode_all(data)
        except RemoteProtocolError as error:
            self.fail(error)
            # A debugger would print the octets, which may hold a secret.
            data = b""
            raise bare(error) from None

    def _joined(self, data: bytes) -> bytes:
        """What is behind the last message; nothing until the next may be whole."""
        # A message of many reads is joined once, when its last octet is there, so its
        # cost stays linear.
        self._chunks.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return b""
        data = b"".join((self._tail, *self._chunks))
        self._chunks.clear()
        self._tail = b""
        return data

    def receive_eof(self) -> None:
        """Take note that the peer will send no more."""
        if self.closed:
            return
        half = ""
        if self._tail or self._chunks:
            half = " in the middle of a message"
        elif self._stream is not None and self._stream.is_half:
            half = " in the middle of a SASL buffer"
        self.fail(ConnectionLost(f"the peer closed the connection{half}"))

    def _decode_all(self, data: bytes) -> None:
        receive = self.observer.hearing(self._decode)
        follows = receive is self._decode and self.role is Role.client
        position = count = 0
        end, limit = len(data), self.max_message_size
        try:
            while position < end and not self._paused and not self.closed:
                if follows and end - position > LONGEST_PLAIN:
                    taken, position = self._take_row(data, position)
                    count += taken
                    if taken:
                        continue
                found = receive(data, position, max_size=limit)
                if found is None:
                    break
                message, position = found
                count += 1
                self._accept(message)
        finally:
            self.observer.decoded(count)
        self._tail = data[position:] if position else data
        self._missing = missing(self._tail) if self._tail else 0

    def _accept(self, message: LDAPMessage) -> None:
        if self.role is Role.server:
            self._accept_request(message)
            return
        message_id = message.message_id
        waiting = self._outstanding.get(message_id)
        if waiting is None:
            if (lost := disconnection(message)) is not None:
                self.fail(lost)
            return
        op, inbox = message.op, waiting.inbox
        if not isinstance(op, waiting.answers):
            raise RemoteProtocolError(
                f"{type(op).__name__} came in answer to {type(waiting.op).__name__}"
            )
        if not inbox:
            self._arrived.append(message_id)
        if isinstance(op, NOT_LAST):
            if not waiting.unwanted:
                inbox.append(message)
            return
        inbox.append(message)
        del self._outstanding[message_id]
        self._finished[message_id] = inbox
        if waiting.unwanted:
            self._ignored.append(message_id)
        results = waiting.results + len(inbox) - 1
        self.observer.answered(
            waiting.op, message, began=waiting.began, results=results
        )
        # What follows belongs to TLS, or to a SASL layer: leave it undecoded.
        if waiting.alone:
            self._paused = cuts_over(waiting.op) and not getattr(op, "result_code", 1)

    def _take_row(self, data: bytes, position: int) -> tuple[int, int]:
        """Take answers that stand here in a row: how many, and where they end."""
        message_id, entries, last, position = self.codec.receive_answers(
            data, position, max_size=self.max_message_size
        )
        if entries:
            waiting = self._outstanding.get(message_id)
            if waiting is not None and waiting.add(message_id, entries):
                self._arrived.append(message_id)
        if last is None:
            return len(entries), position
        self._accept(last)
        return len(entries) + 1, position

    def _accept_request(self, message: LDAPMessage) -> None:
        if not isinstance(message.op, REQUESTS) or message.message_id == 0:
            raise RemoteProtocolError(
                f"{type(message.op).__name__} (id {message.message_id}) is no request"
            )
        self._requests.append(message)
        # What a server answers to a SASL bind decides how what follows is protected.
        self._paused = cuts_over(message.op)

    def take(self, message_id: int) -> list[LDAPMessage]:
        """Take what has arrived for a request since the last call, perhaps nothing.

        Raises:
            LDAPError: The connection failed before the last answer came.
        """
        finished = self._finished.pop(message_id, None)
        if finished is not None:
            return finished
        waiting = self._outstanding.get(message_id)
        if waiting is not None and waiting.inbox:
            taken, waiting.inbox = waiting.inbox, []
            waiting.results += len(taken)
            return taken
        if self.closed:
            self.check_open()
        return []

    def arrived(self) -> list[int]:
        """Take the ids for which `take` has something new since the last call."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def next_request(self) -> LDAPMessage | None:
        """Take the next request (server role); None when there is none."""
        return self._requests.popleft() if self._requests else None

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return len(self.unwanted) == len(self._outstanding)

    # --- cut-over and end ------------------------------------------------------

    def cut_over(self) -> None:
        """Go on behind a StartTLS: the next octets come from inside TLS.

        Raises:
            RemoteProtocolError: Clear octets came glued behind the StartTLS message;
                an attacker in the middle could have put them there.
        """
        if self._tail or self._chunks:
            error = RemoteProtocolError(
                f"{len(self._tail) + sum(map(len, self._chunks))} octets came in "
                "clear behind the StartTLS message; they may be injected"
            )
            self.fail(error)
            raise error
        self._paused = False

    def resume(self, layer: Layer | None = None) -> None:
        """Go on after a SASL bind, or after a StartTLS request was refused.

        Args:
            layer: What the bind negotiated; it protects both ways from here on. None
                leaves in place what was there (RFC 4422 3.7).

        Raises:
            RemoteProtocolError: What came behind the bind is no such buffer.
        """
        self._paused = False
        tail = b"".join((self._tail, *self._chunks))
        self._chunks.clear()
        self._tail, self._missing = b"", 0
        if layer is not None:
            self._stream = LayerStream(layer)
        if not tail:
            return
        try:
            if self._stream is not None and layer is not None:
                tail = self._stream.open(tail)
            if tail:
                self._decode_all(tail)
        except RemoteProtocolError as error:
            self.fail(error)
            tail = b""
            raise bare(error) from None

    @property
    def layer(self) -> Layer | None:
        """The SASL security layer that protects the connection; None is none."""
        return None if self._stream is None else self._stream.layer

    def fail(self, error: LDAPError) -> None:
        """End the connection; whoever waits gets this error."""
        if self._failure is None:
            self._failure = error
        self.closed = True
        self._out.clear()

    def check_open(self) -> None:
        """Raise what ended the connection, if anything has."""
        if self._failure is not None:
            # A copy: one exception raised in several places would collect tracebacks.
            raise copy(self._failure)
        if self.closed:
            raise ConnectionLost("the connection is closed")
