"""A connection in memory: the client's own engine against the directory's."""

from __future__ import annotations

from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Add, Increment
from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    InvalidCredentials,
    NoSuchObject,
    TLSError,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Plain, Simple
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import Target
from tests.testing.asker import ADA, ADMIN, BASE, PEOPLE
from tests.testing.test_conversation import SEARCH, WHO, decoded, octets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory
    from ldapom.testing.handler import Handle

ADMIN_CREDENTIALS = Simple(ADMIN, "secret")


def test_connection(box: Directory) -> None:
    """The client works on a directory as on any server."""
    with Connection(box, ADMIN_CREDENTIALS) as connection:
        assert connection.who_am_i() == f"dn:{ADMIN}"
        names = [e.dn for e in connection.search(BASE, "(cn=a*)", attributes=["cn"])]
        assert names[:2] == [ADMIN, ADA]
        assert len(list(connection.search(BASE, page_size=5))) == 23
        connection.modify(ADA, [Add("title", "Countess"), Increment("uidNumber", 1)])
        assert connection.compare(ADA, "title", "countess")
        connection.rename(ADA, "uid=countess")
        connection.delete(f"uid=countess,{PEOPLE}")
        with pytest.raises(NoSuchObject) as caught:
            list(connection.search(ADA))
        assert caught.value.matched_dn == PEOPLE


def test_sasl(box: Directory) -> None:
    """A SASL bind finds its mechanism offered."""
    with Connection(box, Plain("ada", "secret")) as connection:
        assert connection.who_am_i() == f"dn:{ADA}"


def test_wrong_password(box: Directory) -> None:
    """A refused bind is the client's exception, and leaves no connection behind."""
    connection = Connection(box, Simple(ADMIN, "wrong"))
    with pytest.raises(InvalidCredentials), connection:
        pass
    assert "0 connections" in str(box)


def test_nothing_but_what_was_asked(box: Directory) -> None:
    """Connect, bind and search are a bind and a search on the wire, nothing else."""
    with box.recording() as requests:
        with Connection(box, ADMIN_CREDENTIALS) as connection:
            list(connection.search(BASE, "(uid=ada)"))
            assert "1 connections" in str(box)
    kinds = [type(request.op) for request in requests]
    assert kinds == [m.BindRequest, m.SearchRequest, m.UnbindRequest]
    assert "0 connections" in str(box)


def test_is_a_target(box: Directory) -> None:
    """A directory is what a connection can be opened to; its transport is private."""
    assert isinstance(box, Target)
    transport = box.open_transport(Deadline(1))
    assert transport.is_private
    assert "memory" in transport.description
    with pytest.raises(TLSError):
        transport.start_tls(None, None, Deadline(1))  # type: ignore[arg-type]  # unread
    transport.close()
    transport.close()


def test_closed(box: Directory) -> None:
    """A closed transport receives the end and sends nothing."""
    transport = box.open_transport(Deadline(1))
    transport.send(octets(WHO), Deadline(1))
    transport.close()
    assert transport.receive(Deadline(1)) == b""
    with pytest.raises(ConnectionLost):
        transport.send(octets(WHO), Deadline(1))


def test_unbind_closes(box: Directory) -> None:
    """After an Unbind the other end is closed."""
    transport = box.open_transport(Deadline(1))
    transport.send(octets(WHO, m.UnbindRequest()), Deadline(1))
    assert len(decoded(transport.receive(Deadline(1)))) == 1
    assert transport.receive(Deadline(1)) == b""
    transport.close()


def test_deadline(box: Directory) -> None:
    """Waiting for an answer that does not come ends at the deadline."""
    transport = box.open_transport(Deadline(1))
    begun = monotonic()
    with pytest.raises(DeadlineExceeded):
        transport.receive(Deadline(0.05))
    assert 0.04 < monotonic() - begun < 1
    transport.close()


def test_client_times_out(box: Directory) -> None:
    """A server that never answers is a DeadlineExceeded of the client's call."""

    def silent(handle: Handle) -> Handle:
        return lambda message: iter(())

    connection = Connection(box, timeout=0.1)
    with box.wrapped(silent), pytest.raises(DeadlineExceeded):
        connection.open()
        connection.who_am_i()
    connection.close()


def test_another_thread_is_heard(box: Directory) -> None:
    """Who waits is woken by what another thread sends."""
    transport = box.open_transport(Deadline(1))
    received: list[bytes] = []
    waiting = Thread(target=lambda: received.append(transport.receive(Deadline(5))))
    waiting.start()
    transport.send(octets(WHO), Deadline(1))
    waiting.join(5)
    assert [message.message_id for message in decoded(received[0])] == [1]
    transport.close()


def test_not_all_at_once(box: Directory) -> None:
    """What nobody receives is not made: a search is answered as it is read."""
    made: list[int] = []

    def slow(handle: Handle) -> Handle:
        def answers(message: m.LDAPMessage) -> Iterator[m.LDAPMessage]:
            entry = m.SearchResultEntry(
                BASE, (m.PartialAttribute("cn", (b"x" * 50_000,)),)
            )
            for number in range(1_000):
                made.append(number)
                yield m.LDAPMessage(message.message_id, entry)

        return answers

    with box.wrapped(slow):
        transport = box.open_transport(Deadline(1))
        transport.send(octets(SEARCH), Deadline(1))
        assert 0 < len(made) < 20
        transport.close()
    assert len(made) < 20
