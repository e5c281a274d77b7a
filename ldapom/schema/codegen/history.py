"""What a generated module says about how it came to be: what of it was generated.

Rules:

1. A class was generated if its documentation is as the generator writes it.
2. The documentation of a model names the object classes it was made of, and its base:
   what else stands in its line is somebody's.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

#: The classes that all others are derived from.
ROOTS: Final = frozenset({"Auxiliary", "Entry", "TypedDict"})
_DECLARES: Final = frozenset({"attribute", "on_request"})
#: How the documentation of a model, of its keywords and of another class is written.
_MODEL: Final = re.compile(
    r"An entry of (?P<first>\S+?)(?: with (?P<more>\S.*?))?(?: under (?P<base>.*))?\."
)
_BASE: Final = re.compile(r"Entries live under (?P<base>.*)\.")
_KEYWORDS: Final = re.compile(r"What `(\w+)\.query` takes as keywords\.")
_CLASS: Final = re.compile(
    r"^(?:Structural|Auxiliary|Abstract)\s+class\s+\S+\s+\(\S+\)", re.MULTILINE
)
_LIST: Final = re.compile(r", | and ")
#: What the docstring of a generated module says of the schema it was made from.
FINGERPRINT: Final = re.compile(r"^Schema fingerprint: ([0-9a-f]{64})$", re.MULTILINE)


@frozen
class Record:
    """What the documentation of a model says.

    Args:
        classes: The LDAP names of its object classes, in lower case.
        base: Where its entries live, if that is said.
    """

    classes: frozenset[str]
    base: str | None


@frozen
class History:
    """The classes of a module.

    Args:
        classes: By name; where there are several of one name, the first.
        generated: The names of those that were generated.
        fingerprint: That of the schema, where the module says it.
        text: The module itself.
    """

    classes: Mapping[str, ast.ClassDef]
    generated: frozenset[str]
    fingerprint: str | None
    text: str

    @classmethod
    def of(cls, text: str, module: ast.Module, names: Container[str] = ()) -> History:
        """Read a module.

        Args:
            text: The module.
            module: The same, parsed.
            names: The classes that are generated, whatever is written in them.
        """
        found: dict[str, ast.ClassDef] = {}
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, node)
        said = FINGERPRINT.search(ast.get_docstring(module) or "")
        ours = [n for n, node in found.items() if n in names or looks_generated(node)]
        return cls(found, frozenset(ours), said[1] if said else None, text)

    def texts(self, name: str) -> frozenset[str]:
        """Give what documents the attributes of a class, and the class."""
        node = self.classes.get(name)
        body = node.body if node else ()
        return frozenset(filter(None, map(text_of, body)))

    def object_class(self, name: str) -> str | None:
        """Give the LDAP name of a class, in lower case."""
        node = self.classes.get(name)
        for keyword in node.keywords if node else ():
            if keyword.arg == "object_class":
                found = constant(keyword.value)
                return found.lower() if found is not None else None
        return None

    def named(self, object_class: str | None) -> str | None:
        """Give the Python name of the class that an object class has here."""
        names = (n for n in self.classes if self.object_class(n) == object_class)
        return None if object_class is None else next(names, None)

    def record(self, name: str) -> Record | None:
        """Read the documentation of a model; None for other classes."""
        node = self.classes.get(name)
        text = (ast.get_docstring(node) or "") if node else ""
        first, second, *_ = [" ".join(p.split()) for p in f"{text}\n\n".split("\n\n")]
        found = _MODEL.fullmatch(first)
        if found is None:
            return None
        classes = [found["first"], *_LIST.split(found["more"] or "")]
        base = _BASE.fullmatch(second)
        said = base["base"] if base else found["base"]
        return Record(frozenset(map(str.lower, filter(None, classes))), said)

    def above(self, name: str) -> Iterator[str]:
        """Give the names of all bases of a class, and theirs, as far as it is known."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            node = self.classes.get(todo.pop())
            for base in node.bases if node else ():
                text = ast.unparse(base)
                if text not in seen:
                    seen.add(text)
                    todo.append(text)
                    yield text

    def attributes(self, name: str, marked: frozenset[ast.stmt]) -> frozenset[str]:
        """Name the attributes that the generator declared in a class and above it.

        Args:
            name: The class.
            marked: The declarations that are somebody's.
        """
        owners = self.generated.intersection((name, *self.above(name)))
        found = (
            declared(one)
            for owner in owners
            for one in self.classes[owner].body
            if one not in marked
        )
        return frozenset(filter(None, found))


def constant(node: ast.expr) -> str | None:
    """Give a text that stands in code; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def text_of(node: ast.stmt) -> str | None:
    """Give a statement that is only a text, such as documentation."""
    return constant(node.value) if isinstance(node, ast.Expr) else None


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is only a text."""
    return text_of(node) is not None


def is_dictionary(node: ast.ClassDef) -> bool:
    """Whether it says what the ``query`` of a model takes, as the generator does."""
    return any(isinstance(b, ast.Name) and b.id == "TypedDict" for b in node.bases)


def is_query(node: ast.stmt) -> bool:
    """Whether it is the face that a model's ``query`` has for type checkers."""
    return faces(node) == ["query"] and not getattr(node, "orelse", ())


def faces(node: ast.stmt) -> list[str]:
    """Name what a statement says to type checkers alone; empty for other ones."""
    if (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    ):
        return [getattr(one, "name", "") for one in node.body]
    return []


def declared(node: ast.stmt) -> str | None:
    """Give the name of the attribute that a statement declares as the generator does.

    Args:
        node: The statement; None is given for any other one.
    """
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
        return None
    call = node.value
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        return node.target.id if call.func.id in _DECLARES else None
    return None


def looks_generated(node: ast.ClassDef) -> bool:
    """Whether a class is documented as the generator does it."""
    text = ast.get_docstring(node) or ""
    if is_dictionary(node):
        found = _KEYWORDS.fullmatch(text)
        return found is not None and node.name == f"{found[1]}Query"
    if any(map(is_query, node.body)):
        return text.startswith("An entry of ")
    return _CLASS.search(text) is not None
