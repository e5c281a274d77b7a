"""What a connection is made with."""

from __future__ import annotations

import pytest

from ldapom import Connection
from ldapom.errors import LocalProtocolError
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.settings import Settings, Wire
from ldapom.testing import Directory


def settings(url: str | Directory, *, start_tls: bool = False) -> Settings:
    """Make settings with nothing special but the URL."""
    return Settings(url, Anonymous(), None, start_tls, 1.0, False, Wire())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("ldaps://ldap.example.com", "ldap.example.com"),
        ("ldaps://ldap.example.com.:636", "ldap.example.com"),
        ("ldaps://[::1]", "::1"),
        ("ldaps://[fe80::1%25eth0]", "fe80::1"),
        ("ldap://", "localhost"),
    ],
)
def test_the_name_in_the_certificate(url: str, host: str) -> None:
    """What has to stand in it is the host without what certificates never carry."""
    assert settings(url).host == host


def test_other_things_are_no_credentials() -> None:
    """A name and a password, as other libraries take them, are answered at once."""
    with pytest.raises(TypeError, match=r"Simple\(dn, password\), not tuple") as caught:
        Connection("ldap://h", ("cn=x", "c4n4ry"))  # type: ignore[arg-type]  # the point
    assert "c4n4ry" not in str(caught.value)


def test_a_target_has_no_name() -> None:
    """A directory in memory has no certificate to check."""
    assert settings(Directory.sample()).host is None


def test_start_tls_goes_with_ldap() -> None:
    """Everything else is private already, or can not be made so."""
    assert settings("ldap://h", start_tls=True).speaks("ldap")
    for url in ("ldaps://h", "ldapi:///", Directory.sample()):
        with pytest.raises(LocalProtocolError, match="leave start_tls away"):
            settings(url, start_tls=True)


def test_a_critical_extension_is_refused() -> None:
    """RFC 4516 2: a URL that depends on what is not understood is not followed."""
    with pytest.raises(LocalProtocolError, match="foo"):
        settings("ldap://h/????!foo=bar")
    assert settings("ldap://h/????foo=bar").host == "h"
