"""A target without a server: what is written comes out as LDIF."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from ldapom import ldif
from ldapom.changes import Add, Delete, Increment, Replace, Value
from ldapom.errors import (
    ConnectionLost,
    Other,
    ResultCode,
    TLSError,
    UnwillingToPerform,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, Plain, Simple
from ldapom.protocol.engine import Engine
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.sync import Target
from ldapom.protocol.ldif_target import LDIFTarget, as_change, as_record

if TYPE_CHECKING:
    from ldapom.protocol.credentials import Credentials
    from ldapom.testing import Directory

DN = "uid=zoë,ou=people,dc=example,dc=com"
PEOPLE = "ou=people,dc=example,dc=com"
ZOE: dict[str, Value | list[Value]] = {
    "objectClass": "inetOrgPerson",
    "uid": "zoë",
    "cn": ["Zoë", " odd "],
    "sn": "Z",
    "userPassword": b"\x00\xff",
}
RECORDS: list[ldif.ChangeRecord] = [
    ldif.AddRecord(DN, ZOE),
    ldif.ModifyRecord(
        DN, [Add("mail", "z@example.com"), Replace("sn", "Y"), Delete("cn", " odd ")]
    ),
    ldif.ModDNRecord(DN, "uid=zed", new_superior="ou=groups,dc=example,dc=com"),
    ldif.DeleteRecord("uid=zed,ou=groups,dc=example,dc=com"),
]


def write(stream: io.StringIO | io.BytesIO, who: Credentials | None = None) -> None:
    """Do what `RECORDS` says."""
    with Connection(LDIFTarget(stream), who or Anonymous()) as connection:
        connection.add(DN, ZOE)
        changed = RECORDS[1]
        assert isinstance(changed, ldif.ModifyRecord)
        connection.modify(DN, changed.changes)
        connection.rename(DN, "uid=zed", new_superior="ou=groups,dc=example,dc=com")
        connection.delete("uid=zed,ou=groups,dc=example,dc=com")


def test_it_is_a_target() -> None:
    """So that `Connection` and `Session` take it where they take a URL."""
    assert isinstance(LDIFTarget(io.StringIO()), Target)


@pytest.mark.parametrize("who", [Anonymous(), Simple(DN, "x"), Plain("zoë", "x")])
def test_every_write_is_a_record(who: Credentials) -> None:
    """In order, complete, secrets included, whoever binds."""
    stream = io.StringIO()
    write(stream, who)
    assert list(ldif.loads(stream.getvalue())) == RECORDS
    assert stream.getvalue() == ldif.dumps(RECORDS)


def test_a_binary_stream_gets_the_same() -> None:
    """Octets where the stream takes octets."""
    text, octets = io.StringIO(), io.BytesIO()
    write(text)
    write(octets)
    assert octets.getvalue() == text.getvalue().encode("ascii")


def test_several_connections_write_one_file() -> None:
    """One version line at the top, the records of all behind it."""
    stream = io.StringIO()
    target = LDIFTarget(stream)
    for uid in ("a", "b"):
        with Connection(target) as connection:
            connection.delete(f"uid={uid},{PEOPLE}")
    assert stream.getvalue().count("version: 1") == 1
    assert [record.dn for record in ldif.loads(stream.getvalue())] == [
        f"uid=a,{PEOPLE}",
        f"uid=b,{PEOPLE}",
    ]


def test_the_file_does_what_was_done(box: Directory) -> None:
    """Its records applied to a directory give what the same writes give there."""
    stream = io.StringIO()
    values = {"objectClass": "inetOrgPerson", "uid": "zed", "cn": "Zed", "sn": "Z"}
    other = box.copy()
    who = Simple(f"uid=admin,{PEOPLE}", "secret")
    for target in (LDIFTarget(stream), box):
        with Connection(target, who) as connection:
            connection.add(f"uid=zed,{PEOPLE}", values)
            connection.modify(f"uid=zed,{PEOPLE}", [Add("mail", "z@example.com")])
            connection.rename(f"uid=zed,{PEOPLE}", "uid=z")
    other.load(stream.getvalue())
    found = []
    for directory in (box, other):
        with Connection(directory, who) as connection:
            (entry,) = connection.search(f"uid=z,{PEOPLE}", scope="base")
            found.append({name: sorted(entry[name]) for name in entry.attributes})
    assert found[0] == found[1]


def test_nothing_can_be_read() -> None:
    """A search, a compare and an extended operation say why not."""
    with Connection(LDIFTarget(io.StringIO())) as connection:
        with pytest.raises(UnwillingToPerform, match="no server"):
            list(connection.search(PEOPLE))
        with pytest.raises(UnwillingToPerform, match="no server"):
            connection.compare(DN, "uid", "x")
        with pytest.raises(UnwillingToPerform, match="no server"):
            connection.who_am_i()


def test_the_root_dse_offers_nothing() -> None:
    """So that nobody sends a control because it seems to be known."""
    with Connection(LDIFTarget(io.StringIO())) as connection:
        assert not connection.root_dse.supports("1.3.6.1.1.13.2")
        assert connection.root_dse.naming_contexts == ()


def test_what_proves_itself_is_refused() -> None:
    """A mechanism in which the server has a part can not be played."""
    engine = Engine()
    transport = LDIFTarget(io.StringIO()).open_transport(Deadline(5))
    bind = engine.send(m.BindRequest("", m.SaslCredentials("DIGEST-MD5")))
    transport.send(engine.data_to_send(), Deadline(5))
    engine.receive_data(transport.receive(Deadline(5)))
    (answer,) = engine.take(bind)
    assert isinstance(answer.op, m.BindResponse)
    assert answer.op.result_code is ResultCode.authMethodNotSupported
    assert "DIGEST-MD5" in answer.op.diagnostic_message


def test_the_transport() -> None:
    """Private, without TLS, and closed for good."""
    transport = LDIFTarget(io.StringIO()).open_transport(Deadline(5))
    assert transport.is_private
    assert "LDIF" in transport.description
    with pytest.raises(TLSError, match="start_tls"):
        transport.start_tls(None, None, Deadline(5))
    transport.close()
    with pytest.raises(ConnectionLost):
        transport.send(b"", Deadline(5))


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


def test_a_stream_that_takes_no_more_fails_the_write() -> None:
    """The change counts as refused, and the text says why."""
    with (
        Connection(LDIFTarget(Full())) as connection,
        pytest.raises(Other, match="No space left"),
    ):
        connection.delete(DN)


def test_a_name_that_can_not_stand_in_a_file() -> None:
    """Nothing of the record is written, and the next one is in order."""
    stream = io.StringIO()
    with Connection(LDIFTarget(stream)) as connection:
        with pytest.raises(Other, match="attribute description"):
            connection.modify(DN, [Add("no name\n", "x")])
        connection.delete(DN)
    assert list(ldif.loads(stream.getvalue())) == [ldif.DeleteRecord(DN)]


def test_controls_stand_in_the_record() -> None:
    """With their criticality and their value."""
    record = as_record(m.DelRequest(DN), [m.Control("1.2.3", True, b"\x01")])
    assert record.controls == (ldif.LDIFControl("1.2.3", True, b"\x01"),)


def test_an_increment_is_one() -> None:
    """RFC 4525 4: ``increment: uidNumber``."""
    number = m.PartialAttribute("uidNumber", (b"-5",))
    change = m.ModifyChange(m.ModifyOperation.increment, number)
    assert as_change(change) == Increment("uidNumber", -5)
    empty = m.ModifyChange(change.operation, m.PartialAttribute("uidNumber"))
    with pytest.raises(ValueError):
        as_change(empty)


def test_repr_names_the_stream() -> None:
    """So that a session shows where its changes go."""
    assert "StringIO" in repr(LDIFTarget(io.StringIO()))
