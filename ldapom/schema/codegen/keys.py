"""The keywords of a model's ``query``, in the types of attributes that stay.

An attribute that somebody marked with ``# keep`` may have a type of his own, such as an
enumeration; what the model's ``query`` takes for it is of that type then.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from ldapom.schema.codegen.history import History, declared, is_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KINDS: Final = frozenset({"Attr", "Many"})


def adapted(new: str, old: History, marked: Iterable[ast.stmt]) -> str:
    """Give the keywords of a generated module the types of attributes that stay.

    Args:
        new: The module as it is generated.
        old: The one before it.
        marked: The declarations in that one that stay.
    """
    own = {one: text for one in marked if (text := _type(old.text, one))}
    types = {
        name: {declared(one): own[one] for one in node.body if one in own}
        for name, node in old.classes.items()
    }
    if not any(types.values()):
        return new
    after = History.of(new, ast.parse(new))
    lines = new.split("\n")
    for key, text in _keys(after, types):
        # What the generator writes for a type is ASCII, and on one line.
        at, line = key.annotation, key.lineno - 1
        lines[line] = (
            lines[line][: at.col_offset] + text + lines[line][at.end_col_offset :]
        )
    return "\n".join(lines)


def _keys(
    new: History, types: Mapping[str, Mapping[str | None, str]]
) -> Iterator[tuple[ast.AnnAssign, str]]:
    """Give the keywords that get another type, and the type."""
    for name, node in new.classes.items():
        model = name.removesuffix("Query")
        if not is_dictionary(node) or model not in new.classes:
            continue
        for key in node.body:
            if isinstance(key, ast.AnnAssign):
                text = _of(ast.unparse(key.target), model, new, types)
                if text:
                    yield key, text


def _of(
    key: str, model: str, new: History, types: Mapping[str, Mapping[str | None, str]]
) -> str:
    """Give the type that a keyword gets; nothing where it keeps its own."""
    for owner in (model, *new.above(model)):
        if text := types.get(owner, {}).get(key, ""):
            return text
        node = new.classes.get(owner)
        if node is not None and any(declared(one) == key for one in node.body):
            return ""
    return ""


def _type(module: str, node: ast.stmt) -> str:
    """Give the type of the values that a declaration is about, as it is written."""
    if not isinstance(node, ast.AnnAssign) or not declared(node):
        return ""
    said = node.annotation
    if not isinstance(said, ast.Subscript) or ast.unparse(said.value) not in _KINDS:
        return ""
    found = [part for part in _parts(said.slice) if ast.unparse(part) != "None"]
    texts = [ast.get_source_segment(module, part) or "" for part in found]
    return " | ".join(" ".join(text.split()) for text in texts)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Give what a union consists of."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node
