"""SASL GSS-SPNEGO ([MS-ADTS] 5.1.1.1): Kerberos inside RFC 4178, else NTLM.

There is no word about layers as in GSSAPI: the flags of the complete context decide, so
a context is asked for no more than is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import LDAPError, RemoteProtocolError
from ldapom.protocol.sasl.gss import GssLayer, Protection, choose, wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.layers import Layer
    from ldapom.protocol.sasl import Mechanism, Surroundings
    from ldapom.protocol.sasl.gss import Context, LayerName

#: What is sent in one buffer: nobody says how much the server takes, and OpenLDAP's
#: own limit (``maxbufsize``) is this.
MAX_SEND: Final = 65_536


class SpnegoMechanism:
    """One run of GSS-SPNEGO with Kerberos.

    Args:
        context: Fresh, one that speaks SPNEGO.
        around: Where it runs.
        layer: What has to protect a connection without TLS.
    """

    name: str = "GSS-SPNEGO"
    look_first: bool = False
    blocks: bool = True

    def __init__(
        self, context: Context, around: Surroundings, *, layer: LayerName | None = None
    ) -> None:
        self._context = context
        self._allowed = wanted(around, layer)
        self._max_receive = around.max_size
        self._layer: Layer | None = None

    @property
    def layer(self) -> Layer | None:
        """The layer that the context came with; None is none."""
        return self._layer

    def step(self, challenge: bytes | None) -> bytes:
        """The next token of the context; empty where it has no more."""
        if self._context.complete:
            raise RemoteProtocolError("GSS-SPNEGO: the server goes on behind the end")
        return self._context.step(challenge)

    def finish(self, final: bytes | None) -> None:
        """Let the server prove itself with its last token, and see what layer there is.

        Raises:
            RemoteProtocolError: It has not proved itself.
            LocalProtocolError: The context protects less than this connection needs.
        """
        context = self._context
        if not context.complete:
            if final is None:
                raise RemoteProtocolError(
                    "GSS-SPNEGO: the server says success without having proved itself"
                )
            final = context.step(final)
            if not context.complete:
                raise RemoteProtocolError("GSS-SPNEGO: the server ended half-way")
        if final:
            raise RemoteProtocolError("GSS-SPNEGO: the server goes on behind the end")
        self._protect()

    def _protect(self) -> None:
        # The best flag of the context is what the server uses, not what we would pick.
        used = choose(self.name, ~Protection(0), self._context.available)
        chosen = choose(self.name, self._allowed, used)
        if chosen is not Protection.none:
            self._layer = GssLayer(
                self._context, chosen, send=MAX_SEND, receive=self._max_receive
            )


class FallbackMechanism:
    """GSS-SPNEGO with another way in where no ticket can be had.

    Args:
        first: What is tried.
        has_no_ticket: Whether it failed for want of a ticket, and nothing was sent.
        second: Makes the other one; it is not made without need.
    """

    name: str = "GSS-SPNEGO"
    look_first: bool = False
    blocks: bool = True

    def __init__(
        self,
        first: Mechanism,
        has_no_ticket: Callable[[], bool],
        second: Callable[[], Mechanism],
    ) -> None:
        #: The one that is used: the first, until the first step has decided.
        self.used = first
        self._has_no_ticket = has_no_ticket
        self._second = second

    @property
    def layer(self) -> Layer | None:
        """The layer of the one that succeeded."""
        return self.used.layer

    def step(self, challenge: bytes | None) -> bytes | None:
        """The response of the one that is used; the first call decides which it is."""
        if challenge is not None:
            return self.used.step(challenge)
        try:
            return self.used.step(None)
        except LDAPError as error:
            if not self._has_no_ticket():
                raise
            why = str(error)
        try:
            self.used = self._second()
            return self.used.step(None)
        except LDAPError as error:
            error.add_note(f"NTLM was tried because Kerberos could not be: {why}")
            raise

    def finish(self, final: bytes | None) -> None:
        """Let the server prove itself to the one that is used."""
        self.used.finish(final)
