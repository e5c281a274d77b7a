"""Attribute names: one key for every spelling of one attribute.

1. Names compare without case (RFC 4512 2.5).
2. The standard attributes are known by their aliases and OIDs too.
3. ``;binary`` and a range that is complete say how values travelled, not what
   they are, and fall away; other options make an attribute of their own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: First the name servers use, then its other spellings: RFC 4519, 4524, 2307, 2798.
#: Not ``streetAddress`` for ``street``: Active Directory's people have both.
_ALIASES = """
cn commonname 2.5.4.3
sn surname 2.5.4.4
serialnumber 2.5.4.5
c countryname 2.5.4.6
l localityname 2.5.4.7
st stateorprovincename 2.5.4.8
street 2.5.4.9
o organizationname 2.5.4.10
ou organizationalunitname 2.5.4.11
title 2.5.4.12
description 2.5.4.13
postaladdress 2.5.4.16
postalcode 2.5.4.17
telephonenumber 2.5.4.20
facsimiletelephonenumber fax 2.5.4.23
member 2.5.4.31
owner 2.5.4.32
seealso 2.5.4.34
userpassword 2.5.4.35
usercertificate 2.5.4.36
name 2.5.4.41
givenname gn 2.5.4.42
initials 2.5.4.43
uniquemember 2.5.4.50
objectclass 2.5.4.0
uid userid 0.9.2342.19200300.100.1.1
mail rfc822mailbox 0.9.2342.19200300.100.1.3
drink favouritedrink 0.9.2342.19200300.100.1.5
homephone hometelephonenumber 0.9.2342.19200300.100.1.20
dc domaincomponent 0.9.2342.19200300.100.1.25
associateddomain 0.9.2342.19200300.100.1.37
mobile mobiletelephonenumber 0.9.2342.19200300.100.1.41
pager pagertelephonenumber 0.9.2342.19200300.100.1.42
co friendlycountryname 0.9.2342.19200300.100.1.43
jpegphoto 0.9.2342.19200300.100.1.60
uidnumber 1.3.6.1.1.1.1.0
gidnumber 1.3.6.1.1.1.1.1
"""

#: Standard attributes without an equality rule, where no class says otherwise.
WITHOUT_EQUALITY = frozenset(
    {
        "audio",
        "enhancedsearchguide",
        "facsimiletelephonenumber",
        "jpegphoto",
        "photo",
        "preferreddeliverymethod",
        "searchguide",
        "teletexterminalidentifier",
        "telexnumber",
        "usersmimecertificate",
        "userpkcs12",
    }
)

_CANONICAL = {
    spelling: line.split()[0]
    for line in _ALIASES.strip().splitlines()
    for spelling in line.split()
}

_RANGE = "range="


#: Spellings in lower case that are not the key themselves.
FURTHER_SPELLINGS = frozenset(
    spelling for spelling, key in _CANONICAL.items() if spelling != key
)

#: Names up to this length are remembered; a server may send names of any length.
_LONGEST = 128


def canonical(description: str) -> str:
    """The key under which every spelling of an attribute description is found.

    Args:
        description: A name or OID with its options, such as ``CN;lang-de``.
    """
    if len(description) > _LONGEST:
        return _key(description)
    return _remembered(description)


@lru_cache(maxsize=64)
def canonical_keys(descriptions: tuple[str, ...]) -> frozenset[str]:
    """The keys of several descriptions that are asked for over and over."""
    return frozenset(map(canonical, descriptions))


@lru_cache(maxsize=4096)
def _remembered(description: str) -> str:
    return _key(description)


def _key(description: str) -> str:
    base, *options = description.lower().split(";")
    kept = sorted(option for option in options if not _says_how(option))
    return ";".join([_CANONICAL.get(base, base), *kept])


def _says_how(option: str) -> bool:
    return option == "binary" or (option.startswith(_RANGE) and option.endswith("-*"))


def partial_range(key: str, keys: Collection[str]) -> str | None:
    """The key under which only a part of the values of ``key`` came, if any.

    Active Directory sends ``member;range=0-1499`` beside an empty ``member``.
    """
    prefix = f"{key};{_RANGE}"
    # Nearly always there is none: this takes a quarter of a look at each.
    if prefix not in "\0".join(keys):
        return None
    return next((other for other in keys if other.startswith(prefix)), None)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A hint for the end of an error text: the closest names, or nothing."""
    from difflib import get_close_matches

    spelled = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
    if not close:
        return ""
    return f"; did you mean {' or '.join(repr(spelled[match]) for match in close)}?"
