"""Texts that do not read as they stand, and what was meant by them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import AttributeType, ObjectClass, Schema, repair

A = "( 1.2 NAME 'a' DESC 'one two' SYNTAX 1.3 )"

ATTRIBUTES = {
    "double quotes": ('( 1.2 NAME "a" DESC "one two" SYNTAX 1.3 )', A),
    "double quotes around quotes": (
        '( 1.2 DESC "the users\' \'own\'" SYNTAX "1.3{64}" )',
        r"( 1.2 DESC 'the users\27 \27own\27' SYNTAX 1.3{64} )",
    ),
    "word processor": ("( 1.2 NAME ‘a’ DESC “one two” SYNTAX 1.3 )", A),
    "double quotes inside of quotes": (
        "( 1.2 DESC 'say NAME \"x\"' SYNTAX 1.3 )",
        "( 1.2 DESC 'say NAME \"x\"' SYNTAX 1.3 )",
    ),
    "no quotes": ("( 1.2 NAME 'a' DESC one two SYNTAX 1.3 )", A),
    "no quotes at the end": (
        "( 1.2 NAME 'a' SYNTAX 1.3 DESC one two )",
        "( 1.2 NAME 'a' DESC 'one two' SYNTAX 1.3 )",
    ),
    "doubled apostrophe": (
        "( 1.2 DESC 'don''t' SYNTAX 1.3 )",
        r"( 1.2 DESC 'don\27t' SYNTAX 1.3 )",
    ),
    "blanks lost between lines": (
        "( 1.2NAME 'a'DESC 'b'EQUALITY cSUBSTR dSYNTAX '1.3'SINGLE-VALUEX-A 'e' )",
        "( 1.2 NAME 'a' DESC 'b' EQUALITY c SUBSTR d SYNTAX 1.3 SINGLE-VALUE X-A 'e' )",
    ),
    "blanks in the bound": ("( 1.2 SYNTAX 1.3{ 64 } )", "( 1.2 SYNTAX 1.3{64} )"),
    "value of a flag": (
        "( 1.2 SYNTAX 1.3 SINGLE-VALUE TRUE COLLECTIVE FALSE )",
        "( 1.2 SYNTAX 1.3 SINGLE-VALUE )",
    ),
    "value left out": (
        "( 1.2 SUP EQUALITY SUBSTR SYNTAX 1.3 )",
        "( 1.2 SYNTAX 1.3 )",
    ),
    "comment behind": (A + " # one more", A),
    "comment above": ("# an attribute\n" + A, A),
    "statement as a value": ("attributetype " + A, A),
    "label as a value": ("attributeTypes: " + A, A),
    "parenthesis too many": (A + ")", A),
    "names between commas": (
        "( 1.2 NAME ( 'a', 'b' ) SYNTAX 1.3 )",
        "( 1.2 NAME ( 'a' 'b' ) SYNTAX 1.3 )",
    ),
    "names without parentheses": (
        "( 1.2 NAME 'a' 'b' SYNTAX 1.3 )",
        "( 1.2 NAME ( 'a' 'b' ) SYNTAX 1.3 )",
    ),
    "extension without parentheses": (
        "( 1.2 SYNTAX 1.3 X-ORIGIN 'a' 'b' X-B 'c' )",
        "( 1.2 SYNTAX 1.3 X-ORIGIN ( 'a' 'b' ) X-B 'c' )",
    ),
}
CLASSES = {
    "commas": (
        "( 1.2 STRUCTURAL MUST ( a, b ) MAY c, d )",
        "( 1.2 STRUCTURAL MUST ( a $ b ) MAY ( c $ d ) )",
    ),
    "commas without blanks": (
        "( 1.2 STRUCTURAL MUST (a,b) )",
        "( 1.2 STRUCTURAL MUST ( a $ b ) )",
    ),
    "blanks lost between lines": (
        "( 1.2NAME 'a'SUP top STRUCTURALMUST ( bMAY $ c )MAY dX-ORIGIN 'e' )",
        "( 1.2 NAME 'a' SUP top STRUCTURAL MUST ( bMAY $ c ) MAY d X-ORIGIN 'e' )",
    ),
    "blanks alone": (
        "( 1.2 STRUCTURAL MUST a b MAY c )",
        "( 1.2 STRUCTURAL MUST ( a $ b ) MAY c )",
    ),
}


@pytest.mark.parametrize(("text", "meant"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes(text: str, meant: str) -> None:
    """What was meant is read, without a problem."""
    assert str(AttributeType.parse(text)) == meant
    schema = Schema.parse(attribute_types=[text])
    assert [p for p in schema.problems if p.position is not None] == []


@pytest.mark.parametrize(("text", "meant"), CLASSES.values(), ids=CLASSES)
def test_classes(text: str, meant: str) -> None:
    """Lists are lists, whatever stands between their names."""
    assert str(ObjectClass.parse(text)) == meant


@pytest.mark.parametrize(
    "text",
    [
        A,
        "( 1.2 DESC 'x' SYNTAX 1.3",
        "( NAME 'a' SYNTAX 1.3 )",
        "( 1.2 SYNTAX )",
        "( 1.2 DESC 'never closed SYNTAX 1.3 )",
        A + " " + A,
    ],
)
def test_what_is_missing_is_not_made_up(text: str) -> None:
    """A text that was cut off, or is two, is left as it is."""
    assert repair.mended(text) == text


def test_positions_lie_in_the_text() -> None:
    """What is wrong in a mended text is told of where the text is."""
    text = "( 1.2 DESC a b SYNTAX 1.3 SINGLE-VALUE FALSE APPROX 'x' )"
    (problem,) = Schema.parse(attribute_types=[text]).problems

    assert problem.position is not None
    assert 0 <= problem.position < len(text)


@pytest.mark.parametrize(
    "part",
    [
        "DESC a ",
        "\u2018a",
        ")#",
        "MAY a b ",
        '"a ',
        "''a",
        "{ 1",
        "SUP ",
        "#\n",
        "a ",
        "MUST a,",
        "aNAME ",
        "STRUCTURAL",
    ],
)
def test_linear_time(part: str) -> None:
    """A hostile text takes no more time than its length deserves."""
    text = "( 1.2 MAY " + part * (60_000 // len(part)) + "'"
    start = time.process_time()
    Schema.parse(attribute_types=[text], object_classes=[text])
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize(
    "text",
    [
        "attributetype" + " " * 60_000 + "x",
        "( 1.2 NAME 'a' foo " + ")#" * 100 + " " * 200 + "\n" * 60_000 + "x",
        "( 1.2 NAME 'a'" + " #" * 30_000 + ")",
    ],
)
def test_linear_time_with_blanks(text: str) -> None:
    """Long runs of blanks and comments take no more time than others."""
    start = time.process_time()
    repair.mended(text)
    assert time.process_time() - start < 1.0


@given(st.text(alphabet="()'\"$ ,#{}\u2018\u2019aDESCNAMEMUSTX-1.\n", max_size=80))
def test_any_text(text: str) -> None:
    """Mending never fails, and a mended text is mended."""
    once = repair.mended(text)
    assert isinstance(once, str)
    repair.is_doubtful(text)
