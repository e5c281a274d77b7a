"""Cards: all that a schema says of one name."""

from __future__ import annotations

from ldapom.schema import Schema
from ldapom.schema.cards import AttributeCard, ClassCard, OtherCard, cards, near

ACTIVE = Schema.parse(
    attribute_types=[
        """( 2.1 NAME 'objectSid' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE
        NO-USER-MODIFICATION X-AD-SYNTAX '2.5.5.17' X-AD-RANGE-UPPER '28'
        X-AD-GLOBAL-CATALOG )""",
        """( 2.2 NAME 'memberOf' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12
        X-AD-SYNTAX '2.5.5.1' X-AD-LINK-ID '3' )""",
    ],
    object_classes=[
        """( 1.1 NAME 'user' STRUCTURAL MAY memberOf X-AD-RDN 'cn'
        X-AD-AUXILIARY 'principal' X-AD-SUPERIORS 'container' )""",
        "( 1.2 NAME 'principal' AUXILIARY MUST objectSid )",
    ],
)


def a_class(schema: Schema, name: str) -> ClassCard:
    """Give the only card of a class."""
    (card,) = cards(schema, name)
    assert isinstance(card, ClassCard)
    return card


def an_attribute(schema: Schema, name: str) -> AttributeCard:
    """Give the only card of an attribute."""
    (card,) = cards(schema, name)
    assert isinstance(card, AttributeCard)
    return card


def test_a_class_with_all_it_inherits() -> None:
    """Types are those of a generated model; each attribute says where it is from."""
    card = a_class(Schema.standard(), "INETORGPERSON")
    found = {a.name: a for a in card.attributes}

    assert card.superiors == ("organizationalPerson", "person", "top")
    assert (found["sn"].must, found["sn"].type, found["sn"].source) == (
        True,
        "list[str]",
        "person",
    )
    assert found["displayName"].type == "str | None"
    assert found["jpegPhoto"].type == "list[bytes]"
    assert found["displayName"].how == "own"
    assert "RFC" not in found["displayName"].description


def test_an_attribute_in_words() -> None:
    """Syntax and rules are inherited, and said in words."""
    card = an_attribute(Schema.standard(), "commonName")

    assert card.identity.name == "cn"
    assert card.superiors == ("name",)
    assert card.syntax == "Directory String: text in any script"
    assert card.equality.startswith("caseIgnoreMatch: upper and lower case")
    assert card.ordering == ""
    assert "person" in card.required_by
    assert card.usage == "user"
    assert "cn" in an_attribute(Schema.standard(), "name").subtypes


def test_operational() -> None:
    """Who changes an attribute, and what it is for."""
    card = an_attribute(Schema.standard(), "createTimestamp")

    assert card.changed_by == "the server"
    assert card.usage.startswith("operational")
    assert card.type == "datetime"


def test_active_directory() -> None:
    """What only Active Directory says: static auxiliaries, ranges, links, SIDs."""
    user = a_class(ACTIVE, "user")
    found = {a.name: a for a in user.attributes}
    sid = an_attribute(ACTIVE, "objectSid")

    assert user.always_with == ("principal",)
    assert (user.rdn, user.parents) == ("cn", ("container",))
    assert found["objectSid"].how == "auxiliary"
    assert a_class(ACTIVE, "principal").belongs_to == ("user",)
    assert sid.type == "Sid"
    assert "range: … to 28" in sid.notes
    assert sid.equality == "the schema tells of no matching rules"
    assert any("back link" in n for n in an_attribute(ACTIVE, "memberOf").notes)


def test_rules_and_syntaxes() -> None:
    """They have cards too, with the attributes that use them, inherited or not."""
    (rule,) = cards(Schema.standard(), "caseIgnoreMatch")
    (syntax,) = cards(Schema.standard(), "1.3.6.1.4.1.1466.115.121.1.15")

    assert isinstance(rule, OtherCard)
    assert isinstance(syntax, OtherCard)
    assert {"name", "cn"} <= set(rule.used_by)
    assert "cn" in syntax.used_by


def test_one_name_two_definitions() -> None:
    """A class and an attribute of one name are both shown."""
    schema = Schema.parse(
        attribute_types=["( 1.1 NAME 'x' )"], object_classes=["( 1.2 NAME 'x' MUST y )"]
    )
    attribute_first = {type(card) for card in cards(schema, "x")}

    assert attribute_first == {ClassCard, AttributeCard}
    line = a_class(schema, "1.2").attributes[0]
    assert line.description == "the schema does not define it"


def test_nothing() -> None:
    """A name nobody has gives no card, and names that are near."""
    assert cards(Schema.standard(), "inetOrgPersn") == ()
    assert near(Schema.standard(), "inetOrgPersn")[0] == "inetOrgPerson"
