"""Whether an entry fits a filter: true, false or undefined (RFC 4511 4.5.1.7).

1. A filter is compiled once for a search; what is left for each entry is comparing.
2. Undefined (None) is what an unknown attribute, a missing matching rule, a value that
   is none of its syntax, or an attribute that this identity may not see, gives. Not
   keeps it, And and Or are as in X.511 7.8.1; only true selects an entry.
3. Attributes cover their subtypes and their variants with options; an object class
   covers the classes above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ldapom import filters as f
from ldapom.schema import matching
from ldapom.testing import extensible, strict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from ldapom.filters import Filter
    from ldapom.testing.tree import Entry, Tree
    from ldapom.testing.vocabulary import (
        AttributeKind,
        Description,
        Normalize,
        Vocabulary,
    )

Test: TypeAlias = "Callable[[Entry], bool | None]"
#: The values of a description in an entry, computed attributes included.
Get: TypeAlias = "Callable[[Entry, Description], list[bytes]]"
N = TypeVar("N", bound=f.Filter)

#: Attributes whose values are classes: a value stands for those above it as well.
_CLASSES = frozenset({"objectClass", "structuralObjectClass"})


class Evaluator:
    """Compiles filters for one identity.

    Args:
        vocabulary: The directory's attribute types.
        tree: The entries; asked for groups by the in-chain rule only.
        get: Where values come from.
        is_hidden: Whether this identity may not see an attribute.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        tree: Tree,
        get: Get,
        is_hidden: Callable[[AttributeKind], bool],
    ) -> None:
        self.vocabulary = vocabulary
        self.tree = tree
        self.get = get
        self._is_hidden = is_hidden

    def compile(self, node: Filter) -> Test:
        """The test that a filter stands for."""
        return _COMPILERS[type(node)](self, node)

    def describe(self, attribute: str) -> Description | None:
        """An attribute that this identity may test; None when it is unknown."""
        found = self.vocabulary.describe(attribute)
        if found is None or self._is_hidden(found.kind):
            return None
        return found

    def any_value(
        self, description: Description, accepts: Callable[[bytes], bool | None]
    ) -> Test:
        """True where a value is accepted; undefined where one is unclear instead."""
        get = self.get

        def test(entry: Entry) -> bool | None:
            result: bool | None = False
            for value in get(entry, description):
                accepted = accepts(value)
                if accepted:
                    return True
                if accepted is None:
                    result = None
            return result

        return test


def undefined(entry: Entry) -> bool | None:  # noqa: ARG001  # a test for any entry
    """The test that is undefined for every entry."""
    return None


def normalized(normalize: Normalize | None, raw: bytes) -> Hashable:
    """The normal form; None where there is none."""
    if normalize is None:
        return None
    try:
        return normalize(raw)
    except ValueError:
        return None


def _and(evaluator: Evaluator, node: f.And) -> Test:
    tests = [evaluator.compile(part) for part in node.filters]

    def test(entry: Entry) -> bool | None:
        result: bool | None = True
        for part in tests:
            found = part(entry)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    return test


def _or(evaluator: Evaluator, node: f.Or) -> Test:
    tests = [evaluator.compile(part) for part in node.filters]

    def test(entry: Entry) -> bool | None:
        result: bool | None = False
        for part in tests:
            found = part(entry)
            if found:
                return True
            if found is None:
                result = None
        return result

    return test


def _not(evaluator: Evaluator, node: f.Not) -> Test:
    part = evaluator.compile(node.filter)

    def test(entry: Entry) -> bool | None:
        found = part(entry)
        return None if found is None else not found

    return test


def _present(evaluator: Evaluator, node: f.Present) -> Test:
    description = evaluator.describe(node.attribute)
    if description is None:
        return undefined
    get = evaluator.get
    return lambda entry: bool(get(entry, description))


def _equality(evaluator: Evaluator, node: f.Equality | f.Approx) -> Test:
    description = evaluator.describe(node.attribute)
    if description is None:
        return undefined
    normalize = description.kind.normalize
    wanted = evaluator.vocabulary.assertion(description.kind, node.value)
    if normalize is None or wanted is None:
        return undefined
    if description.kind.name in _CLASSES:
        line = evaluator.vocabulary.class_line
        return evaluator.any_value(
            description, lambda value: wanted in line(normalize(value))
        )
    return evaluator.any_value(
        description, lambda value: normalized(normalize, value) == wanted
    )


def _ordering(evaluator: Evaluator, node: f.GreaterOrEqual | f.LessOrEqual) -> Test:
    description = evaluator.describe(node.attribute)
    if description is None:
        return undefined
    rule = description.kind.ordering and matching.lookup(description.kind.ordering)
    try:
        strict.check_assertion(description.kind.ordering, node.value)
    except ValueError:
        return undefined
    if not rule or normalized(rule.normalize, node.value) is None:
        return undefined
    bound, holds = node.value, rule.holds
    # An ordering rule is "less than" and no more: the rest follows from it.
    if isinstance(node, f.GreaterOrEqual):
        accepts = extensible.careful(lambda value: not holds(value, bound))
    else:
        accepts = extensible.careful(lambda value: not holds(bound, value))
    return evaluator.any_value(description, accepts)


def _substrings(evaluator: Evaluator, node: f.Substrings) -> Test:
    description = evaluator.describe(node.attribute)
    if description is None:
        return undefined
    accepts = extensible.substring_test(description.kind.substr, node)
    return undefined if accepts is None else evaluator.any_value(description, accepts)


def _extensible(evaluator: Evaluator, node: f.Extensible) -> Test:
    description = None
    if node.attribute is not None:
        description = evaluator.describe(node.attribute)
        if description is None:
            return undefined
    accepts = extensible.value_test(
        evaluator.vocabulary, evaluator.tree, node, description
    )
    if accepts is None:
        return undefined
    descriptions = [description] if description else _fitting(evaluator, node)
    tests: list[Test] = [evaluator.any_value(d, accepts) for d in descriptions]
    if node.dn_attributes:
        names = {name for d in descriptions for name in d.kind.names}
        tests.append(
            lambda entry: any(
                accepts(value)
                for kind, value in extensible.name_values(evaluator.vocabulary, entry)
                if kind.name in names
            )
        )
    return _first_true(tests)


def _fitting(evaluator: Evaluator, node: f.Extensible) -> list[Description]:
    """The attributes a rule without an attribute is tried on (RFC 4511 4.5.1.7.7)."""
    names = extensible.fitting(evaluator.vocabulary, node.rule or "")
    found = (evaluator.describe(name) for name in names)
    return [description for description in found if description is not None]


def _first_true(tests: Iterable[Test]) -> Test:
    tests = tuple(tests)

    def test(entry: Entry) -> bool | None:
        found = [part(entry) for part in tests]
        return True if True in found else None if None in found else False

    return test


def _compiler(
    function: Callable[[Evaluator, N], Test],
) -> Callable[[Evaluator, Filter], Test]:
    # The table below pairs each node with its own function, which no type can say.
    return function  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


_COMPILERS: dict[type[Filter], Callable[[Evaluator, Filter], Test]] = {
    f.And: _compiler(_and),
    f.Or: _compiler(_or),
    f.Not: _compiler(_not),
    f.Present: _compiler(_present),
    f.Equality: _compiler(_equality),
    f.Approx: _compiler(_equality),
    f.GreaterOrEqual: _compiler(_ordering),
    f.LessOrEqual: _compiler(_ordering),
    f.Substrings: _compiler(_substrings),
    f.Extensible: _compiler(_extensible),
}
