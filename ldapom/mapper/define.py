"""From the body of an entry class to its descriptors and its constructor.

1. `attribute` declarations and their annotations become descriptors.
2. attrs writes the constructor, so that ``attrs.fields`` works on entry classes; it
   does so when a class is first asked for either.
"""

from __future__ import annotations

import inspect
import types
import typing
from threading import RLock
from typing import TYPE_CHECKING, cast

import attrs

from ldapom.dn import DN
from ldapom.mapper import hints
from ldapom.mapper.attribute import Attr, Many, Name
from ldapom.mapper.described import Declaration, Described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.mapper.converters import Converters
    from ldapom.mapper.entry import Mapped
    from ldapom.mapper.hints import Annotation

_KINDS: dict[str, type[Attr[object] | Many[object]]] = {"Attr": Attr, "Many": Many}


def declared(
    cls: type, converters: Converters | None = None
) -> dict[str, Attr[object] | Many[object]]:
    """The attributes that a class body declares, by Python name.

    Args:
        cls: The class.
        converters: The converters that hold in it.

    Raises:
        TypeError: If declaration and annotation do not go together.
    """
    written = inspect.get_annotations(cls)
    reserved = _reserved(cls)
    own: dict[str, Attr[object] | Many[object]] = {}
    for name in dict.fromkeys((*written, *vars(cls))):
        value = vars(cls).get(name)
        label = f"{cls.__name__}.{name}"
        annotation = hints.parse(label, cls.__module__, written.get(name))
        if isinstance(value, Declaration):
            if name in reserved:
                raise TypeError(
                    f"{label}: {name!r} is reserved for all entries; give it another "
                    f"Python name, such as {name}_ = attribute({value.name!r})"
                )
            own[name] = _described(value, name, label, annotation, converters)
        elif annotation is not None:
            raise TypeError(
                f"{label} is annotated {annotation.kind}[{annotation.text}] and needs "
                f'its declaration: = attribute("{name}")'
            )
    return own


def converted(
    cls: type[Mapped], converters: Converters
) -> dict[str, Attr[object] | Many[object]]:
    """The attributes of the bases that a class's own converters read anew.

    Args:
        cls: The class, not yet described.
        converters: Its own.
    """
    found: dict[str, Attr[object] | Many[object]] = {}
    for base in cls.__mro__[1:]:
        info = vars(base).get("__ldapom__")
        for name, one in info.attributes.items() if info else ():
            if name in found or name in vars(cls) or not isinstance(one, Attr | Many):
                continue
            anew = type(one)(one.declaration, name, one.annotation, converters)
            if anew.reads_otherwise(one):
                found[name] = anew
    return found


def _reserved(cls: type) -> frozenset[str]:
    """The public names of `Entry`, of which only ``objectClass`` may be redeclared."""
    roots = (base for base in cls.__mro__ if isinstance(vars(base).get("dn"), Name))
    root = next(roots)
    names = () if root is cls else (name for name in dir(root) if name[0] != "_")
    return frozenset(names) - {"objectClass"}


def _described(
    declaration: Declaration,
    name: str,
    label: str,
    annotation: Annotation | None,
    converters: Converters | None,
) -> Attr[object] | Many[object]:
    if annotation is None:
        raise TypeError(
            f"{label} needs an annotation: {name}: Attr[...] for one value, "
            f"{name}: Many[...] for any number"
        )
    kind = _KINDS.get(annotation.kind) or _referring(annotation.kind)
    described = kind(declaration, name, annotation, converters)
    try:
        _check_optional(described, annotation)
        _ = described.converter
    except NameError:
        # A name that its module does not have yet is looked up at the first use.
        return described
    return described


def _referring(kind: str) -> type[Attr[object] | Many[object]]:
    # Imported where a model has relations; most have none.
    from ldapom.mapper import relations

    return cast("type[Attr[object] | Many[object]]", getattr(relations, kind))


def _check_optional(described: Described[object], annotation: Annotation) -> None:
    if annotation.kind == "Many" and annotation.optional:
        raise TypeError(
            f"{described.label}: no value is an empty list; write "
            f"{annotation.kind}[{annotation.text.replace(' | None', '')}]"
        )
    if annotation.kind == "Attr" and not described.must and not annotation.optional:
        raise TypeError(
            f"{described.label} may have no value: write Attr[{annotation.text} | "
            "None], or must=True where the schema demands one"
        )


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
        own: Mapping[str, Attr[object] | Many[object]],
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


def write_constructor(
    cls: type[Mapped], own: Mapping[str, Attr[object] | Many[object]]
) -> None:
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


def _write(
    cls: type, own: Mapping[str, Attr[object] | Many[object]], *, init: bool = True
) -> None:
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


def _field(described: Attr[object] | Many[object]) -> object:
    if described.read_only:
        return attrs.field(init=False)
    if described.must and described.default is None:
        return attrs.field()
    default = described.default
    return attrs.field(default=() if default is None and _many(described) else default)


def _plain_type(described: Attr[object] | Many[object] | None) -> object:
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


def _many(described: Attr[object] | Many[object]) -> bool:
    return isinstance(described, Many)
