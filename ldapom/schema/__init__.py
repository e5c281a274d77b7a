"""What a directory says about itself: its schema, its root DSE, its values.

The parser reads RFC 4512 texts into frozen values, the registry looks them up.
A name is imported when it is first used: most programs read no schema.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldapom.schema.active import ActiveAttribute, ActiveClass
    from ldapom.schema.cache import SchemaCache
    from ldapom.schema.definitions import Definitions, Problem
    from ldapom.schema.difference import DefinitionChange, FieldChange, SchemaDiff
    from ldapom.schema.grammar import Kind, Usage
    from ldapom.schema.model import (
        AttributeType,
        Definition,
        DITContentRule,
        DITStructureRule,
        Extensions,
        LDAPSyntax,
        MatchingRule,
        MatchingRuleUse,
        NameForm,
        ObjectClass,
    )
    from ldapom.schema.registry import Schema
    from ldapom.schema.rootdse import RootDSE

__all__ = [
    "ActiveAttribute",
    "ActiveClass",
    "AttributeType",
    "DITContentRule",
    "DITStructureRule",
    "Definition",
    "DefinitionChange",
    "Definitions",
    "Extensions",
    "FieldChange",
    "Kind",
    "LDAPSyntax",
    "MatchingRule",
    "MatchingRuleUse",
    "NameForm",
    "ObjectClass",
    "Problem",
    "RootDSE",
    "Schema",
    "SchemaCache",
    "SchemaDiff",
    "Usage",
]

_HOMES = {
    "active": "ActiveAttribute ActiveClass",
    "cache": "SchemaCache",
    "definitions": "Definitions Problem",
    "difference": "DefinitionChange FieldChange SchemaDiff",
    "grammar": "Kind Usage",
    "model": "AttributeType Definition DITContentRule DITStructureRule Extensions "
    "LDAPSyntax MatchingRule MatchingRuleUse NameForm ObjectClass",
    "registry": "Schema",
    "rootdse": "RootDSE",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def _load(name: str) -> object:
    """Import a name from where it lives.

    Raises:
        AttributeError: If it is none.
    """
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


if not TYPE_CHECKING:
    # Type checkers would take every name for one of ours.
    __getattr__ = _load


def __dir__() -> list[str]:
    return [*__all__, *globals()]
