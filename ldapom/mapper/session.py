"""`Session`: a bound connection that queries over entry classes run in.

1. Entering opens and binds, leaving unbinds, whatever happened in between.
2. A session serves one thread at a time; it notices when it does not.
3. A connection carries at most one open paged search, since servers keep one cookie:
   a second stream goes over a connection of its own, as the same identity.
4. Changes are sent by ``commit`` and by nothing else; leaving with changes that were
   not sent is an error.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from ldapom.errors import LocalProtocolError, NoResult, NoSuchObject
from ldapom.mapper import ambient, checked
from ldapom.mapper.base_session import BaseSession
from ldapom.mapper.commits import saving
from ldapom.mapper.commits.how import How
from ldapom.mapper.queries import asking
from ldapom.mapper.queries.resolving import of_linked
from ldapom.mapper.queries.viewer import Viewer
from ldapom.protocol._passwords import as_secret
from ldapom.protocol.connection import Connection
from ldapom.protocol.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from ldapom.dn import DN
    from ldapom.mapper.classes.relations import LinkedValues
    from ldapom.mapper.commits.how import OnError
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.cursors import Writer
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.query import HasQuery, Query
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.shaping import Shaping
    from ldapom.mapper.queries.watch import Watch
    from ldapom.protocol._passwords import Password
    from ldapom.protocol.asks import Few
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.watch import WatchMode
    from ldapom.protocol.messages import Control, SearchRequest, SearchResultEntry
    from ldapom.schema import RootDSE, Schema

E = TypeVar("E", bound="Entry")
E_co = TypeVar("E_co", covariant=True)
P = ParamSpec("P")


class Session(BaseSession[Connection, Pool]):
    """A conversation with one directory, as one identity.

    For example::

        with Session("ldaps://ldap.example.com", Simple(dn, password)) as session:
            admin = User.query(uid="admin").first()

    Nothing is sent before it is entered, and it can be entered again. Queries that
    name no session use the innermost one around them. Entries stay usable afterwards.

    Args:
        url: ``ldap://``, ``ldaps://`` or ``ldapi://``; several as a list, as `Servers`
            or as ``"srv:example.com"``; or a `Target` such as
            ``ldapom.testing.Directory``. Its DN is where models without a ``base``
            are looked for. Or a `Pool`, with ``optimistic`` and ``converters`` alone:
            the session has one of its connections while it is entered.
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

    _viewer: Viewer | None = None

    # --- entering and leaving --------------------------------------------------------

    def __enter__(self) -> Self:
        if self._connection is not None:
            raise LocalProtocolError(
                f"the session with {self._where} is entered already; make another "
                "Session to nest them"
            )
        self._connection = self._another()
        ambient.enter(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connections, ends = self._leave()
        with self._closing(error), ExitStack() as stack:
            for connection in connections:
                stack.callback(self._let_go, connection, error)
            for one in ends:
                stack.callback(one.close)

    # --- asking ----------------------------------------------------------------------

    def query(
        self, model: HasQuery[P, E_co], /, *args: P.args, **kwargs: P.kwargs
    ) -> Query[E_co]:
        """Ask for entries of a class in this session.

        Args:
            model: The entry class.
            *args: Conditions, such as ``User.uidNumber >= 1000``.
            **kwargs: Attributes and the value they must have.
        """
        return checked.model(model).query(*args, **kwargs).using(self)

    def get(self, model: type[E], dn: DN | str) -> E:
        """Read one entry by its name.

        Raises:
            NoResult: If there is none, or it is none of the model's class.
        """
        shape = self._get_shape(model, dn)
        try:
            found = self._few(shape)
        except NoSuchObject as error:
            raise NoResult(f"there is no entry {str(dn)!r}") from error
        # make() gives what it is told to.
        return self._got(found, shape)  # type: ignore[return-value]

    def entries_of(self, names: LinkedValues[E]) -> list[E]:
        """Read the entries that a `References` names, a page of names in one search.

        Args:
            names: The values, such as ``group.member``.

        Returns:
            The entries in the order of the values. A name that leads to no entry of
            the class, or to one that may not be read, is left out.
        """
        return asking.answer(self, of_linked(names))

    def who_am_i(self) -> str:
        """The authorization identity (RFC 4532), as the server writes it."""
        with self._turn:
            return self.connection.who_am_i()

    @property
    def root_dse(self) -> RootDSE:
        """What the server says of itself; read when first asked for."""
        with self._turn:
            return self.connection.root_dse

    @property
    def schema(self) -> Schema:
        """The server's schema; read when first asked for."""
        with self._turn:
            return self.connection.schema

    # --- passwords -------------------------------------------------------------------

    def authenticate(self, dn: DN | str, password: Password) -> bool:
        r"""Check somebody's password, on a connection of its own.

        The session stays who it is. The settings are its own, TLS among them.

        Args:
            dn: The DN; Active Directory also takes ``user@domain`` and
                ``DOMAIN\user``.
            password: Text (sent as UTF-8) or octets.

        Returns:
            Whether the server lets this user in. False for a wrong password, an
            unknown user, and an empty password, which is never sent.

        Raises:
            InvalidCredentials: The user is not let in for another ``reason`` than a
                wrong password: expired, must_change, locked, disabled and their like.
            TransportError: The server can not be reached.
        """
        password = as_secret(password)
        asked = self._pool or Connection.of(self.settings)
        return asked.authenticate(dn, password)

    def set_password(self, dn: DN | str, new: Password | None = None) -> str | None:
        """Give somebody a new password at once, as an administrator.

        RFC 3062 where the server advertises it, ``unicodePwd`` in Active Directory.

        Args:
            dn: Whose.
            new: Text (sent as UTF-8) or octets; None lets the server make one up.

        Returns:
            The password that the server made up; None when one was given.

        Raises:
            ResultError: The server refused; ``reason`` tells what is wrong with the
                new password, where the server does.
            LocalProtocolError: The password would travel in clear, or is empty.
        """
        new = None if new is None else as_secret(new)
        with self._turn:
            return self.connection.set_password(dn, new)

    def change_password(
        self, dn: DN | str, old: Password, new: Password | None = None
    ) -> str | None:
        """Change a password at once, by proving that the old one is known.

        RFC 3062 where the server advertises it, ``unicodePwd`` in Active Directory.
        The session goes on as who it was, with the new password if it was the own; to
        enter it again takes another `Session`.

        Args:
            dn: Whose.
            old: The password up to now.
            new: The password from now on; None lets the server make one up.

        Returns:
            The password that the server made up; None when one was given.

        Raises:
            InvalidCredentials: The old password is wrong.
            ResultError: The server refused; ``reason`` tells what is wrong with the
                new password, where the server does.
            LocalProtocolError: A password would travel in clear, or is empty.
        """
        old = as_secret(old)
        new = None if new is None else as_secret(new)
        with self._turn:
            return self.connection.change_password(dn, old, new)

    # --- changing --------------------------------------------------------------------

    def commit(
        self, *, on_error: OnError = "stop", atomic: bool = False
    ) -> tuple[Operation, ...]:
        """Send what is pending, one write after the other, each with its own timeout.

        Args:
            on_error: What a refusal does: ``"stop"`` leaves the rest pending,
                ``"continue"`` goes on with what does not depend on it.
            atomic: All or nothing, in a transaction (RFC 5805).

        Returns:
            What was done.

        Raises:
            ValidationError: If the schema forbids a change; nothing was sent.
            LocalProtocolError: If the server does not offer what is asked for; nothing
                was sent.
            ConflictError: If somebody else has changed the same since it was read.
            CommitError: If not all was done; says what was, what was not, and of what
                nobody knows.
        """
        return self._commit_unit(self._unit, on_error=on_error, atomic=atomic)

    def refresh(self, entry: Entry, *, discard: bool = False) -> None:
        """Read an entry again; entries and the values one holds show it.

        What is pending of it is made again on what was read. Behind a write whose
        outcome is unknown that leaves pending what the server did not do.

        Args:
            entry: Which; of the session or of one of its writers.
            discard: Forget what is pending of it.

        Raises:
            NoResult: If it is not there any more.
            ReadOnlyEntry: If it does not belong to the session.
        """
        saving.refresh(self, checked.entry(entry), discard=discard)

    def writer(self, model: type[E]) -> Writer[E]:
        """A unit of work of its own for entries of a class; it begins empty.

        Args:
            model: The class.
        """
        from ldapom.mapper.cursors import Writer

        return Writer(self, checked.model(model))

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
    ) -> Watch[E_co]:
        """Be told what a query finds, and what becomes of it from then on.

        It goes over a connection of its own, as the identity of the session, and ends
        with it. A connection that is lost is made again.

        Args:
            query: What to watch; ``User.query(...)``.
            cookie: Where to go on from: what ``watch.cookie`` was.
            initial: Whether to begin with what is there already, as `Added`.
            mode: How to ask; by default the best that the server offers: content
                synchronization (RFC 4533), persistent search, or DirSync.
            heartbeat: Seconds of silence after which the server is asked whether it
                is there.
            poll: The same for DirSync, which is then asked for changes.
            patience: Seconds to try to get back to a server that was lost.

        Returns:
            A stream of `Added`, `Changed`, `Deleted`, `Synced` and `Missed`; errors
            are raised when it is read.

        Raises:
            LocalProtocolError: The query has a limit or an order.
        """
        from ldapom.mapper.queries.watch import Watch
        from ldapom.mapper.queries.watching import WatchHow

        how = WatchHow(cookie, initial, mode, heartbeat, poll, patience)
        who = self.connection._bound
        made: Watch[E_co] = Watch(self.settings, who, self._watched(query), how)
        self._attach(made)
        return made

    # --- for writers and queries -----------------------------------------------------

    def _commit_unit(
        self, unit: Unit, *, on_error: OnError, atomic: bool
    ) -> tuple[Operation, ...]:
        """Send what is pending in a unit of work."""
        how = How(on_error, atomic, self.optimistic)
        with self._turn:
            return saving.commit(self, unit, how)

    def _batches(
        self,
        request: SearchRequest,
        *,
        page_size: int = 0,
        controls: Sequence[Control] = (),
    ) -> Iterator[list[SearchResultEntry]]:
        """The entries of a search as messages, in the batches they arrive in."""
        with self._turn:
            connection = self._free() if page_size else self.connection
            stream = connection.stream(
                request, page_size=page_size, controls=controls, whole=True
            )
        source = stream.batches()
        self._streams.add(stream)
        try:
            while True:
                with self._turn:
                    self._check_open()
                    batch = next(source, None)
                if batch is None:
                    return
                yield batch
        finally:
            self._streams.discard(stream)
            stream.close()
            self._release(connection)

    def _few(self, shape: Shape, limit: int | None = None) -> list[Entry]:
        """The entries of a shape that asks for some few; see `asking.few`."""
        return asking.few(self, shape, limit)

    def _collect(self, ask: Few) -> list[SearchResultEntry]:
        """The entries of a search for some few as messages, all at once."""
        with self._turn:
            return self._check_open()._do(ask)

    def _gather(
        self, request: SearchRequest, controls: Sequence[Control]
    ) -> tuple[list[list[SearchResultEntry]], tuple[Control, ...]]:
        """The entries of a list view in batches, and its response controls."""
        with self._turn:
            viewer = self._viewer
            if viewer is None or viewer.is_closed:
                viewer = self._viewer = Viewer(self)
                self._attach(viewer)
            return viewer.gather(request, controls)

    def _free(self) -> Connection:
        """A connection without an open paged search, a further one if need be.

        Whoever asks has to `_release` it.
        """
        main = self.connection
        if not main.has_open_pages:
            return main
        further = self._spare_one()
        if further is None:
            further = self._another(main._bound)
            self._further.append(further)
        return further

    def _release(self, connection: Connection) -> None:
        """Keep a further connection for the next one; a pool's goes back to it."""
        if connection not in self._further:
            return
        if self._pool is None:
            self._spare.append(connection)
        else:
            self._further.remove(connection)
            self._let_go(connection)

    def _another(self, who: Credentials | None = None) -> Connection:
        if self._pool is not None:
            lent = self._pool.check_out()
            self._pool._count_anew(lent)
            return lent
        connection = Connection.of(self.settings)
        try:
            connection.bind(who)
        except BaseException:
            self._let_go(connection)
            raise
        return connection

    def _let_go(
        self, connection: Connection, error: BaseException | None = None
    ) -> None:
        if self._pool is None:
            connection.unbind()
            self._spend(connection)
        else:
            self._spend(connection)
            self._pool.check_in(connection, error)
