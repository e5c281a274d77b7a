"""Names, descriptions and values as the schema sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.dn import DN
from ldapom.errors import DNSyntaxError
from ldapom.testing import Directory

VOCABULARY = Directory.sample().store.vocabulary


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cn", "cn"),
        ("CommonName", "cn"),
        ("2.5.4.3", "cn"),
        ("CN;Lang-DE", "cn;lang-de"),
        ("cn;x-b;lang-de;X-B", "cn;lang-de;x-b"),
        ("userCertificate;binary", "userCertificate;binary"),
        ("foo", None),
        ("cn;", None),
        ("cn;a b", None),
        ("", None),
        (" cn", None),
    ],
)
def test_describe(text: str, name: str | None) -> None:
    """Names, aliases and OIDs are one; options do not count by order or case."""
    for _ in range(2):
        found = VOCABULARY.describe(text)
        assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("uid=Ada,dc=Example", "UID = ada , DC=example"),
        ("cn=a+uid=b,dc=x", "UID=B+CN=A,dc=x"),
        ("cn=a  b,dc=x", "cn=A B,dc=x"),
        ("2.5.4.3=a", "cn=a"),
        ("cn=Lu\\C4\\8Di\\C4\\87", "cn=LUČIĆ"),
        ("uidNumber=1", "uidNumber=1"),
    ],
)
def test_same_name(left: str, right: str) -> None:
    """Names are the same by the rules of their attributes."""
    assert VOCABULARY.dn_key(left) == VOCABULARY.dn_key(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("homeDirectory=/A", "homeDirectory=/a"),
        ("cn=a,cn=b", "cn=b,cn=a"),
        ("cn=a", "sn=a"),
        ("uidNumber=x", "uidNumber=X"),
        ("cn=a\\+uid=b", "cn=a+uid=b"),
    ],
)
def test_other_name(left: str, right: str) -> None:
    """Names that only look alike are not the same."""
    assert VOCABULARY.dn_key(left) != VOCABULARY.dn_key(right)


@given(st.text())
def test_any_text(text: str) -> None:
    """A text is a name or a DNSyntaxError, and an unknown description is None."""
    try:
        key = VOCABULARY.dn_key(text)
    except DNSyntaxError:
        pass
    else:
        assert VOCABULARY.dn_key(str(DN.parse(text))) == key
    found = VOCABULARY.describe(text)
    assert found is None or found.kind.name in found.name
