"""What blocking and asyncio pools have in common: no I/O of any kind.

1. A connection goes back only as it came: open, bound as the pool's own identity, with
   nothing under way. In any other state it is closed.
2. Nobody becomes somebody else on a connection of a pool; passwords of others are
   checked on connections outside of it.
3. What is known of the server is known once a pool.
4. A process that was forked begins with a pool of its own; the connections that it has
   inherited stay the other process's.
"""

from __future__ import annotations

import logging
from os import getpid
from time import monotonic
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    NoReturn,
    TypeAlias,
    TypeVar,
    Unpack,
)

from attrs import define, evolve, field

from ldapom import _given as given
from ldapom.errors import (
    DeadlineExceeded,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from ldapom.protocol import messages as m
from ldapom.protocol._places import Place, Places, PoolStatistics
from ldapom.protocol.base_connection import BaseConnection, L
from ldapom.protocol.extended import CANCEL, PASSWORD_MODIFY, WHO_AM_I
from ldapom.protocol.log import Recorder
from ldapom.protocol.settings import ConnectionOptions, refuse_unknown
from ldapom.protocol.usage import Usage

if TYPE_CHECKING:
    import ssl

    from ldapom.protocol._places import Ticket
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.settings import Destination, Settings
    from ldapom.schema import RootDSE, Schema

#: Tells at INFO of connections that pools let go, and why.
LOGGER: Final = logging.getLogger("ldapom.pool")

#: Seconds that a connection has to answer when it is tried.
PROBE_TIME: Final = 5.0

#: Extended operations that leave a connection as it was. Others may begin a
#: transaction (RFC 5805), or turn it into one for binds alone (Active Directory).
_HARMLESS: Final = frozenset({WHO_AM_I, PASSWORD_MODIFY, CANCEL})

P = TypeVar("P", bound="Pooled[Any]")

#: A pool of either kind.
AnyPool: TypeAlias = "BasePool[Any]"


class PoolOptions(ConnectionOptions, total=False):
    """What the connections of a pool take, by keyword; `Connection` explains them.

    Attributes:
        tls: `Tls` settings or a ready ``ssl.SSLContext``.
        start_tls: Make ``ldap://`` connections private before anything else.
        timeout: Seconds that each call may take, waiting for a connection included.
        allow_cleartext: Let secrets travel on clear connections to other machines.
    """

    tls: Tls | ssl.SSLContext | None
    start_tls: bool
    timeout: float
    allow_cleartext: bool


@define
class Known:
    """What the connections of a pool know of the server together."""

    root_dse: RootDSE | None = None
    schema: Schema | None = None
    since: float = field(factory=monotonic)


class Pooled(BaseConnection[L]):
    """A connection of a pool, as the one who has it sees it."""

    #: A `Known` of the kind that goes with it.
    _known: Any
    _is_lent = False
    _is_marked = False
    _pid = 0

    def _linked(self) -> L:
        if not self._is_lent:
            raise LocalProtocolError(
                "this connection was given back to its pool: check one out again"
            )
        if self._pid != getpid():
            raise LocalProtocolError(
                "this connection belongs to the process that opened it: check one "
                "out of the pool in this process"
            )
        return super()._linked()

    def _check_same(self, credentials: Credentials | None) -> None:
        """Refuse to become somebody else.

        Raises:
            LocalProtocolError: Naming the ways to do it.
        """
        if credentials is not None and credentials != self.settings.credentials:
            raise LocalProtocolError(
                "a connection of a pool stays who it is, for others use it too: check "
                "a password with the pool's authenticate(dn, password), and be "
                "somebody else on a connection of your own"
            )

    def _refuse_tls(self) -> NoReturn:
        raise LocalProtocolError(
            "TLS is begun before a connection comes into the pool: make the pool with "
            "start_tls=True or an ldaps:// URL"
        )

    def _mark(self, request: object) -> None:
        """Take note of what may leave the connection in another state."""
        if isinstance(request, m.ExtendedRequest) and request.name not in _HARMLESS:
            self._is_marked = True

    def _count_anew(self) -> Usage:
        """Count from zero for the next one; gives what was counted."""
        before, self.usage = self.usage, Usage()
        observer = self._link and self._link.engine.observer
        if isinstance(observer, Recorder):
            observer.usage = self.usage
        return before


class BasePool(Generic[P]):
    """So many connections, and who has them.

    Args:
        url: The server, as for `Connection`.
        credentials: Who they all are.
        min_size: Connections that are not closed for being idle.
        max_size: Connections that there may be.
        max_idle: Seconds after which an idle connection is closed.
        max_lifetime: Seconds after which a connection is replaced.
        check_after: Seconds of idleness after which a connection has to answer
            before it is given out.
        **options: What the connections take.

    Attributes:
        settings: What the connections are made with.
    """

    #: Whether it has to be awaited.
    is_async: ClassVar[bool] = False

    def __init__(
        self,
        url: Destination,
        credentials: Credentials | None = None,
        *,
        min_size: int = 0,
        max_size: int = 10,
        max_idle: float = 300.0,
        max_lifetime: float = 3600.0,
        check_after: float = 30.0,
        **options: Unpack[PoolOptions],
    ) -> None:
        given.number(min_size, "min_size", 0)
        given.number(max_size, "max_size", 1)
        given.measure(max_idle, "max_idle", 0)
        given.measure(max_lifetime, "max_lifetime", 0)
        given.measure(check_after, "check_after", 0)
        if min_size > max_size:
            raise ValueError(f"min_size {min_size} is more than max_size {max_size}")
        refuse_unknown(type(self), options, PoolOptions.__optional_keys__)
        self.settings: Settings = BaseConnection[Any](
            url, credentials, **options
        ).settings
        self._min_size, self._max_size = min_size, max_size
        self._max_idle, self._max_lifetime = max_idle, max_lifetime
        self._check_after = check_after
        self._is_closed = False
        self._start_over()

    def _new_known(self) -> Known:
        raise AssertionError  # the twins say which

    def _start_over(self) -> None:
        """Begin without a connection, in this process."""
        self._pid = getpid()
        self._places = Places[P](self._max_size, "the pool")
        self._logins = Places[P](self._max_size, "the pool's logins")
        self._lent: dict[object, Place[P]] = {}
        self._known = self._new_known()
        self._spent = Usage()
        if self._is_closed:
            self._places.end(closing())
            self._logins.end(closing())

    # --- telling ---------------------------------------------------------------------

    @property
    def statistics(self) -> PoolStatistics:
        """What the pool holds at this moment, and what it has done so far."""
        return self._places.statistics()

    @property
    def usage(self) -> Usage:
        """What all its connections have done so far."""
        lent = [self._in(place) for place in [*self._lent.values()]]
        open_ones = [*self._places.connections(), *lent]
        return Usage.total([self._spent, *(each.usage for each in open_ones)])

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def __str__(self) -> str:
        if self.is_closed:
            return f"pool of connections to {self.settings.where}: closed"
        now = self.statistics
        return (
            f"pool of connections to {self.settings.where} as "
            f"{self.settings.credentials}: {now.in_use} in use, {now.idle} idle, "
            f"{now.waiting} waiting, at most {now.max_size}"
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.settings.where!r}, "
            f"{self.settings.credentials!r}, min_size={self._min_size!r}, "
            f"max_size={self._max_size!r}, max_idle={self._max_idle!r}, "
            f"max_lifetime={self._max_lifetime!r})"
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a pool can not be pickled, for its sockets belong to this process: make "
            "one in each process"
        )

    def _count_anew(self, connection: BaseConnection[Any]) -> None:
        """Let the counters of a connection that is checked out begin at zero."""
        place = self._lent[connection]
        self._spend(self._in(place))
        place.abandoned = 0

    # --- for the twins: lending ------------------------------------------------------

    def _prepare(self, connection: P) -> P:
        """Make a new connection one of this pool's."""
        connection._known, connection._pid = self._known, self._pid
        connection._is_lent = True
        return connection

    def _within(self, deadline: Deadline) -> Settings:
        """The settings, with what is left of the time."""
        return evolve(self.settings, timeout=deadline.remaining())

    def _spend(self, connection: P) -> None:
        """Add what a connection has done to what all have."""
        self._spent.add(connection._count_anew())

    def _opened(self, place: Place[P], connection: P) -> None:
        place.connection, place.opened = connection, monotonic()
        place.is_doubtful = False
        self._places.opened += 1

    def _has_to_answer(self, place: Place[P]) -> bool:
        """Whether an idle connection is tried before somebody gets it."""
        idle = monotonic() - place.idle_since
        return place.is_doubtful or idle > self._check_after

    def _is_old(self, place: Place[P]) -> bool:
        return monotonic() - place.opened > self._max_lifetime

    def _lend(self, place: Place[P]) -> P:
        connection = self._in(place)
        if monotonic() - self._known.since > self._max_lifetime:
            self._known = self._new_known()
        self._prepare(connection)
        connection._is_marked = False
        place.abandoned = _abandoned(connection)
        self._lent[connection] = place
        self._places.check_outs += 1
        return connection

    def _in(self, place: Place[P]) -> P:
        """The connection in a place that is not empty."""
        assert place.connection is not None  # noqa: S101
        return place.connection

    def _take_back(self, connection: object) -> Place[P]:
        """The place of a connection that its user gives back.

        Raises:
            LocalProtocolError: It was given back before, or is of another pool.
        """
        place = self._lent.pop(connection, None)
        if place is None:
            raise LocalProtocolError(
                "this connection is not checked out of this pool (it was given back "
                "already, or belongs to another pool or process)"
            )
        place.is_doubtful = _abandoned(self._in(place)) > place.abandoned
        return place

    def _fault(self, connection: P, error: BaseException | None) -> str | None:
        """Why a connection is not to be given to anybody else; None where it may.

        Args:
            connection: Without searches that wait to be closed.
            error: What ended its use.
        """
        link = connection._link
        if link is None or not link.usable:
            return "it is closed"
        if isinstance(error, TransportError | RemoteProtocolError):
            return f"its use ended with {type(error).__name__}"
        if connection._bound != self.settings.credentials:
            return "it is not who it was"
        if connection._is_marked:
            return "an extended operation may have changed it"
        if link.has_open_pages or _is_busy(link.engine):
            return "something is under way on it"
        return None

    def _discard(self, why: str) -> None:
        LOGGER.info("closing a connection to %s: %s", self.settings.where, why)
        self._places.discarded += 1

    def _let_go(self, place: Place[P]) -> P | None:
        """Take the connection out of its place, to be closed."""
        connection, place.connection = place.connection, None
        return connection

    def _too_late(
        self, places: Places[P], ticket: Ticket[P], deadline: Deadline
    ) -> DeadlineExceeded:
        """Leave the line; the error that says what it was for."""
        crowd = places.crowded()
        places.leave(ticket)
        return DeadlineExceeded(
            f"{crowd}, within {deadline.seconds:g} s: give them back sooner, or make "
            "max_size larger"
        )


def _abandoned(connection: Pooled[Any]) -> int:
    """How many searches were given up on it."""
    return connection.usage._counts[m.AbandonRequest]


def closing() -> LocalProtocolError:
    """What whoever waits gets."""
    return LocalProtocolError("the pool was closed")


def _is_busy(engine: Engine) -> bool:
    """Whether a request is outstanding that is more than a search that was left."""
    return any(
        not (waiting.unwanted and isinstance(waiting.op, m.SearchRequest))
        for waiting in [*engine._outstanding.values()]
    )
