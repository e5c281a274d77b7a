"""Parts of sorted lists: the same on every server that has the virtual list view."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    AsyncSession,
    Attr,
    Entry,
    LocalProtocolError,
    Session,
    Simple,
    Tls,
    attribute,
)
from ldapom.protocol import messages as m
from tests.behaviour.people import Person
from tests.mapper.changes import CREDENTIALS, PEOPLE
from tests.servers import ds389
from tests.servers.samba import ADMIN as ADMIN_NAME
from tests.servers.samba import ADMIN_PASSWORD, BULK
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle
    from tests.servers.samba import Samba
    from tests.servers.targets import Server

MANAGER = Simple(ds389.MANAGER_DN, ds389.MANAGER_PASSWORD)
COUNT = 30


def who(server: Server) -> Simple:
    """389 DS lets its manager alone use list views (an ACI of the feature entry)."""
    return MANAGER if server.name == "ds389" else server.admin


@pytest.fixture
def people(server: Server, subtree: str) -> str:
    """Thirty people from ``Name 00`` on, added in another order."""
    with server.connection() as connection:
        for number in sorted(range(COUNT), key=lambda n: n * 7 % COUNT):
            connection.add(
                f"cn=Name {number:02},{subtree}",
                {
                    "objectClass": "person",
                    "cn": f"Name {number:02}",
                    "sn": f"Name {number:02}",
                },
            )
    return subtree


class Account(Entry, object_class="user", rdn="cn"):
    """[MS-ADSC] 2.263, its name alone."""

    cn: Attr[str] = attribute("cn", must=True)


def names(entries: Iterable[Person]) -> list[str]:
    """The surnames, in the order of the entries."""
    return [entry.sn.one for entry in entries]


def expected(*numbers: int) -> list[str]:
    """The surnames with these numbers."""
    return [f"Name {number:02}" for number in numbers]


def test_by_index(server: Server, people: str) -> None:
    """So many entries from an index on, and how many there are in all."""
    with server.session(who(server)) as session:
        query = session.query(Person).base(people).order_by("sn")
        window = query.window(10, 5)
        assert names(window) == expected(10, 11, 12, 13, 14)
        assert (window.start, window.target, window.total) == (10, 10, COUNT)
        assert names(query.window(0, 2)) == expected(0, 1)
        assert names(query.window(COUNT - 2, 5)) == expected(COUNT - 2, COUNT - 1)
        backwards = session.query(Person).base(people).order_by("-sn")
        assert names(backwards.window(0, 2)) == expected(COUNT - 1, COUNT - 2)
        for start in (COUNT, COUNT + 5):
            beyond = query.window(start, 3)
            assert (list(beyond), beyond.start, beyond.total) == ([], start, COUNT)


def test_by_value(server: Server, people: str) -> None:
    """The first entry that is not less than a value, with its neighbours."""
    with server.session(who(server)) as session:
        query = session.query(Person).base(people).order_by("sn")
        window = query.around("Name 07", before=2, after=3)
        assert names(window) == expected(5, 6, 7, 8, 9, 10)
        assert (window.start, window.target, window.total) == (5, 7, COUNT)
        window = query.around("Name 19x", after=1)
        assert names(window) == expected(20, 21)
        window = query.around("Name 00", before=5, after=1)
        assert (names(window), window.start) == (expected(0, 1), 0)
        window = query.around("Zebra", before=2, after=1)
        assert names(window)[-2:] == expected(COUNT - 2, COUNT - 1)
        # 389 DS stays at the last entry, the others go behind it.
        assert window.target == COUNT - (server.name == "ds389")
        assert window.start == window.target - 2


def test_many_windows(server: Server, people: str) -> None:
    """There is no end of them, though OpenLDAP has room for few on a connection."""
    with server.session(who(server)) as session:
        query = session.query(Person).base(people).order_by("sn")
        for start in range(12):
            assert names(query.window(start, 1)) == expected(start)
        assert names(query.limit(2)) == expected(0, 1)
        session.connection.add(
            f"cn=A,{people}", {"objectClass": "person", "cn": "A", "sn": "A"}
        )
        window = query.window(0, 2)
        assert (names(window), window.total) == (["A", "Name 00"], COUNT + 1)


def test_changes_of_a_window(server: Server, people: str) -> None:
    """The session saves what is changed in its entries."""
    with server.session(who(server)) as session:
        window = session.query(Person).base(people).order_by("sn").window(3, 2)
        window[1].description = ["changed"]
        session.commit()
        again = session.query(Person, sn="Name 04").base(people).one()
        assert again.description == ["changed"]


@pytest.mark.without("box")
def test_asyncio(server: Server, people: str) -> None:
    """The asyncio twin gives the same, also to many tasks at once."""

    async def ask() -> None:
        credentials = who(server)
        async with AsyncSession(server.target, credentials, tls=server.tls) as session:
            query = session.query(Person).base(people).order_by("sn")
            windows = await asyncio.gather(*(query.window(n, 2) for n in range(8)))
            for number, window in enumerate(windows):
                assert names(window) == expected(number, number + 1)
            found = await query.around("Name 07", before=1, after=1)
            assert (names(found), found.total) == (expected(6, 7, 8), COUNT)
            beyond = await query.window(COUNT + 5, 3)
            assert (list(beyond), beyond.total) == ([], COUNT)

    asyncio.run(ask())


def test_what_is_refused(box: Directory) -> None:
    """No order, no offer, and numbers that are none."""
    with Session(box, ADMIN) as session:
        query = session.query(Person)
        with pytest.raises(ValueError, match="order_by"):
            query.window(0, 5)
        query = query.order_by("sn")
        with pytest.raises(ValueError, match="the start of a window is 0 or more"):
            query.window(-1, 5)
        with pytest.raises(ValueError, match="the size of a window is 1 or more"):
            query.window(0, 0)
        with pytest.raises(ValueError, match="0 or more"):
            query.around("x", before=-1)
        with pytest.raises(TypeError, match="sn"):
            query.around(7)
        assert list(query.where(Person.sn.in_([])).window(0, 5)) == []


def test_a_server_without_list_views(box: Directory) -> None:
    """The error names the control and the ways out; no search is sent."""

    def without(handle: Handle) -> Handle:
        def answer(message: m.LDAPMessage) -> Answers:
            for each in handle(message):
                op = each.op
                if isinstance(op, m.SearchResultEntry) and not op.object_name:
                    op = m.SearchResultEntry("", [m.PartialAttribute("vendorName")])
                yield m.LDAPMessage(each.message_id, op)

        return answer

    with (
        box.wrapped(without),
        Session(box, ADMIN) as session,
        box.recording() as sent,
        pytest.raises(LocalProtocolError, match=r"does not offer.*order_by"),
    ):
        session.query(Person).base(box.store.suffixes[0]).order_by("sn").window(0, 5)
    assert [message.op.target for message in sent] == [""]  # type: ignore[union-attr]  # a search


def test_who_asks(box: Directory) -> None:
    """Who the session has become, also while its own connection is lost."""
    with Session(box, Simple(f"uid=ada,{PEOPLE}", "secret")) as session:
        session.connection.bind(CREDENTIALS)
        query = session.query(Person).base(PEOPLE).order_by("sn")
        query.window(0, 1)
        assert session._viewer is not None
        session._viewer._let_go()
        session.connection._live().close()
        with box.recording() as sent:
            query.window(0, 1)
    assert logins(sent) == [CREDENTIALS.dn]


async def test_who_asks_in_a_loop(box: Directory) -> None:
    """The same under asyncio."""
    async with AsyncSession(box, Simple(f"uid=ada,{PEOPLE}", "secret")) as session:
        await session.connection.bind(CREDENTIALS)
        query = session.query(Person).base(PEOPLE).order_by("sn")
        await query.window(0, 1)
        assert session._viewer is not None
        await session._viewer._install(None)
        await session.connection._live().close()
        with box.recording() as sent:
            await query.window(0, 1)
    assert logins(sent) == [CREDENTIALS.dn]


def logins(sent: Iterable[m.LDAPMessage]) -> list[str]:
    """The names that were bound as."""
    return [each.op.name for each in sent if isinstance(each.op, m.BindRequest)]


@pytest.mark.real_server
def test_active_directory(samba: Samba) -> None:
    """A window of a domain's users, by index and by value."""
    credentials = Simple(ADMIN_NAME, ADMIN_PASSWORD)
    tls = Tls(ca_file=str(samba.pki.ca_file))
    with Session(samba.url, credentials, tls=tls, start_tls=True) as session:
        query = session.query(Account).base(BULK).order_by("cn")
        window = query.window(100, 3)
        every = sorted(entry.cn for entry in session.query(Account).base(BULK))
        assert [entry.cn for entry in window] == every[100:103]
        assert window.total == len(every)
        around = query.around(every[500], before=1, after=1)
        assert [entry.cn for entry in around] == every[499:502]
