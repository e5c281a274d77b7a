"""Conversions by a user's own converter, and those that wait for one.

1. Only `ValueError` leaves what a converter does, and `TypeError` for a value of
   another type than the class says.
2. The class alone says of which type a value is: what a session's converter makes of
   octets has to be of it. A class's own converter is believed.
3. What nobody reads and writes is open: its type is checked, and no more.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, NoReturn

from attrs import evolve

from ldapom.mapper.classes import closed
from ldapom.mapper.classes.conversion import (
    Conversion,
    NoSyntax,
    OwnConversion,
    shown_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.mapper.classes.converters import Converter
    from ldapom.schema.syntax import Syntax


def by_converter(
    hint: object,
    convert: Converter[object],
    syntax: Syntax[object],
    *,
    is_checked: bool = False,
) -> Conversion:
    """A conversion by the user's own functions.

    Args:
        hint: The type that the class says.
        convert: The functions.
        syntax: What the server keeps the values in.
        is_checked: Whether what they make of octets has to be of the type.
    """
    python = class_of(hint)
    read, write = safe(convert)

    def decode(raw: bytes) -> object:
        value = read(raw)
        if fits(value):
            return value
        gave = "None" if value is None else type(value).__name__
        raise ValueError(
            f"the session's converter gave {gave}, and the class says "
            f"{shown_type(hint)}"
        )

    def encode(value: object) -> bytes:
        if not isinstance(value, python):
            raise TypeError(f"{python.__name__}, not {type(value).__name__}")
        return write(value)

    fits = _test_of(hint, python)
    own = decode if is_checked else read
    return Conversion(python, own, encode, encode, syntax, shown_type(hint), convert)


def class_of(hint: object) -> type:
    """The class of the values of a type, as far as it has one."""
    origin = typing.get_origin(hint) or hint
    return origin if isinstance(origin, type) else object


def _test_of(hint: object, python: type) -> Callable[[object], bool]:
    """Tells whether a value is of a type."""
    options = None if isinstance(hint, type) else closed.options(hint)
    if options is None:
        # To Python a truth value is a number, to a directory it is none.
        return lambda value: (
            isinstance(value, python)
            and not (python is int and isinstance(value, bool))
        )

    def is_one(value: object) -> bool:
        try:
            options.write(value, signed=False)
        except TypeError:
            return False
        return True

    return is_one


def safe(
    convert: Converter[object],
) -> tuple[Callable[[bytes], object], Callable[[object], bytes]]:
    """What reads and what writes, so that only `ValueError` leaves either."""

    def read(raw: bytes) -> object:
        try:
            return convert.decode(raw)
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def write(value: object) -> bytes:
        try:
            raw = convert.encode(value)
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        if not isinstance(raw, bytes):
            raise ValueError(f"its converter gave {type(raw).__name__}, not bytes")  # noqa: TRY004  # the value's type is right
        return raw

    return read, write


def instead(syntax: Syntax[object], convert: Converter[object]) -> Syntax[object]:
    """A syntax whose values a converter reads and writes in its place."""
    decode, encode = safe(convert)
    return evolve(syntax, decode=decode, encode=encode)


def nobodys(hint: object, attribute: str, syntax: Syntax[object]) -> Conversion:
    """A conversion that only knows of which type the values are.

    Args:
        hint: The type that the class says.
        attribute: The attribute's LDAP name.
        syntax: What the server keeps the values in, as far as anyone knows.
    """
    python = class_of(hint)

    def decode(_: bytes) -> NoReturn:
        raise NoSyntax(attribute, hint)

    def encode(value: object) -> NoReturn:
        if not isinstance(value, python):
            raise TypeError(f"{python.__name__}, not {type(value).__name__}")
        raise NoSyntax(attribute, hint)

    takes = shown_type(hint)
    return OwnConversion(python, decode, encode, encode, syntax, takes)
