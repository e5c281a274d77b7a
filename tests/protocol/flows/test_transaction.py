"""Transactions, driven by hand: what is sent, and what is known when it goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import filters as f
from ldapom.errors import (
    Busy,
    ConnectionLost,
    DeadlineExceeded,
    DecodeError,
    EntryAlreadyExists,
    LDAPError,
    LocalProtocolError,
    NoSuchObject,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
    UnwillingToPerform,
)
from ldapom.protocol import messages as m
from ldapom.protocol.extended import (
    EndTransaction,
    StartTransaction,
    TransactionEnd,
    UpdateControls,
)
from ldapom.protocol.flows.transaction import transaction
from ldapom.protocol.write_controls import Assertion
from tests.protocol.flows.test_flows import Conversation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.flows.update import Update

IDENTIFIER = b"t1"
STARTED = m.ExtendedResponse(value=IDENTIFIER)
ADD = m.AddRequest("cn=a", ())
DELETE = m.DelRequest("cn=b")
MODIFY = m.ModifyRequest("cn=c", ())
ASSERTION = Assertion(f.Present("cn")).control()
BOTH: Sequence[tuple[Update, Sequence[m.Control]]] = ((ADD, ()), (DELETE, [ASSERTION]))
START = StartTransaction().request()
COMMIT = EndTransaction(IDENTIFIER).request()
ROLL_BACK = EndTransaction(IDENTIFIER, commit=False).request()
QUESTION = m.SearchRequest("", m.Scope.base, f.Present("objectClass"), ("1.1",))
ANSWER = m.SearchResultDone()
SPECIFICATION = m.Control("1.3.6.1.1.21.2", True, IDENTIFIER)
LOST = (DeadlineExceeded("now"), ConnectionLost("gone"), RemoteProtocolError("junk"))


def ended(
    code: ResultCode = ResultCode.success,
    message_id: int | None = None,
    updates: Sequence[UpdateControls] = (),
) -> m.ExtendedResponse:
    """The answer to the end request."""
    return m.ExtendedResponse(code, value=TransactionEnd(message_id, updates).value())


class TestSuccess:
    """All updates are carried out."""

    def test_order(self) -> None:
        """Start, each update in its order, the end; one after the other."""
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, ended())
        assert talk.run(transaction(talk.engine, BOTH)) == ((), ())
        assert talk.sent == [START, ADD, DELETE, QUESTION, COMMIT]
        assert len(talk.wishes) == 5
        assert talk.engine.idle

    def test_controls(self) -> None:
        """Each update names the transaction, critically, beside its own controls."""
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, ended())
        sent: list[Sequence[m.Control]] = []
        original = talk.engine.send

        def send(op: m.ProtocolOp, controls: Sequence[m.Control] = ()) -> int:
            sent.append(tuple(controls))
            return original(op, controls)

        talk.engine.send = send  # type: ignore[method-assign]  # to look at controls
        talk.run(transaction(talk.engine, BOTH))
        assert sent == [(), (SPECIFICATION,), (SPECIFICATION, ASSERTION), (), ()]

    def test_response_controls_find_their_update(self) -> None:
        """They come with the end, by message id; an unknown id is nobody's."""
        first, second = m.Control("1.2.3", value=b"x"), m.Control("1.2.4")
        updates = [
            UpdateControls(3, [second]),
            UpdateControls(99, [first]),
            UpdateControls(2, [first, second]),
        ]
        end = ended(updates=updates)
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, end)
        found = talk.run(transaction(talk.engine, BOTH))
        assert found == ((first, second), (second,))

    def test_no_updates(self) -> None:
        """Nothing to do sends nothing."""
        talk = Conversation()
        assert talk.run(transaction(talk.engine, ())) == ()
        assert not talk.sent

    @pytest.mark.parametrize(
        "answer",
        [
            m.SearchResultDone(ResultCode.insufficientAccessRights),
            m.SearchResultDone(ResultCode.noSuchObject),
            [m.SearchResultEntry(""), ANSWER],
        ],
    )
    def test_question_between(self, answer: m.ProtocolOp | list[m.ProtocolOp]) -> None:
        """What the server says to the question before the end does not matter."""
        talk = Conversation(STARTED, m.AddResponse(), answer, ended())
        talk.run(transaction(talk.engine, [(ADD, ())]))
        assert talk.sent == [START, ADD, QUESTION, COMMIT]

    def test_empty_identifier(self) -> None:
        """OpenLDAP's identifier is the empty one."""
        start = m.ExtendedResponse(value=b"")
        talk = Conversation(start, m.AddResponse(), ANSWER, ended())
        talk.run(transaction(talk.engine, [(ADD, ())]))
        assert talk.sent[-1] == EndTransaction(b"").request()

    def test_malformed_value_of_a_success(self) -> None:
        """The result code says that all was done; only the controls are lost."""
        end = m.ExtendedResponse(value=b"\xff")
        talk = Conversation(STARTED, m.AddResponse(), ANSWER, end)
        assert talk.run(transaction(talk.engine, [(ADD, ())])) == ((),)

    def test_intermediate_responses(self) -> None:
        """What is no answer is passed over."""
        between = m.IntermediateResponse("1.2.3")
        talk = Conversation(
            STARTED, [between, m.AddResponse()], ANSWER, between, ended()
        )
        assert talk.run(transaction(talk.engine, [(ADD, ())])) == ((),)


class TestRefusal:
    """Nothing is carried out, and the error names the update at fault."""

    def test_start(self) -> None:
        """Without a transaction no update is sent."""
        talk = Conversation(m.ExtendedResponse(ResultCode.busy))
        with pytest.raises(Busy) as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert talk.sent == [START]
        assert caught.value.request == START

    def test_update(self) -> None:
        """The transaction is let go, and its answer awaited before anything else."""
        refused = m.AddResponse(
            ResultCode.entryAlreadyExists, diagnostic_message="there"
        )
        talk = Conversation(STARTED, refused, m.ExtendedResponse())
        with pytest.raises(EntryAlreadyExists, match="there") as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert talk.sent == [START, ADD, ROLL_BACK]
        assert caught.value.request is ADD
        assert talk.engine.idle

    @pytest.mark.parametrize("answer", [m.ExtendedResponse(ResultCode.other), *LOST])
    def test_trouble_while_letting_go(self, answer: m.ProtocolOp | Exception) -> None:
        """The refusal is the error, whatever comes of letting go."""
        refused = m.AddResponse(ResultCode.entryAlreadyExists)
        talk = Conversation(STARTED, refused, answer)
        with pytest.raises(EntryAlreadyExists):
            talk.run(transaction(talk.engine, BOTH))
        assert talk.sent == [START, ADD, ROLL_BACK]

    def test_commit(self) -> None:
        """The message id of the answer leads back to the update; all is over then."""
        end = ended(ResultCode.noSuchObject, 3)
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, end)
        with pytest.raises(NoSuchObject) as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert caught.value.request is DELETE
        assert talk.sent == [START, ADD, DELETE, QUESTION, COMMIT]

    @pytest.mark.parametrize(
        "end",
        [
            ended(ResultCode.unwillingToPerform),
            ended(ResultCode.unwillingToPerform, 0),
            ended(ResultCode.unwillingToPerform, 99),
            m.ExtendedResponse(ResultCode.unwillingToPerform, value=b"\xff"),
        ],
    )
    def test_commit_that_names_no_update(self, end: m.ExtendedResponse) -> None:
        """Then the request to commit is what was refused."""
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, end)
        with pytest.raises(UnwillingToPerform) as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert caught.value.request == COMMIT

    def test_update_that_can_not_be_sent(self) -> None:
        """The transaction is let go without waiting."""
        bad = m.AddRequest("\ud800", ())
        talk = Conversation(STARTED, m.DelResponse())
        with pytest.raises(LocalProtocolError):
            talk.run(transaction(talk.engine, [(DELETE, ()), (bad, ())]))
        assert talk.sent == [START, DELETE, ROLL_BACK]
        assert talk.engine.idle


class TestLost:
    """What is known depends on whether the request to commit was sent."""

    @pytest.mark.parametrize("error", LOST)
    @pytest.mark.parametrize("answered", [0, 1, 2, 3])
    def test_before_the_end(self, error: LDAPError, answered: int) -> None:
        """Nothing happened, and the error says so; its kind stays the same."""
        replies: list[m.ProtocolOp] = [STARTED, m.AddResponse(), m.DelResponse()]
        talk = Conversation(*replies[:answered], error)
        with pytest.raises(type(error), match="nothing was changed") as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert str(error) in str(caught.value)
        assert caught.value.__cause__ is error
        assert COMMIT not in talk.sent
        assert talk.engine.idle

    def test_the_transaction_is_let_go(self) -> None:
        """A connection that lives on is not left inside of a transaction."""
        talk = Conversation(STARTED, DeadlineExceeded("now"))
        with pytest.raises(DeadlineExceeded):
            talk.run(transaction(talk.engine, BOTH))
        assert talk.sent == [START, ADD, ROLL_BACK]

    @pytest.mark.parametrize("error", LOST)
    def test_behind_the_end(self, error: LDAPError) -> None:
        """All or nothing was done, and nobody knows which."""
        talk = Conversation(STARTED, m.AddResponse(), m.DelResponse(), ANSWER, error)
        with pytest.raises(OutcomeUnknown, match="may or may not") as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert caught.value.__cause__ is error
        assert caught.value.request == COMMIT
        # An Abandon could not undo it and would only make it less clear.
        assert talk.sent[-1] == COMMIT
        assert talk.engine.idle

    def test_closed_with_the_last_answer(self) -> None:
        """A request to commit that could not be sent any more did nothing."""
        talk = Conversation(STARTED)
        flow = transaction(talk.engine, [(ADD, ())])
        next(flow)
        flow.send([m.LDAPMessage(1, STARTED)])
        flow.send([m.LDAPMessage(2, m.AddResponse())])
        talk.engine.fail(ConnectionLost("the server stops"))
        with pytest.raises(ConnectionLost, match="nothing was changed"):
            flow.send([m.LDAPMessage(3, ANSWER)])

    def test_closed_before(self) -> None:
        """A connection that is gone is what it is."""
        talk = Conversation()
        talk.engine.fail(ConnectionLost("the server stops"))
        with pytest.raises(ConnectionLost, match="the server stops"):
            talk.run(transaction(talk.engine, BOTH))

    def test_no_identifier(self) -> None:
        """An answer without one breaks the protocol; no update is sent."""
        talk = Conversation(m.ExtendedResponse())
        with pytest.raises(RemoteProtocolError, match="nothing was changed") as caught:
            talk.run(transaction(talk.engine, BOTH))
        assert isinstance(caught.value.__cause__, DecodeError)
        assert talk.sent == [START]

    @pytest.mark.parametrize("steps", [0, 1, 2, 3])
    def test_given_up(self, steps: int) -> None:
        """A flow that is closed half-way neither waits nor leaves anything open."""
        talk = Conversation()
        flow = transaction(talk.engine, BOTH)
        next(flow)
        answers: list[m.ProtocolOp] = [STARTED, m.AddResponse(), m.DelResponse()]
        for number, op in enumerate(answers[:steps], 1):
            flow.send([m.LDAPMessage(number, op)])
        flow.close()
        talk._read()
        assert COMMIT not in talk.sent
        assert (ROLL_BACK in talk.sent) is (steps > 0)
