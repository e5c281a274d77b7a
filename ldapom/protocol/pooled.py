"""`PooledConnection`: one connection of a pool, as whoever has it sees it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

from ldapom.protocol.base_pool import (
    Known,
    Pooled,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.asks import Operation
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.pending import Pending
    from ldapom.schema import RootDSE, Schema

R = TypeVar("R")


class PooledConnection(Pooled[Link], Connection):
    """A connection of a pool: it stays who it is, and goes back as it came."""

    _known: BlockingKnown

    def bind(self, credentials: Credentials | None = None) -> None:
        """Bind again as who it is; as nobody else.

        Raises:
            LocalProtocolError: The credentials are others than the pool's.
        """
        self._check_same(credentials)
        super().bind(credentials)

    def rebind(self, credentials: Credentials) -> None:
        """Refuse to become somebody else; see `bind`."""
        self._check_same(credentials)
        super().rebind(credentials)

    def start_tls(self) -> NoReturn:
        """Refuse: the pool's own settings say whether there is TLS."""
        self._refuse_tls()

    @property
    def root_dse(self) -> RootDSE:
        """What the server says of itself; read once for all of the pool."""
        known = self._known
        if known.root_dse is None:
            with known.turn(self.settings.timeout):
                if known.root_dse is None:
                    self._root_dse = None
                    known.root_dse = super().root_dse
        return known.root_dse

    @property
    def schema(self) -> Schema:
        """The server's schema; read once for all of the pool."""
        known = self._known
        if known.schema is None:
            self.root_dse  # noqa: B018  # read in its own turn
            with known.turn(self.settings.timeout):
                if known.schema is None:
                    self._schema = None
                    known.schema = super().schema
        return known.schema

    def _do(self, ask: Operation[Link, R], timeout: float | None = None) -> R:
        self._mark(ask.request)
        return super()._do(ask, timeout)

    def _begin(
        self, ask: Operation[Link, R], deadline: Deadline
    ) -> tuple[Link, Pending[R]]:
        self._mark(ask.request)
        return super()._begin(ask, deadline)


class BlockingKnown(Known):
    """What the connections know together, and whose turn it is to read it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, timeout: float) -> Iterator[None]:
        """Be the one who reads.

        Raises:
            DeadlineExceeded: The one who does took too long.
        """
        deadline = Deadline(timeout)
        if not self._lock.acquire(timeout=deadline.pause()):
            raise deadline.exceeded()
        try:
            yield
        finally:
            self._lock.release()
