"""`AsyncSession`: the asyncio twin of `Session`.

1. Tasks may read in one session at the same time; changes are committed, and entries
   refreshed, by one task at a time.
2. A second paged stream goes over a connection of its own, as the same identity.
3. What a method does, takes and raises is said at the `Session` method of its name.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from ldapom.errors import LocalProtocolError, NoResult, NoSuchObject
from ldapom.mapper import ambient, checked
from ldapom.mapper.base_session import BaseSession
from ldapom.mapper.commits import asaving
from ldapom.mapper.commits.how import How
from ldapom.mapper.queries import aasking
from ldapom.mapper.queries.aquery import AsyncQuery
from ldapom.mapper.queries.resolving import of_linked
from ldapom.mapper.queries.viewer import AsyncViewer
from ldapom.protocol._passwords import as_secret
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.apool import AsyncPool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from types import TracebackType

    from ldapom.dn import DN
    from ldapom.mapper.acursors import AsyncWriter
    from ldapom.mapper.classes.relations import LinkedValues
    from ldapom.mapper.commits.how import OnError
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.awatch import AsyncWatch
    from ldapom.mapper.queries.query import HasQuery
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.shaping import Shaping
    from ldapom.protocol._passwords import Password
    from ldapom.protocol.asks import Few
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.watch import WatchMode
    from ldapom.protocol.messages import Control, SearchRequest, SearchResultEntry
    from ldapom.schema import RootDSE, Schema

E = TypeVar("E", bound="Entry")
E_co = TypeVar("E_co", covariant=True)
P = ParamSpec("P")


class AsyncSession(BaseSession[AsyncConnection, AsyncPool]):
    """A conversation with one directory, as one identity.

    For example::

        async with AsyncSession("ldaps://ldap.example.com", who) as session:
            admin = await session.query(User, uid="admin").first()
            async for user in session.query(User, User.sn.startswith("S")):
                ...

    Nothing is sent before it is entered, and it can be entered again. Entries stay
    usable afterwards. A query always names its session: ``session.query(User)``.

    Args:
        url: ``ldap://``, ``ldaps://`` or ``ldapi://``; several as a list, as `Servers`
            or as ``"srv:example.com"``; or a `Target` such as
            ``ldapom.testing.Directory``. Its DN is where models without a ``base``
            are looked for. Or an `AsyncPool`, with ``optimistic`` and ``converters``
            alone: the session has one of its connections while it is entered.
        credentials: Who to be; nobody when left out.
        tls: `Tls` settings or a ready ``ssl.SSLContext``. The default verifies chain
            and host name against the system's trust store.
        start_tls: Make an ``ldap://`` connection private before anything else.
        timeout: Seconds that each call may take, everything in it included; for a
            stream, each batch.
        allow_cleartext: Let secrets travel on a clear connection to another machine.
        retry: How often what only reads is tried; see `Retry`.
        optimistic: Refuse to change what somebody else has changed since it was read
            (RFC 4528), even where the changes do not touch.
        converters: How values are read and written that no class says it of.
    """

    is_async = True

    _viewer: AsyncViewer | None = None

    # --- entering and leaving --------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise LocalProtocolError(
                f"the session with {self._where} is entered already; make another "
                "AsyncSession to nest them"
            )
        self._connection = await self._another()
        ambient.enter(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A loop that was left early has its end later than this.
        connections, ends = self._leave()
        with self._closing(error):
            async with AsyncExitStack() as stack:
                for connection in connections:
                    stack.push_async_callback(self._let_go, connection, error)
                for one in ends:
                    stack.push_async_callback(one.close)

    # --- asking ----------------------------------------------------------------------

    def query(
        self, model: HasQuery[P, E_co], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncQuery[E_co]:
        """Ask for entries of a class in this session."""
        return AsyncQuery(checked.model(model).query(*args, **kwargs).shape, self)

    async def get(self, model: type[E], dn: DN | str) -> E:
        """Read one entry by its name."""
        shape = self._get_shape(model, dn)
        try:
            found = await self._few(shape)
        except NoSuchObject as error:
            raise NoResult(f"there is no entry {str(dn)!r}") from error
        # make() gives what it is told to.
        return self._got(found, shape)  # type: ignore[return-value]

    async def entries_of(self, names: LinkedValues[E]) -> list[E]:
        """Read the entries that a `References` names, a page of names in one search."""
        return await aasking.answer(self, of_linked(names))

    async def who_am_i(self) -> str:
        """The authorization identity (RFC 4532), as the server writes it."""
        return await self.connection.who_am_i()

    @property
    async def root_dse(self) -> RootDSE:
        """What the server says of itself; read when first asked for."""
        return await self.connection.root_dse

    @property
    async def schema(self) -> Schema:
        """The server's schema; read when first asked for."""
        return await self.connection.schema

    # --- passwords -------------------------------------------------------------------

    async def authenticate(self, dn: DN | str, password: Password) -> bool:
        r"""Check somebody's password, on a connection of its own."""
        password = as_secret(password)
        asked = self._pool or AsyncConnection.of(self.settings)
        return await asked.authenticate(dn, password)

    async def set_password(
        self, dn: DN | str, new: Password | None = None
    ) -> str | None:
        """Give somebody a new password at once, as an administrator."""
        new = None if new is None else as_secret(new)
        return await self.connection.set_password(dn, new)

    async def change_password(
        self, dn: DN | str, old: Password, new: Password | None = None
    ) -> str | None:
        """Change a password at once, by proving that the old one is known."""
        old = as_secret(old)
        new = None if new is None else as_secret(new)
        return await self.connection.change_password(dn, old, new)

    # --- changing --------------------------------------------------------------------

    async def commit(
        self, *, on_error: OnError = "stop", atomic: bool = False
    ) -> tuple[Operation, ...]:
        """Send what is pending, one write after the other."""
        return await self._commit_unit(self._unit, on_error=on_error, atomic=atomic)

    async def refresh(self, entry: Entry, *, discard: bool = False) -> None:
        """Read an entry again; entries and the values one holds show it."""
        await asaving.refresh(self, checked.entry(entry), discard=discard)

    def writer(self, model: type[E]) -> AsyncWriter[E]:
        """A unit of work of its own for entries of a class; it begins empty."""
        from ldapom.mapper.acursors import AsyncWriter

        return AsyncWriter(self, checked.model(model), self._new_unit())

    def watch(
        self,
        query: Shaping[E_co],
        *,
        cookie: bytes | None = None,
        initial: bool = True,
        mode: WatchMode | None = None,
        heartbeat: float = 30.0,
        poll: float = 5.0,
        patience: float = 300.0,
    ) -> AsyncWatch[E_co]:
        """Be told what a query finds, and what becomes of it from then on."""
        from ldapom.mapper.queries.awatch import AsyncWatch
        from ldapom.mapper.queries.watching import WatchHow

        how = WatchHow(cookie, initial, mode, heartbeat, poll, patience)
        who = self.connection._bound
        made: AsyncWatch[E_co] = AsyncWatch(
            self.settings, who, self._watched(query), how
        )
        self._attach(made)
        return made

    # --- for writers and queries -----------------------------------------------------

    async def _commit_unit(
        self, unit: Unit, *, on_error: OnError, atomic: bool
    ) -> tuple[Operation, ...]:
        """Send what is pending in a unit of work."""
        how = How(on_error, atomic, self.optimistic)
        with self._turn:
            return await asaving.commit(self, unit, how)

    async def _batches(
        self,
        request: SearchRequest,
        *,
        page_size: int = 0,
        controls: Sequence[Control] = (),
    ) -> AsyncGenerator[list[SearchResultEntry], None]:
        """The entries of a search as messages, in the batches they arrive in."""
        connection = await self._free() if page_size else self.connection
        stream = connection.stream(
            request, page_size=page_size, controls=controls, whole=True
        )
        self._streams.add(stream)
        try:
            async with stream:
                async for batch in stream.batches():
                    yield batch
                    self._check_open()
        finally:
            self._streams.discard(stream)
            if page_size:
                await self._release(connection)

    async def _few(self, shape: Shape, limit: int | None = None) -> list[Entry]:
        """The entries of a shape that asks for some few; see `aasking.few`."""
        return await aasking.few(self, shape, limit)

    async def _collect(self, ask: Few) -> list[SearchResultEntry]:
        """The entries of a search for some few as messages, all at once."""
        return await self._check_open()._do(ask)

    async def _gather(
        self, request: SearchRequest, controls: Sequence[Control]
    ) -> tuple[list[list[SearchResultEntry]], tuple[Control, ...]]:
        """The entries of a list view in batches, and its response controls."""
        self._check_open()
        viewer = self._viewer
        if viewer is None or viewer.is_closed:
            viewer = self._viewer = AsyncViewer(self)
            self._attach(viewer)
        return await viewer.gather(request, controls)

    async def _free(self) -> AsyncConnection:
        """A connection without an open paged search, a further one if need be.

        Whoever asks has to `_release` it: until then it is nobody else's, also while
        it is opened again and there are no pages yet.
        """
        main = self.connection
        if not (main.has_open_pages or self._is_paging):
            self._is_paging = True
            return main
        further = self._spare_one()
        if further is None:
            further = await self._another(main._bound)
            self._further.append(further)
        return further

    async def _release(self, connection: AsyncConnection) -> None:
        """Keep a further connection for the next one; a pool's goes back to it."""
        if connection is self._connection:
            self._is_paging = False
        if connection not in self._further:
            return
        if self._pool is None:
            self._spare.append(connection)
        else:
            self._further.remove(connection)
            await self._let_go(connection)

    async def _another(self, who: Credentials | None = None) -> AsyncConnection:
        if self._pool is not None:
            lent = await self._pool.check_out()
            self._pool._count_anew(lent)
            return lent
        connection = AsyncConnection.of(self.settings)
        try:
            await connection.bind(who)
        except BaseException:
            await self._let_go(connection)
            raise
        return connection

    async def _let_go(
        self, connection: AsyncConnection, error: BaseException | None = None
    ) -> None:
        if self._pool is None:
            await connection.unbind()
            self._spend(connection)
        else:
            self._spend(connection)
            await self._pool.check_in(connection, error)
