"""What becomes of changes: discarded, committed, or set against what is read anew."""

from __future__ import annotations

import pytest

from ldapom import Add, Delete, NotLoaded, State
from ldapom.mapper.entries import diff
from ldapom.mapper.entries.making import entry_of
from ldapom.protocol.messages import PartialAttribute
from tests.mapper.entries.test_diff import sent
from tests.mapper.models import User, user
from tests.mapper.units import Holding, stored

LOADED = User.__ldapom__.loaded


def parts(**values: list[bytes]) -> list[PartialAttribute]:
    """Raw attributes as received."""
    return [PartialAttribute(name, octets) for name, octets in values.items()]


# --- discard ---------------------------------------------------------------------------


def test_discarding_restores_everything() -> None:
    """Values that are held in place, the others when they are next read."""
    entry = stored(User, ("mail", [b"a"]), ("uidNumber", [b"5"]), ("cn", [b"c"]))
    mail, cn = entry.mail, entry.cn
    mail.append("b")
    cn.clear()
    entry.uidNumber = 6
    entry.gecos = "x"
    del entry.displayName
    entry._state.restore()
    assert (entry.mail, entry.uidNumber, str(entry.gecos)) == (["a"], 5, "None")
    assert entry.mail is mail
    assert cn == ["c"]
    assert entry.state is State.clean


def test_discarding_what_was_not_read() -> None:
    """It is not known again."""
    entry = stored(User, ("cn", [b"a"]), loaded=frozenset({"cn"}))
    entry.mail = ["x"]
    held = entry.mail
    entry.gecos = "x"
    entry._state.restore()
    for name in ("mail", "gecos"):
        with pytest.raises(NotLoaded):
            getattr(entry, name)
    held.append("y")
    assert sent(entry) == ()


def test_a_list_that_was_replaced_is_nobodys() -> None:
    """Changing it changes no entry."""
    entry = stored(User, ("mail", [b"a"]))
    old = entry.mail
    entry.mail = ["b"]
    old.append("c")
    assert entry.mail == ["b"]
    del entry.mail
    assert entry.mail == []
    entry.mail.append("d")
    assert sent(entry) == (Delete("mail", b"a"), Add("mail", b"d"))


def test_a_new_entry_keeps_its_values() -> None:
    """Discarding only means that it is not added."""
    entry = user()
    entry._state.mark = State.adding
    entry._state.restore()
    assert entry.uid == ["ada"]
    assert entry.state is State.new


# --- commit ----------------------------------------------------------------------------


def test_what_was_sent_is_what_is_there() -> None:
    """Changed values become the raw ones; the next change is compared with them."""
    entry = stored(User, ("mail", [b"a", b"b"]), ("uidNumber", [b"5"]))
    mail = entry.mail
    mail[0] = "c"
    entry.uidNumber = 6
    entry._state.settle(str(entry.dn))
    assert entry.state is State.clean
    assert entry.raw["mail"] == [b"c", b"b"]
    assert entry.raw["uidNumber"] == [b"6"]
    assert entry.mail is mail
    mail.remove("c")
    assert sent(entry) == (Delete("mail", b"c"),)


def test_values_keep_the_servers_spelling() -> None:
    """What was not touched stays as the server wrote it."""
    entry = stored(User, ("seeAlso", [b"CN = a"]))
    entry.seeAlso.append(entry.seeAlso[0].__class__.parse("cn=b"))
    entry._state.settle(str(entry.dn))
    assert entry.raw["seeAlso"] == [b"CN = a", b"cn=b"]


def test_an_added_entry_is_as_it_was_sent() -> None:
    """Only what the server makes itself is not known."""
    entry = user(mail=["a"])
    entry._state.mark = State.adding
    entry._state.settle(str(entry.dn))
    assert entry.state is State.clean
    assert str(entry.dn) == "uid=ada,ou=people,dc=example,dc=com"
    assert entry.raw["uid"] == [b"ada"]
    assert (entry.mail, entry.gecos, entry.jpegPhoto) == (["a"], None, [])
    entry.mail.append("b")
    assert sent(entry) == (Add("mail", b"b"),)


def test_a_rename_settles_the_naming_values() -> None:
    """DN and raw values are those of the new name."""
    entry = stored(User, ("uid", [b"a", b"z"]), dn="uid=a,dc=x")
    entry.uid[0] = "b"
    entry._state.new_parent = "dc=y"
    entry._state.settle("uid=b,dc=y")
    assert str(entry.dn) == "uid=b,dc=y"
    assert sorted(entry.raw["uid"]) == [b"b", b"z"]
    assert entry.state is State.clean
    assert sent(entry) == ()


# --- read anew -------------------------------------------------------------------------


def test_reading_again_refreshes_what_is_clean() -> None:
    """Held values change in place; what was changed here is left alone."""
    entry = stored(User, ("mail", [b"a"]), ("cn", [b"c"]), ("uidNumber", [b"5"]))
    mail, number = entry.mail, entry.uidNumber
    entry.cn.append("d")
    fresh = parts(mail=[b"x", b"y"], cn=[b"e"], uidNumber=[b"7"])
    entry._state.renew("uid=X,dc=x", fresh, LOADED, held=entry.__dict__)
    assert mail == ["x", "y"]
    assert entry.mail is mail
    assert (number, entry.uidNumber) == (5, 7)
    assert entry.cn == ["c", "d"]
    assert str(entry.dn) == "uid=X,dc=x"
    # Compared with what this change was made on, so that a conflict shows.
    assert sent(entry) == (Add("cn", b"d"),)
    assert entry.raw["cn"] == [b"c"]


def test_reading_less_forgets_nothing() -> None:
    """What was loaded before stays; what is new is added."""
    entry = stored(User, ("cn", [b"a"]), loaded=frozenset({"cn"}))
    entry._state.renew("uid=x", parts(sn=[b"b"]), frozenset({"sn"}))
    assert (entry.cn, entry.sn) == (["a"], ["b"])
    with pytest.raises(NotLoaded):
        _ = entry.mail
    entry._state.renew("uid=x", parts(sn=[b"c"]), None, held=entry.__dict__)
    assert (entry.cn, entry.sn, entry.mail) == ([], ["c"], [])


@pytest.mark.parametrize(
    ("fresh", "values", "changes"),
    [
        # Mine was done: nothing is sent twice.
        ([b"b", b"new"], ["b", "new"], ()),
        # Mine was not done.
        (
            [b"a", b"b"],
            ["b", "new"],
            (Delete("mail", b"a"), Add("mail", b"new")),
        ),
        # Somebody else added one: it stays.
        (
            [b"A", b"b", b"c"],
            ["b", "c", "new"],
            (Delete("mail", b"A"), Add("mail", b"new")),
        ),
        # Somebody else has added mine, in another spelling: theirs stays.
        ([b"NEW"], ["NEW"], ()),
    ],
)
def test_a_change_is_applied_to_what_was_read(
    fresh: list[bytes], values: list[str], changes: tuple[object, ...]
) -> None:
    """Taken away and added here, whatever others did meanwhile."""
    entry = stored(User, ("mail", [b"a", b"b"]))
    mail = entry.mail
    mail.remove("a")
    mail.append("new")
    entry._state.renew("uid=x", parts(mail=fresh), LOADED, changed="rebase")
    assert mail == values
    assert sent(entry) == changes


def test_my_single_value_stands() -> None:
    """It is compared with what was read."""
    entry = stored(User, ("uidNumber", [b"5"]))
    entry.uidNumber = 6
    state = entry._state
    state.renew("uid=x", parts(uidNumber=[b"7"]), LOADED, changed="rebase")
    assert sent(entry) == (Delete("uidNumber", b"7"), Add("uidNumber", b"6"))
    state.renew("uid=x", parts(uidNumber=[b"6"]), LOADED, changed="rebase")
    assert sent(entry) == ()


# --- objects made anew -----------------------------------------------------------------


def test_an_entry_made_anew_shares_the_values() -> None:
    """What somebody still holds of the first object is what the second one has."""
    unit = Holding()
    entry = stored(User, ("mail", [b"a"]), ("sn", [b"s"]), unit=unit)
    mail, sn = entry.mail, entry.sn
    mail.append("b")
    state = entry._state
    del entry
    again = entry_of(state)
    assert isinstance(again, User)
    assert again.mail is mail
    assert again.sn == ["s"]
    sn.append("t")
    assert again.sn is sn
    assert diff.modifications(state) == (Add("sn", b"t"), Add("mail", b"b"))


def test_an_entry_made_anew_shows_what_was_taken_away() -> None:
    """None is a value that was assigned."""
    entry = stored(User, ("gecos", [b"g"]), ("mail", [b"a"]))
    entry.gecos = None
    del entry.mail
    again = entry_of(entry._state)
    assert isinstance(again, User)
    assert (again.gecos, again.mail) == (None, [])
    again.gecos = "x"
    assert entry.gecos == "x"
