"""A stream brings back nothing that was changed, or read anew, since it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ldapom import AsyncSession, Replace, Session, Simple
from ldapom.mapper.queries.newer import Newer
from tests.mapper.models import Person, User
from tests.servers.targets import delete_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory
    from tests.servers.targets import Server

CREDENTIALS = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
#: How many entries there are; pages are smaller.
COUNT = 9


@pytest.fixture
def folder(server: Server) -> Iterator[str]:
    """A place with some people in it."""
    dn = f"ou=newer-{uuid4().hex[:12]},{server.base}"
    with server.connection() as connection:
        connection.add(dn, {"objectClass": "organizationalUnit"})
        for number in range(COUNT):
            person = {"objectClass": "person", "sn": "Old"}
            connection.add(f"cn=p{number},{dn}", person)
    yield dn
    delete_tree(server, dn)


@pytest.mark.parametrize("page", [1, 2, 4, 5])
def test_what_was_saved_meanwhile_stays(server: Server, folder: str, page: int) -> None:
    """Wherever the entry stands, in a page that was asked for ahead or not."""
    with server.session() as session:
        query = session.query(Person).base(folder).page_size(page)
        for place in range(COUNT):
            held = query.all()[place]
            for number, each in enumerate(query):
                if number == 0:
                    held.description = [f"{page} {place}"]
                    session.commit()
                assert each is not held or held.description == [f"{page} {place}"]
            assert held.description == [f"{page} {place}"]


def test_what_was_read_meanwhile_stays(server: Server, folder: str) -> None:
    """By a refresh, or by another query."""
    with server.session() as session, server.connection() as other:
        query = session.query(Person).base(folder).page_size(2)
        refreshed, found = query.all()[2:4]
        for number, _ in enumerate(query):
            if number:
                continue
            for each in (refreshed, found):
                other.modify(each.dn, [Replace("sn", "New")])
            session.refresh(refreshed)
            assert session.get(Person, found.dn) is found
        assert refreshed.sn == found.sn == ["New"]


def test_another_view_has_it_too(box: Directory) -> None:
    """Who commits it is not the only one who sees it."""
    with Session(box, CREDENTIALS) as session:
        query = session.query(User).page_size(2)
        dn = query.all()[3].dn
        user, person = session.get(User, dn), session.get(Person, dn)
        for number, _ in enumerate(
            session.query(Person).base("ou=people,dc=example,dc=com").page_size(2)
        ):
            if number == 0:
                user.sn = ["Changed"]
                session.commit()
        assert user.sn == person.sn == ["Changed"]


def test_the_next_search_reads_it_again(server: Server, folder: str) -> None:
    """What was saved once is no reason to believe it for ever."""
    with server.session() as session, server.connection() as other:
        query = session.query(Person).base(folder).page_size(2)
        people = query.all()
        stream = iter(query)
        next(stream)
        people[5].sn = ["Mine"]
        session.commit()
        other.modify(people[5].dn, [Replace("sn", "Theirs")])
        stream.close()  # type: ignore[attr-defined]  # it is a generator
        assert query.all()[5].sn == ["Theirs"]
        assert people[5].sn == ["Theirs"]


async def test_the_same_under_asyncio(box: Directory) -> None:
    """A stream of tasks is one too."""
    async with AsyncSession(box, CREDENTIALS) as session:
        query = session.query(User).page_size(2)
        held = (await query.all())[3]
        number = 0
        async for _ in query:
            if number == 0:
                held.description = ["changed"]
                await session.commit()
            number += 1
        assert number > 4
        assert held.description == ["changed"]


def test_nothing_is_kept_without_a_search(box: Directory) -> None:
    """What was noted goes with the last search, and with the entry."""
    with Session(box, CREDENTIALS) as session:
        newer = session._unit.identities.newer
        assert isinstance(newer, Newer)
        stream = iter(session.query(User).page_size(2))
        user = next(stream)
        user.description = ["a"]
        session.commit()
        assert len(newer._known) == 1
        stream.close()  # type: ignore[attr-defined]  # it is a generator
        del stream
        user.description = ["b"]
        session.commit()
        assert not newer._known
        assert not newer._searches
