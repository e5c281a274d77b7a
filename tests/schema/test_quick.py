"""Definitions that are read in one match: they mean what reading with care says."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import AttributeType, ObjectClass, Schema, parse
from ldapom.schema.registry import KINDS
from ldapom.schema.sources import standard_source
from ldapom.schema.tokens import decode
from tests.schema.test_parse import QUIRKS

STANDARD = [
    (KINDS[field], decode(text))
    for field, texts in standard_source().texts.items()
    for text in texts  # type: ignore[attr-defined]  # the values are lists of texts
]
TEXTS = [text for _, text in STANDARD] + [
    each for quirk in QUIRKS.values() for each in quirk
]
KIND = st.sampled_from([*KINDS.values()])
PIECES = st.sampled_from(
    [
        *" '()$\\\"{},;:.\n\t1a",
        *("X-", "X-A 'b' ", "x-a", "NAME ", "DESC 'a' ", "SUP ", "SUP top "),
        *("SYNTAX 1.3{64} ", "MUST ( a $ b ) ", "''", "( )", "\u2018", "\u00e9"),
    ]
)


def by_care(kind: type[Any], text: str) -> object:
    """What the text says without a match, or why it says nothing."""
    try:
        reading = parse.read(text, kind.GRAMMAR)
    except SchemaError as error:
        return str(error)
    fields = {**reading.fields, "extensions": reading.extensions}
    return kind._made(reading.identifier, fields), reading.notes


def as_read(kind: type[Any], text: str) -> object:
    """What the text is read as."""
    try:
        return kind.read(text)
    except SchemaError as error:
        return str(error)


@pytest.mark.parametrize("text", TEXTS)
def test_known_texts(text: str) -> None:
    """Every text that the tests know reads as it does with care, as any kind."""
    for kind in KINDS.values():
        assert as_read(kind, text) == by_care(kind, text)


@given(KIND, st.sampled_from(TEXTS), st.data())
def test_damaged_texts(kind: type[Any], text: str, data: st.DataObject) -> None:
    """So does what somebody has put something into, or cut something out of."""
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.sampled_from([0, 0, 1, 2, 9]))
        text = text[:at] + data.draw(PIECES | st.just("")) + text[at + cut :]
    assert as_read(kind, text) == by_care(kind, text)


@pytest.mark.parametrize("end", [" )", " !", "'", ""])
@pytest.mark.parametrize(
    "part",
    ["X-A 'b' ", "X-A ( 'b' 'c' ) ", "X-A ( " + "'b' " * 9, "SUP a ", " ", "$ a "],
)
def test_linear_time(part: str, end: str) -> None:
    """A hostile text takes no more time than its length deserves."""
    start = time.process_time()
    ObjectClass.GRAMMAR.quick.match("( 1.2 " + part * 20_000 + end)
    ObjectClass.GRAMMAR.quick.match("( 1.2 MAY ( a " + part * 20_000 + end)
    ObjectClass.GRAMMAR.quick.match("( 1.2 X-A ( " + "'b' " * 20_000 + end)
    assert time.process_time() - start < 2.0


def test_most_definitions_match() -> None:
    """What is written as RFC 4512 says needs no care."""
    matched = [
        text for kind, text in STANDARD if kind.GRAMMAR.quick.match(text) is not None
    ]
    assert len(matched) > 0.8 * len(STANDARD)


MATCHED = (
    "( 1.2.3 NAME ( 'a' 'b' 'a' ) DESC 'it\\27s' SUP name SYNTAX 1.3{64} "
    "SINGLE-VALUE USAGE dSAOperation X-ORIGIN 'here' X-B ( 'c' 'd' ) )"
)


def test_every_field() -> None:
    """All clauses of one definition are taken over."""
    found = AttributeType.parse(MATCHED)

    assert AttributeType.GRAMMAR.quick.match(MATCHED) is not None
    assert found.names == ("a", "b")
    assert found.description == "it's"
    assert (found.sup, found.syntax, found.length) == ("name", "1.3", 64)
    assert found.single_value
    assert not found.obsolete
    assert found.usage == "dSAOperation"
    assert found.extensions == {"X-ORIGIN": ("here",), "X-B": ("c", "d")}


@pytest.mark.parametrize(
    "text",
    [
        "( 1.2 NAME 'a' NAME 'b' SYNTAX 1.3 )",
        "( 1.2 NAME 'a' SYNTAX 1.3 X-A 'b' X-A 'c' )",
        "( 1.2 NAME 'a' DESC \"b\" SYNTAX 1.3 )",
        "( NAME NAME 'a' )",
        "( 1.02 NAME 'a' )",
        "( 1.2 NAME 'a' ) )",
    ],
)
def test_what_needs_care(text: str) -> None:
    """A clause that is there twice, other quotes, no OID: none of it is matched."""
    assert AttributeType.GRAMMAR.quick.match(text) is None


def test_a_clause_that_must_be_there() -> None:
    """A definition without it is no match."""
    quick = KINDS["matching_rules"].GRAMMAR.quick

    assert quick.match("( 1.2 NAME 'a' SYNTAX 1.3 )") is not None
    assert quick.match("( 1.2 NAME 'a' )") is None


@pytest.mark.parametrize(
    "look",
    [
        lambda one: one.description,
        lambda one: pickle.loads(pickle.dumps(one)),
        copy.deepcopy,
        copy.copy,
        hash,
        str,
        repr,
        attrs.asdict,
        lambda one: attrs.evolve(one, oid="1.2.4"),
    ],
)
def test_fields_that_wait(look: Any) -> None:
    """However a definition is first looked at, it is what it says."""
    fresh, other = (AttributeType.read(MATCHED)[0] for _ in range(2))
    seen = look(fresh)

    assert seen == look(AttributeType(**_arguments(other)))
    assert fresh == other


def _arguments(one: AttributeType) -> dict[str, Any]:
    fields = attrs.fields(AttributeType)
    return {each.name: getattr(one, each.name) for each in fields if each.init}


def test_no_other_names() -> None:
    """A name that no field has is an error, before the fields are made and after."""
    found = ObjectClass.read("( 1.2 NAME 'a' MUST b )")[0]

    assert not hasattr(found, "syntax")
    assert found.must == ("b",)
    with pytest.raises(AttributeError, match="'ObjectClass' object has no .*'syntax'"):
        _ = found.syntax  # type: ignore[attr-defined]  # the point of the test


def test_superiors_stay() -> None:
    """What a schema has told a type is not lost when its fields are made."""
    schema = Schema.parse(
        attribute_types=["( 1 NAME 'a' SUP b )", "( 2 NAME 'b' SYNTAX 1.3{5} )"]
    )
    waiting = Schema.parse(
        attribute_types=["( 1.1 NAME 'a' SUP b )", "( 1.2 NAME 'b' SYNTAX 1.3{5} )"]
    )
    for each in (schema, waiting):
        found = each.attribute_type("a")
        assert found.description is None
        assert (found.effective_syntax, found.effective_length) == ("1.3", 5)


def test_several_threads_look() -> None:
    """A definition that several threads look at first is complete for each."""
    several = [AttributeType.read(MATCHED)[0] for _ in range(200)]
    seen: list[bool] = []

    def look() -> None:
        seen.extend(one.length == 64 and one.single_value for one in several)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 800
