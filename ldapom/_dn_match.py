"""How two DNs are compared: the fixed table of RFC 4519 types and their values."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import combining, normalize

from ldapom import _dn_text
from ldapom.errors import DNSyntaxError

# name, further names, OID (RFC 4519 section 2). Types whose equality rule is
# caseIgnoreMatch or caseIgnoreIA5Match:
_CASE_IGNORE = """
businessCategory 2.5.4.15
c countryName 2.5.4.6
cn commonName 2.5.4.3
dc domainComponent 0.9.2342.19200300.100.1.25
description 2.5.4.13
destinationIndicator 2.5.4.27
dnQualifier 2.5.4.46
generationQualifier 2.5.4.44
givenName gn 2.5.4.42
houseIdentifier 2.5.4.51
initials 2.5.4.43
l localityName 2.5.4.7
name 2.5.4.41
o organizationName 2.5.4.10
ou organizationalUnitName 2.5.4.11
physicalDeliveryOfficeName 2.5.4.19
postalCode 2.5.4.17
postOfficeBox 2.5.4.18
serialNumber 2.5.4.5
sn surname 2.5.4.4
st stateOrProvinceName 2.5.4.8
street streetAddress 2.5.4.9
title 2.5.4.12
uid userid 0.9.2342.19200300.100.1.1
"""
# Types with other rules; their values compare exactly here:
_EXACT = """
distinguishedName 2.5.4.49
enhancedSearchGuide 2.5.4.47
facsimileTelephoneNumber 2.5.4.23
internationalISDNNumber 2.5.4.25
member 2.5.4.31
objectClass 2.5.4.0
owner 2.5.4.32
postalAddress 2.5.4.16
preferredDeliveryMethod 2.5.4.28
registeredAddress 2.5.4.26
roleOccupant 2.5.4.33
searchGuide 2.5.4.14
seeAlso 2.5.4.34
telephoneNumber 2.5.4.20
teletexTerminalIdentifier 2.5.4.22
telexNumber 2.5.4.21
uniqueMember 2.5.4.50
userPassword 2.5.4.35
x121Address 2.5.4.24
x500UniqueIdentifier 2.5.4.45
"""


def _names(table: str) -> dict[str, str]:
    rows = [line.lower().split() for line in table.split("\n") if line]
    return {name: row[0] for row in rows for name in row}


#: Folded names of the types whose values compare by caseIgnoreMatch.
FOLDING_TYPES = frozenset(_names(_CASE_IGNORE).values())
_TYPE_NAMES = _names(_CASE_IGNORE) | _names(_EXACT)


#: Types up to this length are remembered; a server may send names of any length.
_LONGEST = 128


def fold_type(name: str) -> str:
    """The one spelling a type is compared by; an unknown name folds its case only.

    Raises:
        DNSyntaxError: For what is neither a descriptor nor a numeric OID.
    """
    return _folded(name) if len(name) > _LONGEST else _remembered(name)


def _folded(name: str) -> str:
    position = _dn_text.check_type(name)
    if position is not None:
        raise DNSyntaxError(_dn_text.TYPE_REASON, text=name, position=position)
    name = name.lower()
    return _TYPE_NAMES.get(name, name)


_remembered = lru_cache(maxsize=1024)(_folded)


def fold_value(value: str) -> str:
    """Prepare a caseIgnore value for comparison, on the lines of RFC 4518.

    Case and compatibility forms fold, spaces at the ends go, inner runs of spaces
    become one. Unlike RFC 4518, control characters stay, since servers differ.
    """
    if value.isascii():
        value = value.lower()
    else:
        if not _dn_text.is_unicode(value):
            return value
        value = normalize("NFKC", normalize("NFKC", value).casefold())
        if any(map(_is_marked_space, value, value[1:])):
            return value
    if value[:1] == " " or value[-1:] == " " or "  " in value:
        return " ".join(filter(None, value.split(" "))) or " "
    return value


def _is_marked_space(character: str, following: str) -> bool:
    """Whether a space carries a combining mark, which makes it significant."""
    return character == " " and combining(following) != 0
