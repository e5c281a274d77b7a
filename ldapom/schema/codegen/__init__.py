"""From a schema to Python classes: `make_plan` decides, `render` writes."""

from __future__ import annotations

from ldapom.schema.codegen.asks import Asks, ModelAsk
from ldapom.schema.codegen.compare import summary
from ldapom.schema.codegen.keep import merged
from ldapom.schema.codegen.names import Naming
from ldapom.schema.codegen.plan import Plan, make_plan
from ldapom.schema.codegen.render import render

__all__ = [
    "Asks",
    "ModelAsk",
    "Naming",
    "Plan",
    "make_plan",
    "merged",
    "render",
    "summary",
]
