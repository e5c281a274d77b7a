"""Reading and assigning attributes: what each state of an attribute gives."""

from __future__ import annotations

from typing import Any

import pytest

from ldapom import (
    DN,
    Attr,
    ConversionError,
    DecodeError,
    Entry,
    Many,
    MissingValue,
    NotLoaded,
    ReadOnlyEntry,
    State,
    Values,
    attribute,
)
from ldapom.mapper.entries.making import make
from ldapom.protocol.codec.attributes import LazyAttributes
from tests.mapper.models import Odd, Person, User, read, user


def test_values_have_the_type_of_the_class() -> None:
    """A value, None, or a list, whatever number of values came."""
    entry = read(User, ("uidNumber", [b"5"]), ("cn", [b"one"]), ("sn", [b"a", b"b"]))
    assert entry.uidNumber == 5
    assert entry.cn == ["one"]
    assert entry.sn == ["a", "b"]
    assert isinstance(entry.sn, Values)
    assert entry.gecos is None
    assert entry.mail == []


def test_the_first_read_stores_the_value() -> None:
    """Later reads do not reach the descriptor: the same object comes."""
    entry = read(User, ("cn", [b"a"]), ("displayName", [b"A"]))
    assert entry.__dict__ == {}
    assert entry.cn is entry.cn
    assert entry.displayName == "A"
    assert set(entry.__dict__) == {"cn", "displayName"}


def test_an_absent_must_is_an_error_only_where_it_is_one_value() -> None:
    """A server's access rules may hide it; an empty list says so, an int can not."""
    entry = read(User)
    with pytest.raises(MissingValue, match="uidNumber of 'uid=x,dc=example,dc=com'"):
        _ = entry.uidNumber
    assert entry.cn == []


def test_two_values_for_one_are_an_error_with_the_raw_values() -> None:
    """Nothing is dropped in silence."""
    entry = read(User, ("uidNumber", [b"1", b"2"]))
    with pytest.raises(ConversionError, match="2 values") as caught:
        _ = entry.uidNumber
    assert caught.value.raw == (b"1", b"2")
    assert caught.value.attribute == "uidNumber"
    assert caught.value.dn == "uid=x,dc=example,dc=com"


@pytest.mark.parametrize("raw", [b"", b"0x10", b"1.5", b"\xff"])
def test_a_value_that_does_not_decode_fails_when_read(raw: bytes) -> None:
    """The entry is there, the other values are, and the raw ones too."""
    entry = read(User, ("uidNumber", [raw]), ("cn", [b"a"]))
    assert entry.cn == ["a"]
    with pytest.raises(ConversionError):
        _ = entry.uidNumber
    assert entry.raw["uidNumber"] == [raw]


def test_one_bad_value_among_several() -> None:
    """A list is all or nothing; the raw values have all."""
    entry = read(User, ("cn", [b"good", b"caf\xe9"]))
    with pytest.raises(ConversionError) as caught:
        _ = entry.cn
    assert caught.value.raw == (b"good", b"caf\xe9")


def test_not_asked_for_is_not_absent() -> None:
    """The error says how to ask."""
    entry = read(User, ("cn", [b"a"]), loaded=frozenset({"cn", "objectclass"}))
    assert entry.cn == ["a"]
    for name in ("mail", "uidNumber", "gecos"):
        with pytest.raises(NotLoaded, match=rf'\.only\(\.\.\., "{name}"\)'):
            getattr(entry, name)


def test_what_came_unasked_is_read_all_the_same() -> None:
    """A server may send more than was asked for."""
    entry = read(User, ("mail", [b"a@b"]), loaded=frozenset({"cn"}))
    assert entry.mail == ["a@b"]


@pytest.mark.parametrize("spelling", ["MAIL", "rfc822Mailbox", "mail;binary"])
def test_any_spelling_is_the_attribute(spelling: str) -> None:
    """Case, alias and transfer option of the server make no difference."""
    assert read(User, (spelling, [b"a@b"])).mail == ["a@b"]


def test_a_repeated_attribute_is_merged() -> None:
    """Some servers send an attribute twice in one entry."""
    entry = read(User, ("mail", [b"a"]), ("cn", [b"x"]), ("Mail", [b"b"]))
    assert entry.mail == ["a", "b"]


def test_language_variants_are_other_attributes() -> None:
    """They are in raw, and a class may map one."""
    entry = read(Odd, ("cn;lang-DE", [b"Bad"]), ("cn", [b"Plain"]))
    assert entry.cn_de == ["Bad"]
    other = read(User, ("cn;lang-de", [b"Bad"]), ("cn", [b"Plain"]))
    assert other.cn == ["Plain"]
    assert other.raw["CN;lang-de"] == [b"Bad"]


def test_an_attribute_with_zero_values_is_absent() -> None:
    """Active Directory and types-only answers send those."""
    entry = read(User, ("mail", []), ("gecos", []))
    assert entry.mail == []
    assert entry.gecos is None


def test_a_part_of_the_values_is_never_taken_for_all() -> None:
    """A range that is not complete raises; a complete one is read."""
    part = read(User, ("mail", []), ("mail;range=0-1", [b"a", b"b"]))
    with pytest.raises(ConversionError, match="range=0-1"):
        _ = part.mail
    assert part.raw["mail;range=0-1"] == [b"a", b"b"]
    whole = read(User, ("mail;range=0-*", [b"a", b"b"]))
    assert whole.mail == ["a", "b"]


def test_malformed_octets_raise_when_first_read() -> None:
    """A lazy attribute list that is none raises DecodeError, not before."""
    entry = make(Person, "cn=x", LazyAttributes(b"\x30\x7f"), None)
    assert str(entry.dn) == "cn=x"
    with pytest.raises(DecodeError):
        entry.cn  # type: ignore[attr-defined]


def test_a_read_entry_refuses_assignment_and_deletion() -> None:
    """The message names the way to write."""
    entry = read(User, ("mail", [b"a"]))
    with pytest.raises(ReadOnlyEntry, match="query.writer"):
        entry.mail = ["b"]
    with pytest.raises(ReadOnlyEntry):
        del entry.mail
    with pytest.raises(ReadOnlyEntry, match="query.writer"):
        entry.dn = "uid=y"
    assert entry.mail == ["a"]


def test_assigning_copies_any_iterable() -> None:
    """The entry keeps a list of its own."""
    given = ["a"]
    entry = user(mail=given)
    given.append("b")
    assert entry.mail == ["a"]
    entry.mail = (each for each in "xy")
    assert entry.mail == ["x", "y"]
    entry.cn = entry.sn
    assert entry.cn == entry.sn
    assert entry.cn is not entry.sn


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mail", "a@b", r'write \["x"\]'),
        ("mail", [5], "takes str, not int"),
        ("uidNumber", "5", "takes int, not str"),
        ("uidNumber", True, "takes int, not bool"),
        ("uidNumber", None, "must have a value"),
        ("gecos", ["x"], "takes str, not list"),
        ("manager", ["cn=x"], "takes DN, not str: 'cn=x'; write DN.parse"),
        ("manager", [Person(dn="cn=x", cn=["x"], sn=["y"])], "write its .dn, or"),
        ("mail", None, r"write \[\] for none, not None"),
    ],
)
def test_assigning_another_type_is_refused(
    name: str, value: object, words: str
) -> None:
    """At once, and in the constructor too."""
    entry = user()
    with pytest.raises(TypeError, match=words):
        setattr(entry, name, value)
    with pytest.raises(TypeError, match=words):
        user(**{name: value})


def test_a_value_for_the_wire_is_checked_when_it_is_sent() -> None:
    """An IA5 String with an umlaut is of the right type."""
    assert user(mail=["ü@example.com"]).mail == ["ü@example.com"]


def test_secrets_are_not_in_the_errors() -> None:
    """Neither bare nor of another type."""
    for value in ("hunter2", ["hunter2"]):
        with pytest.raises(TypeError) as caught:
            user(userPassword=value)
        assert "hunter2" not in str(caught.value)


def test_deleting_leaves_no_value() -> None:
    """None, ``[]``, or MissingValue where there must be one."""
    entry = user(mail=["a"], gecos="x")
    del entry.mail
    del entry.gecos
    del entry.uidNumber
    assert entry.mail == []
    assert entry.gecos is None
    with pytest.raises(MissingValue):
        _ = entry.uidNumber


def test_deleting_what_is_no_attribute() -> None:
    """As with any object."""
    entry: Any = user()
    entry._mine = 1
    del entry._mine
    with pytest.raises(AttributeError):
        del entry.nothing


def test_only_the_server_writes_read_only_attributes() -> None:
    """Not by assignment, not in place, not by the constructor."""
    entry = read(Odd, loaded=frozenset())
    entry._state.status = State.clean
    with pytest.raises(ReadOnlyEntry, match="only the server"):
        entry.entryUUID = None
    with pytest.raises(TypeError, match="objectClass"):
        user(objectClass=["x"])


def test_object_classes_have_methods_of_their_own() -> None:
    """The error names them."""
    entry = user()
    with pytest.raises(ReadOnlyEntry, match=r"entry\.extend"):
        entry.objectClass = ["x"]
    with pytest.raises(ReadOnlyEntry, match=r"entry\.drop"):
        entry.objectClass.append("x")


def test_unknown_names_are_refused_with_a_suggestion() -> None:
    """A misspelled attribute does not become a Python attribute in silence."""
    with pytest.raises(AttributeError, match="did you mean 'mail'"):
        user().maill = ["x"]  # type: ignore[attr-defined]  # the mistake
    with pytest.raises(AttributeError):
        _ = user().maill  # type: ignore[attr-defined]  # the mistake


def test_private_names_are_the_programs_own() -> None:
    """Also on an entry that only reads."""
    entry = read(User)
    entry._seen = True  # type: ignore[attr-defined]  # what a program may do
    assert entry._seen  # type: ignore[attr-defined]


def test_a_default_of_the_class_is_used() -> None:
    """A default that is a value is one of each new entry, and a list is its own."""

    class Account(Entry, object_class="account"):
        uid: Attr[str] = attribute("uid", must=True, default="nobody")
        host: Many[str] = attribute("host", default=("localhost",))

    first, second = Account(), Account()
    first.host.append("x")
    assert (first.uid, second.host) == ("nobody", ["localhost"])


def test_dn_is_a_value_that_keeps_the_servers_text() -> None:
    """One that does not parse is opaque and still there."""
    assert read(User, dn="UID=x, DC=com").dn == DN.parse("uid=x,dc=com")
    assert str(read(User, dn="UID=x, DC=com").dn) == "UID=x, DC=com"
    odd = read(User, dn="<GUID=1>;no dn").dn
    assert odd.is_opaque
    assert str(odd) == "<GUID=1>;no dn"
    assert str(read(User, dn="").dn) == ""
