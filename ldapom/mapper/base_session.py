"""What blocking and asyncio sessions have in common: no I/O of any kind."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    TypeAlias,
    TypeVar,
    Unpack,
    cast,
)

from ldapom._given import flag
from ldapom.dn import as_text
from ldapom.errors import LocalProtocolError, NoResult
from ldapom.mapper import ambient, checked
from ldapom.mapper.changing import Changing
from ldapom.mapper.classes.converters import Converters
from ldapom.mapper.commits.saving import left_over
from ldapom.mapper.commits.unit import Unit
from ldapom.mapper.entries.diff import VERSIONS
from ldapom.mapper.queries.shape import Shape, shown
from ldapom.protocol.base_pool import AnyPool, BasePool
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.messages import Scope
from ldapom.protocol.settings import ConnectionOptions, Settings, refuse_unknown
from ldapom.protocol.usage import Usage
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from ldapom.dn import DN
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.shaping import Shaping
    from ldapom.mapper.queries.viewer import AsyncViewer, Viewer
    from ldapom.mapper.queries.watching import BaseWatch
    from ldapom.protocol.base_connection import BaseConnection
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.settings import Destination

C = TypeVar("C", bound="BaseConnection[Any]")
P = TypeVar("P", bound="AnyPool")

#: A session of either kind.
AnySession: TypeAlias = "BaseSession[Any, Any]"


class Turn:
    """Whose turn it is to use a session; a context manager that waits for nobody.

    Args:
        user: What takes turns: threads or tasks.
    """

    __slots__ = ("_lock", "_user")

    def __init__(self, user: str) -> None:
        self._lock, self._user = Lock(), user

    def __enter__(self) -> None:
        """Take the turn.

        Raises:
            LocalProtocolError: In the one that came second.
        """
        if not self._lock.acquire(blocking=False):
            raise LocalProtocolError(
                f"a session serves one {self._user} at a time, and another one is "
                f"using it: open a session in each {self._user}"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class SessionOptions(ConnectionOptions, total=False):
    """What a session takes beside what a connection does, by keyword.

    Attributes:
        converters: How values are read and written that no class says it of.
    """

    converters: Converters | None


def _table(given: object) -> Converters | None:
    """The table that a session was given.

    Raises:
        TypeError: If it is none.
    """
    if given is None or isinstance(given, Converters):
        return given
    raise TypeError(
        f"converters= takes Converters({{...}}), not {type(given).__name__}"
    )


class BaseSession(Changing, Generic[C, P]):
    """Who asks whom, what is known of entries, and what is to become of them."""

    #: Whether it has to be awaited.
    is_async: ClassVar[bool] = False

    def __init__(
        self,
        url: Destination | P,
        credentials: Credentials | None = None,
        *,
        tls: Tls | ssl.SSLContext | None = None,
        start_tls: bool = False,
        timeout: float = 30.0,
        allow_cleartext: bool = False,
        optimistic: bool = False,
        **options: Unpack[SessionOptions],
    ) -> None:
        refuse_unknown(type(self), options, SessionOptions.__optional_keys__)
        who = credentials if credentials is not None else Anonymous()
        #: How values are read and written that no class says it of; None for a session
        #: that has no say in it.
        self.converters = _table(options.pop("converters", None))
        self._pool: P | None = None
        if isinstance(url, BasePool):
            given = (who, tls, start_tls, timeout, allow_cleartext, options)
            self._pool = self._checked(url, given)
            self.settings: Settings = self._pool.settings
        else:
            self.settings = Settings(
                url,
                who,
                tls,
                start_tls,
                timeout,
                allow_cleartext,
                # All that is left.
                **cast("ConnectionOptions", options),
            )
        self.optimistic = flag(optimistic, "optimistic")
        self._connection: C | None = None
        self._further: list[C] = []
        self._spare: list[C] = []
        #: Whether somebody reads pages over the first connection, or is about to.
        self._is_paging = False
        #: What is to end with the session: watches, and who asks for list views.
        self._attached: set[Any] = set()
        #: Searches that are read at this moment.
        self._streams: set[Any] = set()
        self._spent = Usage()
        #: Taken to notice when two threads, or tasks, use it at the same time.
        self._turn = Turn("task" if self.is_async else "thread")
        self._dirty: set[Unit] = set()
        self._unit = self._new_unit()

    @property
    def is_open(self) -> bool:
        """Whether the session was entered and not yet left."""
        return self._connection is not None

    @property
    def connection(self) -> C:
        """The untyped client underneath, for what has no class.

        Raises:
            LocalProtocolError: If the session is not entered.
        """
        return self._check_open()

    @property
    def usage(self) -> Usage:
        """What its connections have done so far, all of them together."""
        main = [self._connection] if self._connection is not None else []
        used = [connection.usage for connection in (*main, *self._further)]
        return Usage.total([self._spent, *used])

    def _spend(self, *connections: C) -> None:
        """Keep the counters of connections that are let go."""
        for connection in connections:
            self._spent.add(connection.usage)

    def _attach(self, one: BaseWatch[Any] | Viewer | AsyncViewer) -> None:
        """Let one more end with the session; forget those that have ended."""
        self._attached = {each for each in self._attached if not each.is_closed}
        self._attached.add(one)

    def _new_unit(self) -> Unit:
        """A unit of work whose changes must not be forgotten."""
        return Unit(self, self._dirty)

    @property
    def _versions(self) -> tuple[str, ...]:
        """Attributes to ask for beside those of the model."""
        return VERSIONS if self.optimistic else ()

    def _checked(self, pool: P, given: tuple[object, ...]) -> P:
        """The pool that was given in place of a URL.

        Raises:
            TypeError: It is of the other kind, or more was given that is the pool's.
        """
        if pool.is_async is not self.is_async:
            raise TypeError(
                f"{type(self).__name__} does not go with {type(pool).__name__}: a "
                "Session takes a Pool, an AsyncSession an AsyncPool"
            )
        if given != (Anonymous(), None, False, 30.0, False, {}):
            raise TypeError(
                "a session over a pool takes credentials, TLS, timeout and the like "
                "from it: give them to the pool"
            )
        return pool

    def _said(self, shape: Shape) -> Shape:
        """What a query asks for, its conditions as the session's table says them.

        Raises:
            TypeError: If neither class nor session says how a value is written.
            ValueError: If it can not be written so.
        """
        table = self.converters
        if table is None and not shape.model.__ldapom__.has_own_types:
            return shape
        return shape.said(table)

    # --- the end ---------------------------------------------------------------------

    def _leave(self) -> tuple[list[C], list[Any]]:
        """Be left from now on, whatever happens while the rest is ended.

        Returns:
            The connections to let go of, and what is to be closed before.
        """
        connections = [*self._further, self.connection]
        self._connection, self._further, self._spare = None, [], []
        self._is_paging = False
        ambient.leave(self)
        ends = [*self._attached, *self._streams]
        self._attached.clear()
        self._streams.clear()
        return connections, ends

    @contextmanager
    def _closing(self, error: BaseException | None) -> Iterator[None]:
        """Let entries go at the end of a ``with`` block.

        Args:
            error: What ended the block, if anything did.

        Raises:
            UncommittedChanges: Something was not sent, and nothing else was raised.
        """
        units = [*self._dirty]
        left = None
        try:
            yield
            left = left_over(units) if error is None else None
        finally:
            for unit in {*units, self._unit}:
                unit.close()
            self._unit = self._new_unit()
        if left is not None:
            raise left

    def _watched(self, query: Shaping[Any]) -> Shape:
        return self._said(checked.query(query).shape)

    def _get_shape(self, model: type[Entry], dn: DN | str) -> Shape:
        model, base = checked.model(model), as_text(dn)
        return Shape(model, base=base, scope=Scope.base, page_size=0)

    def _got(self, found: list[Entry], shape: Shape) -> Entry:
        """The entry that was read by its name.

        Raises:
            NoResult: If it is none of the model's class.
        """
        if not found:
            raise NoResult(
                f"{shape.base!r} is no {shape.model.__name__}, or may not be read: "
                f"{shown(shape.filter())} does not match it"
            )
        return found[0]

    def _check_open(self) -> C:
        if self._connection is None:
            kind = "an async with" if self.is_async else "a with"
            raise LocalProtocolError(
                f"the session with {self._where} is not open: use it in {kind} "
                "statement"
            )
        return self._connection

    def _spare_one(self) -> C | None:
        """A further connection that nobody uses at the moment."""
        while self._spare:
            connection = self._spare.pop()
            if connection.is_open and not connection.has_open_pages:
                return connection
        return None

    @property
    def _where(self) -> str:
        return self.settings.where

    def __str__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"session with {self._where} as {self.settings.credentials}: {state}"

    def __repr__(self) -> str:
        s = self.settings
        url = str(s.url) if isinstance(s.url, LDAPURL) else s.url
        return (
            f"{type(self).__name__}({url!r}, {s.credentials!r}, tls={s.tls!r}, "
            f"start_tls={s.start_tls!r}, timeout={s.timeout!r}, "
            f"allow_cleartext={s.allow_cleartext!r}, "
            f"optimistic={self.optimistic!r}, converters={self.converters!r})"
        )
