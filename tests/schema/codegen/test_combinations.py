"""Every way in which bases can allow or demand an attribute: imports, means, checks.

A chain of two structural classes and two auxiliary ones; each of the four says nothing, MAY or MUST about one
single-valued and one multi-valued attribute. All 81 combinations, each with its
auxiliaries in both orders, are one module.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schema.codegen.support import (
    asks,
    formatted,
    generated,
    imported,
    mypy,
    pyright,
    schema,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from ldapom.schema import Schema

CLAUSES = ("", "MAY ( one $ many )", "MUST ( one $ many )")
#: What `Entry` has by itself.
OWN = {"objectClass"}
COMBINATIONS = list(itertools.product(range(3), repeat=4))
TYPES = [text("one", more="SINGLE-VALUE"), text("many"), text("cn")]


def classes(index: int, combination: tuple[int, ...]) -> list[str]:
    """Define the four classes of one combination."""
    outer, inner, first, second = (CLAUSES[number] for number in combination)
    named = (
        outer.replace("MUST (", "MUST ( cn $")
        if "MUST" in outer
        else f"MUST cn {outer}"
    )
    return [
        f"( 2.{index}.1 NAME 'outer{index}' SUP top STRUCTURAL {named} )",
        f"( 2.{index}.2 NAME 'inner{index}' SUP outer{index} STRUCTURAL {inner} )",
        f"( 2.{index}.3 NAME 'first{index}' SUP top AUXILIARY {first} )",
        f"( 2.{index}.4 NAME 'second{index}' SUP top AUXILIARY {second} )",
    ]


def combined() -> Schema:
    """Define the classes of all combinations."""
    found = [classes(i, c) for i, c in enumerate(COMBINATIONS)]
    return schema(TYPES, itertools.chain.from_iterable(found))


def spelled(index: int) -> tuple[str, str]:
    """Ask for both models of one combination."""
    names = f"first{index}+second{index}", f"second{index}+first{index}"
    return f"A{index}=inner{index}+{names[0]}", f"B{index}=inner{index}+{names[1]}"


@cache
def code() -> str:
    """The module of all combinations."""
    asked = itertools.chain.from_iterable(map(spelled, range(len(COMBINATIONS))))
    return generated(combined(), asks(*asked))


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """The module, imported."""
    return imported(code())


def test_must_is_the_union_of_all(module: ModuleType) -> None:
    """Each model demands exactly what any of its classes demands, and allows the rest."""
    source = combined()

    for index in range(len(COMBINATIONS)):
        names = f"inner{index}", f"first{index}", f"second{index}"
        for letter in "AB":
            info = getattr(module, f"{letter}{index}").__ldapom__
            assert set(info.must) - OWN == set(source.must(*names)) - OWN
            assert set(info.may) - OWN == set(source.may(*names)) - OWN


def test_constructors_demand_it_too(module: ModuleType) -> None:
    """What is demanded is needed to make an entry, what is allowed is not."""
    for index, combination in enumerate(COMBINATIONS):
        for letter in "AB":
            model = getattr(module, f"{letter}{index}")
            if 2 in combination:
                with pytest.raises(TypeError):
                    model(cn=["x"])
                assert model(cn=["x"], one="1", many=["2"]).one == "1"
            else:
                assert model(cn=["x"]).cn == ["x"]


def uses() -> str:
    """Say what each attribute of each model must be to a type checker."""
    lines = [
        "from __future__ import annotations",
        "from typing import assert_type",
        "from ldapom import Values",
        "import models as m",
    ]
    for index, combination in enumerate(COMBINATIONS):
        if not any(combination):
            continue
        must = 2 in combination
        kind = "str" if must else "str | None"
        given = ', one="1", many=["2"]' if must else ""
        for model in (f"A{index}", f"B{index}"):
            lines += [
                f'x{model} = m.{model}(cn=["x"]{given})',
                f"assert_type(x{model}.one, {kind})",
                f"assert_type(x{model}.many, Values[str])",
                f'assert_type(m.{model}.query(one="x").first(), m.{model} | None)',
            ]
    return "\n".join(lines) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_agree(checker: object, tmp_path: Path) -> None:
    """Both mypy strict and pyright accept the module and infer what the schema says."""
    folder = tmp_path / "generated"
    folder.mkdir()
    (folder / "models.py").write_text(code())
    (folder / "use.py").write_text(uses())

    done = checker(folder)  # type: ignore[operator]  # one of two functions

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_ruff_leaves_it_alone(tmp_path: Path) -> None:
    """The module is formatted."""
    (tmp_path / "models.py").write_text(code())

    done = formatted(tmp_path)

    assert done.returncode == 0, done.stdout[:3000]


# --- any SUP lists -----------------------------------------------------------------

KINDS = st.sampled_from(["ABSTRACT", "AUXILIARY"])


@st.composite
def lattices(draw: st.DrawFn) -> list[str]:
    """Any abstract and auxiliary classes over each other, and one structural below."""
    found: list[str] = []
    names: list[str] = []
    for index in range(draw(st.integers(1, 6))):
        sup = draw(st.lists(st.sampled_from(["top", *names]), max_size=3, unique=True))
        clause = f"SUP ( {' $ '.join(sup)} )" if sup else ""
        members = draw(st.sampled_from(CLAUSES))
        found.append(f"( 2.{index} NAME 'k{index}' {clause} {draw(KINDS)} {members} )")
        names.append(f"k{index}")
    sup = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    return [*found, f"( 2.99 NAME 's' SUP ( {' $ '.join(['top', *sup])} ) STRUCTURAL )"]


@settings(max_examples=150)
@given(lattices(), st.data())
def test_any_superiors_import(definitions: list[str], data: st.DataObject) -> None:
    """Whatever the SUP lists, the module imports and demands what the schema does."""
    source = schema(TYPES, definitions)
    mixins = [
        oc.name for oc in source.object_classes.values() if oc.kind == "auxiliary"
    ]
    extra = data.draw(st.lists(st.sampled_from(mixins), unique=True)) if mixins else []
    module = imported(generated(source, asks("+".join(["M=s", *extra]))))

    info = module.M.__ldapom__

    assert set(info.must) - OWN == set(source.must("s", *extra)) - OWN
    assert set(info.may) - OWN == set(source.may("s", *extra)) - OWN
