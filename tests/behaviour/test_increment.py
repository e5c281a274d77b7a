"""Numbers that the server counts on, on every server (RFC 4525)."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    Attr,
    ConflictError,
    Delete,
    Entry,
    LocalProtocolError,
    Many,
    Replace,
    State,
    attribute,
    ldif,
)
from tests.behaviour.people import User
from tests.servers.require import skip

if TYPE_CHECKING:
    from ldapom import Session
    from ldapom.testing import Directory
    from tests.servers.slapd import Slapd
    from tests.servers.targets import Server


# 389 DS has no RFC 4525.
counting = pytest.mark.without("ds389")


class Numbers(Entry, object_class="shadowAccount"):
    """Integers, one of which may be absent, beside those of a user."""

    uid: Many[str] = attribute("uid", must=True)
    shadowMin: Attr[int | None] = attribute("shadowMin", default=None)


def fill(server: Server, base: str) -> str:
    """Put a user with the number 1000 on the server; gives the name."""
    dn = str(DN.of(("uid", "counted"), base))
    with server.connection() as connection:
        connection.add(dn, {
            "objectClass": ["inetOrgPerson", "posixAccount", "shadowAccount"],
            "uid": "counted", "cn": "Ada", "sn": "Lovelace", "homeDirectory": "/",
            "uidNumber": "1000", "gidNumber": "5",
        })  # fmt: skip
    return dn


def number(server: Server, dn: str) -> str:
    """The number that the server has."""
    with server.connection() as connection:
        (entry,) = connection.search(dn, scope="base")
        return entry.text("uidNumber")[0]


def state(user: User) -> State:
    """The state now; a checker would take a property for what it was before."""
    return user.state


@counting
def test_it_travels_with_other_edits(server: Server, subtree: str) -> None:
    """One Modify has the increment and the rest; the entry shows the sum."""
    dn = fill(server, subtree)
    with server.session() as session:
        user = session.get(User, dn)
        session.increment(user, "uidNumber", by=4)
        session.increment(user, "uidnumber")
        user.sn = ["King"]
        assert user.uidNumber == 1005
        assert state(user) is State.changed
        (operation,) = session.pending
        record = operation.record
        assert isinstance(record, ldif.ModifyRecord)
        assert [type(change).__name__ for change in record.changes] == [
            "Delete", "Add", "Increment",
        ]  # fmt: skip
        session.commit()
        assert state(user) is State.clean
        assert user.uidNumber == 1005
        assert not session.pending
    assert number(server, dn) == "1005"


@counting
def test_nobodys_counting_is_lost(server: Server, subtree: str) -> None:
    """Two sessions that count both count; each then has what the server made of it."""
    dn = fill(server, subtree)
    with server.session() as one, server.session() as two:
        first, second = one.get(User, dn), two.get(User, dn)
        one.increment(first, "uidNumber")
        two.increment(second, "uidNumber", by=-10)
        one.commit()
        two.commit()
        assert first.uidNumber == 1001
        assert second.uidNumber == 991
    assert number(server, dn) == "991"


def test_assigning_takes_its_place(server: Server, subtree: str) -> None:
    """What was assigned is sent; counting on from there is assigning too."""
    dn = fill(server, subtree)
    with server.session() as session:
        user = session.get(User, dn)
        session.increment(user, "uidNumber")
        user.uidNumber = 7
        session.increment(user, "uidNumber")
        assert "increment:" not in session.pending.ldif()
        session.commit()
        assert user.uidNumber == 8
    assert number(server, dn) == "8"


def test_discarding(server: Server, subtree: str) -> None:
    """The entry shows what was read, and nothing is sent; nor is counting up and down."""
    dn = fill(server, subtree)
    with server.session() as session:
        user = session.get(User, dn)
        session.increment(user, "uidNumber")
        session.discard()
        assert user.uidNumber == 1000
        assert state(user) is State.clean
        session.increment(user, "uidNumber", by=2)
        session.increment(user, "uidNumber", by=-2)
        assert not session.pending
        session.commit()
    assert number(server, dn) == "1000"


@counting
def test_refreshing_counts_on_from_there(server: Server, subtree: str) -> None:
    """What is pending stays pending, on top of what the server has now."""
    dn = fill(server, subtree)
    with server.session() as session:
        user = session.get(User, dn)
        session.increment(user, "uidNumber", by=3)
        with server.connection() as connection:
            connection.modify(dn, [Replace("uidNumber", "50")])
        session.refresh(user)
        assert user.uidNumber == 53
        session.commit()
        assert user.uidNumber == 53


@counting
def test_a_number_that_is_gone(server: Server, subtree: str) -> None:
    """Somebody else has deleted what was to be counted on."""
    dn = fill(server, subtree)
    with server.connection() as connection:
        connection.modify(dn, [Replace("shadowMin", "1")])
    with server.session() as session:
        entry = session.get(Numbers, dn)
        session.increment(entry, "shadowMin")
        with server.connection() as connection:
            connection.modify(dn, [Delete("shadowMin")])
        with pytest.raises(ConflictError):
            session.commit()
        session.discard()


@pytest.mark.parametrize("server", ["ds389"], indirect=True)
def test_a_server_that_does_not_count(server: Server, subtree: str) -> None:
    """It is refused before anything is sent, in words that tell what to do instead."""
    dn = fill(server, subtree)
    with server.session() as session:
        user = session.get(User, dn)
        session.increment(user, "uidNumber")
        with pytest.raises(LocalProtocolError, match="assign uidNumber"):
            session.commit()
        assert number(server, dn) == "1000"
        session.discard()
        user.uidNumber += 1
        session.commit()
    assert number(server, dn) == "1001"


def of(session: Session, dn: str) -> str:
    """Change records of an increment and of another edit, not sent."""
    user = session.get(User, dn)
    session.increment(user, "uidNumber", by=-3)
    user.sn = ["King"]
    text = session.pending.ldif()
    session.discard()
    return text


def test_ldapmodify_reads_it(slapd: Slapd, slapd_server: Server) -> None:
    """The change record does the same by way of OpenLDAP's own tool."""
    if shutil.which("ldapmodify") is None:
        skip("no ldapmodify")
    server, base = slapd_server, f"ou=people,{slapd_server.base}"
    dn = fill(server, base)
    try:
        with server.session() as session:
            text = of(session, dn)
        assert "increment: uidNumber\nuidNumber: -3\n-\n" in text
        done = subprocess.run(
            ["ldapmodify", "-x", "-H", slapd.url, "-D", str(server.admin.dn),
             "-w", "secret"],
            input=text, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "LDAPNOINIT": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert number(server, dn) == "997"
    finally:
        with server.connection() as connection:
            connection.delete(dn)


def test_the_box_reads_its_own(box: Directory) -> None:
    """The change record can be loaded where no tool is."""
    from tests.servers.targets import Server

    server = Server("box", box)
    dn = fill(server, f"ou=people,{server.base}")
    with server.session() as session:
        (record,) = ldif.loads(of(session, dn))
        assert isinstance(record, ldif.ModifyRecord)
        session.connection.modify(record.dn, record.changes)
    assert number(server, dn) == "997"
