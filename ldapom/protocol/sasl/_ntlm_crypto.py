"""The old algorithms that NTLMv2 stands on: MD4, RC4 and its one-way functions.

MD4 (RFC 1320) and RC4 are written out here because OpenSSL 3 has them only where the
distribution loads its legacy provider. RC4 in pure Python does 5 MB/s; where the
package ``cryptography`` is there and has it, that one is taken (300 MB/s).
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from functools import cache
from typing import TYPE_CHECKING, Protocol

from ldapom.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = 0xFFFFFFFF
#: RFC 1320 3.4: per round what is added, the order of the words, and the rotations.
_ROUNDS = (
    (0x00000000, tuple(range(16)), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (
        0x6ED9EBA1,
        (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
        (3, 9, 11, 15),
    ),
)
_FUNCTIONS: tuple[Callable[[int, int, int], int], ...] = (
    lambda x, y, z: (x & y) | (~x & z),
    lambda x, y, z: (x & y) | (x & z) | (y & z),
    lambda x, y, z: x ^ y ^ z,
)


def md4(data: bytes) -> bytes:
    """The MD4 digest (RFC 1320)."""
    length = struct.pack("<Q", len(data) * 8 & 0xFFFFFFFFFFFFFFFF)
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + length
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
    for words in struct.iter_unpack("<16I", padded):
        state = _block(state, words)
    return struct.pack("<4I", *state)


def _block(
    state: tuple[int, int, int, int], words: tuple[int, ...]
) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for (added, order, shifts), function in zip(_ROUNDS, _FUNCTIONS, strict=True):
        for step, index in enumerate(order):
            mixed = (a + function(b, c, d) + words[index] + added) & _WORD
            by = shifts[step % 4]
            a, b, c, d = d, (mixed << by | mixed >> (32 - by)) & _WORD, b, c
    return (
        (state[0] + a) & _WORD,
        (state[1] + b) & _WORD,
        (state[2] + c) & _WORD,
        (state[3] + d) & _WORD,
    )


def md5(data: bytes) -> bytes:
    """The MD5 digest, as a protocol demands it."""
    return _new_md5(data).digest()


def hmac_md5(key: Secret, *parts: bytes) -> bytes:
    """HMAC-MD5 (RFC 2104) over the parts, one behind the other."""
    return hmac.new(key.reveal(), b"".join(parts), _new_md5).digest()


def _new_md5(data: bytes = b"") -> hashlib._Hash:
    # Said like this, OpenSSL does it in FIPS mode too.
    return hashlib.md5(data, usedforsecurity=False)


class Cipher(Protocol):
    """A stream cipher that goes on where it was."""

    def update(self, data: bytes) -> bytes:
        """Encrypt, or decrypt, what follows."""
        ...


class RC4:
    """RC4 in pure Python.

    Args:
        key: Its octets.
    """

    __slots__ = ("_i", "_j", "_state")

    def __init__(self, key: Secret) -> None:
        state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + state[i] + key.reveal()[i % len(key.reveal())]) & 0xFF
            state[i], state[j] = state[j], state[i]
        self._state = state
        self._i = self._j = 0

    def update(self, data: bytes) -> bytes:
        """Encrypt, or decrypt, what follows."""
        state, i, j = self._state, self._i, self._j
        size = len(data)
        stream = bytearray(size)
        for position in range(size):
            i = (i + 1) & 0xFF
            a = state[i]
            j = (j + a) & 0xFF
            b = state[j]
            state[i] = b
            state[j] = a
            stream[position] = state[(a + b) & 0xFF]
        self._i, self._j = i, j
        mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")
        return mixed.to_bytes(size, "little")


@cache
def _native() -> Callable[[Secret], Cipher] | None:
    """RC4 by the package ``cryptography``; None where it has none."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
        from cryptography.hazmat.primitives.ciphers import Cipher as Native
    except ImportError:
        return None

    def make(key: Secret) -> Cipher:
        cipher: Cipher = Native(ARC4(key.reveal()), mode=None).encryptor()
        return cipher

    try:
        make(Secret(bytes(16)))
    except UnsupportedAlgorithm:
        return None
    return make


def rc4(key: Secret) -> Cipher:
    """A fresh RC4, by the quickest way there is."""
    return (_native() or RC4)(key)


# --- one-way functions (MS-NLMP 3.3.1, 3.3.2) ----------------------------------


def nt_hash(password: Secret) -> Secret:
    """NTOWFv1: the hash that domain controllers keep of a password.

    Args:
        password: UTF-8 octets; lone surrogates are no error, which would show them.
    """
    return Secret(
        md4(
            password.reveal()
            .decode("utf-8", "surrogatepass")
            .encode("utf-16-le", "surrogatepass")
        )
    )


def upper(text: str) -> str:
    """Upper case as Windows has it: one character for one, so ß stays ß."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def response_key(kept: Secret, user: str, domain: str) -> Secret:
    """NTOWFv2: what the NTLMv2 response is computed with.

    Args:
        kept: The password's `nt_hash`.
        user: The user's name; its case does not count.
        domain: The domain; its case counts.
    """
    return Secret(hmac_md5(kept, (upper(user) + domain).encode("utf-16-le")))
