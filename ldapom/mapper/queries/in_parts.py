"""Sorting in parts, so that whoever shares the loop need not wait for all of it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from ldapom.mapper.queries.asked import in_order

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.asked import Placed
    from ldapom.mapper.queries.shape import Shape

#: Entries that are sorted in one go: a millisecond, where 50,000 take 30.
PART: Final = 1_000
#: Places that are looked at for each part, to find where it begins.
_SAMPLES: Final = 16
#: The golden ratio, whose multiples lie evenly and follow no pattern.
_SCATTER: Final = 0.6180339887498949


def in_parts(shape: Shape, found: list[Placed]) -> Iterator[list[Entry]]:
    """Sort as `in_order` does, part by part.

    Entries that are alike in the first key stay in one part, whatever their number.

    Args:
        shape: Says how to sort, and how many are wanted.
        found: The entries and their places; emptied, since to let go of all of them
            at once would take as long as to sort some of them.

    Yields:
        The next entries; none where there was something else to do for a while.
    """
    heaps = yield from _heaps(found)
    if not shape.order[0].reverse:
        heaps.reverse()
    left = shape.limit
    while heaps and left != 0:
        part = in_order(shape, heaps.pop())[:left]
        if left is not None:
            left -= len(part)
        yield part


def _heaps(
    found: list[Placed],
) -> Generator[list[Entry], None, list[list[Placed]]]:
    """The same in heaps, each of which belongs in front of the next one."""
    marks = _marks(found)
    heaps: list[list[Placed]] = [[] for _ in range(len(marks) + 1)]
    found.reverse()
    while found:
        some = found[-PART:]
        del found[-PART:]
        for each in reversed(some):
            heaps[bisect_right(marks, each[0][0])].append(each)
        yield []
    return heaps


def _marks(found: list[Placed]) -> list[tuple[bool, object]]:
    """Where heaps of about `PART` entries begin, by a sample of them."""
    # Every n-th would miss much where the names come in turns, as they often do.
    size = len(found)
    chosen = (
        int(number * _SCATTER * size) % size
        for number in range(_SAMPLES * (size // PART))
    )
    sample = sorted(found[index][0][0] for index in chosen)
    return sample[_SAMPLES::_SAMPLES]
