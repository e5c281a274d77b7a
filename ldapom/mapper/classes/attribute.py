"""`attribute`, and what it becomes: `Attr` for one value, `Many` for several.

1. On a class a descriptor is a query expression, on an entry the value.
2. It is no data descriptor: the first read converts and stores the value under the
   same name in the entry, and later reads never come here.
3. What was asked for and is absent reads None or ``[]``; what was not asked for
   raises `NotLoaded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, cast, overload

from ldapom.dn import DN
from ldapom.errors import LDAPError, MissingValue
from ldapom.mapper.classes.conversion import NoSyntax
from ldapom.mapper.classes.converters import as_converter
from ldapom.mapper.classes.described import Declaration, Described
from ldapom.mapper.entries.naming import dn_of
from ldapom.mapper.entries.values import Values, owned
from ldapom.schema.coding import SOONER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.classes.converters import AnyConverter, Pair
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.queries.expression import Expression

T = TypeVar("T")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


@overload
def attribute(
    name: str,
    *,
    read_only: Literal[True],
    must: bool = ...,
    syntax: str | None = ...,
    equality: str | None = ...,
    convert: AnyConverter | Pair[V] | None = ...,
    init: Literal[False] = False,
) -> T: ...  # type: ignore[type-var]  # the annotation decides; nothing else could


@overload
def attribute(
    name: str,
    *,
    default: object = ...,
    must: bool = ...,
    syntax: str | None = ...,
    equality: str | None = ...,
    read_only: Literal[False] = ...,
    convert: AnyConverter | Pair[V] | None = ...,
) -> T: ...  # type: ignore[type-var]  # the annotation decides; nothing else could


def attribute(
    name: str,
    *,
    must: bool = False,
    default: object = None,
    syntax: str | None = None,
    equality: str | None = None,
    read_only: bool = False,
    convert: AnyConverter | Pair[V] | None = None,
    **for_checkers: bool,
) -> object:
    """Declare an attribute of an entry class.

    Args:
        name: Its LDAP name; the Python name is the one it is assigned to.
        must: The schema demands a value: the constructor does too.
        default: What the constructor takes without an argument; written out where
            ``must`` is not, since type checkers take only a literal default as
            optional: ``None`` for `Attr`, ``()`` for `Many`.
        syntax: Name or OID of its syntax (RFC 4517) where the Python type does not
            say it.
        equality: Its equality rule where it is not the usual one of the type; empty
            where it has none.
        read_only: Only the server writes it; it is no constructor argument.
        convert: How its values are read and written: a `Converter`, an object with
            ``decode`` and ``encode``, or a pair of such functions.
        **for_checkers: Nothing; type checkers read ``init`` from the signatures above.

    Raises:
        TypeError: If ``name`` is no name, or ``convert`` can not both read and write.
    """
    given: object = name
    if not isinstance(given, str) or not given.strip():
        raise TypeError(
            "attribute() takes the LDAP name of an attribute, such as "
            f"'telephoneNumber', not {name!r}"
        )
    for more in for_checkers.keys() - {"init"}:
        raise TypeError(f"attribute() takes no {more!r}")
    own = None if convert is None else as_converter(convert)
    return Declaration(name, must, default, syntax, equality, read_only, own)


class _Optional(Protocol[V_co]):
    """For type checkers: an `Attr` that may have no value, and what it else has.

    Checkers find ``V`` in this also where it is a union, such as a ``Literal``, which
    mypy does not in ``Attr[V | None]``.
    """

    def _given(self) -> V_co | None: ...

    def _taken(self, value: None, /) -> None: ...


class Attr(Described[T]):
    """One value: ``Attr[int]`` where it is a MUST, else ``Attr[int | None]``."""

    if TYPE_CHECKING:
        # What `_Optional` looks for.
        def _given(self) -> T: ...

        def _taken(self, value: T, /) -> None: ...

    @overload
    def __get__(
        self: _Optional[V], obj: None, owner: type | None = None
    ) -> Expression[V]: ...

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Expression[T]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> T: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self.expression
        state = obj._state
        if state.converters is not None:
            own = state.own(self)
            if own is not self:
                return own.__get__(obj, owner)
        changes = state.changes
        if changes is not None and self.python_name in changes:
            return self._changed(state, changes[self.python_name])
        raw = state.values_for(self.key, obj)
        value: object = obj.__dict__.get(self.python_name)
        if value is not None:
            return value
        if len(raw) == 1:
            try:
                value = self.converter.decode(raw[0])
            except ValueError as error:
                raise self.undecodable(state, raw, str(error)) from self.cause(error)
        else:
            self._not_one(state, raw)
        obj.__dict__[self.python_name] = value
        return value

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: T) -> None: ...

    def _not_one(self, state: EntryState, raw: Sequence[bytes]) -> None:
        """Find out what several values, or none, mean; None is left for none."""
        if raw:
            reason = f"{len(raw)} values came where the class has one"
            raise self.undecodable(state, raw, reason)
        self.absent(state)
        if self.must:
            raise self._missing(state, "; the server's access rules may hide it")

    def _missing(self, state: EntryState, why: str) -> MissingValue:
        return MissingValue(
            f"{self.python_name} of {state.dn!r} has no value, though the schema "
            f"demands one{why}"
        )

    def _changed(self, state: EntryState, value: object) -> object:
        """The value that was assigned, perhaps to another object of the same state."""
        if value is None and self.must:
            raise self._missing(state, "")
        return value

    def accept(self, value: object, _state: EntryState) -> object:
        """Check what is assigned, and give what is kept.

        Raises:
            TypeError: If the type does not fit.
        """
        if type(value) in self.exact:
            return value
        if value is None and not self.must:
            return None
        if value is None:
            raise TypeError(f"{self.label} must have a value, not None")
        return self._checked(cast("T", value))

    def nothing(self, _state: EntryState) -> None:
        """What an entry without a value has."""


class Many(Described[T]):
    """Any number of values: on an entry a `Values[T]`, assigned from any iterable."""

    has_many = True

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Expression[T]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> Values[T]: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self.expression
        state = obj._state
        if state.converters is not None:
            own = state.own(self)
            if own is not self:
                return own.__get__(obj, owner)
        changes = state.changes
        if changes is not None and self.python_name in changes:
            return changes[self.python_name]
        raw = state.values_for(self.key, obj)
        values = obj.__dict__.get(self.python_name)
        if values is not None:
            return values
        if raw:
            try:
                values = owned(self._decoded(raw), state, self)
            except ValueError as error:
                raise self.undecodable(state, raw, str(error)) from self.cause(error)
        else:
            self.absent(state)
            values = self.nothing(state)
        obj.__dict__[self.python_name] = values
        return values

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: Iterable[T]) -> None: ...

    def _decoded(self, raw: Sequence[bytes]) -> Iterable[T]:
        decode = self.converter.decode
        # The converter is the one of the annotation's type, which is T.
        if decode in SOONER:
            try:
                return cast("list[T]", [*map(SOONER[decode], raw)])
            except UnicodeDecodeError:
                pass  # what is wrong, `decode` says without the octets
        return cast("Iterable[T]", map(decode, raw))

    def accept(self, value: object, state: EntryState) -> object:
        """Check what is assigned, and give a copy of it.

        Raises:
            TypeError: If it is no iterable, or bare text, or a type does not fit.
        """
        kind = type(value)
        if kind is list or kind is tuple:
            several = cast("Sequence[T]", value)
            if not several or self.exact.issuperset(map(type, several)):
                return owned(several, state, self)
        if isinstance(value, Values) and value._belongs_to(state, self):
            # ``entry.mail += [...]`` assigns the list it has changed in place.
            return value
        return owned(self.checked(value), state, self)

    def nothing(self, state: EntryState) -> Values[T]:
        """The values of an entry that has none."""
        return owned((), state, self)

    def listed(self, value: object) -> Sequence[object]:
        """The values behind what an entry has, as a sequence."""
        return cast("Sequence[object]", value) if value is not None else ()

    def release(self, value: object) -> None:
        """Let values go that the entry no longer has."""
        if isinstance(value, Values):
            value._let_go()

    def reread(self, state: EntryState, value: object) -> bool:
        """Make held values say what the raw ones say; False where they can not."""
        if not isinstance(value, Values) or not self.is_loaded(state):
            return False
        try:
            self.refill(value, state.values(self.key))
        except (LDAPError, NoSyntax, ValueError):
            return False
        return True

    def refill(self, value: object, raw: Sequence[bytes]) -> None:
        """Make held values say these."""
        cast("Values[T]", value)._refill(self._decoded(raw))


_NAMELESS = DN()


class Name:
    """The DN of an entry, made from the text as received when it is first read.

    A new entry that neither ``dn=`` nor its class names yet has the empty one; adding
    it says what is missing.
    """

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Name: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> DN: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self
        try:
            return dn_of(obj._state)
        except MissingValue:
            # Tools that walk all fields, such as attrs.asdict, get on.
            return _NAMELESS

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: DN | str | None) -> None: ...
