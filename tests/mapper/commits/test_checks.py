"""What is wrong with a change is said before anything is sent."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import DN, State, ValidationError
from ldapom.mapper.commits.checks import findings, rough_name
from ldapom.schema import matching
from tests.mapper.entries.test_diff import Exact
from tests.mapper.models import (
    GroupOfNames,
    InetOrgPerson,
    Odd,
    Person,
    PosixAccount,
    User,
    user,
)
from tests.mapper.units import Holding, stored

CLASSES = [b"top", b"person", b"inetOrgPerson", b"posixAccount"]


def found(entry: Person | Exact | GroupOfNames | Odd) -> str:
    """All findings in one text."""
    return "\n".join(findings(entry._state))


def test_nothing_is_wrong_with_what_is_right() -> None:
    """A new entry with all it must have, a stored one with a small change."""
    assert found(user()) == ""
    entry = stored(User, ("objectClass", CLASSES), ("mail", [b"a@x"]))
    entry.mail.append("b@x")
    assert found(entry) == ""


def test_all_findings_at_once() -> None:
    """Each is a sentence that says where."""
    entry = user(sn=[], mail=["ä@x"], gecos="ö")
    texts = findings(entry._state)
    assert len(texts) == 3
    assert all("uid=ada,ou=people,dc=example,dc=com" in text for text in texts)
    whole = "\n".join(texts)
    for word in (
        "Person.sn must have a value",
        "InetOrgPerson.mail",
        "PosixAccount.ge",
    ):
        assert word in whole


def test_a_finding_knows_what_it_is_about() -> None:
    """A form can show it beside the field; copies and pickles know it too."""
    dn = "uid=ada,ou=people,dc=example,dc=com"
    texts = findings(user(sn=[], mail=["ä@x"], gecos="ö")._state)
    assert {(one.dn, one.attribute) for one in texts} == {
        (dn, "sn"), (dn, "mail"), (dn, "gecos")
    }  # fmt: skip
    error = pickle.loads(pickle.dumps(ValidationError(texts)))
    assert error.findings == tuple(texts)
    assert [one.attribute for one in error.findings] == [o.attribute for o in texts]
    nameless = findings(
        User(
            cn=["A"], sn=["A"], uid=[], uidNumber=1, gidNumber=1, homeDirectory="/"
        )._state
    )
    assert sorted((one.dn, one.attribute) for one in nameless) == [
        ("", ""),
        ("", "uid"),
    ]
    assert ValidationError(["a"]).findings[0].attribute == ""


def test_only_what_this_change_empties_is_missed() -> None:
    """What was not read, or is hidden, is the server's business."""
    entry = stored(User, ("objectClass", CLASSES), ("sn", [b"a"]))
    entry.gecos = "x"
    assert found(entry) == ""
    entry.sn.clear()
    assert "sn must have a value" in found(entry)
    other = stored(User, ("objectClass", CLASSES), loaded=frozenset({"objectclass"}))
    del other.homeDirectory
    assert "homeDirectory must have a value" in found(other)


def test_empty_text_is_no_value() -> None:
    """Where the schema demands one; IA5 text may be empty (RFC 4517 3.3.15)."""
    entry = user(sn=[""], displayName="", homeDirectory="")
    assert found(entry).endswith("Person.sn must have a value, and empty text is none")
    held = stored(User, ("objectClass", CLASSES), ("sn", [b"a"]))
    held.sn = ["", "b"]
    assert found(held) == ""
    held.sn = [""]
    assert "empty text is none" in found(held)


def test_the_naming_attribute_keeps_a_value() -> None:
    """Else there would be no name to give the entry."""
    entry = stored(Exact, ("folded", [b"a"]), dn="folded=a,dc=x")
    entry.folded = []
    assert "names the entry" in found(entry)


def test_a_new_entry_needs_a_name() -> None:
    """And the value in it where one is said."""
    assert "base=" in found(Person(cn=["a"], sn=["b"]))
    assert "uid names the entry" in found(user(uid=[]))
    assert "no DN for a new entry" in found(user(dn="<GUID=1>"))
    entry = Exact(name="a", dn="name=b,dc=x")
    assert "another value than the DN's 'name=b'" in found(entry)


def test_two_values_that_are_one_by_the_rule() -> None:
    """Refused where the rule says so, and only there."""
    entry = stored(Exact, ("folded", [b"Ada"]), ("texts", [b"Ada"]))
    entry.folded.append("ADA")
    assert "'ADA' twice" in found(entry)
    entry._state.restore()
    entry.texts.append("ADA")
    assert found(entry) == ""
    entry.texts.append("ADA")
    assert "'ADA' twice" in found(entry)


def test_two_spellings_of_one_name() -> None:
    """However a DN is written; thousands of others do not matter."""
    group = stored(GroupOfNames, ("member", [b"cn=a b,dc=x", b"cn=\xc3\xa4,dc=x"]))
    for text in ("CN = A  B , dc=X", "cn=a\\20b,dc=x", "commonName=a b,dc=x"):
        group.member.append(DN.parse(text))
        assert "twice" in found(group)
        group.member.pop()
    group.member.append(DN.parse("cn=\\C3\\A4,dc=x"))
    assert "twice" in found(group)


PARTS = st.sampled_from(
    [
        "cn=a b",
        "CN= A  b",
        "2.5.4.3=a b",
        "cn=a",
        "sn=b+cn=a",
        "cn=A + sn=B",
        "cn=a\\ b",
    ]
)
NAMES = st.lists(PARTS, min_size=1, max_size=3).map(" , ".join)


@given(NAMES, NAMES)
def test_the_rough_key_never_parts_what_is_equal(first: str, second: str) -> None:
    """It is only there to be fast."""
    rule = matching.lookup("distinguishedNameMatch")
    assert rule is not None
    left, right = first.encode(), second.encode()
    if rule.normalize(left) == rule.normalize(right):
        rough = {rough_name(left), rough_name(right)}
        assert None in rough or len(rough) == 1


def test_secrets_are_in_no_finding() -> None:
    """Not even when they are wrong."""
    entry = stored(User, ("userPassword", [b"hunter2"]))
    entry.userPassword.append(b"hunter2")
    assert "twice" in found(entry)
    assert "hunter2" not in found(entry)


def test_a_part_of_the_values_is_no_ground_for_a_change() -> None:
    """The finding says which part there is."""
    entry = stored(GroupOfNames, ("member", []), ("member;range=0-1", [b"cn=a"]))
    entry.member = [DN.parse("cn=b")]
    assert "only a part" in found(entry)


def test_a_class_that_comes_demands_its_attributes() -> None:
    """And one that goes demands nothing more."""
    entry = stored(InetOrgPerson, ("objectClass", CLASSES[:3]), ("uid", [b"x"]))
    entry.extend(PosixAccount, uidNumber=1)
    whole = found(entry)
    assert "gidNumber must have" in whole
    assert "homeDirectory must have" in whole
    assert "uidNumber must" not in whole
    assert "PosixAccount.uid must" not in whole
    account = stored(
        User, ("objectClass", CLASSES), ("uid", [b"x"]), ("uidNumber", [b"1"])
    )
    account.drop(PosixAccount)
    assert found(account) == ""


def test_where_an_entry_stands() -> None:
    """From made to deleted."""
    entry = user()

    def stands(state: State) -> bool:
        return entry.state is state

    assert stands(State.new)
    entry._state.unit = Holding()
    entry._state.mark = State.adding
    assert stands(State.adding)
    entry.sn = []
    assert stands(State.incomplete)
    entry.sn = ["x"]
    entry._state.settle(str(entry.dn))
    assert stands(State.clean)
    entry.mail.append("a@x")
    assert stands(State.changed)
    entry.mail.remove("a@x")
    assert stands(State.clean)
    entry.uid = ["b"]
    assert stands(State.renaming)
    entry._state.restore()
    entry._state.new_parent = "dc=y"
    assert stands(State.renaming)
    entry._state.mark = State.deleting
    assert stands(State.deleting)
    entry._state.status = State.deleted
    assert stands(State.deleted)


def test_a_value_that_does_not_fit_counts_as_changed() -> None:
    """So that it is found, not dropped."""
    entry = stored(User, ("mail", [b"a@x"]))
    entry.mail.append("ä@x")
    assert entry.state is State.changed
    entry.uid = ["a", "ü\udc00"]
    assert entry.state is State.changed


def test_after_the_session_an_entry_is_detached() -> None:
    """It stays usable and free to change; nothing is saved any more."""
    unit = Holding()
    entry = stored(User, ("mail", [b"a@x"]), unit=unit)
    unit.is_open = False
    assert entry.state is State.detached
    entry.mail.append("b@x")
    entry.sn = ["x"]
    assert entry.mail == ["a@x", "b@x"]
    assert not unit.held


@pytest.mark.parametrize("status", [State.read_only, State.unknown, State.detached])
def test_what_an_entry_is_by_itself(status: State) -> None:
    """No change makes another of it."""
    entry = stored(User)
    entry._state.status = status
    assert entry.state is status
