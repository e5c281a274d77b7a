"""Watching a query: what every server tells, by whatever it has for it."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import pytest

from ldapom import (
    DN,
    Added,
    AsyncSession,
    Changed,
    Deleted,
    LocalProtocolError,
    NoSuchObject,
    ReadOnlyEntry,
    Session,
    Synced,
)
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from tests.mapper.models import InetOrgPerson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom import AsyncWatch, Event, Watch
    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle
    from tests.servers.targets import Server

E = TypeVar("E")
SOON = 10.0


def newcomer(name: str, parent: str) -> InetOrgPerson:
    """A new person, not added yet."""
    dn = f"uid={name},{parent}"
    return InetOrgPerson(dn=dn, uid=[name], cn=[name], sn=["New"])


def until_synced(watch: Watch[E]) -> list[Event[E]]:
    """The events before `Synced`."""
    found: list[Event[E]] = []
    while not isinstance(event := watch.next(SOON), Synced):
        assert event is not None
        found.append(event)
    return found


async def until_async(watch: AsyncWatch[E]) -> list[Event[E]]:
    """The events before `Synced`."""
    found: list[Event[E]] = []
    while not isinstance(event := await watch.next(SOON), Synced):
        assert event is not None
        found.append(event)
    return found


def names(events: list[Event[InetOrgPerson]]) -> list[str]:
    """The names of what was added."""
    return sorted(e.entry.uid.one for e in events if isinstance(e, Added))


def async_session(server: Server) -> AsyncSession:
    """A session as the administrator, not entered yet."""
    return AsyncSession(server.target, server.admin, tls=server.tls)


# --- what is told --------------------------------------------------------------------


def test_life_of_an_entry(server: Server, subtree: str) -> None:
    """What is there, what is added, changed and deleted is told, in its order."""
    with server.session() as session:
        session.add(newcomer("first", subtree))
        session.commit()
        with session.watch(InetOrgPerson.query().base(subtree)) as watch:
            assert names(until_synced(watch)) == ["first"]
            second = newcomer("second", subtree)
            session.add(second)
            session.commit()
            added = watch.next(SOON)
            assert isinstance(added, Added)
            assert added.entry.dn == second.dn
            second.description = ["changed"]
            session.commit()
            changed = watch.next(SOON)
            assert isinstance(changed, Changed)
            assert changed.entry.description == ["changed"]
            assert changed.former_dn is None
            session.delete(second)
            session.commit()
            deleted = watch.next(SOON)
            assert isinstance(deleted, Deleted)
            assert deleted.dn == second.dn
            assert watch.next(0.2) is None


@pytest.mark.without("ds389")  # a persistent search says nothing of it
def test_leaving_the_filter(server: Server, subtree: str) -> None:
    """An entry that no longer matches is told as deleted, one that does as added."""
    with server.session() as session:
        query = InetOrgPerson.query(sn="New").base(subtree)
        person = newcomer("mover", subtree)
        session.add(person)
        session.commit()
        with session.watch(query) as watch:
            assert names(until_synced(watch)) == ["mover"]
            person.sn = ["Old"]
            session.commit()
            assert isinstance(watch.next(SOON), Deleted)
            person.sn = ["New"]
            session.commit()
            assert isinstance(watch.next(SOON), Added)


@pytest.mark.without("ds389")  # tells the new name twice, first as another entry
def test_rename(server: Server, subtree: str) -> None:
    """A renamed entry is the same one under another name."""
    with server.session() as session:
        person = newcomer("before", subtree)
        session.add(person)
        session.commit()
        with session.watch(InetOrgPerson.query().base(subtree)) as watch:
            (first,) = until_synced(watch)
            assert isinstance(first, Added)
            session.rename(person, uid="after")
            session.commit()
            event = watch.next(SOON)
            assert isinstance(event, Changed)
            assert event.former_dn == DN.parse(f"uid=before,{subtree}")
            assert event.entry.dn == DN.parse(f"uid=after,{subtree}")
            assert event.uuid == first.uuid


def test_changes_only(server: Server, subtree: str) -> None:
    """``initial=False`` tells what happens from now on alone."""
    with server.session() as session:
        session.add(newcomer("old", subtree))
        session.commit()
        query = InetOrgPerson.query().base(subtree)
        with session.watch(query, initial=False) as watch:
            assert until_synced(watch) == []
            session.add(newcomer("young", subtree))
            session.commit()
            event = watch.next(SOON)
            assert isinstance(event, Added)
            assert event.entry.uid == ["young"]


@pytest.mark.without("ds389")  # has it only with a plugin
def test_cookie(server: Server, subtree: str) -> None:
    """From a cookie only what happened since is told; nothing is lost."""
    query = InetOrgPerson.query().base(subtree)
    with server.session() as session:
        kept, gone = newcomer("kept", subtree), newcomer("gone", subtree)
        session.add(kept)
        session.add(gone)
        session.commit()
        with session.watch(query) as watch:
            assert names(until_synced(watch)) == ["gone", "kept"]
            cookie = watch.cookie
    assert cookie is not None
    with server.session() as session:
        session.add(newcomer("fresh", subtree))
        session.delete(session.get(InetOrgPerson, f"uid=gone,{subtree}"))
        session.commit()
        watch = session.watch(query, cookie=cookie)
        found: list[Event[InetOrgPerson]] = []
        while not isinstance(event := watch.next(SOON), Synced):
            assert event is not None
            found.append(event)
        assert names(found) == ["fresh"]
        if event.remaining is None:
            assert any(isinstance(each, Deleted) for each in found)
        else:
            assert len(event.remaining) == 2  # kept and fresh


def test_entries_are_read_only(box: Directory) -> None:
    """An entry of a watch is what was told, and belongs to no session."""
    with Session(box) as session, session.watch(InetOrgPerson.query()) as watch:
        event = watch.next(SOON)
        assert isinstance(event, Added)
        with pytest.raises(ReadOnlyEntry):
            event.entry.sn = ["Other"]


def test_only_what_is_asked_for(box: Directory) -> None:
    """What the query does not ask for is no change; with operational attributes is."""
    dn = "uid=ada,ou=people,dc=example,dc=com"
    with Session(box) as session:
        narrow = session.watch(InetOrgPerson.query(uid="ada").only("uid"))
        wide = session.watch(InetOrgPerson.query(uid="ada").with_operational())
        until_synced(narrow)
        until_synced(wide)
        change = m.ModifyChange(
            m.ModifyOperation.replace, m.PartialAttribute("description", (b"x",))
        )
        box.store.modify(dn, [change], who="")
        assert isinstance(wide.next(SOON), Changed)
        assert narrow.next(0.1) is None


# --- ways and cookies ----------------------------------------------------------------


def test_cookie_of_another_query(box: Directory) -> None:
    """A cookie is bound to its query: another one is refused before it is sent."""
    with Session(box) as session:
        with session.watch(InetOrgPerson.query()) as watch:
            until_synced(watch)
            cookie = watch.cookie
        other = session.watch(InetOrgPerson.query(uid="ada"), cookie=cookie)
        with pytest.raises(LocalProtocolError, match="another query"):
            other.open()
        assert other.is_closed
        nonsense = session.watch(InetOrgPerson.query(), cookie=b"nonsense")
        with pytest.raises(LocalProtocolError, match=r"watch\.cookie"):
            nonsense.next(SOON)


def test_nothing_offered(box: Directory) -> None:
    """A server without any way to watch is told of by the names of all of them."""
    with Session(box) as session, box.wrapped(_without_controls):
        watch = session.watch(InetOrgPerson.query())
        with pytest.raises(LocalProtocolError, match=r"4203\.1\.9\.1\.1.*841"):
            watch.next(SOON)


def _without_controls(handle: Handle) -> Handle:
    """Let the root DSE name no controls."""

    def handled(message: m.LDAPMessage) -> Answers:
        for answer in handle(message):
            op = answer.op
            if isinstance(op, m.SearchResultEntry) and not op.object_name:
                kept = [a for a in op.attributes if a.type != "supportedControl"]
                yield m.LDAPMessage(answer.message_id, m.SearchResultEntry("", kept))
            else:
                yield answer

    return handled


def test_mode_that_is_not_offered(box: Directory) -> None:
    """A way that is asked for by name is used, or refused."""
    with Session(box) as session:
        watch = session.watch(InetOrgPerson.query(), mode="DirSync")
        with pytest.raises(LocalProtocolError, match="DirSync"):
            watch.open()


def test_limit_and_order_are_refused(box: Directory) -> None:
    """A watch has neither an end nor an order."""
    with Session(box) as session:
        for query in (
            InetOrgPerson.query().limit(1),
            InetOrgPerson.query().order_by("sn"),
        ):
            with pytest.raises(LocalProtocolError, match="neither"):
                session.watch(query)


@pytest.mark.without("ds389")  # finds nothing there, and no fault with it
def test_missing_base(server: Server) -> None:
    """An error of the server ends the watch."""
    with server.session() as session:
        query = InetOrgPerson.query().base("ou=nowhere,dc=example,dc=com")
        watch = session.watch(query)
        with pytest.raises(NoSuchObject):
            until_synced(watch)
        assert watch.is_closed
        assert list(watch) == []


# --- ends ----------------------------------------------------------------------------


def test_close_from_another_thread(server: Server) -> None:
    """Closing ends the iteration at once; the server is told by an Abandon."""
    with server.session() as session:
        watch = session.watch(InetOrgPerson.query().only("uid"))
        until_synced(watch)
        timer = threading.Timer(0.2, watch.close)
        timer.start()
        begun = monotonic()
        assert list(watch) == []
        assert monotonic() - begun < 1
        timer.join()
        assert watch.usage.operations["abandon"] == 1
        assert watch.usage.sockets_closed == 1


def test_ends_with_its_session(box: Directory) -> None:
    """Leaving a session closes what it watches."""
    with Session(box) as session:
        watch = session.watch(InetOrgPerson.query())
        until_synced(watch)
    assert watch.is_closed
    assert watch.next() is None
    assert "0 connections" in str(box)


def test_session_goes_on(box: Directory) -> None:
    """A watch that waits in another thread holds up nobody."""
    with Session(box) as session:
        watch = session.watch(InetOrgPerson.query())
        seen: list[Event[InetOrgPerson]] = []
        reader = threading.Thread(target=lambda: seen.extend(watch))
        reader.start()
        for _ in range(20):
            assert InetOrgPerson.query(uid="ada").one().uid == ["ada"]
    reader.join(2)
    assert not reader.is_alive()


# --- asyncio -------------------------------------------------------------------------


async def test_async_life_of_an_entry(server: Server, subtree: str) -> None:
    """The asyncio twin tells the same."""
    async with async_session(server) as session:
        query = session.query(InetOrgPerson).base(subtree)
        async with session.watch(query) as watch:
            assert await until_async(watch) == []
            person = newcomer("anna", subtree)
            session.add(person)
            await session.commit()
            assert isinstance(await watch.next(SOON), Added)
            person.description = ["x"]
            await session.commit()
            assert isinstance(await watch.next(SOON), Changed)
            session.delete(person)
            await session.commit()
            deleted = await watch.next(SOON)
            assert isinstance(deleted, Deleted)
            assert deleted.dn == person.dn


async def test_async_cancelled_waits_lose_nothing(box: Directory) -> None:
    """A task that gives up waiting finds everything later."""
    async with AsyncSession(box) as session:
        watch = session.watch(session.query(InetOrgPerson))
        seen = 0
        while True:
            try:
                async with asyncio.timeout(0.002):
                    event = await anext(watch)
            except TimeoutError:
                continue
            if isinstance(event, Synced):
                break
            seen += 1
        assert seen == await session.query(InetOrgPerson).count()


async def test_async_close_ends_the_loop(server: Server) -> None:
    """Closing by another task ends ``async for``."""
    async with async_session(server) as session:
        watch = session.watch(session.query(InetOrgPerson).only("uid"))
        await until_async(watch)

        async def later() -> None:
            await asyncio.sleep(0.1)
            await watch.close()

        task = asyncio.create_task(later())
        begun = monotonic()
        assert [event async for event in watch] == []
        assert monotonic() - begun < 1
        await task


# --- coming back ---------------------------------------------------------------------


def test_comes_back(box: Directory) -> None:
    """A connection that breaks is made anew; what happened meanwhile is told."""
    dn = "uid=ada,ou=people,dc=example,dc=com"
    with box.serve() as server:
        with Session(server.url) as session:
            watch = session.watch(InetOrgPerson.query().only("uid"))
            told = len(until_synced(watch))
            for _ in range(3):
                for served in tuple(server._served):
                    served.stop(2)
            box.store.delete(dn)
            event = watch.next(SOON)
            assert isinstance(event, Deleted)
            assert event.dn == DN.parse(dn)
            assert isinstance(watch.next(SOON), Synced)
            assert watch.next(0.2) is None
            assert told == session.query(InetOrgPerson).count() + 1
            assert watch.usage.reconnects == 1


def test_comes_back_to_another_content(box: Directory) -> None:
    """A server that can not go on tells all; only differences are handed on."""
    with box.serve() as server:
        with Session(server.url) as session:
            watch = session.watch(InetOrgPerson.query().only("uid"))
            until_synced(watch)
            box.store.delete("uid=ada,ou=people,dc=example,dc=com")
            box.restore(box.snapshot())
            for served in tuple(server._served):
                served.stop(2)
            assert isinstance(watch.next(SOON), Deleted)
            assert isinstance(watch.next(SOON), Synced)
            assert watch.next(0.2) is None


def test_patience_has_an_end(box: Directory) -> None:
    """Where the server stays away the watch ends with why."""
    with box.serve() as server:
        session = Session(server.url, timeout=2)
        session.__enter__()
        watch = session.watch(InetOrgPerson.query().only("uid"), patience=0.5)
        until_synced(watch)
    begun = monotonic()
    with pytest.raises(Exception, match="refused"):
        list(watch)
    assert 0.5 <= monotonic() - begun < 3
    assert watch.is_closed
    session.__exit__(None, None, None)


def test_refresh_required_ends_nothing(box: Directory) -> None:
    """4096 while it watches: all is told anew, and compared."""
    with Session(box) as session:
        watch = session.watch(InetOrgPerson.query().only("uid"))
        until_synced(watch)
        box.store.delete("uid=ada,ou=people,dc=example,dc=com")
        box.restore(box.snapshot())
        assert isinstance(watch.next(SOON), Deleted)
        assert isinstance(watch.next(SOON), Synced)
        assert ResultCode.syncRefreshRequired.value == 4096


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Each test ends its threads."""
    before = threading.active_count()
    yield
    end = monotonic() + 2
    while threading.active_count() > before and monotonic() < end:
        threading.Event().wait(0.01)
    assert threading.active_count() <= before
