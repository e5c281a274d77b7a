"""The public names: complete, under one roof, and cheap to import."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
import typing

import pytest

import ldapom
from ldapom import errors
from tests.architecture import ROOT


def test_every_name_is_there() -> None:
    """And nothing is named that is not."""
    assert len(set(ldapom.__all__)) == len(ldapom.__all__)
    assert all(hasattr(ldapom, name) for name in ldapom.__all__)
    assert set(ldapom.__all__) <= set(dir(ldapom))
    with pytest.raises(AttributeError, match="no attribute 'nowhere'"):
        ldapom.nowhere  # type: ignore[attr-defined]  # the mistake


def test_type_checkers_and_programs_see_the_same() -> None:
    """What is imported for the one is what the table gives to the other."""
    tree = ast.parse((ROOT / "ldapom" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == ldapom._HOME_OF
    assert set(imported) == set(ldapom.__all__)


def test_they_show_ldapom_as_their_module() -> None:
    """In help, tracebacks and pickles."""
    for name in ldapom.__all__:
        public = getattr(ldapom, name)
        if isinstance(public, type) or name == "attribute":
            assert public.__module__ == "ldapom", name
    assert pickle.loads(pickle.dumps(ldapom.Session)) is ldapom.Session
    assert b"ldapom.mapper" not in pickle.dumps(ldapom.Values(["x"]))


def test_errors_show_it_before_anybody_names_one() -> None:
    """A traceback says the same, whatever the program has imported."""
    program = (
        "from ldapom import DN\n"
        "try: DN.parse('nonsense')\n"
        "except Exception as error: print(type(error).__module__)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "ldapom"


def test_every_error_is_public() -> None:
    """A program catches what it can import."""
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type)
        and issubclass(value, errors.LDAPError)
        and not name.startswith("_")
    }
    assert kinds <= set(ldapom.__all__)


def test_annotations_of_values_can_be_read() -> None:
    """As cattrs and other tools do."""
    for name in ("DN", "AVA", "Sid", "PostalAddress"):
        assert typing.get_type_hints(getattr(ldapom, name)), name


def test_annotations_of_every_class_can_be_read() -> None:
    """Also those that name what a module imports for type checkers alone."""
    for name in ldapom.__all__:
        public = getattr(ldapom, name)
        if isinstance(public, type):
            hints = typing.get_type_hints(public)
            assert not any(isinstance(hint, str) for hint in hints.values()), name
    assert typing.get_type_hints(ldapom.Query)["session"] == ldapom.Session | None


#: What a program does not need that has a model and opens no session.
NOT_FOR_A_MODEL = """
    asyncio cattrs socket ssl
    ldapom.mapper.queries.asking ldapom.mapper.entries.diff ldapom.mapper.entries.making ldapom.mapper.session
    ldapom.mapper.classes.operational ldapom.mapper.classes.relations ldapom.mapper.entries.state
    ldapom.mapper.entries.views
    ldapom.protocol.codec ldapom.protocol.messages
    ldapom.schema.matching ldapom.schema.parse
"""
#: The same of one that opens a session and asks.
NOT_FOR_A_SESSION = """
    asyncio cattrs
    ldapom.ldif ldapom.mapper.asession ldapom.mapper.entries.portable ldapom.mapper.entries.show
    ldapom.protocol._credentials_kerberos ldapom.protocol._credentials_ntlm
    ldapom.protocol.aconnection ldapom.protocol.codec.spec
    ldapom.protocol.sasl.ntlm ldapom.protocol.sasl.gssapi
    ldapom.schema.parse ldapom.schema.registry
"""
#: The same of one that reads the schema of a server.
NOT_FOR_A_SCHEMA = """
    asyncio cattrs importlib.resources tempfile
    ldapom.ldif ldapom.schema.active ldapom.schema.meta ldapom.schema.oids
"""
READS_A_SCHEMA = "import ldapom; ldapom.Schema.from_attributes({}); ldapom.RootDSE"


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import tests.typing.models", NOT_FOR_A_MODEL),
        ("import examples.models", NOT_FOR_A_MODEL),
        ("import ldapom; ldapom.Session; ldapom.Simple", NOT_FOR_A_SESSION),
        ("import ldapom; ldapom.Connection; ldapom.Simple", NOT_FOR_A_SESSION),
        (READS_A_SCHEMA, NOT_FOR_A_SCHEMA),
    ],
)
def test_a_program_imports_what_it_needs(program: str, unwanted: str) -> None:
    """Whatever else there is waits for its use."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = set(done.stdout.split())
    assert "ldapom" in loaded
    assert loaded & set(unwanted.split()) == set()


def test_importing_ldapom_imports_little() -> None:
    """Each name brings what it needs when it is first used."""
    program = (
        "import sys, ldapom; print('attrs' in sys.modules, 'ssl' in sys.modules); "
        "ldapom.DN; print('attr' in sys.modules, 'ssl' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.split() == ["False", "False", "True", "False"]
