"""What the server says of itself: root DSE (RFC 4512 5.1) and subschema (4.4)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ldapom.errors import (
    InsufficientAccessRights,
    NameProblem,
    ResultError,
    SchemaError,
)
from ldapom.filters import Equality, Or, Present
from ldapom.protocol.codec.attributes import collect
from ldapom.protocol.extended import ACTIVE_DIRECTORY, LIGHTWEIGHT_DIRECTORY
from ldapom.protocol.flows.search import SearchCursor, read_entry
from ldapom.protocol.flows.steps import elsewhere
from ldapom.protocol.messages import Scope, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.schema import RootDSE, Schema
    from ldapom.schema.cache import Slot

#: Large schemas take 0.1 s and more to read, and the cache is on a disk.
_WORK = "reading the schema"
#: RFC 4512 4.2: what a subschema entry holds, operational and so named one by one.
SUBSCHEMA_ATTRIBUTES = (
    "attributeTypes",
    "objectClasses",
    "ldapSyntaxes",
    "matchingRules",
    "matchingRuleUse",
    "dITContentRules",
    "dITStructureRules",
    "nameForms",
    "modifyTimestamp",
)
#: What changes with a subschema entry: RFC 4512 4.2, OpenLDAP, 389 Directory Server.
STAMP_ATTRIBUTES = ("modifyTimestamp", "entryCSN", "nsSchemaCSN")
#: The same on the entries of OpenLDAP's configuration.
_CONFIGURED_ATTRIBUTES = ("entryCSN",)
#: The same on the entry above Active Directory's schema entries. Its subschema entry
#: need not be trusted with that: Samba's was always changed in 1970.
_HEAD_ATTRIBUTES = ("schemaInfo", "whenChanged", "uSNChanged")

#: It is Active Directory, of either kind.
_ACTIVE_DIRECTORY = {ACTIVE_DIRECTORY.encode(), LIGHTWEIGHT_DIRECTORY.encode()}
#: What Active Directory gives in one page by default.
_PAGE_SIZE = 1000
_SCHEMA_ENTRIES = Or(
    (
        Equality("objectClass", b"attributeSchema"),
        Equality("objectClass", b"classSchema"),
    )
)


def root_dse(engine: Engine) -> Flow[RootDSE]:
    """Read the root DSE; a server that hides it has an empty one.

    Raises:
        ResultError: The server wants something else first, such as TLS or a login.
    """
    from ldapom.schema import RootDSE

    try:
        entry = yield from read_entry(engine, "", ("*", "+"))
    except (InsufficientAccessRights, NameProblem):
        entry = None
    return RootDSE.from_attributes(collect(entry.attributes) if entry else {})


def schema(engine: Engine, dse: RootDSE, slot: Slot | None = None) -> Flow[Schema]:
    """Read the schema that the root DSE points to.

    Args:
        engine: Of a connection that is bound as needed.
        dse: The server's root DSE.
        slot: Where the schema may be kept from an earlier time; it is asked for only
            if the server's stamp is another one now.

    Raises:
        SchemaError: There is none, or this identity may not read it.
    """
    stamp = ""
    if slot is not None:
        stamp = yield from schema_stamp(engine, dse)
        kept = yield from elsewhere(partial(slot.load, stamp), _WORK)
        if kept is not None:
            return kept
    found = yield from _subschema(engine, dse)
    entries = yield from _schema_entries(engine, dse)
    if entries:
        own = yield from elsewhere(partial(_of_entries, entries), _WORK)
        found = own.merge(found)
    if slot is not None:
        yield from elsewhere(partial(slot.save, stamp, found), _WORK)
    return found


def schema_stamp(engine: Engine, dse: RootDSE) -> Flow[str]:
    """Ask for what changes when the schema does.

    Returns:
        A text to compare, and nothing else; empty where the server says nothing.
    """
    head = _schema_head(dse)
    dn, names = dse.subschema_subentry, STAMP_ATTRIBUTES
    if head is not None:
        dn, names = head, _HEAD_ATTRIBUTES
    found = yield from _attributes(engine, dn or "", names)
    said = [
        f"{name} {bytes(value).hex()}"
        for name in sorted(found.keys() & set(map(str.lower, names)))
        for value in found[name]
    ]
    if said and head is None:
        said += yield from _configured(engine, dse)
    return "; ".join([dse.vendor_version or "", *said]) if said else ""


def _configured(engine: Engine, dse: RootDSE) -> Flow[list[str]]:
    """The stamps of the entries that OpenLDAP's schema is configured in.

    Its subschema entry has the time when the server was started, and stays as it is
    when the schema is changed meanwhile (slapd-config(5)).

    Returns:
        One for each entry; none where they are hidden, or where there is none.
    """
    context = next(iter(dse.other.get("configContext", ())), None)
    said: list[str] = []
    if context is None:
        return said
    base = f"cn=schema,{str(bytes(context), 'utf-8', 'replace')}"
    whole = Present("objectClass")
    request = SearchRequest(base, Scope.sub, whole, _CONFIGURED_ATTRIBUTES)
    cursor = SearchCursor(engine, request, page_size=_PAGE_SIZE)
    try:
        while batch := (yield from cursor.fetch()):
            for entry in batch:
                found = collect(entry.attributes).get("entrycsn", ())
                said.extend(f"entrycsn {bytes(value).hex()}" for value in found)
    except ResultError:
        return []  # not for this identity, or too many: what there is has to do
    return sorted(said)


def _subschema(engine: Engine, dse: RootDSE) -> Flow[Schema]:
    """Read the subschema entry (RFC 4512 4.2)."""
    dn = dse.subschema_subentry
    if not dn:
        raise SchemaError("the root DSE names no subschema entry; is a login needed?")
    try:
        entry = yield from read_entry(engine, str(dn), SUBSCHEMA_ATTRIBUTES)
    except ResultError as error:
        raise SchemaError(
            f"the schema at {str(dn)!r} can not be read: {error}"
        ) from error
    found = collect(entry.attributes) if entry else {}
    if not found.get("objectclasses"):
        raise SchemaError(
            f"the schema at {str(dn)!r} is empty for this identity; is a login needed?"
        )
    return (yield from elsewhere(partial(_of_attributes, found), _WORK))


# Most programs read no schema, so what reads one is imported here.


def _of_attributes(found: Mapping[str, Sequence[bytes]]) -> Schema:
    from ldapom.schema import Schema

    return Schema.from_attributes(found)


def _of_entries(entries: Sequence[Mapping[str, Sequence[bytes]]]) -> Schema:
    from ldapom.schema import Schema

    return Schema.from_entries(entries)


def _schema_entries(
    engine: Engine, dse: RootDSE
) -> Flow[list[Mapping[str, Sequence[bytes]]]]:
    """Read Active Directory's own schema entries; none where they are hidden."""
    head = _schema_head(dse)
    entries: list[Mapping[str, Sequence[bytes]]] = []
    if head is None:
        return entries
    from ldapom.schema import active  # of this server alone

    request = SearchRequest(head, Scope.one, _SCHEMA_ENTRIES, active.ATTRIBUTES)
    cursor = SearchCursor(engine, request, page_size=_PAGE_SIZE)
    try:
        while batch := (yield from cursor.fetch()):
            entries.extend(collect(entry.attributes) for entry in batch)
    except (InsufficientAccessRights, NameProblem):
        # The subschema entry, which could be read, says the most important.
        return []
    return entries


def _schema_head(dse: RootDSE) -> str | None:
    """Where Active Directory keeps its schema entries; None for other servers."""
    if _ACTIVE_DIRECTORY.isdisjoint(dse.other.get("supportedCapabilities", ())):
        return None
    names = dse.other.get("schemaNamingContext", ())
    return next((str(bytes(name), "utf-8", "replace") for name in names), None)


def _attributes(
    engine: Engine, dn: str, names: tuple[str, ...]
) -> Flow[Mapping[str, Sequence[bytes]]]:
    """Read some attributes of an entry; none where it is hidden."""
    if not dn:
        return {}
    try:
        entry = yield from read_entry(engine, dn, names)
    except (InsufficientAccessRights, NameProblem):
        entry = None
    return collect(entry.attributes) if entry else {}
