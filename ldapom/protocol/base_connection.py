"""What the blocking and the asyncio connection have in common: no I/O of any kind."""

from __future__ import annotations

from copy import copy
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar, Unpack

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LDAPError,
    LocalProtocolError,
    OutcomeUnknown,
    SecurityProblem,
)
from ldapom.protocol.base_link import BaseLink
from ldapom.protocol.credentials import Anonymous, Credentials
from ldapom.protocol.retry import NOT_NOW
from ldapom.protocol.servers import Server, Servers
from ldapom.protocol.settings import (
    ConnectionOptions,
    Destination,
    Settings,
    refuse_unknown,
)
from ldapom.protocol.usage import Usage
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl

    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.schema import RootDSE, Schema
    from ldapom.schema.cache import Slot

L = TypeVar("L", bound=BaseLink)


class BaseConnection(Generic[L]):
    """Who we are, to whom we speak, and what we know of them."""

    #: Whether it has to be awaited.
    is_async: ClassVar[bool] = False

    def __init__(
        self,
        url: Destination,
        credentials: Credentials | None = None,
        *,
        tls: Tls | ssl.SSLContext | None = None,
        start_tls: bool = False,
        timeout: float = 30.0,
        allow_cleartext: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        if options:
            refuse_unknown(type(self), options, ConnectionOptions.__optional_keys__)
        who = credentials if credentials is not None else Anonymous()
        self.settings = Settings(
            url, who, tls, start_tls, timeout, allow_cleartext, **options
        )
        self.usage = Usage()
        self._link: L | None = None
        #: A link that is not bound yet, for `close` to end it.
        self._opening: L | None = None
        #: Replaced links that still carry something.
        self._old: list[L] = []
        #: Counts how often the connection was closed.
        self._life = 0
        self._swap = Lock()
        #: Why nobody knows who the connection is: no operation opens it again.
        self._refused: LDAPError | None = None
        self._bound: Credentials | None = None
        self._policy: PasswordPolicy | None = None
        self._root_dse: RootDSE | None = None
        self._schema: Schema | None = None
        self._entered: list[bool] = []
        self._prepare()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A new, unopened connection with these settings."""
        made = cls(settings.url, settings.credentials)
        made.settings = settings
        return made

    @property
    def is_open(self) -> bool:
        """Whether operations can be sent."""
        return self._link is not None and not self._link.engine.closed

    @property
    def bound_as(self) -> Credentials | None:
        """Who the server takes us for; None before a successful bind."""
        return self._bound if self.is_open else None

    @property
    def password_policy(self) -> PasswordPolicy | None:
        """What the server said of the password as it accepted it.

        None before a bind, and where the server said nothing. A user for whom
        ``must_change`` is true can do nothing but `change_password`.
        """
        return self._policy if self.is_open else None

    @property
    def has_open_pages(self) -> bool:
        """Whether a paged search is being read; a second needs another connection."""
        return self._link is not None and self._link.has_open_pages

    # --- for the twins ---------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the locks that opening again takes."""

    def _linked(self) -> L:
        """The link, which may be lost.

        Raises:
            LocalProtocolError: Nobody has opened the connection, or it was closed.
        """
        link = self._link
        if link is None:
            how = (
                "an async with statement, or await"
                if self.is_async
                else ("a with statement, or call")
            )
            raise LocalProtocolError(
                f"the connection to {self.settings.url} is not open: use it in {how} "
                "bind() or open()"
            )
        return link

    def _live(self) -> L:
        link = self._linked()
        link.engine.check_open()
        return link

    def _forget(self) -> list[L]:
        """Let go of all that is known; give back the links that are to be closed."""
        with self._swap:
            self._life += 1
            known = (self._link, self._opening, *self._old)
            links = [link for link in known if link is not None]
            self._link, self._opening, self._old = None, None, []
            self._bound, self._policy, self._refused = None, None, None
            self._root_dse = self._schema = None
        return links

    def _install(
        self,
        link: L,
        who: Credentials | None,
        policy: PasswordPolicy | None,
        life: int,
    ) -> list[L]:
        """Put a new link into the place of the old one.

        Returns:
            Those that are replaced, to be closed as far as nobody needs them.

        Raises:
            ConnectionLost: The connection was closed while the link was made.
        """
        with self._swap:
            self._opening = None
            if self._life != life:
                raise ConnectionLost("the connection was closed meanwhile")
            old, self._link = self._link, link
            replaced = self._old if old is None else [*self._old, old]
            self._old = [one for one in replaced if one.is_needed]
            same = old is not None and old.settings.url == link.settings.url
            if not same or self._bound != who:
                # Another server, or somebody else, may see another one.
                self._root_dse = self._schema = None
            self._bound, self._policy, self._refused = who, policy, None
        return replaced

    def _keeps(self, error: BaseException) -> bool:
        """Whether a new link stays, for nobody, after a bind on it has failed.

        Where this connection was somebody, and no server has refused the new one, it
        stays who it was: the next operation opens it again.
        """
        refused_here = isinstance(error, LocalProtocolError)
        return isinstance(error, LDAPError) and not (refused_here and self._bound)

    def _become_nobody(self) -> None:
        """Take note that a bind is on its way (RFC 4511 4.2.1)."""
        self._bound, self._policy, self._refused = None, None, None
        # Who is bound then may see another root DSE, and another schema.
        self._root_dse = self._schema = None

    def _stay_closed(self, link: L) -> None:
        """Let no operation open again what was lost, until somebody binds or opens."""
        try:
            link.engine.check_open()
        except LDAPError as error:
            self._refused = error

    def _check_refused(self) -> None:
        """Do not try a login again that was refused: that locks accounts.

        Raises:
            LDAPError: Why the connection has no identity.
        """
        if self._refused is not None:
            raise copy(self._refused)

    def _not_restored(self, error: LDAPError) -> None:
        self.usage.failed_reconnects += 1
        if isinstance(error, SecurityProblem):
            self._refused = error

    def _move_on(self, link: L, error: LDAPError) -> None:
        """Draw conclusions from a failure: what has no time is not asked at once."""
        servers, url = self.settings.url, link.settings.url
        if isinstance(error, NOT_NOW) and isinstance(servers, Servers):
            if isinstance(url, LDAPURL):
                servers.failed(Server(url))
            link.retired = True
        elif isinstance(error, DeadlineExceeded | OutcomeUnknown):
            link.timed_out(self.usage.bytes_received)

    @staticmethod
    def _check_login(who: Credentials, link: BaseLink) -> None:
        """Refuse to show a password.

        Raises:
            LocalProtocolError: It would travel in clear.
        """
        if who.exposes_secret:
            link.check_private(f"the password of {who}")

    @staticmethod
    def _logged_in(who: Credentials, link: BaseLink) -> None:
        layer = link.engine.layer
        protected = f", {layer.description}" if layer else ""
        link.engine.observer.bound(str(who) + protected)

    def _clear(self, link: L) -> None:
        """Make sure that TLS may start on a link.

        Raises:
            LocalProtocolError: It is private already.
        """
        if link.tls_active:
            raise LocalProtocolError("TLS is active already")
        # The root DSE read in clear may be forged, and names other mechanisms.
        self._root_dse = None

    @property
    def _slot(self) -> Slot | None:
        settings = self.settings if self._link is None else self._link.settings
        return settings.schema_slot(self._bound or Anonymous())

    def __str__(self) -> str:
        parts = [str(self.settings.url)]
        if self._link is not None and self.is_open:
            parts = [str(self._link.settings.url)]
            who = f"bound as {self._bound}" if self._bound is not None else "not bound"
            parts += ["open", who, self._link.peer.description]
            layer = self._link.engine.layer
            parts += [] if layer is None else [layer.description]
        else:
            parts.append("closed")
        parts.append(f"codec {self.settings.wire.select().NAME}")
        return " - ".join(parts)

    def __repr__(self) -> str:
        s = self.settings
        url = str(s.url) if isinstance(s.url, LDAPURL) else s.url
        return (
            f"{type(self).__name__}({url!r}, {s.credentials!r}, tls={s.tls!r}, "
            f"start_tls={s.start_tls!r}, timeout={s.timeout!r}, "
            f"allow_cleartext={s.allow_cleartext!r}, wire={s.wire!r}, "
            f"retry={s.retry!r})"
        )
