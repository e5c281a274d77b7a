"""A search for some few entries, wanted all at once: one question, one short answer.

The usual answer is entries and success without a word. Nothing is done for it that a
stream needs: pages, references, ranges, a place to go on from. Any other answer is
handed to a cursor, as far as it has come, which takes it as if it had asked itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ResultCode, ResultError
from ldapom.protocol._exchanges import Entries
from ldapom.protocol.flows import ranges, references
from ldapom.protocol.flows.steps import Receive
from ldapom.protocol.messages import SearchResultDone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import (
        Control,
        LDAPMessage,
        SearchRequest,
        SearchResultEntry,
    )


def few(
    engine: Engine, request: SearchRequest, controls: tuple[Control, ...] = ()
) -> Flow[list[SearchResultEntry]]:
    """Ask, and give back all entries.

    Args:
        engine: Where to ask.
        request: The search; with a size limit nothing beyond it is waited for.
        controls: What goes with it.

    Raises:
        ResultError: The search failed.
    """
    message_id = engine.send(request, controls)
    came: list[LDAPMessage] = []
    try:
        # What comes in a row is `Entries`; whatever else, ends the search or is rare.
        while not came or (
            came[-1].__class__ is Entries and not _enough(came, request.size_limit)
        ):
            came += yield Receive(message_id)
    except BaseException:
        engine.forget(message_id)
        raise
    found = _usual(came, request.size_limit)
    if found is None or ranges.has_hint(found):
        return (yield from _at_length(engine, request, controls, message_id, came))
    engine.observer.found(len(found), 0)
    return found


def shortened(
    engine: Engine,
    short: SearchRequest,
    suffices: Callable[[Sequence[SearchResultEntry]], bool],
    whole: Callable[[], SearchRequest],
) -> Flow[list[SearchResultEntry]]:
    """Ask the whole question only where a shorter one does not do.

    Args:
        engine: Where to ask.
        short: The shorter one; what it finds is all that the whole one finds, or more.
        suffices: Whether what it has found is the same.
        whole: Gives the whole one.

    Raises:
        ResultError: The whole one failed.
    """
    try:
        found = yield from few(engine, short)
    except ResultError:
        # What is wrong with it may be wrong with the shorter one alone.
        pass
    else:
        if suffices(found):
            return found
    return (yield from few(engine, whole()))


#: In so many parts the entries may come, before a cursor is asked to go on.
_PARTS = 16


def _enough(came: Sequence[LDAPMessage], limit: int) -> bool:
    """Whether nothing more is waited for here.

    Where as many have come as are wanted, the end may be far: the server goes on
    looking for one more, to say whether there is.
    """
    if len(came) > _PARTS:
        return True
    parts = (part for part in came if isinstance(part, Entries))
    return 0 < limit <= sum(len(part.entries) for part in parts)


def _usual(came: Sequence[LDAPMessage], limit: int) -> list[SearchResultEntry] | None:
    """The entries of a usual answer; None for any other."""
    last = came[-1]
    done = last.op
    if (
        not isinstance(done, SearchResultDone)
        or done.result_code is not ResultCode.success
        or last.controls
    ):
        return None
    found: list[SearchResultEntry] = []
    for message in came[:-1]:
        if not isinstance(message, Entries):
            return None
        found += message.entries
    return None if limit and len(found) > limit else found


def _at_length(
    engine: Engine,
    request: SearchRequest,
    controls: tuple[Control, ...],
    message_id: int,
    came: Sequence[LDAPMessage],
) -> Flow[list[SearchResultEntry]]:
    """Have a cursor read an answer, from its beginning to its end."""
    cursor = references.search(engine, request, controls=controls, whole=True)
    cursor.resume(message_id, came)
    limit = request.size_limit
    found = yield from cursor.fetch()
    while not cursor.finished:
        if limit and len(found) >= limit:
            # A server that does not mind the size limit is left.
            cursor.close()
        else:
            found += yield from cursor.fetch()
    return found
