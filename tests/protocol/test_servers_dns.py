"""Servers that the DNS names (RFC 2782)."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import ConnectError, TLSError
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.srv import Answer, Record
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.servers import STRATEGIES, Servers
from ldapom.protocol.settings import Settings
from ldapom.url import LDAPURL
from tests.protocol.dead import refusing
from tests.protocol.hostile import hostile
from tests.protocol.scripts import ME, answer_all
from tests.protocol.test_servers import hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.kinds import Blocking
    from tests.servers.slapd import Slapd


class Zone:
    """Answers in the place of the DNS."""

    def __init__(self, *records: Record, ttl: float = 60) -> None:
        self.answer = Answer(records, ttl)
        self.asked: list[tuple[str, str]] = []
        self.down = False

    def look_up(self, service: str, domain: str, deadline: Deadline) -> Answer:
        """What `srv.look_up` does."""
        self.asked.append((service, domain))
        if self.down:
            raise ConnectError("the DNS is down")
        return self.answer


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Zone]:
    """Put a zone in place."""

    def make(*records: Record, ttl: float = 60) -> Zone:
        made = Zone(*records, ttl=ttl)
        monkeypatch.setattr("ldapom.protocol.servers.srv.look_up", made.look_up)
        return made

    return make


def test_priorities(zone: Callable[..., Zone]) -> None:
    """The lowest priority comes first, whatever the strategy (RFC 2782)."""
    zone(
        Record(20, 0, "c.example.com", 389),
        Record(10, 50, "a.example.com", 389),
        Record(10, 50, "b.example.com", 3389),
    )
    for strategy in STRATEGIES:
        servers = Servers("srv:example.com", strategy=strategy)
        found = servers.order(Deadline(1))
        assert {one.url.host for one in found[:2]} == {"a.example.com", "b.example.com"}
        assert str(found[2].url) == "ldap://c.example.com:389"


def test_weights(zone: Callable[..., Zone]) -> None:
    """Of the same priority each comes first in proportion to its weight."""
    zone(
        Record(1, 90, "a.example.com", 389),
        Record(1, 10, "b.example.com", 389),
        Record(1, 0, "c.example.com", 389),
    )
    servers = Servers("srv:example.com")
    first = Counter(hosts(servers)[0] for _ in range(2000))
    assert 1600 < first["a.example.com"] < 1950
    assert 50 < first["b.example.com"] < 350
    assert 0 < first["c.example.com"] < 150


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 65535)), min_size=1))
def test_nobody_is_lost(numbers: list[tuple[int, int]]) -> None:
    """Every record is tried once, in the order of priorities."""
    records = [Record(p, w, f"h{n}.x", 389) for n, (p, w) in enumerate(numbers)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ldapom.protocol.servers.srv.look_up", Zone(*records).look_up)
        found = Servers("srv:x").order(Deadline(1))
    assert len({one.url.host for one in found}) == len(found) == len(records)
    assert [one.priority for one in found] == sorted(one.priority for one in found)


def test_as_long_as_they_hold(zone: Callable[..., Zone]) -> None:
    """Records are kept for their TTL, and longer while the DNS is down."""
    found = zone(Record(1, 1, "a.example.com", 389), ttl=0.05)
    servers = Servers("srvs:example.com")
    for _ in range(3):
        assert [str(s.url) for s in servers.order(Deadline(1))] == [
            "ldaps://a.example.com:389"
        ]
    assert found.asked == [("_ldaps._tcp", "example.com")]
    time.sleep(0.06)
    assert hosts(servers)
    assert len(found.asked) == 2
    time.sleep(0.06)
    found.down = True
    assert hosts(servers) == ["a.example.com"]
    assert len(found.asked) == 3


def test_no_records(zone: Callable[..., Zone], talk: Callable[..., Blocking]) -> None:
    """Where the DNS names nobody and no URL is given either, that is the error."""
    zone().down = True
    with pytest.raises(ConnectError, match="the DNS is down"):
        talk("srv:example.com", ME).bind()
    assert hosts(Servers("srv:example.com", "ldap://backup")) == ["backup"]


def test_the_name_in_the_certificate(zone: Callable[..., Zone]) -> None:
    """The target's inside the domain; else the domain's own, for the DNS may lie."""
    zone(
        Record(1, 0, "ldap.Example.com", 636),
        Record(2, 0, "example.com", 636),
        Record(3, 0, "evil.example.org", 636),
        Record(4, 0, "notexample.com", 636),
    )
    settings = Settings("srvs:example.com.", Anonymous(), None, False, 1.0, False)
    found = [settings.at(one) for one in settings.order(Deadline(1))]
    assert [one.certified for one in found] == [
        "ldap.Example.com",
        "example.com",
        "example.com",
        "example.com",
    ]
    assert found[2].host == "evil.example.org"


def test_a_domain_is_reached(
    zone: Callable[..., Zone], talk: Callable[..., Blocking]
) -> None:
    """Over the record with the lowest priority that answers."""
    with hostile(answer_all) as good:
        zone(
            Record(1, 0, "127.0.0.1", LDAPURL.parse(refusing()).address[1]),
            Record(2, 0, "127.0.0.1", good.port),
        )
        connection = talk("srv:example.com", ME)
        connection.bind()
        assert connection.names("dc=x") == ["cn=a"]
        assert str(connection.inner).startswith(good.url)


def test_the_certificate_is_checked(zone: Callable[..., Zone], slapd: Slapd) -> None:
    """A target in the domain proves its own name, any other one the domain's."""
    zone(Record(1, 0, "localhost", slapd.tls_port))
    tls = Tls(ca_file=slapd.pki.ca_file)
    with Connection("srvs:localhost", tls=tls, timeout=5) as connection:
        assert "TLSv1" in str(connection)
    with pytest.raises(ConnectError) as caught:
        Connection("srvs:example.org", tls=tls, timeout=5).bind()
    (cause,) = caught.value.causes
    assert isinstance(cause, TLSError)
    assert "example.org" in str(cause)
