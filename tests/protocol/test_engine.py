"""The engine: ids, answers, cut-over, and what ends a connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import (
    ConnectionLost,
    DecodeError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.filters import Present
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import Entries
from ldapom.protocol.engine import Engine, Role
from ldapom.protocol.extended import START_TLS

SEARCH = m.SearchRequest("", m.Scope.base, Present("objectClass"))
BIND = m.BindRequest("", m.SimpleAuthentication(b""))
ENTRY = m.SearchResultEntry("cn=x", (m.PartialAttribute("cn", (b"x",)),))


def encode(message_id: int, op: m.ProtocolOp) -> bytes:
    """One message as octets."""
    return codec.encode(m.LDAPMessage(message_id, op))


def sent(engine: Engine) -> list[m.LDAPMessage]:
    """What an engine wants to send, decoded."""
    data = engine.data_to_send()
    found, position = [], 0
    while (step := codec.decode(data, position)) is not None:
        message, position = step
        found.append(message)
    assert position == len(data)
    return found


class _Nothing:
    """A security layer whose peer sends buffers in which there is nothing."""

    description, seals, max_send, max_receive = "nothing", True, 100, 100

    def wrap(self, data: bytes) -> bytes:
        """As it is."""
        return data

    def unwrap(self, buffer: bytes) -> bytes:
        """Without the octet that stands for nothing."""
        return buffer.removeprefix(b"-")


class TestLayer:
    """Octets that come through a security layer."""

    def test_empty_buffers_behind_half_a_message(self) -> None:
        """They are not kept: a peer could send them without end."""
        engine = Engine()
        number = engine.send(SEARCH)
        engine.resume(_Nothing())
        answer = encode(number, m.SearchResultDone())
        for part in (answer[:5], *[b"-"] * 1000, answer[5:9]):
            engine.receive_data(len(part).to_bytes(4, "big") + part)
        assert len(engine._chunks) <= 2
        engine.receive_data(len(answer[9:]).to_bytes(4, "big") + answer[9:])
        assert [message.op for message in engine.take(number)] == [m.SearchResultDone()]


class TestIds:
    """Message ids (RFC 4511 4.1.1.1)."""

    def test_ids_count_from_one(self) -> None:
        """The first request has id 1, the next 2."""
        engine = Engine()
        assert [engine.send(SEARCH), engine.send(SEARCH)] == [1, 2]

    def test_ids_in_use_are_passed_over_at_the_wrap(self) -> None:
        """After 2**31 - 1 ids begin anew and skip what is outstanding."""
        engine = Engine()
        assert engine.send(SEARCH) == 1
        engine._last_id = m.LDAPMessage.MAX_ID - 1
        assert engine.send(SEARCH) == m.LDAPMessage.MAX_ID
        assert engine.send(SEARCH) == 2

    def test_a_failed_encode_uses_no_id(self) -> None:
        """A request that can not be encoded leaves nothing behind."""
        engine = Engine()
        bad = m.SearchRequest("\ud800", m.Scope.base, Present("cn"))
        with pytest.raises(LocalProtocolError):
            engine.send(bad)
        assert engine.idle
        assert engine.data_to_send() == b""


class TestAnswers:
    """Delivery of answers to their requests."""

    def test_answers_go_to_their_request(self) -> None:
        """Two searches in flight get their own entries."""
        engine = Engine()
        one, two = engine.send(SEARCH), engine.send(SEARCH)
        engine.receive_data(encode(two, ENTRY) + encode(one, m.SearchResultDone()))
        assert [type(a.op) for a in engine.take(one)] == [m.SearchResultDone]
        assert [type(a.op) for a in engine.take(two)] == [m.SearchResultEntry]
        assert engine.take(two) == []

    @given(st.data())
    def test_any_cut_of_the_stream_gives_the_same(self, data: st.DataObject) -> None:
        """However the octets are cut, the same messages come out."""
        stream = b"".join(encode(1, ENTRY) for _ in range(5))
        stream += encode(1, m.SearchResultDone())
        engine = Engine()
        engine.send(SEARCH)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            if start < end:
                engine.receive_data(stream[start:end])
        ops: list[m.ProtocolOp] = []
        for answer in engine.take(1):
            ops += answer.entries if isinstance(answer, Entries) else [answer.op]
        assert ops == [ENTRY] * 5 + [m.SearchResultDone()]

    def test_one_octet_at_a_time(self) -> None:
        """A trickle is enough."""
        engine = Engine()
        engine.send(SEARCH)
        for octet in encode(1, ENTRY) + encode(1, m.SearchResultDone()):
            engine.receive_data(bytes([octet]))
        assert len(engine.take(1)) == 2

    def test_unknown_and_abandoned_ids_are_dropped(self) -> None:
        """Answers nobody waits for are no error (RFC 4511 4.11)."""
        engine = Engine()
        first = engine.send(SEARCH)
        engine.forget(first)
        engine.receive_data(encode(first, ENTRY) + encode(77, m.SearchResultDone()))
        assert engine.take(first) == []
        assert not engine.closed

    def test_an_answer_of_the_wrong_kind_ends_the_connection(self) -> None:
        """A search answered with a modify response is refused."""
        engine = Engine()
        engine.send(SEARCH)
        with pytest.raises(RemoteProtocolError, match="ModifyResponse"):
            engine.receive_data(encode(1, m.ModifyResponse()))
        assert engine.closed
        with pytest.raises(RemoteProtocolError):
            engine.send(SEARCH)

    def test_intermediate_responses_are_delivered(self) -> None:
        """They come before the last answer and do not end the request."""
        engine = Engine()
        engine.send(SEARCH)
        engine.receive_data(encode(1, m.IntermediateResponse("1.2.3")))
        assert [type(a.op) for a in engine.take(1)] == [m.IntermediateResponse]
        assert not engine.idle

    def test_garbage_is_one_decode_error(self) -> None:
        """Octets that are no LDAP end the connection; the error can be raised again."""
        engine = Engine()
        engine.send(SEARCH)
        with pytest.raises(DecodeError):
            engine.receive_data(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(DecodeError):
            engine.take(1)

    def test_a_message_over_the_limit_is_refused_by_its_header(self) -> None:
        """Two gigabytes are refused when the length arrives, not when they would."""
        engine = Engine(max_message_size=1000)
        engine.send(SEARCH)
        with pytest.raises(DecodeError):
            engine.receive_data(b"\x30\x84\x7f\xff\xff\xff")


class TestGivingUp:
    """`forget` and its consequences (RFC 4511 4.11)."""

    def test_a_search_is_abandoned(self) -> None:
        """The server is told."""
        engine = Engine()
        message_id = engine.send(SEARCH)
        engine.data_to_send()
        engine.forget(message_id)
        assert [message.op for message in sent(engine)] == [
            m.AbandonRequest(message_id)
        ]

    def test_a_write_is_only_forgotten(self) -> None:
        """An Abandon would not make its outcome known."""
        engine = Engine()
        message_id = engine.send(m.DelRequest("cn=x"))
        engine.data_to_send()
        engine.forget(message_id)
        assert sent(engine) == []

    def test_dropped_answers_do_not_pile_up(self) -> None:
        """What nobody wants is kept no longer than until the next request."""
        engine = Engine()
        for _ in range(50):
            search = engine.send(SEARCH)
            engine.drop(search)
            assert engine.unwanted == (search,)
            entry = m.LDAPMessage(search, m.SearchResultEntry("cn=a"))
            done = m.LDAPMessage(search, m.SearchResultDone())
            engine.receive_data(codec.encode(entry) + codec.encode(done))
            assert not engine.unwanted
        assert [len(engine.take(n)) for n in range(60)] == [0] * 50 + [1] + [0] * 9

    def test_a_bind_given_up_ends_the_connection(self) -> None:
        """A bind can not be abandoned, and who we are is unknown."""
        engine = Engine()
        engine.forget(engine.send(BIND))
        assert engine.closed
        with pytest.raises(ConnectionLost):
            engine.send(SEARCH)

    def test_forgetting_an_answered_request_is_harmless(self) -> None:
        """No Abandon follows."""
        engine = Engine()
        message_id = engine.send(SEARCH)
        engine.data_to_send()
        engine.receive_data(encode(message_id, m.SearchResultDone()))
        engine.forget(message_id)
        assert sent(engine) == []


class TestAlone:
    """Bind and StartTLS go alone (RFC 4511 4.2.1, 4.14.1)."""

    @pytest.mark.parametrize("op", [BIND, m.ExtendedRequest(START_TLS)])
    def test_nothing_may_be_outstanding(self, op: m.ProtocolOp) -> None:
        """They are refused while a search runs, and nothing follows them."""
        engine = Engine()
        running = engine.send(SEARCH)
        with pytest.raises(LocalProtocolError, match="outstanding"):
            engine.send(op)
        engine.receive_data(encode(running, m.SearchResultDone()))
        engine.send(op)
        with pytest.raises(LocalProtocolError):
            engine.send(SEARCH)

    def test_clear_octets_behind_a_start_tls_response_are_refused(self) -> None:
        """They may come from somebody in the middle."""
        engine = Engine()
        message_id = engine.send(m.ExtendedRequest(START_TLS))
        injected = encode(message_id + 1, m.SearchResultDone())
        answer = encode(message_id, m.ExtendedResponse(name=START_TLS))
        engine.receive_data(answer + injected)
        assert len(engine.take(message_id)) == 1
        with pytest.raises(RemoteProtocolError, match="injected"):
            engine.cut_over()
        assert engine.closed

    def test_a_server_takes_nothing_behind_start_tls(self) -> None:
        """The other direction: requests glued behind StartTLS are never carried out."""
        engine = Engine(Role.server)
        engine.receive_data(
            encode(1, m.ExtendedRequest(START_TLS)) + encode(2, m.DelRequest("cn=x"))
        )
        assert engine.next_request() is not None
        assert engine.next_request() is None
        with pytest.raises(RemoteProtocolError):
            engine.cut_over()


class TestEnd:
    """How connections end."""

    def test_a_notice_of_disconnection_fails_what_is_pending(self) -> None:
        """Its text is in the error."""
        engine = Engine()
        message_id = engine.send(SEARCH)
        notice = m.ExtendedResponse(
            ResultCode.unavailable,
            diagnostic_message="back at noon",
            name=m.NOTICE_OF_DISCONNECTION,
        )
        engine.receive_data(encode(0, notice))
        with pytest.raises(ConnectionLost, match="unavailable.*back at noon"):
            engine.take(message_id)

    def test_what_came_before_the_end_is_delivered(self) -> None:
        """Answers received are not lost with the connection."""
        engine = Engine()
        message_id = engine.send(SEARCH)
        engine.receive_data(encode(message_id, ENTRY))
        engine.receive_eof()
        assert len(engine.take(message_id)) == 1
        with pytest.raises(ConnectionLost):
            engine.take(message_id)

    def test_the_end_in_the_middle_of_a_message_says_so(self) -> None:
        """Half a message is no answer."""
        engine = Engine()
        message_id = engine.send(SEARCH)
        engine.receive_data(encode(message_id, ENTRY)[:-3])
        engine.receive_eof()
        with pytest.raises(ConnectionLost, match="middle of a message"):
            engine.take(message_id)

    def test_nothing_follows_an_unbind(self) -> None:
        """Unbind is the last request."""
        engine = Engine()
        engine.send(m.UnbindRequest())
        assert [type(message.op) for message in sent(engine)] == [m.UnbindRequest]
        with pytest.raises(ConnectionLost):
            engine.send(SEARCH)

    def test_a_server_refuses_responses(self) -> None:
        """A response is no request."""
        with pytest.raises(RemoteProtocolError):
            Engine(Role.server).receive_data(encode(1, m.SearchResultDone()))


#: Requests, and success without a word in answer to them.
USUAL = (
    (BIND, m.BindResponse()),
    (SEARCH, m.SearchResultDone()),
    (m.AddRequest("cn=x", ()), m.AddResponse()),
    (m.ModifyRequest("cn=x", ()), m.ModifyResponse()),
    (m.DelRequest("cn=x"), m.DelResponse()),
    (m.ModifyDNRequest("cn=x", "cn=y", delete_old_rdn=True), m.ModifyDNResponse()),
)


class TestSuccess:
    """Success without a word."""

    @pytest.mark.parametrize("pair", USUAL, ids=lambda pair: type(pair[0]).__name__)
    @pytest.mark.parametrize("size", [1 << 20, 17, 14, 13])
    def test_it_is_taken_within_the_limit(
        self, pair: tuple[m.ProtocolOp, m.ProtocolOp], size: int
    ) -> None:
        """Whatever was asked; a limit below it holds for it too."""
        request, answer = pair
        engine = Engine(max_message_size=size)
        number = engine.send(request)
        engine.data_to_send()
        if size < 14:
            with pytest.raises(DecodeError):
                engine.receive_data(encode(number, answer))
            return
        engine.receive_data(encode(number, answer))
        assert engine.arrived() == [number]
        assert engine.take(number) == [m.LDAPMessage(number, answer)]
        assert engine.idle

    @given(st.data())
    def test_many_answers_in_any_order(self, data: st.DataObject) -> None:
        """Each goes to its own request, however the octets are cut."""
        engine = Engine()
        asked = [engine.send(op) for op, _ in USUAL[1:] * 2]
        answers = dict(zip(asked, [answer for _, answer in USUAL[1:] * 2], strict=True))
        order = data.draw(st.permutations(asked))
        octets = b"".join(
            (encode(n, ENTRY) if answers[n] == m.SearchResultDone() else b"")
            + encode(n, answers[n])
            for n in order
        )
        while octets:
            cut = data.draw(st.integers(1, len(octets)))
            engine.receive_data(octets[:cut])
            octets = octets[cut:]
        for number, answer in answers.items():
            assert engine.take(number)[-1] == m.LDAPMessage(number, answer)
        assert engine.idle

    def test_nobody_waits_for_it_any_more(self) -> None:
        """It was forgotten, or dropped, or answered already."""
        engine = Engine()
        for give_up in (engine.forget, engine.drop):
            number = engine.send(SEARCH)
            give_up(number)
            engine.receive_data(encode(number, m.SearchResultDone()))
            engine.receive_data(encode(number, m.SearchResultDone()))
            engine.send(m.AbandonRequest(number))
        assert engine.idle
        assert not engine.closed

    def test_it_answers_its_own_request_alone(self) -> None:
        """The success of another operation is a mistake of the server."""
        engine = Engine()
        number = engine.send(SEARCH)
        with pytest.raises(RemoteProtocolError, match="AddResponse"):
            engine.receive_data(encode(number, m.AddResponse()))

    def test_what_stands_behind_a_sasl_bind_waits(self) -> None:
        """Its success comes first, and decides how the rest is read."""
        engine = Engine()
        sasl = m.BindRequest("", m.SaslCredentials("EXTERNAL"))
        number = engine.send(sasl)
        engine.receive_data(encode(number, m.BindResponse()) + b"sealed")
        assert engine.take(number) == [m.LDAPMessage(number, m.BindResponse())]
        engine.fail(ConnectionLost("the end"))
        assert engine._tail == b"sealed"
