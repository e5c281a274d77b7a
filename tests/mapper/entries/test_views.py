"""One entry seen as several classes; auxiliary classes that come and go."""

from __future__ import annotations

import copy
import pickle

import pytest

from ldapom import (
    Add,
    Attr,
    Auxiliary,
    Delete,
    NotLoaded,
    ReadOnlyEntry,
    Replace,
    State,
    attribute,
)
from ldapom.mapper.commits.checks import findings
from ldapom.mapper.entries import diff
from tests.mapper.models import InetOrgPerson, PosixAccount, User, read
from tests.mapper.units import Holding, stored

PERSON = [b"top", b"person", b"inetOrgPerson"]
ACCOUNT = [*PERSON, b"posixAccount"]


class Mailbox(Auxiliary, object_class="mailbox"):
    """An auxiliary class that shares an attribute with the model."""

    mail: Attr[str | None] = attribute("mail", default=None, syntax="IA5 String")


class Quota(Auxiliary, object_class="quota"):
    """An auxiliary class with an attribute of its own."""

    quota: Attr[int | None] = attribute("quota", default=None)


def person(
    *more: tuple[str, list[bytes]], unit: Holding | None = None
) -> InetOrgPerson:
    """A stored person."""
    return stored(InetOrgPerson, ("objectClass", PERSON), *more, unit=unit)


def test_a_view_is_the_same_entry() -> None:
    """Values that are read or changed in one are those of the other."""
    unit = Holding()
    entry = stored(
        InetOrgPerson,
        ("objectClass", ACCOUNT),
        ("uid", [b"x"]),
        ("uidNumber", [b"5"]),
        unit=unit,
    )
    view = entry.as_(PosixAccount)
    assert type(view) is PosixAccount
    assert (view.uidNumber, view.dn) == (5, entry.dn)
    assert view.uid is entry.uid
    view.uidNumber = 6
    view.uid.append("y")
    assert entry.uid == ["x", "y"]
    assert entry.as_(PosixAccount).uidNumber == 6
    assert len(unit.held) == 1
    assert diff.modifications(entry._state) == (
        Add("uid", b"y"),
        Delete("uidNumber", b"5"),
        Add("uidNumber", b"6"),
    )
    entry._state.restore()
    assert (view.uidNumber, entry.uid) == (5, ["x"])


def test_seeing_an_entry_never_changes_it() -> None:
    """Nor its class."""
    unit = Holding()
    entry = stored(InetOrgPerson, ("objectClass", ACCOUNT), unit=unit)
    entry.as_(PosixAccount)
    assert entry.state is State.clean
    assert not unit.held
    assert type(entry) is InetOrgPerson
    account = stored(User, ("objectClass", ACCOUNT))
    assert account.as_(PosixAccount) is account


def test_an_entry_is_seen_as_what_it_is() -> None:
    """The error names the way to make it one."""
    with pytest.raises(ValueError, match=r"no posixAccount; entry\.extend\(PosixAcc"):
        person().as_(PosixAccount)


def test_what_a_view_may_not_have_been_asked_for() -> None:
    """Its attributes were no part of the query."""
    entry = stored(InetOrgPerson, ("objectClass", ACCOUNT), ("gidNumber", [b"1"]))
    view = entry.as_(PosixAccount)
    assert view.gidNumber == 1
    with pytest.raises(NotLoaded):
        _ = view.gecos
    everything = frozenset({"objectclass", "*"})
    whole = stored(InetOrgPerson, ("objectClass", ACCOUNT), loaded=everything)
    assert whole.as_(PosixAccount).gecos is None


def test_extending_is_one_modify() -> None:
    """Class and attributes; the entry shows both."""
    unit = Holding()
    entry = person(("uid", [b"x"]), unit=unit)
    posix = entry.extend(
        PosixAccount, uidNumber=5, gidNumber=6, homeDirectory="/home/x"
    )
    assert entry.objectClass[-1] == "posixAccount"
    assert posix.gecos is None
    assert list(unit.held) == [entry._state]
    assert diff.modifications(entry._state) == (
        Add("objectClass", b"posixAccount"),
        Add("uidNumber", b"5"),
        Add("gidNumber", b"6"),
        Add("homeDirectory", b"/home/x"),
    )
    entry._state.settle(str(entry.dn))
    assert entry.state is State.clean
    assert entry.raw["objectClass"] == ACCOUNT
    entry.extend(PosixAccount, gecos="x")
    assert diff.modifications(entry._state) == (Add("gecos", b"x"),)


def test_a_class_nobody_knows_may_allow_the_attributes() -> None:
    """Then what was not read is replaced, and reading it is refused."""
    classes = ("objectClass", [*PERSON, b"extensibleObject"])
    entry = stored(InetOrgPerson, classes)
    view = entry.extend(Quota, quota=5)
    assert diff.modifications(entry._state) == (
        Add("objectClass", b"quota"),
        Replace("quota", b"5"),
    )
    assert view.quota == 5


def test_a_new_entry_is_extended_too() -> None:
    """It is added with the class."""
    entry = InetOrgPerson(cn=["a"], sn=["b"], dn="cn=a,dc=x")
    entry.extend(Quota, quota=0)
    parts = {part.type: part.values for part in diff.additions(entry._state)}
    assert parts["objectClass"] == (*PERSON, b"quota")
    assert parts["quota"] == (b"0",)


def test_keywords_are_checked() -> None:
    """A misspelled attribute, or a value of another type, leaves the entry as it was."""
    ada = person()
    with pytest.raises(TypeError, match="uidNumbr.*uidNumber"):
        ada.extend(PosixAccount, gidNumber=5, uidNumbr=1)
    with pytest.raises(TypeError, match="gidNumber"):
        ada.extend(PosixAccount, uidNumber=5, gidNumber="x")
    assert ada.state is State.clean
    assert ada._state.further == ()
    assert diff.modifications(ada._state) == ()


def test_dropping_takes_the_attributes_along() -> None:
    """But those that another class has, and those without a value."""
    entry = stored(
        User,
        ("objectClass", ACCOUNT),
        ("uid", [b"x"]),
        ("uidNumber", [b"5"]),
        ("gecos", [b"g"]),
    )
    entry.drop(PosixAccount)
    assert diff.modifications(entry._state) == (
        Delete("objectClass", b"posixAccount"),
        Delete("uidNumber", b"5"),
        Delete("gecos", b"g"),
    )
    assert entry.uid == ["x"]
    assert entry.gecos is None
    entry._state.restore()
    assert entry.objectClass[-1] == "posixAccount"
    assert repr(entry.gecos) == "'g'"
    with pytest.raises(ValueError, match="can not drop quota"):
        entry.drop(Quota)


def test_extending_and_dropping_is_nothing() -> None:
    """Back to what it was."""
    entry = person(("uid", [b"x"]))
    entry.extend(PosixAccount, uidNumber=5)
    entry.drop(PosixAccount)
    assert diff.modifications(entry._state) == ()


def test_classes_have_to_agree() -> None:
    """One Python name is one attribute of one type."""
    entry = stored(InetOrgPerson, ("objectClass", [*PERSON, b"mailbox"]))
    with pytest.raises(TypeError, match=r"InetOrgPerson\.mail is not Mailbox\.mail"):
        entry.as_(Mailbox)


def test_a_readers_entry_is_seen_but_not_extended() -> None:
    """Reading is all it is for."""
    entry = read(InetOrgPerson, ("objectClass", ACCOUNT), ("gidNumber", [b"1"]))
    view = entry.as_(PosixAccount)
    assert view.gidNumber == 1
    for change in (
        lambda: entry.extend(PosixAccount, gecos="x"),
        lambda: entry.drop(PosixAccount),
        lambda: setattr(view, "gidNumber", 5),
        lambda: entry.objectClass.append("x"),
    ):
        with pytest.raises(ReadOnlyEntry):
            change()


def test_object_classes_change_by_name_only() -> None:
    """Appending one would leave its attributes out."""
    with pytest.raises(ReadOnlyEntry, match=r"entry\.extend"):
        person().objectClass.append("posixAccount")


def test_copies_of_an_extended_entry() -> None:
    """They keep what it was extended by."""
    entry = person(("uid", [b"x"]))
    entry.extend(PosixAccount, gidNumber=5)
    for other in (copy.deepcopy(entry), pickle.loads(pickle.dumps(entry))):
        assert other.as_(PosixAccount).gidNumber == 5
        other.as_(PosixAccount).gidNumber = 6
        other.uid.append("y")
    assert entry.as_(PosixAccount).gidNumber == 5
    assert entry.uid == ["x"]


def test_superiors_that_the_server_does_not_list() -> None:
    """An entry has what the superiors of its classes have."""
    entry = stored(
        User,
        ("objectClass", [b"inetOrgPerson", b"posixAccount"]),
        ("cn", [b"c"]),
        ("uid", [b"x"]),
        ("gecos", [b"g"]),
    )
    entry.cn.clear()
    assert "cn must have a value" in findings(entry._state)[0]
    entry._state.restore()
    entry.drop(PosixAccount)
    assert diff.modifications(entry._state) == (
        Delete("objectClass", b"posixAccount"),
        Delete("gecos", b"g"),
    )


def test_dropping_leaves_the_name() -> None:
    """Also where no known class has its attribute any more."""
    entry = stored(
        PosixAccount,
        ("objectClass", [b"account", b"posixAccount"]),
        ("uid", [b"x"]),
        ("uidNumber", [b"1"]),
        dn="uid=x,dc=x",
    )
    entry.drop(PosixAccount)
    assert diff.modifications(entry._state) == (
        Delete("objectClass", b"posixAccount"),
        Delete("uidNumber", b"1"),
    )
