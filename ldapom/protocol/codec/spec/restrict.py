"""What pyasn1 lets through and RFC 4511 forbids, and the other way round.

`element` walks octets along a production before pyasn1 sees them:

1. Lengths are definite, strings primitive, booleans one octet, integers one to four
   (RFC 4511 5.1 and 4.1.1); nothing reaches past what encloses it.
2. Trailing elements of a SEQUENCE that the grammar does not know are left out, as
   RFC 4511 4 demands; pyasn1 would refuse them.
3. Filters are counted as they nest.

It gives the element back with shortest lengths. Nothing of `ber` is used here, so
that the two codecs do not share a mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyasn1.error import PyAsn1Error
from pyasn1.type import univ

from ldapom.errors import DecodeError
from ldapom.protocol.codec.spec import search

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONSTRUCTED: Final = 0x20
_INTEGER_OCTETS: Final = range(1, 5)
_LENGTH_OCTETS: Final = range(1, 9)

#: A message's header is never longer: identifier, and up to nine length octets.
_HEADER: Final = 10

_NESTING: Final = ("and", "or", "not")


def frame(buffer: bytes | bytearray | memoryview, start: int, max_size: int) -> int:
    """Find the end of the message at ``start``.

    Returns:
        The end; zero while octets are missing.

    Raises:
        DecodeError: If the header can not be that of a message of that size.
    """
    head = bytes(buffer[start : start + _HEADER])
    if not head:
        return 0
    if head[0] != 0x30:
        raise _error(f"expected a SEQUENCE, found {head[0]:#04x}", "LDAPMessage", start)
    if len(head) == 1:
        return 0
    size = 2 + head[1]
    if head[1] & 0x80:
        count = head[1] & 0x7F
        if count not in _LENGTH_OCTETS:
            reason = "length is indefinite or too wide"
            raise _error(reason, "LDAPMessage", start + 1)
        if len(head) < 2 + count:
            return 0
        size = 2 + count + int.from_bytes(head[2 : 2 + count], "big")
    if size > max_size:
        reason = f"message of {size} octets, the limit is {max_size}"
        raise _error(reason, "LDAPMessage", start)
    return start + size if len(buffer) - start >= size else 0


class Walk:
    """One walk over one message.

    Attributes:
        data: The octets of the message.
        depth: How many sets may still enclose a filter item.
    """

    def __init__(self, data: bytes, depth: int) -> None:
        self.data = data
        self.depth = depth

    def element(self, spec: Any, pos: int, stop: int, field: str) -> tuple[bytes, int]:  # noqa: ANN401  # pyasn1
        """Walk one element.

        Args:
            spec: Its type in pyasn1.
            pos: Where it starts.
            stop: Where what encloses it ends.
            field: Its name, for the error.

        Returns:
            The element with the restrictions applied, and where the next one starts.

        Raises:
            DecodeError: If the octets are none of ``spec``.
        """
        identifier, start, end = self._header(pos, stop, field)
        if isinstance(spec, search.Nested):
            spec = search.Filter()
        if isinstance(spec, univ.Choice):
            name, spec = _alternative(spec, identifier, field, pos)
            if isinstance(spec, search.FilterSet | search.NegatedFilter):
                return self._nested(spec, pos, stop, f"{field}.{name}")
            field = _join(field, name)
        if identifier not in _identifiers(spec):
            raise _error(f"wrong identifier octet {identifier:#04x}", field, pos)
        return _tlv(identifier, self._contents(spec, start, end, field)), end

    def _nested(self, spec: Any, pos: int, stop: int, field: str) -> tuple[bytes, int]:  # noqa: ANN401  # pyasn1
        """Walk a filter that has filters inside."""
        if not self.depth:
            raise _error("nested too deeply", field, pos)
        self.depth -= 1
        identifier, start, end = self._header(pos, stop, field)
        contents = self._contents(spec, start, end, field)
        self.depth += 1
        return _tlv(identifier, contents), end

    def _contents(self, spec: Any, start: int, end: int, field: str) -> bytes:  # noqa: ANN401  # pyasn1
        if isinstance(spec, univ.Sequence):
            return b"".join(self._components(spec, start, end, field))
        if isinstance(spec, univ.SequenceOf | univ.SetOf):
            parts = list(self._items(spec, start, end, field))
            _check(spec.subtypeSpec, parts, field, start)
            return b"".join(parts)
        octets = self.data[start:end]
        if isinstance(spec, univ.Boolean):
            if len(octets) != 1:
                raise _error("a boolean has one octet", field, start)
        elif isinstance(spec, univ.Integer):  # and Enumerated
            if len(octets) not in _INTEGER_OCTETS:
                raise _error("an integer has one to four octets", field, start)
            value = int.from_bytes(octets, "big", signed=True)
            _check(spec.subtypeSpec, value, field, start)
        elif isinstance(spec, univ.Null) and octets:
            raise _error("a null has no octets", field, start)
        return octets

    def _items(self, spec: Any, pos: int, end: int, field: str) -> Iterator[bytes]:  # noqa: ANN401  # pyasn1
        while pos < end:
            part, pos = self.element(spec.componentType, pos, end, field)
            yield part

    def _components(self, spec: Any, pos: int, end: int, field: str) -> Iterator[bytes]:  # noqa: ANN401  # pyasn1
        own: set[int] = set()
        for named in spec.componentType.namedTypes:
            expected = _identifiers(named.asn1Object)
            own |= {identifier & ~_CONSTRUCTED for identifier in expected}
            here = pos < end and self.data[pos] in expected
            if here or not (named.isOptional or named.isDefaulted):
                name = _join(field, named.name)
                part, pos = self.element(named.asn1Object, pos, end, name)
                yield part
        while pos < end:
            identifier, _, following = self._header(pos, end, field)
            if identifier & ~_CONSTRUCTED in own:
                raise _error(f"element {identifier:#04x} is out of place", field, pos)
            pos = following

    def _header(self, pos: int, stop: int, field: str) -> tuple[int, int, int]:
        """Read identifier and length; give the first octet, and the contents' place."""
        octets = iter(range(pos, stop))
        try:
            identifier = self.data[next(octets)]
            if identifier & 0x1F == 0x1F:
                while self.data[next(octets)] & 0x80:
                    continue
            at = next(octets)
            length = self.data[at]
            if length & 0x80:
                count = length & 0x7F
                if count not in _LENGTH_OCTETS:
                    raise _error("length is indefinite or too wide", field, at)
                length = 0
                for _ in range(count):
                    at = next(octets)
                    length = length << 8 | self.data[at]
        except StopIteration:
            raise _error("missing, or cut short", field, pos) from None
        if length > stop - at - 1:
            raise _error(f"{length} octets do not fit here", field, pos)
        return identifier, at + 1, at + 1 + length


def _join(field: str, name: str) -> str:
    """Name a component; an operation starts a name of its own."""
    if name[:1].isupper():
        return name
    return f"{field}.{name}"


def _identifiers(spec: Any) -> set[int]:  # noqa: ANN401  # pyasn1
    """Give the identifier octets an element of this type may start with."""
    if isinstance(spec, search.Nested):
        spec = search.Filter()
    if isinstance(spec, univ.Choice):
        alternatives = (named.asn1Object for named in spec.componentType.namedTypes)
        return {octet for spec in alternatives for octet in _identifiers(spec)}
    outermost = spec.tagSet.superTags[-1]
    return {outermost.tagClass | outermost.tagFormat | outermost.tagId}


def _alternative(
    spec: Any,  # noqa: ANN401  # pyasn1
    identifier: int,
    field: str,
    pos: int,
) -> tuple[str, Any]:
    for named in spec.componentType.namedTypes:
        if identifier in _identifiers(named.asn1Object):
            return named.name, named.asn1Object
    raise _error(f"no choice is {identifier:#04x}", field, pos)


def _check(constraint: Any, value: object, field: str, pos: int) -> None:  # noqa: ANN401  # pyasn1
    try:
        constraint(value)
    except PyAsn1Error as error:
        raise _error(f"out of range: {error}", field, pos) from error


def _tlv(identifier: int, contents: bytes) -> bytes:
    size = len(contents)
    if size < 0x80:
        return bytes((identifier, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((identifier, 0x80 + len(length))) + length + contents


def _error(reason: str, field: str, offset: int) -> DecodeError:
    return DecodeError(reason, field=field, offset=offset)
