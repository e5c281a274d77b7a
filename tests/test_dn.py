"""Distinguished names: RFC 4514 in and out, equality by rule, opaque names."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldapom.dn import AVA, DN, RDN
from ldapom.errors import DNSyntaxError

# --- strategies --------------------------------------------------------------

types = st.sampled_from(
    ["cn", "CN", "2.5.4.3", "uid", "x-y", "member", "0.9.2342.19200300.100.1.25"]
)
values = st.one_of(
    st.text(),
    st.text(alphabet=' #"+,;<>\\=\0aA'),
    st.binary().map(lambda octets: octets.decode("utf-8", "surrogateescape")),
    st.binary(),
)
pairs = st.lists(st.tuples(types, values), min_size=1, max_size=3)


@st.composite
def names(draw: st.DrawFn) -> DN:
    """Any name that can be built."""
    name = DN()
    for rdn in draw(st.lists(pairs, max_size=4)):
        name = DN.of(*rdn, name)
    return name


def values_of(text: str) -> list[list[tuple[str, str]]]:
    """The types and values of a name, as plain lists."""
    return [[(ava.type, ava.value) for ava in rdn] for rdn in DN.parse(text).rdns]


# --- RFC 4514 section 4 ------------------------------------------------------

RFC_EXAMPLES = [
    (
        "UID=jsmith,DC=example,DC=net",
        [[("UID", "jsmith")], [("DC", "example")], [("DC", "net")]],
    ),
    (
        "OU=Sales+CN=J.  Smith,DC=example,DC=net",
        [
            [("OU", "Sales"), ("CN", "J.  Smith")],
            [("DC", "example")],
            [("DC", "net")],
        ],
    ),
    (
        r"CN=James \"Jim\" Smith\, III,DC=example,DC=net",
        [[("CN", 'James "Jim" Smith, III')], [("DC", "example")], [("DC", "net")]],
    ),
    (
        r"CN=Before\0dAfter,DC=example,DC=net",
        [[("CN", "Before\rAfter")], [("DC", "example")], [("DC", "net")]],
    ),
    ("1.3.6.1.4.1.1466.0=#04024869", [[("1.3.6.1.4.1.1466.0", "Hi")]]),
    (r"CN=Lu\C4\8Di\C4\87", [[("CN", "Lučić")]]),
]


@pytest.mark.parametrize(("text", "expected"), RFC_EXAMPLES)
def test_reads_the_examples_of_the_rfc(
    text: str, expected: list[list[tuple[str, str]]]
) -> None:
    """Every example of RFC 4514 section 4 reads as the RFC says and keeps its text."""
    assert values_of(text) == expected
    assert str(DN.parse(text)) == text


VALUES = [
    ("cn=", ""),
    ("cn= ", ""),
    (r"cn=\ ", " "),
    (r"cn=\20", " "),
    (r"cn=\ \ ", "  "),
    (r"cn=John Doe\ , o=github", "John Doe "),
    (r"bar=\ baz\ ", " baz "),
    ("CN=admin\\\\ ", "admin\\"),
    ("CN=admin\\\\\\ ", "admin\\ "),
    ("cn=a  b", "a  b"),
    ("cn=x=y", "x=y"),
    (r"cn=x\=y", "x=y"),
    (r"cn=\#x", "#x"),
    ("cn=x#", "x#"),
    (r"cn=\00", "\0"),
    (r"cn=a\2Cb", "a,b"),
    (r"cn=a\2cb", "a,b"),
    ("cn=\t", "\t"),
    ("cn=ü😀", "ü😀"),
    (r"cn=\F0\9F\98\80", "😀"),
    (r"cn=Rak V\E1clav", "Rak V\udce1clav"),
    (r"uid=A\+B", "A+B"),
    ("cn=$&'()*!/:?@[]^`{|}~", "$&'()*!/:?@[]^`{|}~"),
    ('cn="Doe, John"', "Doe, John"),
    ('cn="a+b;c<d>e=#" ', "a+b;c<d>e=#"),
    (r'cn="a\"b\\c\41"', 'a"b\\cA'),
    ('cn=""', ""),
    ('cn=" x "', " x "),
    ("O= #04024869 ", "Hi"),
    ("O=#0C02c3a9", "é"),
    ("O=#13024869", "Hi"),
    ("O=#16024869", "Hi"),
    ("O=#1E0400480069", "Hi"),
    ("O=#0400", ""),
    ("O=#04810100", "\0"),
    ("O=#0401ff", "\udcff"),
    ("O=#020105", "#020105"),
    ("O=#1301ff", "#1301ff"),
    ("O=#30060201050201AA", "#30060201050201aa"),
    ("O=#5F810100", "#5f810100"),
    ("oid.2.5.4.3=x", "x"),
    ("OID.2.5.4.3=x", "x"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_reads_a_value(text: str, value: str) -> None:
    """Escapes, quotes, ``#`` forms and plain text read as the value they stand for."""
    assert DN.parse(text).rdns[0][0].value == value
    assert str(DN.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "cn=a,ou=b",
        " cn = a , ou = b ",
        "cn=a;ou=b",
        'cn="a",ou="b"',
        "OID.2.5.4.3=a,oid.2.5.4.11=b",
        "commonName=A,organizationalUnitName=B",
        r"CN=\61,OU=\62",
        "cn=#040161,ou=#0C0162",
    ],
)
def test_reads_spellings_of_one_name(text: str) -> None:
    """What is tolerated means the same as the plain spelling."""
    assert DN.parse(text) == DN.parse("cn=a,ou=b")
    assert hash(DN.parse(text)) == hash(DN.parse("cn=a,ou=b"))
    assert str(DN.parse(text)) == text


@pytest.mark.parametrize("text", ["", " ", "     "])
def test_reads_the_empty_name(text: str) -> None:
    """No text, or only spaces, is the root's name."""
    name = DN.parse(text)

    assert name == DN()
    assert (len(name), bool(name), name.rdns) == (0, False, ())
    assert name.parent is None
    assert name.rdn is None


REFUSED = [
    ("cn", 2),
    ("cn ", 3),
    ("cn x", 3),
    ("=x", 0),
    (" =x", 1),
    (",", 0),
    (";", 0),
    ("+", 0),
    (",cn=x", 0),
    ("cn=x,", 5),
    ("cn=x, ", 6),
    ("cn=x;", 5),
    ("cn=x+", 5),
    ("cn=x,,dc=y", 5),
    ("cn=x, ,dc=y", 6),
    ("cn=x++sn=y", 5),
    ("cn=x,dc", 7),
    ("cn=x,y,dc=z", 6),
    ("cn=x\\", 4),
    ("cn=x\\4", 4),
    ("cn=x\\4,dc=y", 4),
    ("cn=x\\4G", 4),
    ("cn=x\\?,dc=base", 4),
    ('cn=a"b', 4),
    ('cn="a', 5),
    ('cn="a"b', 6),
    ('cn="a\\', 5),
    ("cn=a<b", 4),
    ("cn=a>b", 4),
    ("cn=<x", 3),
    ("cn=a\0", 4),
    ("cn=a\ud800", 4),
    ("cn=a\udce1b", 4),
    ("cn=#", 4),
    ("cn=#4", 4),
    ("cn=#04024", 8),
    ("cn=#0402zz", 8),
    ("cn=#0402486900ffff", 3),
    ("cn=#040248", 3),
    ("cn=#04", 3),
    ("cn=#0480", 3),
    ("cn=#1f81", 3),
    ("cn=#04024869 x", 13),
    ("1=x", 0),
    ("1.=x", 0),
    ("01.2=x", 0),
    ("1.02=x", 3),
    ("1..2=x", 0),
    ("1.2.=x", 3),
    ("2fa=x", 0),
    ("-a=x", 0),
    ("_a=x", 0),
    ("ü=x", 0),
    ("cné=x", 2),
    ("cn;lang-de=x", 2),
    ("c n=x", 2),
    ("cn\t=x", 2),
    ("OID.=x", 3),
    ("OID.cn=x", 3),
    ("<GUID=12>;<SID=13>;CN=x", 0),
]


@pytest.mark.parametrize(("text", "position"), REFUSED)
def test_refuses_what_is_no_name(text: str, position: int) -> None:
    """A text outside the grammar is refused where it leaves it."""
    with pytest.raises(DNSyntaxError) as caught:
        DN.parse(text)

    assert caught.value.position == position
    assert caught.value.text == text


@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_keeps_what_a_server_sends(text: str) -> None:
    """What does not parse is kept exactly, as an opaque name."""
    name = DN.from_server(text)

    assert name.is_opaque
    assert str(name) == text
    assert name == DN.opaque(text)
    assert name != DN.opaque(text + " ")
    assert pickle.loads(pickle.dumps(name)) == name
    assert (bool(name), len(name), name.parent, name.rdn) == (True, 0, None, None)
    assert not name.is_under("")
    assert name.is_under(name, or_equal=True)


def test_parses_what_a_server_sends_where_it_can() -> None:
    """A name that parses is no opaque one; the empty one neither."""
    assert DN.from_server("cn=x") == DN.parse("cn=x")
    assert not DN.from_server("cn=x").is_opaque
    assert DN.opaque("") == DN()
    assert DN.opaque("cn=x") != DN.parse("cn=x")


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_never_refuses_a_server(text: str) -> None:
    """Any text at all makes a name that gives the text back."""
    assert str(DN.from_server(text)) == text


def test_wants_text() -> None:
    """Bytes are no name."""
    with pytest.raises(TypeError, match="not bytes"):
        DN.from_server(b"cn=x")  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError, match="not bytes"):
        DN.parse(b"cn=x")  # type: ignore[arg-type]  # what the test is about


@pytest.mark.parametrize("parts", ["dc=x", b"dc=x", ["dc=x"]])
def test_a_text_is_not_taken_for_rdns(parts: Any) -> None:
    """Its letters would be a name too; the error says how a text is read."""
    with pytest.raises(TypeError, match=r"DN\.parse"):
        DN(parts)
    with pytest.raises(TypeError, match=r"DN\.parse"):
        RDN(parts)


# --- building ----------------------------------------------------------------

BUILT = [
    ("", "cn="),
    (" ", r"cn=\ "),
    ("  ", r"cn=\ \ "),
    ("   ", r"cn=\  \ "),
    ("#x", r"cn=\#x"),
    ("x#", "cn=x#"),
    (" a ", r"cn=\ a\ "),
    ("a b", "cn=a b"),
    ('"+,;<>\\', r"cn=\"\+\,\;\<\>\\"),
    ("a=b", "cn=a=b"),
    ("\0", r"cn=\00"),
    ("\r\n", "cn=\r\n"),
    ("ü😀", "cn=ü😀"),
    (b"\xe1x", r"cn=\E1x"),
    ("Before\rAfter", "cn=Before\rAfter"),
]


@pytest.mark.parametrize(("value", "text"), BUILT)
def test_escapes_no_more_than_needed(value: str | bytes, text: str) -> None:
    """A built name is escaped as RFC 4514 2.4 says and reads back."""
    name = DN.of(("cn", value))

    assert str(name) == text
    assert DN.parse(text) == name


def test_builds_under_a_parent() -> None:
    """A parent is a name or a text, keeps its spelling, and may be left out."""
    parent = DN.parse("OU=People, dc=example")

    assert str(DN.of(("uid", "x"), parent)) == "uid=x,OU=People, dc=example"
    assert str(DN.of(("uid", "x"), "dc=example")) == "uid=x,dc=example"
    assert str(DN.of(("uid", "x"))) == "uid=x"
    assert str(DN.of(("uid", "x"), "")) == "uid=x"
    assert str(DN.of(("uid", "x"), DN.parse("  "))) == "uid=x"
    assert str(DN.of(("uid", "x"), ("cn", "y, z"))) == r"uid=x+cn=y\, z"
    assert DN.of(("uid", "x"), parent).parent == parent


def test_builds_under_an_opaque_parent() -> None:
    """Below an opaque name everything is opaque, and the text is right."""
    name = DN.of(("cn", "a,b"), DN.from_server(r"cn=foo\?,dc=base"))

    assert name.is_opaque
    assert str(name) == r"cn=a\,b,cn=foo\?,dc=base"


def test_refuses_to_build_nonsense() -> None:
    """Types are checked; nothing, numbers and lone surrogates are no names."""
    with pytest.raises(DNSyntaxError):
        DN.of(("c n", "x"))
    with pytest.raises(DNSyntaxError):
        DN.of(("cn", "x"), "dc")
    with pytest.raises(ValueError, match="at least one"):
        DN.of("dc=x")
    with pytest.raises(ValueError, match="at least one"):
        DN.of()
    with pytest.raises(ValueError, match="surrogate"):
        DN.of(("cn", "\ud800"))
    with pytest.raises(TypeError, match="not int"):
        DN.of(("uidNumber", 5))  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError, match="not int"):
        DN.of((5, "x"))  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError, match="at most one parent"):
        DN.of(("cn", "x"), "dc=y", "dc=z")
    with pytest.raises(ValueError, match="BER"):
        AVA("cn", "x", b"\x04\x01y")
    with pytest.raises(ValueError, match="BER"):
        AVA("cn", "x", b"\x04\x01yz")


def test_octets_that_make_a_character_are_that_character() -> None:
    """A value's octets count, however they were brought together."""
    assert (
        DN.of(("x", "\udcc3\udca9")) == DN.of(("x", "é")) == DN.of(("x", b"\xc3\xa9"))
    )


# --- round trips -------------------------------------------------------------


@given(names())
@example(DN.of(("cn", " ")))
def test_text_reads_back(name: DN) -> None:
    """``DN.parse(str(dn)) == dn``, value for value, for every name."""
    again = DN.parse(str(name))

    assert again == name
    assert hash(again) == hash(name)
    assert values_of(str(name)) == [
        [(ava.type, ava.value) for ava in rdn] for rdn in name.rdns
    ]
    assert str(again) == str(name)


@given(names())
def test_copies_and_pickles(name: DN) -> None:
    """Copies are the name itself; a pickle is equal and spelled the same."""
    again = pickle.loads(pickle.dumps(name))

    assert again == name
    assert str(again) == str(name)
    assert copy.copy(name) is name
    assert copy.deepcopy(name) is name
    assert pickle.loads(pickle.dumps(name.rdns)) == name.rdns


def test_a_class_of_somebody_else_is_kept() -> None:
    """What is read is of the class that was asked, whatever it adds."""

    class Name(DN):
        @property
        def depth(self) -> int:
            return len(self)

    for name in (Name.parse("cn=a,dc=b"), Name.from_server("cn=a,dc=b")):
        assert type(name) is Name
        assert name == DN.parse("cn=a,dc=b")
        assert name.depth == 2


@given(names())
def test_repr_makes_the_name_again(name: DN) -> None:
    """``repr`` is an expression for the name."""
    assert eval(repr(name), {"DN": DN}) == name


@given(st.text(alphabet=' "#+,;<>\\=acn01.éOID\0', max_size=30))
def test_parses_or_refuses(text: str) -> None:
    """Any text is a name whose parts build an equal one, or a `DNSyntaxError`."""
    try:
        name = DN.parse(text)
    except DNSyntaxError as error:
        assert 0 <= error.position <= len(text)
        return
    rebuilt = DN(name.rdns)
    assert rebuilt == name
    assert DN.parse(str(rebuilt)) == name


# --- equality ----------------------------------------------------------------

SAME = [
    ("cn=John Doe", "CN=john DOE"),
    ("cn=John Doe", "2.5.4.3=john doe"),
    ("cn=John Doe", "commonName=John  Doe"),
    ("cn=x", r"cn=\ x\ "),
    ("cn=Straße", "cn=STRASSE"),
    ("cn=ﬁx", "cn=FIX"),
    ("cn=e\u0301", "cn=É"),
    ("cn=a\u00a0b", "cn=a b"),
    ("dc=Example", "0.9.2342.19200300.100.1.25=example"),
    ("userid=X", "uid=x"),
    ("gn=x", "givenName=X"),
    ("MEMBER=cn=x", "2.5.4.31=cn=x"),
    ("x-Unknown=a", "X-UNKNOWN=a"),
    ("cn=a+uid=b", "uid=B+cn=A"),
    ("cn=a+cn=b", "cn=b+cn=a"),
    ("CN=Lu\\C4\\8Di\\C4\\87", "CN=Lučić"),
    ("O= #04024869 ", "O=#04024869"),
    ("O=#04024869", "O=hi"),
    ("x=#0204AABBCCDD", "x=#0204aabbccdd"),
]
DIFFERENT = [
    ("cn=a", "sn=a"),
    ("cn=a", "cn=ab"),
    ("cn=a b", "cn=ab"),
    ("cn=", r"cn=\20"),
    ("member=A", "member=a"),
    ("x-unknown=A", "x-unknown=a"),
    ("x-unknown=a", r"x-unknown=a\20"),
    ("mail=A@x", "mail=a@x"),
    ("cn=a,cn=b", "cn=a+cn=b"),
    ("cn=a,dc=b", "dc=b,cn=a"),
    ("cn=a", "cn=a+sn=b"),
    ("cn=a+cn=a", "cn=a"),
    ("x=#020105", "x=\\#020105"),
    ("x=#020105", "x=#0203000005"),
    ("cn=A\\E1", "cn=a\\E1"),
    ("cn=a\u0020\u0020\u0308", "cn=a\u0020\u0308"),
    ("cn=a\\00", "cn=a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_is_equal_by_rule(one: str, other: str) -> None:
    """Types fold by the table, values of caseIgnore types by RFC 4518."""
    assert DN.parse(one) == DN.parse(other)
    assert hash(DN.parse(one)) == hash(DN.parse(other))
    assert DN.parse(one).rdns[0] == DN.parse(other).rdns[0]
    assert len({*DN.parse(one).rdns, *DN.parse(other).rdns}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_is_different_when_in_doubt(one: str, other: str) -> None:
    """A wrong "same" is never given, a wrong "different" may be."""
    assert DN.parse(one) != DN.parse(other)


def test_is_no_text() -> None:
    """A name, an RDN and an AVA are equal to their own kind only."""
    name = DN.parse("cn=a")

    assert name != "cn=a"
    assert name.rdns[0] != (AVA("cn", "a"),)
    assert name.rdns[0][0] != ("cn", "a")
    assert name.rdns[0] == RDN([AVA("CN", "A")])
    assert name.rdns[0][0] == AVA("CN", "A")
    assert len({AVA("cn", "a"), AVA("CN", "A")}) == 1


def test_an_rdn_has_a_part() -> None:
    """There is no empty RDN."""
    with pytest.raises(ValueError, match="at least one"):
        RDN([])


def test_parts_show_themselves() -> None:
    """RDN and AVA have their canonical text."""
    name = DN.parse(r"cn = a\2cb + x = #020105 , dc = c")

    assert str(name.rdns[0]) == r"cn=a\,b+x=#020105"
    assert str(name.rdns[0][0]) == r"cn=a\,b"
    assert eval(repr(name.rdns[0]), {"RDN": RDN, "AVA": AVA}) == name.rdns[0]


# --- the tree ----------------------------------------------------------------


def test_parents() -> None:
    """Each parent keeps the given spelling, up to the empty name and None."""
    name = DN.parse(r"cn=a\, b + x=#020105 ;  OU = c , dc=d ")

    parents = []
    parent = name.parent
    while parent is not None:
        parents.append(str(parent))
        parent = parent.parent

    assert parents == ["OU = c , dc=d ", "dc=d ", ""]
    assert str(DN(name.rdns).parent) == "OU=c,dc=d"


def test_knows_what_it_is_under() -> None:
    """Below means at any depth, by rule, and not the name itself."""
    name = DN.parse("cn=a,ou=b,dc=c")

    assert name.is_under("OU=B,dc=c")
    assert name.is_under(DN.parse("dc=C"))
    assert name.is_under("")
    assert not name.is_under("cn=a,ou=b,dc=c")
    assert name.is_under("cn=a,ou=b,dc=c", or_equal=True)
    assert not name.is_under("ou=b")
    assert not name.is_under("cn=z,cn=a,ou=b,dc=c", or_equal=True)
    assert not DN().is_under("")
    assert DN().is_under("", or_equal=True)
    assert not name.is_under(DN.opaque("dc=c"))
    assert len(name) == 3
    assert bool(name)


@pytest.mark.parametrize("part", ["cn=a", 'cn="a"', "cn=#040161", r"cn=\61"])
def test_a_long_name_needs_no_depth(part: str) -> None:
    """A name of 20,000 RDNs is read, compared, copied and written."""
    text = ",".join([part] * 20_000)
    name = DN.parse(text)

    assert len(name) == 20_000
    assert name == DN.parse(text.upper())
    assert name.parent is not None
    assert name.is_under(name.parent)
    assert pickle.loads(pickle.dumps(name)) == name
    assert DN.parse(str(DN(name.rdns))) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\41" * 50_000, "A" * 50_000),
        (" " * 50_000 + "a" + " " * 50_000, "a"),
        (r"a\, " * 10_000, ("a, " * 10_000)[:-1]),
        ('"' + r"\"" * 50_000 + '"', '"' * 50_000),
        ("#0483010000" + "61" * 65_536, "a" * 65_536),
        ("\\" * 50_000, "\\" * 25_000),
    ],
)
def test_a_long_value_is_read(text: str, value: str) -> None:
    """Long values of escapes and spaces are read as any other."""
    assert DN.parse(f"cn={text},dc=x").rdns[0][0].value == value
