"""What one attribute is in Python: its type, its number, how it differs from usual.

Rules:

1. The syntax decides the type of one value, SINGLE-VALUE (or ``--single``) whether
   there is one or any number.
2. ``syntax=`` is written where the Python type, or what is known of the attribute's
   name, would give another syntax.
3. ``equality=`` is written where the rule is not a usual one of the type; it is empty
   where the attribute has none. A schema that publishes no equality rule at all
   (Active Directory's) says nothing by that, so nothing is written.
4. Only the server writes NO-USER-MODIFICATION attributes, and those that Active
   Directory fills although its schema demands them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from attrs import frozen

from ldapom.dn import DN
from ldapom.schema import AttributeType, Usage, syntaxes
from ldapom.schema.codegen.text import sentence
from ldapom.schema.values import PostalAddress, Sid

if TYPE_CHECKING:
    from ldapom.schema import Schema
    from ldapom.schema.syntax import Syntax

#: Equality rules that go without saying, in lower case, by the type of a value.
USUAL_EQUALITY: Final[dict[type, frozenset[str]]] = {
    str: frozenset({"caseignorematch", "caseignoreia5match"}),
    int: frozenset({"integermatch"}),
    bool: frozenset({"booleanmatch"}),
    bytes: frozenset({"octetstringmatch"}),
    datetime: frozenset({"generalizedtimematch"}),
    timedelta: frozenset({"integermatch"}),
    DN: frozenset({"distinguishednamematch"}),
    UUID: frozenset({"uuidmatch"}),
    Sid: frozenset({"octetstringmatch"}),
    PostalAddress: frozenset({"caseignorelistmatch"}),
}

#: The same rules by OID, as some servers name them.
_RULE_NAMES: Final = {
    "2.5.13.0": "objectidentifiermatch",
    "2.5.13.1": "distinguishednamematch",
    "2.5.13.2": "caseignorematch",
    "2.5.13.11": "caseignorelistmatch",
    "2.5.13.13": "booleanmatch",
    "2.5.13.14": "integermatch",
    "2.5.13.17": "octetstringmatch",
    "2.5.13.27": "generalizedtimematch",
    "1.3.6.1.4.1.1466.109.114.2": "caseignoreia5match",
    "1.3.6.1.1.16.2": "uuidmatch",
}

#: What Active Directory fills by itself although its ``top`` demands it.
SERVER_FILLED: Final = frozenset(
    {"instancetype", "ntsecuritydescriptor", "objectcategory"}
)


@frozen
class Member:
    """One attribute, wherever it is declared.

    Args:
        name: Its LDAP name.
        python_name: Its Python name.
        python: The type of one value.
        multi: Whether it may have several values.
        syntax: The syntax to write out, if any.
        equality: The equality rule to write out, if any; empty for "it has none".
        read_only: Whether only the server writes it.
        operational: Whether it is for the directory, not for applications.
        doc: A sentence on it; may be empty.
    """

    name: str
    python_name: str
    python: type
    multi: bool
    syntax: str | None = None
    equality: str | None = None
    read_only: bool = False
    operational: bool = False
    doc: str = ""


def member(
    schema: Schema, name: str, python_name: str, *, single: bool, has_rules: bool
) -> Member:
    """Find out what an attribute is in Python.

    Args:
        schema: The schema that defines it, or does not.
        name: Its LDAP name.
        python_name: Its Python name.
        single: Whether to treat it as single-valued whatever the schema says.
        has_rules: What `publishes_rules` says of the schema; asked once for all.

    Returns:
        The attribute; text of any number of values where nothing defines it.
    """
    definition = schema.attribute_types.get(name)
    if definition is None:
        doc = "The schema names this attribute but does not define it."
        return Member(name, python_name, str, not single, None, "", doc=doc)
    syntax = syntaxes.for_attribute(definition.names, definition.effective_syntax)
    return Member(
        name,
        python_name,
        syntax.python,
        multi=not (single or definition.single_value),
        syntax=_written_syntax(name, syntax),
        equality=_written_equality(definition, syntax.python, has_rules=has_rules),
        read_only=definition.no_user_modification or name.lower() in SERVER_FILLED,
        operational=definition.usage is not Usage.user_applications,
        doc=_doc(definition),
    )


def publishes_rules(schema: Schema) -> bool:
    """Whether any attribute of a schema has an equality rule."""
    return any(at.equality for at in schema.attribute_types.values())


def _written_syntax(name: str, syntax: Syntax[object]) -> str | None:
    known = syntaxes.for_attribute([name], None)
    if known is not syntaxes.UNKNOWN:
        implied = known
    elif syntax is syntaxes.UNKNOWN:
        return None
    else:
        implied = syntaxes.for_type(syntax.python)
    return None if implied.name == syntax.name else syntax.name


def _written_equality(
    definition: AttributeType, python: type, *, has_rules: bool
) -> str | None:
    rule = definition.effective_equality
    if rule is None:
        return "" if has_rules else None
    name = _RULE_NAMES.get(rule, rule)
    return None if name.lower() in USUAL_EQUALITY.get(python, ()) else rule


def _doc(definition: AttributeType) -> str:
    parts = [definition.description or ""]
    if definition.obsolete:
        parts.append("Obsolete")
    return " ".join(sentence(part) for part in parts if part.strip())
