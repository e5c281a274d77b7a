"""Values in ranges, as Active Directory sends them (MS-ADTS 3.1.1.3.1.3.3).

1. An attribute with more values than the limit comes empty, and once more with the
   first of them as ``member;range=0-1499``.
2. A client asks for the rest with ``member;range=1500-*``; the last range ends with
   ``*``. Beyond the last value there is nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ldapom.protocol.messages import PartialAttribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RANGE = re.compile(r"(.+?);range=(\d{1,10})-(\d{1,10}|\*)", re.IGNORECASE)


class Ranges:
    """The ranges that one search asks for, and those that it gets unasked.

    Args:
        limit: The most values of an attribute in one answer.
        attributes: What the search asks for.
    """

    def __init__(self, limit: int, attributes: Sequence[str]) -> None:
        self._limit = limit
        self._asked: dict[str, tuple[int, int | None]] = {}
        for attribute in attributes:
            match = _RANGE.fullmatch(attribute)
            if match is not None:
                name, first, last = match.groups()
                end = None if last == "*" else int(last)
                self._asked[name.lower()] = int(first), end

    def of(self, name: str, values: tuple[bytes, ...]) -> Iterator[PartialAttribute]:
        """An attribute as it is sent."""
        asked = self._asked.get(name.lower())
        if asked is None:
            if len(values) <= self._limit:
                yield PartialAttribute(name, values)
                return
            yield PartialAttribute(name, ())
        first, last = asked or (0, None)
        end = first + self._limit
        if last is not None:
            end = min(end, last + 1)
        part = values[first:end]
        if part:
            upto = "*" if end >= len(values) else str(end - 1)
            yield PartialAttribute(f"{name};range={first}-{upto}", part)


def without_ranges(attributes: Sequence[str]) -> list[str]:
    """What a search asks for, but for the ranges of it."""
    found = []
    for attribute in attributes:
        match = _RANGE.fullmatch(attribute)
        found.append(attribute if match is None else match[1])
    return found
