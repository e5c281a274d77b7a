"""What an NTLM authentication leaves behind: keys that sign and seal (MS-NLMP 3.4).

Only extended session security is spoken: each direction has keys of its own. A session
is the client's half or the server's; `Session.layer` is the SASL layer of either.
"""

from __future__ import annotations

import hmac
import struct
from typing import TYPE_CHECKING

from ldapom.errors import RemoteProtocolError
from ldapom.protocol.sasl._ntlm_crypto import hmac_md5, md5, rc4
from ldapom.protocol.sasl._ntlm_messages import Flag
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from ldapom.protocol.sasl._ntlm_crypto import Cipher

#: Octets of a signature (MS-NLMP 2.2.2.9.1): version, checksum, sequence number.
SIGNATURE = 16
#: Octets to wrap at once. Samba takes buffers of 128 KiB, so this is on the safe side.
MAX_SEND = 0x10000 - SIGNATURE
#: What is sent in a signature's place where signing was not agreed.
NOT_SIGNED = struct.pack("<I", 1) + bytes(12)

_CLIENT, _SERVER = "client-to-server", "server-to-client"


def sign_key(key: Secret, direction: str) -> Secret:
    """SIGNKEY (MS-NLMP 3.4.5.2)."""
    magic = f"session key to {direction} signing key magic constant\0"
    return Secret(md5(key.reveal() + magic.encode()))


def seal_key(flags: int, key: Secret, direction: str) -> Secret:
    """SEALKEY (MS-NLMP 3.4.5.3)."""
    size = 16 if flags & Flag.key_128 else 7 if flags & Flag.key_56 else 5
    magic = f"session key to {direction} sealing key magic constant\0"
    return Secret(md5(key.reveal()[:size] + magic.encode()))


class Direction:
    """One way through a session; messages have to come in the order they were made.

    Args:
        flags: What was negotiated.
        key: The exported session key.
        name: ``"client-to-server"`` or the other.
    """

    def __init__(self, flags: int, key: Secret, name: str) -> None:
        self._flags = flags
        self._sign_key = sign_key(key, name)
        self._seal_key = seal_key(flags, key, name)
        self._cipher: Cipher = rc4(self._seal_key)
        self._number = 0

    def restart(self) -> None:
        """Begin the cipher anew, as SPNEGO wants it behind its own signatures."""
        self._cipher = rc4(self._seal_key)

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt, or decrypt, what follows."""
        return self._cipher.update(data)

    def sign(self, data: bytes) -> bytes:
        """The signature of the next message."""
        if not self._flags & Flag.sign:
            return NOT_SIGNED
        number = struct.pack("<I", self._number)
        self._number = (self._number + 1) & 0xFFFFFFFF
        checksum = hmac_md5(self._sign_key, number, data)[:8]
        if self._flags & Flag.key_exchange:
            checksum = self._cipher.update(checksum)
        return struct.pack("<I", 1) + checksum + number

    def check(self, data: bytes, signature: bytes) -> None:
        """Check the signature of the next message.

        Raises:
            RemoteProtocolError: It is another message's.
        """
        if not hmac.compare_digest(self.sign(data), signature):
            raise RemoteProtocolError(
                "NTLM: a message was changed on the way, repeated or left out"
            )


class Session:
    """The keys of both directions.

    Args:
        flags: What was negotiated.
        key: The exported session key.
        server: Whether this is the server's half.
    """

    def __init__(self, flags: int, key: Secret, *, server: bool = False) -> None:
        self.flags = flags
        out, back = (_SERVER, _CLIENT) if server else (_CLIENT, _SERVER)
        self.outgoing = Direction(flags, key, out)
        self.incoming = Direction(flags, key, back)

    @property
    def signs(self) -> bool:
        """Whether signatures prove anything."""
        return bool(self.flags & Flag.sign)

    def layer(self, max_receive: int) -> NtlmLayer | None:
        """The security layer that was negotiated; None without one.

        Args:
            max_receive: How long the peer's buffers may be, in octets.
        """
        return NtlmLayer(self, max_receive) if self.signs else None


class NtlmLayer:
    """A SASL security layer: each buffer is a signature and the sealed data.

    LDAP servers seal as soon as signing is negotiated: what wraps for them makes no
    difference (measured with Samba, which does as Windows does).

    Args:
        session: Whose keys it uses.
        max_receive: How long the peer's buffers may be, in octets.
    """

    max_send = MAX_SEND
    seals = True
    description = "NTLM, sealed"

    def __init__(self, session: Session, max_receive: int) -> None:
        self._session = session
        self.max_receive = max_receive

    def wrap(self, data: bytes) -> bytes:
        """Protect up to `max_send` octets."""
        outgoing = self._session.outgoing
        # MS-NLMP 3.4.3: the data goes through the cipher before its signature.
        body = outgoing.encrypt(data)
        return outgoing.sign(data) + body

    def unwrap(self, buffer: bytes) -> bytes:
        """Check and open one buffer of the peer.

        Raises:
            RemoteProtocolError: It was changed on the way, repeated or left out.
        """
        if len(buffer) < SIGNATURE:
            raise RemoteProtocolError(
                f"NTLM: a buffer of {len(buffer)} octets has no room for a signature"
            )
        incoming = self._session.incoming
        data = incoming.encrypt(buffer[SIGNATURE:])
        incoming.check(data, buffer[:SIGNATURE])
        return data
