"""`Entry` and `Auxiliary`: what the classes of a model are made from.

1. There is no metaclass: `Mapped.__init_subclass__` puts the descriptors in place and
   lets attrs write the constructor.
2. The public names of `Entry` are reserved: no model uses them for an attribute.
3. An entry that was read only reads; a new one, and a copy, is free to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, dataclass_transform

from ldapom.dn import DN
from ldapom.mapper import define, show
from ldapom.mapper.attribute import Many, Name, attribute
from ldapom.mapper.info import ClassInfo, describe
from ldapom.mapper.state import EntryState, RawAttributes, State
from ldapom.mapper.values import Values, owned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import SupportsIndex

    import attrs

    from ldapom.filters import Filter
    from ldapom.mapper.query import Query
    from ldapom.protocol.messages import PartialAttribute


@dataclass_transform(
    field_specifiers=(attribute,), kw_only_default=True, eq_default=False
)
class Mapped:
    """How an entry class is made; `Entry` is what one derives from.

    Fields of the class that carries `dataclass_transform` itself are no constructor
    arguments (PEP 681), so what is private stands here and what is public there.
    """

    __slots__ = ("__dict__", "__weakref__", "_state")

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
    ) -> None:
        """Map a new class.

        Args:
            object_class: The object class it stands for; a class that combines
                others for an application has none of its own.
            base: The DN under which its entries live.
            rdn: The attribute that names them; ``a+b`` for several.

        Raises:
            TypeError: If the class contradicts itself or its bases.
        """
        super().__init_subclass__()
        own = define.declared(cls)
        define.write_constructor(cls, own)
        for name, described in own.items():
            setattr(cls, name, described)
        cls.__ldapom__ = describe(cls, object_class, base, rdn)

    def __attrs_pre_init__(self) -> None:
        info = self.__ldapom__
        _set_state(self, EntryState("", info.template(), None, State.new))

    def __delattr__(self, name: str) -> None:
        declared = self.__ldapom__.attributes.get(name)
        if declared is None:
            super().__delattr__(name)
            return
        declared.refuse_read_only(self._state)
        self.__dict__.pop(name, None)
        self._state.forget(declared.key)

    def _name(self, value: object) -> None:
        """Take a DN, as text or value; None leaves it to ``base`` and ``rdn``."""
        self._state.may_change("dn")
        if not isinstance(value, DN | str | None):
            raise TypeError(f"dn is a DN or its text, not {type(value).__name__}")
        self._state.dn = "" if value is None else str(value)
        self.__dict__.pop("dn", None)

    def __str__(self) -> str:
        return show.text(self)

    def __repr__(self) -> str:
        return show.expression(self)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Copy and pickle what was loaded, without any connection."""
        state = self._state
        kept = {
            name: value
            for name, value in self.__dict__.items()
            # What was read from the raw values is read from them again.
            if state.status is not State.read or name.startswith("_")
        }
        kept.pop("dn", None)
        status = State.new if state.status is State.new else State.detached
        known = (state.dn, state.attributes, state.loaded, status)
        return _restore, (type(self), known, kept)


def _assign(self: Mapped, name: str, value: object) -> None:
    declared = self.__ldapom__.attributes.get(name)
    if declared is not None:
        declared.refuse_read_only(self._state)
        self.__dict__[name] = declared.accept(value, self._state)
    elif name == "dn":
        self._name(value)
    elif name.startswith("_") or hasattr(type(self), name):
        object.__setattr__(self, name, value)
    else:
        raise AttributeError(self.__ldapom__.unknown(name))


# Put in place from outside: a class that type checkers see define ``__setattr__`` may
# be assigned any name, and a misspelled attribute has to be an error to them.
Mapped.__setattr__ = _assign  # type: ignore[method-assign, assignment]  # see above


class Entry(Mapped):
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
        from ldapom.mapper.query import Query

        return Query.of(cls, conditions, equals)

    @property
    def state(self) -> State:
        """Where the entry stands: new, read from a server, or detached."""
        return self._state.status

    @property
    def raw(self) -> Mapping[str, list[bytes]]:
        """The values as the server sent them, by any spelling of their names."""
        return RawAttributes(self._state, skip={})

    @property
    def extra(self) -> Mapping[str, list[bytes]]:
        """The values, as the server sent them, of attributes the class has not."""
        return RawAttributes(self._state, skip=self.__ldapom__.by_key)


class Auxiliary(Entry):
    """Base of auxiliary classes: they add attributes to a structural class.

    ``class User(InetOrgPerson, PosixAccount)`` is one entry of both.
    """

    __slots__ = ()


def make(
    cls: type[Entry],
    dn: str,
    attributes: Sequence[PartialAttribute],
    loaded: frozenset[str] | None,
) -> Entry:
    """Make the entry of a message; nothing of it is decoded before it is read.

    Args:
        cls: Its class.
        dn: Its DN as received.
        attributes: Its attributes as received.
        loaded: The keys that were asked for; None stands for all.
    """
    entry = _new(cls)
    _set_state(entry, EntryState(dn, attributes, loaded, State.read))
    return entry


def _restore(
    cls: type[Entry],
    known: tuple[str, Sequence[PartialAttribute], frozenset[str] | None, State],
    kept: Mapping[str, object],
) -> Entry:
    """Make an entry of its own from what `Mapped.__reduce_ex__` kept."""
    entry = _new(cls)
    state = EntryState(*known)
    _set_state(entry, state)
    for name, value in kept.items():
        declared = cls.__ldapom__.attributes.get(name)
        if declared is not None and isinstance(value, Values):
            entry.__dict__[name] = owned(value, state, declared)
        else:
            entry.__dict__[name] = value
    return entry


_new = object.__new__
# The slot itself: `Entry.__setattr__` is for attributes.
_set_state = Mapped._state.__set__  # type: ignore[attr-defined]  # a slot, not a value
