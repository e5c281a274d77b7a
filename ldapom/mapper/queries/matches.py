"""Whether an entry has a value, by the equality rule of its attribute.

The same rules decide in a diff and on the server: ``cn`` is equal without regard to
case and to spaces that do not count (RFC 4518), a telephone number without its
hyphens, a DN by its parts. Octets without a rule are equal when they are the same;
text without one, such as a telex number, compares without regard to case.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from ldapom.mapper.classes.conversion import NoSyntax, encoded
from ldapom.schema.preparation import ignore_case

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.classes.info import ClassInfo
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState

#: Attributes, and what the value looked for has in common with those equal to it.
Conditions: TypeAlias = "list[tuple[AnyAttribute, Hashable]]"


def matcher(info: ClassInfo, equals: Mapping[str, object]) -> Callable[[Entry], bool]:
    """Prepare a test of entries.

    Args:
        info: Their class.
        equals: Attributes and the value one of theirs must be; None stands for no
            value.

    Raises:
        TypeError: If a name is no attribute, or a value of another type.
    """
    named: list[tuple[AnyAttribute, object]] = []
    for name, value in equals.items():
        try:
            named.append((info.find(name), value))
        except LookupError as error:
            raise TypeError(f"match(): {error.args[0]}") from None
    known: dict[Converters | None, Conditions] = {}

    def matches(entry: Entry) -> bool:
        state = entry._state
        # Entries of one cursor have one table, but for those that are new in it.
        wanted = known.get(state.converters)
        if wanted is None:
            wanted = known[state.converters] = _wanted(named, state.converters)
        return all(_has(state, one, each) for one, each in wanted)

    # What nobody writes here, the sessions of the entries may.
    with suppress(NoSyntax):
        known[None] = _wanted(named, None)
    return matches


def _wanted(
    named: Iterable[tuple[AnyAttribute, object]], table: Converters | None
) -> Conditions:
    """What values are looked for by, as a table says them."""
    own = [(one if table is None else table.own(one), value) for one, value in named]
    return [
        (one, None if value is None else key(one, _octets(one, value)))
        for one, value in own
    ]


def _octets(one: AnyAttribute, value: object) -> bytes:
    return encoded(one, value, one.converter.assertion)


def key(one: AnyAttribute, raw: bytes) -> Hashable:
    """What two values have in common that are equal by the attribute's rule."""
    if one.has_rule or one.converter.syntax.python is not str:
        return one.match_key(raw)
    try:
        return ignore_case(raw)
    except ValueError:
        return raw


def _has(state: EntryState, one: AnyAttribute, wanted: Hashable) -> bool:
    values = list(_raw(state, one))
    if wanted is None:
        return not values
    return any(key(one, raw) == wanted for raw in values)


def _raw(state: EntryState, one: AnyAttribute) -> Iterable[bytes]:
    """The octets of the values that an entry has now."""
    changes = state.changes or {}
    if one.python_name in changes:
        return [one.encode(each) for each in one.listed(changes[one.python_name])]
    raw = state.values(one.key)
    if not raw:
        one.absent(state)
    return raw
