"""Increments against the box, and against servers that lack something."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    CommitError,
    Entry,
    Increment,
    LocalProtocolError,
    Many,
    MissingValue,
    NotLoaded,
    ReadOnlyEntry,
    Replace,
    Session,
    attribute,
)
from ldapom.mapper.entries import diff
from ldapom.mapper.entries.increments import MODIFY_INCREMENT, increment
from ldapom.protocol import messages as m
from ldapom.protocol.write_controls import PostRead
from tests.behaviour.between import Between
from tests.mapper.changes import (
    CREDENTIALS,
    PEOPLE,
    ada_of,
    box_change,
    hiding,
    writes,
)
from tests.mapper.changes import (
    stored as held,
)
from tests.mapper.models import User, user
from tests.mapper.units import stored

if TYPE_CHECKING:
    from ldapom.testing import Directory


class Counters(Entry, object_class="counters"):
    """Several numbers in one attribute."""

    number: Many[int] = attribute("number", default=())


class Account(Entry, object_class="posixAccount"):
    """Another class that looks at a user."""

    uidNumber: Many[int] = attribute("uidNumber", must=True)


def test_every_value_is_incremented() -> None:
    """One change for all of them; a change in place takes its place."""
    entry = stored(Counters, ("number", [b"1", b"20"]))
    numbers = entry.number
    increment(entry, "number", 2)
    assert numbers == [3, 22]
    assert diff.modifications(entry._state) == (Increment("number", 2),)
    numbers.append(5)
    kinds = [type(change).__name__ for change in diff.modifications(entry._state)]
    assert kinds == ["Delete", "Add"]
    entry._state.restore()
    assert numbers == [1, 20]
    assert diff.modifications(entry._state) == ()


@pytest.mark.parametrize("by", [True, 1.0, "1"])
def test_by_a_number(by: int) -> None:
    """Anything else is refused at once."""
    entry = stored(Counters, ("number", [b"1"]))
    with pytest.raises(TypeError, match="by an int"):
        increment(entry, "number", by)
    assert entry.number == [1]


def test_only_numbers_that_are_there(session: Session) -> None:
    """Text, what is absent, what was not asked for and what only reads are refused."""
    ada = ada_of(session)
    with pytest.raises(TypeError, match="no integers"):
        session.increment(ada, "sn")
    with pytest.raises(LookupError, match="uidNumber"):
        session.increment(ada, "uidNumbr")
    with pytest.raises(MissingValue, match="number"):
        increment(stored(Counters), "number", 1)
    with pytest.raises(ReadOnlyEntry):
        session.increment(session.query(User, uid="bob").reader()[0], "uidNumber")
    with pytest.raises(ReadOnlyEntry):
        session.increment(copy(ada), "uidNumber")
    part = session.query(User, uid="grace").only("uid").one()
    with pytest.raises(NotLoaded):
        session.increment(part, "uidNumber")
    assert not session.pending


def test_a_new_entry_has_its_sum(session: Session, box: Directory) -> None:
    """Nobody else counts on what is not there yet: it is added as it is."""
    new = session.add(user(uid=["new"], uidNumber=5))
    session.increment(new, "uidNumber")
    session.commit()
    assert held(box, new.dn, "uidNumber") == ["6"]


def test_refused_where_it_is_not_offered(box: Directory) -> None:
    """The commit says which attribute, and sends nothing."""
    with (
        box.wrapped(hiding(MODIFY_INCREMENT)),
        box.recording() as requests,
        Session(box, CREDENTIALS) as session,
    ):
        ada = ada_of(session)
        session.increment(ada, "uidNumber")
        with pytest.raises(LocalProtocolError, match="uidNumber of .*uid=ada"):
            session.commit()
        assert writes(requests) == []
        ada.uidNumber = 9
        session.commit()
    assert held(box, ada.dn, "uidNumber") == ["9"]


def test_without_post_read_it_has_to_be_read(box: Directory) -> None:
    """Nobody knows the number after a commit; a refresh asks for it."""
    with box.wrapped(hiding(PostRead.OID)), Session(box, CREDENTIALS) as session:
        ada = ada_of(session)
        number = ada.uidNumber
        box_change(box, Replace("uidNumber", "500"))
        session.increment(ada, "uidNumber")
        assert ada.uidNumber == number + 1
        session.commit()
        with pytest.raises(NotLoaded, match="refresh"):
            _ = ada.uidNumber
        assert "uidNumber" not in ada.raw
        assert "uidNumber" not in str(ada)
        with pytest.raises(NotLoaded):
            _ = copy(ada).uidNumber
        session.refresh(ada)
        assert ada.uidNumber == 501
        session.increment(ada, "uidNumber")
        session.commit()
        assert ada_of(session) is ada
        assert ada.uidNumber == 502


def test_an_outdated_number_can_be_assigned(box: Directory) -> None:
    """It replaces whatever is there."""
    with box.wrapped(hiding(PostRead.OID)), Session(box, CREDENTIALS) as session:
        ada = ada_of(session)
        session.increment(ada, "uidNumber")
        session.commit()
        ada.uidNumber = 3
        session.commit()
        assert ada.uidNumber == 3
    assert held(box, ada.dn, "uidNumber") == ["3"]


@pytest.mark.parametrize("hidden", [(), (PostRead.OID,)])
def test_two_classes_count(box: Directory, hidden: tuple[str, ...]) -> None:
    """Both increments of one entry go as one, and neither shows a number of its own."""
    with box.wrapped(hiding(*hidden)), Session(box, CREDENTIALS) as session:
        ada = ada_of(session)
        account = session.get(Account, ada.dn)
        number = ada.uidNumber
        session.increment(ada, "uidNumber", by=2)
        session.increment(account, "uidNumber", by=3)
        (operation,) = session.pending
        assert isinstance(operation.request, m.ModifyRequest)
        (change,) = operation.request.changes
        assert change.modification.values == (b"5",)
        session.commit()
        if hidden:
            session.refresh(ada)
            session.refresh(account)
        assert ada.uidNumber == number + 5
        assert account.uidNumber == [number + 5]


@pytest.mark.parametrize("carried_out", [True, False])
def test_nothing_is_counted_twice(box: Directory, *, carried_out: bool) -> None:
    """Behind an unknown outcome a refresh tells whether it was counted."""
    between = Between(box)
    with Session(between, CREDENTIALS) as session:
        ada = ada_of(session)
        number = ada.uidNumber
        session.increment(ada, "uidNumber")
        between.cut(0, carries_out=carried_out)
        with pytest.raises(CommitError) as caught:
            session.commit()
        assert len(caught.value.unknown) == 1
        session.refresh(ada)
        assert ada.uidNumber == number + 1
        assert len(session.pending) == (0 if carried_out else 1)
        session.commit()
        assert ada.uidNumber == number + 1
    assert held(box, f"uid=ada,{PEOPLE}", "uidNumber") == [str(number + 1)]


def test_in_a_writer(session: Session, box: Directory) -> None:
    """A writer of its own does it too."""
    with session.query(User, uid="ada").writer() as users:
        before = users[0].uidNumber
        users.increment(users[0], "uidNumber", by=-1)
    assert held(box, users[0].dn, "uidNumber") == [str(before - 1)]
