"""Sessions: opened, bound, nested, shared by mistake, left in every way."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    InvalidCredentials,
    LocalProtocolError,
    NoResult,
    Replace,
    ResultCode,
    Session,
    Simple,
    SizeLimitExceeded,
)
from ldapom.filters import Equality
from ldapom.protocol import messages as m
from ldapom.protocol.controls import PagedResults, ServerSideSort, find
from ldapom.testing import Directory
from tests.mapper.models import Person, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing.handler import Answers, Handle
    from tests.servers.targets import Server

ADMIN = "uid=admin,ou=people,dc=example,dc=com"
CREDENTIALS = Simple(ADMIN, "secret")


def kinds(requests: list[m.LDAPMessage]) -> list[type]:
    """What was sent, by kind."""
    return [type(message.op) for message in requests]


def searches(requests: list[m.LDAPMessage]) -> list[m.SearchRequest]:
    """The searches among what was sent."""
    return [
        message.op for message in requests if isinstance(message.op, m.SearchRequest)
    ]


# --- entering and leaving ----------------------------------------------------------


def test_enter_binds_and_leave_unbinds(server: Server) -> None:
    """Entries stay usable, the session does not."""
    session = server.session()
    assert not session.is_open
    with session as entered:
        assert entered is session
        assert session.is_open
        assert session.who_am_i().removeprefix("dn:").strip() == ADMIN
        ada = session.query(User, uid="ada").one()
    assert not session.is_open
    assert ada.cn.first == "Ada Lovelace"
    with pytest.raises(LocalProtocolError, match="not open"):
        session.query(User).first()


def test_it_unbinds_when_the_body_raises(box: Directory) -> None:
    """And the exception is the body's."""
    with (
        box.recording() as requests,
        pytest.raises(KeyError, match="mine"),
        Session(box, CREDENTIALS),
    ):
        raise KeyError("mine")
    assert kinds(requests) == [m.BindRequest, m.UnbindRequest]


def test_bind_and_search_are_all_that_is_sent(box: Directory) -> None:
    """No root DSE, no schema, no page control for a lookup, and no class."""
    with box.recording() as requests:
        with Session(box, CREDENTIALS):
            assert User.query(uid="admin").first()
        assert kinds(requests) == [m.BindRequest, m.SearchRequest, m.UnbindRequest]
    search = searches(requests)[0]
    assert search.size_limit == 1
    assert search.base_object == "ou=people,dc=example,dc=com"
    assert search.filter == Equality("uid", b"admin")
    assert requests[1].controls == ()


def test_a_session_can_be_entered_again(server: Server) -> None:
    """After it was left; not while it is open."""
    session = server.session()
    for _ in range(2):
        with session:
            assert User.query(uid="ada").exists()
    with session, pytest.raises(LocalProtocolError, match="entered already"):
        session.__enter__()
    assert not session.is_open


def test_a_wrong_password_leaves_nothing_open(server: Server) -> None:
    """The session can not be used; queries find no session."""
    session = server.session(Simple(ADMIN, "wrong"))
    with pytest.raises(InvalidCredentials), session:
        pass
    assert not session.is_open
    with pytest.raises(LocalProtocolError, match="no session surrounds"):
        User.query().first()


def test_nested_sessions_restore_the_outer_one(box: Directory) -> None:
    """The innermost open one is asked."""
    other = Directory.sample()
    with Session(box, CREDENTIALS):
        with other.recording() as there, box.recording() as here:
            with Session(other, CREDENTIALS):
                User.query().first()
            assert searches(there)
            assert not searches(here)
            User.query().first()
            assert searches(here)


def test_sessions_left_out_of_order(box: Directory) -> None:
    """Closed ones do not count, wherever they stand."""
    outer, inner = Session(box, CREDENTIALS), Session(box, CREDENTIALS)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    assert User.query(uid="ada").exists()
    inner.__exit__(None, None, None)
    with pytest.raises(LocalProtocolError, match="no session"):
        User.query().first()


def test_leaving_in_a_foreign_context(box: Directory) -> None:
    """As fixtures and callbacks do: no error, and no session stays behind."""
    session = Session(box, CREDENTIALS)
    contextvars.Context().run(session.__enter__)
    with pytest.raises(LocalProtocolError, match="no session"):
        User.query().first()
    session.__exit__(None, None, None)
    session.__enter__()
    contextvars.Context().run(session.__exit__, None, None, None)
    with pytest.raises(LocalProtocolError, match="no session"):
        User.query().first()


def test_a_thread_does_not_inherit_the_session(box: Directory) -> None:
    """The error says so, and names the way that works."""
    caught: list[BaseException] = []

    def ask(query: Callable[[], object]) -> None:
        try:
            query()
        except LocalProtocolError as error:
            caught.append(error)

    with Session(box, CREDENTIALS) as session:
        for query in (User.query().first, session.query(User).first):
            thread = threading.Thread(target=ask, args=[query])
            thread.start()
            thread.join()
    assert len(caught) == 1
    assert "a thread does not inherit" in str(caught[0])
    assert "session.query(" in str(caught[0])


def test_two_threads_at_once_are_noticed(box: Directory) -> None:
    """The one that comes second gets the error; the first one its answer."""
    asked, answer = threading.Event(), threading.Event()

    def wrapper(handle: Handle) -> Handle:
        def slow(message: m.LDAPMessage) -> Answers:
            if isinstance(message.op, m.SearchRequest):
                asked.set()
                assert answer.wait(10)
            return handle(message)

        return slow

    found: list[object] = []
    with Session(box, CREDENTIALS) as session, box.wrapped(wrapper):
        query = session.query(User, uid="ada")
        thread = threading.Thread(target=lambda: found.append(query.first()))
        thread.start()
        assert asked.wait(10)
        with pytest.raises(LocalProtocolError, match="one thread at a time"):
            query.first()
        with pytest.raises(LocalProtocolError, match="one thread at a time"):
            session.who_am_i()
        answer.set()
        thread.join()
        assert isinstance(found[0], User)
        assert query.first() is not None


def test_a_session_is_let_go(box: Directory) -> None:
    """Entries that are kept keep no session alive."""
    session = Session(box, CREDENTIALS)
    with session:
        kept = User.query().all()
    held = weakref.ref(session)
    del session
    gc.collect()
    assert held() is None
    assert kept[0].cn


# --- streams -------------------------------------------------------------------------


def test_streams_are_paged(box: Directory) -> None:
    """Page by page, as they are read; the next one is asked for in good time."""
    with Session(box, CREDENTIALS), box.recording() as requests:
        stream = iter(User.query().page_size(5))
        next(stream)
        assert len(searches(requests)) == 2
        for _ in range(4):
            next(stream)
        assert len(searches(requests)) == 2
        page = find(requests[0].controls, PagedResults)
        assert page is not None
        assert page.size == 5
        assert len(list(stream)) == 7
        assert len(searches(requests)) == 3
        assert {search.size_limit for search in searches(requests)} == {0}


def test_a_stream_inside_a_stream(server: Server) -> None:
    """It uses a connection of its own, as the same identity, and keeps it."""
    with server.session() as session:
        expected = sorted(each.uid[0] for each in User.query())
        pairs = [
            (outer.uid[0], inner.uid[0])
            for outer in User.query().page_size(4)
            for inner in User.query().page_size(3)
        ]
        assert pairs[0] != pairs[1]
        assert sorted({outer for outer, _ in pairs}) == expected
        assert len(pairs) == len(expected) ** 2
        assert len(session._further) == 1
        assert session._further[0].who_am_i().removeprefix("dn:").strip() == ADMIN
    assert session._further == []


def test_lookups_inside_a_stream_share_its_connection(box: Directory) -> None:
    """What is not paged needs no connection of its own."""
    with Session(box, CREDENTIALS) as session:
        for user in User.query().page_size(2):
            assert session.get(User, user.dn).uid == user.uid
        assert session._further == []


def test_leaving_a_stream_early(box: Directory) -> None:
    """The server is told to leave the page it is at; nothing is waited for."""
    with Session(box, CREDENTIALS) as session, box.recording() as requests:
        for _ in User.query().page_size(2):
            break
        assert not session.connection.has_open_pages
        assert User.query().count() == 12
        assert [type(each.op) for each in requests[:3]] == [
            m.SearchRequest,
            m.SearchRequest,
            m.AbandonRequest,
        ]
        assert requests[2].op == m.AbandonRequest(requests[1].message_id)
        assert session._further == []


def test_a_session_left_in_the_middle_of_a_stream(box: Directory) -> None:
    """The rest of the stream raises; what came stays."""
    with Session(box, CREDENTIALS):
        stream = iter(User.query().page_size(2))
        first = next(stream)
        next(stream)
    with pytest.raises(LocalProtocolError, match="not open"):
        next(stream)
    assert first.cn


def limited(count: int) -> Callable[[Handle], Handle]:
    """A server that sends so many entries, whatever is asked."""

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            sent = 0
            for answer in handle(message):
                sent += isinstance(answer.op, m.SearchResultEntry)
                if sent > count:
                    refused = m.SearchResultDone(ResultCode.sizeLimitExceeded)
                    yield m.LDAPMessage(message.message_id, refused)
                    return
                yield answer

        return handler

    return wrapper


def test_a_servers_own_limit_raises_behind_its_entries(box: Directory) -> None:
    """What was delivered is delivered; less than asked for is no success."""
    with Session(box, CREDENTIALS), box.wrapped(limited(3)):
        stream = iter(User.query())
        assert [next(stream).uid for _ in range(3)]
        with pytest.raises(SizeLimitExceeded):
            next(stream)
        with pytest.raises(SizeLimitExceeded) as error:
            User.query().limit(5).all()
        assert len(error.value.received) == 3
        assert len(User.query().limit(3).all()) == 3
        assert User.query().first() is not None


def test_a_server_that_does_not_mind_the_limit(box: Directory) -> None:
    """No more entries are given than were asked for."""

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            if isinstance(message.op, m.SearchRequest):
                op = m.SearchRequest(
                    message.op.base_object,
                    message.op.scope,
                    message.op.filter,
                    message.op.attributes,
                )
                message = m.LDAPMessage(message.message_id, op, message.controls)
            return handle(message)

        return handler

    with Session(box, CREDENTIALS), box.wrapped(wrapper):
        assert len(User.query().limit(2).all()) == 2
        assert User.query().first() is not None
        assert User.query().limit(2).count() == 2


def test_what_can_match_nothing_asks_nobody(box: Directory) -> None:
    """Not even for a session."""
    never = User.query(User.uid.in_([]))
    for _ in range(2):
        assert never.all() == []
        assert never.first() is None
        assert never.one_or_none() is None
        assert never.count() == 0
        assert not never.exists()
        assert len(never.order_by("cn").reader()) == 0
        with pytest.raises(NoResult):
            never.one()


def test_counting_asks_for_no_attributes(box: Directory) -> None:
    """``1.1`` in pages; `exists` one entry without a page."""
    with Session(box, CREDENTIALS), box.recording() as requests:
        assert User.query().page_size(5).count() == 12
        assert User.query().exists()
    *pages, last = requests
    assert len(pages) == 3
    assert {search.attributes for search in searches(requests)} == {("1.1",)}
    assert isinstance(last.op, m.SearchRequest)
    assert last.op.size_limit == 1
    assert last.controls == ()


# --- sorting -------------------------------------------------------------------------


def test_the_server_sorts_where_it_offers_to(box: Directory) -> None:
    """With the limit sent along."""
    with Session(box, CREDENTIALS) as session, box.recording() as requests:
        assert session.root_dse.supports(ServerSideSort.OID)
        User.query().order_by("-uidNumber").first()
        control = find(requests[-1].controls, ServerSideSort)
        assert control is not None
        assert control.keys[0].attribute == "uidNumber"
        assert searches(requests)[-1].size_limit == 1


def test_sorting_nothing_and_by_nothing(box: Directory) -> None:
    """No entry, or no value that can be read: what has none comes last."""
    with Session(box, CREDENTIALS) as session:
        assert User.query(uid="nobody").order_by("cn").all() == []
        session.connection.modify(
            "uid=ada,ou=people,dc=example,dc=com", [Replace("loginShell")]
        )
        with box.wrapped(unsorted):
            found = User.query().order_by("loginShell").all()
            assert found[-1].uid == ["ada"]
            found = User.query().order_by("-loginShell").all()
            assert found[0].uid == ["ada"]


def unsorted(handle: Handle) -> Handle:
    """A server that offers to sort and then does not."""

    def handler(message: m.LDAPMessage) -> Answers:
        if find(message.controls, ServerSideSort):
            refused = m.SearchResultDone(ResultCode.unavailableCriticalExtension)
            return iter([m.LDAPMessage(message.message_id, refused)])
        return handle(message)

    return handler


def test_a_server_that_then_does_not_sort(box: Directory) -> None:
    """All entries are read and sorted here, the limit afterwards."""
    with Session(box, CREDENTIALS), box.wrapped(unsorted):
        found = [each.uidNumber for each in User.query().order_by("-uidNumber")]
        assert found == sorted(found, reverse=True)
        assert len(found) == 12
        best = User.query().order_by("-uidNumber").limit(2)
        assert [each.uidNumber for each in best] == found[:2]
        two = User.query().order_by("loginShell", "-uidNumber").all()
        shells = [(each.loginShell is None, each.loginShell or "") for each in two]
        assert shells == sorted(shells)


# --- where to look ---------------------------------------------------------------------


def test_where_a_model_without_base_is_looked_for(box: Directory) -> None:
    """The query's word, the model's, the only naming context."""
    with Session(box, CREDENTIALS):
        assert User.query(uid="ada").exists()
        assert not User.query(uid="ada").base("ou=groups,dc=example,dc=com").exists()
        assert Person.query(cn="Ada Lovelace").base("dc=example,dc=com").exists()
    with Session(box, CREDENTIALS), box.recording() as requests:
        assert Person.query(cn="Ada Lovelace").exists()
        assert [each.base_object for each in searches(requests)] == [
            "",
            "dc=example,dc=com",
        ]


def test_the_urls_dn_is_where_to_look(box: Directory) -> None:
    """Without asking the root DSE."""
    with (
        box.serve() as listening,
        Session(f"{listening.url}/ou=people,dc=example,dc=com", CREDENTIALS),
        box.recording() as requests,
    ):
        assert Person.query(cn="Ada Lovelace").exists()
        assert len(searches(requests)) == 1
        assert searches(requests)[0].base_object == "ou=people,dc=example,dc=com"


def test_the_default_naming_context() -> None:
    """Active Directory names the one to use among several."""
    several = Directory("dc=a", "dc=b")

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            for answer in handle(message):
                op = answer.op
                if isinstance(op, m.SearchResultEntry) and not op.object_name:
                    more = m.PartialAttribute("defaultNamingContext", [b"dc=b"])
                    op = m.SearchResultEntry("", (*op.attributes, more))
                yield m.LDAPMessage(answer.message_id, op, answer.controls)

        return handler

    several.add("dc=b", {"objectClass": ["domain"], "dc": ["b"]})
    with Session(several), several.wrapped(wrapper), several.recording() as requests:
        assert Person.query().first() is None
        assert searches(requests)[-1].base_object == "dc=b"


def test_nothing_says_where_to_look() -> None:
    """The error names the naming contexts and the remedies."""
    several = Directory("dc=a", "dc=b")
    with (
        Session(several),
        pytest.raises(LocalProtocolError, match=r"'dc=a', 'dc=b'.*\.base\(dn\)"),
    ):
        Person.query().first()


# --- get -------------------------------------------------------------------------------


def test_get(server: Server) -> None:
    """By text or DN; what is not there, or of another class, is no result."""
    with server.session() as session:
        ada = session.get(User, "uid=ada,ou=people,dc=example,dc=com")
        assert session.get(User, ada.dn).uid == ["ada"]
        with pytest.raises(NoResult, match="no entry 'uid=zz"):
            session.get(User, "uid=zz,ou=people,dc=example,dc=com")
        with pytest.raises(NoResult, match="is no User"):
            session.get(User, "ou=people,dc=example,dc=com")


# --- text --------------------------------------------------------------------------------


def test_text_and_repr(box: Directory) -> None:
    """Who, where, open or closed; never a secret."""
    session = Session("ldap://h:1389/dc=x", Simple("cn=a", "hunter2"), timeout=5)
    assert str(session) == "session with ldap://h:1389/dc=x as cn=a: closed"
    assert repr(session).startswith("Session('ldap://h:1389/dc=x', Simple(dn='cn=a'")
    assert "timeout=5" in repr(session)
    assert "hunter2" not in repr(session) + str(session)
    with Session(box) as other:
        assert str(other) == "session with Directory as anonymous: open"


def test_schema_and_root_dse(server: Server) -> None:
    """Read when asked for; the same objects afterwards."""
    with server.session() as session:
        assert "dc=example,dc=com" in session.root_dse.naming_contexts
        assert session.root_dse is session.root_dse
        assert "inetOrgPerson" in session.schema.object_classes["inetorgperson"].names
        assert session.schema is session.schema
