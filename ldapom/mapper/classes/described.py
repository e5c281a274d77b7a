"""What `Attr` and `Many` share: one attribute of an entry class, described once."""

from __future__ import annotations

from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Self,
    TypeAlias,
    TypeVar,
    cast,
)

from attrs import frozen

from ldapom.dn import DN
from ldapom.errors import ConversionError, NotLoaded, ReadOnlyEntry
from ldapom.mapper.classes import convert
from ldapom.mapper.classes.conversion import NoSyntax, encoded
from ldapom.mapper.classes.names import WITHOUT_EQUALITY, canonical
from ldapom.mapper.entries.values import Values, listed, of_attribute
from ldapom.mapper.queries.expression import Expression
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from ldapom.mapper.classes.attribute import Attr, Many
    from ldapom.mapper.classes.conversion import Conversion
    from ldapom.mapper.classes.converters import Converter, Converters
    from ldapom.mapper.classes.hints import Annotation
    from ldapom.mapper.entries.state import EntryState
    from ldapom.schema.matching import Matcher

T = TypeVar("T")

#: What a syntax writes whatever the value, or refuses by a `ValueError`.
_PLAIN_TYPES = frozenset({str, bytes, int, DN})

AnyAttribute: TypeAlias = "Attr[object] | Many[object]"

#: How much of a value an error text shows: a photo has millions of octets.
_SHOWN = 200


def _shortened(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:
        # Python writes no number of more than 4300 digits.
        return f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@frozen
class Declaration:
    """What `attribute` was called with."""

    name: str
    must: bool
    default: object
    syntax: str | None
    equality: str | None
    read_only: bool
    convert: Converter[object] | None = None
    on_request: bool = False


class Described(Generic[T]):
    """What `Attr` and `Many` share: one attribute of an entry class.

    Attributes:
        python_name: The name it has in Python.
        ldap_name: The name that goes over the wire.
        key: The name under which every spelling of it is found.
        label: Class and attribute, for texts: ``User.uid``.
        must: Whether the schema demands a value.
        read_only: Whether only the server writes it.
        default: What the constructor takes without an argument.
        equality: Its equality rule where one was given.
        converters: The table of its class, or of a session.
    """

    #: Whether it is the attribute as the table of a session has it.
    is_sessions = False
    #: Whether its value knows the entry that has it; see `link`.
    is_linked = False

    def __init__(
        self,
        declaration: Declaration,
        python_name: str,
        annotation: Annotation,
        converters: Converters | None = None,
    ) -> None:
        self.python_name = python_name
        self.ldap_name = declaration.name
        self.key = canonical(declaration.name)
        self.label = annotation.label
        self.must = declaration.must
        self.read_only = declaration.read_only
        self.default = declaration.default
        self.equality = declaration.equality
        self.declaration = declaration
        self.annotation = annotation
        self.converters = converters
        self.is_secret = is_secret(declaration.name)
        #: Whether it is changed by itself, and not with others or by the server.
        self.is_free = not declaration.read_only and self.key != "objectclass"
        #: What the constructor is given where nothing is said of an optional one.
        self.unset: object = declaration
        optional = self.is_free and not declaration.must
        if optional and declaration.default in (None, ()):
            self.unset = () if self.has_many else None
        #: The attribute without options that this one is a variant of.
        self.source: Described[T] | None = None
        #: Its variants, by their options.
        self.variants: dict[str, Described[T]] = {}

    @cached_property
    def converter(self) -> Conversion:
        """How values are read and written; found when the first one is."""
        said = self.declaration
        return convert.converter(
            self.annotation.value_type(),
            self.ldap_name,
            said.syntax,
            convert=said.convert,
            converters=self.converters,
            is_checked=self.is_sessions,
        )

    def under(self, table: Converters) -> Self | None:
        """The attribute as a session with a table reads and writes it.

        None where its class says how, or the table does not; see `Converters.own`.
        """
        if self.is_sessions or self.converter.given is not None:
            return None
        if self.source is not None:
            return self._variant_under(table, self.source)
        own = type(self)(self.declaration, self.python_name, self.annotation, table)
        own.is_sessions = True
        return None if own.converter.given is None else own

    def _variant_under(self, table: Converters, source: Described[T]) -> Self | None:
        from ldapom.mapper.entries.variants import variant

        own = table.own(source)
        if own is source:
            return None
        # Of a variant the class is that of its source, or Many, as of this one.
        return cast("Self", variant(own, self.python_name.partition(";")[2]))

    @cached_property
    def exact(self) -> frozenset[type]:
        """The type of values whose type says all that `checked` would find out."""
        found = self.converter
        plain = found.encode is found.syntax.encode and found.python in _PLAIN_TYPES
        return frozenset({found.python}) if plain else frozenset()

    @property
    def is_exact(self) -> bool:
        """Whether a value that was written as octets is read from them as it was.

        Of a time, say, a little may be lost; of a secret it is not known what the
        server keeps.
        """
        if self.is_secret or self.is_linked:
            return False
        try:
            return bool(self.exact)
        except Exception:  # noqa: BLE001  # it raises where this one is read
            return False

    def reads_otherwise(self, other: Described[T]) -> bool:
        """Whether a converter of its class reads it, and not as the other one does."""
        try:
            found = self.converter
        except NameError:
            # A name that is not known yet is looked up at the first use.
            return True
        return found.given is not None and found.given is not other.converter.given

    @cached_property
    def expression(self) -> Expression[T]:
        """The attribute as conditions name it."""
        return Expression(self)

    def shown(self, value: object) -> str:
        """A value for an error text; a secret is not shown."""
        if not self.is_secret:
            return _shortened(value)
        return hidden(value) if isinstance(value, str | bytes) else "<hidden>"

    def demanded(self) -> str:
        """The line that declares the attribute anew, with MUST."""
        text = self.annotation.text.replace("| None", "").replace("None |", "").strip()
        return (
            f"{self.python_name}: {self.annotation.kind}[{text}] = "
            f'attribute("{self.ldap_name}", must=True)'
        )

    def refuse_read_only(self, state: EntryState) -> None:
        """Refuse a change where the entry, or the attribute, only reads."""
        state.may_change(self.python_name)
        if self.is_free:
            return
        if self.key == "objectclass":
            raise ReadOnlyEntry(
                "object classes change together with their attributes: use "
                "entry.extend(Class, ...) and entry.drop(Class)"
            )
        raise ReadOnlyEntry(f"only the server writes {self.label}")

    # --- for commits -----------------------------------------------------------------

    #: Whether it is a `Many`.
    has_many = False
    #: What several values become on an entry.
    values_type: ClassVar[type[Values[Any]]] = Values

    @cached_property
    def holder(self) -> type[Values[T]]:
        """The same as a class that knows the attribute, so that no values need to."""
        return of_attribute(self.values_type, self)

    @cached_property
    def _rule(self) -> Matcher | None:
        from ldapom.schema import matching

        if self.equality is not None:
            return matching.lookup(self.equality)
        return matching.default_for_syntax(self.converter.syntax.oid)

    @cached_property
    def has_equality(self) -> bool:
        """Whether single values of it can be added and deleted."""
        if self.equality is not None:
            # A rule that nobody here knows is one to the server all the same.
            return self.equality != ""
        return self._rule is not None and self.key not in WITHOUT_EQUALITY

    @property
    def rule_name(self) -> str | None:
        """The name of its equality rule, where it has one that is known here."""
        rule = self._rule
        return None if rule is None else rule.name

    @property
    def has_rule(self) -> bool:
        """Whether an equality rule known here compares its values."""
        return self._rule is not None

    @property
    def holds_names(self) -> bool:
        """Whether its values compare as distinguished names."""
        rule = self._rule
        return rule is not None and rule.name == "distinguishedNameMatch"

    def match_key(self, raw: bytes) -> Hashable:
        """What two equal values have in common by the attribute's equality rule."""
        rule = self._rule
        if rule is None:
            return raw
        try:
            return rule.normalize(raw)
        except ValueError:
            return raw

    def encode(self, value: object) -> bytes:
        """The octets of one value.

        Raises:
            TypeError: If it is of another type.
            ValueError: If its syntax can not write it.
        """
        return encoded(self, value, self.converter.encode)

    def listed(self, value: object) -> Sequence[object]:
        """The values behind what an entry has, as a sequence."""
        return () if value is None else (value,)

    def link(self, value: object, state: EntryState) -> object:
        """A decoded value as an entry has it."""
        del state
        return value

    def is_loaded(self, state: EntryState) -> bool:
        """Whether it was asked for, or came all the same."""
        if state.is_loaded(self.key):
            return True
        if self.key in state.outdated:
            return False
        if self.source is not None:
            return self.source.is_loaded(state)
        # RFC 4511 4.5.1.8 and RFC 3673: all that users write, all that servers write.
        # Collective attributes are user attributes, though only subentries have them.
        is_users = not self.read_only or self.key.startswith("c-")
        return ("*" if is_users else "+") in (state.loaded or ())

    def description(self, state: EntryState) -> str:
        """The attribute description that a request names it by.

        ``;binary`` is there where the server sent it, or the syntax asks for it
        (RFC 4522).
        """
        if ";" not in self.ldap_name and self.converter.syntax.binary:
            received = [
                part.type
                for part in state.attributes
                if canonical(part.type) == self.key
            ]
            if not received or ";binary" in received[0].lower():
                return f"{self.ldap_name};binary"
        return self.ldap_name

    def release(self, value: object) -> None:
        """Let a value go that the entry no longer has."""

    def reread(self, state: EntryState, value: object) -> bool:
        """Make a held value say what the raw ones say; False where it can not."""
        del state, value
        return False

    def refill(self, value: object, raw: Sequence[bytes]) -> None:
        """Make held values say these."""

    def undecodable(
        self, state: EntryState, raw: Sequence[bytes], reason: str
    ) -> ConversionError:
        """The error for values that are none of the attribute's type."""
        if self.is_secret:
            reason = "the value, which is a secret, does not decode"
        return ConversionError(
            reason, dn=state.dn, attribute=self.ldap_name, raw=tuple(raw)
        )

    def cause(self, error: Exception) -> Exception | None:
        """What an error may name as its cause; tracebacks show no secret."""
        return None if self.is_secret else error

    def absent(self, state: EntryState) -> None:
        """Find out what no value means: none was asked for, or there is none.

        Raises:
            NotLoaded: If the query did not ask for the attribute.
        """
        loaded = state.loaded
        if not state.outdated and (loaded is None or self.key in loaded):
            return
        if self.key in state.outdated:
            raise NotLoaded(
                f"{self.python_name} of {state.dn!r} is what the server has made of "
                "it, which was not read yet: refresh the entry"
            )
        if not self.is_loaded(state) and self.declaration.on_request:
            raise NotLoaded(
                f"{self.python_name} of {state.dn!r} comes only where it is asked for "
                f'by name: ask with .only("*", "{self.python_name}"); what a server '
                'computes for one entry alone also needs .scope("base")'
            )
        if not self.is_loaded(state):
            raise NotLoaded(
                f"{self.python_name} of {state.dn!r} was not asked for; ask with "
                f'.only(..., "{self.python_name}"), or leave .only() out'
            )

    def checked(self, value: object) -> Iterable[T]:
        """Check what is to become several values; gives them one by one.

        Raises:
            TypeError: If it is no iterable, or bare text, or a type does not fit.
        """
        values: Iterable[T] = listed(value, self.label)  # type: ignore[arg-type]  # checked there
        return map(self._checked, values)

    def _checked(self, value: T) -> T:
        """A value whose type fits; whether its syntax does is checked when it is sent.

        Raises:
            TypeError: If it is of another type.
        """
        try:
            encoded(self, value, self.converter.encode)
        except (ValueError, NoSyntax):
            return value
        return value
