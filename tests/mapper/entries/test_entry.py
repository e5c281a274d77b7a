"""Entries as objects: made, copied, pickled, shown raw."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import TYPE_CHECKING, Any

import attrs
import cattrs
import pytest

from ldapom import DN, Auxiliary, Entry, MissingValue, State
from ldapom.mapper.entries.naming import dn_of
from ldapom.schema.codegen.names import ENTRY_NAMES
from tests.mapper.models import GroupOfNames, InetOrgPerson, Person, User, read, user

if TYPE_CHECKING:
    from collections.abc import Callable

DUPLICATES: list[Callable[[User], User]] = [
    copy.copy,
    copy.deepcopy,
    lambda entry: pickle.loads(pickle.dumps(entry)),
    lambda entry: pickle.loads(pickle.dumps(entry, protocol=2)),
]


def test_the_constructor_takes_keywords_only() -> None:
    """What MUST be given is demanded, what MAY has a default."""
    entry = user(gecos="Ada")
    assert (entry.uid, entry.uidNumber, entry.gecos) == (["ada"], 1001, "Ada")
    assert entry.mail == []
    with pytest.raises(TypeError, match="uidNumber"):
        User(cn=["x"], sn=["x"], uid=["x"])  # type: ignore[call-arg]  # the mistake
    with pytest.raises(TypeError, match="positional"):
        Person(["x"], ["x"])  # type: ignore[call-arg,arg-type]  # the mistake
    with pytest.raises(TypeError, match="mial"):
        user(mial=["x"])


def test_a_new_entry_has_the_object_classes_of_its_class() -> None:
    """Superiors first; the class alone says them."""
    assert user().objectClass == ["top", "person", "inetOrgPerson", "posixAccount"]
    assert user().state is State.new


def test_a_new_entry_is_named_by_its_class() -> None:
    """`base` and `rdn` make the DN, escaped where it must be; dn= says another."""
    assert user(uid=["a+b, c"]).dn == DN.of(
        ("uid", "a+b, c"), DN.parse("ou=people,dc=example,dc=com")
    )
    entry = user()
    assert str(entry.dn) == "uid=ada,ou=people,dc=example,dc=com"
    entry.uid = ["grace"]
    assert str(entry.dn) == "uid=grace,ou=people,dc=example,dc=com"
    entry.dn = DN.parse("cn=other")
    assert str(entry.dn) == "cn=other"
    entry.dn = None
    assert str(entry.dn) == "uid=grace,ou=people,dc=example,dc=com"
    assert str(user(dn="cn=x").dn) == "cn=x"
    with pytest.raises(TypeError, match="not int"):
        user(dn=5)


def test_a_class_without_base_names_nothing() -> None:
    """The DN is empty; where one is needed, the error says what to add."""
    nameless, unnamed = Person(cn=["x"], sn=["x"]), user(uid=[])
    assert nameless.dn == unnamed.dn == DN()
    with pytest.raises(MissingValue, match="base="):
        dn_of(nameless._state)
    with pytest.raises(MissingValue, match="uid"):
        dn_of(unnamed._state)


def test_tools_walk_over_all_fields() -> None:
    """Every field of a new entry can be read, named or not."""
    for entry in (Person(cn=["x"], sn=["y"]), user()):
        assert attrs.asdict(entry, recurse=False)["sn"] == entry.sn
        assert cattrs.unstructure(entry)["cn"] == entry.cn


def test_several_naming_attributes() -> None:
    """``rdn="cn+sn"`` makes a multi-valued RDN."""

    class Named(Person, base="dc=x", rdn="cn + sn"):
        pass

    assert Named(cn=["a"], sn=["b"]).dn == DN.parse("cn=a+sn=b,dc=x")


def test_entries_are_equal_when_they_are_the_same() -> None:
    """They are keys and can be referred to weakly."""
    first, second = user(), user()
    assert first != second
    assert len({first, second, first}) == 2
    held = weakref.ref(first)
    del first
    gc.collect()
    assert held() is None


def test_attrs_knows_the_fields() -> None:
    """Entry classes are attrs classes underneath."""
    names = [each.name for each in attrs.fields(User)]
    assert {"cn", "uid", "uidNumber", "objectClass"} <= set(names)
    assert attrs.fields(User).objectClass.init is False
    assert attrs.has(Auxiliary)


def test_attrs_and_cattrs_work_on_entries() -> None:
    """With the plain types of the values."""
    types = {each.name: each.type for each in attrs.fields(User)}
    assert types["cn"] == list[str]
    assert types["uidNumber"] is int
    assert types["gecos"] == str | None
    assert types["manager"] == list[DN]
    # mypy's plugin wants the decorator itself.
    entry: Any = user()
    other = attrs.evolve(entry, gecos="x")
    assert (other.gecos, other.uid) == ("x", ["ada"])
    converter = cattrs.Converter()
    converter.register_unstructure_hook(DN, str)
    converter.register_structure_hook(DN, lambda text, _: DN.parse(text))
    person = Person(cn=["a"], sn=["b"], seeAlso=[DN.parse("cn=x")], dn="cn=a")
    plain = converter.unstructure(person)
    assert (plain["seeAlso"], plain["dn"]) == (["cn=x"], "cn=a")
    again = converter.structure({**plain, "dn": None}, Person)
    assert (again.cn, again.seeAlso) == (["a"], [DN.parse("cn=x")])


@pytest.mark.parametrize("duplicate", DUPLICATES)
def test_copies_of_a_read_entry_are_detached(
    duplicate: Callable[[User], User],
) -> None:
    """They hold what was loaded, are free to change, and leave the first alone."""
    entry = read(
        User, ("cn", [b"a"]), ("uidNumber", [b"5"]), ("mail", [b"\xff"]), ("x", [b"y"])
    )
    assert entry.cn == ["a"]
    other = duplicate(entry)
    assert type(other) is User
    assert other.state is State.detached
    other.cn.append("b")
    other.uidNumber = 6
    assert (other.cn, other.uidNumber) == (["a", "b"], 6)
    assert (entry.cn, entry.uidNumber) == (["a"], 5)
    assert other.raw["mail"] == [b"\xff"]
    assert other.extra["x"] == [b"y"]
    assert other.dn == entry.dn


@pytest.mark.parametrize("duplicate", DUPLICATES)
def test_copies_of_a_changed_entry_keep_the_changes(
    duplicate: Callable[[User], User],
) -> None:
    """Each has values of its own."""
    entry = user(mail=["a"], dn="cn=x")
    other = duplicate(entry)
    other.mail.append("b")
    assert (entry.mail, other.mail) == (["a"], ["a", "b"])
    assert other.state is State.new
    assert str(other.dn) == "cn=x"
    del other.cn
    assert duplicate(other).cn == []


@pytest.mark.parametrize("duplicate", DUPLICATES)
def test_copies_know_what_was_not_asked_for(duplicate: Callable[[User], User]) -> None:
    """Deleting an attribute of a copy does not bring the raw value back.

    What the server sent stays what it was, in the copy too.
    """
    entry = read(User, ("cn", [b"a"]), loaded=frozenset({"cn"}))
    other = duplicate(entry)
    del other.cn
    assert other.cn == []
    assert other.raw["cn"] == entry.raw["cn"] == [b"a"]
    assert duplicate(other).cn == []
    assert entry.cn == ["a"]


def test_raw_is_found_by_any_spelling() -> None:
    """Bytes as they came, under the names the server used."""
    entry = read(User, ("CN", [b"a"]), ("rfc822Mailbox", [b"b"]), ("cn", [b"c"]))
    assert entry.raw["cn"] == entry.raw["commonName"] == [b"a", b"c"]
    assert entry.raw["MAIL"] == [b"b"]
    assert list(entry.raw) == ["CN", "rfc822Mailbox"]
    assert len(entry.raw) == 2
    assert "2.5.4.3" in entry.raw
    assert "sn" not in entry.raw
    assert 5 not in entry.raw  # type: ignore[comparison-overlap]  # a mapping
    with pytest.raises(KeyError, match="sn"):
        entry.raw["sn"]
    entry.raw["cn"].append(b"x")
    assert entry.raw["cn"] == [b"a", b"c"]


def test_extra_has_what_the_class_has_not() -> None:
    """Raw, since nobody said what it is."""
    entry = read(User, ("cn", [b"a"]), ("employeeType", [b"x"]), ("cn;lang-de", [b"y"]))
    assert dict(entry.extra) == {"employeeType": [b"x"], "cn;lang-de": [b"y"]}


def test_the_repr_of_raw_values_hides_secrets() -> None:
    """Only their length is shown."""
    entry = read(User, ("userPassword", [b"hunter2"]), ("cn", [b"a"]))
    assert "hunter2" not in repr(entry.raw)
    assert "b'a'" in repr(entry.raw)
    assert entry.raw["userPassword"] == [b"hunter2"]


def test_the_public_names_of_entry() -> None:
    """The generator reserves exactly these; a new one must be reserved there too."""
    public = {name for name in dir(Entry) if not name.startswith("_")}
    assert public == set(ENTRY_NAMES)


def test_a_class_knows_how_it_is_mapped() -> None:
    """One value for each class."""
    info = User.__ldapom__
    assert info.asserted == ("inetOrgPerson", "posixAccount")
    assert info.base == "ou=people,dc=example,dc=com"
    assert info.rdn == ("uid",)
    assert info.request[0] == "objectClass"
    assert len(set(info.request)) == len(info.request)
    assert {"cn", "sn", "uid", "uidNumber"} <= set(info.must)
    assert {"mail", "gecos"} <= set(info.may)
    assert GroupOfNames.__ldapom__.asserted == ("groupOfNames",)
    assert InetOrgPerson.__ldapom__.asserted == ("inetOrgPerson",)


def test_what_is_no_attribute_is_kept_too() -> None:
    """A class may have further names; copies and renewed entries keep them."""

    class Noted(Person):
        note = "none"

    entry = read(Noted, ("cn", [b"a"]))
    entry.note = "mine"
    entry._state.renew("cn=x", (), None, held=entry.__dict__)
    assert entry.note == copy.copy(entry).note == "mine"
