"""What differs between two generated modules, for people."""

from __future__ import annotations

from ldapom.schema import Schema
from ldapom.schema.codegen import summary
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
