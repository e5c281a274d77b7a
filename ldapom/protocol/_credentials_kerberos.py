"""Who to be by Kerberos: whose ticket, where it comes from, and for which server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol._credentials import Credentials, check_filled
from ldapom.protocol._credentials_ntlm import Ntlm
from ldapom.protocol.sasl._gssapi_library import Identity
from ldapom.protocol.sasl.gss import wanted
from ldapom.protocol.sasl.gssapi import GssapiMechanism
from ldapom.protocol.sasl.kerberos import KerberosContext, Service
from ldapom.protocol.sasl.spnego import FallbackMechanism, SpnegoMechanism
from ldapom.secrets import Secret, discreet, hidden

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Mechanism, Surroundings
    from ldapom.protocol.sasl.gss import LayerName

_LAYERS: Final = (None, "sign", "seal")


def _as_path(place: str | os.PathLike[str] | None) -> str | None:
    return None if place is None else os.fspath(place)


def _shown(password: str | bytes | None) -> str:
    return "None" if password is None else hidden(password)


@frozen
class Kerberos(Credentials):
    """SASL GSSAPI (RFC 4752): a Kerberos ticket, the server's proof, and a layer.

    Without TLS everything after the bind is sealed, or signed where the server can not
    seal; a server that can neither is refused unless it is this very machine or
    ``allow_cleartext=True``. Inside TLS there is no layer, and the ticket is bound to
    the TLS channel. Nothing is delegated, and the server always has to prove itself.

    Args:
        principal: Whose ticket, such as ``admin@EXAMPLE.COM``; the default one of the
            cache or keytab when left out.
        keytab: Keys to get a ticket with; the tickets stay in memory.
        ccache: A ticket cache, by path or as ``TYPE:name``; the user's own when left
            out.
        host: The server's name in its principal ``ldap/host``; the URL's, exactly as
            it is written, when left out.
        authzid: ``dn:…`` or ``u:…`` to act as somebody else.
        layer: ``"seal"`` refuses to go without sealing where there is no TLS;
            ``"sign"`` signs only, so that messages can be read in a capture.
        reverse_dns: Take the name that the DNS gives to the server's address instead
            of the URL's. Whoever answers for the DNS then says who the server is.

    Raises:
        LocalProtocolError: There is no such layer.
    """

    principal: str | None = None
    keytab: str | None = field(default=None, converter=_as_path)
    ccache: str | None = field(default=None, converter=_as_path)
    host: str | None = None
    authzid: str | None = field(default=None, kw_only=True)
    layer: LayerName | None = field(default=None, kw_only=True)
    reverse_dns: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.layer not in _LAYERS:
            raise LocalProtocolError(
                f"{self.layer!r} is no layer: 'seal', 'sign', or None for the best"
            )

    def mechanism(self, around: Surroundings) -> Mechanism:
        """A run of GSSAPI."""
        context = KerberosContext(
            Identity(self.principal, self.keytab, self.ccache),
            Service(self.host, self.reverse_dns),
            around=around,
            protection=wanted(around, self.layer),
        )
        return GssapiMechanism(context, around, layer=self.layer, authzid=self.authzid)

    def __str__(self) -> str:
        who = f" {self.principal}" if self.principal else ""
        return f"Kerberos{who}" + (f" as {self.authzid}" if self.authzid else "")


@discreet
@frozen
class Spnego(Credentials):
    r"""SASL GSS-SPNEGO: Kerberos as Active Directory wants it, with NTLM behind it.

    It protects the connection as `Kerberos` does. With a user and a password a ticket
    is asked for by password; where none can be had (no KDC answers, or it knows neither
    the user nor the server), NTLM is used instead. A password that the KDC finds wrong
    is not tried again by NTLM: it would count twice. Who never wants NTLM leaves user
    and password out, or uses `Kerberos`.

    Args:
        user: ``user@realm`` or a plain name of the default realm. ``DOMAIN\user`` is
            no Kerberos name: NTLM is used at once, unless there is ``principal=``.
        password: The password.
        principal: Whose ticket, where the user's name is not the principal's.
        keytab: Keys to get a ticket with, instead of the password.
        ccache: A ticket cache, instead of the password.
        host: The server's name in its principal; the URL's when left out.

    Raises:
        LocalProtocolError: There is a user without a password, or the other way round.
    """

    user: str | None = None
    password: str | None = field(default=None, repr=_shown)
    principal: str | None = field(default=None, kw_only=True)
    keytab: str | None = field(default=None, converter=_as_path, kw_only=True)
    ccache: str | None = field(default=None, converter=_as_path, kw_only=True)
    host: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.user is None) != (self.password is None):
            raise LocalProtocolError(
                "GSS-SPNEGO wants both user and password, or neither and a ticket"
            )
        if self.password is not None:
            check_filled(self.password, f"GSS-SPNEGO as {self.user!r}")
            self._second()

    def mechanism(self, around: Surroundings) -> Mechanism:
        """A run of GSS-SPNEGO: Kerberos, or NTLM, or the one and then the other."""
        second = self._second()
        identity = self._identity()
        if identity is None and second is not None:
            return second.mechanism(around)
        context = KerberosContext(
            identity or Identity(),
            Service(self.host),
            around=around,
            protection=wanted(around, None),
            spnego=True,
        )
        first = SpnegoMechanism(context, around)
        if second is None:
            return first
        return FallbackMechanism(
            first, lambda: context.has_no_ticket, lambda: second.mechanism(around)
        )

    def alternative(self, refused: Mechanism, around: Surroundings) -> Mechanism | None:
        """What `Ntlm` would try, where NTLM was in use.

        Args:
            refused: What the server did not take.
            around: What is known of the connection.
        """
        second = self._second()
        if isinstance(refused, FallbackMechanism):
            refused = refused.used
        return None if second is None else second.alternative(refused, around)

    def _identity(self) -> Identity | None:
        r"""Whose ticket; None for ``DOMAIN\user``, which says nothing to a KDC."""
        if self.keytab is not None or self.ccache is not None or self.user is None:
            return Identity(self.principal, self.keytab, self.ccache)
        principal = self.principal or _principal_of(self.user)
        if principal is None:
            return None
        return Identity(principal, password=Secret(self.password or ""))

    def _second(self) -> Ntlm | None:
        if self.user is None or self.password is None:
            return None
        return Ntlm(self.user, self.password)

    def __str__(self) -> str:
        who = self.user or self.principal
        return "GSS-SPNEGO" + (f" {who}" if who else "")


def _principal_of(user: str) -> str | None:
    """The principal of a user: realms are written in capitals."""
    if "\\" in user:
        return None
    name, mark, realm = user.rpartition("@")
    return f"{name}@{realm.upper()}" if mark else user
