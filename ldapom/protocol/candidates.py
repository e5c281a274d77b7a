"""One way through the servers: each gets its share of the time, until one answers."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from ldapom.errors import ConnectError, LDAPError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.servers import Server, Servers
    from ldapom.protocol.settings import Settings

#: Seconds for one server, to connect and to bind, while others wait to be tried.
PATIENCE: Final = 5.0


class Candidates:
    """The servers of some settings, to be iterated over with a share of the time each.

    For each one say `failed` or `reached`. The loop ends with an error when it is at
    its end.

    Args:
        settings: The connection's.
        order: The servers as they are to be tried; empty where the settings name one.
        deadline: When to give up in all.
    """

    def __init__(
        self, settings: Settings, order: Sequence[Server], deadline: Deadline
    ) -> None:
        self._settings = settings
        self._order = order
        self._deadline = deadline
        self._current: Server | None = None
        self._began = 0.0
        self._causes: list[LDAPError] = []

    @property
    def _servers(self) -> Servers:
        from ldapom.protocol.servers import Servers

        servers = self._settings.url
        assert isinstance(servers, Servers)  # noqa: S101  # or there is no order
        return servers

    def __iter__(self) -> Iterator[tuple[Settings, Deadline]]:
        """Go through them; at the end `ConnectError` with the cause of each."""
        if not self._order:
            yield self._settings, self._deadline
        for number, server in enumerate(self._order):
            if self._deadline.is_over:
                break
            self._current, self._began = server, monotonic()
            yield self._settings.at(server), self._share(number)
        raise ConnectError(
            f"none of the {len(self._order)} servers could be reached: "
            + "; ".join(self._reasons()),
            causes=self._causes,
        )

    def _share(self, number: int) -> Deadline:
        """The time of one server: the same for each, and all that is left for the last.

        All that seem dead count as one, as long as others are there.
        """
        others = self._order[number + 1 :]
        if not others:
            return self._deadline
        lively = sum(not self._servers.is_dead(one) for one in others)
        last_resort = lively < len(others)
        if not self._servers.is_dead(self._order[number]):
            return self._deadline.share(1 + lively + last_resort, PATIENCE)
        return self._deadline.share(1 + len(others), PATIENCE)

    def _reasons(self) -> Iterator[str]:
        for server, cause in zip(self._order, self._causes, strict=False):
            yield f"{server.url}: {cause}"
        for server in self._order[len(self._causes) :]:
            yield f"{server.url}: the time was over before it was tried"

    def failed(self, error: LDAPError) -> None:
        """Go on with the next.

        Raises:
            LDAPError: The same error, where the settings name one server only, or
                nobody waits any more.
        """
        ended = self._deadline.ended
        if self._current is None or (ended is not None and ended()):
            raise error
        self._causes.append(error)
        self._servers.failed(self._current)

    def reached(self) -> None:
        """Take note that this is the one."""
        if self._current is not None:
            self._servers.reached(self._current, monotonic() - self._began)
