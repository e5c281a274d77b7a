"""Attribute lists, walked by their lengths, at once or when they are first read.

1. One walk serves all: it gives the octets of each description and its values.
   Nothing is ever searched for, so a value may look like another attribute.
2. `LazyAttributes` owns a copy of its octets, never a view of a receive buffer, and
   equals the tuple it stands for.
3. `collect` is what the object mapper reads entries with: no message value is made.
4. Descriptions repeat in every entry, and the octets of their headers do, so they are
   read through bounded tables.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TypeAlias, overload

from ldapom.errors import DecodeError
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.drafts import AttributeDraft
from ldapom.protocol.parts import KeptAttributes, PartialAttribute
from ldapom.secrets import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Pair: TypeAlias = tuple[bytes, list[bytes]]

#: How errors call the list that entries have.
_FIELD: Final = "SearchResultEntry.attributes"

#: The tags of PartialAttribute's own components, without the constructed bit.
_OWN_TAGS: Final = frozenset({0x04, 0x11})


class _Names(dict[bytes, str]):
    """A bounded table from octets to text, filled when asked.

    A hostile server may send any number of names; so the table starts anew when it
    is full, and long names are not kept.
    """

    LARGEST: Final = 2048
    LONGEST: Final = 128

    def __init__(self, decode: Callable[[bytes], str]) -> None:
        super().__init__()
        self._decode = decode

    def __missing__(self, octets: bytes) -> str:
        name = self._decode(octets)
        if len(octets) > self.LONGEST:
            return name
        if len(self) >= self.LARGEST:
            self.clear()
        self[octets] = name = sys.intern(name)
        return name


def _as_sent(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _as_key(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape").lower()


#: Attribute descriptions as the server spells them, and in lower case.
NAMES: Final = _Names(_as_sent)
_KEYS: Final = _Names(_as_key)

#: A description, its octets, how long the attribute is, and how long its first value
#: where others follow it, else 0.
_Header: TypeAlias = tuple[str, bytes, int, int]


class _Headers(dict[bytes, _Header]):
    """A bounded table of what stands before the first value of an attribute.

    A header is kept once each of its octets was understood, so what equals it means
    the same.
    """

    LARGEST: Final = 8192
    LONGEST: Final = 128

    def keep(self, header: bytes, name: bytes, length: int, first: int) -> None:
        """Keep a header whose lengths all have one octet."""
        size = len(name)
        if len(header) > self.LONGEST or len(header) != size + 8:
            return
        if all(header[place] < 0x80 for place in (1, 3, size + 5, size + 7)):
            if len(self) >= self.LARGEST:
                self.clear()
            self[header] = (NAMES[name], name, length, first)


_HEADERS: Final = _Headers()
_header = _HEADERS.get


class _Classes(dict[bytes, tuple[bytes, ...]]):
    """A bounded table of the object classes of entries: many have the same ones.

    From the octets of their set, whose lengths all have one octet; IndexError for what
    is unusual.
    """

    LARGEST: Final = 512

    def __missing__(self, octets: bytes) -> tuple[bytes, ...]:
        # Behind the tag and the length of the set, and of the first value.
        values = tuple(_several(octets, 4, 4 + octets[3], len(octets)))
        if len(self) >= self.LARGEST:
            self.clear()
        self[octets] = values
        return values


_CLASSES: Final = _Classes()


def pairs(data: bytes, pos: int, stop: int, field: str = _FIELD) -> list[_Pair]:
    """Walk the contents of an attribute list.

    Args:
        data: The octets.
        pos: Where the list's contents start.
        stop: Where they end.
        field: What is read, for the error.

    Returns:
        For each attribute the octets of its description and its values, in order.

    Raises:
        DecodeError: If the octets are no attribute list.
    """
    found: list[_Pair] = []
    begin = pos
    try:
        while pos < stop:
            # Tag, length and type, tag and length of the set, and of its first value.
            at = pos + 8 + data[pos + 3]
            header = _header(data[pos:at])
            if header is None:
                pair, pos = _pair(data, pos, stop, field)
                found.append(pair)
                continue
            _, name, length, first = header
            pos += length
            if first:
                found.append((name, _several(data, at, at + first, pos)))
            else:
                found.append((name, [data[at:pos]]))
    except IndexError:
        pos = -1
    # What is unusual is read again, by what understands all of it and is the judge.
    return found if pos == stop else _slowly(data, begin, stop, field)


def _several(data: bytes, start: int, pos: int, stop: int) -> list[bytes]:
    """Values of which the first one is known; IndexError for what is unusual."""
    values = [data[start:pos]]
    while pos < stop:
        if data[pos] != 0x04 or data[pos + 1] > 0x7F:
            raise IndexError
        start = pos + 2
        pos = start + data[pos + 1]
        values.append(data[start:pos])
    if pos != stop:
        raise IndexError
    return values


def _slowly(data: bytes, pos: int, stop: int, field: str) -> list[_Pair]:
    """What `pairs` gives, without what was learnt before."""
    found = []
    while pos < stop:
        pair, pos = _pair(data, pos, stop, field)
        found.append(pair)
    return found


def _pair(data: bytes, pos: int, stop: int, field: str) -> tuple[_Pair, int]:
    """Walk one attribute, however it is written; give also where it ends."""
    item = pos
    try:
        pos, end = _start(data, pos, stop, 0x30, field)
        if end > stop:
            raise ber.past_end(field, item)
        start, pos = _start(data, pos, end, 0x04, f"{field}.type")
        name = data[start:pos]
        header = data[item : pos + 4]
        if pos >= end or data[pos] != 0x31:
            raise _no_values(data, item, pos, end, field)
        pos, last = _start(data, pos, end, 0x31, f"{field}.vals")
        if last != end:
            ber.skip_unknown(data, last, end, _OWN_TAGS, field)
        values: list[bytes] = []
        while pos < last:
            # A call for each value would cost more than the value.
            if data[pos] != 0x04:
                raise ber.wrong_tag(0x04, data[pos], f"{field}.vals", pos)
            length, start = data[pos + 1], pos + 2
            if length > 0x7F:
                length, start = ber.long_length(data, pos + 1, last, f"{field}.vals")
            pos = start + length
            values.append(data[start:pos])
    except IndexError:
        raise DecodeError("cut short", field=field, offset=stop) from None
    # A value that leads past the set shows here, whatever it was cut from.
    if pos != last:
        raise ber.past_end(f"{field}.vals", item)
    if last == end and (len(values) == 1 or (len(values) > 1 and values[0])):
        first = 0 if len(values) == 1 else len(values[0])
        _HEADERS.keep(header, name, end - item, first)
    return (name, values), end


def _start(data: bytes, pos: int, stop: int, tag: int, field: str) -> tuple[int, int]:
    """Where the contents of an element start, and where it says that they end."""
    if data[pos] != tag:
        raise ber.wrong_tag(tag, data[pos], field, pos)
    length, start = data[pos + 1], pos + 2
    if length > 0x7F:
        length, start = ber.long_length(data, pos + 1, stop, field)
    return start, start + length


def _no_values(data: bytes, item: int, pos: int, end: int, field: str) -> DecodeError:
    """What is wrong where the values of the attribute at ``item`` should stand."""
    if pos > end:
        return ber.past_end(f"{field}.type", item)
    if pos == end:
        return DecodeError("missing", field=f"{field}.vals", offset=pos)
    return ber.wrong_tag(0x31, data[pos], f"{field}.vals", pos)


def attributes(
    data: bytes, pos: int, stop: int, field: str = _FIELD
) -> tuple[PartialAttribute, ...]:
    """Decode the contents of an attribute list.

    Twenty of these make an entry, so they are made as drafts, and what `pairs` does is
    written out once more (0.1 µs for each).
    """
    found: list[PartialAttribute] = []
    begin = pos
    try:
        while pos < stop:
            at = pos + 8 + data[pos + 3]
            header = _header(data[pos:at])
            attribute = AttributeDraft()
            if header is None:
                (octets, values), pos = _pair(data, pos, stop, field)
                attribute.type = NAMES[octets]
                attribute.values = tuple(values)
            else:
                attribute.type, _, length, first = header
                pos += length
                if not first:
                    attribute.values = (data[at:pos],)
                elif attribute.type == "objectClass":
                    attribute.values = _CLASSES[data[at - 4 : pos]]
                else:
                    attribute.values = tuple(_several(data, at, at + first, pos))
            attribute.__class__ = PartialAttribute  # type: ignore[assignment]  # with the same slots
            found.append(attribute)  # type: ignore[arg-type]  # it is one by now
    except IndexError:
        pos = -1
    if pos == stop:
        return tuple(found)
    pairs = _slowly(data, begin, stop, field)
    return tuple([PartialAttribute(NAMES[name], tuple(own)) for name, own in pairs])


class LazyAttributes(KeptAttributes):
    """The attribute list of a received entry, decoded when it is first read.

    It equals the tuple of its attributes, both ways, and hashes like it.

    Attributes:
        raw: The contents of the PartialAttributeList, an owned copy.
        offset: Where they stood in their message; errors count from its start.

    Raises:
        DecodeError: At the first read, if the octets are no attribute list.
    """

    __slots__ = ("__weakref__", "_read", "offset", "raw")

    raw: bytes
    offset: int
    _read: tuple[PartialAttribute, ...] | None

    def __init__(self, raw: bytes, offset: int = 0) -> None:
        self.raw = raw
        self.offset = offset
        self._read = None

    def pairs(self) -> list[_Pair]:
        """Walk the list: the octets of each description, and its values."""
        # No name for the octets, nor a frame that has one, in the error's traceback.
        try:
            return pairs(self.raw, 0, len(self.raw))
        except DecodeError as error:
            raise moved(bare(error), self.offset) from None

    def first(self, key: str) -> bytes:
        """The octets of the first attribute, where it is this one; else none.

        Args:
            key: Its description in lower case.
        """
        raw = self.raw
        try:
            (octets, _), end = _pair(raw, 0, len(raw), _FIELD)
        except DecodeError:
            return b""
        return raw[:end] if _KEYS[octets] == key else b""

    def _tuple(self) -> tuple[PartialAttribute, ...]:
        read = self._read
        if read is None:
            try:
                read = self._read = attributes(self.raw, 0, len(self.raw))
            except DecodeError as error:
                raise moved(bare(error), self.offset) from None
        return read

    def __len__(self) -> int:
        return len(self._tuple())

    @overload
    def __getitem__(self, index: int) -> PartialAttribute: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[PartialAttribute, ...]: ...

    def __getitem__(
        self, index: int | slice
    ) -> PartialAttribute | tuple[PartialAttribute, ...]:
        return self._tuple()[index]

    def __iter__(self) -> Iterator[PartialAttribute]:
        return iter(self._tuple())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyAttributes):
            return self.raw == other.raw or self._tuple() == other._tuple()
        if isinstance(other, tuple):
            return self._tuple() == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._tuple())

    def __repr__(self) -> str:
        try:
            return repr(self._tuple())
        except DecodeError as error:
            return f"<{len(self.raw)} octets that are no attribute list: {error}>"

    def __copy__(self) -> LazyAttributes:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> LazyAttributes:
        return self

    def __reduce__(self) -> tuple[type[LazyAttributes], tuple[bytes, int]]:
        return LazyAttributes, (self.raw, self.offset)


def moved(error: DecodeError, distance: int) -> DecodeError:
    """The same error for octets that stand elsewhere in a larger buffer."""
    return DecodeError(error.reason, field=error.field, offset=error.offset + distance)


def collect(
    attributes: Sequence[PartialAttribute], names: dict[str, str] | None = None
) -> dict[str, list[bytes]]:
    """Gather an entry's values by attribute description.

    Args:
        attributes: The attribute list of an entry, received or made by hand.
        names: Takes the descriptions as they were spelled first, by the same keys.

    Returns:
        From the description in lower case, options included, to the values in the
        order they came; an attribute that is sent several times is merged. The lists
        belong to the caller.

    Raises:
        DecodeError: If a received list holds malformed octets.
    """
    found: dict[str, list[bytes]] = {}
    if isinstance(attributes, LazyAttributes):
        for octets, values in attributes.pairs():
            key = _KEYS[octets]
            if key in found:
                found[key] += values
                continue
            found[key] = values
            if names is not None:
                names[key] = NAMES[octets]
        return found
    for attribute in attributes:
        key = attribute.type.lower()
        found.setdefault(key, []).extend(attribute.values)
        if names is not None:
            names.setdefault(key, attribute.type)
    return found
