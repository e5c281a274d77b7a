"""SCRAM (RFC 5802): the server's half.

1. A user needs a password that is known in clear; see `Access.secret_of`. For a name
   that is none the exchange goes on like for any other, and fails in the end.
2. The ``-PLUS`` variants are there inside TLS, where the own certificate is known. Then
   a client that believes they are not is refused: somebody has changed the list.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import TYPE_CHECKING

from attrs import define, field

from ldapom.errors import ResultCode
from ldapom.protocol.sasl.scram import (
    END_POINT,
    HASHES,
    MIN_ITERATIONS,
    PLUS,
    ServerFirst,
    prepared_password,
    proofs,
    unbase64,
)
from ldapom.testing.checks import refusal
from ldapom.testing.sasl_steps import Challenge, Done

if TYPE_CHECKING:
    from ldapom.errors import ResultError
    from ldapom.secrets import Secret
    from ldapom.testing.access import Identity
    from ldapom.testing.handler import Handler

#: What is offered, the best first.
SCRAM = tuple(
    f"SCRAM-SHA-{size}{plus}" for plus in (PLUS, "") for size in (512, 256, 1)
)

_SALT = 16
_NONCE = 18


@define
class ScramExchange:
    """One exchange.

    Args:
        name: The mechanism.
        handler: Whose users they are.
    """

    name: str
    handler: Handler
    _header: bytes = field(default=b"", init=False)
    _asked: ServerFirst | None = field(default=None, init=False)
    #: The two first messages, which the proofs are over.
    _messages: tuple[bytes, bytes] = field(default=(b"", b""), init=False, repr=False)
    _user: tuple[Identity, Secret] | None = field(default=None, init=False, repr=False)

    def step(self, token: bytes | None) -> Challenge | Done:
        """Take the client's next message.

        Raises:
            ResultError: `InvalidCredentials`, with the word of RFC 5802 7 for why.
        """
        if self._asked is None:
            return Challenge(self._first(token or b""))
        return self._final(token or b"", self._asked)

    def _first(self, message: bytes) -> bytes:
        # client-first-message = gs2-cbind-flag "," [authzid] "," username "," nonce
        flag, authzid, user, *rest = [*message.split(b",", 3), b"", b"", b""]
        bare = user + b"," + rest[0]
        nonce = rest[0].partition(b",")[0]
        if not user.startswith(b"n=") or not nonce.startswith(b"r="):
            raise _refused("other-error")
        self._check_flag(flag)
        self._header = b"%b,%b," % (flag, authzid)
        name = _name(user.removeprefix(b"n="))
        if authzid and _name(authzid.removeprefix(b"a=")) not in {name, f"u:{name}"}:
            raise _refused("no other authorization identity is taken")
        self._user = self.handler.access.secret_of(name)
        asked = ServerFirst(
            nonce.removeprefix(b"r=") + secrets.token_urlsafe(_NONCE).encode(),
            secrets.token_bytes(_SALT),
            MIN_ITERATIONS,
        )
        salt = base64.b64encode(asked.salt)
        answer = b"r=%b,s=%b,i=%d" % (asked.nonce, salt, asked.iterations)
        self._asked, self._messages = asked, (bare, answer)
        return answer

    def _check_flag(self, flag: bytes) -> None:
        bound = self.name.endswith(PLUS)
        if flag.startswith(b"p=") != bound:
            raise _refused("channel-binding-not-supported")
        if bound and flag != b"p=" + END_POINT.encode():
            raise _refused("unsupported-channel-binding-type")
        if flag == b"y" and self.handler.peer.end_point is not None:
            raise _refused("server-does-support-channel-binding")

    def _final(self, message: bytes, asked: ServerFirst) -> Done:
        without, _, proof = message.rpartition(b",p=")
        binding = self._header
        if self.name.endswith(PLUS):
            binding += self.handler.peer.end_point or b""
        expected = b"c=%b,r=%b" % (base64.b64encode(binding), asked.nonce)
        if without.partition(b",")[0] != expected.partition(b",")[0]:
            raise _refused("channel-bindings-dont-match")
        if without != expected or self._user is None:
            raise _refused("invalid-proof")
        identity, password = self._user
        right, signature = proofs(
            HASHES[self.name.removesuffix(PLUS)],
            prepared_password(password.reveal().decode("utf-8", "surrogateescape")),
            asked,
            b",".join((*self._messages, without)),
        )
        if not hmac.compare_digest(right, unbase64(proof)):
            raise _refused("invalid-proof")
        return Done(identity, b"v=" + base64.b64encode(signature.reveal()))


def _name(escaped: bytes) -> str:
    text = escaped.decode("utf-8", "replace")
    return text.replace("=2C", ",").replace("=3D", "=")


def _refused(why: str) -> ResultError:
    return refusal(ResultCode.invalidCredentials, f"SCRAM: {why}")
