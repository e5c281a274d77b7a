"""From a shape and a session to entries, as they come."""

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
    in_order,
    naming_context,
    placed,
    said_base,
    sorting,
    unsorted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.asked import Questions
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.windowing import Seen
    from ldapom.mapper.session import Session
    from ldapom.protocol.list_view import VirtualListView
    from ldapom.protocol.messages import Control

R = TypeVar("R")


def entries(session: Session, shape: Shape) -> Iterator[Entry]:
    """The entries a shape asks for, to be changed in the session."""
    return entries_for(session._unit, session, shape)


def entries_for(unit: Unit | None, session: Session, shape: Shape) -> Iterator[Entry]:
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


def few(session: Session, shape: Shape, limit: int | None = None) -> list[Entry]:
    """The entries of a shape that asks for some few, read in one operation.

    The way of a stream, with its generators and its cursor, would cost a lookup by
    name as much again as the server's answer.

    Args:
        session: Where to ask; it saves their changes.
        shape: What to ask for: without pages, where it comes without a limit.
        limit: How many at most, instead of the shape's own.
    """
    shape = session._said(shape)
    if shape.order:
        return list(_sorted(session._unit, session, shape._replace(limit=limit)))
    base = base_of(session, shape)
    unit = session._unit
    ask = for_few(shape, base, limit, session._versions, unit)
    return few_taken(unit, shape, session._collect(ask))


def count(session: Session, shape: Shape) -> int:
    """How many entries match; no attribute is sent for it."""
    shape = session._said(shape)
    asked = counting(shape, base_of(session, shape))
    batches = session._batches(
        asked.request, page_size=asked.page_size, controls=asked.controls
    )
    found = sum(map(len, batches))
    return min(found, shape.limit or found)


def exists(session: Session, shape: Shape) -> bool:
    """Whether an entry matches."""
    shape = session._said(shape)
    ask = for_any(shape, base_of(session, shape), session._unit)
    return bool(session._collect(ask))


def window(
    session: Session, shape: Shape, view: VirtualListView
) -> tuple[list[Entry], Seen]:
    """A part of a sorted list, to be changed in the session.

    Raises:
        LocalProtocolError: The server does not offer it.
        ResultError: It will not sort.
    """
    from ldapom.mapper.queries import windowing

    shape = windowing.unpaged(session._said(shape))
    base = base_of(session, shape)
    asked = Asked(shape, base, session._unit, versions=session._versions)
    refusal: ResultError | None = None
    for controls in windowing.attempts(session.root_dse, shape, view):
        try:
            batches, answer = session._gather(asked.request, controls)
        except WILL_NOT_SORT as error:
            refusal = refusal or error
            continue
        except ResultError as error:
            first = windowing.first(view, error)
            if first is None:
                raise
            _, answer = session._gather(
                asked.request, (controls[0], first, *controls[2:])
            )
            return [], windowing.beyond(view, answer, error)
        entries = [entry for batch in batches for entry in asked.take(batch)]
        return entries, windowing.seen(view, answer)
    assert refusal is not None  # noqa: S101  # there is an attempt
    raise refusal


def base_of(session: Session, shape: Shape) -> str:
    """Where a query looks.

    Raises:
        LocalProtocolError: If nothing says it.
    """
    said = said_base(session.settings, shape)
    return said if said is not None else naming_context(session.root_dse, shape)


def _streamed(
    unit: Unit | None,
    session: Session,
    shape: Shape,
    controls: tuple[Control, ...] = (),
) -> Iterator[Entry]:
    base = base_of(session, shape)
    asked = Asked(shape, base, unit, versions=session._versions, controls=controls)
    for batch in session._batches(
        asked.request, page_size=asked.page_size, controls=asked.controls
    ):
        yield from asked.take(batch)
        if asked.enough:
            return


def _sorted(unit: Unit | None, session: Session, shape: Shape) -> Iterator[Entry]:
    controls = sorting(session.root_dse, shape)
    if controls:
        stream = _streamed(unit, session, shape, controls)
        try:
            first = next(stream, None)
        except WILL_NOT_SORT:
            pass
        else:
            if first is not None:
                yield first
                yield from stream
            return
    found = _streamed(unit, session, unsorted(shape))
    yield from in_order(shape, [placed(shape, each) for each in found])


def answer(session: Session, questions: Questions[R]) -> R:
    """Ask one question after the other, and give back what came of it."""
    try:
        shape = next(questions)
        while True:
            try:
                found = list(entries(session, shape))
            except LDAPError as error:
                shape = questions.throw(error)
            else:
                shape = questions.send(found)
    except StopIteration as stop:
        result: R = stop.value
        return result
