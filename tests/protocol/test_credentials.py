"""What a bind asks of credentials, whichever they are."""

from __future__ import annotations

import pytest

from ldapom.protocol.credentials import (
    Anonymous,
    Credentials,
    External,
    Kerberos,
    Ntlm,
    Plain,
    Scram,
    Simple,
    Spnego,
)
from ldapom.protocol.sasl import Surroundings

SIMPLE: list[Credentials] = [Anonymous(), Simple("cn=x", "secret")]
SASL: list[Credentials] = [
    External(),
    Kerberos(),
    Ntlm("x", "secret"),
    Plain("x", "secret"),
    Scram("x", "secret"),
    Spnego(),
]


@pytest.mark.parametrize("who", SIMPLE, ids=lambda who: type(who).__name__)
def test_simple_binds(who: Credentials) -> None:
    """They have no mechanism, and nothing is found out for one."""
    assert who.is_simple
    assert who.mechanism(Surroundings()) is None


@pytest.mark.parametrize("who", SASL, ids=lambda who: type(who).__name__)
def test_sasl_binds(who: Credentials) -> None:
    """Their mechanism is told what is around it."""
    assert not who.is_simple
