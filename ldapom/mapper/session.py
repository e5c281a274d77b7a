"""`Session`: a bound connection that queries over entry classes run in.

1. Entering opens and binds, leaving unbinds, whatever happened in between.
2. A session serves one thread at a time; it notices when it does not.
3. A connection carries at most one open paged search, since servers keep one cookie:
   a second stream goes over a connection of its own, as the same identity.
4. Changes are sent by ``commit`` and by nothing else; leaving with changes that were
   not sent is an error.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from ldapom.errors import LocalProtocolError, NoResult, NoSuchObject
from ldapom.mapper import ambient, asking, saving
from ldapom.mapper.changing import Changing
from ldapom.mapper.diff import VERSIONS
from ldapom.mapper.how import How
from ldapom.mapper.shape import Shape, shown
from ldapom.mapper.unit import Unit
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.messages import Scope
from ldapom.protocol.settings import Settings, Wire
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from ldapom.dn import DN
    from ldapom.mapper.cursors import Writer
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.how import OnError
    from ldapom.mapper.operations import Operation
    from ldapom.mapper.query import HasQuery, Query
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.io.sync import Target
    from ldapom.protocol.io.tls import Tls
    from ldapom.protocol.messages import Control, SearchRequest, SearchResultEntry
    from ldapom.schema import RootDSE, Schema

E = TypeVar("E", bound="Entry")
E_co = TypeVar("E_co", covariant=True)
P = ParamSpec("P")


class Session(Changing):
    """A conversation with one directory, as one identity.

    For example::

        with Session("ldaps://ldap.example.com", Simple(dn, password)) as session:
            admin = User.query(uid="admin").first()

    Nothing is sent before it is entered, and it can be entered again. Queries that
    name no session use the innermost one around them. Entries stay usable afterwards.

    Args:
        url: ``ldap://``, ``ldaps://`` or ``ldapi://``, or a `Target` such as
            ``ldapom.testing.Directory``. Its DN is where models without a ``base``
            are looked for.
        credentials: Who to be; nobody when left out.
        tls: `Tls` settings or a ready ``ssl.SSLContext``. The default verifies chain
            and host name against the system's trust store.
        start_tls: Make an ``ldap://`` connection private before anything else.
        timeout: Seconds that each call may take, everything in it included; for a
            stream, each batch.
        allow_cleartext: Let secrets travel on a clear connection to another machine.
        optimistic: Refuse to change what somebody else has changed since it was read
            (RFC 4528), even where the changes do not touch.
    """

    def __init__(
        self,
        url: str | LDAPURL | Target,
        credentials: Credentials | None = None,
        *,
        tls: Tls | ssl.SSLContext | None = None,
        start_tls: bool = False,
        timeout: float = 30.0,
        allow_cleartext: bool = False,
        optimistic: bool = False,
    ) -> None:
        who = credentials if credentials is not None else Anonymous()
        self.settings = Settings(
            url, who, tls, start_tls, timeout, allow_cleartext, Wire()
        )
        self.optimistic = optimistic
        self._connection: Connection | None = None
        self._further: list[Connection] = []
        self._turn = Lock()
        self._dirty: set[Unit] = set()
        self.unit = self.new_unit()

    # --- entering and leaving --------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the session was entered and not yet left."""
        return self._connection is not None

    def __enter__(self) -> Self:
        if self._connection is not None:
            raise LocalProtocolError(
                f"the session with {self._where} is entered already; make another "
                "Session to nest them"
            )
        connection = Connection.of(self.settings)
        try:
            connection.bind()
        except BaseException:
            connection.unbind()
            raise
        self._connection = connection
        ambient.enter(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connections = [*self._further, self.connection]
        self._connection, self._further = None, []
        ambient.leave(self)
        units = [*self._dirty]
        with ExitStack() as stack:
            for connection in connections:
                stack.callback(connection.unbind)
        left = saving.left_over(units) if kind is None else None
        for unit in {*units, self.unit}:
            unit.close()
        self.unit = self.new_unit()
        if left is not None:
            raise left

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
        return model.query(*args, **kwargs).using(self)

    def get(self, model: type[E], dn: DN | str) -> E:
        """Read one entry by its name.

        Raises:
            NoResult: If there is none, or it is none of the model's class.
        """
        shape = Shape(model, base=str(dn), scope=Scope.base, page_size=0)
        try:
            found = list(asking.entries(self, shape))
        except NoSuchObject as error:
            raise NoResult(f"there is no entry {str(dn)!r}") from error
        if not found:
            raise NoResult(
                f"{str(dn)!r} is no {model.__name__}, or may not be read: "
                f"{shown(shape.filter())} does not match it"
            )
        # make() gives what it is told to.
        return found[0]  # type: ignore[return-value]

    def who_am_i(self) -> str:
        """The authorization identity (RFC 4532), as the server writes it."""
        with self._alone():
            return self.connection.who_am_i()

    @property
    def connection(self) -> Connection:
        """The untyped client underneath, for what has no class.

        Raises:
            LocalProtocolError: If the session is not entered.
        """
        return self._check_open()

    @property
    def root_dse(self) -> RootDSE:
        """What the server says of itself; read when first asked for."""
        with self._alone():
            return self.connection.root_dse

    @property
    def schema(self) -> Schema:
        """The server's schema; read when first asked for."""
        with self._alone():
            return self.connection.schema

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
        return self.commit_unit(self.unit, on_error=on_error, atomic=atomic)

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
        saving.refresh(self, entry, discard=discard)

    def writer(self, model: type[E]) -> Writer[E]:
        """A unit of work of its own for entries of a class; it begins empty.

        Args:
            model: The class.
        """
        from ldapom.mapper.cursors import Writer

        return Writer(self, model)

    # --- for writers and queries -----------------------------------------------------

    def new_unit(self) -> Unit:
        """A unit of work whose changes must not be forgotten."""
        return Unit(self, self._dirty)

    def commit_unit(
        self, unit: Unit, *, on_error: OnError, atomic: bool
    ) -> tuple[Operation, ...]:
        """Send what is pending in a unit of work."""
        how = How(on_error, atomic, self.optimistic)
        with self._alone():
            return saving.commit(self, unit, how)

    @property
    def versions(self) -> tuple[str, ...]:
        """Attributes to ask for beside those of the model."""
        return VERSIONS if self.optimistic else ()

    def batches(
        self,
        request: SearchRequest,
        *,
        page_size: int = 0,
        controls: Sequence[Control] = (),
    ) -> Iterator[list[SearchResultEntry]]:
        """The entries of a search as messages, in the batches they arrive in."""
        with self._alone():
            connection = self.free() if page_size else self.connection
            stream = connection.stream(request, page_size=page_size, controls=controls)
        source = stream.batches()
        try:
            while True:
                with self._alone():
                    self._check_open()
                    batch = next(source, None)
                if batch is None:
                    return
                yield batch
        finally:
            stream.close()

    def free(self) -> Connection:
        """A connection without an open paged search, a further one if need be."""
        main = self.connection
        if not main.has_open_pages:
            return main
        for connection in self._further:
            if connection.is_open and not connection.has_open_pages:
                return connection
        further = Connection.of(self.settings)
        further.bind(main.bound_as)
        self._further.append(further)
        return further

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Notice when two threads use the session at the same time.

        Raises:
            LocalProtocolError: In the thread that came second.
        """
        if not self._turn.acquire(blocking=False):
            raise LocalProtocolError(
                "a session serves one thread at a time, and another one is using it: "
                "open a session in each thread"
            )
        try:
            yield
        finally:
            self._turn.release()

    def _check_open(self) -> Connection:
        if self._connection is None:
            raise LocalProtocolError(
                f"the session with {self._where} is not open: use it in a with "
                "statement"
            )
        return self._connection

    @property
    def _where(self) -> str:
        url = self.settings.url
        return str(url) if isinstance(url, LDAPURL) else type(url).__name__

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
            f"optimistic={self.optimistic!r})"
        )
