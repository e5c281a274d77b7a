"""From a shape and an asyncio session to entries, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import LDAPError, ResultError
from ldapom.mapper.queries.asked import (
    WILL_NOT_SORT,
    Asked,
    counting,
    few_taken,
    for_any,
    for_few,
    naming_context,
    placed,
    said_base,
    sorting,
    unsorted,
)
from ldapom.mapper.queries.in_parts import in_parts
from ldapom.protocol.astream import TURN
from ldapom.protocol.io.aio import let_others

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ldapom.mapper.asession import AsyncSession
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.asked import Questions
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.windowing import Seen
    from ldapom.protocol.list_view import VirtualListView
    from ldapom.protocol.messages import Control

R = TypeVar("R")


def entries(session: AsyncSession, shape: Shape) -> AsyncIterator[Entry]:
    """The entries a shape asks for, to be changed in the session."""
    return entries_for(session._unit, session, shape)


def entries_for(
    unit: Unit | None, session: AsyncSession, shape: Shape
) -> AsyncIterator[Entry]:
    """The entries a shape asks for, in the batches they arrive in.

    Args:
        unit: What is to save their changes; without one they only read.
        session: Where to ask.
        shape: What to ask for.
    """
    shape = session._said(shape)
    if shape.order:
        return _sorted(unit, session, shape)
    return _streamed(unit, session, shape)


async def few(
    session: AsyncSession, shape: Shape, limit: int | None = None
) -> list[Entry]:
    """The entries of a shape that asks for some few, read in one operation.

    Args:
        session: Where to ask; it saves their changes.
        shape: What to ask for: without pages, where it comes without a limit.
        limit: How many at most, instead of the shape's own.
    """
    shape = session._said(shape)
    if shape.order:
        shape = shape._replace(limit=limit)
        return [entry async for entry in _sorted(session._unit, session, shape)]
    base = await base_of(session, shape)
    unit = session._unit
    ask = for_few(shape, base, limit, session._versions, unit)
    return few_taken(unit, shape, await session._collect(ask))


async def count(session: AsyncSession, shape: Shape) -> int:
    """How many entries match; no attribute is sent for it."""
    shape = session._said(shape)
    asked = counting(shape, await base_of(session, shape))
    found = 0
    async for batch in session._batches(
        asked.request, page_size=asked.page_size, controls=asked.controls
    ):
        found += len(batch)
    return min(found, shape.limit or found)


async def exists(session: AsyncSession, shape: Shape) -> bool:
    """Whether an entry matches."""
    shape = session._said(shape)
    ask = for_any(shape, await base_of(session, shape), session._unit)
    return bool(await session._collect(ask))


async def window(
    session: AsyncSession, shape: Shape, view: VirtualListView
) -> tuple[list[Entry], Seen]:
    """A part of a sorted list, to be changed in the session.

    Raises:
        LocalProtocolError: The server does not offer it.
        ResultError: It will not sort.
    """
    from ldapom.mapper.queries import windowing

    shape = windowing.unpaged(session._said(shape))
    base = await base_of(session, shape)
    asked = Asked(shape, base, session._unit, versions=session._versions)
    refusal: ResultError | None = None
    for controls in windowing.attempts(await session.root_dse, shape, view):
        try:
            batches, answer = await session._gather(asked.request, controls)
        except WILL_NOT_SORT as error:
            refusal = refusal or error
            continue
        except ResultError as error:
            first = windowing.first(view, error)
            if first is None:
                raise
            _, answer = await session._gather(
                asked.request, (controls[0], first, *controls[2:])
            )
            return [], windowing.beyond(view, answer, error)
        entries = [entry for batch in batches for entry in asked.take(batch)]
        return entries, windowing.seen(view, answer)
    assert refusal is not None  # noqa: S101  # there is an attempt
    raise refusal


async def base_of(session: AsyncSession, shape: Shape) -> str:
    """Where a query looks.

    Raises:
        LocalProtocolError: If nothing says it.
    """
    said = said_base(session.settings, shape)
    if said is not None:
        return said
    return naming_context(await session.root_dse, shape)


async def _streamed(
    unit: Unit | None,
    session: AsyncSession,
    shape: Shape,
    controls: tuple[Control, ...] = (),
) -> AsyncIterator[Entry]:
    base = await base_of(session, shape)
    asked = Asked(shape, base, unit, versions=session._versions, controls=controls)
    batches = session._batches(
        asked.request, page_size=asked.page_size, controls=asked.controls
    )
    try:
        async for batch in batches:
            for entry in asked.take(batch):
                yield entry
            if asked.enough:
                return
    finally:
        # A loop that is left early must not wait for the garbage collector.
        await batches.aclose()


async def _sorted(
    unit: Unit | None, session: AsyncSession, shape: Shape
) -> AsyncIterator[Entry]:
    controls = sorting(await session.root_dse, shape)
    if controls:
        stream = _streamed(unit, session, shape, controls)
        try:
            first = await anext(stream, None)
        except WILL_NOT_SORT:
            pass
        else:
            if first is not None:
                yield first
                async for entry in stream:
                    yield entry
            return
    found = _streamed(unit, session, unsorted(shape))
    every = [placed(shape, entry) async for entry in found]
    for part in in_parts(shape, every):
        for number, entry in enumerate(part, 1):
            yield entry
            if not number % TURN:
                await let_others()
        await let_others()


async def answer(session: AsyncSession, questions: Questions[R]) -> R:
    """Ask one question after the other, and give back what came of it."""
    try:
        shape = next(questions)
        while True:
            try:
                found = [entry async for entry in entries(session, shape)]
            except LDAPError as error:
                shape = questions.throw(error)
            else:
                shape = questions.send(found)
    except StopIteration as stop:
        result: R = stop.value
        return result
