"""Granting the wishes of flows under asyncio: any number of them in flight at once.

1. Everything runs in the loop's own thread; what may block (DNS, a KDC, a directory
   in memory) runs in a thread that the deadline can leave behind.
2. A task that is cancelled closes its flow, which queues an Abandon.
3. While nobody waits and `READ_AHEAD` octets have come, no more are read; so a stream
   that nobody reads stops the server, and a task that waits never stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Protocol, TypeVar, cast
from weakref import ref

from ldapom.errors import (
    ConnectionLost,
    LDAPError,
    RemoteProtocolError,
)
from ldapom.protocol.flows.steps import Call, Receive, Send, Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow, Wish
    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.io.streams import AsyncTransport
    from ldapom.protocol.messages import LDAPMessage

R = TypeVar("R")

#: Octets that are read while nobody waits for any.
READ_AHEAD = 1 << 20
#: Tasks that wait for answers, from which on requests wait for those of other tasks
#: that are ready to run: one write for 500 takes 1 µs each, and 500 writes 22 µs each.
CROWD = 4
#: Messages that wait for each other at most: the server may begin with them.
BUNCH = 64


class AsyncHome(Protocol):
    """Grants the wishes that take more than one transport: the link."""

    def secure(self) -> Awaitable[None]:
        """Do the TLS handshake; raise `TLSError` when it fails."""
        ...

    def visit(self, wish: Visit, deadline: Deadline) -> Awaitable[None]:
        """Carry out a flow on another server; raise what it raises."""
        ...


class AsyncDriver:
    """Runs flows over one transport, in one loop.

    Args:
        engine: The connection's engine, client role.
        transport: Where its octets go.
        home: Whose driver it is; it is not kept alive, so that a link that is closed
            need not wait for the garbage collector.
    """

    def __init__(
        self, engine: Engine, transport: AsyncTransport, home: AsyncHome
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._home = ref(home)
        self._waiters: dict[int, asyncio.Future[None]] = {}
        self._unread = 0
        self._paused = False
        self._sends_soon = False
        transport.attach(self)

    async def run(self, flow: Flow[R], deadline: Deadline) -> R:
        """Grant the flow's wishes until it returns.

        Raises:
            LDAPError: Whatever the flow raises; `DeadlineExceeded` among them.
        """
        try:
            wish = next(flow)
            while True:
                try:
                    answer = await self._grant(wish, deadline)
                except LDAPError as error:
                    wish = flow.throw(error)
                else:
                    wish = flow.send(answer)
        except StopIteration as stop:
            result: R = stop.value
            return result
        finally:
            # Cancelled or not: what was asked and is not wanted any more is abandoned.
            flow.close()
            self._flush_with_others()

    async def _grant(self, wish: Wish, deadline: Deadline) -> Sequence[LDAPMessage]:
        if isinstance(wish, Receive):
            return await self._receive(wish.message_id, deadline)
        if isinstance(wish, Send):
            self.flush()
            return ()
        if isinstance(wish, Call):
            await in_thread(wish.function, wish.what, deadline)
            return ()
        home = self._home()
        if home is None:
            raise ConnectionLost("the connection is gone")
        if isinstance(wish, Visit):
            await home.visit(wish, deadline)
        else:
            await self._begin_tls(home, deadline)
        return ()

    async def _begin_tls(self, home: AsyncHome, deadline: Deadline) -> None:
        try:
            async with until(deadline):
                await home.secure()
        except BaseException as error:
            failure = error if isinstance(error, LDAPError) else None
            self.fail(failure or ConnectionLost("the TLS handshake was given up"))
            raise

    async def look(self) -> None:
        """Take what has come and was not read yet, such as the end; never waits."""
        if self._transport.has_arrived and not self._paused:
            # The loop looks at its sockets between the two, and reads behind them.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    # --- receiving -------------------------------------------------------------------

    async def _receive(
        self, message_id: int, deadline: Deadline
    ) -> Sequence[LDAPMessage]:
        engine = self._engine
        self._flush_with_others()
        if self._transport.is_congested:
            async with until(deadline):
                await self._transport.drain()
        while not (messages := engine.take(message_id)):
            await self._arrival(message_id, deadline)
        return messages

    async def _arrival(self, message_id: int, deadline: Deadline) -> None:
        """Wait until there is something for this id."""
        loop = asyncio.get_running_loop()
        # It raises where the time is over: nobody may be left among the waiters.
        seconds = deadline.pause()
        waiter = self._waiters[message_id] = loop.create_future()
        alarm = loop.call_later(seconds, _expire, waiter, deadline)
        self._unread = 0
        if self._paused:
            self._pause(paused=False)
        try:
            await waiter
        finally:
            alarm.cancel()
            self._waiters.pop(message_id, None)

    def received(self, data: bytes) -> None:
        """Take octets from the transport; none mean that the peer has closed."""
        engine = self._engine
        try:
            if data:
                engine.receive_data(data)
            else:
                engine.receive_eof()
        except RemoteProtocolError:
            pass  # Whoever waits gets it from the engine.
        waiters = self._waiters
        for message_id in engine.arrived():
            waiter = waiters.get(message_id)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
        if engine.closed:
            self._end()
        elif not waiters:
            self._unread += len(data)
            if self._unread > READ_AHEAD and not self._paused:
                self._pause(paused=True)

    def _pause(self, *, paused: bool) -> None:
        self._paused = paused
        self._transport.pause(paused=paused)

    def lost(self, error: Exception | None) -> None:
        """Take note that the transport is gone."""
        if error is None:
            self._engine.receive_eof()
        else:
            self._engine.fail(ConnectionLost(f"the connection broke: {error}"))
        self._end()

    def fail(self, error: LDAPError) -> None:
        """End the connection; whoever waits learns of it."""
        self._engine.fail(error)
        self._end()

    def _end(self) -> None:
        self.wake()
        self._transport.abort()
        self._engine.observer.closed()

    def wake(self) -> None:
        """Wake everybody who waits: the engine tells them what has happened."""
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_result(None)

    # --- sending ---------------------------------------------------------------------

    def flush(self) -> None:
        """Send what is queued."""
        if self._engine.queued:
            self._transport.write(self._engine.data_to_send())

    def _flush_with_others(self) -> None:
        """The same; where many are under way, with what others are about to ask."""
        queued, alone = self._engine.queued, len(self._waiters) < CROWD
        if alone or queued >= BUNCH or not self._transport.gathers:
            self.flush()
        elif queued and not self._sends_soon:
            self._sends_soon = True
            asyncio.get_running_loop().call_soon(self._flush_gathered)

    def _flush_gathered(self) -> None:
        self._sends_soon = False
        try:
            self.flush()
        except LDAPError as error:
            # Nobody has called this; whoever waits has to learn of it.
            self.fail(error)


def _expire(waiter: asyncio.Future[None], deadline: Deadline) -> None:
    if not waiter.done():
        waiter.set_exception(deadline.exceeded())


async def let_others() -> None:
    """Give the loop one turn."""
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def until(deadline: Deadline) -> AsyncIterator[None]:
    """Give up on the block at the deadline.

    Raises:
        DeadlineExceeded: The time ran out.
    """
    try:
        async with asyncio.timeout(deadline.pause()):
            yield
    except TimeoutError as error:
        raise deadline.exceeded() from error


async def in_thread(function: Callable[[], R], what: str, deadline: Deadline) -> R:
    """Call what may block in a thread of its own.

    What does not end in time, or is cancelled, is left behind with its result.

    Raises:
        DeadlineExceeded: Naming what took so long.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def settle(result: R | None, error: BaseException | None) -> None:
        if done.done():
            _discard(result)
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("R", result))

    def work() -> None:
        result: R | None = None
        failure: BaseException | None = None
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001  # it is raised in the loop
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # the loop has ended meanwhile
            _discard(result)

    threading.Thread(target=work, name=what, daemon=True).start()
    try:
        async with asyncio.timeout(deadline.pause()):
            return await done
    except (TimeoutError, asyncio.CancelledError) as error:
        # It may have come in the very turn of the loop in which the time was over.
        came = done.done() and not done.cancelled()
        if came and done.exception() is None:
            _discard(done.result())
        if (came and done.exception() is error) or not isinstance(error, TimeoutError):
            raise
        raise deadline.exceeded(what) from error


def _discard(result: object) -> None:
    """Close a socket that nobody wants any more."""
    close = getattr(result, "close", None)
    if close is not None:
        close()
