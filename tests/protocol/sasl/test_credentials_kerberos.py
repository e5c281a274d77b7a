"""`Kerberos` and `Spnego` as values: what they take, show and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

import ldapom
from ldapom.errors import LocalProtocolError
from ldapom.protocol.credentials import Kerberos, Spnego
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl.gssapi import GssapiMechanism
from ldapom.protocol.sasl.ntlm import NtlmMechanism
from ldapom.protocol.sasl.spnego import FallbackMechanism, SpnegoMechanism

AROUND = Surroundings(host="ldap.example.com")


def test_they_are_public() -> None:
    """The front door shows them."""
    assert ldapom.Kerberos is Kerberos
    assert ldapom.Spnego is Spnego


@pytest.mark.parametrize(
    ("credentials", "text"),
    [
        (Kerberos(), "Kerberos"),
        (Kerberos("ada@EXAMPLE.COM"), "Kerberos ada@EXAMPLE.COM"),
        (Kerberos("ada", authzid="u:bob"), "Kerberos ada as u:bob"),
        (Spnego(), "GSS-SPNEGO"),
        (Spnego("ada", "secret"), "GSS-SPNEGO ada"),
        (Spnego(principal="ada"), "GSS-SPNEGO ada"),
    ],
)
def test_people_read_who_it_is(credentials: Kerberos | Spnego, text: str) -> None:
    """In a few words."""
    assert str(credentials) == text


def test_no_password_is_shown() -> None:
    """Its length is."""
    shown = repr(Spnego("ada", "c4n4ry"))
    assert "c4n4ry" not in shown
    assert "<6 characters hidden>" in shown


def test_equal_values_are_equal() -> None:
    """A pool and a session compare them; paths are texts by then."""
    assert Kerberos("a", Path("/k"), ccache=Path("/c")) == Kerberos("a", "/k", "/c")
    assert hash(Spnego("a", "b")) == hash(Spnego("a", "b"))
    assert Spnego("a", "b") != Spnego("a", "c")


def test_no_password_travels_in_clear() -> None:
    """Neither sends one, so neither asks for TLS because of it."""
    assert not Kerberos().exposes_secret
    assert not Spnego("ada", "secret").exposes_secret


@pytest.mark.parametrize("layer", ["none", "SEAL", "", "confidentiality"])
def test_a_layer_that_is_none_is_refused(layer: str) -> None:
    """At once, and the choices are named."""
    with pytest.raises(LocalProtocolError, match="'seal', 'sign'"):
        Kerberos(layer=layer)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(("user", "password"), [("ada", None), (None, "secret")])
def test_a_user_without_a_password_is_refused(
    user: str | None, password: str | None
) -> None:
    """And the other way round."""
    with pytest.raises(LocalProtocolError, match="both user and password"):
        Spnego(user, password)


def test_an_empty_password_is_refused() -> None:
    """As with every other bind."""
    with pytest.raises(LocalProtocolError, match="empty password"):
        Spnego("ada", "")


def test_each_makes_its_mechanism_without_waiting_for_anybody() -> None:
    """The KDC is asked by the first step, which runs where it may block."""
    kerberos = Kerberos("nobody@NOWHERE", keytab="/nowhere").mechanism(AROUND)
    assert isinstance(kerberos, GssapiMechanism)
    assert kerberos.blocks
    spnego = Spnego(ccache="/nowhere").mechanism(AROUND)
    assert isinstance(spnego, SpnegoMechanism)
    assert spnego.blocks
    both = Spnego("ada@NOWHERE", "secret").mechanism(AROUND)
    assert isinstance(both, FallbackMechanism)
    assert both.blocks
    assert {m.name for m in (spnego, both)} == {"GSS-SPNEGO"}


def test_a_windows_name_is_ntlm_unless_a_principal_is_given() -> None:
    """``DOMAIN`` is no realm, and somebody else may have that name in the default one."""
    assert isinstance(Spnego("D\\ada", "secret").mechanism(AROUND), NtlmMechanism)
    named = Spnego("D\\ada", "secret", principal="ada@EXAMPLE.COM")
    assert isinstance(named.mechanism(AROUND), FallbackMechanism)


def test_where_ntlm_was_used_its_own_alternative_is_tried() -> None:
    """A server without NTLM inside GSS-SPNEGO may have it as a mechanism."""
    credentials = Spnego("D\\ada", "secret")
    refused = credentials.mechanism(AROUND)
    other = credentials.alternative(refused, AROUND)
    assert other is not None
    assert other.name == "NTLM"


def test_where_kerberos_was_refused_nothing_else_is_tried() -> None:
    """The server has seen a ticket; a proof of the password would weaken that."""
    credentials = Spnego("ada@NOWHERE", "secret")
    refused = credentials.mechanism(AROUND)
    assert credentials.alternative(refused, AROUND) is None
    assert Spnego().alternative(Spnego().mechanism(AROUND), AROUND) is None
