"""Operations that are sent now and collected later: many in flight from one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from attrs import frozen

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
)
from ldapom.protocol import asks, requests
from ldapom.protocol import messages as m
from ldapom.protocol.entries import SearchEntry
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.retry import NOT_NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.changes import Change, Value
    from ldapom.filters import Filter
    from ldapom.protocol.asks import Operation
    from ldapom.protocol.base_link import BaseLink
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.link import Link
    from ldapom.protocol.messages import Control
    from ldapom.protocol.pending import Pending
    from ldapom.protocol.requests import Name, ScopeName
    from ldapom.protocol.upkeep import Upkeep

R = TypeVar("R")

#: A moment that was over before it began: for looking without waiting.
_NOW = 1e-9


class Submitted(Generic[R]):
    """An operation that was sent; its result is there now or later.

    It gives up when the connection's ``timeout`` is over, counted from when it was
    sent. What only reads is repeated where the connection was lost. One that nobody
    keeps is abandoned.
    """

    def __init__(
        self, connection: Upkeep, ask: Operation[Link, R], deadline: Deadline
    ) -> None:
        self._connection = connection
        self._ask = ask
        self._cancelled = False
        self._link, self._pending = connection._begin(ask, deadline)

    def done(self) -> bool:
        """Whether there is a result, an error, or nobody who waits.

        It waits for nothing, unless the connection was lost and what only reads has
        to be repeated: that is done here and now.
        """
        pending = self._pending
        if not pending.finished and pending.lock.acquire(blocking=False):
            try:
                self._advance(Deadline(_NOW))
            except DeadlineExceeded:
                pass  # it is still on its way
            finally:
                pending.lock.release()
        return pending.finished

    def result(self, timeout: float | None = None) -> R:
        """Wait for the result.

        Args:
            timeout: Seconds; the operation's own time when left out.

        Raises:
            TimeoutError: It is not there yet; ask again.
            CancelledError: It was cancelled.
            LDAPError: Why there is none.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        return cast("R", self._pending.result)

    def exception(self, timeout: float | None = None) -> LDAPError | None:
        """Wait for the result; give back why there is none, or nothing.

        Raises:
            TimeoutError: It is not there yet; ask again.
            CancelledError: It was cancelled.
        """
        own = self._connection.settings.timeout
        limit = Deadline(own if timeout is None else max(timeout, _NOW))
        pending = self._pending
        if not pending.finished:
            if not pending.lock.acquire(timeout=max(0.0, limit.left)):
                raise limit.exceeded()
            try:
                self._advance(limit)
            finally:
                pending.lock.release()
        if self._cancelled:
            from concurrent.futures import CancelledError

            raise CancelledError
        return pending.error

    def cancel(self) -> bool:
        """Abandon it.

        Returns:
            Whether that was possible: not once it is done, not while another thread
            waits for it, and not for what may have changed something already.
        """
        pending = self._pending
        if not self._ask.repeats or not pending.lock.acquire(blocking=False):
            return self._cancelled
        try:
            if not pending.finished:
                self._cancelled = True
                self._link.give_up(pending)
        finally:
            pending.lock.release()
        return self._cancelled

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled

    def _advance(self, limit: Deadline) -> None:
        pending = self._pending
        if pending.finished:
            return
        pending.advance(limit)
        self._link.forget_pending(pending)
        if self._ask.repeats and isinstance(pending.error, (ConnectionLost, *NOT_NOW)):
            self._repeat(pending)

    def _repeat(self, pending: Pending[R]) -> None:
        """Do it again, in the time that the operation itself has left.

        Who looked in for a moment would else make the loss the result for everybody.
        """
        connection = self._connection
        left = pending.deadline.left
        if connection.settings.retry.attempts == 1 or left <= 0:
            return
        try:
            pending.result, pending.error = connection._do(self._ask, left), None
        except LDAPError as error:
            pending.error = error

    def __del__(self) -> None:
        # A finalizer may run inside any other call: it only leaves a note.
        pending = getattr(self, "_pending", None)
        if pending is not None and not pending.finished:
            self._link.leave_pending(pending)


@frozen
class Collect:
    """A search whose entries are wanted all at once."""

    search: asks.Search
    request: None = None
    repeats: bool = True

    def begin_on(self, link: BaseLink) -> Flow[list[SearchEntry]]:
        """Make the flow for a link."""
        cursor = self.search.cursor(link)
        entries: list[SearchEntry] = []
        while batch := (yield from cursor.fetch()):
            entries.extend(map(SearchEntry, batch))
        return entries


@frozen
class Submit:
    """The operations of a connection, each of which is sent and not waited for.

    For example::

        sent = [connection.submit.search(dn, scope="base") for dn in names]
        found = [one.result() for one in sent]

    All of them are sent over one connection at the same time.
    """

    _connection: Upkeep

    def _send(self, ask: Operation[Link, R]) -> Submitted[R]:
        return Submitted(self._connection, ask, self._connection._deadline())

    def search(  # as `Connection.search`, but for pages
        self,
        base: Name,
        filter: str | Filter = "(objectClass=*)",
        *,
        scope: ScopeName | m.Scope = "sub",
        attributes: Iterable[str] = (),
        size_limit: int = 0,
        controls: Sequence[Control] = (),
    ) -> Submitted[list[SearchEntry]]:
        """Search; the result is the list of all entries."""
        request = requests.search(base, filter, scope, attributes, size_limit)
        return self._send(Collect(asks.Search(request, controls)))

    def compare(self, dn: Name, attribute: str, value: Value) -> Submitted[bool]:
        """Whether the entry has the value, by the attribute's equality rule."""
        try:
            ask = asks.compare(dn, attribute, value)
        finally:
            del value  # see `requests`
        return self._send(ask)

    def who_am_i(self) -> Submitted[str]:
        """The authorization identity (RFC 4532), as the server writes it."""
        return self._send(asks.who_am_i())

    def add(
        self,
        dn: Name,
        attributes: Mapping[str, Value | Iterable[Value]],
        *,
        controls: Sequence[Control] = (),
    ) -> Submitted[m.LDAPMessage]:
        """Add an entry."""
        try:
            ask = asks.add(dn, attributes, controls)
        finally:
            del attributes  # see `requests`
        return self._send(ask)

    def modify(
        self, dn: Name, changes: Iterable[Change], *, controls: Sequence[Control] = ()
    ) -> Submitted[m.LDAPMessage]:
        """Change an entry: all of the changes or none."""
        return self._send(asks.modify(dn, changes, controls))

    def delete(
        self, dn: Name, *, controls: Sequence[Control] = ()
    ) -> Submitted[m.LDAPMessage]:
        """Delete an entry that has no children."""
        return self._send(asks.delete(dn, controls))

    def rename(
        self,
        dn: Name,
        new_rdn: Name,
        *,
        new_superior: Name | None = None,
        delete_old_rdn: bool = True,
        controls: Sequence[Control] = (),
    ) -> Submitted[m.LDAPMessage]:
        """Give an entry another RDN, another parent, or both."""
        request = requests.rename(
            dn, new_rdn, new_superior, delete_old_rdn=delete_old_rdn
        )
        return self._send(asks.change(request, controls))

    def extended(
        self, name: str, value: bytes | None = None, *, controls: Sequence[Control] = ()
    ) -> Submitted[m.ExtendedResponse]:
        """Carry out an extended operation (RFC 4511 4.12) by its OID."""
        ask = asks.extended(name, value, controls)
        del value  # see `requests`
        return self._send(ask)
