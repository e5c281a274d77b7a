"""Content synchronization (RFC 4533) as the directory in the box speaks it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import Canceled, SyncRefreshRequired
from ldapom.filters import Filter
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import find
from ldapom.protocol.credentials import Simple
from ldapom.protocol.sync_controls import (
    SyncDone,
    SyncMode,
    SyncRequest,
)
from ldapom.testing import watching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.stream import SearchStream
    from ldapom.testing import Directory

BASE = "ou=people,dc=example,dc=com"
ADA = f"uid=ada,{BASE}"


def ask(
    connection: Connection, cookie: bytes | None = None, *, mode: int = 1
) -> SearchStream:
    """Ask for the people and how they have changed."""
    control = SyncRequest(SyncMode(mode), cookie).control()
    request = m.SearchRequest(BASE, m.Scope.one, Filter.parse("(uid=*)"), ("uid",))
    return connection.stream(request, controls=(control,))


def told(stream: SearchStream) -> tuple[list[str], bytes]:
    """The names of what came, and the cookie at the end."""
    found = [entry.dn for entry in stream]
    done = find(stream.controls, SyncDone)
    assert done is not None
    assert done.cookie is not None
    return found, done.cookie


def replace(box: Directory, dn: str, value: bytes) -> None:
    """Change an entry."""
    part = m.PartialAttribute("description", (value,))
    change: Sequence[m.ModifyChange] = [m.ModifyChange(m.ModifyOperation.replace, part)]
    box.store.modify(dn, change, who="")


def test_refresh_only(box: Directory) -> None:
    """The content, and from its cookie what has changed since: once each."""
    with Connection(box) as connection:
        everyone, cookie = told(ask(connection))
        assert ADA in everyone
        assert told(ask(connection, cookie)) == ([], cookie)
        replace(box, ADA, b"x")
        replace(box, ADA, b"y")
        box.store.delete(f"uid=bob,{BASE}")
        found, later = told(ask(connection, cookie))
        assert found == [ADA]
        assert later != cookie


def test_old_and_foreign_cookies(
    box: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what is not kept, or of another directory, nobody goes on."""
    with Connection(box) as connection:
        _, cookie = told(ask(connection))
        for number in range(watching.KEPT + 1):
            replace(box, ADA, str(number).encode())
        for wrong in (cookie, b"nonsense", b"0123456789abcdef#1"):
            with pytest.raises(SyncRefreshRequired):
                told(ask(connection, wrong))


def test_restored(box: Directory) -> None:
    """A directory that holds something else takes no cookie of before."""
    with Connection(box) as connection:
        _, cookie = told(ask(connection))
        box.restore(box.snapshot())
        with pytest.raises(SyncRefreshRequired):
            told(ask(connection, cookie))


@pytest.mark.parametrize("tcp", [False, True])
def test_search_that_stays(box: Directory, tcp: bool) -> None:
    """Changes come as they happen, while other requests are answered."""
    with box.serve() as server:
        who = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
        with Connection(server.url if tcp else box, who) as connection:
            stream = ask(connection, mode=3)
            entries = iter(stream)
            while next(entries).dn != f"uid=test,{BASE}":
                pass
            assert connection.who_am_i()
            replace(box, ADA, b"x")
            assert next(entries).dn == ADA
            timer = threading.Timer(0.1, replace, (box, ADA, b"y"))
            timer.start()
            assert next(entries).dn == ADA
            timer.join()
            stream.close()
            assert connection.who_am_i()
            assert not any(served._conversation.stays for served in server._served)


def test_cancelled(box: Directory) -> None:
    """Cancel (RFC 3909) ends a search that stays, with an answer."""
    with Connection(box) as connection:
        stream = ask(connection, mode=3)
        while next(stream).dn != f"uid=test,{BASE}":
            pass
        assert stream.cancel()
        with pytest.raises(Canceled):
            next(stream)
        assert connection.who_am_i() == ""
