"""SASL mechanisms (RFC 4422), one a file: `step(challenge) -> response`, `layer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol.channel_binding import end_point

if TYPE_CHECKING:
    from collections.abc import Callable

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
        layer: The security layer that is in place already. It stays, and no other is
            negotiated inside: Samba refuses that, and 389 Directory Server then goes
            on in clear.
        reverse_name: Asks the DNS for the name of the server's address; raises
            `LocalProtocolError` where it has none. None where there is no address.
        offered: The mechanisms the server lists; None when nobody has asked, or when it
            does not tell.
        is_openldap: Whether the server calls itself OpenLDAP; known with `offered`.
    """

    host: str | None = None
    tls: bool = False
    may_expose: bool = True
    certificate: bytes | None = None
    max_size: int = 0xFFFFFF
    layer: Layer | None = None
    reverse_name: Callable[[], str] | None = None
    offered: tuple[str, ...] | None = None
    is_openldap: bool = False

    @property
    def end_point(self) -> bytes | None:
        """The channel binding ``tls-server-end-point`` (RFC 5929 4), as it is hashed.

        None outside TLS, or where the certificate's signature leaves it undefined.
        """
        return None if self.certificate is None else end_point(self.certificate)

    @property
    def protected(self) -> bool:
        """Whether what follows a bind is protected already, so wants no new layer."""
        return self.tls or self.layer is not None

    def check_guessable(self, name: str) -> None:
        """Refuse to show strangers what they could guess a password from.

        Args:
            name: The mechanism.

        Raises:
            LocalProtocolError: Naming the ways out.
        """
        if not self.may_expose:
            raise LocalProtocolError(
                f"{name} without a security layer shows whoever reads along to "
                f"{self.host} what passwords can be guessed from: use ldaps:// or "
                "start_tls=True, or allow it with allow_cleartext=True"
            )


class Mechanism(Protocol):
    """One run of a mechanism; made anew for each bind."""

    @property
    def name(self) -> str:
        """The registered name, such as ``"PLAIN"``."""
        ...

    @property
    def look_first(self) -> bool:
        """Whether the server's list of mechanisms is read before the first step.

        That step already carries the secret, or the list decides what it says. The
        mechanism is made anew then, with what is offered.
        """
        ...

    @property
    def blocks(self) -> bool:
        """Whether a step may wait for somebody else, such as a KDC, or take long."""
        ...

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
