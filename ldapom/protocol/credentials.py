"""Who to be: frozen values whose ``repr`` hides their secrets.

Those that need a library or much code of their own are imported when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.changes import as_value
from ldapom.dn import as_text
from ldapom.errors import LocalProtocolError
from ldapom.protocol._credentials import Credentials, check_filled, is_nobody
from ldapom.protocol.sasl.external import ExternalMechanism
from ldapom.protocol.sasl.plain import PlainMechanism
from ldapom.secrets import discreet, hidden

if TYPE_CHECKING:
    from ldapom.protocol._credentials_kerberos import Kerberos, Spnego
    from ldapom.protocol._credentials_ntlm import Ntlm
    from ldapom.protocol._credentials_scram import DigestMD5, Scram
    from ldapom.protocol.sasl import Mechanism, Surroundings

__all__ = [
    "Anonymous",
    "Credentials",
    "DigestMD5",
    "External",
    "Kerberos",
    "Ntlm",
    "Plain",
    "Scram",
    "Simple",
    "Spnego",
]

_HOMES = {
    "Kerberos": "_credentials_kerberos",
    "Spnego": "_credentials_kerberos",
    "Ntlm": "_credentials_ntlm",
    "DigestMD5": "_credentials_scram",
    "Scram": "_credentials_scram",
}

if not TYPE_CHECKING:

    def __getattr__(name):  # noqa: ANN001, ANN202  # type checkers read the lines above
        """Import what is elsewhere when it is first used."""
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(
            import_module(f"ldapom.protocol.{home}"), name
        )
        return found


@frozen
class Anonymous(Credentials):
    """Nobody (RFC 4513 5.1.1)."""

    def __str__(self) -> str:
        return "anonymous"


@discreet
@frozen
class Simple(Credentials):
    r"""A DN and its password (RFC 4513 5.1.3); wants TLS.

    Args:
        dn: The DN; Active Directory also takes ``user@domain`` and ``DOMAIN\user``.
        password: Text (sent as UTF-8) or octets.

    Raises:
        LocalProtocolError: The name or the password is empty, or the name is blank.
    """

    dn: str = field(converter=as_text)
    password: str | bytes = field(repr=hidden)

    def __attrs_post_init__(self) -> None:
        check_filled(self.password, f"a simple bind as {self.dn!r}")
        if is_nobody(self.dn):
            raise LocalProtocolError("a simple bind with a password needs a name")

    @property
    def name(self) -> str:
        """The DN."""
        return self.dn

    @property
    def password_octets(self) -> bytes:
        """The password as it is sent."""
        return as_value(self.password)

    @property
    def exposes_secret(self) -> bool:
        """The password travels as it is."""
        return True

    def __str__(self) -> str:
        return self.dn


@frozen
class External(Credentials):
    """SASL EXTERNAL: the TLS client certificate, or the peer's user over ``ldapi``.

    Args:
        authzid: ``dn:…`` or ``u:…`` to act as somebody else.
    """

    authzid: str | None = None

    def mechanism(self, around: Surroundings) -> Mechanism:  # noqa: ARG002
        """A run of EXTERNAL."""
        return ExternalMechanism(self.authzid)

    def __str__(self) -> str:
        return "EXTERNAL" + (f" as {self.authzid}" if self.authzid else "")


@discreet
@frozen
class Plain(Credentials):
    """SASL PLAIN (RFC 4616): name and password; wants TLS.

    Args:
        user: The user's name as the server maps it, often no DN.
        password: Text (sent as UTF-8) or octets.
        authzid: ``dn:…`` or ``u:…`` to act as somebody else.

    Raises:
        LocalProtocolError: The user or the password is empty.
    """

    user: str
    password: str | bytes = field(repr=hidden)
    authzid: str | None = None

    def __attrs_post_init__(self) -> None:
        check_filled(self.password, f"PLAIN as {self.user!r}")
        # RFC 4616 section 2: NUL ends each part, so none may hold one.
        parts = (
            self.user,
            self.authzid or "",
            as_value(self.password).decode("latin1"),
        )
        if not self.user or any("\0" in part for part in parts):
            raise LocalProtocolError("PLAIN: the user is empty, or a part has a NUL")

    @property
    def exposes_secret(self) -> bool:
        """The password travels as it is."""
        return True

    def mechanism(self, around: Surroundings) -> Mechanism:  # noqa: ARG002
        """A run of PLAIN."""
        return PlainMechanism(self.user, as_value(self.password), self.authzid)

    def __str__(self) -> str:
        return f"PLAIN {self.user}" + (f" as {self.authzid}" if self.authzid else "")
