"""Comments that stand behind generated code, carried over to the code's next version.

Rules:

1. They stay behind the line that says the same; where none does, behind the first or
   the last line of the same statement if they stood there, else above it; behind the
   first line of an import.
2. Where the statement is gone they stand alone, at the end of its class or of the
   module. What speaks to a tool, such as ``# noqa``, goes with the code it is about.
3. The generator's own comments are written anew.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.schema.codegen.history import is_query, is_text
from ldapom.schema.codegen.parts import end_of, end_of_head
from ldapom.schema.codegen.render import COMMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Comments that no person reads.
_TO_TOOLS: Final = re.compile(
    r"#\s*(noqa|keep|type:|pyright:|pylint:|pragma|fmt:|isort:|mypy:|ruff:)"
)

#: A statement: its class, where it is in one, and what it declares.
_Key = tuple[str, str]
_HEAD, _TEXT, _QUERY = "class", "text", "query"


@frozen
class _Module:
    """Where the generator's statements of a module stand, and what is behind them.

    Attributes:
        lines: The lines of the module.
        spans: The lines of each statement, counted from 0.
        classes: The number of the line behind each class.
        comments: What stands behind code, and in which column, by the line.
    """

    lines: list[str]
    spans: Mapping[_Key, range]
    classes: Mapping[str, int]
    comments: Mapping[int, tuple[int, str]]

    @classmethod
    def of(cls, text: str) -> _Module:
        lines, tree = text.split("\n"), ast.parse(text)
        spans: dict[_Key, range] = {}
        for key, span in _spans(lines, tree):
            spans.setdefault(key, span)
        nodes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
        classes = {one.name: end_of(lines, one) for one in nodes}
        return cls(lines, spans, classes, dict(_behind(text)))

    def code(self, number: int) -> str:
        """A line without what stands behind its code."""
        column, _ = self.comments.get(number, (None, ""))
        return self.lines[number][:column].strip()

    def own(self, span: range) -> Iterator[tuple[int, str]]:
        """The comments behind a statement that are somebody's, with their lines."""
        for number in span:
            _, comment = self.comments.get(number, (0, ""))
            for known in COMMENTS:
                comment = comment.removeprefix(known).strip()
            if comment:
                yield number, comment


def carried(old: str, text: str) -> str:
    """Put what stood behind generated code behind it again.

    Args:
        old: The module as it was, each statement on a line of its own.
        text: The same as it is to be, with all else that is kept of it.
    """
    before = _Module.of(old)
    own = {key: [*before.own(span)] for key, span in before.spans.items()}
    if not any(own.values()):
        return text
    after = _Module.of(text)
    lines = [_Line(line) for line in after.lines]
    for key, comments in own.items():
        there = after.spans.get(key, range(0))
        known = {comment for _, comment in after.own(there)}
        for number, comment in comments:
            if comment in known:
                continue
            if there:
                _place(lines, before, after, key, number).append(comment)
            elif not _TO_TOOLS.match(comment):
                _let_stand(lines, after, key, comment)
    return "\n".join(each for line in lines for each in line.written())


@frozen
class _Line:
    """A line, and what is put above, behind and below it."""

    text: str
    above: list[str] = field(factory=list)
    behind: list[str] = field(factory=list)
    below: list[str] = field(factory=list)

    def written(self) -> Iterator[str]:
        indent = self.text[: len(self.text) - len(self.text.lstrip())]
        yield from (indent + comment for comment in self.above)
        yield "  ".join((self.text, *self.behind))
        yield from self.below


def _place(
    lines: Sequence[_Line], before: _Module, after: _Module, key: _Key, number: int
) -> list[str]:
    """Where a comment goes that stood behind a line of a statement."""
    old, new = before.spans[key], after.spans[key]
    code = before.code(number)
    # Within a text there are no comments.
    may_be = () if key[1].startswith(_TEXT) else new
    for same in may_be:
        if after.code(same) == code:
            return lines[same].behind
    if number == old[-1]:
        return lines[new[-1]].behind
    # Above imports stand the comments on all of them.
    is_first = number == old[0] or not key[0]
    return lines[new[0]].behind if is_first else lines[new[0]].above


def _let_stand(lines: Sequence[_Line], after: _Module, key: _Key, comment: str) -> None:
    """Let a comment stand alone where its statement is gone."""
    end = after.classes.get(key[0])
    indent, blanks = ("", 2) if end is None else ("    ", 1)
    last = (len(lines) if end is None else end) - 1
    while not after.lines[last].strip():
        last -= 1
    below = lines[last].below
    below += [indent + comment] if below else [*[""] * blanks, indent + comment]


def _behind(text: str) -> Iterator[tuple[int, tuple[int, str]]]:
    """The comments that stand behind code, by the line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line, column = token.start
        if token.type == tokenize.COMMENT and token.line[:column].strip():
            yield line - 1, (column, token.string)


def _spans(lines: Sequence[str], module: ast.Module) -> Iterator[tuple[_Key, range]]:
    """The statements that the generator may have written, and their lines."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom):
            yield ("", f"from {node.module}"), _span(node)
        elif is_text(node):
            yield ("", _TEXT), _span(node)
        elif isinstance(node, ast.ClassDef):
            end = end_of_head(lines, node)
            yield (node.name, _HEAD), range(node.lineno - 1, end)
            name = ""
            for one in node.body:
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                    name = one.target.id
                    yield (node.name, f".{name}"), _span(one)
                elif is_text(one):
                    yield (node.name, f"{_TEXT} {name}"), _span(one)
                elif is_query(one):
                    yield (node.name, _QUERY), _span(one)


def _span(node: ast.stmt) -> range:
    return range(node.lineno - 1, node.end_lineno or node.lineno)
