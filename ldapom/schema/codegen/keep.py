"""What people wrote into a generated module, carried over into the next version.

Rules:

1. The generator's own are: the module's docstring, the imports it needs, and in its
   classes the docstrings, the attributes and the typed ``query`` of a model. Those are
   written anew. Everything else is somebody's and stays, word for word.
2. What stands in a class stays in the class of that name, behind what is generated.
3. An attribute with the comment ``# keep`` behind it, or behind its first bracket,
   stays as it is, in place of the generated one.
4. What stands between classes stays: in front of the first generated class what was
   there before, behind the last one the rest. A class that is generated no longer
   stays too if there is anything in it that the generator did not write.
5. Comments belong to the statement below them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from ldapom.errors import SchemaError
from ldapom.schema.codegen.render import import_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: What generated modules import from.
_SOURCES: Final = frozenset({"__future__", "datetime", "ldapom", "typing", "uuid"})
_DECLARES: Final = frozenset({"attribute", "on_request"})
_KEEP: Final = re.compile(r"\s*#\s*keep\b")
_KEEP_INSIDE: Final = re.compile(r"""\(\s*#\s*keep\b[^"']*$""")
#: How the documentation of a generated class begins, or goes on in a line of its own.
_WRITTEN: Final = re.compile(
    r"^(?:An entry of |What `\w+\.query` takes"
    r"|(?:Structural|Auxiliary|Abstract) class )",
    re.MULTILINE,
)


@frozen
class _Part:
    """A statement that somebody wrote.

    Args:
        node: The statement.
        lines: Its text, with the comments above it.
        gap: How many blank lines stood in front of it.
    """

    node: ast.stmt
    lines: tuple[str, ...]
    gap: int


@define
class _Kept:
    """All that has to be carried over."""

    imports: list[_Part] = field(factory=list)
    before: list[_Part] = field(factory=list)
    behind: list[_Part] = field(factory=list)
    classes: dict[str, list[_Part]] = field(factory=dict)

    def parts(self) -> Iterator[_Part]:
        yield from self.before
        yield from self.behind
        for parts in self.classes.values():
            yield from parts


def merged(old: str, new: str) -> str:
    """Carry over what somebody wrote into a generated module.

    Args:
        old: The module as it is.
        new: The module as it is generated, and nothing else in it.

    Returns:
        The new module with all of the old one that is somebody's.

    Raises:
        SchemaError: The old module is no Python.
    """
    try:
        tree = ast.parse(old)
    except (SyntaxError, ValueError) as error:
        raise SchemaError(
            f"it is no Python, so what is yours in it can not be found: {error}"
        ) from error
    kept = _find(old.split("\n"), tree, ast.parse(new))
    if not kept.imports and not any(True for _ in kept.parts()):
        return new
    return _Writer(new).written(kept)


# --- finding --------------------------------------------------------------------


def _find(lines: Sequence[str], old: ast.Module, new: ast.Module) -> _Kept:
    """Sort the statements of the old module."""
    generated = {node.name for node in new.body if isinstance(node, ast.ClassDef)}
    kept = _Kept()
    before = True
    for part in _parts(lines, old.body):
        node = part.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept.imports.append(part)
        elif isinstance(node, ast.ClassDef) and node.name in generated:
            before = False
            kept.classes[node.name] = list(_own(lines, node))
        elif isinstance(node, ast.ClassDef) and _is_written(lines, node):
            before = False
        elif not _is_text(node) or node is not old.body[0]:
            (kept.before if before else kept.behind).append(part)
    kept.imports = list(_imports(kept, new))
    return kept


def _parts(lines: Sequence[str], body: Iterable[ast.stmt]) -> Iterator[_Part]:
    """Cut a body into its statements, each with the comments above it."""
    end = 0
    for node in body:
        start = min(
            [node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]
        )
        while start - 1 > end and lines[start - 2].lstrip().startswith("#"):
            start -= 1
        above = lines[end : start - 1]
        gap = sum(not line.strip() for line in above)
        last = node.end_lineno or node.lineno
        yield _Part(node, tuple(lines[max(start - 1, end) : last]), gap)
        end = last


def _own(lines: Sequence[str], node: ast.ClassDef) -> Iterator[_Part]:
    """Give what somebody wrote into a generated class."""
    is_dictionary = any(
        isinstance(b, ast.Name) and b.id == "TypedDict" for b in node.bases
    )
    previous_is_own = False
    for part in _parts(lines[: node.end_lineno], node.body):
        if _is_text(part.node):
            own = previous_is_own and part.node is not node.body[0]
        elif isinstance(part.node, ast.AnnAssign):
            generated = is_dictionary or _declares(part.node)
            own = not generated or _is_marked(lines, part.node)
        else:
            own = not _is_query(part.node) and not isinstance(part.node, ast.Pass)
        if own and part.lines:
            yield part
        previous_is_own = own


def _is_written(lines: Sequence[str], node: ast.ClassDef) -> bool:
    """Whether the generator wrote a class, and nobody anything into it."""
    text = ast.get_docstring(node) or ""
    return _WRITTEN.search(text) is not None and not list(_own(lines, node))


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _declares(node: ast.AnnAssign) -> bool:
    call = node.value
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in _DECLARES
    )


def _is_marked(lines: Sequence[str], node: ast.stmt) -> bool:
    """Whether there is a comment ``# keep``: behind the statement or its bracket."""
    last = lines[(node.end_lineno or node.lineno) - 1].encode()
    behind = last[node.end_col_offset or 0 :].decode("utf-8", "replace")
    return bool(_KEEP.match(behind) or _KEEP_INSIDE.search(lines[node.lineno - 1]))


def _is_query(node: ast.stmt) -> bool:
    """Whether it is the face that a model's ``query`` has for type checkers."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and [getattr(one, "name", "") for one in node.body] == ["query"]
    )


def _imports(kept: _Kept, new: ast.Module) -> Iterator[_Part]:
    """Give the imports that are not the generator's, or that kept code uses."""
    bound = {name for node in new.body for name in _bound(node)}
    used = {
        node.id
        for part in kept.parts()
        for node in ast.walk(part.node)
        if isinstance(node, ast.Name)
    }
    for part in kept.imports:
        node = part.node
        if isinstance(node, ast.ImportFrom) and node.module in _SOURCES:
            names = [a for a in node.names if (a.asname or a.name) in used - bound]
            if names:
                yield _Part(ast.ImportFrom(node.module, names, node.level), (), 0)
        elif set(_bound(node)) - bound:
            yield part


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that an import binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (
            alias.asname or alias.name.partition(".")[0] for alias in node.names
        )


# --- writing --------------------------------------------------------------------


class _Writer:
    """The new module as lines, changed from its end to its beginning."""

    def __init__(self, text: str) -> None:
        self.lines = text.rstrip("\n").split("\n")
        self.body = ast.parse(text).body

    def written(self, kept: _Kept) -> str:
        classes = [node for node in self.body if isinstance(node, ast.ClassDef)]
        if kept.behind:
            self.lines += ["", "", *_joined(kept.behind, 2)]
        for node in reversed(classes):
            self.add_to_class(node, kept.classes.get(node.name, []))
        if kept.before and classes:
            at = classes[0].lineno - 1
            self.lines[at:at] = [*_joined(kept.before, 2), "", ""]
        self.add_imports(kept.imports)
        return "\n".join(self.lines) + "\n"

    def add_to_class(self, node: ast.ClassDef, parts: Sequence[_Part]) -> None:
        """Put somebody's statements behind the generated ones of a class."""
        if not parts:
            return
        end = node.end_lineno or node.lineno
        self.lines[end:end] = ["", *_joined(parts, 1)]
        names = {
            part.node.target.id
            for part in parts
            if isinstance(part.node, ast.AnnAssign)
            and isinstance(part.node.target, ast.Name)
        }
        for first, last in reversed(list(_fields(node, names))):
            del self.lines[first - 1 : last]

    def add_imports(self, parts: Sequence[_Part]) -> None:
        """Add names to the generator's imports, and statements behind them."""
        imports = [n for n in self.body if isinstance(n, ast.ImportFrom)]
        at = imports[-1].end_lineno or 0
        plain = [p for p in parts if isinstance(p.node, ast.Import)]
        self.lines[at:at] = [x for p in parts if p not in plain for x in p.lines]
        more: dict[str, set[str]] = {}
        aliased: list[str] = []
        for part in parts:
            if isinstance(part.node, ast.ImportFrom) and not part.lines:
                for alias in part.node.names:
                    if alias.asname:
                        line = f"from {part.node.module} import {alias.name}"
                        aliased.append(f"{line} as {alias.asname}")
                    else:
                        more.setdefault(part.node.module or "", set()).add(alias.name)
        self.lines[at:at] = list(dict.fromkeys(aliased))
        for node in reversed(imports):
            names = more.pop(node.module or "", set())
            if names:
                found = names | {alias.name for alias in node.names}
                end = node.end_lineno or node.lineno
                self.lines[node.lineno - 1 : end] = import_lines(
                    node.module or "", found
                )
        after = imports[0].end_lineno or 1
        missing = [line for m in sorted(more) for line in import_lines(m, more[m])]
        above = [*sorted({x for p in plain for x in p.lines}), *missing]
        if above:
            has_standard = imports[1:] and imports[1].module != "ldapom"
            self.lines[after + 1 : after + 1] = [
                *above,
                *([] if has_standard else [""]),
            ]


def _fields(node: ast.ClassDef, names: set[str]) -> Iterator[tuple[int, int]]:
    """Give the first and last line of each generated field that is replaced."""
    for at, one in enumerate(node.body):
        if (
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and one.target.id in names
        ):
            following = node.body[at + 1 : at + 2]
            last = following[0] if following and _is_text(following[0]) else one
            yield one.lineno, last.end_lineno or last.lineno


def _joined(parts: Sequence[_Part], blanks: int) -> list[str]:
    """Write statements one below the other, with the blank lines they had."""
    lines: list[str] = []
    for part in parts:
        is_block = isinstance(
            part.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        )
        if lines:
            lines += [""] * (blanks if is_block else min(part.gap, blanks))
        lines += part.lines
    return lines
