"""What a schema finds, what it inherits, and what it says is wrong with it."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path

import pytest

from ldapom.errors import LDAPError, SchemaError
from ldapom.schema import AttributeType, Kind, ObjectClass, Schema

SYSTEM_SCHEMAS = Path("/etc/ldap/schema")

NAME_TYPE = (
    "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch"
    " SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )"
)
TYPES = [
    NAME_TYPE,
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
    "( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP 2.5.4.41 )",
    "( 1.1 NAME 'uid' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
]
CLASSES = [
    "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
    "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( surname $ 2.5.4.3 ) MAY UID )",
    "( 2.1 NAME 'account' SUP top AUXILIARY MUST uid MAY ( cn $ other ) )",
    "( 2.2 NAME 'worker' SUP PERSON STRUCTURAL MAY ( name $ sn ) )",
]


@pytest.fixture
def schema() -> Schema:
    """A small schema with superiors, aliases and an unknown attribute."""
    return Schema.parse(attribute_types=TYPES, object_classes=CLASSES)


def test_lookup_by_any_name(schema: Schema) -> None:
    """One definition is found by each name and its OID, in any case."""
    definition = schema.attribute_types["cn"]
    for name in ("CN", "commonname", "COMMONNAME", "2.5.4.3"):
        assert schema.attribute_types[name] is definition
        assert name in schema.attribute_types
    assert "x" not in schema.attribute_types
    number: object = 1
    assert number not in schema.attribute_types
    assert schema.attribute_types.get("x") is None
    assert schema.attribute_type("cn;lang-de") is definition
    assert schema.object_class("PERSON").kind is Kind.structural


def test_views_hold_each_definition_once(schema: Schema) -> None:
    """A view has as many items as definitions, in the order they were given."""
    assert list(schema.attribute_types) == ["name", "cn", "sn", "uid"]
    assert [d.oid for d in schema.attribute_types.values()] == [
        "2.5.4.41",
        "2.5.4.3",
        "2.5.4.4",
        "1.1",
    ]
    assert len(schema.attribute_types) == 4
    assert len(list(schema.definitions())) == 8


def test_unknown_names_get_suggestions(schema: Schema) -> None:
    """An unknown name raises, naming what is spelled much like it."""
    with pytest.raises(SchemaError, match="did you mean 'cn'"):
        schema.attribute_type("comonName")
    with pytest.raises(SchemaError, match="did you mean 'person'"):
        schema.must("persn")
    with pytest.raises(SchemaError, match=r"no object class 'zzzzzz'$"):
        schema.superiors("zzzzzz")


def test_effective_follows_sup(schema: Schema) -> None:
    """What a type does not say itself it has from its superior, by name or OID."""
    for name in ("cn", "sn"):
        definition = schema.attribute_type(name)
        assert definition.syntax is None
        assert definition.effective_syntax == "1.3.6.1.4.1.1466.115.121.1.15"
        assert definition.effective_length == 32768
        assert definition.effective_equality == "caseIgnoreMatch"
        assert definition.effective_ordering is None
        assert definition.effective_substr == "caseIgnoreSubstringsMatch"
    whole = schema.effective("cn")
    assert whole.syntax == "1.3.6.1.4.1.1466.115.121.1.15"
    assert (whole.length, whole.equality) == (32768, "caseIgnoreMatch")
    assert whole.names == ("cn", "commonName")


def test_a_superior_does_not_count_in_equality(schema: Schema) -> None:
    """A type of a schema equals the same type read alone."""
    assert schema.attribute_type("cn") == AttributeType.parse(TYPES[1])


def test_superiors_nearest_first(schema: Schema) -> None:
    """Superiors are named once, nearest first, by their first names."""
    assert schema.superiors("worker") == ("person", "top")
    assert schema.superiors("top") == ()


def test_superiors_of_a_diamond() -> None:
    """With several superiors each stands before its own."""
    diamond = Schema.parse(
        object_classes=[
            "( 1 NAME 'a' SUP ( b $ c ) )",
            "( 2 NAME 'b' SUP d )",
            "( 3 NAME 'c' SUP ( e $ d ) )",
            "( 4 NAME 'd' SUP gone )",
            "( 5 NAME 'e' SUP d )",
        ]
    )
    assert diamond.superiors("a") == ("b", "c", "e", "d", "gone")


def test_must_and_may(schema: Schema) -> None:
    """MUST is the union over classes and superiors and wins over MAY."""
    assert schema.must("worker") == ("objectClass", "sn", "cn")
    assert schema.may("worker") == ("uid", "name")
    assert schema.must("worker", "account") == ("objectClass", "sn", "cn", "uid")
    assert schema.may("worker", "account") == ("name", "other")
    assert schema.must() == schema.may() == ()


def test_sup_cycles() -> None:
    """A circle of superiors ends every walk and is listed as a problem."""
    circle = Schema.parse(
        attribute_types=[
            "( 1 NAME 'a' SUP b )",
            "( 2 NAME 'b' SUP a EQUALITY e )",
            "( 3 NAME 'c' SUP c )",
        ],
        object_classes=["( 1 NAME 'x' SUP y MUST a )", "( 2 NAME 'y' SUP x MUST b )"],
    )
    assert circle.attribute_type("a").effective_syntax is None
    assert circle.attribute_type("a").effective_equality == "e"
    assert circle.attribute_type("c").effective_syntax is None
    assert circle.superiors("x") == ("y",)
    assert circle.must("x") == ("b", "a")
    reasons = [problem.reason for problem in circle.problems]
    assert reasons.count("SUP leads into a circle") == 5
    assert pickle.loads(pickle.dumps(circle)).fingerprint == circle.fingerprint


def test_long_chains_do_not_overflow() -> None:
    """Thousands of superiors in a row, or in a circle, are walked in time."""
    size = 20_000
    chain = [f"( 1.{n} NAME 'c{n}' SUP c{n + 1} )" for n in range(size)]
    schema = Schema.parse(object_classes=chain, attribute_types=chain)
    assert len(schema.superiors("c0")) == size
    assert schema.attribute_type("c0").effective_syntax is None
    circle = Schema.parse(object_classes=[*chain, f"( 2.0 NAME 'c{size}' SUP c0 )"])
    assert len(circle.problems) == size + 1


def test_problems_between_definitions() -> None:
    """What does not fit together is listed, nothing raises, all stays usable."""
    schema = Schema.parse(
        ldap_syntaxes=["( 1.9 DESC 'mine' )"],
        attribute_types=[
            "( 1.1 NAME 'a' SUP nowhere )",
            "( 1.2 NAME 'b' SYNTAX 1.99 )",
            "( 1.3 NAME 'c' )",
            "( 1.4 NAME 'd' SYNTAX 1.9 )",
        ],
        object_classes=[
            "( 2.1 NAME 'x' SUP missing MUST a MAY gone )",
            "( 2.2 NAME 'y' SUP top MUST a )",
        ],
    )
    assert [(p.kind, p.reason, p.position) for p in schema.problems] == [
        ("attributeTypes", "SUP names 'nowhere', which is not defined", None),
        ("attributeTypes", "SYNTAX '1.99' is not defined", None),
        ("attributeTypes", "there is neither SUP nor SYNTAX", None),
        ("objectClasses", "SUP names 'missing', which is not defined", None),
        ("objectClasses", "MAY names 'gone', which is not defined", None),
    ]
    assert "nowhere" in str(schema.problems[0])
    assert schema.may("x") == ("gone",)


def test_a_part_of_a_schema_has_no_problems() -> None:
    """One kind alone is not blamed for what stands in the others."""
    assert Schema.parse(object_classes=[CLASSES[1]]).problems == ()
    assert Schema.parse(attribute_types=[TYPES[0]]).problems == ()


def test_one_name_twice() -> None:
    """The first definition keeps a name; the second is found by what remains."""
    schema = Schema.parse(
        attribute_types=[
            "( 1.1 NAME 'mail' SYNTAX 1.3 )",
            "( 1.2 NAME ( 'Mail' 'email' ) SYNTAX 1.4 )",
            "( 1.1 NAME 'MAIL' SYNTAX 1.5 )",
        ]
    )
    assert schema.attribute_type("MAIL").oid == "1.1"
    assert schema.attribute_type("email").oid == "1.2"
    assert list(schema.attribute_types) == ["mail", "email"]
    assert [schema.attribute_types[n].oid for n in schema.attribute_types] == [
        "1.1",
        "1.2",
    ]
    reasons = [problem.reason for problem in schema.problems]
    assert reasons == [
        "'Mail' is already the name of 1.1; the definition that came first is used",
        "'MAIL' is already the name of 1.1; the definition that came first is used",
        "1.1 is already the OID of 'mail'; the definition that came first is used",
    ]


def test_one_name_twice_in_one_definition() -> None:
    """One definition may spell its name in two ways."""
    schema = Schema.parse(attribute_types=["( 1.1 NAME ( 'a' 'A' ) SYNTAX 1.3 )"])
    assert schema.problems == ()
    assert list(schema.attribute_types) == ["a"]


def test_content_rules() -> None:
    """The rule of a structural class is found by any name of the class."""
    schema = Schema.parse(
        object_classes=["( 1.1 NAME ( 'user' 'account' ) )"],
        dit_content_rules=["( 1.1 NAME 'userRule' AUX ( x $ y ) )"],
    )
    for name in ("user", "ACCOUNT", "1.1"):
        rule = schema.content_rule(name)
        assert rule is not None
        assert rule.aux == ("x", "y")
    assert schema.content_rule("other") is None
    assert schema.problems[0].reason == "AUX names 'x', which is not defined"


def test_fingerprint(schema: Schema) -> None:
    """The fingerprint knows definitions, not their order, blanks or spelling."""
    other = Schema.parse(
        attribute_types=[t.replace(" ", "  ") for t in reversed(TYPES)],
        object_classes=[c.replace("NAME", "name").encode() for c in CLASSES],
    )
    assert other.fingerprint == schema.fingerprint
    assert len(schema.fingerprint) == 64
    changed = Schema.parse(attribute_types=TYPES, object_classes=CLASSES[1:])
    assert changed.fingerprint != schema.fingerprint


def test_copies(schema: Schema) -> None:
    """A pickled or copied schema finds and inherits as the first one does."""
    broken = Schema.parse(attribute_types=[*TYPES, "( broken"])
    for other in (pickle.loads(pickle.dumps(broken)), copy.deepcopy(broken)):
        assert other.fingerprint == broken.fingerprint
        assert other.problems == broken.problems
        assert other.attribute_type("cn").effective_equality == "caseIgnoreMatch"


def test_of_takes_its_own_copies(schema: Schema) -> None:
    """Definitions of one schema can be put into another without changing it."""
    alone = Schema.of(schema.attribute_type("cn"), ObjectClass("1.2", ("x",)))
    assert alone.attribute_type("cn").effective_syntax is None
    assert schema.attribute_type("cn").effective_syntax is not None
    assert alone.object_class("x").kind is Kind.structural


def test_empty() -> None:
    """A server may show no schema at all."""
    empty = Schema.empty()
    assert list(empty.definitions()) == []
    assert empty.problems == ()
    assert repr(empty) == "<Schema empty>"
    assert Schema.from_attributes({}).fingerprint == empty.fingerprint


def test_unknown_keyword() -> None:
    """A misspelled kind is a mistake of the caller."""
    with pytest.raises(TypeError, match="attribute_typs"):
        Schema.parse(attribute_typs=[])  # type: ignore[call-arg]  # that is the point


def test_from_attributes() -> None:
    """The attributes of a subschema entry are read by any name in any case."""
    schema = Schema.from_attributes(
        {
            "cn": [b"Subschema"],
            "objectClass": [b"top", b"subschema"],
            "ATTRIBUTETYPES": [t.encode() for t in TYPES],
            "2.5.21.6": [c.encode() for c in CLASSES],
            "matchingRuleUse": [b"( 2.5.13.2 APPLIES cn )"],
        }
    )
    assert repr(schema) == (
        "<Schema matching_rule_uses=1, attribute_types=4, object_classes=4>"
    )


SUBSCHEMA_LDIF = """\
dn: cn=Subschema
objectClass: top
objectClass: subschema
attributeTypes: ( 1.1 NAME 'a' DESC 'long and
  folded' SYNTAX 1.3 )
objectClasses: ( 2.1 NAME 'x' SUP top MUST a )
"""
CONFIG_LDIF = """\
dn: cn=schema,cn=config
objectClass: olcSchemaConfig
olcObjectIdentifier: {0}base 1.9
olcObjectIdentifier: {1}sub base:2

dn: cn={0}mine,cn=schema,cn=config
objectClass: olcSchemaConfig
olcAttributeTypes: {0}( sub:1 NAME 'a' SYNTAX base:7{64} )
olcAttributeTypes: {1}( sub NAME 'b' SYNTAX 1.3 )
olcObjectClasses: {0}( 2.1 NAME 'x' SUP top MUST a )
"""
MODIFY_LDIF = """\
dn: cn=schema
changetype: modify
add: attributeTypes
attributeTypes: ( 1.1 NAME 'a' SYNTAX 1.3 )
-
add: objectClasses
objectClasses: ( 2.1 NAME 'x' SUP top MUST a )
-
"""
STATEMENTS = """\
# a comment
objectIdentifier base 1.9
ObjectIdentifier sub base:2

attributetype ( sub:1 NAME 'a'
\tDESC 'it
  goes on'
# a comment within
\tSYNTAX base:7{64} )
AttributeType ( base:7:1 NAME 'b' SYNTAX 1.3 )
objectclass ( 2.1 NAME 'x' SUP top
    MUST a )
"""


@pytest.mark.parametrize("text", [SUBSCHEMA_LDIF, CONFIG_LDIF, MODIFY_LDIF, STATEMENTS])
def test_files(text: str, tmp_path: Path) -> None:
    """LDIF of either sort and schema files are read, from paths and open files."""
    path = tmp_path / "file"
    path.write_text(text, "utf-8")
    sources = (path, str(path), io.StringIO(text), io.BytesIO(text.encode()))
    for source in sources:
        schema = Schema.from_ldif(source)
        assert [p for p in schema.problems if p.position is not None] == []
        assert schema.must("x") == ("a",)


@pytest.mark.parametrize("text", [CONFIG_LDIF, STATEMENTS])
def test_macros(text: str) -> None:
    """OpenLDAP's macros give their OIDs."""
    schema = Schema.from_ldif(io.StringIO(text))
    definition = schema.attribute_type("a")
    assert (definition.oid, definition.syntax) == ("1.9.2.1", "1.9.7")
    assert definition.length == 64
    assert schema.attribute_type("b").oid.startswith("1.9")


def test_macros_without_end() -> None:
    """A macro that is too long for an OID stands for nothing, nor do those upon it."""
    lines = [f"objectidentifier huge 1.{'1' * 100_000}"]
    lines += [f"objectidentifier m{number} huge:{number}" for number in range(100)]
    lines += [f"attributetype ( m{number}:1 NAME 'a{number}' )" for number in range(9)]
    schema = Schema.from_ldif(io.StringIO("\n".join(lines)))

    assert len(schema.attribute_types) == 9
    assert max(len(one.oid) for one in schema.attribute_types.values()) < 1000


@pytest.mark.parametrize("text", ["", "dn: cn=x\ncn: x\n", "# nothing\n"])
def test_files_without_a_schema(text: str) -> None:
    """A file that holds no definition is refused in a sentence."""
    with pytest.raises(LDAPError):
        Schema.from_ldif(io.StringIO(text))


def test_missing_file(tmp_path: Path) -> None:
    """A path that leads nowhere is the caller's error."""
    with pytest.raises(FileNotFoundError):
        Schema.from_ldif(tmp_path / "none")


def test_standard() -> None:
    """The standard schema is whole: described, sourced, free of problems."""
    standard = Schema.standard()
    assert standard.problems == ()
    for definition in standard.definitions():
        assert definition.extensions["X-ORIGIN"]
        assert definition.description, definition  # type: ignore[attr-defined]  # all kinds have it
        assert type(definition).parse(str(definition)) == definition
    for attribute in standard.attribute_types.values():
        rules = (attribute.equality, attribute.ordering, attribute.substr)
        assert all(r in standard.matching_rules for r in rules if r), attribute
        assert attribute.effective_syntax in standard.ldap_syntaxes
    for rule in standard.matching_rules.values():
        assert rule.syntax in standard.ldap_syntaxes


def test_standard_classes() -> None:
    """The classes applications use have the attributes their RFCs give them."""
    standard = Schema.standard()
    assert standard.superiors("inetOrgPerson") == (
        "organizationalPerson",
        "person",
        "top",
    )
    assert standard.must("inetOrgPerson", "posixAccount") == (
        "objectClass",
        "sn",
        "cn",
        "uid",
        "uidNumber",
        "gidNumber",
        "homeDirectory",
    )
    assert {"mail", "givenName", "telephoneNumber", "userCertificate"} <= set(
        standard.may("inetOrgPerson")
    )
    assert standard.attribute_type("createTimestamp").no_user_modification
    assert standard.attribute_type("dc").single_value


@pytest.mark.parametrize("suffix", ["ldif", "schema"])
def test_openldap_files(suffix: str) -> None:
    """Every schema file OpenLDAP ships is read whole and written back."""
    files = sorted(SYSTEM_SCHEMAS.glob(f"*.{suffix}"))
    if not files:
        pytest.skip(f"OpenLDAP's schema files are not in {SYSTEM_SCHEMAS}")
    for file in files:
        schema = Schema.from_ldif(file)
        unread = [p for p in schema.problems if p.position is not None]
        # RFC 4512 gives a syntax no NAME; OpenLDAP's own pmi file does.
        assert [p for p in unread if "NAME" not in p.reason] == [], file
        for definition in schema.definitions():
            assert type(definition).parse(str(definition)) == definition
