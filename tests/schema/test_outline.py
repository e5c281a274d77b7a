"""The tree of a schema, and finding words in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import Schema
from ldapom.schema.outline import find, tree


def names(schema: Schema) -> list[tuple[int, str]]:
    """Give depth and name of each line of the tree."""
    return [(len(branch.last), branch.name) for branch in tree(schema)]


def test_the_standard_schema() -> None:
    """Superiors come before what stands below them; auxiliaries come last."""
    found = names(Schema.standard())
    order = [name for _, name in found]

    assert found[0] == (0, "top")
    assert (3, "inetOrgPerson") in found
    assert order.index("person") < order.index("inetOrgPerson")
    assert order.index("inetOrgPerson") < order.index("posixAccount")
    assert (0, "posixAccount") in found


def test_a_second_superior_is_named() -> None:
    """A class has one place; its other superiors stand beside it."""
    schema = Schema.parse(
        object_classes=[
            "( 1.0 NAME 'top' ABSTRACT )",
            "( 1.1 NAME 'a' SUP top )",
            "( 1.2 NAME 'b' SUP top )",
            "( 1.3 NAME 'c' SUP ( b $ a $ gone ) MAY cn )",
        ]
    )

    found = {branch.name: branch for branch in tree(schema)}

    assert len(found) == 4
    assert found["c"].also_under == ("a", "gone")
    assert (found["c"].must, found["c"].may) == (0, 1)
    assert found["b"].last == (True,)
    assert found["a"].last == (False,)


def test_a_long_chain() -> None:
    """A chain of superiors may be longer than Python's stack."""
    chain = [f"( 1.{n} NAME 'c{n}' SUP c{n - 1} )" for n in range(1, 3000)]
    schema = Schema.parse(object_classes=["( 1.0 NAME 'c0' ABSTRACT )", *chain])

    assert names(schema)[-1] == (2999, "c2999")


@given(st.lists(st.lists(st.integers(0, 6), max_size=3), max_size=7))
def test_every_class_once(above: list[list[int]]) -> None:
    """Circles, missing superiors, any order: no class is lost or doubled."""
    texts = []
    for number, sups in enumerate(above):
        sup = f"SUP ( {' $ '.join(f'c{s}' for s in sups)} ) " if sups else ""
        texts.append(f"( 1.{number} NAME 'c{number}' {sup})")
    schema = Schema.parse(object_classes=texts)

    assert sorted(branch.name for branch in tree(schema)) == sorted(
        schema.object_classes
    )


def test_find_ranks() -> None:
    """A name comes before a beginning, that before a part, that before a word."""
    found = find(Schema.standard(), "MAIL")

    assert (found[0].name, found[0].rank) == ("mail", 0)
    assert [hit.rank for hit in found] == sorted(hit.rank for hit in found)
    assert {hit.kind for hit in find(Schema.standard(), "caseignore")} == {
        "matching rule"
    }
    assert find(Schema.standard(), "no such word") == ()


def test_find_by_oid() -> None:
    """An OID is a name too."""
    assert find(Schema.standard(), "2.5.6.6")[0].name == "person"
