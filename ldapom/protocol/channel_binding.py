"""Channel bindings (RFC 5929): what ties a SASL bind to the TLS around it.

``tls-server-end-point`` is a hash of the server's certificate. Which hash, the
certificate's own signature says:

1. MD2, MD4, MD5 and SHA-1 become SHA-256 (RFC 5929 4.1); any other hash stays.
2. RSASSA-PSS names its hash in its parameters (RFC 4055 3.1); SHA-1 when left out.
3. Ed25519 has no choice of hash, so RFC 5929 leaves it undefined. It is SHA-512 here:
   the hash that is part of Ed25519 (RFC 8032 5.1), and what servers on GnuTLS take.
   Ed448 and all others have no binding.
"""

from __future__ import annotations

import hashlib
from typing import Final

from attrs import frozen

_SEQUENCE: Final = 0x30
_OID: Final = 0x06
_HASH_ALGORITHM: Final = 0xA0  # [0] of RSASSA-PSS-params
_LONG: Final = 0x80
#: Octets of a length; a certificate of 16 MiB is none.
_MAX_LENGTH_OCTETS: Final = 3

_PSS: Final = "1.2.840.113549.1.1.10"

_HASHES: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.5": "sha512_224",
    "2.16.840.1.101.3.4.2.6": "sha512_256",
    "2.16.840.1.101.3.4.2.7": "sha3_224",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
}


def _family(prefix: str, first: int, names: str) -> dict[str, str]:
    """Signatures whose last arcs follow each other."""
    return {f"{prefix}.{n}": name for n, name in enumerate(names.split(), first)}


_SIGNATURES: Final = {
    # RSA PKCS #1 v1.5 (RFC 8017 appendix C), and its old names
    **_family("1.2.840.113549.1.1", 2, "md2 md4 md5 sha1"),
    **_family(
        "1.2.840.113549.1.1", 11, "sha256 sha384 sha512 sha224 sha512_224 sha512_256"
    ),
    **_family("2.16.840.1.101.3.4.3", 13, "sha3_224 sha3_256 sha3_384 sha3_512"),
    "1.3.14.3.2.15": "sha1",
    "1.3.14.3.2.29": "sha1",
    # DSA (RFC 3279 2.2.2, RFC 5758 3.1)
    "1.2.840.10040.4.3": "sha1",
    **_family("2.16.840.1.101.3.4.3", 1, "sha224 sha256 sha384 sha512"),
    **_family("2.16.840.1.101.3.4.3", 5, "sha3_224 sha3_256 sha3_384 sha3_512"),
    # ECDSA (RFC 3279 2.2.3, RFC 5758 3.2)
    "1.2.840.10045.4.1": "sha1",
    **_family("1.2.840.10045.4.3", 1, "sha224 sha256 sha384 sha512"),
    **_family("2.16.840.1.101.3.4.3", 9, "sha3_224 sha3_256 sha3_384 sha3_512"),
    # Ed25519 (RFC 8410 3)
    "1.3.101.112": "sha512",
}
_TOO_WEAK: Final = frozenset({"md2", "md4", "md5", "sha1"})


def end_point(certificate: bytes) -> bytes | None:
    """The ``tls-server-end-point`` binding (RFC 5929 4.1).

    Args:
        certificate: The server's certificate, DER.

    Returns:
        Its hash by the certificate's own signature hash; None where that is undefined.
    """
    try:
        name = _signature_hash(certificate)
        if name is None:
            return None
        if name in _TOO_WEAK:
            name = "sha256"
        # This Python's OpenSSL may not have the hash: that is a ValueError too.
        return hashlib.new(name, certificate).digest()
    except ValueError:
        return None


def _signature_hash(certificate: bytes) -> str | None:
    """The hash that signed a certificate, by ``hashlib``'s name.

    Raises:
        ValueError: This is no certificate.
    """
    # Certificate  ::=  SEQUENCE  {
    #      tbsCertificate       TBSCertificate,
    #      signatureAlgorithm   AlgorithmIdentifier,
    #      signatureValue       BIT STRING  }
    whole = _read(certificate, 0, len(certificate), _SEQUENCE)
    if whole.end != len(certificate):
        raise ValueError("octets follow the certificate")
    signed = _read(certificate, whole.start, whole.end, _SEQUENCE)
    algorithm = _read(certificate, signed.end, whole.end, _SEQUENCE)
    oid = _read(certificate, algorithm.start, algorithm.end, _OID)
    name = _dotted(certificate[oid.start : oid.end])
    if name == _PSS:
        return _pss_hash(certificate, oid.end, algorithm.end)
    return _SIGNATURES.get(name)


def _pss_hash(data: bytes, start: int, end: int) -> str | None:
    # RSASSA-PSS-params  ::=  SEQUENCE  {
    #      hashAlgorithm     [0] HashAlgorithm DEFAULT sha1Identifier, ...
    parameters = _read(data, start, end, _SEQUENCE)
    at = parameters.start
    if at == parameters.end or data[at] != _HASH_ALGORITHM:
        return "sha1"
    tagged = _read(data, at, parameters.end, _HASH_ALGORITHM)
    algorithm = _read(data, tagged.start, tagged.end, _SEQUENCE)
    oid = _read(data, algorithm.start, algorithm.end, _OID)
    return _HASHES.get(_dotted(data[oid.start : oid.end]))


@frozen
class _Content:
    """Where the content of an element starts and ends."""

    start: int
    end: int


def _read(data: bytes, at: int, limit: int, tag: int) -> _Content:
    """Find the content of the DER element (X.690 10.1) at an offset.

    Raises:
        ValueError: It has another tag, or does not end before the limit.
    """
    if at + 2 > limit or data[at] != tag:
        raise ValueError(f"no element with tag {tag:#x} at {at}")
    length, start = data[at + 1], at + 2
    if length >= _LONG:
        octets = length - _LONG
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
        if not 0 < octets <= _MAX_LENGTH_OCTETS or length < max(
            _LONG, 1 << 8 * (octets - 1)
        ):
            raise ValueError(f"the length at {at} is no DER")
    if start + length > limit:
        raise ValueError(f"the element at {at} ends too late")
    return _Content(start, start + length)


def _dotted(content: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's content (X.690 8.19).

    Raises:
        ValueError: It ends in the middle of an arc, or has none.
    """
    if not content or content[-1] & _LONG:
        raise ValueError("an object identifier does not end")
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & _LONG:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
