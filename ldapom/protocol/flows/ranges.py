"""Attributes that come in ranges are completed: all values, each once.

1. A server that limits the values it sends at once (MS-ADTS 3.1.1.3.1.3.3) answers
   ``member;range=0-1499``; what follows is asked for by base searches, until a range
   ends with ``*``. The entry then has ``member``, as if it had come whole.
2. A range that was asked for by number is what was wanted, and stays as it came.
3. What can not be completed stays as it came, with its range: nobody takes a part
   for the whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import NoSuchObject, RemoteProtocolError
from ldapom.filters import Present
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.codec.rows import name_and_end
from ldapom.protocol.flows import steps
from ldapom.protocol.messages import (
    PartialAttribute,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import Control

#: Ranges of one attribute. Active Directory sends 1,500 values in each.
MAX_RANGES = 10_000
#: How often an attribute is read from its start because it shrank meanwhile.
MAX_RESTARTS = 3

_SEMICOLON = ord(";")
_HINT = b";range="
#: Octets of one entry above which attributes are stepped over, and not searched, as
#: long as each has at least so many.
_LARGE = 4096
_LARGE_ATTRIBUTE = 256
_RANGE = re.compile(r";range=(\d{1,10})-(\d{1,10}|\*)(?=;|$)", re.IGNORECASE)
#: Controls that are about a whole search; others, such as those that show deleted
#: entries, go with the searches that complete it too.
_OF_THE_WHOLE = frozenset(
    {
        "1.2.840.113556.1.4.319",  # paged results
        "1.2.840.113556.1.4.473",  # server-side sorting
        "2.16.840.1.113730.3.4.9",  # virtual list view
        "2.16.840.1.113730.3.4.3",  # persistent search
        "1.2.840.113556.1.4.528",  # change notification
        "1.3.6.1.4.1.4203.1.9.1.1",  # content synchronization
        "1.3.6.1.1.12",  # assertion
    }
)
#: DirSync: there a range says which values came and went.
_DIRSYNC = "1.2.840.113556.1.4.841"


@frozen
class _Part:
    """A range: the description without it, and where it begins and ends.

    ``last`` is None for ``*``: nothing follows.
    """

    description: str
    first: int
    last: int | None


def has_hint(batch: Iterable[SearchResultEntry]) -> bool:
    """Whether any entry may have a range; the only thing that is done for every one."""
    for entry in batch:
        attributes = entry.attributes
        if isinstance(attributes, LazyAttributes):
            # A number is found in 0.02 µs, the text in 0.3 µs.
            raw = attributes.raw
            if _SEMICOLON in raw and _may_have(raw):
                return True
        elif any(_part(attribute.type) for attribute in attributes):
            return True
    return False


def _may_have(raw: bytes) -> bool:
    """Whether a description in these octets of attributes may have a range.

    Photographs, certificates and long groups are not looked through: 20 kB of them
    take 15 µs to search, and 3 µs to step over.
    """
    pos = 0
    if len(raw) > _LARGE:
        for _ in range(len(raw) // _LARGE_ATTRIBUTE):
            try:
                at, end = name_and_end(raw, pos)
            except LookupError:
                break
            if raw.find(b";", pos, at) >= 0 and _HINT in raw[pos:at].lower():
                return True
            pos = end
            if pos >= len(raw):
                return False
    return _HINT in raw[pos:].lower()


class Ranges:
    """Completes the entries of one search.

    Args:
        request: The search.
        controls: Its controls.
        whole: Whether ranges that were asked for by number are completed too.
    """

    def __init__(
        self, request: SearchRequest, controls: Sequence[Control], *, whole: bool
    ) -> None:
        asked = () if whole else map(_part, request.attributes)
        self._asked = {
            part.description.lower() for part in asked if part and part.last is not None
        }
        self._controls = [c for c in controls if c.type not in _OF_THE_WHOLE]
        self._off = request.types_only or any(c.type == _DIRSYNC for c in controls)

    def complete(
        self, engine: Engine, batch: list[SearchResultEntry]
    ) -> steps.Flow[list[SearchResultEntry]]:
        """The same entries with all values of what came in ranges.

        Raises:
            ResultError: A further search was refused.
            RemoteProtocolError: The ranges never end, or are not what was asked for.
        """
        if self._off:
            return batch
        for index, entry in enumerate(batch):
            batch[index] = yield from self._entry(engine, entry)
        return batch

    def _entry(
        self, engine: Engine, entry: SearchResultEntry
    ) -> steps.Flow[SearchResultEntry]:
        attributes = entry.attributes
        for description in self._ranged(attributes):
            values, last = _from(attributes, description, 0, strict=False)
            if last is not None:
                reader = _Reader(engine, entry.object_name, self._controls)
                found = yield from reader.rest(description, values, last)
                if found is None:
                    continue
                values = found
            attributes = _replaced(attributes, description, values)
        if attributes is entry.attributes:
            return entry
        return SearchResultEntry(entry.object_name, attributes)

    def _ranged(self, attributes: Iterable[PartialAttribute]) -> list[str]:
        """The descriptions that a first range came of, each once, as spelled."""
        found: dict[str, str] = {}
        for attribute in attributes:
            part = _part(attribute.type)
            if part is not None and not part.first:
                found.setdefault(part.description.lower(), part.description)
        return [name for key, name in found.items() if key not in self._asked]


class _Reader:
    """Reads further ranges of one entry."""

    def __init__(self, engine: Engine, dn: str, controls: Sequence[Control]) -> None:
        self._engine = engine
        self._dn = dn
        self._controls = controls

    def rest(
        self, description: str, values: list[bytes], last: int
    ) -> steps.Flow[list[bytes] | None]:
        """All values, once the first ones are there; None where they can not be had.

        Args:
            description: The attribute with its other options.
            values: Those of the first range.
            last: Where that ended.
        """
        found = dict.fromkeys(values)
        restarts = 0
        following: int | None = last + 1
        for _ in range(MAX_RANGES):
            if following is None:
                return list(found)
            attributes = yield from self._ask(f"{description};range={following}-*")
            if attributes is None:
                return None  # the entry is gone
            more, end = _from(attributes, description, following)
            if more:
                found |= dict.fromkeys(more)
                following = None if end is None else end + 1
            elif following == 0:
                return []
            else:
                # The server had said that more would follow: it has changed.
                restarts += 1
                if restarts > MAX_RESTARTS:
                    return None
                found, following = {}, 0
        raise RemoteProtocolError(
            f"the ranges of {description} of {self._dn!r} never end"
        )

    def _ask(self, attribute: str) -> steps.Flow[Sequence[PartialAttribute] | None]:
        """One attribute of the entry; None when there is no such entry any more."""
        engine = self._engine
        request = SearchRequest(
            self._dn, Scope.base, Present("objectClass"), (attribute,)
        )
        message_id = engine.send(request, self._controls)
        found: Sequence[PartialAttribute] | None = None
        try:
            while True:
                for message in (yield steps.Receive(message_id)):
                    op = message.op
                    if isinstance(op, SearchResultEntry):
                        found = op.attributes
                    elif isinstance(op, SearchResultDone):
                        steps.check(op, request, message.controls)
                        return found
        except NoSuchObject:
            return None
        finally:
            engine.forget(message_id)


def _part(description: str) -> _Part | None:
    match = _RANGE.search(description)
    if match is None:
        return None
    first, last = match.groups()
    return _Part(
        description[: match.start()] + description[match.end() :],
        int(first),
        None if last == "*" else int(last),
    )


def _from(
    attributes: Iterable[PartialAttribute],
    description: str,
    first: int,
    *,
    strict: bool = True,
) -> tuple[list[bytes], int | None]:
    """The values of the range that begins there, and where it ends.

    Where a server sends two of them, the one that ends with ``*`` counts.

    Args:
        attributes: Those of an entry.
        description: The attribute, with its other options.
        first: Where the range begins.
        strict: Whether this range alone was asked for.

    Raises:
        RemoteProtocolError: The server sent another range than the one asked for.
    """
    key, found = description.lower(), None
    for attribute in attributes:
        part = _part(attribute.type)
        if part is None or part.description.lower() != key:
            continue
        fits = part.first == first and (part.last is None or part.last >= first)
        if not fits:
            if not strict:
                continue
            raise RemoteProtocolError(
                f"the server sent {attribute.type!r} where the values from {first} on "
                "were asked for"
            )
        if found is None or part.last is None:
            found = list(attribute.values), part.last
    return ([], None) if found is None else found


def _replaced(
    attributes: Iterable[PartialAttribute], description: str, values: Sequence[bytes]
) -> tuple[PartialAttribute, ...]:
    """The attributes with all values of one, and without its ranges.

    An empty ``member`` beside the range, as Active Directory sends it, goes too.
    """
    key = description.lower()
    kept: list[PartialAttribute] = []
    plain: list[bytes] = []
    for attribute in attributes:
        part = _part(attribute.type)
        if (attribute.type if part is None else part.description).lower() != key:
            kept.append(attribute)
        elif part is None:
            plain.extend(attribute.values)
    whole = tuple(dict.fromkeys((*plain, *values)))
    if whole:
        kept.append(PartialAttribute(description, whole))
    return tuple(kept)
