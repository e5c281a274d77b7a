"""What is pending, and what is sent of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    LDIFTarget,
    LocalProtocolError,
    Session,
)
from ldapom.protocol import messages as m
from tests.mapper.changes import (
    ada_of,
    stored,
)
from tests.mapper.models import User, user

if TYPE_CHECKING:
    from ldapom.testing import Directory


def test_pending_shows_what_would_be_sent(session: Session) -> None:
    """As LDIF; secrets only when asked for."""
    ada = ada_of(session)
    ada.userPassword = [b"hunter2"]
    ada.mail.append("x@example.com")
    session.delete(session.query(User, uid="charles").one(), recursive=True)
    pending = session.pending
    assert [operation.kind for operation in pending] == ["modify", "delete"]
    assert pending[:1] == (pending[0],)
    assert repr(pending) == "<Pending: 1 modify, 1 delete>"
    assert "add: mail\nmail: x@example.com\n" in str(pending)
    # A plain delete would be refused where something is below.
    assert "control: 1.2.840.113556.1.4.805 true\nchangetype: delete\n" in str(pending)
    assert "hunter2" not in str(pending) + repr(pending) + repr(pending[0])
    assert "hunter2" in pending.ldif(secrets=True)
    ada.mail.append("y@example.com")
    assert "y@" not in str(pending)


def test_without_a_server() -> None:
    """Commits become LDIF."""
    text = io.StringIO()
    with Session(LDIFTarget(text)) as session:
        session.add(user(uid=["new"]))
        session.commit()
    assert (
        "dn: uid=new,ou=people,dc=example,dc=com\nchangetype: add\n" in text.getvalue()
    )


def test_secrets_do_not_travel_in_clear(box: Directory, session: Session) -> None:
    """Nothing at all is sent then."""
    ada, charles = ada_of(session), session.query(User, uid="charles").one()
    ada.displayName = "D"
    charles.userPassword = [b"hunter2"]
    transport = session.connection._live().transport
    assert transport.is_private
    type(transport).is_private = property(lambda self: False)  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(LocalProtocolError, match="in clear"):
            session.commit()
    finally:
        type(transport).is_private = property(lambda self: True)  # type: ignore[method-assign, assignment]
    assert stored(box, ada.dn, "displayName") == ["Ada Lovelace"]


def test_nothing_is_asked_of_the_root_dse_without_need(
    box: Directory, session: Session
) -> None:
    """A plain change is one message."""
    ada = ada_of(session)
    ada.displayName = "D"
    with box.recording() as requests:
        session.commit()
    assert [type(message.op) for message in requests] == [m.ModifyRequest]
