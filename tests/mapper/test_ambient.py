"""The stack of sessions of each context."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from ldapom import LocalProtocolError, Session
from ldapom.mapper import ambient
from ldapom.testing import Directory


def test_tasks_have_stacks_of_their_own() -> None:
    """A task inherits what surrounded its start, and what it enters stays its own."""
    first, second = Directory.sample(), Directory.sample()

    async def inner() -> Session:
        with Session(second) as session:
            await asyncio.sleep(0)
            assert ambient.current() is session
            return session

    async def outer() -> None:
        with Session(first) as session:
            task = asyncio.create_task(inner())
            await asyncio.sleep(0)
            assert ambient.current() is session
            await task
            assert ambient.current() is session

    asyncio.run(outer())


def test_closed_sessions_do_not_pile_up() -> None:
    """Those that were left elsewhere are dropped with the next that is entered."""
    directory = Directory.sample()
    for _ in range(3):
        session = Session(directory)
        session.__enter__()
        contextvars.Context().run(session.__exit__, None, None, None)
    with Session(directory) as last:
        assert ambient._STACK.get() == (last,)
    assert ambient._STACK.get() == ()


def test_without_any() -> None:
    """The error is of ours."""
    with pytest.raises(LocalProtocolError):
        ambient.current()
