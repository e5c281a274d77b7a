"""What is logged: where, at which level, in which words, and at no cost when off."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ldapom import filters as f
from ldapom.changes import Add, Replace
from ldapom.errors import ConnectError, ConnectionLost, LDAPError, ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import Entries
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.engine import Engine
from ldapom.protocol.extended import WHO_AM_I
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.log import OCTETS, Recorder, describe
from ldapom.protocol.observer import NOBODY
from ldapom.protocol.retry import Retry
from ldapom.protocol.usage import Usage
from tests.architecture import ROOT
from tests.canary import listening
from tests.protocol.hostile import hostile
from tests.strategies import all_messages

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from tests.servers.slapd import Slapd

DN = "uid=admin,ou=people,dc=example,dc=com"
ADMIN = Simple(DN, "secret")


def engine() -> Engine:
    """A client that is watched."""
    return Engine(observer=Recorder(Usage(), "ldap://test"))


def answer(watched: Engine, message_id: int, op: m.ProtocolOp) -> None:
    """Let a server say something."""
    watched.receive_data(codec.encode(m.LDAPMessage(message_id, op)))


# --- levels ----------------------------------------------------------------------------


def test_nothing_is_shown_by_default() -> None:
    """A program that sets up no logging sees nothing, not even of a failure."""
    program = (
        "from ldapom import Connection, LDAPError\n"
        "try:\n    Connection('ldap://127.0.0.1:1').open()\n"
        "except LDAPError:\n    pass\n"
        "import logging\n"
        "print(logging.getLogger('ldapom').handlers, logging.root.handlers)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stderr == ""
    assert "NullHandler" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_info_tells_of_operations(box: Directory) -> None:
    """One line each: what was asked, what came of it, how long it took."""
    with listening(logging.INFO) as log, Connection(box, ADMIN) as connection:
        list(connection.search("dc=example,dc=com", "(uid=admin)", attributes=["cn"]))
        connection.modify(DN, [Add("mail", "x@example.com"), Replace("sn", "Y")])
        connection.compare(DN, "sn", "y")
        with pytest.raises(LDAPError):
            connection.delete("cn=nobody,dc=example,dc=com")
        connection.extended(WHO_AM_I)
    told = [line.partition(" ")[2] for line in log.of("ldapom.connection")]
    assert all(
        re.search(r", \d+\.\d ms$", line) for line in told if "bound" not in line
    )
    bind, bound, search, modify, compare, delete, extended = (
        re.sub(r", [\d.]+ ms$", "", line) for line in told
    )
    assert bind == f"bind as '{DN}': success"
    assert bound == f"bound as {DN}"
    assert search == (
        "search 'dc=example,dc=com' sub (uid=admin) for cn: success, 1 result"
    )
    assert modify == f"modify '{DN}' by add mail, replace sn: success"
    assert compare == f"compare '{DN}' sn: compareTrue (6)"
    assert delete.startswith("delete 'cn=nobody,dc=example,dc=com': noSuchObject (32)")
    assert extended == f"extended '{WHO_AM_I}' (Who am I?): success"
    assert not log.of("ldapom.protocol")


def test_debug_tells_of_messages() -> None:
    """``>`` is sent, ``<`` received, one field a line."""
    watched = engine()
    with listening(logging.DEBUG) as log:
        watched.send(m.SearchRequest("dc=x", m.Scope.sub, f.Equality("uid", b"a")))
        watched.data_to_send()
        answer(
            watched, 1, m.SearchResultEntry("cn=a", [m.PartialAttribute("cn", [b"a"])])
        )
        answer(watched, 1, m.SearchResultDone(ResultCode.busy, "", "later"))
    sent, entry, done = (
        text.partition(" ")[2].splitlines() for text in log.of("ldapom.protocol")
    )
    assert sent[0] == "> SearchRequest, message 1"
    assert ">   base_object: 'dc=x'" in sent
    assert ">   scope: sub (2)" in sent
    assert ">   filter: (uid=a)" in sent
    assert all(line.startswith(">") for line in sent)
    assert entry[0] == "< SearchResultEntry, message 1"
    assert "<     - PartialAttribute(type='cn', values=(b'a',))" in entry
    assert "<   result_code: busy (51)" in done
    assert "<   diagnostic_message: 'later'" in done
    octets = log.of("ldapom.transport")
    assert [line.partition(" ")[2].split()[0] for line in octets] == [
        "sending",
        "received",
        "received",
    ]
    assert not any("0000  " in line for line in octets)


def test_the_level_below_debug_tells_of_octets() -> None:
    """Sixteen on a line, in hex and as ASCII, in the order they passed."""
    watched = engine()
    with listening(OCTETS) as log:
        watched.send(m.DelRequest("cn=a"))
        answer(watched, 1, m.DelResponse())
    sent, received = (t for t in log.of("ldapom.transport") if "0000" in t)
    assert sent.splitlines() == [
        sent.partition(" ")[0] + " > 11 octets, DelRequest, message 1",
        "> 0000  30 09 02 01 01 4a 04 63 6e 3d 61                 0....J.cn=a",
    ]
    assert "< 14 octets, DelResponse, message 1\n< 0000  30 0c 02 01 01 6b" in received


def test_one_logger_alone() -> None:
    """Each layer can be asked for by itself."""
    watched = engine()
    logging.getLogger("ldapom.protocol").setLevel(logging.WARNING)
    try:
        with listening(logging.DEBUG) as log:
            watched.send(m.DelRequest("cn=a"))
            answer(watched, 1, m.DelResponse())
    finally:
        logging.getLogger("ldapom.protocol").setLevel(logging.NOTSET)
    assert log.of("ldapom.connection")
    assert not log.of("ldapom.protocol")


def test_a_level_may_change_while_connected(box: Directory) -> None:
    """What is asked for later is logged from then on."""
    with Connection(box, ADMIN) as connection:
        with listening(logging.WARNING) as log:
            connection.who_am_i()
        assert not log.ours
        with listening(logging.DEBUG) as log:
            connection.who_am_i()
        assert len(log.of("ldapom.protocol")) == 2


# --- life of a connection --------------------------------------------------------------


def test_sockets_and_tls(slapd: Slapd) -> None:
    """Opened with both ends, TLS with its version, closed once."""
    tls = Tls(ca_file=str(slapd.pki.ca_file))
    with listening(logging.INFO) as log:
        connection = Connection(slapd.url, tls=tls, start_tls=True)
        connection.open()
        connection.unbind()
        connection.unbind()
    opened, secured, closed = log.of("ldapom.transport")
    assert f"connected to {slapd.url}: " in opened
    assert opened.endswith(", clear")
    assert "TLS started: " in secured
    assert "TLSv1." in secured
    assert closed.endswith(" closed")
    assert any("(StartTLS): success" in line for line in log.of("ldapom.connection"))


def test_failures() -> None:
    """What ends an operation is named, whether or not a connection came about."""
    with listening(logging.INFO) as log:
        with pytest.raises(ConnectError):
            Connection("ldap://127.0.0.1:1").open()
        with hostile(lambda peer: peer.received.append(peer.next())) as server:
            connection = Connection(server.url, timeout=2, retry=Retry(attempts=1))
            connection.open()
            with pytest.raises(ConnectionLost):
                connection.who_am_i()
    refused, lost = log.of("ldapom.connection")
    assert "failed: ConnectError: 127.0.0.1:1: " in refused
    assert "failed: ConnectionLost: the peer closed the connection" in lost
    assert log.of("ldapom.transport")[-1].endswith(" closed")


def test_connections_are_told_apart(box: Directory) -> None:
    """Each has a number at the head of its lines."""
    with listening(logging.INFO) as log:
        for _ in range(2):
            with Connection(box):
                pass
    heads = [r.getMessage().split()[0] for r in log.ours]
    assert len(set(heads)) == 2
    assert heads == sorted(heads, key=lambda head: int(head[1:]))


# --- foreign text ------------------------------------------------------------------------


def test_no_line_is_forged() -> None:
    """Line ends and control characters of a server or a name are escaped."""
    evil = "x\nINFO:ldapom.connection:#1 bind as 'root': success\x1b[2J\u202e"
    watched = engine()
    with listening(OCTETS) as log:
        watched.send(
            m.SearchRequest(evil, m.Scope.sub, f.Equality("uid", evil.encode()))
        )
        answer(
            watched, 1, m.SearchResultEntry(evil, [m.PartialAttribute(evil, [b"\n"])])
        )
        answer(watched, 1, m.SearchResultDone(ResultCode.other, evil, evil))
        watched.send(m.CompareRequest(evil, evil, b"\n"))
    for record in log.ours:
        _, *others = record.getMessage().split("\n")
        assert all(line.startswith(("> ", "< ")) for line in others)
        assert all(line.isprintable() for line in others)


def test_long_values_are_cut() -> None:
    """A photograph fills no log, and a filter no line."""
    watched = engine()
    with listening(OCTETS) as log:
        long = m.PartialAttribute("jpegPhoto", [bytes(500_000)])
        watched.send(m.AddRequest("cn=a", [long]))
        watched.send(m.SearchRequest("", m.Scope.sub, f.Equality("cn", b"x" * 9_999)))
        answer(watched, 2, m.SearchResultDone())
    added = log.of("ldapom.protocol")[0]
    assert len(added) < 5_000
    assert "characters)" in added
    assert len(log.of("ldapom.connection")[0]) < 700
    assert "… 434" in next(t for t in log.of("ldapom.transport") if "AddRequest" in t)


@given(message=all_messages)
def test_any_message_can_be_told(message: m.LDAPMessage) -> None:
    """No message, however odd, makes logging fail or breaks a line."""
    recorder = Recorder(Usage(), "ldap://test")
    octets = codec.encode(message)
    with listening(OCTETS) as log:
        recorder.sent(m.LDAPMessage(1, m.DelRequest("")), b"")
        recorder.hearing(codec.receive)(octets, 0, max_size=len(octets))
        describe(message.op)
    told = log.ours[2:]
    assert len(told) == 2
    for record in told:
        _, *others = record.getMessage().split("\n")
        assert all(line.startswith("< ") and line.isprintable() for line in others)


# --- cost --------------------------------------------------------------------------------


def test_nothing_is_paid_for_an_entry() -> None:
    """Whoever watches without reading messages is called once a batch, not once each."""
    calls: list[str] = []

    class Counting(Recorder):
        def __getattribute__(self, name: str) -> object:
            if not name.startswith("_") and name != "usage":
                calls.append(name)
            return super().__getattribute__(name)

    watched = Engine(observer=Counting(Usage(), "ldap://test"))
    with listening(logging.WARNING):
        watched.send(m.SearchRequest("", m.Scope.sub, f.Present("cn")))
        calls.clear()
        entry = codec.encode(m.LDAPMessage(1, m.SearchResultEntry("cn=a")))
        watched.receive_data(entry * 1_000)
        messages = watched.take(1)
        counts = [len(e.entries) if isinstance(e, Entries) else 1 for e in messages]
        assert sum(counts) == 1_000
    assert calls == ["arrives", "hearing", "decoded"]


def test_nobody_is_told_nothing() -> None:
    """An engine without an observer, such as a server's, works and logs nothing."""
    with listening(OCTETS) as log:
        alone = Engine()
        assert alone.observer is NOBODY
        alone.send(m.DelRequest("cn=a"))
        answer(alone, 1, m.DelResponse())
        assert alone.take(1)
    assert not log.ours
