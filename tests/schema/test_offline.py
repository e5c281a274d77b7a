"""Whole schemas of real servers, as ldap3 carries them: read as ldap3 reads them."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from ldapom.schema import Schema
from tests.schema.codegen.support import asks, generated, imported

ldap3 = pytest.importorskip("ldap3")

#: The servers whose schemas it has.
SERVERS = (
    "OFFLINE_AD_2012_R2",
    "OFFLINE_DS389_1_3_3",
    "OFFLINE_EDIR_8_8_8",
    "OFFLINE_EDIR_9_1_4",
    "OFFLINE_SLAPD_2_4",
)
every_server = pytest.mark.parametrize("name", SERVERS)


@cache
def theirs(name: str) -> Any:
    """What ldap3 makes of it."""
    return ldap3.Server("offline", get_info=getattr(ldap3, name)).schema


@cache
def ours(name: str) -> Schema:
    """What this package makes of the same texts."""
    return Schema.from_attributes(theirs(name).raw)


def texts(name: str, kind: str) -> list[str | bytes]:
    """The definitions of one kind."""
    return [t for k, v in theirs(name).raw.items() if k.lower() == kind for t in v]


def listed(value: Any) -> list[str]:
    """What ldap3 gives is a list, a text or nothing."""
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


@every_server
def test_everything_is_read(name: str) -> None:
    """Each text is a definition, or it is a problem that shows it."""
    schema = ours(name)
    assert not [str(p) for p in schema.problems if p.position is not None]
    assert len(schema.object_classes) == len(texts(name, "objectclasses"))
    assert len(schema.attribute_types) == len(texts(name, "attributetypes"))


@every_server
def test_attributes(name: str) -> None:
    """Attribute for attribute: names, syntax and bound, superior, rules, flags."""
    found = theirs(name).attribute_types
    assert len(found) > 400
    for one in ours(name).attribute_types.values():
        # Two of eDirectory's share an OID.
        other = found[one.names[0]]
        assert one.oid == other.oid
        assert list(one.names) == listed(other.name)
        assert (one.syntax or "", one.length) == (other.syntax or "", other.min_length)
        assert [one.sup] * bool(one.sup) == listed(other.superior)
        assert [one.equality] * bool(one.equality) == listed(other.equality)
        assert one.single_value == bool(other.single_value)
        assert one.no_user_modification == bool(other.no_user_modification)


@every_server
def test_classes(name: str) -> None:
    """Class for class: names, kind, superiors, MUST and MAY."""
    found = theirs(name).object_classes
    assert len(found) > 100
    for one in ours(name).object_classes.values():
        other = found[one.names[0]]
        assert one.oid == other.oid
        assert list(one.names) == listed(other.name)
        assert list(one.sup) == listed(other.superior)
        assert sorted(one.must) == sorted(set(listed(other.must_contain)))
        assert sorted(one.may) == sorted(set(listed(other.may_contain)))
        assert one.kind.value == (other.kind or "Structural").lower()


@every_server
def test_every_class_generates(name: str) -> None:
    """The whole schema becomes one module that imports, of a size people can open."""
    schema = ours(name)
    code = generated(schema, asks(everything=True))
    module = imported(code)
    classes = [each for each in vars(module).values() if isinstance(each, type)]
    assert len(classes) >= len(schema.object_classes)
    # Not each attribute again in each class.
    assert code.count("\n") < 6 * len(schema.attribute_types) + 2000
