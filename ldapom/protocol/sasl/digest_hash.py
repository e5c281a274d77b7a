"""What both ends of DIGEST-MD5 compute (RFC 2831 2.1.2.1)."""

from __future__ import annotations

import hashlib

from ldapom.secrets import Secret


def md5(data: bytes) -> bytes:
    """The digest, also where MD5 is switched off for what should be secure."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def first_secret(
    who: tuple[bytes, bytes, Secret],
    nonces: tuple[bytes, bytes, bytes],
    *,
    utf8: bool,
) -> Secret:
    """H(A1): what the password and the nonces come to.

    Args:
        who: User and realm as they travel, and the password.
        nonces: Of the server and of the client, and the authorization identity, which
            may be empty.
        utf8: Whether user and realm travel as UTF-8. They are hashed as Latin-1 when
            they fit into it, as the password always is.
    """
    user, realm, password = who
    if utf8:
        user, realm = _latin1(user), _latin1(realm)
    told = Secret(_latin1(password.reveal()))
    key = Secret(md5(b":".join((user, realm, told.reveal()))))
    return Secret(md5(b":".join((key.reveal(), *filter(None, nonces)))))


def _latin1(text: bytes) -> bytes:
    """Latin-1 if it is UTF-8 that fits, else as it is."""
    try:
        return text.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return text


def response(secret: Secret, nonces: tuple[bytes, ...], what: bytes) -> bytes:
    """The value of ``response`` or ``rspauth``.

    Args:
        secret: H(A1).
        nonces: Nonce, count, client nonce and qop.
        what: A2 without what qop adds.
    """
    if nonces[-1] != b"auth":
        what += b":" + b"0" * 32
    parts = (secret.reveal().hex().encode(), *nonces, md5(what).hex().encode())
    return md5(b":".join(parts)).hex().encode()
