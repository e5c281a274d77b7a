"""The matching rules: equality, order, substrings, and what servers add."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import matching, syntaxes
from ldapom.schema.matching import Matcher, RuleKind

LDAP = "1.3.6.1.4.1.1466.115.121.1."


def rule(name: str) -> Matcher:
    """The rule of this name."""
    found = matching.lookup(name)
    assert found is not None, name
    return found


# --- lookup -------------------------------------------------------------------

#: RFC 4517 section 4.2: OID, name, number of the assertion syntax.
RFC_4517 = [
    ("2.5.13.16", "bitStringMatch", 6),
    ("2.5.13.13", "booleanMatch", 7),
    ("1.3.6.1.4.1.1466.109.114.1", "caseExactIA5Match", 26),
    ("2.5.13.5", "caseExactMatch", 15),
    ("2.5.13.6", "caseExactOrderingMatch", 15),
    ("2.5.13.7", "caseExactSubstringsMatch", 58),
    ("1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", 26),
    ("1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", 58),
    ("2.5.13.11", "caseIgnoreListMatch", 41),
    ("2.5.13.12", "caseIgnoreListSubstringsMatch", 58),
    ("2.5.13.2", "caseIgnoreMatch", 15),
    ("2.5.13.3", "caseIgnoreOrderingMatch", 15),
    ("2.5.13.4", "caseIgnoreSubstringsMatch", 58),
    ("2.5.13.31", "directoryStringFirstComponentMatch", 15),
    ("2.5.13.1", "distinguishedNameMatch", 12),
    ("2.5.13.27", "generalizedTimeMatch", 24),
    ("2.5.13.28", "generalizedTimeOrderingMatch", 24),
    ("2.5.13.29", "integerFirstComponentMatch", 27),
    ("2.5.13.14", "integerMatch", 27),
    ("2.5.13.15", "integerOrderingMatch", 27),
    ("2.5.13.33", "keywordMatch", 15),
    ("2.5.13.8", "numericStringMatch", 36),
    ("2.5.13.9", "numericStringOrderingMatch", 36),
    ("2.5.13.10", "numericStringSubstringsMatch", 58),
    ("2.5.13.30", "objectIdentifierFirstComponentMatch", 38),
    ("2.5.13.0", "objectIdentifierMatch", 38),
    ("2.5.13.17", "octetStringMatch", 40),
    ("2.5.13.18", "octetStringOrderingMatch", 40),
    ("2.5.13.20", "telephoneNumberMatch", 50),
    ("2.5.13.21", "telephoneNumberSubstringsMatch", 58),
    ("2.5.13.23", "uniqueMemberMatch", 34),
    ("2.5.13.32", "wordMatch", 15),
]


@pytest.mark.parametrize(("oid", "name", "number"), RFC_4517)
def test_lookup_finds_every_rule_of_the_rfc(oid: str, name: str, number: int) -> None:
    """OID and name in any case find the rule; its definition is the RFC's."""
    found = rule(name.upper())
    assert matching.lookup(oid) is found
    assert found.definition == f"( {oid} NAME '{name}' SYNTAX {LDAP}{number} )"


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.6.1.1.16.2", "uuidMatch"),
        ("1.3.6.1.1.16.3", "uuidOrderingMatch"),
        ("1.2.840.113556.1.4.803", "integerBitAndMatch"),
        ("1.2.840.113556.1.4.804", "integerBitOrMatch"),
        ("1.2.840.113556.1.4.1941", "LDAP_MATCHING_RULE_IN_CHAIN"),
        ("1.3.6.1.4.1.4203.1.2.1", "caseExactIA5SubstringsMatch"),
        ("1.3.6.1.4.1.4203.666.11.2.2", "CSNMatch"),
    ],
)
def test_lookup_finds_what_servers_add(oid: str, name: str) -> None:
    """UUID, Active Directory and OpenLDAP rules are known by name and OID."""
    assert matching.lookup(name) is rule(oid)


def test_lookup_of_the_unknown_is_none() -> None:
    """A rule nobody knows is no error."""
    assert matching.lookup("1.2.3") is None
    assert matching.lookup("") is None


def test_kinds_follow_the_names() -> None:
    """Ordering and substrings rules say so in their name, bit rules are extensible."""
    assert rule("caseIgnoreMatch").kind is RuleKind.equality
    assert rule("caseIgnoreOrderingMatch").kind is RuleKind.ordering
    assert rule("caseIgnoreSubstringsMatch").kind is RuleKind.substrings
    assert rule("1.2.840.113556.1.4.803").kind is RuleKind.extensible
    for each in matching.RULES:
        if "Ordering" in each.name:
            assert each.kind is RuleKind.ordering


@pytest.mark.parametrize("each", matching.RULES, ids=str)
def test_rules_pickle(each: Matcher) -> None:
    """A rule is equal to its pickled copy, which still works."""
    twin = pickle.loads(pickle.dumps(each))
    assert twin == each
    assert hash(twin) == hash(each)
    if each.kind is RuleKind.substrings:
        assert twin.pattern(b"1")(b"12") is True


@pytest.mark.parametrize("each", matching.RULES, ids=str)
@given(raw=st.binary(max_size=30))
def test_any_bytes_have_a_key_or_a_value_error(each: Matcher, raw: bytes) -> None:
    """No bytes raise anything else; a key is hashable and equals itself."""
    try:
        key = each.normalize(raw)
    except ValueError:
        return
    assert hash(key) == hash(each.normalize(raw))
    assert key == each.normalize(raw)


# --- equality -----------------------------------------------------------------

EQUAL = [
    ("caseIgnoreMatch", "John  SMITH", " john smith "),
    ("caseIgnoreMatch", "Straße", "STRASSE"),
    ("caseExactMatch", " John  Smith", "John Smith"),
    ("caseIgnoreIA5Match", "A@B.C", "a@b.c"),
    ("caseExactIA5Match", "a  b", "a b"),
    ("numericStringMatch", "15 079 672", "15079672"),
    ("telephoneNumberMatch", "+1-512-315 0280", "+1 5123150280"),
    ("telephoneNumberMatch", "ext A", "EXTa"),
    ("integerMatch", "007", "7"),
    ("integerMatch", "-0", "0"),
    ("booleanMatch", "true", "TRUE"),
    ("bitStringMatch", "'01'B", "'01'B"),
    ("octetStringMatch", "a", "a"),
    ("generalizedTimeMatch", "199412161032Z", "19941216053200.0-0500"),
    ("uTCTimeMatch", "9412161032Z", "941216053200-0500"),
    ("distinguishedNameMatch", "CN=A, DC=Example", "cn=a,dc=example"),
    ("uniqueMemberMatch", "O=Test,C=GB", "o=test,c=gb"),
    ("uniqueMemberMatch", "O=Test,C=GB#'01'B", "o=test,c=gb#'01'B"),
    ("objectIdentifierMatch", "inetOrgPerson", "INETORGPERSON"),
    ("uuidMatch", "73204F2C-B949-4C39-A3AE-79FB5119E676", "73204f2c-b949-4c39-a3ae-79fb5119e676"),
    ("caseIgnoreListMatch", "1234 Main ST$Anytown", "1234  main st $ANYTOWN"),
    ("caseIgnoreListMatch", r"\24a$b", r"\24A$B"),
    ("integerFirstComponentMatch", "( 15 FORM x )", "15"),
    ("objectIdentifierFirstComponentMatch", "(2.5.4.3 NAME 'cn')", "2.5.4.3"),
    ("objectIdentifierFirstComponentMatch", " ( OLcfg:1 NAME 'x')", "olcfg:1"),
    ("directoryStringFirstComponentMatch", "( 'The First' x )", "the first"),
    ("wordMatch", "He said: hello, World", "hello"),
    ("wordMatch", "He said: hello, World", "HELLO,"),
    ("keywordMatch", "red wine, white wine; beer", "White  Wine"),
    ("keywordMatch", "red wine, white wine; beer", "white"),
    ("CSNSIDMatch", "20240101000000.000000Z#000000#00A#000000", "00a"),
    ("integerBitAndMatch", "7", "3"),
    ("integerBitAndMatch", "-2147483646", "2147483648"),
    ("integerBitOrMatch", "4", "6"),
    ("distinguishedNameInChainMatch", "CN=A", "cn=a"),
]  # fmt: skip

DIFFERENT = [
    ("caseIgnoreMatch", "John Smith", "JohnSmith"),
    ("caseExactMatch", "John", "john"),
    ("caseExactIA5Match", "a", "A"),
    ("numericStringMatch", "1 2", "1 3"),
    ("integerMatch", "10", "1"),
    ("booleanMatch", "TRUE", "FALSE"),
    ("bitStringMatch", "'01'B", "'010'B"),
    ("octetStringMatch", "a", "A"),
    ("generalizedTimeMatch", "199412161032Z", "199412161033Z"),
    ("distinguishedNameMatch", "cn=a,dc=b", "dc=b,cn=a"),
    ("uniqueMemberMatch", "O=Test#'01'B", "O=Test"),
    ("uniqueMemberMatch", "O=Test#'01'B", "O=Test#'10'B"),
    ("objectIdentifierMatch", "cn", "2.5.4.3"),
    ("caseIgnoreListMatch", "a$b", "a b"),
    ("caseIgnoreListMatch", "a$b", "a$b$c"),
    ("caseIgnoreListMatch", r"a\24b", "a$b"),
    ("integerFirstComponentMatch", "( 15 FORM x )", "16"),
    ("wordMatch", "He said: hello, World", "hell"),
    ("keywordMatch", "red wine, white wine", "wine, white"),
    ("integerBitAndMatch", "5", "3"),
    ("integerBitOrMatch", "8", "6"),
]


@pytest.mark.parametrize(("name", "value", "assertion"), EQUAL)
def test_values_that_match(name: str, value: str, assertion: str) -> None:
    """The rule holds between these."""
    assert rule(name).holds(value.encode(), assertion.encode()) is True


@pytest.mark.parametrize(("name", "value", "assertion"), DIFFERENT)
def test_values_that_do_not_match(name: str, value: str, assertion: str) -> None:
    """The rule does not hold between these."""
    assert rule(name).holds(value.encode(), assertion.encode()) is False


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("caseIgnoreMatch", b"\xff"),
        ("caseExactMatch", b"\xff"),
        ("integerMatch", b"x"),
        ("booleanMatch", b"yes"),
        ("bitStringMatch", b"01"),
        ("generalizedTimeMatch", b"1970-01-01"),
        ("uuidMatch", b"x"),
        ("objectIdentifierMatch", "ä".encode()),
        ("integerBitAndMatch", b""),
    ],
)
def test_bytes_of_another_syntax_are_undefined(name: str, raw: bytes) -> None:
    """Bytes that are no value raise ValueError, as value and as assertion."""
    with pytest.raises(ValueError):
        rule(name).normalize(raw)
    with pytest.raises(ValueError):
        rule(name).holds(raw, raw)


def test_a_resolver_makes_names_and_numbers_equal() -> None:
    """With it `cn` is 2.5.4.3 in any case; without it names are names."""
    resolve = {"cn": "2.5.4.3", "commonname": "2.5.4.3"}.get
    resolved = matching.lookup("objectIdentifierMatch", resolve)
    assert resolved is not None
    assert resolved.holds(b"CN", b"2.5.4.3")
    assert resolved.holds(b"commonName", b"cn")
    assert not resolved.holds(b"sn", b"cn")
    assert resolved.holds(b"x", b"X")
    first = matching.lookup("objectIdentifierFirstComponentMatch", resolve)
    assert first is not None
    assert first.holds(b"( 2.5.4.3 NAME 'cn' )", b"cn")
    assert matching.lookup("caseIgnoreMatch", resolve) is rule("caseIgnoreMatch")


# --- order --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("caseIgnoreOrderingMatch", ["a", "A b", "ab", "B", "Ä"]),
        ("caseExactOrderingMatch", ["B", "a", "a b", "ab"]),
        ("integerOrderingMatch", ["-10", "-9", "9", "10"]),
        ("numericStringOrderingMatch", ["1 0", "2", "2 0"]),
        ("octetStringOrderingMatch", ["", "B", "a", "a\0"]),
        ("generalizedTimeOrderingMatch", ["2024010101+0200", "2024010100Z"]),
        ("uTCTimeOrderingMatch", ["9901010000Z", "0001010000Z"]),
        (
            "uuidOrderingMatch",
            [
                "01204f2c-b949-4c39-a3ae-79fb5119e676",
                "A0204f2c-b949-4c39-a3ae-79fb5119e676",
                "a0204f2c-b949-4c39-a3ae-79fb5119e677",
            ],
        ),
    ],
)
def test_ordering_rules_order(name: str, values: list[str]) -> None:
    """Each value comes before all that follow it, and not before itself."""
    ordering = rule(name)
    raws = [value.encode() for value in values]
    for at, value in enumerate(raws):
        for other in raws[at + 1 :]:
            assert ordering.holds(value, other)
            assert not ordering.holds(other, value)
        assert not ordering.holds(value, value)


@given(st.lists(st.text("ab !\u00e4", max_size=4), min_size=2, max_size=2))
def test_the_short_key_orders_as_the_rfc_does(pair: list[str]) -> None:
    """The key without the outer and doubled spaces of RFC 4518 sorts the same."""
    substrings, ordering = rule("2.5.13.4"), rule("2.5.13.3")
    assert substrings._portion is not None
    one, other = (substrings._portion(text.encode(), "whole") for text in pair)
    if pair[0].strip() and pair[1].strip():
        expected = one < other
        assert ordering.holds(pair[0].encode(), pair[1].encode()) is expected


# --- substrings ---------------------------------------------------------------


def test_substrings_need_their_order_and_room() -> None:
    """Initial at the start, any in order without overlap, final at the end."""
    asked = rule("caseIgnoreSubstringsMatch").pattern
    assert asked(b"AB", [b"c", b"d"], b"EF")(b"abcdef")
    assert asked(None, [b"cd"], None)(b"abcdef")
    assert asked()(b"abcdef")
    assert not asked(b"b")(b"abcdef")
    assert not asked(None, (), b"e")(b"abcdef")
    assert not asked(None, [b"d", b"c"])(b"abcdef")
    assert not asked(b"ab", (), b"ba")(b"aba")
    assert not asked(b"ab", [b"ab"], b"ab")(b"abab")
    assert asked(b"ab", [b"ab"], b"ab")(b"ababab")


@pytest.mark.parametrize(
    ("value", "initial", "any", "final", "expected"),
    [
        ("foo bar", "foo ", [], " bar", True),
        ("foo   bar", "foo ", [], " bar", True),
        ("foobar", "foo ", [], " bar", False),
        ("foo  bar", "  FOO", [], "bar  ", True),
        ("foo bar", None, ["o  b"], None, True),
        ("foo bar", None, [" "], None, True),
        ("foobar", None, [" foobar "], None, True),
        ("Straße 1", "STRASS", [], None, True),
        ("a*b", None, ["*"], None, True),
    ],
)
def test_substrings_handle_spaces(
    value: str, initial: str | None, any: list[str], final: str | None, expected: bool
) -> None:
    """The cases of RFC 4518 appendix B, and spaces that differ in number."""
    test = rule("caseIgnoreSubstringsMatch").pattern(
        None if initial is None else initial.encode(),
        [part.encode() for part in any],
        None if final is None else final.encode(),
    )
    assert test(value.encode()) is expected


def test_other_substrings_rules() -> None:
    """Numbers without spaces, telephones without hyphens, exact case, octets, lists."""
    assert rule("numericStringSubstringsMatch").pattern(b"12", [b"3"])(b"1 2 3 4")
    assert rule("telephoneNumberSubstringsMatch").pattern(b"+1 5", (), b"12")(b"+1-512")
    exact = rule("caseExactSubstringsMatch")
    assert exact.pattern(b"A")(b"Abc")
    assert not exact.pattern(b"a")(b"Abc")
    assert rule("caseExactIA5SubstringsMatch").pattern(None, [b"B"])(b"aBc")
    octets = rule("octetStringSubstringsMatch")
    assert octets.pattern(b"\xff", [b"\x00"], b"\xfe")(b"\xff\x00\xfe")
    lines = rule("caseIgnoreListSubstringsMatch")
    assert lines.pattern(b"1234", [b"any"], b"town")(b"1234 Main$Anytown")
    assert not lines.pattern(None, [b"mainany"])(b"1234 Main$Anytown")
    assert not lines.pattern(None, [b"main any"])(b"1234 Main$Anytown")


@given(st.lists(st.text("aB "), min_size=1, max_size=4))
def test_a_value_has_its_own_parts(parts: list[str]) -> None:
    """A value cut anywhere matches the assertion made of its pieces."""
    value = "x".join(parts) + "x"
    pieces = [part.encode() + b"x" for part in parts]
    found = rule("caseIgnoreSubstringsMatch")
    assert found.pattern(None, pieces)(value.encode())
    assert found.pattern(pieces[0], pieces[1:])(value.upper().encode())


def test_a_pattern_is_prepared_once() -> None:
    """The prepared assertion tests many values, and refuses what is no text."""
    test = rule("caseIgnoreSubstringsMatch").pattern(b"A")
    assert [test(value) for value in (b"abc", b"Abc", b"bca")] == [True, True, False]
    with pytest.raises(ValueError):
        test(b"\xff")
    with pytest.raises(ValueError):
        rule("caseIgnoreSubstringsMatch").pattern(b"\xff")


def test_rules_refuse_each_others_questions() -> None:
    """An equality rule knows no parts, a substrings rule no whole assertion."""
    with pytest.raises(TypeError, match="no substrings rule"):
        rule("caseIgnoreMatch").pattern(b"a")
    with pytest.raises(TypeError, match=r"pattern\(\)"):
        rule("caseIgnoreSubstringsMatch").holds(b"a", b"a")


# --- defaults -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("Directory String", "caseIgnoreMatch"),
        ("IA5 String", "caseIgnoreIA5Match"),
        ("Integer", "integerMatch"),
        ("Large Integer", "integerMatch"),
        ("Boolean", "booleanMatch"),
        ("Octet String", "octetStringMatch"),
        ("JPEG", "octetStringMatch"),
        ("Generalized Time", "generalizedTimeMatch"),
        ("DN", "distinguishedNameMatch"),
        ("Name And Optional UID", "uniqueMemberMatch"),
        ("UUID", "uuidMatch"),
        ("OID", "objectIdentifierMatch"),
        ("Postal Address", "caseIgnoreListMatch"),
        ("Certificate", "certificateExactMatch"),
        ("Case Exact String", "caseExactMatch"),
        ("Object Class Description", "objectIdentifierFirstComponentMatch"),
    ],
)
def test_default_for_syntax(syntax: str, name: str) -> None:
    """Each syntax has the equality rule that fits it, also with a length given."""
    oid = syntaxes.lookup(syntax).oid
    assert matching.default_for_syntax(oid) is rule(name)
    assert matching.default_for_syntax(f"{oid}{{64}}") is rule(name)


def test_no_default_where_no_rule_fits() -> None:
    """An unknown syntax, and one without an equality rule, have none."""
    assert matching.default_for_syntax("1.2.3") is None
    assert matching.default_for_syntax("") is None
    assert matching.default_for_syntax(syntaxes.lookup("Guide").oid) is None


@pytest.mark.parametrize(
    ("name", "left", "right", "equal"),
    [
        ("rdnMatch", b"CN=a+uid=B", b"uid=b+cn=A", True),
        ("rdnMatch", b"cn=a", b"cn=b", False),
        ("authzMatch", b"dn.exact:uid=a", b"dn.exact:uid=a ", True),
        ("authzMatch", b"u:a", b"u:A", False),
        ("certificateExactMatch", b"\x30\x00", b"\x30\x00", True),
        ("certificatePairExactMatch", b"\x30\x00", b"\x30\x01", False),
        ("attributeCertificateExactMatch", b"\x30\x00", b"\x30\x00", True),
        ("algorithmIdentifierMatch", b"\x30\x00", b"\x30\x00", True),
        ("privateKeyMatch", b"\x30\x00", b"\x30\x02", False),
        ("OpenLDAPaciMatch", b"1#entry#grant", b"1#entry#grant", True),
    ],
)
def test_rules_of_x509_and_openldap(
    name: str, left: bytes, right: bytes, equal: bool
) -> None:
    """Names by their parts, octets by their octets."""
    assert rule(name).holds(left, right) is equal


def test_an_rdn_is_one_part_of_a_name() -> None:
    """A whole name, nothing, and what is none are no values of the rule."""
    for raw in (b"cn=a,dc=x", b"", b"a"):
        with pytest.raises(ValueError, match="no RDN"):
            rule("rdnMatch").normalize(raw)


def test_a_stored_prefix() -> None:
    """What is asked for begins with the value (RFC 3698 2.6)."""
    match = rule("storedPrefixMatch").holds
    assert match(b"+44 20", b"+44  20 1234")
    assert not match(b"+44 20 1234", b"+44 20")
    assert not match(b"", b"+44")
