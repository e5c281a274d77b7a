"""Entries without a class: names in any case, values as bytes or text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ldapom._printable import printable
from ldapom.errors import DecodeError
from ldapom.protocol.codec.attributes import LazyAttributes, collect
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from ldapom.protocol.codec.wanted import Part, Wanted
    from ldapom.protocol.messages import SearchResultEntry


class SearchEntry(Mapping[str, list[bytes]]):
    """One entry of a search: a mapping of attribute descriptions to values.

    Names are found in any case; iteration gives the server's spelling. An attribute
    that came several times is one, with all its values.

    Attributes:
        dn: The name as the server wrote it.
    """

    __slots__ = ("_attributes", "_message", "_names", "_part", "_wanted", "dn")

    def __init__(
        self, message: SearchResultEntry, wanted: Wanted | None = None
    ) -> None:
        self.dn = message.object_name
        self._wanted = wanted
        self._part: Part | None = None
        self._message = message
        self._attributes: dict[str, list[bytes]] | None = None
        self._names: dict[str, str] | None = None

    @property
    def attributes(self) -> dict[str, list[bytes]]:
        """The values by lower-case description; decoded when first asked for.

        Raises:
            DecodeError: The server's octets are no attribute list.
        """
        if self._attributes is None:
            self._attributes = collect(self._message.attributes)
        return self._attributes

    def text(self, name: str) -> list[str]:
        """The values of one attribute as text.

        Raises:
            KeyError: The attribute did not come.
            UnicodeDecodeError: A value is no UTF-8.
        """
        try:
            return [value.decode() for value in self[name]]
        except UnicodeDecodeError as error:
            error.reason += (
                f", in {name} of {self.dn!r}; entry[{name!r}] has the octets"
            )
            raise

    def __getitem__(self, name: str) -> list[bytes]:
        key = name.lower()
        part = self._part
        values = None if part is None else part.get(key)
        if not values:
            try:
                values = self._look(key)
            except KeyError:
                raise KeyError(name) from None
        # A list by its making; those without values are no part.
        return values  # type: ignore[return-value]

    def _look(self, key: str) -> list[bytes] | tuple[()]:
        """Read what is read of the entries of a search, else everything."""
        if self._wanted is not None and self._attributes is None:
            found = self._message.attributes
            if isinstance(found, LazyAttributes):
                part = self._part = self._wanted.part(found.raw, key)
                if part is not None and part[key]:
                    return part[key]
        return self.attributes[key]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.attributes

    def __iter__(self) -> Iterator[str]:
        names = self._names
        if names is None:
            # Whoever asks for the names reads the values too, and reads all of them.
            names = {}
            found = collect(self._message.attributes, names)
            if self._attributes is None:
                self._attributes = found
            self._names = names
        return iter(names.values())

    def __len__(self) -> int:
        return len(self.attributes)

    def __str__(self) -> str:
        """The entry for people: secrets hidden, control characters escaped."""
        lines = [f"dn: {printable(self.dn)}"]
        for name in self:
            shown = printable(name)
            lines.extend(f"{shown}: {_show(name, value)}" for value in self[name])
        return "\n".join(lines)

    def __repr__(self) -> str:
        try:
            return f"<SearchEntry {self.dn!r} with {len(self)} attributes>"
        except DecodeError:
            # A debugger prints it in the traceback of that very error.
            return f"<SearchEntry {self.dn!r} that can not be decoded>"


def _show(name: str, value: bytes) -> str:
    if is_secret(name):
        return hidden(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return f"<{len(value)} bytes>"
    return printable(text)
