"""Search filters (RFC 4511 4.5.1.7) as values, and their text form (RFC 4515).

1. A node holds attribute descriptions and *bytes*: whoever makes it has encoded
   the value, so nothing is ever escaped on the way to the wire.
2. ``&``, ``|`` and ``~`` combine nodes; truth is refused, because ``a and b``
   would silently drop ``a``.
3. ``And(())`` is true and ``Or(())`` is false (RFC 4526). Combining folds them
   away, since not every server reads them on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable


class Filter:
    """Base of all nodes; build one with an attribute's operators or `Filter.parse`."""

    __slots__ = ()

    def __and__(self, other: Filter) -> Filter:
        return all_of((self, other))

    def __or__(self, other: Filter) -> Filter:
        return any_of((self, other))

    def __invert__(self) -> Filter:
        return negate(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a filter has no truth value: combine filters with & | ~, "
            "not with 'and', 'or', 'not' or chained comparisons"
        )


@frozen
class And(Filter):
    """True where every operand is; without operands always true."""

    filters: tuple[Filter, ...] = field(converter=tuple)


@frozen
class Or(Filter):
    """True where any operand is; without operands never true."""

    filters: tuple[Filter, ...] = field(converter=tuple)


@frozen
class Not(Filter):
    """True where the operand is false; undefined where it is undefined."""

    filter: Filter


@frozen
class Equality(Filter):
    """``(attribute=value)``."""

    attribute: str
    value: bytes


@frozen
class Substrings(Filter):
    """``(attribute=initial*any*…*final)``: at least one part, none of them empty."""

    attribute: str
    initial: bytes | None = None
    any: tuple[bytes, ...] = field(default=(), converter=tuple)
    final: bytes | None = None


@frozen
class GreaterOrEqual(Filter):
    """``(attribute>=value)``."""

    attribute: str
    value: bytes


@frozen
class LessOrEqual(Filter):
    """``(attribute<=value)``."""

    attribute: str
    value: bytes


@frozen
class Present(Filter):
    """``(attribute=*)``."""

    attribute: str


@frozen
class Approx(Filter):
    """``(attribute~=value)``."""

    attribute: str
    value: bytes


@frozen
class Extensible(Filter):
    """``(attribute:dn:rule:=value)``: a rule, an attribute, or both."""

    rule: str | None
    attribute: str | None
    value: bytes
    dn_attributes: bool = False


TRUE = And(())
FALSE = Or(())


def all_of(filters: Iterable[Filter]) -> Filter:
    """The conjunction, with nested ones flattened and constants folded."""
    parts: list[Filter] = []
    for part in filters:
        if isinstance(part, And):
            parts.extend(part.filters)
        elif part == FALSE:
            return FALSE
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else And(parts)


def any_of(filters: Iterable[Filter]) -> Filter:
    """The disjunction, with nested ones flattened and constants folded."""
    parts: list[Filter] = []
    for part in filters:
        if isinstance(part, Or):
            parts.extend(part.filters)
        elif part == TRUE:
            return TRUE
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else Or(parts)


def negate(operand: Filter) -> Filter:
    """The negation; a double one falls away."""
    if isinstance(operand, Not):
        return operand.filter
    if operand == TRUE:
        return FALSE
    if operand == FALSE:
        return TRUE
    return Not(operand)
