"""`Values` is a list with `first` and `one` that knows when it only reads."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from ldapom import MultipleResults, NoResult, ReadOnlyEntry, Values
from tests.mapper.models import User, read, user

if TYPE_CHECKING:
    from collections.abc import Callable


def test_first_and_one() -> None:
    """`first` is None without values; `one` wants exactly one."""
    assert Values(["a", "b"]).first == "a"
    assert Values[str]().first is None
    assert Values(["a"]).one == "a"
    with pytest.raises(NoResult):
        _ = Values[str]().one
    with pytest.raises(MultipleResults, match="2 values"):
        _ = Values(["a", "b"]).one


def test_one_names_the_attribute() -> None:
    """On an entry the error says which attribute has no value."""
    with pytest.raises(NoResult, match=r"InetOrgPerson\.mail"):
        _ = read(User).mail.one


CHANGES: list[Callable[[Values[str]], object]] = [
    lambda v: v.append("x"),
    lambda v: v.extend(["x"]),
    lambda v: v.insert(0, "x"),
    lambda v: v.pop(),
    lambda v: v.remove("b"),
    lambda v: v.reverse(),
    lambda v: v.sort(),
    lambda v: v.__iadd__(["x"]),
    lambda v: v.__imul__(2),
    lambda v: v.__setitem__(0, "x"),
    lambda v: v.__setitem__(slice(0, 1), ["x"]),
    lambda v: v.__delitem__(0),
    lambda v: v.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_values_that_were_read_refuse_every_change(
    change: Callable[[Values[str]], object],
) -> None:
    """Each way to change a list in place raises and leaves the values alone."""
    entry = read(User, ("mail", [b"b", b"a"]))
    with pytest.raises(ReadOnlyEntry, match="query.writer"):
        change(entry.mail)
    assert entry.mail == ["b", "a"]


@pytest.mark.parametrize("change", CHANGES)
def test_values_of_a_new_entry_change_like_a_list(
    change: Callable[[Values[str]], object],
) -> None:
    """Each way to change a list does what it does to a list."""
    plain = Values(["b", "a"])
    entry = user(mail=["b", "a"])
    change(plain)
    change(entry.mail)
    assert entry.mail == plain
    assert list(plain) != ["b", "a"]


def test_bare_text_is_not_taken_apart() -> None:
    """Adding a str to a list of values is an error that shows the brackets."""
    entry = user()
    with pytest.raises(TypeError, match=r'\["x"\]'):
        entry.mail += "ada@example.com"  # type: ignore[operator]  # the mistake
    with pytest.raises(TypeError, match="bare bytes"):
        entry.userPassword.extend(b"secret")  # type: ignore[arg-type]  # the mistake
    assert entry.mail == []


def test_adding_in_place_keeps_the_list() -> None:
    """``+=`` assigns the list it has changed; that is no copy."""
    entry = user(mail=["a"])
    held = entry.mail
    entry.mail += ["b"]
    assert entry.mail is held
    assert held == ["a", "b"]


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))],
)
def test_copies_stand_alone(
    duplicate: Callable[[Values[str]], Values[str]],
) -> None:
    """A copy of values that only read is a `Values` that is free to change."""
    entry = read(User, ("mail", [b"a"]))
    other = duplicate(entry.mail)
    other.append("b")
    assert type(other) is Values
    assert (other, entry.mail) == (["a", "b"], ["a"])
