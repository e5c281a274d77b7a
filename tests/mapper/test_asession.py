"""Asyncio sessions: what blocking ones do, awaited, and by many tasks at once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    AsyncSession,
    CommitError,
    ConflictError,
    Entry,
    LocalProtocolError,
    Many,
    MultipleResults,
    NoResult,
    ReadOnlyEntry,
    References,
    ResultCode,
    SizeLimitExceeded,
    State,
    UncommittedChanges,
    ValidationError,
    attribute,
)
from ldapom.protocol import messages as m
from tests.mapper.models import InetOrgPerson, Person, User
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from tests.servers.targets import Server


class Group(Entry, object_class="groupOfNames", base="dc=example,dc=com", rdn="cn"):
    """A group whose members are known to be people."""

    cn: Many[str] = attribute("cn", must=True)
    member: References[User] = attribute("member", must=True)


def session_with(server: Server) -> AsyncSession:
    """A session as the administrator, not entered yet."""
    return AsyncSession(server.target, server.admin, tls=server.tls)


def newcomer(name: str, parent: str) -> InetOrgPerson:
    """A new person, not added yet."""
    return InetOrgPerson(dn=f"uid={name},{parent}", uid=[name], cn=[name], sn=["New"])


# --- asking --------------------------------------------------------------------------


async def test_every_way_to_ask(server: Server) -> None:
    """first, one, all, count, exists, get and async for agree."""
    async with session_with(server) as session:
        ada = await session.query(User, uid="ada").one()
        assert await session.query(User, uid="ada").first() is ada
        assert await session.query(User, uid="ada").one_or_none() is ada
        assert await session.get(User, ada.dn) is ada
        every = await session.query(User).all()
        assert [u.dn async for u in session.query(User)] == [u.dn for u in every]
        assert await session.query(User).count() == len(every)
        assert await session.query(User, uid="ada").exists()
        assert not await session.query(User, uid="nobody at all").exists()
        assert await session.query(User, uid="nobody at all").first() is None
        with pytest.raises(NoResult):
            await session.query(User, uid="nobody at all").one()
        with pytest.raises(MultipleResults):
            await session.query(User).one()
        with pytest.raises(NoResult):
            await session.get(User, f"uid=nobody,{server.base}")


async def test_order_limit_and_pages(server: Server) -> None:
    """Sorted, cut off and paged as a blocking session does it."""
    with server.session() as blocking:
        expected = [u.dn for u in blocking.query(User).order_by("-uid").limit(5)]
    async with session_with(server) as session:
        query = session.query(User).order_by("-uid").limit(5)
        assert [u.dn async for u in query] == expected
        paged = [u.dn async for u in session.query(User).page_size(3)]
        assert paged == [u.dn async for u in session.query(User).page_size(0)]


async def test_many_tasks_read_at_once(server: Server) -> None:
    """A hundred queries are gathered on one session, over one connection."""
    async with session_with(server) as session:
        names = [user.uid[0] for user in await session.query(User).all()]
        asked = [names[n % len(names)] for n in range(100)]
        found = await asyncio.gather(
            *(session.query(User, uid=name).one() for name in asked)
        )
        assert [user.uid[0] for user in found] == asked
        assert session.usage.sockets_opened == 1


async def test_two_paged_streams(server: Server) -> None:
    """Each has a connection of its own; other operations may come in between."""
    async with session_with(server) as session:
        pairs = 0
        async for _ in session.query(User).page_size(2):
            async for _ in session.query(User).page_size(2).base(server.base):
                pairs += 1
                if pairs % 3 == 0:
                    break
            if pairs > 10:
                break
        assert await session.query(User, uid="admin").exists()


async def test_the_way_without_a_session(server: Server) -> None:
    """`User.query` can not be awaited, and says what can."""
    async with session_with(server):
        with pytest.raises(LocalProtocolError, match="await session.query"):
            User.query(uid="ada").first()


async def test_references(server: Server) -> None:
    """The entries a reference names are awaited; what would block says how."""
    async with session_with(server) as session:
        group = await session.query(Group, Group.member.present()).first()
        assert group is not None
        people = await session.entries_of(group.member)
        assert [person.dn for person in people] == list(group.member)
        with pytest.raises(LocalProtocolError, match="await session"):
            group.member.entries()


# --- changing ------------------------------------------------------------------------


async def test_add_change_rename_delete(server: Server, subtree: str) -> None:
    """The unit of work is the same."""
    async with session_with(server) as session:
        one = session.add(newcomer("one", subtree))
        await session.commit()
        assert one.state is State.clean
        one.description = ["first"]
        assert "first" in session.pending.ldif()
        await session.commit()
        session.rename(one, uid="two")
        await session.commit()
        again = await session.get(InetOrgPerson, f"uid=two,{subtree}")
        assert again.description == ["first"]
        await session.refresh(again)
        session.delete(again)
        await session.commit()
        assert await session.query(InetOrgPerson).base(subtree).count() == 0


async def test_writers_and_readers(server: Server, subtree: str) -> None:
    """A writer commits by itself; a reader's entries only read."""
    async with session_with(server) as session:
        for name in ("a", "b"):
            session.add(newcomer(name, subtree))
        await session.commit()
        query = session.query(InetOrgPerson).base(subtree)
        async with await query.writer() as people:
            for person in people:
                person.description = ["written"]
        reader = await query.reader()
        assert [p.description for p in reader] == [["written"], ["written"]]
        with pytest.raises(ReadOnlyEntry):
            reader[0].description = ["no"]
        with pytest.raises(KeyError):
            async with await query.writer() as people:
                people[0].description = ["dropped"]
                raise KeyError
        assert {p.description.first for p in await reader.search()} == {"written"}
        async with session.writer(InetOrgPerson) as people:
            people.add(newcomer("c", subtree))
        assert len(await reader.search()) == 3
        with pytest.raises(CommitError):
            async with session.writer(InetOrgPerson) as people:
                people.add(newcomer("c", subtree))
        assert not people.pending


async def test_findings_and_conflicts(server: Server, subtree: str) -> None:
    """Nothing invalid is sent, and a lost race is told."""
    async with session_with(server) as session:
        person = session.add(newcomer("one", subtree))
        await session.commit()
        person.sn = []
        with pytest.raises(ValidationError, match="sn"):
            await session.commit()
        session.discard()
        person.displayName = "mine"
        await session.commit()
        async with session_with(server) as other:
            same = await other.get(InetOrgPerson, person.dn)
            same.displayName = "theirs"
            await other.commit()
        person.displayName = "mine again"
        with pytest.raises(ConflictError):
            await session.commit()
        session.discard()


async def test_leaving_with_changes(server: Server, subtree: str) -> None:
    """Changes that were not sent are an error, unless something else was."""
    with pytest.raises(UncommittedChanges):
        async with session_with(server) as session:
            session.add(newcomer("one", subtree))
    with pytest.raises(KeyError):
        async with session_with(server) as session:
            session.add(newcomer("one", subtree))
            raise KeyError


async def test_one_commit_at_a_time(server: Server, subtree: str) -> None:
    """A second commit while one is on its way is refused; nothing is sent twice."""
    async with session_with(server) as session:
        for n in range(10):
            session.add(newcomer(f"n{n}", subtree))
        results = await asyncio.gather(
            session.commit(), session.commit(), return_exceptions=True
        )
        (error,) = [each for each in results if isinstance(each, BaseException)]
        assert isinstance(error, LocalProtocolError)
        assert "one task at a time" in str(error)
        assert await session.query(InetOrgPerson).base(subtree).count() == 10


async def test_a_cancelled_commit_knows_nothing() -> None:
    """What was on its way is unknown, what was not sent stays pending."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer_search()  # the root DSE
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncSession(server.url, timeout=5) as session:
            first = session.add(newcomer("a", "dc=x"))
            second = session.add(newcomer("b", "dc=x"))
            task = asyncio.ensure_future(session.commit())
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert first.state is State.unknown
            assert second.state is State.adding
            session.discard()


async def test_a_refusal_says_what_was_done(server: Server, subtree: str) -> None:
    """The usual CommitError, with what was carried out before."""
    async with session_with(server) as session:
        session.add(newcomer("one", subtree))
        session.add(newcomer("two", f"ou=nowhere,{subtree}"))
        with pytest.raises(CommitError) as caught:
            await session.commit(on_error="continue")
        assert len(caught.value.done) == len(caught.value.failed) == 1
        session.discard()


async def test_nested_and_entered_again(server: Server) -> None:
    """A session is entered once at a time, and again after that."""
    session = session_with(server)
    for _ in range(2):
        async with session:
            with pytest.raises(LocalProtocolError, match="entered already"):
                await session.__aenter__()
            assert (await session.query(Person).first()) is not None
    with pytest.raises(LocalProtocolError, match="not open"):
        await session.query(Person).first()


async def test_wire_messages() -> None:
    """Entering and one query are a bind and a search, and leaving an unbind."""
    seen: list[object] = []

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer_search()
        peer.wait_for_end()
        seen.extend(type(message.op) for message in peer.received)

    with hostile(script) as server:
        async with AsyncSession(f"{server.url}/dc=x", timeout=5) as session:
            assert await session.query(User, uid="x").first() is None
    assert seen == [m.BindRequest, m.SearchRequest, m.UnbindRequest]


async def test_nobody_changes_what_is_being_committed() -> None:
    """It would count as sent; other entries may be changed meanwhile."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        for name in ("a", "b"):
            search = peer.next()
            parts = [("objectClass", b"inetOrgPerson"), ("cn", b"x"), ("sn", b"x")]
            values = tuple(m.PartialAttribute(key, (value,)) for key, value in parts)
            peer.answer(search, m.SearchResultEntry(f"cn={name}", values))
            peer.answer(search, m.SearchResultDone())
        for _ in range(3):
            write = peer.next()
            time.sleep(0.2)
            peer.answer(write, m.ModifyResponse())
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncSession(server.url, timeout=5) as session:
            one = await session.get(InetOrgPerson, "cn=a")
            two = await session.get(InetOrgPerson, "cn=b")
            one.sn.append("sent")
            commit = asyncio.ensure_future(session.commit())
            await asyncio.sleep(0.05)
            two.sn = ["later"]
            with pytest.raises(ReadOnlyEntry, match="another task commits"):
                one.sn.append("lost")
            with pytest.raises(ReadOnlyEntry, match="another task commits"):
                session.delete(one)
            with pytest.raises(ReadOnlyEntry, match="another task commits"):
                session.discard()
            await commit
            assert list(one.sn) == ["x", "sent"]
            assert [op.dn for op in session.pending] == ["cn=b"]
            one.sn.append("free again")
            await session.commit()


async def test_a_limit_leaves_what_came() -> None:
    """`all` raises, with the entries that the server gave."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        search = peer.next()
        value = m.PartialAttribute("objectClass", (b"inetOrgPerson",))
        peer.answer(search, m.SearchResultEntry("cn=a", (value,)))
        peer.answer(search, m.SearchResultDone(ResultCode.sizeLimitExceeded))
        peer.wait_for_end()

    with hostile(script) as server:
        async with AsyncSession(server.url, timeout=5) as session:
            with pytest.raises(SizeLimitExceeded) as error:
                await session.query(InetOrgPerson).base("dc=x").all()
            (only,) = error.value.received
            assert isinstance(only, InetOrgPerson)
