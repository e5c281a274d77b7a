"""Names that are left and taken again in one commit: no entry is taken for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import DN, CommitError, Delete, NotLoaded, State, ValidationError
from ldapom.mapper.commits import aftermath
from ldapom.mapper.commits.moves import Moves
from tests.mapper.changes import PEOPLE, ada_of, box_change, state_of, stored
from tests.mapper.models import InetOrgPerson, OrganizationalUnit, User, user
from tests.mapper.units import stored as read

if TYPE_CHECKING:
    from ldapom import Session
    from ldapom.testing import Directory


def test_the_name_of_a_renamed_entry_is_taken(box: Directory, session: Session) -> None:
    """Either has its own values, and is found under its own name."""
    ada = ada_of(session)
    session.rename(ada, uid="countess")
    ada.displayName = "Countess"
    other = session.add(user(cn=["Other"], mail=["other@example.com"]))
    session.commit()
    assert (str(ada.dn), ada.cn[0]) == (f"uid=countess,{PEOPLE}", "Ada Lovelace")
    assert (ada.mail, other.mail) == (["ada@example.com"], ["other@example.com"])
    assert session.get(User, ada.dn) is ada
    assert session.get(User, other.dn) is other
    ada.mail.append("countess@example.com")
    session.commit()
    assert stored(box, ada.dn, "mail") == ["ada@example.com", "countess@example.com"]


def test_the_name_below_a_renamed_entry_is_taken(session: Session) -> None:
    """What was below goes with it, and is not what is there now."""
    session.add(OrganizationalUnit(ou=["old"]))
    mine = session.add(user(uid=["x"], dn="uid=x,ou=old,dc=example,dc=com"))
    session.commit()
    above = session.get(OrganizationalUnit, "ou=old,dc=example,dc=com")
    session.rename(above, ou="new")
    session.add(OrganizationalUnit(ou=["old"]))
    theirs = session.add(
        user(uid=["x"], cn=["Theirs"], dn="uid=x,ou=old,dc=example,dc=com")
    )
    session.commit()
    assert (str(mine.dn), mine.cn) == ("uid=x,ou=new,dc=example,dc=com", ["Ada"])
    assert (str(theirs.dn), theirs.cn) == ("uid=x,ou=old,dc=example,dc=com", ["Theirs"])


def test_what_was_moved_out_is_not_deleted(session: Session) -> None:
    """Nor is what is below it."""
    for dn in ("ou=a,dc=example,dc=com", "ou=b,ou=a,dc=example,dc=com"):
        session.add(OrganizationalUnit(dn=dn, ou=[dn[3]]))
    low = session.add(user(uid=["x"], dn="uid=x,ou=b,ou=a,dc=example,dc=com"))
    session.commit()
    top = session.get(OrganizationalUnit, "ou=a,dc=example,dc=com")
    middle = session.get(OrganizationalUnit, "ou=b,ou=a,dc=example,dc=com")
    session.move(middle, "dc=example,dc=com")
    session.delete(top, recursive=True)
    session.commit()
    assert state_of(top) is State.deleted
    assert state_of(low) is State.clean
    assert str(low.dn) == "uid=x,ou=b,dc=example,dc=com"
    session.refresh(low)


def test_an_entry_follows_each_rename_once() -> None:
    """A name that was left before is another entry's."""
    moves: Moves[str] = Moves()
    moves.record(DN.parse("ou=b,dc=x"), DN.parse("ou=c,dc=x"), "first")
    moves.record(DN.parse("ou=a,dc=x"), DN.parse("ou=b,dc=x"), "second")
    entry = read(User, dn="uid=y,ou=a,dc=x")
    for _ in range(2):
        aftermath.follow([entry._state], moves, {})
        assert str(entry.dn) == "uid=y,ou=b,dc=x"
    moves.record(DN.parse("ou=b,dc=x"), DN.parse("ou=d,dc=x"), "third")
    aftermath.follow([entry._state], moves, {})
    assert str(entry.dn) == "uid=y,ou=d,dc=x"


def test_a_rename_is_seen_by_way_of_another_class(session: Session) -> None:
    """Each view has the naming value where it had read the others, and only there."""
    name = f"uid=ada,{PEOPLE}"
    known = session.get(InetOrgPerson, name)
    uid = known.uid
    partial = session.query(User, uid="ada").only("sn").one()
    session.rename(partial, uid="countess")
    session.commit()
    assert (known.uid, str(known.dn)) == (["countess"], f"uid=countess,{PEOPLE}")
    assert known.uid is uid
    with pytest.raises(NotLoaded):
        _ = partial.uid


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("given", "left"),
    [
        (["ada", "lady"], ["countess", "lady"]),
        (["lady", "ada"], ["countess", "lady"]),
        (["countess"], ["countess"]),
        (["countess", "lady"], ["countess", "lady"]),
    ],
)
def test_a_rename_and_an_edit_of_the_name_by_way_of_another_class(
    session: Session,
    box: Directory,
    *,
    given: list[str],
    left: list[str],
    is_first: bool,
) -> None:
    """Both views have what the server has, and so do lists that somebody holds."""
    name = f"uid=ada,{PEOPLE}"
    ada, other = session.get(User, name), session.get(InetOrgPerson, name)
    held = (ada.uid, other.uid)
    if is_first:
        session.rename(ada, uid="countess")
    other.uid[:] = given
    if not is_first:
        session.rename(ada, uid="countess")
    session.commit()
    assert sorted(stored(box, ada.dn, "uid")) == left
    for view, values in zip((ada, other), held, strict=True):
        assert view.uid is values
        assert sorted(values) == sorted(each.decode() for each in view.raw["uid"])
        assert sorted(values) == left
        assert (str(view.dn), view.state) == (f"uid=countess,{PEOPLE}", State.clean)
    assert not session.pending
    other.uid.append("more")
    session.commit()
    assert sorted(ada.uid) == sorted([*left, "more"])


def test_two_names_by_way_of_two_classes(session: Session) -> None:
    """They contradict each other, and nothing is sent."""
    name = f"uid=ada,{PEOPLE}"
    session.rename(session.get(User, name), uid="countess")
    session.get(InetOrgPerson, name).uid[:] = ["lady"]
    with pytest.raises(ValidationError, match="renamed to two different names"):
        session.commit()
    session.discard()


def test_an_edit_of_the_name_that_is_refused_after_a_rename(
    session: Session, box: Directory
) -> None:
    """What is left to be sent is said of the values that the rename has left."""
    name = f"uid=ada,{PEOPLE}"
    ada, other = session.get(User, name), session.get(InetOrgPerson, name)
    session.rename(ada, uid="countess")
    other.uid.append("lady")
    other.mail.remove("ada@example.com")
    box_change(box, Delete("mail", "ada@example.com"))
    with pytest.raises(CommitError) as caught:
        session.commit()
    assert [each.kind for each in caught.value.done] == ["rename"]
    assert sorted(other.uid) == ["countess", "lady"]
    assert str(other.dn) == f"uid=countess,{PEOPLE}"
    other.mail.append("ada@example.com")
    session.commit()
    assert sorted(stored(box, ada.dn, "uid")) == ["countess", "lady"]
    assert sorted(ada.uid) == sorted(other.uid) == ["countess", "lady"]
