"""A search for some few entries, read in one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import Busy, ResultCode, SizeLimitExceeded
from ldapom.filters import Present
from ldapom.protocol import messages as m
from ldapom.protocol.asks import Few
from ldapom.protocol.connection import Connection
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, QUICK, binds

if TYPE_CHECKING:
    from collections.abc import Callable


def asked(limit: int = 0) -> Few:
    """A search with a size limit."""
    return Few(m.SearchRequest("", m.Scope.sub, Present("cn"), size_limit=limit))


def answering(code: ResultCode, *names: str) -> Callable[[Peer], None]:
    """A script: each search gives these entries, and ends with this result."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        while True:
            request = peer.next()
            if isinstance(request.op, m.SearchRequest):
                for name in names:
                    peer.answer(request, m.SearchResultEntry(name))
                peer.answer(request, m.SearchResultDone(code))

    return script


def names(connection: Connection, few: Few) -> list[str]:
    """The names of what is found."""
    return [entry.object_name for entry in connection._do(few)]


def test_all_come_at_once() -> None:
    """Without a limit the end of the search is waited for."""
    with (
        hostile(answering(ResultCode.success, "cn=a", "cn=b")) as server,
        Connection(server.url, ME) as connection,
    ):
        assert names(connection, asked()) == ["cn=a", "cn=b"]


def test_as_many_as_were_asked_for_is_success() -> None:
    """That there are more is no failure; with fewer it is one."""
    with (
        hostile(answering(ResultCode.sizeLimitExceeded, "cn=a")) as server,
        Connection(server.url, ME) as connection,
    ):
        assert names(connection, asked(1)) == ["cn=a"]
        with pytest.raises(SizeLimitExceeded):
            names(connection, asked(2))


def test_a_refusal_raises() -> None:
    """Where nothing was found, what the server says is raised."""
    with (
        hostile(answering(ResultCode.busy)) as server,
        Connection(server.url, ME, retry=QUICK) as connection,
        pytest.raises(Busy),
    ):
        names(connection, asked(1))


def test_a_lost_connection_is_opened_again() -> None:
    """An entry without the end of its search is no answer: it is asked for again."""
    seen: list[Peer] = []

    def script(peer: Peer) -> None:
        seen.append(peer)
        peer.accept_bind()
        request = peer.next()
        peer.answer(request, m.SearchResultEntry("cn=a"))
        if len(seen) > 1:
            peer.answer(request, m.SearchResultDone())
            peer.next()

    with (
        hostile(script) as server,
        Connection(server.url, ME, retry=QUICK) as connection,
    ):
        assert names(connection, asked()) == ["cn=a"]
        assert binds(server) == ["cn=me", "cn=me"]


@pytest.mark.parametrize("more", [0, 2])
def test_as_many_as_are_wanted_are_not_waited_beyond(more: int) -> None:
    """A server may look long for one more, or give more: the search is left."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        request = peer.next()
        for number in range(2 + more):
            peer.answer(request, m.SearchResultEntry(f"cn={number}"))
        assert peer.next().op == m.AbandonRequest(request.message_id)
        peer.wait_for_end()

    with (
        hostile(script) as server,
        Connection(server.url, ME, timeout=5) as connection,
    ):
        assert names(connection, asked(2)) == ["cn=0", "cn=1"]
