"""What the blocking and the asyncio connection have in common: no I/O of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Self, TypeVar, Unpack

from ldapom.errors import LocalProtocolError
from ldapom.protocol.base_link import BaseLink
from ldapom.protocol.credentials import Anonymous, Credentials
from ldapom.protocol.settings import ConnectionOptions, Settings
from ldapom.protocol.usage import Usage
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl

    from ldapom.protocol.io.sync import Target
    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.schema import RootDSE, Schema
    from ldapom.schema.cache import Slot

L = TypeVar("L", bound=BaseLink)


class BaseConnection(Generic[L]):
    """Who we are, to whom we speak, and what we know of them."""

    def __init__(
        self,
        url: str | LDAPURL | Target,
        credentials: Credentials | None = None,
        *,
        tls: Tls | ssl.SSLContext | None = None,
        start_tls: bool = False,
        timeout: float = 30.0,
        allow_cleartext: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        who = credentials if credentials is not None else Anonymous()
        self.settings = Settings(
            url, who, tls, start_tls, timeout, allow_cleartext, **options
        )
        self.usage = Usage()
        self._link: L | None = None
        self._bound: Credentials | None = None
        self._policy: PasswordPolicy | None = None
        self._root_dse: RootDSE | None = None
        self._schema: Schema | None = None
        self._entered: list[bool] = []

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

    def _live(self) -> L:
        link = self._link
        if link is None:
            raise LocalProtocolError(
                f"the connection to {self.settings.url} is not open: "
                "use it in a with statement, or call bind() or open()"
            )
        link.engine.check_open()
        return link

    def _forget(self) -> L | None:
        """Let go of the link and of what is known; give back the link."""
        link, self._link = self._link, None
        self._bound, self._policy = None, None
        self._root_dse = self._schema = None
        return link

    def _begin_bind(self, who: Credentials, link: L) -> None:
        """Nobody is who they were once they bind.

        Raises:
            LocalProtocolError: A secret would travel in clear.
        """
        if who.exposes_secret:
            link.check_private(f"the password of {who}")
        self._bound, self._policy = None, None

    def _end_bind(
        self, who: Credentials, link: L, policy: PasswordPolicy | None
    ) -> None:
        self._bound, self._policy = who, policy
        layer = link.engine.layer
        link.engine.observer.bound(
            str(who) + (f", {layer.description}" if layer else "")
        )

    def _clear(self) -> L:
        """The link, to start TLS on.

        Raises:
            LocalProtocolError: It is private already.
        """
        link = self._live()
        if link.tls_active:
            raise LocalProtocolError("TLS is active already")
        # The root DSE read in clear may be forged, and names other mechanisms.
        self._root_dse = None
        return link

    @property
    def _slot(self) -> Slot | None:
        return self.settings.schema_slot(self._bound or Anonymous())

    def __str__(self) -> str:
        parts = [str(self.settings.url)]
        if self._link is not None and self.is_open:
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
            f"allow_cleartext={s.allow_cleartext!r}, wire={s.wire!r})"
        )
