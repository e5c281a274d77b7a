"""Read one RFC 4512 definition: a text becomes fields, by a table of clauses.

Rules:

1. A definition is ``( identifier clause* )``. Which clauses a kind has, how each is
   read and how it is written again is the kind's `Grammar`; nothing here knows kinds.
2. Keywords are recognised in any case, clauses in any order.
3. What is odd but clear is read silently (the quirks in ``tests/schema``).
   What is unclear in a corner (a word nobody knows, a clause twice) is a *note*:
   the rest of the definition still counts. What is no definition raises.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ldapom.schema.caseless import Caseless
from ldapom.schema.clauses import Notes, number_of, read_values, text_of
from ldapom.schema.quick import NO_EXTENSIONS, Quick, may_be_doubtful
from ldapom.schema.tokens import (
    NO_VALUE,
    DefinitionError,
    Note,
    Stop,
    brief,
    positions,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ldapom.schema.quick import Extensions, Form

#: RFC 4512 1.4 numericoid; or a word, also with what OpenLDAP's macros have behind it.
_OID = re.compile(
    r"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))++|[A-Za-z][A-Za-z0-9_.:-]*+"
)

#: Takes tokens, the index of a value and a list for notes; gives the value and the
#: index behind it.
Reader: TypeAlias = "Callable[[list[str], int, Notes], tuple[Any, int]]"


class Clause(NamedTuple):
    """One line of a grammar: a keyword, its field, how to read and to write it.

    ``form`` is how it is mostly written; definitions with another clause are read with
    care.
    """

    keyword: str
    field: str
    read: Reader
    write: Callable[[str, Any], str]
    form: Form | None = None


class Grammar:
    """The clauses of one kind of definition, in the order of RFC 4512 4.1.

    Args:
        attribute: The subschema attribute that holds such definitions.
        clauses: What may stand in one.
        required: The keywords that must.
        numbered: Whether the identifier is a rule number, not an OID.
    """

    __slots__ = ("attribute", "clauses", "numbered", "quick", "required", "table")

    def __init__(
        self,
        attribute: str,
        *clauses: Clause,
        required: tuple[str, ...] = (),
        numbered: bool = False,
    ) -> None:
        self.attribute = attribute
        self.clauses = clauses
        self.numbered = numbered
        self.required = tuple(c for c in clauses if c.keyword in required)
        table = {c.keyword: (c.field, c.read) for c in clauses}
        if "SUBSTR" in table:  # as older documents spell it
            table["SUBSTRINGS"] = table["SUBSTR"]
        self.table: Mapping[str, tuple[str, Reader]] = table
        self.quick = Quick(
            ((c.keyword, c.field, c.form) for c in clauses if c.form is not None),
            (c.field for c in self.required),
        )


class Reading(NamedTuple):
    """What a text says: its identifier, its fields, its X- clauses."""

    identifier: str
    fields: dict[str, Any]
    extensions: Extensions
    notes: tuple[Note, ...]


def read(text: str, grammar: Grammar) -> Reading:
    """Read one definition.

    Args:
        text: The definition as a server or a schema file spells it.
        grammar: What kind of definition it is.

    Raises:
        DefinitionError: It is none, not even with good will.
    """
    try:
        reading = _attempt(text, grammar)
    except DefinitionError:
        mended = _mended(text, grammar)
        if mended is None:
            raise
        return mended
    if reading.notes or (may_be_doubtful(text) and _is_doubtful(text)):
        mended = _mended(text, grammar)
        if mended is not None and len(mended.notes) <= len(reading.notes):
            return mended
    return reading


# The many patterns of `repair` are for few texts, so they are made when one comes.


def _is_doubtful(text: str) -> bool:
    from ldapom.schema.repair import is_doubtful

    return is_doubtful(text)


def _mended(text: str, grammar: Grammar) -> Reading | None:
    """Read a text once more, mended; None where that is no use."""
    from ldapom.schema.repair import mended

    better = mended(text)
    if better == text:
        return None
    try:
        reading = _attempt(better, grammar)
    except DefinitionError:
        return None
    # Positions are those of the text as it came; at least they lie in it.
    last = max(len(text) - 1, 0)
    notes = tuple(Note(reason, min(at, last)) for reason, at in reading.notes)
    return reading._replace(notes=notes)


def _attempt(text: str, grammar: Grammar) -> Reading:
    """Read a text as it stands.

    Raises:
        DefinitionError: It is no definition.
    """
    notes: Notes = []
    try:
        identifier, fields, found = _read(tokenize(text), grammar, notes)
    except Stop as stop:
        position = positions(text)[stop.index]
        raise DefinitionError(stop.reason, text, position) from None
    extensions = Caseless(found) if found else NO_EXTENSIONS
    if not notes:
        return Reading(identifier, fields, extensions, ())
    starts = positions(text)
    placed = tuple(Note(reason, starts[index]) for reason, index in notes)
    return Reading(identifier, fields, extensions, placed)


def _read(
    tokens: list[str], grammar: Grammar, notes: Notes
) -> tuple[str, dict[str, Any], dict[str, tuple[str, ...]]]:
    """Walk over the tokens of one definition."""
    identifier = _identifier(tokens, grammar, notes)
    table = grammar.table
    fields: dict[str, Any] = {}
    extensions: dict[str, tuple[str, ...]] = {}
    at = 2
    while (token := tokens[at]) != ")":
        known = table.get(token) or table.get(token.upper())
        if known is None:
            at = _other(tokens, at, grammar, extensions, notes)
            continue
        field, read_value = known
        value, after = read_value(tokens, at + 1, notes)
        if field in fields:
            notes.append((f"{token} stands here a second time", at))
        else:
            fields[field] = value
        at = after
    if tokens[at + 1]:
        raise Stop("there is text behind the closing parenthesis", at + 1)
    for needed in grammar.required:
        if not fields.get(needed.field):
            raise Stop(f"{needed.keyword} is missing", at)
    return identifier, fields, extensions


def _identifier(tokens: list[str], grammar: Grammar, notes: Notes) -> str:
    """Read ``(`` and the OID or rule number."""
    if tokens[0] != "(":
        raise Stop("a definition starts with '('", 0)
    token = tokens[1]
    identifier = "" if token in NO_VALUE else text_of(token).strip()
    if not identifier or identifier.upper() in grammar.table:
        raise Stop("there is no OID", 1)
    if grammar.numbered:
        number_of(identifier, 1)
    elif _OID.fullmatch(identifier) is None:
        notes.append((f"{brief(identifier)} is no OID", 1))
    return identifier


def _other(
    tokens: list[str],
    at: int,
    grammar: Grammar,
    extensions: dict[str, tuple[str, ...]],
    notes: Notes,
) -> int:
    """Read what is no clause of the kind: an extension, or something unknown."""
    token = tokens[at]
    if not token:
        raise Stop("the closing parenthesis is missing", at)
    if token == "'":
        raise Stop("a quote is opened and never closed", at)
    if token in ("(", "$"):
        raise Stop(f"nothing explains this {token!r}", at)
    values: tuple[str, ...] = ()
    name, after = token.upper(), at + 1
    following = tokens[after]
    is_extension = name.startswith("X-")
    if following == "(" or (following[:1] == "'" and token[0] != "'"):
        values, after = read_values(tokens, after)
        while is_extension and tokens[after][:1] == "'" and tokens[after] != "'":
            more, after = read_values(tokens, after)  # no parentheses around a list
            values += more
    elif is_extension and _is_word(following, grammar):
        values, after = (following,), after + 1
    if not is_extension:
        notes.append((f"{brief(token)} is no clause of {grammar.attribute}", at))
    elif name in extensions:
        notes.append((f"{name} stands here a second time", at))
    else:
        extensions[name] = values
    return after


def _is_word(token: str, grammar: Grammar) -> bool:
    """Whether this token can be the bare value of an extension."""
    upper = token.upper()
    return (
        token not in NO_VALUE
        and upper not in grammar.table
        and not upper.startswith("X-")
    )
