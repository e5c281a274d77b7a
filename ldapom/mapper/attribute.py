"""`attribute`, and what it becomes: `Attr` for one value, `Many` for several.

1. On a class a descriptor is a query expression, on an entry the value.
2. It is no data descriptor: the first read converts and stores the value under the
   same name in the entry, and later reads never come here.
3. What was asked for and is absent reads None or ``[]``; what was not asked for
   raises `NotLoaded`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, cast, overload

from attrs import frozen

from ldapom.dn import DN
from ldapom.errors import ConversionError, MissingValue, NotLoaded, ReadOnlyEntry
from ldapom.mapper import convert
from ldapom.mapper.expression import Expression, encoded
from ldapom.mapper.names import canonical
from ldapom.mapper.state import State
from ldapom.mapper.values import Values, listed, owned
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.entry import Entry
    from ldapom.mapper.hints import Annotation
    from ldapom.mapper.state import EntryState

T = TypeVar("T")
V = TypeVar("V")


@frozen
class Declaration:
    """What `attribute` was called with."""

    name: str
    must: bool
    default: object
    syntax: str | None
    equality: str | None
    read_only: bool


@overload
def attribute(
    name: str,
    *,
    read_only: Literal[True],
    must: bool = ...,
    default: object = ...,
    syntax: str | None = ...,
    equality: str | None = ...,
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
) -> T: ...  # type: ignore[type-var]  # the annotation decides; nothing else could


def attribute(
    name: str,
    *,
    must: bool = False,
    default: object = None,
    syntax: str | None = None,
    equality: str | None = None,
    read_only: bool = False,
    init: bool = True,
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
        init: For type checkers, which read it from this function's signature.
    """
    del init
    return Declaration(name, must, default, syntax, equality, read_only)


class Described(Generic[T]):
    """What `Attr` and `Many` share: one attribute of an entry class.

    Attributes:
        python_name: The name it has in Python.
        ldap_name: The name that goes over the wire.
        key: The name under which every spelling of it is found.
        label: Class and attribute, for texts: ``User.uid``.
        must: Whether the schema demands a value.
        read_only: Whether only the server writes it.
        default: What the constructor takes without an argument.
        equality: Its equality rule where one was given.
    """

    def __init__(
        self, declaration: Declaration, python_name: str, annotation: Annotation
    ) -> None:
        self.python_name = python_name
        self.ldap_name = declaration.name
        self.key = canonical(declaration.name)
        self.label = annotation.label
        self.must = declaration.must
        self.read_only = declaration.read_only
        self.default = declaration.default
        self.equality = declaration.equality
        self.declaration = declaration
        self.annotation = annotation

    @cached_property
    def converter(self) -> convert.Converter:
        """How values are read and written; found when the first one is."""
        python = self.annotation.value_type()
        return convert.converter(python, self.ldap_name, self.declaration.syntax)

    @cached_property
    def expression(self) -> Expression[T]:
        """The attribute as conditions name it."""
        return Expression(self)

    def shown(self, value: object) -> str:
        """A value for an error text; a secret is not shown."""
        if not is_secret(self.ldap_name):
            return repr(value)
        return hidden(value) if isinstance(value, str | bytes) else "<hidden>"

    def demanded(self) -> str:
        """The line that declares the attribute anew, with MUST."""
        text = self.annotation.text.replace("| None", "").replace("None |", "").strip()
        return (
            f"{self.python_name}: {self.annotation.kind}[{text}] = "
            f'attribute("{self.ldap_name}", must=True)'
        )

    def refuse_read_only(self, state: EntryState) -> None:
        """Refuse a change where the entry, or the attribute, only reads."""
        state.may_change(self.python_name, self.ldap_name)
        if self.read_only:
            raise ReadOnlyEntry(f"only the server writes {self.label}")

    def undecodable(
        self, state: EntryState, raw: Sequence[bytes], reason: str
    ) -> ConversionError:
        """The error for values that are none of the attribute's type."""
        return ConversionError(
            reason, dn=state.dn, attribute=self.ldap_name, raw=tuple(raw)
        )

    def absent(self, state: EntryState) -> None:
        """Find out what no value means: none was asked for, or there is none.

        Raises:
            NotLoaded: If the query did not ask for the attribute.
        """
        if not state.is_loaded(self.key):
            raise NotLoaded(
                f"{self.python_name} of {state.dn!r} was not asked for; ask with "
                f".only(..., {self.python_name!r}), or leave .only() out"
            )

    def _checked(self, value: T) -> T:
        """A value whose type fits; whether its syntax does is checked when it is sent.

        Raises:
            TypeError: If it is of another type.
        """
        try:
            encoded(self, value, self.converter.encode)
        except ValueError:
            return value
        return value


class Attr(Described[T]):
    """One value: ``Attr[int]`` where it is a MUST, else ``Attr[int | None]``."""

    @overload
    def __get__(
        self: Attr[V | None], obj: None, owner: type | None = None
    ) -> Expression[V]: ...

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Expression[T]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> T: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self.expression
        state = obj._state
        raw = state.values(self.key)
        value: object = None
        if len(raw) == 1:
            try:
                value = self.converter.decode(raw[0])
            except ValueError as error:
                raise self.undecodable(state, raw, str(error)) from error
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
            raise MissingValue(
                f"{self.python_name} of {state.dn!r} has no value, though the schema "
                "demands one; the server's access rules may hide it"
            )

    def accept(self, value: object, _state: EntryState) -> object:
        """Check what is assigned, and give what is kept.

        Raises:
            TypeError: If the type does not fit.
        """
        if value is None and not self.must:
            return None
        if value is None:
            raise TypeError(f"{self.label} must have a value, not None")
        return self._checked(cast("T", value))


class Many(Described[T]):
    """Any number of values: on an entry a `Values[T]`, assigned from any iterable."""

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Expression[T]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> Values[T]: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self.expression
        state = obj._state
        raw = state.values(self.key)
        if not raw:
            self.absent(state)
        try:
            values = owned(self._decoded(raw), state, self)
        except ValueError as error:
            raise self.undecodable(state, raw, str(error)) from error
        obj.__dict__[self.python_name] = values
        return values

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: Iterable[T]) -> None: ...

    def _decoded(self, raw: Sequence[bytes]) -> Iterable[T]:
        # The converter is the one of the annotation's type, which is T.
        return cast("Iterable[T]", map(self.converter.decode, raw))

    def accept(self, value: object, state: EntryState) -> object:
        """Check what is assigned, and give a copy of it.

        Raises:
            TypeError: If it is no iterable, or bare text, or a type does not fit.
        """
        if isinstance(value, Values) and value.belongs_to(state, self):
            # ``entry.mail += [...]`` assigns the list it has changed in place.
            return value
        values: Iterable[T] = listed(value, self.label)  # type: ignore[arg-type]  # checked there
        return owned(map(self._checked, values), state, self)


class Name:
    """The DN of an entry, made when it is first read from the text as received."""

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> Name: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> DN: ...

    def __get__(self, obj: Entry | None, owner: type | None = None) -> object:
        if obj is None:
            return self
        state = obj._state
        if state.dn or state.status is not State.new:
            name = obj.__dict__["dn"] = DN.from_server(state.dn)
            return name
        return obj.__ldapom__.name_of(obj)

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: DN | str | None) -> None: ...
