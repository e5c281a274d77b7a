"""Granting the wishes of flows by blocking, for one thread or for many at once.

1. The engine is touched under ``lock`` alone, and nothing is waited for under it.
2. Of the threads that wait for answers one reads, and hands the others theirs; when it
   has its own, it appoints another.
3. What is queued is sent in its order; one thread may send what others have queued.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar
from weakref import ref

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    LocalProtocolError,
    ProtocolError,
    TransportError,
)
from ldapom.protocol.flows.steps import Call, Receive, Send, StartTLS, Visit
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow, Wish
    from ldapom.protocol.io.sync import Transport
    from ldapom.protocol.messages import LDAPMessage

R = TypeVar("R")

#: Seconds that what a flow left behind, such as an Abandon, may take to be sent.
PARTING_TIME = 0.02


class Home(Protocol):
    """Grants the wishes that take more than one transport: the link."""

    def secure(self, deadline: Deadline) -> None:
        """Do the TLS handshake; raise `TLSError` when it fails."""
        ...

    def visit(self, wish: Visit, deadline: Deadline) -> None:
        """Carry out a flow on another server; raise what it raises."""
        ...


class Driver:
    """Runs flows over one transport.

    Args:
        engine: The connection's engine, client role.
        transport: Where its octets go.
        home: Whose driver it is; it is not kept alive, so that a link that is closed
            need not wait for the garbage collector.

    Attributes:
        lock: To be held by whoever touches the engine outside of a flow.
    """

    def __init__(self, engine: Engine, transport: Transport, home: Home) -> None:
        self._engine = engine
        self._transport = transport
        self._home = ref(home)
        # A directory in memory has nothing of the kind.
        self._has_arrived = getattr(transport, "has_arrived", None)
        self.lock = threading.Lock()
        # Only the one who has it can release it, so nobody else's is released.
        self._sending = threading.RLock()
        self._is_sending = False
        self._reading = False
        # A lock is what is cheapest to wait for with a deadline.
        self._waiters: dict[int, threading.Lock] = {}
        # The same until they have gone: who is interrupted may forget somebody else.
        self._followers: set[threading.Lock] = set()

    def begin(self, flow: Flow[R], deadline: Deadline) -> Wish:
        """Start a flow and send what it asks first, without waiting for the answer.

        Returns:
            What it waits for, to be given to `run` or `grant`.

        Raises:
            LDAPError: It could not be sent; the flow is closed.
        """
        # Who sends much and reads nothing would stop the server, and then itself.
        self.look()
        try:
            with self.lock:
                wish = next(flow)
            try:
                if self._engine.queued:
                    self._flush(deadline)
            except LDAPError as error:
                # Some of it may have been sent: the flow knows what that means.
                with self.lock:
                    wish = flow.throw(error)
        except LDAPError:
            with self.lock:
                flow.close()
            raise
        except BaseException:
            self.interrupted(flow)
            raise
        return wish

    def run(self, flow: Flow[R], deadline: Deadline, wish: Wish | None = None) -> R:
        """Grant the flow's wishes until it returns.

        Args:
            flow: A new one, or one that was begun.
            deadline: When to give up.
            wish: What a flow that was begun waits for.

        Raises:
            LDAPError: Whatever the flow raises; `DeadlineExceeded` among them.
        """
        lock = self.lock
        try:
            if wish is None:
                with lock:
                    wish = next(flow)
            while True:
                try:
                    answer = self.grant(wish, deadline)
                except LDAPError as error:
                    with lock:
                        wish = flow.throw(error)
                else:
                    with lock:
                        wish = flow.send(answer)
        except StopIteration as stop:
            result: R = stop.value
            return result
        except LDAPError:
            with lock:
                flow.close()
            raise
        except BaseException:
            self.interrupted(flow)
            raise
        finally:
            if self._engine.closed or self._engine.queued:
                self.part()

    def grant(self, wish: Wish, deadline: Deadline) -> Sequence[LDAPMessage]:
        """Grant one wish, and give back what the flow is to be sent.

        Raises:
            LDAPError: What is to be thrown into the flow.
        """
        try:
            if isinstance(wish, Receive):
                return self._receive(wish.message_id, deadline)
            if isinstance(wish, Send):
                if self._engine.queued:
                    self._flush(deadline)
                return ()
            if isinstance(wish, Call):
                call(wish, deadline)
                return ()
            home = self._home()
            if home is None:
                raise ConnectionLost("the connection is gone")
            if isinstance(wish, Visit):
                home.visit(wish, deadline)
            else:
                self._secure(home, deadline)
        except LDAPError as error:
            if isinstance(wish, StartTLS):
                self._fail(error)
            raise
        except BaseException:
            self.interrupted()
            raise
        return ()

    def _secure(self, home: Home, deadline: Deadline) -> None:
        """Do the handshake; nobody looks meanwhile what has come: it is not LDAP."""
        with self.lock:
            self._reading = True
        try:
            home.secure(deadline)
        finally:
            with self.lock:
                self._reading = False

    def look(self) -> None:
        """Take what has come while nobody waited, such as the end; never waits."""
        with self.lock:
            if self._reading or self._waiters or self._engine.closed:
                return
            # Asking the system is quicker than reading in vain: 1 µs instead of 6.
            if self._has_arrived is not None and not self._has_arrived():
                return
            self._reading = True
        try:
            self._take_all()
        finally:
            with self.lock:
                self._reading = False
                self._appoint()
            if self._engine.closed:
                self.part()

    def _take_all(self) -> None:
        past = Deadline(1e-9)
        try:
            while not self._engine.closed:
                data = self._transport.receive(past)
                with self.lock:
                    if data:
                        self._engine.receive_data(data)
                    else:
                        self._engine.receive_eof()
                    self._announce()
        except DeadlineExceeded:
            pass  # no more has come
        except (ConnectionLost, ProtocolError) as error:
            self._fail(error)
        finally:
            data = b""  # it may hold a secret

    # --- receiving -------------------------------------------------------------------

    def _receive(self, message_id: int, deadline: Deadline) -> Sequence[LDAPMessage]:
        engine = self._engine
        if engine.queued:
            self._flush(deadline)
        with self.lock:
            messages: Sequence[LDAPMessage] = engine.take(message_id)
            if messages:
                return messages
            if self._reading:
                waiter = self._waiters[message_id] = threading.Lock()
                waiter.acquire()
                self._followers.add(waiter)
            else:
                waiter = None
                self._reading = True
        if waiter is not None:
            messages = self._follow(message_id, waiter, deadline)
        return messages or self._lead(message_id, deadline)

    def _lead(self, message_id: int, deadline: Deadline) -> Sequence[LDAPMessage]:
        """Read, for oneself and for the others, until one's own answer is there."""
        engine, receive = self._engine, self._transport.receive
        leads = True
        try:
            while True:
                data = receive(deadline)
                with self.lock:
                    if data:
                        engine.receive_data(data)
                    else:
                        engine.receive_eof()
                    self._announce()
                    messages = engine.take(message_id)
                    if messages:
                        leads = self._reading = False
                        if self._waiters:
                            self._appoint()
                        return messages
        except ConnectionLost as error:
            self._fail(error)
            raise
        finally:
            data = b""  # a debugger would print it, and it may hold a secret
            if leads:
                with self.lock:
                    self._reading = False
                    self._appoint()

    def _follow(
        self, message_id: int, waiter: threading.Lock, deadline: Deadline
    ) -> Sequence[LDAPMessage]:
        """Wait for the one who reads; nothing means that one is to read oneself."""
        try:
            return self._await(message_id, waiter, deadline)
        finally:
            self._followers.discard(waiter)

    def _await(
        self, message_id: int, waiter: threading.Lock, deadline: Deadline
    ) -> Sequence[LDAPMessage]:
        while True:
            try:
                waiter.acquire(timeout=deadline.pause())
            except BaseException:
                self._step_back(message_id)
                raise
            with self.lock:
                self._waiters.pop(message_id, None)
                messages = self._take(message_id)
                if messages:
                    return messages
                if not self._reading:
                    self._reading = True
                    return ()
                # It may have been released as its time was over: nobody may do that
                # to it again while it is free.
                waiter.acquire(blocking=False)
                self._waiters[message_id] = waiter

    def _take(self, message_id: int) -> Sequence[LDAPMessage]:
        """Take what is there; who was appointed and has no use for it, passes it on."""
        try:
            messages = self._engine.take(message_id)
        except BaseException:
            self._appoint()
            raise
        if messages:
            self._appoint()
        return messages

    def _step_back(self, message_id: int) -> None:
        with self.lock:
            self._waiters.pop(message_id, None)
            self._appoint()

    def _announce(self) -> None:
        """Wake those for whom something has come."""
        arrived, waiters = self._engine.arrived(), self._waiters
        if not waiters:
            return  # the usual case
        for message_id in arrived:
            waiter = waiters.pop(message_id, None)
            if waiter is not None:
                waiter.release()

    def _appoint(self) -> None:
        """Wake one who is to read from here on; all, when there is nothing to read."""
        if self._reading:
            return
        while self._waiters:
            _, waiter = self._waiters.popitem()
            waiter.release()
            if not self._engine.closed:
                return

    # --- sending ---------------------------------------------------------------------

    def _flush(self, deadline: Deadline) -> None:
        sending = self._sending
        try:
            # What begins too late is not sent.
            if not sending.acquire(timeout=deadline.pause()):
                raise deadline.exceeded()
            self._send(deadline)
        finally:
            try:  # noqa: SIM105  # a signal handler may raise where a function begins
                sending.release()
            except RuntimeError:
                pass  # it was not even taken

    def _send(self, deadline: Deadline) -> None:
        if self._is_sending:
            # Between two octets of its own request.
            raise LocalProtocolError(
                "a connection is not used within one of its own calls, such as by a "
                "signal handler: use another one there"
            )
        with self.lock:
            data = self._engine.data_to_send()
        if not data:
            return
        self._is_sending = True
        try:
            self._transport.send(data, deadline)
        except DeadlineExceeded:
            # Half a message may be on its way: nothing can follow it.
            self._fail(ConnectionLost("a request could not be sent in time"))
            raise
        except ConnectionLost as error:
            self._fail(error)
            raise
        finally:
            self._is_sending = False

    def part(self) -> None:
        """Send what a flow left behind (an Abandon, an Unbind); never waits long."""
        engine = self._engine
        if engine.queued:
            try:
                if self._sending.acquire(timeout=PARTING_TIME):
                    self._send(Deadline(PARTING_TIME))
            except TransportError as error:
                self._fail(ConnectionLost(str(error)))
            finally:
                try:  # noqa: SIM105  # as in `_flush`
                    self._sending.release()
                except RuntimeError:
                    pass
        if engine.closed:
            self._transport.close()
            engine.observer.closed()

    def interrupted(self, flow: Flow[object] | None = None) -> None:
        """End the connection: something else than an `LDAPError` came in between.

        A signal handler may raise between two octets, or two lines, that belong
        together: nobody knows what was sent, what was read and what was noted.

        Args:
            flow: Whose operation it was.
        """
        with self.lock:
            self._engine.fail(ConnectionLost("an operation was interrupted"))
            if flow is not None:
                flow.close()
            # Whoever was to read may not do so any more.
            self._reading = False
            self._waiters.clear()
            for waiter in tuple(self._followers):
                with suppress(RuntimeError):  # it wakes already
                    waiter.release()

    def _fail(self, error: LDAPError) -> None:
        """End the connection; whoever waits learns of it."""
        with self.lock:
            self._engine.fail(error)
            self._appoint()


def call(wish: Call, deadline: Deadline) -> None:
    """Carry out a `Call`; what does not end in time is left behind.

    Raises:
        DeadlineExceeded: Naming what took so long.
    """
    # A thread, because neither Kerberos nor the resolver can be interrupted.
    thread = threading.Thread(target=wish.function, name=wish.what, daemon=True)
    thread.start()
    thread.join(deadline.pause())
    if thread.is_alive():
        raise deadline.exceeded(wish.what)
