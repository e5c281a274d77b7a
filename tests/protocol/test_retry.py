"""How often something is tried, and how long is waited in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import (
    Busy,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidCredentials,
    LDAPError,
    OutcomeUnknown,
    ResultCode,
    TLSError,
)
from ldapom.protocol.retry import Retry, Tries

BUSY = Busy(ResultCode.busy)
REFUSED = InvalidCredentials(ResultCode.invalidCredentials)


@given(
    number=st.integers(0, 10_000),
    backoff=st.floats(0, 100),
    factor=st.floats(1, 1000),
    longest=st.floats(0, 100),
    jitter=st.floats(0, 1),
)
def test_pauses(
    number: int, backoff: float, factor: float, longest: float, jitter: float
) -> None:
    """Never negative, never longer than the longest, whatever the numbers."""
    retry = Retry(backoff=backoff, factor=factor, longest=longest, jitter=jitter)
    assert 0 <= retry.pause(number) <= longest


def test_pauses_grow() -> None:
    """By the factor, up to the longest; chance takes off a share of them."""
    steady = Retry(backoff=1, factor=3, longest=10, jitter=0)
    assert [steady.pause(n) for n in range(4)] == [1, 3, 9, 10]
    chancy = Retry(backoff=1, factor=1, jitter=0.5)
    pauses = {chancy.pause(0) for _ in range(50)}
    assert len(pauses) > 10
    assert all(0.5 <= one <= 1 for one in pauses)


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"backoff": -1}, {"factor": 0.5}, {"jitter": 2}]
)
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    """At once, when the value is made."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Retry(**wrong)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    ("error", "sent", "repeats", "again"),
    [
        (ConnectionLost("x"), True, True, True),
        (ConnectionLost("x"), True, False, True),
        (ConnectionLost("x"), False, False, True),
        (BUSY, True, True, True),
        (BUSY, True, False, False),
        (BUSY, False, False, True),
        (ConnectError("x"), False, True, True),
        (DeadlineExceeded("x"), True, True, False),
        (DeadlineExceeded("x"), False, True, True),
        (OutcomeUnknown("x"), True, False, False),
        (TLSError("x"), False, True, False),
        (REFUSED, False, True, False),
        (REFUSED, True, True, False),
    ],
)
def test_what_is_tried_again(
    error: LDAPError, *, sent: bool, repeats: bool, again: bool
) -> None:
    """Reads that were cut off, and whatever was not sent; never a refusal."""
    tries = Tries(Retry(attempts=3, backoff=0), repeats=repeats)
    for _ in range(2):
        if again:
            assert tries.after(error, sent=sent) == 0
    with pytest.raises(type(error)) as caught:
        tries.after(error, sent=sent)
    assert caught.value is error


def test_the_first_repetition_comes_at_once() -> None:
    """Behind a cut; whoever has no time gets some."""
    retry = Retry(attempts=9, backoff=1, factor=2, jitter=0)
    lost = Tries(retry, repeats=True)
    pauses = [lost.after(ConnectionLost("x"), sent=True) for _ in range(4)]
    assert pauses == [0, 1, 2, 4]
    busy = Tries(retry, repeats=True)
    assert [busy.after(BUSY, sent=True) for _ in range(3)] == [1, 2, 4]
