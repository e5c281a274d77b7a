"""The blocking connection: open, bind, ask, change, unbind."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from ldapom.errors import LocalProtocolError
from ldapom.protocol import messages as m
from ldapom.protocol import requests
from ldapom.protocol.credentials import Anonymous, Credentials
from ldapom.protocol.extended import WHO_AM_I
from ldapom.protocol.flows import bind as binding
from ldapom.protocol.flows import discover, update
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.link import Link
from ldapom.protocol.settings import Settings, Wire
from ldapom.protocol.stream import SearchStream
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from ldapom.changes import Change, Value
    from ldapom.filters import Filter
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.io.sync import Target
    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.messages import Control
    from ldapom.protocol.requests import Name, ScopeName
    from ldapom.schema import RootDSE, Schema

R = TypeVar("R")


class Connection:
    """One connection to one server; a context manager that binds and unbinds.

    Args:
        url: ``ldap://``, ``ldaps://`` or ``ldapi://``, or a `Target` such as
            ``ldapom.testing.Directory``.
        credentials: Who to be; nobody when left out.
        tls: `Tls` settings or a ready ``ssl.SSLContext``. The default verifies chain
            and host name against the system's trust store.
        start_tls: Make an ``ldap://`` connection private before anything else.
        timeout: Seconds that each call may take, everything in it included; for a
            stream, each batch.
        allow_cleartext: Let secrets travel on a clear connection to another machine.
        wire: Codec and message limit.

    A connection may be shared by threads; their operations take turns.
    """

    def __init__(  # the design's seven
        self,
        url: str | LDAPURL | Target,
        credentials: Credentials | None = None,
        *,
        tls: Tls | ssl.SSLContext | None = None,
        start_tls: bool = False,
        timeout: float = 30.0,
        allow_cleartext: bool = False,
        wire: Wire | None = None,
    ) -> None:
        who = credentials if credentials is not None else Anonymous()
        self.settings = Settings(
            url, who, tls, start_tls, timeout, allow_cleartext, wire or Wire()
        )
        self._link: Link | None = None
        self._bound: Credentials | None = None
        self._entered: list[bool] = []

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A new, unopened connection with these settings."""
        return cls(
            settings.url,
            settings.credentials,
            tls=settings.tls,
            start_tls=settings.start_tls,
            timeout=settings.timeout,
            allow_cleartext=settings.allow_cleartext,
            wire=settings.wire,
        )

    # --- open, bind, close -------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether operations can be sent."""
        return self._link is not None and not self._link.engine.closed

    @property
    def bound_as(self) -> Credentials | None:
        """Who the server takes us for; None before a successful bind."""
        return self._bound if self.is_open else None

    def open(self) -> None:
        """Connect, and start TLS where asked for; nothing is bound.

        Raises:
            ConnectError, TLSError, DeadlineExceeded: And the connection can be
                opened again.
        """
        self._open(Deadline(self.settings.timeout))

    def bind(self, credentials: Credentials | None = None) -> None:
        """Bind, opening first if need be.

        Args:
            credentials: Instead of the connection's own.

        Raises:
            InvalidCredentials: Name or password is wrong; the connection stays open
                and is nobody's (RFC 4513 4).
            LocalProtocolError: A secret would travel in clear.
        """
        deadline = Deadline(self.settings.timeout)
        if not self.is_open:
            self._open(deadline)
        who = credentials if credentials is not None else self.settings.credentials
        link = self._live()
        if who.exposes_secret:
            link.check_private(f"the password of {who}")
        self._bound = None
        self._run(binding.bind(link.engine, who, link.around), deadline)
        self._bound = who

    def rebind(self, credentials: Credentials) -> None:
        """Become somebody else on the open connection; it never opens one.

        Args:
            credentials: Who to be from now on.

        Raises:
            InvalidCredentials: Name or password is wrong; the connection stays open
                and is nobody's (RFC 4511 4.2.1), as ``str(connection)`` says.
            LocalProtocolError: The connection is not open, an operation is still
                outstanding, or a secret would travel in clear.
        """
        self._live()
        self.bind(credentials)

    def start_tls(self) -> None:
        """Make an open clear connection private.

        Raises:
            TLSError: The server refused, or its certificate did not verify; in the
                latter case the connection is closed.
            LocalProtocolError: It is private already, or operations are outstanding.
        """
        link = self._live()
        if link.tls_active:
            raise LocalProtocolError("TLS is active already")
        deadline = Deadline(self.settings.timeout)
        self._run(binding.start_tls(link.engine), deadline)
        # The root DSE read in clear may be forged, and names other mechanisms.
        self.__dict__.pop("root_dse", None)

    def unbind(self) -> None:
        """Say goodbye (RFC 4511 4.3) and close; harmless when closed."""
        link, self._link, self._bound = self._link, None, None
        if link is not None:
            link.close()

    close = unbind

    def _open(self, deadline: Deadline) -> None:
        if self.is_open:
            return
        self.unbind()
        self.__dict__.pop("root_dse", None)
        self.__dict__.pop("schema", None)
        self._link = Link.open(self.settings, deadline)

    def __enter__(self) -> Self:
        was_open = self.is_open
        if self._bound is None or not was_open:
            try:
                self.bind()
            except BaseException:
                if not was_open:
                    self.unbind()
                raise
        self._entered.append(was_open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._entered.pop():
            self.unbind()

    # --- asking --------------------------------------------------------------------

    def search(  # what people vary; `stream` takes the rest
        self,
        base: Name,
        filter: str | Filter = "(objectClass=*)",
        *,
        scope: ScopeName | m.Scope = "sub",
        attributes: Iterable[str] = (),
        size_limit: int = 0,
        page_size: int = 0,
        controls: Sequence[Control] = (),
    ) -> SearchStream:
        """Search; nothing is sent before the first entry is asked for.

        Args:
            base: Where to begin.
            filter: A `Filter`, or RFC 4515 text (`Filter.parse` takes values apart).
            scope: ``"base"``, ``"one"`` or ``"sub"``.
            attributes: Names to return; none mean all user attributes.
            size_limit: Stop after so many entries; 0 is no limit.
            page_size: Entries per page (RFC 2696); 0 asks for all at once.
            controls: Further request controls.

        Returns:
            A stream of `SearchEntry`; errors are raised when it is read.
        """
        request = requests.search(base, filter, scope, attributes, size_limit)
        return self.stream(request, page_size=page_size, controls=controls)

    def stream(
        self,
        request: m.SearchRequest,
        *,
        page_size: int = 0,
        controls: Sequence[Control] = (),
        timeout: float | None = None,
    ) -> SearchStream:
        """Search with every field of the request at hand.

        Args:
            timeout: Seconds for each batch, instead of the connection's.
        """
        link = self._live()
        cursor = SearchCursor(
            link.engine, request, controls=controls, page_size=page_size
        )
        return SearchStream(link, cursor, timeout or self.settings.timeout)

    def compare(self, dn: Name, attribute: str, value: Value) -> bool:
        """Whether the entry has the value, by the attribute's equality rule."""
        request = requests.compare(dn, attribute, value)
        self._live().check_secrets(request)
        return self._operate(update.compare(self._live().engine, request))

    def who_am_i(self) -> str:
        """The authorization identity (RFC 4532), as the server writes it."""
        request = m.ExtendedRequest(WHO_AM_I)
        engine = self._live().engine
        flow = update.extended(engine, request, reads_only=True)
        return (self._operate(flow).value or b"").decode("utf-8", "surrogateescape")

    @property
    def supported_sasl_mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that the server offers at this moment; read each time.

        Servers offer others once TLS is active or a client certificate was shown.
        """
        return self._operate(binding.offered_mechanisms(self._live().engine))

    @cached_property
    def root_dse(self) -> RootDSE:
        """What the server says of itself; read when first asked for."""
        return self._operate(discover.root_dse(self._live().engine))

    @cached_property
    def schema(self) -> Schema:
        """The server's schema; read when first asked for.

        Raises:
            SchemaError: It can not be read.
        """
        return self._operate(discover.schema(self._live().engine, self.root_dse))

    # --- changing --------------------------------------------------------------------

    def add(
        self,
        dn: Name,
        attributes: Mapping[str, Value | Iterable[Value]],
        *,
        controls: Sequence[Control] = (),
    ) -> m.LDAPMessage:
        """Add an entry.

        Args:
            attributes: Values by attribute: `str` (sent as UTF-8), `bytes`, or several.

        Returns:
            The answer, for its response controls.
        """
        return self._update(requests.add(dn, attributes), controls)

    def modify(
        self, dn: Name, changes: Iterable[Change], *, controls: Sequence[Control] = ()
    ) -> m.LDAPMessage:
        """Change an entry: all of the changes or none."""
        return self._update(requests.modify(dn, changes), controls)

    def delete(self, dn: Name, *, controls: Sequence[Control] = ()) -> m.LDAPMessage:
        """Delete an entry that has no children."""
        return self._update(requests.delete(dn), controls)

    def rename(
        self,
        dn: Name,
        new_rdn: Name,
        *,
        new_superior: Name | None = None,
        delete_old_rdn: bool = True,
        controls: Sequence[Control] = (),
    ) -> m.LDAPMessage:
        """Give an entry another RDN, another parent, or both."""
        request = requests.rename(
            dn, new_rdn, new_superior, delete_old_rdn=delete_old_rdn
        )
        return self._update(request, controls)

    def extended(
        self, name: str, value: bytes | None = None, *, controls: Sequence[Control] = ()
    ) -> m.ExtendedResponse:
        """Carry out an extended operation (RFC 4511 4.12) by its OID."""
        request = m.ExtendedRequest(name, value)
        self._live().check_secrets(request)
        return self._operate(update.extended(self._live().engine, request, controls))

    def abandon(self, operation: SearchStream | int) -> None:
        """Give up on a search; the server is told and nothing is waited for."""
        if isinstance(operation, SearchStream):
            operation.close()
        else:
            self._live().abandon(operation)

    # --- below -----------------------------------------------------------------------

    def _update(
        self, request: update.Update, controls: Sequence[Control]
    ) -> m.LDAPMessage:
        self._live().check_secrets(request)
        return self._operate(update.update(self._live().engine, request, controls))

    def _operate(self, flow: Flow[R]) -> R:
        return self._run(flow, Deadline(self.settings.timeout))

    def _run(self, flow: Flow[R], deadline: Deadline) -> R:
        return self._live().run(flow, deadline)

    @property
    def has_open_pages(self) -> bool:
        """Whether a paged search is being read; a second needs another connection."""
        return self._link is not None and self._link.has_open_pages

    def _live(self) -> Link:
        link = self._link
        if link is None:
            raise LocalProtocolError(
                f"the connection to {self.settings.url} is not open: "
                "use it in a with statement, or call bind() or open()"
            )
        link.engine.check_open()
        return link

    def __str__(self) -> str:
        parts = [str(self.settings.url)]
        if self._link is not None and self.is_open:
            who = f"bound as {self._bound}" if self._bound is not None else "not bound"
            parts += ["open", who, self._link.transport.description]
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
