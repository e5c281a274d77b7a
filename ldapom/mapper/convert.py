"""From a value's octets to its Python type and back, one `Converter` an attribute.

1. The syntax decides: the one that is named, else the one the attribute is known to
   have, else the default of the Python type.
2. A Python type that no syntax makes, such as an enumeration, is built by cattrs
   from what its syntax gives.
3. In conditions text goes as it is: whether a value can match is the server's word.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import SchemaError
from ldapom.schema import syntaxes

if TYPE_CHECKING:
    from collections.abc import Callable

    import cattrs

    from ldapom.schema.syntax import Syntax


@frozen
class Converter:
    """How the values of one attribute are read and written.

    Attributes:
        python: The Python type of one value.
        decode: Octets to value; `ValueError` when they are none of the syntax.
        encode: Value to octets, checked against the syntax.
        assertion: The same for a condition.
        syntax: The syntax behind them.
    """

    python: type[object]
    decode: Callable[[bytes], object]
    encode: Callable[[object], bytes]
    assertion: Callable[[object], bytes]
    syntax: Syntax[object]


def converter(python: type, attribute: str, syntax: str | None) -> Converter:
    """Find the converter of an attribute.

    Args:
        python: The Python type its annotation names.
        attribute: Its LDAP name.
        syntax: The name or OID of its syntax (RFC 4517), where it was given.

    Raises:
        SchemaError: If the syntax gives another type, or no syntax fits.
    """
    found = _syntax(python, attribute, syntax)
    if found.python is python:
        return _plain(python, found)
    if _is_basic(python):
        raise SchemaError(
            f"the values of {attribute!r} are {found.python.__name__} by their syntax "
            f"{found.name!r}, not {python.__name__}"
        )
    return _built(python, found)


def _syntax(python: type, attribute: str, name: str | None) -> Syntax[object]:
    if name is not None:
        found = syntaxes.lookup(name)
        if found is syntaxes.UNKNOWN and not name[:1].isdigit():
            raise SchemaError(f"{attribute!r}: there is no syntax {name!r}")
        return found
    # objectGUID and its like: their meaning is not in their syntax.
    known = syntaxes.for_attribute((attribute.partition(";")[0],), None)
    if known is not syntaxes.UNKNOWN and known.python is python:
        return known
    return _default(python) or syntaxes.lookup("Directory String")


def _default(python: type) -> Syntax[object] | None:
    try:
        return syntaxes.for_type(python)
    except TypeError:
        return None


def _is_basic(python: type) -> bool:
    default = _default(python)
    return default is not None and default.python is python


def _plain(python: type, syntax: Syntax[object]) -> Converter:
    assertion = _text if python is str else syntax.encode
    return Converter(python, syntax.decode, syntax.encode, assertion, syntax)


def _built(python: type, syntax: Syntax[object]) -> Converter:
    """A converter for a type of the user's own, over the values of a syntax."""
    from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError

    rules = _rules()

    def decode(raw: bytes) -> object:
        value = syntax.decode(raw)
        try:
            return rules.structure(value, python)
        except (BaseValidationError, StructureHandlerNotFoundError) as error:
            raise ValueError(f"{value!r} makes no {python.__name__}") from error

    def encode(value: object) -> bytes:
        if not isinstance(value, python):
            raise TypeError(f"{python.__name__}, not {type(value).__name__}")
        return syntax.encode(rules.unstructure(value))

    return Converter(python, decode, encode, encode, syntax)


@lru_cache(maxsize=1)
def _rules() -> cattrs.Converter:
    # 20 ms of import that only a program with types of its own pays.
    import cattrs

    return cattrs.Converter()


def _text(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"str, not {type(value).__name__}")
    return value.encode("utf-8", "surrogateescape")
