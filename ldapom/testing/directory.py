"""A directory server in the process: real entries, real rules, real protocol.

1. `Directory` is what a user holds: content in and out, ways to connect to it.
2. It is a `Target`: ``Connection(directory)`` and ``Session(directory)`` speak to it
   without a socket; `Directory.serve` puts the same behind TCP, TLS or a Unix socket.
3. Any number of threads and connections may use it at once.

Random requests give the results that OpenLDAP gives, except:

- Names keep the spelling they came with, and an unknown attribute type in a name or in
  a value that is a DN is no error. A name outside of all suffixes is not there
  (`NoSuchObject`) for whatever looks for it.
- A rule that is not made for an attribute's syntax (`(uidNumber:caseIgnoreMatch:=1)`)
  may match or not; there it is undefined. ``~=`` compares words as ``=`` does.
- A certificate needs no ``;binary``; syntaxes that OpenLDAP can not check are taken.
- A Modify that takes a value of the RDN away is `NotAllowedOnRDN` (RFC 4511 4.6), not
  `NamingViolation`; a rename to the name of an entry above is `EntryAlreadyExists`, not
  `UnwillingToPerform`. Which of several faults in one request is told may differ.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Self, TypeAlias

from attrs import frozen

from ldapom import ldif
from ldapom.changes import as_values
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.requests import as_modify_change
from ldapom.protocol.write_controls import TreeDelete
from ldapom.schema import Schema
from ldapom.testing import operational, sample
from ldapom.testing.access import Access, Admin, WritableBy
from ldapom.testing.checks import refusal
from ldapom.testing.conversation import Conversation
from ldapom.testing.handler import Handler, Peer
from ldapom.testing.loopback import LoopbackTransport
from ldapom.testing.server import Server
from ldapom.testing.store import Store, vocabulary_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from os import PathLike

    from ldapom.changes import Value
    from ldapom.protocol.io.deadline import Deadline
    from ldapom.testing.accounts import PasswordRules
    from ldapom.testing.handler import Answers, Handle
    from ldapom.testing.tree import Tree

    LDIFSource: TypeAlias = str | PathLike[str] | Iterable[str] | Iterable[bytes]


@frozen
class Snapshot:
    """What a directory held at some moment; see `Directory.snapshot`."""

    _tree: Tree

    def __len__(self) -> int:
        return len(self._tree)

    def __str__(self) -> str:
        return f"snapshot of {len(self)} entries"


class Directory:
    """A directory in memory that keeps to a schema.

    Args:
        suffixes: The names of its topmost entries, such as ``"dc=example,dc=com"``.
        schema: What entries have to keep to; the standard one when left out.
        admin: DN and password of who may do everything; ``cn=admin`` below the first
            suffix with the password ``secret`` when left out. It needs no entry.
        writable_by: ``"admin"``, or ``"anyone"`` to let everybody write.
    """

    def __init__(
        self,
        *suffixes: str,
        schema: Schema | None = None,
        admin: tuple[str, str] | None = None,
        writable_by: WritableBy = "admin",
    ) -> None:
        if not suffixes:
            raise TypeError("a directory needs a suffix, such as 'dc=example,dc=com'")
        name, password = admin or (f"cn=admin,{suffixes[0]}", "secret")
        self.schema = schema or Schema.standard()
        self.admin = Admin(name, password.encode())
        vocabulary = vocabulary_of(self.schema)
        self.subschema = operational.subschema(vocabulary)
        self._begin(Store(suffixes, vocabulary), writable_by)

    def _begin(self, store: Store, writable_by: WritableBy) -> None:
        self.store = store
        self.access = Access(store, self.admin, writable_by)
        self._wrappers: list[Callable[[Handle], Handle]] = []
        self._connections: set[LoopbackTransport] = set()

    @classmethod
    def sample(cls, people: int | None = None) -> Self:
        """A directory of memorable people and groups, the same at each call.

        The suffix is ``dc=example,dc=com``; people are below ``ou=people``, groups
        below ``ou=groups``; ``uid=admin,ou=people,dc=example,dc=com`` writes. Their
        password is ``secret``; further people have none.

        Args:
            people: How many there are; those who are not memorable are ``user00013``
                and so on. The dozen memorable ones are always there.
        """
        directory = cls(sample.SUFFIX, admin=(sample.ADMIN, sample.PASSWORD))
        sample.fill(directory, people)
        return directory

    @property
    def password_rules(self) -> PasswordRules:
        """What passwords have to keep to from now on; by default they need not."""
        return self.access.accounts.rules

    @password_rules.setter
    def password_rules(self, rules: PasswordRules) -> None:
        self.access.accounts.rules = rules

    @property
    def range_size(self) -> int | None:
        """The most values of an attribute in one answer; by default there is no limit.

        More come in ranges (``member;range=0-1499``), as Active Directory sends them.
        """
        return self.store.range_size

    @range_size.setter
    def range_size(self, size: int | None) -> None:
        self.store.range_size = size

    # --- content ---------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.store.tree)

    def __contains__(self, dn: object) -> bool:
        key = self.store.read_dn(str(dn))[1]
        return self.store.tree.find(key) is not None

    def __str__(self) -> str:
        loopback = len(self._connections)
        return (
            f"directory in memory: {len(self)} entries below "
            f"{' and '.join(self.store.suffixes)}, {loopback} connections"
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def add(self, dn: str, attributes: Mapping[str, Value | Iterable[Value]]) -> None:
        """Add an entry as the admin.

        Raises:
            ResultError: It does not fit the schema or the tree.
        """
        self._add(dn, ((name, as_values(v)) for name, v in attributes.items()))

    def _add(
        self, dn: str, attributes: Iterable[tuple[str, tuple[bytes, ...]]]
    ) -> None:
        self.store.add(
            dn,
            [m.PartialAttribute(name, values) for name, values in attributes],
            who=self.admin.dn,
            trusted=True,
        )

    def load(self, source: LDIFSource) -> Self:
        """Add the entries of an LDIF file, or make the changes it describes.

        Args:
            source: A path, an open file, lines, or text of more than one line.

        Raises:
            LDIFSyntaxError: It is no LDIF.
            ResultError: An entry or a change does not fit, or a critical control of
                one is not known here; those before it are made.
        """
        if isinstance(source, str) and "\n" in source:
            records = ldif.loads(source)
        else:
            records = ldif.read(source)
        for record in records:
            try:
                _refuse_critical(record)
                self._apply(record)
            except Exception as error:
                error.add_note(f"while loading {record.dn!r}")
                raise
        return self

    def _apply(self, record: ldif.Record) -> None:
        who = self.admin.dn
        if isinstance(record, ldif.ContentRecord | ldif.AddRecord):
            self._add(record.dn, record.attributes)
        elif isinstance(record, ldif.DeleteRecord):
            if any(one.type == TreeDelete.OID for one in record.controls):
                self.store.delete_below(record.dn)
            self.store.delete(record.dn)
        elif isinstance(record, ldif.ModifyRecord):
            changes = [as_modify_change(change) for change in record.changes]
            self.store.modify(record.dn, changes, who=who)
        else:
            request = m.ModifyDNRequest(
                record.dn, record.new_rdn, record.delete_old_rdn, record.new_superior
            )
            self.store.rename(request, who=who)

    def dump(self, *, operational: bool = True) -> str:
        """Everything as LDIF, parents first; `load` takes it back.

        Args:
            operational: Whether stored operational attributes are among it.
        """
        return ldif.dumps(self._records(operational=operational))

    def _records(self, *, operational: bool) -> Iterator[ldif.ContentRecord]:
        kind = self.store.vocabulary.describe
        with self.store.lock:
            entries = sorted(self.store.tree, key=lambda entry: len(entry.key))
        for entry in entries:
            attributes = tuple(
                (name, values)
                for name, values in entry.values.items()
                if operational or not ((d := kind(name)) and d.kind.operational)
            )
            yield ldif.ContentRecord(entry.dn, attributes)

    def snapshot(self) -> Snapshot:
        """What the directory holds now, to `restore` it later; it costs little."""
        with self.store.lock:
            return Snapshot(self.store.tree.clone())

    def restore(self, snapshot: Snapshot) -> None:
        """Hold again what the directory held when the snapshot was taken."""
        with self.store.lock:
            self.store.hold(snapshot._tree.clone())

    def copy(self) -> Self:
        """Another directory with the same content, schema and admin."""
        store = Store(self.store.suffixes, self.store.vocabulary)
        with self.store.lock:
            store.hold(self.store.tree.clone())
        made = copy(self)
        known = self.access.known
        made._begin(store, self.access.writable_by)
        made.access.know(known)
        made.password_rules = self.password_rules
        made.range_size = self.range_size
        return made

    # --- connections -----------------------------------------------------------

    def open_transport(self, deadline: Deadline) -> LoopbackTransport:
        """Open a connection in memory; what makes this a `Target`."""
        deadline.remaining()
        wakers = self.store.feed.wakers

        def closed() -> None:
            self._connections.discard(transport)
            wakers.discard(transport.wake)

        transport = LoopbackTransport(self.converse(Peer()), closed)
        self._connections.add(transport)
        wakers.add(transport.wake)
        return transport

    def converse(self, peer: Peer) -> Conversation:
        """The server's half of a new connection."""
        handler = self.handler(peer)
        return Conversation(handler.handle, handler.inner.logins.take_layer)

    def handler(self, peer: Peer) -> WrappedHandler:
        """What answers a new connection's requests; the wrappers are looked up live."""
        return WrappedHandler(self, peer)

    def serve(
        self,
        port: int = 0,
        *,
        address: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        ldaps: bool = False,
        path: str | None = None,
    ) -> Server:
        """Serve over TCP, or over a Unix socket, until the ``with`` block ends.

        Args:
            port: The port; 0 lets the system choose.
            address: The address to listen on.
            tls: The server's side of TLS; makes StartTLS possible.
            ldaps: Whether TLS begins at once.
            path: Listen on this Unix socket instead (``ldapi``).
        """
        return Server(
            self, (address, port) if path is None else path, tls=tls, ldaps=ldaps
        )

    @contextmanager
    def wrapped(self, wrapper: Callable[[Handle], Handle]) -> Iterator[None]:
        """Let something stand before the handler of every connection.

        It counts from the next request on, also for connections that are open. Of
        several the last one is asked first.

        Args:
            wrapper: Takes what handles a request and gives what handles it now: it may
                look at requests, change answers, or answer by itself.
        """
        self._wrappers.append(wrapper)
        try:
            yield
        finally:
            self._wrappers.remove(wrapper)

    @contextmanager
    def recording(self) -> Iterator[list[m.LDAPMessage]]:
        """Record all requests of all connections, in the order they are handled."""
        requests: list[m.LDAPMessage] = []

        def wrapper(handle: Handle) -> Handle:
            def recorded(message: m.LDAPMessage) -> Answers:
                requests.append(message)
                return handle(message)

            return recorded

        with self.wrapped(wrapper):
            yield requests


def _refuse_critical(record: ldif.Record) -> None:
    """Refuse a change that is not to be made without a control (RFC 4511 4.1.11).

    Known is only that a delete takes along what is below.
    """
    if isinstance(record, ldif.ContentRecord):
        return
    known = {TreeDelete.OID} if isinstance(record, ldif.DeleteRecord) else set[str]()
    for control in record.controls:
        if control.criticality and control.type not in known:
            raise refusal(
                ResultCode.unavailableCriticalExtension,
                f"control {control.type} of an LDIF record is not understood",
            )


class WrappedHandler:
    """A handler behind the wrappers that the directory has at that moment."""

    def __init__(self, directory: Directory, peer: Peer) -> None:
        self._directory = directory
        self.inner = Handler(directory, peer)

    def handle(self, message: m.LDAPMessage) -> Answers:
        """Answer a request; see `Handler.handle`."""
        handle: Handle = self.inner.handle
        for wrapper in tuple(self._directory._wrappers):
            handle = wrapper(handle)
        return handle(message)
