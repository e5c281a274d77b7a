"""Who may import whom: the rules as a table, and the reading of imports by ``ast``.

1. An import counts wherever it stands, inside a function too.
2. One for type checkers alone counts as well, unless the rule is about what a module
   does and not about what it knows.

``tests/test_architecture.py`` holds the package against the rules.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT: Final = Path(__file__).resolve().parent.parent

# Each file at the top is a word; `_dn_text.py` and its like are helpers of one. The
# errors, one class per result code, fill a folder.
WORDS: Final = (
    "ldapom.errors",
    *(
        f"ldapom.{path.stem}"
        for path in sorted((ROOT / "ldapom").glob("*.py"))
        if not path.stem.startswith("__")
    ),
)
SCHEMA, PROTOCOL, MAPPER = "ldapom.schema", "ldapom.protocol", "ldapom.mapper"
TESTING, CLI, COMPAT = "ldapom.testing", "ldapom.cli", "ldapom.compat"
CONNECTIONS: Final = (
    "ldapom.protocol.aconnection",
    "ldapom.protocol.alink",
    "ldapom.protocol.apool",
    "ldapom.protocol.apooled",
    "ldapom.protocol.asks",
    "ldapom.protocol.aupkeep",
    "ldapom.protocol.base_connection",
    "ldapom.protocol.base_link",
    "ldapom.protocol.base_pool",
    "ldapom.protocol.connection",
    "ldapom.protocol.link",
    "ldapom.protocol.pool",
    "ldapom.protocol.pooled",
    "ldapom.protocol.settings",
    "ldapom.protocol.stream",
    "ldapom.protocol.upkeep",
)
SESSIONS: Final = (
    "ldapom.mapper.session",
    "ldapom.mapper.asession",
    "ldapom.mapper.queries.awatch",
)
SOCKETS: Final = ("socket", "ssl", "select", "selectors", "socketserver", "asyncio")
CLOCKS: Final = ("time", "threading", "sched")


@frozen
class Rule:
    """One arrow that must never be drawn.

    A name stands for the module and all below it, or for itself alone after ``=``.

    Attributes:
        name: What a reader sees when it is broken.
        among: The modules that are looked at.
        never: What they must not import.
        unless: The modules among them that may.
        types: Whether an import for type checkers alone breaks it too.
        example: A module and a text that break the rule: the proof that it bites.
    """

    name: str
    among: tuple[str, ...]
    never: tuple[str, ...]
    example: tuple[str, str]
    unless: tuple[str, ...] = ()
    types: bool = True

    def broken_by(self, module: Module, known: Collection[str]) -> list[str]:
        """Return the imports of a module that break this rule.

        Args:
            module: The one to look at.
            known: The names that are modules; see `imports`.
        """
        if not covers(self.among, module.name) or covers(self.unless, module.name):
            return []
        found = imports(module.parsed, module.parent, known, types=self.types)
        return [name for name in found if covers(self.never, name)]


@frozen
class Module:
    """One module's name and source; ``parent`` is what its dots start from."""

    name: str
    parsed: ast.Module
    parent: str


def covers(names: tuple[str, ...], module: str) -> bool:
    """Tell whether a module is one of the names, or below one that has no ``=``."""
    return any(
        module == name.removeprefix("=") or module.startswith(f"{name}.")
        for name in names
    )


RULES: Final = (
    Rule(
        "words import nothing above",
        among=WORDS,
        never=(SCHEMA, PROTOCOL, MAPPER, TESTING, CLI, COMPAT),
        example=("ldapom.errors", "from ldapom.protocol.messages import BindRequest"),
    ),
    Rule(
        "schema imports nothing above",
        among=(SCHEMA,),
        never=(PROTOCOL, MAPPER, TESTING, CLI, COMPAT),
        example=("ldapom.schema.codegen.plan", "import ldapom.mapper.entries.entry"),
    ),
    Rule(
        "protocol imports nothing above",
        among=(PROTOCOL,),
        never=(MAPPER, TESTING, CLI, COMPAT),
        example=("ldapom.protocol.flows.bind", "from ...mapper import entry"),
    ),
    Rule(
        "mapper imports nothing above",
        among=(MAPPER,),
        never=(TESTING, CLI, COMPAT),
        example=("ldapom.mapper.session", "def f():\n  from ldapom import testing"),
    ),
    Rule(
        "queries only read",
        among=("ldapom.mapper.classes", "ldapom.mapper.queries"),
        never=("ldapom.mapper.commits",),
        types=False,
        example=(
            "ldapom.mapper.queries.query",
            "from ldapom.mapper.commits.unit import Unit",
        ),
    ),
    Rule(
        "testing imports neither cli nor compat",
        among=(TESTING,),
        never=(CLI, COMPAT),
        example=("ldapom.testing.plugin", "import ldapom.cli"),
    ),
    Rule(
        "compat is imported by nothing",
        among=("ldapom",),
        never=(COMPAT,),
        unless=(COMPAT,),
        example=("ldapom.cli.main", "from ldapom.compat import ldap3"),
    ),
    Rule(
        "the front door shows neither testing nor cli",
        among=("=ldapom",),
        never=(TESTING, CLI, COMPAT),
        example=("ldapom", "from ldapom.testing import Directory"),
    ),
    Rule(
        "nobody inside comes in by the front door",
        among=(*WORDS, SCHEMA, PROTOCOL, MAPPER),
        never=("=ldapom",),
        example=("ldapom.mapper.queries.query", "from ldapom import Connection"),
    ),
    Rule(
        "sockets belong to io and to who drives it",
        among=("ldapom",),
        never=SOCKETS,
        unless=("ldapom.protocol.io", *CONNECTIONS, *SESSIONS, "ldapom.testing.server"),
        types=False,
        example=("ldapom.protocol.engine", "import socket"),
    ),
    Rule(
        "what is sans-I/O knows no clock and no driver",
        among=(
            "ldapom.protocol.codec",
            "ldapom.protocol.controls",
            "ldapom.protocol.engine",
            "ldapom.protocol.extended",
            "ldapom.protocol.flows",
            "ldapom.protocol.layers",
            "ldapom.protocol.messages",
            "ldapom.protocol.sasl",
        ),
        never=(*CLOCKS, "ldapom.protocol.io", *CONNECTIONS),
        example=("ldapom.protocol.flows.search", "from time import monotonic"),
    ),
    Rule(
        "in protocol only connections and discovery know the schema",
        among=(PROTOCOL,),
        never=(SCHEMA,),
        unless=(*CONNECTIONS, "ldapom.protocol.flows.discover"),
        example=("ldapom.protocol.flows.search", "from ldapom.schema import Schema"),
    ),
    Rule(
        "pyasn1 is the reference codec's alone",
        among=("ldapom",),
        never=("pyasn1", "pyasn1_modules"),
        unless=("ldapom.protocol.codec.spec",),
        example=("ldapom.protocol.codec.fast", "from pyasn1.type import univ"),
    ),
    Rule(
        "cattrs stays in convert and the reference codec",
        among=("ldapom",),
        never=("cattrs", "cattr"),
        unless=("ldapom.mapper.classes.convert", "ldapom.protocol.codec.spec"),
        example=("ldapom.mapper.entries.entry", "import cattrs.preconf.json"),
    ),
    Rule(
        "gssapi stays in its SASL module",
        among=("ldapom",),
        never=("gssapi",),
        unless=(
            "ldapom.protocol.sasl._gssapi_library",
            "ldapom.protocol.sasl.kerberos",
        ),
        example=("ldapom.protocol.credentials", "import gssapi"),
    ),
    Rule(
        "typer and rich are the command's alone",
        among=("ldapom",),
        never=("typer", "rich", "click"),
        unless=(CLI,),
        example=("ldapom.testing.server", "from rich.console import Console"),
    ),
    Rule(
        "other LDAP libraries are oracles of tests alone",
        among=("ldapom",),
        never=("ldap3", "ldap", "bonsai", "ldaptor"),
        example=("ldapom.compat.ldap3", "import ldap3"),
    ),
)


@cache
def modules() -> dict[str, Module]:
    """Return the package's modules by name."""
    found = sorted((ROOT / "ldapom").rglob("*.py"))
    return {module.name: module for module in map(_module, found)}


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parent = ".".join(parts[:-1])
    name = parent if parts[-1] == "__init__" else ".".join(parts)
    return Module(name, tree(path), parent)


@cache
def tree(path: Path) -> ast.Module:
    """Parse a source file, once."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(
    parsed: ast.Module, parent: str, known: Collection[str], *, types: bool = True
) -> list[str]:
    """Return what a module imports, as absolute names of modules.

    Args:
        parsed: Its source.
        parent: The package that a leading dot means.
        known: The names that are modules: ``from a import b`` means ``a.b`` if that
            is one, else ``a``.
        types: Whether imports for type checkers alone count.
    """
    found: list[str] = []
    for node in _statements(parsed, types=types):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += _from(node, parent, known)
    return found


def _statements(node: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue
        if not types and isinstance(child, ast.If) and _for_types(child):
            for other in child.orelse:
                yield other
                yield from _statements(other, types=types)
        else:
            yield child
            yield from _statements(child, types=types)


def _for_types(node: ast.If) -> bool:
    return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _from(node: ast.ImportFrom, parent: str, known: Collection[str]) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        for _ in range(node.level - 1):
            parent = parent.rpartition(".")[0]
        base = f"{parent}.{base}".rstrip(".")
    for alias in node.names:
        deeper = f"{base}.{alias.name}"
        yield deeper if deeper in known else base
