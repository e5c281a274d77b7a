"""The schema of a directory: definitions, found by any of their names.

1. A schema helps and never stands in the way: whatever can be read counts, whatever
   can not is kept as text in ``problems``, and an unknown attribute is no error.
2. Names and OIDs are found in any case. Where two definitions claim one name the
   first has it, as servers do; the other one is found by what remains to it.
3. What follows ``SUP`` stops at a cycle and at a superior nobody defines.
4. A schema never changes. Its definitions are its own copies, so that an attribute
   type can know its superior.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict

import attrs
from attrs import field, frozen

from ldapom.schema.base import set_field
from ldapom.schema.definitions import Definitions, Problem
from ldapom.schema.model import (
    AttributeType,
    Definition,
    DITContentRule,
    DITStructureRule,
    LDAPSyntax,
    MatchingRule,
    MatchingRuleUse,
    NameForm,
    ObjectClass,
)
from ldapom.schema.tokens import DefinitionError, decode

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO, Self, Unpack

    from ldapom.schema.difference import SchemaDiff

#: The kinds in the order a schema lists them, by the field of `Schema` they live in.
KINDS: Mapping[str, type[Definition]] = {
    "ldap_syntaxes": LDAPSyntax,
    "matching_rules": MatchingRule,
    "matching_rule_uses": MatchingRuleUse,
    "attribute_types": AttributeType,
    "object_classes": ObjectClass,
    "dit_content_rules": DITContentRule,
    "dit_structure_rules": DITStructureRule,
    "name_forms": NameForm,
}


class Texts(TypedDict, total=False):
    """The definitions `Schema.parse` takes, each a text of RFC 4512 4.1."""

    attribute_types: Iterable[str | bytes]
    object_classes: Iterable[str | bytes]
    ldap_syntaxes: Iterable[str | bytes]
    matching_rules: Iterable[str | bytes]
    matching_rule_uses: Iterable[str | bytes]
    dit_content_rules: Iterable[str | bytes]
    dit_structure_rules: Iterable[str | bytes]
    name_forms: Iterable[str | bytes]


@frozen(eq=False, repr=False)
class Schema:
    """What a directory knows: attribute types, object classes and all the rest.

    Make one with `parse`, `from_ldif`, `from_attributes`, `standard` or `empty`.
    """

    ldap_syntaxes: Definitions[LDAPSyntax]
    matching_rules: Definitions[MatchingRule]
    matching_rule_uses: Definitions[MatchingRuleUse]
    attribute_types: Definitions[AttributeType]
    object_classes: Definitions[ObjectClass]
    dit_content_rules: Definitions[DITContentRule]
    dit_structure_rules: Definitions[DITStructureRule]
    name_forms: Definitions[NameForm]
    _unread: tuple[Problem, ...] = field(alias="unread")

    # --- making ---------------------------------------------------------------

    @classmethod
    def parse(cls, **texts: Unpack[Texts]) -> Self:
        """Read a schema from the texts of its definitions.

        Args:
            **texts: ``attribute_types``, ``object_classes``, ``ldap_syntaxes``,
                ``matching_rules``, ``matching_rule_uses``, ``dit_content_rules``,
                ``dit_structure_rules``, ``name_forms``: iterables of ``str`` or
                ``bytes``.

        Returns:
            A schema with all that could be read; the rest is in ``problems``.
        """
        if unknown := texts.keys() - KINDS.keys():
            raise TypeError(f"Schema.parse() takes no {', '.join(sorted(unknown))}")
        return cls._parsed(texts, {})

    @classmethod
    def _parsed(cls, texts: Texts, macros: Mapping[str, str]) -> Self:
        """Read definitions whose OIDs may be spelled by OpenLDAP's macros."""
        problems: list[Problem] = []
        found: dict[str, list[Definition]] = {}
        for name, kind in KINDS.items():
            given: Iterable[str | bytes] = texts.get(name, ())  # type: ignore[assignment]  # get() by a plain str gives object
            definitions = _read_all(kind, given, problems)
            if macros:
                definitions = [_expanded(d, macros) for d in definitions]
            found[name] = definitions
        return cls._of(found, problems)

    @classmethod
    def of(cls, *definitions: Definition) -> Self:
        """Make a schema of values that were read or written in Python."""
        names = {kind: name for name, kind in KINDS.items()}
        found: dict[str, list[Definition]] = {name: [] for name in KINDS}
        for definition in definitions:
            own = attrs.evolve(definition)  # type: ignore[misc]  # every kind is an attrs class
            found[names[type(definition)]].append(own)
        return cls._of(found, [])

    @classmethod
    def _of(
        cls, found: Mapping[str, Iterable[Definition]], problems: Iterable[Problem]
    ) -> Self:
        views: dict[str, Any] = {
            name: Definitions(definitions) for name, definitions in found.items()
        }
        _link(views["attribute_types"])
        problems = (*problems, *_shadowed(views))
        return cls(**views, unread=problems)

    @classmethod
    def empty(cls) -> Self:
        """Make a schema that defines nothing, as of a server that shows none."""
        return cls.parse()

    @classmethod
    def standard(cls) -> Self:
        """Read the schema of the RFCs that every directory has, from package data.

        RFC 4512, 4517, 4519, 4523, 4524, 2798, 2307, 4530, 5020 and ``memberOf``.
        """
        from ldapom.schema.sources import standard_source  # sources reads schemas

        source = standard_source()
        return cls._parsed(source.texts, source.macros)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Iterable[str | bytes]]) -> Self:
        """Read what a subschema entry holds.

        Args:
            attributes: ``attributeTypes``, ``objectClasses``, … in any case, each
                with its values. Other attributes do not matter.
        """
        from ldapom.schema.sources import attribute_source  # sources reads schemas

        source = attribute_source(attributes.items())
        return cls._parsed(source.texts, source.macros)

    @classmethod
    def from_ldif(cls, source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> Self:
        """Read a schema file.

        Args:
            source: A path or an open file: LDIF of a subschema entry, LDIF of
                OpenLDAP's ``cn=schema,cn=config``, or an OpenLDAP ``.schema`` file
                (``attributetype ( … )``).

        Raises:
            SchemaError: The file holds no schema.
            LDIFSyntaxError: It is no LDIF.
            OSError: It can not be opened.
        """
        from ldapom.schema.sources import file_source  # sources reads schemas

        read = file_source(source)
        return cls._parsed(read.texts, read.macros)

    @classmethod
    def from_entries(
        cls, entries: Iterable[Mapping[str, Iterable[str | bytes]]]
    ) -> Self:
        """Read Active Directory's ``attributeSchema`` and ``classSchema`` entries.

        They say more than its subschema entry (`ActiveAttribute`, `ActiveClass`).

        Args:
            entries: The attributes of each entry, in any case; others do not matter.
        """
        from ldapom.schema.sources import entry_source  # sources reads schemas

        source = entry_source(entry.items() for entry in entries)
        return cls._parsed(source.texts, source.macros)

    # --- more than one ----------------------------------------------------------

    def merge(self, other: Schema) -> Self:
        """Make a schema of all of this one, and what only the other one defines.

        Args:
            other: A schema; a definition of it counts unless this one has one with
                the same OID. Where another definition has one of its names, that is
                a problem and this schema's definition keeps the name.
        """
        more = (
            definition
            for name in KINDS
            for definition in getattr(other, name).values()
            if definition.identifier not in getattr(self, name)
        )
        merged = self.of(*self.definitions(), *more)
        problems = (*self._unread, *other._unread, *merged._unread)
        return attrs.evolve(merged, unread=tuple(dict.fromkeys(problems)))

    def diff(self, other: Schema) -> SchemaDiff:
        """Say what another schema has that this one has not, and the other way.

        Returns:
            The steps from this schema to the other one: a value, false where there
            are none, and readable as text.
        """
        from ldapom.schema.difference import difference  # difference reads schemas

        return difference(self, other)

    def to_ldif(self) -> str:
        """Write a subschema entry that `from_ldif` reads back to an equal schema.

        What could not be read stands in it as it came.
        """
        from ldapom.schema.dump import dump  # dump reads schemas

        return dump(self, self._unread)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), tuple(self.definitions()), self._unread)

    # --- looking up -----------------------------------------------------------

    def definitions(self) -> Iterator[Definition]:
        """Yield every definition, kind by kind, in the order of the schema."""
        for name in KINDS:
            view: Definitions[Definition] = getattr(self, name)
            yield from view.values()

    def attribute_type(self, name: str) -> AttributeType:
        """Give an attribute type by any name or OID; options are not looked at.

        Raises:
            SchemaError: The schema has none of this name; says which are near.
        """
        return self.attribute_types.find(name.partition(";")[0], "attribute type")

    def object_class(self, name: str) -> ObjectClass:
        """Give an object class by any name or OID.

        Raises:
            SchemaError: The schema has none of this name; says which are near.
        """
        return self.object_classes.find(name, "object class")

    def content_rule(self, structural: str) -> DITContentRule | None:
        """Give the content rule of a structural class (RFC 4512 4.1.6), if any."""
        definition = self.object_classes.get(structural)
        keys = (structural,) if definition is None else definition.keys
        found = (self.dit_content_rules.get(key) for key in reversed(keys))
        return next((rule for rule in found if rule is not None), None)

    def effective(self, name: str) -> AttributeType:
        """Give an attribute type with all that it inherits written into it."""
        own = self.attribute_type(name)
        return attrs.evolve(
            own,
            equality=own.effective_equality,
            ordering=own.effective_ordering,
            substr=own.effective_substr,
            syntax=own.effective_syntax,
            length=own.effective_length,
        )

    # --- superiors ------------------------------------------------------------

    def superiors(self, name: str) -> tuple[str, ...]:
        """Name all superiors of a class, nearest first, each before its own.

        A superior that is not defined is named as the definition spells it.

        Raises:
            SchemaError: There is no such class.
        """
        return self._lineage(name)[1:]

    def _lineage(self, name: str) -> tuple[str, ...]:
        """Name a class and its superiors: a walk in depth, without recursion."""
        self.object_class(name)
        start = self.object_classes.canonical(name)
        left: list[str] = []
        seen = {start}
        stack: list[tuple[str, Iterator[str]]] = [(start, self._sup(start))]
        while stack:
            current, superiors = stack[-1]
            superior = next((s for s in superiors if s not in seen), None)
            if superior is None:
                left.append(current)
                stack.pop()
            else:
                seen.add(superior)
                stack.append((superior, self._sup(superior)))
        return tuple(reversed(left))

    def _sup(self, name: str) -> Iterator[str]:
        """Yield the direct superiors by their first names, last one first."""
        definition = self.object_classes.get(name)
        for superior in reversed(definition.sup if definition else ()):
            yield self.object_classes.canonical(superior)

    def must(self, *classes: str) -> tuple[str, ...]:
        """Name the attributes that entries of all these classes must have.

        Returns:
            First names of attribute types, the most general class's first; one that
            the schema does not define as it is spelled.

        Raises:
            SchemaError: One of the classes is not defined.
        """
        return tuple(self._allowed(classes, "must"))

    def may(self, *classes: str) -> tuple[str, ...]:
        """Name the attributes that entries of all these classes may have beside.

        What one class demands and another allows is demanded, so it is not here.

        Raises:
            SchemaError: One of the classes is not defined.
        """
        must = {name.lower() for name in self._allowed(classes, "must")}
        found = self._allowed(classes, "may")
        return tuple(name for name in found if name.lower() not in must)

    def _allowed(self, classes: Iterable[str], clause: str) -> Iterable[str]:
        """Collect MUST or MAY over classes and superiors, in a stable order."""
        found: dict[str, str] = {}
        for name in classes:
            for member in reversed(self._lineage(name)):
                definition = self.object_classes.get(member)
                attributes: tuple[str, ...] = getattr(definition, clause, ())
                for attribute in attributes:
                    canonical = self.attribute_types.canonical(attribute)
                    found.setdefault(canonical.lower(), canonical)
        return found.values()

    # --- about the schema as a whole ------------------------------------------

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """All that could not be read, and all that does not fit together."""
        from ldapom.schema.check import inconsistencies  # check reads schemas

        return (*self._unread, *inconsistencies(self))

    @cached_property
    def fingerprint(self) -> str:
        """A hash over all definitions; their order and their blanks do not count."""
        lines = sorted(f"{d.GRAMMAR.attribute} {d}" for d in self.definitions())
        digest = hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{name}={len(getattr(self, name))}"
            for name in KINDS
            if len(getattr(self, name))
        )
        return f"<Schema {counts or 'empty'}>"


def _rebuilt(
    kind: type[Schema], definitions: tuple[Definition, ...], unread: tuple[Problem, ...]
) -> Schema:
    """Unpickle: attribute types find their superiors anew."""
    return attrs.evolve(kind.of(*definitions), unread=unread)


def _read_all(
    kind: type[Definition], texts: Iterable[str | bytes], problems: list[Problem]
) -> list[Definition]:
    """Read the definitions of one kind; what can not be read becomes a problem."""
    found: list[Definition] = []
    attribute = kind.GRAMMAR.attribute
    for raw in texts:
        text = decode(raw)
        try:
            definition, notes = kind.read(text)
        except DefinitionError as error:
            problems.append(Problem(attribute, text, error.reason, error.position))
            continue
        found.append(definition)
        if notes:
            problems.extend(Problem(attribute, text, *note) for note in notes)
    return found


def _expanded(definition: Definition, macros: Mapping[str, str]) -> Definition:
    """Put OIDs in the place of OpenLDAP's ``name`` and ``name:suffix``."""
    changed: dict[str, str] = {}
    for name in ("oid", "syntax"):
        value: str | None = getattr(definition, name, None)
        macro, colon, suffix = (value or "").partition(":")
        if value and macro.lower() in macros:
            dot = "." if colon else ""
            changed[name] = f"{macros[macro.lower()]}{dot}{suffix}"
    if not changed:
        return definition
    return attrs.evolve(definition, **changed)  # type: ignore[misc]  # every kind is an attrs class


def _link(types: Definitions[AttributeType]) -> None:
    """Tell each attribute type its superior."""
    for definition in types.values():
        if definition.sup is not None:
            superior = types.get(definition.sup)
            set_field(definition, "_superior", superior)


def _shadowed(views: Mapping[str, Definitions[Definition]]) -> Iterator[Problem]:
    """Report the names that an earlier definition of the kind has already."""
    for view in views.values():
        for definition, key in view.taken:
            first = view[key]
            told = (
                f"{key!r} is already the name of {first.identifier}"
                if key != definition.identifier
                else f"{key} is already the OID of {first.name!r}"
            )
            reason = f"{told}; the definition that came first is used"
            yield Problem(definition.GRAMMAR.attribute, str(definition), reason)
