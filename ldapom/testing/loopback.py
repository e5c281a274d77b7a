"""A connection to a directory in the same process: real octets, no socket.

The server's half does its work in the thread that asks: what is sent is answered when
the answer is received, and what needs no answer at once.
"""

from __future__ import annotations

from collections import deque
from threading import Event, RLock
from typing import TYPE_CHECKING

from ldapom.errors import ConnectionLost, TLSError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from ldapom.protocol.io.deadline import Deadline
    from ldapom.testing.conversation import Conversation

#: Chunks that are made ready when something is sent. More wait until they are asked
#: for, so that nobody builds a result that nobody reads.
_AHEAD = 4


class LoopbackTransport:
    """A `Transport` whose other end is a conversation.

    Args:
        conversation: The server's half.
        on_close: Called once when this end closes.
    """

    def __init__(
        self, conversation: Conversation, on_close: Callable[[], None]
    ) -> None:
        self._conversation = conversation
        self._on_close = on_close
        self._ready: deque[bytes] = deque()
        self._chunks: Iterator[bytes] | None = None
        # Not a condition: who changes the directory holds other locks as it wakes us.
        self._lock = RLock()
        self._changed = Event()
        self._closed = False

    @property
    def is_private(self) -> bool:
        """Nothing leaves the process."""
        return True

    @property
    def description(self) -> str:
        """What this is, for people."""
        return "directory in memory"

    @property
    def certificate(self) -> bytes | None:
        """None: there is no TLS."""
        return None

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Give the octets to the server, which begins to answer."""
        deadline.remaining()
        with self._lock:
            if self._closed or self._conversation.closed:
                raise ConnectionLost("the directory has closed this connection")
            self._conversation.receive(data)
            while len(self._ready) < _AHEAD and self._work():
                pass
        self._changed.set()

    def _work(self) -> bool:
        """Make one more chunk ready; False when there is nothing to answer."""
        begun = self._chunks is not None
        chunks = self._chunks = self._chunks or self._conversation.chunks()
        chunk = next(chunks, None)
        if chunk is None:
            self._chunks = None
            # What has happened since those began to be made, others tell.
            return begun and self._work()
        self._ready.append(chunk)
        return True

    def receive(self, deadline: Deadline) -> bytes:
        """Wait for octets from the server; none mean that it has closed."""
        while True:
            self._changed.clear()
            with self._lock:
                if self._ready or self._work():
                    return self._ready.popleft()
                if self._closed or self._conversation.closed:
                    return b""
            self._wait(deadline)

    def wake(self) -> None:
        """Have whoever waits look again: the directory has changed."""
        if self._conversation.stays:
            self._changed.set()

    def _wait(self, deadline: Deadline) -> None:
        left = deadline.remaining()
        # A day bounds what a lock can not wait for: "for ever".
        if not self._changed.wait(min(left, 86_400.0)):
            raise deadline.exceeded()

    def start_tls(
        self,
        context: ssl.SSLContext,  # noqa: ARG002  # a Transport takes it
        host: str | None,  # noqa: ARG002  # the same
        deadline: Deadline,  # noqa: ARG002  # the same
    ) -> None:
        """Refuse: in memory there is nothing to protect, and nobody to verify."""
        raise TLSError("a directory in memory speaks no TLS; serve() it over TCP")

    def close(self) -> None:
        """Let go; the server forgets the connection."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._chunks = None
            self._ready.clear()
            self._conversation.receive(b"")
        self._changed.set()
        self._on_close()
