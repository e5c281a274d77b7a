"""A target in front of another one: what goes through it can be changed, or cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ConnectionLost
from ldapom.protocol import codec
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.messages import (
    AddRequest,
    DelRequest,
    LDAPMessage,
    ModifyDNRequest,
    ModifyRequest,
)
from ldapom.protocol.settings import Settings, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.io.sync import Target, Transport

WRITES = (AddRequest, DelRequest, ModifyDNRequest, ModifyRequest)


class Between:
    """Opens transports to a target and looks at each request that passes.

    Args:
        target: What is behind.
        alter: Gives the request that is sent instead; the same one by default.

    Attributes:
        passed: The requests that were sent on.
    """

    def __init__(
        self,
        target: str | Target,
        alter: Callable[[LDAPMessage], LDAPMessage] = lambda message: message,
    ) -> None:
        self._settings = Settings(target, Anonymous(), None, False, 30.0, False, Wire())
        self.alter = alter
        self.passed: list[LDAPMessage] = []
        self.cut_after: int | None = None
        self.carries_out = False

    def cut(self, after: int, *, carries_out: bool) -> None:
        """Cut the connection off instead of answering a write, once.

        Args:
            after: How many writes are answered before.
            carries_out: Whether the server still gets the one that is not answered.
        """
        self.passed.clear()
        self.cut_after, self.carries_out = after, carries_out

    @property
    def writes(self) -> list[LDAPMessage]:
        """The writes that the server got."""
        return [message for message in self.passed if isinstance(message.op, WRITES)]

    def open_transport(self, deadline: Deadline) -> _Transport:
        """Open one connection to what is behind."""
        return _Transport(self, self._settings.dial(deadline))


class _Transport:
    """A transport that sees requests as messages."""

    def __init__(self, between: Between, inner: Transport) -> None:
        self._between = between
        self._inner = inner
        self._cut = False

    @property
    def is_private(self) -> bool:
        return self._inner.is_private

    @property
    def description(self) -> str:
        return f"between: {self._inner.description}"

    @property
    def certificate(self) -> bytes | None:
        return self._inner.certificate

    def send(self, data: bytes, deadline: Deadline) -> None:
        if self._cut:
            raise ConnectionLost("cut off")
        position = 0
        while position < len(data):
            found = codec.decode(data, position)
            assert found is not None, "a request is sent whole"
            message, position = found
            self._pass(self._between.alter(message), deadline)

    def _pass(self, message: LDAPMessage, deadline: Deadline) -> None:
        between = self._between
        if isinstance(message.op, WRITES) and len(between.writes) == between.cut_after:
            between.cut_after, self._cut = None, True
            if between.carries_out:
                self._inner.send(codec.encode(message), deadline)
                # Once it has answered, it has done it.
                assert self._inner.receive(deadline)
                between.passed.append(message)
            self._inner.close()
            return
        between.passed.append(message)
        self._inner.send(codec.encode(message), deadline)

    def receive(self, deadline: Deadline) -> bytes:
        return b"" if self._cut else self._inner.receive(deadline)

    def start_tls(self, context: object, host: str | None, deadline: Deadline) -> None:
        raise AssertionError("no test needs it")

    def close(self) -> None:
        self._inner.close()
