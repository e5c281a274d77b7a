"""Of the entries of one search the same few attributes are read: only those are made.

1. Which ones is found out as they are read; the others are passed over by their
   lengths, from attribute to attribute, and nothing is searched for.
2. Whatever is not as servers write it gives nothing here. The entry is then read as a
   whole, which judges it; so no octets are understood in two ways. An attribute that
   nobody reads is not looked into.
3. What is kept of a search is bounded, whatever the server sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NONE: Final = ()

#: Octets of a length, as `ldapom.protocol.codec.ber.long_length` reads it.
LONGEST_LENGTH: Final = 8

#: The header of a set that is one short value, which nearly all are, by the set's
#: length: that of the SET OF and that of the OCTET STRING.
_ONE_VALUE: Final = (
    b"",
    b"",
    *(bytes((0x31, size, 0x04, size - 2)) for size in range(2, 0x80)),
)

Part = dict[str, "list[bytes] | tuple[()]"]


class Wanted:
    """What is read of the entries of one search.

    Args:
        key_of: From an attribute description as sent to the key it is asked for by.

    Attributes:
        has_options: Whether an attribute came with options, such as ``;lang-de``.
    """

    #: Names that are remembered; more are nothing that one search could ask for.
    LARGEST: Final = 1024

    __slots__ = ("_asked", "_key_of", "_names", "_seen", "has_options")

    def __init__(self, key_of: Callable[[str], str]) -> None:
        self.has_options = False
        self._key_of = key_of
        self._seen = False
        self._asked: dict[str, tuple[()]] = {}
        # From the octets of a description to the key where it is asked for, else "".
        self._names: dict[bytes, str] = {}

    def part(self, raw: bytes, key: str) -> Part | None:
        """The values of an attribute and of those that were read before.

        Args:
            raw: The contents of the PartialAttributeList of an entry.
            key: The attribute.

        Returns:
            From keys to values, empty ones where there are none; None where the whole
            entry has to be read: the first of a search, or one that is unusual.
        """
        if key not in self._asked:
            if not self._seen:
                # Many searches give one entry, which is soonest read at once.
                self._seen = True
                return None
            self._asked[key] = _NONE
            self._names.clear()
        found: Part = self._asked.copy()  # type: ignore[assignment]  # of a wider type
        try:
            return found if self._walk(raw, found) else None
        except LookupError:
            # Cut short; or another thread has asked for more in the meantime.
            return None

    def _walk(self, raw: bytes, found: Part) -> bool:  # noqa: C901, PLR0912  # one loop on purpose, as in `attributes.pairs`
        names = self._names
        pos, stop = 0, len(raw)
        while pos < stop:
            if raw[pos] != 0x30:
                return False
            length, start = raw[pos + 1], pos + 2
            if length > 0x7F:
                start += length & 0x7F
                length = _long(raw, pos + 2, start)
            pos = start + length
            at = start + 2 + raw[start + 1]
            # With its tag and length, which are compared along.
            name = raw[start:at]
            key = names.get(name)
            if key is None:
                key = self._learn(name)
                if key is None:
                    return False
            if not key:
                continue
            if found[key]:
                return False
            length = pos - at - 2
            if 1 < length < 0x80 and raw.startswith(_ONE_VALUE[length], at):
                found[key] = [raw[at + 4 : pos]]
                continue
            if raw[at] != 0x31:
                return False
            length, start = raw[at + 1], at + 2
            if length > 0x7F:
                start += length & 0x7F
                length = _long(raw, at + 2, start)
            if start + length != pos:
                return False
            values = []
            while start < pos:
                if raw[start] != 0x04:
                    return False
                length, at = raw[start + 1], start + 2
                if length > 0x7F:
                    at += length & 0x7F
                    length = _long(raw, start + 2, at)
                start = at + length
                values.append(raw[at:start])
            if start != pos:
                return False
            found[key] = values
        return pos == stop

    def _learn(self, name: bytes) -> str | None:
        """Whether an attribute is asked for; None for what is unusual."""
        if name[0] != 0x04 or name[1] > 0x7F or len(name) != 2 + name[1]:
            return None
        if len(self._names) >= self.LARGEST:
            return None
        try:
            text = name[2:].decode()
        except UnicodeDecodeError:
            return None
        if ";" in text:
            self.has_options = True
        key = self._key_of(text)
        self._names[name] = key = key if key in self._asked else ""
        return key


def _long(raw: bytes, start: int, end: int) -> int:
    """A length of several octets; IndexError for what no server writes."""
    if not 0 < end - start <= LONGEST_LENGTH:
        raise IndexError
    return int.from_bytes(raw[start:end], "big")
