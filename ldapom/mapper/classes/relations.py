"""`References` and `Reference`: attributes whose values name entries of a class.

1. The values are DNs, as everywhere; where a DN is expected, its entry is taken too.
2. From the values to the entries: ``group.member.entries()``, a page of names in one
   search; and back: ``user.referenced_by(Group.member)``.
3. The class that is named may be defined later, and in a module that imports this
   one: it is looked for when it is first needed.
"""

from __future__ import annotations

from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Generic,
    Self,
    SupportsIndex,
    TypeVar,
    cast,
    overload,
)

from attrs import evolve

from ldapom.dn import DN
from ldapom.mapper import ambient
from ldapom.mapper.classes import convert
from ldapom.mapper.classes.attribute import Attr, Many
from ldapom.mapper.entries.naming import dn_of
from ldapom.mapper.entries.values import Values, listed
from ldapom.mapper.queries.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ldapom.filters import Filter
    from ldapom.mapper.base_session import AnySession
    from ldapom.mapper.classes.conversion import Conversion
    from ldapom.mapper.classes.described import Described
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.queries.query import Query
    from ldapom.mapper.session import Session

E = TypeVar("E", bound="Entry")
G = TypeVar("G", bound="Entry")
#: Who names users names also what is more than a user.
E_contra = TypeVar("E_contra", bound="Entry", contravariant=True)
T = TypeVar("T")


class Referring(Expression[DN], Generic[E_contra, G]):
    """A referring attribute as conditions name it: ``Group.member == user``."""

    __slots__ = ("owner",)

    def __init__(self, attribute: Described[DN], owner: type[G]) -> None:
        super().__init__(attribute)
        self.owner = owner

    if TYPE_CHECKING:
        # At run time the attribute's own encoder takes entries.
        def __eq__(self, other: DN | E_contra | None) -> Filter: ...  # type: ignore[override]  # a condition
        def __ne__(self, other: DN | E_contra | None) -> Filter: ...  # type: ignore[override]  # the same
        def in_(self, values: Iterable[DN | E_contra]) -> Filter:
            """The attribute names any of these."""
            ...

    # A condition is no truth value, so an expression can not be a key.
    __hash__ = None


class LinkedValues(Values[DN], Generic[E]):
    """The values of `References`: DNs, and the way to the entries they name.

    Everything that takes a DN takes an entry too and keeps its name.
    """

    __slots__ = ()

    def entries(self, session: Session | None = None) -> list[E]:
        """Read the entries that are named, a page of names in one search.

        Args:
            session: Where to ask, instead of the session the entry came from or,
                without one, the session that surrounds the call.

        Returns:
            The entries in the order of the values. A name that leads to no entry
            of the class, or to one that may not be read, is left out.
        """
        if not self:
            return []
        return (session or session_of(self._state)).entries_of(self)

    @property
    def model(self) -> type[E]:
        """The class of the entries that are named."""
        return self._source().model

    def _source(self) -> References[E]:
        return cast("References[E]", self._attribute)

    def _named(self, value: DN | E) -> DN:
        if not hasattr(self, "_state"):
            return name_of(value, None)
        return name_of(value, self._source())

    def append(self, value: DN | E, /) -> None:
        """Append a name, or that of an entry."""
        super().append(self._named(value))

    def extend(self, values: Iterable[DN | E], /) -> None:
        """Append the names, or those of entries, of an iterable."""
        super().extend([self._named(each) for each in listed(values, self._name())])

    def __iadd__(self, values: Iterable[DN | E], /) -> Self:  # type: ignore[override, misc]  # takes more than a list of DNs
        self.extend(values)
        return self

    def insert(self, index: SupportsIndex, value: DN | E, /) -> None:
        """Insert a name, or that of an entry."""
        super().insert(index, self._named(value))

    def remove(self, value: DN | E, /) -> None:
        """Remove a name, or that of an entry."""
        super().remove(self._named(value))

    @overload
    def __setitem__(self, index: SupportsIndex, value: DN | E, /) -> None: ...

    @overload
    def __setitem__(self, index: slice, value: Iterable[DN | E], /) -> None: ...

    def __setitem__(
        self, index: SupportsIndex | slice, value: DN | E | Iterable[DN | E], /
    ) -> None:
        if isinstance(index, slice):
            several = cast("Iterable[DN | E]", value)
            names = [self._named(each) for each in listed(several, self._name())]
            super().__setitem__(index, names)
        else:
            super().__setitem__(index, self._named(cast("DN | E", value)))

    def __contains__(self, value: object) -> bool:
        return super().__contains__(name_of(value, None))

    def index(
        self,
        value: DN | E,
        start: SupportsIndex = 0,
        stop: SupportsIndex = 2**63 - 1,
        /,
    ) -> int:
        """The place of a name, or of that of an entry."""
        return super().index(self._named(value), start, stop)

    def count(self, value: DN | E, /) -> int:
        """How often a name, or that of an entry, is there."""
        return super().count(self._named(value))


class LinkedDN(DN, Generic[E]):
    """The value of a `Reference`: a DN, and the way to the entry it names."""

    __slots__ = ("_model", "_state")

    if TYPE_CHECKING:
        _model: Callable[[], type[E]]
        _state: EntryState | None

    @classmethod
    def link(
        cls, name: DN, model: Callable[[], type[E]], state: EntryState | None
    ) -> Self:
        """Make one of a name.

        Args:
            name: The name.
            model: Gives the class of the entry that is named.
            state: The state of the entry that has it as a value.
        """
        # In this order: another thread may find out what it is meanwhile.
        opaque = name._opaque
        linked = cls(name._rdns, text=name._text, is_opaque=opaque)
        # A DN is frozen; these two say where it stands and are no part of it.
        object.__setattr__(linked, "_model", model)
        object.__setattr__(linked, "_state", state)
        return linked

    def entry(self, session: Session | None = None) -> E:
        """Read the entry that is named.

        Args:
            session: Where to ask, instead of the session the entry came from or,
                without one, the session that surrounds the call.

        Raises:
            NoResult: If there is none, or it is none of the class.
        """
        where = session or session_of(self._state)
        return where.get(self._model(), self)

    def __reduce__(self) -> tuple[object, ...]:
        return _linked, (str(self), self._model())


class References(Many[DN], Generic[E]):
    """Any number of names of entries of a class: ``member: References[User]``.

    On an entry they are `LinkedValues`; assigned from DNs and entries alike.
    """

    values_type = LinkedValues

    @overload  # type: ignore[override]  # the owner's class is what is new
    def __get__(self, obj: None, owner: type[G]) -> Referring[E, G]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> LinkedValues[E]: ...

    def __get__(  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        self, obj: Entry | None, owner: type | None = None
    ) -> object:
        if obj is None:
            return Referring(self, cast("type[Entry]", owner))
        return super().__get__(obj, owner)

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: Iterable[DN | E]) -> None: ...

    @cached_property
    def model(self) -> type[E]:
        """The class of the entries that are named."""
        return cast("type[E]", _model(self))

    @cached_property
    def converter(self) -> Conversion:
        """How names are read, and how they and entries are written."""
        return _converter(self)

    def _checked(self, value: DN | E) -> DN:
        return super()._checked(name_of(value, self))


class Reference(Attr[DN | None], Generic[E]):
    """The name of one entry of a class, or None: ``manager: Reference[User]``.

    On an entry it is a `LinkedDN` or None; assigned from a DN or an entry.
    """

    is_linked = True

    @overload  # type: ignore[override]  # the owner's class is what is new
    def __get__(self, obj: None, owner: type[G]) -> Referring[E, G]: ...

    @overload
    def __get__(self, obj: Entry, owner: type | None = None) -> LinkedDN[E] | None: ...

    def __get__(  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        self, obj: Entry | None, owner: type | None = None
    ) -> object:
        if obj is None:
            return Referring(self, cast("type[Entry]", owner))  # type: ignore[arg-type]  # of DNs, where there is one
        name = super().__get__(obj, owner)
        if name is None:
            return None
        linked = obj.__dict__[self.python_name] = self.link(name, obj._state)
        return linked

    if TYPE_CHECKING:
        # Only for type checkers: with it at run time every read would come here.
        def __set__(self, obj: Entry, value: DN | E | None) -> None: ...

    @cached_property
    def model(self) -> type[E]:
        """The class of the entry that is named."""
        return cast("type[E]", _model(self))

    @cached_property
    def converter(self) -> Conversion:
        """How a name is read, and how it and an entry are written."""
        return _converter(self)

    def accept(self, value: object, state: EntryState) -> object:
        """Check what is assigned, and give the name that is kept.

        Raises:
            TypeError: If it is neither a DN nor an entry of the class.
        """
        name = super().accept(value, state)
        return None if name is None else self.link(name, state)

    def link(self, value: object, state: EntryState) -> LinkedDN[E]:
        """A name as an entry has it: with the way to the entry that is named."""
        name = cast("DN", value)
        linked: LinkedDN[E] = LinkedDN.link(name, lambda: self.model, state)
        return linked

    def _checked(self, value: DN | E | None) -> DN | None:
        return super()._checked(name_of(value, self))


def _linked(text: str, model: type[E]) -> LinkedDN[E]:
    """Unpickle one; it finds its entry in the session that surrounds the call."""
    return LinkedDN.link(DN.from_server(text), lambda: model, None)


def name_of(value: object, source: References[E] | Reference[E] | None) -> DN:
    """The name that a value is, or that an entry has.

    Args:
        value: What was given; anything else than an entry is given back, for the
            attribute to refuse.
        source: The attribute it is given to.

    Raises:
        TypeError: If it is an entry of another class than the attribute's.
        MissingValue: If it is a new entry whose name is not known yet.
    """
    from ldapom.mapper.entries.entry import Entry

    if not isinstance(value, Entry):
        return cast("DN", value)
    if source is not None and not isinstance(value, source.model):
        raise TypeError(
            f"{source.label} names entries of {source.model.__name__}, not of "
            f"{type(value).__name__}; give its .dn where that is meant"
        )
    return dn_of(value._state)


def referring(entry: E, by: Referring[E, G]) -> Query[G]:
    """Ask for the entries whose attribute names this one.

    Args:
        entry: The entry that is named.
        by: The attribute, such as ``Group.member``.

    Raises:
        TypeError: If the attribute is not declared to name entries.
    """
    if not isinstance(by, Referring):
        raise TypeError(
            "referenced_by() takes an attribute that names entries, such as "
            f"Group.member where member is References[User], not {by!r}"
        )
    query = by.owner.query(by == entry)
    unit_session = _unit_session(entry._state)
    return query if unit_session is None else query.using(unit_session)


def session_of(state: EntryState | None) -> Session:
    """The session an entry came from, else the one that surrounds the call.

    Raises:
        LocalProtocolError: If there is neither.
    """
    return _unit_session(state) or ambient.current()


def _unit_session(state: EntryState | None) -> Session | None:
    unit = getattr(state, "unit", None)
    session: AnySession | None = getattr(unit, "session", None)
    if session is None or not session.is_open:
        return None
    return ambient.blocking(session)


def _converter(source: References[E] | Reference[E]) -> Conversion:
    said = source.declaration
    plain = convert.converter(
        DN,
        source.ldap_name,
        said.syntax,
        convert=said.convert,
        converters=source.converters,
        is_checked=source.is_sessions,
    )

    def naming(encode: Callable[[object], bytes]) -> Callable[[object], bytes]:
        return lambda value: encode(name_of(value, source))

    return evolve(plain, encode=naming(plain.encode), assertion=naming(plain.assertion))


def _model(source: References[E] | Reference[E]) -> type[Entry]:
    """The class that an annotation names.

    Raises:
        NameError: If neither its module nor the model has one of that name.
        TypeError: If it is no entry class.
    """
    from ldapom.mapper.entries.entry import Entry

    annotation = source.annotation
    try:
        found: object = annotation.target()
    except NameError:
        name = annotation.text.rpartition(".")[2]
        classes = [one for one in _descendants(Entry) if one.__name__ == name]
        if len(classes) != 1:
            raise
        (found,) = classes
    if isinstance(found, type) and issubclass(found, Entry):
        return found
    raise TypeError(
        f"{source.label}: {annotation.kind}[{annotation.text}] must name one entry "
        "class"
    )


def _descendants(cls: type[T]) -> list[type[T]]:
    below = cls.__subclasses__()
    return [*below, *(each for child in below for each in _descendants(child))]
