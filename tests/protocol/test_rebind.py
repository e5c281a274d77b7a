"""A bind on an open connection: what it leaves as it was, and what it waits for."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.errors import (
    DeadlineExceeded,
    InsufficientAccessRights,
    InvalidCredentials,
    LocalProtocolError,
    ResultCode,
)
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.credentials import Anonymous, Kerberos, Ntlm, Plain, Scram, Simple
from ldapom.protocol.extended import START_TLS
from tests.protocol.hostile import Peer, hostile
from tests.protocol.scripts import ME, OTHER, answer_all, binds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory
    from tests.protocol.kinds import Blocking, Kind
    from tests.servers.targets import Server

#: Entries of each page that `Pages` sends.
SIZE = 2


class Pages:
    """A server of three pages, which answers a page only when it is asked for more.

    Args:
        late: Whether the second page comes in two parts, and its end only when
            something else has been asked.
        refuses: Who may not read the third page.
    """

    def __init__(self, *, late: bool = False, refuses: str | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self._late = late
        self._refuses = refuses

    def __call__(self, peer: Peer) -> None:
        """Serve one connection."""
        who = ""
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                who = request.op.name
                self.asked.append(("bind", who))
                peer.answer(request, m.BindResponse())
            elif isinstance(request.op, m.SearchRequest):
                self._page(peer, request, who)

    def _page(self, peer: Peer, request: m.LDAPMessage, who: str) -> None:
        page = find(request.controls, PagedResults)
        assert page is not None
        if not page.size:
            self.asked.append(("given back", page.cookie.decode()))
            peer.answer(request, m.SearchResultDone())
            return
        number = int(page.cookie or b"0")
        self.asked.append((f"page {number}", who))
        if number == 2 and who == self._refuses:
            refusal = m.SearchResultDone(ResultCode.insufficientAccessRights)
            peer.answer(request, refusal)
            return
        cookie = b"" if number == 2 else str(number + 1).encode()
        names = [f"cn={number}{n}" for n in range(SIZE)]
        if self._late and number == 1:
            peer.answer(request, m.SearchResultEntry(names.pop(0)))
            peer.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                peer.next()
            peer.socket.settimeout(None)
        answers: list[m.ProtocolOp] = [m.SearchResultEntry(name) for name in names]
        messages = [m.LDAPMessage(request.message_id, op) for op in answers]
        control = PagedResults(0, cookie).control()
        end = m.LDAPMessage(request.message_id, m.SearchResultDone(), (control,))
        peer.send(b"".join(map(codec.encode, [*messages, end])))


ALL = [f"cn={page}{n}" for page in range(3) for n in range(SIZE)]


def read(connection: Any, between: Callable[[], Any], at: int) -> list[str]:
    """Read the three pages; do something behind so many entries."""
    found = []
    for entry in connection.search("dc=x", page_size=SIZE):
        found.append(entry.dn)
        if len(found) == at:
            between()
    return found


async def aread(connection: Any, between: Callable[[], Any], at: int) -> list[str]:
    """The same under asyncio."""
    found = []
    async for entry in connection.search("dc=x", page_size=SIZE):
        found.append(entry.dn)
        if len(found) == at:
            await between()
    return found


def read_as(talked: Blocking, who: Simple, at: int) -> list[str]:
    """Read with either kind of connection, and become somebody else on the way."""
    inner: Any = talked.inner
    if isinstance(inner, Connection):
        return read(inner, lambda: inner.rebind(who), at)
    found: list[str] = talked.run(aread(inner, lambda: inner.rebind(who), at))
    return found


# --- behind the page that is on its way ----------------------------------------------


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("at", range(1, len(ALL) + 1))
def test_anywhere_in_a_stream(
    talk: Callable[..., Blocking], at: int, late: bool
) -> None:
    """No entry is lost or doubled, and later pages are asked for as the new one."""
    script = Pages(late=late)
    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        assert read_as(connection, OTHER, at) == ALL
        assert connection.inner.bound_as == OTHER
    pages = [asked for asked in script.asked if asked[0].startswith("page")]
    assert [name for name, _ in pages] == ["page 0", "page 1", "page 2"]
    # The one that is on its way when the bind is asked for is still the old one's; no
    # other is asked for ahead while the end of a page has not come.
    ahead = 1 if late and at == SIZE + 1 else min(1 + (at - 1) // SIZE, 2)
    assert [who for _, who in pages] == [
        "cn=me" if n <= ahead else "cn=other" for n in range(3)
    ]


def test_the_next_page_is_refused_to_the_new_one(talk: Callable[..., Blocking]) -> None:
    """The error comes behind what the old one was given."""
    with hostile(Pages(refuses="cn=other")) as server:
        connection = talk(server.url, ME)
        connection.bind()
        found: list[str] = []
        with pytest.raises(InsufficientAccessRights):
            _collect(connection, found)
        assert found == ALL[: 2 * SIZE]


def _collect(talked: Blocking, found: list[str]) -> None:
    inner: Any = talked.inner
    stream = inner.search("dc=x", page_size=SIZE)
    if isinstance(inner, Connection):
        found.append(next(stream).dn)
        inner.rebind(OTHER)
        found.extend(entry.dn for entry in stream)
        return

    async def collect() -> None:
        found.append((await anext(stream)).dn)
        await inner.rebind(OTHER)
        async for entry in stream:
            found.append(entry.dn)  # noqa: PERF401  # the error comes in between

    talked.run(collect())


def test_a_page_that_does_not_come(talk: Callable[..., Blocking]) -> None:
    """The bind gives up in time, nothing was sent, and all is as it was."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        Pages()._page(peer, peer.next(), "cn=me")
        while True:
            request = peer.next()
            if isinstance(request.op, m.CompareRequest):
                peer.answer(request, m.CompareResponse(ResultCode.compareTrue))

    with hostile(script) as server:
        connection = talk(server.url, ME, timeout=0.3)
        connection.bind()
        with pytest.raises(DeadlineExceeded):
            read_as(connection, OTHER, 1)
        assert connection.inner.bound_as == ME
        assert connection.compare("cn=a", "cn", "a")
        assert binds(server) == ["cn=me"]


def test_a_server_that_sends_more_than_a_page() -> None:
    """It is not waited for: nobody knows how much it would be."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        search = peer.next()
        for n in range(10):
            peer.answer(search, m.SearchResultEntry(f"cn={n}"))
        peer.answer(peer.next(), m.CompareResponse(ResultCode.compareTrue))
        for n in range(10, 20):
            peer.answer(search, m.SearchResultEntry(f"cn={n}"))
        peer.answer(search, m.SearchResultDone())
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME) as connection:
        stream = connection.search("dc=x", page_size=2)
        found = [next(stream).dn]
        with pytest.raises(LocalProtocolError, match="close open search streams"):
            connection.rebind(OTHER)
        assert connection.bound_as == ME
        assert connection.compare("cn=a", "cn", "a")
        found += [entry.dn for entry in stream]
        assert found == [f"cn={n}" for n in range(20)]
        assert binds(server) == ["cn=me"]


def test_leaving_behind_a_bind_gives_back_the_cookie() -> None:
    """Of the page that the bind has waited for, and nobody has read."""
    script = Pages()
    with hostile(script) as server, Connection(server.url, ME) as connection:
        stream = connection.search("dc=x", page_size=SIZE)
        next(stream)
        connection.rebind(OTHER)
        stream.close()
        assert not connection.has_open_pages
        assert not list(stream)
        assert len(list(connection.search("dc=x", page_size=SIZE))) == len(ALL)
    assert ("given back", "2") in script.asked


async def test_a_bind_that_is_cancelled_while_it_waits() -> None:
    """The stream goes on as it would have."""
    script = Pages(late=True)
    with hostile(script) as server:
        async with AsyncConnection(server.url, ME, timeout=5) as connection:
            stream = connection.search("dc=x", page_size=SIZE)
            found = [(await anext(stream)).dn]
            bind = asyncio.create_task(connection.rebind(OTHER))
            await asyncio.sleep(0.05)
            bind.cancel()
            with pytest.raises(asyncio.CancelledError):
                await bind
            assert connection.bound_as == ME
            found += [entry.dn async for entry in stream]
            assert found == ALL
    assert ("bind", "cn=other") not in script.asked


def test_on_servers(server: Server) -> None:
    """They let whoever knows the cookie go on."""
    with server.connection() as connection:
        whole = [entry.dn for entry in connection.search(server.base, page_size=2)]
        found: list[str] = []
        for entry in connection.search(server.base, page_size=2):
            found.append(entry.dn)
            if len(found) == 1:
                connection.rebind(server.admin)
        assert found == whole
        assert connection.bound_as == server.admin


def test_the_box_shows_each_what_they_may_see(box: Directory) -> None:
    """Whoever may not see an attribute finds nothing by it, from there on."""
    admin = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
    with Connection(box, admin) as connection:
        how: dict[str, Any] = {"filter": "(userPassword=*)", "page_size": 1}
        every = connection.search("dc=example,dc=com", **how)
        assert len(list(every)) > 3
        stream = connection.search("dc=example,dc=com", **how)
        next(stream)
        connection.rebind(Anonymous())
        # One page was on its way.
        assert len(list(stream)) == 1


def test_start_tls_waits_too() -> None:
    """It stands alone as a bind does; what follows would come from inside TLS."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        pages = Pages()
        pages._page(peer, peer.next(), "cn=me")
        pages._page(peer, peer.next(), "cn=me")
        request = peer.next()
        assert isinstance(request.op, m.ExtendedRequest)
        assert request.op.name == START_TLS
        peer.answer(request, m.ExtendedResponse(ResultCode.unwillingToPerform))
        pages._page(peer, peer.next(), "cn=me")
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, ME) as connection:
        stream = connection.search("dc=x", page_size=SIZE)
        found = [next(stream).dn]
        with pytest.raises(Exception, match="refused StartTLS"):
            connection.start_tls()
        found += [entry.dn for entry in stream]
        assert found == ALL


# --- refused before anything was sent ------------------------------------------------


def _unpaged(peer: Peer) -> None:
    peer.accept_bind()
    search = peer.next()
    peer.answer(search, m.SearchResultEntry("cn=a"))
    while True:
        request = peer.next()
        if isinstance(request.op, m.CompareRequest):
            peer.answer(request, m.CompareResponse(ResultCode.compareTrue))


def test_beside_a_search_without_pages(talk: Callable[..., Blocking]) -> None:
    """It is refused with the way out, and the connection is who it was."""
    with hostile(_unpaged) as server:
        connection = talk(server.url, ME)
        connection.bind()
        stream: Any = connection.inner.search("dc=x")
        if isinstance(connection.inner, Connection):
            next(stream)
        else:
            connection.run(anext(stream))
        for bind in (connection.rebind, connection.bind):
            with pytest.raises(LocalProtocolError, match="close open search streams"):
                bind(OTHER)
            assert connection.inner.bound_as == ME
            assert "cn=me" in str(connection.inner)
        assert connection.compare("cn=a", "cn", "a")
        assert binds(server) == ["cn=me"]
        if isinstance(connection.inner, Connection):
            stream.close()
        else:
            connection.run(stream.close())


def _offers_external(peer: Peer) -> None:
    entry = m.SearchResultEntry(
        "", [m.PartialAttribute("supportedSASLMechanisms", [b"EXTERNAL"])]
    )
    while True:
        request = peer.next()
        if isinstance(request.op, m.SearchRequest):
            peer.answer(request, entry)
            peer.answer(request, m.SearchResultDone())
        elif isinstance(request.op, m.CompareRequest):
            peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
        else:
            peer.answer(request, m.BindResponse())


def test_a_mechanism_that_is_not_offered(talk: Callable[..., Blocking]) -> None:
    """The root DSE was read for that, by who the connection was and is."""
    with hostile(_offers_external) as server:
        connection = talk(server.url, ME)
        connection.bind()
        with pytest.raises(LocalProtocolError, match="does not offer PLAIN"):
            connection.rebind(Plain("ada", "canary-secret"))
        assert connection.inner.bound_as == ME
        assert connection.compare("cn=a", "cn", "a")
        assert binds(server) == ["cn=me"]


def test_a_package_that_is_missing(
    talk: Callable[..., Blocking], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the extra, and nothing has happened."""
    for name in ("gssapi", "gssapi.raw"):
        monkeypatch.setitem(sys.modules, name, None)
    with hostile(answer_all) as server:
        connection = talk(server.url, ME)
        connection.bind()
        with pytest.raises(LocalProtocolError, match="kerberos"):
            connection.rebind(Kerberos())
        assert connection.inner.bound_as == ME
        assert binds(server) == ["cn=me"]


def test_a_password_that_would_travel_in_clear(
    talk: Callable[..., Blocking], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the machine turns out to be another one."""
    monkeypatch.setattr("ldapom.protocol.io.sync.peer_is_local", lambda _: False)
    monkeypatch.setattr("ldapom.protocol.io.streams.peer_is_local", lambda _: False)
    with hostile(answer_all) as server:
        connection = talk(server.url)
        connection.bind()
        before = connection.inner.bound_as
        with pytest.raises(LocalProtocolError, match="would travel in clear"):
            connection.rebind(OTHER)
        assert connection.inner.bound_as == before is not None


def test_a_lost_link_comes_back_as_who_it_was(talk: Callable[..., Blocking]) -> None:
    """Whether it was cut before the bind that was refused here makes no difference."""

    def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.accept_bind()
            peer.next()
        else:
            _offers_external(peer)

    with hostile(script) as server:
        connection = talk(server.url, ME)
        connection.bind()
        with pytest.raises(Exception, match="closed"):
            connection.delete("cn=a")
        with pytest.raises(LocalProtocolError, match="does not offer PLAIN"):
            connection.bind(Plain("ada", "canary-secret"))
        assert connection.compare("cn=a", "cn", "a")
        assert connection.inner.bound_as == ME
        assert binds(server) == ["cn=me", "cn=me"]


# --- refused by the server -----------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [
        OTHER,
        Scram("ada", "canary-secret"),
        Ntlm("ada", "canary-secret"),
        Ntlm("ada", "canary-secret", sicily=True),
    ],
    ids=["simple", "scram", "ntlm", "sicily"],
)
def test_the_server_has_heard_of_it(kind: Kind, box: Directory, who: Any) -> None:
    """From there on the connection is nobody's, whatever the mechanism."""
    admin = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")
    connection: Any = kind(box, admin, timeout=5)
    connection.bind()
    assert "admin" in connection.who_am_i()
    with pytest.raises(InvalidCredentials):
        connection.rebind(who)
    assert connection.inner.bound_as is None
    assert connection.who_am_i() == ""
    connection.rebind(admin)
    assert connection.inner.bound_as == admin
    connection.close()
