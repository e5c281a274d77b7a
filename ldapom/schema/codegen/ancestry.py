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

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypeAlias

from ldapom.errors import SchemaError

#: A class -> its direct superiors, both by a key that the caller chooses.
Graph: TypeAlias = Mapping[str, Sequence[str]]
#: A class -> itself and everything above it, as Python looks names up.
Linearizations: TypeAlias = dict[str, tuple[str, ...]]


def superiors_first(
    graph: Graph, asked: Iterable[str], known: Container[str] = ()
) -> tuple[str, ...]:
    """Order classes and all their superiors so that superiors come first.

    Args:
        graph: All classes that can be reached.
        asked: Where to begin.
        known: Where to end; these and what is above them are left out.

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
        elif key not in done and key not in known:
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
    known: Linearizations = {}
    if all(linearize(short, key, known) is not None for key in order):
        return short
    position = {key: index for index, key in enumerate(order)}
    return {
        key: tuple(sorted(above[key], key=position.__getitem__, reverse=True))
        for key in order
    }


def linearize(
    graph: Graph, key: str, known: Linearizations | None = None
) -> tuple[str, ...] | None:
    """Compute the method resolution order of a class (C3).

    Args:
        graph: A class -> its bases.
        key: The class.
        known: What was computed for the same graph before; it learns from this.

    Returns:
        The class and everything above it, or None where Python would refuse.
    """
    known = {} if known is None else known
    for name in superiors_first(graph, [key], known):
        bases = tuple(graph[name])
        above = [known[base] for base in bases]
        merged = above[0] if len(above) == 1 else _merge([*above, bases])
        if merged is None:
            return None
        known[name] = (name, *merged)
    return known[key]


def _merge(lists: Iterable[Sequence[str]]) -> tuple[str, ...] | None:
    """Merge linearizations in linear time: who waits behind another one is counted."""
    rest = [names for names in lists if names]
    waiting = Counter(name for names in rest for name in names[1:])
    heads = dict.fromkeys(range(len(rest)), 0)
    merged: list[str] = []
    while heads:
        names = (rest[number][at] for number, at in heads.items())
        head = next((name for name in names if not waiting[name]), None)
        if head is None:
            return None
        merged.append(head)
        for number, at in list(heads.items()):
            if rest[number][at] == head:
                _advance(rest[number], number, heads, waiting)
    return tuple(merged)


def _advance(
    names: Sequence[str], number: int, heads: dict[int, int], waiting: Counter[str]
) -> None:
    """Let the next one of a list be its head."""
    heads[number] += 1
    if heads[number] == len(names):
        del heads[number]
    else:
        waiting[names[heads[number]]] -= 1


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
