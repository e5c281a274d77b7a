"""Whether a password fits what ``userPassword`` keeps (RFC 4519 2.41, RFC 3112).

A value is the password itself, or ``{SCHEME}base64(digest + salt)``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

#: Scheme -> the digest's name and its length in octets; what follows it is salt.
_SCHEMES = {
    b"{MD5}": ("md5", 16),
    b"{SMD5}": ("md5", 16),
    b"{SHA}": ("sha1", 20),
    b"{SSHA}": ("sha1", 20),
    b"{SHA256}": ("sha256", 32),
    b"{SSHA256}": ("sha256", 32),
    b"{SHA512}": ("sha512", 64),
    b"{SSHA512}": ("sha512", 64),
}


def fits(password: bytes, stored: bytes) -> bool:
    """Compare a password with one stored value, in constant time.

    A value with an unknown scheme fits no password.
    """
    if not stored.startswith(b"{"):
        return hmac.compare_digest(password, stored)
    end = stored.find(b"}") + 1
    scheme = _SCHEMES.get(stored[:end].upper())
    if scheme is None:
        return False
    name, size = scheme
    try:
        kept = base64.b64decode(stored[end:], validate=True)
    except binascii.Error:
        return False
    digest, salt = kept[:size], kept[size:]
    found = hashlib.new(name, password + salt, usedforsecurity=False).digest()
    return hmac.compare_digest(found, digest)


def hashed(password: bytes, salt: bytes | None = None) -> bytes:
    """The value to store for a password; the salt is by chance when left out."""
    salt = os.urandom(8) if salt is None else salt
    digest = hashlib.sha256(password + salt).digest()
    return b"{SSHA256}" + base64.b64encode(digest + salt)
