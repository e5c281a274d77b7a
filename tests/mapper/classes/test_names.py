"""Attribute names: every spelling of one attribute is one key."""

from __future__ import annotations

import pytest

from ldapom.mapper.classes.names import canonical, did_you_mean, partial_range


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("CN", "cn"),
        ("commonName", "cn"),
        ("2.5.4.3", "cn"),
        ("rfc822Mailbox", "mail"),
        ("userCertificate;binary", "usercertificate"),
        ("cn;lang-DE", "cn;lang-de"),
        ("cn;x-b;lang-de", "cn;lang-de;x-b"),
        ("member;range=0-*", "member"),
        ("member;range=0-1499", "member;range=0-1499"),
        ("fooBar", "foobar"),
        ("X" * 500, "x" * 500),
    ],
)
def test_spellings(spelling: str, key: str) -> None:
    """Case, aliases, OIDs and options that say how values travel make no difference."""
    assert canonical(spelling) == key


def test_a_partial_range_is_found() -> None:
    """A range that is not all of the values is found under its own key."""
    keys = ["cn", "member", "member;range=0-1499"]
    assert partial_range("member", keys) == "member;range=0-1499"
    assert partial_range("cn", keys) is None


def test_suggestions_keep_their_spelling() -> None:
    """A hint names the closest candidates as they are spelled, or says nothing."""
    assert did_you_mean("UIDnumbr", ["uidNumber", "cn"]) == (
        "; did you mean 'uidNumber'?"
    )
    assert did_you_mean("zzz", ["uidNumber", "cn"]) == ""
