"""Which of an attribute's values are still those the server sent, and which are not.

1. Identity first: a value nobody touched is the very object that was decoded.
2. Then octets, then spelling: a value that is written as the server's own value would
   be, once read and written, is that value, however the server spells it.
3. Linear in the number of values; only what was touched is encoded.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, NamedTuple

from ldapom.schema.coding import decode_ascii, decode_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from ldapom.mapper.classes.conversion import Conversion

#: What reads with these is written as it was, or not at all.
AS_IT_WAS = frozenset({decode_ascii, decode_text})


class Paired(NamedTuple):
    """What became of the values of one attribute.

    Attributes:
        after: The octets of every value now; those of the server where they are
            still meant.
        gone: Octets of the server that are no longer meant, as it sent them.
        come: Octets of the values that are new.
    """

    after: tuple[bytes, ...]
    gone: tuple[bytes, ...]
    come: tuple[bytes, ...]


def pair(
    raw: Sequence[bytes],
    before: Sequence[object] | None,
    now: Sequence[object],
    converter: Conversion,
) -> Paired:
    """Pair the values of an attribute with those the server sent.

    Args:
        raw: The values as the server sent them.
        before: What they were decoded to, object by object; None where nobody knows.
        now: The values now.
        converter: How they are read and written.

    Raises:
        TypeError: If a new value is of another type.
        ValueError: If its syntax can not write it.
    """
    if not raw:
        come = tuple([converter.encode(each) for each in now])
        return Paired(come, (), come)
    if before is not None and len(before) != len(raw):
        before = None
    same = 0 if before is None else _common(before, now)
    if len(now) - same <= 1 >= len(raw) - same:
        return _at_the_end(raw, now, same, converter)
    old = list(range(same, len(raw)))
    new = list(range(same, len(now)))
    found: dict[int, int] = {}
    if before is not None and new:
        old, new = _match(
            [(id(before[i]), i) for i in old], [(id(now[j]), j) for j in new], found
        )
    written = {j: converter.encode(now[j]) for j in new}
    old, new = _match([(raw[i], i) for i in old], list(_keyed(written, new)), found)
    if new and old and converter.decode not in AS_IT_WAS:
        spelled = [(respelled(raw[i], converter), i) for i in old]
        old, new = _match(spelled, list(_keyed(written, new)), found)
    after = list(raw[:same])
    after += [
        raw[found[j]] if j in found else written[j] for j in range(same, len(now))
    ]
    return Paired(
        tuple(after),
        tuple([raw[i] for i in sorted(old)]),
        tuple([written[j] for j in new]),
    )


def _common(before: Sequence[object], now: Sequence[object]) -> int:
    """How many values at the start are the same objects."""
    found = bytes(map(is_, before, now))
    first = found.find(0)
    return len(found) if first < 0 else first


def _at_the_end(
    raw: Sequence[bytes], now: Sequence[object], same: int, converter: Conversion
) -> Paired:
    """Pair where all values but the last are the same, here or there; or there is one.

    Most changes are of this kind: one value that is appended, taken away, or another.
    """
    gone, come = tuple(raw[same:]), tuple([converter.encode(v) for v in now[same:]])
    if gone and come:
        old, new = gone[0], come[0]
        if old == new or respelled(old, converter) == new:
            return Paired(tuple(raw), (), ())
    return Paired((*raw[:same], *come), gone, come)


def _keyed(
    written: dict[int, bytes], new: Iterable[int]
) -> Iterable[tuple[bytes, int]]:
    return ((written[j], j) for j in new)


def _match(
    old: Sequence[tuple[Hashable, int]],
    new: Sequence[tuple[Hashable, int]],
    found: dict[int, int],
) -> tuple[list[int], list[int]]:
    """Pair by key, each value once; gives what is left on either side."""
    waiting: dict[Hashable, list[int]] = {}
    for key, i in reversed(old):
        waiting.setdefault(key, []).append(i)
    left = []
    for key, j in new:
        places = waiting.get(key)
        if places:
            found[j] = places.pop()
        else:
            left.append(j)
    return [i for places in waiting.values() for i in places], left


def respelled(raw: bytes, converter: Conversion) -> Hashable:
    """The octets as this side would write the value; itself where it would not."""
    if converter.decode in AS_IT_WAS:
        return raw
    try:
        return converter.encode(converter.decode(raw))
    except (ValueError, TypeError):
        return raw
