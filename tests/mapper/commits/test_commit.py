"""`Commit`, driven by hand: every reply and every loss is chosen by the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import (
    CommitError,
    ConflictError,
    ConnectionLost,
    DeadlineExceeded,
    NoSuchAttribute,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
    RootDSE,
    Session,
    State,
)
from ldapom.mapper.commits.commit import Commit
from ldapom.mapper.commits.how import How
from ldapom.mapper.commits.unit import Unit
from ldapom.protocol import messages as m
from ldapom.protocol.extended import START_TRANSACTION
from ldapom.protocol.write_controls import Assertion, PostRead, TreeDelete
from tests.mapper.models import User, user
from tests.protocol.flows.test_flows import Conversation

if TYPE_CHECKING:
    from ldapom.mapper.commits.how import OnError

OK = m.ModifyResponse(ResultCode.success)
ADDED = m.AddResponse(ResultCode.success)
SESSION = Session("ldap://nowhere")


def message(uid: str, **more: list[bytes]) -> m.SearchResultEntry:
    """An entry as a server sends it."""
    values = {"uid": [uid.encode()], "cn": [b"C"], "sn": [b"S"], **more}
    parts = [m.PartialAttribute(name, each) for name, each in values.items()]
    return m.SearchResultEntry(f"uid={uid},dc=example,dc=com", parts)


def unit_of(count: int, **more: list[bytes]) -> tuple[Unit, list[User]]:
    """A unit of work, and entries of it."""
    unit = Unit(SESSION, set())
    messages = [message(f"u{number}", **more) for number in range(count)]
    taken = unit.identities.take(unit, User, messages, User.__ldapom__.loaded)
    return unit, [entry for entry in taken if isinstance(entry, User)]


def work(
    unit: Unit, on_error: OnError = "stop", dse: RootDSE | None = None, **how: bool
) -> Commit:
    """A commit of all that is pending."""
    return Commit(unit, unit.operations(), How(on_error, **how), dse or RootDSE())


def run(commit: Commit, conversation: Conversation) -> None:
    """All steps, as a session does them."""
    while not commit.finished:
        conversation.run(commit.step(conversation.engine))
    commit.follow()
    commit.check()


def states(entries: list[User]) -> list[str]:
    """Where they stand."""
    return [entry.state.value for entry in entries]


def test_one_after_the_other() -> None:
    """Each is settled when its answer came."""
    unit, users = unit_of(2)
    for each in users:
        each.sn.append("T")
    commit = work(unit)
    conversation = Conversation(OK, OK)
    conversation.run(commit.step(conversation.engine))
    assert states(users) == ["clean", "changed"]
    assert not commit.finished
    run(commit, conversation)
    assert states(users) == ["clean", "clean"]
    assert [operation.dn for operation in commit.done] == [str(u.dn) for u in users]
    assert [type(op) for op in conversation.sent] == [m.ModifyRequest] * 2
    assert not unit.operations()


def test_it_stops_at_the_first_refusal() -> None:
    """The error says what was done, what failed and why, and what was not sent."""
    unit, users = unit_of(3)
    for each in users:
        each.sn.append("T")
    refusal = m.ModifyResponse(
        ResultCode.insufficientAccessRights, diagnostic_message="no"
    )
    conversation = Conversation(OK, refusal)
    with pytest.raises(CommitError, match=r"at modify 'uid=u1.*1 done, 1 failed.*1 not sent.*: no") as caught:  # fmt: skip
        run(work(unit), conversation)
    error = caught.value
    assert not isinstance(error, ConflictError)
    assert [len(x) for x in (error.done, error.failed, error.unknown, error.pending)] == [1, 1, 0, 1]  # fmt: skip
    assert error.failed[0].entries == (users[1],)
    assert error.errors[error.failed[0]] is error.__cause__
    assert states(users) == ["clean", "changed", "changed"]
    assert len(conversation.sent) == 2
    run(work(unit), Conversation(OK, OK))
    assert states(users) == ["clean"] * 3


def test_it_goes_on_with_what_does_not_depend() -> None:
    """What is below an entry that could not be added is not sent."""
    unit = Unit(SESSION, set())
    parent = user(dn="uid=p,dc=c", uid=["p"])
    child = user(dn="uid=c,uid=p,dc=c", uid=["c"])
    other = user(dn="uid=o,dc=c", uid=["o"])
    for each in (child, parent, other):
        unit.add(each)
    conversation = Conversation(m.AddResponse(ResultCode.noSuchObject), ADDED)
    with pytest.raises(CommitError) as caught:
        run(work(unit, "continue"), conversation)
    assert [operation.dn for operation in caught.value.failed] == ["uid=p,dc=c"]
    assert [operation.dn for operation in caught.value.pending] == ["uid=c,uid=p,dc=c"]
    assert [operation.dn for operation in caught.value.done] == ["uid=o,dc=c"]
    assert str(caught.value).startswith("the commit went on behind a refusal at add ")
    assert states([parent, child, other]) == ["adding", "adding", "clean"]


@pytest.mark.parametrize("lost", [ConnectionLost("cut"), DeadlineExceeded("late"), RemoteProtocolError("odd")])  # fmt: skip
def test_a_lost_answer_leaves_one_unknown(lost: Exception) -> None:
    """It may have been carried out; nothing behind it is sent, whatever was asked."""
    unit, users = unit_of(3)
    for each in users:
        each.sn.append("T")
    with pytest.raises(CommitError) as caught:
        run(work(unit, "continue"), Conversation(OK, lost))
    error = caught.value
    assert [len(x) for x in (error.done, error.failed, error.unknown, error.pending)] == [1, 0, 1, 1]  # fmt: skip
    assert isinstance(error.__cause__, OutcomeUnknown | RemoteProtocolError)
    assert states(users) == ["clean", "unknown", "changed"]
    with pytest.raises(
        Exception, match="outcome of an earlier write is unknown; refresh"
    ):
        unit.operations()


def test_a_connection_that_is_gone_sends_nothing() -> None:
    """Then nothing is unknown: all of it is pending."""
    unit, users = unit_of(1)
    users[0].sn.append("T")
    conversation = Conversation()
    conversation.engine.fail(ConnectionLost("gone"))
    with pytest.raises(CommitError) as caught:
        run(work(unit), conversation)
    assert len(caught.value.pending) == 1
    assert not caught.value.unknown
    assert states(users) == ["changed"]


def test_an_interrupt_leaves_one_unknown() -> None:
    """Whoever pressed the keys does not know either; the interrupt goes on."""
    unit, users = unit_of(2)
    for each in users:
        each.sn.append("T")
    commit = work(unit)
    conversation = Conversation()
    flow = commit.step(conversation.engine)
    next(flow)
    flow.close()
    assert states(users) == ["unknown", "changed"]
    assert commit.finished


def test_a_single_value_that_is_another_by_now() -> None:
    """The old value is not there to be deleted: a conflict, in either error's net."""
    unit, (ada,) = unit_of(1, displayName=[b"old"])
    ada.displayName = "mine"
    refusal = m.ModifyResponse(ResultCode.noSuchAttribute)
    with pytest.raises(ConflictError) as caught:
        run(work(unit), Conversation(refusal))
    assert isinstance(caught.value, CommitError)
    assert isinstance(caught.value.__cause__, NoSuchAttribute)
    assert caught.value.failed[0].entries == (ada,)
    assert ada.state is State.changed
    assert ada.displayName == "mine"


@pytest.mark.parametrize("there", [True, False])
def test_a_first_value_that_somebody_else_has_set(there: bool) -> None:
    """Servers have other words for it; whether it is one, the entry says."""
    unit, (ada,) = unit_of(1)
    ada.displayName = "mine"
    parts = [m.PartialAttribute("displayName", [b"theirs"])] if there else []
    found: list[m.ProtocolOp] = [
        m.SearchResultEntry("uid=u0,dc=example,dc=com", parts),
        m.SearchResultDone(ResultCode.success),
    ]
    refusal = m.ModifyResponse(ResultCode.constraintViolation)
    with pytest.raises(CommitError) as caught:
        run(work(unit), Conversation(refusal, found))
    assert isinstance(caught.value, ConflictError) is there


@pytest.mark.parametrize(
    ("there", "conflict"),
    [([b"A"], True), ([b"old"], False), ([], False), (None, True)],
)
def test_a_value_too_many(there: list[bytes] | None, conflict: bool) -> None:
    """One that somebody else has added is a conflict; what is no list there is none.

    Active Directory has the same words for a second description.
    """
    unit, (ada,) = unit_of(1, description=[b"old"])
    ada.description.append("a")
    parts = [m.PartialAttribute("description", there)] if there else []
    found: list[m.ProtocolOp] = [m.SearchResultDone(ResultCode.success)]
    if there is not None:
        found.insert(0, m.SearchResultEntry("uid=u0,dc=example,dc=com", parts))
    refusal = m.ModifyResponse(ResultCode.attributeOrValueExists)
    with pytest.raises(CommitError) as caught:
        run(work(unit), Conversation(refusal, found))
    assert isinstance(caught.value, ConflictError) is conflict


def test_a_first_value_in_active_directorys_words() -> None:
    """Where the attribute takes one value, any that is there is somebody else's."""
    unit, (ada,) = unit_of(1)
    ada.displayName = "mine"
    parts = [m.PartialAttribute("displayName", [b"theirs"])]
    found: list[m.ProtocolOp] = [
        m.SearchResultEntry("uid=u0,dc=example,dc=com", parts),
        m.SearchResultDone(ResultCode.success),
    ]
    refusal = m.ModifyResponse(ResultCode.attributeOrValueExists)
    with pytest.raises(ConflictError):
        run(work(unit), Conversation(refusal, found))


def test_some_conflicts_and_some_not() -> None:
    """Then it is no plain conflict; the errors say which is which."""
    unit, users = unit_of(2, displayName=[b"old"])
    for each in users:
        each.displayName = "mine"
    replies: list[m.ProtocolOp] = [
        m.ModifyResponse(ResultCode.noSuchAttribute),
        m.ModifyResponse(ResultCode.insufficientAccessRights),
    ]
    with pytest.raises(CommitError) as caught:
        run(work(unit, "continue"), Conversation(*replies))
    assert not isinstance(caught.value, ConflictError)
    kinds = [type(caught.value.errors[each]).__name__ for each in caught.value.failed]
    assert kinds == ["ConflictError", "InsufficientAccessRights"]


def test_a_rename_and_what_follows_it() -> None:
    """Both are accounted for: the rename stays done when the Modify is refused."""
    unit, (ada, child) = unit_of(2)
    old, child._state.dn = child._state.dn, "uid=u1,uid=u0,dc=example,dc=com"
    unit.identities.known(User).rename([(old, child)])
    unit.rename(ada, {"uid": "new"})
    ada.sn.append("T")
    replies: list[m.ProtocolOp] = [
        m.ModifyDNResponse(ResultCode.success),
        m.ModifyResponse(ResultCode.insufficientAccessRights),
    ]
    with pytest.raises(CommitError) as caught:
        run(work(unit), Conversation(*replies))
    assert [each.kind for each in caught.value.done] == ["rename"]
    assert [each.kind for each in caught.value.failed] == ["modify"]
    assert str(ada.dn) == "uid=new,dc=example,dc=com"
    assert ada.uid == ["new"]
    assert ada.state is State.changed
    assert str(child.dn) == "uid=u1,uid=new,dc=example,dc=com"
    assert [each.kind for each in unit.operations()] == ["modify"]


# --- what the server offers ----------------------------------------------------------


def test_post_read_is_asked_for_where_it_is_offered() -> None:
    """For what the server makes and was asked for, not for what was sent."""
    unit, (ada,) = unit_of(1, entryCSN=[b"1"])
    ada.sn.append("T")
    how = How()
    assert how.reads_back(*unit.operations()) == ()
    ada._state.loaded = None
    (operation,) = unit.operations()
    assert how.reads_back(operation) == ("entryCSN",)
    commit = Commit(unit, [operation], how, RootDSE(supported_controls=(PostRead.OID,)))
    (control,) = commit._controls(operation)
    assert PostRead.decode(control).attributes == ("entryCSN",)
    assert not list(Commit(unit, [operation], how, RootDSE())._controls(operation))


def test_an_assertion_says_which_version_is_meant() -> None:
    """And goes with the first write of an entry only: the second follows our own."""
    unit, (ada,) = unit_of(1, entryCSN=[b"1"])
    ada.sn.append("T")
    dse = RootDSE(supported_controls=(Assertion.OID,))
    commit = work(unit, dse=dse, optimistic=True)
    (operation,) = unit.operations()
    (control,) = commit._controls(operation)
    assert str(Assertion.decode(control).filter) == "(entryCSN=1)"
    run(commit, Conversation(OK))
    ada.sn.append("U")
    with pytest.raises(
        Exception, match=r"without any of the attributes entryCSN.*refresh"
    ):
        How(optimistic=True).refuse(unit.operations(), dse)


@pytest.mark.parametrize(
    ("how", "words"),
    [(How(atomic=True), "no transactions"), (How(optimistic=True), "no assertions")],
)
def test_what_is_not_offered_is_refused(how: How, words: str) -> None:
    """Before anything is sent."""
    unit, (ada,) = unit_of(1)
    ada.sn.append("T")
    with pytest.raises(Exception, match=words):
        how.refuse(unit.operations(), RootDSE())


def test_a_tree_is_deleted_at_once_or_leaf_by_leaf() -> None:
    """The deepest first; what has gone meanwhile is no matter."""
    unit, (top,) = unit_of(1)
    unit.delete(top, recursive=True)
    (operation,) = unit.operations()
    dse = RootDSE(supported_controls=(TreeDelete.OID,))
    (control,) = work(unit, dse=dse)._controls(operation)
    assert control.type == TreeDelete.OID
    names = ["", "cn=a,", "cn=b,cn=a,"]
    found: list[m.ProtocolOp] = [
        *(m.SearchResultEntry(f"{name}{top.dn}", ()) for name in names),
        m.SearchResultDone(ResultCode.success),
    ]
    gone = m.DelResponse(ResultCode.noSuchObject)
    done = m.DelResponse(ResultCode.success)
    conversation = Conversation(found, done, gone, done)
    run(work(unit), conversation)
    targets = [op.entry for op in conversation.sent if isinstance(op, m.DelRequest)]
    assert targets == [f"cn=b,cn=a,{top.dn}", f"cn=a,{top.dn}", str(top.dn)]
    assert top.state is State.deleted


def test_a_transaction_that_fails_has_done_nothing() -> None:
    """What was at fault failed, the rest is pending."""
    unit, users = unit_of(2)
    for each in users:
        each.sn.append("T")
    replies: list[m.ProtocolOp] = [
        m.ExtendedResponse(ResultCode.success, value=b"t"),
        OK,
        m.ModifyResponse(ResultCode.insufficientAccessRights),
        m.ExtendedResponse(ResultCode.success),
    ]
    dse = RootDSE(supported_extensions=(START_TRANSACTION,))
    with pytest.raises(CommitError) as caught:
        run(work(unit, dse=dse, atomic=True), Conversation(*replies))
    error = caught.value
    assert [len(x) for x in (error.done, error.failed, error.unknown, error.pending)] == [0, 1, 0, 1]  # fmt: skip
    assert error.failed[0].entries == (users[1],)
    assert states(users) == ["changed", "changed"]


def test_a_transaction_whose_end_is_lost() -> None:
    """All of it is unknown."""
    unit, users = unit_of(2)
    for each in users:
        each.sn.append("T")
    started = m.ExtendedResponse(ResultCode.success, value=b"t")
    # The search is the round trip before the end, see the flow.
    replies: list[m.ProtocolOp] = [
        started,
        OK,
        OK,
        m.SearchResultDone(ResultCode.success),
    ]
    with pytest.raises(CommitError) as caught:
        run(work(unit, atomic=True), Conversation(*replies, ConnectionLost("cut")))
    assert len(caught.value.unknown) == 2
    assert states(users) == ["unknown", "unknown"]
