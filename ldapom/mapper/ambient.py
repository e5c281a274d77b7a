"""The session that surrounds a call, so that ``User.query(...)`` needs none named.

Each context (a thread, an asyncio task) has a stack of its own. A session that was
left elsewhere may still be on it; so only those that are open count.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, TypeAlias

from ldapom.errors import LocalProtocolError

if TYPE_CHECKING:
    from ldapom.mapper.session import Session

Entered: TypeAlias = "Token[tuple[Session, ...]]"

_STACK: ContextVar[tuple[Session, ...]] = ContextVar("ldapom sessions", default=())


def enter(session: Session) -> Entered:
    """Make a session the innermost one."""
    still_open = tuple(outer for outer in _STACK.get() if outer.is_open)
    return _STACK.set((*still_open, session))


def leave(entered: Entered) -> None:
    """Restore what surrounded a session; harmless in a foreign context."""
    try:
        _STACK.reset(entered)
    except ValueError:
        # Left in another context than it was entered in, as fixtures do. There it
        # stays on the stack, closed, and does not count.
        return


def current() -> Session:
    """The innermost open session.

    Raises:
        LocalProtocolError: If there is none in this thread or task.
    """
    for session in reversed(_STACK.get()):
        if session.is_open:
            return session
    raise LocalProtocolError(
        "no session surrounds this query: ask inside 'with Session(...):', or use "
        "session.query(Model, ...); a thread does not inherit the session of the "
        "thread that started it"
    )
