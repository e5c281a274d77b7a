"""The client's half of NTLMv2 (MS-NLMP 3.1, 3.3.2): two messages out, one in.

1. NTLMv1 and LMv2 are never sent, whatever the server or the environment says.
2. A MIC binds the three messages together, so nobody can take flags out of them.
3. What the server chooses has to be strong: extended session security and 128 bits.
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.sasl._ntlm_crypto import hmac_md5, md5, rc4, response_key
from ldapom.protocol.sasl._ntlm_messages import (
    AV_FLAG_MIC,
    Authenticate,
    AvId,
    Challenge,
    Flag,
    Negotiate,
    Pairs,
    write_pairs,
)
from ldapom.protocol.sasl._ntlm_session import Session
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

#: What is asked for always, and beside it for a security layer.
ALWAYS = (
    Flag.unicode
    | Flag.request_target
    | Flag.ntlm
    | Flag.always_sign
    | Flag.extended_session_security
    | Flag.target_info
    | Flag.version
    | Flag.key_128
    | Flag.key_56
)
#: A key of its own is exchanged only for a layer: without one the specification and
#: the servers disagree on whether it counts (MS-NLMP 3.1.5.1.2).
FOR_LAYER = Flag.sign | Flag.seal | Flag.key_exchange
#: Characters of a name; Active Directory's are shorter.
LONGEST_NAME = 1024
#: A field's length has 16 bits; this leaves room for what the client adds.
_LONGEST_INFO = 0xF000
#: Without these keys are short, or both directions share one.
_STRONG = Flag.extended_session_security | Flag.key_128


@frozen
class Account:
    """Who it is.

    Attributes:
        user: The name, or ``user@realm``.
        domain: The domain; None takes the one the server names.
        kept: The password's NT hash.
    """

    user: str
    domain: str | None
    kept: Secret

    def domain_for(self, challenge: Challenge) -> str:
        """The domain to name: of ``user@realm`` it is part of the name already."""
        if self.domain is not None:
            return self.domain
        if "@" in self.user:
            return ""
        named = challenge.pair(AvId.domain_name)
        if named is None:
            return challenge.target_name[:LONGEST_NAME]
        return named.decode("utf-16-le", "replace")[:LONGEST_NAME]


@frozen
class Wishes:
    """What the connection around wants.

    Attributes:
        target: The service principal name, such as ``ldap/host``; empty is unknown.
        layer: Whether everything after the bind is to be signed and sealed.
        demanded: Whether nothing is proved to a server that does not do that.
        end_point: The ``tls-server-end-point`` binding of the TLS around.
        now: Seconds since 1970, for servers that do not tell their own time.
    """

    target: str = ""
    layer: bool = False
    demanded: bool = False
    end_point: bytes | None = None
    now: float = 0.0


@frozen
class Chance:
    """What has to be unpredictable; tests give it."""

    client_challenge: bytes = field(factory=lambda: secrets.token_bytes(8))
    session_key: Secret = field(factory=lambda: Secret(secrets.token_bytes(16)))


def hashed_binding(end_point: bytes) -> bytes:
    """A channel binding as NTLM sends it: MD5 of RFC 2744's structure (3.11).

    Args:
        end_point: The ``tls-server-end-point`` hash (RFC 5929 4).
    """
    data = b"tls-server-end-point:" + end_point
    # Neither end's address is bound, so their types and lengths are zero.
    structure = bytes(16) + struct.pack("<I", len(data)) + data
    return md5(structure)


def file_time(seconds: float) -> bytes:
    """A time as tenths of microseconds since 1601, in octets."""
    return struct.pack("<Q", int(seconds * 10_000_000) + 116_444_736_000_000_000)


def target_info(challenge: Challenge, wishes: Wishes) -> Pairs:
    """The server's pairs, and the client's own behind them (MS-NLMP 3.1.5.1.2)."""
    own = (AvId.flags, AvId.channel_bindings, AvId.target_name)
    if sum(len(value) + 4 for _, value in challenge.pairs) > _LONGEST_INFO:
        raise RemoteProtocolError("NTLM: the server's target information is too long")
    flags = _sized(challenge, AvId.flags, 4) or bytes(4)
    number = struct.unpack("<I", flags)[0] | AV_FLAG_MIC
    # Sixteen zeros say that nothing is bound.
    binding = hashed_binding(wishes.end_point) if wishes.end_point else bytes(16)
    return (
        *(pair for pair in challenge.pairs if pair[0] not in own),
        (AvId.flags, struct.pack("<I", number)),
        (AvId.channel_bindings, binding),
        (AvId.target_name, wishes.target.encode("utf-16-le")),
    )


def _sized(challenge: Challenge, number: AvId, size: int) -> bytes | None:
    value = challenge.pair(number)
    if value is not None and len(value) != size:
        raise RemoteProtocolError(f"NTLM: the server's {number.name} has another size")
    return value


def client_challenge(time: bytes, random: bytes, pairs: Pairs) -> bytes:
    """NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7): what the proof is about."""
    return b"".join(
        (b"\x01\x01", bytes(6), time, random, bytes(4), write_pairs(pairs), bytes(4))
    )


def prove(key: Secret, server_challenge: bytes, blob: bytes) -> tuple[bytes, Secret]:
    """The NTLMv2 response, and the key that it leaves (MS-NLMP 3.3.2).

    Args:
        key: The `response_key`.
        server_challenge: The server's eight octets.
        blob: The `client_challenge`.
    """
    proof = hmac_md5(key, server_challenge, blob)
    return proof + blob, Secret(hmac_md5(key, proof))


def mic_of(key: Secret, negotiate: bytes, challenge: bytes, response: bytes) -> bytes:
    """What binds the three messages together (MS-NLMP 3.1.5.1.2)."""
    return hmac_md5(key, negotiate, challenge, response)


class NtlmClient:
    """One authentication.

    Args:
        account: Who it is.
        wishes: What the connection wants.
        chance: Makes what has to be unpredictable; tests give their own.

    Attributes:
        session: The keys; None before the proof.
    """

    def __init__(
        self,
        account: Account,
        wishes: Wishes,
        chance: Callable[[], Chance] = Chance,
    ) -> None:
        self._account = account
        self._wishes = wishes
        self._chance = chance
        asked = ALWAYS | FOR_LAYER if wishes.layer else ALWAYS
        self._negotiate = Negotiate(int(asked)).pack()
        self._asked = int(asked)
        self.session: Session | None = None

    def negotiate(self) -> bytes:
        """The first message; it tells nothing about the user."""
        return self._negotiate

    def authenticate(self, token: bytes) -> bytes:
        """The proof, in answer to a CHALLENGE_MESSAGE.

        Raises:
            RemoteProtocolError: The server's message is broken, or too weak.
        """
        challenge = Challenge.unpack(token)
        flags = self._agreed(challenge.flags)
        message, key = self._prove(challenge, flags)
        unsigned = evolve(message, mic=bytes(16)).pack()
        signed = evolve(message, mic=mic_of(key, self._negotiate, token, unsigned))
        self.session = Session(flags, key)
        return signed.pack()

    def _prove(self, challenge: Challenge, flags: int) -> tuple[Authenticate, Secret]:
        chance = self._chance()
        account = self._account
        domain = account.domain_for(challenge)
        told = _sized(challenge, AvId.timestamp, 8)
        time = file_time(self._wishes.now) if told is None else told
        blob = client_challenge(
            time, chance.client_challenge, target_info(challenge, self._wishes)
        )
        own = response_key(account.kept, account.user, domain)
        response, key = prove(own, challenge.server_challenge, blob)
        wrapped = b""
        if flags & Flag.key_exchange:
            wrapped = rc4(key).update(chance.session_key.reveal())
            key = chance.session_key
        message = Authenticate(
            flags, domain, account.user, response, session_key=wrapped
        )
        return message, key

    def _agreed(self, offered: int) -> int:
        """What both sides can do; without strong keys there is no layer."""
        if not offered & Flag.ntlm or not offered & Flag.unicode:
            raise RemoteProtocolError("NTLM: the server speaks neither NTLM nor text")
        flags = offered & self._asked
        if flags & Flag.sign and flags & _STRONG == _STRONG:
            return flags
        if self._wishes.layer and self._wishes.demanded:
            raise LocalProtocolError(
                "NTLM: the server agreed to no signing with 128 bits, so whoever is on "
                "the way could change what follows: use ldaps:// or start_tls=True, or "
                "allow it with allow_cleartext=True"
            )
        return flags & ~FOR_LAYER
