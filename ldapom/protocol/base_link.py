"""What blocking and asyncio links have in common: engine, streams, what may travel."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from ldapom.errors import LDAPError, LocalProtocolError
from ldapom.protocol import requests
from ldapom.protocol.engine import Engine, Role
from ldapom.protocol.flows import bind as binding
from ldapom.protocol.sasl import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.search import SearchCursor
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.io.streams import AsyncTransport
    from ldapom.protocol.io.sync import Transport
    from ldapom.protocol.messages import Request
    from ldapom.protocol.observer import Observer
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.settings import Settings

R = TypeVar("R")


class BaseLink:
    """One open transport with its engine.

    Args:
        settings: The connection's.
        transport: Open, still in clear; owned from now on.
        observer: Who is told of what happens on it.

    Attributes:
        settings: The connection's, for this one server.
        retired: Whether a new operation goes over another link; those on their way
            end on this one.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport | AsyncTransport,
        observer: Observer,
    ) -> None:
        self.settings = settings
        self.retired = False
        self._silent_at: int | None = None
        self.peer = transport
        self.tls_active = False
        self.engine = Engine(
            Role.client,
            codec=settings.wire.select(),
            max_message_size=settings.wire.max_message_size,
            observer=observer,
        )
        self.engine.guide = settings.guide
        self._left: deque[SearchCursor] = deque()
        self._paged: SearchCursor | None = None
        observer.opened(transport)

    @property
    def fate(self) -> str:
        """Why another one takes its place."""
        try:
            self.engine.check_open()
        except LDAPError as error:
            return str(error)
        return "the server did not answer any more, or had no time"

    @property
    def usable(self) -> bool:
        """Whether an operation can begin on it."""
        return not self.engine.closed and not self.retired

    @property
    def is_needed(self) -> bool:
        """Whether a stream, or somebody who waits, still depends on it."""
        if self.engine.closed:
            return False
        return self.has_open_pages or not self.engine.idle

    def timed_out(self, received: int) -> None:
        """Take note that no answer came in time.

        When that happens again and not one octet came in between, the peer is gone
        without a word, as behind a firewall that has forgotten the connection.

        Args:
            received: How many octets the connection has received in all.
        """
        if self._silent_at == received:
            self.retired = True
        self._silent_at = received

    # --- streams -----------------------------------------------------------------

    def begin_pages(self, cursor: SearchCursor) -> None:
        """Take note that a paged search is going to be read.

        Raises:
            LocalProtocolError: Another one is.
        """
        if cursor.paged and self._paged is not cursor:
            if self.has_open_pages:
                raise LocalProtocolError(
                    "a connection carries one paged search at a time (servers keep "
                    "one cookie): close the other first, or use a second connection"
                )
            self._paged = cursor

    def open_cursor(self, cursor: SearchCursor) -> None:
        """Take note of a cursor that is going to be read.

        Raises:
            LocalProtocolError: It is paged, and so is another one that is open.
        """
        self.begin_pages(cursor)

    @property
    def has_open_pages(self) -> bool:
        """Whether a paged search is being read; a second one needs a second link."""
        cursor = self._paged
        if cursor is None or cursor in self._left:
            return False
        return cursor.paged and not cursor.finished

    def alone(self, flow: Flow[R]) -> Flow[R]:
        """A Bind or StartTLS, which has to wait for the page that is on its way."""
        cursor = self._paged
        if cursor is None or not self.has_open_pages:
            return flow
        return _behind_page(cursor, flow)

    def leave(self, cursor: SearchCursor) -> None:
        """Close a cursor with the next operation; safe from a finalizer."""
        self._left.append(cursor)

    def _close_left(self) -> None:
        while self._left:
            self._close(self._left.popleft())

    def _close(self, cursor: SearchCursor) -> None:
        cursor.close()
        if self._paged is cursor:
            self._paged = None

    # --- who we are --------------------------------------------------------------

    def bind(
        self, who: Credentials, *, begun: Callable[[], None] | None = None
    ) -> Flow[PasswordPolicy | None]:
        """Make the flow of a bind, to be run alone; see `flows.bind.bind`."""
        # Only a SASL mechanism asks what is around it, and to find that out takes long.
        around = binding.NOWHERE if who.is_simple else self.around
        return binding.bind(self.engine, who, around, begun=begun)

    @property
    def around(self) -> Surroundings:
        """What a SASL mechanism may know of this link."""
        settings = self.settings
        return Surroundings(
            host=None if settings.speaks("ldapi") else settings.host,
            tls=self.tls_active,
            may_expose=self.may_expose,
            certificate=self.peer.certificate,
            layer=self.engine.layer,
            # In memory there is no address, and so no name in the DNS.
            reverse_name=getattr(self.peer, "reverse_name", None),
        )

    # --- safety ------------------------------------------------------------------

    def check_secrets(self, request: Request) -> None:
        """Refuse a request that would show a secret on a clear connection."""
        if self.may_expose:
            return
        secret = requests.secret_in(request)
        if secret is not None:
            self.check_private(secret)

    @property
    def may_expose(self) -> bool:
        """Whether a secret may travel as it is: unread by others, or by permission."""
        if self.peer.is_private or self.settings.allow_cleartext:
            return True
        layer = self.engine.layer
        return layer is not None and layer.seals

    def check_private(self, what: str) -> None:
        """Refuse to send a secret over a clear connection to another machine.

        Raises:
            LocalProtocolError: Naming the ways out.
        """
        if self.may_expose:
            return
        raise LocalProtocolError(
            f"{what} would travel in clear to {self.settings.url}: use ldaps:// or "
            "start_tls=True, or allow it with allow_cleartext=True"
        )


def _behind_page(cursor: SearchCursor, flow: Flow[R]) -> Flow[R]:
    """The same flow when a page has come; whoever reads the search finds it."""
    yield from cursor.settle()
    return (yield from flow)
