"""The constructor of an entry class.

1. attrs writes it, so that ``attrs.fields`` works on entry classes; it does so when a
   class is first asked for either.
2. What attrs writes assigns every attribute a class has, also those of which nothing is
   said. Where that is all it does, another one stands in front of it, which looks at
   what is given and nothing else: a class has sixty attributes, a new entry a dozen.
"""

from __future__ import annotations

import types
import typing
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING

import attrs

from ldapom.dn import DN
from ldapom.mapper.classes.attribute import Many

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Mapped

    Own = Mapping[str, AnyAttribute]
    Init = Callable[..., None]


class Later:
    """What attrs writes for a class: its constructor, or its fields.

    It is written when it is first used: most programs only read, and what attrs does
    is most of what it costs to make a class.

    Args:
        cls: The class.
        name: The attribute of it that this stands for.
        own: The attributes that its body declares.
    """

    __slots__ = ("_cls", "_name", "_own")

    def __init__(
        self,
        cls: type[Mapped],
        name: str,
        own: Own,
    ) -> None:
        self._cls = cls
        self._name = name
        self._own = own

    def __get__(self, instance: object, _: type | None = None) -> object:
        # Not that of who asks: a subclass may ask for that of its base.
        cls = self._cls
        with _WRITING:
            if vars(cls)[self._name] is self:
                # A constructor that was put there since is somebody's.
                init = isinstance(vars(cls).get(_CONSTRUCTOR), Later)
                _write(cls, self._own, init=init)
        found = vars(cls)[self._name]
        if instance is None or self._name == _FIELDS:
            return found
        return found.__get__(instance)


#: Classes may be used first by several threads at once.
_WRITING = RLock()
_CONSTRUCTOR, _FIELDS = "__init__", "__attrs_attrs__"


def write_constructor(cls: type[Mapped], own: Own) -> None:
    """Let attrs write ``__init__``: keyword arguments only, compared by identity.

    Args:
        cls: The class.
        own: The attributes that its body declares.
    """
    if _CONSTRUCTOR in vars(cls):
        # Somebody wrote one, and wants that of attrs under another name.
        _write(cls, own, init=False)
        return
    for name in (_CONSTRUCTOR, _FIELDS):
        setattr(cls, name, Later(cls, name, own))


def _write(cls: type[Mapped], own: Own, *, init: bool = True) -> None:
    these = {name: _field(one) for name, one in own.items()}
    if "dn" in vars(cls):
        these["dn"] = attrs.field(default=None)

    def typed(
        _: type, fields: list[attrs.Attribute[object]]
    ) -> list[attrs.Attribute[object]]:
        for field in fields:
            plain = (
                DN | None if field.name == "dn" else _plain_type(own.get(field.name))
            )
            if plain is not None:
                # ``Many[str]`` is ours; attrs and cattrs know ``list[str]``.
                object.__setattr__(field, "type", plain)
        return fields

    attrs.define(
        cls,
        these=these,
        slots=False,
        init=init,
        kw_only=True,
        eq=False,
        repr=False,
        auto_attribs=False,
        on_setattr=attrs.setters.NO_OP,
        field_transformer=typed,
    )
    if init:
        # What attrs wrote is what wrappers and signatures are made from.
        setattr(cls, _CONSTRUCTOR, _sparing(cls, vars(cls)[_CONSTRUCTOR]))


def _sparing(cls: type[Mapped], init: Init) -> Init:
    """A constructor that looks at what it is given, and at nothing else.

    Args:
        cls: The class.
        init: What attrs wrote for it, which is called where something is wrong; it is
            given back where it does more than to assign attributes.
    """
    from ldapom.mapper.entries.entry import Mapped

    fields = {one.alias: one for one in attrs.fields(cls) if one.init}
    known = cls.__ldapom__.attributes
    if hasattr(cls, "__attrs_post_init__") or not all(
        _is_assigned(one, known) for one in fields.values()
    ):
        return init
    needed = {name for name, one in fields.items() if one.default is attrs.NOTHING}
    defaults = {
        name: one.default
        for name, one in fields.items()
        if name not in needed and name in known and one.default is not known[name].unset
    }
    assign = Mapped.__setattr__

    @wraps(init)
    def constructor(self: Mapped, /, **given: object) -> None:
        names = given.keys()
        kind = type(self)
        if kind.__setattr__ is not assign:
            init(self, **given)
        elif needed <= names <= fields.keys():
            self.__attrs_pre_init__()
            _fill(self, {**defaults, **given} if defaults else given)
        else:
            _refuse(kind, names - fields.keys())
            init(self, **given)

    return constructor


def _is_assigned(field: attrs.Attribute[object], known: Container[str]) -> bool:
    """Whether it is an attribute of the class, or its DN, of a default as it stands."""
    # attrs types its class as a function.
    factory: type = attrs.Factory  # type: ignore[assignment]
    is_made = isinstance(field.default, factory)
    is_known = field.name == "dn" or field.name in known
    return is_known and field.alias == field.name and not is_made


def _fill(entry: Mapped, given: dict[str, object]) -> None:
    """Assign to a new entry, which has nothing yet and belongs to no unit of work."""
    state, attributes = entry._state, entry.__ldapom__.attributes
    live = entry.__dict__
    changes: dict[str, object] = {}
    for name, value in given.items():
        declared = attributes.get(name)
        if declared is None or not declared.is_free:
            setattr(entry, name, value)
        elif value is not declared.unset:
            changes[name] = accepted = declared.accept(value, state)
            if accepted is not None:
                live[name] = accepted
    if changes:
        state.live = live
        state.changes = {**state.changes, **changes} if state.changes else changes


def _refuse(cls: type[Mapped], names: set[str]) -> None:
    """Say what was meant instead of a name that no attribute has.

    Raises:
        TypeError: For the first of them.
    """
    for name in sorted(names):
        if name not in cls.__ldapom__.attributes:
            raise TypeError(cls.__ldapom__.unknown(name))


def _field(described: AnyAttribute) -> object:
    if described.read_only:
        return attrs.field(init=False)
    if described.must and described.default is None:
        return attrs.field()
    default = described.default
    return attrs.field(
        default=() if default is None and described.has_many else default
    )


def _plain_type(described: AnyAttribute | None) -> object:
    """The type of the values an entry has; None where it is not known yet."""
    if described is None:
        return None
    try:
        python = described.annotation.value_type()
        optional = described.annotation.optional
    except NameError:
        return None
    if isinstance(described, Many):
        return types.GenericAlias(list, (python,))
    # ``Literal`` and its like are no classes, and have a union all the same.
    return typing.Optional[python] if optional else python  # noqa: UP045
