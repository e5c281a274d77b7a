"""What arguments have to be, told in a sentence where they are not.

The same for functions and for fields of attrs, whose own validators tell of attrs: an
error of theirs holds the whole attribute.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from attrs import Attribute

    V = TypeVar("V")
    #: Checks a field of an instance.
    Validator: TypeAlias = Callable[[object, Attribute[Any], V], None]


def kind_of(given: object) -> str:
    """What something is, for a text that shows nothing of it."""
    return "a class" if isinstance(given, type) else type(given).__name__


def number(given: int, what: str, least: int, most: float = math.inf) -> int:
    """Refuse what is no whole number, or none between these two.

    Args:
        given: What was given.
        what: What it is, for the text.
        least: The smallest that can be meant.
        most: The largest.

    Raises:
        TypeError: If it is no `int`.
        ValueError: If it is less or more.
    """
    if type(given) is bool or not hasattr(given, "__index__"):
        raise TypeError(f"{what} is an int, not {kind_of(given)}")
    return int(_between(given, what, least, most))


def measure(given: float, what: str, least: float, most: float = math.inf) -> float:
    """Refuse what is no number, or none between these two.

    Raises:
        TypeError: If it is no `float` and no `int`.
        ValueError: If it is less than ``least``, more than ``most``, or not a number.
    """
    if type(given) is bool or not hasattr(given, "__float__"):
        raise TypeError(f"{what} is a number, not {kind_of(given)}")
    return _between(given, what, least, most)


def _between(given: float, what: str, least: float, most: float) -> float:
    if not least <= given <= most:
        bounds = f"{least:g} or more" if most == math.inf else f"{least:g} to {most:g}"
        raise ValueError(f"{what} is {bounds}, not {given}")
    return given


def flag(given: bool, what: str) -> bool:
    """Refuse what is neither True nor False: ``"no"`` would count as True.

    Raises:
        TypeError: If it is another thing.
    """
    if given is not True and given is not False:
        found = repr(given) if isinstance(given, str | int | None) else kind_of(given)
        raise TypeError(f"{what} is True or False, not {found}")
    return given


# --- for fields -------------------------------------------------------------------


def _what(instance: object, attribute: Attribute[Any]) -> str:
    return f"{attribute.name} of {type(instance).__name__}"


def numbers(least: int, most: float = math.inf) -> Validator[int]:
    """Check a field by `number`."""

    def check(instance: object, attribute: Attribute[Any], value: int) -> None:
        number(value, _what(instance, attribute), least, most)

    return check


def measures(least: float, most: float = math.inf) -> Validator[float]:
    """Check a field by `measure`."""

    def check(instance: object, attribute: Attribute[Any], value: float) -> None:
        measure(value, _what(instance, attribute), least, most)

    return check


def flags(instance: object, attribute: Attribute[Any], value: bool) -> None:
    """Check a field by `flag`."""
    flag(value, _what(instance, attribute))


def one_of(choices: Collection[str]) -> Validator[str]:
    """Check that a field is one of some words.

    Args:
        choices: The words, in the order in which they are told.
    """

    def check(instance: object, attribute: Attribute[Any], value: str) -> None:
        if value not in choices:
            raise ValueError(
                f"{_what(instance, attribute)} is one of "
                f"{', '.join(map(repr, choices))}, not {value!r}"
            )

    return check


def instances(kind: type[V]) -> Validator[V]:
    """Check that a field is a value of a class."""

    def check(instance: object, attribute: Attribute[Any], value: V) -> None:
        if not isinstance(value, kind):
            raise TypeError(
                f"{_what(instance, attribute)} is a {kind.__name__}, not "
                f"{kind_of(value)}"
            )

    return check
