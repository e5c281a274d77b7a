"""What exists only while an asyncio connection is open: driver, turns, streams."""

from __future__ import annotations

import asyncio
import contextlib
import math
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import (
    ConnectionLost,
    LDAPError,
    LocalProtocolError,
    ResultError,
)
from ldapom.protocol.base_link import BaseLink
from ldapom.protocol.flows import bind
from ldapom.protocol.io.aio import AsyncDriver, in_thread, until
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.streams import SocketStream, ThreadStream
from ldapom.protocol.log import Recorder
from ldapom.protocol.messages import UnbindRequest
from ldapom.protocol.visits import AsyncVisits
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow, Visit
    from ldapom.protocol.io.streams import AsyncTransport
    from ldapom.protocol.messages import SearchResultEntry
    from ldapom.protocol.observer import Observer
    from ldapom.protocol.settings import Settings
    from ldapom.protocol.usage import Usage

R = TypeVar("R")


class AsyncLink(BaseLink):
    """One open transport with its engine; many tasks may use it at once.

    Args:
        settings: The connection's.
        transport: Open, still in clear; owned from now on.
        observer: Who is told of what happens on it.
    """

    def __init__(
        self, settings: Settings, transport: AsyncTransport, observer: Observer
    ) -> None:
        super().__init__(settings, transport, observer)
        self.transport = transport
        self._visits = AsyncVisits(self)
        self._driver = AsyncDriver(self.engine, transport, self)
        self._loop = asyncio.get_running_loop()
        self._inside = 0
        self._alone = 0
        self._changed = asyncio.Condition()

    @classmethod
    async def open(
        cls, settings: Settings, deadline: Deadline, usage: Usage
    ) -> AsyncLink:
        """Connect, and begin TLS where the settings ask for it.

        Args:
            settings: The connection's.
            deadline: When to give up.
            usage: Where to count what happens.

        Raises:
            ConnectError, TLSError, DeadlineExceeded: And nothing is left open.
        """
        observer = Recorder(usage, settings.where)
        try:
            transport = await _dial(settings, deadline)
        except LDAPError as error:
            observer.failed(error)
            raise
        link = cls(settings, transport, observer)
        try:
            if settings.speaks("ldaps"):
                async with until(deadline):
                    await link.secure()
            if settings.start_tls:
                await link.run_alone(bind.start_tls(link.engine), deadline)
        except BaseException as error:
            if not settings.start_tls:
                observer.failed(error)  # that of a flow was told of
            link.transport.abort()
            observer.closed()
            raise
        return link

    async def secure(self) -> None:
        """Do the TLS handshake with the connection's own settings.

        Raises:
            TLSError: It failed.
        """
        settings = self.settings
        # To read the system's certificates takes 45 ms. The caller has the deadline.
        context = await in_thread(
            settings.context, "reading certificates", Deadline(math.inf)
        )
        await self.transport.start_tls(context, settings.certified)
        self.tls_active = True
        self.engine.observer.secured(self.transport.description)

    async def visit(self, wish: Visit, deadline: Deadline) -> None:
        """Carry out a flow on another server; see `AsyncVisits.grant`."""
        await self._visits.grant(wish, deadline)

    async def run(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run one flow to its end, beside those of other tasks."""
        if self._alone:
            await self._wait(lambda: not self._alone, deadline)
        self._inside += 1
        try:
            self._close_left()
            return await self._carry_out(flow, deadline)
        finally:
            self._inside -= 1
            if self._alone and not self._inside:
                await self._tell()
            if self.retired:
                await self.retire()

    async def run_alone(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run a Bind or StartTLS: when the others are answered, and before more ask."""
        async with self._be_alone(deadline):
            self._close_left()
            return await self._carry_out(self.alone(flow), deadline)

    @contextlib.asynccontextmanager
    async def _be_alone(self, deadline: Deadline) -> AsyncIterator[None]:
        self._alone += 1
        try:
            await self._wait(lambda: not self._inside, deadline)
            self._inside = 1
            try:
                yield
            finally:
                self._inside = 0
        finally:
            self._alone -= 1
            await self._tell()

    async def _wait(self, condition: Callable[[], bool], deadline: Deadline) -> None:
        async with until(deadline), self._changed:
            await self._changed.wait_for(condition)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _carry_out(self, flow: Flow[R], deadline: Deadline) -> R:
        try:
            return await self._driver.run(flow, deadline)
        except ResultError:
            raise  # what the server answers is told of as an answer
        except LDAPError as error:
            self.engine.observer.failed(error)
            raise

    def check_loop(self) -> None:
        """Take note when its event loop has ended.

        Raises:
            LocalProtocolError: It has not, and another one is running here.
        """
        if self._loop is asyncio.get_running_loop() or self.engine.closed:
            return
        if not self._loop.is_closed():
            raise LocalProtocolError(
                f"the connection to {self.settings.where} belongs to another event "
                "loop, which it was opened in: open one in each loop"
            )
        self.engine.fail(ConnectionLost("the event loop of the connection has ended"))

    async def is_lost(self) -> bool:
        """Whether nothing can be sent any more; looks at what has come meanwhile."""
        if self.usable and not self._inside:
            await self._driver.look()
        return not self.usable

    async def retire(self) -> None:
        """Let nothing new begin, and close when what is on its way has ended."""
        self.retired = True
        self._let_go_unless_needed()

    def _let_go_unless_needed(self) -> None:
        if not self._inside and not self.is_needed:
            # A peer that is gone takes nothing: the caller has no time to wait for it.
            self.let_go()

    def abandon(self, message_id: int) -> None:
        """Give up on an operation; the server is told and nothing is waited for."""
        self.engine.forget(message_id)
        self._driver.flush()

    async def close(self) -> None:
        """Send Unbind (RFC 4511 4.3) and let go, within a moment."""
        self._visits.close()
        if self._loop is not asyncio.get_running_loop():
            # Nothing of it may be touched from here, least of all who waits.
            self.engine.fail(ConnectionLost("another event loop has closed it"))
            await self.transport.close()
            self.engine.observer.closed()
            return
        if not self.engine.closed:
            self.engine.send(UnbindRequest())
        self._driver.flush()
        await self.transport.close()
        self._driver.wake()
        self.engine.observer.closed()

    def let_go(self) -> None:
        """The same without waiting at all: what the system does not take is lost."""
        self._visits.close()
        if not self.engine.closed:
            self.engine.send(UnbindRequest())
        self._driver.flush()
        self.transport.abort()
        self._driver.wake()
        self.engine.observer.closed()

    # --- streams -----------------------------------------------------------------

    async def fetch(
        self, cursor: SearchCursor, timeout: float
    ) -> list[SearchResultEntry]:
        """The next batch of a cursor; empty at its end."""
        if cursor.finished:
            return []
        self.begin_pages(cursor)
        return await self.run(cursor.fetch(), Deadline(timeout))

    def close_cursor(self, cursor: SearchCursor) -> None:
        """Close a cursor; the server is told and nothing is waited for."""
        if cursor.finished:
            return
        self._close(cursor)
        self._driver.flush()
        if self.retired:
            self._let_go_unless_needed()


async def _dial(settings: Settings, deadline: Deadline) -> AsyncTransport:
    """Open the transport, still in clear; names and addresses are tried in a thread."""
    what = f"connecting to {settings.where}"
    if isinstance(settings.url, LDAPURL):
        dialled = await in_thread(
            lambda: settings.dial_socket(deadline), what, deadline
        )
        return await SocketStream.over(dialled)
    open_transport = partial(settings.dial, deadline)
    return ThreadStream(await in_thread(open_transport, what, deadline))
