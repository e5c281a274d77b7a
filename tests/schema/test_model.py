"""What the eight kinds of definition hold, and how they are written."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import (
    AttributeType,
    Definition,
    DITContentRule,
    DITStructureRule,
    Kind,
    LDAPSyntax,
    MatchingRule,
    MatchingRuleUse,
    NameForm,
    ObjectClass,
    Usage,
)
from ldapom.schema.caseless import Caseless

FULL = {
    AttributeType: (
        "( 1.2 NAME ( 'a' 'b' ) DESC 'd' OBSOLETE SUP s EQUALITY e ORDERING o SUBSTR u "
        "SYNTAX 1.3{64} SINGLE-VALUE COLLECTIVE NO-USER-MODIFICATION "
        "USAGE dSAOperation X-ORIGIN 'RFC' X-B ( 'x' 'y' ) )"
    ),
    ObjectClass: (
        "( 1.2 NAME 'a' DESC 'd' OBSOLETE SUP ( s $ t ) ABSTRACT MUST ( m $ n ) "
        "MAY o X-ORIGIN 'RFC' )"
    ),
    MatchingRule: "( 1.2 NAME 'a' DESC 'd' OBSOLETE SYNTAX 1.3 X-ORIGIN 'RFC' )",
    MatchingRuleUse: (
        "( 1.2 NAME 'a' DESC 'd' OBSOLETE APPLIES ( m $ n ) X-ORIGIN 'RFC' )"
    ),
    LDAPSyntax: "( 1.2 DESC 'd' X-ORIGIN 'RFC' )",
    DITContentRule: (
        "( 1.2 NAME 'a' DESC 'd' OBSOLETE AUX ( x $ y ) MUST m MAY ( n $ o ) NOT p "
        "X-ORIGIN 'RFC' )"
    ),
    DITStructureRule: (
        "( 7 NAME 'a' DESC 'd' OBSOLETE FORM f SUP ( 1 2 ) X-ORIGIN 'RFC' )"
    ),
    NameForm: (
        "( 1.2 NAME 'a' DESC 'd' OBSOLETE OC c MUST ( m $ n ) MAY o X-ORIGIN 'RFC' )"
    ),
}


@pytest.mark.parametrize("kind", FULL, ids=lambda kind: kind.__name__)
def test_canonical_text(kind: type[Definition]) -> None:
    """A text with every clause is its own canonical text."""
    definition = kind.parse(FULL[kind])
    assert str(definition) == FULL[kind]
    assert definition.extensions["x-origin"] == ("RFC",)
    assert definition.description == "d"  # type: ignore[attr-defined]  # all have it


@pytest.mark.parametrize("kind", FULL, ids=lambda kind: kind.__name__)
def test_copies(kind: type[Definition]) -> None:
    """A value pickles and copies to an equal value with the same hash."""
    definition = kind.parse(FULL[kind])
    for other in (pickle.loads(pickle.dumps(definition)), copy.deepcopy(definition)):
        assert other == definition
        assert hash(other) == hash(definition)


def test_attribute_type_fields() -> None:
    """An attribute type has the fields of the design, in its order."""
    parsed = AttributeType.parse(FULL[AttributeType])
    assert attrs.asdict(parsed, filter=lambda a, _: not a.name.startswith("_")) == {
        "oid": "1.2",
        "names": ("a", "b"),
        "description": "d",
        "obsolete": True,
        "sup": "s",
        "equality": "e",
        "ordering": "o",
        "substr": "u",
        "syntax": "1.3",
        "length": 64,
        "single_value": True,
        "collective": True,
        "no_user_modification": True,
        "usage": Usage.dsa_operation,
        "extensions": {"X-ORIGIN": ("RFC",), "X-B": ("x", "y")},
    }


def test_object_class_fields() -> None:
    """An object class has the fields of the design."""
    parsed = ObjectClass.parse(FULL[ObjectClass])
    assert parsed == ObjectClass(
        oid="1.2",
        names=("a",),
        description="d",
        obsolete=True,
        sup=("s", "t"),
        kind=Kind.abstract,
        must=("m", "n"),
        may=("o",),
        extensions=Caseless({"X-ORIGIN": ("RFC",)}),
    )


def test_other_fields() -> None:
    """The lesser kinds hold what their productions say."""
    rule = DITStructureRule.parse(FULL[DITStructureRule])
    assert (rule.rule_id, rule.form, rule.sup) == (7, "f", (1, 2))
    content = DITContentRule.parse(FULL[DITContentRule])
    assert (content.aux, content.must) == (("x", "y"), ("m",))
    assert (content.may, content.precluded) == (("n", "o"), ("p",))
    form = NameForm.parse(FULL[NameForm])
    assert (form.structural_class, form.must, form.may) == ("c", ("m", "n"), ("o",))
    assert MatchingRuleUse.parse(FULL[MatchingRuleUse]).applies == ("m", "n")
    assert MatchingRule.parse(FULL[MatchingRule]).syntax == "1.3"


def test_names() -> None:
    """The name is the first name, else the OID, else the rule's number."""
    assert AttributeType.parse(FULL[AttributeType]).name == "a"
    assert AttributeType.parse("( 1.2 SYNTAX 1.3 )").name == "1.2"
    assert LDAPSyntax.parse("( 1.2 DESC 'x' )").name == "1.2"
    assert DITStructureRule.parse("( 7 FORM f )").name == "7"


def test_defaults() -> None:
    """What a text does not say is none, false, or the default of RFC 4512."""
    parsed = AttributeType.parse("( 1.2 )")
    assert parsed == AttributeType("1.2")
    assert parsed.description is None
    assert parsed.usage is Usage.user_applications
    assert not parsed.usage.is_operational
    assert ObjectClass.parse("( 1.2 )").kind is Kind.structural


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (MatchingRule, "( 1.2 NAME 'a' )"),
        (MatchingRuleUse, "( 1.2 NAME 'a' )"),
        (NameForm, "( 1.2 OC c )"),
        (NameForm, "( 1.2 MUST m )"),
        (DITStructureRule, "( 1 )"),
        (DITStructureRule, "( 1.2 FORM f )"),
        (DITStructureRule, "( 1 FORM f SUP x )"),
    ],
)
def test_required(kind: type[Definition], text: str) -> None:
    """A definition without what makes it useful is none."""
    with pytest.raises(SchemaError):
        kind.parse(text)


def test_frozen() -> None:
    """A definition can not be changed."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        AttributeType("1.2").oid = "1.3"  # type: ignore[misc]  # that is the point


def test_caseless() -> None:
    """Keys of a caseless mapping are found in any case and kept as spelled."""
    mapping: Caseless[int] = Caseless({"Ab": 1, "c": 2})
    assert mapping["aB"] == 1
    assert list(mapping) == ["Ab", "c"]
    assert mapping == {"AB": 1, "C": 2}
    assert mapping != {"AB": 1}
    assert mapping != 1
    assert hash(mapping) == hash(Caseless({"aB": 1, "C": 2}))
    assert "AB" in mapping
    assert "x" not in mapping


_NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9_.;-]{0,10}", fullmatch=True)
_OID = st.from_regex(r"[0-2](\.(0|[1-9][0-9]{0,2})){1,5}", fullmatch=True)
_REF = st.one_of(_NAME, _OID)
_SOME = st.lists(_REF, max_size=4, unique=True).map(tuple)
_TEXT = st.text(max_size=30)
_EXTENSIONS = st.dictionaries(
    st.from_regex(r"X-[A-Z_-]{1,8}", fullmatch=True),
    st.lists(_TEXT, max_size=3).map(tuple),
    max_size=3,
).map(Caseless)
_COMMON: dict[str, st.SearchStrategy[Any]] = {
    "oid": _OID,
    "names": st.lists(_NAME, max_size=3, unique=True).map(tuple),
    "description": st.none() | _TEXT,
    "obsolete": st.booleans(),
    "extensions": _EXTENSIONS,
}
_FLAGS = ("single_value", "collective", "no_user_modification")
_LINKS = ("sup", "equality", "ordering", "substr")


@st.composite
def attribute_types(draw: st.DrawFn) -> AttributeType:
    """Make any attribute type; a bound comes only with a syntax."""
    syntax = draw(st.none() | _REF)
    bound = st.none() | st.integers(0, 10**17) if syntax else st.none()
    fields: dict[str, Any] = {name: draw(values) for name, values in _COMMON.items()}
    fields.update((name, draw(st.none() | _REF)) for name in _LINKS)
    fields.update((name, draw(st.booleans())) for name in _FLAGS)
    usage = draw(st.sampled_from(Usage))
    return AttributeType(**fields, syntax=syntax, length=draw(bound), usage=usage)


@given(attribute_types())
def test_attribute_types_round_trip(definition: AttributeType) -> None:
    """Any attribute type is read back from its text."""
    assert AttributeType.parse(str(definition)) == definition


@given(
    st.builds(
        ObjectClass,
        **_COMMON,
        sup=_SOME,
        kind=st.sampled_from(Kind),
        must=_SOME,
        may=_SOME,
    )
)
def test_object_classes_round_trip(definition: ObjectClass) -> None:
    """Any object class is read back from its text."""
    assert ObjectClass.parse(str(definition)) == definition


@given(
    st.one_of(
        st.builds(MatchingRule, **_COMMON, syntax=_OID),
        st.builds(MatchingRuleUse, **_COMMON, applies=_SOME.filter(bool)),
        st.builds(
            DITContentRule, **_COMMON, aux=_SOME, must=_SOME, may=_SOME, precluded=_SOME
        ),
        st.builds(
            NameForm,
            **_COMMON,
            structural_class=_REF,
            must=_SOME.filter(bool),
            may=_SOME,
        ),
        st.builds(
            DITStructureRule,
            **{name: strategy for name, strategy in _COMMON.items() if name != "oid"},
            rule_id=st.integers(0, 10**17),
            form=_REF,
            sup=st.lists(st.integers(0, 10**17), max_size=3, unique=True).map(tuple),
        ),
        st.builds(
            LDAPSyntax,
            oid=_OID,
            description=st.none() | _TEXT,
            extensions=_EXTENSIONS,
        ),
    )
)
def test_the_other_kinds_round_trip(definition: Definition) -> None:
    """Any definition of the lesser kinds is read back from its text."""
    assert type(definition).parse(str(definition)) == definition


@pytest.mark.parametrize("name", ['"""', "\u201codd", "it's", "two words"])
def test_odd_names_are_written_so_that_they_read_again(name: str) -> None:
    """Quotes of any kind stand within quotes."""
    escaped = name.replace("'", r"\27")
    text = f"( 1.2 NAME 'c' SUP top MUST ( '{escaped}' $ cn ) )"
    definition = ObjectClass.parse(text)
    assert definition.must == (name, "cn")
    assert ObjectClass.parse(str(definition)) == definition
