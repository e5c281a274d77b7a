"""What differs between two generated modules, for people."""

from __future__ import annotations

import pytest

from ldapom.schema import Schema
from ldapom.schema.codegen import summary
from ldapom.schema.codegen.compare import is_same
from tests.schema.codegen.support import asks, generated

USER = "User=inetOrgPerson@ou=people,dc=example,dc=com:uid"
SN = "attribute('sn', must=True)"
HEAD = "class User(InetOrgPerson, base='ou={},dc=example,dc=com', rdn='uid')"
MODULE = generated(Schema.standard(), asks(USER))


def test_nothing() -> None:
    """Equal modules differ in nothing, nor do modules with other documentation."""
    assert summary(MODULE, MODULE) == []
    assert summary(MODULE, MODULE.replace("Family name", "Surname")) == []


def test_attributes() -> None:
    """Attributes that come, go and change are named with their declaration."""
    old = MODULE.replace("sn: Many[str]", "sn: Many[bytes]")
    old = old.replace("    o: Many", "    oo: Many")

    assert summary(old, MODULE) == [
        "~ class Person",
        f"    ~ sn: Many[bytes] = {SN} -> Many[str] = {SN}",
        "~ class InetOrgPerson",
        "    + o: Many[str] = attribute('o', default=())",
        "    - oo: Many[str] = attribute('o', default=())",
    ]


def test_classes() -> None:
    """Classes that come and go, and such with other bases."""
    both = generated(Schema.standard(), asks(USER, "Device=device"))

    assert summary(MODULE, both) == [
        "+ class Device_(Entry, object_class='device')",
        "+ class Device(Device_, rdn='cn')",
    ]
    assert summary(both, MODULE)[0].startswith("- class Device")
    moved = MODULE.replace('base="ou=people', 'base="ou=staff')
    before = HEAD.format("people")
    after = HEAD.format("staff")
    assert summary(MODULE, moved) == ["~ class User", f"    ~ {before} -> {after}"]


def test_what_is_no_python() -> None:
    """A file that does not parse has no classes: all of them are new."""
    lines = summary("no (python", MODULE)

    assert all(line.startswith("+ class") for line in lines)
    assert len(lines) == 4


WRITTEN = '''"""Made."""

from ldapom import Entry


class A(Entry, object_class="a"):
    """An a."""

    x: Many[str] = attribute("x", default=(), equality="caseExactMatch")
    """An x."""

    def mine(self) -> str:
        return "mine"


HELPER = 1
'''


def test_the_layout_does_not_matter() -> None:
    """Own code at another place, other line lengths and quotes, say the same."""
    moved = WRITTEN.replace("\n\nHELPER = 1\n", "").replace(
        "\n\nclass A", "\nHELPER = 1\n\n\nclass A"
    )
    method = WRITTEN[WRITTEN.index("    def mine") : WRITTEN.index("\n\nHELPER")]
    head = '"""An a."""\n'
    upper = WRITTEN.replace(method, "").replace(head, f"{head}\n{method}")
    short = WRITTEN.replace('("x", ', "(\n        'x',\n        ")
    for other in (moved, upper, short):
        assert is_same(WRITTEN, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("An x.", "A y."),
        ("default=()", "must=True"),
        ("(Entry", "(Other"),
        ("Made", "Made anew"),
        ('"mine"', '"yours"'),
        ("class A", "@frozen\nclass A"),
        ("HELPER = 1", "HELPER = "),
    ],
)
def test_what_does_matter(old: str, new: str) -> None:
    """Whatever a reader or a program would notice."""
    assert not is_same(WRITTEN, WRITTEN.replace(old, new))
