"""What people wrote into a generated module, carried over into the next version.

Rules:

1. The generator's own are: the module's docstring, the imports it needs, and in its
   classes the docstrings, the attributes and the typed ``query`` of a model. Those are
   written anew. Everything else is somebody's and stays, word for word; only what
   stands behind a semicolon gets a line of its own.
2. What stands in a class stays in the class of that name, behind what is generated;
   and what somebody added to its first lines stays there.
3. An attribute with the comment ``# keep`` behind it, or behind its first bracket,
   stays as it is, in place of the generated one; `keys` says what comes of that.
4. What stands between classes stays: in front of the first generated class what was
   there before, and above a class what it needs from above it; the rest behind the
   last one. A class that is generated no longer stays too if there is anything in it
   that the generator did not write, or if that which stays needs it.
5. Comments on lines of their own stay: above what is generated anew, or with what is
   somebody's; where the attribute or class below them is gone, they stand alone.
   Those behind generated code are `trailing`'s. Decorators of a generated class stay.
6. A key of a model's keywords is the generator's if an attribute of the model is
   called so.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, TypeGuard

from attrs import define, field

from ldapom.errors import SchemaError
from ldapom.schema.codegen import heads, keys, order, trailing
from ldapom.schema.codegen.apart import apart
from ldapom.schema.codegen.history import (
    History,
    declared,
    is_dictionary,
    is_query,
    is_text,
    looks_generated,
    text_of,
)
from ldapom.schema.codegen.keep_imports import sort_imports
from ldapom.schema.codegen.keep_write import written
from ldapom.schema.codegen.parts import Body, Kept, Part, alone, end_of_head, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_KEEP: Final = re.compile(r"\s*#\s*keep\b")
_KEEP_INSIDE: Final = re.compile(r"""\(\s*#\s*keep\b[^"']*$""")


def merged(old: str, new: str) -> str:
    """Carry over what somebody wrote into a generated module.

    Args:
        old: The module as it is.
        new: The module as it is generated, and nothing else in it.

    Returns:
        The new module with all of the old one that is somebody's; its lines end as
        those of the old one.

    Raises:
        SchemaError: The old module is no Python, or what was added to its classes'
            first lines does not fit what is generated.
    """
    is_windows = "\r\n" in old.partition("\n")[0] + "\n"
    old = old.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        old = apart(old)
        tree = ast.parse(old)
    except (SyntaxError, ValueError) as error:
        raise SchemaError(
            f"it is no Python, so what is yours in it can not be found: {error}"
        ) from error
    after = History.of(new, ast.parse(new))
    before = History.of(old, tree, after.classes)
    marked = _marked(before)
    new = keys.adapted(new, before, marked)
    fresh = ast.parse(new)
    after = History.of(new, fresh)
    kept = _Sorter.of(before, after, marked).sort(tree, fresh)
    text = new if kept.is_empty else written(new, kept)
    if kept.heads:
        order.check(text, kept.heads)
    text = trailing.carried(old, text)
    return text.replace("\n", "\r\n") if is_windows else text


# --- sorting --------------------------------------------------------------------


@define
class _Sorter:
    """Who wrote what of a module; one `_Sorter` sorts one module."""

    lines: Sequence[str]
    before: History
    after: History
    #: The declarations that somebody marked as his.
    marked: frozenset[ast.stmt]
    kept: Kept = field(factory=Kept)
    #: What is looked up when a class is made, by the name of the class.
    uses: dict[str, list[ast.AST]] = field(factory=dict)

    @classmethod
    def of(
        cls, before: History, after: History, marked: frozenset[ast.stmt]
    ) -> _Sorter:
        return cls(before.text.split("\n"), before, after, marked)

    def sort(self, old: ast.Module, new: ast.Module) -> Kept:
        """Sort the statements of the old module."""
        imports: list[Part] = []
        others: list[tuple[Part, bool]] = []
        is_first = True
        for part in parts(self.lines, old):
            node = part.node
            if node is not None and node is old.body[0] and is_text(node):
                self.kept.head += part.comments
            elif isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(part)
            elif self.is_generated(node):
                is_first = False
                self.keep_class(part, node)
            else:
                is_first = is_first and not self.is_outdated(node)
                others.append((part, is_first))
        self.keep_others(others)
        self.move_up()
        sort_imports(self.kept, imports, new)
        return self.kept

    def is_generated(self, node: ast.stmt | None) -> TypeGuard[ast.ClassDef]:
        """Whether a class is generated anew.

        What has the name of a class for the second time is somebody's: it stays.
        """
        if not isinstance(node, ast.ClassDef) or node.name not in self.after.classes:
            return False
        return self.before.classes[node.name] is node

    def is_outdated(self, node: ast.stmt | None) -> bool:
        """Whether the generator wrote a class, nobody anything into it, and no more."""
        return (
            isinstance(node, ast.ClassDef)
            and self.before.classes[node.name] is node
            and looks_generated(node)
            and not node.decorator_list
            and not heads.has_own(self.before, node.name)
            and self.own(node).is_empty
        )

    def keep_class(self, part: Part, node: ast.ClassDef) -> None:
        """Keep what is somebody's of a class that is generated anew."""
        head = heads.head(self.before, self.after, node.name)
        arguments = head.own if head is not None else ()
        body = self.own(node)
        is_whole = head is not None and head.is_whole
        inside = _inside(self.lines, node, [node] if is_whole else arguments)
        above = (*part.comments, *_decorators(self.lines, node), *inside)
        self.kept.classes[node.name] = body
        self.kept.expressions += [*node.decorator_list, *arguments]
        if head is not None:
            self.kept.heads[node.name] = head.lines
        if above:
            self.kept.above[node.name] = above
        statements = [one.node for one in body.parts if one.node is not None]
        self.uses[node.name] = [*node.decorator_list, *arguments, *statements]

    def keep_others(self, others: Sequence[tuple[Part, bool]]) -> None:
        """Keep all else, also classes of no more use that the rest needs.

        Args:
            others: The statements, and whether each stands before the first class.
        """
        outdated = [part for part, _ in others if self.is_outdated(part.node)]
        rest = [p.node for p, _ in others if p.node is not None and p not in outdated]
        used = order.used([*rest, *(n for nodes in self.uses.values() for n in nodes)])
        needed = order.needed(outdated, used)
        for part, is_first in others:
            if part in outdated and part not in needed:
                self.kept.behind += alone(part.comments)
            else:
                (self.kept.before if is_first else self.kept.behind).append(part)

    def move_up(self) -> None:
        """Let stand above a class what stood above it and is needed there."""
        for name in self.after.classes:
            if name not in self.uses:
                continue
            line = self.before.classes[name].lineno
            above = [p for p in self.kept.behind if p.node and p.node.lineno < line]
            needed = order.needed(above, order.used(self.uses[name]))
            if needed:
                self.kept.needed[name] = needed
                self.kept.behind = [p for p in self.kept.behind if p not in needed]

    def own(self, node: ast.ClassDef) -> Body:
        """Give what somebody wrote into a generated class."""
        body = Body()
        keys = self.generated_keys(node)
        above: ast.stmt | None = None
        name = ""
        for part in parts(self.lines, node):
            one = part.node
            if one is None:
                body.parts.append(part)
                continue
            own = self.is_own(one, node, keys, above)
            if own:
                body.parts.append(part)
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                name = one.target.id
            elif not is_text(one):
                name = "query"
            if not own:
                indent = " " * one.col_offset
                inside = () if is_text(one) else _within(part.lines, indent)
                comments = (*body.above.get(name, ()), *part.comments, *inside)
                body.above |= {name: comments} if comments else {}
            above = one if own else None
        return body

    def generated_keys(self, node: ast.ClassDef) -> frozenset[str]:
        """Name the keys of a dictionary that the generator wrote; none elsewhere."""
        now = self.after.classes.get(node.name)
        if not is_dictionary(node if now is None else now):
            return frozenset()
        fresh = (
            {ast.unparse(s.target) for s in now.body if isinstance(s, ast.AnnAssign)}
            if now
            else set()
        )
        model = node.name.removesuffix("Query")
        return self.before.attributes(model, self.marked) | fresh

    def is_own(
        self,
        one: ast.stmt,
        of: ast.ClassDef,
        keys: frozenset[str],
        above: ast.stmt | None,
    ) -> bool:
        """Whether somebody wrote a statement of a generated class.

        Args:
            one: The statement.
            of: The class.
            keys: The keys that the generator wrote, where it is a dictionary.
            above: The statement above it, if that is somebody's.
        """
        if is_text(one):
            if above is None or one is of.body[0]:
                return False
            # What documents an attribute may stand behind what shared its line.
            known = text_of(one) in self.after.texts(of.name)
            return isinstance(above, ast.AnnAssign) or not known
        if isinstance(one, ast.AnnAssign):
            is_key = isinstance(one.target, ast.Name) and one.target.id in keys
            return one in self.marked or not (is_key or declared(one))
        return not is_query(one) and not isinstance(one, ast.Pass)


# --- comments -------------------------------------------------------------------


def _decorators(lines: Sequence[str], node: ast.ClassDef) -> Sequence[str]:
    """Give the lines of a class's decorators, with the comments between them."""
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
    return lines[start : node.lineno - 1]


def _inside(
    lines: Sequence[str],
    node: ast.ClassDef,
    own: Iterable[heads.Argument | ast.ClassDef],
) -> Iterator[str]:
    """Give the comments on lines of their own within the first lines of a class.

    Args:
        lines: Those of the module.
        node: The class.
        own: What stays as it is, with the comments in it.
    """
    end = end_of_head(lines, node)
    spans = [range(one.lineno, (one.end_lineno or 0) + 1) for one in own]
    numbers = (n for n in range(node.lineno, end + 1) if not any(n in s for s in spans))
    yield from _within([lines[number - 1] for number in numbers], "")


def _within(lines: Iterable[str], indent: str) -> Iterator[str]:
    """Give the comments on lines of their own within a statement."""
    for line in lines:
        if line.lstrip().startswith("#"):
            yield indent + line.strip()


def _marked(module: History) -> frozenset[ast.stmt]:
    """Give what is marked in the classes of a module."""
    lines = module.text.split("\n")
    statements = (s for n in module.classes.values() for s in n.body)
    return frozenset(s for s in statements if _is_marked(lines, s))


def _is_marked(lines: Sequence[str], node: ast.stmt) -> bool:
    """Whether there is a comment ``# keep``: behind the statement or its bracket."""
    last = lines[(node.end_lineno or node.lineno) - 1].encode()
    behind = last[node.end_col_offset or 0 :].decode("utf-8", "replace")
    return bool(_KEEP.match(behind) or _KEEP_INSIDE.search(lines[node.lineno - 1]))
