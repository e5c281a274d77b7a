"""Groups larger than what a server sends at once: whole all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    AsyncSession,
    Connection,
    ConversionError,
    Entry,
    Many,
    ResultCode,
    Session,
    Simple,
    Tls,
    ValidationError,
    attribute,
)
from ldapom.protocol import messages as m
from tests.servers.population import COUNT
from tests.servers.samba import ADMIN as ADMIN_NAME
from tests.servers.samba import ADMIN_PASSWORD, BULK
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle
    from tests.servers.samba import Samba

GROUPS = "ou=groups,dc=example,dc=com"
GROUP = f"cn=many,{GROUPS}"
MEMBERS = [f"uid=u{number:03},ou=people,dc=example,dc=com" for number in range(100)]


class Group(Entry, object_class="groupOfNames", rdn="cn", base=GROUPS):
    """RFC 4519."""

    cn: Many[str] = attribute("cn", must=True)
    member: Many[DN] = attribute("member", must=True)


class DomainGroup(Entry, object_class="group", rdn="cn"):
    """[MS-ADSC] 2.67, a part of it."""

    cn: Many[str] = attribute("cn", must=True)
    member: Many[DN] = attribute("member", default=())


@pytest.fixture
def ranged(box: Directory) -> Directory:
    """A directory that sends seven values at once, and a group of a hundred."""
    box.add(GROUP, {"objectClass": "groupOfNames", "cn": "many", "member": MEMBERS})
    box.range_size = 7
    return box


def test_an_object_is_whole(ranged: Directory) -> None:
    """Every member, each once; a change of it is saved as one value."""
    with Session(ranged, ADMIN) as session:
        group = session.query(Group, cn="many").one()
        assert list(map(str, group.member)) == MEMBERS
        group.member.remove(DN.parse(MEMBERS[50]))
        assert "delete: member" in session.pending.ldif()
        session.commit()
    ranged.range_size = None
    with Connection(ranged, ADMIN) as connection:
        (entry,) = connection.search(GROUP)
        assert entry.text("member") == MEMBERS[:50] + MEMBERS[51:]


@pytest.mark.parametrize("codec", ["fast", "spec"])
def test_an_untyped_entry_is_whole(
    ranged: Directory, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With either codec, in a page among others, and by its name."""
    monkeypatch.setenv("LDAPOM_CODEC", codec)
    with Connection(ranged, ADMIN) as connection:
        found = {e.dn: e for e in connection.search(GROUPS, page_size=2)}
        assert found[GROUP].text("member") == MEMBERS
        assert not any(";range=" in name for e in found.values() for name in e)
        part, whole = "member;range=0-4", "member;range=0-*"
        (entry,) = connection.search(GROUP, attributes=[part])
        assert entry.text(part) == MEMBERS[:5]
        (entry,) = connection.search(GROUP, attributes=[whole])
        assert entry.text("member") == MEMBERS


def test_asyncio(ranged: Directory) -> None:
    """The same for tasks that ask at the same time."""

    async def ask() -> None:
        async with AsyncSession(ranged, ADMIN) as session:
            query = session.query(Group, cn="many")
            for group in await asyncio.gather(*(query.one() for _ in range(5))):
                assert list(map(str, group.member)) == MEMBERS

    asyncio.run(ask())


def test_a_part_is_never_written_back(ranged: Directory) -> None:
    """What could not be completed can not be read, changed in place, or replaced."""

    def vanishing(handle: Handle) -> Handle:
        def answer(message: m.LDAPMessage) -> Answers:
            op = message.op
            asked = op.attributes if isinstance(op, m.SearchRequest) else ()
            if any(";range=" in name for name in asked):
                gone = m.SearchResultDone(ResultCode.noSuchObject)
                yield m.LDAPMessage(message.message_id, gone)
            else:
                yield from handle(message)

        return answer

    with Session(ranged, ADMIN) as session, ranged.wrapped(vanishing):
        group = session.query(Group, cn="many").one()
        with pytest.raises(ConversionError, match="range=0-6"):
            _ = group.member
        with ranged.recording() as sent:
            group.member = [DN.parse(MEMBERS[0])]
            with pytest.raises(ValidationError, match="range=0-6"):
                session.commit()
            assert not [x for x in sent if isinstance(x.op, m.ModifyRequest)]
        session.discard()


@pytest.mark.real_server
class TestActiveDirectory:
    """Samba makes no ranges by itself, but answers those it is asked for."""

    def test_asked_for_by_number(self, samba: Samba) -> None:
        """An object is whole; an untyped entry is as it was asked for."""
        credentials = Simple(ADMIN_NAME, ADMIN_PASSWORD)
        tls = Tls(ca_file=str(samba.pki.ca_file))
        with Session(samba.url, credentials, tls=tls, start_tls=True) as session:
            query = session.query(DomainGroup).base(BULK)
            plain = query.one()
            assert len(plain.member) == COUNT
            session.refresh(plain)
            connection = session.connection
            asked = "member;range=0-999"
            (entry,) = connection.search(str(plain.dn), attributes=[asked])
            assert len(entry[asked]) == 1000
            (entry,) = connection.search(str(plain.dn), attributes=["member;range=0-*"])
            assert len(entry["member"]) == COUNT
        with Session(samba.url, credentials, tls=tls, start_tls=True) as session:
            ranged = session.query(DomainGroup).base(BULK).only(asked).one()
            assert sorted(map(str, ranged.member)) == sorted(map(str, plain.member))
