"""`Values`: the values of one multi-valued attribute, a list that knows its entry."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from ldapom.errors import MultipleResults, NoResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import SupportsIndex

    from ldapom.mapper.classes.described import Described
    from ldapom.mapper.entries.state import EntryState

T = TypeVar("T")


class Values(list[T]):
    """The values of one attribute: a list with `first` and `one`.

    It tells the entry about the first change in place, and checks the types of what
    is put in. In an entry that only reads, every change raises `ReadOnlyEntry`. A
    copy, and ``list(values)``, is a list of its own.
    """

    # One pointer for all values, not set on a list that stands alone. Those of an entry
    # are of a class that knows the attribute: as a second pointer it would make them
    # longer than a line of the processor's cache, and each pass of Python's garbage
    # collector over entries that are kept a half longer.
    __slots__ = ("_state",)

    #: The attribute, in a tuple: it is a descriptor.
    _of: ClassVar[tuple[Described[Any], ...]] = ()

    if TYPE_CHECKING:
        _state: EntryState

    @property
    def _attribute(self) -> Described[T]:
        return self._of[0]

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

    def lang(self, tag: str, /) -> Values[T]:
        """The values in a language (RFC 3866), to be read and changed.

        ``user.cn.lang("de")`` are the values of ``cn;lang-de``; no other option is
        there. ``entry.variants`` gives those under any options.

        Args:
            tag: The language tag, such as ``de`` or ``de-CH``.

        Raises:
            LookupError: If these are the values of no entry.
            NotLoaded: If the attribute was not asked for.
        """
        from ldapom.mapper.entries.variants import values_of

        state: EntryState | None = getattr(self, "_state", None)
        if state is None:
            raise LookupError(f"these values in {tag!r} belong to no entry")
        attribute = self._attribute
        return values_of(attribute.source or attribute, f"lang-{tag}", state)

    def append(self, value: T, /) -> None:
        """Add one value at the end."""
        checked = self._checked((value,))
        self._about_to_change()
        super().extend(checked)

    def insert(self, index: SupportsIndex, value: T, /) -> None:
        """Put one value before the one at an index."""
        (checked,) = self._checked((value,))
        self._about_to_change()
        super().insert(index, checked)

    def extend(self, values: Iterable[T], /) -> None:
        """Append every value of an iterable."""
        checked = self._checked(values)
        self._about_to_change()
        super().extend(checked)

    @overload
    def __setitem__(self, index: SupportsIndex, value: T, /) -> None: ...

    @overload
    def __setitem__(self, index: slice, value: Iterable[T], /) -> None: ...

    def __setitem__(
        self, index: SupportsIndex | slice, value: T | Iterable[T], /
    ) -> None:
        if isinstance(index, slice):
            several = self._checked(value)
            self._about_to_change()
            super().__setitem__(index, several)
        else:
            (checked,) = self._checked((value,))
            self._about_to_change()
            super().__setitem__(index, checked)

    def __iadd__(self, values: Iterable[T], /) -> Values[T]:  # type: ignore[override, misc]  # list promises Self, which is this
        self.extend(values)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Copy and pickle as a list of its own, with no entry behind it."""
        return Values, (list(self),)

    def _belongs_to(self, state: EntryState, attribute: Described[T]) -> bool:
        """Whether these are the values of this attribute of this entry."""
        own: EntryState | None = getattr(self, "_state", None)
        # The attribute of the class or that of the session: of one name there is one.
        return own is state and self._attribute.python_name == attribute.python_name

    def _name(self) -> str:
        return self._attribute.label if hasattr(self, "_state") else "the attribute"

    def _checked(self, values: object) -> list[T]:
        """What is to be put in, as a list, checked where the attribute is known."""
        if hasattr(self, "_state"):
            return list(self._attribute.checked(values))
        several: Iterable[T] = listed(values, self._name())  # type: ignore[arg-type]  # checked there
        return list(several)

    def _about_to_change(self) -> None:
        """Tell the entry; values without one are a list like any other.

        Raises:
            ReadOnlyEntry: If the entry, or the attribute, only reads.
        """
        state: EntryState | None = getattr(self, "_state", None)
        if state is not None:
            self._attribute.refuse_read_only(state)
            state.touch(self._attribute, self)

    # --- for the entry ---------------------------------------------------------------

    def _refill(self, values: Iterable[T]) -> None:
        """Hold other values from now on; the entry is not told."""
        super().__setitem__(slice(None), values)

    def _let_go(self) -> None:
        """Belong to no entry any more."""
        if hasattr(self, "_state"):
            del self._state


def of_attribute(kind: type[Values[T]], attribute: Described[T]) -> type[Values[T]]:
    """Make the class of the values that entries have of an attribute.

    Args:
        kind: What it is to be, beside knowing the attribute.
        attribute: The attribute.
    """
    body = {
        "__slots__": (),
        "__doc__": kind.__doc__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "_of": (attribute,),
    }
    made: type[Values[T]] = type(kind.__name__, (kind,), body)
    return made


def owned(values: Iterable[T], state: EntryState, attribute: Described[T]) -> Values[T]:
    """Make the `Values` of an attribute of an entry.

    Args:
        values: The values; they are copied.
        state: The state of the entry they belong to.
        attribute: The attribute they are values of.
    """
    own = attribute.holder(values)
    own._state = state
    return own


def listed(values: Iterable[T], attribute: str) -> Iterable[T]:
    """Check that what is given for several values is no bare text.

    Raises:
        TypeError: For `str` and `bytes`, which would fall apart, and for what is
            no iterable.
    """
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        if values is None:
            raise TypeError(
                f"{attribute} holds a list of values: write [] for none, not None"
            )
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
        self._about_to_change()
        return method(self, *args, **options)

    return guarded


#: Everything else by which a list changes in place.
_MUTATORS = (
    "__delitem__",
    "__imul__",
    "clear",
    "pop",
    "remove",
    "reverse",
    "sort",
)
for _mutator in _MUTATORS:
    setattr(Values, _mutator, _guarded(getattr(list, _mutator)))
