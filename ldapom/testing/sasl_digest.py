"""DIGEST-MD5 (RFC 2831): the server's half, with signing outside TLS.

A user needs a password that is known in clear; see `Access.secret_of`.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from attrs import define, field

from ldapom.errors import ResultCode
from ldapom.protocol.sasl import digest_challenge as directives
from ldapom.protocol.sasl.digest_hash import first_secret, response
from ldapom.protocol.sasl.digest_layer import (
    HEADER_AND_OVERHEAD,
    MAXBUF,
    IntegrityLayer,
    signing_keys,
)
from ldapom.testing.checks import refusal
from ldapom.testing.sasl_steps import Challenge, Done

if TYPE_CHECKING:
    from ldapom.errors import ResultError
    from ldapom.secrets import Secret
    from ldapom.testing.handler import Handler

_NONCE = 18
_REALM = b"box"


@define
class DigestExchange:
    """One exchange.

    Args:
        handler: Whose users they are.
    """

    handler: Handler
    _nonce: bytes = field(
        factory=lambda: secrets.token_urlsafe(_NONCE).encode(), init=False
    )
    _challenged: bool = field(default=False, init=False)

    def step(self, token: bytes | None) -> Challenge | Done:
        """Challenge, then check the answer.

        Raises:
            ResultError: `InvalidCredentials`.
            RemoteProtocolError: The answer is none.
        """
        if self._challenged:
            return self._check(token or b"")
        if token:
            raise _refused("the server begins")
        self._challenged = True
        qop = b"auth" if self.handler.peer.tls else b"auth,auth-int"
        return Challenge(
            b'realm="%b",nonce="%b",qop="%b",charset=utf-8,algorithm=md5-sess'
            % (_REALM, self._nonce, qop)
        )

    def _check(self, token: bytes) -> Done:
        found = directives.read(token, directives.MAX_RESPONSE)

        def one(name: str, default: bytes = b"") -> bytes:
            return found.get(name, [default])[0]

        user, qop = one("username"), one("qop", b"auth")
        self._check_said(one("nonce"), one("nc"), one("realm"), qop)
        name = user.decode("utf-8", "replace")
        if one("authzid") not in {b"", user, b"u:" + user}:
            raise _refused("no other authorization identity is taken")
        known = self.handler.access.secret_of(name)
        if known is None:
            raise _refused("the response is wrong")
        identity, password = known
        secret = first_secret(
            (user, one("realm"), password),
            (self._nonce, one("cnonce"), one("authzid")),
            utf8="charset" in found,
        )
        nonces = (self._nonce, one("nc"), one("cnonce"), qop)
        uri = one("digest-uri")
        expected = response(secret, nonces, b"AUTHENTICATE:" + uri)
        if not hmac.compare_digest(expected, one("response")):
            raise _refused("the response is wrong")
        proof = b"rspauth=" + response(secret, nonces, b":" + uri)
        return Done(identity, proof, _layer(secret) if qop == b"auth-int" else None)

    def _check_said(self, nonce: bytes, count: bytes, realm: bytes, qop: bytes) -> None:
        if nonce != self._nonce or count != b"00000001" or realm != _REALM:
            raise _refused("the response is to another challenge")
        if qop not in {b"auth", b"auth-int"} or (
            qop == b"auth-int" and self.handler.peer.tls
        ):
            raise _refused("this quality of protection is not offered")


def _layer(secret: Secret) -> IntegrityLayer:
    theirs, ours = signing_keys(secret)
    return IntegrityLayer(
        ours, theirs, max_send=MAXBUF - HEADER_AND_OVERHEAD, max_receive=MAXBUF
    )


def _refused(why: str) -> ResultError:
    return refusal(ResultCode.invalidCredentials, f"DIGEST-MD5: {why}")
