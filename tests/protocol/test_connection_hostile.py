"""The connection against servers that are slow, silent, broken or evil."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    DecodeError,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
    SizeLimitExceeded,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.flows.search import MAX_REFERENCES
from ldapom.protocol.retry import Retry
from ldapom.protocol.settings import Wire
from ldapom.url import LDAPURL
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable

SIMPLE = Simple("cn=me", "canary-secret")


def timed(call: Callable[[], object], limit: float) -> LDAPError:
    """Run a call that must fail within the limit, and give its error."""
    start = time.monotonic()
    with pytest.raises(LDAPError) as caught:
        call()
    assert time.monotonic() - start < limit
    return caught.value


class TestConversation:
    """What is on the wire, and nothing else."""

    def test_connect_bind_search_is_a_bind_and_a_search(self) -> None:
        """No root DSE, no schema, no second bind; an unbind at the end."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.answer_search("cn=a")
            peer.wait_for_end()

        with hostile(script) as server:
            with Connection(server.url, SIMPLE) as connection:
                found = [e.dn for e in connection.search("dc=x", "(cn=a)")]
            assert found == ["cn=a"]
            deadline = time.monotonic() + 5
            while len(server.received) < 3 and time.monotonic() < deadline:
                time.sleep(0.01)
        kinds = [type(message.op) for message in server.received]
        assert kinds == [m.BindRequest, m.SearchRequest, m.UnbindRequest]

    def test_a_failed_bind_leaves_the_connection_usable(self) -> None:
        """It is nobody's, and another bind may follow."""

        def script(peer: Peer) -> None:
            refusal = m.BindResponse(ResultCode.invalidCredentials)
            peer.answer(peer.next(), refusal)
            peer.accept_bind()
            peer.wait_for_end()

        with hostile(script) as server:
            connection = Connection(server.url, SIMPLE)
            with pytest.raises(InvalidCredentials):
                connection.bind()
            assert connection.is_open
            assert connection.bound_as is None
            assert "not bound" in str(connection)
            connection.bind()
            assert connection.bound_as == SIMPLE
            assert "bound as cn=me" in str(connection)
            connection.unbind()

    def test_a_with_block_that_can_not_bind_leaves_nothing_open(self) -> None:
        """The failure is raised and the socket is closed."""

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.BindResponse(ResultCode.invalidCredentials))
            peer.wait_for_end()

        with hostile(script) as server:
            connection = Connection(server.url, SIMPLE)
            with pytest.raises(InvalidCredentials), connection:
                pytest.fail("the body must not run")
            assert not connection.is_open

    def test_nested_with_blocks_keep_the_connection_open(self) -> None:
        """Only the block that opened it closes it."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.wait_for_end()

        with hostile(script) as server:
            with Connection(server.url) as connection:
                with connection:
                    pass
                assert connection.is_open
            assert not connection.is_open

    def test_operations_on_a_closed_connection_say_what_to_do(self) -> None:
        """The error names the with statement."""
        connection = Connection("ldap://127.0.0.1:1")
        with pytest.raises(LocalProtocolError, match="with statement"):
            connection.who_am_i()


class TestDeadlines:
    """Every call ends in time."""

    def test_a_server_that_never_answers_the_bind(self) -> None:
        """The bind ends, and with it the connection."""
        with hostile(Peer.wait_for_end) as server:
            connection = Connection(server.url, SIMPLE, timeout=0.5)
            error = timed(connection.bind, 0.75)
            assert isinstance(error, DeadlineExceeded)
            assert not connection.is_open

    def test_a_server_that_never_answers_a_search(self) -> None:
        """An Abandon is sent and the connection stays usable."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            search = peer.next()
            abandon = peer.next()
            assert abandon.op == m.AbandonRequest(search.message_id)
            # The late answer must not be taken for the next one.
            peer.answer(search, m.SearchResultEntry("cn=late"))
            peer.answer(search, m.SearchResultDone())
            peer.answer_search("cn=b")
            peer.wait_for_end()

        with hostile(script) as server:
            with Connection(server.url, SIMPLE, timeout=0.4) as connection:
                error = timed(lambda: list(connection.search("dc=x")), 0.6)
                assert isinstance(error, DeadlineExceeded)
                assert [e.dn for e in connection.search("dc=x")] == ["cn=b"]

    def test_a_server_that_never_answers_a_write(self) -> None:
        """The outcome is unknown, and the error says of what."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.wait_for_end()

        with hostile(script) as server:
            with Connection(server.url, SIMPLE, timeout=0.4) as connection:
                error = timed(
                    lambda: connection.modify("cn=x", [Replace("sn", "y")]), 0.6
                )
        assert isinstance(error, OutcomeUnknown)
        assert isinstance(error.request, m.ModifyRequest)
        assert "cn=x" in str(error)

    def test_a_server_that_trickles_for_ever(self) -> None:
        """One octet now and then does not push the deadline back."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.next()
            peer.send(b"\x30\x84\x00\x01\x00\x00\x02\x01\x02\x64\x84")
            for _ in range(100):
                peer.send(b"\x00")
                time.sleep(0.02)

        with hostile(script) as server:
            with Connection(server.url, SIMPLE, timeout=0.5) as connection:
                error = timed(lambda: list(connection.search("dc=x")), 0.75)
        assert isinstance(error, (DeadlineExceeded, DecodeError))

    def test_a_server_that_stalls_in_the_tls_handshake(self) -> None:
        """TLS is under the deadline too."""
        with hostile(lambda peer: time.sleep(1)) as server:
            url = server.url.replace("ldap:", "ldaps:")
            error = timed(Connection(url, timeout=0.4).open, 0.6)
        assert isinstance(error, DeadlineExceeded)

    def test_an_address_that_swallows_everything(self) -> None:
        """A listener whose queue is full answers no connect."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            fill = [socket.socket() for _ in range(8)]
            try:
                for one in fill:
                    one.setblocking(False)
                    one.connect_ex(("127.0.0.1", port))
                connection = Connection(f"ldap://127.0.0.1:{port}", timeout=0.5)
                error = timed(connection.open, 0.75)
                assert isinstance(error, DeadlineExceeded)
            finally:
                for one in fill:
                    one.close()

    def test_closing_never_waits(self) -> None:
        """`close` returns at once with a dead peer."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            time.sleep(1)

        with hostile(script) as server:
            connection = Connection(server.url)
            connection.bind()
            start = time.monotonic()
            connection.close()
            assert time.monotonic() - start < 0.5


class TestBreaks:
    """Connections that end where they should not."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_nobody_listens(self, host: str) -> None:
        """Each address and its cause are listed, and none is said twice."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(ConnectError, match="refused") as caught:
            Connection(f"ldap://{host}:{port}").open()
        assert str(caught.value).startswith(f"{host}:{port}: ")
        assert str(caught.value).count("127.0.0.1") == 1

    def test_no_such_name(self) -> None:
        """The name is in the error."""
        with pytest.raises(ConnectError, match="no-such-host"):
            Connection("ldap://no-such-host.invalid").open()

    @pytest.mark.parametrize("host", ["a" * 64 + ".com", "a..b", "."])
    def test_a_name_that_can_not_be_asked_for(self, host: str) -> None:
        """A name the resolver refuses outright is like one that does not exist."""
        with pytest.raises(ConnectError) as caught:
            Connection(LDAPURL("ldap", host)).open()
        assert host in str(caught.value)

    @pytest.mark.parametrize("path", ["/no/such/socket", "/" + "a" * 200, "a\0b"])
    def test_a_socket_that_can_not_be(self, path: str) -> None:
        """A wrong path is named in the error."""
        with pytest.raises(ConnectError) as caught:
            Connection(LDAPURL("ldapi", path)).open()
        assert path in str(caught.value)

    def test_the_server_hangs_up_on_a_search(self) -> None:
        """The connection is lost, and can be opened again."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            if len(server.peers) == 1:
                peer.next()
            else:
                peer.answer_search("cn=a")
                peer.wait_for_end()

        with hostile(script) as server:
            connection = Connection(server.url, retry=Retry(attempts=1))
            connection.bind()
            with pytest.raises(ConnectionLost):
                list(connection.search("dc=x"))
            assert not connection.is_open
            connection.bind()
            assert [e.dn for e in connection.search("dc=x")] == ["cn=a"]
            connection.close()

    def test_the_server_hangs_up_on_a_write(self) -> None:
        """The outcome is unknown."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.next()

        with hostile(script) as server:
            with Connection(server.url) as connection:
                with pytest.raises(OutcomeUnknown):
                    connection.delete("cn=x")
                # It is opened again, and so are the doubts.
                with pytest.raises(OutcomeUnknown):
                    connection.delete("cn=x")
        assert len(server.peers) == 2

    @pytest.mark.parametrize(
        "junk",
        [
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\x30\x80\x02\x01\x02",
            b"\x30\x84\x7f\xff\xff\xff",
            b"\x30\x05\x02\x01\x02\x7f\x00",
            b"\x16\x03\x01\x02\x00\x01",
        ],
    )
    def test_junk_is_one_clear_error(self, junk: bytes) -> None:
        """Octets that are no LDAP raise `DecodeError` and close the connection."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.next()
            peer.send(junk)
            peer.wait_for_end()

        with hostile(script) as server:
            with Connection(server.url) as connection:
                with pytest.raises(DecodeError):
                    list(connection.search("dc=x"))
                assert not connection.is_open

    def test_a_message_over_the_limit(self) -> None:
        """The limit of the `Wire` settings is what counts."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.answer_search("cn=" + "x" * 5000)
            peer.wait_for_end()

        with hostile(script) as server:
            wire = Wire(max_message_size=1000)
            with Connection(server.url, wire=wire) as connection:
                with pytest.raises(DecodeError, match="1000"):
                    list(connection.search("dc=x"))

    def test_entries_before_an_error_are_delivered(self) -> None:
        """The size limit of the server comes behind what it sent."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            peer.answer(request, m.SearchResultEntry("cn=a"))
            peer.answer(request, m.SearchResultDone(ResultCode.sizeLimitExceeded))
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            stream = connection.search("dc=x", size_limit=5)
            assert next(stream).dn == "cn=a"
            with pytest.raises(SizeLimitExceeded):
                next(stream)

    def test_the_size_limit_asked_for_is_no_error(self) -> None:
        """As many entries as asked for are success, whatever the code."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            peer.answer(request, m.SearchResultEntry("cn=a"))
            peer.answer(request, m.SearchResultDone(ResultCode.sizeLimitExceeded))
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            found = list(connection.search("dc=x", size_limit=1))
            assert [entry.dn for entry in found] == ["cn=a"]

    def test_references_are_apart_from_entries(self) -> None:
        """Continuation references never look like entries and are never followed."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            peer.answer(request, m.SearchResultReference(("ldap://other/dc=x",)))
            peer.answer(request, m.SearchResultEntry("cn=a"))
            peer.answer(request, m.SearchResultDone())
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            stream = connection.search("dc=x")
            assert [entry.dn for entry in stream] == ["cn=a"]
            assert stream.references == ["ldap://other/dc=x"]

    @pytest.mark.parametrize("size", [1, 1_000_000], ids=["many", "long"])
    def test_references_have_an_end(self, size: int) -> None:
        """A server that sends nothing else fills no memory."""
        urls = ("ldap://other/" + "x" * size,) * (10_000 // size or 1)

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            for _ in range(20):
                peer.answer(request, m.SearchResultReference(urls))
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url, SIMPLE) as connection:
            stream = connection.search("dc=x")
            with pytest.raises(RemoteProtocolError, match="continuation references"):
                list(stream)
            assert len(stream.references) <= MAX_REFERENCES + len(urls)
