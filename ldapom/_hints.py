"""How public classes show themselves: under ``ldapom``, with annotations that resolve.

Annotations are texts that only the module of a class understands, and some name what
that module imports for type checkers alone. Those are imported when somebody asks for
the hints (``typing.get_type_hints``, ``attrs.resolve_types``), never before.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import ItemsView, Iterator, Mapping
    from types import ModuleType


_OURS = "ldapom."


def move(public: type) -> None:
    """Let help(), pickles and type hints show a class or function as ``ldapom``'s own.

    Where it lives inside may change.
    """
    for one in getattr(public, "__mro__", ()):
        written = vars(one).get("__annotations__")
        if written and type(written) is dict and f"{one.__module__}.".startswith(_OURS):
            # Also a base that is not public: its hints are those of its heirs.
            one.__annotations__ = Later(written, one.__module__)
    public.__module__ = "ldapom"


class Later(dict[str, object]):
    """Annotations that are evaluated when somebody walks over them.

    Args:
        written: The annotations as they are written.
        home: The name of the module whose words they are.
    """

    def __init__(self, written: Mapping[str, object], home: str) -> None:
        super().__init__(written)
        self._home = home

    def items(self) -> ItemsView[str, object]:  # type: ignore[override]  # a view of another dict
        """The names and what they are annotated with."""
        module = sys.modules[self._home]
        names = {**vars(module), **dict(_for_checkers(module))}
        found: dict[str, object] = {}
        for name, written in super().items():
            # The texts are source code of that module.
            found[name] = (
                eval(written, names)  # noqa: S307
                if isinstance(written, str)
                else written
            )
        return found.items()


def _for_checkers(module: ModuleType) -> Iterator[tuple[str, object]]:
    """What a module imports for type checkers alone."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                yield from _imported(statement, str(module.__package__))


def _imported(statement: ast.stmt, package: str) -> Iterator[tuple[str, object]]:
    import ast

    if isinstance(statement, ast.ImportFrom):
        home = import_module("." * statement.level + (statement.module or ""), package)
        for alias in statement.names:
            yield alias.asname or alias.name, getattr(home, alias.name)
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            found = import_module(alias.name)
            top = sys.modules[alias.name.partition(".")[0]]
            yield alias.asname or alias.name, found if alias.asname else top
