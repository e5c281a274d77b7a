"""From a host name to a connected socket, within one deadline.

Addresses are tried staggered, IPv6 and IPv4 in turn (RFC 8305): the next one starts
when one fails or `STAGGER` seconds after the last start, and the first to answer wins.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from functools import lru_cache
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

from ldapom.errors import ConnectError, DeadlineExceeded, LocalProtocolError
from ldapom.protocol.io.waiting import writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.io.deadline import Deadline

#: RFC 8305 section 5: "Connection Attempt Delay", seconds.
STAGGER = 0.25

Address: TypeAlias = tuple[socket.AddressFamily, tuple[Any, ...]]


def dial(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address of the host that answers.

    Returns:
        A connected, non-blocking socket.

    Raises:
        ConnectError: No address answered; the message lists each with its cause.
        DeadlineExceeded: The time ran out first.
    """
    addresses = _interleave(resolve(host, port, deadline))
    attempts = _Attempts(host, port, addresses)
    try:
        return attempts.run(deadline)
    finally:
        attempts.close()


def dial_unix(path: str, deadline: Deadline) -> socket.socket:
    """Connect to a Unix domain socket.

    Raises:
        ConnectError: Nothing listens there, or there are no such sockets here.
    """
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise ConnectError("ldapi:// needs Unix domain sockets; this system has none")
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(deadline.pause())
        connection.connect(path)
        connection.setblocking(False)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise deadline.exceeded() from error
        if isinstance(error, OSError | ValueError):
            raise ConnectError(f"{path}: {error}") from error
        raise
    return connection


def resolve(host: str, port: int, deadline: Deadline) -> list[Address]:
    """All addresses of a name; the resolver can not be interrupted, only left behind.

    Raises:
        ConnectError: There is no such name.
        DeadlineExceeded: The resolver did not answer in time.
    """
    try:
        if "%" not in host:
            return [*_numeric(host, port)]
        # The zone of an address is an interface, which may get another number.
        return _getaddrinfo(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass  # what IDNA can not encode, the real attempt reports
    found: list[Address] = []
    failure: list[OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            found.extend(_getaddrinfo(host, port, 0))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    thread = threading.Thread(target=look_up, name=f"resolve {host}", daemon=True)
    thread.start()
    with contextlib.suppress(DeadlineExceeded):
        while thread.is_alive():
            # In slices, so that closing the connection ends it.
            thread.join(min(deadline.pause(), STAGGER))
    if failure:
        raise ConnectError(f"{host}: {failure[0]}") from failure[0]
    if thread.is_alive():
        raise DeadlineExceeded(
            f"the name {host!r} was not resolved within {deadline.seconds:g} s"
        )
    return found


def reverse_name(address: Any) -> str:  # noqa: ANN401  # what `getpeername` gives
    """The name that the DNS gives to a peer's address; waits for the resolver.

    Raises:
        LocalProtocolError: There is no address, or no name for it.
    """
    try:
        # With AF_UNIX this is a path or nothing, and `getnameinfo` refuses it.
        return socket.getnameinfo(address, socket.NI_NAMEREQD)[0]
    except (OSError, TypeError) as error:
        raise LocalProtocolError(
            f"the server's address has no name in the DNS ({error}): give host="
        ) from error


@lru_cache(maxsize=64)
def _numeric(host: str, port: int) -> tuple[Address, ...]:
    """The address that stands for itself; `OSError` for a name."""
    return tuple(_getaddrinfo(host, port, socket.AI_NUMERICHOST))


def _getaddrinfo(host: str, port: int, flags: int) -> list[Address]:
    # For text Python imports IDNA, which takes as long as ten connections.
    name = host.encode() if host.isascii() else host
    infos = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in infos]


def _interleave(addresses: Sequence[Address]) -> list[Address]:
    """RFC 8305 section 4: families in turn, each in the resolver's order."""
    if len(addresses) == 1:
        return [*addresses]
    first = addresses[0][0] if addresses else None
    ours = [a for a in addresses if a[0] == first]
    others = [a for a in addresses if a[0] != first]
    return [a for a in chain.from_iterable(zip_longest(ours, others)) if a]


class _Attempts:
    """Connects that race; the first that succeeds is taken out, the rest closed."""

    def __init__(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        self._host, self._target = host, f"{host}:{port}"
        self._todo = list(addresses)
        #: Those that race, and where to; nearly always there is one, which wins.
        self._racing: dict[socket.socket, tuple[Any, ...]] = {}
        self._causes: list[str] = []

    def close(self) -> None:
        for attempt in self._racing:
            attempt.close()

    def run(self, deadline: Deadline) -> socket.socket:
        while self._todo or self._racing:
            winner = self._start_next() or self._wait(deadline)
            if winner is not None:
                winner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                winner.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return winner
        raise ConnectError(f"{self._target}: {'; '.join(self._causes) or 'no address'}")

    def _start_next(self) -> socket.socket | None:
        """Begin one connect; a socket is given back if it is there at once."""
        if not self._todo:
            return None
        family, address = self._todo.pop(0)
        try:
            attempt = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self._failed(address, error)
            return None
        attempt.setblocking(False)
        code = attempt.connect_ex(address)
        if code == 0:
            return attempt
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN):
            self._racing[attempt] = address
            return None
        attempt.close()
        self._failed(address, OSError(code, os.strerror(code)))
        return None

    def _wait(self, deadline: Deadline) -> socket.socket | None:
        """Wait for one that answers, until another one is to be started."""
        if not self._racing:
            return None
        try:
            left = deadline.pause()
        except DeadlineExceeded as error:
            raise DeadlineExceeded(
                f"{self._target}: no connection within {deadline.seconds:g} s"
            ) from error
        # In slices also when none is left to start: closing the connection ends it.
        for attempt in writable(self._racing, min(left, STAGGER)):
            address = self._racing.pop(attempt)
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return attempt
            attempt.close()
            self._failed(address, OSError(code, os.strerror(code)))
        return None

    def _failed(self, address: tuple[Any, ...], error: OSError) -> None:
        reason, tried = error.strerror or str(error), address[0]
        self._causes.append(reason if tried == self._host else f"{tried}: {reason}")
