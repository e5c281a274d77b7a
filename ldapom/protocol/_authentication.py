"""How a Bind says who it is (RFC 4511 4.2): the choices of its authentication."""

from __future__ import annotations

from enum import IntEnum

from attrs import field, frozen

from ldapom.protocol import _fields


@frozen
class SimpleAuthentication:
    """The password of a simple bind."""

    password: bytes = field(repr=_fields.hide)


@frozen
class SaslCredentials:
    """RFC 4511 4.2: one step of a SASL bind."""

    # SaslCredentials ::= SEQUENCE {
    #      mechanism               LDAPString,
    #      credentials             OCTET STRING OPTIONAL }
    mechanism: str
    credentials: bytes | None = field(default=None, repr=_fields.hide)


class SicilyChoice(IntEnum):
    """The legs of Active Directory's own bind, by their tags (MS-ADTS 5.1.1.1)."""

    package_discovery = 9
    negotiate = 10
    response = 11


@frozen
class SicilyAuthentication:
    """MS-ADTS 5.1.1.1.3: one leg of a Sicily bind.

    Attributes:
        choice: Which leg.
        token: The NTLM message; empty for the discovery.
    """

    # AuthenticationChoice ::= CHOICE { ...
    #      sicilyPackageDiscovery  [9] OCTET STRING,
    #      sicilyNegotiate         [10] OCTET STRING,
    #      sicilyResponse          [11] OCTET STRING }
    choice: SicilyChoice
    token: bytes = field(default=b"", repr=_fields.hide)
