"""One connection's octets in and out, without the connection.

1. Octets come in by `receive` and go out by `chunks`, which works only as fast as its
   chunks are taken: a large result is never built as one.
2. Requests are answered one after the other in the order they came, but an Abandon or
   a Cancel is obeyed at once, also for the request that is being answered.
3. What is no LDAP ends in a Notice of Disconnection (RFC 4511 4.4.1).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ldapom.errors import DecodeError, RemoteProtocolError, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import is_sasl, is_start_tls
from ldapom.protocol.engine import Engine, Role
from ldapom.protocol.extended import CANCEL, Cancel
from ldapom.protocol.layers import LayerStream
from ldapom.testing.handler import RESPONSES
from ldapom.testing.watching import IDLE

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
        #: Requests that were cancelled and not answered yet.
        self._cancelled: set[int] = set()
        #: The answers to Cancel requests, by their ids.
        self._cancels: dict[int, ResultCode] = {}
        #: Searches that stay, by their ids, and what they go on to answer.
        self._staying: dict[int, Iterator[m.LDAPMessage]] = {}
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
            elif _is_cancel(message.op):
                self._cancels[message.message_id] = self._cancel(message.op)
            self._requests.append(message)

    @property
    def stays(self) -> bool:
        """Whether there is a search that has something to tell at any moment."""
        return bool(self._staying)

    def _abandon(self, message_id: int) -> None:
        self._staying.pop(message_id, None)
        if message_id == self._current:
            self._abandoned = True
        waiting = [
            found
            for found in self._requests
            if found.message_id != message_id or not _can_be_abandoned(found)
        ]
        self._requests = deque(waiting)

    def _cancel(self, request: m.ProtocolOp) -> ResultCode:
        """Stop an operation (RFC 3909), also the one that is being answered."""
        assert isinstance(request, m.ExtendedRequest)  # noqa: S101  # it is a Cancel
        try:
            wanted = Cancel.decode(request.value).message_id
        except DecodeError:
            return ResultCode.protocolError
        if wanted == self._current:
            self._cancelled.add(wanted)
            return ResultCode.success
        if wanted in self._staying:
            done = m.SearchResultDone(ResultCode.canceled)
            self._staying[wanted] = iter([m.LDAPMessage(wanted, done)])
            return ResultCode.success
        for waiting in self._requests:
            if waiting.message_id == wanted:
                if not _can_be_abandoned(waiting) or _is_cancel(waiting.op):
                    return ResultCode.cannotCancel
                self._cancelled.add(wanted)
                return ResultCode.success
        return ResultCode.noSuchOperation

    def chunks(self) -> Iterator[bytes]:
        """Answer what has come, and give the answers' octets a piece at a time."""
        yield from self._answered()
        while self._staying and not self.closed and not self.starts_tls:
            yield from self._news()
            if not self._requests:
                break
            # They were received while what was new went out.
            yield from self._answered()
        if self._notice and not self.closed:
            self.closed = True
            yield self._disconnection()

    def _answer(self, message: m.LDAPMessage) -> Iterator[bytes]:
        """The answers to one request; pieces of the size of a chunk, and the rest."""
        engine = self._engine
        self._current, self._abandoned = message.message_id, False
        succeeded = False
        answers = self._answers(message)
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

    def _answered(self) -> Iterator[bytes]:
        while self._requests and not self.closed and not self.starts_tls:
            yield from self._answer(self._requests.popleft())

    def _news(self) -> Iterator[bytes]:
        """What searches that stay have to tell by now."""
        for number, answers in tuple(self._staying.items()):
            for answer in answers:
                if number not in self._staying or answer.op is IDLE:
                    break
                self._engine.reply(number, answer.op, answer.controls)
                yield self._engine.data_to_send()
            else:
                self._staying.pop(number, None)

    def _answers(self, message: m.LDAPMessage) -> Iterator[m.LDAPMessage]:
        """The answers of the handler, or what is left of them once it is cancelled."""
        number = message.message_id
        outcome = self._cancels.pop(number, None)
        if outcome is not None:
            yield m.LDAPMessage(number, m.ExtendedResponse(outcome))
            return
        response = RESPONSES.get(type(message.op))
        answers = iter(()) if number in self._cancelled else self._handle(message)
        for answer in answers:
            if answer.op is IDLE:
                self._staying[number] = answers
                return
            yield answer
            if isinstance(answer.op, m.Result):
                return
            if number in self._cancelled:
                break
        if number in self._cancelled and response is not None:
            self._cancelled.discard(number)
            yield m.LDAPMessage(number, response(ResultCode.canceled))

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


def _is_cancel(op: m.ProtocolOp) -> bool:
    """Whether it is a Cancel (RFC 3909)."""
    return isinstance(op, m.ExtendedRequest) and op.name == CANCEL
