"""Transactions (RFC 5805): on the box by messages, and by the flow on every server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import Filter
from ldapom.changes import Replace
from ldapom.errors import (
    AssertionFailed,
    NoSuchObject,
    ResultCode,
    ResultError,
    UnwillingToPerform,
)
from ldapom.protocol import extended, requests
from ldapom.protocol import messages as m
from ldapom.protocol.controls import find
from ldapom.protocol.extended import EndTransaction, StartTransaction, TransactionEnd
from ldapom.protocol.flows.transaction import transaction
from ldapom.protocol.write_controls import (
    Assertion,
    PostRead,
    PostReadResponse,
    TransactionSpecification,
    TreeDelete,
)
from ldapom.testing.transactions import MAX_OPEN
from tests.testing.asker import ADA, PEOPLE, Asker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.connection import Connection
    from ldapom.protocol.flows.update import Update
    from ldapom.testing import Directory
    from tests.servers.targets import Server

# What 389 DS does not have.
pytestmark = pytest.mark.without("ds389")

START = StartTransaction().request()
NOBODY = f"uid=nobody,{PEOPLE}"
NEW = f"cn=new,{PEOPLE}"


def titled(title: str, dn: str = ADA) -> m.ModifyRequest:
    """A change of the title."""
    return requests.modify(dn, [Replace("title", [title])])


def added(dn: str = NEW) -> m.AddRequest:
    """A new device."""
    return requests.add(dn, {"objectClass": ["device"]})


class Client:
    """A connection that counts its message ids, as a client does."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.last = 0

    def ask(self, op: m.ProtocolOp, *controls: m.Control) -> m.Result:
        """The one answer to a request."""
        self.last += 1
        message = m.LDAPMessage(self.last, op, controls)
        (answer,) = self.asker.handler.handle(message)
        assert answer.message_id == self.last
        assert isinstance(answer.op, m.Result)
        assert not answer.controls
        return answer.op

    def start(self) -> bytes:
        """Start a transaction."""
        answer = self.ask(START)
        assert isinstance(answer, m.ExtendedResponse)
        return extended.transaction_identifier(answer.value)

    def note(self, identifier: bytes, op: Update, *controls: m.Control) -> ResultCode:
        """Hand an update over."""
        specification = TransactionSpecification(identifier).control()
        return self.ask(op, specification, *controls).result_code

    def end(
        self, identifier: bytes, *, commit: bool = True
    ) -> tuple[ResultCode, TransactionEnd]:
        """End a transaction."""
        answer = self.ask(EndTransaction(identifier, commit).request())
        assert isinstance(answer, m.ExtendedResponse)
        return answer.result_code, TransactionEnd.decode(answer.value)

    def title(self) -> tuple[bytes, ...]:
        """The title that everybody sees."""
        return self.asker.read(ADA)["title"]


@pytest.fixture
def client(admin: Asker) -> Client:
    """A client that may write."""
    return Client(admin)


OK = (ResultCode.success, TransactionEnd())


class TestCommit:
    """All or nothing, at once."""

    def test_nothing_before_the_end(self, client: Client, box: Directory) -> None:
        """Nobody sees an update before the end, not even who asked for it."""
        identifier = client.start()
        assert client.note(identifier, titled("x")) == ResultCode.success
        assert client.note(identifier, added()) == ResultCode.success
        assert client.title() == (b"Analyst",)
        assert NEW not in box
        assert client.end(identifier) == OK
        assert client.title() == (b"x",)
        assert NEW in box

    def test_order(self, client: Client, box: Directory) -> None:
        """Each update sees what those before it did."""
        identifier = client.start()
        below = f"cn=below,cn=renamed,{PEOPLE}"
        updates: list[Update] = [
            added(),
            m.ModifyDNRequest(NEW, "cn=renamed"),
            added(below),
            m.DelRequest(below),
            m.DelRequest(f"cn=renamed,{PEOPLE}"),
            added(),
        ]
        before = len(box)
        for update in updates:
            assert client.note(identifier, update) == ResultCode.success
        assert client.end(identifier) == OK
        assert len(box) == before + 1
        assert NEW in box

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_all_or_nothing(self, client: Client, box: Directory, place: int) -> None:
        """A refusal undoes those before it, and the answer says whose it is."""
        identifier, before = client.start(), box.dump()
        updates: list[Update] = [titled("x"), added()]
        updates.insert(place, m.DelRequest(NOBODY))
        ids = []
        for update in updates:
            assert client.note(identifier, update) == ResultCode.success
            ids.append(client.last)
        end = TransactionEnd(ids[place])
        assert client.end(identifier) == (ResultCode.noSuchObject, end)
        assert box.dump() == before
        assert client.end(identifier)[0] == ResultCode.unwillingToPerform

    def test_a_search_that_is_being_read(
        self, client: Client, anyone: Asker, box: Directory
    ) -> None:
        """A result that is half read does not break off."""
        request = m.SearchRequest(
            PEOPLE, m.Scope.one, Filter.parse("(uid=*)"), ("uid",)
        )
        answers = anyone.handler.handle(m.LDAPMessage(1, request))
        next(answers)
        identifier = client.start()
        client.note(identifier, m.DelRequest(ADA))
        client.end(identifier)
        assert ADA not in box
        *_, done = answers
        assert isinstance(done.op, m.SearchResultDone)
        assert done.op.result_code == ResultCode.success

    def test_response_controls(self, client: Client) -> None:
        """They come with the end, each under its update's message id."""
        identifier = client.start()
        client.note(identifier, titled("x"), PostRead(["title"]).control())
        first = client.last
        client.note(identifier, added())
        client.note(identifier, titled("y"), PostRead(["title"]).control())
        code, end = client.end(identifier)
        assert code == ResultCode.success
        assert [update.message_id for update in end.updates] == [first, first + 2]
        read = [find(update.controls, PostReadResponse) for update in end.updates]
        titles = [each.entry.attributes[0].values for each in read if each is not None]
        assert titles == [(b"x",), (b"y",)]

    def test_assertion(self, client: Client) -> None:
        """An assertion is about the entry as the updates before it left it."""
        condition = Assertion(Filter.parse("(title=x)")).control()
        for first, expected in (("x", ResultCode.success), ("z", 122)):
            identifier = client.start()
            client.note(identifier, titled(first))
            client.note(identifier, titled("y"), condition)
            assert client.end(identifier)[0] == expected
        assert client.title() == (b"y",)

    def test_tree_delete(self, client: Client, box: Directory) -> None:
        """A deleted tree comes back when the transaction fails."""
        before = len(box)
        for last in (NOBODY, None):
            identifier = client.start()
            client.note(identifier, m.DelRequest(PEOPLE), TreeDelete().control())
            if last is not None:
                client.note(identifier, m.DelRequest(last))
            client.end(identifier)
            assert (len(box) == before) is (last is not None)

    def test_no_updates(self, client: Client) -> None:
        """Nothing to do is done."""
        assert client.end(client.start()) == OK

    def test_who_wrote(self, client: Client) -> None:
        """Entries are stamped as by any other write."""
        identifier = client.start()
        client.note(identifier, titled("x"))
        before = client.asker.read(ADA, "entryCSN")
        client.end(identifier)
        after = client.asker.read(ADA, "entryCSN", "modifiersName")
        assert after["entryCSN"] > before["entryCSN"]
        assert after["modifiersName"] == (b"uid=admin,ou=people,dc=example,dc=com",)


class TestLettingGo:
    """A transaction that is not committed leaves nothing behind."""

    def test_roll_back(self, client: Client, box: Directory) -> None:
        """Asked for by its client."""
        before, identifier = box.dump(), client.start()
        client.note(identifier, titled("x"))
        assert client.end(identifier, commit=False) == OK
        assert box.dump() == before
        assert client.note(identifier, titled("x")) == ResultCode.unwillingToPerform

    def test_bind(self, client: Client) -> None:
        """Another identity does not go on with it."""
        identifier = client.start()
        client.note(identifier, titled("x"))
        client.asker.bind()
        assert client.end(identifier)[0] == ResultCode.unwillingToPerform
        assert client.title() == (b"Analyst",)

    def test_connection(self, server: Server, subtree: str) -> None:
        """The end of the connection is the end of its transactions."""
        request = requests.add(f"cn=x,{subtree}", {"objectClass": ["device"]})
        connection = server.connection()
        with connection:
            identifier = connection.extended(START.name).value
            assert identifier is not None
            specification = TransactionSpecification(identifier).control()
            connection.add(
                request.entry, {"objectClass": "device"}, controls=[specification]
            )
        with server.connection() as other:
            assert [entry.dn for entry in other.search(subtree)] == [subtree]

    def test_of_another_connection(self, client: Client, box: Directory) -> None:
        """An identifier means nothing on another connection."""
        identifier = client.start()
        other = Client(Asker(box))
        other.asker.bind()
        assert other.note(identifier, titled("x")) == ResultCode.unwillingToPerform


class TestRefusals:
    """What can not become part of a transaction is refused at once."""

    @pytest.mark.parametrize(
        ("update", "code"),
        [
            (m.DelRequest("no dn"), "invalidDNSyntax"),
            (m.ModifyDNRequest(ADA, "nonsense"), "invalidDNSyntax"),
            (m.ModifyDNRequest(ADA, "uid=x", True, "nonsense"), "invalidDNSyntax"),
            (requests.modify(ADA, [Replace("foo", ["x"])]), "undefinedAttributeType"),
            (
                requests.modify(ADA, [Replace("uidNumber", ["x"])]),
                "invalidAttributeSyntax",
            ),
            (requests.add(NEW, {"foo": "x"}), "undefinedAttributeType"),
        ],
    )
    def test_syntax(self, client: Client, update: Update, code: str) -> None:
        """The transaction goes on without it."""
        identifier = client.start()
        assert client.note(identifier, titled("x")) == ResultCode.success
        assert client.note(identifier, update) == ResultCode[code]
        assert client.end(identifier) == OK
        assert client.title() == (b"x",)

    def test_rights(self, anyone: Asker) -> None:
        """Who may not write does not so in a transaction."""
        client = Client(anyone)
        identifier = client.start()
        refused = ResultCode.insufficientAccessRights
        assert client.note(identifier, titled("x")) == refused

    def test_too_many(self, client: Client) -> None:
        """A connection has a few at a time; an end makes room."""
        found = [client.start() for _ in range(MAX_OPEN)]
        assert len(set(found)) == MAX_OPEN
        assert client.ask(START).result_code == ResultCode.busy
        client.end(found[0], commit=False)
        assert client.start() not in found

    def test_side_by_side(self, client: Client) -> None:
        """Those of one connection are told apart."""
        first, second = client.start(), client.start()
        client.note(first, titled("x"))
        client.note(second, titled("y"))
        client.end(second)
        assert client.title() == (b"y",)
        client.end(first)
        assert client.title() == (b"x",)

    @pytest.mark.parametrize("value", [None, b"", b"\x30\x05", b"\xff"])
    def test_malformed_end(self, client: Client, value: bytes | None) -> None:
        """An end without a readable value is a protocolError."""
        request = m.ExtendedRequest(extended.END_TRANSACTION, value)
        assert client.ask(request).result_code == ResultCode.protocolError

    def test_malformed_start(self, client: Client) -> None:
        """A start has no value."""
        request = m.ExtendedRequest(extended.START_TRANSACTION, b"")
        assert client.ask(request).result_code == ResultCode.protocolError

    def test_specification(self, client: Client) -> None:
        """The control is critical, comes once, has a value and is for updates."""
        identifier = client.start()
        good = TransactionSpecification(identifier).control()
        bad = TransactionSpecification(identifier, criticality=False).control()
        refused = ResultCode.protocolError
        assert client.ask(titled("x"), bad).result_code == refused
        assert client.ask(titled("x"), good, good).result_code == refused
        empty = m.Control(good.type, True)
        assert client.ask(titled("x"), empty).result_code == refused
        compare = m.CompareRequest(ADA, "uid", b"ada")
        refused = ResultCode.unavailableCriticalExtension
        assert client.ask(compare, good).result_code == refused


# --- the flow ------------------------------------------------------------------------


def run(
    connection: Connection, *updates: tuple[Update, Sequence[m.Control]]
) -> tuple[tuple[m.Control, ...], ...]:
    """Carry the updates out on an open connection."""
    return connection._operate(transaction(connection._live().engine, updates))


def names(connection: Connection, subtree: str) -> list[str]:
    """The cns below a test's own entry."""
    found = connection.search(subtree, scope="one", attributes=["cn"])
    return sorted(name for entry in found for name in entry.text("cn"))


class TestFlow:
    """`flows.transaction` against every server."""

    def test_advertised(self, server: Server) -> None:
        """The two extended operations are in the root DSE."""
        with server.connection() as connection:
            for oid in (extended.START_TRANSACTION, extended.END_TRANSACTION):
                assert connection.root_dse.supports(oid)

    def test_commit(self, server: Server, subtree: str) -> None:
        """All of the updates are carried out, and one transaction follows another."""
        with server.connection() as connection:
            for name in ("a", "b"):
                dn = f"cn={name},{subtree}"
                new = requests.modify(dn, [Replace("description", ["x"])])
                rename = m.ModifyDNRequest(dn, f"cn={name}{name}")
                found = run(connection, (added(dn), ()), (new, ()), (rename, ()))
                assert found == ((), (), ())
            assert names(connection, subtree) == ["aa", "bb"]

    def test_refused_at_the_end(self, server: Server, subtree: str) -> None:
        """None of the updates is carried out; the error has the one at fault."""
        missing = m.DelRequest(f"cn=nobody,{subtree}")
        dn = f"cn=a,{subtree}"
        with server.connection() as connection:
            with pytest.raises(NoSuchObject) as caught:
                run(connection, (added(dn), ()), (missing, ()), (m.DelRequest(dn), ()))
            assert caught.value.request is missing
            assert names(connection, subtree) == []
            run(connection, (added(dn), ()))
            assert names(connection, subtree) == ["a"]

    def test_refused_before_the_end(self, server: Server, subtree: str) -> None:
        """None is carried out, and the connection is free for another transaction."""
        dn = f"cn=a,{subtree}"
        broken = requests.modify(dn, [Replace("nonsense", ["x"])])
        with server.connection() as connection:
            with pytest.raises(ResultError) as caught:
                run(connection, (added(dn), ()), (broken, ()))
            assert caught.value.request is broken
            assert names(connection, subtree) == []
            run(connection, (added(dn), ()))
            assert names(connection, subtree) == ["a"]

    def test_assertion(self, server: Server, subtree: str) -> None:
        """A condition that is not true keeps everything from being done."""
        first, second = f"cn=a,{subtree}", f"cn=b,{subtree}"
        change = requests.modify(first, [Replace("description", ["x"])])
        with server.connection() as connection:
            run(connection, (added(first), ()))
            for text, expected in (("(cn=nobody)", ["a"]), ("(cn=a)", ["a", "b"])):
                condition = Assertion(Filter.parse(text)).control()
                updates = (added(second), ()), (change, [condition])
                if expected == ["a"]:
                    with pytest.raises(AssertionFailed) as caught:
                        run(connection, *updates)
                    assert caught.value.request is change
                else:
                    run(connection, *updates)
                assert names(connection, subtree) == expected

    def test_reading(self, server: Server, subtree: str) -> None:
        """The box reads after each update; OpenLDAP refuses that inside of one."""
        dn = f"cn=a,{subtree}"
        update = added(dn), [PostRead(["cn"]).control()]
        with server.connection() as connection:
            if server.name == "slapd":
                with pytest.raises(UnwillingToPerform):
                    run(connection, update)
                assert names(connection, subtree) == []
            else:
                ((control,),) = run(connection, update)
                entry = PostReadResponse.decode(control).entry
                assert entry.object_name == dn

    def test_in_the_order_given(self, server: Server, subtree: str) -> None:
        """A long row of updates that each need the one before."""
        dn = subtree
        updates: list[tuple[Update, Sequence[m.Control]]] = []
        for number in range(30):
            dn = f"cn=x{number},{dn}"
            updates.append((added(dn), ()))
        with server.connection() as connection:
            run(connection, *updates)
            assert sum(1 for _ in connection.search(subtree)) == 31
