"""What an attribute is in Python, and how the mapper reads the same from the class."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ldapom import DN, PostalAddress, Sid
from ldapom.mapper.classes import convert
from ldapom.schema import Schema, matching, syntaxes
from ldapom.schema.codegen.members import (
    Habits,
    Member,
    member,
    publishes_rules,
)
from tests.schema.codegen import support

OIDS = "1.3.6.1.4.1.1466.115.121.1."
AD_INTEGER = "1.2.840.113556.1.4.906"
AD_TYPES = [
    f"( 1.2.1 NAME 'objectGUID' SYNTAX {OIDS}40 SINGLE-VALUE NO-USER-MODIFICATION )",
    f"( 1.2.2 NAME 'objectSid' SYNTAX {OIDS}40 SINGLE-VALUE )",
    f"( 1.2.3 NAME 'pwdLastSet' SYNTAX {AD_INTEGER} SINGLE-VALUE )",
    f"( 1.2.4 NAME 'maxPwdAge' SYNTAX {AD_INTEGER} SINGLE-VALUE )",
    f"( 1.2.5 NAME 'member' SYNTAX {OIDS}12 )",
    "( 1.2.6 NAME 'nTSecurityDescriptor' SYNTAX 1.2.840.113556.1.4.907 SINGLE-VALUE )",
    f"( 1.2.7 NAME 'invocationId' SYNTAX {OIDS}15 )",
    f"( 1.2.9 NAME 'replPropertyMetaData' SYNTAX {OIDS}40 NO-USER-MODIFICATION )",
    "( 1.2.8 NAME 'parentGUID' SYNTAX 1.2.3.99.1 )",
]


def of(schema: Schema, name: str, *, single: bool = False) -> Member:
    """Look at one attribute."""
    return member(
        schema, name, name, single=single, habits=Habits(publishes_rules(schema))
    )


@pytest.fixture(scope="module")
def standard() -> Schema:
    """The standard schema."""
    return Schema.standard()


@pytest.mark.parametrize(
    ("name", "python", "multi", "syntax", "equality"),
    [
        ("cn", str, True, None, None),
        ("mail", str, True, "IA5 String", None),
        ("uidNumber", int, False, None, None),
        ("homeDirectory", str, False, "IA5 String", "caseExactIA5Match"),
        ("jpegPhoto", bytes, True, "JPEG", ""),
        ("userPassword", bytes, True, None, None),
        ("seeAlso", DN, True, None, None),
        ("postalAddress", PostalAddress, True, None, None),
        ("createTimestamp", datetime, False, None, None),
        ("entryUUID", UUID, False, None, None),
        ("telephoneNumber", str, True, "Telephone Number", None),
        ("preferredDeliveryMethod", str, False, "Delivery Method", None),
    ],
)
def test_standard_attributes(
    standard: Schema,
    name: str,
    python: type,
    multi: bool,
    syntax: str | None,
    equality: str | None,
) -> None:
    """Syntax decides the type, SINGLE-VALUE the number; only deviations are written."""
    found = of(standard, name)

    assert (found.python, found.multi) == (python, multi)
    assert (found.syntax, found.equality) == (syntax, equality)


@pytest.mark.parametrize(
    ("name", "python", "syntax"),
    [
        ("objectGUID", UUID, None),
        ("objectSid", Sid, None),
        ("pwdLastSet", datetime, None),
        ("maxPwdAge", timedelta, None),
        ("member", DN, None),
        ("nTSecurityDescriptor", bytes, "NT Security Descriptor"),
        # A name that means something else here: the declared syntax wins.
        ("invocationId", str, "Directory String"),
        ("parentGUID", UUID, None),
    ],
)
def test_active_directory_attributes(
    name: str, python: type, syntax: str | None
) -> None:
    """Meanings that are not in the syntax are known; a schema without rules says none."""
    found = of(Schema.parse(attribute_types=AD_TYPES), name)

    assert (found.python, found.syntax, found.equality) == (python, syntax, None)


@pytest.mark.parametrize(
    "source", [Schema.standard(), Schema.parse(attribute_types=AD_TYPES)]
)
def test_the_mapper_reads_the_same_syntax(source: Schema) -> None:
    """For every attribute the class that is written means the syntax of the schema."""
    for definition in source.attribute_types.values():
        found = of(source, definition.name)
        declared = syntaxes.for_attribute(definition.names, definition.effective_syntax)

        read = convert.converter(found.python, found.name, found.syntax)

        assert read.python is declared.python
        if declared is not syntaxes.UNKNOWN:
            assert read.decode is declared.decode, definition.name


def test_the_mapper_compares_by_the_same_rule(standard: Schema) -> None:
    """An equality rule that is not written is the one that the mapper takes."""
    alike = {"caseIgnoreIA5Match": "caseIgnoreMatch"}
    unwritten = 0
    for definition in standard.attribute_types.values():
        found = of(standard, definition.name)
        if found.equality is None:
            converter = convert.converter(found.python, found.name, found.syntax)
            taken = matching.default_for_syntax(converter.syntax.oid)
            rule = definition.effective_equality
            declared = matching.lookup(rule) if rule else None
            names = [
                alike.get(r.name, r.name) if r else None for r in (taken, declared)
            ]
            assert names[0] == names[1], definition.name
            unwritten += 1

    assert unwritten > 100


def test_rules_are_known_by_oid() -> None:
    """An equality rule that is spelled as its OID is the same rule."""
    source = Schema.parse(
        attribute_types=[f"( 1.1 NAME 'a' EQUALITY 2.5.13.2 SYNTAX {OIDS}15 )"]
    )

    assert of(source, "a").equality is None


@pytest.mark.parametrize(
    ("syntax", "rule", "written"),
    [
        ("50", "telephoneNumberMatch", None),
        ("50", "caseIgnoreMatch", "caseIgnoreMatch"),
        ("50", None, ""),
        ("15", "caseExactMatch", "caseExactMatch"),
        ("26", "caseIgnoreMatch", None),
        ("22", None, None),
        ("22", "caseIgnoreMatch", "caseIgnoreMatch"),
        ("15", "nobodyKnowsMatch", "nobodyKnowsMatch"),
    ],
)
def test_only_unusual_rules_are_written(
    syntax: str, rule: str | None, written: str | None
) -> None:
    """A rule is written where the syntax would give another one, or none."""
    equality = f"EQUALITY {rule} " if rule else ""
    source = Schema.parse(
        attribute_types=[
            f"( 1.1 NAME 'a' {equality}SYNTAX {OIDS}{syntax} )",
            f"( 1.2 NAME 'b' EQUALITY caseIgnoreMatch SYNTAX {OIDS}15 )",
        ]
    )

    assert of(source, "a").equality == written


def test_an_unknown_syntax_is_text() -> None:
    """A syntax nobody knows gives text, and there is nothing to write about it."""
    source = Schema.parse(attribute_types=["( 1.1 NAME 'odd' SYNTAX 1.2.3.99.1 )"])

    assert (of(source, "odd").python, of(source, "odd").syntax) == (str, None)


def test_an_undefined_attribute_is_text() -> None:
    """A name that nothing defines is any number of texts without a rule."""
    found = of(Schema.empty(), "ghost")

    assert (found.python, found.multi, found.equality) == (str, True, "")
    assert "does not define" in found.doc


def test_single_is_a_word_of_the_user(standard: Schema) -> None:
    """What the user calls single is, whatever the schema says."""
    assert not of(standard, "mail", single=True).multi


def test_who_writes_it(standard: Schema) -> None:
    """NO-USER-MODIFICATION, and what Active Directory fills, is read only."""
    ad = Schema.parse(attribute_types=AD_TYPES)

    assert of(standard, "createTimestamp").read_only
    filled = Habits(is_active_directory=True)
    descriptor = member(ad, "nTSecurityDescriptor", "n", single=False, habits=filled)
    assert (descriptor.read_only, descriptor.on_request) == (True, True)
    elsewhere = of(ad, "nTSecurityDescriptor")
    assert (elsewhere.read_only, elsewhere.on_request) == (False, False)
    assert not of(standard, "cn").read_only


def test_the_bookkeeping_of_replication_is_not_asked_for() -> None:
    """In Active Directory it comes by name alone; elsewhere the name means nothing."""
    ad, name = Schema.parse(attribute_types=AD_TYPES), "replPropertyMetaData"
    filled = Habits(is_active_directory=True)

    assert member(ad, name, "r", single=False, habits=filled).on_request
    assert not of(ad, name).on_request


def test_operational_and_obsolete() -> None:
    """USAGE and OBSOLETE are noticed."""
    source = support.schema(
        [
            support.text("a", more="USAGE directoryOperation"),
            f"( 1.9 NAME 'b' DESC 'old thing' OBSOLETE SYNTAX {OIDS}15 )",
        ],
        [],
    )

    assert of(source, "a").operational
    assert of(source, "b").doc == "Old thing."
    assert of(source, "b").more == "Obsolete."
