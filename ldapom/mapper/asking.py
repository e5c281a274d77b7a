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
    LocalProtocolError,
    MissingValue,
    ProtocolResultError,
    ServiceProblem,
)
from ldapom.mapper.entry import make
from ldapom.mapper.shape import NO_ATTRIBUTES, plan
from ldapom.protocol.controls import ServerSideSort
from ldapom.schema.values import Sid
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.mapper.entry import Entry
    from ldapom.mapper.session import Session
    from ldapom.mapper.shape import Shape
    from ldapom.mapper.unit import Unit
    from ldapom.protocol.controls import SortKey
    from ldapom.protocol.messages import Control

#: Types that have an order of their own.
_ORDERED = (int, datetime, timedelta, bytes, UUID, Sid)

#: How servers say that they will not sort by this (RFC 2891 1.2).
_WILL_NOT_SORT = (AttributeProblem, ProtocolResultError, ServiceProblem)


def entries(session: Session, shape: Shape) -> Iterator[Entry]:
    """The entries a shape asks for, to be changed in the session."""
    return entries_for(session.unit, session, shape)


def entries_for(unit: Unit | None, session: Session, shape: Shape) -> Iterator[Entry]:
    """The entries a shape asks for, in the batches they arrive in.

    Args:
        unit: What is to save their changes; without one they only read.
        session: Where to ask.
        shape: What to ask for.
    """
    if shape.order:
        return _sorted(unit, session, shape)
    return _streamed(unit, session, shape)


def count(session: Session, shape: Shape) -> int:
    """How many entries match; no attribute is sent for it."""
    request = plan(shape, base_of(session, shape), attributes=(NO_ATTRIBUTES,))
    page_size = 0 if shape.limit else shape.page_size
    found = sum(map(len, session.batches(request, page_size=page_size)))
    return min(found, shape.limit or found)


def base_of(session: Session, shape: Shape) -> str:
    """Where a query looks.

    Raises:
        LocalProtocolError: If nothing says it.
    """
    url = session.settings.url
    choices = (
        shape.base,
        shape.model.__ldapom__.base,
        (str(url.dn) or None) if isinstance(url, LDAPURL) else None,
    )
    said = next((choice for choice in choices if choice is not None), None)
    return said if said is not None else _naming_context(session, shape)


def _naming_context(session: Session, shape: Shape) -> str:
    root = session.root_dse
    if root.default_naming_context is not None:
        return root.default_naming_context
    if len(root.naming_contexts) == 1:
        return root.naming_contexts[0]
    several = ", ".join(map(repr, root.naming_contexts)) or "none"
    raise LocalProtocolError(
        f"where to look for {shape.model.__name__} is not said, and the server's "
        f"naming contexts leave it open ({several}): use .base(dn), a base= of the "
        "class, or a DN in the session's URL"
    )


def _streamed(
    unit: Unit | None,
    session: Session,
    shape: Shape,
    controls: tuple[Control, ...] = (),
) -> Iterator[Entry]:
    asked = (*shape.attributes(), *session.versions)
    request = plan(shape, base_of(session, shape), attributes=asked)
    model, loaded, limit = shape.model, shape.loaded(), shape.limit
    page_size = shape.page_size if limit is None else 0
    given = 0
    for batch in session.batches(request, page_size=page_size, controls=controls):
        if limit is not None and given + len(batch) > limit:
            # A server that does not mind the size limit is left.
            del batch[limit - given :]
        given += len(batch)
        if unit is not None:
            yield from unit.take(model, batch, loaded)
        else:
            for message in batch:
                yield make(model, message.object_name, message.attributes, loaded)
        if given == limit:
            return


def _sorted(unit: Unit | None, session: Session, shape: Shape) -> Iterator[Entry]:
    if session.root_dse.supports(ServerSideSort.OID):
        # Critical: a server that can not sort says so before the first entry.
        sorting = ServerSideSort(shape.order, criticality=True).control()
        stream = _streamed(unit, session, shape, (sorting,))
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
    every = list(_streamed(unit, session, evolve(shape, limit=None, only=only)))
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
