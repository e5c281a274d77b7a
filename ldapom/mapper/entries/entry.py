"""`Entry` and `Auxiliary`: what the classes of a model are made from.

1. There is no metaclass: `Mapped.__init_subclass__` puts the descriptors in place and
   lets attrs write the constructor.
2. The public names of `Entry` are reserved: no model uses them for an attribute.
3. Assigning goes through the entry's state, which tells the unit of work.
4. A program that only has a model imports this, and nothing that entries need: what
   makes them is `ldapom.mapper.entries.making`.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    ClassVar,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
    overload,
)

from ldapom.dn import DN
from ldapom.errors import ReadOnlyEntry
from ldapom.mapper.classes import constructor, define
from ldapom.mapper.classes.attribute import Many, Name, attribute
from ldapom.mapper.classes.info import ClassInfo, combined, describe
from ldapom.mapper.classes.on_request import on_request
from ldapom.mapper.entries.exchange import Exchange
from ldapom.mapper.entries.states import State
from ldapom.mapper.entries.values import Values, owned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import SupportsIndex

    import attrs

    from ldapom.filters import Filter
    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute, Described
    from ldapom.mapper.classes.operational import Operational
    from ldapom.mapper.classes.relations import Referring
    from ldapom.mapper.entries.carried import Carried
    from ldapom.mapper.entries.state import EntryState
    from ldapom.mapper.entries.variants import Variants
    from ldapom.mapper.queries.expression import Expression
    from ldapom.mapper.queries.query import Query
    from ldapom.protocol.parts import PartialAttribute

A = TypeVar("A", bound="Entry")
G = TypeVar("G", bound="Entry")
V = TypeVar("V")


@dataclass_transform(
    field_specifiers=(attribute, on_request), kw_only_default=True, eq_default=False
)
class Mapped:
    """How an entry class is made; `Entry` is what one derives from.

    Fields of the class that carries `dataclass_transform` itself are no constructor
    arguments (PEP 681), so what is private stands here and what is public there.
    """

    __slots__ = ("__dict__", "__weakref__", "_state")

    if TYPE_CHECKING:
        __ldapom__: ClassVar[ClassInfo]
        #: What makes it an attrs class to type checkers too.
        __attrs_attrs__: ClassVar[tuple[attrs.Attribute[object], ...]]
        _state: EntryState

    def __init_subclass__(
        cls,
        *,
        object_class: str | None = None,
        base: str | None = None,
        rdn: str | None = None,
        converters: Converters | None = None,
    ) -> None:
        """Map a new class.

        Args:
            object_class: The object class it stands for; a class that combines
                others for an application has none of its own.
            base: The DN under which its entries live.
            rdn: The attribute that names them; ``a+b`` for several.
            converters: Converters for its attributes and those of all classes made
                from it.

        Raises:
            TypeError: If the class contradicts itself or its bases.
        """
        super().__init_subclass__()
        every = combined(cls, converters)
        own = define.declared(cls, every)
        constructor.write_constructor(cls, own)
        for name, described in own.items():
            setattr(cls, name, described)
        if every is not None:
            for name, described in define.converted(cls, every).items():
                setattr(cls, name, described)
        cls.__ldapom__ = describe(cls, object_class, base, rdn, converters=every)

    def __attrs_pre_init__(self) -> None:
        from ldapom.mapper.entries.state import EntryState

        info = self.__ldapom__
        # What is made is an Entry, or a mistake that `describe` has refused.
        cls: type[Entry] = type(self)  # type: ignore[assignment]
        state = EntryState("", info.template, None, State.new, cls)
        set_state(self, state)

    def __delattr__(self, name: str) -> None:
        declared = self.__ldapom__.attributes.get(name)
        if declared is None:
            super().__delattr__(name)
            return
        declared.refuse_read_only(self._state)
        keep(self, declared, declared.nothing(self._state))

    def _name(self, value: object) -> None:
        """Take a DN, as text or value; None leaves it to ``base`` and ``rdn``."""
        state = self._state
        state.may_change("dn")
        if not isinstance(value, DN | str | None):
            raise TypeError(f"dn is a DN or its text, not {type(value).__name__}")
        if not state.is_new and state.status is not State.detached:
            raise ReadOnlyEntry(
                f"the DN of {state.dn!r} is not assigned: use session.rename(entry, "
                "...) or session.move(entry, parent)"
            )
        state.dn = "" if value is None else str(value)

    def __str__(self) -> str:
        from ldapom.mapper.entries import show

        return show.text(self)

    def __repr__(self) -> str:
        from ldapom.mapper.entries import show

        return show.expression(self)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Copy and pickle what was loaded, without any connection."""
        state = self._state
        # What was read from the raw values is read from them again.
        kept = {k: v for k, v in self.__dict__.items() if state.find(k) is None}
        kept.update(state.changes or {})
        status = State.new if state.is_new else State.detached
        loaded = None if state.loaded is None else state.loaded - state.outdated
        known = (state.dn, state.attributes, loaded, status)
        made = (type(self), known, state.further, kept)
        if state.converters is None:
            return _restore, made
        from ldapom.mapper.entries.carried import Carried

        return _restore, (*made, Carried(state.converters, state))


def _assign(self: Mapped, name: str, value: object) -> None:
    declared = self.__ldapom__.attributes.get(name)
    if declared is not None:
        state = self._state
        if (
            value is declared.unset
            and state.unit is None
            and state.status is State.new
            and (state.changes is None or name not in state.changes)
        ):
            # Of most attributes the maker of an entry says nothing: there is nothing.
            return
        declared.refuse_read_only(state)
        keep(self, declared, declared.accept(value, state))
    elif name == "dn":
        self._name(value)
    elif name.startswith("_") or (hasattr(type(self), name) and not _is_ours(name)):
        object.__setattr__(self, name, value)
    else:
        raise AttributeError(self.__ldapom__.unknown(name))


def _is_ours(name: str) -> bool:
    """Whether all entries have a method of this name.

    It would be hidden without a word: what is assigned to ``drop`` was meant for the
    attribute that is called ``drop_``.
    """
    return callable(getattr(Entry, name, None))


def keep(entry: Mapped, declared: AnyAttribute, value: object) -> None:
    """Let an entry have a value from now on, which its attribute has accepted."""
    live = entry.__dict__
    entry._state.assign(declared, value, live)
    if value is None:
        # Reading it decides whether there may be none.
        live.pop(declared.python_name, None)
    else:
        live[declared.python_name] = value


# Put in place from outside: a class that type checkers see define ``__setattr__`` may
# be assigned any name, and a misspelled attribute has to be an error to them.
Mapped.__setattr__ = _assign  # type: ignore[method-assign, assignment]  # see above


class Entry(Mapped, Exchange):
    """One entry of a directory; base of every model.

    A model is a class with the object class it stands for, and `attribute`
    declarations::

        class Person(Entry, object_class="person"):
            cn: Many[str] = attribute("cn", must=True)
            seeAlso: Many[DN] = attribute("seeAlso", default=())

    Entries are equal when they are the same object. They stay usable after their
    session ends; copies and pickles hold the values that were loaded and no
    connection.

    Attributes:
        dn: The entry's name, as the server spells it. A new entry without one gets
            it from its class's ``base`` and ``rdn``.
        objectClass: The object classes the entry has.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        dn: Name = attribute("entryDN", default=None)
    else:
        dn = Name()
    objectClass: Many[str] = attribute("objectClass", read_only=True)

    @classmethod
    def query(cls, /, *conditions: Filter, **equals: object) -> Query[Self]:
        """Ask for entries of this class in the session that surrounds the call.

        Nothing is sent before the query is asked, by iterating over it or with
        ``first()``, ``one()``, ``all()`` and their like.

        Args:
            *conditions: What must hold, such as ``User.uidNumber >= 1000``.
            **equals: Attributes and the value they must have.

        Raises:
            TypeError: If a keyword is no attribute, or a value of another type.
        """
        from ldapom.mapper.queries.query import Query

        return Query.of(cls, conditions, equals)

    def extend(self, auxiliary: type[A], /, **values: object) -> A:
        """Add an auxiliary class, with its attributes, in one change.

        Args:
            auxiliary: The class.
            **values: Values of its attributes, by Python name.

        Returns:
            The entry seen as that class; both are views of one entry.

        Raises:
            TypeError: If a keyword is no attribute of the class, or a value of another
                type; nothing is changed then.
            ReadOnlyEntry: If the entry only reads.
        """
        from ldapom.mapper.entries import views

        # All is looked at before anything is changed.
        given = [
            (one, one.accept(value, self._state))
            for one, value in views.arguments(self, auxiliary, values)
        ]
        view = views.extend(self, auxiliary)
        for one, value in given:
            keep(view, one, value)
        return view

    def drop(self, auxiliary: type[Entry], /) -> None:
        """Take an auxiliary class away, and the attributes that no other class has.

        The other classes are those of the model and of the views of the entry; the
        attributes that name the entry stay in any case.

        Raises:
            ValueError: If the entry is not of the class.
            ReadOnlyEntry: If the entry only reads.
        """
        from ldapom.mapper.entries import views

        views.drop(self, auxiliary)

    def as_(self, auxiliary: type[A], /) -> A:
        """See the entry as another of its classes; both are views of one entry.

        Raises:
            ValueError: If the entry is not of the class.
            TypeError: If the two classes disagree about an attribute.
        """
        from ldapom.mapper.entries import views

        return views.seen_as(self, auxiliary)

    def referenced_by(self, by: Referring[Self, G]) -> Query[G]:
        """Ask for the entries whose attribute names this one.

        For example ``user.referenced_by(Group.member)``.

        Args:
            by: The attribute, as its class has it.
        """
        from ldapom.mapper.classes.relations import referring

        return referring(self, by)

    @overload
    def variants(self, attribute: Expression[V], /) -> Variants[V]: ...

    @overload
    def variants(self, attribute: str, /) -> Variants[object]: ...

    def variants(self, attribute: Expression[V] | str, /) -> Variants[V]:
        """The values of an attribute under options, such as ``cn;lang-de``.

        For example ``user.variants(User.cn)["lang-de"] = ["Grün"]``. For languages of
        an attribute of several values there is ``user.cn.lang("de")`` too.

        Args:
            attribute: The attribute, as its class has it, or its name.

        Raises:
            LookupError: If the class has no such attribute.
        """
        from ldapom.mapper.entries.variants import Variants

        name = attribute if isinstance(attribute, str) else attribute.python_name
        found: Described[V] = self.__ldapom__.find(name)  # type: ignore[assignment]  # the expression's own
        return Variants(found, self._state)

    @property
    def operational(self) -> Operational:
        """What the server keeps about the entry, as it came, to be read only.

        Ask for it with ``query.with_operational()``; what was not asked for raises
        `NotLoaded`.
        """
        from ldapom.mapper.classes.operational import Operational, kept_by_server
        from ldapom.mapper.entries.making import make

        state = self._state
        parts = kept_by_server(state.attributes, state.models)
        shown = make(Operational, state.dn, parts, state.loaded)
        shown._state.converters = state.converters
        return cast("Operational", shown)

    @property
    def state(self) -> State:
        """Where the entry stands; `State` says what there is."""
        from ldapom.mapper.commits.standing import standing

        return standing(self._state)

    @property
    def raw(self) -> Mapping[str, list[bytes]]:
        """The values as the server sent them, by any spelling of their names."""
        from ldapom.mapper.entries.raw import RawAttributes

        return RawAttributes(self._state, skip={})

    @property
    def extra(self) -> Mapping[str, list[bytes]]:
        """The values, as the server sent them, of attributes the class has not."""
        from ldapom.mapper.entries.raw import RawAttributes

        return RawAttributes(self._state, skip=self.__ldapom__.by_key)


class Auxiliary(Entry):
    """Base of auxiliary classes: they add attributes to a structural class.

    ``class User(InetOrgPerson, PosixAccount)`` is one entry of both.
    """

    __slots__ = ()


def _restore(
    cls: type[Entry],
    known: tuple[str, Sequence[PartialAttribute], frozenset[str] | None, State],
    further: tuple[type[Entry], ...],
    kept: Mapping[str, object],
    carried: Carried | None = None,
) -> Entry:
    """Make an entry of its own from what `Mapped.__reduce_ex__` kept."""
    from ldapom.mapper.entries.state import EntryState

    entry = blank(cls)
    state = EntryState(*known, cls)
    state.further = further
    if carried is not None:
        state.converters = carried.table
    set_state(entry, state)
    for name, value in kept.items():
        declared = state.find(name)
        if declared is None:
            entry.__dict__[name] = value
            continue
        own = owned(value, state, declared) if isinstance(value, Values) else value
        keep(entry, declared, own)
    return entry


# For those who make entries. The slots themselves: `Entry.__setattr__` is for
# attributes.
blank = object.__new__
set_state = Mapped._state.__set__  # type: ignore[attr-defined]  # a slot, not a value
set_dict = Mapped.__dict__["__dict__"].__set__
