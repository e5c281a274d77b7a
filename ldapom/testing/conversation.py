"""One connection's octets in and out, without the connection.

1. Octets come in by `receive` and go out by `chunks`, which works only as fast as its
   chunks are taken: a large result is never built as one.
2. Requests are answered one after the other in the order they came, but an Abandon is
   obeyed at once, also for the request that is being answered.
3. What is no LDAP ends in a Notice of Disconnection (RFC 4511 4.4.1).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ldapom.errors import RemoteProtocolError, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import is_sasl, is_start_tls
from ldapom.protocol.engine import Engine, Role
from ldapom.protocol.layers import LayerStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.layers import Layer
    from ldapom.testing.handler import Handle

#: Octets that are collected before they go out.
CHUNK = 65_536


class Conversation:
    """The server's half of one connection.

    Args:
        handle: What answers a request.
        layer: Gives what the SASL bind that was just answered negotiated.

    Attributes:
        closed: Whether nothing more will be answered.
        starts_tls: Whether TLS begins behind what `chunks` has given.
    """

    def __init__(
        self, handle: Handle, layer: Callable[[], Layer | None] = lambda: None
    ) -> None:
        self._handle = handle
        self._layer = layer
        self._engine = Engine(Role.server)
        self._requests: deque[m.LDAPMessage] = deque()
        self._current = 0
        self._abandoned = False
        self._notice = False
        self.closed = False
        self.starts_tls = False

    def receive(self, data: bytes) -> None:
        """Take octets from the client; none mean that it has closed."""
        if self.closed:
            return
        if not data:
            self.closed = True
            return
        try:
            self._engine.receive_data(data)
        except RemoteProtocolError:
            # Requests before the broken one are still answered.
            self._notice = True
        self._sort()

    def _sort(self) -> None:
        while (message := self._engine.next_request()) is not None:
            if isinstance(message.op, m.AbandonRequest):
                self._abandon(message.op.message_id)
            self._requests.append(message)

    def _abandon(self, message_id: int) -> None:
        if message_id == self._current:
            self._abandoned = True
        waiting = [
            found
            for found in self._requests
            if found.message_id != message_id or not _can_be_abandoned(found)
        ]
        self._requests = deque(waiting)

    def chunks(self) -> Iterator[bytes]:
        """Answer what has come, and give the answers' octets a piece at a time."""
        while self._requests and not self.closed and not self.starts_tls:
            yield from self._answer(self._requests.popleft())
        if self._notice and not self.closed:
            self.closed = True
            yield self._disconnection()

    def _answer(self, message: m.LDAPMessage) -> Iterator[bytes]:
        """The answers to one request; pieces of the size of a chunk, and the rest."""
        engine = self._engine
        self._current, self._abandoned = message.message_id, False
        succeeded = False
        answers = self._handle(message)
        pieces: list[bytes] = []
        size = 0
        for answer in answers:
            if self._abandoned and _can_be_abandoned(message):
                break
            engine.reply(answer.message_id, answer.op, answer.controls)
            pieces.append(engine.data_to_send())
            size += len(pieces[-1])
            succeeded = getattr(answer.op, "result_code", None) == ResultCode.success
            if size >= CHUNK:
                yield b"".join(pieces)
                pieces, size = [], 0
        self._current = 0
        # Before the last octets are out: the client may answer them with TLS at once.
        self._after(message, succeeded=succeeded)
        if pieces:
            yield b"".join(pieces)

    def _after(self, message: m.LDAPMessage, *, succeeded: bool) -> None:
        if isinstance(message.op, m.UnbindRequest):
            self.closed = True
        elif is_start_tls(message.op):
            if succeeded:
                self.starts_tls = True
            else:
                self._go_on(None)
        elif is_sasl(message.op):
            # The answer's octets are taken: they are not in the layer yet.
            self._go_on(self._layer() if succeeded else None)

    def _go_on(self, layer: Layer | None) -> None:
        """Read what came behind a request that could change how it travels."""
        try:
            self._engine.resume(layer)
        except RemoteProtocolError:
            self._notice = True
        self._sort()

    def tls_started(self) -> None:
        """Go on inside TLS.

        Raises:
            RemoteProtocolError: Clear octets came behind the StartTLS request.
        """
        self.starts_tls = False
        self._engine.cut_over()

    def disconnect(self) -> bytes:
        """End the conversation from this side; returns what tells the client."""
        self.closed = True
        return self._disconnection(ResultCode.unavailable, "the server is stopping")

    def _disconnection(
        self,
        code: ResultCode = ResultCode.protocolError,
        text: str = "these octets are no LDAP request",
    ) -> bytes:
        # The engine that read nonsense is at its end; the notice is written by itself.
        engine = Engine(Role.server)
        notice = m.ExtendedResponse(code, "", text, name=m.NOTICE_OF_DISCONNECTION)
        engine.reply(0, notice)
        data = engine.data_to_send()
        layer = self._engine.layer
        return data if layer is None else LayerStream(layer).protect(data)


def _can_be_abandoned(message: m.LDAPMessage) -> bool:
    """RFC 4511 4.11: Abandon, Bind, Unbind and StartTLS can not be."""
    alone = (m.AbandonRequest, m.BindRequest, m.UnbindRequest)
    return not isinstance(message.op, alone) and not is_start_tls(message.op)
