"""Waiting until a socket can be read or written, as each system knows how."""

from __future__ import annotations

import math
import select
import selectors
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection

    from ldapom.protocol.io.deadline import Deadline


def _way(fd: int, *, readable: bool) -> Callable[[int], object]:
    """How to wait for one socket, some milliseconds at most: true when it is ready.

    ``poll`` is one call to the system, and knows no limit to the descriptor. Windows
    has none.
    """
    if not hasattr(select, "poll"):
        return partial(_select, fd, readable=readable)
    poll = select.poll()
    poll.register(fd, select.POLLIN if readable else select.POLLOUT)
    return poll.poll


def _select(fd: int, milliseconds: int, *, readable: bool) -> bool:
    event = selectors.EVENT_READ if readable else selectors.EVENT_WRITE
    with selectors.DefaultSelector() as selector:
        selector.register(fd, event)
        return bool(selector.select(milliseconds / 1000))


def writable(sockets: Collection[socket.socket], seconds: float) -> list[socket.socket]:
    """Those of some few sockets that can be written to, or have failed.

    Args:
        sockets: Which to wait for.
        seconds: For how long at most.
    """
    by_fd = {each.fileno(): each for each in sockets}
    if not hasattr(select, "poll"):
        with selectors.DefaultSelector() as selector:
            for fd in by_fd:
                selector.register(fd, selectors.EVENT_WRITE)
            return [by_fd[key.fd] for key, _ in selector.select(seconds)]
    # The selectors of the library take ten times as long around the same call.
    poll = select.poll()
    for fd in by_fd:
        poll.register(fd, select.POLLOUT)
    ready = poll.poll(max(1, math.ceil(seconds * 1000)))
    return [by_fd[fd] for fd, _ in ready]


class Waiter:
    """Waits for one socket; several threads have one each.

    Args:
        fd: The socket's descriptor.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._readable = _way(fd, readable=True)
        self._writable: Callable[[int], object] | None = None  # seldom asked for

    def wait_readable(self, deadline: Deadline) -> None:
        """Wait until something has come, or the end.

        Raises:
            DeadlineExceeded: It did not in time.
        """
        while not self._readable(deadline.milliseconds()):
            pass

    def wait_writable(self, deadline: Deadline) -> None:
        """Wait until the system takes more.

        Raises:
            DeadlineExceeded: It did not in time.
        """
        if self._writable is None:
            self._writable = _way(self._fd, readable=False)
        while not self._writable(deadline.milliseconds()):
            pass

    def is_readable(self) -> bool:
        """Whether something has come, or the end; does not wait."""
        return bool(self._readable(0))
