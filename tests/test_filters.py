"""Filters: nodes, their text form (RFC 4515), placeholders, depth, hidden secrets."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import FilterSyntaxError
from ldapom.filters import (
    FALSE,
    MAX_FILTER_DEPTH,
    TRUE,
    And,
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)

NODES = {
    kind.__name__: kind
    for kind in (
        And,
        Approx,
        Equality,
        Extensible,
        GreaterOrEqual,
        LessOrEqual,
        Not,
        Or,
        Present,
        Substrings,
    )
}

# --- strategies --------------------------------------------------------------

attributes = st.sampled_from(
    [
        "cn",
        "2.5.4.3",
        "cn;lang-de",
        "member;range=0-*",
        "member;range=0-1499",
        "member;range",
        "a_b-c;x;y",
    ]
)
rules = st.sampled_from(["caseExactMatch", "2.4.6.8.10", "dnMatch"])
octets = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.text("*()\\?\0 ={}:0-9").map(str.encode),
)
parts = octets.filter(bool)


@st.composite
def substrings(draw: st.DrawFn) -> Filter:
    """Any substring filter that can be built."""
    initial = draw(st.none() | parts)
    middle = draw(st.lists(parts, max_size=3))
    needed = initial is None and not middle
    final = draw(parts if needed else st.none() | parts)
    return Substrings(draw(attributes), initial, middle, final)


leaves = st.one_of(
    st.builds(Equality, attributes, octets),
    st.builds(Approx, attributes, octets),
    st.builds(GreaterOrEqual, attributes, octets),
    st.builds(LessOrEqual, attributes, octets),
    st.builds(Present, attributes),
    st.builds(Extensible, st.none() | rules, attributes, octets, st.booleans()),
    st.builds(Extensible, rules, st.none(), octets, st.booleans()),
    substrings(),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(And),
        st.lists(inner, max_size=3).map(Or),
        inner.map(Not),
    ),
    max_leaves=8,
)

# --- reading -----------------------------------------------------------------

RFC_EXAMPLES = [
    ("(cn=Babs Jensen)", Equality("cn", b"Babs Jensen")),
    ("(!(cn=Tim Howes))", Not(Equality("cn", b"Tim Howes"))),
    (
        "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
        And(
            [
                Equality("objectClass", b"Person"),
                Or([Equality("sn", b"Jensen"), Substrings("cn", b"Babs J")]),
            ]
        ),
    ),
    ("(o=univ*of*mich*)", Substrings("o", b"univ", [b"of", b"mich"])),
    ("(seeAlso=)", Equality("seeAlso", b"")),
    (
        "(cn:caseExactMatch:=Fred Flintstone)",
        Extensible("caseExactMatch", "cn", b"Fred Flintstone"),
    ),
    ("(cn:=Betty Rubble)", Extensible(None, "cn", b"Betty Rubble")),
    (
        "(sn:dn:2.4.6.8.10:=Barney Rubble)",
        Extensible("2.4.6.8.10", "sn", b"Barney Rubble", True),
    ),
    ("(o:dn:=Ace Industry)", Extensible(None, "o", b"Ace Industry", True)),
    ("(:1.2.3:=Wilma Flintstone)", Extensible("1.2.3", None, b"Wilma Flintstone")),
    ("(:DN:2.4.6.8.10:=Dino)", Extensible("2.4.6.8.10", None, b"Dino", True)),
    (
        r"(o=Parens R Us \28for all your parenthetical needs\29)",
        Equality("o", b"Parens R Us (for all your parenthetical needs)"),
    ),
    (r"(cn=*\2A*)", Substrings("cn", any=[b"*"])),
    (r"(filename=C:\5cMyFile)", Equality("filename", rb"C:\MyFile")),
    (r"(bin=\00\00\00\04)", Equality("bin", b"\0\0\0\4")),
    (r"(sn=Lu\c4\8di\c4\87)", Equality("sn", "Lučić".encode())),
    (
        r"(1.3.6.1.4.1.1466.0=\04\02\48\69)",
        Equality("1.3.6.1.4.1.1466.0", b"\4\2Hi"),
    ),
]
OTHERS = [
    ("(&)", TRUE),
    ("(|)", FALSE),
    ("(!(&))", Not(TRUE)),
    ("(&(a=b))", And([Equality("a", b"b")])),
    ("(objectClass=*)", Present("objectClass")),
    ("(cn~=x)", Approx("cn", b"x")),
    ("(cn>=x)", GreaterOrEqual("cn", b"x")),
    ("(cn<=x)", LessOrEqual("cn", b"x")),
    ("(cn<=)", LessOrEqual("cn", b"")),
    ("(cn=>x)", Equality("cn", b">x")),
    ("(cn==x)", Equality("cn", b"=x")),
    ("(cn= x )", Equality("cn", b" x ")),
    ("(cn=a\nb)", Equality("cn", b"a\nb")),
    ("(cn=å?&|!~<>:=)", Equality("cn", "å?&|!~<>:=".encode())),
    ("(cn=*a)", Substrings("cn", final=b"a")),
    ("(cn=a*)", Substrings("cn", b"a")),
    ("(cn=*a*)", Substrings("cn", any=[b"a"])),
    ("(cn=a*b)", Substrings("cn", b"a", (), b"b")),
    ("(cn=a*b*c*d)", Substrings("cn", b"a", [b"b", b"c"], b"d")),
    ("(cn=* *)", Substrings("cn", any=[b" "])),
    ("(cn;lang-de;x=y)", Equality("cn;lang-de;x", b"y")),
    ("(userCertificate;binary=*)", Present("userCertificate;binary")),
    ("(member;range=0-*=*)", Present("member;range=0-*")),
    ("(member;Range=0-1499=x)", Equality("member;Range=0-1499", b"x")),
    ("(member;range=0-9>=x)", GreaterOrEqual("member;range=0-9", b"x")),
    ("(member;range=0-*)", Substrings("member;range", b"0-")),
    ("(member;range=x)", Equality("member;range", b"x")),
    ("(a_b=x)", Equality("a_b", b"x")),
    (
        "(memberOf:1.2.840.113556.1.4.1941:=CN=a,DC=b)",
        Extensible("1.2.840.113556.1.4.1941", "memberOf", b"CN=a,DC=b"),
    ),
    ("(cn:dn:dn:=x)", Extensible("dn", "cn", b"x", True)),
    ("(cn:dnx:=x)", Extensible("dnx", "cn", b"x")),
    ("(cn;x:dn:=)", Extensible(None, "cn;x", b"", True)),
    (
        " (& (a=b)\r\n\t( | (c=d) ) (!\n(e=f)) ) ".replace("( |", "(|"),
        And(
            [
                Equality("a", b"b"),
                Or([Equality("c", b"d")]),
                Not(Equality("e", b"f")),
            ]
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), RFC_EXAMPLES + OTHERS)
def test_reads(text: str, expected: Filter) -> None:
    """The examples of RFC 4515 section 4 and other legal texts read as they say."""
    assert Filter.parse(text) == expected
    assert Filter.parse(str(expected)) == expected


REFUSED = [
    ("", 0),
    (" ", 1),
    ("cn=x", 0),
    ("*", 0),
    (")", 0),
    ("(", 1),
    ("()", 1),
    ("(&", 2),
    ("(!", 2),
    ("(!)", 2),
    ("(!(a=b)(c=d))", 12),
    ("(!a=b)", 2),
    ("(&a=b)", 2),
    ("(&(a=b)c=d)", 7),
    ("(&(a=b)", 7),
    ("(&(a=b)&)", 7),
    ("(a=b", 4),
    ("(a=b))", 5),
    ("(a=b)(c=d)", 5),
    ("(a=b)x", 5),
    ("((a=b))", 1),
    ("( a=b)", 1),
    ("( &(a=b))", 1),
    ("(a =b)", 2),
    ("(a)", 2),
    ("(a", 2),
    ("(a~b)", 2),
    ("(a>b)", 2),
    ("(a:b)", 2),
    ("(=b)", 1),
    ("(>=b)", 1),
    ("(*=b)", 1),
    ("(a*=b)", 2),
    ("(ü=b)", 1),
    ("(1=b)", 1),
    ("(01.2=b)", 1),
    ("(1.02=b)", 4),
    ("(2fa=b)", 1),
    ("(a;=b)", 2),
    ("(a;;x=b)", 2),
    ("(;x=b)", 1),
    ("(:=b)", 1),
    ("(:dn:=b)", 1),
    ("(::=b)", 1),
    ("(a::=b)", 2),
    ("(a:1:=b)", 2),
    ("(a:b:c:=d)", 2),
    ("(a:b;x:=d)", 2),
    ("(a=b(c)", 4),
    ("(a=b\0)", 4),
    ("(a=b\\)", 4),
    ("(a=b\\2)", 4),
    ("(a=b\\2g)", 4),
    ("(a=b\\*)", 4),
    ("(a=\\(b\\))", 3),
    ("(a=\udce1)", 3),
    ("(a=\ud800)", 3),
    ("(a=**)", 4),
    ("(a=b**c)", 5),
    ("(a=***)", 4),
    ("(a>=*)", 4),
    ("(a<=b*)", 5),
    ("(a~=*b)", 4),
    ("(a:=*)", 4),
    ("(a:b:=c*)", 7),
]


@pytest.mark.parametrize(("text", "position"), REFUSED)
def test_refuses_what_is_no_filter(text: str, position: int) -> None:
    """A text outside the grammar is refused where it leaves it."""
    with pytest.raises(FilterSyntaxError) as caught:
        Filter.parse(text)

    assert caught.value.position == position
    assert caught.value.text == text


def test_names_the_remedy() -> None:
    """The commonest mistakes are answered with what to write instead."""
    with pytest.raises(FilterSyntaxError, match=r"in parentheses, such as \(cn=x\)"):
        Filter.parse("cn=x")
    with pytest.raises(FilterSyntaxError, match=r"written as \\28"):
        Filter.parse("(cn=a(b)")
    with pytest.raises(FilterSyntaxError, match="two hexadecimal digits"):
        Filter.parse("(cn=a\\*)")


def test_wants_text() -> None:
    """Bytes are no filter text."""
    with pytest.raises(TypeError, match="not bytes"):
        Filter.parse(b"(a=b)")  # type: ignore[arg-type]  # what the test is about


# --- placeholders ------------------------------------------------------------


@given(st.binary(), st.text().filter(bool))
def test_values_are_taken_as_they_are(raw: bytes, text: str) -> None:
    """Whatever a value holds, it reaches the filter octet by octet."""
    node = Filter.parse(
        "(|(a=?)(b>=?)(c<=?)(d~=?)(e:f:=?)(g=x?y)(h=*?*z?))",
        *(raw, raw, raw, raw, raw, raw, text, text),
    )

    assert node == Or(
        [
            Equality("a", raw),
            GreaterOrEqual("b", raw),
            LessOrEqual("c", raw),
            Approx("d", raw),
            Extensible("f", "e", raw),
            Equality("g", b"x" + raw + b"y"),
            Substrings("h", any=[text.encode()], final=b"z" + text.encode()),
        ]
    )


@pytest.mark.parametrize(
    "value",
    [
        "John (Jim) Doe",
        "*)(uid=*",
        "a\\b",
        "\0",
        "åäö",
        r"CN=Whalen\, Sean,DC=x",
        "100% Sales",
        "?",
        "*",
        "",
        bytes(range(256)),
    ],
)
def test_a_value_can_not_break_out(value: str | bytes) -> None:
    """Values full of filter syntax stay values; ``*`` is no wildcard in them."""
    expected = value.encode() if isinstance(value, str) else value

    assert Filter.parse("(cn=?)", value) == Equality("cn", expected)


def test_a_question_mark_without_values_is_one() -> None:
    r"""Without values ``?`` is an ordinary character; with them it is ``\3f``."""
    assert Filter.parse("(cn=who?)") == Equality("cn", b"who?")
    assert Filter.parse(r"(cn=who\3f?)", "x") == Equality("cn", b"who?x")


@pytest.mark.parametrize(
    ("text", "values", "position"),
    [
        ("(cn=?)", ("a", "b"), 6),
        ("(cn=x)", ("a",), 6),
        ("(&(cn=?)(sn=a?))", ("a",), 13),
        ("(cn=?*?*?)", ("a", "b"), 8),
        ("(cn=??)", ("a",), 5),
        ("(cn=a*?*)", ("",), 6),
        ("(cn=?*)", ("",), 4),
        ("(?=a)", ("cn",), 1),
        ("(cn?=a)", ("cn",), 3),
        ("?", ("(a=b)",), 0),
    ],
)
def test_values_and_placeholders_have_to_fit(
    text: str, values: tuple[str, ...], position: int
) -> None:
    """Too few, too many or misplaced ones are refused, and so is an empty part."""
    with pytest.raises(FilterSyntaxError) as caught:
        Filter.parse(text, *values)

    assert caught.value.position == position


def test_a_placeholder_takes_text_or_octets() -> None:
    """A number has no encoding without a schema; a lone surrogate none at all."""
    with pytest.raises(TypeError, match="not int"):
        Filter.parse("(cn=?)", 5)  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(ValueError, match="surrogate"):
        Filter.parse("(cn=?)", "\ud800")


# --- writing -----------------------------------------------------------------


@given(trees)
def test_text_reads_back(node: Filter) -> None:
    """``Filter.parse(str(f)) == f`` for every filter."""
    again = Filter.parse(str(node))

    assert again == node
    assert hash(again) == hash(node)
    assert str(again) == str(node)


@given(trees)
def test_repr_makes_the_filter_again(node: Filter) -> None:
    """``repr`` is an expression for the filter."""
    assert eval(repr(node), dict(NODES)) == node


@given(trees)
def test_copies_and_pickles(node: Filter) -> None:
    """Copies and pickles are equal."""
    assert pickle.loads(pickle.dumps(node)) == node
    assert copy.deepcopy(node) == node


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Equality("cn", b"a*(b)\\\0"), r"(cn=a\2a\28b\29\5c\00)"),
        (Equality("cn", "Lučić".encode()), "(cn=Lučić)"),
        (Equality("cn", b"\xe1\xc4\x8d"), "(cn=\\e1č)"),
        (Equality("cn", b"\x1b[0m\n"), r"(cn=\1b[0m\0a)"),
        (Equality("cn", b" a/#?"), "(cn= a/#?)"),
        (Substrings("cn", b"*", [b"("], b")"), r"(cn=\2a*\28*\29)"),
        (Extensible("1.2", "cn", b"*", True), r"(cn:dn:1.2:=\2a)"),
        (And([Or([]), Not(Present("cn"))]), "(&(|)(!(cn=*)))"),
    ],
)
def test_writes_canonical_text(node: Filter, text: str) -> None:
    """What RFC 4515 wants escaped is, with control characters and broken UTF-8."""
    assert str(node) == text


@pytest.mark.parametrize(
    "name", ["a=b", "cn=*)(uid", "a b", "ü", "a:b", "c;", "\ud800"]
)
@pytest.mark.parametrize("kind", [Equality, Approx])
def test_an_odd_attribute_can_not_pass_for_a_filter(
    kind: type[Equality | Approx], name: str
) -> None:
    """Text of a node whose attribute is none does not parse as something else."""
    with pytest.raises(FilterSyntaxError):
        Filter.parse(str(kind(name, b"x")))


def test_another_node_has_no_text() -> None:
    """A node that RFC 4515 does not know is refused by name."""

    class Odd(Filter):
        """Somebody's own node."""

    with pytest.raises(TypeError, match="Odd is no filter"):
        str(And([Odd()]))


def test_a_rule_called_dn_can_not_pass_for_the_flag() -> None:
    """RFC 4515 has no text for a rule "dn" without the flag ``:dn``."""
    assert Filter.parse("(cn:dn:dn:=x)") == Extensible("dn", "cn", b"x", True)
    for node in (Extensible("dn", "cn", b"x"), Extensible("DN", None, b"x")):
        with pytest.raises(FilterSyntaxError):
            Filter.parse(str(node))


@given(st.text(alphabet="()&|!=~<>:*\\?a1.;-_ \0é", max_size=40))
def test_parses_or_refuses(text: str) -> None:
    """Any text is a filter that reads back, or a `FilterSyntaxError`."""
    try:
        node = Filter.parse(text)
    except FilterSyntaxError as error:
        assert 0 <= error.position <= len(text)
        return
    assert Filter.parse(str(node)) == node


def test_many_parts_are_read() -> None:
    """A pattern of 100,000 parts is read in one go, with placeholders too."""
    node = Substrings("cn", any=[b"a"] * 100_000)

    assert Filter.parse(str(node)) == node
    assert Filter.parse("(cn=*" + "?*" * 100_000 + ")", *["a"] * 100_000) == node


# --- depth -------------------------------------------------------------------


@pytest.mark.parametrize("operator", "&|!")
def test_nesting_has_a_limit(operator: str) -> None:
    """100 lists may stand around an assertion; one more is refused by name."""

    def nested(depth: int) -> str:
        return f"({operator}" * depth + "(a=b)" + ")" * depth

    assert str(Filter.parse(nested(MAX_FILTER_DEPTH))) == nested(MAX_FILTER_DEPTH)
    for depth in (MAX_FILTER_DEPTH + 1, 10_000):
        with pytest.raises(FilterSyntaxError, match="more than 100 filters nested"):
            Filter.parse(nested(depth))
    with pytest.raises(FilterSyntaxError, match="more than 100 filters nested"):
        Filter.parse(f"({operator}" * 10_000)
    assert Filter.parse(nested(0), max_depth=0) == Equality("a", b"b")
    with pytest.raises(FilterSyntaxError, match="more than 0"):
        Filter.parse(nested(1), max_depth=0)


def test_nothing_recurses() -> None:
    """Filters of 20,000 levels compare, hash, show and read back."""

    def deep(core: Filter) -> Filter:
        for number in range(20_000):
            core = (And([core]), Or([core, core]) if number < 3 else Or([core]))[
                number % 2
            ]
            core = Not(core) if number % 3 == 0 else core
        return core

    one, same, other = (deep(Present(name)) for name in ("cn", "cn", "sn"))

    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert repr(one).count("Present") == 2
    assert Filter.parse(str(one), max_depth=50_000) == one


def test_a_wide_filter_is_read() -> None:
    """A list of 20,000 assertions is as good as one of two."""
    node = Or([Equality("uid", b"%d" % number) for number in range(20_000)])

    assert Filter.parse(str(node)) == node
