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
   Directory fills although its schema demands them. What creators have to give is
   an argument all the same, even where nobody may change it afterwards.
5. What Active Directory computes, and security descriptors, are read on request only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from attrs import frozen

from ldapom.dn import DN
from ldapom.schema import ActiveAttribute, AttributeType, Usage, syntaxes
from ldapom.schema.active import SID
from ldapom.schema.codegen.prose import described
from ldapom.schema.codegen.requirements import SERVER_FILLED
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

#: What does not come, or is of no use, unless it is asked for by name, in lower case.
_ON_REQUEST: Final = frozenset({"ntsecuritydescriptor"})


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
        on_request: Whether queries ask for it only where they name it.
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
    on_request: bool = False
    operational: bool = False
    doc: str = ""


@frozen
class Habits:
    """What holds for all attributes of a schema; found once for all.

    Args:
        has_rules: What `publishes_rules` says.
        is_active_directory: Whether the server fills what Active Directory fills.
        given: The attributes that creators of some class have to give, in lower case.
    """

    has_rules: bool = True
    is_active_directory: bool = False
    given: frozenset[str] = frozenset()


def member(
    schema: Schema, name: str, python_name: str, *, single: bool, habits: Habits
) -> Member:
    """Find out what an attribute is in Python.

    Args:
        schema: The schema that defines it, or does not.
        name: Its LDAP name.
        python_name: Its Python name.
        single: Whether to treat it as single-valued whatever the schema says.
        habits: What holds for all attributes of the schema.

    Returns:
        The attribute; text of any number of values where nothing defines it.
    """
    definition = schema.attribute_types.get(name)
    if definition is None:
        doc = "The schema names this attribute but does not define it."
        return Member(name, python_name, str, not single, None, "", doc=doc)
    syntax = _syntax(definition)
    known = ActiveAttribute.of(definition)
    key = name.lower() if habits.is_active_directory else ""
    return Member(
        name,
        python_name,
        syntax.python,
        multi=not (single or definition.single_value),
        syntax=_written_syntax(name, syntax),
        equality=_written_equality(definition, syntax.python, habits=habits),
        read_only=_is_read_only(definition, habits) or key in SERVER_FILLED,
        on_request=key in _ON_REQUEST or bool(known and known.constructed),
        operational=definition.usage is not Usage.user_applications,
        doc=_doc(definition),
    )


def _syntax(definition: AttributeType) -> Syntax[object]:
    """Find the syntax; Active Directory tells security identifiers from octets."""
    known = ActiveAttribute.of(definition)
    if known is not None and known.syntax == SID:
        return syntaxes.lookup("SID")
    return syntaxes.for_attribute(definition.names, definition.effective_syntax)


def _is_read_only(definition: AttributeType, habits: Habits) -> bool:
    if not definition.no_user_modification:
        return False
    known = ActiveAttribute.of(definition)
    is_given = definition.name.lower() in habits.given
    return known is None or known.constructed or known.is_back_link or not is_given


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
    definition: AttributeType, python: type, *, habits: Habits
) -> str | None:
    rule = definition.effective_equality
    if rule is None:
        return "" if habits.has_rules else None
    name = _RULE_NAMES.get(rule, rule)
    return None if name.lower() in USUAL_EQUALITY.get(python, ()) else rule


def _doc(definition: AttributeType) -> str:
    parts = [described(definition.description or "")]
    if definition.names[1:]:
        parts.append(f"Also called {' or '.join(definition.names[1:])}.")
    if definition.obsolete:
        parts.append("Obsolete.")
    return " ".join(filter(None, parts))
