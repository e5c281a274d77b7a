"""SASL DIGEST-MD5 (RFC 2831): historic (RFC 6331), for servers that know no better.

1. The server speaks first; each bind is an initial authentication with a fresh nonce,
   so the nonce count stays 1, and a nonce that is stale is answered once more.
2. On a clear connection qop is ``auth-int`` where the server has it: every later
   message is signed. Sealing (``auth-conf``) is RC4 and DES; TLS does that better.
3. Names and password are hashed as Latin-1 when they fit into it (2.1.2.1), even when
   they travel as UTF-8.
4. The server proves itself by ``rspauth``; a success without it is none.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom._printable import printable
from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.sasl import digest_challenge as directives
from ldapom.protocol.sasl.digest_challenge import Challenge, quoted
from ldapom.protocol.sasl.digest_hash import first_secret, response
from ldapom.protocol.sasl.digest_layer import (
    HEADER_AND_OVERHEAD,
    MAXBUF,
    IntegrityLayer,
    signing_keys,
)
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.sasl import Surroundings

_COUNT: Final = b"00000001"
_NONCE_OCTETS: Final = 24


@frozen
class DigestIdentity:
    """Who proves what.

    Attributes:
        user: The authentication identity.
        password: UTF-8, or octets as they are.
        realm: The one to use, or None for the server's.
        authzid: The identity to act as, or None for one's own.
        nonce: Ours; random when left out.
        service: The registered name of the protocol.
    """

    user: str
    password: Secret
    realm: str | None = None
    authzid: str | None = None
    nonce: str = field(factory=lambda: secrets.token_urlsafe(_NONCE_OCTETS))
    service: str = "ldap"


def octets(password: str | bytes) -> Secret:
    """The password, held so that no traceback shows it."""
    return Secret(password)


class DigestMD5Mechanism:
    """One exchange of DIGEST-MD5.

    Args:
        identity: Who proves what.
        around: The connection.
    """

    name: str = "DIGEST-MD5"
    look_first: bool = False
    blocks: bool = False

    def __init__(self, identity: DigestIdentity, around: Surroundings) -> None:
        self.layer: IntegrityLayer | None = None
        self._identity = identity
        self._around = around
        self._uri = f"{identity.service}/{around.host or 'localhost'}".encode()
        self._expected: Secret | None = None
        self._next: Callable[[bytes], bytes | None] = self._hello
        self._proven = False

    def step(self, challenge: bytes | None) -> bytes | None:
        """Wait for the challenge, answer it, then check the server's proof."""
        return self._next(challenge or b"")

    def finish(self, final: bytes | None) -> None:
        """Check the server's proof.

        Raises:
            RemoteProtocolError: It is missing or wrong.
        """
        if final:
            self._check_proof(final)
        if not self._proven:
            raise RemoteProtocolError(
                "DIGEST-MD5: the server says success but did not prove that it knows "
                "the password"
            )

    def _hello(self, challenge: bytes) -> bytes | None:
        # RFC 2831 2.1: the server begins, but in LDAP only when it is asked to.
        if challenge:
            raise RemoteProtocolError("DIGEST-MD5: the server spoke unasked")
        self._next = self._respond
        return None

    def _respond(self, message: bytes) -> bytes:
        challenge = Challenge.parse(message)
        qop = _quality(challenge, self._around)
        realm = _realm(challenge, self._identity.realm)
        identity = self._identity
        nonces = (challenge.nonce, _COUNT, identity.nonce.encode(), qop.encode())
        user, authzid = (
            _text(identity.user, challenge),
            (identity.authzid or "").encode(),
        )
        secret = first_secret(
            (user, realm, identity.password),
            (challenge.nonce, identity.nonce.encode(), authzid),
            utf8=challenge.utf8,
        )
        self._expected = Secret(response(secret, nonces, b":" + self._uri))
        if qop == "auth-int":
            self.layer = _layer(secret, challenge.maxbuf)
        self._next = self._last
        said = {
            b"charset": b"utf-8" if challenge.utf8 else None,
            b"username": quoted(user),
            b"realm": quoted(realm) if realm or challenge.realms else None,
            b"nonce": quoted(challenge.nonce),
            b"nc": _COUNT,
            b"cnonce": quoted(identity.nonce.encode()),
            b"digest-uri": quoted(self._uri),
            b"maxbuf": b"%d" % MAXBUF if self.layer else None,
            b"response": response(secret, nonces, b"AUTHENTICATE:" + self._uri),
            b"qop": qop.encode(),
            b"authzid": quoted(authzid) if authzid else None,
        }
        return b",".join(
            b"%b=%b" % (name, value)
            for name, value in said.items()
            if value is not None
        )

    def _last(self, message: bytes) -> bytes:
        """The server's proof, or a fresh nonce, before the end."""
        if self._proven:
            raise RemoteProtocolError("DIGEST-MD5: the server does not end")
        found = directives.read(message, directives.MAX_CHALLENGE)
        if "nonce" in found and Challenge.parse(message).stale:
            answer = self._respond(message)
            self._next = self._proof
            return answer
        return self._proof(message)

    def _proof(self, message: bytes) -> bytes:
        if self._proven:
            raise RemoteProtocolError("DIGEST-MD5: the server does not end")
        self._check_proof(message)
        return b""

    def _check_proof(self, message: bytes) -> None:
        found = directives.read(message, directives.MAX_CHALLENGE)
        proof = found.get("rspauth", [b""])[0]
        expected = self._expected
        if expected is None or not hmac.compare_digest(proof, expected.reveal()):
            raise RemoteProtocolError(
                "DIGEST-MD5: the server does not know the password; it may be "
                "somebody else's"
            )
        self._proven = True


def _quality(challenge: Challenge, around: Surroundings) -> str:
    """The quality of protection to use.

    Raises:
        LocalProtocolError: There is none that both sides would use here.
    """
    if not around.protected and "auth-int" in challenge.qop:
        return "auth-int"
    if "auth" in challenge.qop:
        around.check_guessable("DIGEST-MD5")
        return "auth"
    offered = printable(", ".join(sorted(challenge.qop)))
    raise LocalProtocolError(
        f"DIGEST-MD5: the server wants {offered}; "
        + ("inside TLS there is only auth" if around.tls else "use TLS instead")
    )


def _realm(challenge: Challenge, wanted: str | None) -> bytes:
    """The realm to use; one of several has to be named.

    Raises:
        LocalProtocolError: It is not.
    """
    if wanted is not None:
        return _text(wanted, challenge)
    if len(challenge.realms) > 1:
        names = printable(b", ".join(challenge.realms).decode("utf-8", "replace"))
        raise LocalProtocolError(
            f"DIGEST-MD5: the server has several realms, name one: {names}"
        )
    return challenge.realms[0] if challenge.realms else b""


def _text(text: str, challenge: Challenge) -> bytes:
    """As it travels.

    Raises:
        LocalProtocolError: The server takes Latin-1 only, and this is more.
    """
    if challenge.utf8:
        return text.encode()
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise LocalProtocolError(
            f"DIGEST-MD5: this server takes Latin-1, and {printable(text)!r} is more"
        ) from None


def _layer(secret: Secret, maxbuf: int) -> IntegrityLayer:
    ours, theirs = signing_keys(secret)
    room = min(maxbuf, MAXBUF) - HEADER_AND_OVERHEAD
    return IntegrityLayer(ours, theirs, max_send=max(room, 1), max_receive=MAXBUF)
