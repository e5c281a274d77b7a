"""The eight kinds of definition of RFC 4512 4.1 as frozen values.

1. A value has the fields of its ABNF production and nothing of the schema around it;
   only an attribute type that belongs to a `Schema` also knows its superior type.
2. ``Kind.parse(text)`` reads one definition, ``str(value)`` writes its canonical
   text, and that text reads back to an equal value.
3. What a kind may hold is its grammar: one table to read by and to write by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import field, frozen

from ldapom.schema import base, grammar, quick
from ldapom.schema.base import set_field
from ldapom.schema.caseless import Caseless
from ldapom.schema.grammar import Kind, Usage
from ldapom.schema.parse import Grammar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.schema.quick import Groups

#: What ``extensions`` holds: ``{"X-ORIGIN": ("RFC 4519",)}``.
Extensions = quick.Extensions
_NO_EXTENSIONS = quick.NO_EXTENSIONS


# --- what all kinds share ----------------------------------------------------


Definition = base.Definition


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _numbers(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


def _caseless(values: Mapping[str, tuple[str, ...]]) -> Extensions:
    return values if isinstance(values, Caseless) else Caseless(values)


# --- the eight kinds ---------------------------------------------------------


@frozen(str=False, eq=False)
class AttributeType(Definition):
    """An attribute type (RFC 4512 4.1.2).

    Attributes:
        sup: The superior type as the definition spells it; may be a name or an OID.
        syntax: The syntax's OID without its bound; None where it is inherited.
        length: The bound of ``SYNTAX 1.3…{64}``, a hint and no limit.
    """

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "attributeTypes",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oid("SUP", "sup"),
        grammar.oid("EQUALITY", "equality"),
        grammar.oid("ORDERING", "ordering"),
        grammar.oid("SUBSTR", "substr"),
        grammar.SYNTAX,
        grammar.flag("SINGLE-VALUE", "single_value"),
        grammar.flag("COLLECTIVE", "collective"),
        grammar.flag("NO-USER-MODIFICATION", "no_user_modification"),
        grammar.USAGE,
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    sup: str | None = None
    equality: str | None = None
    ordering: str | None = None
    substr: str | None = None
    syntax: str | None = None
    length: int | None = None
    single_value: bool = False
    collective: bool = False
    no_user_modification: bool = False
    usage: Usage = Usage.user_applications
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)
    #: The superior type in the schema this one belongs to; set by the registry.
    _superior: AttributeType | None = field(
        init=False, default=None, eq=False, repr=False
    )

    @classmethod
    def _later(cls, groups: Groups) -> Self:
        made = super()._later(groups)
        sup = groups[_SUP]
        set_field(made, "sup", None if sup is None else quick.OID.take(sup))
        set_field(made, "_superior", None)
        return made

    @staticmethod
    def _completed(fields: dict[str, Any]) -> dict[str, Any]:
        syntax = fields.get("syntax")
        if syntax is not None and syntax[-1] == "}":
            bare, _, bound = syntax[:-1].rpartition("{")
            if bare and bound.isascii() and bound.isdigit() and len(bound) <= 18:  # noqa: PLR2004  # digits of an int that needs no limit
                fields["syntax"], fields["length"] = bare, int(bound)
        return fields

    def _value(self, name: str) -> Any:  # noqa: ANN401  # each clause knows its own
        if name == "syntax" and self.syntax is not None and self.length is not None:
            return f"{self.syntax}{{{self.length}}}"
        return getattr(self, name)

    def lineage(self) -> Iterator[AttributeType]:
        """Yield this type and its superiors, nearest first, each once."""
        seen: set[int] = set()
        current: AttributeType | None = self
        while current is not None and id(current) not in seen:
            seen.add(id(current))
            yield current
            current = current._superior  # another of this class

    def _inherited(self, name: str) -> Any:  # noqa: ANN401  # typed by the properties
        for definition in self.lineage():
            value = getattr(definition, name)
            if value is not None:
                return value
        return None

    @property
    def effective_syntax(self) -> str | None:
        """The syntax's OID, inherited where this type has none of its own."""
        syntax: str | None = self._inherited("syntax")
        return syntax

    @property
    def effective_length(self) -> int | None:
        """The length bound that comes with the effective syntax."""
        for definition in self.lineage():
            if definition.syntax is not None:
                return definition.length
        return None

    @property
    def effective_equality(self) -> str | None:
        """The equality rule, inherited where this type has none of its own."""
        rule: str | None = self._inherited("equality")
        return rule

    @property
    def effective_ordering(self) -> str | None:
        """The ordering rule, inherited where this type has none of its own."""
        rule: str | None = self._inherited("ordering")
        return rule

    @property
    def effective_substr(self) -> str | None:
        """The substrings rule, inherited where this type has none of its own."""
        rule: str | None = self._inherited("substr")
        return rule


#: Where `Groups` have the superior type, which the schema asks for at once.
_SUP = 1 + [clause.field for clause in AttributeType.GRAMMAR.clauses].index("sup")


@frozen(str=False, eq=False)
class ObjectClass(Definition):
    """An object class (RFC 4512 4.1.1); ``sup``, ``must``, ``may`` as spelled."""

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "objectClasses",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oids("SUP", "sup"),
        grammar.kind_of(Kind.abstract),
        grammar.kind_of(Kind.structural),
        grammar.kind_of(Kind.auxiliary),
        grammar.MUST,
        grammar.MAY,
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    sup: tuple[str, ...] = field(default=(), converter=_strings)
    kind: Kind = Kind.structural
    must: tuple[str, ...] = field(default=(), converter=_strings)
    may: tuple[str, ...] = field(default=(), converter=_strings)
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)


@frozen(str=False, eq=False)
class MatchingRule(Definition):
    """A matching rule (RFC 4512 4.1.3) and the syntax of what it asserts."""

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "matchingRules",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.SYNTAX,
        required=("SYNTAX",),
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    syntax: str = ""
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)


@frozen(str=False, eq=False)
class MatchingRuleUse(Definition):
    """Which attribute types a matching rule can be used with (RFC 4512 4.1.4)."""

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "matchingRuleUse",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oids("APPLIES", "applies"),
        required=("APPLIES",),
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    applies: tuple[str, ...] = field(default=(), converter=_strings)
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)


@frozen(str=False, eq=False)
class LDAPSyntax(Definition):
    """An LDAP syntax (RFC 4512 4.1.5): an OID and what people call it."""

    GRAMMAR: ClassVar[Grammar] = Grammar("ldapSyntaxes", grammar.DESC)

    oid: str
    description: str | None = None
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)

    @property
    def keys(self) -> tuple[str, ...]:
        """The OID: a syntax has no names."""
        return (self.oid,)

    @classmethod
    def _later(cls, groups: Groups) -> Self:
        made = cls.__new__(cls)
        set_field(made, "_groups", groups)
        set_field(made, "oid", groups[0])
        return made


@frozen(str=False, eq=False)
class DITContentRule(Definition):
    """What entries of one structural class may hold (RFC 4512 4.1.6).

    Attributes:
        oid: The OID of the structural class.
        aux: The auxiliary classes that such entries may belong to.
        precluded: The attribute types of NOT, which they must not have.
    """

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "dITContentRules",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oids("AUX", "aux"),
        grammar.MUST,
        grammar.MAY,
        grammar.oids("NOT", "precluded"),
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    aux: tuple[str, ...] = field(default=(), converter=_strings)
    must: tuple[str, ...] = field(default=(), converter=_strings)
    may: tuple[str, ...] = field(default=(), converter=_strings)
    precluded: tuple[str, ...] = field(default=(), converter=_strings)
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)


@frozen(str=False, eq=False)
class DITStructureRule(Definition):
    """Where entries named by one name form may stand (RFC 4512 4.1.7.1).

    Attributes:
        rule_id: The rule's number.
        form: The name form of the entries the rule is about.
        sup: The numbers of the rules their parents may be under.
    """

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "dITStructureRules",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oid("FORM", "form"),
        grammar.RULES,
        required=("FORM",),
        numbered=True,
    )

    rule_id: int
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    form: str = ""
    sup: tuple[int, ...] = field(default=(), converter=_numbers)
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)

    @classmethod
    def _made(cls, identifier: str, fields: dict[str, Any]) -> Self:
        return cls(**fields, rule_id=int(identifier))

    @property
    def keys(self) -> tuple[str, ...]:
        """The rule's names and its number as text."""
        return (*self.names, str(self.rule_id))


@frozen(str=False, eq=False)
class NameForm(Definition):
    """Which attributes name entries of a structural class (RFC 4512 4.1.7.2)."""

    GRAMMAR: ClassVar[Grammar] = Grammar(
        "nameForms",
        grammar.NAME,
        grammar.DESC,
        grammar.OBSOLETE,
        grammar.oid("OC", "structural_class"),
        grammar.MUST,
        grammar.MAY,
        required=("OC", "MUST"),
    )

    oid: str
    names: tuple[str, ...] = field(default=(), converter=_strings)
    description: str | None = None
    obsolete: bool = False
    structural_class: str = ""
    must: tuple[str, ...] = field(default=(), converter=_strings)
    may: tuple[str, ...] = field(default=(), converter=_strings)
    extensions: Extensions = field(default=_NO_EXTENSIONS, converter=_caseless)
