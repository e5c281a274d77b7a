"""Syntaxes and matching rules in words, for people who look at a schema.

Nothing is refused for not being here: then its name, or its OID, has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.schema import oids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.schema.registry import Schema

_SPACES = "blanks at the ends do not count, runs of them are one"
_CASE = f"upper and lower case are the same; {_SPACES}"
_EXACT = f"upper and lower case differ; {_SPACES}"

#: Rule, in lower case -> how it compares.
_RULES: Final[Mapping[str, str]] = {
    "algorithmidentifiermatch": "by algorithm and parameters",
    "bitstringmatch": "bit by bit",
    "booleanmatch": "TRUE or FALSE",
    "caseexactia5match": _EXACT,
    "caseexactia5substringsmatch": _EXACT,
    "caseexactmatch": _EXACT,
    "caseexactorderingmatch": "in the order of code points, case counts",
    "caseexactsubstringsmatch": _EXACT,
    "caseignoreia5match": _CASE,
    "caseignoreia5substringsmatch": _CASE,
    "caseignorelistmatch": "line by line; upper and lower case are the same",
    "caseignorelistsubstringsmatch": "across the lines; case does not count",
    "caseignorematch": _CASE,
    "caseignoreorderingmatch": "in the order of letters; case does not count",
    "caseignoresubstringsmatch": _CASE,
    "certificateexactmatch": "by issuer and serial number",
    "certificatelistexactmatch": "by issuer and time",
    "certificatematch": "by chosen parts of the certificate",
    "csnmatch": "by time, count and server of the change",
    "csnorderingmatch": "by time of the change, then count and server",
    "directorystringfirstcomponentmatch": "by its first part, a text",
    "distinguishednamematch": "as names: each part by the rule of its attribute",
    "generalizedtimematch": "as points in time, whatever the time zone",
    "generalizedtimeorderingmatch": "earlier and later",
    "integerfirstcomponentmatch": "by its first part, a number",
    "integermatch": "as numbers",
    "integerorderingmatch": "as numbers: less and greater",
    "keywordmatch": "whether one of the words is in it",
    "numericstringmatch": "digit by digit; blanks do not count",
    "numericstringorderingmatch": "in the order of digits; blanks do not count",
    "numericstringsubstringsmatch": "digit by digit; blanks do not count",
    "objectidentifierfirstcomponentmatch": "by its first part, an OID",
    "objectidentifiermatch": "as OIDs: any name of the same thing",
    "octetstringmatch": "octet by octet",
    "octetstringorderingmatch": "in the order of octets",
    "octetstringsubstringsmatch": "octet by octet",
    "presentationaddressmatch": "as presentation addresses",
    "protocolinformationmatch": "by address and profiles",
    "telephonenumbermatch": "digit by digit; blanks, hyphens and case do not count",
    "telephonenumbersubstringsmatch": "digit by digit; blanks and hyphens do not count",
    "uniquemembermatch": "as names, and by the identifier behind, if there is one",
    "uuidmatch": "as UUIDs, case does not count",
    "uuidorderingmatch": "in the order of octets",
    "wordmatch": "whether the word is in it",
}

#: Syntax, by the name that ``oids`` has for it -> what its values are.
_SYNTAXES: Final[Mapping[str, str]] = {
    "Binary": "octets",
    "Bit String": "bits",
    "Boolean": "TRUE or FALSE",
    "Case Exact String": "text, case counts",
    "Case Ignore String (Teletex)": "text, case does not count",
    "Certificate": "an X.509 certificate",
    "Certificate List": "an X.509 revocation list",
    "Country String": "two letters, as ISO 3166 has them",
    "DN": "the name of an entry",
    "DN With Binary": "octets and the name of an entry",
    "DN With String": "a text and the name of an entry",
    "Directory String": "text in any script",
    "Facsimile Telephone Number": "a telephone number and how to send",
    "Fax": "an image as fax",
    "Generalized Time": "a point in time",
    "IA5 String": "ASCII text",
    "INTEGER": "a whole number",
    "JPEG": "a picture",
    "Large Integer": "a whole number of 64 bits",
    "NT Security Descriptor": "octets that say who may do what",
    "Name And Optional UID": "the name of an entry, and bits that make it unique",
    "Numeric String": "digits and blanks",
    "OID": "an object identifier, or a name of one",
    "Octet String": "octets",
    "Postal Address": "the lines of an address",
    "Printable String": "letters, digits and a few signs",
    "Telephone Number": "a telephone number",
    "UTC Time": "a point in time, with two digits of the year",
    "UUID": "a universally unique identifier",
}


def syntax(schema: Schema, oid: str) -> str:
    """Name a syntax and say what its values are.

    Args:
        schema: Whose syntax it is; its own words count where nothing else is known.
        oid: The OID.
    """
    known = oids.find(oid)
    definition = schema.ldap_syntaxes.get(oid)
    described = definition.description if definition is not None else None
    name = known.name if known else described or oid
    said = _SYNTAXES.get(name)
    return f"{name}: {said}" if said else name


def rule(schema: Schema, name: str) -> str:
    """Name a matching rule and say how it compares.

    Args:
        schema: Whose rule it is.
        name: As a definition spells it: a name or an OID.
    """
    spelled = schema.matching_rules.canonical(name)
    known = oids.find(spelled)
    shown = known.name if known else spelled
    said = _RULES.get(shown.lower())
    return f"{shown}: {said}" if said else shown
