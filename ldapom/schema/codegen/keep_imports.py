"""The imports of a generated module that somebody wrote, or whose names he uses.

Rules:

1. What the generator may have imported stays where what is kept uses it. Other names
   and other modules stay in any case: somebody may import them from here.
2. Imports in a block of their own behind ours, such as a program's own modules, stay
   there.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeGuard

from ldapom.schema import syntaxes
from ldapom.schema.codegen import order
from ldapom.schema.codegen.parts import Part

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from ldapom.schema.codegen.parts import Kept

#: What generated modules import, and from where.
_SOURCES: Final = {
    "__future__": frozenset({"annotations"}),
    "datetime": frozenset({"datetime", "timedelta"}),
    "ldapom": frozenset(
        {
            *("Attr", "Auxiliary", "Entry", "Filter", "Many", "Query"),
            *("attribute", "on_request"),
            *(one.python.__name__ for one in syntaxes.SYNTAXES),
        }
    ),
    "typing": frozenset({"Self", "TYPE_CHECKING", "TypedDict", "Unpack"}),
    "uuid": frozenset({"UUID"}),
}


def sort_imports(kept: Kept, found: Sequence[Part], new: ast.Module) -> None:
    """Keep the imports that are not the generator's, or that kept code uses.

    Args:
        kept: What is kept beside; the imports are put into it.
        found: The imports of the old module.
        new: The module as it is generated.
    """
    bound = {name for node in new.body for name in _bound(node)}
    statements = (part.node for part in kept.parts() if part.node is not None)
    used = {"*", *order.used((*statements, *kept.expressions))} - bound
    is_local = is_behind = False
    for part in found:
        node = part.node
        if _is_of_source(node):
            is_behind = is_behind or node.module == "ldapom"
            kept.notes += part.comments
            others = [a for a in node.names if (a.asname or a.name) not in bound]
            names = [a for a in others if _stays(a, node.module or "", used)]
            if names:
                shorter = ast.ImportFrom(node.module, names, node.level)
                kept.imports.append(Part(shorter, (), (), 0))
        elif node is not None and set(_bound(node)) - bound:
            is_local = is_local or (is_behind and part.gap > 0)
            (kept.local if is_local else kept.imports).append(part)
        else:
            kept.notes += part.comments


def _stays(alias: ast.alias, module: str, used: Container[str]) -> bool:
    """Whether a name is used, or none that the generator would ever import."""
    if (alias.asname or alias.name) in used or alias.asname:
        return True
    return alias.name not in _SOURCES[module]


def _is_of_source(node: ast.stmt | None) -> TypeGuard[ast.ImportFrom]:
    """Whether it imports from where generated modules do."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return not node.level and node.module in _SOURCES


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that an import binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (
            alias.asname or alias.name.partition(".")[0] for alias in node.names
        )
