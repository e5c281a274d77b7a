"""`Reader`: the result of one query as a sequence that can be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import NotLoaded, Session, Simple
from tests.mapper.models import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom import Reader
    from ldapom.testing import Directory


@pytest.fixture
def session(box: Directory) -> Iterator[Session]:
    """An open session with the directory in the box."""
    credentials = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
    with Session(box, credentials) as session:
        yield session


@pytest.fixture
def reader(session: Session) -> Reader[User]:
    """Everyone, by number."""
    return User.query().order_by("uidNumber").reader()


def test_it_is_a_sequence(reader: Reader[User]) -> None:
    """Length, index, slice, iteration, membership."""
    assert len(reader) == 12
    assert reader[0].uid == ["admin"]
    assert [each.uid[0] for each in reader[1:3]] == ["ada", "charles"]
    assert reader[-1] in reader
    assert list(reversed(reader))[-1] is reader[0]
    with pytest.raises(IndexError):
        reader[12]


def test_match_dn(reader: Reader[User]) -> None:
    """A part of the DN, in any case."""
    assert [each.uid[0] for each in reader.match_dn("UID=AD")] == ["admin", "ada"]
    assert reader.match_dn("nowhere") == []


def test_match(reader: Reader[User]) -> None:
    """Any value by its attribute's rule, None for no value, all of several."""
    assert reader.match(cn="augusta ADA king") == [reader[1]]
    assert reader.match(cn="  augusta  ADA king ") == [reader[1]]
    assert reader.match(commonName="augusta ADA king") == [reader[1]]
    assert reader.match(uidNumber=1000) == [reader[0]]
    assert reader.match(uidNumber=1000, uid="ada") == []
    assert reader[0] in reader.match(gecos=None) or reader[0].gecos is not None
    assert reader.match(mail=None) == [each for each in reader if not each.mail]
    with pytest.raises(TypeError, match="did you mean 'uid'"):
        reader.match(uidd="x")
    with pytest.raises(TypeError, match="takes int, not str"):
        reader.match(uidNumber="1000")
    with pytest.raises(NotLoaded):
        User.query().only("uid").reader().match(mail="x")


def test_searching_again(reader: Reader[User], session: Session) -> None:
    """What is found now; entries held from before stay."""
    held = reader[1]
    session.connection.delete(reader[1].dn)
    assert len(reader) == 12
    assert reader.search() is reader
    assert len(reader) == 11
    assert held.uid == ["ada"]


def test_text(reader: Reader[User]) -> None:
    """The repr says what was asked, the text shows the entries."""
    assert repr(reader).startswith("<Reader of 12 entries: User.query (&(objectClass=")
    assert str(reader).startswith("DN: uid=admin,")
    assert str(reader).count("DN: ") == 12
