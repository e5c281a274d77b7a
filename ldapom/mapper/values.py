"""`Values`: the values of one multi-valued attribute, a list that knows its entry."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import MultipleResults, NoResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import SupportsIndex

    from ldapom.mapper.attribute import Described
    from ldapom.mapper.state import EntryState

T = TypeVar("T")


class Values(list[T]):
    """The values of one attribute: a list with `first` and `one`.

    In an entry that only reads, everything that would change it in place raises
    `ReadOnlyEntry`. A copy, and ``list(values)``, is a list of its own.
    """

    # Two pointers for all values; neither is set on a list that stands alone.
    __slots__ = ("_attribute", "_state")

    _state: EntryState
    _attribute: Described[T]

    @property
    def first(self) -> T | None:
        """The first value as the server sent them, or None without any."""
        return self[0] if self else None

    @property
    def one(self) -> T:
        """The only value.

        Raises:
            NoResult: If there is none.
            MultipleResults: If there are several.
        """
        if len(self) == 1:
            return self[0]
        what = self._name()
        if not self:
            raise NoResult(f"{what} has no value, exactly one was asked for")
        raise MultipleResults(f"{what} has {len(self)} values, one was asked for")

    def extend(self, values: Iterable[T], /) -> None:
        """Append every value of an iterable."""
        self._may_change()
        super().extend(listed(values, self._name()))

    def __iadd__(self, values: Iterable[T], /) -> Values[T]:  # type: ignore[override, misc]  # list promises Self, which is this
        self.extend(values)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Copy and pickle as a list of its own, with no entry behind it."""
        return Values, (list(self),)

    def belongs_to(self, state: EntryState, attribute: Described[T]) -> bool:
        """Whether these are the values of this attribute of this entry."""
        own: EntryState | None = getattr(self, "_state", None)
        return own is state and self._attribute is attribute

    def _name(self) -> str:
        attribute: Described[T] | None = getattr(self, "_attribute", None)
        return "the attribute" if attribute is None else attribute.label

    def _may_change(self) -> None:
        state: EntryState | None = getattr(self, "_state", None)
        if state is not None:
            self._attribute.refuse_read_only(state)


def owned(values: Iterable[T], state: EntryState, attribute: Described[T]) -> Values[T]:
    """Make the `Values` of an attribute of an entry.

    Args:
        values: The values; they are copied.
        state: The state of the entry they belong to.
        attribute: The attribute they are values of.
    """
    own = Values(values)
    own._state = state
    own._attribute = attribute
    return own


def listed(values: Iterable[T], attribute: str) -> Iterable[T]:
    """Check that what is given for several values is no bare text.

    Raises:
        TypeError: For `str` and `bytes`, which would fall apart, and for what is
            no iterable.
    """
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        # The value itself may be a secret.
        example = {str: '["x"]', bytes: '[b"x"]'}.get(type(values), "[x]")
        raise TypeError(
            f"{attribute} holds a list of values: write {example}, not a bare "
            f"{type(values).__name__}"
        )
    return values


def _guarded(method: Callable[..., object]) -> Callable[..., object]:
    @wraps(method)
    def guarded(self: Values[object], *args: object, **options: object) -> object:
        self._may_change()
        return method(self, *args, **options)

    return guarded


#: Everything else by which a list changes in place.
_MUTATORS = (
    "__delitem__",
    "__imul__",
    "__setitem__",
    "append",
    "clear",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
)
for _mutator in _MUTATORS:
    setattr(Values, _mutator, _guarded(getattr(list, _mutator)))
