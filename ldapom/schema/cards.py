"""All that a schema says of one definition, gathered for people.

A card is a frozen value of plain values, so it can be shown, compared or dumped.
Its texts are the schema's own: whoever shows them escapes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema import words
from ldapom.schema.active import ActiveAttribute, ActiveClass
from ldapom.schema.codegen.members import Habits, member, publishes_rules
from ldapom.schema.codegen.prose import described
from ldapom.schema.composition import (
    Slot,
    always_with,
    goes_with,
    slots,
    subclasses,
    users,
)
from ldapom.schema.definitions import spelled
from ldapom.schema.grammar import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.schema.model import (
        AttributeType,
        Definition,
        LDAPSyntax,
        MatchingRule,
        ObjectClass,
    )
    from ldapom.schema.registry import Schema

_NO_RULE = ""
_UNSAID = "the schema tells of no matching rules"
#: What `described` puts behind a description.
_DOCUMENT = re.compile(r" \(RFC [0-9][^()]*\)$")


@frozen
class Identity:
    """What every definition has.

    Attributes:
        kind: ``object class``, ``attribute type``, ``matching rule`` or ``syntax``.
        description: A sentence; empty where the schema has none.
        origin: Where it comes from, as the schema says.
    """

    kind: str
    name: str
    oid: str
    names: tuple[str, ...]
    description: str
    origin: tuple[str, ...]
    obsolete: bool


@frozen
class Attribute:
    """One line of a class card.

    Attributes:
        type: What a generated model has: ``str | None``, ``list[bytes]`` …
        source: The class whose definition says so.
        how: How that class belongs to the one of the card.
    """

    name: str
    must: bool
    type: str
    description: str
    source: str
    how: str


@frozen
class ClassCard:
    """What there is to know of an object class.

    Attributes:
        class_kind: ``structural``, ``auxiliary`` or ``abstract``.
        superiors: All above it, nearest first.
        subclasses: Those directly below it.
        always_with: Auxiliary classes that are in every entry, unlisted.
        goes_with: Auxiliary classes that the schema puts beside it, those included.
        belongs_to: Of an auxiliary class, the classes it is put beside.
        precluded: What a content rule forbids.
        rdn: Active Directory's naming attribute; empty elsewhere.
        parents: Active Directory's classes that entries above may have.
        attributes: All that entries must or may have, with all they inherit.
    """

    identity: Identity
    class_kind: str
    superiors: tuple[str, ...]
    subclasses: tuple[str, ...]
    always_with: tuple[str, ...]
    goes_with: tuple[str, ...]
    belongs_to: tuple[str, ...]
    precluded: tuple[str, ...]
    rdn: str
    parents: tuple[str, ...]
    attributes: tuple[Attribute, ...]


@frozen
class AttributeCard:
    """What there is to know of an attribute type.

    Attributes:
        type: What a generated model has.
        syntax: In words; empty where neither it nor a superior has one.
        equality: In words; empty where there is no such rule.
        usage: ``user``, or what kind of operational attribute it is.
        changed_by: ``users``, or ``the server``.
        required_by: The classes that demand it themselves.
        allowed_in: The classes that allow it themselves.
        notes: What else is known.
    """

    identity: Identity
    superiors: tuple[str, ...]
    subtypes: tuple[str, ...]
    type: str
    syntax: str
    syntax_oid: str
    length: int | None
    single_value: bool
    equality: str
    ordering: str
    substrings: str
    usage: str
    changed_by: str
    required_by: tuple[str, ...]
    allowed_in: tuple[str, ...]
    notes: tuple[str, ...]


@frozen
class OtherCard:
    """What there is to know of a matching rule or a syntax.

    Attributes:
        words: What it is, in words.
        used_by: The attribute types that have it, inherited or not.
    """

    identity: Identity
    words: str
    used_by: tuple[str, ...]


Card = ClassCard | AttributeCard | OtherCard


def cards(schema: Schema, name: str) -> tuple[Card, ...]:
    """Gather what a schema says of a name: mostly one card, seldom more, or none.

    Args:
        schema: The schema to look into.
        name: A name or an OID, in any case.
    """
    found: list[Card] = []
    if (definition := schema.object_classes.get(name)) is not None:
        found.append(_class(schema, definition))
    if (attribute := schema.attribute_types.get(name)) is not None:
        found.append(_attribute(schema, attribute))
    if (rule := schema.matching_rules.get(name)) is not None:
        found.append(_rule(schema, rule))
    if (syntax := schema.ldap_syntaxes.get(name)) is not None:
        found.append(_syntax(schema, syntax))
    return tuple(found)


def near(schema: Schema, name: str) -> tuple[str, ...]:
    """Name up to three definitions that are spelled much like a name."""
    views = (schema.object_classes, schema.attribute_types, schema.matching_rules)
    found = (close for view in views for close in view.suggestions(name))
    return tuple(dict.fromkeys(found))[:3]


# --- object classes ---------------------------------------------------------------


def _class(schema: Schema, definition: ObjectClass) -> ClassCard:
    known = ActiveClass.of(definition)
    rule = schema.content_rule(definition.oid)
    name = spelled(definition, schema.object_classes)
    return ClassCard(
        _identity("object class", name, definition, definition.obsolete),
        definition.kind.name,
        schema.superiors(definition.oid),
        subclasses(schema).get(name, ()),
        always_with(schema, definition),
        goes_with(schema, definition),
        _belongs_to(schema, name),
        tuple(map(schema.attribute_types.canonical, rule.precluded if rule else ())),
        known.rdn if known else "",
        known.superiors if known else (),
        tuple(_line(schema, slot) for slot in slots(schema, definition.oid)),
    )


def _line(schema: Schema, slot: Slot) -> Attribute:
    kind = _python(schema, slot.name)
    optional = kind if slot.must or kind.startswith("list[") else f"{kind} | None"
    part = slot.part
    description = _briefly(schema, slot.name)
    return Attribute(
        slot.name, slot.must, optional, description, part.name, part.how.value
    )


def _briefly(schema: Schema, name: str) -> str:
    """Say what an attribute is, without the document that says so."""
    definition = schema.attribute_types.get(name)
    if definition is None:
        return "the schema does not define it"
    said = described(definition.description or "").removesuffix(".")
    return _DOCUMENT.sub("", said)


def _belongs_to(schema: Schema, name: str) -> tuple[str, ...]:
    classes = schema.object_classes
    found = (d for d in classes.values() if name in goes_with(schema, d))
    return tuple(spelled(d, classes) for d in found)


# --- attribute types --------------------------------------------------------------


def _attribute(schema: Schema, definition: AttributeType) -> AttributeCard:
    name = spelled(definition, schema.attribute_types)
    lineage = [d.name for d in definition.lineage()][1:]
    if not lineage and definition.sup is not None:
        lineage = [definition.sup]
    naming = users(schema).get(name.lower())
    oid = definition.effective_syntax or ""
    return AttributeCard(
        _identity("attribute type", name, definition, definition.obsolete),
        tuple(lineage),
        _subtypes(schema, definition),
        _python(schema, name),
        words.syntax(schema, oid) if oid else "",
        oid,
        definition.effective_length,
        definition.single_value,
        _in_words(schema, definition.effective_equality),
        _in_words(schema, definition.effective_ordering),
        _in_words(schema, definition.effective_substr),
        _usage(definition),
        "the server" if definition.no_user_modification else "users",
        naming.must if naming else (),
        naming.may if naming else (),
        tuple(_notes(definition)),
    )


def _subtypes(schema: Schema, definition: AttributeType) -> tuple[str, ...]:
    types = schema.attribute_types
    found = (d for d in types.values() if d.sup and types.get(d.sup) is definition)
    return tuple(d.name for d in found)


def _in_words(schema: Schema, rule: str | None) -> str:
    if rule is None:
        return _NO_RULE if publishes_rules(schema) else _UNSAID
    return words.rule(schema, rule)


def _usage(definition: AttributeType) -> str:
    if definition.usage is Usage.user_applications:
        return "user"
    return f"operational ({definition.usage.value})"


def _notes(definition: AttributeType) -> Iterable[str]:
    if definition.collective:
        yield "collective: shared by the entries below a place (RFC 3671)"
    known = ActiveAttribute.of(definition)
    if known is None:
        return
    if known.constructed:
        yield "constructed: computed when it is asked for by name"
    if known.is_back_link:
        yield "back link: the server keeps it, from the other end of a link"
    elif known.link_id is not None:
        yield "forward link: the server keeps the other end"
    low, high = known.range_lower, known.range_upper
    if low is not None or high is not None:
        yield f"range: {'…' if low is None else low} to {'…' if high is None else high}"
    if known.in_global_catalog:
        yield "in the global catalog"


# --- what is left -----------------------------------------------------------------


def _rule(schema: Schema, definition: MatchingRule) -> OtherCard:
    identity = _identity(
        "matching rule", definition.name, definition, definition.obsolete
    )
    keys = {key.lower() for key in definition.keys}
    used = tuple(
        d.name
        for d in schema.attribute_types.values()
        if any(
            rule is not None and rule.lower() in keys
            for rule in (
                d.effective_equality,
                d.effective_ordering,
                d.effective_substr,
            )
        )
    )
    return OtherCard(identity, words.rule(schema, definition.name), used)


def _syntax(schema: Schema, definition: LDAPSyntax) -> OtherCard:
    identity = _identity("syntax", definition.name, definition, False)
    types = schema.attribute_types.values()
    used = tuple(d.name for d in types if d.effective_syntax == definition.oid)
    return OtherCard(identity, words.syntax(schema, definition.oid), used)


def _identity(kind: str, name: str, definition: Definition, obsolete: bool) -> Identity:
    description: str | None = definition._value("description")
    return Identity(
        kind,
        name,
        definition.identifier,
        definition.keys[:-1],
        described(description or ""),
        tuple(definition.extensions.get("X-ORIGIN", ())),
        obsolete,
    )


def _python(schema: Schema, name: str) -> str:
    """Give the type of an attribute in a generated model."""
    known = member(schema, name, name, single=False, habits=Habits())
    kind = known.python.__name__
    return f"list[{kind}]" if known.multi else kind
