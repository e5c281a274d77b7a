"""The syntaxes: which Python type the values of an attribute have, and how they travel.

1. `lookup` finds a syntax by OID or name. An unknown OID is text: the Python type of
   an attribute depends on its definition alone, never on the bytes that came.
2. `for_type` gives the syntax a Python type has when nothing else is said.
3. `for_attribute` knows the attributes whose meaning is not in their syntax: GUIDs and
   SIDs in an Octet String, times and intervals in an integer. Those meanings are
   syntaxes with a name of their own (``"AD Time"``) and the OID they travel under.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar, cast
from uuid import UUID

from ldapom.dn import DN
from ldapom.schema import coding, times
from ldapom.schema.syntax import (
    Syntax,
    ascii_text,
    octets,
    restricted,
    syntax,
    text,
)
from ldapom.schema.values import PostalAddress, Sid

if TYPE_CHECKING:
    from collections.abc import Iterable

V = TypeVar("V")


#: RFC 4517 and, for the numbers it left out, RFC 2252.
_LDAP: Final = "1.3.6.1.4.1.1466.115.121.1."
_X509: Final = "1.3.6.1.1.15."
_AD: Final = "1.2.840.113556.1.4."
_OPENLDAP: Final = "1.3.6.1.4.1.4203."
_EDIRECTORY: Final = "2.16.840.1.113719.1.1.5.1."

#: A text of a syntax that nobody told us about.
UNKNOWN: Final = text("", "Unknown")

_TEXT: Final = (
    (_LDAP + "15", "Directory String"),
    (_LDAP + "1", "ACI Item"),
    (_LDAP + "2", "Access Point"),
    (_LDAP + "3", "Attribute Type Description"),
    (_LDAP + "13", "Data Quality"),
    (_LDAP + "14", "Delivery Method"),
    (_LDAP + "16", "DIT Content Rule Description"),
    (_LDAP + "17", "DIT Structure Rule Description"),
    (_LDAP + "18", "DL Submit Permission"),
    (_LDAP + "19", "DSA Quality"),
    (_LDAP + "20", "DSE Type"),
    (_LDAP + "21", "Enhanced Guide"),
    (_LDAP + "22", "Facsimile Telephone Number"),
    (_LDAP + "25", "Guide"),
    (_LDAP + "29", "Master And Shadow Access Points"),
    (_LDAP + "30", "Matching Rule Description"),
    (_LDAP + "31", "Matching Rule Use Description"),
    (_LDAP + "32", "Mail Preference"),
    (_LDAP + "33", "MHS OR Address"),
    (_LDAP + "35", "Name Form Description"),
    (_LDAP + "37", "Object Class Description"),
    (_LDAP + "39", "Other Mailbox"),
    (_LDAP + "42", "Protocol Information"),
    (_LDAP + "43", "Presentation Address"),
    (_LDAP + "45", "Subtree Specification"),
    (_LDAP + "46", "Supplier Information"),
    (_LDAP + "47", "Supplier Or Consumer"),
    (_LDAP + "48", "Supplier And Consumer"),
    (_LDAP + "51", "Teletex Terminal Identifier"),
    (_LDAP + "52", "Telex Number"),
    (_LDAP + "54", "LDAP Syntax Description"),
    (_LDAP + "55", "Modify Rights"),
    (_LDAP + "56", "LDAP Schema Definition"),
    (_LDAP + "57", "LDAP Schema Description"),
    (_LDAP + "58", "Substring Assertion"),
    (_X509 + "1", "X.509 Certificate Exact Assertion"),
    (_X509 + "2", "X.509 Certificate Assertion"),
    (_X509 + "3", "X.509 Certificate Pair Exact Assertion"),
    (_X509 + "4", "X.509 Certificate Pair Assertion"),
    (_X509 + "5", "X.509 Certificate List Exact Assertion"),
    (_X509 + "6", "X.509 Certificate List Assertion"),
    (_X509 + "7", "X.509 Algorithm Identifier"),
    ("1.2.36.79672281.1.5.0", "RDN"),
    (_AD + "903", "DN With Binary"),
    (_AD + "904", "DN With String"),
    (_AD + "905", "Case Ignore String"),
    (_AD + "1221", "OR Name"),
    (_AD + "1362", "Case Exact String"),
    (_OPENLDAP + "666.2.1", "OpenLDAP Experimental ACI"),
    (_OPENLDAP + "666.2.7", "OpenLDAP Authz"),
    (_OPENLDAP + "666.11.10.2.2", "Attribute Certificate Exact Assertion"),
    (_OPENLDAP + "666.11.10.2.3", "Attribute Certificate Assertion"),
    ("2.16.840.1.113730.3.7.1", "Space Insensitive String"),
    (_EDIRECTORY + "14", "Tagged String"),
    (_EDIRECTORY + "15", "Tagged Name And String"),
    (_EDIRECTORY + "16", "NDS Replica Pointer"),
    (_EDIRECTORY + "17", "NDS ACL"),
    (_EDIRECTORY + "19", "NDS Timestamp"),
    (_EDIRECTORY + "23", "Tagged Name"),
    (_EDIRECTORY + "25", "Typed Name"),
)

_ASCII: Final = (
    (_LDAP + "26", "IA5 String"),
    ("1.3.6.1.1.1.0.0", "NIS Netgroup Triple"),
    ("1.3.6.1.1.1.0.1", "Boot Parameter"),
    (_OPENLDAP + "1.1.2", "Authentication Password"),
    (_OPENLDAP + "666.11.2.1", "CSN"),
    (_OPENLDAP + "666.11.2.4", "CSN SID"),
)

_PRINTABLE: Final = rb"[A-Za-z0-9'()+,\-./:=? ]"
_PRINTABLE_FORM: Final = "has only letters, digits, spaces and '()+,-./:=?"

_RESTRICTED: Final = (
    (_LDAP + "44", "Printable String", _PRINTABLE + rb"*", _PRINTABLE_FORM),
    (_LDAP + "50", "Telephone Number", _PRINTABLE + rb"*", _PRINTABLE_FORM),
    (_LDAP + "11", "Country String", _PRINTABLE + rb"{2}", "has two letters"),
    (_LDAP + "36", "Numeric String", rb"[0-9 ]*", "has only digits and spaces"),
    (_LDAP + "6", "Bit String", rb"'[01]*'B", "looks like '0101'B"),
    (_LDAP + "38", "OID", rb"[!-~]+", "is a name or numbers with dots"),
)

_OCTETS: Final = (
    (_LDAP + "40", "Octet String"),
    (_LDAP + "4", "Audio"),
    (_LDAP + "5", "Binary"),
    (_LDAP + "23", "Fax"),
    (_LDAP + "28", "JPEG"),
    (_AD + "907", "NT Security Descriptor"),
    ("1.2.840.113549.1.8.1.1", "PKCS#8 Private Key"),
    (_OPENLDAP + "1.1.1", "OpenLDAP Void"),
    (_OPENLDAP + "666.11.10.2.1", "Attribute Certificate"),
    (_EDIRECTORY + "12", "Tagged Data"),
    (_EDIRECTORY + "13", "Octet List"),
)

#: RFC 4523 2 asks for ``;binary`` for these.
_BINARY: Final = (
    (_LDAP + "8", "Certificate"),
    (_LDAP + "9", "Certificate List"),
    (_LDAP + "10", "Certificate Pair"),
    (_LDAP + "49", "Supported Algorithm"),
)


def _integer(oid: str, name: str) -> Syntax[int]:
    return syntax(
        oid, name, int, decode=coding.decode_integer, encode=coding.encode_integer
    )


_INTEGER: Final = _integer(_LDAP + "27", "Integer")
_BOOLEAN: Final = syntax(
    _LDAP + "7",
    "Boolean",
    bool,
    decode=coding.decode_boolean,
    encode=coding.encode_boolean,
)
_GENERALIZED_TIME: Final = syntax(
    _LDAP + "24",
    "Generalized Time",
    datetime,
    decode=times.decode_generalized_time,
    encode=times.encode_generalized_time,
)
_UTC_TIME: Final = syntax(
    _LDAP + "53",
    "UTC Time",
    datetime,
    decode=times.decode_utc_time,
    encode=times.encode_utc_time,
)
_DN: Final = syntax(
    _LDAP + "12", "DN", DN, decode=coding.decode_dn, encode=coding.encode_dn
)
_NAME_AND_UID: Final = syntax(
    _LDAP + "34",
    "Name And Optional UID",
    DN,
    decode=coding.decode_name_and_uid,
    encode=coding.encode_dn,
)
_UUID: Final = syntax(
    "1.3.6.1.1.16.1",
    "UUID",
    UUID,
    decode=coding.decode_uuid,
    encode=coding.encode_uuid,
)
_POSTAL_ADDRESS: Final = syntax(
    _LDAP + "41",
    "Postal Address",
    PostalAddress,
    decode=coding.decode_postal_address,
    encode=coding.encode_postal_address,
)
_LARGE_INTEGER: Final = _integer(_AD + "906", "Large Integer")

_AD_TIME: Final = syntax(
    _AD + "906",
    "AD Time",
    datetime,
    decode=times.decode_ad_time,
    encode=times.encode_ad_time,
)
_AD_PAST_TIME: Final = syntax(
    _AD + "906",
    "AD Past Time",
    datetime,
    decode=times.decode_ad_past_time,
    encode=times.encode_ad_time,
)
_AD_GENERALIZED_TIME: Final = syntax(
    _LDAP + "24",
    "AD Generalized Time",
    datetime,
    decode=times.decode_generalized_time,
    encode=times.encode_ad_generalized_time,
)
_LOCKED_TIME: Final = syntax(
    _LDAP + "24",
    "Locked Time",
    datetime,
    decode=times.decode_generalized_time,
    encode=times.encode_locked_time,
)
_AD_INTERVAL: Final = syntax(
    _AD + "906",
    "AD Interval",
    timedelta,
    decode=times.decode_ad_interval,
    encode=times.encode_ad_interval,
)
_AD_GUID: Final = syntax(
    _LDAP + "40",
    "AD GUID",
    UUID,
    decode=coding.decode_ad_guid,
    encode=coding.encode_ad_guid,
)
_GUID: Final = syntax(
    _LDAP + "40", "GUID", UUID, decode=coding.decode_guid, encode=coding.encode_guid
)
_SID: Final = syntax(
    _LDAP + "40", "SID", Sid, decode=Sid.from_bytes, encode=Sid.__bytes__
)

#: Every syntax with an OID of its own.
_OF_SERVERS: Final[tuple[Syntax[object], ...]] = (
    *(text(*row) for row in _TEXT),
    *(ascii_text(*row) for row in _ASCII),
    *(restricted(*row) for row in _RESTRICTED),
    *(octets(*row) for row in _OCTETS),
    *(octets(*row, binary=True) for row in _BINARY),
    _INTEGER,
    _BOOLEAN,
    _GENERALIZED_TIME,
    _UTC_TIME,
    _DN,
    _NAME_AND_UID,
    _UUID,
    _POSTAL_ADDRESS,
    _LARGE_INTEGER,
    _integer(_EDIRECTORY + "22", "Counter"),
)

#: Meanings that no OID tells.
_OF_ATTRIBUTES: Final[tuple[Syntax[object], ...]] = (
    _AD_TIME,
    _AD_PAST_TIME,
    _AD_GENERALIZED_TIME,
    _LOCKED_TIME,
    _AD_INTERVAL,
    _AD_GUID,
    _GUID,
    _SID,
)

#: All syntaxes, in a fixed order.
SYNTAXES: Final = (*_OF_SERVERS, *_OF_ATTRIBUTES)

_ALIASES: Final = {
    "distinguished name": "dn",
    "object identifier": "oid",
    "name and optional unique identifier": "name and optional uid",
    "authpassword": "authentication password",
    "nisnetgrouptriple": "nis netgroup triple",
    "bootparameter": "boot parameter",
    # As X.500 and older servers call them.
    "distinguishedname": "dn",
    "objectidentifier": "oid",
    "caseignorestring": "directory string",
    "caseexactstring": "directory string",
}

_BY_KEY: Final[dict[str, Syntax[object]]] = {
    # Some schemas write a name for the OID, without its blanks: ``OctetString``.
    **{syntax.name.lower().replace(" ", ""): syntax for syntax in SYNTAXES},
    **{syntax.name.lower(): syntax for syntax in SYNTAXES},
    **{syntax.oid: syntax for syntax in _OF_SERVERS},
}


def lookup(oid_or_name: str) -> Syntax[object]:
    """Find a syntax by its OID or, in any case, by its name.

    Args:
        oid_or_name: ``1.3.6.1.4.1.1466.115.121.1.15``, also with a length in braces
            as a definition has it, or ``Directory String``.

    Returns:
        The syntax, or `UNKNOWN` (text) when there is none of that name.
    """
    key = oid_or_name.partition("{")[0].strip().lower()
    return _BY_KEY.get(_ALIASES.get(key, key), UNKNOWN)


_BY_TYPE: Final[dict[type, Syntax[object]]] = {
    str: lookup("Directory String"),
    int: _INTEGER,
    bool: _BOOLEAN,
    bytes: lookup("Octet String"),
    datetime: _GENERALIZED_TIME,
    timedelta: _AD_INTERVAL,
    DN: _DN,
    UUID: _UUID,
    Sid: _SID,
    PostalAddress: _POSTAL_ADDRESS,
}


def for_type(python: type[V]) -> Syntax[V]:
    """Give the syntax of a Python type where nothing else is said.

    Raises:
        TypeError: For a type that no syntax has.
    """
    for base in python.__mro__:
        if base in _BY_TYPE:
            # The table pairs each type with its own syntax.
            return cast("Syntax[V]", _BY_TYPE[base])
    known = ", ".join(kind.__name__ for kind in _BY_TYPE)
    raise TypeError(
        f"no syntax has values of type {python.__name__}: use one of {known}"
    )


def _meaning(
    syntax: Syntax[object], carriers: tuple[Syntax[object], ...], names: str
) -> dict[str, tuple[Syntax[object], frozenset[str]]]:
    """Say that these attributes have a meaning when declared with one of the carriers.

    The same name with another declared syntax is another attribute: a `creationTime`
    that is a Generalized Time is left alone.
    """
    oids = frozenset(carrier.oid for carrier in carriers)
    return {name.lower(): (syntax, oids) for name in names.split()}


_NUMBERS: Final = (_INTEGER, _LARGE_INTEGER)
_RAW: Final = (lookup("Octet String"), lookup("Binary"))

_BY_ATTRIBUTE: Final = {
    **_meaning(_AD_TIME, _NUMBERS, "accountExpires"),
    **_meaning(
        _AD_PAST_TIME,
        _NUMBERS,
        """
        badPasswordTime builtinCreationTime creationTime
        lastBackupRestorationTime lastLogoff lastLogon lastLogonTimestamp lastSetTime
        lockoutTime lSACreationTime lSAModifiedTime priorSetTime pwdLastSet
        ms-Mcs-AdmPwdExpirationTime msDS-ApproximateLastLogonTimeStamp
        msDS-Cached-Membership-Time-Stamp msDS-LastFailedInteractiveLogonTime
        msDS-LastSuccessfulInteractiveLogonTime msDS-UserPasswordExpiryTimeComputed
        msLAPS-PasswordExpirationTime
        """,
    ),
    **_meaning(
        _AD_GENERALIZED_TIME,
        (_GENERALIZED_TIME,),
        """
        dSCorePropagationData msDFS-LastModifiedv2 msDS-DateTime
        msDS-Entry-Time-To-Die msDS-LocalEffectiveDeletionTime
        msDS-LocalEffectiveRecycleTime msExchWhenMailboxCreated msTSExpireDate
        msTSExpireDate2 msTSExpireDate3 msTSExpireDate4 schemaUpdate whenChanged
        whenCreated whenMailboxCreated
        """,
    ),
    **_meaning(_LOCKED_TIME, (_GENERALIZED_TIME,), "pwdAccountLockedTime"),
    **_meaning(
        _AD_INTERVAL,
        _NUMBERS,
        """
        forceLogoff lockoutDuration lockOutObservationWindow maxPwdAge minPwdAge
        msDS-LockoutDuration msDS-LockoutObservationWindow msDS-MaximumPasswordAge
        msDS-MinimumPasswordAge
        """,
    ),
    **_meaning(
        _AD_GUID,
        _RAW,
        """
        attributeSecurityGUID invocationId msDS-OptionalFeatureGUID msExchArchiveGUID
        msExchMailboxGuid netbootGUID objectGUID parentGUID schemaIDGUID
        """,
    ),
    **_meaning(_GUID, _RAW, "GUID"),
    **_meaning(
        _SID,
        _RAW,
        """
        creatorSid mS-DS-CreatorSID msExchMasterAccountSid objectSid securityIdentifier
        sIDHistory syncWithSID tokenGroups tokenGroupsGlobalAndUniversal
        tokenGroupsNoGCAcceptable
        """,
    ),
}


def for_attribute(names: Iterable[str], syntax_oid: str | None) -> Syntax[object]:
    """Find the syntax of an attribute from its names and its declared syntax.

    A meaning known by name holds where the declared syntax carries it, is none of
    those known here, or is not given.

    Args:
        names: All its names, in any case and spelling.
        syntax_oid: The OID its definition gives, own or inherited; `None` if none.
    """
    declared = syntax_oid.partition("{")[0].strip() if syntax_oid else ""
    syntax = lookup(declared)
    for name in names:
        meaning, carriers = _BY_ATTRIBUTE.get(name.lower(), (UNKNOWN, frozenset()))
        if meaning is not UNKNOWN and (syntax is UNKNOWN or declared in carriers):
            return meaning
    return syntax
