"""Superiors of a class, and bases that Python can always linearize.

Rules:

1. A class comes after its superiors, and otherwise in the order it was asked for.
2. A base that another base implies is dropped; derived classes come first.
3. If some class of the module still has no linearization (C3), because two SUP lists
   contradict each other, every class of the module names all its superiors, in one
   order for all of them. Then all linearizations are sub-sequences of that order, and
   there always is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from ldapom.errors import SchemaError

#: A class -> its direct superiors, both by a key that the caller chooses.
Graph: TypeAlias = Mapping[str, Sequence[str]]


def superiors_first(graph: Graph, asked: Iterable[str]) -> tuple[str, ...]:
    """Order classes and all their superiors so that superiors come first.

    Args:
        graph: All classes that can be reached.
        asked: Where to begin.

    Returns:
        Each class once.

    Raises:
        SchemaError: A class is its own superior.
    """
    done: dict[str, None] = {}
    open_: list[tuple[str, bool]] = [(key, False) for key in reversed(list(asked))]
    path: set[str] = set()
    while open_:
        key, left = open_.pop()
        if left:
            path.discard(key)
            done[key] = None
        elif key in path:
            reason = "is its own superior; that schema has to be mended first"
            raise SchemaError(f"object class {key} {reason}")
        elif key not in done:
            path.add(key)
            open_.append((key, True))
            open_ += [(sup, False) for sup in reversed(graph[key])]
    return tuple(done)


def bases(graph: Graph, order: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Choose the bases of every class so that Python accepts all of them.

    Args:
        graph: A class -> its direct superiors.
        order: All classes, superiors first.

    Returns:
        A class -> its bases, shortest lists where they do, else complete ones.
    """
    above = _ancestors(graph, order)
    short = {key: _implied_dropped(graph[key], above) for key in order}
    if all(linearize(short, key) is not None for key in order):
        return short
    position = {key: index for index, key in enumerate(order)}
    return {
        key: tuple(sorted(above[key], key=position.__getitem__, reverse=True))
        for key in order
    }


def linearize(graph: Graph, key: str) -> tuple[str, ...] | None:
    """Compute the method resolution order of a class (C3).

    Args:
        graph: A class -> its bases.
        key: The class.

    Returns:
        The class and everything above it, or None where Python would refuse.
    """
    known: dict[str, tuple[str, ...]] = {}
    for name in superiors_first(graph, [key]):
        lists = [known[base] for base in graph[name]]
        merged = _merge([*lists, tuple(graph[name])])
        if merged is None:
            return None
        known[name] = (name, *merged)
    return known[key]


def _merge(lists: Iterable[Sequence[str]]) -> tuple[str, ...] | None:
    rest = [list(names) for names in lists if names]
    merged: list[str] = []
    while rest:
        tails = {name for names in rest for name in names[1:]}
        head = next((names[0] for names in rest if names[0] not in tails), None)
        if head is None:
            return None
        merged.append(head)
        rest = [[n for n in names if n != head] for names in rest]
        rest = [names for names in rest if names]
    return tuple(merged)


def _ancestors(graph: Graph, order: Sequence[str]) -> dict[str, frozenset[str]]:
    above: dict[str, frozenset[str]] = {}
    for key in order:
        direct = graph[key]
        above[key] = frozenset(direct).union(*(above[base] for base in direct))
    return above


def _implied_dropped(
    direct: Sequence[str], above: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    implied = frozenset[str]().union(*(above[base] for base in direct))
    return tuple(base for base in dict.fromkeys(direct) if base not in implied)
