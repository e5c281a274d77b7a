"""A directory that says always the same: measures the client alone, without a server.

It answers a bind, each page of a search with entries that were encoded before, and
every write with success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from ldapom.protocol import messages as m
from ldapom.protocol.codec import decode, encode
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.io.sync import READ_SIZE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from ldapom.protocol.io.deadline import Deadline


def entry(dn: str, attributes: Mapping[str, Sequence[bytes]]) -> m.SearchResultEntry:
    """An entry as a server sends it."""
    parts = (m.PartialAttribute(name, tuple(v)) for name, v in attributes.items())
    return m.SearchResultEntry(dn, tuple(parts))


def recorded(entries: Sequence[m.SearchResultEntry]) -> bytes:
    """The octets of entries in answer to the first search of a connection."""
    return b"".join(encode(m.LDAPMessage(2, each)) for each in entries)


#: From the tag of a write to that of its answer (RFC 4511 4.6 to 4.9).
_WRITES: Final = {0x66: 0x67, 0x68: 0x69, 0x4A: 0x6B, 0x6C: 0x6D}
#: Result code success, no matched DN, no diagnostic message.
_SUCCESS: Final = bytes.fromhex("0a0100 0400 0400")


def _done(request: bytes) -> bytes:
    """The answer to a write: it was done; nothing for any other request.

    It is told by its tag alone: what a server does to read it is not measured.
    """
    start = 2 + (request[1] & 0x7F if request[1] & 0x80 else 0)
    end = start + 2 + request[start + 1]
    tag = _WRITES.get(request[end])
    if tag is None:
        return b""
    body = request[start:end] + bytes((tag, len(_SUCCESS))) + _SUCCESS
    return bytes((0x30, len(body))) + body


@define
class Replay:
    """A target whose searches give a recording so often.

    Args:
        octets: What `recorded` gave.
        times: How often it is sent in answer to a search; never by pages.
    """

    octets: bytes
    times: int = 1

    def open_transport(self, deadline: Deadline) -> ReplayTransport:
        """Open one connection, to be used for one search."""
        return ReplayTransport(self.octets, self.times)


@define
class ReplayTransport:
    """One connection to a recording."""

    octets: bytes
    times: int
    _answers: list[bytes] = field(factory=list, init=False)
    _left: int = field(default=0, init=False)
    _position: int = field(default=0, init=False)

    @property
    def is_private(self) -> bool:
        """Nobody can read along."""
        return True

    @property
    def description(self) -> str:
        """What it is, for people."""
        return "a recording"

    @property
    def certificate(self) -> bytes | None:
        """There is no TLS."""
        return None

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Take requests, writes one at a time; know by them what to answer."""
        done = _done(bytes(data))
        if done:
            self._answers.append(done)
            return
        position = 0
        while (found := decode(bytes(data), position)) is not None:
            message, position = found
            if isinstance(message.op, m.BindRequest):
                answer = m.LDAPMessage(message.message_id, m.BindResponse())
                self._answers.append(encode(answer))
            elif isinstance(message.op, m.SearchRequest):
                self._search(message)

    def _search(self, message: m.LDAPMessage) -> None:
        self._left, self._position = self.times, 0
        paged = find(message.controls, PagedResults)
        controls = () if paged is None else (PagedResults(0, b"").control(),)
        done = m.LDAPMessage(message.message_id, m.SearchResultDone(), controls)
        self._answers.append(encode(done))

    def has_arrived(self) -> bool:
        """Whether there is something to receive."""
        return bool(self._left or self._answers)

    def receive(self, deadline: Deadline) -> bytes:
        """The next octets, as many at once as a socket gives."""
        if not self._left:
            return self._answers.pop(0) if self._answers else b""
        start, end = self._position, self._position + READ_SIZE
        self._position = end
        if end >= len(self.octets):
            self._left -= 1
            self._position = 0
        return self.octets[start:end]

    def start_tls(
        self, context: ssl.SSLContext, host: str | None, deadline: Deadline
    ) -> None:
        """There is no network to be hidden from."""

    def close(self) -> None:
        """Nothing is held."""
