"""Checking, setting and changing passwords, on any server that there is."""

from __future__ import annotations

import contextlib
import traceback
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    AuthMethodNotSupported,
    ConnectError,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    NoSuchObject,
    Reason,
    ResultCode,
)
from ldapom.mapper.session import Session
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, External, Plain, Simple
from ldapom.protocol.password_policy import ASK
from ldapom.testing import PasswordRules
from ldapom.testing.loopback import LoopbackTransport
from tests.protocol.hostile import hostile
from tests.servers.process import free_port
from tests.testing.asker import ADA, ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from ldapom.testing import Directory
    from tests.servers.targets import Server

NEW = "Other-2word"
CANARY = "c4nary-c4nary"


@pytest.mark.without("ds389")
def test_set_change_check(server: Server, subtree: str) -> None:
    """The same calls everywhere; what a session does, a connection does."""
    dn = f"uid=who,{subtree}"
    person = {"objectClass": "inetOrgPerson", "uid": "who", "cn": "w", "sn": "w"}
    with server.session() as session:
        connection = session.connection
        connection.add(dn, {**person, "userPassword": "secret"})
        for one in (session, connection):
            assert one.authenticate(dn, "secret")
            assert not one.authenticate(dn, "bad")
            assert not one.authenticate(dn, "")
            assert not one.authenticate(dn, b"")
            assert one.set_password(dn, NEW.encode()) is None
            assert one.authenticate(dn, NEW)
            made = one.set_password(dn)
            assert made is not None
            assert one.authenticate(dn, made)
            assert one.set_password(dn, "secret") is None
        assert session.who_am_i() == f"dn:{server.admin.dn}"
    with server.connection(Simple(dn, "secret")) as user:
        assert user.change_password(dn, "secret", NEW) is None
        with pytest.raises(InvalidCredentials) as caught:
            user.change_password(dn, "secret", "third")
        assert caught.value.reason is Reason.wrong
        assert user.authenticate(dn, NEW)


def test_a_check_has_its_own_connection(box: Directory) -> None:
    """Exactly a bind and an unbind; nothing happens on the one that asks."""
    with Session(box, Simple(ADMIN, "secret")) as session:
        with box.recording() as seen:
            assert session.authenticate(ADA, "secret")
            assert not session.authenticate(ADA, "bad")
        kinds = [type(message.op) for message in seen]
        assert kinds == [m.BindRequest, m.UnbindRequest] * 2
        assert str(session.connection.bound_as) == ADMIN
        assert "1 connections" in str(box)
    assert Session(box).authenticate(ADA, "secret")


def test_an_empty_password_is_never_sent(box: Directory) -> None:
    """Nor is a check of nobody."""
    connection = Connection(box)
    with box.recording() as seen:
        assert not connection.authenticate(ADA, "")
        for nobody in ("", " ", "\n", "\0", " \0 ", "\u3000"):
            with pytest.raises(LocalProtocolError, match="the name of somebody"):
                connection.authenticate(nobody, "secret")
            with pytest.raises(LocalProtocolError, match="needs a name"):
                Simple(nobody, "secret")
        with pytest.raises(TypeError, match="NoneType"):
            connection.authenticate(ADA, None)  # type: ignore[arg-type]  # the mistake
    assert seen == []
    with connection, box.recording() as seen:
        for old, new in (("", NEW), ("secret", "")):
            with pytest.raises(LocalProtocolError, match="is empty"):
                connection.change_password(ADA, old, new)
        with pytest.raises(LocalProtocolError, match="is empty"):
            connection.set_password(ADA, "")
        assert seen == []


def test_the_own_password(box: Directory) -> None:
    """Who changes it is bound with the new one, and can open more connections."""
    with Session(box, Simple(ADA, "secret")) as session:
        connection = session.connection
        session.change_password(ADA.upper(), "secret", NEW)
        assert connection.bound_as == Simple(ADA, NEW.encode())
        made = session.change_password(ADA, NEW)
        assert made is not None
        with Connection(box, connection.bound_as) as again:
            assert str(again.bound_as) == ADA
    with Connection(box, Simple(ADMIN, "secret")) as admin:
        admin.set_password(ADA, NEW)
        assert admin.bound_as == Simple(ADMIN, "secret")


def test_servers_that_can_not_be_reached() -> None:
    """That is no wrong password."""
    connection = Connection(f"ldap://127.0.0.1:{free_port()}", timeout=5)
    with pytest.raises(ConnectError):
        connection.authenticate(ADA, "secret")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (ResultCode.noSuchObject, False),
        (ResultCode.invalidCredentials, False),
        (ResultCode.success, True),
    ],
)
def test_answers_to_a_check(code: ResultCode, outcome: bool) -> None:
    """An unknown user is told by some servers; it is one all the same."""
    with hostile(lambda peer: peer.answer(peer.next(), m.BindResponse(code))) as server:
        assert Connection(server.url).authenticate(ADA, "secret") is outcome


def test_other_answers_are_raised() -> None:
    """A server that is busy has said nothing of the password."""
    busy = m.BindResponse(ResultCode.busy)
    with (
        hostile(lambda peer: peer.answer(peer.next(), busy)) as server,
        pytest.raises(LDAPError, match="busy"),
    ):
        Connection(server.url).authenticate(ADA, "secret")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Simple(ADA, "secret"), ASK),
        (Plain("ada", "secret"), ASK),
        (Anonymous(), ()),
        (External(), ()),
    ],
)
def test_the_control_goes_with_passwords(
    box: Directory, who: Credentials, expected: tuple[m.Control, ...]
) -> None:
    """No other bind asks for the policy."""
    connection = Connection(box, who)
    with box.recording() as seen, contextlib.suppress(AuthMethodNotSupported):
        connection.bind()
    connection.unbind()
    binds = [one for one in seen if isinstance(one.op, m.BindRequest)]
    assert [bind.controls for bind in binds] == [expected]


def test_clear_connections(monkeypatch: pytest.MonkeyPatch, box: Directory) -> None:
    """A password is not sent to another machine in clear, not even to be checked."""
    monkeypatch.setattr(LoopbackTransport, "is_private", False)
    connection = Connection(box)
    with box.recording() as seen, connection:
        for call in (
            lambda: connection.authenticate(ADA, "secret"),
            lambda: connection.set_password(ADA, NEW),
            lambda: connection.set_password(ADA),
            lambda: connection.change_password(ADA, "secret", NEW),
        ):
            with pytest.raises(LocalProtocolError, match="in clear"):
                call()
    kinds = {type(one.op) for one in seen}
    assert kinds == {m.BindRequest, m.UnbindRequest}  # of nobody
    assert Connection(box, allow_cleartext=True).authenticate(ADA, "secret")


CALLS: dict[str, Callable[[Session], object]] = {
    "authenticate": lambda session: session.authenticate(ADA, CANARY),
    "set": lambda session: session.set_password(ADA, CANARY),
    "change": lambda session: session.change_password(ADA, "secret", CANARY),
    "old": lambda session: session.change_password(ADA, CANARY, "x"),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_traceback_shows_a_password(box: Directory, call: str) -> None:
    """Nor do the variables of the frames in it; ours, not those of who called."""
    box.password_rules = PasswordRules(min_length=99)
    with Session(box, Simple(ADA, "secret")) as session:
        if call == "authenticate":
            entry = box.store.locate(ADA)
            box.store.note(entry, {"pwdAccountLockedTime": (b"000001010000Z",)})
        with pytest.raises(LDAPError) as caught:
            CALLS[call](session)
    shown = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    text = "".join(shown.format())
    assert "_passwords.py" in text
    assert CANARY not in text


def test_missing_entries(box: Directory) -> None:
    """The server says so."""
    with (
        Connection(box, Simple(ADMIN, "secret")) as connection,
        pytest.raises(NoSuchObject),
    ):
        connection.set_password(f"uid=nobody,{ADA}", NEW)
