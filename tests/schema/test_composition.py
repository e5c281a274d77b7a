"""What a class is made of, whichever way its schema says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import Schema
from ldapom.schema.composition import (
    How,
    always_with,
    goes_with,
    parts,
    slots,
    subclasses,
    users,
)

CLASSES = (
    "( 1.0 NAME 'top' ABSTRACT MUST objectClass )",
    "( 1.1 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY mail )",
    "( 1.2 NAME 'worker' SUP person STRUCTURAL MUST mail MAY ( title $ surname ) )",
    "( 1.3 NAME 'account' SUP top AUXILIARY MUST uid MAY title )",
)
TYPES = (
    "( 2.1 NAME ( 'sn' 'surname' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 2.2 NAME 'title' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
)
ACTIVE = (
    CLASSES[0],
    "( 1.1 NAME 'user' SUP top STRUCTURAL X-AD-RDN 'cn' X-AD-AUXILIARY 'mailUser' )",
    "( 1.2 NAME 'mailUser' SUP base AUXILIARY MAY mail X-AD-RDN 'cn' )",
    "( 1.3 NAME 'base' SUP top AUXILIARY MUST uid )",
)


@pytest.fixture
def schema() -> Schema:
    """Classes with all that there can be beside them, but for Active Directory's."""
    rule = "( 1.2 NAME 'workers' AUX account MUST o MAY ou NOT mail )"
    return Schema.parse(
        attribute_types=TYPES, object_classes=CLASSES, dit_content_rules=[rule]
    )


def test_parts_in_order(schema: Schema) -> None:
    """Its own part, its content rule, then its superiors, nearest first."""
    found = parts(schema, "WORKER")

    assert [(part.name, part.how) for part in found] == [
        ("worker", How.own),
        ("worker", How.rule),
        ("person", How.superior),
        ("top", How.superior),
    ]
    assert found[0].may == ("title", "sn")


def test_what_is_demanded_anywhere_is_demanded(schema: Schema) -> None:
    """MUST wins over MAY, and the nearest part is named."""
    found = {slot.name: (slot.must, slot.part.name) for slot in slots(schema, "worker")}

    assert found["mail"] == (True, "worker")
    assert found["sn"] == (True, "person")
    assert found["title"] == (False, "worker")
    assert found["o"] == (True, "worker")
    assert len(found) == len(slots(schema, "worker"))


def test_static_auxiliaries_and_theirs() -> None:
    """What Active Directory folds into a class is a part, with its superiors."""
    schema = Schema.parse(object_classes=ACTIVE)

    found = {part.name: part.how for part in parts(schema, "user")}

    assert found == {
        "user": How.own,
        "mailUser": How.auxiliary,
        "base": How.auxiliary,
        "top": How.superior,
    }
    assert always_with(schema, schema.object_class("user")) == ("mailUser",)


def test_what_goes_with_a_class(schema: Schema) -> None:
    """A content rule's auxiliaries go with the class, but are no part of it."""
    worker = schema.object_class("worker")

    assert goes_with(schema, worker) == ("account",)
    assert always_with(schema, worker) == ()
    assert goes_with(schema, schema.object_class("person")) == ()


def test_the_other_way_round(schema: Schema) -> None:
    """Who names an attribute, and who stands below a class."""
    found = users(schema)

    assert found["mail"].must == ("worker",)
    assert found["mail"].may == ("person",)
    assert found["sn"].may == ("worker",)
    assert found["ou"].may == ("worker",)
    assert subclasses(schema)["top"] == ("account", "person")


def test_a_class_nobody_defines(schema: Schema) -> None:
    """Asking for it is an error that names it."""
    with pytest.raises(SchemaError, match="'walker'"):
        parts(schema, "walker")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.lists(st.sampled_from("abcd"), max_size=3)
        ),
        max_size=6,
    )
)
def test_circles_end(above: list[tuple[str, list[str]]]) -> None:
    """Whatever stands above or beside what, each class is a part once."""
    texts = [
        f"( 1.{number} NAME '{name}' SUP ( {' $ '.join(sup) or 'top'} ) "
        f"X-AD-RDN 'cn' X-AD-AUXILIARY ( {' '.join(map(repr, sup or ['top']))} ) )"
        for number, (name, sup) in enumerate(above)
    ]
    schema = Schema.parse(object_classes=texts)

    for name in schema.object_classes:
        names = [part.name for part in parts(schema, name)]
        assert names[0] == name
        assert len(names) == len(set(names))


def test_rules_that_repeat() -> None:
    """Active Directory's content rules say again what its class entries say."""
    rule = "( 1.1 NAME 'user' AUX mailUser MUST uid MAY mail )"
    schema = Schema.parse(object_classes=ACTIVE, dit_content_rules=[rule])

    assert How.rule not in [part.how for part in parts(schema, "user")]
    assert goes_with(schema, schema.object_class("user")) == ("mailUser",)


def test_rules_that_name_every_auxiliary_class() -> None:
    """Those of Active Directory's subschema entry put no class beside another one."""
    top = "( 1.0 NAME 'top' ABSTRACT MUST ( objectClass $ nTSecurityDescriptor ) )"
    rule = "( 1.1 NAME 'person' AUX account MUST uid )"
    schema = Schema.parse(object_classes=[top, *CLASSES[1:]], dit_content_rules=[rule])

    assert goes_with(schema, schema.object_class("person")) == ()
    assert ("person", How.rule) in [(p.name, p.how) for p in parts(schema, "person")]
