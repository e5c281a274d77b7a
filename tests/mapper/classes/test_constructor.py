"""The constructors of entry classes: what they take, and what they make of it."""

from __future__ import annotations

import inspect
import threading
import types
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import DN, Attr, Entry, Many, ReadOnlyEntry, attribute
from tests.mapper.models import Person, User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def small() -> Any:
    """A class that nobody has used, below one that everybody has."""

    class Small(Person, object_class="small"):
        size: Attr[int | None] = attribute("size", default=None)

    return Small


def test_the_constructor_waits() -> None:
    """A class is made without one; it is written when the class is first used."""
    fresh = small()
    assert vars(fresh)["__init__"] is not Person.__init__

    entry = fresh(cn=["a"], sn=["b"], size=1)
    assert vars(entry)["size"] == 1
    assert inspect.isfunction(vars(fresh)["__init__"])


@pytest.mark.parametrize(
    "look",
    [
        lambda cls: {each.name for each in attrs.fields(cls)},
        lambda cls: set(inspect.signature(cls).parameters),
        lambda cls: set(inspect.signature(cls.__init__).parameters),
        lambda cls: {*attrs.fields_dict(cls)},
    ],
)
def test_whoever_looks_sees_all_fields(look: Callable[[type], set[str]]) -> None:
    """Fields and parameters of the class and its bases are there at the first look."""
    assert {"size", "cn", "sn", "dn"} <= look(small())
    assert "size" not in look(Person)


def test_fields_of_an_instance() -> None:
    """An entry shows the fields of its class also to who looks first."""
    fresh = small()
    entry = fresh.__new__(fresh)
    assert entry.__attrs_attrs__ is attrs.fields(fresh)


def test_a_constructor_put_there_later() -> None:
    """Who looks at the fields does not undo what somebody did to the constructor."""
    fresh = small()

    def constructor(self: object) -> None:
        del self

    fresh.__init__ = constructor
    assert {"size", "cn"} <= {each.name for each in attrs.fields(fresh)}
    assert vars(fresh)["__init__"] is constructor


def test_a_subclass_before_its_base() -> None:
    """Which class is used first does not matter."""
    base = small()
    below: Any = types.new_class("Below", (base,), {"object_class": "below"})

    assert vars(below(cn=["a"], sn=["b"], size=2))["size"] == 2
    assert vars(base(cn=["a"], sn=["b"], size=3))["size"] == 3
    assert below(cn=["a"], sn=["b"]).objectClass[-1] == "below"
    assert base(cn=["a"], sn=["b"]).objectClass[-1] == "small"


def test_a_constructor_of_ones_own() -> None:
    """A class that has one keeps it, and finds the usual one behind ``super()``."""

    class Own(Person, object_class="own"):
        def __init__(self, name: str) -> None:
            super().__init__(cn=[name], sn=[name])

    entry = Own("a")
    assert (entry.cn, entry.sn) == (["a"], ["a"])


def test_several_threads_construct() -> None:
    """A class that several threads use first has one constructor."""
    for _ in range(20):
        fresh = small()
        made: list[Person] = []
        gate = threading.Barrier(4)

        def construct(
            cls: Any = fresh,
            gate: threading.Barrier = gate,
            made: list[Person] = made,
        ) -> None:
            gate.wait()
            made.append(cls(cn=["a"], sn=["b"], size=1))

        threads = [threading.Thread(target=construct) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [vars(entry)["size"] for entry in made] == [1] * 4


def by_attrs(cls: Any, values: Mapping[str, object]) -> Any:
    """An entry that what attrs wrote has made, attribute by attribute."""
    entry = cls.__new__(cls)
    cls.__init__.__wrapped__(entry, **values)
    return entry


def outcome(make: Callable[[], Any]) -> object:
    """What was made of an entry, or the type of what was raised."""
    try:
        entry = make()
    except (TypeError, ValueError) as error:
        return type(error)
    state, live = entry._state, vars(entry)
    given = {k: v for k, v in (state.changes or {}).items() if v is not None}
    assert live.keys() == given.keys()
    assert all(live[name] is value for name, value in given.items())
    assert state.live is (None if state.changes is None else live)
    assert state.originals is None
    return state.dn, state.changes, state.status


TEXTS = st.lists(st.text(max_size=5), max_size=3)
VALUES = st.fixed_dictionaries(
    {
        "cn": TEXTS,
        "sn": TEXTS,
        "uid": TEXTS | st.just("bare"),
        "uidNumber": st.integers() | st.none(),
        "gidNumber": st.integers(),
        "homeDirectory": st.text(max_size=5),
    },
    optional={
        "dn": st.sampled_from(["cn=x", DN.parse("cn=y"), None, 5]),
        "description": TEXTS | st.just(()) | st.none(),
        "loginShell": st.text(max_size=5) | st.none() | st.integers(),
        "seeAlso": st.just([DN.parse("cn=z")]) | st.just(["cn=z"]),
        "jpegPhoto": st.lists(st.binary(max_size=4), max_size=2).map(tuple),
    },
)


@given(VALUES)
def test_the_same_as_attribute_by_attribute(values: dict[str, object]) -> None:
    """What is not said is not looked at; what is said is assigned as ever."""
    made = outcome(lambda: User(**values))  # type: ignore[arg-type]  # some are wrong
    assert made == outcome(lambda: by_attrs(User, values))


def test_a_misspelled_name() -> None:
    """The error says what may have been meant, and what is missing as Python does."""
    with pytest.raises(TypeError, match=r"Person has no attribute 'snn'.*'sn'"):
        Person(cn=["a"], snn=["b"])  # type: ignore[call-arg]  # the mistake
    with pytest.raises(TypeError, match="missing 1 required keyword-only.*'sn'"):
        Person(cn=["a"])  # type: ignore[call-arg]  # the mistake
    with pytest.raises(TypeError, match="unexpected keyword.*objectClass"):
        Person(cn=["a"], sn=["b"], objectClass=["c"])  # type: ignore[call-arg]  # too


def test_defaults_are_assigned() -> None:
    """A default that is a value is one of the new entry; of a factory a new one."""

    class Usual(Person, object_class="usual"):
        size: Attr[int] = attribute("size", must=True, default=7)
        tags: Many[str] = attribute("tags", default=("x",))

    class Made(Person, object_class="made"):
        tags: Many[str] = attribute("tags", default=attrs.Factory(lambda: ["y"]))

    usual = Usual(cn=["a"], sn=["b"])
    assert (usual.size, usual.tags) == (7, ["x"])
    assert usual._state.changes is not None
    assert {"size", "tags"} <= usual._state.changes.keys()
    first, second = (Made(cn=["a"], sn=["b"]) for _ in range(2))
    assert first.tags == second.tags == ["y"]
    first.tags.append("z")
    assert second.tags == ["y"]


def test_a_class_that_looks_at_what_is_assigned() -> None:
    """Who overrides how attributes are set, or has a last step, is called."""
    seen: list[str] = []

    class Watching(Person, object_class="watching"):
        def __setattr__(self, name: str, value: object) -> None:
            seen.append(name)
            super().__setattr__(name, value)

    class Finished(Person, object_class="finished"):
        def __attrs_post_init__(self) -> None:
            self.description = [f"{self.cn.first} is new"]

    assert Watching(cn=["a"], sn=["b"]).cn == ["a"]
    assert {"cn", "sn", "description"} <= {*seen}
    assert Finished(cn=["a"], sn=["b"]).description == ["a is new"]


def test_what_a_subclass_lets_only_the_server_write() -> None:
    """The constructor of a base does not assign it either."""

    class Numbered(Person, object_class="numbered"):
        number: Attr[int | None] = attribute("number", default=None)

    class Counted(Numbered, object_class="counted"):
        number: Attr[int | None] = attribute("number", read_only=True)

        def __init__(self, number: int) -> None:
            Numbered.__init__(self, cn=["a"], sn=["b"], number=number)

    with pytest.raises(ReadOnlyEntry, match="only the server writes"):
        Counted(5)


def test_the_signature_is_the_whole_one() -> None:
    """Tools and people see every argument, and which of them must be given."""
    parameters = inspect.signature(User).parameters
    assert parameters["uidNumber"].default is inspect.Parameter.empty
    assert parameters["loginShell"].default is None
    assert {one.kind for one in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert issubclass(User, Entry)
