"""No secret of an entry is shown by a session: not in logs, errors or tracebacks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import LDAPError, ResultCode, UncommittedChanges
from ldapom.mapper.session import Session
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Simple
from tests.canary import CANARY, check, exposed, listening
from tests.mapper.models import InetOrgPerson
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory

ADMIN = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
SECRET = CANARY.encode()


class User(InetOrgPerson, base="ou=people,dc=example,dc=com", rdn="uid"):
    """One that an application uses."""


def test_commit_and_query(box: Directory) -> None:
    """A password that is added, read, changed, asked for by, and left uncommitted."""
    shown: list[str] = []
    with listening() as log:
        with Session(box, ADMIN) as session:
            user = User(uid=["canary"], cn=["c"], sn=["c"], userPassword=[SECRET])
            session.add(user)
            shown += [str(session.pending), session.pending.ldif(), repr(user)]
            session.commit()
            (found,) = session.query(User, uid="canary")
            assert found.userPassword
            shown += [str(found), repr(found), repr(found._state)]
            user.userPassword = [SECRET + SECRET]
            session.commit()
            query = session.query(User, User.userPassword == SECRET)
            shown += [str(query), repr(query), repr(list(query))]
        with pytest.raises(UncommittedChanges) as left, Session(box, ADMIN) as session:
            session.get(User, user.dn or "").userPassword = [SECRET]
    shown.append(exposed(left.value))
    check("\n".join(shown))
    check(log.text)
    assert any("commit: 1 of 1 done" in line for line in log.of("ldapom.session"))


def refuse(peer: Peer, request: m.LDAPMessage) -> None:
    """No."""
    kind = m.AddResponse if isinstance(request.op, m.AddRequest) else m.ModifyResponse
    peer.answer(request, kind(ResultCode.constraintViolation, "", "no"))


def hang_up(peer: Peer, request: m.LDAPMessage) -> None:
    """Nothing, for good."""
    raise EOFError


def be_silent(peer: Peer, request: m.LDAPMessage) -> None:
    """Nothing."""
    peer.wait_for_end()


@pytest.mark.parametrize("react", [refuse, hang_up, be_silent])
def test_a_commit_that_fails(react: Callable[[Peer, m.LDAPMessage], None]) -> None:
    """Neither the error nor the frames it came through show what was to be written."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                peer.answer(request, m.BindResponse())
            elif isinstance(request.op, m.AddRequest | m.ModifyRequest):
                react(peer, request)

    user = User(uid=["canary"], cn=["c"], sn=["c"], userPassword=[SECRET])
    with listening() as log, hostile(script) as server:
        session = Session(server.url, Simple("cn=me", CANARY), timeout=0.5)
        with session:
            session.add(user)
            with pytest.raises(LDAPError) as caught:
                session.commit()
            session.discard()
    check(exposed(caught.value))
    check(f"{session} {session!r} {user} {user!r} {session.usage}")
    check(log.text)


def test_commits_are_told(box: Directory) -> None:
    """At INFO how many operations were done, at DEBUG which."""
    with listening(logging.DEBUG) as log, Session(box, ADMIN) as session:
        for name in ("a", "b"):
            session.add(User(uid=[name], cn=[name], sn=[name]))
        session.commit()
    which, count = log.of("ldapom.session")
    assert which.startswith("to commit: add 'uid=a,ou=people,dc=example,dc=com', add")
    assert count == "commit: 2 of 2 done"
