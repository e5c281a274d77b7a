"""What a session knows of an entry it has added, where servers make it other than sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from ldapom import (
    DN,
    ConflictError,
    Converter,
    Many,
    PostalAddress,
    Session,
    Simple,
    State,
    attribute,
)
from ldapom.protocol import messages as m
from ldapom.protocol.controls import find
from ldapom.protocol.write_controls import PostRead, PostReadResponse
from tests.mapper.changes import CREDENTIALS, hiding, state_of, stored
from tests.mapper.models import User, user

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


class Loud(User):
    """A person of whom one attribute is written other than it is held."""

    description: Many[str] = attribute(
        "description", default=(), convert=Converter.text(str, str.upper)
    )


def reading(
    change: Callable[[m.SearchResultEntry], m.SearchResultEntry],
) -> Callable[[Handle], Handle]:
    """A server that reads back something else than it has."""

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            for answer in handle(message):
                read = find(answer.controls, PostReadResponse)
                if read is None:
                    yield answer
                else:
                    controls = (PostReadResponse(change(read.entry)).control(),)
                    yield m.LDAPMessage(answer.message_id, answer.op, controls)

        return handler

    return wrapper


def turned(entry: m.SearchResultEntry) -> m.SearchResultEntry:
    """The same attributes in another order."""
    return evolve(entry, attributes=tuple(reversed(entry.attributes)))


def shouted(entry: m.SearchResultEntry) -> m.SearchResultEntry:
    """The same entry under another spelling of its name."""
    return evolve(entry, object_name=entry.object_name.upper())


@pytest.mark.parametrize("wrapper", [lambda handle: handle, reading(turned)])
def test_what_is_read_back_as_it_was_sent(
    box: Directory, wrapper: Callable[[Handle], Handle]
) -> None:
    """The entry says what the server has, whether its answer had to be read or not."""
    entry = Loud(
        uid=["eve"],
        cn=["Eve", "Evelyn"],
        sn=["Evans"],
        uidNumber=7,
        gidNumber=100,
        homeDirectory="/home/eve",
        description=["quiet"],
        postalAddress=[PostalAddress(["1 High Street", "Ware"])],
        manager=[DN.parse("uid=ada,ou=people,dc=example,dc=com")],
        jpegPhoto=[b"\xff\xd8\xff"],
        userPassword=[b"secret"],
    )
    with box.wrapped(wrapper), Session(box, CREDENTIALS) as session:
        names = session.add(entry).cn
        session.commit()
        assert entry.cn is names
        assert entry.description == ["QUIET"]
        assert entry.userPassword == [b"secret"]
        with Session(box, CREDENTIALS) as other:
            assert other.get(Loud, entry.dn).to_dict() == entry.to_dict()
        assert not session.pending
        names.append("Eva")
        entry.uidNumber = 8
        session.commit()
    assert stored(box, entry.dn, "cn") == ["Eve", "Evelyn", "Eva"]
    assert stored(box, entry.dn, "description") == ["QUIET"]


def test_a_password_that_is_changed_at_once(box: Directory) -> None:
    """It is replaced, whatever the server has said that it keeps of the first one."""
    entry = user(uid=["eve"], userPassword=[b"secret"])
    with Session(box, CREDENTIALS) as session:
        session.add(entry)
        session.commit()
        entry.userPassword = [b"other"]
        session.commit()
    with Session(box, Simple(str(entry.dn), "other")) as session:
        assert session.get(User, entry.dn).uid == ["eve"]


def test_the_name_as_the_server_spells_it(box: Directory) -> None:
    """An answer that says another spelling of the name is read."""
    with box.wrapped(reading(shouted)), Session(box, CREDENTIALS) as session:
        entry = session.add(user(uid=["eve"]))
        session.commit()
        assert str(entry.dn) == "UID=EVE,OU=PEOPLE,DC=EXAMPLE,DC=COM"
        entry.sn = ["Evans"]
        session.commit()
    assert stored(box, entry.dn, "sn") == ["Evans"]
