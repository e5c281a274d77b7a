"""Attribute lists as they are written.

`WrittenAttributes` are encoded where they are made: they are sent as they stand, and
a server that answers with the same octets (RFC 4527) has said that nothing came out
otherwise, which nobody needs to read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ldapom.errors import LocalProtocolError
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import LazyAttributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: The headers of OCTET STRINGs whose length fits in one octet: nearly all of them.
_SHORT: Final = tuple(bytes((0x04, length)) for length in range(0x80))


def octet_string(value: bytes) -> bytes:
    """Write an OCTET STRING."""
    size = len(value)
    return (_SHORT[size] if size < 0x80 else ber.header(0x04, size)) + value


@lru_cache(maxsize=1024)
def _description(name: str, field: str) -> bytes:
    return octet_string(ber.encode_text(name, f"{field}.type"))


def attribute(type_: str, values: Iterable[bytes], field: str) -> bytes:
    """Write one PartialAttribute.

    Args:
        type_: Its attribute description.
        values: Its values, perhaps none.
        field: What is written, for the error.

    Raises:
        LocalProtocolError: The description is no text that can be sent.
    """
    name = _description(type_, field)
    written = b"".join(
        [
            # Most values are short; a call for each would cost more than the rest.
            _SHORT[len(value)] + value if len(value) < 0x80 else octet_string(value)
            for value in values
        ]
    )
    return ber.element(0x30, name + ber.element(0x31, written))


class _Headers(dict[str, dict[int, bytes]]):
    """What stands before the one value of an attribute, by its type and its length.

    It is bounded: a program has few types, and lengths are those of one octet.
    """

    LARGEST: Final = 1024
    _NONE: Final[dict[int, bytes]] = {}

    def __missing__(self, _: str) -> dict[int, bytes]:
        return self._NONE  # and it stays so: `keep` makes one for each type

    def keep(self, type_: str, size: int, field: str) -> bytes:
        """Make the header for a value of so many octets, and keep it if it is short."""
        header = ber.header(0x04, size)
        header = ber.header(0x31, len(header) + size) + header
        header = _description(type_, field) + header
        header = ber.header(0x30, len(header) + size) + header
        if size < 0x80 and len(header) < 0x80:
            if len(self) >= self.LARGEST:
                self.clear()
            self.setdefault(type_, {})[size] = header
        return header


_HEADERS: Final = _Headers()


def attributes(
    pairs: Iterable[tuple[str, Sequence[bytes]]], field: str, least: int = 0
) -> bytes:
    """Write the contents of an attribute list.

    Args:
        pairs: The attribute descriptions, each with its values.
        field: What is written, for the error.
        least: How many values each must have.

    Raises:
        LocalProtocolError: A description is no text that can be sent, or one has too
            few values.
        TypeError: A value is no octets.
    """
    parts: list[bytes] = []
    for type_, values in pairs:
        if len(values) != 1:
            if len(values) < least:
                raise LocalProtocolError(f"{field}: {type_!r} has no values")
            parts.append(attribute(type_, values, field))
            continue
        # Nearly every attribute has one short value: 0.35 µs instead of 0.9.
        (value,) = values
        header = _HEADERS[type_].get(len(value))
        if header is None:
            header = _HEADERS.keep(type_, len(value), field)
        parts += (header, value)
    return b"".join(parts)


class WrittenAttributes(LazyAttributes):
    """The attribute list of an AddRequest, in octets already."""

    __slots__ = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, Sequence[bytes]]]) -> WrittenAttributes:
        """Write one; see `attributes`.

        Args:
            pairs: The attribute descriptions, each with its values.

        Raises:
            LocalProtocolError: An attribute has no values, or a name that can not be
                sent.
            TypeError: A value is no octets.
        """
        return cls(attributes(pairs, "AddRequest.attributes", least=1))
