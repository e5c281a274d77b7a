"""`Pool`: bound connections that threads share, each for as long as one has it.

Who waits stands in line; the places and the line are in `_places`, what both kinds of
pool do is in `base_pool`. Nothing is waited for under the lock.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from os import getpid
from typing import TYPE_CHECKING, Self

from ldapom.errors import DeadlineExceeded, LDAPError
from ldapom.protocol._passwords import as_secret
from ldapom.protocol.base_pool import (
    PROBE_TIME,
    BasePool,
    closing,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.flows.probe import probe
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import SocketTransport
from ldapom.protocol.pooled import BlockingKnown, PooledConnection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from ldapom.protocol._passwords import Password
    from ldapom.protocol._places import Place, Places
    from ldapom.protocol.requests import Name


class Pool(BasePool[PooledConnection]):
    """Bound connections to one server, shared by threads.

    For example::

        pool = Pool("ldaps://ldap.example.com", Simple(dn, password), max_size=20)
        with pool.connection() as connection:
            connection.compare(dn, "cn", "Ada")
        with Session(pool) as session:
            User.query(uid="ada").first()

    Connections are opened when they are needed. The pool has no thread of its own: what
    is old is closed when somebody takes or gives back a connection.

    Args:
        url: The server, as for `Connection`.
        credentials: Who they all are; nobody when left out.
        min_size: Connections that are opened by ``with pool:`` or `open`, and not
            closed for being idle.
        max_size: Connections that there may be at the same time. As many logins may
            be under way beside them, see `authenticate`.
        max_idle: Seconds after which an idle connection is closed.
        max_lifetime: Seconds after which a connection is replaced, and what is known
            of the server read again.
        check_after: Seconds of idleness after which a connection has to answer
            before it is given out. That the server has closed it is always seen.
        **options: ``tls``, ``start_tls``, ``timeout`` and all else that a
            `Connection` takes.

    Attributes:
        settings: What the connections are made with.
    """

    # --- opening and closing ---------------------------------------------------------

    def open(self) -> None:
        """Open ``min_size`` connections now.

        Raises:
            InvalidCredentials: Name or password is wrong.
            ConnectError, TLSError, DeadlineExceeded: And the pool can be used again.
        """
        taken: list[PooledConnection] = []
        try:
            while len(taken) < self._min_size - self.statistics.idle:
                taken.append(self.check_out())
        finally:
            for connection in taken:
                self.check_in(connection)

    def close(self) -> None:
        """Close it for good; connections that are checked out, when they come back.

        Whoever waits for a connection gets a `LocalProtocolError`.
        """
        self._here()
        with self._lock:
            self._is_closed = True
            idle = self._places.end(closing())
            self._logins.end(closing())
        for place in idle:
            self._empty(place)
            self._put_back(place)

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- lending ---------------------------------------------------------------------

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[PooledConnection]:
        """Have a connection for a while.

        For example::

            with pool.connection() as connection:
                ...

        Args:
            timeout: Seconds to wait for one, opening it included; by default the
                pool's ``timeout``.

        Raises:
            DeadlineExceeded: None came free, or could be opened, in time.
            LocalProtocolError: The pool is closed, or this thread has all of its
                connections and would wait for itself.
        """
        connection = self.check_out(timeout)
        try:
            yield connection
        except BaseException as error:
            self.check_in(connection, error)
            raise
        self.check_in(connection)

    def check_out(self, timeout: float | None = None) -> PooledConnection:
        """Take a connection; whoever does has to `check_in` it, whatever happens.

        Args:
            timeout: As for `connection`.

        Raises:
            DeadlineExceeded, LocalProtocolError: As for `connection`.
        """
        self._here()
        deadline = Deadline(self.settings.timeout if timeout is None else timeout)
        place = self._turn(self._places, threading.get_ident(), deadline)
        try:
            self._make_good(place, deadline)
            with self._lock:
                connection = self._lend(place)
        except BaseException:
            self._empty(place)
            self._put_back(place)
            raise
        self._reap()
        return connection

    def check_in(
        self, connection: Connection, error: BaseException | None = None
    ) -> None:
        """Give a connection back; one that is not as it was is closed.

        Args:
            connection: One that was checked out.
            error: What ended its use.

        Raises:
            LocalProtocolError: It is not checked out of this pool.
        """
        if isinstance(connection, PooledConnection) and connection._pid != getpid():
            return  # it is the other process's, and stays as it is
        with self._lock:
            place = self._take_back(connection)
        try:
            self._judge(place, error)
        finally:
            if place.connection is not None:
                place.connection._is_lent = False
            self._put_back(place)
            if self.is_closed:
                # The pool was closed between judging and putting back.
                self._empty(place)
        self._reap()

    def authenticate(self, dn: Name, password: Password) -> bool:
        r"""Check somebody's password, on a connection beside the pool.

        The pool's own connections stay who they are. At most ``max_size`` logins are
        under way at a time; others wait in line, no longer than ``timeout``.

        Args:
            dn: The DN; Active Directory also takes ``user@domain`` and
                ``DOMAIN\user``.
            password: Text (sent as UTF-8) or octets.

        Returns:
            Whether the server lets this user in. False for a wrong password, an
            unknown user, and an empty password, which is never sent.

        Raises:
            InvalidCredentials: The user is not let in for another ``reason`` than a
                wrong password: expired, must_change, locked, disabled and their like.
            TransportError: The server can not be reached, or the line is too long.
            LocalProtocolError: There is no name, or the password would travel in clear.
        """
        password = as_secret(password)
        self._here()
        deadline = Deadline(self.settings.timeout)
        place = self._turn(self._logins, object(), deadline)
        try:
            another = Connection.of(self._within(deadline))
            return another.authenticate(dn, password)
        finally:
            with self._lock:
                self._logins.put_back(place)

    # --- below -----------------------------------------------------------------------

    def _start_over(self) -> None:
        self._lock, self._counting = threading.Lock(), threading.Lock()
        super()._start_over()

    def _spend(self, connection: PooledConnection) -> None:
        with self._counting:
            super()._spend(connection)

    def _new_known(self) -> BlockingKnown:
        return BlockingKnown()

    def _here(self) -> None:
        """Begin anew in a process that was forked."""
        if self._pid == getpid():
            return
        inherited = [*self._places.connections()]
        self._start_over()
        for connection in inherited:
            transport = connection._link and connection._link.transport
            if isinstance(transport, SocketTransport):
                # This end alone: `close` would end it for the other process too.
                transport._socket.close()

    def _turn(
        self, places: Places[PooledConnection], owner: object, deadline: Deadline
    ) -> Place[PooledConnection]:
        """Wait for a place."""
        gate = threading.Lock()
        gate.acquire()
        with self._lock:
            ticket = places.ask(owner, gate.release)
        if ticket.place is not None:
            return ticket.place
        try:
            while not gate.acquire(timeout=deadline.pause()):
                pass
        except DeadlineExceeded:
            with self._lock:
                error = self._too_late(places, ticket, deadline)
            raise error from None
        except BaseException:
            with self._lock:
                places.leave(ticket)
            raise
        return places.served(ticket)

    def _make_good(self, place: Place[PooledConnection], deadline: Deadline) -> None:
        """See to it that there is a connection in the place, and that it works."""
        if place.connection is not None:
            if self._is_old(place):
                self._retire(place)
            else:
                why = self._try(place, deadline)
                if why is not None:
                    self._reject(place, why)
        if place.connection is None:
            connection = self._open(deadline)
            with self._lock:
                self._opened(place, connection)

    def _try(self, place: Place[PooledConnection], deadline: Deadline) -> str | None:
        """What is wrong with an idle connection, if anything is."""
        connection = self._in(place)
        link = connection._link
        if link is None or link.is_lost():
            return "the server has closed it"
        connection._is_lent = True
        if not self._has_to_answer(place):
            return None
        time = min(PROBE_TIME, deadline.remaining() / 2)
        try:
            link.run(probe(link.engine), Deadline(time))
        except LDAPError as error:
            return f"it does not answer: {error}"
        return None

    def _open(self, deadline: Deadline) -> PooledConnection:
        connection = PooledConnection.of(self._within(deadline))
        self._prepare(connection)
        try:
            connection.bind()
        except BaseException:
            connection.unbind()
            self._spend(connection)
            raise
        connection.settings = self.settings
        return connection

    def _judge(
        self, place: Place[PooledConnection], error: BaseException | None
    ) -> None:
        """Close a connection that is not to be given to anybody else."""
        connection = self._in(place)
        if connection._link is not None and connection.is_open:
            connection._link._tidy()
            connection._link._driver.part()
        why = self._fault(connection, error)
        if why is not None:
            self._reject(place, why)
        elif self.is_closed or self._is_old(place):
            self._retire(place)

    def _reap(self) -> None:
        """Close what nobody has used for long."""
        while True:
            with self._lock:
                place = self._places.overdue(self._max_idle, self._min_size)
            if place is None:
                return
            self._retire(place)
            self._put_back(place)

    def _retire(self, place: Place[PooledConnection]) -> None:
        with self._lock:
            self._places.retired += 1
        self._empty(place)

    def _reject(self, place: Place[PooledConnection], why: str) -> None:
        with self._lock:
            self._discard(why)
        self._empty(place)

    def _empty(self, place: Place[PooledConnection]) -> None:
        with self._lock:
            connection = self._let_go(place)
        if connection is not None:
            connection.unbind()
            self._spend(connection)

    def _put_back(self, place: Place[PooledConnection]) -> None:
        with self._lock:
            self._places.put_back(place)
