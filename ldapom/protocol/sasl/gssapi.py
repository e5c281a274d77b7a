"""SASL GSSAPI (RFC 4752): Kerberos, then a word about the layer to use.

The conversation: context tokens to and fro; an empty response where the context is
complete; the server's offer of layers and its buffer, protected; our choice, our buffer
and the identity to act as, protected too. So nobody in between can talk either end out
of its layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import RemoteProtocolError
from ldapom.protocol.sasl.gss import GssLayer, Protection, choose, wanted

if TYPE_CHECKING:
    from ldapom.protocol.layers import Layer
    from ldapom.protocol.sasl import Surroundings
    from ldapom.protocol.sasl.gss import Context, LayerName

#: What three octets can say (RFC 4752 3.3).
MAX_BUFFER: Final = 0xFFFFFF
_OFFER_SIZE: Final = 4


class GssapiMechanism:
    """One run of GSSAPI.

    Args:
        context: Fresh.
        around: Where it runs.
        layer: What has to protect a connection without TLS.
        authzid: ``dn:…`` or ``u:…`` to act as somebody else.
    """

    name: str = "GSSAPI"
    look_first: bool = False
    blocks: bool = True

    def __init__(
        self,
        context: Context,
        around: Surroundings,
        *,
        layer: LayerName | None = None,
        authzid: str | None = None,
    ) -> None:
        self._context = context
        self._allowed = wanted(around, layer)
        self._authzid = (authzid or "").encode()
        self._max_receive = min(around.max_size, MAX_BUFFER)
        self._chosen: Protection | None = None
        self._layer: Layer | None = None

    @property
    def layer(self) -> Layer | None:
        """The layer that was chosen; None is none."""
        return self._layer

    def step(self, challenge: bytes | None) -> bytes:
        """A context token, then the choice of a layer."""
        if not self._context.complete:
            return self._context.step(challenge)
        if self._chosen is not None:
            raise RemoteProtocolError("GSSAPI: the server goes on behind the end")
        offer, _ = self._context.unwrap(challenge or b"")
        return self._answer(offer)

    def _answer(self, offer: bytes) -> bytes:
        if len(offer) != _OFFER_SIZE:
            raise RemoteProtocolError(
                f"GSSAPI: the offer of layers is {len(offer)} octets, not {_OFFER_SIZE}"
            )
        offered = Protection(offer[0]) & self._context.available
        self._chosen = choose(self.name, self._allowed, offered)
        size = 0
        if self._chosen is not Protection.none:
            size = self._max_receive
            self._layer = GssLayer(
                self._context,
                self._chosen,
                send=int.from_bytes(offer[1:], "big"),
                receive=size,
            )
        answer = bytes((self._chosen,)) + size.to_bytes(3, "big") + self._authzid
        return self._context.wrap(answer, seal=False)

    def finish(self, final: bytes | None) -> None:
        """Success may come only behind our choice, and with nothing more to say.

        Raises:
            RemoteProtocolError: The server has not proved itself.
        """
        if self._chosen is None:
            raise RemoteProtocolError(
                "GSSAPI: the server says success without having proved itself"
            )
        if final:
            raise RemoteProtocolError("GSSAPI: the server goes on behind the end")
