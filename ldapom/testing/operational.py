"""What the directory itself knows of an entry, and its two entries about itself.

1. Stored with the entry and stamped at each write: who, when, which version.
2. Computed when asked for: the entry's own name, whether it has children, the groups
   it is in.
3. The root DSE (RFC 4512 5.1) and the subschema entry (RFC 4512 4.2) are computed as
   well; each is found by its exact name and base scope only.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ldapom.protocol import extended
from ldapom.schema import Schema
from ldapom.testing.tree import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ldapom.testing.tree import Tree
    from ldapom.testing.vocabulary import Key, Vocabulary

SUBSCHEMA = "cn=Subschema"


def supplement() -> Schema:
    """The operational attributes that a schema may lack."""
    text = (files("ldapom.testing") / "data" / "operational.schema").read_text()
    return Schema.from_ldif(StringIO(text))


class Stamps:
    """Gives each write its time and a version that no other write has."""

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)
        self._count = 0

    def _next(self) -> tuple[str, str]:
        now = datetime.now(UTC)
        self._count = self._count + 1 if now <= self._last else 0
        self._last = max(self._last, now)
        moment = self._last.strftime("%Y%m%d%H%M%S")
        fraction = f"{self._last.microsecond:06d}"
        return f"{moment}Z", f"{moment}.{fraction}Z#{self._count:06x}#000#000000"

    def created(
        self, values: dict[str, tuple[bytes, ...]], who: str, structural: str
    ) -> None:
        """Stamp a new entry; what is there already (from an LDIF dump) stays."""
        moment, version = self._next()
        given = {
            "structuralObjectClass": structural,
            "entryUUID": str(uuid.uuid4()),
            "creatorsName": who,
            "createTimestamp": moment,
            "entryCSN": version,
            "modifiersName": who,
            "modifyTimestamp": moment,
        }
        for name, text in given.items():
            if name not in values:
                values[name] = (text.encode("utf-8", "surrogateescape"),)

    def modified(self, entry: Entry, who: str) -> Entry:
        """Stamp a changed entry."""
        moment, version = self._next()
        stamps = {
            "entryCSN": (version.encode(),),
            "modifiersName": (who.encode("utf-8", "surrogateescape"),),
            "modifyTimestamp": (moment.encode(),),
        }
        return evolve(entry, values={**entry.values, **stamps})


def computed(tree: Tree) -> Mapping[str, Callable[[Entry], list[bytes]]]:
    """The attributes that are computed for each entry, by name."""

    def has_subordinates(entry: Entry) -> list[bytes]:
        if not entry.number:  # the directory's own entries stand beside the tree
            return []
        return [b"TRUE" if tree.has_children(entry.key) else b"FALSE"]

    def member_of(entry: Entry) -> list[bytes]:
        numbers: set[int] = set()
        for name in ("member", "uniqueMember"):
            index = tree.indexed(name)
            if index is not None:
                numbers.update(index.get(entry.key, ()))
        groups = (tree.get(number) for number in sorted(numbers))
        return [_octets(group.dn) for group in groups if group is not None]

    return {
        "entryDN": lambda entry: [_octets(entry.dn)],
        "hasSubordinates": has_subordinates,
        "memberOf": member_of,
        "subschemaSubentry": lambda _: [_octets(SUBSCHEMA)],
    }


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@frozen
class Offer:
    """What a connection may use, for the root DSE."""

    controls: Iterable[str]
    mechanisms: Iterable[str]
    start_tls: bool


#: RFC 4525, RFC 3673, RFC 4529, RFC 4526, RFC 3866.
_FEATURES = (
    "1.3.6.1.1.14",
    "1.3.6.1.4.1.4203.1.5.1",
    "1.3.6.1.4.1.4203.1.5.2",
    "1.3.6.1.4.1.4203.1.5.3",
    "1.3.6.1.4.1.4203.1.5.4",
)


@cache
def _version() -> str:
    """The version that is installed; a bare checkout has none."""
    try:
        return metadata.version("ldapom")
    except metadata.PackageNotFoundError:
        return "unknown"


def root_dse(suffixes: Iterable[str], offer: Offer) -> Entry:
    """The root DSE as this connection sees it."""
    extensions = [
        extended.WHO_AM_I,
        extended.PASSWORD_MODIFY,
        extended.START_TRANSACTION,
        extended.END_TRANSACTION,
        extended.CANCEL,
    ]
    if offer.start_tls:
        extensions.append(extended.START_TLS)
    texts: dict[str, Iterable[str]] = {
        "objectClass": ("top", "extensibleObject"),
        "structuralObjectClass": ("top",),
        "namingContexts": suffixes,
        "subschemaSubentry": (SUBSCHEMA,),
        "supportedControl": offer.controls,
        "supportedExtension": extensions,
        "supportedFeatures": _FEATURES,
        "supportedLDAPVersion": ("3",),
        "supportedSASLMechanisms": offer.mechanisms,
        "vendorName": ("ldapom",),
        "vendorVersion": (_version(),),
    }
    return _synthetic("", (), texts)


def subschema(vocabulary: Vocabulary) -> Entry:
    """The entry that publishes the schema."""
    texts: dict[str, Iterable[str]] = {
        "objectClass": ("top", "subentry", "subschema", "extensibleObject"),
        "structuralObjectClass": ("subentry",),
        "cn": ("Subschema",),
        "subschemaSubentry": (SUBSCHEMA,),
    }
    for attribute, table in _PUBLISHED.items():
        seen: dict[str, str] = {}
        for schema in vocabulary.schemas:
            definitions = getattr(schema, table)
            for name in definitions:
                definition = definitions[name]
                seen.setdefault(definition.identifier, str(definition))
        texts[attribute] = seen.values()
    return _synthetic(SUBSCHEMA, vocabulary.dn_key(SUBSCHEMA), texts)


_PUBLISHED = {
    "ldapSyntaxes": "ldap_syntaxes",
    "matchingRules": "matching_rules",
    "matchingRuleUse": "matching_rule_uses",
    "attributeTypes": "attribute_types",
    "objectClasses": "object_classes",
    "dITContentRules": "dit_content_rules",
    "dITStructureRules": "dit_structure_rules",
    "nameForms": "name_forms",
}


def _synthetic(dn: str, key: Key, texts: Mapping[str, Iterable[str]]) -> Entry:
    values = {
        name: tuple(text.encode() for text in found) for name, found in texts.items()
    }
    return Entry(0, dn, key, {name: found for name, found in values.items() if found})
