"""What differs between two versions of a generated module, class by class.

Only what a program notices counts: classes, their bases, their attributes' types and
how they are declared. Documentation is left to the line by line comparison.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping


@frozen
class _Class:
    """What counts of a class: how it is declared, and its attributes by name."""

    head: str
    attributes: Mapping[str, str]


def is_same(old: str, new: str) -> bool:
    """Whether two modules say the same, however they are laid out.

    Where somebody put what is his, and how long his lines are, does not matter.

    Args:
        old: A module.
        new: Another one.
    """
    try:
        return _statements(ast.parse(old).body) == _statements(ast.parse(new).body)
    except (SyntaxError, ValueError):
        return old == new


def _statements(body: Iterable[ast.stmt]) -> Counter[Hashable]:
    """What the statements of a body say, in any order; those of a class as well."""
    return Counter(
        (
            ast.dump(ast.ClassDef(node.name, node.bases, _sorted(node), [], [])),
            frozenset(_statements(node.body).items()),
            *map(ast.dump, node.decorator_list),
        )
        if isinstance(node, ast.ClassDef)
        else ast.dump(node)
        for node in body
    )


def _sorted(node: ast.ClassDef) -> list[ast.keyword]:
    """Give the arguments of a class: their order says nothing."""
    return sorted(node.keywords, key=lambda keyword: keyword.arg or "")


def summary(old: str, new: str) -> list[str]:
    """Say what is added, removed and changed from one module to the other.

    Args:
        old: A module's text; one that is no Python has no classes.
        new: The same module's text, as it should be.

    Returns:
        Lines, a class and below it its attributes; empty where no class differs.
    """
    before, after = _classes(old), _classes(new)
    lines: list[str] = []
    for name in dict.fromkeys([*after, *before]):
        if name not in before:
            lines.append(f"+ class {after[name].head}")
        elif name not in after:
            lines.append(f"- class {before[name].head}")
        else:
            lines += _class(name, before[name], after[name])
    return lines


def _class(name: str, old: _Class, new: _Class) -> list[str]:
    changes = list(_attributes(old.attributes, new.attributes))
    if old.head != new.head:
        changes.insert(0, f"    ~ class {old.head} -> class {new.head}")
    return [f"~ class {name}", *changes] if changes else []


def _attributes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*old, *new}, key=str.lower):
        if name not in old:
            yield f"    + {name}: {new[name]}"
        elif name not in new:
            yield f"    - {name}: {old[name]}"
        elif old[name] != new[name]:
            yield f"    ~ {name}: {old[name]} -> {new[name]}"


def _classes(text: str) -> dict[str, _Class]:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, _Class] = {}
    for node in body:
        if isinstance(node, ast.ClassDef) and not _is_dictionary(node):
            arguments = [ast.unparse(base) for base in node.bases]
            arguments += [f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords]
            head = f"{node.name}({', '.join(arguments)})"
            found[node.name] = _Class(head, dict(_declared(node)))
    return found


def _is_dictionary(node: ast.ClassDef) -> bool:
    """Whether it only says again what the class behind it says."""
    return [ast.unparse(base) for base in node.bases] == ["TypedDict"]


def _declared(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            value = "" if one.value is None else f" = {ast.unparse(one.value)}"
            yield one.target.id, f"{ast.unparse(one.annotation)}{value}"
