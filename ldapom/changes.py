"""What a Modify does to one attribute (RFC 4511 4.6, RFC 4525)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from attrs import field, frozen

from ldapom.secrets import discreet, hidden, is_secret

#: Text goes as UTF-8, bytes as they are.
Value: TypeAlias = str | bytes


#: How to write what a schema would know the encoding of, by the name of its type.
_WRITTEN: Final = {
    "bool": "'TRUE' or 'FALSE'",
    "int": "str(value)",
    "DN": "str(value)",
    "Sid": "bytes(value)",
    "UUID": "str(value), or value.bytes_le for Active Directory's",
    "datetime": "value.astimezone(UTC).strftime('%Y%m%d%H%M%SZ')",
    "NoneType": "[] for no value",
}
#: What nearly all values come in, where there are several.
_SEVERAL: Final = (list, tuple)


def as_values(values: Value | Iterable[Value]) -> tuple[bytes, ...]:
    """Encode one value or several: `str` as UTF-8, `bytes` unchanged.

    Raises:
        TypeError: For anything else; a number has no encoding without a schema.
    """
    # To ask a list whether it is iterable takes longer than to encode a value.
    if not isinstance(values, _SEVERAL) and (
        isinstance(values, str | bytes) or not isinstance(values, Iterable)
    ):
        return (as_value(values),)
    return tuple(map(as_value, values))


def as_value(value: Value) -> bytes:
    """Encode one value: `str` as UTF-8, `bytes` unchanged.

    Raises:
        TypeError: For anything else.
        ValueError: For text with a lone surrogate that stands for no octet.
    """
    try:
        if isinstance(value, str):
            # What came as no UTF-8 is kept as surrogate escapes: back as it came.
            return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        position = error.start
    else:
        if isinstance(value, bytes):
            return value
        kind = type(value).__name__
        hint = f"; write {_WRITTEN[kind]}" if kind in _WRITTEN else ""
        raise TypeError(f"a value is str or bytes, not {kind}{hint}")
    # Raised out here: that error would carry the value, which may be a secret.
    raise ValueError(f"no UTF-8 for the surrogate at position {position} of a value")


def _as_number(amount: int) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError(f"an amount is int, not {type(amount).__name__}")
    return amount


class _ValueChange:
    """What the changes that carry values share: ``repr`` hides secrets."""

    __slots__ = ()
    attribute: str
    values: tuple[bytes, ...]

    def __repr__(self) -> str:
        show = hidden if is_secret(self.attribute) else repr
        values = "".join(f"{show(value)}, " for value in self.values)
        values = values.rstrip() if len(self.values) == 1 else values.rstrip(", ")
        return f"{type(self).__name__}({self.attribute!r}, ({values}))"


@discreet
@frozen(repr=False)
class Add(_ValueChange):
    """Add values; the attribute comes into being where it is absent."""

    attribute: str
    values: tuple[bytes, ...] = field(converter=as_values)


@discreet
@frozen(repr=False)
class Delete(_ValueChange):
    """Delete the given values, or without any the whole attribute."""

    attribute: str
    values: tuple[bytes, ...] = field(default=(), converter=as_values)


@discreet
@frozen(repr=False)
class Replace(_ValueChange):
    """Put these values in place of all others; without any, delete the attribute."""

    attribute: str
    values: tuple[bytes, ...] = field(default=(), converter=as_values)


@frozen
class Increment:
    """Add a number to an integer attribute (RFC 4525)."""

    attribute: str
    amount: int = field(default=1, converter=_as_number)


Change: TypeAlias = Add | Delete | Replace | Increment
