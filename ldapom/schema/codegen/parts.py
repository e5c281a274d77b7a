"""The text of a module cut into statements, each with the comments that are its own.

Rules:

1. Comments belong to the statement below them, with the empty lines between.
2. Comments that are indented below a compound statement belong to it; below the last
   statement of a body they stand alone.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@frozen
class Part:
    """A statement of a module or of a class, or comments that stand alone.

    Args:
        node: The statement; None for comments behind the last one.
        comments: The lines from the first comment above it up to it.
        lines: Its own text.
        gap: How many empty lines stood in front of it and its comments.
    """

    node: ast.stmt | None
    comments: tuple[str, ...]
    lines: tuple[str, ...]
    gap: int

    @property
    def text(self) -> tuple[str, ...]:
        """All its lines."""
        return self.comments + self.lines

    @property
    def is_block(self) -> bool:
        """Whether it is a class or a function."""
        return isinstance(
            self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        )


@define
class Body:
    """What somebody has in a generated class.

    Args:
        parts: The statements, and comments that stand alone.
        above: The comments above what is generated, by the name of the attribute.
    """

    parts: list[Part] = field(factory=list)
    above: dict[str, tuple[str, ...]] = field(factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not self.parts and not self.above


@define
class Kept:
    """All that has to be carried over into the next version of a module.

    Args:
        head: The comments above the module's docstring.
        notes: The comments above the imports that the generator writes.
        imports: The imports that are not the generator's.
        local: Those of them that stood in a block of their own behind ours.
        before: The statements before the first class.
        behind: The other statements, and the comments at the end.
        above: The comments above the generated classes, by name.
        classes: What is in the generated classes, by name.
        heads: The first lines of those that somebody added to, by name.
        needed: The statements that have to stand above these, by name.
        expressions: What is looked up for their decorators, bases and arguments.
    """

    head: list[str] = field(factory=list)
    notes: list[str] = field(factory=list)
    imports: list[Part] = field(factory=list)
    local: list[Part] = field(factory=list)
    before: list[Part] = field(factory=list)
    behind: list[Part] = field(factory=list)
    above: dict[str, tuple[str, ...]] = field(factory=dict)
    classes: dict[str, Body] = field(factory=dict)
    heads: dict[str, tuple[str, ...]] = field(factory=dict)
    needed: dict[str, list[Part]] = field(factory=dict)
    expressions: list[ast.AST] = field(factory=list)

    def parts(self) -> Iterator[Part]:
        """Give all statements but the imports."""
        yield from self.before
        for parts in self.needed.values():
            yield from parts
        yield from self.behind
        for body in self.classes.values():
            yield from body.parts

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to carry over."""
        lists = (self.head, self.notes, self.imports, self.local)
        others = (self.before, self.behind, self.above, self.heads, self.needed)
        bodies = self.classes.values()
        return not any((*lists, *others)) and all(body.is_empty for body in bodies)


def parts(lines: Sequence[str], of: ast.Module | ast.ClassDef) -> Iterator[Part]:
    """Cut a module or a class into its statements, each with the comments above it.

    Args:
        lines: The lines of the module.
        of: What to cut.
    """
    end, stop = 0, len(lines)
    if isinstance(of, ast.ClassDef):
        end, stop = end_of_head(lines, of), end_of(lines, of)
    for node in of.body:
        decorators = getattr(node, "decorator_list", ())
        start = min([node.lineno, *(d.lineno for d in decorators)]) - 1
        last = end_of(lines, node)
        gap, comments = _between(lines[end:start])
        yield Part(node, comments, tuple(lines[max(start, end) : last]), gap)
        end = last
    gap, comments = _between(lines[end:stop])
    yield from alone(comments, gap)


def alone(comments: Sequence[str], gap: int = 1) -> Iterator[Part]:
    """Let comments stand alone, without the empty lines behind them."""
    while comments and not comments[-1].strip():
        comments = comments[:-1]
    if comments:
        yield Part(None, tuple(comments), (), gap)


def end_of_head(lines: Sequence[str], node: ast.ClassDef) -> int:
    """Give the number of the line with the colon in front of a class's body."""
    head = (*node.bases, *(keyword.value for keyword in node.keywords))
    end = max([node.lineno, *(one.end_lineno or 0 for one in head)])
    first = node.body[0]
    decorators = getattr(first, "decorator_list", ())
    start = min([first.lineno, *(one.lineno for one in decorators)])
    for number in range(end, start - 1):
        bare = lines[number].strip()
        if bare and not bare.startswith("#"):
            end = number + 1
    return end


def end_of(lines: Sequence[str], node: ast.stmt) -> int:
    """Give the number of a statement's last line, its block's comments included."""
    end = found = node.end_lineno or node.lineno
    if not hasattr(node, "body"):
        return end
    for number in range(end, len(lines)):
        bare = lines[number].lstrip()
        if bare.startswith("#") and len(lines[number]) - len(bare) > node.col_offset:
            found = number + 1
        elif bare.strip():
            break
    return found


def _between(lines: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Count the empty lines in front, and give the rest from the first comment on."""
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            return number, tuple(lines[number:])
    return len(lines), ()
