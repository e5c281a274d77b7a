"""What a directory says about itself: its schema, its root DSE, its values.

The parser reads RFC 4512 texts into frozen values, the registry looks them up.
"""

from __future__ import annotations

from .definitions import Definitions, Problem
from .grammar import Kind, Usage
from .model import (
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
from .registry import Schema
from .rootdse import RootDSE

__all__ = [
    "AttributeType",
    "DITContentRule",
    "DITStructureRule",
    "Definition",
    "Definitions",
    "Extensions",
    "Kind",
    "LDAPSyntax",
    "MatchingRule",
    "MatchingRuleUse",
    "NameForm",
    "ObjectClass",
    "Problem",
    "RootDSE",
    "Schema",
    "Usage",
]
