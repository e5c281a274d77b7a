"""The text of a module: golden, formatted, checked, and deaf to what a schema says."""

from __future__ import annotations

import ast
import io
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldapom import Session
from ldapom.schema import AttributeType, Kind, ObjectClass, Schema
from ldapom.schema.codegen import Naming, make_plan, merged, render
from tests.architecture import ROOT
from tests.schema.codegen import support, test_members
from tests.schema.codegen.support import (
    STRING,
    TOP,
    asks,
    formatted,
    generated,
    imported,
    mypy,
    pyright,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.testing import Directory

Texts = dict[str, Any]
GOLDEN = ROOT / "tests" / "golden" / "models.py.txt"
USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
GROUP = "Group=groupOfNames@ou=groups,dc=example,dc=com"
COMMAND = (
    "ldapom generate ldap://localhost:3389",
    f"--model '{USER}'",
    f"--model {GROUP}",
    "--output models.py",
)

USE = """
from __future__ import annotations
from datetime import datetime
from typing import assert_type
from ldapom import DN, Filter, Session, Values
from models import Group, InetOrgPerson, User

with Session("ldap://localhost") as session:
    assert_type(User.query(uid="admin").first(), User | None)
    assert_type(session.query(User, uid="admin").first(), User | None)
    user = User.query(User.uidNumber >= 1000, loginShell="/bin/sh").one()
assert_type(user.uidNumber, int)
assert_type(user.gecos, str | None)
assert_type(user.uid, Values[str])
assert_type(user.mail.first, str | None)
assert_type(user.seeAlso, Values[DN])
assert_type(user.jpegPhoto, Values[bytes])
assert_type(User.uid == "x", Filter)
assert_type(Group.query(cn="x").one().member, Values[DN])
person: InetOrgPerson = User(
    cn=["a"], sn=["a"], uid=["a"], uidNumber=1, gidNumber=1, homeDirectory="/"
)
"""


def golden() -> str:
    """Write the module that the golden file holds."""
    plan = make_plan(
        Schema.standard(),
        asks(USER, GROUP),
        source="ldap://localhost:3389",
        command=COMMAND,
    )
    return render(plan)


def test_golden_file() -> None:
    """The classes of a usual directory; ``LDAPOM_WRITE_GOLDEN=1`` writes them anew."""
    code = golden()
    if os.environ.get("LDAPOM_WRITE_GOLDEN"):
        GOLDEN.write_text(code, "utf-8")

    assert code == GOLDEN.read_text("utf-8")


def test_a_second_run_is_identical() -> None:
    """The same schema, read again, gives the same bytes."""
    assert golden() == golden()


def test_the_golden_module_answers(box: Directory) -> None:
    """Its classes read the sample directory."""
    module = imported(golden())

    with Session(box):
        admin = module.User.query(uid="admin").first()
        members = module.Group.query().first().member

    assert admin.uid == ["admin"]
    assert members


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_the_golden_module_type_checks(checker: object, tmp_path: Path) -> None:
    """Both mypy strict and pyright accept it and infer the types that design 2 promises."""
    folder = tmp_path / "generated"
    folder.mkdir()
    (folder / "models.py").write_text(golden())
    (folder / "use.py").write_text(USE)
    ad = Schema.parse(
        attribute_types=[*test_members.AD_TYPES],
        object_classes=[
            TOP,
            f"( 2.1 NAME 'ad' SUP top STRUCTURAL MAY ( {_ad_names()} ) )",
        ],
    )
    (folder / "ad.py").write_text(generated(ad, asks("Ad=ad")))
    (folder / "hostile.py").write_text(generated(hostile(), asks(*HOSTILE_MODELS)))

    done = checker(folder)  # type: ignore[operator]  # one of two functions

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def _ad_names() -> str:
    schema = Schema.parse(attribute_types=test_members.AD_TYPES)
    return " $ ".join(at.name for at in schema.attribute_types.values())


def test_only_public_names_are_imported() -> None:
    """A module imports from ``ldapom`` itself and from the standard library."""
    found = {
        node.module
        for node in ast.walk(ast.parse(golden()))
        if isinstance(node, ast.ImportFrom)
    }

    assert found == {"__future__", "typing", "ldapom"}


# --- formatting -----------------------------------------------------------------------


def long_name(length: int) -> str:
    """Generate from a schema with an attribute of a long name."""
    name = "n" * length
    schema = support.schema(
        [support.text(name, more="SINGLE-VALUE")],
        [
            f"( 2.1 NAME 'p' SUP top STRUCTURAL MAY {name} )",
            f"( 2.2 NAME 'm' SUP top AUXILIARY MUST {name} )",
        ],
    )
    return generated(schema, asks("U=p+m"))


def test_ruff_leaves_modules_alone(tmp_path: Path) -> None:
    """Long names, long lists of bases, wide characters: all is as ruff would write it."""
    schema = Schema.standard()
    every = [oc.name for oc in schema.object_classes.values() if oc.name != "top"]
    long_ = f"ou={'x' * 90},dc=example"
    modules = {
        "golden": golden(),
        "all": generated(schema, asks(classes=every)),
        "snake": generated(schema, asks(USER, naming=Naming.snake_case)),
        "long": generated(
            schema, asks(f"{'L' * 70}=inetOrgPerson+posixAccount@{long_}")
        ),
        "wide": generated(
            schema, asks("W=person@ou=日本語日本語日本語日本語日本語日本語日本,dc=x")
        ),
        "ime": generated(schema, asks('Q=person@ou=it\'s \\"q\\",dc=x')),
        "ops": generated(
            schema, asks(USER, operational=("createTimestamp", "entryUUID"))
        ),
        "hostile": generated(hostile(), asks(*HOSTILE_MODELS)),
    }
    modules |= {
        f"width{n}": generated(schema, asks(f"{'N' * n}=person+posixAccount"))
        for n in range(20, 60)
    }
    modules |= {f"name{n}": long_name(n) for n in range(40, 100)}
    for name, code in modules.items():
        (tmp_path / f"{name}.py").write_text(code, "utf-8")

    done = formatted(tmp_path)

    assert done.returncode == 0, done.stdout[:3000] + done.stderr[-500:]


# --- foreign text -----------------------------------------------------------------------

PAYLOADS = (
    '"""\nimport os; os.environ["LDAPOM_PWNED"] = "1"\n"""',
    "'''\nraise SystemExit\n'''",
    '\\"""\nraise SystemExit #',
    "\\",
    'ends with "',
    '"starts',
    "# mypy: ignore-errors\n# ruff: noqa\n# fmt: off\n# coding: utf-7",
    "null\x00 bell\x07 escape\x1b[31m bidi\u202e\u2066 line\u2028 nbsp\xa0",
    "\udce9 lone surrogate \ud800",
    "{braces} %s %(x)s \\N{BULLET} \\x41",
    "x" * 300,
)
HOSTILE_MODELS = ("Model=evil0+mixin@ou=\\22\\22\\22 \\0A raise,dc=x:cn",)


def hostile() -> Schema:
    """A schema whose every text tries to get out."""
    plain = {"equality": "caseIgnoreMatch", "syntax": STRING}
    found: list[AttributeType | ObjectClass] = [
        support.attribute_type("1.0", "cn", **plain),
        support.object_class("2.5.6.0", "top", kind=Kind.abstract),
        support.object_class("2.2", "mixin", kind=Kind.auxiliary, may=("1.1.3",)),
        support.object_class(
            PAYLOADS[0], description=PAYLOADS[0], kind=Kind.auxiliary, may=("1.1.0",)
        ),
    ]
    for index, payload in enumerate(PAYLOADS):
        texts: Texts = {
            "description": ("RFC 4519: " if index % 2 else "") + payload,
            "extensions": {
                "X-ORIGIN": (payload, "\x1b"),
                "X-AD-SYNTAX": (payload,),
                "X-AD-RDN": (payload,),
                "X-AD-AUXILIARY": (payload, "mixin"),
            },
        }
        name = f"a{index}{payload}"
        found += [
            support.attribute_type(
                *(f"1.1.{index}", name, f"alias {payload}"),
                equality=payload,
                syntax=STRING,
                **texts,
            ),
            support.object_class(
                *(f"2.1.{index}", f"evil{index}", payload),
                sup=("top", payload * 2),
                must=("cn",),
                may=(name, f"undefined {payload}"),
                **texts,
            ),
        ]
    return Schema.of(*found)


def test_a_hostile_schema_stays_text() -> None:
    """Every text is a literal or a docstring; nothing of it runs, and names survive."""
    schema = hostile()
    every = [f"evil{n}" for n in range(len(PAYLOADS))] + [PAYLOADS[0]]
    asked = asks(*HOSTILE_MODELS, classes=every)
    plan = make_plan(
        schema, asked, source=PAYLOADS[0], command=(PAYLOADS[0], PAYLOADS[2])
    )
    code = render(plan)

    module = imported(code)

    assert "LDAPOM_PWNED" not in os.environ
    assert merged(code, code) == code
    assert not schema.diff(Schema.from_ldif(io.StringIO(schema.to_ldif()))).added
    assert all(line.isprintable() for line in code.split("\n"))
    assert "# " not in "".join(_comments(code))
    for number, payload in enumerate(PAYLOADS):
        info = getattr(module, f"Evil{number}").__ldapom__
        mapped = {one.ldap_name for one in info.attributes.values()}
        assert f"a{number}{payload}" in mapped
        assert info.object_class == f"evil{number}"
    assert module.Model.__ldapom__.base == asked.models[0].base


def _comments(code: str) -> list[str]:
    """Find comments that are none of ours."""
    import io
    import tokenize

    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    found = [t.string for t in tokens if t.type == tokenize.COMMENT]
    ours = ("# type: ignore[override]", "# pyright: ignore[report")
    return [comment for comment in found if not comment.startswith(ours)]


#: What a module may consist of: anything else would be something that runs.
HARMLESS = (
    ast.ImportFrom,
    ast.ClassDef,
    ast.Expr,
    ast.AnnAssign,
    ast.If,
    ast.FunctionDef,
)


@settings(max_examples=60)
@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(max_size=30))
def test_any_text_leaves_the_shape_alone(desc: str, name: str, origin: str) -> None:
    """Whatever DESC, NAME and X-ORIGIN hold, the module has the same statements."""

    def shape(desc: str, name: str, origin: str) -> list[str]:
        texts = {"extensions": {"X-ORIGIN": (origin,)}, "description": desc}
        schema = Schema.of(
            support.object_class("2.5.6.0", "top", kind=Kind.abstract),
            support.attribute_type("1.1", name, syntax=STRING, **texts),
            support.object_class("2.1", "c", must=("1.1",), **texts),
        )
        code = generated(schema, asks("M=c@dc=x", classes=["c"]))
        imported(code)
        nodes = list(ast.walk(ast.parse(code)))
        assert all(isinstance(n, HARMLESS) for n in nodes if isinstance(n, ast.stmt))
        return [type(node).__name__ for node in nodes if isinstance(node, ast.stmt)]

    if desc.split() and name.lower() != "objectclass":
        assert shape(desc, name, origin) == shape("d", "n", "o")
