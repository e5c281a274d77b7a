"""Links that were replaced while something still depended on them."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.errors import DeadlineExceeded
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults, find
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.kinds import Blocking


def pages(peer: Peer) -> None:
    """Answer binds and pages, three with one entry each, and leave all else open."""
    while True:
        request = peer.next()
        if isinstance(request.op, m.BindRequest):
            peer.answer(request, m.BindResponse())
        elif (page := find(request.controls, PagedResults)) is not None:
            number = len(page.cookie)
            control = PagedResults(0, b"x" * (number + 1) if number < 2 else b"")
            answers = [
                m.LDAPMessage(request.message_id, m.SearchResultEntry(f"cn={number}")),
                m.LDAPMessage(
                    request.message_id, m.SearchResultDone(), (control.control(),)
                ),
            ]
            peer.send(b"".join(map(codec.encode, answers)))


class Reading:
    """A paged search, read one by one, over either kind of connection."""

    def __init__(self, talked: Blocking) -> None:
        self._talked: Any = talked
        self._stream: Any = talked.inner.search("dc=x", page_size=1)
        self.found = [self.next()]

    def next(self) -> str:
        """The next entry's name."""
        if isinstance(self._talked.inner, Connection):
            return str(next(self._stream).dn)
        return str(self._talked.run(anext(self._stream)).dn)

    def rest(self) -> list[str]:
        """The names of all that is left."""
        found = []
        while True:
            try:
                found.append(self.next())
            except (StopIteration, StopAsyncIteration):
                return found

    def close(self) -> None:
        """Leave it."""
        if isinstance(self._talked.inner, Connection):
            self._stream.close()
        else:
            self._talked.run(self._stream.close())


def lose(talked: Blocking) -> None:
    """Have the link take no new operations: two in a row are not answered."""
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            talked.compare("cn=a", "cn", "a")


def reading(talked: Blocking) -> Reading:
    """Begin to read on a link, and have it replaced behind that."""
    stream = Reading(talked)
    lose(talked)
    return stream


def counts(talked: Blocking) -> tuple[int, int]:
    """How many sockets were opened, and how many of them closed."""
    usage = talked.inner.usage
    return usage.sockets_opened, usage.sockets_closed


def ends(peer: Peer) -> bool:
    """Whether the server has seen the end of a connection, in a second."""
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if any(isinstance(message.op, m.UnbindRequest) for message in peer.received):
            return True
        time.sleep(0.01)
    return False


def test_a_stream_is_read_to_its_end(talk: Callable[..., Blocking]) -> None:
    """On its own link, which is closed behind it."""
    with hostile(pages) as server:
        connection = talk(server.url, ME, timeout=0.2)
        connection.bind()
        stream = reading(connection)
        assert connection.names("dc=x", page_size=1) == ["cn=0", "cn=1", "cn=2"]
        assert counts(connection) == (2, 0)
        assert stream.found + stream.rest() == ["cn=0", "cn=1", "cn=2"]
        assert counts(connection) == (2, 1)
        assert ends(server.peers[0])


def test_a_stream_is_left(talk: Callable[..., Blocking]) -> None:
    """Its link is closed at once, since nothing needs it any more."""
    with hostile(pages) as server:
        connection = talk(server.url, ME, timeout=0.2)
        connection.bind()
        stream = reading(connection)
        connection.names("dc=x", page_size=1)
        stream.close()
        assert counts(connection) == (2, 1)
        assert ends(server.peers[0])
        assert connection.names("dc=x", page_size=1) == ["cn=0", "cn=1", "cn=2"]


def test_a_stream_is_forgotten(talk: Callable[..., Blocking]) -> None:
    """Its link is closed when the next one is replaced, or with the connection."""
    with hostile(pages) as server:
        connection = talk(server.url, ME, timeout=0.2)
        connection.bind()
        for opened in (2, 3, 4):
            stream = reading(connection)
            connection.names("dc=x", page_size=1)
            del stream
            gc.collect()
            assert counts(connection) == (opened, opened - 2)
        connection.close()
        assert counts(connection) == (4, 4)
        assert all(map(ends, server.peers))
