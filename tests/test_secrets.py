"""How secrets are held and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import secrets
from ldapom.secrets import Secret, is_secret


@given(st.binary())
def test_secret(value: bytes) -> None:
    """It gives its octets to who asks by name, and shows their number."""
    secret = Secret(value)
    assert secret.reveal() == value
    assert repr(secret) == str(secret) == f"<{len(value)} bytes hidden>"
    assert bool(secret) is bool(value)
    assert not hasattr(secret, "__dict__")


@given(st.text())
def test_secret_text(value: str) -> None:
    """Text becomes UTF-8, lone surrogates too: an error would show the text."""
    assert Secret(value).reveal() == value.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("form", ["{}", "{!s}", "{!r}"])
def test_secret_in_text(form: str) -> None:
    """No way of formatting shows it."""
    assert "tiger" not in form.format(Secret("tiger"))
    assert "tiger" not in form.format([Secret("tiger")])


def test_names_that_a_server_chooses_are_not_kept() -> None:
    """A long one is judged like any other, and forgotten."""
    before = secrets._is_secret.cache_info().currsize
    assert is_secret("userPassword;lang-" + "x" * 1000)
    assert not is_secret("x" * 1000)
    assert secrets._is_secret.cache_info().currsize == before
    assert max(map(len, secrets.SECRET_ATTRIBUTES)) < secrets._LONGEST_KNOWN


@pytest.mark.parametrize(
    "name",
    [
        *("userPassword", "userPassword;x-hash", "2.5.4.35", "UNICODEPWD"),
        *("olcSyncrepl", "olcDbIDAssertBind", "olcRootPW", "msPKIDPAPIMasterKeys"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    """In any case, with options, and where the password is a part of the value."""
    assert is_secret(name)
    assert not is_secret(f"{name.partition(';')[0]}Policy")
