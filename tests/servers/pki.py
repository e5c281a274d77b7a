"""Throw-away certificates for the tests: good ones, and one of each broken kind.

Two authorities, ``ca`` (the one to trust) and ``otherca``; below ``ca`` two more, whose
certificates stand behind those they sign. The certificates::

    server       ca        localhost, 127.0.0.1, ::1, the domain controller's names
    client       ca        stands for uid=admin,ou=people,dc=example,dc=com
    expired      ca        as server, but over since February 2020
    wronghost    ca        for elsewhere.test only
    otherserver  otherca   as server
    otherclient  otherca   as client
    selfsigned   itself    as server
    sha384       ca        as server, signed with ECDSA and SHA-384
    sha512       ca        as server, signed with ECDSA and SHA-512
    pss          rsaca     as server, signed with RSASSA-PSS and SHA-384
    ed25519      edca      as server, signed with Ed25519, which names no hash

All by the ``openssl`` command (1.1.1 or later), EC keys, half a second.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from attrs import frozen

from tests.servers.domain import ADDRESSES, HOST

if TYPE_CHECKING:
    from pathlib import Path

# A configuration of our own: `openssl req -x509` would add the extensions of the
# system's file. `openssl ca` and not `openssl x509`: only it sets an end in the past.
CONFIG: Final = """\
[req]
distinguished_name = dn
[dn]
[ca]
database = {directory}/index.txt
new_certs_dir = {directory}
rand_serial = yes
unique_subject = no
default_md = sha256
preserve = yes
policy = any
[any]
domainComponent = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
UID = optional
[server]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
[authority]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical,keyCertSign
[wronghost]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.test
[client]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
"""

NEVER: Final = "20491231235959Z"
LONG_AGO: Final = "20200201000000Z"
AUTHORITY: Final = (
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign",
    "subjectKeyIdentifier=hash",
)
NAMES: Final = ",".join(
    (
        *("DNS:localhost", "IP:127.0.0.1", "IP:::1", f"DNS:{HOST}"),
        *(f"IP:{address}" for address in ADDRESSES),
    )
)
# Read backwards, this subject is the DN of the sample's administrator.
ADMIN: Final = "/DC=com/DC=example/OU=people/UID=admin"
LOCALHOST: Final = "/O=ldapom tests/CN=localhost"


@frozen
class _Leaf:
    name: str
    authority: str
    subject: str
    extensions: str
    end: str = NEVER
    digest: str = "sha256"
    key: str = "P-256"
    more: tuple[str, ...] = ()


_PSS: Final = (
    *("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"),
)
_LEAVES: Final = (
    _Leaf("server", "ca", LOCALHOST, "server"),
    _Leaf("client", "ca", ADMIN, "client"),
    _Leaf("expired", "ca", LOCALHOST, "server", LONG_AGO),
    _Leaf("wronghost", "ca", "/O=ldapom tests/CN=elsewhere.test", "wronghost"),
    _Leaf("otherserver", "otherca", LOCALHOST, "server"),
    _Leaf("otherclient", "otherca", ADMIN, "client"),
    _Leaf("rsaca", "ca", "/O=ldapom tests/CN=rsaca", "authority", key="RSA"),
    _Leaf("edca", "ca", "/O=ldapom tests/CN=edca", "authority", key="ED25519"),
    _Leaf("sha384", "ca", LOCALHOST, "server", digest="sha384"),
    _Leaf("sha512", "ca", LOCALHOST, "server", digest="sha512"),
    _Leaf("pss", "rsaca", LOCALHOST, "server", digest="sha384", more=_PSS),
    # An Ed25519 signature has its hash built in.
    _Leaf("ed25519", "edca", LOCALHOST, "server", digest="default"),
)
_KEYS: Final = {
    "P-256": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "RSA": ("rsa:2048",),
    "ED25519": ("ed25519",),
}


@frozen
class Pki:
    """A directory of PEM files; private keys have no passphrase."""

    directory: Path

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority to trust."""
        return self.cert("ca")

    def cert(self, name: str) -> Path:
        """Return the path of a certificate, such as ``"server"`` or ``"expired"``."""
        return self.directory / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Return the path of the private key that belongs to a certificate."""
        return self.directory / f"{name}.key"


def missing() -> str | None:
    """Say what stands in the way of making certificates, or nothing."""
    return None if shutil.which("openssl") else "the openssl command is not installed"


def make(directory: Path) -> Pki:
    """Make both authorities and all certificates in an empty directory."""
    (directory / "openssl.cnf").write_text(
        CONFIG.format(directory=directory, names=NAMES)
    )
    (directory / "index.txt").touch()
    for authority in ("ca", "otherca"):
        _self_signed(
            directory,
            authority,
            f"/O=ldapom tests/CN={authority}",
            AUTHORITY,
        )
    _self_signed(
        directory,
        "selfsigned",
        LOCALHOST,
        (f"subjectAltName={NAMES}",),
    )
    for leaf in _LEAVES:
        _sign(directory, leaf)
    return Pki(directory)


def _self_signed(
    directory: Path, name: str, subject: str, extensions: tuple[str, ...]
) -> None:
    added = [word for text in extensions for word in ("-addext", text)]
    _request(directory, name, subject, "-x509", "-days", "3650", *added, suffix="crt")


def _sign(directory: Path, leaf: _Leaf) -> None:
    _request(directory, leaf.name, leaf.subject, suffix="csr", key=leaf.key)
    _openssl(
        directory,
        *("ca", "-batch", "-notext", "-config", "openssl.cnf", "-name", "ca"),
        *("-cert", f"{leaf.authority}.crt", "-keyfile", f"{leaf.authority}.key"),
        *("-extensions", leaf.extensions),
        *("-startdate", "20200101000000Z", "-enddate", leaf.end),
        *("-in", f"{leaf.name}.csr", "-out", f"{leaf.name}.crt"),
        *("-md", leaf.digest, *leaf.more),
    )
    if leaf.authority in {"rsaca", "edca"}:
        with (directory / f"{leaf.name}.crt").open("a") as chain:
            chain.write((directory / f"{leaf.authority}.crt").read_text())


def _request(
    directory: Path,
    name: str,
    subject: str,
    *more: str,
    suffix: str,
    key: str = "P-256",
) -> None:
    _openssl(
        directory,
        *("req", "-config", "openssl.cnf", "-new", "-nodes"),
        *("-newkey", *_KEYS[key]),
        *("-keyout", f"{name}.key", "-subj", subject, "-out", f"{name}.{suffix}"),
        *more,
    )


def _openssl(directory: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["openssl", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if done.returncode:
        msg = f"openssl {' '.join(arguments)} failed:\n{done.stderr}"
        raise RuntimeError(msg)
