"""From the body of an entry class to its descriptors.

`attribute` declarations and their annotations become descriptors; what makes entries
of them is in `ldapom.mapper.classes.constructor`.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, cast

from ldapom.mapper.classes import hints
from ldapom.mapper.classes.attribute import Attr, Many, Name
from ldapom.mapper.classes.described import Declaration, Described

if TYPE_CHECKING:
    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.classes.hints import Annotation
    from ldapom.mapper.classes.info import ClassInfo
    from ldapom.mapper.entries.entry import Mapped

_KINDS: dict[str, type[AnyAttribute]] = {"Attr": Attr, "Many": Many}


def declared(
    cls: type, converters: Converters | None = None
) -> dict[str, AnyAttribute]:
    """The attributes that a class body declares, by Python name.

    Args:
        cls: The class.
        converters: The converters that hold in it.

    Raises:
        TypeError: If declaration and annotation do not go together.
    """
    written = inspect.get_annotations(cls)
    reserved = _reserved(cls)
    own: dict[str, AnyAttribute] = {}
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


def converted(cls: type[Mapped], converters: Converters) -> dict[str, AnyAttribute]:
    """The attributes of the bases that a class's own converters read anew.

    Args:
        cls: The class, not yet described.
        converters: Its own.
    """
    found: dict[str, AnyAttribute] = {}
    for base in cls.__mro__[1:]:
        info: ClassInfo | None = vars(base).get("__ldapom__")
        for name, one in info.attributes.items() if info else ():
            if name in found or name in vars(cls):
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
) -> AnyAttribute:
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


def _referring(kind: str) -> type[AnyAttribute]:
    # Imported where a model has relations; most have none.
    from ldapom.mapper.classes import relations

    return cast("type[AnyAttribute]", getattr(relations, kind))


def _check_optional(described: Described[object], annotation: Annotation) -> None:
    if annotation.kind == "Many" and annotation.optional:
        raise TypeError(
            f"{described.label}: no value is an empty list; write "
            f"{annotation.kind}[{annotation.text.replace(' | None', '')}]"
        )
    if annotation.kind == "Attr" and not described.must and not annotation.optional:
        text = annotation.text
        many = ", Many[...] for any number of values" if "list[" in text else ""
        raise TypeError(
            f"{described.label} may have no value: write Attr[{text} | None]{many}, or "
            "must=True where the schema demands one"
        )
