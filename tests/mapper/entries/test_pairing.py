"""Which values are still those of the server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ldapom.mapper.classes.convert import converter
from ldapom.mapper.entries.pairing import pair

if TYPE_CHECKING:
    from random import Random

BOOLEANS = st.lists(st.sampled_from([b"TRUE", b"true", b"FALSE", b"False"]), max_size=5)
BOOLEAN = converter(bool, "x", None)


@given(BOOLEANS, st.lists(st.booleans(), max_size=5), st.booleans())
def test_every_value_is_paired_once(
    raw: list[bytes], now: list[bool], known: bool
) -> None:
    """What the server has is kept or gone; what there is now is kept or new."""
    before = [BOOLEAN.decode(each) for each in raw] if known else None
    paired = pair(raw, before, now, BOOLEAN)
    kept = Counter(paired.after) - Counter(paired.come)
    assert kept + Counter(paired.gone) == Counter(raw)
    assert [BOOLEAN.decode(each) for each in paired.after] == now
    # As many as there are of each value here and there stay as they are.
    have = Counter(map(BOOLEAN.decode, raw))
    assert len(paired.come) == (Counter[object](now) - have).total()


@given(BOOLEANS, st.randoms())
def test_the_same_objects_in_any_order_are_the_same(
    raw: list[bytes], random: Random
) -> None:
    """Nothing is gone, nothing has come, and every spelling is kept."""
    before = [BOOLEAN.decode(each) for each in raw]
    now = list(before)
    random.shuffle(now)
    paired = pair(raw, before, now, BOOLEAN)
    assert (paired.gone, paired.come) == ((), ())
    assert sorted(paired.after) == sorted(raw)


def test_a_value_nobody_can_write_is_known_by_identity() -> None:
    """What was decoded and not touched need not be encoded."""
    number = converter(int, "x", None)
    raw, before = [b"1", b"not written"], [1, object()]
    paired = pair(raw, before, [*before[1:], 2], number)
    assert paired.after == (b"not written", b"2")
    assert (paired.gone, paired.come) == ((b"1",), (b"2",))


def test_what_the_list_was_before_may_be_of_another_time() -> None:
    """Then octets and spelling decide alone."""
    number = converter(int, "x", None)
    paired = pair([b"1", b"2"], [1], [2, 3], number)
    assert (paired.gone, paired.come) == ((b"1",), (b"3",))
