"""What exists only while a blocking connection is open: driver, gate, streams."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from os import getpid
from typing import TYPE_CHECKING, Any, TypeVar

from ldapom.errors import ConnectionLost, LDAPError, ResultError
from ldapom.protocol.base_link import BaseLink
from ldapom.protocol.flows import bind
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.driver import Driver
from ldapom.protocol.io.gate import Gate
from ldapom.protocol.log import Recorder
from ldapom.protocol.messages import UnbindRequest
from ldapom.protocol.pending import Pending
from ldapom.protocol.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow, Visit
    from ldapom.protocol.io.sync import Transport
    from ldapom.protocol.messages import SearchResultEntry
    from ldapom.protocol.observer import Observer
    from ldapom.protocol.settings import Settings
    from ldapom.protocol.usage import Usage

R = TypeVar("R")


class Link(BaseLink):
    """One open transport with its engine; many threads may use it at once.

    Args:
        settings: The connection's.
        transport: Open, still in clear; owned from now on.
        observer: Who is told of what happens on it.
    """

    def __init__(
        self, settings: Settings, transport: Transport, observer: Observer
    ) -> None:
        super().__init__(settings, transport, observer)
        self.transport = transport
        self._visits = Visits(self)
        self._driver = Driver(self.engine, transport, self)
        self._gate = Gate()
        self._process = getpid()
        self._pending: set[Pending[Any]] = set()
        self._left_pending: deque[Pending[Any]] = deque()

    @classmethod
    def open(cls, settings: Settings, deadline: Deadline, usage: Usage) -> Link:
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
            transport = settings.dial(deadline)
        except LDAPError as error:
            observer.failed(error)
            raise
        link = cls(settings, transport, observer)
        try:
            if settings.speaks("ldaps"):
                link.secure(deadline)
            if settings.start_tls:
                link.run_alone(bind.start_tls(link.engine), deadline)
        except BaseException as error:
            if not settings.start_tls:
                observer.failed(error)  # that of a flow was told of
            link.transport.close()
            observer.closed()
            raise
        return link

    def secure(self, deadline: Deadline) -> None:
        """Do the TLS handshake with the connection's own settings.

        Raises:
            TLSError: It failed.
        """
        transport, context = self.transport, self.settings.context()
        transport.start_tls(context, self.settings.certified, deadline)
        self.tls_active = True
        self.engine.observer.secured(transport.description)

    def visit(self, wish: Visit, deadline: Deadline) -> None:
        """Carry out a flow on another server; see `Visits.grant`."""
        self._visits.grant(wish, deadline)

    def run(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run one flow to its end, beside those of other threads."""
        try:
            self._gate.enter(deadline)
            try:
                if self._left or self._left_pending:
                    self._tidy()
                return self._driver.run(flow, deadline)
            except LDAPError as error:
                self._tell(error)
                raise
            finally:
                self._gate.leave()
                if self.retired:
                    self.retire()
        except BaseException as error:
            self._check_whole(error)
            raise

    def run_alone(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run a Bind or StartTLS: when the others are answered, and before more ask."""
        try:
            self._gate.enter_alone(deadline)
            try:
                self._tidy()
                for pending in tuple(self._pending):
                    pending.settle(deadline)
                return self._run(self.alone(flow), deadline)
            finally:
                self._gate.leave_alone()
        except BaseException as error:
            self._check_whole(error)
            raise

    def _run(self, flow: Flow[R], deadline: Deadline) -> R:
        try:
            return self._driver.run(flow, deadline)
        except LDAPError as error:
            self._tell(error)
            raise

    def _check_whole(self, error: BaseException) -> None:
        """End the connection where something else than an `LDAPError` came in between.

        See `Driver.interrupted`; who waits at the gate may not wait for ever either.
        """
        if not isinstance(error, LDAPError):
            self._driver.interrupted()
            self._gate.end()
            self._driver.part()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Leave nothing half done: the connection ends when it is interrupted."""
        try:
            yield
        except BaseException as error:
            self._check_whole(error)
            raise

    def _tell(self, error: LDAPError) -> None:
        """Tell the observer; what the server answers is told of as an answer."""
        if not isinstance(error, ResultError):
            self.engine.observer.failed(error)

    # --- what is collected later ---------------------------------------------------

    def begin(self, flow: Flow[R], deadline: Deadline) -> Pending[R]:
        """Send what a flow asks first, and wait for nothing.

        Args:
            flow: A new one.
            deadline: When it gives up.
        """
        with self._whole():
            self._gate.enter(deadline)
            try:
                self._tidy()
                wish = self._driver.begin(flow, deadline)
                pending = Pending(self._driver, flow, wish, deadline)
                self._pending.add(pending)
            finally:
                self._gate.leave()
        return pending

    def forget_pending(self, pending: Pending[Any]) -> None:
        """Take note that it is finished."""
        self._pending.discard(pending)

    def give_up(self, pending: Pending[Any]) -> None:
        """Abandon it now; nothing is waited for."""
        with self._whole():
            pending.leave()
            self._pending.discard(pending)
            self._driver.part()

    def leave_pending(self, pending: Pending[Any]) -> None:
        """Abandon it with the next operation; safe from a finalizer."""
        self._left_pending.append(pending)

    # --- the end -------------------------------------------------------------------

    def check_process(self) -> None:
        """Take note that this process was forked off: the connection is not its own.

        What is sent on it would come between what the other process sends. The lock is
        left alone: another thread may have held it in the moment of the fork.
        """
        if self._process != getpid() and not self.engine.closed:
            self.engine.fail(ConnectionLost("the connection is another process's"))
            self.transport.close()

    def look(self) -> None:
        """Take note of what has come meanwhile, such as the end; never waits."""
        if not self._gate.is_empty:
            return
        try:
            self._driver.look()
        except BaseException as error:
            self._check_whole(error)
            raise

    def is_lost(self) -> bool:
        """Whether nothing can be sent any more; looks at what has come meanwhile."""
        self.look()
        return not self.usable

    def retire(self) -> None:
        """Let nothing new begin, and close when what is on its way has ended."""
        self.retired = True
        if self._gate.is_empty and not self.is_needed:
            self.close()

    def abandon(self, message_id: int) -> None:
        """Give up on an operation; the server is told and nothing is waited for."""
        with self._whole():
            with self._driver.lock:
                self.engine.forget(message_id)
            self._driver.part()

    def close(self) -> None:
        """Send Unbind (RFC 4511 4.3) and let go; never waits long."""
        if self._process != getpid():
            self.check_process()
            return
        try:
            self._visits.close()
            with self._driver.lock:
                if not self.engine.closed:
                    self.engine.send(UnbindRequest())
            self._pending.clear()
            self._driver.part()  # the engine is closed: so is the transport now
        except BaseException as error:
            self._check_whole(error)
            raise

    # --- streams -----------------------------------------------------------------

    def open_cursor(self, cursor: SearchCursor) -> None:
        """The same as always, among other threads."""
        with self._driver.lock:
            super().open_cursor(cursor)

    def fetch(self, cursor: SearchCursor, timeout: float) -> list[SearchResultEntry]:
        """The next batch of a cursor; empty at its end."""
        if cursor.finished:
            return []
        with self._driver.lock:
            self.begin_pages(cursor)
        return self.run(cursor.fetch(), Deadline(timeout))

    def close_cursor(self, cursor: SearchCursor) -> None:
        """Close a cursor now, without waiting for the server."""
        if cursor.finished:
            return
        with self._whole():
            with self._driver.lock:
                self._close(cursor)
            self._driver.part()
        if self.retired:
            self.retire()

    def _tidy(self) -> None:
        while self._left_pending:
            pending = self._left_pending.popleft()
            pending.leave()
            self._pending.discard(pending)
        if self._left:
            with self._driver.lock:
                self._close_left()
