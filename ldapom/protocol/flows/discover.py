"""What the server says of itself: root DSE (RFC 4512 5.1) and subschema (4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import (
    InsufficientAccessRights,
    NameProblem,
    ResultError,
    SchemaError,
)
from ldapom.protocol.codec.attributes import collect
from ldapom.protocol.flows.search import read_entry
from ldapom.schema import RootDSE, Schema

if TYPE_CHECKING:
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow

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


def root_dse(engine: Engine) -> Flow[RootDSE]:
    """Read the root DSE; a server that hides it has an empty one.

    Raises:
        ResultError: The server wants something else first, such as TLS or a login.
    """
    try:
        entry = yield from read_entry(engine, "", ("*", "+"))
    except (InsufficientAccessRights, NameProblem):
        entry = None
    return RootDSE.from_attributes(collect(entry.attributes) if entry else {})


def schema(engine: Engine, dse: RootDSE) -> Flow[Schema]:
    """Read the schema that the root DSE points to.

    Raises:
        SchemaError: There is none, or this identity may not read it.
    """
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
    return Schema.from_attributes(found)
