"""Sorting in parts: the same order as in one go, and no part takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.mapper.queries import in_parts as module
from ldapom.mapper.queries.asked import in_order
from ldapom.mapper.queries.in_parts import PART, in_parts
from tests.mapper.models import User

if TYPE_CHECKING:
    from ldapom.mapper.queries.asked import Placed

#: Places as `placed` makes them: no value at all counts as the largest.
PLACES = st.one_of(
    st.just((True, 0)), st.tuples(st.just(False), st.sampled_from("abcdefgh"))
)


def placed(rows: list[tuple[Any, Any]]) -> list[Placed]:
    """Entries, which nobody looks into here, and their places."""
    entries: Any = range(len(rows))
    return [(list(row), entry) for row, entry in zip(rows, entries, strict=True)]


@pytest.mark.parametrize("order", ["uid", "-uid"])
@given(
    rows=st.lists(st.tuples(PLACES, PLACES), max_size=120),
    second=st.sampled_from(["cn", "-cn"]),
    limit=st.none() | st.integers(1, 130),
    part=st.integers(16, 60),
)
def test_the_same_order(
    order: str,
    rows: list[tuple[Any, Any]],
    second: str,
    limit: int | None,
    part: int,
) -> None:
    """Any places, keys up and down, with and without a limit; equals stay in order."""
    shape = User.query().order_by(order, second).shape._replace(limit=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PART", part)
        found = [entry for some in in_parts(shape, placed(rows)) for entry in some]
    assert found == in_order(shape, placed(rows))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("kind", ["mixed", "sorted", "in turns"])
def test_no_part_is_large(kind: str, descending: bool) -> None:
    """As long as entries differ in the first key."""
    count = 20 * PART
    numbers = {
        "mixed": [n * 7919 % count for n in range(count)],
        "sorted": list(range(count)),
        "in turns": [n % 6 * count + n for n in range(count)],
    }[kind]
    rows = [((False, number), (True, 0)) for number in numbers]
    shape = User.query().order_by("-uid" if descending else "uid", "cn").shape
    everything = placed(rows)
    parts = [len(part) for part in in_parts(shape, everything)]
    assert sum(parts) == count
    assert max(parts) < 3 * PART
    assert not everything


def test_a_limit_ends_it() -> None:
    """What is beyond it is not sorted."""
    rows = [((False, number), (True, 0)) for number in range(5 * PART)]
    shape = User.query().order_by("uid", "cn").limit(3).shape
    parts: list[Any] = [part for part in in_parts(shape, placed(rows)) if part]
    assert parts == [[0, 1, 2]]


def test_nothing_to_sort() -> None:
    """Nothing comes of nothing."""
    shape = User.query().order_by("uid").shape
    assert [part for part in in_parts(shape, []) if part] == []
