"""`Expression`: an attribute of a class in a query; its operators make filters.

1. Each operator gives a node of `ldapom.filters` at once, its value encoded by the
   attribute's own converter; no text is built, so nothing is ever escaped. Where the
   attribute has none it is an `OpenCondition`, which a session encodes.
2. What can not be meant is refused here, with the spelling that can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Generic, Never, NoReturn, TypeVar

from ldapom.filters import (
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Present,
    Substrings,
    any_of,
    negate,
)
from ldapom.mapper.classes.conversion import NoSyntax, encoded
from ldapom.mapper.queries.conditions import AttributeName, OpenCondition
from ldapom.schema.coding import encode_octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.mapper.classes.described import Described

V = TypeVar("V")
#: An integer, or flags made of one.
I = TypeVar("I", bound=int)

#: What ``like`` reads: an escaped star or backslash, a wildcard, anything else.
_PATTERN = re.compile(r"\\([*\\])|(\*)|([^*\\]+|\\)")
#: RFC 4512 1.4: a rule is named by a descriptor or an OID.
_RULE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*")


#: [MS-ADTS] 3.1.1.3.4.4: LDAP_MATCHING_RULE_BIT_AND and _BIT_OR.
_ALL_BITS, _ANY_BIT = "1.2.840.113556.1.4.803", "1.2.840.113556.1.4.804"

#: Two numbers that read as one time, and are two for a server: an account that expires
#: at 0 never does ([MS-ADA1] 2.2, accountExpires), so it is no account that has.
_NEVER, _ALSO_NEVER = b"9223372036854775807", b"0"

#: What people write where ``in_`` is meant.
_COLLECTIONS = (list, tuple, set, frozenset, dict)


class Expression(Generic[V]):
    """An attribute of an entry class, as conditions name it: ``User.uid == "x"``."""

    __slots__ = ("_attribute", "_name")

    def __init__(self, attribute: Described[V]) -> None:
        self._attribute = attribute
        self._name = AttributeName.of(attribute)

    def __eq__(self, other: V | None) -> Filter:  # type: ignore[override]  # a condition, not a truth value
        """The attribute has this value; with None, it has no value."""
        if other is None:
            return negate(self.present())
        return self._one(other)

    def __ne__(self, other: V | None) -> Filter:  # type: ignore[override]  # a condition, not a truth value
        """No value is this one; entries without the attribute match too."""
        return negate(self == other)

    def __ge__(self, other: V) -> Filter:
        try:
            octets = self._encode(other)
        except NoSyntax:
            return self._open(GreaterOrEqual, other)
        found = GreaterOrEqual(self._name, octets)
        return found | self._at_zero if self._is_two_fold else found

    def __le__(self, other: V) -> Filter:
        try:
            octets = self._encode(other)
        except NoSyntax:
            return self._open(LessOrEqual, other)
        found = LessOrEqual(self._name, octets)
        if octets == _NEVER or not self._is_two_fold:
            return found
        return found & negate(self._at_zero)

    def __gt__(self, other: Never) -> NoReturn:
        self._no_order(">", ">=")

    def __lt__(self, other: Never) -> NoReturn:
        self._no_order("<", "<=")

    # A condition is no truth value, so an expression can not be a key.
    __hash__ = None  # type: ignore[assignment]  # as Python asks of unhashable classes

    def startswith(self: Expression[str], text: str) -> Filter:
        """A value begins with this text."""
        return Substrings(self._name, initial=self._part(text, "startswith"))

    def endswith(self: Expression[str], text: str) -> Filter:
        """A value ends with this text."""
        return Substrings(self._name, final=self._part(text, "endswith"))

    def contains(self: Expression[str], text: str) -> Filter:
        """A value contains this text."""
        return Substrings(self._name, any=(self._part(text, "contains"),))

    def like(self: Expression[str], pattern: str) -> Filter:
        r"""A value has this form.

        Args:
            pattern: ``*`` stands for any text, ``\*`` for a star and ``\\`` for a
                backslash; a backslash before anything else is one.
        """
        parts = [
            self._octets(part) for part in _split(self._checked_text(pattern, "like"))
        ]
        if len(parts) == 1:
            # A text, whatever a value is.
            return Equality(str(self._name), parts[0])
        initial, *middle, final = parts
        between = tuple(part for part in middle if part)
        if not initial and not between and not final:
            return self.present()
        return Substrings(self._name, initial or None, between, final or None)

    def approx(self, value: V) -> Filter:
        """A value is about this one, by the server's own idea of it."""
        try:
            return Approx(self._name, self._encode(value))
        except NoSyntax:
            return self._open(Approx, value)

    def in_(self, values: Iterable[V]) -> Filter:
        """A value is one of these; none of nothing, which asks no server."""
        if isinstance(values, str | bytes):
            raise TypeError(
                f"{self}: in_ takes a list of values: write .in_([{values!r}])"
            )
        return any_of(map(self._one, values))

    def present(self) -> Filter:
        """The attribute has a value."""
        return Present(self._name)

    def matches(
        self, rule: str, value: V | bytes, *, dn_attributes: bool = False
    ) -> Filter:
        """A value matches by a rule of the caller's choice (RFC 4511 4.5.1.7.7).

        Args:
            rule: The rule's name or OID, such as ``caseExactMatch`` or Active
                Directory's ``1.2.840.113556.1.4.803`` (all these bits).
            value: What to compare with; octets go as they are.
            dn_attributes: Match the attributes in the entry's DN as well.
        """
        if not _RULE.fullmatch(rule):
            raise ValueError(f"{self}: {rule!r} is no name of a matching rule, no OID")
        if isinstance(value, bytes):
            return Extensible(rule, str(self._name), value, dn_attributes)
        try:
            octets = self._encode(value)
        except NoSyntax:
            node = Extensible(rule, self._name, b"", dn_attributes)
            return OpenCondition(node, value)
        return Extensible(rule, self._name, octets, dn_attributes)

    def lang(self, tag: str, /) -> Expression[V]:
        """The values in a language (RFC 3866): ``User.cn.lang("de") == "Gräfin"``.

        A condition on the attribute itself finds those of all languages as well.

        Args:
            tag: The language tag, such as ``de`` or ``de-CH``.

        Raises:
            ValueError: If it is none.
        """
        from ldapom.mapper.entries.variants import variant

        attribute = self._attribute
        return variant(attribute.source or attribute, f"lang-{tag}").expression

    def has_all(self: Expression[I], bits: I) -> Filter:
        """All these bits are set in a value (Active Directory's and OpenLDAP's rule).

        For example ``User.groupType.has_all(GroupType.SECURITY_ENABLED)``.
        """
        return self._bits(_ALL_BITS, bits)

    def has_any(self: Expression[I], bits: I) -> Filter:
        """Any of these bits is set in a value."""
        return self._bits(_ANY_BIT, bits)

    def _bits(self, rule: str, bits: V) -> Filter:
        python = self._attribute.converter.syntax.python
        if python is not int:
            raise TypeError(f"{self}: only integers have bits, not {python.__name__}")
        return self.matches(rule, bits)

    @property
    def python_name(self) -> str:
        """The attribute's name in Python."""
        return self._attribute.python_name

    def __repr__(self) -> str:
        return self._attribute.label

    def _one(self, value: V) -> Filter:
        """The attribute has this value, which None is not."""
        try:
            octets = self._encode(value)
        except NoSyntax:
            return self._open(Equality, value)
        found = Equality(self._name, octets)
        if octets == _NEVER and self._is_two_fold:
            return found | self._at_zero
        return found

    @property
    def _is_two_fold(self) -> bool:
        """Whether 0 is the last of all values, and the least to a server."""
        return self._attribute.converter.syntax.name == "AD Time"

    @property
    def _at_zero(self) -> Filter:
        return Equality(self._name, _ALSO_NEVER)

    def _open(
        self,
        kind: type[Equality | GreaterOrEqual | LessOrEqual | Approx],
        value: object,
    ) -> Filter:
        """A condition that a session is to encode."""
        return OpenCondition(kind(self._name, b""), value)

    def _encode(self, value: V) -> bytes:
        attribute = self._attribute
        if value is None:
            raise TypeError(
                f"{self}: None is no value; ask for entries without one by "
                f"{self} == None"
            )
        python = attribute.converter.python
        if isinstance(value, _COLLECTIONS) and not isinstance(value, python):
            raise TypeError(
                f"{self}: a condition compares with one {python.__name__}, not with a "
                f"{type(value).__name__}; use {self}.in_([...])"
            )
        return encoded(attribute, value, attribute.converter.assertion)

    def _part(self, text: str, operator: str) -> bytes:
        if not self._checked_text(text, operator):
            raise ValueError(
                f"{self}: .{operator}('') fits every value; write .present()"
            )
        return self._octets(text)

    def _octets(self, text: str) -> bytes:
        return encoded(self._attribute, text, lambda _: encode_octets(text))

    def _checked_text(self, text: object, operator: str) -> str:
        python = self._attribute.converter.python
        if not issubclass(python, str):
            raise TypeError(
                f"{self}: .{operator}() looks into text, and its values are "
                f"{python.__name__}"
            )
        if not isinstance(text, str):
            raise TypeError(
                f"{self}: .{operator}() takes a str, not {type(text).__name__}"
            )
        return text

    def _no_order(self, asked: str, offered: str) -> NoReturn:
        raise TypeError(f"{self}: LDAP has no {asked}, only >= and <=; use {offered}")


def _split(pattern: str) -> list[str]:
    """The texts between the wildcards of a pattern; one more than wildcards."""
    parts = [""]
    for escaped, wildcard, text in _PATTERN.findall(pattern):
        if wildcard:
            parts.append("")
        else:
            parts[-1] += escaped or text
    return parts
