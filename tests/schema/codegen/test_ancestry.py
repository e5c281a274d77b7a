"""Superiors first, and bases that Python always accepts."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema.codegen import ancestry

Graph = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any classes with any SUP lists, without cycles."""
    keys = [chr(ord("a") + i) for i in range(draw(st.integers(1, 8)))]
    return {
        key: tuple(draw(st.lists(st.sampled_from(keys[:i]), unique=True)) if i else [])
        for i, key in enumerate(keys)
    }


CROSSED: Graph = {
    "x": (),
    "y": (),
    "a": ("x", "y"),
    "b": ("y", "x"),
    "c": ("a", "b"),
}


@given(graphs())
@example(CROSSED)
def test_bases_are_accepted_by_python(graph: Graph) -> None:
    """Every class can be made, and is derived from all its superiors."""
    order = ancestry.superiors_first(graph, graph)
    chosen = ancestry.bases(graph, order)

    made: dict[str, type] = {}
    for key in order:
        made[key] = type(key, tuple(made[base] for base in chosen[key]), {})

    for key, superiors in graph.items():
        assert all(issubclass(made[key], made[sup]) for sup in superiors)
        mro = tuple(kind.__name__ for kind in made[key].__mro__[:-1])
        assert ancestry.linearize(chosen, key) == mro


def test_implied_bases_are_dropped() -> None:
    """A base that another one implies is not written, whatever the order of SUP."""
    graph: Graph = {"top": (), "a": ("top",), "b": ("top", "a")}

    assert ancestry.bases(graph, ("top", "a", "b"))["b"] == ("a",)


def test_contradicting_lists_get_one_order() -> None:
    """Where C3 fails, all classes name all superiors in one order."""
    order = ancestry.superiors_first(CROSSED, ["c"])

    chosen = ancestry.bases(CROSSED, order)

    assert ancestry.linearize(CROSSED, "c") is None
    assert ancestry.linearize(chosen, "c") == ("c", *chosen["c"])


def test_superiors_first_keeps_the_order_asked_for() -> None:
    """Classes come as they were asked for, each behind what it needs."""
    graph: Graph = {"t": (), "p": ("t",), "q": ("t",), "r": ("p",)}

    assert ancestry.superiors_first(graph, ["q", "r", "q"]) == ("t", "q", "p", "r")


def test_a_cycle_is_told_of() -> None:
    """A class that is its own superior is an error that names it."""
    with pytest.raises(SchemaError, match=r"object class . is its own superior"):
        ancestry.superiors_first({"a": ("b",), "b": ("a",)}, ["a"])


def test_a_long_chain_needs_no_recursion() -> None:
    """Thousands of superiors are no problem."""
    graph: Graph = {"0": ()} | {str(i): (str(i - 1),) for i in range(1, 5000)}

    assert len(ancestry.superiors_first(graph, ["4999"])) == 5000


def test_long_chains_and_many_bases() -> None:
    """A thousand classes one below the other, and side by side, take no time."""
    chain: dict[str, tuple[str, ...]] = {"c0": ()}
    chain |= {f"c{n}": (f"c{n - 1}",) for n in range(1, 1000)}
    known: dict[str, tuple[str, ...]] = {}
    start = time.monotonic()
    assert ancestry.bases(chain, tuple(chain)) == chain
    for key in chain:
        ancestry.linearize(chain, key, known)
    assert known["c999"] == tuple(reversed(chain))
    many: dict[str, tuple[str, ...]] = {"top": ()}
    many |= {f"m{n}": ("top",) for n in range(1000)}
    many["all"] = tuple(many)[1:]
    assert ancestry.linearize(many, "all") == ("all", *many["all"], "top")
    assert time.monotonic() - start < 10
