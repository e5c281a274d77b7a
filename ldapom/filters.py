"""Search filters (RFC 4511 4.5.1.7) as values, and their text form (RFC 4515).

1. A node holds attribute descriptions and *bytes*: whoever makes it has encoded
   the value, so nothing is ever escaped on the way to the wire.
2. ``&``, ``|`` and ``~`` combine nodes; truth is refused, because ``a and b``
   would silently drop ``a``.
3. ``And(())`` is true and ``Or(())`` is false (RFC 4526). Combining folds them
   away, since not every server reads them on the wire.
4. Nothing here recurses: a filter may be nested as deeply as memory allows. Text
   and wire have a limit, `MAX_FILTER_DEPTH`.
5. ``repr`` hides the value of a secret attribute; ``str`` is the real filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

from attrs import field, frozen

from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How many ``&``, ``|`` and ``!`` may stand around one assertion.
MAX_FILTER_DEPTH = 100


class Filter:
    """Base of all nodes; build one with an attribute's operators or `Filter.parse`."""

    __slots__ = ()

    #: What an error says where a node of another kind is to be sent.
    remedy: ClassVar[str] = "parse text with Filter.parse"

    @staticmethod
    def parse(
        text: str, *values: str | bytes, max_depth: int = MAX_FILTER_DEPTH
    ) -> Filter:
        r"""Read the text form of RFC 4515.

        ``Filter.parse("(&(objectClass=person)(cn=?*))", "John (Jim)")``

        Blanks (space, tab, newline) may stand around the whole filter, between the
        filters of a list and after ``&``, ``|`` and ``!``; nowhere else.

        Args:
            text: The filter, in parentheses.
            values: One for each ``?`` in the text, in order. It takes the place of
                the ``?`` in the assertion value as it is: nothing in it has to be,
                or is, escaped; text goes as UTF-8. Without values a ``?`` is an
                ordinary character; with values a literal one is ``\3f``.
            max_depth: How many ``&``, ``|`` and ``!`` may stand around an assertion.

        Raises:
            FilterSyntaxError: Where the text leaves the grammar, or where text and
                number of values do not fit.
            TypeError: For a value that is neither `str` nor `bytes`.
        """
        # The text form makes nodes, so it imports this module.
        from ldapom._filter_text import parse

        return parse(text, values, max_depth=max_depth)

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

    def __str__(self) -> str:
        """The canonical text of RFC 4515; parses back to an equal filter."""
        from ldapom._filter_text import to_text

        return to_text(self)


def _as_filters(filters: Iterable[Filter]) -> tuple[Filter, ...]:
    return tuple(filters)


def _as_parts(parts: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(parts)


class _Composite(Filter):
    """What the nodes that hold filters share: no method of theirs recurses."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Composite):
            return NotImplemented
        return self is other or _flatten(self) == _flatten(other)

    def __hash__(self) -> int:
        return hash(tuple(_flatten(self)))

    def __repr__(self) -> str:
        return _composite_repr(self)


@frozen(eq=False, repr=False)
class And(_Composite):
    """True where every operand is; without operands always true."""

    filters: tuple[Filter, ...] = field(converter=_as_filters)


@frozen(eq=False, repr=False)
class Or(_Composite):
    """True where any operand is; without operands never true."""

    filters: tuple[Filter, ...] = field(converter=_as_filters)


@frozen(eq=False, repr=False)
class Not(_Composite):
    """True where the operand is false; undefined where it is undefined."""

    filter: Filter


class _Assertion(Filter):
    """What ``attribute operator value`` nodes share."""

    __slots__ = ()
    attribute: str
    value: bytes

    def __attrs_post_init__(self) -> None:
        if not self.attribute:
            raise ValueError(_NO_ATTRIBUTE)
        if self.value.__class__ is not bytes:
            raise TypeError(_wrong_value(self.value))

    def __repr__(self) -> str:
        shown = _show(self.attribute, self.value)
        return f"{type(self).__name__}(attribute={self.attribute!r}, value={shown})"


@frozen(repr=False)
class Equality(_Assertion):
    """``(attribute=value)``."""

    attribute: str
    value: bytes


@frozen(repr=False)
class Substrings(Filter):
    """``(attribute=initial*any*…*final)``: at least one part, none of them empty."""

    attribute: str
    initial: bytes | None = None
    any: tuple[bytes, ...] = field(default=(), converter=_as_parts)
    final: bytes | None = None

    def __attrs_post_init__(self) -> None:
        if not self.attribute:
            raise ValueError(_NO_ATTRIBUTE)
        parts = [part for part in (self.initial, self.final) if part is not None]
        parts.extend(self.any)
        if not parts:
            raise ValueError("Substrings has at least one part; Present has none")
        for part in parts:
            if part.__class__ is not bytes:
                raise TypeError(_wrong_value(part))
            if not part:
                raise ValueError("a part of Substrings is not empty")

    def __repr__(self) -> str:
        name = self.attribute
        parts = "".join(f"{_show(name, part)}, " for part in self.any)
        return (
            f"Substrings(attribute={name!r}, initial={_show(name, self.initial)}, "
            f"any=({parts.rstrip() if len(self.any) == 1 else parts.rstrip(', ')}), "
            f"final={_show(name, self.final)})"
        )


@frozen(repr=False)
class GreaterOrEqual(_Assertion):
    """``(attribute>=value)``."""

    attribute: str
    value: bytes


@frozen(repr=False)
class LessOrEqual(_Assertion):
    """``(attribute<=value)``."""

    attribute: str
    value: bytes


@frozen
class Present(Filter):
    """``(attribute=*)``."""

    attribute: str

    def __attrs_post_init__(self) -> None:
        if not self.attribute:
            raise ValueError(_NO_ATTRIBUTE)


@frozen(repr=False)
class Approx(_Assertion):
    """``(attribute~=value)``."""

    attribute: str
    value: bytes


@frozen(repr=False)
class Extensible(Filter):
    """``(attribute:dn:rule:=value)``: a rule, an attribute, or both."""

    rule: str | None
    attribute: str | None
    value: bytes
    dn_attributes: bool = False

    def __attrs_post_init__(self) -> None:
        if self.rule is None and self.attribute is None:
            raise ValueError("Extensible has a matching rule, an attribute, or both")
        if self.attribute == "":
            raise ValueError(_NO_ATTRIBUTE)
        if self.rule == "":
            raise ValueError("a matching rule has a name or an OID")
        if self.value.__class__ is not bytes:
            raise TypeError(_wrong_value(self.value))

    def __repr__(self) -> str:
        return (
            f"Extensible(rule={self.rule!r}, attribute={self.attribute!r}, "
            f"value={_show(self.attribute or '', self.value)}, "
            f"dn_attributes={self.dn_attributes!r})"
        )


_NO_ATTRIBUTE = "a filter names an attribute"


def _wrong_value(value: object) -> str:
    return (
        f"a filter's value is bytes, not {type(value).__name__}: encode it, "
        "or let Filter.parse or a mapped attribute do it"
    )


def _show(attribute: str, value: bytes | None) -> str:
    if value is None:
        return "None"
    return hidden(value) if is_secret(attribute) else repr(value)


def _flatten(node: Filter) -> list[object]:
    """A filter as a list of its nodes, equal only for equal filters."""
    flat: list[object] = []
    todo: list[Filter] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, And | Or):
            flat.append((type(part), len(part.filters)))
            todo.extend(part.filters)
        elif isinstance(part, Not):
            flat.append(Not)
            todo.append(part.filter)
        else:
            flat.append(part)
    return flat


def _composite_repr(node: Filter) -> str:
    out: list[str] = []
    todo: list[Filter | str] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, Not):
            todo += (")", part.filter, "Not(filter=")
        elif isinstance(part, And | Or):
            count = len(part.filters)
            todo.append(",))" if count == 1 else "))")
            for index, operand in enumerate(reversed(part.filters), 1):
                todo += (operand, ", ") if index < count else (operand,)
            todo.append(f"{type(part).__name__}(filters=(")
        else:
            out.append(part if isinstance(part, str) else repr(part))
    return "".join(out)


TRUE = And(())
FALSE = Or(())


def _is_true(part: Filter) -> bool:
    return isinstance(part, And) and not part.filters


def _is_false(part: Filter) -> bool:
    return isinstance(part, Or) and not part.filters


def all_of(filters: Iterable[Filter]) -> Filter:
    """The conjunction, with nested ones flattened and constants folded."""
    parts: list[Filter] = []
    for part in filters:
        if not isinstance(part, _Composite):
            parts.append(part)
        elif isinstance(part, And):
            parts.extend(part.filters)
        elif _is_false(part):
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
        elif _is_true(part):
            return TRUE
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else Or(parts)


def negate(operand: Filter) -> Filter:
    """The negation; a double one falls away."""
    if isinstance(operand, Not):
        return operand.filter
    if _is_true(operand):
        return FALSE
    if _is_false(operand):
        return TRUE
    return Not(operand)
