"""The core of the mapper against an Active Directory domain.

A domain can not hold the sample, so these models and people are its own. Static
auxiliary classes are folded into the structural one: the server lists neither
``securityPrincipal`` nor ``mailRecipient`` in ``objectClass``.
"""

from __future__ import annotations

import uuid
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    Attr,
    CommitError,
    ConflictError,
    Control,
    Converter,
    Converters,
    Entry,
    EntryAlreadyExists,
    Many,
    NoResult,
    Session,
    Simple,
    State,
    Tls,
    ValidationError,
    attribute,
)
from tests.servers.population import COUNT
from tests.servers.samba import ADMIN, ADMIN_PASSWORD, BASE, BULK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.samba import Samba

pytestmark = pytest.mark.real_server

NORMAL_ACCOUNT, DISABLED = 0x200, 0x2
IN_CHAIN = "1.2.840.113556.1.4.1941"
BIT_AND = "1.2.840.113556.1.4.803"
SHOW_DELETED = "1.2.840.113556.1.4.417"


class Account(Entry, object_class="user", rdn="cn"):
    """[MS-ADSC] 2.263, with what its auxiliary classes bring."""

    cn: Attr[str] = attribute("cn", must=True)
    sAMAccountName: Attr[str] = attribute("sAMAccountName", must=True)
    description: Many[str] = attribute("description", default=())
    sn: Attr[str | None] = attribute("sn", default=None)
    givenName: Attr[str | None] = attribute("givenName", default=None)
    mail: Attr[str | None] = attribute("mail", default=None)
    otherTelephone: Many[str] = attribute("otherTelephone", default=())
    userAccountControl: Attr[int | None] = attribute("userAccountControl", default=None)
    memberOf: Many[DN] = attribute("memberOf", read_only=True)
    objectGUID: Attr[uuid.UUID | None] = attribute("objectGUID", read_only=True)


class Group(Entry, object_class="group", rdn="cn"):
    """[MS-ADSC] 2.53."""

    cn: Attr[str] = attribute("cn", must=True)
    sAMAccountName: Attr[str] = attribute("sAMAccountName", must=True)
    member: Many[DN] = attribute("member", default=())


class Folder(Entry, object_class="organizationalUnit", rdn="ou"):
    """[MS-ADSC] 2.222."""

    ou: Attr[str] = attribute("ou", must=True)


class Caller(Account):
    """An account with a type that only a session reads, and a peculiar number."""

    phone: Attr[IPv4Address | None] = attribute("ipPhone", default=None)
    number: Attr[str | None] = attribute("employeeNumber", default=None)


TABLE = Converters(
    {
        IPv4Address: Converter.text(IPv4Address),
        "employeeNumber": Converter.text(
            lambda text: text.lstrip("0"), "{:0>8}".format
        ),
    }
)


def opened(samba: Samba, table: Converters | None = None) -> Session:
    """A session of the domain's administrator, not yet entered."""
    who, tls = Simple(ADMIN, ADMIN_PASSWORD), Tls(ca_file=str(samba.pki.ca_file))
    return Session(samba.tls_url, who, tls=tls, converters=table)


@pytest.fixture
def session(samba: Samba) -> Iterator[Session]:
    """A session of the domain's administrator."""
    with opened(samba) as entered:
        yield entered


@pytest.fixture
def folder(session: Session) -> Iterator[Folder]:
    """An organizational unit of this test alone."""
    name = f"test-{uuid.uuid4()}"
    made = session.add(Folder(dn=f"OU={name},{BASE}", ou=name))
    session.commit()
    yield made
    session.discard()
    session.delete(made, recursive=True)
    session.commit()


def account(name: str, folder: Folder) -> Account:
    """A user that is nowhere yet; names of accounts are the domain's, so unique."""
    unique = f"{name}-{uuid.uuid4().hex[:8]}"
    dn = DN.of(("cn", name), folder.dn)
    return Account(dn=dn, cn=name, sAMAccountName=unique, sn="Surname")


def test_query(session: Session) -> None:
    """By keyword, by condition and by name; what the server lists is asked for."""
    alice = session.query(Account, sAMAccountName="alice").base(BASE).one()
    assert (alice.givenName, alice.mail) == ("Alice", "alice@samba.test")
    found = session.query(Account, Account.givenName.startswith("B")).base(BASE).all()
    assert [user.sAMAccountName for user in found] == ["bob"]
    assert session.get(Account, alice.dn) is alice
    with pytest.raises(NoResult):
        session.query(Account, sAMAccountName="nobody").base(BASE).one()


def test_the_whole_domain(session: Session) -> None:
    """References to the other naming contexts are no entries, and no error."""
    names = {user.sAMAccountName for user in session.query(Account, sn="Example")}
    assert names == {"alice", "bob"}


def test_groups(session: Session) -> None:
    """DNs of members are values to go on with; membership counts in chains."""
    staff = session.query(Group, cn="staff").one()
    members = [session.get(Account, dn).sAMAccountName for dn in staff.member]
    assert sorted(members) == ["alice", "bob"]
    nested = Account.memberOf.matches(IN_CHAIN, staff.dn)
    assert session.query(Account, nested).count() == 2


def test_identifier(session: Session) -> None:
    """A GUID is the same value in an entry and in a condition."""
    alice = session.query(Account, sAMAccountName="alice").one()
    assert isinstance(alice.objectGUID, uuid.UUID)
    again = session.query(Account, objectGUID=alice.objectGUID).one()
    assert again is alice


def test_a_life(session: Session, folder: Folder) -> None:
    """An account is added, changed, renamed, moved and deleted."""
    user = session.add(account("life", folder))
    session.commit()
    assert user.state is State.clean
    session.refresh(user)
    assert user.memberOf == []
    assert isinstance(user.objectGUID, uuid.UUID)
    # The domain spells the name its own way; the entry is the same.
    assert session.query(Account, cn="life").base(folder.dn).one() is user

    user.mail = "life@samba.test"
    user.otherTelephone = ["1", "2"]
    session.commit()
    user.otherTelephone.remove("1")
    user.otherTelephone.append("3")
    user.mail = None
    session.commit()
    session.refresh(user)
    assert user.mail is None
    assert sorted(user.otherTelephone) == ["2", "3"]

    session.rename(user, cn="afterlife, really")
    session.commit()
    assert user.dn == DN.of(("CN", "afterlife, really"), folder.dn)
    assert user.cn == "afterlife, really"

    below = session.add(Folder(dn=DN.of(("OU", "below"), folder.dn), ou="below"))
    session.commit()
    session.move(user, below.dn)
    session.commit()
    assert session.query(Account).base(below.dn).one().dn == user.dn

    session.delete(user)
    session.commit()
    assert not session.query(Account).base(folder.dn).exists()


def test_what_was_deleted(session: Session, folder: Folder) -> None:
    """A control of Active Directory shows it, as entries of the class."""
    user = session.add(account("gone", folder))
    session.commit()
    session.refresh(user)
    session.delete(user)
    session.commit()
    query = session.query(Account, objectGUID=user.objectGUID).base(BASE)
    assert query.first() is None
    deleted = query.controls(Control(SHOW_DELETED, criticality=True)).one()
    assert "Deleted Objects" in str(deleted.dn)


def test_diff(session: Session, folder: Folder) -> None:
    """Only what changed is sent; nothing changed sends nothing."""
    user = session.add(account("diff", folder))
    user.otherTelephone = ["1", "2", "3"]
    session.commit()
    user.otherTelephone = ["3", "2", "1"]
    assert not session.pending
    user.otherTelephone.append("4")
    text = session.pending.ldif()
    assert "add: otherTelephone\notherTelephone: 4\n" in text
    assert "otherTelephone: 3" not in text
    session.commit()


def test_flags(session: Session, folder: Folder) -> None:
    """The server sets flags of its own; bits are found by a matching rule."""
    user = session.add(account("flags", folder))
    session.commit()
    session.refresh(user)
    assert user.userAccountControl is not None
    assert user.userAccountControl & DISABLED
    disabled = Account.userAccountControl.matches(BIT_AND, DISABLED)
    assert session.query(Account, disabled).base(folder.dn).count() == 1


def test_members_follow(session: Session, folder: Folder) -> None:
    """The server keeps groups right when a member is renamed."""
    user = session.add(account("member", folder))
    name = f"group-{uuid.uuid4().hex[:8]}"
    group = session.add(
        Group(
            dn=DN.of(("cn", name), folder.dn),
            cn=name,
            sAMAccountName=name,
            member=[user.dn],
        )
    )
    session.commit()
    session.rename(user, cn="renamed")
    session.commit()
    session.refresh(group)
    assert group.member == [user.dn]
    assert session.get(Account, user.dn).memberOf == [group.dn]


def test_refusals(session: Session, folder: Folder) -> None:
    """Active Directory's own words come with the error of the result code."""
    user = session.add(account("twice", folder))
    session.commit()
    with pytest.raises(EntryAlreadyExists):
        session.connection.add(user.dn, {"objectClass": "user"})
    with pytest.raises(NoResult):
        session.get(Account, f"CN=nobody,{folder.dn}")
    user.sAMAccountName = ""
    with pytest.raises(ValidationError, match="empty text is none"):
        session.commit()
    session.discard()
    user.description = ["one"]
    session.commit()
    user.description.append("two")
    # It takes one there, whatever the schema says; nobody else has added it.
    with pytest.raises(
        CommitError, match="SINGLE-VALUE attribute description"
    ) as refused:
        session.commit()
    assert not isinstance(refused.value, ConflictError)
    session.discard()
    other = session.add(account("other", folder))
    other.sAMAccountName = user.sAMAccountName
    with pytest.raises(CommitError) as caught:
        session.commit()
    assert isinstance(caught.value.__cause__, EntryAlreadyExists)
    session.discard()


def test_the_converters_of_a_session(samba: Samba, folder: Folder) -> None:
    """A domain is asked, read and written in the words of the session's table."""
    here, there = IPv4Address("192.0.2.7"), IPv4Address("192.0.2.8")
    base, name = folder.dn, f"c-{uuid.uuid4().hex[:8]}"
    caller = Caller(
        dn=DN.of(("cn", "c"), base),
        cn="c",
        sAMAccountName=name,
        phone=here,
        number="42",
    )
    with opened(samba, TABLE) as session:
        session.add(caller)
        session.commit()
        assert caller.raw["employeeNumber"] == [b"00000042"]
        query = session.query(Caller, Caller.phone == here, number="42").base(base)
        assert query.one() is caller
        caller.phone = there
        session.commit()
        assert not query.exists()
    with opened(samba, TABLE) as session:
        again = session.query(Caller, phone=there).base(base).one()
        assert (again.phone, again.number) == (there, "42")
        assert again.raw["ipPhone"] == [b"192.0.2.8"]
        again.number = "42"
        assert not session.pending
        session.delete(again)
        session.commit()


def test_pages(session: Session) -> None:
    """Three thousand users in pages, and a stream that is left early."""
    users = session.query(Account).base(BULK).page_size(500)
    assert sum(1 for _ in users) == COUNT
    for number, _ in enumerate(users):
        if number == 700:
            break
    assert session.query(Account, cn="u00007").one().mail == "u00007@samba.test"


def test_a_large_group(session: Session) -> None:
    """All its members are there."""
    big = session.query(Group, cn="big").one()
    assert len(set(big.member)) == COUNT


def test_order(session: Session) -> None:
    """Sorted, as the server or we can."""
    users = session.query(Account).base(BULK).order_by("-cn").limit(COUNT)
    names = [user.cn for user in users]
    assert names == sorted(names, reverse=True)
    assert len(names) == COUNT
