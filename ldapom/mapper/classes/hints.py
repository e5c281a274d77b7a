"""The Python type of an attribute, read from its annotation.

Annotations may be texts, and may name what only type checkers import; so they are
evaluated in their module, with the words of this package to fall back on, and a name
that is not known yet is looked up again when it is first needed.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections import ChainMap
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from attrs import field, frozen

from ldapom.dn import DN
from ldapom.schema.values import PostalAddress, Sid

#: What annotations name, where their module imports it for type checkers only.
_KNOWN: dict[str, object] = {
    kind.__name__: kind for kind in (DN, PostalAddress, Sid, UUID, datetime, timedelta)
}

#: What describes an attribute; the second pair names the class of other entries.
_REFERRING = frozenset({"Reference", "References"})
_KINDS = frozenset({"Attr", "Many"}) | _REFERRING

#: ``Many[str]``, also as ``ldapom.Many[str]``.
_TEXT = re.compile(rf"\s*(?:\w+\.)*({'|'.join(_KINDS)})\[(.*)\]\s*", re.DOTALL)


_UNKNOWN: Final = object()


@lru_cache(maxsize=256)
def _compiled(text: str) -> types.CodeType:
    """Compile an annotation; a model has few that differ."""
    return compile(text.strip(), "<annotation>", "eval")


@frozen
class Annotation:
    """What the annotation of one attribute says.

    Attributes:
        label: Class and attribute, for texts: ``User.uid``.
        module: The name of the class's module.
        kind: ``Attr``, ``Many``, ``Reference`` or ``References``.
        inner: What stands between the brackets, a text or evaluated already.
    """

    label: str
    module: str
    kind: str
    inner: object
    _value: object = field(default=_UNKNOWN, init=False, eq=False, repr=False)

    @property
    def text(self) -> str:
        """What stands between the brackets, as Python writes it."""
        inner = self.inner
        if isinstance(inner, str):
            return inner
        return inner.__name__ if isinstance(inner, type) else str(inner)

    @property
    def optional(self) -> bool:
        """Whether there may be no value.

        Raises:
            NameError: If a name in it is not known (yet).
        """
        if self.kind in _REFERRING:
            return self.kind == "Reference"
        return types.NoneType in _members(self._evaluated())

    def value_type(self) -> object:
        """The Python type of one value: a class, a ``Literal``, a ``NewType``.

        Raises:
            NameError: If a name in it is not known (yet).
            TypeError: If there are several, or none.
        """
        if self.kind in _REFERRING:
            return DN
        members = self._values()
        if len(members) == 1 and _is_type(members[0]):
            return members[0]
        raise self._no_class()

    def target(self) -> type:
        """The class that stands between the brackets.

        Raises:
            NameError: If a name in it is not known (yet).
            TypeError: If it is no class.
        """
        members = self._values()
        if len(members) == 1 and isinstance(members[0], type):
            return members[0]
        raise self._no_class()

    def _values(self) -> list[object]:
        return [
            member
            for member in _members(self._evaluated())
            if member is not types.NoneType
        ]

    def _no_class(self) -> TypeError:
        return TypeError(
            f"{self.label}: {self.kind}[{self.text}] must name one class, "
            "with '| None' beside it at most"
        )

    def _evaluated(self) -> object:
        if self._value is _UNKNOWN:
            # Frozen all the same: it is what ``inner`` says, found once.
            object.__setattr__(self, "_value", self._worked_out())
        return self._value

    def _worked_out(self) -> object:
        value = self.inner
        while isinstance(value, str | typing.ForwardRef):
            text = value if isinstance(value, str) else value.__forward_arg__
            value = self._evaluate(text)
        return value

    def _evaluate(self, text: str) -> object:
        module = sys.modules.get(self.module)
        names = vars(module) if module else {}
        try:
            code = _compiled(text)
            # The text is source code of the module that is being imported.
            try:
                return eval(code, names)  # noqa: S307
            except NameError:
                return eval(code, {}, ChainMap({}, names, _KNOWN))  # noqa: S307
        except NameError as error:
            raise NameError(
                f"{self.label}: {self.kind}[{text}] names {error.name!r}, which module "
                f"{self.module!r} does not have at run time"
            ) from error
        except Exception as error:
            raise TypeError(
                f"{self.label}: {self.kind}[{text}] can not be evaluated: {error}"
            ) from error


def _is_type(value: object) -> bool:
    known = isinstance(value, type | typing.NewType)
    return known or typing.get_origin(value) is not None


def _members(value: object) -> tuple[object, ...]:
    """The members of a union, or the type alone."""
    if typing.get_origin(value) in {typing.Union, types.UnionType}:
        return typing.get_args(value)
    return (types.NoneType if value is None else value,)


def parse(label: str, module: str, written: object) -> Annotation | None:
    """Read an annotation; None where it describes no attribute.

    Args:
        label: Class and attribute, for texts.
        module: The name of the class's module.
        written: The annotation, a text or evaluated already.
    """
    if isinstance(written, str):
        found = _TEXT.fullmatch(written)
        return Annotation(label, module, found[1], found[2].strip()) if found else None
    kind = getattr(typing.get_origin(written), "__name__", "")
    if kind not in _KINDS:
        return None
    return Annotation(label, module, kind, typing.get_args(written)[0])
