"""What servers keep about an entry: on request, typed, and only to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from ldapom import (
    DISTANT_PAST,
    DN,
    Attr,
    Entry,
    Many,
    NotLoaded,
    Operational,
    ReadOnlyEntry,
    Session,
    attribute,
)
from ldapom.filters import Equality
from tests.behaviour.people import InetOrgPerson
from tests.mapper.models import Person, read

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from tests.servers.targets import Server


def test_types() -> None:
    """Each value has the type of its syntax, whoever the server is."""
    entry = read(
        Person,
        ("createTimestamp", [b"20240131235959Z"]),
        ("creatorsName", [b"cn=admin,dc=x"]),
        ("entryUUID", [b"73204f2c-b949-4c39-a3ae-79fb5119e676"]),
        ("entryTtl", [b"3600"]),
        ("hasSubordinates", [b"FALSE"]),
        ("pwdAccountLockedTime", [b"000001010000Z"]),
        ("whenCreated", [b"20240131235959.0Z"]),
        ("collectiveAttributeSubentries", [b"cn=c,dc=x"]),
        loaded=Operational.__ldapom__.loaded,
    )
    shown = entry.operational
    assert shown.dn == entry.dn
    assert shown.createTimestamp == datetime(2024, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert shown.whenCreated == shown.createTimestamp
    assert shown.creatorsName == DN.parse("cn=admin,dc=x")
    assert shown.entryUUID == UUID("73204f2c-b949-4c39-a3ae-79fb5119e676")
    assert shown.entryTtl == 3600
    assert shown.hasSubordinates is False
    assert shown.pwdAccountLockedTime == DISTANT_PAST
    assert shown.collectiveAttributeSubentries == [DN.parse("cn=c,dc=x")]
    assert shown.numSubordinates is None
    with pytest.raises(ReadOnlyEntry, match="generate --operational"):
        shown.entryTtl = 5
    with pytest.raises(ReadOnlyEntry):
        shown.memberOf.append(DN.parse("cn=x"))


def test_who_is_locked_for_good(box: Directory) -> None:
    """Asked for by the text that servers keep for it, which no other time has."""
    ada = "uid=ada,ou=people,dc=example,dc=com"
    box.store.note(box.store.locate(ada), {"pwdAccountLockedTime": (b"000001010000Z",)})
    locked = Operational.pwdAccountLockedTime == DISTANT_PAST
    assert locked == Equality("pwdAccountLockedTime", b"000001010000Z")
    with Session(box) as session:
        assert [str(each.dn) for each in session.query(InetOrgPerson, locked)] == [ada]


def test_what_people_write_is_not_shown() -> None:
    """What no class knows is, and what the model has of what servers keep."""
    ours: tuple[tuple[str, list[bytes]], ...] = (
        ("cn", [b"Ada"]),
        ("CN;lang-de", [b"Adele"]),
        ("sn", [b"Lovelace"]),
    )
    theirs: tuple[tuple[str, list[bytes]], ...] = (
        ("entryTtl", [b"5"]),
        ("nsAccountLock", [b"true"]),
    )
    text = str(read(Person, *ours, *theirs).operational)
    assert "entryTtl:" in text
    assert "nsAccountLock:" in text
    assert "Lovelace" not in text
    assert not {"cn:", "sn:"} & {*text.split()}


def test_what_was_not_asked_for() -> None:
    """It is not taken for absent."""
    entry = read(Person, ("entryTtl", [b"5"]))
    assert entry.operational.entryTtl == 5
    with pytest.raises(NotLoaded):
        _ = entry.operational.entryUUID


class Room(Entry, object_class="room"):
    """A class with a collective attribute (RFC 3671)."""

    cn: Many[str] = attribute("cn", default=())
    c_l: Many[str] = attribute("c-l", read_only=True)
    created: Attr[datetime | None] = attribute("createTimestamp", read_only=True)


def test_collective_attributes_are_user_attributes() -> None:
    """``*`` asks for them, though only subentries can change them."""
    entry = read(Room, ("c-l", [b"London"]), loaded=frozenset({"*"}))
    assert entry.c_l == ["London"]
    assert read(Room, loaded=frozenset({"*"})).c_l == []
    with pytest.raises(NotLoaded):
        _ = entry.created
    with pytest.raises(ReadOnlyEntry):
        entry.c_l.append("x")


def test_ldif_and_back_on_servers(server: Server, subtree: str) -> None:
    """What a server keeps of a plain entry is known, and is no foreign attribute."""
    dn = f"uid=ada,{subtree}"
    with server.session() as session:
        session.add(InetOrgPerson(dn=dn, uid=["ada"], cn=["Ada"], sn=["Lovelace"]))
        session.commit()
        query = session.query(InetOrgPerson, uid="ada").base(subtree)
        entry = query.with_operational().one()
        again = InetOrgPerson.from_ldif(entry.to_ldif())
    assert again.to_dict() == entry.to_dict()
    assert again.raw["createTimestamp"] == entry.raw["createTimestamp"]


def test_on_servers(server: Server, subtree: str) -> None:
    """They come with ``with_operational()`` and not without; a query takes them."""
    dn = f"uid=ada,{subtree}"
    with server.session() as session:
        session.add(InetOrgPerson(dn=dn, uid=["ada"], cn=["Ada"], sn=["Lovelace"]))
        session.commit()
        query = session.query(InetOrgPerson, uid="ada").base(subtree)
        entry = query.with_operational().one()
        shown = entry.operational
        assert shown.createTimestamp is not None
        assert abs(datetime.now(UTC) - shown.createTimestamp) < timedelta(hours=1)
        assert isinstance(shown.creatorsName, DN)
        assert shown.pwdReset is None
        # 389 Directory Server has a unique identifier of another syntax.
        assert shown.entryUUID is not None or shown.nsUniqueId is not None
        made = shown.createTimestamp
        found = session.query(Room2, Operational.createTimestamp >= made, sn="Lovelace")
        assert found.base(subtree).one().created == shown.createTimestamp
    with server.session() as session:
        plain = session.query(InetOrgPerson, uid="ada").base(subtree).one()
        with pytest.raises(NotLoaded):
            _ = plain.operational.createTimestamp


class Room2(Entry, object_class="person"):
    """A class that always asks for one."""

    sn: Many[str] = attribute("sn", must=True)
    created: Attr[datetime | None] = attribute("createTimestamp", read_only=True)
