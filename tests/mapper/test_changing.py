"""Changes reach the directory in the box: as a unit, and only with a commit."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from ldapom import (
    DN,
    NoResult,
    ReadOnlyEntry,
    Replace,
    Session,
    State,
    ValidationError,
)
from ldapom.mapper.commits.known import SMALL
from ldapom.protocol import messages as m
from tests.mapper.changes import (
    PEOPLE,
    ada_of,
    box_change,
    hiding,
    state_of,
    stored,
    writes,
)
from tests.mapper.models import GroupOfNames, OrganizationalUnit, Person, User, user

if TYPE_CHECKING:
    from ldapom.testing import Directory


def test_only_what_changed_is_sent(box: Directory, session: Session) -> None:
    """One Modify; nothing before the commit, nothing for a second one."""
    with box.recording() as requests:
        ada = ada_of(session)
        ada.mail.append("new@example.com")
        ada.loginShell = "/bin/zsh"
        assert state_of(ada) is State.changed
        assert not writes(requests)
        (done,) = session.commit()
        assert (done.kind, done.dn, done.entries) == ("modify", str(ada.dn), (ada,))
        assert session.commit() == ()
        (sent,) = writes(requests)
    assert isinstance(sent.op, m.ModifyRequest)
    assert {change.modification.type for change in sent.op.changes} == {
        "mail",
        "loginShell",
    }
    assert state_of(ada) is State.clean
    assert "new@example.com" in stored(box, ada.dn, "mail")


def test_a_change_to_an_entry_nobody_keeps_is_saved(
    box: Directory, session: Session
) -> None:
    """While an untouched one is let go."""
    for each in session.query(User):
        if "admin" not in each.uid:
            each.displayName = f"The {each.uid[0]}"
    gc.collect()
    assert len(session.commit()) == 11
    assert stored(box, f"uid=ada,{PEOPLE}", "displayName") == ["The ada"]
    assert not session._unit.states


def test_values_alone_are_enough(box: Directory, session: Session) -> None:
    """Without the entry they came from."""
    mail = ada_of(session).mail
    gc.collect()
    mail.append("x@example.com")
    session.commit()
    assert "x@example.com" in stored(box, f"uid=ada,{PEOPLE}", "mail")


def test_one_dn_is_one_object(session: Session) -> None:
    """While it is held, changed or not; another session has its own."""
    ada = ada_of(session)
    assert session.query(User, uid="ada").one() is ada
    assert session.query(User).order_by("uid").all()[1] is ada or ada in session.query(
        User
    )
    ada.loginShell = "/bin/zsh"
    again = session.query(User, uid="ada").one()
    assert again is ada
    assert again.loginShell == "/bin/zsh"
    assert session.query(User, uid="ada").reader()[0] is not ada


def test_reading_again_refreshes_what_is_clean(
    box: Directory, session: Session
) -> None:
    """Adds what was not loaded, and never touches what was changed."""
    ada = session.query(User, uid="ada").only("mail", "loginShell").one()
    ada.loginShell = "/bin/zsh"
    held = ada.mail
    box_change(
        box, Replace("mail", ["other@example.com"]), Replace("loginShell", ["/bin/csh"])
    )
    assert session.query(User, uid="ada").one() is ada
    assert ada.mail is held
    assert held == ["other@example.com"]
    assert ada.loginShell == "/bin/zsh"
    assert ada.cn.first == "Ada Lovelace"


def test_a_change_nobody_holds_is_seen_when_read_again(session: Session) -> None:
    """The entry is made anew from what the unit of work holds."""
    ada_of(session).loginShell = "/bin/zsh"
    gc.collect()
    assert ada_of(session).loginShell == "/bin/zsh"
    assert len(session.pending) == 1


def test_a_long_stream_holds_nothing(session: Session) -> None:
    """What was read and let go is swept out."""
    for _ in range(SMALL // 6):
        for _user in session.query(User):
            pass
    assert len(session._unit.identities.known(User).found) <= 12


def test_discard(box: Directory, session: Session) -> None:
    """Entries and held values are what the server sent; nothing is pending."""
    ada = ada_of(session)
    mail, before = ada.mail, list(ada.mail)
    mail.append("x@example.com")
    ada.displayName = None
    session.delete(session.query(User, uid="charles").one())
    new = session.add(user(uid=["new"]))
    session.discard()
    assert ada.mail is mail
    assert mail == before
    assert ada.displayName == "Ada Lovelace"
    assert state_of(ada) is State.clean
    assert state_of(new) is State.new
    assert not session.pending
    with box.recording() as requests:
        session.commit()
    assert not requests


# --- adding, deleting, renaming ------------------------------------------------------


def test_add(box: Directory, session: Session) -> None:
    """It becomes one of the session's entries."""
    new = session.add(user(uid=["new"], cn=["New"]))
    assert state_of(new) is State.adding
    assert session.add(new) is new
    session.commit()
    assert state_of(new) is State.clean
    assert session.get(User, new.dn) is new
    assert stored(box, new.dn, "objectClass") == [
        "top",
        "person",
        "inetOrgPerson",
        "posixAccount",
    ]
    new.mail.append("n@example.com")
    session.commit()
    assert stored(box, new.dn, "mail") == ["n@example.com"]


def test_a_new_entry_nobody_keeps(box: Directory, session: Session) -> None:
    """It is added all the same, as it was changed last."""
    session.add(user(uid=["new"])).cn.append("Another")
    gc.collect()
    session.commit()
    assert stored(box, f"uid=new,{PEOPLE}", "cn") == ["Ada", "Another"]


def test_what_can_not_be_added(session: Session) -> None:
    """What was read, and what another unit of work has."""
    with pytest.raises(ValidationError, match="only a new entry can be added"):
        session.add(ada_of(session))
    new = user(uid=["new"])
    session.writer(User).add(new)
    with pytest.raises(ValidationError, match="only a new entry"):
        session.add(new)
    session.discard()
    for unit in list(session._dirty):
        unit.discard()


def test_everything_is_checked_before_anything_is_sent(
    box: Directory, session: Session
) -> None:
    """All findings in one error; all of it stays pending."""
    ada = ada_of(session)
    ada.mail.append("x@example.com")
    ada.sn = []
    nobody = session.add(user(uid=["x"], sn=[]))
    assert state_of(nobody) is State.incomplete
    with box.recording() as requests, pytest.raises(ValidationError) as caught:
        session.commit()
    assert not requests
    assert len(caught.value.findings) == 2
    assert state_of(ada) is State.changed


def test_delete(session: Session) -> None:
    """It is gone after the commit; a new one is only forgotten."""
    ada = ada_of(session)
    session.delete(ada)
    assert state_of(ada) is State.deleting
    session.commit()
    assert state_of(ada) is State.deleted
    assert ada.cn.first == "Ada Lovelace"
    with pytest.raises(NoResult):
        ada_of(session)
    with pytest.raises(ReadOnlyEntry):
        session.delete(ada)
    new = session.add(user(uid=["new"]))
    session.delete(new)
    assert state_of(new) is State.new
    assert not session.pending


def test_a_delete_is_taken_back(session: Session) -> None:
    """By adding the entry again."""
    ada = ada_of(session)
    session.delete(ada)
    session.add(ada)
    assert state_of(ada) is State.clean
    assert not session.pending


@pytest.mark.parametrize("offered", [True, False])
def test_a_tree_is_deleted(box: Directory, session: Session, offered: bool) -> None:
    """At once where the server can, else one by one; held entries below know it."""
    ada = ada_of(session)
    unit = session.query(OrganizationalUnit, ou="people").one()
    session.delete(unit, recursive=True)
    with box.wrapped(
        hiding("1.2.840.113556.1.4.805") if not offered else hiding("none")
    ):
        if not offered:
            session.connection._root_dse = None
        with box.recording() as requests:
            session.commit()
    assert (len(writes(requests)) == 1) is offered
    assert state_of(unit) is State.deleted
    assert state_of(ada) is State.deleted


def test_rename_by_call_and_by_value(box: Directory, session: Session) -> None:
    """The DN follows; edits go behind it, and do not repeat it."""
    ada, charles = ada_of(session), session.query(User, uid="charles").one()
    session.rename(ada, uid="countess")
    ada.mail.append("c@example.com")
    charles.uid = ["babbage"]
    assert state_of(ada) is state_of(charles) is State.renaming
    assert [operation.kind for operation in session.commit()] == [
        "rename",
        "rename",
        "modify",
    ]
    assert str(ada.dn) == f"uid=countess,{PEOPLE}"
    assert str(charles.dn) == f"uid=babbage,{PEOPLE}"
    assert stored(box, ada.dn, "uid") == ["countess"]
    assert "c@example.com" in stored(box, ada.dn, "mail")
    assert session.get(User, ada.dn) is ada


def test_rename_by_another_attribute(box: Directory, session: Session) -> None:
    """The old naming value goes, the new one comes, as the server does it."""
    people = session.query(OrganizationalUnit, ou="people").one()
    group = session.query(GroupOfNames).base("dc=example,dc=com").all()[0]
    old = group.cn[0]
    group.cn.append("second")
    session.rename(group, cn="third")
    session.commit()
    assert sorted(group.cn) == sorted(stored(box, group.dn, "cn"))
    assert "third" in group.cn
    assert old not in group.cn
    with pytest.raises(LookupError, match="no attribute 'nowhere'"):
        session.rename(people, nowhere="x")
    with pytest.raises(TypeError, match="takes the naming attribute"):
        session.rename(people)


def test_what_is_below_follows(box: Directory, session: Session) -> None:
    """Held entries have the new DN, and are found by it."""
    unit = session.query(OrganizationalUnit, ou="people").one()
    ada, charles = ada_of(session), session.query(User, uid="charles").one()
    charles.displayName = "C"
    session.rename(unit, ou="humans")
    session.delete(ada)
    session.add(user(uid=["new"], dn="uid=new,ou=humans,dc=example,dc=com"))
    session.commit()
    assert str(charles.dn) == "uid=charles,ou=humans,dc=example,dc=com"
    assert session.get(User, charles.dn) is charles
    assert state_of(ada) is State.deleted
    assert str(unit.dn) == "ou=humans,dc=example,dc=com"


def test_move(box: Directory, session: Session) -> None:
    """Below an entry or a name; a new one gets its DN at once."""
    groups = session.query(OrganizationalUnit, ou="groups").one()
    ada = ada_of(session)
    session.move(ada, groups)
    assert state_of(ada) is State.renaming
    new = session.add(user(uid=["new"]))
    session.move(new, "ou=groups,dc=example,dc=com")
    assert str(new.dn) == "uid=new,ou=groups,dc=example,dc=com"
    session.commit()
    assert ada.dn == DN.parse("uid=ada,ou=groups,dc=example,dc=com")
    assert stored(box, new.dn, "uid") == ["new"]
    session.move(ada, groups.dn)
    assert not session.pending


def test_two_classes_looking_at_one_entry(box: Directory, session: Session) -> None:
    """One Modify of both; each sees what came by way of the other."""
    ada = ada_of(session)
    person = session.get(Person, ada.dn)
    ada.loginShell = "/bin/zsh"
    person.description = ["by way of the person"]
    person.sn = ada.sn = ["King"]
    with box.recording() as requests:
        session.commit()
    assert len(writes(requests)) == 1
    assert ada.description == ["by way of the person"]
    assert state_of(ada) is state_of(person) is State.clean
    ada.sn = ["A"]
    person.sn = ["B"]
    with pytest.raises(ValidationError, match="in two different ways"):
        session.commit()
    session.discard()
    session.delete(ada)
    person.sn = ["B"]
    with pytest.raises(ValidationError, match="deleted, and changed by way of another"):
        session.commit()


def test_a_move_to_where_it_is_is_nothing(session: Session) -> None:
    """Neither is a rename to the name it has: the entry does not claim to be pending."""
    ada = ada_of(session)
    session.move(ada, PEOPLE.replace(",", ", "))
    session.rename(ada, uid="ada")
    assert not session.pending
    assert state_of(ada) is State.clean
    session.move(ada, "dc=example,dc=com")
    assert state_of(ada) is State.renaming
    assert len(session.pending) == 1


@pytest.mark.parametrize("name", ["cn=x", DN.parse("cn=x")])
@pytest.mark.parametrize("change", ["add", "delete", "rename", "move", "increment"])
def test_a_name_is_no_entry(session: Session, change: str, name: Any) -> None:
    """It is what people try first; the error says what to write."""
    more: tuple[str, ...] = ("cn=y",) if change in {"move", "increment"} else ()
    with pytest.raises(TypeError, match=r"session\.get\(Class, dn\)"):
        getattr(session, change)(name, *more)
