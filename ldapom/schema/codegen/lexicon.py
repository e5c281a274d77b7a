"""What the generator calls each definition of a schema, there and in Python.

Rules:

1. A definition goes by its first name that the schema finds it under, else by its
   OID: a name that another definition owns would reach the wrong one.
2. An attribute that a class names but the schema does not define still has a name;
   its spellings in different case are one.
3. Python names are made from all of the schema at once (`names.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema.codegen.names import Naming, attribute_names, class_names
from ldapom.schema.definitions import spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ldapom.schema import AttributeType, ObjectClass, Schema


@frozen
class Lexicon:
    """The names of one schema.

    Args:
        schema: The schema that is spelled.
        attributes: LDAP name of every attribute -> Python name.
        classes: LDAP name of every object class -> Python name.
        undefined: Names without a definition, in lower case -> as spelled.
    """

    schema: Schema
    attributes: Mapping[str, str]
    classes: Mapping[str, str]
    undefined: Mapping[str, str]

    @classmethod
    def of(cls, schema: Schema, naming: Naming, models: Collection[str]) -> Lexicon:
        """Name everything in a schema.

        Args:
            schema: The schema to read names from.
            naming: The spelling of attributes.
            models: The names of the models that the module will define.

        Returns:
            The names, the same for any order of definitions.
        """
        queries = [f"{model}Query" for model in models]
        undefined = _undefined(schema)
        attributes = [spelled(at, schema.attribute_types) for at in _types(schema)]
        classes = [spelled(oc, schema.object_classes) for oc in _classes(schema)]
        return cls(
            schema,
            attribute_names([*attributes, *undefined.values()], naming, queries),
            class_names(classes, [*models, *queries]),
            undefined,
        )

    def attribute(self, name: str) -> str:
        """Give the one LDAP name of an attribute that some definition mentions."""
        definition = self.schema.attribute_types.get(name)
        if definition is None:
            return self.undefined[name.lower()]
        return spelled(definition, self.schema.attribute_types)

    def object_class(self, definition: ObjectClass) -> str:
        """Give the one LDAP name of an object class."""
        return spelled(definition, self.schema.object_classes)


def _types(schema: Schema) -> Iterable[AttributeType]:
    return schema.attribute_types.values()


def _classes(schema: Schema) -> Iterable[ObjectClass]:
    return schema.object_classes.values()


def _undefined(schema: Schema) -> dict[str, str]:
    """Find the attributes that classes and content rules name but nothing defines."""
    classes, rules = _classes(schema), schema.dit_content_rules.values()
    named = {name for oc in classes for name in (*oc.must, *oc.may)}
    named |= {name for rule in rules for name in (*rule.must, *rule.may)}
    mentioned = {name for name in named if name not in schema.attribute_types}
    return {name.lower(): name for name in sorted(mentioned, reverse=True)}
