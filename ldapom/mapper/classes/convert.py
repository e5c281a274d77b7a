"""From a value's octets to its Python type and back, one `Conversion` an attribute.

1. A converter that was given decides; else the syntax: the one that is named, else the
   one the attribute is known to have, else the default of the Python type.
2. Enumerations and ``Literal`` are closed sets, in `closed`. Any other type that no
   syntax makes is built by cattrs from what its syntax gives; one that cattrs does not
   build is open, `NoSyntax` as long as nobody says how it is read.
3. A converter for a syntax takes the place of that syntax: a closed set is made of what
   it gives.
4. In conditions text goes as it is: whether a value can match is the server's word.
"""

from __future__ import annotations

import typing
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NewType, cast

from attrs import evolve

from ldapom.errors import SchemaError
from ldapom.mapper.classes import closed, given
from ldapom.mapper.classes.conversion import (
    Conversion,
    NoSyntax,
    OwnConversion,
    shown_type,
    text_assertion,
)
from ldapom.schema import syntaxes

if TYPE_CHECKING:
    import cattrs

    from ldapom.mapper.classes.converters import Converter, Converters
    from ldapom.schema.syntax import Syntax


def converter(
    hint: object,
    attribute: str,
    syntax: str | None = None,
    *,
    convert: Converter[object] | None = None,
    converters: Converters | None = None,
    is_checked: bool = False,
) -> Conversion:
    """Find out how an attribute is read and written.

    Args:
        hint: What its annotation names: a class, a ``Literal``, a ``NewType``.
        attribute: Its LDAP name.
        syntax: The name or OID of its syntax (RFC 4517), where it was given.
        convert: Its own converter, where it was given.
        converters: Those of its class, or of a session.
        is_checked: Whether what they make of octets has to be of the hint's type.

    Raises:
        SchemaError: If the syntax gives another type, or no syntax fits.
        TypeError: If the values of the hint have several types.
    """
    plain, base = _base_of(hint)
    if convert is None and converters is not None:
        convert = converters.named(attribute, plain)
    if convert is not None:
        kept = _named(attribute, syntax or convert.syntax)
        return given.by_converter(plain, convert, kept, is_checked=is_checked)
    found = _syntax(base or str, attribute, syntax)
    if converters is not None:
        convert = converters.spoken(found.name)
    if convert is not None:
        kept = _named(attribute, syntax or convert.syntax)
        options = closed.options(plain)
        if base is None or options is None:
            return given.by_converter(plain, convert, kept, is_checked=is_checked)
        made = _closed(base, given.instead(found, convert), options, attribute)
        return evolve(made, syntax=kept, given=convert)
    if base is None:
        return given.nobodys(plain, attribute, found)
    options = closed.options(plain)
    if options is not None:
        return _closed(base, found, options, attribute)
    if found.python is base:
        return _plain(base, found)
    if _is_basic(base):
        raise SchemaError(
            f"the values of {attribute!r} are {found.python.__name__} by their syntax "
            f"{found.name!r}, not {base.__name__}"
        )
    return _built(base, found, attribute)


def _base_of(hint: object) -> tuple[object, type | None]:
    """The hint without names for types, and the class of its values, if it is one."""
    while isinstance(hint, NewType) or typing.get_origin(hint) is typing.Annotated:
        hint = (
            hint.__supertype__
            if isinstance(hint, NewType)
            else typing.get_args(hint)[0]
        )
    base = hint if isinstance(hint, type) else closed.base_of(hint)
    return hint, base


def _named(attribute: str, name: str) -> Syntax[object]:
    found = syntaxes.lookup(name)
    if found is syntaxes.UNKNOWN and not name[:1].isdigit():
        raise SchemaError(f"{attribute!r}: there is no syntax {name!r}")
    return found


def _syntax(python: type, attribute: str, name: str | None) -> Syntax[object]:
    if name is not None:
        return _named(attribute, name)
    # objectGUID and its like: their meaning is not in their syntax.
    known = syntaxes.for_attribute((attribute.partition(";")[0],), None)
    if known is not syntaxes.UNKNOWN and known.python is python:
        return known
    return _default(closed.kind_of(python)) or syntaxes.lookup("Directory String")


def _default(python: type) -> Syntax[object] | None:
    try:
        return syntaxes.for_type(python)
    except TypeError:
        return None


def _is_basic(python: type) -> bool:
    default = _default(python)
    return default is not None and default.python is python


def _plain(python: type, syntax: Syntax[object]) -> Conversion:
    assertion = text_assertion if python is str else syntax.encode
    return Conversion(
        python, syntax.decode, syntax.encode, assertion, syntax, python.__name__
    )


def _closed(
    python: type, syntax: Syntax[object], options: closed.Options, attribute: str
) -> Conversion:
    """A conversion for a closed set of values."""
    kind = closed.kind_of(python)
    if syntax.python is not kind and _is_basic(kind):
        raise SchemaError(
            f"the values of {attribute!r} are {syntax.python.__name__} by their syntax "
            f"{syntax.name!r}, those of {shown_type(options.hint)} are {kind.__name__}"
        )
    signed = attribute.lower() in closed.SIGNED

    def decode(raw: bytes) -> object:
        return options.read(syntax.decode(raw))

    def encode(value: object) -> bytes:
        return syntax.encode(options.write(value, signed=signed))

    return Conversion(
        python, decode, encode, encode, syntax, options.takes, remedy=options.remedy
    )


def _built(python: type, syntax: Syntax[object], attribute: str) -> Conversion:
    """A conversion for a type of the user's own, over the values of a syntax."""
    from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError

    rules = _rules()

    def decode(raw: bytes) -> object:
        value = syntax.decode(raw)
        try:
            return rules.structure(value, python)
        except StructureHandlerNotFoundError:
            raise NoSyntax(attribute, python) from None
        except BaseValidationError as error:
            raise ValueError(f"{value!r} makes no {python.__name__}") from error

    def encode(value: object) -> bytes:
        if not isinstance(value, python):
            raise TypeError(f"{python.__name__}, not {type(value).__name__}")
        plain = rules.unstructure(value)
        if not isinstance(plain, syntax.python):
            raise NoSyntax(attribute, python)
        return syntax.encode(plain)

    return OwnConversion(python, decode, encode, encode, syntax, python.__name__)


def to_plain(value: object) -> object:
    """A value as JSON has it; `from_plain` reads it back, exactly."""
    if isinstance(value, Enum):
        value = value.value
    if type(value) in {str, int, bool}:
        return value
    return _rules().unstructure(value)


def from_plain(plain: object, hint: object, attribute: str = "") -> object:
    """Read what `to_plain` gave.

    Args:
        plain: A value of JSON.
        hint: The type it is to have.
        attribute: The LDAP name of the attribute, for texts.

    Raises:
        ValueError: If it makes none.
        NoSyntax: If nobody knows how to make one.
    """
    from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError

    hint, base = _base_of(hint)
    options = closed.options(hint)
    if options is not None and base is not None:
        return options.read(from_plain(plain, closed.kind_of(base)))
    try:
        return _rules().structure(plain, cast("type[object]", hint))
    except StructureHandlerNotFoundError:
        raise NoSyntax(attribute, hint) from None
    except (BaseValidationError, TypeError) as error:
        raise ValueError(f"{plain!r} makes no {shown_type(hint)}") from error


@lru_cache(maxsize=1)
def _rules() -> cattrs.Converter:
    # 20 ms of import that only a program with types of its own pays.
    import cattrs

    from ldapom.mapper.entries.plain import PLAIN

    rules = cattrs.Converter()
    for kind, (write, read) in PLAIN.items():
        rules.register_unstructure_hook(kind, write)
        rules.register_structure_hook(kind, read)
    for kind in (str, int, bool):
        rules.register_structure_hook(kind, _same)
    return rules


def _same(value: object, kind: type) -> object:
    """Take a value of JSON as it is, and nothing else for it."""
    base = next(each for each in (bool, int, str) if issubclass(kind, each))
    if type(value) is not base:
        raise ValueError(f"{base.__name__}, not {type(value).__name__}")
    return value if kind is base else kind(value)
