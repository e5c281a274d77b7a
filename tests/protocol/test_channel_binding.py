"""Channel bindings: every kind of certificate, and what is none."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    padding,
    rsa,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ldapom.protocol.channel_binding import end_point

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes as Key,
    )

    from tests.servers.pki import Pki

RSA = rsa.generate_private_key(65537, 1024)
EC = ec.generate_private_key(ec.SECP256R1())
DSA = dsa.generate_private_key(1024)


def certificate(
    key: Key, digest: hashes.HashAlgorithm | None, *, pss: bool = False
) -> bytes:
    """A self-signed certificate, DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2049))
    )
    how = None
    if pss and digest is not None:
        how = padding.PSS(padding.MGF1(digest), digest.digest_size)
    made = builder.sign(key, digest, rsa_padding=how)  # type: ignore[arg-type]  # any hash
    return made.public_bytes(serialization.Encoding.DER)


SAMPLE = certificate(EC, hashes.SHA256())


@pytest.mark.parametrize(
    ("digest", "name"),
    [
        (hashes.SHA224(), "sha224"),
        (hashes.SHA256(), "sha256"),
        (hashes.SHA384(), "sha384"),
        (hashes.SHA512(), "sha512"),
        (hashes.SHA3_256(), "sha3_256"),
        (hashes.SHA3_384(), "sha3_384"),
        (hashes.SHA3_512(), "sha3_512"),
    ],
)
@pytest.mark.parametrize("key", [RSA, EC], ids=["rsa", "ec"])
def test_own_hash(key: Key, digest: hashes.HashAlgorithm, name: str) -> None:
    """The hash of the signature is the hash of the binding (RFC 5929 4.1)."""
    made = certificate(key, digest)
    assert end_point(made) == hashlib.new(name, made).digest()


@pytest.mark.parametrize(
    "digest", [hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]
)
def test_dsa(digest: hashes.HashAlgorithm) -> None:
    """As of RSA and ECDSA."""
    made = certificate(DSA, digest)
    assert end_point(made) == hashlib.new(digest.name, made).digest()


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_pss(digest: hashes.HashAlgorithm) -> None:
    """Its parameters name the hash (RFC 4055 3.1)."""
    key = rsa.generate_private_key(65537, 2048)
    made = certificate(key, digest, pss=True)
    assert end_point(made) == hashlib.new(digest.name, made).digest()


def algorithm(oid: str, parameters: str = "") -> bytes:
    """A certificate of nothing but its algorithm, from DER in hexadecimal."""
    inner = element(0x06, bytes.fromhex(oid)) + bytes.fromhex(parameters)
    return element(0x30, element(0x30, b"") + element(0x30, inner))


def element(tag: int, content: bytes) -> bytes:
    """A short DER element."""
    assert len(content) < 128
    return bytes((tag, len(content))) + content


PSS = "2a864886f70d01010a"


@pytest.mark.parametrize(
    ("oid", "parameters"),
    [
        ("2a864886f70d010102", "0500"),
        ("2a864886f70d010103", "0500"),
        ("2a864886f70d010104", "0500"),
        ("2a864886f70d010105", "0500"),
        ("2b0e03021d", ""),
        ("2a8648ce380403", ""),
        ("2a8648ce3d0401", ""),
        (PSS, "3000"),
        (PSS, "3003a203020114"),
        (PSS, "300da00b300906052b0e03021a0500"),
    ],
)
def test_weak_hashes(oid: str, parameters: str) -> None:
    """MD5 and SHA-1 become SHA-256, and so do their elders."""
    made = algorithm(oid, parameters)
    assert end_point(made) == hashlib.sha256(made).digest()


def test_ed25519() -> None:
    """SHA-512: what is part of Ed25519, and what GnuTLS takes."""
    made = certificate(ed25519.Ed25519PrivateKey.generate(), None)
    assert end_point(made) == hashlib.sha512(made).digest()


def test_undefined() -> None:
    """Ed448 and what nobody knows have none."""
    assert end_point(certificate(ed448.Ed448PrivateKey.generate(), None)) is None
    assert end_point(algorithm("2b060105")) is None
    assert end_point(algorithm(PSS, "3009a00730050603550405")) is None


@pytest.mark.parametrize(
    "name", ["server", "sha384", "sha512", "pss", "ed25519", "selfsigned"]
)
def test_openssl(pki: Pki, name: str) -> None:
    """Certificates by ``openssl``; `cryptography` says what signed them."""
    pem = pki.cert(name).read_text()
    end = "-----END CERTIFICATE-----\n"
    der = ssl.PEM_cert_to_DER_cert(pem[: pem.index(end) + len(end)])
    digest = x509.load_der_x509_certificate(der).signature_hash_algorithm
    assert (
        end_point(der) == hashlib.new(digest.name if digest else "sha512", der).digest()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x81\x05\x30\x03\x30\x01\x00",
        b"\x30\x82\x00\x80" + bytes(128),
        SAMPLE + b"\0",
        SAMPLE[:-1],
        b"\x31" + SAMPLE[1:],
        algorithm("86"),
        algorithm(""),
        algorithm(PSS),
        algorithm(PSS, "3002a000"),
        algorithm(PSS, "3004a0023000"),
        algorithm(PSS, "3001a0"),
    ],
)
def test_no_certificate(wrong: bytes) -> None:
    """What is no certificate has no binding, and raises nothing."""
    assert end_point(wrong) is None


@given(st.data())
def test_changed_certificates(data: st.DataObject) -> None:
    """Any octets: a hash of them, or nothing."""
    octets = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(
            st.integers(0, 255)
        )
    made = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    found = end_point(made)
    assert found is None or len(found) in {28, 32, 48, 64}
