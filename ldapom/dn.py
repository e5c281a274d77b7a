r"""Distinguished names (RFC 4514) as values.

1. A name that was parsed keeps its text; one that was built is escaped as little
   as RFC 4514 2.4 allows. Either text parses back to an equal name.
2. Names are equal by rule, not by spelling: attribute types fold by the fixed
   table of `_dn_match`, values fold only for types listed there as caseIgnore, all
   others compare exactly. A wrong "different" is safe, a wrong "same" is not. The
   order inside a multi-valued RDN does not matter.
3. What a server sends is never refused: `DN.from_server` makes an *opaque* name
   of a text that does not parse. It compares exactly and goes back as it came.
   Whether it parses is found out when somebody asks: most are only passed on.
4. Octets that are no UTF-8 are surrogate escapes in a value and ``\XX`` in text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar

from attrs import field, frozen

from ldapom import _dn_text
from ldapom._dn_match import FOLDING_TYPES, fold_type, fold_value
from ldapom.errors import DNSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What equality of one AVA looks at: type, value, and BER that is no text.
_Key: TypeAlias = tuple[str, str, bytes]


def _checked_type(type_: str) -> str:
    if not isinstance(type_, str):
        raise TypeError(f"an attribute type is str, not {type(type_).__name__}")
    fold_type(type_)
    return type_


def _value_text(value: str | bytes) -> str:
    """A value as text; octets that are no UTF-8 become surrogate escapes.

    Raises:
        ValueError: For a lone surrogate that stands for no octet.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str):
        raise TypeError(f"a value is str or bytes, not {type(value).__name__}")
    if value.isascii() or _dn_text.is_unicode(value):
        return value
    # Escaped octets may make a character together; then they are that character.
    octets = value.encode("utf-8", "surrogateescape")
    return octets.decode("utf-8", "surrogateescape")


@frozen(eq=False)
class AVA:
    """An attribute type and value: one part of an RDN.

    Attributes:
        type: The type as it was spelled, without the ``OID.`` of RFC 1779.
        value: The value as text. A ``#`` value of a BER string type is its text;
            of another type it is the ``#`` form itself.
        ber: The octets behind a ``#`` value, else None.
    """

    type: str = field(converter=_checked_type)
    value: str = field(converter=_value_text)
    ber: bytes | None = None

    def __attrs_post_init__(self) -> None:
        if self.ber is not None and self.value != _dn_text.ber_value(self.ber):
            raise ValueError("the value is not what its BER says")

    @property
    def key(self) -> _Key:
        """What equality and hash look at."""
        type_ = fold_type(self.type)
        if self.ber is not None and _dn_text.ber_text(self.ber) is None:
            return type_, "", self.ber
        if type_ in FOLDING_TYPES:
            return type_, fold_value(self.value), b""
        return type_, self.value, b""

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, AVA) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        if self.ber is not None:
            return f"{self.type}=#{self.ber.hex()}"
        return f"{self.type}={_dn_text.escape(self.value)}"


class RDN(tuple[AVA, ...]):
    """A relative distinguished name: a tuple of at least one `AVA`.

    Equal to another RDN with the same AVAs in any order.
    """

    __slots__ = ()

    def __new__(cls, avas: Iterable[AVA]) -> Self:
        """Make an RDN; it has at least one AVA."""
        self = super().__new__(cls, avas)
        if not self:
            raise ValueError("an RDN has at least one attribute type and value")
        if not isinstance(self[0], AVA):
            raise TypeError("RDN(...) takes AVA values; read a text with DN.parse(...)")
        return self

    @property
    def key(self) -> tuple[_Key, ...]:
        """What equality and hash look at: the parts in one fixed order."""
        if len(self) == 1:
            return (self[0].key,)
        return tuple(sorted(ava.key for ava in self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RDN) and self.key == other.key

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return "+".join(map(str, self))

    def __repr__(self) -> str:
        return f"RDN({list(self)!r})"


def _read(text: str) -> tuple[RDN, ...]:
    return tuple([RDN([AVA(*part) for part in parts]) for parts in _dn_text.rdns(text)])


#: What a name has that is not simply types and values between commas.
_IS_SPECIAL: Final = re.compile(r"[\\+;]")


def _rdn_key(text: str) -> tuple[_Key, ...]:
    """The key of an RDN of one type and value, which is known to parse."""
    type_, _, value = text.partition("=")
    type_, value = type_.strip(" "), value.strip(" ")
    if "." in type_ and not type_[:1].isdigit():
        type_ = type_[len("OID.") :]
    type_ = fold_type(type_)
    return ((type_, fold_value(value) if type_ in FOLDING_TYPES else value, b""),)


_known_key = lru_cache(maxsize=1024)(_rdn_key)
#: RDNs of longer names are not remembered; a server may send names of any length.
_LONGEST_KNOWN: Final = 1024


def _as_rdns(rdns: Iterable[RDN] | None) -> tuple[RDN, ...] | None:
    if rdns is None:
        return None
    made = tuple(rdns)
    if made and not isinstance(made[0], RDN):
        raise TypeError("DN(...) takes RDN values; read a text with DN.parse(...)")
    return made


#: A DN's key: its RDNs' keys, or the text of an opaque name.
_NameKey: TypeAlias = tuple[tuple[_Key, ...], ...] | str


@frozen(eq=False, repr=False, weakref_slot=False)  # as `_Draft` has it
class DN:
    """A distinguished name: `RDN` values, the entry's own first, the root's last.

    Immutable and hashable. ``len(dn)`` counts RDNs. The empty name is false, every
    other one is true. Make one with `parse`, `of` or `from_server`; ``DN()`` is the
    empty name, that of the root.
    """

    #: None: the text is a name, or nobody has looked yet; `_opaque` says which.
    _rdns: tuple[RDN, ...] | None = field(default=(), converter=_as_rdns, alias="rdns")
    _text: str | None = field(default=None, alias="text", kw_only=True)
    #: None: nobody has looked yet.
    _opaque: bool | None = field(default=False, alias="is_opaque", kw_only=True)
    _key: _NameKey | None = field(default=None, init=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name in the form of RFC 4514; what else is read, `_dn_text` lists.

        Args:
            text: The name; "" is the empty one.

        Raises:
            DNSyntaxError: Where the text leaves the grammar.
        """
        if not isinstance(text, str):
            raise TypeError(f"a DN's text is str, not {type(text).__name__}")
        # Most names are only passed on: one match says that they are names, and
        # their parts wait until somebody asks.
        plain = _dn_text.is_plain(text)
        return _made(cls, None if plain else _read(text), text, opaque=False)

    @classmethod
    def from_server(cls, text: str) -> Self:
        r"""Read a name as a server sent it; never refuses one.

        A text that does not parse (``<GUID=…>;CN=x``, ``cn=foo\?``, what is no
        UTF-8) gives an opaque name.
        """
        if not isinstance(text, str):
            raise TypeError(f"a DN's text is str, not {type(text).__name__}")
        return _made(cls, None, text, opaque=None)

    @classmethod
    def opaque(cls, text: str) -> Self:
        """Keep a text as it is: it compares exactly and is under nothing."""
        return _made(cls, (), text, opaque=bool(text))

    @classmethod
    def of(cls, *parts: tuple[str, str | bytes] | DN | str) -> Self:
        """Build a name: one RDN of the given pairs, under a parent.

        ``DN.of(("cn", "Doe, John"), ("uid", "jd"), "ou=people,dc=example")``

        Args:
            parts: Pairs of type and value, at least one; the last argument may be
                the parent, a `DN` or its text. Values need no escaping; bytes are
                the value's octets.

        Raises:
            DNSyntaxError: For a type, or a parent's text, that is none.
            ValueError: Without a pair, or for a lone surrogate in a value.
        """
        parent: DN = DN()
        if parts and isinstance(parts[-1], DN | str):
            parent = _as_dn(parts[-1])
            parts = parts[:-1]
        avas = []
        for part in parts:
            if not isinstance(part, tuple):
                raise TypeError(
                    "DN.of takes (type, value) pairs and then at most one parent"
                )
            avas.append(AVA(*part))
        rdn = RDN(avas)
        if parent.is_opaque:
            return cls.opaque(f"{rdn},{parent}")
        text = f"{rdn},{parent}" if parent.rdns else None
        return cls((rdn, *parent.rdns), text=text)

    @property
    def rdns(self) -> tuple[RDN, ...]:
        """The parts of the name: the entry's own RDN first, the root's child last."""
        if self._opaque is None:
            self._judge()
        rdns = self._rdns
        if rdns is None:
            rdns = _read(self._text or "")
            _keep(self, "_rdns", rdns)
        return rdns

    @property
    def is_opaque(self) -> bool:
        """Whether this is a text that does not parse; then it has no ``rdns``."""
        opaque = self._opaque
        return self._judge() if opaque is None else opaque

    def _judge(self) -> bool:
        """Find out whether the text of a server is a name."""
        text, opaque = self._text or "", False
        if not _dn_text.is_plain(text):
            try:
                rdns = _read(text)
            except DNSyntaxError:
                rdns, opaque = (), bool(text)
            _keep(self, "_rdns", rdns)
        # Last: another thread that sees it finds the rest in place.
        _keep(self, "_opaque", opaque)
        return opaque

    @property
    def rdn(self) -> RDN | None:
        """The entry's own RDN; None for the empty and for an opaque name."""
        return self.rdns[0] if self.rdns else None

    @property
    def parent(self) -> DN | None:
        """The name one level up; None for the empty and for an opaque name."""
        text = self._text
        if not self.is_opaque and self._rdns is None and text is not None:
            _, comma, above = text.partition(",")
            if comma and _IS_SPECIAL.search(text) is None:
                return _made(DN, None, above.lstrip(" "), opaque=False)
        rdns = self.rdns
        if not rdns:
            return None
        return DN(rdns[1:], text=text and _dn_text.after_first_rdn(text))

    def is_under(self, other: DN | str, *, or_equal: bool = False) -> bool:
        """Whether this name is below another, at any depth.

        Every name is below the empty one. An opaque name is below nothing.

        Args:
            other: A `DN` or its text.
            or_equal: Whether a name counts as below itself.
        """
        other = _as_dn(other)
        mine, theirs = self.key, other.key
        if isinstance(mine, str) or isinstance(theirs, str):
            return or_equal and mine == theirs
        above = len(mine) - len(theirs)
        return above >= (0 if or_equal else 1) and mine[above:] == theirs

    @property
    def key(self) -> _NameKey:
        """What equality and hash look at."""
        key = self._key
        if key is None:
            text = self._text or ""
            if self.is_opaque:
                key = text
            elif self._rdns is None and _IS_SPECIAL.search(text) is None:
                # Names lie under few others, whose keys are remembered.
                own, *above = text.split(",")
                key_of = _known_key if len(text) <= _LONGEST_KNOWN else _rdn_key
                key = (_rdn_key(own), *map(key_of, above))
            else:
                key = tuple([rdn.key for rdn in self.rdns])
            _keep(self, "_key", key)
        return key

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, DN) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.key)

    def __len__(self) -> int:
        return len(self.rdns)

    def __bool__(self) -> bool:
        return self.is_opaque or self._rdns is None or bool(self._rdns)

    def __str__(self) -> str:
        text = self._text
        if text is None:
            text = ",".join(map(str, self.rdns))
            _keep(self, "_text", text)
        return text

    def __repr__(self) -> str:
        maker = "opaque" if self.is_opaque else "parse"
        return f"DN.{maker}({str(self)!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        # The text says all; keys and hashes belong to one process.
        return (DN.opaque if self.is_opaque else DN.parse), (str(self),)


_Name = TypeVar("_Name", bound=DN)
#: What was found out about a name stays with it, frozen as it is.
_keep = object.__setattr__


class _Draft:
    """A `DN` that is being made, with its slots: it becomes one by its class.

    Entries by the thousand have a name or several, and the constructor of the frozen
    class takes six times as long.
    """

    __slots__ = ("_key", "_opaque", "_rdns", "_text")

    _rdns: tuple[RDN, ...] | None
    _text: str
    _opaque: bool | None
    _key: _NameKey | None


def _made(
    cls: type[_Name],
    rdns: tuple[RDN, ...] | None,
    text: str,
    *,
    opaque: bool | None,
) -> _Name:
    """What the constructor makes of these."""
    if cls is not DN:
        # Somebody's own, which may have more than the slots.
        return cls(rdns, text=text, is_opaque=opaque)
    name = _Draft()
    name._rdns, name._text, name._opaque, name._key = rdns, text, opaque, None
    name.__class__ = cls  # type: ignore[assignment]  # with the same slots
    return name  # type: ignore[return-value]  # it is one by now


def _as_dn(name: DN | str) -> DN:
    return name if isinstance(name, DN) else DN.parse(name)


#: A tuple made once: to make a union takes longer than all of `as_text`.
_NAMES = (str, DN)


def as_text(name: DN | str) -> str:
    """A name as it goes to the server.

    Raises:
        TypeError: It is neither text nor a `DN`; ``str(None)`` would name an entry.
    """
    if not isinstance(name, _NAMES):
        raise TypeError(f"a name is str or DN, not {type(name).__name__}")
    return str(name)
