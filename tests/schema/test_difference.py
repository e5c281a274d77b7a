"""Two schemas beside each other: merged, compared, written and read again."""

from __future__ import annotations

import io
import pickle

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ldapom.schema import Schema

CN = "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SYNTAX 1.3.6.1 )"
SN = "( 2.5.4.4 NAME 'sn' SYNTAX 1.3.6.1 )"
PERSON = "( 2.5.6.6 NAME 'person' SUP top MUST ( cn $ sn ) X-ORIGIN 'RFC 4519' )"
OLD = Schema.parse(attribute_types=[CN, SN], object_classes=[PERSON])


def changed(*types: str, person: str = PERSON) -> str:
    """Compare with a schema that has these definitions instead."""
    return str(OLD.diff(Schema.parse(attribute_types=types, object_classes=[person])))


def test_no_difference() -> None:
    """Equal schemas differ in nothing, and say so."""
    again = Schema.parse(attribute_types=[SN, CN], object_classes=[PERSON])

    found = OLD.diff(again)

    assert not found
    assert str(found) == "no difference"


def test_added_and_removed() -> None:
    """A definition that only one of them has is data and a line."""
    new = Schema.parse(
        attribute_types=[CN, "( 1.2 NAME 'mail' SYNTAX 1.3 )"], object_classes=[PERSON]
    )

    found = OLD.diff(new)

    assert [one.name for one in found.added] == ["mail"]
    assert [one.name for one in found.removed] == ["sn"]
    assert str(found) == "attributeTypes:\n  + mail (1.2)\n  - sn (2.5.4.4)"


def test_changed_fields() -> None:
    """Each field that differs is there, old and new."""
    found = OLD.diff(
        Schema.parse(
            attribute_types=[
                CN.replace("1.3.6.1 )", "1.3.6.2 SINGLE-VALUE )"),
                SN,
            ],
            object_classes=[PERSON.replace("MUST ( cn $ sn )", "MUST cn MAY sn")],
        )
    )

    assert [one.new.name for one in found.changed] == ["cn", "person"]
    assert [(f.name, f.old, f.new) for f in found.changed[0].fields] == [
        ("syntax", "1.3.6.1", "1.3.6.2"),
        ("single_value", False, True),
    ]
    assert str(found) == (
        "attributeTypes:\n"
        "  ~ cn (2.5.4.3)\n"
        "      syntax: '1.3.6.1' -> '1.3.6.2'\n"
        "      single_value: False -> True\n"
        "objectClasses:\n"
        "  ~ person (2.5.6.6)\n"
        "      must: -sn\n"
        "      may: +sn"
    )


@pytest.mark.parametrize(
    "person",
    [
        PERSON.replace("cn $ sn", "SN $ CN"),
        PERSON.replace("cn $ sn", "2.5.4.3 $ 2.5.4.4"),
        PERSON.replace("cn $ sn", "commonName $ sn"),
        PERSON.replace("top", "TOP"),
    ],
)
def test_spelling_is_no_difference(person: str) -> None:
    """Order, case, aliases and OIDs in lists of names do not count."""
    assert changed(CN, SN, person=person) == "no difference"


def test_extensions_and_names() -> None:
    """X- clauses are compared one by one, names with their order."""
    swapped = "( 2.5.4.3 NAME ( 'commonName' 'cn' ) SYNTAX 1.3.6.1 )"

    assert "names: ('cn', 'commonName') -> ('commonName', 'cn')" in changed(swapped, SN)
    told = changed(CN, SN, person=PERSON.replace("X-ORIGIN 'RFC 4519'", "X-OPEN 'a'"))
    assert "X-ORIGIN: ('RFC 4519',) -> None" in told
    assert "X-OPEN: None -> ('a',)" in told


def test_another_oid_is_found_by_name() -> None:
    """A definition that got another OID is changed, not removed and added."""
    found = OLD.diff(
        Schema.parse(
            attribute_types=[CN, SN.replace("2.5.4.4", "sn-oid")],
            object_classes=[PERSON],
        )
    )

    assert [(f.name, f.old) for f in found.changed[0].fields] == [("oid", "2.5.4.4")]
    assert not found.added
    assert not found.removed


TWINS = [
    "( 1.7 NAME 'photo' SYNTAX 1.3.6.1 )",
    "( 1.7 NAME ( 'ldapPhoto' 'portrait' ) SYNTAX 1.3.6.2 SINGLE-VALUE )",
]


def test_one_oid_for_two_types() -> None:
    """Types of one OID are told apart by their names, in any order."""
    old = Schema.parse(attribute_types=TWINS)
    assert not old.diff(Schema.parse(attribute_types=TWINS[::-1]))
    assert not old.diff(Schema.from_ldif(io.StringIO(old.to_ldif())))
    renamed = TWINS[1].replace("'ldapPhoto' 'portrait'", "'image'")
    found = old.diff(Schema.parse(attribute_types=[renamed, TWINS[0]]))
    (change,) = found.changed
    assert (change.old.name, change.new.name) == ("ldapPhoto", "image")
    assert (found.added, found.removed) == ((), ())


def test_nothing_in_it_is_obeyed() -> None:
    """What a schema says reaches no terminal as control characters."""
    evil = "( 1.9 NAME 'e' DESC '\x1b[31m\u202e' SYNTAX 1.3 )"
    new = Schema.parse(attribute_types=[CN, SN, evil], object_classes=[PERSON])
    other = Schema.parse(
        attribute_types=[CN, SN, evil.replace("31m", "32m")], object_classes=[PERSON]
    )

    assert all(c.isprintable() or c == "\n" for c in str(new.diff(other)))


# --- merging ------------------------------------------------------------------------


def test_merge() -> None:
    """What only the other one defines is added; the own definition wins."""
    other = Schema.parse(
        attribute_types=[CN.replace("1.3.6.1", "9.9"), "( 1.2 NAME 'mail' SUP cn )"],
        ldap_syntaxes=["( 1.3.6.1 DESC 'Text' )"],
    )

    both = OLD.merge(other)

    assert list(both.attribute_types) == ["cn", "sn", "mail"]
    assert both.attribute_types["cn"].syntax == "1.3.6.1"
    assert both.attribute_types["mail"].effective_syntax == "1.3.6.1"
    assert list(both.ldap_syntaxes) == ["1.3.6.1"]
    assert other.attribute_types["mail"].effective_syntax == "9.9"


def test_merge_keeps_problems() -> None:
    """What neither could read is still told of, once."""
    one = Schema.parse(attribute_types=["( broken", CN])
    two = Schema.parse(attribute_types=["( broken", "( 9.9 NAME 'CN' SYNTAX 1.3.6.1 )"])

    reasons = [p.reason for p in one.merge(two).problems]

    assert reasons.count("the closing parenthesis is missing") == 1
    first = "the definition that came first is used"
    assert f"'CN' is already the name of 2.5.4.3; {first}" in reasons


# --- writing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [("caf\udce9", "café"), ("caf\udcc3\udca9", "café"), ("x\ud800", "xí\xa0\x80")],
)
def test_lone_surrogates_are_octets(written: str, read: str) -> None:
    """Text with surrogates that stand for octets is read as these, so it can be written."""
    text = f"( 1.1 NAME 'a' DESC '{written}' SYNTAX 1.3 )"
    broken = f"( 1.2 NAME 'b{written}"
    schema = Schema.parse(attribute_types=[text, broken])

    again = Schema.from_ldif(io.StringIO(schema.to_ldif()))

    assert again.attribute_type("a").description == read
    assert [p.text for p in again.problems] == [f"( 1.2 NAME 'b{read}"]
    assert not schema.diff(again)
    assert again.fingerprint == schema.fingerprint


def test_to_ldif_round_trip() -> None:
    """The standard schema reads back equal, problems and all."""
    schema = Schema.standard().merge(Schema.parse(attribute_types=["( 1.2 NAME ( 'a'"]))

    again = Schema.from_ldif(io.StringIO(schema.to_ldif()))

    assert again.fingerprint == schema.fingerprint
    assert not schema.diff(again)
    assert again.problems == schema.problems


@given(st.lists(st.text(max_size=30), max_size=4))
@example(["(0"])
def test_any_text_survives(texts: list[str]) -> None:
    """Descriptions of any characters, and texts that are no definitions."""
    # Such as "(0)" is one.
    assume(not [*Schema.parse(attribute_types=texts).attribute_types.values()])
    quoted = [t.replace("\\", "\\5C").replace("'", "\\27") for t in texts]
    types = [f"( 1.2.{i} DESC '{t}' SYNTAX 1.3 )" for i, t in enumerate(quoted)]
    schema = Schema.parse(attribute_types=[*types, *texts], object_classes=[PERSON])

    again = Schema.from_ldif(io.StringIO(schema.to_ldif()))

    assert [d.description for d in again.attribute_types.values()] == texts
    assert len(again.problems) == len(schema.problems)


def test_a_difference_is_a_value() -> None:
    """It can be compared and sent elsewhere."""
    found = OLD.diff(Schema.standard())

    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found.changed[0].fields[0]) is not None
