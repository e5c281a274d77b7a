"""SASL mechanisms (RFC 4422), one a file: `step(challenge) -> response`."""

from __future__ import annotations

from typing import ClassVar, Protocol


class Mechanism(Protocol):
    """One run of a mechanism; made anew for each bind.

    Attributes:
        name: The registered name, such as ``"PLAIN"``.
        look_first: Whether the server's list of mechanisms is read before the first
            step, because that step already carries the secret.
    """

    name: ClassVar[str]
    look_first: ClassVar[bool]

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
