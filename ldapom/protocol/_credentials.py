"""What all credentials share: the questions a bind asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import LocalProtocolError

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Mechanism, Surroundings


class Credentials:
    """Base of all ways to bind."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The DN of a simple bind; empty for every other kind."""
        return ""

    @property
    def password_octets(self) -> bytes:
        """The password of a simple bind; empty for every other kind."""
        return b""

    @property
    def exposes_secret(self) -> bool:
        """Whether the bind sends a secret that a clear connection would show."""
        return False

    @property
    def is_simple(self) -> bool:
        """Whether it is a simple bind, which has no mechanism."""
        return type(self).mechanism is Credentials.mechanism

    def mechanism(self, around: Surroundings) -> Mechanism | None:  # noqa: ARG002
        """A fresh run of the SASL mechanism; None for a simple bind.

        Args:
            around: What the mechanism may know of its connection.
        """
        return None

    def alternative(
        self,
        refused: Mechanism,  # noqa: ARG002
        around: Surroundings,  # noqa: ARG002
    ) -> Mechanism | None:
        """What to try, where it is offered, for a mechanism the server refused.

        Args:
            refused: The run that came to nothing.
            around: What the mechanism may know of its connection.
        """
        return None


def as_credentials(given: Credentials) -> Credentials:
    """Refuse what says nothing of how to bind.

    Raises:
        TypeError: It is none; nothing of it is shown, for it may have a password in it.
    """
    if not isinstance(given, Credentials):
        raise TypeError(
            "credentials are a value that says how to bind, such as "
            f"Simple(dn, password), not {type(given).__name__}"
        )
    return given


def is_nobody(name: str) -> bool:
    """Whether a server may take a name for the empty one, and the bind for anonymous.

    389 Directory Server leaves blanks and NUL out of a DN and then looks whether there
    is one: with ``" "`` and any password it says success.
    """
    return not name.replace("\0", "").strip()


def check_filled(password: str | bytes, what: str) -> None:
    """Refuse an empty password.

    Args:
        password: Text or octets.
        what: The bind, for the message.

    Raises:
        LocalProtocolError: It is empty.
        TypeError: It is neither text nor octets.
    """
    if not isinstance(password, str | bytes):
        raise TypeError(f"a password is str or bytes, not {type(password).__name__}")
    if not password:
        # RFC 4513 5.1.2: servers take a name without a password for "anonymous" and
        # answer success, which applications take for a correct password.
        raise LocalProtocolError(
            f"{what} with an empty password would succeed as nobody; "
            "use Anonymous() to be nobody on purpose"
        )
