"""Attributes that are read of every entry of a search are decoded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import Auxiliary, ConversionError, Entry, Many, attribute
from ldapom.errors import DecodeError, MissingValue, NotLoaded
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import diff
from ldapom.mapper.entries.draft import Draft
from ldapom.mapper.entries.making import make
from ldapom.mapper.entries.together import _Known, target
from ldapom.protocol import messages as m
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.codec.wanted import SEVERAL, Wanted
from tests.mapper.models import User
from tests.mapper.units import Holding
from tests.protocol.codec.test_wanted import raw_of

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("cn", "sn", "uid", "uidNumber", "displayName", "mail")

#: Octets that have a meaning in a list of attributes, and some that have none.
OCTET = st.sampled_from([0x30, 0x31, 0x04, 0x00, 0x01, 0x80, 0x81, 0x89, 0xFF])
#: Lists of attributes with few names and any values, repeated ones among them.
RAW = st.lists(
    st.builds(
        m.PartialAttribute,
        st.sampled_from(["cn", "CN", "sn", "uid", "uidNumber", "mail", "cn;lang-de"]),
        st.lists(
            st.sampled_from([b"", b"7", b"a", b"\xff", b"x" * 130]), max_size=10
        ).map(tuple),
    ),
    max_size=6,
).map(tuple)


class Drinker(Auxiliary, object_class="drinker"):
    """Another class that the entries can be seen as."""

    drink: Many[str] = attribute("drink", default=())


class Interrupted(BaseException):
    """What a signal raises, wherever the program is."""


def _interrupted(raw: bytes) -> str:
    if raw == b"stop":
        raise Interrupted
    return raw.decode()


class Stopping(Auxiliary, object_class="stopping"):
    """A class with a converter that is interrupted."""

    cn: Many[str] = attribute("cn", default=())
    sn: Many[str] = attribute("sn", default=(), convert=(_interrupted, str.encode))


def search(
    *entries: dict[str, list[bytes]],
    unit: Holding | None = None,
    loaded: frozenset[str] = User.__ldapom__.loaded,
) -> list[User]:
    """Entries that a session made of the answers to one search."""
    wanted = Wanted(canonical, loaded)
    found = []
    for number, entry in enumerate(entries):
        parts = tuple(m.PartialAttribute(k, tuple(v)) for k, v in entry.items())
        lazy = LazyAttributes(raw_of(parts))
        made = make(User, f"uid={number}", lazy, loaded, unit, wanted=wanted)
        assert isinstance(made, User)
        found.append(made)
    return found


def person(number: int, **more: list[bytes]) -> dict[str, list[bytes]]:
    """The raw attributes of somebody."""
    name = b"%d" % number
    return {
        "cn": [name, b"n"],
        "sn": [name],
        "uid": [name],
        "uidNumber": [name],
        **more,
    }


def read(user: User) -> list[object]:
    """Every attribute, in their order."""
    return [getattr(user, name) for name in NAMES]


def test_every_entry_has_its_own_values() -> None:
    """However many were read before."""
    for number, user in enumerate(search(*map(person, range(5)))):
        name = str(number)
        assert read(user) == [[name, "n"], [name], [name], number, None, []]


def test_they_are_decoded_at_the_first_read() -> None:
    """Otherwise all of this would be for nothing."""
    *before, last = search(*map(person, range(4)))
    for user in before:
        read(user)
    assert "cn" not in vars(last)
    assert last.uid == ["3"]
    assert {"cn", "sn", "uid", "uidNumber"} <= vars(last).keys()


def test_what_is_not_there_is_nothing_of_its_own() -> None:
    """It is there before it is read, belongs to its entry, and may be changed."""
    unit = Holding()
    *before, last = search(*map(person, range(4)), unit=unit)
    for user in before:
        read(user)
    assert last.cn
    assert vars(last)["mail"] == []
    assert vars(last)["displayName"] is None
    assert last.mail is not before[0].mail
    last.mail.append("x@example.com")
    assert last._state.changes == {"mail": ["x@example.com"]}
    assert (before[0].mail, before[0]._state.changes) == ([], None)
    last.displayName = "D"
    assert diff.requested(Draft(last._state)) == (
        m.ModifyChange(
            m.ModifyOperation.add, m.PartialAttribute("mail", (b"x@example.com",))
        ),
        m.ModifyChange(
            m.ModifyOperation.add, m.PartialAttribute("displayName", (b"D",))
        ),
    )


def test_what_was_not_asked_for_is_not_nothing() -> None:
    """However many entries were read before; nor is what must be there."""
    loaded = frozenset({"cn", "sn", "mail", "uidnumber"})
    without = {"cn": [b"n"]}
    for user in search(*[without] * 4, loaded=loaded):
        assert user.cn == ["n"]
        assert (user.mail, user.sn) == ([], [])
        with pytest.raises(NotLoaded):
            _ = user.displayName
        with pytest.raises(NotLoaded):
            _ = user.uid
        with pytest.raises(MissingValue):
            _ = user.uidNumber


def test_what_came_in_part_is_not_nothing() -> None:
    """One range of the values, which nobody has completed."""
    in_part = {"cn": [b"n"], "mail;range=0-0": [b"a"]}
    *several, whole, last = search(*[in_part] * 4, person(5), in_part)
    assert (whole.cn, whole.mail) == (["5", "n"], [])
    for user in (*several, last):
        assert user.cn == ["n"]
        with pytest.raises(ConversionError, match="only a part"):
            _ = user.mail


@pytest.mark.parametrize("show", [str, repr, User.to_dict, User.to_json])
def test_what_is_shown_of_one_is_not_read_of_all(
    show: Callable[[User], object],
) -> None:
    """Whoever logs one entry of a stream goes on as before; nor does it grow."""
    *shown, last = search(*map(person, range(5)))
    for user in shown:
        assert show(user)
        assert not {"displayName", "mail"} & vars(user).keys()
    assert last.cn == ["4", "n"]
    assert vars(last).keys() == {"cn"}


def test_what_does_not_decode_raises_where_it_is_read() -> None:
    """And nowhere else."""
    bad = person(3, uidNumber=[b"many"], displayName=[b"a", b"b"], sn=[b"\xff"])
    *before, last = search(*map(person, range(3)), bad)
    for user in before:
        read(user)
    assert last.cn == ["3", "n"]
    for name in ("uidNumber", "displayName", "sn"):
        with pytest.raises(ConversionError):
            getattr(last, name)
    assert last.raw["displayName"] == [b"a", b"b"]


def test_values_know_their_entry() -> None:
    """A change in place of values that were decoded along is noticed."""
    unit = Holding()
    *before, last = search(*map(person, range(4)), unit=unit)
    for user in before:
        read(user)
    assert last.uid == ["3"]
    last.cn.append("more")
    assert list(unit.held) == [last._state]
    assert last._state.changes == {"cn": ["3", "n", "more"]}


def test_what_was_assigned_stays() -> None:
    """Reading another attribute decodes nothing over it."""
    *before, last = search(*map(person, range(4)), unit=Holding())
    for user in before:
        read(user)
    last.cn = ["mine"]
    assert last.uid == ["3"]
    assert last.cn == ["mine"]


def test_many_values_wait() -> None:
    """A group of thousands is not decoded along with its name."""
    members = [b"%d@example.com" % number for number in range(SEVERAL + 1)]
    *before, last = search(*(person(number, mail=members) for number in range(4)))
    for user in before:
        read(user)
    assert last.uid == ["3"]
    assert "mail" not in vars(last)
    assert last.mail == [member.decode() for member in members]


def test_a_view_of_another_class_reads_its_own_attributes() -> None:
    """What was decoded along for one class leaves what the other one has alone."""
    tea = {"objectClass": [b"drinker"], "drink": [b"tea"]}
    *before, last = search(*(person(number, **tea) for number in range(4)))
    for user in before:
        read(user)
    view = last.as_(Drinker)
    assert last.uid == ["3"]
    assert "drink" not in vars(last)
    assert view.drink == ["tea"]
    assert read(last)[:4] == [["3", "n"], ["3"], ["3"], 3]


def test_a_repeated_attribute_is_merged() -> None:
    """RFC 4511 forbids it, servers do it."""
    *before, last = search(*map(person, range(4)))
    for user in before:
        read(user)
    last._state.received = LazyAttributes(
        raw_of((m.PartialAttribute("uid", (b"a",)), m.PartialAttribute("UID", (b"b",))))
    )
    assert last.uid == ["a", "b"]
    assert last.sn == []


@given(st.lists(RAW, min_size=1, max_size=4), st.data())
def test_every_value_is_the_one_read_alone(
    lists: list[tuple[m.PartialAttribute, ...]], data: st.DataObject
) -> None:
    """Whatever comes, sound or damaged, with others or alone."""
    wanted = Wanted(canonical)
    loaded = User.__ldapom__.loaded
    for attributes in lists:
        octets = bytearray(raw_of(attributes))
        if octets and data.draw(st.booleans()):
            octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(OCTET)
        lazy = LazyAttributes(bytes(octets))
        along = make(User, "uid=x", lazy, loaded, wanted=wanted)
        for name in NAMES:
            alone = make(User, "uid=x", lazy, loaded)
            expected = outcome(alone, name)
            # An attribute that nobody reads is not looked into, so it may be bad.
            if expected is not DecodeError:
                assert outcome(along, name) == expected


def outcome(entry: Entry, name: str) -> object:
    """The value of an attribute, or the class of the error."""
    try:
        return getattr(entry, name)
    except (ConversionError, DecodeError, MissingValue) as error:
        return type(error)


def test_nothing_half_is_in_an_entry() -> None:
    """Neither after an interrupt nor for another thread that reads it meanwhile."""
    wanted = Wanted(canonical)
    for key in ("cn", "sn"):
        wanted.expect(key)
    parts = [m.PartialAttribute(name, (b"stop",)) for name in ("cn", "sn", "cn")]
    lazy = LazyAttributes(raw_of(tuple(parts)))
    entry = make(Stopping, "cn=x", lazy, None, wanted=wanted)
    assert isinstance(entry, Stopping)
    with pytest.raises(Interrupted):
        _ = entry.cn
    assert "cn" not in vars(entry)
    entry._state.wanted = Wanted(canonical)
    assert entry.cn == ["stop", "stop"]


def test_entries_share_what_many_have_alike() -> None:
    """DNs and the names of classes, which never change; each has its own list."""
    boss, other = b"uid=Boss,dc=x", b"uid=other,dc=x"
    several = [
        person(number, objectClass=[b"person", b"top"], manager=[manager])
        for number, manager in enumerate([boss, boss, boss, other, boss])
    ]
    users = search(*several)
    for user in users:
        _ = user.uid, user.manager, user.objectClass
    *_, before, different, last = users
    assert [str(name) for name in last.manager] == ["uid=Boss,dc=x"]
    assert [str(name) for name in different.manager] == ["uid=other,dc=x"]
    assert last.manager[0] is before.manager[0]
    assert last.objectClass[0] is before.objectClass[0]
    assert last.manager is not before.manager
    assert last.objectClass == before.objectClass == ["person", "top"]


def test_what_is_shared_is_bounded() -> None:
    """Whatever a server sends."""
    known = _Known(bytes.decode)
    for number in range(3 * _Known.LARGEST):
        assert known[b"%d" % number] == str(number)
    assert len(known) <= _Known.LARGEST


def test_a_class_with_a_converter_of_its_own_shares_nothing() -> None:
    """Whoever wrote it may give what changes."""

    class Own(Auxiliary, object_class="own"):
        objectClass: Many[list[str]] = attribute(  # type: ignore[assignment]  # on purpose
            "objectClass",
            default=(),
            convert=(lambda raw: [raw.decode()], lambda value: value[0].encode()),
        )

    aim = target(Own.__ldapom__.attributes["objectClass"])
    assert aim is not None
    assert aim.read(b"x") is not aim.read(b"x")


def test_an_error_says_where_it_is_in_the_message() -> None:
    """Also of octets that nobody had read, when the entry was read."""
    good = raw_of((m.PartialAttribute("cn", (b"a",)),))
    bad = good + bytes.fromhex("3008 0402 736e 3102 0500")
    wanted, places = Wanted(canonical), []
    wanted.expect("cn")
    for raw in (good, bad, bad):
        lazy = LazyAttributes(raw, 100)
        entry = make(User, "uid=x", lazy, None, wanted=wanted)
        assert isinstance(entry, User)
        assert entry.cn == ["a"]
        if raw is bad:
            with pytest.raises(DecodeError) as caught:
                _ = entry.raw["sn"]
            places.append(caught.value.offset)
    with pytest.raises(DecodeError) as caught:
        LazyAttributes(bad, 100).pairs()
    assert places == [caught.value.offset] * 2
