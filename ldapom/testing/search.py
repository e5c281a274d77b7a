"""Finding the entries of a search: where to look, what fits, in which order.

1. The planner takes candidates from the index where the filter allows it; they are a
   superset of what fits, and the filter is tested on each.
2. Candidates are numbers, taken once; each entry is looked up when its turn comes. A
   page that is asked for later sees changes made meanwhile, and misses nothing else.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol.messages import Scope
from ldapom.testing.checks import describe, refusal
from ldapom.testing.evaluate import Evaluator, normalized
from ldapom.testing.pointers import Pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from ldapom.filters import Filter
    from ldapom.protocol.controls import SortKey
    from ldapom.protocol.messages import SearchRequest
    from ldapom.testing.store import Store
    from ldapom.testing.tree import Entry, Tree
    from ldapom.testing.vocabulary import AttributeKind, Normalize, Vocabulary

    Numbers: TypeAlias = set[int] | frozenset[int]

#: How many candidates are tested between two looks at the clock.
_PACE = 256


class Finder:
    """One identity's searches in one store.

    Args:
        store: Where to look.
        is_hidden: Whether this identity may not see an attribute.
    """

    def __init__(
        self, store: Store, is_hidden: Callable[[AttributeKind], bool]
    ) -> None:
        self._store = store
        self._is_hidden = is_hidden

    def evaluator(self) -> Evaluator:
        """Compiles filters as this identity may use them."""
        store = self._store
        return Evaluator(store.vocabulary, store.tree, store.get, self._is_hidden)

    def fits(self, entry: Entry, filter_: Filter) -> bool:
        """Whether one entry fits a filter; undefined does not."""
        return self.evaluator().compile(filter_)(entry) is True

    def find(self, request: SearchRequest) -> Iterator[Entry]:
        """The entries that fit, in the order they were added.

        The base is looked up at once, the rest as the result is read.

        Raises:
            ResultError: The base does not exist; later `TimeLimitExceeded`.
        """
        store = self._store
        test = self.evaluator().compile(request.filter)
        pointers = Pointers(store)
        with store.lock:
            base = pointers.base(request)
            if pointers.follows(request):
                numbers = pointers.numbers(request, base)
                return self._tested(request, numbers, test)
            numbers = self._candidates(request, base)
        return self._tested(request, self._inside(request, base, numbers), test)

    def _candidates(self, request: SearchRequest, base: Entry) -> Sequence[int]:
        tree = self._store.tree
        if request.scope is Scope.base:
            return [base.number]
        found = self._planned(request.filter)
        if found is not None:
            return sorted(found)
        if request.scope is Scope.one:
            return tree.children(base.key)
        return tree.subtree(base.key)

    def _planned(self, filter_: Filter) -> Numbers | None:
        store = self._store
        return candidates(store.vocabulary, store.tree, filter_)

    def _inside(
        self, request: SearchRequest, base: Entry, numbers: Iterable[int]
    ) -> Iterator[int]:
        """Those of the entries that are in the scope at this moment."""
        get = self._store.tree.get
        depth, one = len(base.key), request.scope is Scope.one
        for number in numbers:
            entry = get(number)
            if entry is None or entry.key[:depth] != base.key:
                yield -1  # it counts as one that was looked at
            elif one and len(entry.key) != depth + 1:
                yield -1
            else:
                yield number

    def _tested(
        self,
        request: SearchRequest,
        numbers: Iterable[int],
        test: Callable[[Entry], bool | None],
    ) -> Iterator[Entry]:
        get = self._store.tree.get
        end = monotonic() + (request.time_limit or float("inf"))
        for count, number in enumerate(numbers, 1):
            if count % _PACE == 0 and monotonic() > end:
                raise refusal(ResultCode.timeLimitExceeded)
            entry = get(number)
            if entry is not None and test(entry):
                yield entry

    def sort(self, entries: Iterable[Entry], keys: Sequence[SortKey]) -> list[Entry]:
        """Sort by the first key first; what lacks a value comes last (RFC 2891 2).

        Raises:
            ResultError: `NoSuchAttribute` or `InappropriateMatching`; the diagnostic
                text is the attribute.
        """
        found = list(entries)
        for key in reversed(keys):
            form = self._sort_form(key)
            try:
                found.sort(key=form, reverse=key.reverse)
            except TypeError:
                raise refusal(ResultCode.inappropriateMatching, key.attribute) from None
        return found

    def place(self, key: SortKey, value: bytes, entries: Sequence[Entry]) -> int:
        """The index of the first entry that does not sort before a value.

        Args:
            key: What the entries are sorted by.
            value: The value.
            entries: In their order; the index is their number where all are before.

        Raises:
            ResultError: The value is none of the attribute's.
        """
        form = self._sort_form(key)
        try:
            wanted = (False, self._normal(key)(value))
        except ValueError:
            raise refusal(ResultCode.invalidAttributeSyntax, key.attribute) from None
        for index, entry in enumerate(entries):
            found = form(entry)
            # What one kind's forms are: they compare.
            before = found > wanted if key.reverse else found < wanted
            if not before:
                return index
        return len(entries)

    def _normal(self, key: SortKey) -> Normalize:
        """What an attribute is sorted by.

        Raises:
            ResultError: `NoSuchAttribute` or `InappropriateMatching`.
        """
        store = self._store
        description = store.vocabulary.describe(key.attribute)
        if description is None or self._is_hidden(description.kind):
            raise refusal(ResultCode.noSuchAttribute, key.attribute)
        kind = description.kind
        normalize = store.vocabulary.rule(key.rule) if key.rule else None
        if normalize is None and key.rule is None:
            normalize = kind.order or kind.normalize
        if normalize is None:
            raise refusal(ResultCode.inappropriateMatching, key.attribute)
        return normalize

    def _sort_form(self, key: SortKey) -> Callable[[Entry], tuple[bool, Hashable]]:
        store, normalize = self._store, self._normal(key)
        description = describe(store.vocabulary, key.attribute)

        def form(entry: Entry) -> tuple[bool, Hashable]:
            forms = [
                found
                for value in store.get(entry, description)
                if (found := normalized(normalize, value)) is not None
            ]
            # min() of one kind's forms; what can not be compared raises TypeError.
            return (False, min(forms)) if forms else (True, 0)  # type: ignore[type-var]  # see above

        return form


def candidates(vocabulary: Vocabulary, tree: Tree, filter_: Filter) -> Numbers | None:
    """The numbers that an index gives for a filter; None where none helps."""
    if isinstance(filter_, f.Equality):
        return _equal(vocabulary, tree, filter_)
    if isinstance(filter_, f.And):
        known = [
            found
            for part in filter_.filters
            if (found := candidates(vocabulary, tree, part)) is not None
        ]
        return min(known, key=len) if known else None
    if isinstance(filter_, f.Or) and filter_.filters:
        union: set[int] = set()
        for part in filter_.filters:
            found = candidates(vocabulary, tree, part)
            if found is None:
                return None
            union |= found
        return union
    return None


def _equal(vocabulary: Vocabulary, tree: Tree, node: f.Equality) -> Numbers | None:
    description = vocabulary.describe(node.attribute)
    if description is None or description.kind.names != [description.kind.name]:
        return None
    index = tree.indexed(description.kind.name)
    if index is None:
        return None
    form = normalized(description.kind.normalize, node.value)
    return index.get(form, frozenset())
