"""What a connection has done so far, in numbers; ``str()`` prints them as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from ldapom.protocol import messages as m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: What each request is called here.
KINDS: Final[dict[type, str]] = {
    m.AbandonRequest: "abandon",
    m.AddRequest: "add",
    m.BindRequest: "bind",
    m.CompareRequest: "compare",
    m.DelRequest: "delete",
    m.ExtendedRequest: "extended",
    m.ModifyRequest: "modify",
    m.ModifyDNRequest: "modify DN",
    m.SearchRequest: "search",
    m.UnbindRequest: "unbind",
}

_Row = tuple[int, str, object]


class Usage:
    """Counters of one connection; they go on when it is opened again.

    Octets and messages are LDAP's: without what TLS adds, with what a SASL layer adds.
    Counting is cheap and always on. Read it whenever you like; while another thread
    is busy the numbers may belong to different moments.

    Attributes:
        sockets_opened: Transports that were opened, those in memory included.
        sockets_closed: Those of them that were closed, by either side.
        tls_started: TLS handshakes that succeeded.
        bytes_sent: Octets given to the transport.
        bytes_received: Octets taken from it.
        messages_sent: Requests.
        messages_received: Whatever the server said, unsolicited notices included.
        entries: Entries that searches have delivered.
        references: Continuation references that searches have delivered.
        referrals_followed: Referrals that led to another server.
        reconnects: Times that a lost connection was opened again.
        failed_reconnects: Times that this was tried in vain.
    """

    COUNTERS: Final = (
        "sockets_opened",
        "sockets_closed",
        "tls_started",
        "bytes_sent",
        "bytes_received",
        "messages_sent",
        "messages_received",
        "entries",
        "references",
        "referrals_followed",
        "reconnects",
        "failed_reconnects",
    )
    __slots__ = (*COUNTERS, "_closed", "_counts", "_last", "_opened")

    def __init__(self) -> None:
        self.sockets_opened = self.sockets_closed = self.tls_started = 0
        self.bytes_sent = self.bytes_received = 0
        self.messages_sent = self.messages_received = 0
        self.entries = self.references = self.referrals_followed = 0
        self.reconnects = self.failed_reconnects = 0
        self._counts: dict[type, int] = dict.fromkeys(KINDS, 0)
        # Readings of the monotonic clock: half the price of a date.
        self._opened: float | None = None
        self._closed: float | None = None
        self._last: float | None = None

    @classmethod
    def total(cls, usages: Iterable[Usage]) -> Self:
        """The sums of several; times span all of them.

        Args:
            usages: Perhaps none.
        """
        total = cls()
        for usage in usages:
            total.add(usage)
        return total

    def add(self, other: Usage) -> None:
        """Count what another one has counted; times span both.

        Args:
            other: It stays as it is.
        """
        # A pool does it each time that it lends a connection: most are zero.
        for name in self.COUNTERS:
            if count := getattr(other, name):
                setattr(self, name, getattr(self, name) + count)
        for kind, count in other._counts.items():
            if count:
                self._counts[kind] += count
        self._opened = _choose(min, self._opened, other._opened)
        self._last = _choose(max, self._last, other._last)
        self._closed = _choose(max, self._closed, other._closed)
        if self.sockets_opened > self.sockets_closed:
            self._closed = None

    # --- reading -----------------------------------------------------------------

    @property
    def operations(self) -> dict[str, int]:
        """Requests by kind: ``"search"``, ``"modify DN"`` and so on."""
        return {name: self._counts[kind] for kind, name in KINDS.items()}

    @property
    def opened(self) -> datetime | None:
        """When the first transport was opened (UTC); None before."""
        return _as_date(self._opened)

    @property
    def closed(self) -> datetime | None:
        """When the last transport was closed (UTC); None while one is open."""
        return _as_date(self._closed)

    @property
    def last_operation(self) -> datetime | None:
        """When the last request was made (UTC); None before the first."""
        return _as_date(self._last)

    @property
    def elapsed(self) -> timedelta:
        """From `opened` to `closed`, or until now."""
        if self._opened is None:
            return timedelta()
        end = monotonic() if self._closed is None else self._closed
        return timedelta(seconds=end - self._opened)

    # --- counting ----------------------------------------------------------------

    def count_open(self) -> None:
        """Count a transport that was opened."""
        self.sockets_opened += 1
        self._closed = None
        if self._opened is None:
            self._opened = monotonic()

    def count_close(self) -> None:
        """Count a transport that was closed."""
        self.sockets_closed += 1
        self._closed = monotonic()

    # --- showing -----------------------------------------------------------------

    def _rows(self) -> Iterator[_Row]:
        yield 1, "opened", _shown(self.opened)
        yield 1, "closed", _shown(self.closed)
        yield 1, "last operation", _shown(self.last_operation)
        yield 1, "elapsed", self.elapsed
        yield 1, "sockets", ""
        yield 2, "opened", self.sockets_opened
        yield 2, "closed", self.sockets_closed
        yield 2, "TLS started", self.tls_started
        for what in ("bytes", "messages"):
            sent: int = getattr(self, f"{what}_sent")
            received: int = getattr(self, f"{what}_received")
            yield 1, what, sent + received
            yield 2, "sent", sent
            yield 2, "received", received
        yield 1, "operations", sum(self._counts.values())
        for name, count in self.operations.items():
            yield 2, name, count
        yield 1, "entries", self.entries
        yield 1, "references", self.references
        yield 1, "referrals followed", self.referrals_followed
        yield 1, "reconnects", self.reconnects
        yield 2, "failed", self.failed_reconnects

    def __str__(self) -> str:
        lines = ["usage"]
        for depth, name, value in self._rows():
            lines.append(f"{'  ' * depth + name:24}{value}".rstrip())
        return "\n".join(lines)

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={getattr(self, name)}" for name in self.COUNTERS)
        return f"<Usage {counts}, operations={self.operations}>"


def _choose(
    choice: Callable[[float, float], float], one: float | None, other: float | None
) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return choice(one, other)


def _as_date(moment: float | None) -> datetime | None:
    if moment is None:
        return None
    return datetime.now(UTC) - timedelta(seconds=monotonic() - moment)


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ", "milliseconds")
