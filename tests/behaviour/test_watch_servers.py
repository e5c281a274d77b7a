"""Watching real servers: thousands of changes, restarts, TLS, 389 DS, Samba."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, TypeVar

import pytest

from ldapom import (
    DN,
    Added,
    AsyncSession,
    Changed,
    Deleted,
    Kerberos,
    Replace,
    Session,
    Simple,
    Synced,
    Tls,
)
from tests.behaviour.test_active_directory import Account, Group
from tests.mapper.models import InetOrgPerson
from tests.servers import ds389 as ds389_module
from tests.servers import slapd as slapd_module
from tests.servers.samba import ADMIN, ADMIN_PASSWORD, BASE, BULK
from tests.servers.sample import sample_ldif
from tests.servers.slapd import ADMIN_DN
from tests.servers.slapd import ADMIN_PASSWORD as SAMPLE_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom import Event, Watch
    from tests.servers.ds389 import Ds389
    from tests.servers.pki import Pki
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

pytestmark = pytest.mark.real_server

E = TypeVar("E")
SOON = 20.0
PEOPLE = "ou=people,dc=example,dc=com"
WHO = Simple(ADMIN_DN, SAMPLE_PASSWORD)


@pytest.fixture
def own_slapd(pki: Pki) -> Iterator[Slapd]:
    """OpenLDAP for one test alone, which may stop it."""
    with slapd_module.Slapd(pki) as running:
        running.load(sample_ldif())
        yield running


@pytest.fixture(scope="module")
def synchronizing(pki: Pki) -> Iterator[Ds389]:
    """389 DS with content synchronization."""
    options = ds389_module.Options(plugins=ds389_module.SYNCHRONIZING)
    with ds389_module.Ds389(pki, options) as running:
        running.load(sample_ldif())
        running.allow()
        yield running


def until_synced(watch: Watch[E]) -> list[Event[E]]:
    """The events before `Synced`."""
    found: list[Event[E]] = []
    while not isinstance(event := watch.next(SOON), Synced):
        assert event is not None
        found.append(event)
    return found


class Mirror:
    """What somebody holds who does as the events say."""

    def __init__(self) -> None:
        self.held: dict[uuid.UUID | None, tuple[DN, list[str]]] = {}

    def apply(self, event: Event[InetOrgPerson] | None) -> None:
        """Do what the event says."""
        if isinstance(event, Added | Changed):
            entry = event.entry
            self.held[event.uuid] = (entry.dn, list(entry.description))
        elif isinstance(event, Deleted):
            self.held.pop(event.uuid, None)
        elif isinstance(event, Synced) and event.remaining is not None:
            for key in self.held.keys() - event.remaining:
                del self.held[key]

    def follow(self, watch: Watch[InetOrgPerson], done: Callable[[], bool]) -> int:
        """Do what all events say, until it is done."""
        count = 0
        while not done():
            event = watch.next(SOON)
            assert event is not None
            self.apply(event)
            count += 1
        return count


def truth(session: Session) -> dict[DN, list[str]]:
    """What is there."""
    found = InetOrgPerson.query().using(session)
    return {entry.dn: list(entry.description) for entry in found}


def write(url: str, count: int, name: str) -> None:
    """Add, change and delete people; a last one says that this is all."""
    with Session(url, WHO) as session:
        connection = session.connection
        for number in range(count):
            dn = f"uid={name}{number},{PEOPLE}"
            person = {"uid": f"{name}{number}", "cn": "x", "sn": "x"}
            connection.add(dn, {"objectClass": "inetOrgPerson", **person})
            connection.modify(dn, [Replace("description", f"about {number}")])
            if number % 3 == 0:
                connection.delete(dn)
        last = {"objectClass": "inetOrgPerson", "uid": f"{name}-end", "cn": "x"}
        connection.add(f"uid={name}-end,{PEOPLE}", {**last, "sn": "x"})


def has(mirror: Mirror, name: str) -> bool:
    """Whether the mirror holds an entry of this name."""
    dn = DN.parse(f"uid={name},{PEOPLE}")
    return any(held == dn for held, _ in mirror.held.values())


# --- OpenLDAP ------------------------------------------------------------------------


def test_thousands_of_changes(own_slapd: Slapd) -> None:
    """None is lost and none doubled: the mirror is the truth at the end."""
    with Session(own_slapd.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query())
        mirror = Mirror()
        for event in until_synced(watch):
            mirror.apply(event)
        writer = threading.Thread(target=write, args=(own_slapd.url, 1000, "n"))
        writer.start()
        told = mirror.follow(watch, lambda: has(mirror, "n-end"))
        writer.join()
        assert dict(mirror.held.values()) == truth(session)
        # Each write was told once, or together with the one behind it.
        assert told <= 1000 + 1000 + 334 + 1
        assert watch.next(0.3) is None


def test_going_on_after_restarts(
    own_slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher and slapd are started again, and the mirror stays true."""
    mirror = Mirror()
    with Session(own_slapd.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query())
        for event in until_synced(watch):
            mirror.apply(event)
        cookie = watch.cookie
    write(own_slapd.url, 30, "a")
    ports = [own_slapd.port, own_slapd.tls_port]
    own_slapd.stop()
    monkeypatch.setattr(slapd_module, "free_port", lambda: ports.pop(0))
    own_slapd.start()
    with Session(own_slapd.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query(), cookie=cookie)
        mirror.follow(watch, lambda: has(mirror, "a-end"))
        while watch.next(0.3) is not None:
            pass
        monkeypatch.setattr(slapd_module, "free_port", lambda: ports.pop(0))
        ports[:] = [own_slapd.port, own_slapd.tls_port]
        own_slapd.stop()
        own_slapd.start()
        write(own_slapd.url, 30, "b")
        mirror.follow(watch, lambda: has(mirror, "b-end"))
        assert watch.usage.reconnects >= 1
    with Session(own_slapd.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query(), cookie=cookie)
        final = Mirror()
        final.held = dict(mirror.held)
        for event in until_synced(watch):
            final.apply(event)
        assert truth(session).items() >= dict(final.held.values()).items()


def test_inside_tls(slapd: Slapd) -> None:
    """StartTLS and ldaps protect a watch as its session."""
    tls = Tls(ca_file=str(slapd.pki.ca_file))
    for url, start_tls in ((slapd.url, True), (slapd.tls_url, False)):
        with Session(url, WHO, tls=tls, start_tls=start_tls) as session:
            watch = session.watch(InetOrgPerson.query())
            assert until_synced(watch)
            assert "TLSv1" in str(watch._connection)


def test_inside_a_sealing_layer(slapd_sasl: Slapd, kerberos: object) -> None:
    """A watch under Kerberos binds by itself, and its layer protects what is told."""
    with Session(slapd_sasl.url, Kerberos(host="localhost")) as session:
        watch = session.watch(InetOrgPerson.query())
        assert until_synced(watch)
        assert "Kerberos, sealed" in str(watch._connection)


# --- 389 Directory Server ------------------------------------------------------------


def test_389_content_sync(synchronizing: Ds389) -> None:
    """Its plugin tells changes by RFC 4533; a cookie goes on behind them."""
    with Session(synchronizing.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query())
        mirror = Mirror()
        for event in until_synced(watch):
            mirror.apply(event)
        assert watch.mode == "content sync"
        cookie = watch.cookie
        write(synchronizing.url, 30, "c")
        mirror.follow(watch, lambda: has(mirror, "c-end"))
        assert dict(mirror.held.values()) == truth(session)
        watch.close()
        again = session.watch(InetOrgPerson.query(), cookie=cookie)
        copy = Mirror()
        for event in until_synced(again):
            copy.apply(event)
        assert has(copy, "c-end")


def test_389_persistent_search(synchronizing: Ds389) -> None:
    """Without that plugin a persistent search tells the same, but has no cookie."""
    with Session(synchronizing.url, WHO) as session:
        watch = session.watch(InetOrgPerson.query(), mode="persistent search")
        names = {e.entry.dn for e in until_synced(watch) if isinstance(e, Added)}
        writer = threading.Thread(target=write, args=(synchronizing.url, 30, "p"))
        writer.start()
        writer.join()
        # 389 tells in no order of what different threads of its have done.
        while names != truth(session).keys():
            event = watch.next(SOON)
            if isinstance(event, Added | Changed):
                names.add(event.entry.dn)
            else:
                assert isinstance(event, Deleted)
                assert event.dn is not None
                names.discard(event.dn)
        assert watch.cookie is None


# --- Active Directory ----------------------------------------------------------------


@pytest.fixture
def domain(samba: Samba) -> Iterator[Session]:
    """A session as the domain's administrator."""
    with Session(samba.url, Simple(ADMIN, ADMIN_PASSWORD)) as session:
        yield session


def account(parent: str) -> Account:
    """A new account, not added yet."""
    name = f"w{uuid.uuid4().hex[:12]}"
    return Account(dn=f"CN={name},{parent}", cn=name, sAMAccountName=name)


def test_dirsync_life_of_an_entry(domain: Session) -> None:
    """Added, changed, renamed, moved away: told whole, with the GUID."""
    users = f"CN=Users,{BASE}"
    watch = domain.watch(Account.query().base(users), poll=1.0)
    assert until_synced(watch)
    assert watch.mode == "DirSync"
    person = account(users)
    domain.add(person)
    domain.commit()
    added = watch.next(SOON)
    assert isinstance(added, Added)
    assert added.entry.dn == person.dn
    person = domain.get(Account, person.dn)
    assert person.objectGUID == added.uuid
    person.sn = "Changed"
    domain.commit()
    changed = watch.next(SOON)
    assert isinstance(changed, Changed)
    assert changed.entry.sn == "Changed"
    assert changed.entry.sAMAccountName == person.sAMAccountName
    former = person.dn
    domain.move(person, BULK)
    domain.commit()
    gone = watch.next(SOON)
    assert isinstance(gone, Deleted)
    assert (gone.dn, gone.uuid) == (former, added.uuid)
    domain.delete(person)
    domain.commit()
    assert watch.next(2.5) is None


def test_dirsync_cookie(domain: Session) -> None:
    """From a cookie: what came is added, what went is deleted by its GUID."""
    users = f"CN=Users,{BASE}"
    query = Account.query().base(users)
    gone = account(users)
    domain.add(gone)
    domain.commit()
    with domain.watch(query, initial=False) as watch:
        until_synced(watch)
        cookie = watch.cookie
    guid = domain.get(Account, gone.dn).objectGUID
    domain.delete(gone)
    come = account(users)
    domain.add(come)
    domain.commit()
    events = until_synced(domain.watch(query, cookie=cookie))
    assert any(isinstance(e, Deleted) and e.uuid == guid for e in events)
    assert any(isinstance(e, Added) and e.entry.dn == come.dn for e in events)
    domain.delete(come)
    domain.commit()


def test_dirsync_members(domain: Session) -> None:
    """One member that comes or goes is told as the whole group."""
    users = f"CN=Users,{BASE}"
    name = f"g{uuid.uuid4().hex[:12]}"
    group = Group(dn=f"CN={name},{users}", cn=name, sAMAccountName=name)
    domain.add(group)
    domain.commit()
    watch = domain.watch(Group.query(cn=name).base(users), poll=1.0)
    until_synced(watch)
    member = DN.parse(f"CN=alice,{users}")
    group.member.append(member)
    domain.commit()
    event = watch.next(SOON)
    assert isinstance(event, Changed)
    assert event.entry.member == [member]
    group.member.clear()
    domain.commit()
    event = watch.next(SOON)
    assert isinstance(event, Changed)
    assert event.entry.member == []
    domain.delete(group)
    domain.commit()
    assert isinstance(watch.next(SOON), Deleted)


async def test_dirsync_async(samba: Samba) -> None:
    """The asyncio twin tells the same."""
    users = f"CN=Users,{BASE}"
    async with AsyncSession(samba.url, Simple(ADMIN, ADMIN_PASSWORD)) as session:
        query = session.query(Account).base(users)
        watch = session.watch(query, initial=False, poll=1.0)
        assert isinstance(await watch.next(SOON), Synced)
        person = account(users)
        session.add(person)
        await session.commit()
        event = await watch.next(SOON)
        assert isinstance(event, Added)
        assert event.entry.dn == person.dn
        session.delete(person)
        await session.commit()
        assert isinstance(await watch.next(SOON), Deleted)
