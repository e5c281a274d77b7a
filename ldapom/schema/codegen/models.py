"""The models asked for, checked against the schema.

Rules:

1. A model has exactly one structural class, not counting those that it implies, and
   any number of auxiliary ones. An abstract class counts only where another one of
   the model implies it.
2. The naming attribute, where none is given, is the one that Active Directory
   prescribes for the class; elsewhere the first of a fixed list that the model
   demands, else the first that it allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import SchemaError
from ldapom.schema import ActiveClass, Kind, ObjectClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ldapom.schema import Schema
    from ldapom.schema.codegen.asks import Asks, ModelAsk
    from ldapom.schema.codegen.lexicon import Lexicon

#: What usually names entries, most telling first (RFC 4519 2, RFC 4514 3).
NAMING_ATTRIBUTES = ("uid", "cn", "ou", "dc", "o", "l", "st", "c", "name")


@frozen
class Model:
    """A model whose classes are looked up.

    Args:
        name: Its Python name.
        classes: Its object classes without those implied, the structural one first.
        base: The DN its entries live under, if given.
        rdn: What names its entries as the user wrote it, if given.
    """

    name: str
    classes: tuple[ObjectClass, ...]
    base: str | None
    rdn: str | None


def resolve(schema: Schema, asks: Asks) -> tuple[Model, ...]:
    """Look the classes of all models up.

    Args:
        schema: Where to look.
        asks: What was asked for.

    Returns:
        The models in the order they were asked for.

    Raises:
        SchemaError: A class is unknown, a model has not one structural class, or two
            models would have one name.
    """
    if not asks.models and not asks.classes and not asks.everything:
        raise SchemaError(
            "nothing is asked for: name a model (--model 'User=inetOrgPerson') "
            "or a class (--class inetOrgPerson), or ask for all (--all)"
        )
    _check_names(ask.name for ask in asks.models)
    return tuple(_resolved(schema, ask) for ask in asks.models)


def rdn(model: Model, demanded: Mapping[str, bool], lexicon: Lexicon) -> str | None:
    """Decide which attribute names the entries of a model.

    Args:
        model: The model.
        demanded: All its attributes -> whether the schema demands them.
        lexicon: The names of the schema.

    Returns:
        LDAP names joined by ``+``; None where no usual naming attribute is there.

    Raises:
        SchemaError: The attribute given is none of the model.
    """
    if model.rdn is not None:
        names = model.rdn.split("+")
        return "+".join(_own_attribute(model, n, demanded, lexicon) for n in names)
    named = filter(None, map(ActiveClass.of, model.classes[:1]))
    own = [one.rdn for one in named if one.rdn in lexicon.schema.attribute_types]
    if own and lexicon.attribute(own[0]) in demanded:
        return lexicon.attribute(own[0])
    usual = [n for n in NAMING_ATTRIBUTES if n in lexicon.schema.attribute_types]
    known = [n for n in map(lexicon.attribute, usual) if n in demanded]
    return next((n for n in known if demanded[n]), next(iter(known), None))


def _own_attribute(
    model: Model, name: str, demanded: Mapping[str, bool], lexicon: Lexicon
) -> str:
    """Give the LDAP name of a naming attribute by any of its spellings."""
    python = {lexicon.attributes[known]: known for known in demanded}
    if name in python:
        return python[name]
    if name in lexicon.schema.attribute_types and (
        (known := lexicon.attribute(name)) in demanded
    ):
        return known
    raise SchemaError(
        f"model {model.name}: {name!r} can not name its entries, because none of its "
        f"classes has that attribute{_usable(demanded)}; if it is a part of the base "
        "DN, write another ':' behind it"
    )


def _usable(demanded: Mapping[str, bool]) -> str:
    must = sorted(name for name, is_must in demanded.items() if is_must)
    return f"; it demands {', '.join(must)}" if must else ""


def _resolved(schema: Schema, ask: ModelAsk) -> Model:
    classes = [schema.object_class(name) for name in ask.classes]
    kept = [oc for oc in _unique(classes) if not _is_implied(schema, oc, classes)]
    structural = [oc for oc in kept if oc.kind is Kind.structural]
    _check_kinds(ask.name, kept, structural)
    auxiliary = [oc for oc in kept if oc.kind is Kind.auxiliary]
    return Model(ask.name, (*structural, *auxiliary), ask.base, ask.rdn)


def _check_names(names: Iterable[str]) -> None:
    taken: set[str] = set()
    for name in names:
        both = {name, f"{name}Query"}
        if taken & both:
            reason = "give one of them another name"
            raise SchemaError(f"two models need the name {name!r}: {reason}")
        taken |= both


def _check_kinds(
    name: str, kept: list[ObjectClass], structural: list[ObjectClass]
) -> None:
    abstract = [oc.name for oc in kept if oc.kind is Kind.abstract and not _top(oc)]
    if abstract:
        raise SchemaError(
            f"model {name}: {abstract[0]} is abstract, so no entry can be one; name a "
            "structural class that is derived from it"
        )
    if not structural:
        raise SchemaError(
            f"model {name} has no structural class: {_names(kept)} can only be added "
            "to one, as in 'Name=inetOrgPerson+…'; for the mixin alone use --class"
        )
    if len(structural) > 1:
        raise SchemaError(
            f"model {name} has {len(structural)} structural classes, "
            f"{_names(structural)}, but an entry has one: make a model for each"
        )


def _names(classes: Iterable[ObjectClass]) -> str:
    return " and ".join(oc.name for oc in classes)


def _unique(classes: Iterable[ObjectClass]) -> list[ObjectClass]:
    return list({oc.oid: oc for oc in classes}.values())


def _is_implied(schema: Schema, one: ObjectClass, classes: list[ObjectClass]) -> bool:
    others = (other for other in classes if other is not one)
    above = (name for other in others for name in schema.superiors(other.name))
    return any(schema.object_classes.get(name) is one for name in above)


def _top(definition: ObjectClass) -> bool:
    return definition.oid == "2.5.6.0" or "top" in map(str.lower, definition.names)
