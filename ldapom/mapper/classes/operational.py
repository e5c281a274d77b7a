"""`Operational`: what a server keeps about an entry, typed and read-only.

``query.with_operational()`` asks for all of them (RFC 3673), and ``entry.operational``
shows what came. A class that always wants some declares them itself, or derives from
this class, whose attributes every query of it asks for.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ldapom.dn import DN
from ldapom.mapper.classes.attribute import Attr, Many, attribute
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.entry import Entry
from ldapom.schema.values import Sid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.parts import PartialAttribute


def kept_by_server(
    attributes: Sequence[PartialAttribute], models: Sequence[type[Entry]]
) -> list[PartialAttribute]:
    """Leave out what people write.

    Args:
        attributes: The raw attributes of an entry.
        models: The classes it is seen as, which say what that is.

    Returns:
        What servers write, and what no class knows.
    """
    keys = {
        key
        for model in models
        for key, one in model.__ldapom__.by_key.items()
        if one.is_free
    }
    keys -= Operational.__ldapom__.by_key.keys()
    return [one for one in attributes if canonical(one.type) not in keys]


class Operational(Entry):
    """What servers keep about an entry; what one does not keep reads as no value.

    From RFC 4512 3.4, RFC 4530, RFC 5020, RFC 3671 (collective attributes), RFC 2589
    (dynamic entries), the password policy draft, and what OpenLDAP, 389 Directory
    Server and Active Directory have of their own.
    """

    createTimestamp: Attr[datetime | None] = attribute(
        "createTimestamp", read_only=True
    )
    modifyTimestamp: Attr[datetime | None] = attribute(
        "modifyTimestamp", read_only=True
    )
    creatorsName: Attr[DN | None] = attribute("creatorsName", read_only=True)
    modifiersName: Attr[DN | None] = attribute("modifiersName", read_only=True)
    entryDN: Attr[DN | None] = attribute("entryDN", read_only=True)
    entryUUID: Attr[UUID | None] = attribute("entryUUID", read_only=True, syntax="UUID")
    entryCSN: Attr[str | None] = attribute("entryCSN", read_only=True, syntax="CSN")
    structuralObjectClass: Attr[str | None] = attribute(
        "structuralObjectClass", read_only=True, syntax="OID"
    )
    governingStructureRule: Attr[int | None] = attribute(
        "governingStructureRule", read_only=True
    )
    subschemaSubentry: Attr[DN | None] = attribute("subschemaSubentry", read_only=True)
    hasSubordinates: Attr[bool | None] = attribute("hasSubordinates", read_only=True)
    numSubordinates: Attr[int | None] = attribute("numSubordinates", read_only=True)
    memberOf: Many[DN] = attribute("memberOf", read_only=True)

    # RFC 3671 and RFC 2589
    collectiveAttributeSubentries: Many[DN] = attribute(
        "collectiveAttributeSubentries", read_only=True
    )
    collectiveExclusions: Many[str] = attribute(
        "collectiveExclusions", read_only=True, syntax="OID"
    )
    entryTtl: Attr[int | None] = attribute("entryTtl", read_only=True)

    # OpenLDAP: of what is replicated
    contextCSN: Many[str] = attribute("contextCSN", read_only=True, syntax="CSN")

    # draft-behera-ldap-password-policy
    pwdPolicySubentry: Attr[DN | None] = attribute("pwdPolicySubentry", read_only=True)
    pwdChangedTime: Attr[datetime | None] = attribute("pwdChangedTime", read_only=True)
    pwdAccountLockedTime: Attr[datetime | None] = attribute(
        "pwdAccountLockedTime", read_only=True
    )
    pwdFailureTime: Many[datetime] = attribute("pwdFailureTime", read_only=True)
    pwdGraceUseTime: Many[datetime] = attribute("pwdGraceUseTime", read_only=True)
    pwdReset: Attr[bool | None] = attribute("pwdReset", read_only=True)
    pwdLastSuccess: Attr[datetime | None] = attribute("pwdLastSuccess", read_only=True)
    authTimestamp: Attr[datetime | None] = attribute("authTimestamp", read_only=True)

    # 389 Directory Server
    nsUniqueId: Attr[str | None] = attribute("nsUniqueId", read_only=True)
    dsEntryDN: Attr[DN | None] = attribute("dsEntryDN", read_only=True)
    entryid: Attr[str | None] = attribute("entryid", read_only=True)
    parentid: Attr[int | None] = attribute("parentid", read_only=True)
    tombstoneNumSubordinates: Attr[int | None] = attribute(
        "tombstoneNumSubordinates", read_only=True
    )
    lastLoginTime: Attr[datetime | None] = attribute("lastLoginTime", read_only=True)
    pwdUpdateTime: Attr[datetime | None] = attribute("pwdUpdateTime", read_only=True)
    passwordExpirationTime: Attr[datetime | None] = attribute(
        "passwordExpirationTime", read_only=True
    )
    passwordExpWarned: Attr[str | None] = attribute("passwordExpWarned", read_only=True)
    passwordGraceUserTime: Attr[str | None] = attribute(
        "passwordGraceUserTime", read_only=True
    )
    passwordAllowChangeTime: Attr[datetime | None] = attribute(
        "passwordAllowChangeTime", read_only=True
    )
    passwordRetryCount: Attr[str | None] = attribute(
        "passwordRetryCount", read_only=True
    )
    retryCountResetTime: Attr[datetime | None] = attribute(
        "retryCountResetTime", read_only=True
    )
    accountUnlockTime: Attr[datetime | None] = attribute(
        "accountUnlockTime", read_only=True
    )

    # Active Directory
    objectGUID: Attr[UUID | None] = attribute("objectGUID", read_only=True)
    objectSid: Attr[Sid | None] = attribute("objectSid", read_only=True)
    whenCreated: Attr[datetime | None] = attribute("whenCreated", read_only=True)
    whenChanged: Attr[datetime | None] = attribute("whenChanged", read_only=True)
    uSNCreated: Attr[int | None] = attribute("uSNCreated", read_only=True)
    uSNChanged: Attr[int | None] = attribute("uSNChanged", read_only=True)
