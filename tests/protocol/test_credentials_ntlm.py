"""`Ntlm`: what it takes, what it refuses, and what it shows."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ldapom
from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.credentials import Ntlm
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl.ntlm import NtlmMechanism, SicilyMechanism

HASH = "a4f49c406510bdcab6824ee7c30fd852"


def test_public_name() -> None:
    """It comes by the front door."""
    assert ldapom.Ntlm is Ntlm


@pytest.mark.parametrize(
    ("given", "named", "words"),
    [
        (("u",), {}, "a password, or a hash"),
        (("u", "p"), {"hash": HASH}, "a password, or a hash"),
        (("u", ""), {}, "empty password"),
        (("", "p"), {}, "name of a user"),
        (("DOMAIN\\", "p"), {}, "name of a user"),
        (("A\\u", "p"), {"domain": "B"}, "another domain"),
        (("u",), {"hash": ""}, "32 hex digits"),
        (("u",), {"hash": HASH[:-1]}, "32 hex digits"),
        (("u",), {"hash": HASH[:-1] + "x"}, "32 hex digits"),
        (("u",), {"hash": HASH[:-2] + " a"}, "32 hex digits"),
        (("u\0", "p"), {}, "is no name"),
        (("u\ud800", "p"), {}, "is no name"),
        (("u" * 2000, "p"), {}, "is no name"),
        (("u", "p"), {"domain": "d\0"}, "is no name"),
    ],
)
def test_refusals(given: tuple[Any, ...], named: dict[str, Any], words: str) -> None:
    """What can not be meant is refused, and says why."""
    with pytest.raises(LocalProtocolError, match=words):
        Ntlm(*given, **named)


def test_octets_are_no_password() -> None:
    """A password is hashed as UTF-16, so it has to be text."""
    with pytest.raises(TypeError, match="as text"):
        Ntlm("u", b"octets")  # type: ignore[arg-type]  # the wrong type is the point


@given(st.text(min_size=1))
def test_any_password(password: str) -> None:
    """Every text is a password."""
    account = Ntlm("user", password)._account()
    assert len(account.kept.reveal()) == 16


@pytest.mark.parametrize(
    ("credentials", "user", "domain", "shown"),
    [
        (Ntlm("D\\u", "p"), "u", "D", "NTLM D\\u"),
        (Ntlm("u@r", "p"), "u@r", None, "NTLM u@r"),
        (Ntlm("u", "p"), "u", None, "NTLM u"),
        (Ntlm("u", "p", domain="D"), "u", "D", "NTLM D\\u"),
        (Ntlm("D\\u", "p", domain="D"), "u", "D", "NTLM D\\u"),
        (Ntlm("\\u", "p"), "u", "", "NTLM \\u"),
        (Ntlm("u", "p", sicily=True), "u", None, "Sicily u"),
    ],
)
def test_names(credentials: Ntlm, user: str, domain: str | None, shown: str) -> None:
    """The name's parts, and how the credentials show themselves."""
    account = credentials._account()
    assert (account.user, account.domain) == (user, domain)
    assert str(credentials) == shown


def test_hash_is_the_password() -> None:
    """The hash does what the password does."""
    by_password = Ntlm("u", "Password")._account().kept
    for text in (HASH, HASH.upper(), f"{'0' * 32}:{HASH}", f":{HASH}"):
        kept = Ntlm("u", hash=text)._account().kept
        assert kept.reveal() == by_password.reveal()


def test_mechanisms() -> None:
    """GSS-SPNEGO, or Sicily where it is asked for; neither shows anything at once."""
    around = Surroundings()
    assert type(Ntlm("u", "p").mechanism(around)) is NtlmMechanism
    assert type(Ntlm("u", "p", sicily=True).mechanism(around)) is SicilyMechanism
    assert not Ntlm("u", "p").exposes_secret


@pytest.mark.parametrize("how", ["password", "hash"])
def test_canary(how: str) -> None:
    """No repr shows the secret, nor a traceback that prints the locals of a bind."""
    secret = "canary-bird" if how == "password" else "0123456789abcdef" * 2
    credentials = Ntlm("u", **{how: secret})  # type: ignore[arg-type]  # text each
    assert secret not in repr(credentials)
    assert secret not in repr(credentials._account())
    run = credentials.mechanism(Surroundings())
    run.step(None)
    with pytest.raises(RemoteProtocolError) as caught:
        run.step(b"nonsense")
    # The first frame is this one, which knows the secret.
    frames = caught.value.__traceback__
    assert frames is not None
    shown = traceback.TracebackException(
        RemoteProtocolError, caught.value, frames.tb_next, capture_locals=True
    )
    text = "".join(shown.format())
    assert "nonsense" in text
    assert "hidden" in text or "object at" in text
    assert secret not in text
    assert secret.encode().hex() not in text
