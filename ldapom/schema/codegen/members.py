"""What one attribute is in Python: its type, its number, how it differs from usual.

Rules:

1. The syntax decides the type of one value, SINGLE-VALUE (or ``--single``) whether
   there is one or any number.
2. ``syntax=`` is written where the Python type, or what is known of the attribute's
   name, would give another syntax.
3. ``equality=`` is written where the rule is not the usual one of the syntax; it is
   empty where the attribute has none and the syntax has one. A schema that publishes
   no equality rule at all (Active Directory's) says nothing by that, so nothing is
   written.
4. Only the server writes NO-USER-MODIFICATION attributes, and those that Active
   Directory fills although its schema demands them. What creators have to give is
   an argument all the same, even where nobody may change it afterwards.
5. What Active Directory computes, and security descriptors, are read on request only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.schema import ActiveAttribute, AttributeType, Usage, matching, syntaxes
from ldapom.schema.active import SID
from ldapom.schema.codegen.prose import described
from ldapom.schema.codegen.requirements import SERVER_FILLED

if TYPE_CHECKING:
    from ldapom.schema import Schema
    from ldapom.schema.syntax import Syntax

#: Two rules that mean the same where a schema mixes them up, by the rule's name.
_ALIKE: Final = {
    "caseIgnoreMatch": "caseIgnoreIA5Match",
    "caseIgnoreIA5Match": "caseIgnoreMatch",
}

#: What does not come, or is of no use, unless it is asked for by name, in lower case.
#: Beside the access rights that is the bookkeeping of replication, [MS-ADTS] 3.1.1.1.9
#: and 3.1.1.1.13: a kilobyte of octets with each entry, if a model named it.
_ON_REQUEST: Final = frozenset(
    {
        "ntsecuritydescriptor",
        "partialattributedeletionlist",
        "partialattributeset",
        "replpropertymetadata",
        "repluptodatevector",
        "repsfrom",
        "repsto",
    }
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
        on_request: Whether queries ask for it only where they name it.
        operational: Whether it is for the directory, not for applications.
        doc: A sentence on it; may be empty.
        more: Its other names, and whether it is obsolete; may be empty.
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
    more: str = ""


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
    schema: Schema,
    name: str,
    python_name: str,
    *,
    single: bool,
    habits: Habits,
    shared: bool = False,
) -> Member:
    """Find out what an attribute is in Python.

    Args:
        schema: The schema that defines it, or does not.
        name: Its LDAP name.
        python_name: Its Python name.
        single: Whether to treat it as single-valued whatever the schema says.
        habits: What holds for all attributes of the schema.
        shared: Whether it is one that entries show but do not hold: a collective
            attribute (RFC 3671) in a class that does not name it.

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
        equality=_written_equality(definition, syntax, habits=habits),
        read_only=shared or _is_read_only(definition, habits) or key in SERVER_FILLED,
        on_request=key in _ON_REQUEST or bool(known and known.constructed),
        operational=definition.usage is not Usage.user_applications,
        doc=described(definition.description or ""),
        more=_more(definition),
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
    definition: AttributeType, syntax: Syntax[object], *, habits: Habits
) -> str | None:
    known = syntaxes.for_type(str) if syntax is syntaxes.UNKNOWN else syntax
    usual = matching.default_for_syntax(known.oid)
    rule = definition.effective_equality
    if rule is None:
        return "" if habits.has_rules and usual else None
    found = matching.lookup(rule)
    if usual is None or found is None:
        return rule
    goes_without_saying = found is usual or _ALIKE.get(found.name) == usual.name
    return None if goes_without_saying else rule


def _more(definition: AttributeType) -> str:
    names = definition.names[1:]
    also = f"Also called {' or '.join(names)}." if names else ""
    return " ".join(filter(None, [also, "Obsolete." if definition.obsolete else ""]))
