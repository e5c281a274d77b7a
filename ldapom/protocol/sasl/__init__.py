"""SASL mechanisms (RFC 4422), one a file: `step(challenge) -> response`, `layer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from attrs import frozen

from ldapom.protocol.channel_binding import end_point

if TYPE_CHECKING:
    from ldapom.protocol.layers import Layer


@frozen
class Surroundings:
    """What a mechanism may know of the connection it runs on.

    Attributes:
        host: The server's name as the URL spells it; None without a URL.
        tls: Inside TLS no security layer is negotiated, and channel bindings are sent.
        may_expose: Whether what an eavesdropper could guess passwords from may travel
            without a layer: inside TLS, to this very machine, or by permission.
        certificate: The server's certificate (DER); None outside TLS.
        max_size: The largest buffer a layer may send us, in octets.
    """

    host: str | None = None
    tls: bool = False
    may_expose: bool = True
    certificate: bytes | None = None
    max_size: int = 0xFFFFFF

    @property
    def end_point(self) -> bytes | None:
        """The channel binding ``tls-server-end-point`` (RFC 5929 4), as it is hashed.

        None outside TLS, or where the certificate's signature leaves it undefined.
        """
        return None if self.certificate is None else end_point(self.certificate)


class Mechanism(Protocol):
    """One run of a mechanism; made anew for each bind.

    Attributes:
        name: The registered name, such as ``"PLAIN"``.
        look_first: Whether the server's list of mechanisms is read before the first
            step, because that step already carries the secret.
        blocks: Whether a step may wait for somebody else, such as a KDC.
    """

    name: ClassVar[str]
    look_first: ClassVar[bool]
    blocks: ClassVar[bool]

    def step(self, challenge: bytes | None) -> bytes | None:
        """The response to a challenge; the first call gets None.

        Returns:
            The credentials to send; None sends none at all.

        Raises:
            RemoteProtocolError: The challenge makes no sense at this point.
        """
        ...

    def finish(self, final: bytes | None) -> None:
        """Check what the server sent along with success.

        Raises:
            RemoteProtocolError: The server did not prove itself.
        """
        ...

    @property
    def layer(self) -> Layer | None:
        """What protects everything after a successful bind; None is nothing new."""
        ...
