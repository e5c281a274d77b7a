"""MD4, RC4 and NTLM's one-way functions against published vectors."""

from __future__ import annotations

import hashlib
import sys
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.protocol.sasl import _ntlm_crypto as crypto
from ldapom.protocol.sasl._ntlm_crypto import (
    RC4,
    hmac_md5,
    md4,
    nt_hash,
    rc4,
    response_key,
    upper,
)
from ldapom.secrets import Secret

#: RFC 1320 appendix A.5.
MD4: Final = {
    b"": "31d6cfe0d16ae931b73c59d7e0c089c0",
    b"a": "bde52cb31de33e46245e05fbdbd6fb24",
    b"abc": "a448017aaf21d8525fc10ae87aa6729d",
    b"message digest": "d9130a8164549fe818874806e1c7014b",
    b"abcdefghijklmnopqrstuvwxyz": "d79e1c308aa5bbcdeea8ed63df412da9",
    (
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    ): "043f8582f241db351ce627e153e7f0e4",
    b"1234567890" * 8: "e33b4ddc9c38f2199c3e7b164fcc0536",
}
#: RFC 6229 section 2: a key, and the stream's first 32 octets.
STREAMS: Final = {
    "0102030405": "b2396305f03dc027ccc3524a0a1118a86982944f18fc82d589c403a47a0d0919",
    "0102030405060708090a0b0c0d0e0f10": (
        "9ac7cc9a609d1ef7b2932899cde41b975248c4959014126a6e8a84f11d1a9e1c"
    ),
}


@pytest.mark.parametrize(("data", "digest"), MD4.items())
def test_md4(data: bytes, digest: str) -> None:
    """The RFC's test suite."""
    assert md4(data).hex() == digest


def test_md4_at_every_length() -> None:
    """Padding is right around the ends of blocks, as an other implementation says."""
    from spnego._ntlm_raw.md4 import md4 as other

    for length in range(200):
        data = bytes(range(length))
        assert md4(data) == other(data)


@pytest.mark.parametrize(("key", "stream"), STREAMS.items())
@pytest.mark.parametrize("make", [RC4, rc4])
def test_rc4(make: type[RC4], key: str, stream: str) -> None:
    """The RFC's streams, however they are cut."""
    for cut in (0, 1, 16, 32):
        cipher = make(Secret(bytes.fromhex(key)))
        found = cipher.update(bytes(cut)) + cipher.update(bytes(32 - cut))
        assert found.hex() == stream


@given(st.binary(min_size=16, max_size=16), st.lists(st.binary(max_size=300)))
def test_both_rc4_agree(key: bytes, parts: list[bytes]) -> None:
    """Whichever is there makes the same octets, and the second run undoes the first."""
    ours, quick, back = RC4(Secret(key)), rc4(Secret(key)), RC4(Secret(key))
    for part in parts:
        sealed = ours.update(part)
        assert quick.update(part) == sealed
        assert back.update(sealed) == part


def test_rc4_without_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else has RC4, ours is taken."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "cryptography.exceptions", None)
        crypto._native.cache_clear()
        assert isinstance(rc4(Secret(b"key")), RC4)
    crypto._native.cache_clear()


@given(st.binary(max_size=100), st.binary(max_size=300))
def test_hmac_md5(key: bytes, data: bytes) -> None:
    """It is HMAC with MD5, however the data come in parts."""
    import hmac

    expected = hmac.digest(key, data, "md5")
    assert hmac_md5(Secret(key), data[:7], data[7:]) == expected
    assert crypto.md5(data) == hashlib.md5(data).digest()


def test_one_way_functions() -> None:
    """MS-NLMP 4.2.2.1.2 and 4.2.4.1.1."""
    kept = nt_hash(Secret("Password"))
    assert kept.reveal().hex() == "a4f49c406510bdcab6824ee7c30fd852"
    key = response_key(kept, "User", "Domain")
    assert key.reveal().hex() == "0c868a403bfd7a93a3001ef22ef02e3f"
    assert response_key(kept, "uSER", "Domain").reveal() == key.reveal()
    assert response_key(kept, "User", "DOMAIN").reveal() != key.reveal()


def test_odd_passwords_are_no_error() -> None:
    """A lone surrogate is hashed as Windows does: an error would show the password."""
    assert len(nt_hash(Secret("x\ud800")).reveal()) == 16
    assert nt_hash(Secret("pässwörd😀")).reveal() != nt_hash(Secret("p")).reveal()


def test_upper_case() -> None:
    """One character becomes one character."""
    assert upper("müßig") == "MÜßIG"


def test_nothing_shows() -> None:
    """Keys and hashes hide themselves."""
    kept = nt_hash(Secret("Password"))
    assert "hidden" in repr(kept)
    assert "a4f49c" not in repr(response_key(kept, "User", "Domain"))
