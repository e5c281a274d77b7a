"""The rows of the matrix: how to be somebody, made for each server."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.protocol.credentials import (
    Anonymous,
    DigestMD5,
    External,
    Kerberos,
    Ntlm,
    Plain,
    Scram,
    Simple,
    Spnego,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from tests.matrix.places import Place


@frozen
class Login:
    """One way to bind.

    Attributes:
        spelling: What a user writes.
        make: The credentials for a server.
        certificate: Whether a client certificate is shown inside TLS.
        ticket: Whether a Kerberos ticket is there.
        secret: Whether a password is used.
    """

    spelling: str
    make: Callable[[Place], Credentials]
    certificate: bool = False
    ticket: bool = False
    secret: bool = True


def _digest(place: Place) -> Credentials:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return DigestMD5(place.user, place.password)


def _scram(name: str) -> Callable[[Place], Credentials]:
    return lambda place: Scram(place.user, place.password, name)


LOGINS: Final[dict[str, Login]] = {
    "Anonymous": Login("Anonymous()", lambda _: Anonymous(), secret=False),
    "Simple": Login("Simple(dn, password)", lambda p: Simple(p.dn, p.password)),
    "EXTERNAL": Login(
        "External()", lambda _: External(), certificate=True, secret=False
    ),
    "PLAIN": Login("Plain(user, password)", lambda p: Plain(p.user, p.password)),
    "DIGEST-MD5": Login("DigestMD5(user, password)", _digest),
    "SCRAM-SHA-1": Login('Scram(user, password, "SCRAM-SHA-1")', _scram("SCRAM-SHA-1")),
    "SCRAM-SHA-256": Login("Scram(user, password)", _scram("SCRAM-SHA-256")),
    "SCRAM-SHA-512": Login(
        'Scram(user, password, "SCRAM-SHA-512")', _scram("SCRAM-SHA-512")
    ),
    "SCRAM-SHA-256-PLUS": Login(
        'Scram(user, password, "SCRAM-SHA-256-PLUS")', _scram("SCRAM-SHA-256-PLUS")
    ),
    "GSSAPI": Login(
        "Kerberos()", lambda p: Kerberos(host=p.host), ticket=True, secret=False
    ),
    "GSSAPI, signed": Login(
        'Kerberos(layer="sign")',
        lambda p: Kerberos(host=p.host, layer="sign"),
        ticket=True,
        secret=False,
    ),
    "GSS-SPNEGO, Kerberos": Login(
        "Spnego()", lambda p: Spnego(host=p.host), ticket=True, secret=False
    ),
    "GSS-SPNEGO, NTLM": Login(
        r'Spnego("DOMAIN\\user", password)',
        lambda p: Spnego(p.domain_user, p.password),
    ),
    "NTLM": Login(
        r'Ntlm("DOMAIN\\user", password)', lambda p: Ntlm(p.domain_user, p.password)
    ),
    "Sicily": Login(
        r'Ntlm("DOMAIN\\user", password, sicily=True)',
        lambda p: Ntlm(p.domain_user, p.password, sicily=True),
    ),
}
