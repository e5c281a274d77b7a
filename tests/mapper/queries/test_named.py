"""Lookups by name: what is asked, and that the answer is that of the whole question."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ldapom import (
    AsyncSession,
    Busy,
    Entry,
    Filter,
    Many,
    MultipleResults,
    ResultCode,
    Session,
    Simple,
    attribute,
)
from ldapom.filters import And, Equality
from ldapom.protocol import messages as m
from tests.mapper.models import InetOrgPerson, Person, PosixAccount, User
from tests.servers.targets import delete_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle
    from tests.servers.targets import Server

ROLE = b"nsFilteredRoleDefinition"
PEOPLE = "ou=people,dc=example,dc=com"
CREDENTIALS = Simple(f"uid=admin,{PEOPLE}", "secret")


class Named(Person, rdn="cn"):
    """A person, whatever else."""


class Worker(InetOrgPerson, rdn="cn+sn"):
    """Named by two attributes."""


class Subentry(Entry, object_class="ldapSubEntry"):
    """draft-ietf-ldup-subentry: what servers hide from who does not ask for it."""

    cn: Many[str] = attribute("cn", must=True)


class Definition(Subentry, object_class="nsRoleDefinition"):
    """What all roles are."""


class Complex(Definition, object_class="nsComplexRoleDefinition"):
    """What roles are that are found by a search."""


class Role(Complex, object_class="nsFilteredRoleDefinition", rdn="cn"):
    """A role of 389 Directory Server, a part of it."""

    nsRoleFilter: Many[str] = attribute("nsRoleFilter", must=True)


class Account(Entry, object_class="account", rdn="uid"):
    """RFC 4524 3.1, a part of it: nothing that a person is."""

    uid: Many[str] = attribute("uid", must=True)
    description: Many[str] = attribute("description", default=())


def asked(requests: list[m.LDAPMessage]) -> list[Filter]:
    """The filters of the searches among what was sent."""
    found = [message.op for message in requests]
    return [op.filter for op in found if isinstance(op, m.SearchRequest)]


@pytest.fixture
def folder(server: Server) -> Iterator[str]:
    """A place of one's own below the suffix."""
    dn = f"ou=named-{uuid4().hex[:12]},{server.base}"
    with server.connection() as connection:
        connection.add(dn, {"objectClass": "organizationalUnit", "ou": dn[3:21]})
    yield dn
    delete_tree(server, dn)


# --- what is asked -------------------------------------------------------------------


def test_a_name_is_asked_for_alone(box: Directory) -> None:
    """By first, one and one_or_none; the classes are seen in what comes."""
    by_name = User.uid == "ada"
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        assert session.query(User, by_name).first() is not None
        assert session.query(User, uid="ada").one().cn
        assert session.query(User, uid="nobody").one_or_none() is None
        assert session.query(User, by_name, User.sn == "Lovelace").first() is not None
    short = [str(each) for each in asked(requests)]
    assert short == [
        "(uid=ada)",
        "(uid=ada)",
        "(uid=nobody)",
        str(by_name & (User.sn == "Lovelace")),
    ]


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param(User.sn == "Lovelace", id="another attribute"),
        pytest.param(User.uid.startswith("ada"), id="a part of a name"),
        pytest.param((User.uid == "ada") | (User.uid == "bob"), id="one of two"),
        pytest.param(~(User.uid == "ada"), id="any other"),
        pytest.param(User.uid.present(), id="any"),
    ],
)
def test_anything_else_is_asked_with_the_classes(
    box: Directory, condition: Filter
) -> None:
    """They may be what keeps the server from looking at everything."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        session.query(User, condition).first()
    (whole,) = asked(requests)
    assert isinstance(whole, And)
    assert Equality("objectClass", b"posixAccount") in whole.filters


def test_where_classes_cost_nothing_they_are_asked_for(box: Directory) -> None:
    """An entry that is read by its DN, a stream, a count, a class without a name."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        session.get(User, f"uid=ada,{PEOPLE}")
        assert len(session.query(User, uid="ada").all()) == 1
        assert session.query(User, uid="ada").count() == 1
        session.query(InetOrgPerson, uid="ada").base(PEOPLE).first()
    assert len(asked(requests)) == 4
    assert all("objectClass" in str(each) for each in asked(requests))


def test_subentries_are_always_asked_for_as_such(box: Directory) -> None:
    """Without their class a server says that there are none."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        assert session.query(Role, cn="staff").base(PEOPLE).first() is None
    (whole,) = asked(requests)
    assert isinstance(whole, And)
    classes = {Equality("objectClass", name) for name in (b"ldapSubEntry", ROLE)}
    assert classes <= set(whole.filters)


def test_the_roles_of_a_server(ds389_server: Server) -> None:
    """389 Directory Server shows its roles to a query of their class."""
    name = f"staff-{uuid4().hex[:12]}"
    dn = f"cn={name},ou=people,{ds389_server.base}"
    with ds389_server.session() as session:
        session.add(Role(dn=dn, cn=[name], nsRoleFilter=["(uid=admin)"]))
        session.commit()
        try:
            query = session.query(Role, cn=name).base(ds389_server.base)
            assert [str(each.dn) for each in query] == [dn]
            assert query.one().nsRoleFilter == ["(uid=admin)"]
            assert query.exists()
        finally:
            session.connection.delete(dn)


def test_whether_there_is_one_of_that_name(box: Directory) -> None:
    """Its classes are all that is asked for, and nothing where they are not needed."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        assert session.query(User, uid="ada").exists()
        assert not session.query(User, uid="nobody").exists()
        assert not session.query(Account, uid="ada").base(PEOPLE).exists()
        assert session.query(User, sn="Lovelace").exists()
    found = [each.op for each in requests if isinstance(each.op, m.SearchRequest)]
    assert [op.attributes for op in found] == [("objectClass",)] * 4 + [("1.1",)]
    assert {op.size_limit for op in found} == {1}
    whole = [op for op in found if "objectClass" in str(op.filter)]
    assert whole == found[3:]


def test_a_name_of_two_attributes_needs_both(box: Directory) -> None:
    """One of them may be that of many."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        workers = session.query(Worker, cn="Ada Lovelace").base(PEOPLE)
        workers.first()
        assert workers.where(Worker.sn == "Lovelace").first()
    first, second = asked(requests)
    assert "objectClass" in str(first)
    assert "objectClass" not in str(second)


# --- and what is found ---------------------------------------------------------------


def test_an_entry_of_another_class_is_none(server: Server, folder: str) -> None:
    """Though it has the name."""
    with server.connection() as connection:
        dn = f"uid=printer,{folder}"
        connection.add(dn, {"objectClass": ["account"], "uid": "printer"})
    with server.session() as session:
        assert session.query(User, uid="printer").base(folder).first() is None
        assert session.query(User, uid="printer").base(folder).one_or_none() is None
        found = session.query(Account, uid="printer").base(folder).one()
        assert found.objectClass


def test_one_of_another_class_hides_none(server: Server, folder: str) -> None:
    """A limit counts entries of the class alone."""
    with server.connection() as connection:
        for number in range(3):
            place = f"ou=o{number},{folder}"
            connection.add(place, {"objectClass": "organizationalUnit"})
            connection.add(f"uid=twin,{place}", {"objectClass": "account"})
        place = f"ou=p,{folder}"
        connection.add(place, {"objectClass": "organizationalUnit"})
        person = {
            "objectClass": ["inetOrgPerson", "posixAccount"],
            "cn": "Twin",
            "sn": "Twin",
            "uidNumber": "7",
            "gidNumber": "7",
            "homeDirectory": "/",
        }
        connection.add(f"uid=twin,{place}", person)
    with server.session() as session:
        query = session.query(User, uid="twin").base(folder)
        for _ in range(5):
            assert query.one().sn.one == "Twin"
            first = query.first()
            assert first is not None
            assert first.uidNumber == 7
    with server.connection() as connection:
        connection.add(f"ou=q,{folder}", {"objectClass": "organizationalUnit"})
        connection.add(f"uid=twin,ou=q,{folder}", person)
    with server.session() as session, pytest.raises(MultipleResults):
        session.query(User, uid="twin").base(folder).one()


def test_superiors_that_a_server_does_not_list(server: Server, folder: str) -> None:
    """An entry of a subclass is one of the class, listed or not."""
    with server.connection() as connection:
        more = {"cn": "Sub", "sn": "Class", "uid": "sub"}
        connection.add(f"cn=Sub,{folder}", {"objectClass": "inetOrgPerson", **more})
    with server.session() as session:
        for _ in range(5):
            found = session.query(Named, cn="sub").base(folder).one()
            assert found.sn.one == "Class"
            session.discard()


def test_what_is_asked_in_vain_is_asked_no_more(box: Directory) -> None:
    """A server that never shows the classes gets one question each time."""

    def blind(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            for answer in handle(message):
                op = answer.op
                if isinstance(op, m.SearchResultEntry):
                    shown = [a for a in op.attributes if a.type != "objectClass"]
                    op = m.SearchResultEntry(op.object_name, shown)
                yield m.LDAPMessage(answer.message_id, op, answer.controls)

        return handler

    with (
        box.wrapped(blind),
        box.recording() as requests,
        Session(box, CREDENTIALS) as session,
    ):
        for _ in range(6):
            assert session.query(User, uid="ada").one().cn
        assert session.query(Named, cn="Ada Lovelace").base(PEOPLE).one().sn
    assert len(asked(requests)) == 3 * 2 + 3 + 2


def refusing(wanted: Callable[[Filter], bool]) -> Callable[[Handle], Handle]:
    """A server that is too busy for some filters."""

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            op = message.op
            if isinstance(op, m.SearchRequest) and wanted(op.filter):
                yield m.LDAPMessage(
                    message.message_id, m.SearchResultDone(ResultCode.busy)
                )
            else:
                yield from handle(message)

        return handler

    return wrapper


def test_a_refusal_counts_for_the_whole_question_alone(box: Directory) -> None:
    """What refuses the short one may answer the other."""
    with Session(box, CREDENTIALS) as session:
        with box.wrapped(refusing(lambda given: isinstance(given, Equality))):
            assert session.query(User, uid="ada").one().cn
        with (
            box.wrapped(refusing(lambda _: True)),
            pytest.raises(Busy),
        ):
            session.query(User, uid="ada").one()


@pytest.mark.parametrize("raw", [b"\x30", b"\x30\x05\x04\x01", b"\x04\x00", b"\xff"])
def test_an_entry_that_does_not_decode_is_not_trusted(raw: bytes) -> None:
    """It is asked for once more, with the classes."""
    from ldapom.mapper.queries.named import Classes
    from ldapom.protocol.codec.attributes import LazyAttributes

    broken = m.SearchResultEntry("uid=x", LazyAttributes(raw))
    assert not Classes(("person",)).are_of([broken])


async def test_the_same_under_asyncio(box: Directory) -> None:
    """Short, and whole where that does not do."""
    with box.recording() as requests:
        async with AsyncSession(box, CREDENTIALS) as session:
            assert (await session.query(User, uid="ada").one()).cn
            assert await session.query(Account, uid="ada").base(PEOPLE).first() is None
            assert await session.query(User, uid="ada").exists()
    short, other, whole, again = asked(requests)
    assert again == short
    assert str(short) == str(other) == "(uid=ada)"
    assert "objectClass=account" in str(whole)


def test_classes_are_seen_in_any_order_and_spelling() -> None:
    """Wherever the attribute stands, and however the server writes its values."""
    from ldapom.mapper.queries.named import Classes
    from ldapom.protocol.codec import decode, encode

    def received(*attributes: tuple[str, tuple[bytes, ...]]) -> m.SearchResultEntry:
        parts = [m.PartialAttribute(name, values) for name, values in attributes]
        sent = m.LDAPMessage(7, m.SearchResultEntry("uid=x", parts))
        found = decode(encode(sent))
        assert found is not None
        op = found[0].op
        assert isinstance(op, m.SearchResultEntry)
        return op

    names = ("objectClass", (b"top", b"PERSON", b"posixaccount"))
    classes = Classes(("person", "posixAccount"))
    assert classes.are_of([received(names, ("cn", (b"a",)))] * 2)
    assert classes.are_of([received(("cn", (b"a",)), ("OBJECTCLASS", names[1]))])
    assert not classes.are_of([received(("objectClass", names[1][:2]))])
    assert not classes.are_of([received(("cn", (b"a",)))])
    assert not classes.are_of([received(names), received(("objectClass", ()))])
    assert classes.are_of([])
    assert PosixAccount.__ldapom__.asserted == ("posixAccount",)


def test_a_beginning_says_only_what_it_says() -> None:
    """A server that sends the classes in two parts is asked again where one is not."""
    from ldapom.mapper.queries.named import Classes
    from ldapom.protocol.codec.attributes import LazyAttributes
    from tests.protocol.codec.test_wanted import raw_of

    first = m.PartialAttribute("objectClass", (b"top", b"inetOrgPerson"))
    second = m.PartialAttribute("objectClass", (b"person",))

    def received(*parts: m.PartialAttribute) -> m.SearchResultEntry:
        return m.SearchResultEntry("uid=x", LazyAttributes(raw_of(parts)))

    classes = Classes(("person", "inetOrgPerson"))
    for _ in range(2):
        assert classes.are_of([received(first, second)])
        assert not classes.are_of([received(first)])
    both = m.PartialAttribute("objectClass", (b"person", b"inetOrgPerson"))
    assert classes.are_of([received(both), received(both, second), received(both)])
