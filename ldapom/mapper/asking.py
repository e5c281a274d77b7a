"""From a shape and a session to entries, as they come.

1. A limited query is one search with a size limit, an unlimited one is paged.
2. The server sorts where it says it can and then does; else it is done here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import evolve

from ldapom.errors import (
    AttributeProblem,
    ConversionError,
    MissingValue,
    ProtocolResultError,
    ServiceProblem,
)
from ldapom.mapper.entry import make
from ldapom.mapper.shape import NO_ATTRIBUTES, plan
from ldapom.protocol.controls import ServerSideSort
from ldapom.schema.values import Sid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.mapper.entry import Entry
    from ldapom.mapper.session import Session
    from ldapom.mapper.shape import Shape
    from ldapom.protocol.controls import SortKey
    from ldapom.protocol.messages import Control

#: Types that have an order of their own.
_ORDERED = (int, datetime, timedelta, bytes, UUID, Sid)

#: How servers say that they will not sort by this (RFC 2891 1.2).
_WILL_NOT_SORT = (AttributeProblem, ProtocolResultError, ServiceProblem)


def entries(session: Session, shape: Shape) -> Iterator[Entry]:
    """The entries a shape asks for, in the batches they arrive in."""
    if shape.order:
        return _sorted(session, shape)
    return _streamed(session, shape)


def count(session: Session, shape: Shape) -> int:
    """How many entries match; no attribute is sent for it."""
    request = plan(shape, session.base_of(shape), attributes=(NO_ATTRIBUTES,))
    page_size = 0 if shape.limit else shape.page_size
    found = sum(map(len, session.batches(request, page_size=page_size)))
    return min(found, shape.limit or found)


def _streamed(
    session: Session, shape: Shape, controls: tuple[Control, ...] = ()
) -> Iterator[Entry]:
    request = plan(shape, session.base_of(shape))
    model, loaded, limit = shape.model, shape.loaded(), shape.limit
    if limit is None:
        pages = session.batches(request, page_size=shape.page_size, controls=controls)
        for batch in pages:
            for message in batch:
                yield make(model, message.object_name, message.attributes, loaded)
        return
    given = 0
    for batch in session.batches(request, controls=controls):
        for message in batch:
            if given == limit:
                # A server that does not mind the size limit is left.
                return
            given += 1
            yield make(model, message.object_name, message.attributes, loaded)


def _sorted(session: Session, shape: Shape) -> Iterator[Entry]:
    if session.root_dse.supports(ServerSideSort.OID):
        # Critical: a server that can not sort says so before the first entry.
        sorting = ServerSideSort(shape.order, criticality=True).control()
        stream = _streamed(session, shape, (sorting,))
        try:
            first = next(stream, None)
        except _WILL_NOT_SORT:
            pass
        else:
            if first is not None:
                yield first
                yield from stream
            return
    only = shape.only
    if only is not None:
        only = (*only, *(key.attribute for key in shape.order))
    every = list(_streamed(session, evolve(shape, limit=None, only=only)))
    for key in reversed(shape.order):
        # Sorting is stable, so the first key comes last and wins.
        every.sort(key=_by(shape, key), reverse=key.reverse)
    yield from every[: shape.limit]


def _by(shape: Shape, key: SortKey) -> Callable[[Entry], tuple[bool, object]]:
    """The place of an entry: by its least value; without one it counts as largest."""
    name = shape.model.__ldapom__.find(key.attribute).python_name

    def place(entry: Entry) -> tuple[bool, object]:
        try:
            value = getattr(entry, name)
        except (ConversionError, MissingValue):
            value = None
        values = value if isinstance(value, list) else [value]
        places = [_ordered(each) for each in values if each is not None]
        return (False, min(places)) if places else (True, 0)  # type: ignore[type-var]  # all of one type, which _ordered makes sure of

    return place


def _ordered(value: object) -> object:
    """What a value sorts by: itself, or its text without regard to case."""
    return value if isinstance(value, _ORDERED) else str(value).casefold()
