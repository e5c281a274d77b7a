"""Waiting until a socket can be read or written, as each system knows how."""

from __future__ import annotations

import math
import select
import selectors
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection

    from ldapom.protocol.io.deadline import Deadline


class _Poll:
    """Waits by ``poll``: one call to the system, and no limit to the descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._poll = select.poll()
        self._waits_for: bool | None = None
        ends = select.POLLERR | select.POLLHUP
        self._events = (select.POLLOUT | ends, select.POLLIN | ends)

    def wait(self, milliseconds: int, *, readable: bool) -> bool:
        """Whether it is ready before the time is over."""
        if self._waits_for is not readable:
            self._poll.register(self._fd, self._events[readable])
            self._waits_for = readable
        return bool(self._poll.poll(milliseconds))


class _Select:
    """The same where there is no ``poll``, as on Windows."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def wait(self, milliseconds: int, *, readable: bool) -> bool:
        """Whether it is ready before the time is over."""
        event = selectors.EVENT_READ if readable else selectors.EVENT_WRITE
        with selectors.DefaultSelector() as selector:
            selector.register(self._fd, event)
            return bool(selector.select(milliseconds / 1000))


def writable(sockets: Collection[socket.socket], seconds: float) -> list[socket.socket]:
    """Those of some few sockets that can be written to, or have failed.

    Args:
        sockets: Which to wait for.
        seconds: For how long at most.
    """
    if not hasattr(select, "poll"):
        with selectors.DefaultSelector() as selector:
            by_fd = {each.fileno(): each for each in sockets}
            for fd in by_fd:
                selector.register(fd, selectors.EVENT_WRITE)
            return [by_fd[key.fd] for key, _ in selector.select(seconds)]
    # The selectors of the library take ten times as long around the same call.
    poll = select.poll()
    for each in sockets:
        poll.register(each, select.POLLOUT)
    ready = {fd for fd, _ in poll.poll(max(1, math.ceil(seconds * 1000)))}
    return [each for each in sockets if each.fileno() in ready]


class Waiter:
    """Waits for one socket; several threads have one each.

    Args:
        fd: The socket's descriptor.
    """

    def __init__(self, fd: int) -> None:
        self._way = _Poll(fd) if hasattr(select, "poll") else _Select(fd)

    def wait_readable(self, deadline: Deadline) -> None:
        """Wait until something has come, or the end.

        Raises:
            DeadlineExceeded: It did not in time.
        """
        while not self._way.wait(deadline.milliseconds(), readable=True):
            pass

    def wait_writable(self, deadline: Deadline) -> None:
        """Wait until the system takes more.

        Raises:
            DeadlineExceeded: It did not in time.
        """
        while not self._way.wait(deadline.milliseconds(), readable=False):
            pass

    def is_readable(self) -> bool:
        """Whether something has come, or the end; does not wait."""
        return self._way.wait(0, readable=True)
