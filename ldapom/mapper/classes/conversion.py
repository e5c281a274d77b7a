"""`Conversion`: how the values of one attribute are read and written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar
from uuid import UUID

from attrs import frozen

from ldapom.dn import DN
from ldapom.schema.coding import encode_octets
from ldapom.schema.values import Sid

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.mapper.classes.converters import Converter
    from ldapom.mapper.classes.described import Described
    from ldapom.schema.syntax import Syntax

V = TypeVar("V")

#: What makes a value of a text, for the types that people write as text.
_OF_TEXT: Final[dict[type[object], str]] = {
    DN: "DN.parse",
    Sid: "Sid.parse",
    UUID: "UUID",
    datetime: "datetime.fromisoformat",
}


class NoSyntax(TypeError):
    """Nobody has said how the values of an attribute are read and written.

    The attribute is *open*: a session may say it. A mistake in the program where none
    does, so it is no error of the directory.

    Args:
        attribute: Its LDAP name.
        hint: The type of its values.
    """

    def __init__(self, attribute: str, hint: object) -> None:
        kind = shown_type(hint)
        super().__init__(
            f"{attribute!r}: no syntax has values of type {kind}; say how they are "
            "read and written: attribute(..., convert=Converter(...)), or "
            f"converters=Converters({{{kind}: Converter(...)}}) of the class or of "
            "the session"
        )
        self._given = attribute, hint

    def __reduce__(self) -> tuple[type[NoSyntax], tuple[str, object]]:
        return type(self), self._given


def shown_type(hint: object) -> str:
    """A type for a text."""
    return hint.__name__ if isinstance(hint, type) else str(hint)


@frozen
class Conversion:
    """How the values of one attribute are read and written.

    Attributes:
        python: The Python type of one value.
        decode: Octets to value; `ValueError` when they are none of the syntax.
        encode: Value to octets, checked against the syntax.
        assertion: The same for a condition.
        syntax: The syntax behind them.
        takes: What it takes, for texts.
        given: The user's own converter, where there is one.
        remedy: What a text about a wrong type says at its end.
    """

    #: Whether the values are of a type that no syntax and no converter makes, so that
    #: the attribute may be open.
    is_own: ClassVar[bool] = False

    python: type[object]
    decode: Callable[[bytes], object]
    encode: Callable[[object], bytes]
    assertion: Callable[[object], bytes]
    syntax: Syntax[object]
    takes: str
    given: Converter[object] | None = None
    remedy: str = ""

    def meant(self, raw: bytes) -> object:
        """The value of a condition that `assertion` has encoded.

        Raises:
            ValueError: If it can not be told.
        """
        if self.assertion is text_assertion:
            return raw.decode("utf-8", "surrogateescape")
        return self.decode(raw)


class OwnConversion(Conversion):
    """One of values that no syntax and no converter makes."""

    __slots__ = ()

    is_own = True


def text_assertion(value: object) -> bytes:
    """Encode a text for a condition, as it is.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"str, not {type(value).__name__}")
    return encode_octets(value)


def encoded(
    attribute: Described[V], value: object, encode: Callable[[object], bytes]
) -> bytes:
    """Encode a value, with errors that name the attribute.

    Raises:
        TypeError: For a value of another type; `NoSyntax` where nobody writes it.
        ValueError: For a value that its syntax can not write.
    """
    try:
        return encode(value)
    except NoSyntax:
        raise
    except TypeError:
        raise TypeError(
            f"{attribute.label} takes {attribute.converter.takes}, not "
            f"{type(value).__name__}: {attribute.shown(value)}"
            f"{attribute.converter.remedy or _remedy(attribute, value)}"
        ) from None
    except ValueError as error:
        # The library's own words show no text; those of a converter may.
        is_safe = not attribute.is_secret or attribute.converter.given is None
        reason = str(error) if is_safe else "its converter refuses it"
        raise ValueError(
            f"{attribute.label} can not be {attribute.shown(value)}: {reason}"
        ) from attribute.cause(error)


def _remedy(attribute: Described[V], value: object) -> str:
    """How a text somebody typed, or an entry, becomes a value of the type."""
    if attribute.converter.python is DN and isinstance(getattr(value, "dn", None), DN):
        return "; write its .dn, or declare the attribute as Reference or References"
    call = _OF_TEXT.get(attribute.converter.python) if type(value) is str else None
    return f"; write {call}(...)" if call else ""
