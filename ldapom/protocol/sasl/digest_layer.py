"""The layer of DIGEST-MD5 with qop=auth-int (RFC 2831 2.3): signed, readable by all."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from attrs import define, field

from ldapom.errors import RemoteProtocolError
from ldapom.protocol.sasl.digest_hash import md5
from ldapom.secrets import Secret

_MAC: Final = 10
#: What follows the MAC: message type 1, then the sequence number.
_TYPE: Final = b"\x00\x01"
_SEQUENCE: Final = 4
#: Octets of MAC, type and sequence number.
OVERHEAD: Final = _MAC + len(_TYPE) + _SEQUENCE
#: The same, and the length of the buffer, which some servers count as a part of it.
HEADER_AND_OVERHEAD: Final = OVERHEAD + 4
#: The largest buffer a peer may send; what RFC 2831 takes when nothing is said.
MAXBUF: Final = 65536
_BLOCK: Final = 64
_CIRCLE: Final = 1 << 8 * _SEQUENCE


def signing_keys(secret: Secret) -> tuple[Secret, Secret]:
    """The keys for client to server, and for server to client.

    Args:
        secret: H(A1), 16 octets.
    """
    magic = b"Digest session key to %b-to-%b signing key magic constant"
    client = md5(secret.reveal() + magic % (b"client", b"server"))
    server = md5(secret.reveal() + magic % (b"server", b"client"))
    return Secret(client), Secret(server)


class _Signer:
    """HMAC-MD5 with a key that stays (RFC 2104), counting what it signs."""

    __slots__ = ("_inner", "_outer", "_sequence")

    def __init__(self, key: Secret) -> None:
        def padded(octet: int) -> bytes:
            return bytes(b ^ octet for b in key.reveal().ljust(_BLOCK, b"\0"))

        # Both halves are begun once, and copied for each message.
        self._inner = hashlib.md5(padded(0x36), usedforsecurity=False)
        self._outer = hashlib.md5(padded(0x5C), usedforsecurity=False)
        self._sequence = 0

    def trailer(self, message: bytes) -> bytes:
        """What follows the next message: MAC, type and sequence number."""
        sequence = self._sequence.to_bytes(_SEQUENCE, "big")
        self._sequence = (self._sequence + 1) % _CIRCLE
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(sequence)
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()[:_MAC] + _TYPE + sequence


@define
class IntegrityLayer:
    """Signs each message, and refuses what was changed, repeated or left out.

    Args:
        send_key: Of our direction.
        receive_key: Of the peer's.
        max_send: Octets of a message that make a buffer the peer takes.
        max_receive: The longest buffer we take.
    """

    _send_key: Secret
    _receive_key: Secret
    max_send: int
    max_receive: int
    _sender: _Signer = field(init=False, repr=False)
    _receiver: _Signer = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._sender = _Signer(self._send_key)
        self._receiver = _Signer(self._receive_key)

    @property
    def description(self) -> str:
        """For people."""
        return "DIGEST-MD5, signed"

    @property
    def seals(self) -> bool:
        """No: everybody can read along."""
        return False

    def wrap(self, data: bytes) -> bytes:
        """The message and its trailer."""
        return data + self._sender.trailer(data)

    def unwrap(self, buffer: bytes) -> bytes:
        """The message, when its trailer is right."""
        if len(buffer) < OVERHEAD:
            raise RemoteProtocolError(
                f"DIGEST-MD5: a buffer of {len(buffer)} octets holds no signature"
            )
        message = buffer[:-OVERHEAD]
        if not hmac.compare_digest(buffer[-OVERHEAD:], self._receiver.trailer(message)):
            raise RemoteProtocolError(
                "DIGEST-MD5: a message was changed, repeated or left out on the way"
            )
        return message
