"""Closed sets of values: enumerations, flags, and ``Literal`` types.

1. The members' own values say what is kept in the directory: text, numbers, truth.
2. A value that is none of them does not decode; the error names those there are.
3. Flags are read as bits: bits without a name are kept, and a number below zero is
   one whose highest bit is set, as Active Directory writes its 32-bit integers.
"""

from __future__ import annotations

import typing
from enum import Enum, Flag, FlagBoundary
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from ldapom.schema import syntaxes

if TYPE_CHECKING:
    from collections.abc import Callable

#: How many options a text names.
_SHOWN = 20

_SIGN, _WORD, _LONG = 1 << 31, 1 << 32, 1 << 64

#: Attributes of Active Directory that hold bits in an integer of 32 bits with a sign
#: ([MS-ADTS] 3.1.1.3.1.1.3): 0x80000002 is written -2147483646 there.
SIGNED = frozenset(
    {
        "grouptype",
        "instancetype",
        "msds-supportedencryptiontypes",
        "msds-user-account-control-computed",
        "options",
        "pwdproperties",
        "samaccounttype",
        "schemaflagsex",
        "searchflags",
        "systemflags",
        "trustattributes",
        "useraccountcontrol",
    }
)


@frozen
class Options:
    """A closed set of values.

    Attributes:
        hint: The enumeration or the ``Literal``.
        read: From what the syntax gives to the value; `ValueError` when it is none.
        takes: What it takes, for texts.
        remedy: What a text about a wrong type says at its end.
    """

    hint: object
    read: Callable[[object], object]
    takes: str
    _write: Callable[[object], object]
    remedy: str = ""

    def write(self, value: object, *, signed: bool) -> object:
        """What the syntax writes for a value.

        Args:
            value: The value.
            signed: Whether numbers have 32 bits and a sign.

        Raises:
            TypeError: If it is none of them.
        """
        plain = self._write(value)
        if signed and isinstance(plain, int) and _SIGN <= plain < _WORD:
            return plain - _WORD
        return plain


def options(hint: object) -> Options | None:
    """The closed set that a type is, None where it is none."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _of_flag(hint) if issubclass(hint, Flag) else _of_enum(hint)
    if typing.get_origin(hint) is Literal:
        return _of_literal(hint)
    return None


def base_of(hint: object) -> type | None:
    """The class of the values of a ``Literal``; None for anything else.

    Raises:
        TypeError: If they are of several classes.
    """
    if typing.get_origin(hint) is not Literal:
        return None
    kinds = {type(each) for each in typing.get_args(hint)}
    if len(kinds) > 1:
        raise TypeError(f"the values of {hint} are of several types")
    return kinds.pop()


def kind_of(python: type) -> type:
    """The class whose syntax keeps a type's values: of its members, else its own."""
    if not issubclass(python, Enum):
        return python
    kinds = {type(member.value) for member in python}
    for kind in (python, *kinds) if len(kinds) == 1 else (python,):
        try:
            return syntaxes.for_type(kind).python
        except TypeError:
            continue
    return str


def _of_enum(hint: type[Enum]) -> Options:
    allowed = _listed(member.value for member in hint)
    kind = kind_of(hint)
    if not all(isinstance(member.value, kind) for member in hint):
        raise TypeError(
            f"not all values of {hint.__name__} are {kind.__name__}; say how they are "
            "read and written: attribute(..., convert=Converter(...))"
        )

    def read(plain: object) -> object:
        try:
            return hint(plain)
        except Exception:  # noqa: BLE001, S110  # whatever its _missing_ raises
            pass
        raise ValueError(f"{plain!r} is none of {hint.__name__}: {allowed}")

    members = [f"{hint.__name__}.{name}" for name in hint.__members__][:_SHOWN]
    remedy = f"; there is {', '.join(members)}"
    return Options(hint, read, hint.__name__, _writer(hint), remedy)


def _of_flag(hint: type[Flag]) -> Options:
    known = reduce(or_, (member.value for member in hint), 0)
    # Python 3.11.2 makes a member of a single bit that is none.
    keeps = getattr(hint, "_boundary_", None) is FlagBoundary.KEEP

    def read(plain: object) -> object:
        if isinstance(plain, int) and plain < 0:
            plain += _WORD if plain >= -_SIGN else _LONG
        try:
            if keeps or not isinstance(plain, int) or not plain & ~known:
                return hint(plain)
        except ValueError:
            pass
        allowed = _listed(member.value for member in hint)
        raise ValueError(f"{plain!r} has bits that {hint.__name__} has not: {allowed}")

    return Options(hint, read, hint.__name__, _writer(hint))


def _writer(hint: type[Enum]) -> Callable[[object], object]:
    def write(value: object) -> object:
        if not isinstance(value, hint):
            raise TypeError(f"{hint.__name__}, not {type(value).__name__}")
        plain: object = value.value
        return plain

    return write


def _of_literal(hint: object) -> Options:
    values = typing.get_args(hint)
    allowed = _listed(values)

    def read(plain: object) -> object:
        if plain not in values:
            raise ValueError(f"{plain!r} is none of {allowed}")
        return plain

    def write(value: object) -> object:
        # True is equal to 1, and not it.
        if not any(type(value) is type(each) and value == each for each in values):
            raise TypeError(f"{allowed}, not {value!r}")
        return value

    return Options(hint, read, allowed, write)


def _listed(values: typing.Iterable[object]) -> str:
    shown = [repr(value) for value in values]
    more = ", …" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
