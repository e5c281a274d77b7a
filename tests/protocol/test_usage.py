"""The counters of a connection and of a session: true, cheap, and a table."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import LDAPError
from ldapom.mapper.session import Session
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.retry import Retry
from ldapom.protocol.usage import KINDS, Usage
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from tests.servers.slapd import Slapd

ADMIN = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")


def test_octets_and_messages_of_a_bind_and_a_search() -> None:
    """Exactly what was on the wire, each way."""
    answers: list[m.LDAPMessage] = []

    def say(peer: Peer, request: m.LDAPMessage, op: m.ProtocolOp) -> None:
        answers.append(m.LDAPMessage(request.message_id, op))
        peer.answer(request, op)

    def script(peer: Peer) -> None:
        say(peer, peer.next(), m.BindResponse())
        search = peer.next()
        say(peer, search, m.SearchResultEntry("cn=a"))
        say(peer, search, m.SearchResultDone())
        peer.wait_for_end()

    with hostile(script) as server:
        with Connection(server.url, Simple("cn=a", "x")) as connection:
            assert len(list(connection.search("dc=x"))) == 1
    usage = connection.usage
    assert usage.bytes_sent == sum(len(codec.encode(r)) for r in server.received)
    assert usage.bytes_received == sum(len(codec.encode(a)) for a in answers)
    assert (usage.messages_sent, usage.messages_received) == (3, 3)
    assert (usage.sockets_opened, usage.sockets_closed) == (1, 1)
    assert (usage.entries, usage.references) == (1, 0)
    counted = {name: n for name, n in usage.operations.items() if n}
    assert counted == {"bind": 1, "search": 1, "unbind": 1}


def test_every_kind_of_request_is_counted(box: Directory) -> None:
    """Also those that no answer follows, and those that are refused."""
    with Connection(box, ADMIN) as connection:
        dn = "cn=one,dc=example,dc=com"
        connection.add(dn, {"objectClass": "organizationalRole", "cn": "one"})
        connection.modify(dn, [])
        connection.compare(dn, "cn", "one")
        connection.rename(dn, "cn=two")
        with pytest.raises(LDAPError):
            connection.delete(dn)
        connection.who_am_i()
        stream = connection.search("dc=example,dc=com")
        next(stream)
        connection.abandon(stream)
    assert set(connection.usage.operations) == set(KINDS.values())
    counts = connection.usage.operations
    counts.pop("abandon")  # the whole answer may have come before
    assert set(counts.values()) == {1}


def test_references_are_counted() -> None:
    """As they are delivered, none of them followed."""

    def script(peer: Peer) -> None:
        request = peer.next()
        peer.answer(request, m.SearchResultReference(["ldap://a/", "ldap://b/"]))
        peer.answer(request, m.SearchResultDone())
        peer.wait_for_end()

    with hostile(script) as server:
        connection = Connection(server.url)
        connection.open()
        list(connection.search("dc=x"))
        connection.unbind()
    assert connection.usage.references == 2
    assert connection.usage.referrals_followed == 0


def test_tls_is_counted(slapd: Slapd) -> None:
    """Octets are LDAP's, without what TLS adds."""
    tls = Tls(ca_file=str(slapd.pki.ca_file))
    with Connection(slapd.url, tls=tls, start_tls=True) as connection:
        pass
    assert connection.usage.tls_started == 1
    assert connection.usage.bytes_sent < 100


def test_a_connection_that_ends_by_itself_is_closed() -> None:
    """The server hangs up: one socket opened, one closed; opened again, they add up."""

    def script(peer: Peer) -> None:
        peer.next()

    with hostile(script) as server:
        connection = Connection(server.url, timeout=2, retry=Retry(attempts=1))
        for count in (1, 2):
            connection.open()
            with pytest.raises(LDAPError):
                connection.who_am_i()
            usage = connection.usage
            assert (usage.sockets_opened, usage.sockets_closed) == (count, count)
        connection.unbind()
    assert connection.usage.sockets_closed == 2
    assert connection.usage.closed is not None


def test_times(box: Directory) -> None:
    """Opened, last operation, closed: in order, and aware."""
    connection = Connection(box)
    usage = connection.usage
    assert usage.opened is usage.closed is usage.last_operation is None
    assert usage.elapsed == timedelta()
    before = datetime.now(UTC)
    with connection:
        connection.who_am_i()
        assert usage.closed is None
    assert usage.opened is not None
    assert usage.last_operation is not None
    assert usage.closed is not None
    slack = timedelta(seconds=1)
    assert before - slack < usage.opened <= usage.last_operation + slack
    assert usage.closed < datetime.now(UTC) + slack
    assert timedelta() < usage.elapsed < timedelta(seconds=30)
    assert usage.elapsed == usage.elapsed


def test_a_session_sums_its_connections(box: Directory) -> None:
    """A second stream has a connection of its own; both count, also afterwards."""
    session = Session(box, ADMIN)
    assert session.usage.sockets_opened == 0
    for times in (1, 2):
        with session:
            one = session._free().search("dc=example,dc=com", page_size=2)
            next(one)
            two = session._free().search("dc=example,dc=com", page_size=2)
            next(two)
            assert session.usage.sockets_opened == 2 * times
            one.close()
            two.close()
        usage = session.usage
        assert usage.sockets_closed == usage.sockets_opened == 2 * times
        assert usage.operations["bind"] == 2 * times
        assert usage.entries >= 4 * times


def test_a_session_that_could_not_bind_counts_it(box: Directory) -> None:
    """What was tried is told too."""
    session = Session(box, Simple(ADMIN.dn, "wrong"))
    with pytest.raises(LDAPError), session:
        pytest.fail("not reached")
    assert session.usage.operations["bind"] == 1


def test_many_threads_lose_no_count(box: Directory) -> None:
    """Threads that share a connection share its counters."""
    with box.serve() as server, Connection(server.url, ADMIN) as connection:
        threads = [
            threading.Thread(target=lambda: [connection.who_am_i() for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert connection.usage.operations["extended"] == 200
        assert connection.usage.messages_received == 201


def test_the_table() -> None:
    """Aligned, every number on a line of its own, sums above their parts."""
    usage = Usage()
    usage.bytes_sent, usage.bytes_received, usage.entries = 68, 28, 3
    usage._counts[m.BindRequest] += 1
    lines = str(usage).splitlines()
    assert lines[0] == "usage"
    at = {line[24:].strip() and line.index(line[24:].strip(), 24) for line in lines[1:]}
    assert at <= {24, ""}
    shown = {" ".join(line[:24].split()): line[24:] for line in lines[1:]}
    assert shown["bytes"] == "96"
    assert shown["bind"] == shown["operations"] == "1"
    assert shown["entries"] == "3"
    assert {"referrals followed", "reconnects", "TLS started"} <= set(shown)
    assert "bytes_sent=68" in repr(usage)


def test_total_of_nothing() -> None:
    """No connection is zero, not an error."""
    assert str(Usage.total([])) == str(Usage())
