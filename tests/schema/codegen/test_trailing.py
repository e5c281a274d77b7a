"""Comments behind generated code stay behind it."""

from __future__ import annotations

import ast
import io
import tokenize

from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import Schema
from ldapom.schema.codegen import merged
from tests.schema.codegen.support import asks, generated

USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
STANDARD = Schema.standard()
NEW = generated(STANDARD, asks(USER))
#: The same without one of the two classes, so without some attributes and lines.
LESS = generated(STANDARD, asks("User=inetOrgPerson@ou=people,dc=example,dc=com:uid"))


def commentable(text: str) -> list[int]:
    """The lines behind whose code a comment may stand."""
    within: set[int] = set()
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (first, _), (last, _) = token.start, token.end
        within |= {*range(first, last)}
        if token.string.strip():
            code |= {last}
    return sorted(code - within)


LINES = commentable(NEW)


def comments(text: str) -> list[str]:
    """All comments of a module that are a person's."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return sorted(part for one in found for part in one.split("  ") if "mine" in part)


def commented(*numbers: int) -> str:
    """The generated module with comments behind the code of some lines."""
    lines = NEW.split("\n")
    for number in numbers:
        lines[number - 1] += f"  # mine, {number}"
    return "\n".join(lines)


@given(st.lists(st.sampled_from(LINES), unique=True, max_size=12))
def test_they_stay_where_they_were(numbers: list[int]) -> None:
    """What is generated as it was is as it was, with all that stood behind it."""
    old = commented(*numbers)
    assert ast.dump(ast.parse(old)) == ast.dump(ast.parse(NEW))
    assert merged(old, NEW) == old


@given(st.lists(st.sampled_from(LINES), unique=True, max_size=12))
def test_none_is_lost(numbers: list[int]) -> None:
    """Where the code is another one, each is there once, and stays from then on."""
    old = commented(*numbers)
    text = merged(old, LESS)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(LESS))
    assert comments(text) == comments(old)
    assert merged(text, LESS) == text


def test_where_the_code_is_another() -> None:
    """They stand at the same end of the statement, else above it."""
    head = 'class User(InetOrgPerson, PosixAccount, base="ou=people,dc=example,dc=com", rdn="uid"):'
    new = next(line for line in LESS.split("\n") if line.startswith("class User("))
    cut = head.replace("(", "(  # a\n    ").replace(
        "PosixAccount,", "PosixAccount,  # b\n   "
    )
    old = NEW.replace(head, f"{cut}  # c")
    assert f"\n# b\n{new}  # a  # c\n" in merged(old, LESS)


def test_where_the_code_is_gone() -> None:
    """They stand alone at the end of its class."""
    old = NEW.replace("    gecos: str\n", "    gecos: str  # of the 1960s\n")
    assert "\n\n    # of the 1960s\n\n\nclass" in merged(old, LESS)


def test_what_speaks_to_tools_goes_with_its_code() -> None:
    """An order about a line that is gone would be an error of the tool's."""
    old = NEW.replace("    gecos: str\n", "    gecos: str  # noqa: E1\n")
    old = old.replace("    cn: str\n", "    cn: str  # noqa: E2\n", 1)
    text = merged(old, LESS)
    assert "E1" not in text
    assert "    cn: str  # noqa: E2\n" in text


def test_the_generators_own_comments_are_written_anew() -> None:
    """Somebody's stands behind it; alone it goes where it is not needed any more."""
    narrower = "# type: ignore[override]  # narrower on purpose"
    assert narrower in NEW
    old = NEW.replace(narrower, f"{narrower}  # and mine", 1)
    assert merged(old, NEW) == old
    bare = "def query(\n            cls"
    assert narrower not in merged(
        old, NEW.replace(f"def query(  {narrower}\n            cls", bare)
    )
