"""What blocking and asyncio watches have in common: no I/O of any kind.

1. A watch has a connection of its own. When that is lost it makes another one, and goes
   on from where it was, for as long as its ``patience`` lasts.
2. The cookie belongs to what was handed out: who has dealt with an event may store it.
3. A server that says nothing is asked whether it is there.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from attrs import field, frozen

from ldapom._given import measures
from ldapom.dn import DN
from ldapom.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    LocalProtocolError,
)
from ldapom.mapper.entries.making import make
from ldapom.mapper.queries.asked import naming_context, said_base
from ldapom.mapper.queries.events import Added, Changed, Deleted, Missed, Synced
from ldapom.mapper.queries.request import search_request
from ldapom.protocol import codec
from ldapom.protocol.change_controls import (
    ChangeNotification,
    DirSync,
    PersistentSearch,
)
from ldapom.protocol.flows.watch import Kind
from ldapom.protocol.flows.watch_dirsync import DirSyncWatch
from ldapom.protocol.flows.watch_persistent import PersistentWatch
from ldapom.protocol.flows.watch_sync import ContentSync
from ldapom.protocol.messages import LDAPMessage
from ldapom.protocol.retry import NOT_NOW
from ldapom.protocol.sync_controls import SyncRequest

if TYPE_CHECKING:
    from ldapom.errors import LDAPError
    from ldapom.mapper.queries.events import Event
    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.base_connection import BaseConnection
    from ldapom.protocol.base_link import BaseLink
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.flows.watch import Happening, Watcher, WatchMode
    from ldapom.protocol.messages import SearchRequest
    from ldapom.protocol.settings import Settings
    from ldapom.schema import RootDSE

E_co = TypeVar("E_co", covariant=True)

#: What may be over in a moment.
_PASSES: Final = (ConnectError, ConnectionLost, DeadlineExceeded, *NOT_NOW)
#: Seconds that telling the server of the end may take.
PARTING_TIME: Final = 0.5

_MAGIC: Final = b"ldapom\x01"
_DIGEST_OCTETS: Final = 8
#: How the ways to watch are offered, and called in cookies.
_WAYS: Final[dict[WatchMode, tuple[str, bytes]]] = {
    "content sync": (SyncRequest.OID, b"S"),
    "persistent search": (PersistentSearch.OID, b"P"),
    "DirSync": (DirSync.OID, b"D"),
}
#: The best comes first.
_ORDER: Final[tuple[WatchMode, ...]] = (
    "content sync",
    "persistent search",
    "DirSync",
)
_NO_COOKIE: Final = "persistent search"


def _seconds(default: float) -> float:
    return field(default=default, validator=measures(0.001))


@frozen
class WatchHow:
    """How to watch; see `Session.watch`."""

    cookie: bytes | None = None
    initial: bool = True
    mode: WatchMode | None = None
    heartbeat: float = _seconds(30.0)
    poll: float = _seconds(5.0)
    patience: float = _seconds(300.0)


class BaseWatch(Generic[E_co]):
    """What is watched, how, and how far it has come."""

    def __init__(
        self, settings: Settings, who: Credentials | None, shape: Shape, how: WatchHow
    ) -> None:
        if shape.limit is not None or shape.order:
            raise LocalProtocolError(
                "a watch has neither an end nor an order: leave limit() and order_by() "
                "out of its query"
            )
        if shape.controls:
            raise LocalProtocolError(
                "a watch sends controls of its own alone: leave controls() out of its "
                "query"
            )
        self._settings = settings
        self._who = who
        self._shape = shape
        self._how = how
        self._loaded = shape.loaded()
        self._cookie = how.cookie
        self._head = b""
        self._watcher: Watcher | None = None
        self._queue: deque[Happening] = deque()
        self._closed = False
        self._heard = self._since = monotonic()
        self._probed = self._lost = inf
        self._tries = 0
        self._fate = ""
        self._not_before = 0.0
        self._link: BaseLink | None = None

    @property
    def cookie(self) -> bytes | None:
        """Where to go on from behind the last event; to be stored.

        None as long as there is no such place, and for a persistent search always.
        """
        return self._cookie

    @property
    def mode(self) -> WatchMode | None:
        """How the server is asked; None before it is."""
        return None if self._watcher is None else self._watcher.mode

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    def __str__(self) -> str:
        state = "closed" if self._closed else self.mode or "not begun"
        return f"watch of {self._shape.model.__name__}: {state}"

    # --- beginning -------------------------------------------------------------------

    def _begin(self, root: RootDSE) -> Watcher:
        """Choose how to watch, once it is known what the server offers."""
        base = said_base(self._settings, self._shape)
        if base is None:
            base = naming_context(root, self._shape)
        request = search_request(self._shape, base)
        mode = _choose(root, self._how, self._settings.where)
        digest = blake2b(
            codec.encode(LDAPMessage(1, request)), digest_size=_DIGEST_OCTETS
        )
        self._head = _MAGIC + _WAYS[mode][1] + digest.digest()
        self._watcher = self._made(mode, request, root)
        return self._watcher

    def _made(self, mode: WatchMode, request: SearchRequest, root: RootDSE) -> Watcher:
        cookie, initial = self._opened_cookie(), self._how.initial
        if mode == "content sync":
            return ContentSync(request, cookie, initial=initial)
        if mode == "persistent search":
            return PersistentWatch(request, initial=initial)
        return DirSyncWatch(
            request,
            cookie,
            initial=initial,
            context=_context(root, request.base_object),
            notified=root.supports(ChangeNotification.OID),
        )

    def _opened_cookie(self) -> bytes | None:
        cookie = self._how.cookie
        if cookie is None:
            return None
        if not cookie.startswith(self._head):
            raise LocalProtocolError(
                "the cookie is of another query (base, scope, filter and attributes "
                "have to be the same): watch without it, and begin anew"
            )
        return cookie[len(self._head) :]

    # --- going on --------------------------------------------------------------------

    def _work(self) -> Flow[list[Happening] | None]:
        """Wait for what happens next; see `Watcher.fetch`."""
        watcher = self._watcher
        assert watcher is not None  # noqa: S101  # the connection is open
        if self._is_quiet(watcher):
            watcher.wake()
            self._probed = monotonic() if watcher.is_probing else inf
        happened = yield from watcher.fetch()
        if self._probed < inf and not watcher.is_probing:
            self._heard, self._probed = monotonic(), inf
        return happened

    def _is_quiet(self, watcher: Watcher) -> bool:
        return not watcher.is_probing and monotonic() >= self._heard + self._interval

    @property
    def _interval(self) -> float:
        return self._how.poll if self.mode == "DirSync" else self._how.heartbeat

    def _pause(self, end: float) -> float:
        """Seconds to wait for the server, until it is to be asked something.

        Raises:
            ConnectionLost: It was, and did not answer.
        """
        now = monotonic()
        if now >= self._probed + self._settings.timeout:
            raise ConnectionLost(
                f"the server gave no sign of life for {now - self._heard:.0f} s"
            )
        quiet = self._heard + self._interval
        due = self._probed + self._settings.timeout if self._probed < inf else quiet
        # What is due at once is carried out, and then waited for a little.
        return max(min(due, end) - now, 0.001) if due > now else self._interval

    def _took(self, happened: list[Happening] | None) -> None:
        if happened is None:
            return
        self._queue.extend(happened)
        self._heard, self._probed, self._lost = monotonic(), inf, inf
        if self._heard - self._since > self._settings.retry.longest:
            self._tries = 0

    def _is_on(self, connection: BaseConnection[Any]) -> bool:
        """Whether the watch is on what the connection has open."""
        return connection.is_open and connection._link is self._link

    def _reached(self, watcher: Watcher, link: BaseLink) -> None:
        """There is a new connection."""
        if self._tries:
            link.engine.observer.restored(self._fate)
        self._link = link
        watcher.begin(link.engine)
        self._heard = self._since = monotonic()
        self._probed = inf

    @property
    def _rest(self) -> float:
        """Seconds to wait before the next try to come back."""
        return self._not_before - monotonic()

    def _failed(self, error: LDAPError) -> None:
        """The connection is lost, or could not be made.

        Raises:
            LDAPError: The same, when there is to be no other try.
        """
        now = monotonic()
        self._lost = min(self._lost, now)
        if self._watcher is None or not isinstance(error, _PASSES):
            raise error
        if now - self._lost >= self._how.patience:
            raise error
        self._not_before = now + self._settings.retry.pause(self._tries)
        self._tries += 1
        self._fate = str(error)

    # --- telling ---------------------------------------------------------------------

    def _deliver(self) -> Event[E_co] | None:
        """The next event, if there is one; the cookie moves on with it."""
        while self._queue:
            happening = self._queue.popleft()
            event = self._event(happening)
            self._move(happening)
            while self._queue and self._queue[0].kind is Kind.nothing:
                self._move(self._queue.popleft())
            if event is not None:
                return event
        return None

    def _move(self, happening: Happening) -> None:
        if happening.cookie is not None:
            self._cookie = self._head + happening.cookie

    def _event(self, happening: Happening) -> Event[E_co] | None:
        kind, message = happening.kind, happening.entry
        name = None if happening.dn is None else DN.from_server(happening.dn)
        if message is not None:
            model = self._shape.model
            found = make(model, message.object_name, message.attributes, self._loaded)
            found._state.converters = self._shape.converters
            # make() gives what it is told to.
            entry: E_co = found  # type: ignore[assignment]
            if kind is Kind.added:
                return Added(entry, happening.uuid)
            return Changed(entry, happening.uuid, name)
        if kind is Kind.deleted:
            return Deleted(name, happening.uuid)
        if kind is Kind.synced:
            return Synced(happening.remaining)
        return Missed() if kind is Kind.missed else None


def _choose(root: RootDSE, how: WatchHow, where: str) -> WatchMode:
    """How to watch: as is wanted, as the cookie was made, or the best on offer.

    Raises:
        LocalProtocolError: The server does not offer it.
    """
    wanted = how.mode or _mode_of(how.cookie)
    if wanted == _NO_COOKIE and how.cookie is not None:
        raise LocalProtocolError(
            "a persistent search can not go on from a cookie: watch without one"
        )
    offered: list[WatchMode] = [
        mode for mode in _ORDER if root.supports(_WAYS[mode][0])
    ]
    if wanted is not None:
        offered = [mode for mode in offered if mode == wanted]
    if offered:
        return offered[0]
    missing = ", ".join(
        f"{mode} ({oid})"
        for mode, (oid, _) in _WAYS.items()
        if wanted is None or mode == wanted
    )
    raise LocalProtocolError(
        f"{where} does not offer what it takes to watch: {missing}; ask again from "
        "time to time instead, or have it turned on in the server"
    )


def _mode_of(cookie: bytes | None) -> WatchMode | None:
    if cookie is None:
        return None
    letter = cookie[len(_MAGIC) : len(_MAGIC) + 1]
    found: list[WatchMode] = [mode for mode in _ORDER if _WAYS[mode][1] == letter]
    if not cookie.startswith(_MAGIC) or not found:
        raise LocalProtocolError(
            "this is no cookie of a watch: give what watch.cookie was"
        )
    return found[0]


def _context(root: RootDSE, base: str) -> str:
    """The naming context that a name is in; DirSync works on whole ones."""
    name = DN.from_server(base)
    inside = [
        context
        for context in root.naming_contexts
        if name == (top := DN.from_server(context)) or name.is_under(top)
    ]
    if not inside:
        raise LocalProtocolError(
            f"{base!r} is in none of the server's naming contexts: "
            f"{', '.join(map(repr, root.naming_contexts)) or 'none'}"
        )
    return max(inside, key=len)
