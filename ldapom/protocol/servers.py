"""Several servers that hold the same: which one to ask next, and which seem dead.

1. A server that could not be reached is left out for `Servers.dead_for` seconds; when
   no other is left it is tried all the same.
2. What is known of the servers belongs to one `Servers` value, and so to the
   connections that share it.
3. SRV records come over a DNS that anybody may forge. So inside TLS the certificate
   has to carry the server's name only where that lies in the domain that was asked
   for, and else the name of the domain itself (RFC 6125 6.2.1).
"""

from __future__ import annotations

import random
import threading
from itertools import groupby
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import Factory, field, frozen

from ldapom._given import measures, one_of
from ldapom.errors import ConnectError
from ldapom.protocol.io import srv
from ldapom.url import LDAPURL, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.protocol.io.deadline import Deadline

Strategy: TypeAlias = Literal["in order", "round robin", "random", "fastest"]
STRATEGIES: Final = ("in order", "round robin", "random", "fastest")

#: The service of a URL's scheme in the DNS, by how such a place is written.
_SERVICES: Final = {"srv": ("ldap", "_ldap._tcp"), "srvs": ("ldaps", "_ldaps._tcp")}

#: Seconds after which a server's time is measured anew, for the fastest.
_FRESH: Final = 600.0


@frozen
class Domain:
    """A domain whose SRV records name the servers: ``srv:example.com``.

    Attributes:
        kind: ``"srv"`` for ``ldap://``, ``"srvs"`` for ``ldaps://``.
        name: The domain.
    """

    kind: str
    name: str

    @property
    def scheme(self) -> str:
        """The scheme of its servers' URLs."""
        return _SERVICES[self.kind][0]

    @property
    def service(self) -> str:
        """What is asked for in the DNS."""
        return _SERVICES[self.kind][1]

    def server(self, record: srv.Record) -> Server:
        """The server that a record names."""
        url = LDAPURL(self.scheme, record.host, port=record.port)
        domain = self.name.rstrip(".").lower()
        inside = f".{record.host.lower()}".endswith(f".{domain}")
        certificate = None if inside else domain
        return Server(url, certificate, record.priority, record.weight)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@frozen
class Server:
    """One server.

    Attributes:
        url: Where it is.
        certificate: The name that its certificate has to carry, where that is not the
            URL's host.
        priority: Of those of one domain the lowest come first (RFC 2782).
        weight: How often among those of the same priority; None is not said.
    """

    url: LDAPURL
    certificate: str | None = None
    priority: int = 0
    weight: int | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from others."""
        return (self.url.scheme, *self.url.address)


class _Known:
    """What was found out about servers so far; any thread may ask."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.died: dict[object, float] = {}
        self.took: dict[object, tuple[float, float]] = {}
        self.answers: dict[Domain, tuple[float, srv.Answer]] = {}
        self.turn = 0


def _read(place: str | LDAPURL | Domain) -> LDAPURL | Domain:
    if not isinstance(place, str):
        return place
    kind, mark, rest = place.partition(":")
    if mark and kind.lower() in _SERVICES:
        name = rest.strip(".")
        if not name or not all(c.isalnum() or c in "-._" for c in name):
            raise refusal("a domain follows, as in srv:example.com", place, 4)
        return Domain(kind.lower(), name)
    return LDAPURL.parse(place)


def is_several(place: object) -> bool:
    """Whether something names servers as `Servers` does, and no single URL."""
    if isinstance(place, str):
        return place.partition(":")[0].lower() in _SERVICES
    return isinstance(place, list | tuple)


@frozen(init=False, repr=False)
class Servers:
    """Several servers, as the ``url`` of a connection, a session or a pool.

    For example ``Servers("ldap://a", "ldap://b", strategy="round robin")``. A list of
    URLs is short for one with the defaults; ``"srv:example.com"`` stands for what the
    DNS names, ``"srvs:example.com"`` for the same with ``ldaps://``.

    Args:
        *places: URLs and domains.
        strategy: ``"in order"`` prefers the first that is not dead; ``"round robin"``
            lets each new connection begin with another; ``"random"``; ``"fastest"``
            is the one that connects most quickly, measured every ten minutes. Among
            the servers of a domain they choose within one priority.
        dead_for: Seconds that a server is left out that could not be reached.
    """

    places: tuple[LDAPURL | Domain, ...]
    strategy: Strategy = field(validator=one_of(STRATEGIES))
    dead_for: float = field(validator=measures(0))
    _known: _Known = field(init=False, eq=False, default=Factory(_Known))

    def __init__(
        self,
        *places: str | LDAPURL | Domain,
        strategy: Strategy = "in order",
        dead_for: float = 60.0,
    ) -> None:
        if not places:
            raise ValueError("Servers needs at least one URL")
        read = tuple(map(_read, places))
        self.__attrs_init__(read, strategy, dead_for)  # pyright: ignore[reportAttributeAccessIssue]  # attrs makes it

    @property
    def asks_dns(self) -> bool:
        """Whether some of them are named by the DNS."""
        return any(isinstance(place, Domain) for place in self.places)

    @property
    def schemes(self) -> frozenset[str]:
        """How they are spoken to."""
        return frozenset(place.scheme for place in self.places)

    # --- in which order ----------------------------------------------------------

    def order(self, deadline: Deadline) -> list[Server]:
        """All of them as they are to be tried now; waits for the DNS where it has to.

        Raises:
            ConnectError: None is known, because the DNS names none.
            LocalProtocolError: The package that asks the DNS is not installed.
        """
        groups = self._groups(deadline)
        known = self._known
        with known.lock:
            turn, known.turn = known.turn, known.turn + 1
            servers = [one for group in groups for one in self._sorted(group, turn)]
            unique = list({one.key: one for one in reversed(servers)}.values())[::-1]
            # Those that died long ago have the better chance.
            dead = sorted(filter(self._is_dead, unique), key=self._death)
            return [one for one in unique if not self._is_dead(one)] + dead

    def _groups(self, deadline: Deadline) -> list[list[Server]]:
        """Those among which the strategy chooses."""
        groups: list[list[Server]] = []
        causes: list[ConnectError] = []
        for is_domain, run in groupby(
            self.places, key=lambda place: isinstance(place, Domain)
        ):
            if not is_domain:
                groups.append([Server(one) for one in run if isinstance(one, LDAPURL)])
                continue
            for domain in run:
                assert isinstance(domain, Domain)  # noqa: S101  # groupby() says so
                try:
                    answer = self._look_up(domain, deadline)
                except ConnectError as error:
                    causes.append(error)
                else:
                    groups += _by_priority(map(domain.server, answer.records))
        if not groups:
            raise ConnectError("; ".join(map(str, causes)), causes=causes)
        return groups

    def _look_up(self, domain: Domain, deadline: Deadline) -> srv.Answer:
        """The records of a domain; older ones are still better than none."""
        answers = self._known.answers
        until, answer = answers.get(domain, (0.0, None))
        if answer is not None and monotonic() < until:
            return answer
        try:
            found = srv.look_up(domain.service, domain.name, deadline)
        except ConnectError:
            if answer is None:
                raise
            return answer
        answers[domain] = (monotonic() + found.ttl, found)
        return found

    def _sorted(self, group: list[Server], turn: int) -> Sequence[Server]:
        weighed = group[0].weight is not None
        if self.strategy == "round robin":
            start = turn % len(group)
            return group[start:] + group[:start]
        if self.strategy == "fastest":
            return sorted(group, key=self._time)
        if weighed or self.strategy == "random":
            return _drawn(group)
        return group

    def _time(self, server: Server) -> float:
        took, when = self._known.took.get(server.key, (0.0, 0.0))
        return took if monotonic() - when < _FRESH else 0.0

    # --- dead or alive -----------------------------------------------------------

    def _death(self, server: Server) -> float:
        return self._known.died.get(server.key, 0.0)

    def _is_dead(self, server: Server) -> bool:
        died = self._known.died.get(server.key)
        return died is not None and monotonic() - died < self.dead_for

    def is_dead(self, server: Server) -> bool:
        """Whether it is left out at this moment."""
        with self._known.lock:
            return self._is_dead(server)

    def failed(self, server: Server) -> None:
        """Take note that it could not be reached, or has no time."""
        with self._known.lock:
            self._known.died[server.key] = monotonic()

    def reached(self, server: Server, seconds: float) -> None:
        """Take note that it was reached, and how long that took."""
        with self._known.lock:
            self._known.died.pop(server.key, None)
            self._known.took[server.key] = (seconds, monotonic())

    def __str__(self) -> str:
        return ", ".join(map(str, self.places))

    def __repr__(self) -> str:
        places = ", ".join(repr(str(place)) for place in self.places)
        return (
            f"Servers({places}, strategy={self.strategy!r}, dead_for={self.dead_for!r})"
        )


def _by_priority(servers: Iterator[Server]) -> list[list[Server]]:
    ordered = sorted(servers, key=lambda one: one.priority)
    return [list(same) for _, same in groupby(ordered, key=lambda one: one.priority)]


def _drawn(group: Sequence[Server]) -> list[Server]:
    """Draw one after the other by weight (RFC 2782), at random where there is none."""
    left = list(group)
    random.shuffle(left)
    # "Arrange all SRV RRs in any order, except that all those with weight 0 are placed
    # at the beginning": they get their small chance.
    left.sort(key=lambda one: bool(one.weight))
    drawn: list[Server] = []
    while left:
        mark = random.randint(0, sum(one.weight or 0 for one in left))  # noqa: S311  # nothing secret
        for one in left:
            mark -= one.weight or 0
            if mark <= 0:
                drawn.append(one)
                left.remove(one)
                break
    return drawn
