"""What stands above what: statements that classes need, and bases that Python accepts.

Rules:

1. What somebody wrote above a generated class, and what that class or anything above
   it names, is needed there.
2. The bases of a class stand above it, and have a linearization (C3), as far as the
   module itself says what they are derived from.
"""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING, Final

from ldapom.errors import SchemaError
from ldapom.schema.codegen.ancestry import linearize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ldapom.schema.codegen.parts import Part

_WORD: Final = re.compile(r"[^\W\d]\w*")


def used(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Give the names in code, and those in its texts: they may be annotations."""
    for top in nodes:
        inside = list(ast.walk(top))
        documentation = {id(one.value) for one in inside if isinstance(one, ast.Expr)}
        for node in inside:
            if isinstance(node, ast.Name):
                yield node.id
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documentation
            ):
                yield from _WORD.findall(node.value)


def bound(node: ast.AST) -> Iterator[str]:
    """Give the names that a statement binds where it stands."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
        return
    if isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        yield from bound(inner)


def needed(parts: Sequence[Part], names: Iterable[str]) -> list[Part]:
    """Choose the statements that names come from, and those that these need.

    Args:
        parts: All there are, in their order.
        names: The names that are needed.

    Returns:
        Some of the statements, in their order.
    """
    sources: dict[str, list[int]] = {}
    for number, part in enumerate(parts):
        for name in bound(part.node) if part.node else ():
            sources.setdefault(name, []).append(number)
    found: set[int] = set()
    todo = list(names)
    while todo:
        for number in sources.get(todo.pop(), ()):
            node = parts[number].node
            if number not in found and node is not None:
                found.add(number)
                todo += used([node])
    return [parts[number] for number in sorted(found)]


def check(text: str, names: Iterable[str]) -> None:
    """Refuse a module whose classes Python could not make.

    Args:
        text: The module.
        names: The classes to look at.

    Raises:
        SchemaError: A base does not stand above its class, or the bases contradict
            each other.
    """
    body = ast.parse(text).body
    wanted = set(names)
    graph = {"Auxiliary": ["Entry"]}
    known = {"__file__", "__name__", *dir(builtins)}
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            graph.setdefault(node.name, bases)
            if node.name in wanted:
                wanted.remove(node.name)
                _check_class(node, graph, known)
        known.update(bound(node))


def _check_class(
    node: ast.ClassDef, graph: dict[str, list[str]], known: set[str]
) -> None:
    missing = {n.id for n in node.bases if isinstance(n, ast.Name)} - known
    if missing and "*" not in known:
        raise SchemaError(
            f"class {node.name} has the base {' and '.join(sorted(missing))}, which "
            "does not stand above it; move it there, or take it out of that line"
        )
    for base in [base for bases in graph.values() for base in bases]:
        graph.setdefault(base, [])
    if "TypedDict" not in graph[node.name] and linearize(graph, node.name) is None:
        bases = ", ".join(graph[node.name])
        raise SchemaError(
            f"class {node.name} can not have the bases {bases} in this order: one of "
            "them stands in front of another one that is derived from it; put your own "
            "elsewhere"
        )
