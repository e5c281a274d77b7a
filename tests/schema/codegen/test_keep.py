"""Generating again: what is the generator's is new, what is somebody's stays."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import Schema
from ldapom.schema.codegen import merged
from tests.schema.codegen.support import asks, generated, imported

USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
GROUP = "Group=groupOfNames@ou=groups,dc=example,dc=com"
STANDARD = Schema.standard()
NEW = generated(STANDARD, asks(USER))
BOTH = generated(STANDARD, asks(USER, GROUP))

METHODS = '''
    # Of mine.
    @property
    def full_name(self) -> str:
        """Both names."""
        return f"{self.cn.first} {os.name}"

    GREETING = "hello"
    SIZE = 3

    async def wait(self, other: Any) -> None:
        pass
'''


def with_methods() -> str:
    """The module after somebody has worked on it."""
    text = NEW.replace(
        "from typing import TYPE", "import os\nfrom typing import Any, TYPE"
    )
    return text + METHODS + "\n\nclass Boss(User):\n    pass\n"


def test_untouched() -> None:
    """A file that is as it was generated becomes what is generated now."""
    assert merged(NEW, NEW) == NEW
    assert merged(NEW, BOTH) == BOTH
    assert merged(BOTH, NEW) == NEW


def test_methods_stay() -> None:
    """Methods, properties, constants and their comments stay in their class."""
    text = merged(with_methods(), BOTH)

    user = text[text.index("class User(") : text.index("class GroupQuery(")]
    assert METHODS.strip("\n") in user
    assert "import os\nfrom typing import TYPE_CHECKING, Any, Self" in text
    assert text.endswith("\n\n\nclass Boss(User):\n    pass\n")
    module = imported(text)
    assert issubclass(module.Boss, module.User)
    assert module.User.GREETING == "hello"
    assert isinstance(module.User.full_name, property)


def test_again_and_again() -> None:
    """Generating twice changes nothing."""
    once = merged(with_methods(), BOTH)

    assert merged(once, BOTH) == once


def test_generated_parts_are_new() -> None:
    """Documentation and attributes of the old file do not stay."""
    old = NEW.replace("Family name", "Old text").replace(
        'employeeNumber: Attr[str | None] = attribute("employeeNumber", default=None)',
        'gone: Attr[str | None] = attribute("gone", default=None)',
    )

    assert merged(old, NEW) == NEW


def test_keep_comment() -> None:
    """An attribute marked with ``# keep`` stays in the place of the generated one."""
    line = '    uidNumber: Attr[int] = attribute("uidNumber", must=True)'
    mine = (
        '    uidNumber: Attr[int] = attribute("uidNumber", must=True)  # keep: mine\n'
    )
    old = NEW.replace(line + "\n", mine + '    """My number."""\n')

    text = merged(old, NEW)

    body = text[text.index("class PosixAccount(") : text.index("class UserQuery(")]
    assert body.count("uidNumber: ") == 1
    assert mine + '    """My number."""' in body
    assert body.index("# keep") < body.index("    description: ")
    assert merged(text, NEW) == text


def test_keep_comment_behind_the_bracket() -> None:
    """A declaration of several lines has its comment where checkers have theirs."""
    line = 'telephoneNumber: Many[str] = attribute(\n        "telephoneNumber",'
    assert line in NEW
    mine = line.replace("attribute(", "attribute(  # keep").replace("str", "bytes")

    text = merged(NEW.replace(line, mine), NEW)

    assert mine in text
    assert text.count("telephoneNumber: Many") == 1
    # What a schema calls an attribute is no comment.
    odd = NEW.replace(line, line.replace('"telephone', '"# keep telephone'))
    assert merged(odd, NEW) == NEW


COMMENTED = {
    '"""Entry classes': "# SPDX-License-Identifier: MIT\n",
    "from __future__": "# ruff: noqa: E741\n\n",
    "class Person(": "# --- people ---\n\n# Who they are.\n",
    "    sn: Many": "    # How we sort.\n",
    "    if TYPE_CHECKING:": "    # Narrow for checkers.\n\n",
    "class UserQuery(": "# A comment above keywords.\n",
    "    audio: bytes": "    # Nobody asks for that.\n",
}


def commented(text: str) -> str:
    """The module with comments on lines of their own, in many places."""
    for place, comment in COMMENTED.items():
        text = text.replace(place, comment + place, 1)
    return text + "    # At the end of the class.\n\n\n# At the end.\n\n# Of all.\n"


def test_comments_stay() -> None:
    """Comments stay where they are, above what is generated and at the ends."""
    text = commented(NEW)

    assert merged(text, NEW).replace("\n", "") == text.replace("\n", "")
    assert merged(merged(text, BOTH), BOTH) == merged(text, BOTH)


def test_comments_between_own_parts_stay() -> None:
    """Comments that stand alone between somebody's statements stay, word for word."""
    mine = """
    # --- mine ---

    # The first one.
    LIMIT = 3

    # Between.

    # Above the method.
    def go(self) -> None:
        pass
        # In the method.

    # Behind.


# --- helpers ---

# Not above anything.

SIZE = 4  # behind it


# The end.
"""
    text = merged(NEW + mine, BOTH)

    inside, outside = mine.split("\n\n\n", 1)
    assert inside.strip("\n") in text
    assert text.endswith(outside)
    assert merged(text, BOTH) == text


def test_comments_of_what_is_gone() -> None:
    """A comment above an attribute or class that is generated no longer stands alone."""
    sort = "    # How we sort.\n"
    old = BOTH.replace("    sn: Many", f"{sort}    nick: Many", 1).replace(
        "class GroupOfNames(", "# Our groups.\nclass GroupOfNames("
    )

    text = merged(old, NEW)

    assert sort in text[: text.index("class OrganizationalPerson(")]
    assert text.endswith("# Our groups.\n")
    assert "class GroupOfNames" not in text
    assert merged(text, NEW) == text


def test_empty_lines_of_what_is_gone() -> None:
    """Comments that stand alone from now on leave their empty lines behind."""
    old = NEW.replace("    uid: Many[str] =", "    # why\n\n\n    uid: Many[str] =")
    gone = generated(STANDARD, asks("User=inetOrgPerson:cn"))

    text = merged(old + "\n\nclass Boss(User):\n    pass\n", gone)

    assert "    # why\n\n\nclass " in text
    assert merged(text, gone) == text


def test_code_between_classes() -> None:
    """What stands before the classes stays before them, the rest goes to the end."""
    old = NEW.replace("class Person(", "LIMIT = 5\n\n\nclass Person(", 1).replace(
        "class PosixAccount(",
        "def helper() -> int:\n    return LIMIT\n\n\nclass PosixAccount(",
    )

    text = merged(old, NEW)

    assert text.index("LIMIT = 5") < text.index("class Person(")
    assert text.index("def helper()") > text.index("class User(")
    assert imported(text).helper() == 5


def test_a_model_that_is_gone() -> None:
    """A class that is not asked for any more goes, unless somebody wrote into it."""
    assert "class Group" not in merged(BOTH, NEW)
    mine = BOTH.replace("class UserQuery", "class UserQuery") + "\n    mine = 1\n"

    text = merged(mine, NEW)

    assert "class Group(" in text
    assert "mine = 1" in text


def test_imports_of_others() -> None:
    """Other imports stay; those the generator needs no longer do not."""
    old = NEW.replace(
        "from ldapom import (", "from os import path\n\nfrom ldapom import ("
    ).replace("from typing import", "import uuid as u\nfrom typing import")
    old += "\n    here = path\n    make = u.uuid4\n"

    text = merged(old, NEW)

    assert "from os import path" in text
    assert "import uuid as u" in text
    plain = generated(STANDARD, asks("Device=device"))
    assert "PostalAddress" not in merged(NEW, plain)


def test_imports_are_sorted() -> None:
    """The standard library's stand together; a block behind ours stays behind."""
    old = NEW.replace(
        "from typing import",
        "import json\nfrom pathlib import Path\nfrom typing import",
        1,
    ).replace(
        "    attribute,\n)\n",
        "    attribute,\n)\n\n# Our own.\nfrom app.names import full\n",
        1,
    )
    old = old.replace("from ldapom import (", "import attrs\nfrom ldapom import (", 1)

    text = merged(old, NEW)

    assert text == old


def test_names_from_known_modules() -> None:
    """Names that kept code uses join the generator's own imports."""
    old = NEW.replace("    Query,\n", "    Query,\n    Session,\n    Sid as Number,\n")
    old += "\n    def go(self, session: Session, sid: Number, day: date) -> None: ...\n"
    old = old.replace("from typing", "from datetime import date\nfrom typing", 1)

    text = merged(old, NEW)

    assert "    Session,\n" in text
    assert "from ldapom import Sid as Number\n" in text
    assert "from datetime import date\n" in text
    imported(text)
    assert merged(text, NEW) == text


def test_imports_that_look_like_ours() -> None:
    """A relative import, one of all, and one that only texts name are somebody's."""
    others = (
        "from datetime import tzinfo\nfrom decimal import *\nfrom typing import *\n"
    )
    old = NEW.replace("from typing import", others + "from typing import", 1)
    old = old.replace(
        "from ldapom import (", "from .uuid import own\nfrom ldapom import (", 1
    )
    old += '\n    def zone(self) -> "tzinfo": ...\n'

    text = merged(old, NEW)

    ast.parse(text)
    assert merged(text, NEW) == text
    for line in (*others.splitlines(), "from .uuid import own"):
        assert text.count(f"{line}\n") == 1


def test_decorators_stay() -> None:
    """What decorates a generated class stays, with its import and its comments."""
    old = NEW.replace(
        "from typing import", "from typing import final\nfrom typing import", 1
    )
    old = old.replace(
        "class User(", "# mine\n@final  # too\n# and this\nclass User(", 1
    )

    text = merged(old, NEW)

    assert "\n\n\n# mine\n@final  # too\n# and this\nclass User(" in text
    assert imported(text).User.__final__
    assert merged(text, NEW) == text


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("class User(", "class User(\n    # why\n    "),
        (', rdn="uid"):', ', rdn="uid"\n    # why\n):'),
        (', rdn="uid"):', ', rdn="uid"\n):\n    # why'),
        ('attribute("uid"', 'attribute(\n        # why\n        "uid"'),
    ],
)
def test_comments_within_generated_statements(here: str, there: str) -> None:
    """A comment between the brackets of what is generated stands above it then."""
    old = NEW.replace(here, there)
    assert old != NEW

    text = merged(old, NEW)

    assert text.count("# why\n") == old.count("# why\n")
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(NEW))
    assert merged(text, NEW) == text


@pytest.mark.parametrize(
    "own",
    [
        '''class Printer(Entry, object_class="printer"):
    """An entry of the printers' tree."""

    cn: Attr[str] = attribute("cn", must=True)
''',
        '''class Printer(Entry, object_class="printer"):
    """Structural class of mine."""

    cn: Attr[str] = attribute("cn", must=True)
''',
        '''class PrinterQuery(TypedDict):
    """What `Printer.query` takes as keywords and as filters."""

    cn: str
''',
    ],
)
def test_classes_that_look_like_ours(own: str) -> None:
    """A class that says nearly what the generator writes is somebody's."""
    assert merged(f"{NEW}\n\n{own}", BOTH).endswith(own)


def test_a_class_that_is_there_twice() -> None:
    """The second class of a name stays: which one was meant can not be known."""
    own = "class User(Entry):\n    zone = 1\n"
    text = merged(f"{NEW}\n\n{own}", NEW)

    assert text.endswith(f"\n\n\n{own}")
    assert merged(text, NEW) == text


def test_line_ends() -> None:
    """A file from Windows keeps its line ends; a byte order mark is no code."""
    mine = NEW + METHODS
    crlf = mine.replace("\n", "\r\n")

    assert merged(crlf, NEW) == merged(mine, NEW).replace("\n", "\r\n")
    assert merged(NEW.replace("\n", "\r\n"), NEW) == NEW.replace("\n", "\r\n")
    assert merged("\ufeff" + mine, NEW) == merged(mine, NEW)
    assert merged(mine.replace("3", "'''a\rb'''"), NEW).count("async def wait") == 1


def test_a_file_of_another_sort() -> None:
    """A module that was never generated keeps all it has."""
    old = (
        '"""Mine."""\n\nimport sys\n\n\ndef main() -> int:\n    return len(sys.argv)\n'
    )

    text = merged(old, NEW)

    assert "def main() -> int:" in text
    assert "import sys" in text
    assert text.startswith('"""Entry classes')


@pytest.mark.parametrize("old", ["def broken(:\n", "\x00", "class A:\n\x1b"])
def test_no_python(old: str) -> None:
    """What can not be read is refused, so that nothing is lost."""
    with pytest.raises(SchemaError, match="no Python"):
        merged(old, NEW)


_STATEMENTS = st.sampled_from(
    [
        "x = 1",
        "def f(self):\n        return 1",
        "@property\n    def g(self):\n        return 2",
        "# only a comment\n    y: int = 2",
        "# alone\n\n    # and above\n    u = 6",
        "class Inner:\n        z = 3",
        '"""A text in between."""\n    w = 4',
        "if True:\n        v = 5",
    ]
)


@given(st.lists(_STATEMENTS, max_size=4), st.lists(_STATEMENTS, max_size=3))
def test_nothing_is_lost(inside: list[str], outside: list[str]) -> None:
    """Whatever stands in and behind the classes is there after generating twice."""
    old = NEW + "".join(f"\n    {one}\n" for one in inside)
    old += "".join("\n\n" + one.replace("\n    ", "\n") + "\n" for one in outside)

    once = merged(old, BOTH)

    ast.parse(once)
    assert merged(once, BOTH) == once
    for name in (
        "x = 1",
        "def f(",
        "def g(",
        "y: int = 2",
        "z = 3",
        "w = 4",
        "v = 5",
        "# alone",
    ):
        assert once.count(name) == old.count(name)
