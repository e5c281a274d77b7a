"""References that are followed, and those that must not be: real and hostile servers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    InsufficientAccessRights,
    LDAPError,
    NoSuchObject,
    OutcomeUnknown,
    Referral,
    ResultCode,
    SizeLimitExceeded,
)
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import ManageDsaIT
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.referrals import Referrals
from ldapom.protocol.retry import Retry
from ldapom.testing import Directory
from tests.protocol.hostile import Peer, hostile
from tests.servers.slapd import Slapd
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ldapom.testing.server import Server as BoxServer
    from tests.servers.pki import Pki
    from tests.servers.targets import Server

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"
AWAY = f"ou=away,{BASE}"
FAR = f"uid=far,{PEOPLE}"
ONCE = Retry(attempts=1)
LOCAL = Referrals(["127.0.0.1", "localhost"])
R = TypeVar("R")


def as_admin(**more: object) -> Referrals:
    """Rules that bind as the administrator on this machine."""
    who = {"127.0.0.1": ADMIN, "localhost": ADMIN}
    return Referrals(["127.0.0.1", "localhost"], who, **more)  # type: ignore[arg-type]  # for tests alone


@pytest.fixture
def far() -> Directory:
    """Another directory, with the sample."""
    return Directory.sample()


@pytest.fixture
def there(far: Directory) -> Iterator[BoxServer]:
    """What serves it."""
    with far.serve() as serving:
        yield serving


@pytest.fixture
def here(box: Directory, there: BoxServer) -> Directory:
    """A directory with a referral object ``ou=away`` that stands for its people."""
    refer(box, f"{there.url}/{PEOPLE}")
    return box


def refer(box: Directory, *urls: str, name: str = "away") -> None:
    """Add a referral object."""
    box.add(
        f"ou={name},{BASE}",
        {
            "objectClass": ["referral", "extensibleObject"],
            "ou": name,
            "ref": list(urls),
        },
    )


class Twins:
    """The same few operations, by blocking or under asyncio."""

    def __init__(self, *, is_async: bool) -> None:
        self.is_async = is_async

    def found(
        self, url: object, rules: Referrals | None, base: str = BASE, **more: object
    ) -> tuple[list[str], list[str]]:
        """The names that a search finds, and the reasons for what it did not follow."""
        options = {"credentials": ADMIN, "referrals": rules, "retry": ONCE}
        timeout = more.pop("timeout", 30.0)
        if self.is_async:
            return asyncio.run(_search(url, base, options, timeout, more))
        with Connection(url, timeout=timeout, **options) as connection:  # type: ignore[arg-type]  # any options
            stream = connection.search(base, **more)  # type: ignore[arg-type]  # any options
            return [entry.dn for entry in stream], [u.reason for u in stream.unfollowed]

    def modify(
        self, url: object, rules: Referrals | None, dn: str, timeout: float = 30.0
    ) -> None:
        """Change an entry."""
        options = {"credentials": ADMIN, "referrals": rules, "timeout": timeout}
        change = [Replace("description", "changed")]
        if self.is_async:
            asyncio.run(_modify(url, dn, change, options))
            return
        with Connection(url, retry=ONCE, **options) as connection:  # type: ignore[arg-type]  # any options
            connection.modify(dn, change)


async def _search(
    url: object,
    base: str,
    options: Mapping[str, object],
    timeout: object,
    more: dict[str, object],
) -> tuple[list[str], list[str]]:
    async with AsyncConnection(url, timeout=timeout, **options) as connection:  # type: ignore[arg-type]  # any options
        stream = connection.search(base, **more)  # type: ignore[arg-type]  # any options
        names = [entry.dn async for entry in stream]
        return names, [u.reason for u in stream.unfollowed]


async def _modify(
    url: object, dn: str, change: list[Replace], options: Mapping[str, object]
) -> None:
    async with AsyncConnection(url, retry=ONCE, **options) as connection:  # type: ignore[arg-type]  # any options
        await connection.modify(dn, change)


@pytest.fixture(params=["sync", "asyncio"])
def twins(request: pytest.FixtureRequest) -> Twins:
    """Each way in turn."""
    return Twins(is_async=request.param == "asyncio")


class TestFollowed:
    """What the rules allow."""

    def test_a_search_goes_on(
        self, here: Directory, there: BoxServer, twins: Twins
    ) -> None:
        """What is found elsewhere comes in the same stream, pages or not."""
        alone, _ = twins.found(here, None)
        for size in (0, 3):
            names, unfollowed = twins.found(here, LOCAL, page_size=size)
            assert unfollowed == []
            assert names[: len(alone)] == alone
            with Connection(there.url) as connection:
                people = [entry.dn for entry in connection.search(PEOPLE)]
            assert names[len(alone) :] == people

    def test_one_level(self, here: Directory, twins: Twins) -> None:
        """The entry that the referral object stands for, and nothing below it."""
        names, _ = twins.found(here, LOCAL, scope="one")
        assert names[-1] == PEOPLE
        assert len(names) == 3

    def test_a_base_elsewhere(self, here: Directory, twins: Twins) -> None:
        """A search that begins below a referral object is sent on as a whole."""
        names, _ = twins.found(here, LOCAL, f"uid=ada,{AWAY}")
        assert names == [f"uid=ada,{PEOPLE}"]

    def test_a_size_limit_holds_for_all(self, here: Directory, twins: Twins) -> None:
        """As many entries as were asked for, wherever they are."""
        alone, _ = twins.found(here, None)
        for limit in (1, len(alone), len(alone) + 2):
            names, _ = twins.found(here, LOCAL, size_limit=limit)
            assert len(names) == limit

    def test_updates(self, here: Directory, there: BoxServer, twins: Twins) -> None:
        """A change is made on the other server, as who the rules say."""
        twins.modify(here, as_admin(), f"uid=ada,{AWAY}")
        with Connection(there.url) as connection:
            (ada,) = connection.search(f"uid=ada,{PEOPLE}")
        assert ada.text("description") == ["changed"]
        with pytest.raises(InsufficientAccessRights):
            twins.modify(here, LOCAL, f"uid=ada,{AWAY}")

    def test_every_update(self, here: Directory) -> None:
        """Add, compare, rename and delete; and the numbers of it."""
        with Connection(here, ADMIN, referrals=as_admin()) as connection:
            dn = f"cn=new,{AWAY}"
            connection.add(dn, {"objectClass": "person", "cn": "new", "sn": "new"})
            assert connection.compare(dn, "sn", "new")
            assert not connection.compare(dn, "sn", "old")
            connection.rename(dn, "cn=newer")
            connection.delete(f"cn=newer,{AWAY}")
            with pytest.raises(NoSuchObject):
                connection.delete(f"cn=newer,{AWAY}")
            usage = connection.usage
            assert usage.referrals_followed == 6
            assert usage.sockets_opened == 7
            assert usage.sockets_closed == 6

    def test_nobody_by_default(
        self, here: Directory, far: Directory, twins: Twins
    ) -> None:
        """The session's credentials go nowhere: the other server is asked anonymously."""
        with far.recording() as sent:
            twins.found(here, LOCAL)
        kinds = [type(message.op) for message in sent]
        assert set(kinds) - {m.UnbindRequest} == {m.SearchRequest}

    def test_several_hops(self, box: Directory, twins: Twins) -> None:
        """A server that is referred to may refer further, as far as is allowed."""
        second, third = Directory.sample(), Directory.sample()
        with second.serve() as two, third.serve() as three:
            refer(box, f"{two.url}/{AWAY}")
            refer(second, f"{three.url}/{PEOPLE}")
            names, _ = twins.found(box, LOCAL, f"uid=ada,{AWAY}")
            assert names == [f"uid=ada,{PEOPLE}"]
            twins.modify(box, as_admin(), f"uid=ada,{AWAY}")
            with pytest.raises(Referral) as caught:
                twins.modify(box, as_admin(hops=1), f"uid=ada,{AWAY}")
            assert "more than 1 servers in a row" in caught.value.__notes__[0]

    def test_the_next_url_where_one_is_dead(
        self, box: Directory, there: BoxServer, twins: Twins
    ) -> None:
        """Of several URLs any one leads on; why others did not is said."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            dead = f"ldap://127.0.0.1:{closed.getsockname()[1]}/{PEOPLE}"
        refer(box, "ldaps://host .sub.com:636", dead, f"{there.url}/{PEOPLE}")
        names, unfollowed = twins.found(box, LOCAL, f"uid=ada,{AWAY}")
        assert names == [f"uid=ada,{PEOPLE}"]
        assert "is not among the hosts" in unfollowed[0]
        assert "refused" in unfollowed[1]
        twins.modify(box, as_admin(), f"uid=ada,{AWAY}")

    def test_a_stream_that_is_left(self, here: Directory, there: BoxServer) -> None:
        """The other connection ends with it."""
        alone, _ = Twins(is_async=False).found(here, None)
        with Connection(here, ADMIN, referrals=LOCAL) as connection:
            with connection.search(BASE) as stream:
                for _ in range(len(alone) + 1):
                    next(stream)
                assert connection.usage.sockets_opened == 2
            assert connection.usage.sockets_closed == 1
            stream = connection.search(BASE)
            for _ in range(len(alone) + 1):
                next(stream)
        assert connection.usage.sockets_closed == connection.usage.sockets_opened


class TestNotFollowed:
    """What the rules, or good sense, forbid."""

    @pytest.mark.parametrize("rules", [None, Referrals(), Referrals(["*.example.com"])])
    def test_by_default(
        self, here: Directory, far: Directory, twins: Twins, rules: Referrals | None
    ) -> None:
        """Nothing is sent anywhere; a search ends well, and says what it left."""
        with far.recording() as sent:
            _, unfollowed = twins.found(here, rules)
            with pytest.raises(Referral) as caught:
                twins.modify(here, rules, f"uid=ada,{AWAY}")
        assert sent == []
        assert [url[-len(PEOPLE) - 8 :] for url in caught.value.referrals] == [
            f"uid=ada,{PEOPLE}"
        ]
        assert ["is not among" in text for text in unfollowed] == (
            [True] if rules else []
        )
        assert bool(getattr(caught.value, "__notes__", [])) is bool(rules)

    def test_a_referral_to_itself(self, box: Directory, twins: Twins) -> None:
        """It is noticed at once, however it is written."""
        with box.serve() as serving:
            refer(box, f"{serving.url}/{AWAY}", f"{serving.url}/{AWAY.upper()}??sub")
            with box.recording() as sent:
                names, unfollowed = twins.found(serving.url, LOCAL)
            assert names
            assert unfollowed[-1] == "it leads back to what was asked already"
            searches = [one for one in sent if isinstance(one.op, m.SearchRequest)]
            assert len(searches) == 2
            with pytest.raises(Referral) as caught:
                twins.modify(serving.url, as_admin(), f"uid=ada,{AWAY}")
            assert "leads back" in caught.value.__notes__[0]

    def test_a_maze(self, twins: Twins) -> None:
        """A server that always knows another place comes to an end, too."""
        port = 0

        def script(peer: Peer) -> None:
            while True:
                request = peer.next()
                if isinstance(request.op, m.BindRequest):
                    peer.answer(request, m.BindResponse())
                    continue
                name = getattr(request.op, "target", "")
                url, other = (f"ldap://127.0.0.1:{port}/cn={x},{name}" for x in "xy")
                if isinstance(request.op, m.SearchRequest):
                    peer.answer(request, m.SearchResultReference([url]))
                    peer.answer(request, m.SearchResultReference([other]))
                    peer.answer(request, m.SearchResultDone())
                elif isinstance(request.op, m.ModifyRequest):
                    peer.answer(
                        request, m.ModifyResponse(ResultCode.referral, referral=[url])
                    )
                else:
                    return

        with hostile(script) as server:
            port = server.port
            names, unfollowed = twins.found(server.url, as_admin(hops=3))
            assert names == []
            assert len(unfollowed) == 16
            assert {"servers in a row" in text for text in unfollowed} == {True}
            names, unfollowed = twins.found(server.url, as_admin(hops=50, most=7))
            assert len(server.peers) == 1 + 14 + 1 + 7
            assert {"more than 7 references" in text for text in unfollowed} == {True}
            with pytest.raises(Referral):
                twins.modify(server.url, as_admin(), "cn=y")

    def test_no_downgrade(self, pki: Pki, box: Directory, twins: Twins) -> None:
        """A connection that TLS protects leads to none in clear."""
        other = Directory.sample()
        tls = Tls(ca_file=str(pki.ca_file))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pki.cert("server"), pki.key("server"))
        with (
            other.serve() as clear,
            other.serve(tls=context) as able,
            box.serve(tls=context, ldaps=True) as home,
        ):
            refer(box, f"{clear.url}/{PEOPLE}", f"{able.url}/{PEOPLE}")
            url = home.url.replace("127.0.0.1", "localhost")
            with (
                other.recording() as sent,
                Connection(url, ADMIN, tls=tls, referrals=LOCAL) as connection,
            ):
                stream = connection.search(f"uid=ada,{AWAY}")
                assert [entry.dn for entry in stream] == [f"uid=ada,{PEOPLE}"]
            assert "TLS" in stream.unfollowed[0].reason
            assert connection.usage.tls_started == 2
            assert isinstance(sent[0].op, m.ExtendedRequest)
            loose = Referrals(LOCAL.hosts, allow_downgrade=True)
            with Connection(url, ADMIN, tls=tls, referrals=loose) as connection:
                stream = connection.search(f"uid=ada,{AWAY}")
                assert [entry.dn for entry in stream] == [f"uid=ada,{PEOPLE}"]
            assert stream.unfollowed == []

    def test_no_secret_in_clear(
        self, box: Directory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither the password of a bind nor one that is written leaves for a network."""
        from ldapom.protocol.io import sync

        def script(peer: Peer) -> None:
            peer.wait_for_end()

        with hostile(script) as server:
            refer(box, f"{server.url}/{PEOPLE}")
            # As if the other server were on another machine.
            monkeypatch.setattr(sync, "peer_is_local", lambda _: False)
            for rules in (as_admin(), LOCAL):
                with (
                    Connection(box, ADMIN, referrals=rules) as connection,
                    pytest.raises(Referral) as caught,
                ):
                    change = Replace("userPassword", "canary-secret")
                    connection.modify(f"uid=ada,{AWAY}", [change])
                assert "would travel in clear" in caught.value.__notes__[0]
        kinds = {type(message.op) for message in server.received}
        assert kinds <= {m.UnbindRequest}


class TestBroken:
    """Servers that do not answer as they should."""

    def test_silence(self, box: Directory, twins: Twins) -> None:
        """The call's own deadline bounds everything."""
        with hostile(Peer.wait_for_end) as server:
            refer(box, f"{server.url}/{PEOPLE}")
            for call in (
                lambda: twins.found(box, LOCAL, f"uid=a,{AWAY}", timeout=0.4),
                lambda: twins.found(box, LOCAL, timeout=0.4),
                lambda: twins.modify(box, as_admin(), f"uid=a,{AWAY}", 0.4),
                lambda: twins.modify(box, LOCAL, f"uid=a,{AWAY}", 0.4),
            ):
                error = failing(call)
                assert isinstance(error, DeadlineExceeded | OutcomeUnknown)
        assert isinstance(error, OutcomeUnknown)

    def test_a_search_that_breaks(self, box: Directory, twins: Twins) -> None:
        """What was found comes first; the rest is an error, never a silent end."""

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.SearchResultEntry("cn=one"))

        with hostile(script) as server:
            refer(box, f"{server.url}/{PEOPLE}")
            with Connection(box, ADMIN, referrals=LOCAL, retry=ONCE) as connection:
                stream = connection.search(BASE)
                names: list[str] = []
                with pytest.raises(ConnectionLost):
                    names.extend(entry.dn for entry in stream)
                assert names[-1] == "cn=one"
                assert connection.who_am_i()

    @pytest.mark.parametrize(
        ("code", "raised"),
        [
            (ResultCode.noSuchObject, None),
            (ResultCode.insufficientAccessRights, None),
            (ResultCode.sizeLimitExceeded, SizeLimitExceeded),
        ],
    )
    def test_a_refusal_elsewhere(
        self, box: Directory, twins: Twins, code: ResultCode, raised: type | None
    ) -> None:
        """A reference into nothing is noted; a result that was cut off is an error."""

        def script(peer: Peer) -> None:
            peer.answer(peer.next(), m.SearchResultDone(code, "", "so sorry"))
            peer.wait_for_end()

        with hostile(script) as server:
            refer(box, f"{server.url}/{PEOPLE}")
            if raised is None:
                names, unfollowed = twins.found(box, LOCAL)
                assert names
                assert f"{code.name} ({int(code)}): so sorry" in unfollowed[0]
            else:
                assert isinstance(failing(lambda: twins.found(box, LOCAL)), raised)


def failing(call: Callable[[], object], limit: float = 0.9) -> LDAPError:
    """Run a call that must fail within the limit, and give its error."""
    start = time.monotonic()
    with pytest.raises(LDAPError) as caught:
        call()
    assert time.monotonic() - start < limit
    return caught.value


@pytest.fixture(scope="module")
def second(pki: Pki) -> Iterator[Slapd]:
    """A second OpenLDAP, with one entry below its suffix."""
    with Slapd(pki) as running:
        running.load(
            f"dn: {BASE}\nobjectClass: domain\ndc: example\n\n"
            f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n\n"
            f"dn: uid=admin,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: admin\n"
            "cn: admin\nsn: admin\nuserPassword: secret\n\n"
            f"dn: {FAR}\nobjectClass: inetOrgPerson\nuid: far\n"
            "cn: far\nsn: far\n"
        )
        yield running


@pytest.mark.real_server
class TestRealServers:
    """Referral objects of OpenLDAP and 389 DS, which lead to a second OpenLDAP."""

    @pytest.mark.without("box", "box-tcp")
    def test_followed(
        self, server: Server, subtree: str, second: Slapd, twins: Twins
    ) -> None:
        """Searches and updates, by blocking and under asyncio."""
        away = f"ou=away,{subtree}"
        manage = [ManageDsaIT().control()]
        with server.connection() as connection:
            connection.add(
                away,
                {
                    "objectClass": ["referral", "extensibleObject"],
                    "ou": "away",
                    "ref": f"{second.url}/{FAR}",
                },
                controls=manage,
            )
        try:
            alone, unfollowed = twins.found(server.target, None, subtree)
            assert (alone, unfollowed) == ([subtree], [])
            names, unfollowed = twins.found(server.target, LOCAL, subtree)
            assert unfollowed == []
            assert names == [subtree, FAR]
            names, _ = twins.found(server.target, LOCAL, away)
            assert names == [FAR]
            if server.name == "ds389":
                return  # it changes the referral object itself
            twins.modify(server.target, as_admin(), away)
            with Connection(second.url) as connection:
                (far,) = connection.search(FAR)
            assert far.text("description") == ["changed"]
            with pytest.raises(Referral):
                twins.modify(server.target, None, away)
        finally:
            with server.connection() as connection:
                connection.delete(away, controls=manage)
