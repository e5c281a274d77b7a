"""`Writer`: a unit of work of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import (
    CommitError,
    ReadOnlyEntry,
    Replace,
    Session,
    State,
)
from tests.mapper.changes import (
    PEOPLE,
    ada_of,
    box_change,
    state_of,
    stored,
)
from tests.mapper.models import User, user

if TYPE_CHECKING:
    from ldapom import Writer
    from ldapom.testing import Directory


@pytest.fixture
def writer(session: Session) -> Writer[User]:
    """Two people."""
    return (
        session.query(User, User.uid.in_(["ada", "charles"])).order_by("uid").writer()
    )


def test_a_writer_is_a_unit_of_its_own(
    box: Directory, session: Session, writer: Writer[User]
) -> None:
    """Its entries are other objects; the session's commit does not send them."""
    assert [each.uid[0] for each in writer] == ["ada", "charles"]
    assert writer[0] is not ada_of(session)
    assert writer[:1] == [writer[0]]
    writer[0].displayName = "W"
    assert not session.pending
    assert len(writer.pending) == 1
    assert session.commit() == ()
    with pytest.raises(ReadOnlyEntry):
        session.delete(writer[0])
    writer.commit()
    assert stored(box, writer[0].dn, "displayName") == ["W"]
    assert repr(writer) == "<Writer of 2 entries of User>"
    assert str(writer).startswith("DN: uid=ada,")


def test_new_entries_of_a_writer(box: Directory, writer: Writer[User]) -> None:
    """They are in the sequence; deleted ones leave it with the commit."""
    new = writer.new(
        cn=["N"], sn=["N"], uid=["new"], uidNumber=1, gidNumber=1, homeDirectory="/"
    )
    writer.delete(writer[0])
    assert len(writer) == 3
    writer.commit()
    assert [each.uid[0] for each in writer] == ["charles", "new"]
    assert state_of(new) is State.clean
    dropped = writer.new(
        cn=["N"], sn=["N"], uid=["x"], uidNumber=1, gidNumber=1, homeDirectory="/"
    )
    writer.discard()
    assert dropped not in list(writer)
    assert stored(box, new.dn, "cn") == ["N"]


def test_a_writer_commits_at_the_end(box: Directory, session: Session) -> None:
    """And discards when an exception ends it."""
    with session.query(User).writer() as users:
        for each in users:
            each.displayName = "All"
    assert stored(box, f"uid=ada,{PEOPLE}", "displayName") == ["All"]
    with pytest.raises(KeyError), session.query(User, uid="ada").writer() as users:
        users[0].displayName = "None"
        raise KeyError
    assert users[0].displayName == "All"
    with session.writer(User) as empty:
        assert len(empty) == 0
        empty.add(user(uid=["new"]))
        empty.rename(empty[0], uid="newer")
        empty.move(empty[0], "ou=groups,dc=example,dc=com")
    assert stored(box, "uid=newer,ou=groups,dc=example,dc=com", "cn") == ["Ada"]


def test_a_writer_that_is_refused_at_the_end(box: Directory, session: Session) -> None:
    """What was done is told and stays; nothing of the rest is left for the session."""
    query = session.query(User, User.uid.in_(["ada", "bob"])).order_by("uid")
    users = query.writer()
    ada, bob = users
    with pytest.raises(CommitError) as caught, users:
        ada.displayName = "Done"
        bob.displayName = "Too late"
        box_change(box, Replace("displayName", "Faster"), uid="bob")
    assert [op.dn for op in caught.value.done] == [str(ada.dn)]
    assert [op.dn for op in caught.value.failed] == [str(bob.dn)]
    assert stored(box, ada.dn, "displayName") == ["Done"]
    assert stored(box, bob.dn, "displayName") == ["Faster"]
    assert (bob.displayName, state_of(bob)) == (None, State.clean)
    assert not users.pending
