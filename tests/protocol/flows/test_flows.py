"""Flows, driven by hand: no socket, no clock, every reply chosen by the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from ldapom.errors import (
    AuthMethodNotSupported,
    ConnectionLost,
    DeadlineExceeded,
    LocalProtocolError,
    NoSuchObject,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
    SchemaError,
    StrongerAuthRequired,
    TLSError,
)
from ldapom.filters import Present
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.credentials import Anonymous, External, Plain, Simple
from ldapom.protocol.engine import Engine
from ldapom.protocol.extended import START_TLS
from ldapom.protocol.flows import bind, discover, update
from ldapom.protocol.flows.search import SearchCursor, read_entry
from ldapom.protocol.flows.steps import Call, Flow, Receive, Send, StartTLS

R = TypeVar("R")
Reply = Callable[[m.LDAPMessage], list[m.ProtocolOp]]


class Conversation:
    """Runs a flow, answers its requests from a list, and keeps what was sent."""

    def __init__(self, *replies: m.ProtocolOp | list[m.ProtocolOp] | Exception) -> None:
        self.engine = Engine()
        self.sent: list[m.ProtocolOp] = []
        self.wishes: list[object] = []
        self._replies = list(replies)

    def run(self, flow: Flow[R]) -> R:
        """Run the flow to its end."""
        try:
            wish = next(flow)
            while True:
                self.wishes.append(wish)
                if isinstance(wish, Call):
                    wish.function()
                if not isinstance(wish, Receive):
                    wish = flow.send(())
                    continue
                self._read()
                reply = self._replies.pop(0)
                if isinstance(reply, Exception):
                    wish = flow.throw(reply)
                    continue
                ops = reply if isinstance(reply, list) else [reply]
                for op in ops:
                    message = m.LDAPMessage(wish.message_id, op)
                    self.engine.receive_data(codec.encode(message))
                wish = flow.send(self.engine.take(wish.message_id))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # typeshed says Any
        finally:
            flow.close()
            self._read()

    def _read(self) -> None:
        data, position = self.engine.data_to_send(), 0
        while (found := codec.decode(data, position)) is not None:
            message, position = found
            self.sent.append(message.op)


class TestSilence:
    """A Bind or StartTLS stands alone (RFC 4511 4.2.1, 4.14.1)."""

    @pytest.mark.parametrize("kind", ["bind", "StartTLS"])
    def test_unwanted_answers_are_waited_for(self, kind: str) -> None:
        """Nothing is sent before the answer that nobody wants is there."""
        done, tls = m.SearchResultDone(), m.ExtendedResponse()
        answer = m.BindResponse() if kind == "bind" else tls
        talk = Conversation([m.SearchResultEntry("cn=a"), done], answer)
        unwanted = talk.engine.send(m.SearchRequest("", m.Scope.base, Present("a")))
        talk.engine.drop(unwanted)
        assert talk.engine.unwanted == (unwanted,)
        assert talk.engine.idle
        if kind == "bind":
            talk.run(bind.bind(talk.engine, Anonymous()))
        else:
            talk.run(bind.start_tls(talk.engine))
        assert not talk.engine.unwanted
        assert talk.wishes[:2] == [Receive(unwanted), Receive(unwanted + 1)]

    def test_a_refusal_behind_an_abandon_is_asked_again(self) -> None:
        """No answer says when an abandoned search is over, so StartTLS tries on."""
        busy = m.ExtendedResponse(ResultCode.operationsError)
        talk = Conversation(busy, busy, m.ExtendedResponse())
        search = talk.engine.send(m.SearchRequest("", m.Scope.base, Present("a")))
        talk.engine.forget(search)
        talk.run(bind.start_tls(talk.engine))
        kinds = [type(op) for op in talk.sent]
        assert kinds == [m.SearchRequest, m.AbandonRequest, *[m.ExtendedRequest] * 3]

    def test_a_refusal_without_an_abandon_is_final(self) -> None:
        """Nothing else is sent."""
        talk = Conversation(m.ExtendedResponse(ResultCode.operationsError))
        with pytest.raises(TLSError, match="operationsError"):
            talk.run(bind.start_tls(talk.engine))
        assert len(talk.sent) == 1


class TestBind:
    """Binds and their failures."""

    def test_anonymous_is_a_simple_bind_of_nothing(self) -> None:
        """RFC 4513 5.1.1: empty name, empty password."""
        talk = Conversation(m.BindResponse())
        talk.run(bind.bind(talk.engine, Anonymous()))
        assert talk.sent == [m.BindRequest("", m.SimpleAuthentication(b""))]

    def test_simple(self) -> None:
        """Name and password as UTF-8."""
        talk = Conversation(m.BindResponse())
        talk.run(bind.bind(talk.engine, Simple("cn=ä", "ö")))
        assert talk.sent == [
            m.BindRequest("cn=ä", m.SimpleAuthentication("ö".encode()))
        ]

    def test_external(self) -> None:
        """The authorization identity is all it carries."""
        talk = Conversation(m.BindResponse())
        talk.run(bind.bind(talk.engine, External("u:me")))
        credentials = m.SaslCredentials("EXTERNAL", b"u:me")
        assert talk.sent == [m.BindRequest("", credentials)]

    def test_external_may_be_asked_twice(self) -> None:
        """A server that wants the (empty) response again gets it (RFC 4422 A)."""
        going_on = m.BindResponse(ResultCode.saslBindInProgress)
        talk = Conversation(going_on, m.BindResponse())
        talk.run(bind.bind(talk.engine, External()))
        assert len(talk.sent) == 2

    def test_a_bind_that_never_ends(self) -> None:
        """Some legs are enough."""
        going_on = m.BindResponse(ResultCode.saslBindInProgress)
        talk = Conversation(*[going_on] * 100)
        with pytest.raises(RemoteProtocolError, match="legs"):
            talk.run(bind.bind(talk.engine, External()))

    def test_sasl_in_progress_is_no_answer_to_a_simple_bind(self) -> None:
        """It is an error like any other."""
        talk = Conversation(m.BindResponse(ResultCode.saslBindInProgress))
        with pytest.raises(Exception, match="saslBindInProgress"):
            talk.run(bind.bind(talk.engine, Simple("cn=x", "y")))

    def test_plain_looks_first(self) -> None:
        """The list is read before the password is sent."""
        offered = m.PartialAttribute("supportedSASLMechanisms", (b"EXTERNAL", b"PLAIN"))
        entry = m.SearchResultEntry("", (offered,))
        talk = Conversation([entry, m.SearchResultDone()], m.BindResponse())
        talk.run(bind.bind(talk.engine, Plain("me", "secret", authzid="u:you")))
        credentials = m.SaslCredentials("PLAIN", b"u:you\0me\0secret")
        assert talk.sent[1] == m.BindRequest("", credentials)

    def test_plain_that_is_not_offered_sends_nothing(self) -> None:
        """The error lists what is offered."""
        offered = m.PartialAttribute("supportedSASLMechanisms", (b"EXTERNAL",))
        entry = m.SearchResultEntry("", (offered,))
        talk = Conversation([entry, m.SearchResultDone()])
        with pytest.raises(LocalProtocolError, match="EXTERNAL"):
            talk.run(bind.bind(talk.engine, Plain("me", "secret")))
        assert [type(op) for op in talk.sent] == [m.SearchRequest]

    def test_plain_where_nothing_is_told(self) -> None:
        """A server that hides its root DSE from strangers is asked all the same."""
        refusal = m.SearchResultDone(ResultCode.insufficientAccessRights)
        talk = Conversation([refusal], m.BindResponse())
        talk.run(bind.bind(talk.engine, Plain("me", "secret")))
        assert [type(op) for op in talk.sent] == [m.SearchRequest, m.BindRequest]

    @pytest.mark.parametrize(
        "hidden",
        [[m.SearchResultDone(ResultCode.operationsError)], ConnectionLost("gone")],
        ids=["refused", "lost"],
    )
    def test_a_refusal_is_not_lost_behind_another(
        self, hidden: list[m.ProtocolOp] | Exception
    ) -> None:
        """Where the list can not be read the refusal comes without it."""
        refusal = m.BindResponse(ResultCode.authMethodNotSupported)
        talk = Conversation(refusal, hidden)
        with pytest.raises(AuthMethodNotSupported):
            talk.run(bind.bind(talk.engine, External()))

    def test_others_look_only_after_a_refusal(self) -> None:
        """And then the error says what is offered."""
        entry = m.SearchResultEntry(
            "", (m.PartialAttribute("supportedsaslmechanisms", (b"GSSAPI",)),)
        )
        refusal = m.BindResponse(ResultCode.authMethodNotSupported)
        talk = Conversation(refusal, [entry, m.SearchResultDone()])
        with pytest.raises(AuthMethodNotSupported) as caught:
            talk.run(bind.bind(talk.engine, External()))
        assert any("GSSAPI" in note for note in caught.value.__notes__)

    def test_a_deadline_ends_the_connection(self) -> None:
        """A bind can not be abandoned."""
        talk = Conversation(DeadlineExceeded("now"))
        with pytest.raises(DeadlineExceeded):
            talk.run(bind.bind(talk.engine, Anonymous()))
        assert talk.engine.closed


class TestStartTls:
    """The request, then the wish."""

    def test_success(self) -> None:
        """Only then is TLS wished for."""
        talk = Conversation(m.ExtendedResponse(name=START_TLS))
        talk.run(bind.start_tls(talk.engine))
        assert talk.wishes == [Receive(1), StartTLS()]

    def test_refusal(self) -> None:
        """The server's words are in the error, its class is the cause."""
        refusal = m.ExtendedResponse(
            ResultCode.unavailable, diagnostic_message="no certificate"
        )
        talk = Conversation(refusal)
        with pytest.raises(TLSError, match="no certificate") as caught:
            talk.run(bind.start_tls(talk.engine))
        assert StartTLS() not in talk.wishes
        assert caught.value.__cause__ is not None


class TestUpdate:
    """Writes, and what is known of them."""

    def test_a_refusal_is_its_own_class(self) -> None:
        """With matched DN and the request."""
        talk = Conversation(m.DelResponse(ResultCode.noSuchObject, matched_dn="dc=x"))
        with pytest.raises(NoSuchObject, match="dc=x") as caught:
            talk.run(update.update(talk.engine, m.DelRequest("cn=a,dc=x")))
        assert caught.value.request == m.DelRequest("cn=a,dc=x")

    def test_a_deadline_leaves_the_outcome_unknown(self) -> None:
        """The cause is kept, and a late answer is nobody's."""
        talk = Conversation(DeadlineExceeded("now"))
        with pytest.raises(OutcomeUnknown) as caught:
            talk.run(update.update(talk.engine, m.DelRequest("cn=a")))
        assert isinstance(caught.value.__cause__, DeadlineExceeded)
        assert talk.engine.idle
        assert [type(op) for op in talk.sent] == [m.DelRequest]

    def test_an_extended_operation_that_reads_has_no_outcome(self) -> None:
        """Its deadline is a deadline."""
        talk = Conversation(DeadlineExceeded("now"))
        request = m.ExtendedRequest("1.2.3")
        with pytest.raises(DeadlineExceeded):
            talk.run(update.extended(talk.engine, request, reads_only=True))

    def test_compare_knows_only_true_and_false(self) -> None:
        """Success is no answer to a compare."""
        request = m.CompareRequest("cn=a", "cn", b"a")
        for code, truth in ((6, True), (5, False)):
            talk = Conversation(m.CompareResponse(ResultCode(code)))
            assert talk.run(update.compare(talk.engine, request)) is truth
        talk = Conversation(m.CompareResponse())
        with pytest.raises(Exception, match="success"):
            talk.run(update.compare(talk.engine, request))


class TestSearch:
    """Cursors."""

    REQUEST = m.SearchRequest("", m.Scope.sub, Present("objectClass"))

    def test_batches_are_what_arrived_together(self) -> None:
        """And the end is an empty one."""
        one, two = m.SearchResultEntry("cn=a"), m.SearchResultEntry("cn=b")
        talk = Conversation([one, two], [one, m.SearchResultDone()])
        cursor = SearchCursor(talk.engine, self.REQUEST)
        assert talk.run(cursor.fetch()) == [one, two]
        assert talk.run(cursor.fetch()) == [one]
        assert talk.run(cursor.fetch()) == []
        assert cursor.finished

    def test_a_deadline_abandons(self) -> None:
        """The server is told, and the cursor is at its end."""
        talk = Conversation(DeadlineExceeded("now"))
        cursor = SearchCursor(talk.engine, self.REQUEST)
        with pytest.raises(DeadlineExceeded):
            talk.run(cursor.fetch())
        assert talk.sent == [self.REQUEST, m.AbandonRequest(1)]
        assert talk.run(cursor.fetch()) == []

    @pytest.mark.parametrize("page_size", [0, 2])
    def test_a_server_that_does_not_mind_the_size_limit(self, page_size: int) -> None:
        """The search is left behind as many entries as were asked for."""
        request = m.SearchRequest("", m.Scope.sub, Present("a"), size_limit=2)
        entries = [m.SearchResultEntry(f"cn={name}") for name in "abc"]
        talk = Conversation(entries[:1], entries[1:])  # type: ignore[arg-type]  # of one kind
        cursor = SearchCursor(talk.engine, request, page_size=page_size)
        assert talk.run(cursor.fetch()) == entries[:1]
        assert talk.run(cursor.fetch()) == entries[1:2]
        assert talk.run(cursor.fetch()) == []
        assert talk.sent == [request, m.AbandonRequest(1)]

    def test_a_full_size_limit_turns_no_page(self) -> None:
        """The server is told to forget the cookie, and nothing is waited for."""
        request = m.SearchRequest("", m.Scope.sub, Present("a"), size_limit=1)
        engine = Engine()
        cursor = SearchCursor(engine, request, page_size=1)
        flow = cursor.fetch()
        next(flow)
        more = PagedResults(0, b"more").control()
        for op, controls in (
            (m.SearchResultEntry("cn=a"), ()),
            (m.SearchResultDone(), (more,)),
        ):
            engine.receive_data(codec.encode(m.LDAPMessage(1, op, controls)))
        engine.data_to_send()
        with pytest.raises(StopIteration) as end:
            flow.send(engine.take(1))
        assert end.value.value == [m.SearchResultEntry("cn=a")]
        assert cursor.finished
        last, _ = codec.decode(engine.data_to_send()) or pytest.fail("nothing sent")
        assert find(last.controls, PagedResults) == PagedResults(0, b"more")

    @pytest.mark.parametrize("half", [False, True])
    def test_the_next_page_has_time_of_its_own(self, half: bool) -> None:
        """That it could not be asked for in time is no error yet, where all is well."""
        engine = Engine()
        cursor = SearchCursor(engine, self.REQUEST, page_size=1)
        flow = cursor.fetch()
        next(flow)
        done = m.LDAPMessage(
            1, m.SearchResultDone(), (PagedResults(0, b"more").control(),)
        )
        for message in (m.LDAPMessage(1, m.SearchResultEntry("cn=a")), done):
            engine.receive_data(codec.encode(message))
        engine.data_to_send()
        assert isinstance(flow.send(engine.take(1)), Send)
        if half:
            engine.fail(ConnectionLost("a request could not be sent in time"))
        with pytest.raises(StopIteration) as end:
            flow.throw(DeadlineExceeded("now"))
        assert end.value.value == [m.SearchResultEntry("cn=a")]
        flow = cursor.fetch()
        if half:
            with pytest.raises(DeadlineExceeded):
                next(flow)
        else:
            assert next(flow) == Receive(2)

    @pytest.mark.parametrize("cookie", [b"newer", None])
    def test_leaving_never_raises(self, cookie: bytes | None) -> None:
        """Not while a bind stands alone, nor for a control that nobody can read."""
        engine = Engine()
        cursor = SearchCursor(engine, self.REQUEST, page_size=1)
        flow = cursor.fetch()
        next(flow)
        pages = [PagedResults(0, b"more").control(), m.Control(PagedResults.OID)]
        if cookie is not None:
            pages[1] = PagedResults(0, cookie).control()
        for number, page in enumerate(pages, 1):
            entry = m.LDAPMessage(number, m.SearchResultEntry("cn=a"))
            done = m.LDAPMessage(number, m.SearchResultDone(), (page,))
            engine.receive_data(codec.encode(entry) + codec.encode(done))
            if number == 1:
                assert isinstance(flow.send(engine.take(1)), Send)
                with pytest.raises(StopIteration):
                    next(flow)
        engine.send(m.BindRequest("", m.SimpleAuthentication(b"")))
        engine.data_to_send()
        cursor.close()
        assert engine.data_to_send() == b""
        assert not engine._finished

    def test_an_error_beyond_the_size_limit_is_none(self) -> None:
        """As many as were asked for have come; what follows is of no interest."""
        request = m.SearchRequest("", m.Scope.sub, Present("a"), size_limit=1)
        entries = [m.SearchResultEntry("cn=a"), m.SearchResultEntry("cn=b")]
        talk = Conversation([*entries, m.SearchResultDone(ResultCode.busy)])
        cursor = SearchCursor(talk.engine, request)
        assert talk.run(cursor.fetch()) == entries[:1]
        assert talk.run(cursor.fetch()) == []

    def test_closing_what_was_never_begun_sends_nothing(self) -> None:
        """There is nothing to abandon."""
        talk = Conversation()
        SearchCursor(talk.engine, self.REQUEST, page_size=5).close()
        assert talk.engine.data_to_send() == b""

    def test_read_entry(self) -> None:
        """One entry, or None where the server shows none."""
        entry = m.SearchResultEntry("dc=x")
        talk = Conversation([entry, m.SearchResultDone()], m.SearchResultDone())
        assert talk.run(read_entry(talk.engine, "dc=x", ("*",))) == entry
        assert talk.run(read_entry(talk.engine, "dc=x", ("*",))) is None


class TestDiscover:
    """Servers that say little."""

    def test_a_hidden_root_dse_is_empty(self) -> None:
        """Refused or absent, it is no error."""
        refusal = m.SearchResultDone(ResultCode.insufficientAccessRights)
        talk = Conversation(refusal, m.SearchResultDone())
        for _ in range(2):
            dse = talk.run(discover.root_dse(talk.engine))
            assert not dse.naming_contexts

    def test_a_server_that_wants_something_first_says_so(self) -> None:
        """Its words are not lost behind an empty root DSE."""
        refusal = m.SearchResultDone(
            ResultCode.strongerAuthRequired, diagnostic_message="TLS first"
        )
        talk = Conversation(refusal)
        with pytest.raises(StrongerAuthRequired, match="TLS first"):
            talk.run(discover.root_dse(talk.engine))

    def test_no_schema_is_one_clear_error(self) -> None:
        """Unnamed, refused, absent or empty."""
        talk = Conversation(m.SearchResultDone())
        nothing = talk.run(discover.root_dse(talk.engine))
        with pytest.raises(SchemaError, match="login"):
            talk.run(discover.schema(talk.engine, nothing))
        pointer = m.PartialAttribute("subschemaSubentry", (b"cn=Subschema",))
        named = [m.SearchResultEntry("", (pointer,)), m.SearchResultDone()]
        refusal = m.SearchResultDone(ResultCode.noSuchObject)
        empty = [m.SearchResultEntry("cn=Subschema"), m.SearchResultDone()]
        talk = Conversation(named, refusal, empty, m.SearchResultDone())  # type: ignore[arg-type]  # lists of two kinds
        dse = talk.run(discover.root_dse(talk.engine))
        for _ in range(3):
            with pytest.raises(SchemaError, match="cn=Subschema"):
                talk.run(discover.schema(talk.engine, dse))
