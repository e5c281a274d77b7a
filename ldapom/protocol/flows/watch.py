"""What all ways to watch a search have in common; each is a flow that never ends.

1. A `Watcher` outlives connections: `begin` gives it a new one, and it goes on from
   where it was. Nothing is told twice, whatever the server repeats.
2. `fetch` may be left at a deadline at any point; the next one goes on there.
3. A server is not trusted to end what it tells: what has to be kept has a limit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeAlias, TypeVar

from attrs import frozen

from ldapom.errors import DeadlineExceeded, LDAPError, RemoteProtocolError
from ldapom.protocol._exchanges import Entries
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.flows.probe import PROBE
from ldapom.protocol.flows.steps import Receive
from ldapom.protocol.messages import (
    LDAPMessage,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow, Wish

R = TypeVar("R")

#: How a search is watched: RFC 4533, persistent search, or Active Directory's DirSync.
WatchMode: TypeAlias = Literal["content sync", "persistent search", "DirSync"]

#: Entries that are kept in mind, at most: by their names and not by their values.
MAX_ENTRIES = 10_000_000


class Kind(Enum):
    """What may happen."""

    nothing = "nothing"
    added = "added"
    changed = "changed"
    deleted = "deleted"
    synced = "synced"
    missed = "missed"


@frozen
class Happening:
    """One thing that has happened.

    Attributes:
        kind: What.
        entry: What was added or changed, as it is now.
        dn: What was deleted; the former name of what was renamed. As received.
        uuid: Which entry, where the server says it.
        remaining: With ``synced``: all that is there, where the server said that
            instead of what is gone.
        cookie: Where to go on from once this is dealt with; None is where it was.
    """

    kind: Kind
    entry: SearchResultEntry | None = None
    dn: str | None = None
    uuid: UUID | None = None
    remaining: frozenset[UUID] | None = None
    cookie: bytes | None = None


@frozen
class _Known:
    """An entry that is there: its name, and what was last told of it, as a hash."""

    dn: str | None
    print: int | None
    uuid: UUID | None


_UNSEEN = _Known(None, None, None)


class Content:
    """The entries that are known to be there.

    Args:
        whole: Whether there are no others: all of them have been told, or will be.
    """

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self._known: dict[bytes, _Known] = {}
        self._seen: set[bytes] | None = None

    def __len__(self) -> int:
        return len(self._known)

    def tell(
        self,
        key: bytes,
        entry: SearchResultEntry,
        uuid: UUID | None = None,
        *,
        changed: bool = False,
    ) -> list[Happening]:
        """Take note of an entry that is there.

        Args:
            key: What it is known by.
            entry: As it is.
            uuid: Its UUID, where there is one.
            changed: Whether the server says that it was there before.

        Returns:
            What has happened; nothing if it is what it was.
        """
        before = self._known.get(key)
        now = _Known(entry.object_name, _print(entry), uuid)
        self._keep(key, now)
        if before is None or before.dn is None:
            # OpenLDAP names what is there by its UUID first, what is new among it.
            new = self.whole or not changed
            kind = Kind.added if new else Kind.changed
            return [Happening(kind, entry, uuid=uuid)]
        if before.print == now.print:
            return []
        former = before.dn if before.dn != now.dn else None
        return [Happening(Kind.changed, entry, former, uuid)]

    def see(self, key: bytes, uuid: UUID | None = None) -> None:
        """Take note that an entry is there as it was."""
        self._keep(key, self._known.get(key, _Known(None, None, uuid)))

    def _keep(self, key: bytes, known: _Known) -> None:
        self._known[key] = known
        if self._seen is not None:
            self._seen.add(key)
        if len(self._known) > MAX_ENTRIES:
            raise RemoteProtocolError(
                f"the server tells of more than {MAX_ENTRIES} entries"
            )

    def rename(self, old: bytes, new: bytes) -> None:
        """Take note that an entry is known by another key now."""
        known = self._known.pop(old, None)
        if known is not None:
            self._known[new] = known

    def drop(
        self, key: bytes, dn: str | None = None, uuid: UUID | None = None
    ) -> list[Happening]:
        """Take note that an entry is gone.

        Returns:
            That it is; nothing if it never was there.
        """
        known = self._known.pop(key, None)
        if known is None:
            if self.whole:
                return []
            known = _UNSEEN
        return [
            Happening(Kind.deleted, dn=known.dn or dn or None, uuid=known.uuid or uuid)
        ]

    def begin_round(self) -> None:
        """Begin to note what is seen."""
        self._seen = set()

    def end_round(self) -> tuple[list[Happening], frozenset[UUID] | None]:
        """All that was not seen is gone.

        Returns:
            What is gone, if it is known what was there; else what is there.
        """
        seen, self._seen = self._seen or set(), None
        if self.whole:
            gone = [key for key in self._known if key not in seen]
            return [each for key in gone for each in self.drop(key)], None
        self._known = {key: self._known[key] for key in seen}
        self.whole = True
        found = (known.uuid for known in self._known.values())
        return [], frozenset(uuid for uuid in found if uuid is not None)

    def leave_round(self) -> None:
        """What was not seen may be there nevertheless."""
        self._seen = None


def _print(entry: SearchResultEntry) -> int:
    """A hash of all an entry shows: a difference in it is a difference to tell."""
    attributes = entry.attributes
    if isinstance(attributes, LazyAttributes):
        return hash((entry.object_name, attributes.raw))
    return hash((entry.object_name, tuple(attributes)))


class Patient(Generic[R]):
    """A flow that may be left while it waits, and gone on with later."""

    def __init__(self, flow: Flow[R]) -> None:
        self._flow = flow
        self._wish: Wish | None = None

    def go_on(self) -> Flow[R]:
        """Go on with it.

        Raises:
            DeadlineExceeded: It waits still.
        """
        flow = self._flow
        try:
            wish = next(flow) if self._wish is None else self._wish
            while True:
                self._wish = wish
                # What is raised here does not reach the flow.
                answer = yield wish
                wish = flow.send(answer)
        except StopIteration as stop:
            result: R = stop.value
            return result

    def close(self) -> None:
        """Give up on it; queues the Abandon of what it waits for."""
        self._flow.close()


class Watcher(ABC):
    """One way to watch one search.

    Args:
        request: The search.
        cookie: Where to go on from, in the server's own words; None is the beginning.
        initial: Whether to tell what is there already.
    """

    mode: ClassVar[WatchMode]

    def __init__(
        self, request: SearchRequest, cookie: bytes | None = None, *, initial: bool
    ) -> None:
        self._request = request
        self._cookie = cookie
        self._initial = initial
        self._engine: Engine
        self._work: Patient[list[Happening]] | None = None
        self._probe: int | None = None
        self._error: LDAPError | None = None

    @property
    def is_probing(self) -> bool:
        """Whether the server was asked whether it is there, and has not answered."""
        return self._probe is not None

    def begin(self, engine: Engine) -> None:
        """Go on with another connection."""
        self._engine = engine
        self._work = self._probe = self._error = None

    def fetch(self) -> Flow[list[Happening] | None]:
        """Wait for what happens next; perhaps for nothing that anybody wants to know.

        Returns:
            What has happened; None when the time ran out.

        Raises:
            ResultError: The server refuses, or ends it.
            ConnectionLost: The connection, or the server's patience, is at its end.
        """
        if self._error is not None:
            raise self._error
        try:
            if self._probe is not None:
                yield from self._answered(self._probe)
                self._probe = None
            if self._work is None:
                self._work = Patient(self._step())
            found = yield from self._work.go_on()
        except DeadlineExceeded:
            return None
        self._work = None
        return found

    @abstractmethod
    def _step(self) -> Flow[list[Happening]]:
        """Do what is to be done next."""

    def _read(self, messages: Sequence[LDAPMessage]) -> list[Happening]:
        """What messages tell; an error waits until what came before it is told."""
        happened: list[Happening] = []
        try:
            for message in _one_by_one(messages):
                happened += self._take(message)
        except LDAPError as error:
            if not happened:
                raise
            self._error = error
        return happened

    @abstractmethod
    def _take(self, message: LDAPMessage) -> Sequence[Happening]:
        """What one answer tells."""

    def wake(self) -> None:
        """Nothing has been heard for a while: ask whether the server is there."""
        if self._probe is None:
            self._probe = self._engine.send(PROBE)

    def _answered(self, message_id: int) -> Flow[None]:
        """Wait for the end of a search, whatever it is."""
        while True:
            for message in (yield Receive(message_id)):
                if isinstance(message.op, SearchResultDone):
                    return

    def leave(self) -> Flow[None]:
        """Tell the server that nobody watches any more; waits for nothing."""
        work, self._work = self._work, None
        if work is not None:
            work.close()
        if not self._engine.closed:
            self._forget()
        return
        yield  # makes it a flow

    def _forget(self) -> None:
        """Queue an Abandon for what is outstanding."""
        if self._probe is not None:
            self._engine.forget(self._probe)
            self._probe = None


def _one_by_one(messages: Sequence[LDAPMessage]) -> Iterator[LDAPMessage]:
    for message in messages:
        if isinstance(message, Entries):
            for entry in message.entries:
                yield LDAPMessage(message.message_id, entry)
        else:
            yield message


def count_entries(messages: Sequence[LDAPMessage]) -> int:
    """How many entries some messages hold."""
    return sum(
        len(message.entries)
        if isinstance(message, Entries)
        else isinstance(message.op, SearchResultEntry)
        for message in messages
    )
