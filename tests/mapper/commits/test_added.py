"""What a session knows of an entry it has added, where servers make it other than sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ldapom import ConflictError, Session, State
from ldapom.protocol import messages as m
from ldapom.protocol.write_controls import PostRead
from tests.mapper.changes import CREDENTIALS, hiding, state_of, stored
from tests.mapper.models import user

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle

#: Read back as this is no entry, an entry cut short, one whose attribute is none.
MALFORMED = (
    None,
    b"",
    b"\x64\x03junk",
    b"\x64\x04\x04\x01a\x30",
    b"\x64\x0a\x04\x01a\x30\x05\x30\x03\x02\x01\x05",
)


def reading_back(octets: bytes | None) -> Callable[[Handle], Handle]:
    """A server whose post-read control is something else."""

    def broken(control: m.Control) -> m.Control:
        if control.type != PostRead.OID:
            return control
        return m.Control(control.type, control.criticality, octets)

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            for answer in handle(message):
                controls = tuple(map(broken, answer.controls))
                yield m.LDAPMessage(answer.message_id, answer.op, controls)

        return handler

    return wrapper


def filling(handle: Handle) -> Handle:
    """A server that gives every new entry a display name."""

    def handler(message: m.LDAPMessage) -> Answers:
        op = message.op
        if isinstance(op, m.AddRequest):
            more = m.PartialAttribute("displayName", [b"Nobody yet"])
            op = m.AddRequest(op.entry, (*op.attributes, more))
        return handle(m.LDAPMessage(message.message_id, op, message.controls))

    return handler


@pytest.mark.parametrize("octets", MALFORMED)
def test_what_is_read_back_malformed(
    box: Directory, octets: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The write was done, and counts as done; the entry is as it was sent."""
    with box.wrapped(reading_back(octets)), Session(box, CREDENTIALS) as session:
        entry = session.add(user(uid=["eve"]))
        with caplog.at_level(logging.WARNING, logger="ldapom.session"):
            (done,) = session.commit()
        assert done.dn == str(entry.dn)
        assert state_of(entry) is State.clean
        entry.sn = ["Evans"]
        session.commit()
    (record,) = caplog.records
    assert "was done, but read back malformed" in record.getMessage()
    assert stored(box, entry.dn, "sn") == ["Evans"]


def test_what_the_server_has_filled_in(box: Directory) -> None:
    """Changing it unread overwrites nothing; the error names what helps, and it does."""
    with (
        box.wrapped(hiding(PostRead.OID)),
        box.wrapped(filling),
        Session(box, CREDENTIALS) as session,
    ):
        entry = session.add(user(uid=["eve"]))
        session.commit()
        entry.displayName = "Eve"
        with pytest.raises(ConflictError, match=r"server itself.*refresh the entry"):
            session.commit()
        assert stored(box, entry.dn, "displayName") == ["Nobody yet"]
        session.refresh(entry)
        assert entry.displayName == "Eve"
        session.commit()
    assert stored(box, entry.dn, "displayName") == ["Eve"]
