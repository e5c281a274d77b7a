"""Commits that meet others, and servers that go; reading again; leaving."""

from __future__ import annotations

import gc
import pickle
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    CommitError,
    ConflictError,
    ConnectionLost,
    Delete,
    LocalProtocolError,
    NoResult,
    OutcomeUnknown,
    ReadOnlyEntry,
    Replace,
    Session,
    State,
    UncommittedChanges,
    ValidationError,
)
from ldapom.protocol import messages as m
from ldapom.protocol.extended import START_TRANSACTION
from tests.mapper.changes import (
    CREDENTIALS,
    PEOPLE,
    WRITES,
    ada_of,
    box_change,
    hiding,
    state_of,
    stored,
)
from tests.mapper.models import User, user

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle


def test_two_writers_racing(box: Directory) -> None:
    """Exactly one wins; the other sees what it is now and decides again."""
    with Session(box, CREDENTIALS) as one, Session(box, CREDENTIALS) as two:
        mine, theirs = ada_of(one), ada_of(two)
        mine.displayName, theirs.displayName = "mine", "theirs"
        one.commit()
        with pytest.raises(ConflictError, match=r"somebody else.* changed it first"):
            two.commit()
        two.refresh(theirs, discard=True)
        assert theirs.displayName == "mine"
        theirs.displayName = "theirs"
        two.commit()
    assert stored(box, f"uid=ada,{PEOPLE}", "displayName") == ["theirs"]


def test_lists_are_merged_by_the_server(box: Directory) -> None:
    """Values that different people add do not get in each other's way."""
    with Session(box, CREDENTIALS) as one, Session(box, CREDENTIALS) as two:
        mine, theirs = ada_of(one), ada_of(two)
        mine.mail.append("one@example.com")
        theirs.mail.append("two@example.com")
        one.commit()
        two.commit()
    assert {"one@example.com", "two@example.com"} <= set(stored(box, mine.dn, "mail"))


def test_optimistic(box: Directory) -> None:
    """Any other change of the entry is a conflict; our own follow each other."""
    with Session(box, CREDENTIALS, optimistic=True) as session:
        ada = ada_of(session)
        new = session.add(user(uid=["new"]))
        for word in ("first", "second"):
            ada.displayName = word
            new.displayName = word
            session.rename(new, uid=word)
            session.commit()
        box_change(box, Replace("description", ["somebody was here"]))
        ada.displayName = "third"
        with pytest.raises(ConflictError):
            session.commit()
        session.refresh(ada)
        assert ada.displayName == "third"
        session.commit()
    assert stored(box, f"uid=ada,{PEOPLE}", "displayName") == ["third"]
    assert stored(box, f"uid=second,{PEOPLE}", "displayName") == ["second"]


def test_atomic(box: Directory, session: Session) -> None:
    """All or nothing; refused where there is no such thing."""
    ada, charles = ada_of(session), session.query(User, uid="charles").one()
    ada.displayName = "A"
    charles.loginShell = "/bin/zsh"
    box_change(box, Delete("loginShell"), uid="charles")
    with pytest.raises(ConflictError):
        session.commit(atomic=True)
    assert stored(box, ada.dn, "displayName") == ["Ada Lovelace"]
    session.refresh(charles)
    done = session.commit(atomic=True)
    assert len(done) == 2
    assert stored(box, ada.dn, "displayName") == ["A"]
    ada.displayName = "B"
    session.connection._root_dse = None
    with (
        box.wrapped(hiding(START_TRANSACTION)),
        pytest.raises(LocalProtocolError, match="no transactions"),
    ):
        session.commit(atomic=True)


# --- what is lost --------------------------------------------------------------------


def losing(nth: int, *, before: bool) -> Callable[[Handle], Handle]:
    """A server that goes away at the nth write, before or after it is done."""
    count = 0

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            nonlocal count
            if isinstance(message.op, WRITES):
                count += 1
                if count == nth:
                    if not before:
                        list(handle(message))
                    raise ConnectionLost("the server stops")
            return handle(message)

        return handler

    return wrapper


@pytest.mark.parametrize("before", [True, False])
def test_a_rerun_does_nothing_twice(box: Directory, before: bool) -> None:
    """An add, a change, a rename, a delete: each may be the one that is unknown."""
    for nth in range(1, 6):
        with Session(box, CREDENTIALS) as session:
            prepare(session)
            with (
                box.wrapped(losing(nth, before=before)),
                pytest.raises(CommitError) as caught,
            ):
                session.commit()
            assert len(caught.value.done) == nth - 1
            (unknown,) = caught.value.unknown
            assert isinstance(caught.value.__cause__, OutcomeUnknown)
            (entry,) = unknown.entries
            assert state_of(entry) is State.unknown
            with pytest.raises(ValidationError, match="refresh the entry first"):
                session.commit()
            session.refresh(entry)
            session.commit()
        check_prepared(box)


def prepare(session: Session) -> None:
    """Five writes."""
    for uid in ("p-new", "p-renamed", "p-moved"):
        for each in session.query(User, uid=uid):
            session.delete(each)
    session.commit()
    for uid in ("p-old", "p-gone"):
        if not session.query(User, uid=uid).exists():
            session.add(user(uid=[uid]))
    session.commit()
    changed = ada_of(session)
    changed.mail = ["a@example.com"]
    changed.displayName = None
    session.commit()
    session.add(user(uid=["p-new"]))
    old = session.query(User, uid="p-old").one()
    session.rename(old, uid="p-renamed")
    old.mail.append("old@example.com")
    changed.mail.append("b@example.com")
    changed.displayName = "again"
    session.delete(session.query(User, uid="p-gone").one())


def check_prepared(box: Directory) -> None:
    """Each of them was done once."""
    assert stored(box, f"uid=p-new,{PEOPLE}", "cn") == ["Ada"]
    assert stored(box, f"uid=p-renamed,{PEOPLE}", "uid") == ["p-renamed"]
    assert stored(box, f"uid=p-renamed,{PEOPLE}", "mail") == ["old@example.com"]
    assert stored(box, f"uid=ada,{PEOPLE}", "mail") == [
        "a@example.com",
        "b@example.com",
    ]
    assert stored(box, f"uid=ada,{PEOPLE}", "displayName") == ["again"]
    with Session(box, CREDENTIALS) as session:
        assert not session.query(User, uid="p-gone").exists()
        assert not session.query(User, uid="p-old").exists()


def test_refresh(box: Directory, session: Session) -> None:
    """Pending changes are made again on what is read, or forgotten."""
    ada = ada_of(session)
    mail = ada.mail
    mail.append("mine@example.com")
    box_change(
        box, Replace("mail", ["theirs@example.com"]), Replace("displayName", ["D"])
    )
    session.refresh(ada)
    assert ada.mail is mail
    assert mail == ["theirs@example.com", "mine@example.com"]
    assert ada.displayName == "D"
    session.refresh(ada, discard=True)
    assert mail == ["theirs@example.com"]
    assert not session.pending
    with Session(box, CREDENTIALS) as other:
        other.connection.delete(ada.dn)
    with pytest.raises(NoResult, match="any more"):
        session.refresh(ada)
    assert state_of(ada) is State.deleted
    with pytest.raises(NoResult, match="not added yet"):
        session.refresh(session.add(user(uid=["new"])))
    with pytest.raises(ReadOnlyEntry, match="not of this session"):
        session.refresh(user())


def test_a_commit_error_pickles(session: Session) -> None:
    """Without entries and connections."""
    ada = ada_of(session)
    session.connection.delete(ada.dn)
    ada.displayName = "D"
    with pytest.raises(CommitError) as caught:
        session.commit()
    again = pickle.loads(pickle.dumps(caught.value))
    assert [operation.dn for operation in again.failed] == [str(ada.dn)]
    assert str(again) == str(caught.value)


# --- leaving -------------------------------------------------------------------------


def test_leaving_with_changes_is_an_error(box: Directory) -> None:
    """They are named; nothing was sent, and the connection is closed."""
    session = Session(box, CREDENTIALS)
    with box.recording() as requests:
        session.__enter__()
        ada = ada_of(session)
        ada.displayName = "D"
        with pytest.raises(UncommittedChanges, match="modify 'uid=ada") as caught:
            session.__exit__(None, None, None)
    assert not session.is_open
    assert isinstance(requests[-1].op, m.UnbindRequest)
    assert len(caught.value.operations) == 1
    assert state_of(ada) is State.detached
    ada.displayName = "E"
    with session:
        assert not session.pending
        assert ada_of(session).displayName == "Ada Lovelace"


def test_leaving_with_an_exception_drops_them(box: Directory) -> None:
    """The exception is the body's."""
    with pytest.raises(KeyError), Session(box, CREDENTIALS) as session:
        ada_of(session).displayName = "D"
        raise KeyError


def test_what_was_changed_back_is_no_change(box: Directory) -> None:
    """Also in a writer that nobody keeps."""
    with Session(box, CREDENTIALS) as session:
        ada = ada_of(session)
        ada.displayName = "D"
        ada.displayName = "Ada Lovelace"
        ada.mail.append("x")
        ada.mail.remove("x")
        assert state_of(ada) is State.clean
        assert session.commit() == ()
        assert not session._unit.states
    with (
        pytest.raises(UncommittedChanges, match="uid=ada"),
        Session(box, CREDENTIALS) as session,
    ):
        session.query(User, uid="ada").writer()[0].displayName = "D"
        gc.collect()
