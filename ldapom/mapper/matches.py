"""Whether an entry has a value, by the equality rule of its attribute.

The same rules decide in a diff and on the server: ``cn`` is equal without regard to
case and to spaces that do not count (RFC 4518), a telephone number without its
hyphens, a DN by its parts. Octets without a rule are equal when they are the same;
text without one, such as a telex number, compares without regard to case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.schema.preparation import ignore_case

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.info import ClassInfo
    from ldapom.mapper.state import EntryState


def matcher(info: ClassInfo, equals: Mapping[str, object]) -> Callable[[Entry], bool]:
    """Prepare a test of entries.

    Args:
        info: Their class.
        equals: Attributes and the value one of theirs must be; None stands for no
            value.

    Raises:
        TypeError: If a name is no attribute, or a value of another type.
    """
    wanted: list[tuple[AnyAttribute, Hashable]] = []
    for name, value in equals.items():
        try:
            one = info.find(name)
        except LookupError as error:
            raise TypeError(f"match(): {error.args[0]}") from None
        wanted.append((one, None if value is None else key(one, _octets(one, value))))

    def matches(entry: Entry) -> bool:
        return all(_has(entry._state, one, each) for one, each in wanted)

    return matches


def _octets(one: AnyAttribute, value: object) -> bytes:
    from ldapom.mapper.expression import encoded

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
