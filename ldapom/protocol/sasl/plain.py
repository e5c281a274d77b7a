"""SASL PLAIN (RFC 4616): name and password in clear, for use inside TLS."""

from __future__ import annotations

from ldapom.errors import RemoteProtocolError


class PlainMechanism:
    """One message with everything in it.

    Args:
        user: The authentication identity, as the server's mapping wants it.
        password: UTF-8 octets.
        authzid: The identity to act as, or None for one's own.
    """

    name: str = "PLAIN"
    look_first: bool = True
    blocks: bool = False
    layer = None

    def __init__(self, user: str, password: bytes, authzid: str | None) -> None:
        self._parts = ((authzid or "").encode(), user.encode(), password)

    def step(self, challenge: bytes | None) -> bytes | None:
        """The message ``authzid NUL user NUL password``."""
        if challenge:
            raise RemoteProtocolError("PLAIN: the server sent a challenge")
        return b"\0".join(self._parts)

    def finish(self, final: bytes | None) -> None:
        """Accept the end; PLAIN proves nothing back."""
