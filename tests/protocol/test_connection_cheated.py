"""Pages, StartTLS and secrets against servers that cheat."""

from __future__ import annotations

import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConnectionLost,
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
    TLSError,
)
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.credentials import Simple
from ldapom.protocol.extended import START_TLS
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


class TestPages:
    """Paged results (RFC 2696) with servers that do it badly."""

    @staticmethod
    def page(peer: Peer, cookie: bytes, *dns: str) -> m.LDAPMessage:
        """Answer one page, all of it in one piece."""
        request = peer.next()
        control = PagedResults(0, cookie).control()
        done = m.LDAPMessage(request.message_id, m.SearchResultDone(), (control,))
        entries = [m.SearchResultEntry(dn) for dn in dns]
        answers = [m.LDAPMessage(request.message_id, entry) for entry in entries]
        peer.send(b"".join(map(codec.encode, [*answers, done])))
        return request

    def test_pages_follow_each_other(self) -> None:
        """Each request carries the cookie of the page before."""
        cookies = []

        def script(peer: Peer) -> None:
            peer.accept_bind()
            for cookie, dn in [(b"1", "cn=a"), (b"2", "cn=b"), (b"", "cn=c")]:
                request = self.page(peer, cookie, dn)
                found = find(request.controls, PagedResults)
                assert found is not None
                cookies.append((found.size, found.cookie))
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            found = [e.dn for e in connection.search("dc=x", page_size=1)]
        assert found == ["cn=a", "cn=b", "cn=c"]
        assert cookies == [(1, b""), (1, b"1"), (1, b"2")]

    def test_a_cookie_that_never_ends(self) -> None:
        """Empty pages with the same cookie are cut off."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            while True:
                self.page(peer, b"again")

        with hostile(script) as server, Connection(server.url) as connection:
            with pytest.raises(RemoteProtocolError, match="never ends"):
                list(connection.search("dc=x", page_size=10))

    def test_cookies_that_change_and_never_end(self) -> None:
        """So are empty pages with ever new cookies."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            for number in range(10_000):
                self.page(peer, str(number).encode())

        with hostile(script) as server, Connection(server.url) as connection:
            with pytest.raises(RemoteProtocolError, match="never ends"):
                list(connection.search("dc=x", page_size=10))

    def test_a_page_without_the_control_is_the_last(self) -> None:
        """A server that does not page has sent everything."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            peer.answer_search("cn=a", "cn=b")
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            assert len(list(connection.search("dc=x", page_size=1))) == 2

    def test_leaving_between_pages_abandons_the_next_one(self) -> None:
        """It was asked for already; what comes of it is ignored.

        The cookie is given back, because an Abandon that comes too late does nothing.
        """
        seen = threading.Event()

        def script(peer: Peer) -> None:
            peer.accept_bind()
            self.page(peer, b"keep", "cn=a")
            further = peer.next()
            control = find(further.controls, PagedResults)
            assert control == PagedResults(1, b"keep")
            assert peer.next().op == m.AbandonRequest(further.message_id)
            last = peer.next()
            assert find(last.controls, PagedResults) == PagedResults(0, b"keep")
            seen.set()
            peer.answer(further, m.SearchResultEntry("cn=b"))
            peer.answer(last, m.SearchResultDone(ResultCode.unwillingToPerform))
            peer.answer_search("cn=z")
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            with connection.search("dc=x", page_size=1) as stream:
                assert next(stream).dn == "cn=a"
            assert seen.wait(5)
            assert [e.dn for e in connection.search("dc=x")] == ["cn=z"]

    def test_leaving_behind_a_page_gives_back_its_cookie(self) -> None:
        """That page has come, unread; of what it led to the server is told."""
        seen = threading.Event()

        def script(peer: Peer) -> None:
            peer.accept_bind()
            self.page(peer, b"keep", "cn=a")
            self.page(peer, b"newer", "cn=b")
            peer.answer(peer.next(), m.CompareResponse(ResultCode.compareTrue))
            last = peer.next()
            assert find(last.controls, PagedResults) == PagedResults(0, b"newer")
            seen.set()
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            with connection.search("dc=x", page_size=1) as stream:
                assert next(stream).dn == "cn=a"
                assert connection.compare("cn=a", "cn", "a")
            assert seen.wait(5)

    def test_a_second_paged_search_is_refused(self) -> None:
        """Servers keep one cookie a connection; the error names the ways out."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            self.page(peer, b"keep", "cn=a")
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            first = connection.search("dc=x", page_size=1)
            next(first)
            with pytest.raises(LocalProtocolError, match="one paged search"):
                next(connection.search("dc=x", page_size=1))
            first.close()

    @pytest.mark.parametrize("by_stream", [True, False])
    def test_a_search_can_be_abandoned(self, by_stream: bool) -> None:
        """By its stream or by its message id; the connection goes on."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            peer.answer(request, m.SearchResultEntry("cn=a"))
            assert peer.next().op == m.AbandonRequest(request.message_id)
            peer.answer(request, m.SearchResultDone())
            peer.answer_search("cn=b")
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            stream = connection.search("dc=x")
            assert next(stream).dn == "cn=a"
            # The bind was message 1.
            connection.abandon(stream if by_stream else 2)
            assert [e.dn for e in connection.search("dc=x")] == ["cn=b"]
            stream.close()

    def test_a_dropped_stream_is_left_with_the_next_operation(self) -> None:
        """Forgetting a stream in the middle of a page abandons it."""

        def script(peer: Peer) -> None:
            peer.accept_bind()
            request = peer.next()
            peer.answer(request, m.SearchResultEntry("cn=a"))
            assert peer.next().op == m.AbandonRequest(request.message_id)
            peer.answer_search("cn=b")
            peer.wait_for_end()

        with hostile(script) as server, Connection(server.url) as connection:
            stream = connection.search("dc=x")
            next(stream)
            del stream
            assert [e.dn for e in connection.search("dc=x")] == ["cn=b"]


class TestStartTls:
    """The cut-over to TLS and those who would abuse it."""

    def test_a_refusal_sends_nothing_else(self) -> None:
        """No bind follows in clear."""

        def script(peer: Peer) -> None:
            request = peer.next()
            assert request.op == m.ExtendedRequest(START_TLS)
            peer.answer(request, m.ExtendedResponse(ResultCode.protocolError))
            peer.wait_for_end()

        with hostile(script) as server:
            connection = Connection(server.url, SIMPLE, start_tls=True)
            with pytest.raises(TLSError, match="refused StartTLS"):
                connection.bind()
            assert not connection.is_open
        assert [type(r.op) for r in server.received] == [m.ExtendedRequest]

    def test_clear_octets_behind_the_answer_are_refused(self) -> None:
        """A success for the bind, injected in clear, is never believed."""

        def script(peer: Peer) -> None:
            request = peer.next()
            peer.send(
                codec.encode(m.LDAPMessage(1, m.ExtendedResponse(name=START_TLS)))
                + codec.encode(m.LDAPMessage(2, m.BindResponse()))
            )
            assert request.message_id == 1
            peer.wait_for_end()

        with hostile(script) as server:
            connection = Connection(server.url, SIMPLE, start_tls=True)
            with pytest.raises(RemoteProtocolError, match="injected"):
                connection.bind()
            assert not connection.is_open
        assert [type(r.op) for r in server.received] == [m.ExtendedRequest]

    def test_a_server_that_only_says_it_does_tls(self) -> None:
        """A failed handshake ends the connection before any secret."""
        after = []

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.ExtendedResponse(name=START_TLS))
            after.append(peer.socket.recv(65536))
            peer.send(b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00")

        with hostile(script) as server:
            connection = Connection(server.url, SIMPLE, start_tls=True, timeout=5)
            with pytest.raises(TLSError):
                connection.bind()
        assert after[0][:1] == b"\x16"
        assert b"canary-secret" not in b"".join(after)

    def test_start_tls_does_not_go_with_ldaps(self) -> None:
        """The contradiction is refused at once."""
        with pytest.raises(LocalProtocolError, match="StartTLS goes with ldap://"):
            Connection("ldaps://127.0.0.1", start_tls=True)

    def test_an_ldaps_port_that_speaks_plain_ldap(self) -> None:
        """The handshake fails with a TLS error."""

        def script(peer: Peer) -> None:
            peer.socket.recv(100)
            peer.send(b"\x30\x0c\x02\x01\x00\x61\x07\x0a\x01\x00\x04\x00\x04\x00")

        with hostile(script) as server:
            url = server.url.replace("ldap:", "ldaps:")
            context = ssl.create_default_context()
            with pytest.raises(TLSError):
                Connection(url, tls=context, timeout=5).open()


class TestSecrets:
    """Nothing secret leaves by accident."""

    def test_a_clear_connection_to_another_machine(self) -> None:
        """Passwords stay here unless clear text is allowed (checked without a network)."""
        sent: list[bytes] = []

        class Clear:
            """A transport to a machine far away."""

            is_private = False
            description = "far away, clear"
            certificate = None

            def send(self, data: bytes, deadline: object) -> None:
                sent.append(data)

            def receive(self, deadline: object) -> bytes:
                return b""

            def start_tls(
                self, context: object, host: str | None, deadline: object
            ) -> None:
                raise AssertionError

            def close(self) -> None:
                pass

        class FarAway:
            """Opens such transports."""

            def open_transport(self, deadline: object) -> Clear:
                return Clear()

        connection = Connection(FarAway(), SIMPLE)
        with pytest.raises(LocalProtocolError, match="allow_cleartext"):
            connection.bind()
        with pytest.raises(LocalProtocolError, match="userPassword"):
            connection.modify("cn=x", [Replace("userPassword", "canary-secret")])
        with pytest.raises(LocalProtocolError, match="unicodePwd"):
            connection.add("cn=x", {"unicodePwd": b"canary-secret"})
        with pytest.raises(LocalProtocolError, match="userPassword"):
            connection.compare("cn=x", "userPassword;x-opt", "canary-secret")
        with pytest.raises(LocalProtocolError, match="password"):
            connection.extended("1.3.6.1.4.1.4203.1.11.1", b"canary-secret")
        assert sent == []
        allowed = Connection(FarAway(), SIMPLE, allow_cleartext=True)
        with pytest.raises(ConnectionLost):
            allowed.bind()
        assert b"canary-secret" in b"".join(sent)

    def test_no_text_form_shows_the_password(self) -> None:
        """Neither ``str`` nor ``repr`` of anything that holds it."""
        connection = Connection("ldap://127.0.0.1", SIMPLE)
        for shown in (str(connection), repr(connection), repr(SIMPLE), str(SIMPLE)):
            assert "canary-secret" not in shown

    def test_an_empty_password_never_succeeds(self) -> None:
        """RFC 4513 5.1.2: servers take it for anonymous and say success."""
        for empty in ("", b""):
            with pytest.raises(LocalProtocolError, match="Anonymous"):
                Simple("cn=me", empty)
