"""SASL security layers (RFC 4422 3.7): every octet after the bind travels in buffers.

A buffer is four octets of length, most significant first, and so many octets that the
mechanism made. What it protects is a stream: a buffer may hold half an LDAP message,
or several.
"""

from __future__ import annotations

from typing import Protocol

from ldapom.errors import RemoteProtocolError
from ldapom.secrets import HiddenBytes

#: Octets of the length in front of each buffer.
HEADER = 4
#: What every LDAP message begins with: the tag of a SEQUENCE.
_MESSAGE = 0x30
_IN_CLEAR = (
    "; it looks like LDAP in clear: the server has left the layer, or somebody between "
    "has put it there"
)


class Layer(Protocol):
    """What a mechanism negotiated: it makes buffers, and opens them."""

    @property
    def description(self) -> str:
        """For people, such as ``"Kerberos, sealed"``."""
        ...

    @property
    def seals(self) -> bool:
        """Whether nobody on the way can read along; else they can not change it."""
        ...

    @property
    def max_send(self) -> int:
        """How many octets may be wrapped into one buffer."""
        ...

    @property
    def max_receive(self) -> int:
        """How long the peer's buffers may be, in octets."""
        ...

    def wrap(self, data: bytes) -> bytes:
        """Protect up to `max_send` octets."""
        ...

    def unwrap(self, buffer: bytes) -> bytes:
        """Check and open one buffer of the peer.

        Raises:
            RemoteProtocolError: It was changed on the way, repeated or left out.
        """
        ...


class LayerStream:
    """Octets through a layer, both ways."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self._chunks: list[bytes] = []
        self._held = 0
        self._wanted = HEADER

    def protect(self, data: bytes) -> bytes:
        """Wrap octets that are to be sent."""
        layer = self.layer
        size = layer.max_send
        parts: list[bytes] = []
        for start in range(0, len(data), size):
            buffer = layer.wrap(HiddenBytes(data[start : start + size]))
            parts += (len(buffer).to_bytes(HEADER, "big"), buffer)
        return b"".join(parts)

    def open(self, data: bytes) -> bytes:
        """Unwrap what is complete; the rest waits for more octets.

        Raises:
            RemoteProtocolError: A buffer is longer than agreed, or does not verify.
        """
        # A buffer of many reads is joined once, when its last octet is there.
        self._chunks.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return b""
        data = b"".join(self._chunks)
        self._chunks.clear()
        parts: list[bytes] = []
        position = 0
        while (end := self._end(data, position)) <= len(data):
            parts.append(self.layer.unwrap(data[position + HEADER : end]))
            position = end
        self._wanted = end - position
        rest = data[position:]
        self._held = len(rest)
        if rest:
            self._chunks.append(rest)
        return b"".join(parts)

    def _end(self, data: bytes, position: int) -> int:
        """Where the buffer ends; where its length does, until that is there."""
        start = position + HEADER
        if start > len(data):
            return start
        length = int.from_bytes(data[position:start], "big")
        if length > self.layer.max_receive:
            raise RemoteProtocolError(
                f"a SASL buffer of {length} octets came; "
                f"{self.layer.max_receive} at most were agreed"
                + (_IN_CLEAR if data[position] == _MESSAGE else "")
            )
        return start + length

    @property
    def is_half(self) -> bool:
        """Whether a buffer has begun and not ended."""
        return self._held > 0
