"""What servers may offer for changes, asked of each that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import Attr, ConflictError, Session, State, attribute
from tests.mapper.changes import state_of
from tests.mapper.models import OrganizationalUnit, User, user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.targets import Server


class Stamped(User, base="ou=people,dc=example,dc=com", rdn="uid"):
    """With what the server makes of an entry."""

    entryUUID: Attr[str | None] = attribute("entryUUID", read_only=True)
    entryCSN: Attr[str | None] = attribute("entryCSN", read_only=True)


@pytest.fixture
def session(server: Server) -> Iterator[Session]:
    """An open session; the entries it added are deleted by the tests."""
    with server.session() as session:
        yield session
        session.discard()


def stamped(uid: str) -> Stamped:
    """A new one."""
    return Stamped(
        cn=["S"], sn=["S"], uid=[uid], uidNumber=1, gidNumber=1, homeDirectory="/"
    )


@pytest.mark.without("ds389")
def test_what_the_server_makes_comes_back(session: Session) -> None:
    """With the answer to the write, for an add, a change and a rename alike."""
    new = session.add(stamped("stamped"))
    session.commit()
    assert new.entryUUID
    seen = [new.entryCSN]
    new.mail.append("a@example.com")
    session.commit()
    seen.append(new.entryCSN)
    session.rename(new, uid="comma, stamped")
    session.commit()
    seen.append(new.entryCSN)
    assert len(set(seen)) == 3
    # By the server's own spelling of the name.
    assert session.get(Stamped, new.dn) is new
    (fresh,) = session.query(Stamped).base(new.dn).reader()
    assert (fresh.entryCSN, fresh.dn) == (new.entryCSN, new.dn)
    session.delete(new)
    session.commit()


def test_a_race_for_a_first_value(server: Server) -> None:
    """Whatever the server says to the second value: it is a conflict."""
    with server.session() as one, server.session() as two:
        mine = one.add(user(uid=["raced"]))
        one.commit()
        theirs = two.get(User, mine.dn)
        mine.displayName, theirs.displayName = "mine", "theirs"
        one.commit()
        with pytest.raises(ConflictError):
            two.commit()
        two.refresh(theirs, discard=True)
        assert theirs.displayName == "mine"
        one.delete(mine)
        one.commit()


def test_a_tree_is_deleted(session: Session) -> None:
    """However the server does it."""
    top = session.add(OrganizationalUnit(ou=["tree"]))
    leaf = session.add(user(uid=["leaf"], dn="uid=leaf,ou=tree,dc=example,dc=com"))
    session.commit()
    session.delete(top, recursive=True)
    session.commit()
    assert state_of(top) is state_of(leaf) is State.deleted
    assert not session.query(OrganizationalUnit, ou="tree").exists()


@pytest.mark.without("ds389")
def test_all_or_nothing(session: Session) -> None:
    """One refusal, and nothing of it has happened."""
    first = session.add(user(uid=["first"]))
    second = session.add(
        user(uid=["second"], dn="uid=second,ou=nowhere,dc=example,dc=com")
    )
    with pytest.raises(Exception, match="0 done"):
        session.commit(atomic=True)
    assert not session.query(User, uid="first").exists()
    second.dn = "uid=second,ou=people,dc=example,dc=com"
    assert len(session.commit(atomic=True)) == 2
    session.delete(first)
    session.delete(second)
    assert len(session.commit(atomic=True)) == 2


@pytest.mark.without("ds389")
def test_optimistic(server: Server) -> None:
    """Our own changes follow each other; anybody else's is a conflict."""
    with Session(
        server.target, server.admin, tls=server.tls, optimistic=True
    ) as session:
        ours = session.add(user(uid=["optimist"]))
        session.commit()
        for word in ("first", "second"):
            ours.displayName = word
            session.rename(ours, uid=word)
            session.commit()
        with server.session() as other:
            other.get(User, ours.dn).description = ["somebody was here"]
            other.commit()
        ours.displayName = "third"
        with pytest.raises(ConflictError):
            session.commit()
        session.refresh(ours)
        session.commit()
        assert ours.description == ["somebody was here"]
        session.delete(ours)
        session.commit()
