"""What hostile servers do so that a connection has to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Simple
from ldapom.protocol.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.hostile import HostileServer, Peer

ME = Simple("cn=me", "canary-secret")
OTHER = Simple("cn=other", "canary-other")
QUICK = Retry(attempts=5, backoff=0.01, longest=0.05)


def binds(server: HostileServer) -> list[str]:
    """Who has bound, in order."""
    return [r.op.name for r in server.received if isinstance(r.op, m.BindRequest)]


def kinds(peer: Peer) -> list[type]:
    """What one connection has asked."""
    return [type(message.op) for message in peer.received]


def cut_first(*, after: int = 1) -> Callable[[Peer], None]:
    """A script: the first connection is cut at its request behind the bind."""
    seen: list[Peer] = []

    def script(peer: Peer) -> None:
        seen.append(peer)
        peer.accept_bind()
        if len(seen) <= after:
            peer.next()
            return
        answer_all(peer)

    return script


def answer_all(peer: Peer) -> None:
    """Answer what comes with success."""
    answers: dict[type, m.ProtocolOp] = {
        m.BindRequest: m.BindResponse(),
        m.CompareRequest: m.CompareResponse(ResultCode.compareTrue),
        m.ModifyRequest: m.ModifyResponse(),
        m.DelRequest: m.DelResponse(),
        m.ExtendedRequest: m.ExtendedResponse(value=b"u:me"),
    }
    while True:
        request = peer.next()
        if isinstance(request.op, m.SearchRequest):
            peer.answer(request, m.SearchResultEntry("cn=a"))
            peer.answer(request, m.SearchResultDone())
        elif type(request.op) in answers:
            peer.answer(request, answers[type(request.op)])
