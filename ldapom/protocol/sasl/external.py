"""SASL EXTERNAL (RFC 4422 appendix A): the identity comes from below.

From the client certificate inside TLS, or from the peer's user over ``ldapi``.
"""

from __future__ import annotations

from ldapom.errors import RemoteProtocolError


class ExternalMechanism:
    """Names an authorization identity, or leaves it to the server.

    Args:
        authzid: ``dn:…`` or ``u:…`` (RFC 4513 5.2.1.8), or None for one's own.
    """

    name: str = "EXTERNAL"
    look_first: bool = False
    blocks: bool = False
    layer = None

    def __init__(self, authzid: str | None) -> None:
        self._authzid = authzid

    def step(self, challenge: bytes | None) -> bytes | None:
        """Answer with the authorization identity, whenever the server asks."""
        if challenge:
            raise RemoteProtocolError("EXTERNAL: the server sent a challenge")
        # An empty response is sent, not left out: RFC 4513 5.2.3 wants none, but
        # servers that got none ask for it in a second round trip.
        return (self._authzid or "").encode()

    def finish(self, final: bytes | None) -> None:
        """Accept the end; EXTERNAL proves nothing back."""
