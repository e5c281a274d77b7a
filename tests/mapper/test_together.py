"""Attributes that are read of every entry of a search are decoded together."""

from __future__ import annotations

import pytest

from ldapom import ConversionError
from ldapom.mapper import together
from ldapom.mapper.entry import make
from ldapom.mapper.names import canonical
from ldapom.protocol import messages as m
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.codec.wanted import Wanted
from tests.mapper.models import User
from tests.mapper.units import Holding
from tests.protocol.codec.test_wanted import raw_of

NAMES = ("cn", "sn", "uid", "uidNumber", "displayName", "mail")


def search(*entries: dict[str, list[bytes]], unit: Holding | None = None) -> list[User]:
    """Entries that a session made of the answers to one search."""
    wanted = Wanted(canonical)
    found = []
    for number, entry in enumerate(entries):
        parts = tuple(m.PartialAttribute(k, tuple(v)) for k, v in entry.items())
        lazy = LazyAttributes(raw_of(parts))
        loaded = User.__ldapom__.loaded
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


def test_few_are_read_one_by_one() -> None:
    """Below `FEWEST` nothing else is decoded."""
    *before, last = search(*map(person, range(4)))
    for user in before:
        assert user.uid
        assert user.sn
    assert last.uid
    assert together.FEWEST > 2
    assert "sn" not in vars(last)
