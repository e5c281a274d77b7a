"""What GSSAPI and GSS-SPNEGO share: a security context, its protection, its layer.

1. Outside TLS a layer protects everything after the bind: sealed where both ends can,
   signed at least. Inside TLS there is none, and channel bindings go with the bind.
   A layer that is in place stays there: a second bind under it negotiates none.
2. A server that offers no layer outside TLS is refused, unless nobody on a network can
   read along or ``allow_cleartext=True`` says that this does not matter.
3. The server has to prove itself (mutual authentication), and each buffer is checked
   for its order; nothing is ever delegated.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from ldapom.errors import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Surroundings

#: How a caller says what has to protect a clear connection; None is the best there is.
LayerName: TypeAlias = Literal["sign", "seal"]


class Protection(IntFlag):
    """Security layers, as the bits of RFC 4752 3.3."""

    none = 1
    sign = 2
    seal = 4


#: What a caller's word allows on a connection without TLS.
_ALLOWED: Final = {
    None: Protection.sign | Protection.seal,
    "sign": Protection.sign,
    "seal": Protection.seal,
}
#: The best first.
_BEST: Final = (Protection.seal, Protection.sign, Protection.none)


def wanted(around: Surroundings, layer: LayerName | None) -> Protection:
    """What may protect a connection, as a set.

    Args:
        around: Inside TLS, or a layer, it is nothing new; where secrets may be shown
            it may be nothing at all.
        layer: What the caller demands outside TLS.

    Raises:
        LocalProtocolError: The layer that is in place does less than is demanded.
    """
    old = around.layer
    if layer == "seal" and not around.tls and old is not None and not old.seals:
        raise LocalProtocolError(
            f"the layer of this connection ({old.description}) does not seal, and it "
            "stays: use a connection of its own"
        )
    if around.protected:
        return Protection.none
    allowed = _ALLOWED[layer]
    if layer is None and around.may_expose:
        allowed |= Protection.none
    return allowed


def choose(mechanism: str, allowed: Protection, offered: Protection) -> Protection:
    """The best that both ends want.

    Args:
        mechanism: For the message.
        allowed: What `wanted` said.
        offered: What the server can do, as a set.

    Raises:
        LocalProtocolError: There is nothing in common.
    """
    common = allowed & offered
    for protection in _BEST:
        if protection & common:
            return protection
    raise LocalProtocolError(
        f"{mechanism}: the server offers {_names(offered)}, but this connection wants "
        f"{_names(allowed)}; {_REMEDY.get(allowed, _WITHOUT_TLS)}"
    )


_WITHOUT_TLS: Final = (
    "use ldaps:// or start_tls=True, or allow a bare connection with "
    "allow_cleartext=True"
)
_REMEDY: Final = {
    Protection.none: "inside TLS no layer is used; let the server offer that, or "
    "connect without TLS",
    Protection.seal: "use ldaps:// or start_tls=True, or leave layer= out",
    Protection.sign: "use ldaps:// or start_tls=True, or leave layer= out",
}
_WORDS: Final = {
    Protection.none: "no security layer",
    Protection.sign: "signing",
    Protection.seal: "sealing",
}


def _names(protection: Protection) -> str:
    words = [word for bit, word in _WORDS.items() if bit & protection]
    return " or ".join(words) or "nothing that is known"


class Context(Protocol):
    """One security context (RFC 2743 1.1.3) of a client."""

    @property
    def complete(self) -> bool:
        """Whether both ends have proved themselves."""
        ...

    @property
    def available(self) -> Protection:
        """What the complete context can do, as a set; ``none`` is always in it."""
        ...

    def step(self, token: bytes | None) -> bytes:
        """Take the server's token and give ours; the first call gets None.

        Raises:
            LDAPError: No ticket, or a server that is not who it should be.
        """
        ...

    def wrap(self, data: bytes, *, seal: bool) -> bytes:
        """Make a token of octets."""
        ...

    def unwrap(self, token: bytes) -> tuple[bytes, bool]:
        """Check and open a token; tells whether it was sealed.

        Raises:
            RemoteProtocolError: It was changed on the way, repeated or left out.
        """
        ...

    def wrap_size(self, size: int, *, seal: bool) -> int:
        """How many octets may go into a token of at most ``size``."""
        ...


class GssLayer:
    """The layer of a complete context (RFC 4752 3.3, RFC 4121 4.2).

    Args:
        context: Complete.
        protection: ``sign`` or ``seal``.
        send: The largest buffer that the peer takes, in octets.
        receive: The largest buffer that it may send.

    Raises:
        RemoteProtocolError: The peer's buffer has no room for anything.
    """

    def __init__(
        self, context: Context, protection: Protection, *, send: int, receive: int
    ) -> None:
        self._context = context
        self.seals = protection is Protection.seal
        self.max_receive = receive
        self.max_send = context.wrap_size(send, seal=self.seals)
        if self.max_send <= 0:
            raise RemoteProtocolError(
                f"the server's buffer of {send} octets is too small for a layer"
            )

    @property
    def description(self) -> str:
        """``"Kerberos, sealed"`` or ``"Kerberos, signed"``."""
        return f"Kerberos, {'sealed' if self.seals else 'signed'}"

    def wrap(self, data: bytes) -> bytes:
        """Protect up to `max_send` octets."""
        return self._context.wrap(data, seal=self.seals)

    def unwrap(self, buffer: bytes) -> bytes:
        """Check and open one buffer of the peer.

        Raises:
            RemoteProtocolError: It was changed, repeated or left out on the way, or
                came signed where sealing was agreed.
        """
        data, sealed = self._context.unwrap(buffer)
        if self.seals and not sealed:
            raise RemoteProtocolError(
                "a buffer came unsealed through a layer that seals"
            )
        return data
