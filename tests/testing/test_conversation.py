"""The server's half of a connection: octets in, octets out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ResultCode
from ldapom.protocol import codec, extended
from ldapom.protocol import messages as m
from ldapom.testing import Directory
from ldapom.testing.conversation import CHUNK, Conversation
from ldapom.testing.handler import Peer
from tests.testing.asker import ADMIN, BASE, EVERYTHING, PEOPLE

if TYPE_CHECKING:
    from ldapom.testing.handler import Answers

BIND = m.BindRequest(ADMIN, m.SimpleAuthentication(b"secret"))
WHO = m.ExtendedRequest(extended.WHO_AM_I)
SEARCH = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING)
START_TLS = m.ExtendedRequest(extended.START_TLS)


def octets(*ops: m.ProtocolOp, first: int = 1) -> bytes:
    """Requests one behind the other, numbered."""
    return b"".join(
        codec.encode(m.LDAPMessage(number, op)) for number, op in enumerate(ops, first)
    )


def decoded(data: bytes) -> list[m.LDAPMessage]:
    """The messages in some octets, which hold nothing else."""
    messages: list[m.LDAPMessage] = []
    position = 0
    while position < len(data):
        found = codec.decode(data, position)
        assert found is not None
        messages.append(found[0])
        position = found[1]
    return messages


def codes(conversation: Conversation) -> list[tuple[int, ResultCode]]:
    """Id and code of each result that is ready."""
    messages = decoded(b"".join(conversation.chunks()))
    return [
        (message.message_id, message.op.result_code)
        for message in messages
        if isinstance(message.op, m.Result)
    ]


@pytest.fixture
def conversation(box: Directory) -> Conversation:
    """A new conversation with the sample."""
    return box.converse(Peer(can_start_tls=True))


def test_octet_by_octet(conversation: Conversation) -> None:
    """Requests are answered however they arrive."""
    answers: list[tuple[int, ResultCode]] = []
    for octet in octets(BIND, WHO, SEARCH):
        conversation.receive(bytes([octet]))
        answers += codes(conversation)
    assert answers == [(1, 0), (2, 0), (3, 0)]


def test_pipelined(conversation: Conversation) -> None:
    """Requests glued together are answered in their order."""
    conversation.receive(octets(BIND, SEARCH, WHO, SEARCH))
    assert [number for number, _ in codes(conversation)] == [1, 2, 3, 4]


def test_unbind(conversation: Conversation) -> None:
    """After an Unbind nothing is answered."""
    conversation.receive(octets(WHO, m.UnbindRequest(), WHO))
    assert codes(conversation) == [(1, 0)]
    assert conversation.closed
    conversation.receive(octets(WHO, first=9))
    assert codes(conversation) == []


def test_end(conversation: Conversation) -> None:
    """A client that closes is not answered any more."""
    conversation.receive(octets(WHO))
    conversation.receive(b"")
    assert conversation.closed
    assert codes(conversation) == []


@pytest.mark.parametrize(
    "nonsense",
    [b"GET / HTTP/1.0\r\n\r\n", b"\x30\x80\x00\x00", octets(m.BindResponse())],
)
def test_nonsense(conversation: Conversation, nonsense: bytes) -> None:
    """What is no LDAP request gets a Notice of Disconnection, after what came before."""
    conversation.receive(octets(WHO) + nonsense)
    answer, notice = decoded(b"".join(conversation.chunks()))
    assert answer.message_id == 1
    assert notice.message_id == 0
    assert isinstance(notice.op, m.ExtendedResponse)
    assert notice.op.name == m.NOTICE_OF_DISCONNECTION
    assert notice.op.result_code == ResultCode.protocolError
    assert conversation.closed


def test_abandon_waiting(conversation: Conversation) -> None:
    """A request that waits its turn and is abandoned is never answered."""
    conversation.receive(octets(SEARCH, SEARCH, m.AbandonRequest(2), WHO))
    assert [number for number, _ in codes(conversation)] == [1, 4]


def test_bind_can_not_be_abandoned(conversation: Conversation) -> None:
    """A Bind is answered all the same (RFC 4511 4.11)."""
    conversation.receive(octets(BIND, m.AbandonRequest(1)))
    assert codes(conversation) == [(1, 0)]


def test_chunks_as_taken() -> None:
    """A large result comes in pieces, made as they are taken; an Abandon ends it."""
    directory = Directory.sample(people=1_000)
    tested: list[int] = []
    tree_get = directory.store.tree.get

    def get(number: int) -> object:
        tested.append(number)
        return tree_get(number)

    directory.store.tree.get = get  # type: ignore[method-assign,assignment]  # counts
    conversation = directory.converse(Peer())
    conversation.receive(octets(SEARCH))
    chunks = conversation.chunks()
    first = next(chunks)
    assert CHUNK <= len(first) < 2 * CHUNK
    assert len(tested) < 300
    conversation.receive(octets(m.AbandonRequest(1), WHO, first=2))
    rest = decoded(b"".join(chunks))
    assert [message.message_id for message in rest] == [3]
    assert len(tested) < 300


def test_starts_tls(conversation: Conversation) -> None:
    """Behind a StartTLS answer nothing is answered before TLS began."""
    conversation.receive(octets(WHO, START_TLS))
    assert codes(conversation) == [(1, 0), (2, 0)]
    assert conversation.starts_tls
    conversation.tls_started()
    conversation.receive(octets(WHO, first=3))
    assert codes(conversation) == [(3, 0)]


def test_start_tls_refused(box: Directory) -> None:
    """After a refused StartTLS the clear conversation goes on, glued requests too."""
    conversation = box.converse(Peer())
    conversation.receive(octets(START_TLS, WHO))
    assert codes(conversation) == [(1, 2), (2, 0)]
    assert not conversation.starts_tls


def test_no_answer_is_made_up(box: Directory) -> None:
    """What a wrapper does not answer stays unanswered."""

    def silent(message: m.LDAPMessage) -> Answers:
        return iter(())

    with box.wrapped(lambda handle: silent):
        conversation = box.converse(Peer())
        conversation.receive(octets(WHO))
        assert codes(conversation) == []
    conversation.receive(octets(m.DelRequest(PEOPLE), first=2))
    assert codes(conversation) == [(2, ResultCode.insufficientAccessRights)]
