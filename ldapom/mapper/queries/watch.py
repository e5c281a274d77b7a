"""`Watch`: what changes, as a stream of events that never ends by itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Self, TypeVar

from ldapom.errors import LDAPError
from ldapom.mapper.queries.events import Event
from ldapom.mapper.queries.watching import PARTING_TIME, BaseWatch, WatchHow
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.deadline import Deadline

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.settings import Settings
    from ldapom.protocol.usage import Usage

E_co = TypeVar("E_co", covariant=True)


class Watch(BaseWatch[E_co], Iterator[Event[E_co]]):
    """The entries that a query finds, and what becomes of them.

    Iterating waits for events; it ends when the watch is closed, by another thread or
    with its session. One thread reads it, any may close it.
    """

    def __init__(
        self, settings: Settings, who: Credentials | None, shape: Shape, how: WatchHow
    ) -> None:
        super().__init__(settings, who, shape, how)
        self._connection = Connection.of(settings)
        self._ended = threading.Event()

    @property
    def usage(self) -> Usage:
        """What its connection has done so far; the session does not count it."""
        return self._connection.usage

    def __next__(self) -> Event[E_co]:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def next(self, timeout: float | None = None) -> Event[E_co] | None:
        """Wait for the next event.

        Args:
            timeout: Seconds to wait for it; None waits as long as it takes. To come
                back to a server that was lost may take as long as a connection may.

        Returns:
            The event; None if none came in time, or the watch was closed.

        Raises:
            ResultError: The server refuses to go on.
            LDAPError: The server was lost, and not found again in time.
        """
        end = inf if timeout is None else monotonic() + timeout
        event = self._deliver()
        while event is None and not self._closed:
            try:
                self._ask(end)
            except LDAPError as error:
                if not self._closed:
                    self._recover(error)
            event = self._deliver()
            if monotonic() >= end:
                break
        return event

    def open(self) -> None:
        """Connect, and find out how to watch; the first `next` does so too.

        Raises:
            LocalProtocolError: The server does not offer to be watched, or the cookie
                is of something else.
            LDAPError: It can not be reached, or the login is refused.
        """
        try:
            self._open()
        except LDAPError:
            self.close()
            raise

    def _open(self) -> None:
        connection = self._connection
        if self._closed or self._is_on(connection):
            return
        connection.bind(self._who)
        watcher = self._watcher or self._begin(connection.root_dse)
        self._reached(watcher, connection._live())

    def _ask(self, end: float) -> None:
        if self._rest > 0:
            self._ended.wait(min(self._rest, max(end - monotonic(), 0)))
            return
        self._open()
        seconds = self._pause(end)
        self._took(self._connection._live().run(self._work(), Deadline(seconds)))

    def _recover(self, error: LDAPError) -> None:
        try:
            self._failed(error)
        except LDAPError:
            self.close()
            raise
        self._connection.unbind()

    def close(self) -> None:
        """End it, and tell the server; harmless when closed."""
        if self._closed:
            return
        self._closed = True
        self._ended.set()
        if self._watcher is not None and self._connection.is_open:
            with contextlib.suppress(LDAPError):
                link = self._connection._live()
                link.run(self._watcher.leave(), Deadline(PARTING_TIME))
        self._connection.unbind()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
