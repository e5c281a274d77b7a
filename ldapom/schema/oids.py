"""What object identifiers of LDAP mean: one table of names, kinds and sources.

For people who read a root DSE or a schema. Nothing is refused for not being here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class KnownOID(NamedTuple):
    """One object identifier.

    Attributes:
        oid: In dotted decimal.
        name: As its source calls it.
        kind: ``control``, ``extension``, ``feature``, ``syntax`` or ``matching rule``.
        source: The RFC, or whose it is.
    """

    oid: str
    name: str
    kind: str
    source: str

    def __str__(self) -> str:
        return f"{self.oid} - {self.name} - {self.kind} - {self.source}"


_MS = "[MS-ADTS]"
_MS_OID = "1.2.840.113556.1.4."
_NETSCAPE = "2.16.840.1.113730.3."
_SYNTAX = "1.3.6.1.4.1.1466.115.121.1."
_IN_DRAFT = "Internet-Draft "

_CONTROLS = (
    ("1.2.826.0.1.3344810.2.3", "Matched Values", "RFC 3876"),
    (_MS_OID + "319", "Simple Paged Results", "RFC 2696"),
    (_MS_OID + "473", "Server Side Sort Request", "RFC 2891"),
    (_MS_OID + "474", "Server Side Sort Response", "RFC 2891"),
    (_MS_OID + "417", "Show Deleted Objects", _MS),
    (_MS_OID + "521", "Cross Domain Move Target", _MS),
    (_MS_OID + "528", "Notification", _MS),
    (_MS_OID + "529", "Extended DN", _MS),
    (_MS_OID + "619", "Lazy Commit", _MS),
    (_MS_OID + "801", "Security Descriptor Flags", _MS),
    (_MS_OID + "802", "Range Option", _MS),
    (_MS_OID + "805", "Tree Delete", _MS),
    (_MS_OID + "841", "Directory Synchronization", _MS),
    (_MS_OID + "970", "Get Statistics", _MS),
    (_MS_OID + "1338", "Verify Server Name", _MS),
    (_MS_OID + "1339", "Domain Scope", _MS),
    (_MS_OID + "1340", "Search Options", _MS),
    (_MS_OID + "1341", "RODC DcPromo", _MS),
    (_MS_OID + "1413", "Permissive Modify", _MS),
    (_MS_OID + "1504", "Attribute Scoped Query", _MS),
    (_MS_OID + "1852", "User Quota", _MS),
    (_MS_OID + "1907", "Server Shutdown Notify", _MS),
    (_MS_OID + "1948", "Range Retrieval No Error", _MS),
    (_MS_OID + "1974", "Force Update", _MS),
    (_MS_OID + "2026", "DN Input", _MS),
    (_MS_OID + "2064", "Show Recycled Objects", _MS),
    (_MS_OID + "2065", "Show Deactivated Links", _MS),
    (_MS_OID + "2066", "Policy Hints (deprecated)", _MS),
    (_MS_OID + "2090", "Directory Synchronization Extended", _MS),
    (_MS_OID + "2204", "Tree Delete Extended", _MS),
    (_MS_OID + "2205", "Update Notify", _MS),
    (_MS_OID + "2206", "Search Hints", _MS),
    (_MS_OID + "2211", "Expected Entry Count", _MS),
    (_MS_OID + "2239", "Policy Hints", _MS),
    (_MS_OID + "2255", "Set Owner", _MS),
    (_MS_OID + "2256", "Bypass Quota", _MS),
    (_MS_OID + "2309", "Link TTL", _MS),
    ("1.3.6.1.1.7.1", "LCUP Sync Request", "RFC 3928"),
    ("1.3.6.1.1.7.2", "LCUP Sync Update", "RFC 3928"),
    ("1.3.6.1.1.7.3", "LCUP Sync Done", "RFC 3928"),
    ("1.3.6.1.1.12", "Assertion", "RFC 4528"),
    ("1.3.6.1.1.13.1", "Pre-Read", "RFC 4527"),
    ("1.3.6.1.1.13.2", "Post-Read", "RFC 4527"),
    ("1.3.6.1.1.21.2", "Transaction Specification", "RFC 5805"),
    ("1.3.6.1.1.22", "Don't Use Copy", "RFC 6171"),
    ("1.3.6.1.4.1.1466.29539.12", "Chaining Loop Detect", "389 Directory Server"),
    ("1.3.6.1.4.1.4203.1.9.1.1", "Content Synchronization Request", "RFC 4533"),
    ("1.3.6.1.4.1.4203.1.9.1.2", "Content Synchronization State", "RFC 4533"),
    ("1.3.6.1.4.1.4203.1.9.1.3", "Content Synchronization Done", "RFC 4533"),
    ("1.3.6.1.4.1.4203.1.10.1", "Subentries", "RFC 3672"),
    ("1.3.6.1.4.1.4203.1.10.2", "No-Op", _IN_DRAFT + "zeilenga-ldap-noop"),
    ("1.3.6.1.4.1.4203.666.5.2", "No-Op", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.5.12", "Relax Rules", _IN_DRAFT + "zeilenga-ldap-relax"),
    ("1.3.6.1.4.1.4203.666.5.15", "No Search", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.5.16", "Dereference", _IN_DRAFT + "masarati-ldap-deref"),
    ("1.3.6.1.4.1.4203.666.5.18", "Session Tracking", "OpenLDAP"),
    ("1.3.6.1.4.1.21008.108.63.1", "Session Tracking", _IN_DRAFT + "wahl-ldap-session"),
    ("1.3.6.1.4.1.42.2.27.8.5.1", "Password Policy", _IN_DRAFT + "behera-ldap-ppolicy"),
    ("1.3.6.1.4.1.42.2.27.9.5.2", "Get Effective Rights", "Sun"),
    ("1.3.6.1.4.1.42.2.27.9.5.8", "Account Usable", "Sun"),
    ("1.3.6.1.4.1.7165.4.3.12", "Samba Schema Module Control", "Samba"),
    ("1.3.6.1.4.1.18060.0.0.1", "Cascade", "ApacheDS"),
    ("2.16.840.1.113730.3.4.2", "ManageDsaIT", "RFC 3296"),
    (_NETSCAPE + "4.3", "Persistent Search", _IN_DRAFT + "ldapext-psearch"),
    (_NETSCAPE + "4.4", "Password Expired", "Netscape"),
    (_NETSCAPE + "4.5", "Password Expiring", "Netscape"),
    (_NETSCAPE + "4.7", "Entry Change Notification", _IN_DRAFT + "ldapext-psearch"),
    (_NETSCAPE + "4.9", "Virtual List View Request", _IN_DRAFT + "ldapext-ldapv3-vlv"),
    (
        _NETSCAPE + "4.10",
        "Virtual List View Response",
        _IN_DRAFT + "ldapext-ldapv3-vlv",
    ),
    (_NETSCAPE + "4.12", "Proxied Authorization (old)", "Netscape"),
    (_NETSCAPE + "4.13", "Replication Update Information", "Netscape"),
    (_NETSCAPE + "4.14", "Search On Specific Backend", "Netscape"),
    (_NETSCAPE + "4.15", "Authorization Identity Response", "RFC 3829"),
    (_NETSCAPE + "4.16", "Authorization Identity Request", "RFC 3829"),
    (_NETSCAPE + "4.17", "Real Attributes Only", "Netscape"),
    (_NETSCAPE + "4.18", "Proxied Authorization", "RFC 4370"),
    (_NETSCAPE + "4.19", "Virtual Attributes Only", "Netscape"),
    (_NETSCAPE + "4.20", "Use One Backend", "389 Directory Server"),
)

_EXTENSIONS = (
    (_MS_OID + "1781", "Fast Concurrent Bind", _MS),
    (_MS_OID + "2212", "Batch Request", _MS),
    ("1.3.6.1.1.8", "Cancel", "RFC 3909"),
    ("1.3.6.1.1.17.1", "Start LBURP", "RFC 4373"),
    ("1.3.6.1.1.17.5", "LBURP Update", "RFC 4373"),
    ("1.3.6.1.1.19", "Turn", "RFC 4531"),
    ("1.3.6.1.1.21.1", "Start Transaction", "RFC 5805"),
    ("1.3.6.1.1.21.3", "End Transaction", "RFC 5805"),
    ("1.3.6.1.1.21.4", "Aborted Transaction Notice", "RFC 5805"),
    ("1.3.6.1.4.1.1466.101.119.1", "Dynamic Refresh", "RFC 2589"),
    ("1.3.6.1.4.1.1466.20036", "Notice of Disconnection", "RFC 4511"),
    ("1.3.6.1.4.1.1466.20037", "StartTLS", "RFC 4511"),
    ("1.3.6.1.4.1.4203.1.11.1", "Modify Password", "RFC 3062"),
    ("1.3.6.1.4.1.4203.1.11.3", "Who am I?", "RFC 4532"),
    ("1.3.6.1.4.1.4203.1.9.1.4", "Content Synchronization Information", "RFC 4533"),
    ("1.3.6.1.4.1.4203.666.6.7", "Verify Credentials", "OpenLDAP"),
    (_NETSCAPE + "5.3", "Transaction Response", "Netscape"),
    (_NETSCAPE + "5.4", "Replication Response", "389 Directory Server"),
    (_NETSCAPE + "5.5", "Netscape Replication Response", "Netscape"),
    (_NETSCAPE + "5.6", "Replication End", "389 Directory Server"),
    (_NETSCAPE + "5.7", "Bulk Import Start", "Netscape"),
    (_NETSCAPE + "5.8", "Bulk Import Done", "Netscape"),
    (_NETSCAPE + "5.9", "Digest Authentication", "389 Directory Server"),
    (_NETSCAPE + "5.12", "Replication Start", "389 Directory Server"),
    (_NETSCAPE + "6.5", "Replication Clean All RUV", "389 Directory Server"),
    (_NETSCAPE + "6.6", "Replication Abort Clean All RUV", "389 Directory Server"),
    (
        _NETSCAPE + "6.7",
        "Replication Clean All RUV: Greatest CSN",
        "389 Directory Server",
    ),
    (_NETSCAPE + "6.8", "Replication Clean All RUV: Status", "389 Directory Server"),
    ("2.16.840.1.113719.1.27.100.31", "Get Effective Privileges", "Novell"),
    ("2.16.840.1.113719.1.39.42.100.13", "NMAS Get Universal Password", "Novell"),
)

_FEATURES = (
    (_MS_OID + "800", "Active Directory", _MS),
    (_MS_OID + "1670", "Active Directory 2003", _MS),
    (_MS_OID + "1791", "LDAP Signing, Sealing", _MS),
    (_MS_OID + "1851", "Active Directory Lightweight Directory Services", _MS),
    (_MS_OID + "1880", "AD LDS Authentication with Digest", _MS),
    (_MS_OID + "1920", "Partial Secrets (Read-only DC)", _MS),
    (_MS_OID + "1935", "Active Directory 2008", _MS),
    (_MS_OID + "2080", "Active Directory 2008 R2", _MS),
    (_MS_OID + "2237", "Active Directory 2012", _MS),
    ("1.3.6.1.1.14", "Modify-Increment", "RFC 4525"),
    ("1.3.6.1.4.1.4203.1.5.1", "All Operational Attributes", "RFC 3673"),
    ("1.3.6.1.4.1.4203.1.5.2", "Requesting Attributes by Object Class", "RFC 4529"),
    ("1.3.6.1.4.1.4203.1.5.3", "True/False Filters", "RFC 4526"),
    ("1.3.6.1.4.1.4203.1.5.4", "Language Tag Options", "RFC 3866"),
    ("1.3.6.1.4.1.4203.1.5.5", "Language Range Options", "RFC 3866"),
)

_SYNTAXES = (
    (_SYNTAX + "1", "ACI Item", "RFC 2252"),
    (_SYNTAX + "2", "Access Point", "RFC 2252"),
    (_SYNTAX + "3", "Attribute Type Description", "RFC 4517"),
    (_SYNTAX + "4", "Audio", "RFC 2252"),
    (_SYNTAX + "5", "Binary", "RFC 2252"),
    (_SYNTAX + "6", "Bit String", "RFC 4517"),
    (_SYNTAX + "7", "Boolean", "RFC 4517"),
    (_SYNTAX + "8", "Certificate", "RFC 4523"),
    (_SYNTAX + "9", "Certificate List", "RFC 4523"),
    (_SYNTAX + "10", "Certificate Pair", "RFC 4523"),
    (_SYNTAX + "11", "Country String", "RFC 4517"),
    (_SYNTAX + "12", "DN", "RFC 4517"),
    (_SYNTAX + "13", "Data Quality", "RFC 2252"),
    (_SYNTAX + "14", "Delivery Method", "RFC 4517"),
    (_SYNTAX + "15", "Directory String", "RFC 4517"),
    (_SYNTAX + "16", "DIT Content Rule Description", "RFC 4517"),
    (_SYNTAX + "17", "DIT Structure Rule Description", "RFC 4517"),
    (_SYNTAX + "18", "DL Submit Permission", "RFC 2252"),
    (_SYNTAX + "19", "DSA Quality", "RFC 2252"),
    (_SYNTAX + "20", "DSE Type", "RFC 2252"),
    (_SYNTAX + "21", "Enhanced Guide", "RFC 4517"),
    (_SYNTAX + "22", "Facsimile Telephone Number", "RFC 4517"),
    (_SYNTAX + "23", "Fax", "RFC 4517"),
    (_SYNTAX + "24", "Generalized Time", "RFC 4517"),
    (_SYNTAX + "25", "Guide", "RFC 4517"),
    (_SYNTAX + "26", "IA5 String", "RFC 4517"),
    (_SYNTAX + "27", "INTEGER", "RFC 4517"),
    (_SYNTAX + "28", "JPEG", "RFC 4517"),
    (_SYNTAX + "29", "Master And Shadow Access Points", "RFC 2252"),
    (_SYNTAX + "30", "Matching Rule Description", "RFC 4517"),
    (_SYNTAX + "31", "Matching Rule Use Description", "RFC 4517"),
    (_SYNTAX + "32", "Mail Preference", "RFC 2252"),
    (_SYNTAX + "33", "MHS OR Address", "RFC 2252"),
    (_SYNTAX + "34", "Name And Optional UID", "RFC 4517"),
    (_SYNTAX + "35", "Name Form Description", "RFC 4517"),
    (_SYNTAX + "36", "Numeric String", "RFC 4517"),
    (_SYNTAX + "37", "Object Class Description", "RFC 4517"),
    (_SYNTAX + "38", "OID", "RFC 4517"),
    (_SYNTAX + "39", "Other Mailbox", "RFC 4517"),
    (_SYNTAX + "40", "Octet String", "RFC 4517"),
    (_SYNTAX + "41", "Postal Address", "RFC 4517"),
    (_SYNTAX + "42", "Protocol Information", "RFC 2252"),
    (_SYNTAX + "43", "Presentation Address", "RFC 2252"),
    (_SYNTAX + "44", "Printable String", "RFC 4517"),
    (_SYNTAX + "45", "Subtree Specification", "RFC 3672"),
    (_SYNTAX + "46", "Supplier Information", "RFC 2252"),
    (_SYNTAX + "47", "Supplier Or Consumer", "RFC 2252"),
    (_SYNTAX + "48", "Supplier And Consumer", "RFC 2252"),
    (_SYNTAX + "49", "Supported Algorithm", "RFC 4523"),
    (_SYNTAX + "50", "Telephone Number", "RFC 4517"),
    (_SYNTAX + "51", "Teletex Terminal Identifier", "RFC 4517"),
    (_SYNTAX + "52", "Telex Number", "RFC 4517"),
    (_SYNTAX + "53", "UTC Time", "RFC 4517"),
    (_SYNTAX + "54", "LDAP Syntax Description", "RFC 4517"),
    (_SYNTAX + "55", "Modify Rights", "RFC 2252"),
    (_SYNTAX + "56", "LDAP Schema Definition", "RFC 2252"),
    (_SYNTAX + "57", "LDAP Schema Description", "RFC 2252"),
    (_SYNTAX + "58", "Substring Assertion", "RFC 4517"),
    ("1.2.840.113556.1.4.903", "DN With Binary", _MS),
    ("1.2.840.113556.1.4.904", "DN With String", _MS),
    ("1.2.840.113556.1.4.905", "Case Ignore String (Teletex)", _MS),
    ("1.2.840.113556.1.4.906", "Large Integer", _MS),
    ("1.2.840.113556.1.4.907", "NT Security Descriptor", _MS),
    ("1.2.840.113556.1.4.1221", "OR Name", _MS),
    ("1.2.840.113556.1.4.1362", "Case Exact String", _MS),
    ("1.3.6.1.1.1.0.0", "NIS Netgroup Triple", "RFC 2307"),
    ("1.3.6.1.1.1.0.1", "Boot Parameter", "RFC 2307"),
    ("1.3.6.1.1.15.1", "X.509 Certificate Exact Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.2", "X.509 Certificate Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.3", "X.509 Certificate Pair Exact Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.4", "X.509 Certificate Pair Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.5", "X.509 Certificate List Exact Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.6", "X.509 Certificate List Assertion", "RFC 4523"),
    ("1.3.6.1.1.15.7", "X.509 Algorithm Identifier", "RFC 4523"),
    ("1.3.6.1.1.16.1", "UUID", "RFC 4530"),
    ("1.3.6.1.4.1.4203.1.1.2", "Authentication Password", "RFC 3112"),
    ("1.3.6.1.4.1.4203.666.2.7", "OpenLDAP Authz", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.11.2.1", "CSN", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.11.2.4", "CSN SID", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.11.10.2.1", "X.509 AttributeCertificate", "OpenLDAP"),
    ("2.16.840.1.113719.1.1.5.1.6", "Case Ignore List", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.12", "Tagged Data", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.14", "Tagged String", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.15", "Tagged Name And String", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.16", "NDS Replica Pointer", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.17", "NDS ACL", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.19", "NDS Timestamp", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.22", "Counter", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.23", "Tagged Name", "Novell"),
    ("2.16.840.1.113719.1.1.5.1.25", "Typed Name", "Novell"),
)

_MATCHING_RULES = (
    (_MS_OID + "803", "Bitwise And", _MS),
    (_MS_OID + "804", "Bitwise Or", _MS),
    (_MS_OID + "1941", "Transitive Evaluation (in chain)", _MS),
    (_MS_OID + "2253", "DN With Data", _MS),
    ("1.3.6.1.1.16.2", "uuidMatch", "RFC 4530"),
    ("1.3.6.1.1.16.3", "uuidOrderingMatch", "RFC 4530"),
    ("1.3.6.1.4.1.1466.109.114.1", "caseExactIA5Match", "RFC 4517"),
    ("1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", "RFC 4517"),
    ("1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", "RFC 4517"),
    ("1.3.6.1.4.1.4203.1.2.1", "caseExactIA5SubstringsMatch", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.11.2.2", "CSNMatch", "OpenLDAP"),
    ("1.3.6.1.4.1.4203.666.11.2.3", "CSNOrderingMatch", "OpenLDAP"),
    ("2.5.13.0", "objectIdentifierMatch", "RFC 4517"),
    ("2.5.13.1", "distinguishedNameMatch", "RFC 4517"),
    ("2.5.13.2", "caseIgnoreMatch", "RFC 4517"),
    ("2.5.13.3", "caseIgnoreOrderingMatch", "RFC 4517"),
    ("2.5.13.4", "caseIgnoreSubstringsMatch", "RFC 4517"),
    ("2.5.13.5", "caseExactMatch", "RFC 4517"),
    ("2.5.13.6", "caseExactOrderingMatch", "RFC 4517"),
    ("2.5.13.7", "caseExactSubstringsMatch", "RFC 4517"),
    ("2.5.13.8", "numericStringMatch", "RFC 4517"),
    ("2.5.13.9", "numericStringOrderingMatch", "RFC 4517"),
    ("2.5.13.10", "numericStringSubstringsMatch", "RFC 4517"),
    ("2.5.13.11", "caseIgnoreListMatch", "RFC 4517"),
    ("2.5.13.12", "caseIgnoreListSubstringsMatch", "RFC 4517"),
    ("2.5.13.13", "booleanMatch", "RFC 4517"),
    ("2.5.13.14", "integerMatch", "RFC 4517"),
    ("2.5.13.15", "integerOrderingMatch", "RFC 4517"),
    ("2.5.13.16", "bitStringMatch", "RFC 4517"),
    ("2.5.13.17", "octetStringMatch", "RFC 4517"),
    ("2.5.13.18", "octetStringOrderingMatch", "RFC 4517"),
    ("2.5.13.19", "octetStringSubstringsMatch", "X.520"),
    ("2.5.13.20", "telephoneNumberMatch", "RFC 4517"),
    ("2.5.13.21", "telephoneNumberSubstringsMatch", "RFC 4517"),
    ("2.5.13.22", "presentationAddressMatch", "RFC 2252"),
    ("2.5.13.23", "uniqueMemberMatch", "RFC 4517"),
    ("2.5.13.24", "protocolInformationMatch", "RFC 2252"),
    ("2.5.13.27", "generalizedTimeMatch", "RFC 4517"),
    ("2.5.13.28", "generalizedTimeOrderingMatch", "RFC 4517"),
    ("2.5.13.29", "integerFirstComponentMatch", "RFC 4517"),
    ("2.5.13.30", "objectIdentifierFirstComponentMatch", "RFC 4517"),
    ("2.5.13.31", "directoryStringFirstComponentMatch", "RFC 4517"),
    ("2.5.13.32", "wordMatch", "RFC 4517"),
    ("2.5.13.33", "keywordMatch", "RFC 4517"),
    ("2.5.13.34", "certificateExactMatch", "RFC 4523"),
    ("2.5.13.35", "certificateMatch", "RFC 4523"),
    ("2.5.13.36", "certificatePairExactMatch", "RFC 4523"),
    ("2.5.13.37", "certificatePairMatch", "RFC 4523"),
    ("2.5.13.38", "certificateListExactMatch", "RFC 4523"),
    ("2.5.13.39", "certificateListMatch", "RFC 4523"),
    ("2.5.13.40", "algorithmIdentifierMatch", "RFC 4523"),
    ("2.5.13.41", "storedPrefixMatch", "RFC 3698"),
)

_KINDS = {
    "control": _CONTROLS,
    "extension": _EXTENSIONS,
    "feature": _FEATURES,
    "syntax": _SYNTAXES,
    "matching rule": _MATCHING_RULES,
}
_KNOWN = {
    oid: KnownOID(oid, name, kind, source)
    for kind, rows in _KINDS.items()
    for oid, name, source in rows
}


def find(oid: str) -> KnownOID | None:
    """Give what is known about an OID, or None."""
    return _KNOWN.get(oid)


def known() -> Iterator[KnownOID]:
    """Yield all known OIDs, kind by kind."""
    return iter(_KNOWN.values())


def describe(oid: str) -> str:
    """Give one line for people: the OID, and what it is where that is known."""
    return str(_KNOWN.get(oid, oid))
