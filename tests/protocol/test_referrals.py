"""Where references may lead: the rules, without any server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import URLSyntaxError
from ldapom.filters import Filter, Present
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Anonymous, Simple
from ldapom.protocol.flows.referred import Step, Trail, redirected
from ldapom.protocol.referrals import Guide, Referrals, Unfollowed
from ldapom.url import LDAPURL

SEARCH = m.SearchRequest("dc=a", m.Scope.sub, Present("objectClass"), ("cn",))


def allowed(url: str, *hosts: str) -> bool:
    """Whether a URL may be followed where these hosts are allowed."""
    return Referrals(hosts).refusal(LDAPURL.parse(url)) is None


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("ldap://ldap.example.com/dc=a", ["ldap.example.com"]),
        ("ldap://LDAP.example.com./dc=a", ["ldap.EXAMPLE.com"]),
        ("ldap://a.b.example.com", ["*.example.com"]),
        ("ldap://any.test", ["x", "*"]),
        ("ldaps://ldap.example.com", ["ldap.example.com:636"]),
        ("ldap://10.1.2.3", ["10.1.2.3"]),
        ("ldap://10.1.2.3", ["10.1.0.0/16"]),
        ("ldap://10.1.2.3:3890", ["10.1.2.3:3890"]),
        ("ldap://[fe80::1]", ["fe80::/10"]),
        ("ldap://[::1]:3890", ["[::1]:3890"]),
        ("ldap://[0:0::1]", ["::1"]),
        ("ldap://xn--bcher-kva.test", ["bücher.test"]),
        ("ldap://a.BÜCHER.test:3890", ["*.bücher.test:3890"]),
    ],
)
def test_allowed(url: str, hosts: list[str]) -> None:
    """Names by patterns, addresses by networks, and ports where they are said."""
    assert allowed(url, *hosts)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("ldap://ldap.example.com", []),
        ("ldap://example.com", ["*.example.com"]),
        ("ldap://ldap.example.com.evil.test", ["*.example.com"]),
        ("ldap://ldapXexample.com", ["ldap.example.com"]),
        ("ldap://ldap.example.com", ["ldap.example.com:636"]),
        ("ldap://169.254.169.254", ["*"]),
        ("ldap://169.254.169.254", ["169.254.169.25"]),
        ("ldap://[fe80::1]", ["*"]),
        # Forms that resolvers read as addresses.
        ("ldap://2852039166", ["*"]),
        ("ldap://0xa9fea9fe", ["*"]),
        ("ldap://0xa9.254.0251.0376", ["*"]),
        ("ldap://0251.0376.0251.0376", ["0.0.0.0/0"]),
        # And what becomes an address once IDNA has been at it.
        ("ldap://①②⑦.0.0.1", ["*"]),
        ("ldap://１６９.254.169.254", ["*"]),
        ("ldap://１２７.1", ["*"]),
        ("ldap:///dc=a", ["*"]),
        ("ldapi://%2Frun%2Fslapd%2Fldapi", ["*"]),
        ("ldap://a.test/dc=a????!x-unknown", ["*"]),
    ],
)
def test_refused(url: str, hosts: list[str]) -> None:
    """Nothing by default; no address by a ``*``; no socket of this machine."""
    assert not allowed(url, *hosts)


@given(st.from_regex(r"[0-9a-fx.]{1,20}", fullmatch=True))
def test_a_star_matches_no_address(host: str) -> None:
    """Whatever numbers a host is made of, ``*`` is about names alone."""
    try:
        url = LDAPURL.parse(f"ldap://{host}")
    except URLSyntaxError:
        return
    digits = host.replace(".", "").removesuffix(".")
    assert not (digits.isdecimal() and allowed(str(url), "*"))


def test_credentials() -> None:
    """By host and port, then by host, else nobody; never shown."""
    first, second = Simple("cn=a", "canary-1"), Simple("cn=b", "canary-2")
    rules = Referrals(["*"], {"a.test": first, "A.test:3890": second})
    assert rules.place(LDAPURL.parse("ldap://A.test")).credentials == first
    assert rules.place(LDAPURL.parse("ldap://a.test:3890")).credentials == second
    assert rules.place(LDAPURL.parse("ldap://b.test")).credentials == Anonymous()
    assert "canary" not in repr(rules)
    assert {rules: 1}[Referrals(["*"], {"a.test": first, "A.test:3890": second})]


def test_credentials_by_other_spellings() -> None:
    """IDNA, dots at the end and brackets: one host has one spelling."""
    ada, bob = Simple("cn=a", "canary-1"), Simple("cn=b", "canary-2")
    rules = Referrals(["*"], {"bücher.test.": ada, "[::1]:636": bob, "::1:389": ada})

    def who(url: str) -> object:
        return rules.place(LDAPURL.parse(url)).credentials

    assert who("ldap://BÜCHER.test") == who("ldap://xn--bcher-kva.test") == ada
    assert who("ldaps://[::1]") == bob
    # An address, and no port of another one.
    assert who("ldap://[::1:389]") == ada
    assert who("ldap://[::1]") == Anonymous()


def test_what_is_no_rule() -> None:
    """One host in place of a list, and no hops at all."""
    with pytest.raises(TypeError, match="a list of patterns"):
        Referrals("ldap.example.com")
    with pytest.raises(ValueError, match="1 or more"):
        Referrals(["*"], hops=0)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ldap://h", ("dc=a", m.Scope.sub, "(objectClass=*)")),
        ("ldap://h/", ("dc=a", m.Scope.sub, "(objectClass=*)")),
        ("ldap://h/dc=b", ("dc=b", m.Scope.sub, "(objectClass=*)")),
        ("ldap://h/dc=b??base", ("dc=b", m.Scope.base, "(objectClass=*)")),
        ("ldap://h/dc=b??one?(cn=x)", ("dc=b", m.Scope.one, "(cn=x)")),
        ("ldap://h/???(cn=x)", ("dc=a", m.Scope.sub, "(cn=x)")),
        ("ldap://h/o=x%3Fy??base", ("o=x?y", m.Scope.base, "(objectClass=*)")),
    ],
)
def test_what_is_asked_there(url: str, expected: tuple[str, m.Scope, str]) -> None:
    """A URL replaces what it says, and nothing else (RFC 4511 4.1.10)."""
    made = redirected(SEARCH, LDAPURL.parse(url))
    assert isinstance(made, m.SearchRequest)
    assert (made.base_object, made.scope, made.filter) == (
        *expected[:2],
        Filter.parse(expected[2]),
    )
    assert made.attributes == SEARCH.attributes


@pytest.mark.parametrize(
    "request_",
    [
        m.AddRequest("cn=x", ()),
        m.ModifyRequest("cn=x", ()),
        m.DelRequest("cn=x"),
        m.ModifyDNRequest("cn=x", "cn=y"),
        m.CompareRequest("cn=x", "cn", b"x"),
    ],
    ids=lambda op: type(op).__name__,
)
def test_the_name_of_an_update(
    request_: m.AddRequest
    | m.ModifyRequest
    | m.DelRequest
    | m.ModifyDNRequest
    | m.CompareRequest,
) -> None:
    """It is the URL's, where the URL has one."""
    there = redirected(request_, LDAPURL.parse("ldap://h/cn=z"))
    assert (type(there), there.target) == (type(request_), "cn=z")
    assert redirected(request_, LDAPURL.parse("ldap://h")) == request_


class TestTrail:
    """What one operation may still follow."""

    def reason(self, trail: Trail, url: str, hop: int = 1) -> str | None:
        """Why a URL is not followed."""
        found = trail.step(url, SEARCH, hop)
        return found.reason if isinstance(found, Unfollowed) else None

    def test_no_way_back(self) -> None:
        """Neither to the server itself, nor where it has been, in any spelling."""
        rules = Referrals(["*.test"])
        trail = Trail(Guide(rules, "home.test", 389), SEARCH)
        for url in ("ldap://home.test", "ldap://HOME.test.:389/DC=A??sub"):
            assert self.reason(trail, url) == "it leads back to what was asked already"
        assert self.reason(trail, "ldap://other.test") is None
        assert "leads back" in str(self.reason(trail, "ldap://OTHER.test/dc=a"))
        assert self.reason(trail, "ldap://other.test/dc=b") is None
        assert self.reason(trail, "ldap://home.test:390") is None

    def test_limits(self) -> None:
        """So many servers in a row, and so many references in all."""
        trail = Trail(Guide(Referrals(["*"], hops=2, most=2)), SEARCH)
        assert self.reason(trail, "ldap://a", 2) is None
        assert (
            self.reason(trail, "ldap://b", 3) == "more than 2 servers in a row sent on"
        )
        assert self.reason(trail, "ldap://b", 1) is None
        assert self.reason(trail, "ldap://c", 1) == "more than 2 references to follow"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "x",
            "http://h/",
            "ldaps://host .sub.com:636",
            "ldap://h:0",
            "ldap://h/zz",
        ],
    )
    def test_what_is_no_url(self, url: str) -> None:
        """It is said, not raised, and the text is shown harmlessly."""
        trail = Trail(Guide(Referrals(["*"])), SEARCH)
        assert "malformed" in str(self.reason(trail, url))

    def test_a_step(self) -> None:
        """It says where, as whom, and what."""
        trail = Trail(Guide(Referrals(["*"])), SEARCH)
        step = trail.step("ldap://h:3890/dc=b?x??", SEARCH, 1)
        assert isinstance(step, Step)
        assert str(step.place.url) == "ldap://h:3890"
        assert step.request.target == "dc=b"

    def test_shown(self) -> None:
        """Control characters of a server do not reach a terminal."""
        text = str(Unfollowed("ldap://\x1b[2J", "why"))
        assert "\x1b" not in text
