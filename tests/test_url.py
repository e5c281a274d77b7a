"""LDAP URLs: every part of RFC 4516, round trips, and hostile forms."""

from __future__ import annotations

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.dn import DN
from ldapom.errors import URLSyntaxError
from ldapom.filters import Equality, Filter, Present, Substrings
from ldapom.url import LDAPURL, Extension

MICHIGAN = DN.parse("o=University of Michigan,c=US")

RFC_EXAMPLES = [
    ("ldap:///o=University%20of%20Michigan,c=US", LDAPURL("ldap", dn=MICHIGAN)),
    (
        "ldap://ldap1.example.net/o=University%20of%20Michigan,c=US",
        LDAPURL("ldap", "ldap1.example.net", dn=MICHIGAN),
    ),
    (
        "ldap://ldap1.example.net/o=University%20of%20Michigan,c=US?postalAddress",
        LDAPURL("ldap", "ldap1.example.net", dn=MICHIGAN, attributes=["postalAddress"]),
    ),
    (
        "ldap://ldap1.example.net:6666/o=University%20of%20Michigan,c=US??sub?(cn=Babs%20Jensen)",
        LDAPURL(
            "ldap",
            "ldap1.example.net",
            port=6666,
            dn=MICHIGAN,
            scope="sub",
            filter=Equality("cn", b"Babs Jensen"),
        ),
    ),
    (
        "LDAP://ldap1.example.com/c=GB?objectClass?ONE",
        LDAPURL(
            "ldap",
            "ldap1.example.com",
            dn="c=GB",
            attributes=["objectClass"],
            scope="one",
        ),
    ),
    (
        "ldap://ldap2.example.com/o=Question%3f,c=US?mail",
        LDAPURL(
            "ldap", "ldap2.example.com", dn="o=Question?,c=US", attributes=["mail"]
        ),
    ),
    (
        "ldap://ldap3.example.com/o=Babsco,c=US???(four-octet=%5c00%5c00%5c00%5c04)",
        LDAPURL(
            "ldap",
            "ldap3.example.com",
            dn="o=Babsco,c=US",
            filter=Equality("four-octet", b"\0\0\0\4"),
        ),
    ),
    (
        "ldap://ldap.example.com/o=An%20Example%5C2C%20Inc.,c=US",
        LDAPURL("ldap", "ldap.example.com", dn=r"o=An Example\, Inc.,c=US"),
    ),
    ("ldap://ldap.example.net", LDAPURL("ldap", "ldap.example.net")),
    ("ldap://ldap.example.net/", LDAPURL("ldap", "ldap.example.net")),
    ("ldap://ldap.example.net/?", LDAPURL("ldap", "ldap.example.net")),
    (
        "ldap:///??sub??e-bindname=cn=Manager%2cdc=example%2cdc=com",
        LDAPURL(
            "ldap",
            scope="sub",
            extensions=[Extension("e-bindname", "cn=Manager,dc=example,dc=com")],
        ),
    ),
    (
        "ldap:///??sub??!e-bindname=cn=Manager%2cdc=example%2cdc=com",
        LDAPURL(
            "ldap",
            scope="sub",
            extensions=[Extension("e-bindname", "cn=Manager,dc=example,dc=com", True)],
        ),
    ),
]
OTHERS = [
    ("ldaps://[::1]:636/dc=x", LDAPURL("ldaps", "::1", port=636, dn="dc=x")),
    ("ldap://[2001:db8::7]", LDAPURL("ldap", "2001:db8::7")),
    ("ldap://[fe80::1%25eth0]:389", LDAPURL("ldap", "fe80::1%eth0", port=389)),
    ("ldap://192.0.2.1:1389", LDAPURL("ldap", "192.0.2.1", port=1389)),
    ("ldap://host.example.com.", LDAPURL("ldap", "host.example.com.")),
    ("ldap://my_host", LDAPURL("ldap", "my_host")),
    ("ldapi://%2Fvar%2Frun%2Fldapi", LDAPURL("ldapi", "/var/run/ldapi")),
    ("ldapi://%2ftmp%2fa%20b/dc=x", LDAPURL("ldapi", "/tmp/a b", dn="dc=x")),
    ("ldapi:///", LDAPURL("ldapi")),
    ("ldap://h/cn=a b", LDAPURL("ldap", "h", dn="cn=a b")),
    ("ldap://h/cn=%C4%8D", LDAPURL("ldap", "h", dn="cn=č")),
    ("ldap://h/????", LDAPURL("ldap", "h")),
    (
        "ldap://h/?*,+,1.1,@person,cn;lang-de",
        LDAPURL("ldap", "h", attributes=["*", "+", "1.1", "@person", "cn;lang-de"]),
    ),
    ("ldap://h/??base?(objectClass=*)", LDAPURL("ldap", "h")),
    (
        "ldap://h/???(cn=*%3F*)?x,1.2.3=,!y=a%2Cb",
        LDAPURL(
            "ldap",
            "h",
            filter=Substrings("cn", any=[b"?"]),
            extensions=[
                Extension("x"),
                Extension("1.2.3", ""),
                Extension("y", "a,b", True),
            ],
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), RFC_EXAMPLES + OTHERS)
def test_reads(text: str, expected: LDAPURL) -> None:
    """The examples of RFC 4516 section 4 and other URLs read as they say."""
    url = LDAPURL.parse(text)

    assert url == expected
    assert hash(url) == hash(expected)
    assert str(url) == text
    assert LDAPURL.parse(str(expected)) == expected
    assert pickle.loads(pickle.dumps(url)) == url


def test_reads_a_guid_as_a_name() -> None:
    """Active Directory's special names are opaque DNs."""
    url = LDAPURL.parse("ldap://h/%3CGUID=12%3E?cn")

    assert url.dn == DN.opaque("<GUID=12>")
    assert LDAPURL.parse(str(attrs.evolve(url))) == url


def test_what_is_left_out_has_a_meaning() -> None:
    """Base scope, every entry, all user attributes, the scheme's port."""
    url = LDAPURL.parse("ldap://h")

    assert (url.dn, url.attributes, url.scope) == (DN(), (), "base")
    assert url.filter == Present("objectClass")
    assert url.port is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ldap://h", ("h", 389)),
        ("ldaps://h", ("h", 636)),
        ("ldaps://h:1636", ("h", 1636)),
        ("ldap://[::1]", ("::1", 389)),
        ("ldap:///dc=x", ("localhost", 389)),
        ("ldapi://%2Frun%2Fldapi", ("/run/ldapi", 0)),
    ],
)
def test_address(text: str, address: tuple[str, int]) -> None:
    """Where to connect to, with the default filled in."""
    assert LDAPURL.parse(text).address == address


REFUSED = [
    ("", 0),
    ("ldap", 0),
    ("ldap:h", 0),
    ("ldap:/h", 0),
    ("//h", 0),
    ("http://h", 0),
    ("ldapx://h", 0),
    (" ldap://h", 0),
    ("ldap://h\n", 8),
    ("ldap://h\0", 8),
    ("ldap://h/cn=\ud800", 12),
    ("ldap://h#x", 8),
    ("ldap://h/cn=a#b", 13),
    ("ldaps://host .sub.com:636", 12),
    ("ldap://h..x", 9),
    ("ldap://.x", 7),
    ("ldap://h%20x", 7),
    ("ldap://h%2Fx", 7),
    ("ldap://:389", 7),
    ("ldap://h:", 9),
    ("ldap://h:x", 9),
    ("ldap://h:0", 9),
    ("ldap://h:65536", 9),
    ("ldap://h:" + "9" * 5000, 9),
    ("ldap://h:-1", 9),
    ("ldap://h:\u0663", 9),
    ("ldap://::1", 8),
    ("ldap://[::1", 7),
    ("ldap://[::g]", 8),
    ("ldap://[]", 8),
    ("ldap://[::1]x", 12),
    ("ldap://[::1]:", 13),
    ("ldap://h?cn", 8),
    ("ldap://h/cn", 11),
    ("ldap://h/cn=x,", 14),
    ("ldap://h/cn=%20,", 9),
    ("ldap://h/cn=%", 12),
    ("ldap://h/cn=%4", 12),
    ("ldap://h/cn=%zz", 12),
    ("ldap://h/cn=%ff", 9),
    ("ldap://h/?a,,b", 12),
    ("ldap://h/?a,", 12),
    ("ldap://h/?a b", 10),
    ("ldap://h/??all", 11),
    ("ldap://h/???cn=x", 12),
    ("ldap://h/???(cn=x", 17),
    ("ldap://h/???(cn=x%29%29", 12),
    ("ldap://h/????=x", 13),
    ("ldap://h/????a,", 15),
    ("ldap://h/????!", 14),
    ("ldap://h/?????", 13),
    ("ldapi://foo", 8),
    ("ldapi:///run/ldapi", 8),
    ("ldapi://%2Frun%2Fldapi%00x", 8),
]


@pytest.mark.parametrize(("text", "position"), REFUSED)
def test_refuses_what_is_no_url(text: str, position: int) -> None:
    """A text outside the grammar is refused where it leaves it."""
    with pytest.raises(URLSyntaxError) as caught:
        LDAPURL.parse(text)

    assert caught.value.position == position
    assert caught.value.text == text


@pytest.mark.parametrize(
    "text",
    [
        "ldap://canary@h",
        "ldap://user:canary@h",
        "ldap://user:can#canary@h",
        "ldap://user:can/canary?@h",
        "ldap://user:canary%@h/cn=x",
        "ldap://user:canary@h@h:0",
        "ldap://user:canary@[h",
        "ldapi://user:canary@h",
        "http://user:canary@h",
        "user:canary@h",
    ],
)
def test_a_login_in_a_url_is_not_shown(text: str) -> None:
    """Whatever is wrong with it beside, who logs in how is not told to a log."""
    with pytest.raises(URLSyntaxError) as caught:
        LDAPURL.parse(text)

    assert "canary" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert "characters hidden>@" in caught.value.text
    assert 0 <= caught.value.position <= len(caught.value.text)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", ["ldap://h:1/cn=a@b,", "ldap://[::1]/a@b"])
def test_what_is_no_login_is_shown(text: str) -> None:
    """An ``@`` behind a host is a part of what was asked."""
    with pytest.raises(URLSyntaxError) as caught:
        LDAPURL.parse(text)

    assert caught.value.text == text


def test_names_the_remedy() -> None:
    """The commonest mistakes are answered with what to write instead."""
    with pytest.raises(URLSyntaxError, match="pass credentials"):
        LDAPURL.parse("ldap://user:pw@h")
    with pytest.raises(URLSyntaxError, match=r"ldapi://%2Frun%2Fldapi"):
        LDAPURL.parse("ldapi:///run/ldapi")
    with pytest.raises(TypeError, match="not bytes"):
        LDAPURL.parse(b"ldap://h")  # type: ignore[arg-type]  # what the test is about


def test_parts_are_checked() -> None:
    """A URL that is built has a known scheme and scope and a name that parses."""
    with pytest.raises(ValueError, match="scheme"):
        LDAPURL("http", "h")
    with pytest.raises(ValueError, match="scope"):
        LDAPURL("ldap", "h", scope="all")  # type: ignore[arg-type]  # what it is about
    with pytest.raises(ValueError, match="position 2"):
        LDAPURL("ldap", "h", dn="cn")
    for port in (0, -1, 65536, 99999):
        with pytest.raises(ValueError, match="port"):
            LDAPURL("ldap", "h", port=port)
    with pytest.raises(TypeError, match="port"):
        LDAPURL("ldap", "h", port="389")  # type: ignore[arg-type]  # what it is about


def test_is_frozen() -> None:
    """A changed copy has its own text; the URL itself does not change."""
    url = LDAPURL.parse("LDAP://h:389/dc=x")
    other = attrs.evolve(url, host="::1")

    assert str(other) == "ldap://[::1]:389/dc=x"
    assert str(url) == "LDAP://h:389/dc=x"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        url.host = "x"  # type: ignore[misc]  # what the test is about
    assert repr(url) == "LDAPURL.parse('LDAP://h:389/dc=x')"


urls = st.builds(
    LDAPURL,
    st.sampled_from(["ldap", "ldaps"]),
    st.sampled_from(["h", "a-b.example.com", "::1", "fe80::1%eth0", "192.0.2.7"]),
    port=st.none() | st.integers(1, 65535),
    dn=st.builds(lambda value: DN.of(("cn", value), "dc=x"), st.text()),
    attributes=st.lists(st.sampled_from(["cn", "*", "+", "1.1", "sn;lang-de"])),
    scope=st.sampled_from(["base", "one", "sub"]),
    filter=st.builds(Equality, st.just("cn"), st.binary()),
    extensions=st.lists(
        st.builds(Extension, st.just("x-y"), st.none() | st.text(), st.booleans())
    ),
)


@given(urls)
def test_text_reads_back(url: LDAPURL) -> None:
    """``LDAPURL.parse(str(url)) == url`` for every URL that can be built."""
    assert LDAPURL.parse(str(url)) == url
    assert str(url).isascii()


@given(st.text(alphabet="ldapis:/[]?%&2Fcn=x,!()1@#é *", max_size=40))
def test_parses_or_refuses(tail: str) -> None:
    """Any text is a URL that reads back, or a `URLSyntaxError`."""
    for text in (tail, "ldap://" + tail, "ldap://h/" + tail, "ldapi://" + tail):
        try:
            url = LDAPURL.parse(text)
        except URLSyntaxError as error:
            assert 0 <= error.position <= len(error.text)
            continue
        assert LDAPURL.parse(str(attrs.evolve(url))) == url


def test_takes_a_filter_of_its_own() -> None:
    """The filter is a value, ready to be sent."""
    url = LDAPURL.parse("ldap:///???(%26(a=b)(c=d))")

    assert url.filter == Filter.parse("(&(a=b)(c=d))")
