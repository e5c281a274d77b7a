"""The session that surrounds a call, so that ``User.query(...)`` needs none named.

Each context (a thread, an asyncio task) has a stack of its own. A session that was
left elsewhere may still be on it; so only those that are open count.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

from ldapom.errors import LocalProtocolError

if TYPE_CHECKING:
    from ldapom.mapper.base_session import AnySession
    from ldapom.mapper.session import Session

_STACK: ContextVar[tuple[AnySession, ...]] = ContextVar("ldapom sessions", default=())


def enter(session: AnySession) -> None:
    """Make a session the innermost one."""
    _STACK.set((*_others(session), session))


def leave(session: AnySession) -> None:
    """Restore what surrounded a session.

    In another context than the one it was entered in, as with fixtures, there is
    nothing to restore; where it was entered it stays, closed, until the next one is.
    """
    _STACK.set(_others(session))


def _others(session: AnySession) -> tuple[AnySession, ...]:
    return tuple(
        other for other in _STACK.get() if other.is_open and other is not session
    )


def current() -> Session:
    """The innermost open session.

    Raises:
        LocalProtocolError: If there is none in this thread or task, or if it is one
            of asyncio.
    """
    for session in reversed(_STACK.get()):
        if session.is_open:
            return blocking(session)
    raise LocalProtocolError(
        "no session surrounds this query: ask inside 'with Session(...):', or use "
        "session.query(Model, ...); a thread does not inherit the session of the "
        "thread that started it"
    )


def blocking(session: AnySession) -> Session:
    """The session, to ask in without awaiting.

    Raises:
        LocalProtocolError: If that would block a loop.
    """
    if session.is_async:
        raise LocalProtocolError(
            "an AsyncSession has to be awaited: ask with await session.query(Model, "
            "...).first() or .all(), async for, await session.get(Model, dn), or await "
            "session.entries_of(group.member)"
        )
    return cast("Session", session)
