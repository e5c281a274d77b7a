"""What a picture shows, and in what words."""

from __future__ import annotations

import pytest

from ldapom.errors import SchemaError
from ldapom.schema import Schema
from ldapom.schema.graph import Picture, picture

RULED = Schema.standard().merge(
    Schema.parse(
        dit_content_rules=[
            "( 2.16.840.1.113730.3.2.2 NAME 'people' AUX posixAccount MUST uid )"
        ]
    )
)


def names(found: Picture) -> set[str]:
    """Give the classes that are drawn."""
    return {box.name for box in found.boxes}


def test_a_class_brings_its_superiors() -> None:
    """Those above it, and nothing else."""
    found = picture(Schema.standard(), ["inetOrgPerson"])

    assert names(found) == {"inetOrgPerson", "organizationalPerson", "person", "top"}
    assert [box.name for box in found.boxes if box.chosen] == ["inetOrgPerson"]


def test_a_content_rule_brings_auxiliaries() -> None:
    """What may be added to a chosen class is drawn beside it."""
    found = picture(RULED, ["inetOrgPerson"])
    box = found.by_name["inetOrgPerson"]

    assert "posixAccount" in names(found)
    assert found.beside(box) == ("posixAccount",)
    assert [row.name for row in box.must] == ["uid"]
    assert "uid" not in [row.name for row in box.may]


def test_without_a_choice_it_is_everything() -> None:
    """All classes, none of them chosen."""
    found = picture(Schema.standard())

    assert len(found.boxes) == len(Schema.standard().object_classes)
    assert not any(box.chosen for box in found.boxes)


def test_auxiliary_alone() -> None:
    """Above an auxiliary class ``top`` tells nothing, unless it was asked for."""
    assert names(picture(Schema.standard(), ["posixAccount"])) == {"posixAccount"}
    both = picture(Schema.standard(), ["posixAccount", "top"])
    assert names(both) == {"posixAccount", "top"}


def test_in_words() -> None:
    """Who can not see it can read it."""
    words = picture(RULED, ["inetOrgPerson", "person"]).described()

    assert "person, structural; derived from top; requires cn, sn;" in words
    assert "goes with posixAccount" in words


def test_hints() -> None:
    """An attribute says what it is in Python, and the schema's words on it."""
    box = picture(Schema.standard(), ["posixAccount"]).by_name["posixAccount"]
    hints = {row.name: row.hint for row in box.must}

    assert hints["uidNumber"].startswith("int")
    assert hints["cn"].startswith("list[str]. ")


def test_an_unknown_class() -> None:
    """It is an error with a suggestion."""
    with pytest.raises(SchemaError, match="did you mean 'person'"):
        picture(Schema.standard(), ["persn"])


def test_numbers_in_names() -> None:
    """Attributes stand in the order that people expect."""
    schema = Schema.parse(
        object_classes=["( 1.1 NAME 'x' MAY ( a10 $ a2 $ B $ a $ 7up ) )"]
    )

    (box,) = picture(schema).boxes

    assert [row.name for row in box.may] == ["7up", "a", "a2", "a10", "B"]
