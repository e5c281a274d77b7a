"""Passwords that are proven and not sent: SCRAM, and the old DIGEST-MD5."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol._credentials import Credentials
from ldapom.secrets import discreet, hidden

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Mechanism, Surroundings

#: The mechanisms of `Scram`; each has a ``-PLUS`` variant.
SCRAM: Final = (
    "SCRAM-SHA-1",
    "SCRAM-SHA-224",
    "SCRAM-SHA-256",
    "SCRAM-SHA-384",
    "SCRAM-SHA-512",
    "SCRAM-SHA3-512",
)


def _check(what: str, password: str | bytes, user: str, *names: str | None) -> None:
    if not isinstance(password, str | bytes):
        raise TypeError(f"a password is str or bytes, not {type(password).__name__}")
    if not user or not password:
        raise LocalProtocolError(f"{what} as {user!r}: the user or password is empty")
    for name in (user, *filter(None, names)):
        # Surrogates are no text (RFC 3629 3), and no server wants a NUL in a name.
        if "\0" in name or _has_surrogates(name):
            raise LocalProtocolError(f"{what}: {name!r} is no name")


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _upper(name: str) -> str:
    return name.upper()


@discreet
@frozen
class Scram(Credentials):
    """SASL SCRAM (RFC 5802): both sides prove that they know the password.

    Args:
        user: The user's name as the server maps it, often no DN.
        password: Text, which is prepared by SASLprep; or octets, taken as they are. The
            two differ for a password with ligatures, wide letters, or spaces that are
            none; OpenLDAP and 389 DS want octets then.
        mechanism: One of `SCRAM`. Inside TLS its ``-PLUS`` variant is used where the
            server lists it; naming that variant here makes it a must.
        authzid: The identity to act as.
        channel_binding: Whether to bind to the TLS around. Behind a proxy that ends
            TLS and begins its own, that can not be.

    Raises:
        LocalProtocolError: The user or the password is empty, or there is no such
            mechanism.
    """

    user: str
    password: str | bytes = field(repr=hidden)
    mechanism_name: str = field(
        default="SCRAM-SHA-256", alias="mechanism", converter=_upper
    )
    authzid: str | None = None
    channel_binding: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        name = self.mechanism_name
        if name.removesuffix("-PLUS") not in SCRAM:
            raise LocalProtocolError(
                f"{name!r} is no SCRAM mechanism; {', '.join(SCRAM)} are, and each "
                "with -PLUS"
            )
        _check(name, self.password, self.user, self.authzid)
        if name.endswith("-PLUS") and not self.channel_binding:
            raise LocalProtocolError(f"{name} is channel binding; leave out either")

    def mechanism(self, around: Surroundings) -> Mechanism:
        """A run of SCRAM."""
        from ldapom.protocol.sasl import scram

        return scram.ScramMechanism(
            self.mechanism_name,
            scram.ScramIdentity(
                self.user, scram.prepared_password(self.password), self.authzid
            ),
            around,
            channel_binding=self.channel_binding,
        )

    def __str__(self) -> str:
        who = f"{self.mechanism_name} {self.user}"
        return who + (f" as {self.authzid}" if self.authzid else "")


@discreet
@frozen
class DigestMD5(Credentials):
    """SASL DIGEST-MD5 (RFC 2831), which RFC 6331 has declared historic.

    On a clear connection every later message is signed, where the server can.

    Args:
        user: The user's name as the server maps it, often no DN.
        password: Text (UTF-8, or Latin-1 where the mechanism wants that) or octets.
        realm: Which of the server's; the one it names when left out.
        authzid: The identity to act as.

    Raises:
        LocalProtocolError: The user or the password is empty.

    Warns:
        DeprecationWarning: Always.
    """

    user: str
    password: str | bytes = field(repr=hidden)
    realm: str | None = None
    authzid: str | None = None

    def __attrs_post_init__(self) -> None:
        _check("DIGEST-MD5", self.password, self.user, self.realm, self.authzid)
        warnings.warn(
            "DIGEST-MD5 is historic and not safe (RFC 6331): use Scram, or Plain or "
            "Simple inside TLS",
            DeprecationWarning,
            stacklevel=4,  # above this, the __init__ that attrs makes, and `discreet`
        )

    def mechanism(self, around: Surroundings) -> Mechanism:
        """A run of DIGEST-MD5."""
        from ldapom.protocol.sasl import digest_md5

        return digest_md5.DigestMD5Mechanism(
            digest_md5.DigestIdentity(
                self.user, digest_md5.octets(self.password), self.realm, self.authzid
            ),
            around,
        )

    def __str__(self) -> str:
        who = f"DIGEST-MD5 {self.user}"
        return who + (f" as {self.authzid}" if self.authzid else "")
