"""What ``userPassword`` keeps and which passwords fit it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.testing import passwords

#: Made by slappasswd and openssl for the password "secret".
STORED = [
    b"secret",
    b"{SSHA}u5blSqsh0Iz20MPQFLy8AGS0cpPQM+Iq40iutQ==",
    b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    b"{sha}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    b"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
    b"{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
]


@pytest.mark.parametrize("stored", STORED)
def test_fits(stored: bytes) -> None:
    """The right password fits each scheme, another one fits none."""
    assert passwords.fits(b"secret", stored)
    assert not passwords.fits(b"Secret", stored)
    assert not passwords.fits(b"", stored)


@pytest.mark.parametrize(
    "stored",
    [b"{CRYPT}aaGVzY.Z", b"{SSHA}no base64!", b"{SSHA}", b"{", b"{X}secret"],
)
def test_unreadable(stored: bytes) -> None:
    """A value with an unknown scheme, or a broken one, fits no password."""
    assert not passwords.fits(b"secret", stored)
    assert not passwords.fits(b"", stored)


@given(st.binary(), st.binary())
def test_hashed(password: bytes, other: bytes) -> None:
    """A hash fits its own password and no other, and does not show it."""
    stored = passwords.hashed(password)
    assert passwords.fits(password, stored)
    assert passwords.fits(other, stored) is (other == password)
    assert passwords.hashed(password) != stored
