"""What a Modify does to one attribute (RFC 4511 4.6, RFC 4525)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Text goes as UTF-8, bytes as they are.
Value: TypeAlias = str | bytes


def as_values(values: Value | Iterable[Value]) -> tuple[bytes, ...]:
    """Encode one value or several: `str` as UTF-8, `bytes` unchanged.

    Raises:
        TypeError: For anything else; a number has no encoding without a schema.
    """
    if isinstance(values, str | bytes):
        values = (values,)
    return tuple(as_value(value) for value in values)


def as_value(value: Value) -> bytes:
    """Encode one value: `str` as UTF-8, `bytes` unchanged.

    Raises:
        TypeError: For anything else.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        # What came as no UTF-8 was kept as surrogate escapes and goes back as it came.
        return value.encode("utf-8", "surrogateescape")
    raise TypeError(f"a value is str or bytes, not {type(value).__name__}")


@frozen
class Add:
    """Add values; the attribute comes into being where it is absent."""

    attribute: str
    values: tuple[bytes, ...] = field(converter=as_values)


@frozen
class Delete:
    """Delete the given values, or without any the whole attribute."""

    attribute: str
    values: tuple[bytes, ...] = field(default=(), converter=as_values)


@frozen
class Replace:
    """Put these values in the place of all others; without any, delete the attribute."""

    attribute: str
    values: tuple[bytes, ...] = field(default=(), converter=as_values)


@frozen
class Increment:
    """Add a number to an integer attribute (RFC 4525)."""

    attribute: str
    amount: int = 1


Change: TypeAlias = Add | Delete | Replace | Increment
