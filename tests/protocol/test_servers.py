"""Several servers: which one is asked, and what becomes of those that are dead."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidCredentials,
    LocalProtocolError,
    ResultCode,
    TLSError,
    URLSyntaxError,
)
from ldapom.mapper.session import Session
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.retry import Retry
from ldapom.protocol.servers import STRATEGIES, Server, Servers
from ldapom.protocol.settings import Settings
from ldapom.url import LDAPURL
from tests.protocol.dead import black_hole, refusing
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, answer_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.protocol.kinds import Blocking


def hosts(servers: Servers) -> list[str]:
    """The order that holds now, by host."""
    return [one.url.host for one in servers.order(Deadline(5))]


def server(host: str) -> Server:
    """One by its host."""
    return Server(LDAPURL("ldap", host))


def binds(peers: list[Peer]) -> int:
    """How many binds came."""
    return sum(
        isinstance(one.op, m.BindRequest) for peer in peers for one in peer.received
    )


# --- in which order ------------------------------------------------------------------


def test_in_order() -> None:
    """The first is preferred, always."""
    servers = Servers("ldap://a", "ldap://b", "ldap://c")
    assert hosts(servers) == hosts(servers) == ["a", "b", "c"]


def test_round_robin() -> None:
    """Each new connection begins with the next one."""
    servers = Servers("ldap://a", "ldap://b", "ldap://c", strategy="round robin")
    assert [hosts(servers)[0] for _ in range(4)] == ["a", "b", "c", "a"]
    assert sorted(hosts(servers)) == ["a", "b", "c"]


def test_random() -> None:
    """Each one comes first now and then."""
    servers = Servers("ldap://a", "ldap://b", "ldap://c", strategy="random")
    assert {hosts(servers)[0] for _ in range(200)} == {"a", "b", "c"}


def test_fastest() -> None:
    """Each is measured once, then the quickest comes first."""
    servers = Servers("ldap://a", "ldap://b", "ldap://c", strategy="fastest")
    servers.reached(server("a"), 0.3)
    servers.reached(server("b"), 0.1)
    assert hosts(servers) == ["c", "b", "a"]
    servers.reached(server("c"), 0.2)
    assert hosts(servers) == ["b", "c", "a"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_dead_come_last(strategy: str) -> None:
    """As long as they count as dead; those that died long ago before the others."""
    servers = Servers("ldap://a", "ldap://b", "ldap://c", strategy=strategy)  # type: ignore[arg-type]  # it is one of them
    servers.failed(server("b"))
    time.sleep(0.001)
    servers.failed(server("a"))
    assert hosts(servers) == ["c", "b", "a"]
    servers.failed(server("c"))
    assert hosts(servers) == ["b", "a", "c"]
    servers.reached(server("a"), 0.1)
    assert hosts(servers)[0] == "a"


def test_the_dead_come_back() -> None:
    """After `dead_for` seconds they are asked as if nothing had been."""
    servers = Servers("ldap://a", "ldap://b", dead_for=0.05)
    servers.failed(server("a"))
    assert hosts(servers) == ["b", "a"]
    time.sleep(0.06)
    assert hosts(servers) == ["a", "b"]


def test_one_server_named_twice_is_one() -> None:
    """With the default port and without."""
    assert hosts(Servers("ldap://a", "ldap://a:389", "ldap://b")) == ["a", "b"]


def test_nonsense_is_refused() -> None:
    """No server, an unknown strategy, a text that is no URL, mixed StartTLS."""
    with pytest.raises(ValueError, match="at least one"):
        Servers()
    with pytest.raises(ValueError, match="strategy"):
        Servers("ldap://a", strategy="best")  # type: ignore[arg-type]  # the point
    with pytest.raises(URLSyntaxError):
        Servers("ldap://a", "b")
    for text in ("srv:", "srv:a b", "srvs:ldap://a"):
        with pytest.raises(URLSyntaxError):
            Servers(text)
    mixed = ["ldap://a", "ldaps://b"]
    with pytest.raises(LocalProtocolError, match="StartTLS"):
        Settings(mixed, Anonymous(), None, True, 1.0, False)
    with pytest.raises(LocalProtocolError, match="foo"):
        Settings(["ldap://h/????!foo"], Anonymous(), None, False, 1.0, False)


def test_text_and_repr() -> None:
    """The repr makes the same again."""
    servers = Servers("ldap://a", "srvs:example.com", strategy="random", dead_for=5)
    assert str(servers) == "ldap://a, srvs:example.com"
    assert eval(repr(servers)) == servers
    assert servers.schemes == {"ldap", "ldaps"}


def test_the_dn_that_all_of_them_name() -> None:
    """Where models are looked for; nowhere, if they do not agree."""

    def base(*urls: str) -> str | None:
        return Settings(urls, Anonymous(), None, False, 1.0, False).base

    assert base("ldap://a/dc=x", "ldap://b/dc=x") == "dc=x"
    assert base("ldap://a/dc=x", "ldap://b/dc=y") is None
    assert base("ldap://a", "ldap://b") is None


# --- moving on -----------------------------------------------------------------------


def test_dead_ones_are_passed_by(talk: Callable[..., Blocking]) -> None:
    """A refused connect, a black hole, a server that hangs up: the next one answers."""
    with (
        black_hole() as hole,
        hostile(lambda peer: None) as sick,
        hostile(answer_all) as good,
    ):
        urls = [refusing(), hole, sick.url, good.url]
        connection = talk(urls, ME, timeout=4)
        start = time.monotonic()
        connection.bind()
        assert time.monotonic() - start < 2
        assert connection.names("dc=x") == ["cn=a"]
        assert str(connection.inner).startswith(f"{good.url} - open")
        start = time.monotonic()
        connection.bind()
        Connection.of(connection.inner.settings).authenticate("cn=x", "y")
        assert time.monotonic() - start < 0.5  # the dead are known
        assert len(sick.peers) == 1


@pytest.mark.parametrize("code", [ResultCode.busy, ResultCode.unavailable])
def test_no_time_for_a_bind(talk: Callable[..., Blocking], code: ResultCode) -> None:
    """A server that has no time for the bind is passed by."""

    def script(peer: Peer) -> None:
        peer.answer(peer.next(), m.BindResponse(code))
        peer.wait_for_end()

    with hostile(script) as sick, hostile(answer_all) as good:
        connection = talk([sick.url, good.url], ME)
        connection.bind()
        assert connection.inner.bound_as == ME
        assert binds(sick.peers) == binds(good.peers) == 1


def test_no_time_for_a_read(talk: Callable[..., Blocking]) -> None:
    """The read moves on to another server, and so does what follows."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer(peer.next(), m.CompareResponse(ResultCode.busy))
        peer.wait_for_end()

    with hostile(script) as sick, hostile(answer_all) as good:
        connection = talk([sick.url, good.url], ME)
        connection.bind()
        assert connection.compare("cn=a", "cn", "a")
        assert connection.names("dc=x") == ["cn=a"]
        assert [type(one.op) for one in sick.received][:2] == [
            m.BindRequest,
            m.CompareRequest,
        ]
        assert binds(good.peers) == 1


def test_wrong_passwords_stay_where_they_are(talk: Callable[..., Blocking]) -> None:
    """They would be wrong everywhere, and lock the account."""

    def script(peer: Peer) -> None:
        peer.answer(peer.next(), m.BindResponse(ResultCode.invalidCredentials))
        peer.wait_for_end()

    with hostile(script) as first, hostile(answer_all) as second:
        connection = talk([first.url, second.url], ME)
        with pytest.raises(InvalidCredentials):
            connection.bind()
        assert binds(first.peers) == 1
        assert second.peers == []


def test_bad_tls_moves_on(talk: Callable[..., Blocking]) -> None:
    """A refused StartTLS is this server's fault; each cause is in the error."""

    def script(peer: Peer) -> None:
        peer.answer(peer.next(), m.ExtendedResponse(ResultCode.unavailable))
        peer.wait_for_end()

    with hostile(script) as one, hostile(script) as two:
        connection = talk([one.url, two.url], ME, start_tls=True)
        with pytest.raises(ConnectError) as caught:
            connection.bind()
        assert [type(cause) for cause in caught.value.causes] == [TLSError, TLSError]
        assert one.url in str(caught.value)
        assert two.url in str(caught.value)
        assert binds(one.peers + two.peers) == 0


def test_all_dead(talk: Callable[..., Blocking]) -> None:
    """One error lists each cause; the time is shared, and it works once one is back."""
    with black_hole() as hole:
        urls = [refusing(), hole, refusing()]
        connection = talk(urls, ME, timeout=1)
        for _ in range(2):
            start = time.monotonic()
            with pytest.raises(ConnectError) as caught:
                connection.bind()
            assert time.monotonic() - start < 1.1
            causes = caught.value.causes
            assert len(causes) == 3
            assert {type(one) for one in causes} == {ConnectError, DeadlineExceeded}
            assert all(url in str(caught.value) for url in urls)


def test_black_holes_do_not_eat_the_time(talk: Callable[..., Blocking]) -> None:
    """Two of them before a server that lives: it is reached within the deadline."""
    with black_hole() as one, black_hole() as two, hostile(answer_all) as good:
        connection = talk([one, two, good.url], ME, timeout=1.2)
        start = time.monotonic()
        connection.bind()
        assert time.monotonic() - start < 1.2


def test_a_reconnect_moves_on(talk: Callable[..., Blocking]) -> None:
    """The server dies: the next read is answered by another one."""
    with hostile(answer_all) as good:
        with hostile(answer_all) as first:
            connection = talk([first.url, good.url], ME)
            connection.bind()
            assert connection.names("dc=x") == ["cn=a"]
            assert good.peers == []
        assert connection.names("dc=x") == ["cn=a"]
        assert len(good.peers) == 1
        assert good.url in str(connection.inner)


def test_what_is_known_is_shared(talk: Callable[..., Blocking]) -> None:
    """Connections with the same `Servers` learn from each other; others do not."""
    with black_hole() as hole, hostile(answer_all) as good:
        servers = Servers(hole, good.url)
        talk(servers, ME, timeout=1).bind()
        start = time.monotonic()
        talk(servers, ME, timeout=1).bind()
        assert time.monotonic() - start < 0.3
        other = Servers(hole, good.url)
        assert not other.is_dead(Server(LDAPURL.parse(hole)))


def test_a_session_takes_several(box_url: str) -> None:
    """A session goes to one that lives, like a connection."""
    with Session([refusing(), box_url]) as session:
        assert session.who_am_i() == ""
        assert box_url in str(session.connection)


@pytest.fixture
def box_url() -> Iterator[str]:
    """A directory in the box, over TCP."""
    from ldapom.testing import Directory

    with Directory.sample().serve() as listening:
        yield listening.url


def test_a_write_moves_on_only_unsent(talk: Callable[..., Blocking]) -> None:
    """What may have reached the first server is not sent to the second."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.next()

    with hostile(script) as first, hostile(answer_all) as second:
        connection = talk([first.url, second.url], ME, retry=Retry(attempts=5))
        connection.bind()
        with pytest.raises(Exception, match="may or may not"):
            connection.delete("cn=a")
        assert second.peers == []
        first.peers.clear()


def test_a_lost_connection_of_one_server_is_as_before() -> None:
    """With one URL the error is the cause itself, and no list."""
    with pytest.raises(ConnectError) as caught:
        Connection(refusing(), timeout=1).bind()
    assert caught.value.causes == ()
    with hostile(lambda peer: None) as sick, pytest.raises(ConnectionLost):
        Connection(sick.url, timeout=1).bind()
