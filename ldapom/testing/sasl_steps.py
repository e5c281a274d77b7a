"""What a step of a SASL exchange comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from ldapom.protocol.layers import Layer
    from ldapom.testing.access import Identity


@frozen
class Challenge:
    """The client has to say more."""

    token: bytes = field(repr=lambda _: "hidden")


@frozen
class Done:
    """The client is who it says.

    Attributes:
        identity: Who that is.
        final: What goes along with success.
        layer: What protects everything behind that answer; None is nothing new.
    """

    identity: Identity
    final: bytes | None = field(default=None, repr=lambda _: "hidden")
    layer: Layer | None = None
