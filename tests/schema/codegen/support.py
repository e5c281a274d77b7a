"""What the generator's tests share: small schemas, and modules made from text."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

from ldapom.schema import AttributeType, ObjectClass, Schema
from ldapom.schema.codegen import Asks, ModelAsk, Naming, make_plan, render
from tests.architecture import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STRING = "1.3.6.1.4.1.1466.115.121.1.15"
INTEGER = "1.3.6.1.4.1.1466.115.121.1.27"
TOP = "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )"
OBJECT_CLASS = "( 2.5.4.0 NAME 'objectClass' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )"

_numbers = itertools.count()


def text(name: str, *, oid: str = "", more: str = "") -> str:
    """Define an attribute type of text."""
    number = oid or "1.1." + ".".join(str(ord(c)) for c in name)
    return f"( {number} NAME '{name}' EQUALITY caseIgnoreMatch SYNTAX {STRING} {more} )"


def schema(types_: Iterable[str], classes: Iterable[str], **more: Any) -> Schema:
    """Parse a small schema; ``top`` and ``objectClass`` are there already."""
    return Schema.parse(
        attribute_types=[OBJECT_CLASS, *types_],
        object_classes=[TOP, *classes],
        **more,
    )


def attribute_type(oid: str, *names: str, **more: Any) -> AttributeType:
    """Make an attribute type that no parser has seen."""
    more["names"] = names
    return AttributeType(oid, **more)


def object_class(oid: str, *names: str, **more: Any) -> ObjectClass:
    """Make an object class that no parser has seen."""
    more["names"] = names
    return ObjectClass(oid, **more)


def asks(*models: str, classes: Iterable[str] = (), **more: Any) -> Asks:
    """Ask for models in their spelling, and for classes."""
    parsed = tuple(map(ModelAsk.parse, models))
    return Asks(parsed, tuple(classes), **more)


def generated(source: Schema, asked: Asks) -> str:
    """Write the module that is asked for."""
    return render(make_plan(source, asked, source="test", command=("ldapom generate",)))


def imported(code: str) -> types.ModuleType:
    """Run a generated module as an import would."""
    module = types.ModuleType(f"generated_{next(_numbers)}")
    sys.modules[module.__name__] = module
    exec(compile(code, module.__name__, "exec"), module.__dict__)
    return module


def formatted(folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask ruff whether it would leave the files of a folder as they are."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff"]
    return _run(*command, "--no-cache", str(folder))


def mypy(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the files of a folder with mypy, strictly."""
    cache = str(folder.parent / "mypy-cache")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]
    # What is wrong in the package itself is told elsewhere.
    command += ["--config-file", "", "--follow-imports", "silent"]
    return _run(*command, *map(str, sorted(folder.glob("*.py"))))


def pyright(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the files of a folder with pyright."""
    settings = {"extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    return _run(*command, "--project", str(folder))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=ROOT
    )


NAMINGS = tuple(Naming)
