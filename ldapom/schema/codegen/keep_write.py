"""A generated module with what somebody had in its former version put into it.

Rules:

1. Imports stand as isort sorts them: the standard library's, then the others. Those
   that stood in a block of their own behind ours, such as a program's own modules, stay
   there.
2. The lines of the module are changed from its end to its beginning, so that the
   numbers of the lines above stay right.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from ldapom.schema.codegen.history import faces
from ldapom.schema.codegen.parts import alone, end_of_head
from ldapom.schema.codegen.render import import_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ldapom.schema.codegen.parts import Body, Kept, Part

#: Lines that take the place of others: the first one, the one behind the last, the new.
_Edit = tuple[int, int, list[str]]


def written(new: str, kept: Kept) -> str:
    """Put what is kept into a module.

    Args:
        new: The module as it is generated.
        kept: What somebody had in it.
    """
    lines = new.rstrip("\n").split("\n")
    body = ast.parse(new).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    names = {node.name for node in classes}
    if kept.behind:
        lines += ["", "", *joined(kept.behind, 2)]
    for node in reversed(classes):
        if node.name in kept.classes:
            add_to_class(lines, node, kept.classes[node.name])
        at, end = node.lineno - 1, end_of_head(lines, node)
        lines[at:end] = kept.heads.get(node.name, lines[at:end])
        lines[at:at] = kept.above.get(node.name, ())
        if node.name in kept.needed:
            lines[at:at] = [*joined(kept.needed[node.name], 2), "", ""]
    if kept.before and names:
        at = classes[0].lineno - 1
        lines[at:at] = [*joined(kept.before, 2), "", ""]
    imports = [n for n in body if isinstance(n, ast.ImportFrom)]
    first, last = imports[0].lineno - 1, imports[-1].end_lineno
    lines[first:last] = [*kept.notes, *_imports(imports, kept)]
    lines[:0] = kept.head
    return "\n".join(lines) + "\n"


# --- classes --------------------------------------------------------------------


def add_to_class(lines: list[str], node: ast.ClassDef, body: Body) -> None:
    """Put somebody's statements and comments into a generated class."""
    places = dict(_places(node))
    edits: list[_Edit] = []
    behind: list[Part] = []
    for name, comments in body.above.items():
        if name in places:
            at = places[name][0]
            edits.append((at, at, list(comments)))
        else:
            behind += alone(comments)
    for group in _groups(body.parts):
        place = places.get(_target(group[0]))
        if place is None:
            behind += group
        else:
            edits.append((*place, joined(group, 1)))
    if behind:
        end = node.end_lineno or node.lineno
        edits.append((end, end, ["", *joined(behind, 1)]))
    for start, end, text in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        lines[start:end] = text


def _groups(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Put a text that documents an attribute to the attribute."""
    group: list[Part] = []
    for part in parts:
        is_text = isinstance(part.node, ast.Expr) and not part.comments
        if group and not (is_text and part.gap == 0 and _target(group[0])):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _target(part: Part) -> str:
    """Give the name of what a statement takes the place of; empty for others."""
    node = part.node
    if node is not None and "query" in faces(node):
        return "query"
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return ""


def _places(node: ast.ClassDef) -> Iterator[tuple[str, tuple[int, int]]]:
    """Give where each attribute of a class stands, with its text, and the query."""
    for at, one in enumerate(node.body):
        last = one.end_lineno or one.lineno
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            following = node.body[at + 1 : at + 2]
            if following and isinstance(following[0], ast.Expr):
                last = following[0].end_lineno or last
            yield one.target.id, (one.lineno - 1, last)
        elif isinstance(one, ast.If):
            yield "query", (one.lineno - 1, last)


def joined(parts: Iterable[Part], blanks: int) -> list[str]:
    """Write statements one below the other, with the empty lines they had.

    Args:
        parts: The statements.
        blanks: The empty lines around a class or function; others have no more.
    """
    lines: list[str] = []
    for part in parts:
        if lines:
            lines += [""] * (blanks if part.is_block else min(part.gap, blanks))
        lines += part.text
    return lines


# --- imports --------------------------------------------------------------------


def _imports(generated: Sequence[ast.ImportFrom], kept: Kept) -> list[str]:
    """Write all imports: the generator's, and what is kept of the others."""
    names: dict[str, set[str]] = {}
    rows: list[tuple[bool, tuple[bool, str, int], tuple[str, ...]]] = []
    for node in (*generated, *(part.node for part in kept.imports if not part.lines)):
        if isinstance(node, ast.ImportFrom):
            _gather(node, names, rows)
    for module, found in names.items():
        text = tuple(import_lines(module, found))
        rows.append((_is_standard(module), (True, module.lower(), 0), text))
    for part in kept.imports:
        if part.lines:
            is_from = isinstance(part.node, ast.ImportFrom)
            module = _module(part.node)
            key = (is_from, module.lower(), 1)
            rows.append((_is_standard(module), key, part.text))
    blocks = [_block(rows, standard=True), _block(rows, standard=False)]
    lines = ["from __future__ import annotations"]
    for block in [*blocks, [line for part in kept.local for line in _local(part)][1:]]:
        lines += ["", *block] if block else []
    return lines


def _gather(
    node: ast.ImportFrom,
    names: dict[str, set[str]],
    rows: list[tuple[bool, tuple[bool, str, int], tuple[str, ...]]],
) -> None:
    """Put names to those of the same module; a name that is given another one apart."""
    module = node.module or ""
    if module == "__future__":
        return
    for alias in node.names:
        if alias.asname or alias.name == "*":
            line = f"from {module} import {ast.unparse(alias)}"
            rows.append((_is_standard(module), (True, module.lower(), 1), (line,)))
        else:
            names.setdefault(module, set()).add(alias.name)


def _block(
    rows: Iterable[tuple[bool, tuple[bool, str, int], tuple[str, ...]]],
    *,
    standard: bool,
) -> list[str]:
    found = sorted(row[1:] for row in rows if row[0] is standard)
    return [line for text in dict.fromkeys(text for _, text in found) for line in text]


def _local(part: Part) -> list[str]:
    """Give the lines of an import, the first of which is for the gap above it."""
    return [*[""] * max(part.gap, 0), *part.text]


def _module(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Import):
        return node.names[0].name
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return ""


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
