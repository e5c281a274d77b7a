"""The first lines of generated classes, with the bases and arguments people add.

Rules:

1. A base that the generator did not write stays in its place: in front of the
   generated one that it stood before, else at the end. A generated base that was
   replaced by a class derived from it is not written again.
2. Arguments that the generator does not write stay, behind its own. What the settings
   say, ``base=`` and ``rdn=``, is written as they say it.
3. With the comment ``# keep`` behind its colon, or behind its first bracket, all of it
   stays as it is.
4. The documentation of a model says which bases were generated. Of other classes it
   is only known where the schema is the same; else a base that might be either is
   refused, so that nothing is lost and nothing outdated stays.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from ldapom.errors import SchemaError
from ldapom.schema.codegen.history import ROOTS, constant
from ldapom.schema.codegen.parts import end_of_head
from ldapom.schema.codegen.render import class_head
from ldapom.schema.codegen.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.schema.codegen.history import History

_KEEP: Final = re.compile(r""":\s*#\s*keep\b[^"']*$""")
_KEEP_INSIDE: Final = re.compile(r"""^\s*class\s+\w+\(\s*#\s*keep\b""")

#: A base or an argument.
Argument: TypeAlias = ast.expr | ast.keyword


@frozen
class Head:
    """The first lines of a class, with what somebody wrote into them.

    Args:
        lines: As they are to be.
        own: The bases and arguments that are somebody's.
        is_whole: Whether the lines are his too, with the comments between them.
    """

    lines: tuple[str, ...]
    own: tuple[Argument, ...]
    is_whole: bool = False


def head(old: History, new: History, name: str) -> Head | None:
    """Find what somebody wrote into the first lines of a class.

    Args:
        old: The classes of the old module.
        new: Those of the new one.
        name: The class, which both have.

    Returns:
        The lines as they are to be; None where all of them are the generator's.

    Raises:
        SchemaError: It can not be known who wrote a base.
    """
    node, fresh = old.classes[name], new.classes[name]
    lines = old.text.split("\n")
    whole = tuple(lines[node.lineno - 1 : end_of_head(lines, node)])
    if whole and (_KEEP.search(whole[-1]) or _KEEP_INSIDE.search(whole[0])):
        return Head(whole, (*node.bases, *node.keywords), is_whole=True)
    sorter = _Sorter(old, new, node)
    bases, keywords = sorter.bases(), sorter.keywords()
    own = [one for one in bases if isinstance(one, ast.expr)]
    if not own and not keywords:
        return None
    arguments = [b if isinstance(b, str) else _text(old.text, b) for b in bases]
    arguments += [_text(new.text, one) for one in fresh.keywords]
    arguments += [_text(old.text, one) for one in keywords]
    return Head(tuple(class_head(name, arguments)), (*own, *keywords))


def has_own(old: History, name: str) -> bool:
    """Whether there is anything in the first lines of a class that is somebody's.

    Args:
        old: The classes of a module.
        name: One of them, which is generated no longer.
    """
    node = old.classes[name]
    record = old.record(name)
    bases = [one.id if isinstance(one, ast.Name) else "" for one in node.bases]
    if _further(node):
        return True
    if record is not None:
        return not record.classes.issuperset(map(old.object_class, bases))
    lives = {one.arg for one in node.keywords} & {"base", "rdn"}
    return bool(lives) or not (ROOTS | old.generated).issuperset(bases)


def _further(node: ast.ClassDef) -> list[ast.keyword]:
    """Give the arguments that the generator never writes."""
    usual = {"base", "object_class", "rdn", "total"}
    return [one for one in node.keywords if one.arg not in usual]


def _text(module: str, node: Argument) -> str:
    text = ast.get_source_segment(module, node) or ast.unparse(node)
    return f"({text})" if isinstance(node, ast.NamedExpr) else text


@frozen
class _Sorter:
    """Who wrote what into the first lines of one class."""

    old: History
    new: History
    node: ast.ClassDef

    def bases(self) -> list[str | ast.expr]:
        """Give the bases to write: names of the generator's, and somebody's own."""
        fresh = self.fresh()
        waiting: list[ast.expr] = []
        before: dict[str, list[ast.expr]] = {}
        for base in self.node.bases:
            name = self.generated(base)
            if name is None:
                waiting.append(base)
            elif name in fresh:
                before[name] = waiting
                waiting = []
        own = [*waiting, *(base for bases in before.values() for base in bases)]
        implied = {above for base in own for above in self.implied(base)}
        found: list[str | ast.expr] = []
        for name in fresh:
            found += before.get(name, ())
            found += [name] if name in before or name not in implied else []
        return [*found, *waiting]

    def fresh(self) -> list[str]:
        """Give the bases that the generator writes now."""
        return [ast.unparse(base) for base in self.new.classes[self.node.name].bases]

    def implied(self, base: ast.expr) -> Iterator[str]:
        """Give the new names of what is above a base of somebody's."""
        for name in self.old.above(ast.unparse(base)):
            yield self.new.named(self.old.object_class(name)) or name

    def generated(self, base: ast.expr) -> str | None:
        """Give the new name of a base that the generator wrote.

        Returns:
            A name; empty where it is not written any more; None for somebody's base.

        Raises:
            SchemaError: It can not be known who wrote it.
        """
        if not isinstance(base, ast.Name):
            return None
        if base.id in ROOTS:
            return base.id
        if base.id not in self.old.generated:
            return None
        object_class = self.old.object_class(base.id)
        now = self.new.named(object_class) or base.id
        if now in {*self.fresh(), *self.new.above(self.node.name)}:
            return now
        record = self.old.record(self.node.name)
        if record is not None:
            return "" if object_class in record.classes else None
        if self.old.fingerprint == self.new.fingerprint:
            return None
        raise SchemaError(
            f"class {self.node.name} has the base {base.id}, which the schema does not "
            "give it: take it out, or write # keep behind that line if it is to stay"
        )

    def keywords(self) -> list[ast.keyword]:
        """Give the arguments that are somebody's."""
        written = {one.arg for one in self.new.classes[self.node.name].keywords}
        record = self.old.record(self.node.name)
        own = _further(self.node)
        for one in self.node.keywords:
            if one.arg == "base" and one.arg not in written:
                said = constant(one.value)
                was = record and record.base
                own += [one] if said is None or visible(said) != was else []
            elif one.arg == "rdn" and one.arg not in written and record is None:
                own.append(one)
        return own
