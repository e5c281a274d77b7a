"""What a class body may say, and what the errors tell who says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    Attr,
    Auxiliary,
    DNSyntaxError,
    Entry,
    Many,
    SchemaError,
    attribute,
)
from tests.mapper import models
from tests.mapper.models import InetOrgPerson, Person, PosixAccount, read

if TYPE_CHECKING:
    from datetime import datetime  # noqa: TC004  # the point of a test

    from tests.mapper.nowhere import (  # type: ignore[import-untyped]  # none
        Nowhere,  # noqa: TC004  # the point of a test
    )


def test_a_base_that_demands_what_an_earlier_one_allows() -> None:
    """The error names the lines that are missing, ready to be copied."""
    with pytest.raises(TypeError) as caught:

        class Wrong(InetOrgPerson, PosixAccount):
            pass

    assert '    uid: Many[str] = attribute("uid", must=True)' in str(caught.value)
    assert "MUST in PosixAccount" in str(caught.value)


def test_the_other_order_needs_no_line() -> None:
    """The first base decides, and it demands."""

    class Right(PosixAccount, InetOrgPerson):
        pass

    assert "uid" in Right.__ldapom__.must
    assert set(Right.__ldapom__.asserted) == {"posixAccount", "inetOrgPerson"}


def test_a_line_for_one_value_loses_its_none() -> None:
    """``Attr[str | None]`` becomes ``Attr[str]``."""

    class Demands(Auxiliary, object_class="x"):
        displayName: Attr[str] = attribute("displayName", must=True)

    with pytest.raises(TypeError, match=r"displayName: Attr\[str\] = attribute"):

        class Wrong(InetOrgPerson, Demands):  # type: ignore[misc]  # it narrows
            pass


def test_must_is_the_union_of_all_bases() -> None:
    """Three bases: what any one demands is demanded."""

    class A(Entry, object_class="a"):
        x: Many[str] = attribute("x", default=())

    class B(Auxiliary, object_class="b"):
        y: Many[str] = attribute("y", must=True)

    class C(Auxiliary, object_class="c"):
        x: Many[str] = attribute("x", must=True)
        y: Many[str] = attribute("y", default=())

    class All(A, B, C):
        x: Many[str] = attribute("x", must=True)

    assert set(All.__ldapom__.must) == {"x", "y"}
    assert All.__ldapom__.asserted == ("a", "b", "c")
    assert All.__ldapom__.object_classes == ("top", "a", "b", "c")


#: For each base whether it has the attribute, and then whether it demands it.
BASES = st.lists(st.sampled_from([None, True, False]), min_size=1, max_size=4)


@given(BASES)
def test_every_combination_of_bases(demands: list[bool | None]) -> None:
    """A class is made, or the error has the line with which it is."""
    bases = tuple(
        type(
            f"Base{number}",
            (Auxiliary if number else Entry,),
            {}
            if demand is None
            else {
                "__annotations__": {"x": "Many[str]"},
                "x": attribute("x", must=demand),
            },
        )
        for number, demand in enumerate(demands)
    )
    # The structural base is derived from Entry alone: Auxiliary ones may follow.
    said = [demand for demand in demands if demand is not None]
    fits = not said or said[0] or not any(said)
    try:
        made = type("Made", bases, {})
    except TypeError as error:
        assert not fits
        assert 'x: Many[str] = attribute("x", must=True)' in str(error)
        body = {
            "__annotations__": {"x": "Many[str]"},
            "x": attribute("x", must=True),
        }
        made = type("Made", bases, body)
    else:
        assert fits
    assert issubclass(made, Entry)
    assert ("x" in made.__ldapom__.must) == any(said)


def test_a_class_implied_by_another_is_not_asserted() -> None:
    """A server lists superiors, but nobody need ask for them."""

    class Deeper(Person, object_class="deeper"):
        pass

    class Both(Deeper, PosixAccount):
        pass

    assert Both.__ldapom__.asserted == ("deeper", "posixAccount")


def test_base_and_rdn_are_inherited() -> None:
    """From the first base that says them; they may be said anew."""

    class Elsewhere(models.User, base="ou=x,dc=y"):
        pass

    assert Elsewhere.__ldapom__.base == "ou=x,dc=y"
    assert Elsewhere.__ldapom__.rdn == ("uid",)


def test_what_is_no_dn_is_no_base() -> None:
    """The error comes with the class, not with the first query."""
    with pytest.raises(DNSyntaxError):

        class Wrong(Person, base="no dn"):
            pass


def test_the_naming_attribute_must_be_one() -> None:
    """With a suggestion."""
    with pytest.raises(TypeError, match="did you mean 'uid'"):

        class Wrong(models.User, rdn="uidd"):
            pass


@pytest.mark.parametrize("name", ["dn", "raw", "extra", "state", "query"])
def test_reserved_names(name: str) -> None:
    """An attribute of that name needs another Python name; the error shows how."""
    body = {"__annotations__": {name: "Many[str]"}, name: attribute(name)}
    with pytest.raises(TypeError, match=f"{name}_ = attribute"):
        type("Wrong", (Entry,), body)


def test_another_python_name() -> None:
    """Conditions, keywords and reading take it; the wire has the LDAP name."""

    class Thing(Entry, object_class="thing"):
        query_: Many[str] = attribute("query", default=())
        uid_number: Attr[int | None] = attribute("uidNumber", default=None)

    assert str(Thing.query_ == "x") == "(query=x)"
    assert Thing.query(uid_number=5) == Thing.query(uidNumber=5)
    assert read(Thing, ("uidNumber", [b"5"])).uid_number == 5


def test_one_attribute_under_two_names_is_refused() -> None:
    """Changes of one could contradict the other."""
    with pytest.raises(TypeError, match="'cn' and as 'name_'"):

        class Wrong(Person, object_class="x"):
            name_: Many[str] = attribute("commonName", default=())


def test_declaration_and_annotation_go_together() -> None:
    """One without the other is a mistake."""
    with pytest.raises(TypeError, match=r"needs an annotation: x: Attr"):

        class NoAnnotation(Entry):
            x = attribute("x")  # type: ignore[var-annotated]  # the mistake

    with pytest.raises(TypeError, match=r'= attribute\("x"\)'):

        class NoDeclaration(Entry):
            x: Many[str]

    with pytest.raises(TypeError, match=r"needs an annotation"):

        class Plain(Entry):
            x: str = attribute("x")


def test_the_type_says_whether_there_may_be_no_value() -> None:
    """MAY and one value is ``T | None``; several values are never None."""
    with pytest.raises(TypeError, match=r"Attr\[str \| None\]"):

        class One(Entry):
            x: Attr[str] = attribute("x", default=None)

    with pytest.raises(TypeError, match=r"Many\[str\]"):

        class Several(Entry):
            x: Many[str | None] = attribute("x", default=())


def test_type_and_syntax_agree() -> None:
    """A syntax that gives another type, or is none, is refused with the class."""
    with pytest.raises(SchemaError, match="int by their syntax"):

        class Other(Entry):
            x: Many[str] = attribute("x", syntax="Integer", default=())

    with pytest.raises(SchemaError, match="no syntax 'IA5 Strng'"):

        class Misspelled(Entry):
            x: Many[str] = attribute("x", syntax="IA5 Strng", default=())


def test_names_that_only_type_checkers_import() -> None:
    """The words of an LDAP model are known; others are asked for when needed."""

    class Timed(Entry):
        since: Attr[datetime | None] = attribute("since", default=None)
        strange: Many[Nowhere] = attribute("strange", default=())

    entry = read(Timed, ("since", [b"20240101000000Z"]), ("strange", [b"x"]))
    assert entry.since is not None
    assert entry.since.year == 2024
    with pytest.raises(NameError, match=r"Timed\.strange.*'Nowhere'"):
        _ = entry.strange


def test_other_members_are_left_alone() -> None:
    """Methods, properties and constants are what they are in any class."""

    class Shown(Person):
        limit = 5

        @property
        def label(self) -> str:
            return f"{self.cn.first} ({self.limit})"

    assert Shown(cn=["Ada"], sn=["x"]).label == "Ada (5)"


def test_many_bases_of_one_class() -> None:
    """What is shared by many bases is looked at once, however they are combined."""
    layer: list[type[Entry]] = [Entry]
    for _ in range(18):
        first = type("First", (layer[-1],), {})
        second = type("Second", (layer[-1],), {})
        layer.append(type("Both", (first, second), {}))
    assert layer[-1].__ldapom__.attributes.keys() == {"objectClass"}
