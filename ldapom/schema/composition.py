"""What a class is made of: its own part, its superiors', and that of classes beside it.

1. A part names attributes by their first names; what the schema does not define is
   named as it is spelled.
2. The MUST and MAY of a DIT content rule (RFC 4512 4.1.6) are a part of their own.
   The auxiliary classes of the rule may be added to an entry; those of Active
   Directory's class entries are in every entry ([MS-ADTS] 3.1.1.2.4.6).
3. Whatever the schema says in circles, each class is a part once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from enum import Enum
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema.active import ActiveClass, is_active_directory
from ldapom.schema.definitions import spelled
from ldapom.schema.grammar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.schema.model import DITContentRule, ObjectClass
    from ldapom.schema.registry import Schema


class How(Enum):
    """How a part belongs to a class."""

    own = "own"
    rule = "content rule"
    auxiliary = "auxiliary"
    superior = "superior"


@frozen
class Part:
    """What one definition brings to a class.

    Attributes:
        name: The class it stands in; for a content rule, that of its class.
        how: How it belongs to the class that was asked for.
        must: The attributes it demands.
        may: The attributes it allows.
    """

    name: str
    how: How
    must: tuple[str, ...]
    may: tuple[str, ...]


@frozen
class Slot:
    """One attribute of a class, with all that it inherits.

    Attributes:
        name: The attribute.
        must: Whether any part demands it.
        part: The first part that demands it, else the first that allows it.
    """

    name: str
    must: bool
    part: Part


@frozen
class Users:
    """The classes that name an attribute themselves."""

    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


def parts(schema: Schema, name: str) -> tuple[Part, ...]:
    """Take a class apart: its own part first, then nearest first.

    Args:
        schema: The schema that defines it.
        name: Any name or the OID of the class.

    Raises:
        SchemaError: There is no such class.
    """
    start = schema.object_class(name)
    known = schema.object_classes
    seen = {start.oid}
    found = [_part(schema, start, How.own), *_of_rule(schema, start)]
    above = schema.superiors(name)
    todo = deque((*always_with(schema, start), *above))
    while todo:
        definition = known.get(todo.popleft())
        if definition is None or definition.oid in seen:
            continue
        seen.add(definition.oid)
        how = How.superior if spelled(definition, known) in above else How.auxiliary
        found.append(_part(schema, definition, how))
        todo.extendleft(reversed(always_with(schema, definition)))
        if how is How.auxiliary:
            todo.extend(schema.superiors(definition.oid))
    return tuple(found)


def slots(schema: Schema, name: str) -> tuple[Slot, ...]:
    """Give every attribute of a class once, demanded ones first, then by part.

    Raises:
        SchemaError: There is no such class.
    """
    demanded: dict[str, Slot] = {}
    allowed: dict[str, Slot] = {}
    made_of = parts(schema, name)
    for part in made_of:
        for attribute in part.must:
            demanded.setdefault(attribute.lower(), Slot(attribute, True, part))
    for part in made_of:
        for attribute in part.may:
            if attribute.lower() not in demanded:
                allowed.setdefault(attribute.lower(), Slot(attribute, False, part))
    return (*demanded.values(), *allowed.values())


def _part(schema: Schema, definition: ObjectClass, how: How) -> Part:
    return Part(
        spelled(definition, schema.object_classes),
        how,
        _spelled(schema, definition.must),
        _spelled(schema, definition.may),
    )


def _of_rule(schema: Schema, definition: ObjectClass) -> Iterator[Part]:
    rule = own_rule(schema, definition)
    if rule is not None and (rule.must or rule.may):
        name = spelled(definition, schema.object_classes)
        must, may = _spelled(schema, rule.must), _spelled(schema, rule.may)
        yield Part(name, How.rule, must, may)


def _spelled(schema: Schema, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(schema.attribute_types.canonical, names)))


# --- classes beside a class -------------------------------------------------------


def own_rule(schema: Schema, definition: ObjectClass) -> DITContentRule | None:
    """Give the content rule of a structural class where it says something new.

    Active Directory's rules repeat what its class entries say of auxiliary classes.
    """
    if definition.kind is not Kind.structural or ActiveClass.of(definition) is not None:
        return None
    return schema.content_rule(definition.oid)


def always_with(schema: Schema, definition: ObjectClass) -> tuple[str, ...]:
    """Name the auxiliary classes that are in every entry of a class, unlisted."""
    known = ActiveClass.of(definition)
    return _classes(schema, known.auxiliary if known else ())


def goes_with(schema: Schema, definition: ObjectClass) -> tuple[str, ...]:
    """Name the auxiliary classes that the schema puts beside a class."""
    rule = own_rule(schema, definition)
    if rule is None or is_active_directory(schema.object_classes.get("top")):
        # There each rule names every auxiliary class that is defined.
        return always_with(schema, definition)
    named = _classes(schema, rule.aux)
    return tuple(dict.fromkeys((*always_with(schema, definition), *named)))


def _classes(schema: Schema, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(schema.object_classes.canonical, names)))


# --- the other way round ----------------------------------------------------------


def users(schema: Schema) -> Mapping[str, Users]:
    """Find the classes that name each attribute themselves.

    Returns:
        Attribute, in lower case -> the classes; one that no class names has none.
    """
    must: dict[str, list[str]] = defaultdict(list)
    may: dict[str, list[str]] = defaultdict(list)
    for definition in schema.object_classes.values():
        for part in (
            _part(schema, definition, How.own),
            *_of_rule(schema, definition),
        ):
            for name in part.must:
                must[name.lower()].append(part.name)
            for name in part.may:
                may[name.lower()].append(part.name)
    return {
        name: Users(_sorted(must.get(name, ())), _sorted(may.get(name, ())))
        for name in {**must, **may}
    }


def subclasses(schema: Schema) -> Mapping[str, tuple[str, ...]]:
    """Find the classes directly below each class, by its first name."""
    below: dict[str, list[str]] = defaultdict(list)
    classes = schema.object_classes
    canonical = classes.canonical
    for definition in classes.values():
        for name in definition.sup:
            below[canonical(name)].append(spelled(definition, classes))
    return {name: _sorted(names) for name, names in below.items()}


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=lambda n: (n.lower(), n)))
