"""The house rules that a program can check: never-arrows, sizes, docstrings, names."""

from __future__ import annotations

import ast
import importlib
from types import FunctionType
from typing import TYPE_CHECKING, Final

import pytest

import ldapom
from tests.architecture import ROOT, RULES, Module, Rule, imports, modules, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONGEST_FILE: Final = 450
LONGEST_TEST_FILE: Final = 600
LONGEST_FUNCTION: Final = 50
MOST_PARAMETERS: Final = 7

# Longer files, how long they may get, and why they are one room all the same.
LONG_FILES: Final[dict[str, tuple[int, str]]] = {
    "ldapom/__init__.py": (600, "the public names: for people, checkers and import"),
}

# The same for functions, by file and name.
LONG_FUNCTIONS: Final = {
    "ldapom/protocol/codec/attributes.py pairs": (60, "a call would cost every value"),
}

TYPE_CHECKED: Final = ("ldapom", "tests", "examples", "fuzz")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the checkout."""
    return sorted(path for name in folders for path in (ROOT / name).rglob("*.py"))


def functions(parsed: ast.AST) -> Iterator[Function]:
    """Yield all functions and methods, nested ones too."""
    for node in ast.walk(parsed):
        if isinstance(node, Function):
            yield node


def everywhere(
    check: Callable[[Path, ast.Module], list[str]], *folders: str
) -> list[str]:
    """Run a check over all files of some folders and join what it finds."""
    return [line for path in sources(*folders) for line in check(path, tree(path))]


def place(path: Path, node: Function | ast.ClassDef) -> str:
    """Name a function for a message."""
    return f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


# --- never-arrows ------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_never_arrow(rule: Rule) -> None:
    """No module of the package draws an arrow that design section 3 forbids."""
    known = modules()
    broken = [
        f"{module.name} imports {target}"
        for module in known.values()
        for target in rule.broken_by(module, known)
    ]
    assert not broken, f"{rule.name}: {broken}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_bites(rule: Rule) -> None:
    """Each rule refuses the text that breaks it, and a text that does not passes."""
    name, text = rule.example
    known = {*modules(), *rule.never}
    parent = name.rpartition(".")[0]
    assert rule.broken_by(Module(name, ast.parse(text), parent), known)
    harmless = Module(name, ast.parse("import dataclasses, json"), parent)
    assert not rule.broken_by(harmless, known)
    indented = text.replace("\n", "\n  ")
    hinted = ast.parse(f"if TYPE_CHECKING:\n  {indented}")
    assert bool(rule.broken_by(Module(name, hinted, parent), known)) is rule.types


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b", ["a.b"]),
        ("from a import b, c", ["a.b", "a"]),
        ("from . import x", ["p.q"]),
        ("from .x import y", ["p.q.x"]),
        ("from ..x import y", ["p.x"]),
        ("from .. import x", ["p"]),
        ("if TYPE_CHECKING:\n  import a", ["a"]),
        ("def f():\n  from a import b", ["a.b"]),
        ("try:\n  import a\nexcept ImportError:\n  import b", ["a", "b"]),
        ("match 1:\n  case 1:\n    import a", ["a"]),
    ],
)
def test_imports_are_seen(text: str, expected: list[str]) -> None:
    """An import counts in every spelling and wherever it stands."""
    assert imports(ast.parse(text), "p.q", {"a.b"}) == expected


def test_every_folder_has_a_layer() -> None:
    """A new folder at the top has to be given its layer first."""
    found = {name.split(".")[1] for name in modules() if name.count(".") > 1}
    layers = {"errors", "schema", "protocol", "mapper", "testing", "compat", "cli"}
    assert found <= layers


# --- sizes -------------------------------------------------------------------


def too_long(name: str, lines: int) -> bool:
    """Tell whether a file is longer than it may be."""
    usual = LONGEST_TEST_FILE if name.startswith("tests/") else LONGEST_FILE
    return lines > LONG_FILES.get(name, (usual, ""))[0]


def long_functions(path: Path, parsed: ast.AST) -> list[str]:
    """List the functions that are too long; a docstring does not count."""
    return [
        f"{place(path, node)}: {length} lines"
        for node in functions(parsed)
        if (length := _length(node)) > _longest(path, node)
    ]


def _longest(path: Path, node: Function) -> int:
    name = f"{path.relative_to(ROOT)} {node.name}"
    return LONG_FUNCTIONS.get(name, (LONGEST_FUNCTION, ""))[0]


def _length(node: Function) -> int:
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return whole
    docstring = node.body[0]
    return whole - ((docstring.end_lineno or 0) - docstring.lineno + 1)


def wide_functions(path: Path, parsed: ast.AST) -> list[str]:
    """List the functions that have too many parameters.

    The functions of the command are left out: typer makes options of parameters.
    """
    if path.is_relative_to(ROOT / "ldapom" / "cli"):
        return []
    return [
        f"{place(path, node)}: {count} parameters"
        for node in functions(parsed)
        if (count := _parameters(node)) > MOST_PARAMETERS
    ]


def _parameters(node: Function) -> int:
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    if names and names[0] in {"self", "cls"}:
        del names[0]
    return len(names) + len(node.args.kwonlyargs)


def test_file_lengths() -> None:
    """No file has more lines than one reader's sitting takes."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in sources(*TYPE_CHECKED)
    }
    assert not {n: lines for n, lines in lengths.items() if too_long(n, lines)}
    needless = [name for name in LONG_FILES if lengths.get(name, 0) <= LONGEST_FILE]
    assert not needless, "these need their exception no longer"


def test_function_lengths() -> None:
    """No function is longer than a screen."""
    assert not everywhere(long_functions, *TYPE_CHECKED)


def test_parameter_counts() -> None:
    """No function has more parameters than one keeps in mind."""
    assert not everywhere(wide_functions, *TYPE_CHECKED)


def test_size_limits_bite() -> None:
    """The counting functions find what is too long and too wide, and not more."""
    path = ROOT / "x.py"
    body = "\n".join(["  a = 1"] * LONGEST_FUNCTION)
    assert long_functions(path, ast.parse(f"def f():\n{body}"))
    shorter = body.removesuffix("\n  a = 1")
    assert not long_functions(path, ast.parse(f'def f():\n  """D."""\n{shorter}'))
    assert wide_functions(path, ast.parse("def f(a, b, c, d, *, e, f, g, h): ..."))
    assert not wide_functions(path, ast.parse("def f(self, a, b, c, d, e, f, g): ..."))
    assert too_long("ldapom/dn.py", LONGEST_FILE + 1)
    assert not too_long("ldapom/dn.py", LONGEST_FILE)


# --- words about the code ----------------------------------------------------


def undocumented(path: Path, parsed: ast.Module) -> list[str]:
    """List the public functions, methods and classes without a docstring."""
    return [
        place(path, node)
        for node in _public(parsed.body)
        if ast.get_docstring(node) is None and not _exempt(node)
    ]


def _public(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.If):
            yield from _public([*node.body, *node.orelse])
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body)


def _exempt(node: Function | ast.ClassDef) -> bool:
    """An overload, an override and a setter have their words elsewhere."""
    names = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
    return bool(names & {"overload", "override", "setter", "deleter"})


def test_docstrings() -> None:
    """Every module, public class and public function says what it is for."""
    silent = [str(p) for p in sources("ldapom") if not ast.get_docstring(tree(p))]
    assert not silent
    assert not everywhere(undocumented, "ldapom")


def test_missing_docstring_is_seen() -> None:
    """The check finds a silent method, and leaves private ones and overloads alone."""
    path = ROOT / "x.py"
    bad = 'class A:\n  """A."""\n  def f(self): ...'
    good = bad.replace("def f", "def _f")
    assert undocumented(path, ast.parse(bad)) == ["x.py:3 f"]
    assert not undocumented(path, ast.parse(good))
    assert not undocumented(path, ast.parse("@overload\ndef f(): ..."))


# --- the public names --------------------------------------------------------


def _order(name: str) -> tuple[bool, bool, str]:
    """Constants, classes, functions: the order that ruff keeps (RUF022)."""
    return not name.isupper(), not name[:1].isupper(), name


def test_all_is_sorted() -> None:
    """``ldapom.__all__`` is in order and names nothing twice."""
    assert ldapom.__all__ == sorted(set(ldapom.__all__), key=_order)


def homes() -> dict[str, str]:
    """Read where type checkers find each name that the front door shows."""
    found = [n for n in modules()["ldapom"].parsed.body if isinstance(n, ast.If)]
    bodies = [modules()["ldapom"].parsed.body, *(node.body for node in found)]
    return {
        alias.asname or alias.name: node.module
        for body in bodies
        for node in body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ldapom")
        if node.module
        for alias in node.names
    }


def test_all_is_complete() -> None:
    """``ldapom.__all__`` is what the module offers: no more, no less."""
    named = {name for name in ldapom.__all__ if not name.startswith("_")}
    assert named == {name for name in homes() if not name.startswith("_")}
    assert named <= set(dir(ldapom))


def test_names_are_what_type_checkers_see() -> None:
    """A name of the front door is the object that its home module has."""
    wrong = [
        name
        for name, home in homes().items()
        if getattr(ldapom, name) is not getattr(importlib.import_module(home), name)
    ]
    assert not wrong


def test_public_names_show_the_front_door() -> None:
    """A class or function of the front door says ``ldapom`` is its module."""
    elsewhere = [
        f"{name}: {value.__module__}"
        for name in ldapom.__all__
        if isinstance(value := getattr(ldapom, name), type | FunctionType)
        and value.__module__ != "ldapom"
    ]
    assert not elsewhere


# What is public besides the names of `ldapom` itself: None stands for ``__all__``.
PUBLIC: Final[dict[str, set[str] | None]] = {
    "ldapom": None,
    "ldapom.testing": None,
    "ldapom.schema": {"codegen", "syntaxes"},
    "ldapom.schema.codegen": None,
    "ldapom.protocol": {"codec"},
}


def private_imports(parsed: ast.Module) -> list[str]:
    """List what a program imports from ldapom that no user is promised."""
    found = []
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [n for n in names if n.startswith("ldapom.")]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            found += [n for n in names if n.startswith("ldapom.") and not _promised(n)]
    return found


def _promised(name: str) -> bool:
    module, _, last = name.rpartition(".")
    if module not in PUBLIC:
        return False
    named = PUBLIC[module]
    return last in (_all(module) | {"ldif"} if named is None else named)


def _all(module: str) -> set[str]:
    """Read ``__all__`` without importing."""
    for node in modules()[module].parsed.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@pytest.mark.parametrize("path", sources("examples"), ids=lambda path: path.stem)
def test_examples_import_public_names_only(path: Path) -> None:
    """An example, and what is generated for it, uses what every user may use."""
    assert private_imports(tree(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "from ldapom.mapper.entries.entry import Entry",
        "import ldapom.protocol.codec",
        "from ldapom import no_such_name",
        "def f():\n  from ldapom.schema import Schema",
        "from ldapom.testing import store",
    ],
)
def test_private_import_is_seen(text: str) -> None:
    """The check of the examples finds each spelling of a private import."""
    assert private_imports(ast.parse(text))
