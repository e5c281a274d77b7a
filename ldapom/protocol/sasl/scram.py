"""SASL SCRAM (RFC 5802, RFC 7677): a password is proven, by both sides, and not sent.

1. The server proves itself too: a success without its signature is none.
2. Inside TLS the ``-PLUS`` variant binds the proof to the server's certificate, so that
   somebody in the middle can not pass it on. Whether the server has it, its list of
   mechanisms tells, which is read first. Where it is not listed the bind says so
   (``y``): a server that does have it knows then that somebody changed the list, and
   refuses (RFC 5802 6). Outside TLS there is nothing to bind to: one round trip less.
   OpenLDAP (2.5, 2.6) has a name of its own for the one binding it has, ``ldap``; the
   look at the list tells that too.
3. The server says how often the password is hashed. Less than `MIN_ITERATIONS` makes
   guessing cheap for who listens, more than `MAX_ITERATIONS` keeps this side busy.
4. Text is prepared by SASLprep; a password that it can not prepare is taken as it is.
   Cyrus SASL (OpenLDAP, 389 DS) prepares nothing: where SASLprep changes a password, it
   has to be given as octets there.

The package ``scramp`` knows no authorization identity and refuses short salts, which
servers have; the tests hold this one against it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom._printable import printable
from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.sasl.saslprep import saslprep
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Surroundings

#: What hashes, by ``hashlib``'s name.
HASHES: Final = {
    "SCRAM-SHA-1": "sha1",
    "SCRAM-SHA-224": "sha224",
    "SCRAM-SHA-256": "sha256",
    "SCRAM-SHA-384": "sha384",
    "SCRAM-SHA-512": "sha512",
    "SCRAM-SHA3-512": "sha3_512",
}
PLUS: Final = "-PLUS"
#: The registered name of the channel binding (RFC 5929 4).
END_POINT: Final = "tls-server-end-point"

#: RFC 7677 section 4; passwords behind fewer are guessed too easily.
MIN_ITERATIONS: Final = 4096
#: About two seconds of hashing.
MAX_ITERATIONS: Final = 2_000_000
#: Octets of a challenge; a usual one has 100.
_MAX_CHALLENGE: Final = 4096
_NONCE_OCTETS: Final = 24


@frozen
class ScramIdentity:
    """Who proves what.

    Attributes:
        user: The authentication identity.
        password: Prepared octets.
        authzid: The identity to act as, or None for one's own.
        nonce: Printable ASCII without a comma; random when left out.
    """

    user: str
    password: Secret
    authzid: str | None = None
    nonce: str = field(factory=lambda: secrets.token_urlsafe(_NONCE_OCTETS))


class ScramMechanism:
    """One exchange of SCRAM.

    Args:
        mechanism: The name, such as ``"SCRAM-SHA-256"``; with ``-PLUS`` the channel
            binding is a must, without it is used where both sides can.
        identity: Who proves what.
        around: The connection.
        channel_binding: Whether to bind to the TLS around.

    Raises:
        LocalProtocolError: The channel binding that is asked for can not be had, or
            strangers would read along.
    """

    blocks: bool = True  # a server decides how long hashing takes
    layer = None

    def __init__(
        self,
        mechanism: str,
        identity: ScramIdentity,
        around: Surroundings,
        *,
        channel_binding: bool = True,
    ) -> None:
        around.check_guessable(mechanism)
        base = mechanism.removesuffix(PLUS)
        binding = around.end_point if channel_binding else None
        bound = mechanism != base
        if bound and binding is None:
            raise LocalProtocolError(_no_binding(mechanism, around))
        bound = bound or (binding is not None and base + PLUS in (around.offered or ()))
        self.name = base + PLUS if bound else base
        self.look_first = binding is not None and around.offered is None
        self._hash = HASHES[base]
        self._identity = identity
        # RFC 5802 7: p we bind, y we could but the server can not, n we can not.
        flag, self._bound_to = "n" if binding is None else "y", b""
        if bound and binding:
            kind = "ldap" if around.is_openldap else END_POINT
            flag = f"p={kind}"
            # OpenLDAP takes what Windows puts into GSS-API: the name goes along.
            self._bound_to = (f"{END_POINT}:" * around.is_openldap).encode() + binding
        self._gs2 = _gs2(flag, identity.authzid)
        self._next = self._first
        self._first_bare = b""
        self._signature: Secret | None = None
        self._proven = False

    def step(self, challenge: bytes | None) -> bytes | None:
        """Say who we are, then prove it, then check the server's proof."""
        return self._next(challenge or b"")

    def finish(self, final: bytes | None) -> None:
        """Check the server's signature.

        Raises:
            RemoteProtocolError: It is missing or wrong: the server does not know the
                password, and is somebody else.
        """
        if final:
            self._check_proof(final)
        if not self._proven:
            raise RemoteProtocolError(
                f"{self.name}: the server says success but did not prove that it "
                "knows the password"
            )

    def _first(self, challenge: bytes) -> bytes:
        if challenge:
            raise RemoteProtocolError(f"{self.name}: the server spoke first")
        user = _escaped(_prepared_name(self._identity.user))
        self._first_bare = b"n=%b,r=%b" % (user, self._identity.nonce.encode())
        self._next = self._final
        return self._gs2 + self._first_bare

    def _final(self, challenge: bytes) -> bytes:
        asked = ServerFirst.read(self.name, challenge, self._identity.nonce)
        binding = base64.b64encode(self._gs2 + self._bound_to)
        without_proof = b"c=%b,r=%b" % (binding, asked.nonce)
        signed = b",".join((self._first_bare, challenge, without_proof))
        proof, self._signature = proofs(
            self._hash, self._identity.password, asked, signed
        )
        self._next = self._last
        return without_proof + b",p=" + base64.b64encode(proof)

    def _last(self, challenge: bytes) -> bytes:
        """Servers that send nothing along with success send their proof before."""
        if self._proven:
            raise RemoteProtocolError(f"{self.name}: the server does not end")
        self._check_proof(challenge)
        return b""

    def _check_proof(self, final: bytes) -> None:
        kind, _, value = final.partition(b",")[0].partition(b"=")
        if kind == b"e":
            raise RemoteProtocolError(f"{self.name}: the server says {_shown(value)}")
        expected = self._signature
        if (
            kind != b"v"
            or expected is None
            or not hmac.compare_digest(unbase64(value), expected.reveal())
        ):
            raise RemoteProtocolError(
                f"{self.name}: the server does not know the password; it may be "
                "somebody else's"
            )
        self._proven = True


@frozen
class ServerFirst:
    """What the server asks for: nonce, salt and iterations (RFC 5802 5.1)."""

    nonce: bytes
    salt: bytes
    iterations: int

    @classmethod
    def read(cls, name: str, message: bytes, nonce: str) -> ServerFirst:
        """Read and check it.

        Args:
            name: The mechanism, for messages.
            message: ``r=…,s=…,i=…`` and perhaps more.
            nonce: Ours, which the server's continues.

        Raises:
            RemoteProtocolError: It is none, or asks for too much or too little.
        """
        if len(message) > _MAX_CHALLENGE:
            raise RemoteProtocolError(
                f"{name}: the server's challenge has {len(message)} octets"
            )
        parts = [part.partition(b"=") for part in message.split(b",")]
        kinds = [kind for kind, _, _ in parts]
        if kinds[:1] == [b"e"]:
            raise RemoteProtocolError(f"{name}: the server says {_shown(parts[0][2])}")
        # m= asks for an extension (RFC 5802 5.1); others behind are ignored.
        if kinds[:3] != [b"r", b"s", b"i"] or b"m" in kinds:
            raise RemoteProtocolError(f"{name}: {_shown(message)} is no challenge")
        both, salt, times = (value for _, _, value in parts[:3])
        if not _continues(both, nonce.encode()):
            raise RemoteProtocolError(
                f"{name}: the server's nonce does not continue ours; the message may "
                "belong to another bind"
            )
        read = cls(both, unbase64(salt), int(times) if _is_number(times) else 0)
        if not read.salt:
            raise RemoteProtocolError(f"{name}: the server's salt is missing")
        if not MIN_ITERATIONS <= read.iterations <= MAX_ITERATIONS:
            raise RemoteProtocolError(
                f"{name}: the server wants the password hashed {_shown(times)} times; "
                f"{MIN_ITERATIONS} to {MAX_ITERATIONS} are taken"
            )
        return read


def _continues(nonce: bytes, ours: bytes) -> bool:
    # printable  = %x21-2B / %x2D-7E
    return (
        nonce.startswith(ours)
        and len(nonce) > len(ours)
        and all(0x21 <= octet <= 0x7E for octet in nonce)  # noqa: PLR2004
    )


def _is_number(text: bytes) -> bool:
    """Whether it is a posit-number of RFC 5802 7, of a length that is worth reading."""
    return text.isdigit() and not text.startswith(b"0") and len(text) <= 10  # noqa: PLR2004


def unbase64(text: bytes) -> bytes:
    """Decode, strictly; what is no base64 is nothing."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _shown(text: bytes) -> str:
    return printable(text[:80].decode("utf-8", "replace"))


def proofs(
    digest: str, password: Secret, asked: ServerFirst, signed: bytes
) -> tuple[bytes, Secret]:
    """The client's proof, and the signature that proves the server (RFC 5802 3)."""
    salted = Secret(
        hashlib.pbkdf2_hmac(digest, password.reveal(), asked.salt, asked.iterations)
    )
    key = Secret(hmac.digest(salted.reveal(), b"Client Key", digest))
    stored = hashlib.new(digest, key.reveal()).digest()
    signature = hmac.digest(stored, signed, digest)
    proof = bytes(a ^ b for a, b in zip(key.reveal(), signature, strict=True))
    server = Secret(hmac.digest(salted.reveal(), b"Server Key", digest))
    return proof, Secret(hmac.digest(server.reveal(), signed, digest))


def _gs2(flag: str, authzid: str | None) -> bytes:
    # gs2-header  = gs2-cbind-flag "," [ authzid ] ","
    who = b"a=" + _escaped(authzid) if authzid else b""
    return b"%b,%b," % (flag.encode(), who)


def _escaped(name: str) -> bytes:
    """A saslname (RFC 5802 5.1): no comma, no equals sign."""
    return name.replace("=", "=3D").replace(",", "=2C").encode()


def _prepared_name(user: str) -> str:
    try:
        prepared = saslprep(user)
    except ValueError as error:
        raise LocalProtocolError(f"SCRAM as {printable(user)!r}: {error}") from error
    if not prepared:
        raise LocalProtocolError(
            f"SCRAM as {printable(user)!r}: SASLprep leaves nothing of this name"
        )
    return prepared


def prepared_password(password: str | bytes) -> Secret:
    """The octets that are hashed (RFC 5802 2.2, Normalize).

    Args:
        password: Text, which is prepared; or octets, which are taken as they are.
    """
    if isinstance(password, bytes):
        return Secret(password)
    try:
        # Nothing is left of soft hyphens, and an empty password is none.
        return Secret(saslprep(password) or password)
    except ValueError:
        # Such as one with an emoji, which Unicode 3.2 does not have. A simple bind
        # takes it as it is, and servers that compute from clear text do too.
        return Secret(password)


def _no_binding(mechanism: str, around: Surroundings) -> str:
    if not around.tls:
        return f"{mechanism} binds to TLS: use ldaps:// or start_tls=True"
    return (
        f"{mechanism}: there is no channel binding for this server's certificate "
        f"(RFC 5929 4.1): use {mechanism.removesuffix(PLUS)}"
    )
