"""What exists only while a connection is open: engine, driver, gate, streams."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import LocalProtocolError
from ldapom.protocol import requests
from ldapom.protocol.engine import Engine, Role
from ldapom.protocol.flows import bind
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.driver import Driver
from ldapom.protocol.io.gate import Gate
from ldapom.protocol.messages import UnbindRequest
from ldapom.protocol.sasl import Surroundings

if TYPE_CHECKING:
    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.io.sync import Transport
    from ldapom.protocol.messages import Request, SearchResultEntry
    from ldapom.protocol.settings import Settings

R = TypeVar("R")


class Link:
    """One open transport with its engine; many threads may use it at once.

    Args:
        settings: The connection's.
        transport: Open, still in clear; owned from now on.
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.transport = transport
        self.tls_active = False
        self.engine = Engine(
            Role.client,
            codec=settings.wire.select(),
            max_message_size=settings.wire.max_message_size,
        )
        self._settings = settings
        self._driver = Driver(self.engine, transport, self._secure)
        self._gate = Gate()
        self._left: deque[SearchCursor] = deque()
        self._paged: SearchCursor | None = None

    @classmethod
    def open(cls, settings: Settings, deadline: Deadline) -> Link:
        """Connect, and begin TLS where the settings ask for it.

        Raises:
            ConnectError, TLSError, DeadlineExceeded: And nothing is left open.
        """
        link = cls(settings, settings.dial(deadline))
        try:
            if settings.speaks("ldaps"):
                link._secure(link.transport, deadline)
            if settings.start_tls:
                link.run_alone(bind.start_tls(link.engine), deadline)
        except BaseException:
            link.transport.close()
            raise
        return link

    def _secure(self, transport: Transport, deadline: Deadline) -> None:
        context = self._settings.context()
        transport.start_tls(context, self._settings.host, deadline)
        self.tls_active = True

    @property
    def around(self) -> Surroundings:
        """What a SASL mechanism may know of this link."""
        settings = self._settings
        return Surroundings(
            host=None if settings.speaks("ldapi") else settings.host,
            tls=self.tls_active,
            may_expose=self.may_expose,
            certificate=self.transport.certificate,
        )

    def run(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run one flow to its end, beside those of other threads."""
        self._gate.enter(deadline)
        try:
            self._tidy()
            return self._driver.run(flow, deadline)
        finally:
            self._gate.leave()

    def run_alone(self, flow: Flow[R], deadline: Deadline) -> R:
        """Run a Bind or StartTLS: when the others are answered, and before more ask."""
        with self._gate.alone(deadline):
            self._tidy()
            return self._driver.run(flow, deadline)

    def abandon(self, message_id: int) -> None:
        """Give up on an operation; the server is told and nothing is waited for."""
        with self._driver.lock:
            self.engine.forget(message_id)
        self._driver.part()

    def close(self) -> None:
        """Send Unbind (RFC 4511 4.3) and let go; never waits long."""
        with self._driver.lock:
            if not self.engine.closed:
                self.engine.send(UnbindRequest())
        self._driver.part()
        self.transport.close()

    # --- streams -----------------------------------------------------------------

    def fetch(self, cursor: SearchCursor, timeout: float) -> list[SearchResultEntry]:
        """The next batch of a cursor; empty at its end."""
        if cursor.finished:
            return []
        if cursor.paged and self._paged is not cursor:
            self._begin_pages(cursor)
        return self.run(cursor.fetch(), Deadline(timeout))

    def _begin_pages(self, cursor: SearchCursor) -> None:
        with self._driver.lock:
            if self.has_open_pages:
                raise LocalProtocolError(
                    "a connection carries one paged search at a time (servers keep "
                    "one cookie): close the other first, or use a second connection"
                )
            self._paged = cursor

    @property
    def has_open_pages(self) -> bool:
        """Whether a paged search is being read; a second one needs a second link."""
        paged = self._paged
        return paged is not None and not paged.finished and paged not in self._left

    def leave(self, cursor: SearchCursor) -> None:
        """Close a cursor with the next operation; safe from a finalizer."""
        self._left.append(cursor)

    def close_cursor(self, cursor: SearchCursor) -> None:
        """Close a cursor now, without waiting for the server."""
        with self._driver.lock:
            self._close(cursor)
        self._driver.part()

    def _tidy(self) -> None:
        while self._left:
            with self._driver.lock:
                self._close(self._left.popleft())

    def _close(self, cursor: SearchCursor) -> None:
        cursor.close()
        if self._paged is cursor:
            self._paged = None

    # --- safety ------------------------------------------------------------------

    def check_secrets(self, request: Request) -> None:
        """Refuse a request that would show a secret on a clear connection."""
        secret = requests.secret_in(request)
        if secret is not None:
            self.check_private(secret)

    @property
    def may_expose(self) -> bool:
        """Whether a secret may travel as it is: unread by others, or by permission."""
        layer = self.engine.layer
        return (
            self.transport.is_private
            or (layer is not None and layer.seals)
            or self._settings.allow_cleartext
        )

    def check_private(self, what: str) -> None:
        """Refuse to send a secret over a clear connection to another machine.

        Raises:
            LocalProtocolError: Naming the ways out.
        """
        if self.may_expose:
            return
        raise LocalProtocolError(
            f"{what} would travel in clear to {self._settings.url}: use ldaps:// or "
            "start_tls=True, or allow it with allow_cleartext=True"
        )
