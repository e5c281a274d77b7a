"""A scripted server for one SASL bind: a function says what it answers to each leg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.engine import Engine
from ldapom.protocol.flows import bind
from ldapom.protocol.flows.steps import Call, Receive
from ldapom.protocol.sasl import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ldapom.protocol.credentials import Credentials

NOWHERE: Final = Surroundings()


def going_on(challenge: bytes | None) -> m.BindResponse:
    """What a server answers that wants another leg."""
    return m.BindResponse(ResultCode.saslBindInProgress, server_sasl_creds=challenge)


def success(final: bytes | None = None) -> m.BindResponse:
    """What a server answers that is content."""
    return m.BindResponse(ResultCode.success, server_sasl_creds=final)


class Peer:
    """Answers what a bind sends.

    Args:
        answer: Says what it answers to the credentials of a leg.
        root_dse: What it tells of itself.
    """

    def __init__(
        self,
        answer: Callable[[bytes | None], m.BindResponse],
        **root_dse: Sequence[str],
    ) -> None:
        self.engine = Engine()
        self.said: list[bytes | None] = []
        self.mechanisms: list[str] = []
        self.looks = 0
        self._answer = answer
        self._root_dse = tuple(
            m.PartialAttribute(name, tuple(v.encode() for v in values))
            for name, values in root_dse.items()
        )

    def bind(self, credentials: Credentials, around: Surroundings = NOWHERE) -> None:
        """Run the bind to its end."""
        flow = bind.bind(self.engine, credentials, around)
        try:
            wish = next(flow)
            while True:
                if isinstance(wish, Call):
                    wish.function()
                    wish = flow.send(())
                    continue
                assert isinstance(wish, Receive)
                self._serve()
                wish = flow.send(self.engine.take(wish.message_id))
        except StopIteration:
            return
        finally:
            flow.close()

    def _serve(self) -> None:
        data, position = self.engine.data_to_send(), 0
        while (found := codec.decode(data, position)) is not None:
            message, position = found
            for op in self._replies(message.op):
                reply = codec.encode(m.LDAPMessage(message.message_id, op))
                self.engine.receive_data(reply)

    def _replies(self, op: m.ProtocolOp) -> list[m.ProtocolOp]:
        if isinstance(op, m.SearchRequest):
            self.looks += 1
            done = m.SearchResultDone(ResultCode.success)
            return [m.SearchResultEntry("", self._root_dse), done]
        assert isinstance(op, m.BindRequest)
        assert isinstance(op.authentication, m.SaslCredentials)
        self.mechanisms.append(op.authentication.mechanism)
        self.said.append(op.authentication.credentials)
        return [self._answer(op.authentication.credentials)]
