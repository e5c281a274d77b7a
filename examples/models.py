"""Entry classes, made by ldapom from the sample directory.

The command below writes these classes anew. What you add stays: methods, other
code, and attributes marked with # keep.

    python examples/generate_models.py > examples/models.py

Schema fingerprint: 14869a4190027848034c6f1a3659216930171be03c255b9ebf95f9fb729bd9e6
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from ldapom import (
    DN,
    Attr,
    Auxiliary,
    Entry,
    Filter,
    Many,
    PostalAddress,
    Query,
    attribute,
)


class Person(Entry, object_class="person"):
    """Person.

    Structural class person (2.5.6.6) of RFC 4519.

    Required: cn, sn.

    Optional: description, seeAlso, telephoneNumber, userPassword.
    """

    cn: Many[str] = attribute("cn", must=True)
    """Common name, of a person the full name. Also called commonName."""

    sn: Many[str] = attribute("sn", must=True)
    """Family name. Also called surname."""

    description: Many[str] = attribute("description", default=())
    """Description for people."""

    seeAlso: Many[DN] = attribute("seeAlso", default=())
    """Entry of a related object."""

    telephoneNumber: Many[str] = attribute(
        "telephoneNumber", default=(), syntax="Telephone Number"
    )
    """Telephone number."""

    userPassword: Many[bytes] = attribute("userPassword", default=())
    """Password, possibly hashed."""


class OrganizationalPerson(Person, object_class="organizationalPerson"):
    """Person within an organization.

    Structural class organizationalPerson (2.5.6.7) of RFC 4519.

    Required: cn, sn.

    Optional: destinationIndicator, facsimileTelephoneNumber,
    internationalISDNNumber, l, ou, physicalDeliveryOfficeName, postalAddress,
    postalCode, postOfficeBox, preferredDeliveryMethod, registeredAddress, st,
    street, teletexTerminalIdentifier, telexNumber, title, x121Address.
    """

    destinationIndicator: Many[str] = attribute(
        "destinationIndicator", default=(), syntax="Printable String"
    )
    """Country and city for the public telegram service."""

    facsimileTelephoneNumber: Many[str] = attribute(
        "facsimileTelephoneNumber", default=(), syntax="Facsimile Telephone Number"
    )
    """Fax number. Also called fax."""

    internationalISDNNumber: Many[str] = attribute(
        "internationalISDNNumber", default=(), syntax="Numeric String"
    )
    """ISDN number."""

    l: Many[str] = attribute("l", default=())
    """Locality, such as a city. Also called localityName."""

    ou: Many[str] = attribute("ou", default=())
    """Unit of an organization. Also called organizationalUnitName."""

    physicalDeliveryOfficeName: Many[str] = attribute(
        "physicalDeliveryOfficeName", default=()
    )
    """Post office that delivers."""

    postalAddress: Many[PostalAddress] = attribute("postalAddress", default=())
    """Address for mail."""

    postalCode: Many[str] = attribute("postalCode", default=())
    """Postal code."""

    postOfficeBox: Many[str] = attribute("postOfficeBox", default=())
    """Post office box."""

    preferredDeliveryMethod: Attr[str | None] = attribute(
        "preferredDeliveryMethod", default=None, syntax="Delivery Method"
    )
    """Ways to get a message, best first."""

    registeredAddress: Many[PostalAddress] = attribute("registeredAddress", default=())
    """Address for telegrams and registered mail."""

    st: Many[str] = attribute("st", default=())
    """State or province. Also called stateOrProvinceName."""

    street: Many[str] = attribute("street", default=())
    """Street and number. Also called streetAddress."""

    teletexTerminalIdentifier: Many[str] = attribute(
        "teletexTerminalIdentifier", default=(), syntax="Teletex Terminal Identifier"
    )
    """Teletex terminal."""

    telexNumber: Many[str] = attribute("telexNumber", default=(), syntax="Telex Number")
    """Telex number."""

    title: Many[str] = attribute("title", default=())
    """Title of a person in an organization."""

    x121Address: Many[str] = attribute(
        "x121Address", default=(), syntax="Numeric String"
    )
    """Address in a data network."""


class InetOrgPerson(OrganizationalPerson, object_class="inetOrgPerson"):
    """Person within an organization, on the Internet.

    Structural class inetOrgPerson (2.16.840.1.113730.3.2.2) of RFC 2798.

    Required: cn, sn.

    Optional: audio, businessCategory, carLicense, departmentNumber, displayName,
    employeeNumber, employeeType, givenName, homePhone, homePostalAddress, initials,
    jpegPhoto, labeledURI, mail, manager, mobile, o, pager, photo, preferredLanguage,
    roomNumber, secretary, uid, userCertificate, userPKCS12, userSMIMECertificate,
    x500UniqueIdentifier.
    """

    audio: Many[bytes] = attribute("audio", default=(), equality="")
    """Sound recording."""

    businessCategory: Many[str] = attribute("businessCategory", default=())
    """Kind of business."""

    carLicense: Many[str] = attribute("carLicense", default=())
    """Licence plate of a car."""

    departmentNumber: Many[str] = attribute("departmentNumber", default=())
    """Department within an organization."""

    displayName: Attr[str | None] = attribute("displayName", default=None)
    """Name to show in lists."""

    employeeNumber: Attr[str | None] = attribute("employeeNumber", default=None)
    """Number of an employee within an organization."""

    employeeType: Many[str] = attribute("employeeType", default=())
    """Kind of employment."""

    givenName: Many[str] = attribute("givenName", default=())
    """Given name, not the family name. Also called gn."""

    homePhone: Many[str] = attribute("homePhone", default=(), syntax="Telephone Number")
    """Telephone number at home. Also called homeTelephoneNumber."""

    homePostalAddress: Many[PostalAddress] = attribute("homePostalAddress", default=())
    """Postal address at home."""

    initials: Many[str] = attribute("initials", default=())
    """Initials, without the family name."""

    jpegPhoto: Many[bytes] = attribute(
        "jpegPhoto", default=(), syntax="JPEG", equality=""
    )
    """Picture in the JPEG format."""

    labeledURI: Many[str] = attribute(
        "labeledURI", default=(), equality="caseExactMatch"
    )
    """URI, a blank and a label."""

    mail: Many[str] = attribute("mail", default=(), syntax="IA5 String")
    """Mail address. Also called rfc822Mailbox."""

    manager: Many[DN] = attribute("manager", default=())
    """Manager of the object."""

    mobile: Many[str] = attribute("mobile", default=(), syntax="Telephone Number")
    """Mobile telephone number. Also called mobileTelephoneNumber."""

    o: Many[str] = attribute("o", default=())
    """Organization. Also called organizationName."""

    pager: Many[str] = attribute("pager", default=(), syntax="Telephone Number")
    """Pager number. Also called pagerTelephoneNumber."""

    photo: Many[bytes] = attribute("photo", default=(), equality="")
    """Photograph in a fax format."""

    preferredLanguage: Attr[str | None] = attribute("preferredLanguage", default=None)
    """Language to write or speak to a person."""

    roomNumber: Many[str] = attribute("roomNumber", default=())
    """Room number."""

    secretary: Many[DN] = attribute("secretary", default=())
    """Secretary of a person."""

    uid: Many[str] = attribute("uid", default=())
    """Login name. Also called userid."""

    userCertificate: Many[bytes] = attribute(
        "userCertificate", default=(), syntax="Certificate"
    )
    """X.509 certificate of a user."""

    userPKCS12: Many[bytes] = attribute(
        "userPKCS12", default=(), syntax="Binary", equality=""
    )
    """PKCS #12 data."""

    userSMIMECertificate: Many[bytes] = attribute(
        "userSMIMECertificate", default=(), syntax="Binary", equality=""
    )
    """Signed message that shows certificate and abilities."""

    x500UniqueIdentifier: Many[str] = attribute(
        "x500UniqueIdentifier", default=(), syntax="Bit String"
    )
    """Tells apart objects that had the same name."""


class PosixAccount(Auxiliary, object_class="posixAccount"):
    """Account with POSIX attributes.

    Auxiliary class posixAccount (1.3.6.1.1.1.2.0) of RFC 2307.

    Required: cn, gidNumber, homeDirectory, uid, uidNumber.

    Optional: description, gecos, loginShell, userPassword.
    """

    cn: Many[str] = attribute("cn", must=True)
    """Common name, of a person the full name. Also called commonName."""

    gidNumber: Attr[int] = attribute("gidNumber", must=True)
    """Number of a group."""

    homeDirectory: Attr[str] = attribute(
        "homeDirectory", must=True, syntax="IA5 String", equality="caseExactIA5Match"
    )
    """Absolute path of the home directory."""

    uid: Many[str] = attribute("uid", must=True)
    """Login name. Also called userid."""

    uidNumber: Attr[int] = attribute("uidNumber", must=True)
    """Number of a user."""

    description: Many[str] = attribute("description", default=())
    """Description for people."""

    gecos: Attr[str | None] = attribute("gecos", default=None, syntax="IA5 String")
    """Full name and more, of the password file."""

    loginShell: Attr[str | None] = attribute(
        "loginShell", default=None, syntax="IA5 String", equality="caseExactIA5Match"
    )
    """Path of the login shell."""

    userPassword: Many[bytes] = attribute("userPassword", default=())
    """Password, possibly hashed."""


class GroupOfNames(Entry, object_class="groupOfNames"):
    """Group of entries.

    Structural class groupOfNames (2.5.6.9) of RFC 4519.

    Required: cn, member.

    Optional: businessCategory, description, o, ou, owner, seeAlso.
    """

    cn: Many[str] = attribute("cn", must=True)
    """Common name, of a person the full name. Also called commonName."""

    member: Many[DN] = attribute("member", must=True)
    """Member of a group."""

    businessCategory: Many[str] = attribute("businessCategory", default=())
    """Kind of business."""

    description: Many[str] = attribute("description", default=())
    """Description for people."""

    o: Many[str] = attribute("o", default=())
    """Organization. Also called organizationName."""

    ou: Many[str] = attribute("ou", default=())
    """Unit of an organization. Also called organizationalUnitName."""

    owner: Many[DN] = attribute("owner", default=())
    """Who is responsible for the object."""

    seeAlso: Many[DN] = attribute("seeAlso", default=())
    """Entry of a related object."""


class UserQuery(TypedDict, total=False):
    """What `User.query` takes as keywords."""

    audio: bytes
    businessCategory: str
    carLicense: str
    cn: str
    departmentNumber: str
    description: str
    destinationIndicator: str
    displayName: str
    employeeNumber: str
    employeeType: str
    facsimileTelephoneNumber: str
    gecos: str
    gidNumber: int
    givenName: str
    homeDirectory: str
    homePhone: str
    homePostalAddress: PostalAddress
    initials: str
    internationalISDNNumber: str
    jpegPhoto: bytes
    l: str
    labeledURI: str
    loginShell: str
    mail: str
    manager: DN
    mobile: str
    o: str
    ou: str
    pager: str
    photo: bytes
    physicalDeliveryOfficeName: str
    postalAddress: PostalAddress
    postalCode: str
    postOfficeBox: str
    preferredDeliveryMethod: str
    preferredLanguage: str
    registeredAddress: PostalAddress
    roomNumber: str
    secretary: DN
    seeAlso: DN
    sn: str
    st: str
    street: str
    telephoneNumber: str
    teletexTerminalIdentifier: str
    telexNumber: str
    title: str
    uid: str
    uidNumber: int
    userCertificate: bytes
    userPassword: bytes
    userPKCS12: bytes
    userSMIMECertificate: bytes
    x121Address: str
    x500UniqueIdentifier: str


class User(InetOrgPerson, PosixAccount, base="ou=people,dc=example,dc=com", rdn="uid"):
    """An entry of inetOrgPerson with posixAccount under ou=people,dc=example,dc=com.

    Required: cn, gidNumber, homeDirectory, sn, uid, uidNumber.

    Optional: audio, businessCategory, carLicense, departmentNumber, description,
    destinationIndicator, displayName, employeeNumber, employeeType,
    facsimileTelephoneNumber, gecos, givenName, homePhone, homePostalAddress,
    initials, internationalISDNNumber, jpegPhoto, l, labeledURI, loginShell, mail,
    manager, mobile, o, ou, pager, photo, physicalDeliveryOfficeName, postalAddress,
    postalCode, postOfficeBox, preferredDeliveryMethod, preferredLanguage,
    registeredAddress, roomNumber, secretary, seeAlso, st, street, telephoneNumber,
    teletexTerminalIdentifier, telexNumber, title, userCertificate, userPassword,
    userPKCS12, userSMIMECertificate, x121Address, x500UniqueIdentifier.
    """

    uid: Many[str] = attribute("uid", must=True)
    """Required by posixAccount."""

    if TYPE_CHECKING:

        @classmethod
        def query(  # type: ignore[override]  # narrower on purpose
            cls, *conditions: Filter, **equals: Unpack[UserQuery]
        ) -> Query[Self]: ...


class GroupQuery(TypedDict, total=False):
    """What `Group.query` takes as keywords."""

    businessCategory: str
    cn: str
    description: str
    member: DN
    o: str
    ou: str
    owner: DN
    seeAlso: DN


class Group(GroupOfNames, base="ou=groups,dc=example,dc=com", rdn="cn"):
    """An entry of groupOfNames under ou=groups,dc=example,dc=com.

    Required: cn, member.

    Optional: businessCategory, description, o, ou, owner, seeAlso.
    """

    if TYPE_CHECKING:

        @classmethod
        def query(  # type: ignore[override]  # narrower on purpose
            cls, *conditions: Filter, **equals: Unpack[GroupQuery]
        ) -> Query[Self]: ...
