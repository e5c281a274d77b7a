"""How definitions are read: what RFC 4512 writes, and what servers write."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import AttributeType, ObjectClass, Schema
from ldapom.schema.registry import KINDS
from ldapom.schema.tokens import DefinitionError, tokenize

CN = "( 1.2.3 NAME 'cn' DESC 'a name' SYNTAX 1.3.6.1 )"

#: What servers and files do, the text, and what it must read as.
QUIRKS = {
    "trailing blank": (CN + " ", CN),
    "no blank before )": ("( 1.2.3 NAME 'cn' DESC 'a name' SYNTAX 1.3.6.1)", CN),
    "no blank after (": ("(1.2.3 NAME 'cn' DESC 'a name' SYNTAX 1.3.6.1 )", CN),
    "tabs and newlines": (
        "(\t1.2.3\n  NAME\t'cn'\r\n\tDESC 'a name'\n SYNTAX\n1.3.6.1\n)",
        CN,
    ),
    "double blanks": ("(  1.2.3  NAME  'cn'  DESC 'a name'   SYNTAX 1.3.6.1  )", CN),
    "lower case keywords": ("( 1.2.3 name 'cn' desc 'a name' syntax 1.3.6.1 )", CN),
    "mixed case keywords": ("( 1.2.3 Name 'cn' Desc 'a name' Syntax 1.3.6.1 )", CN),
    "out of order": ("( 1.2.3 SYNTAX 1.3.6.1 DESC 'a name' NAME 'cn' )", CN),
    "quoted syntax": ("( 1.2.3 NAME 'cn' DESC 'a name' SYNTAX '1.3.6.1' )", CN),
    "bare name": ("( 1.2.3 NAME cn DESC 'a name' SYNTAX 1.3.6.1 )", CN),
    "quoted OID": ("( '1.2.3' NAME 'cn' DESC 'a name' SYNTAX 1.3.6.1 )", CN),
    "no blank after a string": (
        "( 1.2.3 NAME 'cn'DESC 'a name'SYNTAX 1.3.6.1 )",
        CN,
    ),
    "no blank before a string": ("( 1.2.3 NAME'cn' DESC'a name' SYNTAX 1.3.6.1 )", CN),
    "one name in parentheses": (
        "( 1.2.3 NAME ( 'cn' ) DESC 'a name' SYNTAX 1.3.6.1 )",
        CN,
    ),
    "names with $": (
        "( 1.2 NAME ( 'a' $ 'b' ) SYNTAX 1.3 )",
        "( 1.2 NAME ( 'a' 'b' ) SYNTAX 1.3 )",
    ),
    "names without a blank": (
        "( 1.2 NAME ('a' 'b') SYNTAX 1.3 )",
        "( 1.2 NAME ( 'a' 'b' ) SYNTAX 1.3 )",
    ),
    "empty NAME": ("( 1.2 NAME ( ) SYNTAX 1.3 )", "( 1.2 SYNTAX 1.3 )"),
    "empty name string": ("( 1.2 NAME '' SYNTAX 1.3 )", "( 1.2 SYNTAX 1.3 )"),
    "empty DESC": (
        "( 1.2 NAME 'a' DESC '' SYNTAX 1.3 )",
        "( 1.2 NAME 'a' DESC '' SYNTAX 1.3 )",
    ),
    "apostrophe": (
        "( 1.2 DESC 'End-User's zone' SYNTAX 1.3 )",
        r"( 1.2 DESC 'End-User\27s zone' SYNTAX 1.3 )",
    ),
    "apostrophe and blank": (
        "( 1.2 DESC 'the users' home' SYNTAX 1.3 )",
        r"( 1.2 DESC 'the users\27 home' SYNTAX 1.3 )",
    ),
    "apostrophe, then a keyword as a word": (
        "( 1.2 DESC 'the users' name and may be more' SYNTAX 1.3 )",
        r"( 1.2 DESC 'the users\27 name and may be more' SYNTAX 1.3 )",
    ),
    "quotes in a string": (
        "( 1.2 DESC 'say 'hi' (or 'ho') to it' SYNTAX 1.3 )",
        r"( 1.2 DESC 'say \27hi\27 (or \27ho\27) to it' SYNTAX 1.3 )",
    ),
    "apostrophe at the end": (
        "( 1.2 DESC 'the users'' SYNTAX 1.3 )",
        r"( 1.2 DESC 'the users\27' SYNTAX 1.3 )",
    ),
    "apostrophe in the last string": (
        "( 1.2 SYNTAX 1.3 X-ORIGIN 'it's ours' )",
        r"( 1.2 SYNTAX 1.3 X-ORIGIN 'it\27s ours' )",
    ),
    "apostrophe in a list": (
        "( 1.2 SYNTAX 1.3 X-ORIGIN ( 'it's ours' 'and theirs' ) )",
        r"( 1.2 SYNTAX 1.3 X-ORIGIN ( 'it\27s ours' 'and theirs' ) )",
    ),
    "parentheses and dollars in a string": (
        "( 1.2 DESC ') ( $ {' SYNTAX 1.3 )",
        "( 1.2 DESC ') ( $ {' SYNTAX 1.3 )",
    ),
    "bare backslash": (
        r"( 1.2 DESC 'C:\dir \ x\' SYNTAX 1.3 )",
        r"( 1.2 DESC 'C:\5Cdir \5C x\5C' SYNTAX 1.3 )",
    ),
    "escapes in either case": (
        r"( 1.2 DESC 'a\27b\5Cc\5cd' SYNTAX 1.3 )",
        r"( 1.2 DESC 'a\27b\5Cc\5Cd' SYNTAX 1.3 )",
    ),
    "escaped escape": (
        r"( 1.2 DESC 'a\5C27b' SYNTAX 1.3 )",
        r"( 1.2 DESC 'a\5C27b' SYNTAX 1.3 )",
    ),
    "quoted syntax with a bound": (
        "( 1.2 SYNTAX '1.3.6{64}' )",
        "( 1.2 SYNTAX 1.3.6{64} )",
    ),
    "bound behind the quotes": (
        "( 1.2 SYNTAX '1.3.6'{64} )",
        "( 1.2 SYNTAX 1.3.6{64} )",
    ),
    "bound that stands apart": (
        "( 1.2 SYNTAX 1.3.6 {64} )",
        "( 1.2 SYNTAX 1.3.6{64} )",
    ),
    "underscore in a name": (
        "( 1.2 NAME 'email_verified' SYNTAX 1.3 )",
        "( 1.2 NAME 'email_verified' SYNTAX 1.3 )",
    ),
    "word for an OID": (
        "( zoneinfo-oid NAME 'zoneinfo' SYNTAX 1.3 )",
        "( zoneinfo-oid NAME 'zoneinfo' SYNTAX 1.3 )",
    ),
    "x- word for an OID": ("( x-demo-oid SYNTAX 1.3 )", "( x-demo-oid SYNTAX 1.3 )"),
    "macro for an OID": ("( OLcfg:1.2 SYNTAX OMsD )", "( OLcfg:1.2 SYNTAX OMsD )"),
    "syntax by name": ("( 1.2 SYNTAX 'INTEGER' )", "( 1.2 SYNTAX INTEGER )"),
    "quoted rules": (
        "( 1.2 SUP 'name' EQUALITY 'caseIgnoreMatch' )",
        "( 1.2 SUP name EQUALITY caseIgnoreMatch )",
    ),
    "SUP as an OID": ("( 1.2 SUP 2.5.4.41 )", "( 1.2 SUP 2.5.4.41 )"),
    "SUP named as a keyword": ("( 1.2 SUP name )", "( 1.2 SUP name )"),
    "empty SUP": ("( 1.2 SUP '' SYNTAX 1.3 )", "( 1.2 SYNTAX 1.3 )"),
    "SUBSTRINGS": ("( 1.2 SUP a SUBSTRINGS b )", "( 1.2 SUP a SUBSTR b )"),
    "extension without a value": (
        "( 1.2 SYNTAX 1.3 X-OPEN )",
        "( 1.2 SYNTAX 1.3 X-OPEN ( ) )",
    ),
    "extension in the middle": (
        "( 1.2 X-ORIGIN 'me' NAME 'a' X-OPEN SYNTAX 1.3 )",
        "( 1.2 NAME 'a' SYNTAX 1.3 X-ORIGIN 'me' X-OPEN ( ) )",
    ),
    "extension with a bare value": (
        "( 1.2 SYNTAX 1.3 X-ORDERED VALUES )",
        "( 1.2 SYNTAX 1.3 X-ORDERED 'VALUES' )",
    ),
    "extension in lower case": (
        "( 1.2 SYNTAX 1.3 x-origin 'me' )",
        "( 1.2 SYNTAX 1.3 X-ORIGIN 'me' )",
    ),
    "usage in any case": (
        "( 1.2 SYNTAX 1.3 USAGE DIRECTORYOPERATION )",
        "( 1.2 SYNTAX 1.3 USAGE directoryOperation )",
    ),
    "usage in the spelling of Apache": (
        "( 1.2 SYNTAX 1.3 USAGE DIRECTORY_OPERATION )",
        "( 1.2 SYNTAX 1.3 USAGE directoryOperation )",
    ),
    "the default usage": (
        "( 1.2 SYNTAX 1.3 USAGE userApplications )",
        "( 1.2 SYNTAX 1.3 )",
    ),
}

CLASS_QUIRKS = {
    "no kind": ("( 1.2 SUP top )", "( 1.2 SUP top STRUCTURAL )"),
    "lists without $": (
        "( 1.2 SUP ( a b ) AUXILIARY MUST ( c d ) )",
        "( 1.2 SUP ( a $ b ) AUXILIARY MUST ( c $ d ) )",
    ),
    "lists without parentheses": (
        "( 1.2 SUP a $ b STRUCTURAL MAY c $ d )",
        "( 1.2 SUP ( a $ b ) STRUCTURAL MAY ( c $ d ) )",
    ),
    "lists without blanks": (
        "( 1.2 STRUCTURAL MUST (a$b)MAY(c$d))",
        "( 1.2 STRUCTURAL MUST ( a $ b ) MAY ( c $ d ) )",
    ),
    "quoted lists": (
        "( 1.2 STRUCTURAL MUST ( 'a' $ 'b' ) )",
        "( 1.2 STRUCTURAL MUST ( a $ b ) )",
    ),
    "empty lists": ("( 1.2 SUP ( ) STRUCTURAL MAY ( ) )", "( 1.2 STRUCTURAL )"),
    "loose dollars": (
        "( 1.2 STRUCTURAL MAY ( $ a $ $ b $ ) )",
        "( 1.2 STRUCTURAL MAY ( a $ b ) )",
    ),
    "one attribute twice": (
        "( 1.2 STRUCTURAL MAY ( a $ a ) )",
        "( 1.2 STRUCTURAL MAY a )",
    ),
    "all in lower case": (
        "( 1.2 name 'x' desc 'the users' name' sup top auxiliary must (a) may b )",
        r"( 1.2 NAME 'x' DESC 'the users\27 name' SUP top AUXILIARY MUST a MAY b )",
    ),
    "lower case behind a string": (
        "( 1.2 name 'x' structural may ( a $ b ) x-origin 'me' )",
        "( 1.2 NAME 'x' STRUCTURAL MAY ( a $ b ) X-ORIGIN 'me' )",
    ),
}

BROKEN = {
    "nothing": ("", 0, "starts with"),
    "no parenthesis": ("1.2 NAME 'a'", 0, "starts with"),
    "empty": ("( )", 2, "no OID"),
    "no OID": ("( NAME 'a' )", 2, "no OID"),
    "not closed": ("( 1.2 NAME 'a'", 14, "missing"),
    "list not closed": ("( 1.2 NAME ( 'a' )", 18, "missing"),
    "string not closed": ("( 1.2 DESC 'a )", 11, "never closed"),
    "text behind": ("( 1.2 SYNTAX 1.3 ) x", 19, "behind the closing"),
    "two definitions": ("( 1.2 SYNTAX 1.3 ) ( 1.4 )", 19, "behind the closing"),
    "value missing": ("( 1.2 SYNTAX )", 13, "value is expected"),
    "value missing at the end": ("( 1.2 SYNTAX", 12, "missing"),
    "list for one value": ("( 1.2 DESC ( 'a' 'b' ) )", 11, "one value"),
    "stray dollar": ("( 1.2 $ NAME 'a' )", 6, "nothing explains"),
    "stray parenthesis": ("( 1.2 ( 'a' ) )", 6, "nothing explains"),
    "nested list": ("( 1.2 NAME ( a ( b ) ) )", 15, "value is expected"),
}

NOTED = {
    "unknown word": ("( 1.2 SYNTAX 1.3 APPROX 'x' )", 17, "no clause"),
    "stray string": ("( 1.2 'x' SYNTAX 1.3 )", 6, "no clause"),
    "clause of another kind": ("( 1.2 SYNTAX 1.3 MUST ( a $ b ) )", 17, "no clause"),
    "clause twice": ("( 1.2 NAME 'a' NAME 'b' SYNTAX 1.3 )", 15, "second time"),
    "extension twice": ("( 1.2 SYNTAX 1.3 X-A 'a' X-A 'b' )", 25, "second time"),
    "empty length": ("( 1.2 SYNTAX 1.3{} )", 13, "no length"),
    "length that is no number": ("( 1.2 SYNTAX 1.3{64a} )", 13, "no length"),
    "quote missing behind a name": (
        "( 1.2 SYNTAX 1.3 NAME 'a DESC 'b' SINGLE-VALUE )",
        22,
        "no name",
    ),
    "quote missing before a name": (
        "( 1.2 SYNTAX 1.3 NAME a' DESC 'b' SINGLE-VALUE )",
        23,
        "no name",
    ),
    "quote missing in a list of names": (
        "( 1.2 SYNTAX 1.3 NAME ( 'a 'b' ) DESC 'c' )",
        24,
        "no name",
    ),
    "quote missing behind a string": (
        "( 1.2 SYNTAX 1.3 DESC 'a SINGLE-VALUE X-A 'b' )",
        22,
        "a quote is missing",
    ),
    "unknown usage": ("( 1.2 SYNTAX 1.3 USAGE nobody )", 23, "unknown"),
}


@pytest.mark.parametrize(("text", "same"), QUIRKS.values(), ids=QUIRKS.keys())
def test_attribute_quirk(text: str, same: str) -> None:
    """What is odd but clear reads as its proper form, without a problem."""
    assert AttributeType.parse(text) == AttributeType.parse(same)
    assert str(AttributeType.parse(text)) == same
    schema = Schema.parse(attribute_types=[text])
    assert [p for p in schema.problems if p.position is not None] == []
    assert len(schema.attribute_types) == 1


@pytest.mark.parametrize(
    ("text", "same"), CLASS_QUIRKS.values(), ids=CLASS_QUIRKS.keys()
)
def test_class_quirk(text: str, same: str) -> None:
    """Odd lists and kinds of object classes read as their proper form."""
    assert str(ObjectClass.parse(text)) == same


@pytest.mark.parametrize(
    ("text", "position", "reason"), BROKEN.values(), ids=BROKEN.keys()
)
def test_broken(text: str, position: int, reason: str) -> None:
    """What is no definition raises, saying what and where; a schema goes on."""
    with pytest.raises(SchemaError, match=reason) as caught:
        AttributeType.parse(text)
    assert isinstance(caught.value, DefinitionError)
    assert caught.value.position == position
    schema = Schema.parse(attribute_types=[text, CN])
    assert list(schema.attribute_types) == ["cn"]
    (problem,) = schema.problems
    assert (problem.kind, problem.text) == ("attributeTypes", text)
    assert (problem.reason, problem.position) == (caught.value.reason, position)


@pytest.mark.parametrize(
    ("text", "position", "reason"), NOTED.values(), ids=NOTED.keys()
)
def test_noted(text: str, position: int, reason: str) -> None:
    """An unclear corner raises for a single text; a schema keeps the rest of it."""
    with pytest.raises(SchemaError, match=reason):
        AttributeType.parse(text)
    schema = Schema.parse(attribute_types=[text])
    assert schema.attribute_types["1.2"].syntax == "1.3"
    (problem,) = schema.problems
    assert (problem.text, problem.position) == (text, position)


@pytest.mark.parametrize(
    "oid", ["1..2", "1.2.", ".1.2", "1", "1.02", "1,2,3", "1.2.a", "-1.2", "1.2{3}"]
)
def test_an_odd_oid_is_noted(oid: str) -> None:
    """What is neither an OID nor a word raises alone; a schema keeps and reports it."""
    text = f"( {oid} NAME 'a' SYNTAX 1.3 )"
    with pytest.raises(SchemaError, match="is no OID at position 2"):
        AttributeType.parse(text)
    schema = Schema.parse(attribute_types=[text])
    assert schema.attribute_types["a"].oid == oid
    (problem,) = schema.problems
    assert (problem.text, problem.position) == (text, 2)


def test_a_list_that_a_quote_breaks_is_noted() -> None:
    """A class keeps the names of such a list, and the schema tells of it."""
    text = "( 1.2 NAME 'c' STRUCTURAL MAY ( a $ b'c $ d ) X-A 'x' X-B ( 'y' 'z' ) )"
    schema = Schema.parse(object_classes=[text])
    assert schema.object_classes["c"].may[0] == "a"
    assert any("no name" in problem.reason for problem in schema.problems)


def test_first_of_two_clauses_counts() -> None:
    """Where a clause stands twice the first is taken."""
    schema = Schema.parse(attribute_types=[NOTED["clause twice"][0]])
    assert schema.attribute_types["1.2"].names == ("a",)


def test_bytes_are_utf8_or_latin1() -> None:
    """Bytes are read as UTF-8, and as Latin-1 where they are not."""
    for encoding in ("utf-8", "latin-1"):
        text = "( 1.2 DESC 'Köln' SYNTAX 1.3 )".encode(encoding)
        assert AttributeType.parse(text).description == "Köln"


def test_huge_numbers_are_no_bounds() -> None:
    """A bound no number can hold stays a part of the syntax's text."""
    text = "( 1.2 SYNTAX 1.3{" + "9" * 5000 + "} )"
    parsed = AttributeType.parse(text)
    assert parsed.length is None
    assert AttributeType.parse(str(parsed)) == parsed


def test_error_shows_a_long_text_shortened() -> None:
    """The message of an error stays readable, its text is whole."""
    text = "( 1.2 DESC 'a" + "b" * 10_000
    with pytest.raises(DefinitionError) as caught:
        AttributeType.parse(text)
    assert len(str(caught.value)) < 300
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.text, str(copy)) == (text, str(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        "( 1.2 DESC '" + "a' " * 40_000,
        "( 1.2 DESC '" + "a'b" * 40_000 + "' SYNTAX 1.3 )",
        "( 1.2 NAME ( " + "'a" * 40_000,
        "( 1.2 DESC 'x'" + " " * 120_000 + "y' )",
        "( 1.2 MAY ( " + "a $ " * 40_000 + ") )",
        "(" * 120_000,
        "'" * 120_000,
        "( 1.2 " + "X-A " * 40_000 + ")",
    ],
)
def test_linear_time(text: str) -> None:
    """A hostile text of 120 kB takes no more than its length deserves."""
    start = time.process_time()
    Schema.parse(attribute_types=[text])
    assert time.process_time() - start < 5.0


@given(st.text(alphabet="()'$ \\{}27abNAMEDESCSYNTAXX-.\n\t", max_size=80))
@example("( 1.2 DESC 'a'")
@example("('")
def test_tokens_cover_the_text(text: str) -> None:
    """No character but blanks is lost between tokens."""
    assert "".join("".join(tokenize(text)).split()) == "".join(text.split())


_WORDS = st.sampled_from(
    [
        *("(", ")", "'", "$", "NAME", "DESC", "SUP", "SYNTAX", "MUST", "MAY", "X-A"),
        *("'a'", "'b'", "1.2", "{3}", "\\27", "SINGLE-VALUE", "STRUCTURAL", "USAGE"),
        *("FORM", "OC", "APPLIES", "AUX", "NOT", "1", "ü", "\x00", "name", "'it's"),
    ]
)
_TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(_WORDS, max_size=20).map(" ".join),
    st.lists(_WORDS, max_size=20).map(lambda words: f"( 1 {' '.join(words)} )"),
)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.__name__)
def test_any_text_reads_or_is_refused(kind: type[AttributeType]) -> None:
    """A single text gives a value that writes and reads back, or a `SchemaError`."""

    @given(_TEXTS)
    def check(text: str) -> None:
        try:
            definition = kind.parse(text)
        except SchemaError:
            return
        assert kind.parse(str(definition)) == definition
        assert hash(kind.parse(str(definition))) == hash(definition)

    check()


@given(st.lists(st.one_of(_TEXTS, st.binary(max_size=40)), max_size=8))
def test_a_schema_reads_any_texts(texts: list[str | bytes]) -> None:
    """`Schema.parse` never raises, whatever its texts are."""
    schema = Schema.parse(
        attribute_types=texts,
        object_classes=texts,
        ldap_syntaxes=texts,
        matching_rules=texts,
        matching_rule_uses=texts,
        dit_content_rules=texts,
        dit_structure_rules=texts,
        name_forms=texts,
    )
    read = len(list(schema.definitions()))
    assert read + len(schema.problems) >= len(KINDS) * len(set(map(str, texts)) - {""})
    for name in schema.object_classes:
        schema.must(name)
        schema.may(name)
    for definition in schema.attribute_types.values():
        assert definition.effective_syntax is None or definition.effective_syntax
