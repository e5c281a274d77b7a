"""`Converter` and `Converters`: how values of types of one's own are read and written.

1. A converter goes between the octets of one value and its Python value; with
   ``attribute("x", convert=...)`` it is that of one attribute.
2. `Converters` is a table of them: by Python type, by attribute or by syntax. A base
   class that has one has it for all that derive from it, a session for all entries of
   it. The class alone says of which type the values of an attribute are; of those who
   say how octets become one, ``convert=`` wins over the table of the class, that over
   the table of the session, and that over the library.
3. What a converter raises never leaves as it is: a value that does not decode is a
   `ConversionError` when it is read, and its octets are kept.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  # for typing.get_type_hints
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Protocol,
    TypeAlias,
    TypeGuard,
    TypeVar,
    cast,
)
from weakref import WeakKeyDictionary

from attrs import field, frozen

from ldapom.errors import SchemaError
from ldapom.mapper.classes.conversion import shown_type
from ldapom.mapper.classes.names import canonical
from ldapom.schema import syntaxes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.mapper.classes.described import Described
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.together import Aims

T = TypeVar("T")
U = TypeVar("U")
#: An attribute, of whatever type its values are.
D = TypeVar("D", bound="Described[Any]")
V = TypeVar("V", str, int)

#: Whose rules hold for the values of a converter that names no syntax: octets.
PLAIN = "Octet String"


class AnyConverter(Protocol):
    """What reads and writes values, such as a `Converter`, whatever their type."""

    @property
    def decode(self) -> Callable[[bytes], object]:
        """Octets to value."""
        ...

    @property
    def encode(self) -> Callable[..., bytes]:
        """Value to octets."""
        ...


#: What reads and what writes, as two functions.
Pair: TypeAlias = "tuple[Callable[[bytes], T], Callable[[T], bytes]]"


@frozen
class Converter(Generic[T]):
    """How the values of an attribute are read and written.

    For example::

        address: Attr[IPv4Address | None] = attribute(
            "ipHostNumber", convert=Converter.text(IPv4Address), default=None
        )

    Args:
        decode: Turn the octets of one value into the value; `ValueError` where they
            are none.
        encode: Turn a value into octets.
        syntax: Name or OID of the syntax (RFC 4517) that the server keeps the values
            in; its equality rule tells which two values are the same.
    """

    decode: Callable[[bytes], T]
    encode: Callable[[T], bytes]
    syntax: str = field(default=PLAIN, kw_only=True)

    @classmethod
    def text(
        cls, read: Callable[[str], U], write: Callable[[U], str] = str
    ) -> Converter[U]:
        """A converter for values that the server keeps as text (UTF-8).

        Args:
            read: Turn a text into the value.
            write: Turn a value into its text.
        """
        return _over("Directory String", str, read, write)

    @classmethod
    def number(
        cls, read: Callable[[int], U], write: Callable[[U], int]
    ) -> Converter[U]:
        """A converter for values that the server keeps as an Integer.

        Args:
            read: Turn a number into the value.
            write: Turn a value into its number.
        """
        return _over("Integer", int, read, write)


def _over(
    name: str, kind: type[V], read: Callable[[V], T], write: Callable[[T], V]
) -> Converter[T]:
    """A converter over the values of a syntax."""
    syntax = syntaxes.lookup(name)

    def decode(raw: bytes) -> T:
        value = syntax.decode(raw)
        assert isinstance(value, kind)  # noqa: S101  # what its syntax gives
        return read(value)

    def encode(value: T) -> bytes:
        return syntax.encode(write(value))

    return Converter(decode, encode, syntax=name)


def as_converter(given: object) -> Converter[object]:
    """Make a converter of what ``convert=`` was given.

    Raises:
        TypeError: If it can not both read and write.
    """
    if isinstance(given, Converter):
        return given
    if isinstance(given, tuple) and len(given) == 2 and all(map(callable, given)):  # noqa: PLR2004  # a pair
        return Converter(*given)
    if isinstance(given, type) or not _converts(given):
        raise TypeError(
            "convert= takes a Converter, an object with decode and encode, or a pair "
            f"of these functions, not {given!r}"
        )
    syntax = getattr(given, "syntax", PLAIN)
    named = isinstance(syntax, str)
    return Converter(given.decode, given.encode, syntax=syntax if named else PLAIN)


def _converts(given: object) -> TypeGuard[AnyConverter]:
    return all(callable(getattr(given, name, None)) for name in ("decode", "encode"))


def _check_syntax(key: type | str, name: str) -> None:
    """Refuse a syntax that nobody knows here, before entries are made and changed.

    Raises:
        SchemaError: There is none of that name.
    """
    if syntaxes.lookup(name) is syntaxes.UNKNOWN and not name[:1].isdigit():
        of = key if isinstance(key, str) else shown_type(key)
        raise SchemaError(f"the converter of {of!r}: there is no syntax {name!r}")


class Converters:
    """Converters for all models of a program, or for all entries of a session.

    For example::

        TABLE = Converters({IPv4Address: Converter.text(IPv4Address)})


        class Model(Entry, converters=TABLE): ...


        with Session(url, who, converters=TABLE) as session:
            ...

    Of several that fit, that of the attribute wins, then that of the Python type, then
    that of the syntax; ``convert=`` of an attribute wins over all, and the table of a
    class over that of the session. Make one for a program, and not one for each
    session: it remembers what it has found out.

    Args:
        table: From a Python type, an attribute's name, or a syntax's name or OID
            (``"Boolean"``, ``"1.3.6.1.4.1.1466.115.121.1.7"``) to its converter.

    Raises:
        SchemaError: If a converter names a syntax that there is not.
        TypeError: If a value is no converter.
    """

    def __init__(self, table: Mapping[type | str, AnyConverter]) -> None:
        self._types: dict[object, Converter[object]] = {}
        self._attributes: dict[str, Converter[object]] = {}
        self._syntaxes: dict[str, Converter[object]] = {}
        #: Attributes as a session with this table has them; None for as they are.
        self._own: WeakKeyDictionary[object, object] = WeakKeyDictionary()
        #: What entries of a class are decoded by, all that is read of them at once.
        self._aims: WeakKeyDictionary[type[Entry], Aims] = WeakKeyDictionary()
        for key, given in table.items():
            one = as_converter(given)
            _check_syntax(key, one.syntax)
            if not isinstance(key, str):
                self._types[key] = one
            elif syntaxes.lookup(key) is not syntaxes.UNKNOWN:
                self._syntaxes[syntaxes.lookup(key).name] = one
            else:
                self._attributes[canonical(key)] = one

    def __or__(self, other: Converters) -> Converters:
        """Both tables; where they disagree, the other one's word counts."""
        both = Converters({})
        both._types = self._types | other._types
        both._attributes = self._attributes | other._attributes
        both._syntaxes = self._syntaxes | other._syntaxes
        return both

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle without what was found out."""
        known = self._types | self._attributes | self._syntaxes
        return type(self), (known,)

    def named(self, attribute: str, python: object) -> Converter[object] | None:
        """The converter of an attribute, else that of its Python type."""
        return self._attributes.get(canonical(attribute)) or self._types.get(python)

    def spoken(self, syntax: str) -> Converter[object] | None:
        """The converter that takes the place of a syntax."""
        return self._syntaxes.get(syntax)

    def own(self, attribute: D) -> D:
        """An attribute as a session with this table reads and writes it.

        Args:
            attribute: As its class has it.

        Returns:
            The same one where its class says how, or the table does not.
        """
        found = self._own.get(attribute, attribute)
        if found is attribute:
            # Two threads may come here with one attribute; both get the same.
            found = self._own.setdefault(attribute, attribute.under(self))
        return attribute if found is None else cast("D", found)

    def aims(self, cls: type[Entry]) -> Aims:
        """Where the values of a class go that are decoded together.

        Args:
            cls: A class of entries; the table does not keep it.
        """
        found = self._aims.get(cls)
        if found is None:
            from ldapom.mapper.entries.together import Aims

            found = self._aims.setdefault(cls, Aims(cls, self))
        return found

    def __repr__(self) -> str:
        keys = [*map(shown_type, self._types), *self._attributes, *self._syntaxes]
        return f"<Converters for {', '.join(keys) or 'nothing'}>"
