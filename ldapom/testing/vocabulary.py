"""What the schema says about the attributes of a request, looked up once for each name.

1. An attribute *description* is a type and options: ``cn``, ``2.5.4.3``,
   ``cn;lang-de`` (RFC 4512 2.5). Names, aliases and OIDs lead to one `AttributeKind`.
2. A value's *normal form* is what its equality rule compares; two values with one
   normal form are the same value.
3. A DN's *key* is the tuple of its normalised RDNs, the root's first: a subtree is
   all keys that begin with the same RDNs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from ldapom.dn import DN
from ldapom.errors import DNSyntaxError
from ldapom.schema import matching, syntaxes
from ldapom.testing import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from ldapom.dn import RDN
    from ldapom.schema import AttributeType, DITContentRule, ObjectClass, Schema

#: A normalised DN, the RDN nearest the root first.
Key: TypeAlias = "tuple[Hashable, ...]"
Normalize: TypeAlias = "Callable[[bytes], Hashable]"

#: Rules whose values are DNs: these are compared by this schema, not by a fixed table.
_DN_RULES = frozenset({"distinguishednamematch", "2.5.13.1"})
#: The same, with an optional bit string behind a ``#`` (RFC 4517 3.3.21).
_MEMBER_RULES = frozenset({"uniquemembermatch", "2.5.13.23"})
#: Rules whose values are names of definitions: a name and its OID are the same.
_OID_RULES = frozenset({"objectidentifiermatch", "2.5.13.0"})
#: RFC 4512 2.5.2: option characters. A description is short.
_MAX_DESCRIPTION = 500
#: How many descriptions and RDNs are kept.
_MAX_KEPT = 5_000
#: Ordering that follows from equality where a definition names none: RFC 2307 has
#: numbers without an ordering rule, and every server lets them be compared.
_IMPLIED_ORDERING = {
    "integermatch": "integerOrderingMatch",
    "generalizedtimematch": "generalizedTimeOrderingMatch",
}


@frozen(eq=False)
class AttributeKind:
    """An attribute type with all that it inherits, ready for use.

    Attributes:
        name: The schema's first name, or the OID of a nameless type.
        definition: What the schema says.
        equality, ordering, substr: The effective rules' names; None without one.
        syntax: The OID of the effective syntax.
        normalize: The normal form by the equality rule; None without one.
        order: The sortable form by the ordering rule; None without one.
        check: Raises ValueError for a value that is none of the syntax.
        operational: Whether only `+` or its name asks for it (RFC 4512 3.4).
        names: The names of this type and of all its subtypes.
    """

    name: str
    definition: AttributeType
    equality: str | None
    ordering: str | None
    substr: str | None
    syntax: str
    normalize: Normalize | None
    order: Normalize | None
    check: Callable[[bytes], object]
    operational: bool
    names: list[str] = field(factory=list)


@frozen
class Description:
    """An attribute type and its options, in lower case and sorted.

    Attributes:
        name: The key that an entry keeps these values under.
    """

    kind: AttributeKind
    options: frozenset[str]
    name: str


class Vocabulary:
    """The types, descriptions and names of one schema.

    Args:
        schemas: Where definitions are looked for; an earlier schema wins.
    """

    def __init__(self, *schemas: Schema) -> None:
        self.schemas = schemas
        self._kinds: dict[str, AttributeKind] = {}
        self._by_name: dict[str, AttributeKind] = {}
        self._oids: dict[bytes, Hashable] = {}
        self._descriptions: dict[str, Description | None] = {}
        self._rdns: dict[RDN, Hashable] = {}
        self._class_lines: dict[Hashable, frozenset[Hashable]] = {}
        #: Reads a DN and its key; raises DNSyntaxError for a text that is none.
        self.dn: Callable[[str], tuple[DN, Key]] = lru_cache(maxsize=20_000)(
            self._read_dn
        )
        for definition in self.definitions():
            self._kind(definition)
        for kind in list(self._kinds.values()):
            for name in self._line(kind.definition):
                self._kinds[name].names.append(kind.name)

    def definitions(self) -> Iterable[AttributeType]:
        """Each attribute type once, those of the first schema first."""
        seen: set[str] = set()
        for schema in self.schemas:
            for name in schema.attribute_types:
                definition = schema.attribute_types[name]
                if definition.oid not in seen:
                    seen.add(definition.oid)
                    yield definition

    def kind(self, name: str) -> AttributeKind | None:
        """The attribute type of this name or OID, in any case; None when unknown."""
        try:
            return self._by_name[name]
        except KeyError:
            definition = self._definition(name)
        found = None if definition is None else self._kinds[definition.oid]
        if found is not None:
            self._by_name[name] = found
        return found

    def describe(self, text: str) -> Description | None:
        """Read an attribute description; None when its type is unknown.

        Texts come from clients, so what is kept of them is bounded.
        """
        try:
            return self._descriptions[text]
        except KeyError:
            found = self._describe(text)
        if len(self._descriptions) < _MAX_KEPT and len(text) < _MAX_DESCRIPTION:
            self._descriptions[text] = found
        return found

    def _read_dn(self, text: str) -> tuple[DN, Key]:
        dn = DN.parse(text)
        return dn, tuple([self.rdn_key(rdn) for rdn in reversed(dn.rdns)])

    def dn_key(self, text: str) -> Key:
        """The key of a DN; see `dn`."""
        return self.dn(text)[1]

    def rdn_key(self, rdn: RDN) -> Hashable:
        """The normalised RDN; the order of its parts does not count."""
        found = self._rdns.get(rdn)
        if found is None:
            parts = [self._ava_key(ava.type, ava.value) for ava in rdn]
            found = parts[0] if len(parts) == 1 else frozenset(parts)
            if len(self._rdns) < _MAX_KEPT:
                self._rdns[rdn] = found
        return found

    def _ava_key(self, type_: str, value: str) -> Hashable:
        kind = self.kind(type_)
        if kind is None or kind.normalize is None:
            return type_.lower() if kind is None else kind.name, value.casefold()
        raw = value.encode("utf-8", "surrogateescape")
        try:
            return kind.name, kind.normalize(raw)
        except ValueError:
            return kind.name, raw

    def _normalize_dn(self, raw: bytes) -> Hashable:
        try:
            return self.dn_key(raw.decode())
        except DNSyntaxError as error:
            raise ValueError(str(error)) from error

    def _normalize_member(self, raw: bytes) -> Hashable:
        name, mark, bits = raw.rpartition(b"#")
        if mark and bits.startswith(b"'") and bits.endswith(b"'B"):
            return self._normalize_dn(name), bits
        return self._normalize_dn(raw)

    def _definition(self, name: str) -> AttributeType | None:
        for schema in self.schemas:
            found = schema.attribute_types.get(name)
            if found is not None:
                return found
        return None

    def _line(self, definition: AttributeType) -> list[str]:
        """The OIDs of a type and its supertypes, the type's own first."""
        line: list[str] = []
        current: AttributeType | None = definition
        while current is not None and current.oid not in line:
            line.append(current.oid)
            current = self._definition(current.sup) if current.sup else None
        return line

    def _inherited(self, definition: AttributeType, part: str) -> str | None:
        for oid in self._line(definition):
            value = getattr(self._definition(oid), part)
            if value:
                return str(value)
        return None

    def _kind(self, definition: AttributeType) -> None:
        equality, ordering, substr, syntax = (
            self._inherited(definition, part)
            for part in ("equality", "ordering", "substr", "syntax")
        )
        ordering = ordering or _IMPLIED_ORDERING.get((equality or "").lower())
        self._kinds[definition.oid] = AttributeKind(
            name=definition.names[0] if definition.names else definition.oid,
            definition=definition,
            equality=equality,
            ordering=ordering,
            substr=substr,
            syntax=syntax or "",
            normalize=self.rule(equality),
            order=self.rule(ordering),
            check=strict.SYNTAXES.get(syntax or "")
            or syntaxes.lookup(syntax or "").decode,
            operational=definition.usage.is_operational,
        )

    def rule(self, name: str | None) -> Normalize | None:
        """The function that a matching rule normalises with; None when unknown."""
        if not name:
            return None
        if name.lower() in _DN_RULES:
            return self._normalize_dn
        if name.lower() in _MEMBER_RULES:
            return self._normalize_member
        if name.lower() in _OID_RULES:
            return self._normalize_oid
        found = matching.lookup(name)
        return None if found is None else found.normalize

    def rule_name(self, name: str) -> str:
        """One name for a matching rule, whether it came as a name or as an OID."""
        found = matching.lookup(name)
        return name.lower() if found is None else found.name.lower()

    def content_rule(self, structural: str) -> DITContentRule | None:
        """The content rule of a structural class (RFC 4512 4.1.6), if there is one."""
        found = (schema.content_rule(structural) for schema in self.schemas)
        return next((rule for rule in found if rule is not None), None)

    def object_class(self, name: str) -> ObjectClass | None:
        """The object class of this name or OID, in any case; None when unknown."""
        for schema in self.schemas:
            found = schema.object_classes.get(name)
            if found is not None:
                return found
        return None

    def superclasses(self, name: str) -> tuple[ObjectClass, ...]:
        """The class of this name and all above it, itself first."""
        found: dict[str, ObjectClass] = {}
        todo = [name]
        while todo:
            definition = self.object_class(todo.pop(0))
            if definition is not None and definition.oid not in found:
                found[definition.oid] = definition
                todo.extend(definition.sup)
        return tuple(found.values())

    def class_line(self, oid: Hashable) -> frozenset[Hashable]:
        """The normal forms of an object class and of all above it."""
        line = self._class_lines.get(oid)
        if line is None:
            found = self.superclasses(str(oid))
            line = frozenset({oid, *(definition.oid for definition in found)})
            self._class_lines[oid] = line
        return line

    def _normalize_oid(self, raw: bytes) -> Hashable:
        found = self._oids.get(raw)
        if found is None:
            name = raw.decode().strip()
            found = self._oid(name) or name.lower()
            if len(self._oids) < _MAX_KEPT:
                self._oids[raw] = found
        return found

    def _oid(self, name: str) -> str | None:
        for schema in self.schemas:
            for table in (schema.object_classes, schema.attribute_types):
                found = table.get(name)
                if found is not None:
                    return found.oid
        return None

    def _describe(self, text: str) -> Description | None:
        type_, *options = text.split(";")
        kind = self.kind(type_)
        if kind is None or not all(_is_option(option) for option in options):
            return None
        chosen = sorted({option.lower() for option in options})
        return Description(kind, frozenset(chosen), ";".join((kind.name, *chosen)))

    def assertion(self, kind: AttributeKind, raw: bytes) -> Hashable | None:
        """The normal form of a value that a filter asserts; None for no such value.

        What is kept here was checked when it came, what a client asserts was not.
        """
        try:
            strict.check_assertion(kind.equality, raw)
            if kind.normalize == self._normalize_oid and self._is_unknown(raw):
                return None
            return None if kind.normalize is None else kind.normalize(raw)
        except ValueError:
            return None

    def _is_unknown(self, raw: bytes) -> bool:
        """Whether a descriptor is of nothing here, so undefined (RFC 4517 4.2.26)."""
        name = raw.decode().strip()
        return not name[:1].isdigit() and self._oid(name) is None

    @staticmethod
    def check_value(kind: AttributeKind, raw: bytes) -> None:
        """Check a value against its attribute's syntax and equality rule.

        Raises:
            ValueError: It is none.
        """
        kind.check(raw)
        if kind.normalize is not None:
            kind.normalize(raw)


def _is_option(option: str) -> bool:
    return bool(option) and option.isascii() and option.replace("-", "").isalnum()
