"""As whom, and how privately, a connection comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectionLost,
    InvalidCredentials,
    LocalProtocolError,
    ResultCode,
    TLSError,
)
from ldapom.protocol import messages as m
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, OTHER, QUICK, answer_all, binds, kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.kinds import Blocking


# --- who, and how privately ----------------------------------------------------------


def test_as_who_it_was_last(talk: Callable[..., Blocking]) -> None:
    """Also whoever it became by `rebind`, and nobody if it was nobody."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.accept_bind()
            peer.next()
        else:
            answer_all(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        connection.rebind(OTHER)
        assert connection.compare("cn=a", "cn", "a")
        assert binds(server) == ["cn=me", "cn=other", "cn=other"]


def test_open_without_a_bind_stays_so(talk: Callable[..., Blocking]) -> None:
    """What was only opened is only opened again."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.next()
        else:
            answer_all(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.open()
        assert connection.names("dc=x") == ["cn=a"]
        assert binds(server) == []


def test_a_refused_login_is_not_repeated(talk: Callable[..., Blocking]) -> None:
    """The password was changed meanwhile: one try, or the account would be locked."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            bad = m.BindResponse(ResultCode.invalidCredentials)
            peer.answer(peer.next(), bad)
            answer_all(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME, retry=QUICK)
        connection.bind()
        for _ in range(3):
            with pytest.raises(InvalidCredentials):
                connection.names("dc=x")
            with pytest.raises(InvalidCredentials):
                connection.delete("cn=a")
        assert binds(server) == ["cn=me", "cn=me"]
        assert connection.inner.usage.failed_reconnects == 1
        with pytest.raises(InvalidCredentials):
            connection.bind(OTHER)  # by hand it may be tried
        assert len(binds(server)) == 3


def test_a_bind_that_breaks_leaves_nobody_behind(talk: Callable[..., Blocking]) -> None:
    """Who wanted to become somebody else does not silently become nobody."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            answer_all(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        with pytest.raises(ConnectionLost):
            connection.rebind(OTHER)
        with pytest.raises(ConnectionLost):
            connection.names("dc=x")
        assert len(server.peers) == 1
        connection.bind(OTHER)
        assert connection.names("dc=x") == ["cn=a"]


def test_tls_is_started_again(talk: Callable[..., Blocking]) -> None:
    """Where TLS was started by hand, nothing is sent in clear after a cut."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            peer.answer(peer.next(), m.ExtendedResponse(ResultCode.protocolError))
            peer.wait_for_end()

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        connection.inner._link.tls_active = True  # type: ignore[union-attr]  # it is open
        with pytest.raises(TLSError):
            connection.names("dc=x")
        assert kinds(server.peers[1])[:1] == [m.ExtendedRequest]
        assert m.BindRequest not in kinds(server.peers[1])


def test_never_opened_and_closed(talk: Callable[..., Blocking]) -> None:
    """Nobody opens what the user has not opened, or has closed."""
    with hostile(answer_all) as server:
        connection = talk(server.url, ME)
        with pytest.raises(LocalProtocolError, match="not open"):
            connection.names("dc=x")
        assert server.peers == []
