"""One syntax as a value, and the makers of the usual kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import field, frozen

from ldapom.schema import coding

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


@frozen
class Syntax(Generic[V_co]):
    """One syntax: the Python type of its values, and both ways between it and bytes.

    Args:
        oid: The OID it travels under; empty for text of unknown syntax.
        name: Its RFC 4517 name, or a name of ours.
        python: The type of every value that `decode` gives and `encode` takes.
        decode: Turn the bytes of one value into `python`; ValueError when they are no
            value of the syntax.
        encode: Turn a value into bytes; TypeError for another type than `python`,
            ValueError for a value that can not be written.
        binary: Whether the values travel under the option ``;binary`` (RFC 4522).
    """

    oid: str
    name: str
    python: type[V_co]
    decode: Callable[[bytes], V_co] = field(eq=False, repr=False)
    encode: Callable[[object], bytes] = field(eq=False, repr=False)
    binary: bool = False

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Callable[[str], Syntax[object]], tuple[str]]:
        from ldapom.schema.syntaxes import lookup

        return lookup, (self.name,)


def syntax(
    oid: str,
    name: str,
    python: type[V],
    *,
    decode: Callable[[bytes], V],
    encode: Callable[[V], bytes],
) -> Syntax[V]:
    """Make a syntax whose writer checks the Python type first."""
    return Syntax(oid, name, python, decode, coding.typed(name, python, encode))


def text(oid: str, name: str) -> Syntax[str]:
    """Make a syntax of UTF-8 text."""
    return syntax(oid, name, str, decode=coding.decode_text, encode=coding.encode_text)


def ascii_text(oid: str, name: str) -> Syntax[str]:
    """Make a syntax of ASCII text."""
    return syntax(
        oid, name, str, decode=coding.decode_ascii, encode=coding.encode_ascii
    )


def restricted(oid: str, name: str, pattern: bytes, form: str) -> Syntax[str]:
    """Make a syntax of text with a restricted alphabet."""
    decode, encode = coding.restricted(name, pattern, form)
    return syntax(oid, name, str, decode=decode, encode=encode)


def octets(oid: str, name: str, *, binary: bool = False) -> Syntax[bytes]:
    """Make a syntax of octets."""
    encode = coding.typed(name, bytes, coding.encode_bytes)
    return Syntax(oid, name, bytes, coding.decode_bytes, encode, binary)
