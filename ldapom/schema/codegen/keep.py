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
5. Comments on lines of their own stay: above what is generated anew, or with what is
   somebody's; where the attribute or class below them is gone, they stand alone.
   Decorators of a generated class stay; its bases and arguments are the generator's.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, TypeGuard

from ldapom.errors import SchemaError
from ldapom.schema.codegen.keep_write import written
from ldapom.schema.codegen.parts import Body, Kept, Part, alone, end_of_head, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: What generated modules import from.
_SOURCES: Final = frozenset({"__future__", "datetime", "ldapom", "typing", "uuid"})
_DECLARES: Final = frozenset({"attribute", "on_request"})
_KEEP: Final = re.compile(r"\s*#\s*keep\b")
_KEEP_INSIDE: Final = re.compile(r"""\(\s*#\s*keep\b[^"']*$""")
#: How the documentation of a model, of its keywords and of another class is written.
_MODEL: Final = re.compile(r"An entry of ")
_KEYWORDS: Final = re.compile(r"What `(\w+)\.query` takes as keywords\.")
_CLASS: Final = re.compile(
    r"^(?:Structural|Auxiliary|Abstract)\s+class\s+\S+\s+\(\S+\)", re.MULTILINE
)
_WORD: Final = re.compile(r"[^\W\d]\w*")


def merged(old: str, new: str) -> str:
    """Carry over what somebody wrote into a generated module.

    Args:
        old: The module as it is.
        new: The module as it is generated, and nothing else in it.

    Returns:
        The new module with all of the old one that is somebody's; its lines end as
        those of the old one.

    Raises:
        SchemaError: The old module is no Python.
    """
    is_windows = "\r\n" in old.partition("\n")[0] + "\n"
    old = old.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        tree = ast.parse(old)
    except (SyntaxError, ValueError) as error:
        raise SchemaError(
            f"it is no Python, so what is yours in it can not be found: {error}"
        ) from error
    kept = _find(old.split("\n"), tree, ast.parse(new))
    text = new if kept.is_empty else written(new, kept)
    return text.replace("\n", "\r\n") if is_windows else text


# --- finding --------------------------------------------------------------------


def _find(lines: Sequence[str], old: ast.Module, new: ast.Module) -> Kept:
    """Sort the statements of the old module."""
    generated = {node.name for node in new.body if isinstance(node, ast.ClassDef)}
    kept = Kept()
    imports: list[Part] = []
    before = True
    for part in parts(lines, old):
        node = part.node
        if node is not None and node is old.body[0] and _is_text(node):
            kept.head += part.comments
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(part)
        elif isinstance(node, ast.ClassDef) and node.name in generated:
            before = False
            # What has the name of a class for the second time is somebody's.
            generated.remove(node.name)
            kept.classes[node.name] = _own(lines, node)
            above = (*part.comments, *_head(lines, node))
            if above:
                kept.above[node.name] = above
            kept.decorators += node.decorator_list
        elif isinstance(node, ast.ClassDef) and _is_written(lines, node):
            before = False
            kept.behind += alone(part.comments)
        else:
            (kept.before if before else kept.behind).append(part)
    _sort_imports(kept, imports, new)
    return kept


def _head(lines: Sequence[str], node: ast.ClassDef) -> Iterator[str]:
    """Give the decorators of a class, and the comments within its own brackets."""
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
    yield from lines[start : node.lineno - 1]
    yield from _within(lines[node.lineno - 1 : end_of_head(lines, node)], "")


def _within(lines: Iterable[str], indent: str) -> Iterator[str]:
    """Give the comments on lines of their own within a statement."""
    for line in lines:
        if line.lstrip().startswith("#"):
            yield indent + line.strip()


def _own(lines: Sequence[str], node: ast.ClassDef) -> Body:
    """Give what somebody wrote into a generated class."""
    body = Body()
    previous_is_own, name = False, ""
    for part in parts(lines, node):
        one = part.node
        if one is None:
            body.parts.append(part)
            continue
        own = _is_own(lines, node, part, follows_own=previous_is_own)
        if own and part.text:
            body.parts.append(part)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            name = one.target.id
        elif not _is_text(one):
            name = "query"
        if not own:
            indent = " " * one.col_offset
            inside = () if _is_text(one) else _within(part.lines, indent)
            comments = (*body.above.get(name, ()), *part.comments, *inside)
            body.above |= {name: comments} if comments else {}
        previous_is_own = own
    return body


def _is_own(
    lines: Sequence[str], node: ast.ClassDef, part: Part, *, follows_own: bool
) -> bool:
    """Whether somebody wrote a statement of a generated class."""
    one = part.node
    if one is None or _is_text(one):
        return follows_own and one is not node.body[0]
    if isinstance(one, ast.AnnAssign):
        generated = _is_dictionary(node) or _declares(one)
        return not generated or _is_marked(lines, one)
    return not _is_query(one) and not isinstance(one, ast.Pass)


def _is_dictionary(node: ast.ClassDef) -> bool:
    return any(isinstance(b, ast.Name) and b.id == "TypedDict" for b in node.bases)


def _is_written(lines: Sequence[str], node: ast.ClassDef) -> bool:
    """Whether the generator wrote a class, and nobody anything into it."""
    if node.decorator_list or not _own(lines, node).is_empty:
        return False
    text = ast.get_docstring(node) or ""
    if _is_dictionary(node):
        found = _KEYWORDS.fullmatch(text)
        return found is not None and node.name == f"{found[1]}Query"
    if any(map(_is_query, node.body)):
        return _MODEL.match(text) is not None
    return _CLASS.search(text) is not None


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


# --- imports --------------------------------------------------------------------


def _sort_imports(kept: Kept, found: Sequence[Part], new: ast.Module) -> None:
    """Keep the imports that are not the generator's, or that kept code uses."""
    bound = {name for node in new.body for name in _bound(node)}
    statements = (part.node for part in kept.parts() if part.node is not None)
    used = {"*", *_used((*statements, *kept.decorators))}
    is_local = is_behind = False
    for part in found:
        node = part.node
        if _is_of_source(node):
            is_behind = is_behind or node.module == "ldapom"
            kept.notes += part.comments
            names = [a for a in node.names if (a.asname or a.name) in used - bound]
            if names:
                shorter = ast.ImportFrom(node.module, names, node.level)
                kept.imports.append(Part(shorter, (), (), 0))
        elif node is not None and set(_bound(node)) - bound:
            is_local = is_local or (is_behind and part.gap > 0)
            (kept.local if is_local else kept.imports).append(part)
        else:
            kept.notes += part.comments


def _is_of_source(node: ast.stmt | None) -> TypeGuard[ast.ImportFrom]:
    """Whether it imports from where generated modules do."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return not node.level and node.module in _SOURCES


def _used(nodes: Iterable[ast.AST]) -> Iterator[str]:
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


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that an import binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (
            alias.asname or alias.name.partition(".")[0] for alias in node.names
        )
