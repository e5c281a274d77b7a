"""Statements that share a line, each put on a line of its own.

Rules:

1. It is done in the module and in the bodies of its classes; what is within functions
   and other blocks is nobody's business here.
2. A comment behind several statements stays behind the last one; ``# keep`` goes with
   all of them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEEP: Final = re.compile(rb"[\s;]*#\s*keep\b")
_INDENT: Final = 4

#: Octets instead of others: the first one, the one behind the last, the new ones.
_Cut = tuple[int, int, bytes]


def apart(text: str) -> str:
    """Put statements that share a line, or a class's first line, on their own.

    Args:
        text: A module; it is Python.

    Returns:
        A module that says the same; the same text where no line is shared.
    """
    octets = text.encode("utf-8", "surrogatepass")
    tree = ast.parse(text)
    starts = [0]
    for line in octets.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    cuts = list(_cuts(octets, starts, tree.body, 0))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            cuts += _in_class(octets, starts, node)
    for start, end, new in sorted(cuts, reverse=True):
        octets = octets[:start] + new + octets[end:]
    return octets.decode("utf-8", "surrogatepass")


def _in_class(
    octets: bytes, starts: Sequence[int], node: ast.ClassDef
) -> Iterator[_Cut]:
    first = node.body[0]
    line = starts[first.lineno - 1]
    before = octets[line : line + first.col_offset]
    indent = first.col_offset
    if before.strip():
        indent = node.col_offset + _INDENT
        end = line + len(before)
        start = end - (len(before) - len(before.rstrip()))
        yield start, end, b"\n" + b" " * indent
    yield from _cuts(octets, starts, node.body, indent)


def _cuts(
    octets: bytes, starts: Sequence[int], body: Sequence[ast.stmt], indent: int
) -> Iterator[_Cut]:
    """Say where the statements of a body have to be cut, from its end on."""
    is_marked = False
    for one, following in reversed(list(zip(body, [*body[1:], None], strict=True))):
        start = starts[(one.end_lineno or one.lineno) - 1] + (one.end_col_offset or 0)
        end = len(octets)
        if following is not None:
            end = starts[following.lineno - 1] + following.col_offset
        between = octets[start:end]
        if between.lstrip(b" \t\f").startswith(b";"):
            line = between.replace(b"\\\n", b"")
            if following is not None and not line.strip(b" \t\f;"):
                mark = b"  # keep" if is_marked else b""
                yield start, end, mark + b"\n" + b" " * indent
                continue
            yield start, start + between.index(b";") + 1, b""
        is_marked = bool(_KEEP.match(between.partition(b"\n")[0]))
