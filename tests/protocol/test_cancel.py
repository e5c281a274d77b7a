"""Cancel (RFC 3909): the server stops and says so, or is sent an Abandon."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import Canceled, CannotCancel, ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.extended import CANCEL
from ldapom.protocol.messages import Control
from tests.protocol.hostile import Peer, hostile
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory
    from tests.servers.slapd import Slapd

BASE = "dc=example,dc=com"
#: RFC 4533: stay, and tell of changes; such a search never ends by itself.
STAY = Control("1.3.6.1.4.1.4203.1.9.1.1", True, bytes.fromhex("30030a0103"))
DSE = m.SearchResultEntry(
    "", [m.PartialAttribute("supportedExtension", [CANCEL.encode()])]
)


def offering(answer: Callable[[Peer, m.LDAPMessage], None]) -> Callable[[Peer], None]:
    """A server that offers Cancel; its searches send one entry and then nothing."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                peer.answer(request, m.BindResponse())
            elif isinstance(request.op, m.ExtendedRequest):
                answer(peer, request)
            elif getattr(request.op, "target", None) == "":
                peer.answer(request, DSE)
                peer.answer(request, m.SearchResultDone())
            elif isinstance(request.op, m.SearchRequest):
                peer.answer(request, m.SearchResultEntry("cn=one"))

    return script


def search_id(peer: Peer) -> int:
    """The id of the search that goes on."""
    return next(
        message.message_id
        for message in peer.received
        if isinstance(message.op, m.SearchRequest) and message.op.base_object
    )


def obey(peer: Peer, request: m.LDAPMessage) -> None:
    """Cancel as RFC 3909 has it."""
    peer.say(search_id(peer), m.SearchResultDone(ResultCode.canceled))
    peer.answer(request, m.ExtendedResponse())


def test_a_stream_stops() -> None:
    """The server says so; reading on is an error, and the connection goes on."""
    with hostile(offering(obey)) as server, Connection(server.url, ADMIN) as connection:
        stream = connection.search("dc=a")
        assert next(stream).dn == "cn=one"
        assert connection.cancel(stream)
        with pytest.raises(Canceled):
            next(stream)
        assert not connection.cancel(stream)
        again = connection.search("dc=a")
        assert next(again).dn == "cn=one"
        again.close()


def test_whoever_waits_is_told() -> None:
    """Another thread that waits for the stream gets `Canceled` at once."""
    errors: list[BaseException] = []
    with hostile(offering(obey)) as server, Connection(server.url, ADMIN) as connection:
        stream = connection.search("dc=a")
        next(stream)
        assert connection.root_dse.supports(CANCEL)

        def read() -> None:
            try:
                next(stream)
            except Canceled as error:
                errors.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        while not stream._start.cursor._waits:  # type: ignore[union-attr]  # it was begun
            pass
        assert connection.cancel(stream)
        thread.join(5)
    assert len(errors) == 1


@pytest.mark.parametrize("code", [ResultCode.noSuchOperation, ResultCode.tooLate])
def test_too_late(code: ResultCode) -> None:
    """That it was done already is no error."""

    def answer(peer: Peer, request: m.LDAPMessage) -> None:
        peer.answer(request, m.ExtendedResponse(code))

    with (
        hostile(offering(answer)) as server,
        Connection(server.url, ADMIN) as connection,
    ):
        assert connection.cancel(7) is False


class Paging:
    """Three pages of one entry each; the second one's end may come late.

    Args:
        code: How a Cancel is answered, before the page's own end.
        first: Whether the page has come before the Cancel.
    """

    def __init__(self, code: ResultCode, *, first: bool) -> None:
        self.given_back: list[bytes] = []
        self.canceled: list[int] = []
        self.pages = 0
        self._code, self._first = code, first

    def __call__(self, peer: Peer) -> None:
        """Serve one connection."""
        late: m.LDAPMessage | None = None
        while True:
            request = peer.next()
            page = find(request.controls, PagedResults)
            if isinstance(request.op, m.ExtendedRequest):
                self.canceled.append(request.message_id)
                assert late is not None
                self._end(peer, late)
                peer.answer(request, m.ExtendedResponse(self._code))
            elif isinstance(request.op, m.BindRequest):
                peer.answer(request, m.BindResponse())
            elif page is None:
                peer.answer(request, DSE)
                peer.answer(request, m.SearchResultDone())
            elif not page.size:
                self.given_back.append(page.cookie)
                peer.answer(request, m.SearchResultDone())
            elif page.cookie == b"1" and not self._first:
                late = request
                peer.answer(request, m.SearchResultEntry("cn=b"))
            else:
                self.pages += 1
                self._page(peer, request, page.cookie)

    def _end(self, peer: Peer, request: m.LDAPMessage) -> None:
        if self._code == ResultCode.success:
            peer.answer(request, m.SearchResultDone(ResultCode.canceled))
        else:
            control = PagedResults(0, b"2").control()
            peer.answer(request, m.SearchResultDone(), control)

    def _page(self, peer: Peer, request: m.LDAPMessage, cookie: bytes) -> None:
        number = int(cookie or b"0") + 1
        answers = [
            m.LDAPMessage(request.message_id, m.SearchResultEntry(f"cn={number}")),
            m.LDAPMessage(
                request.message_id,
                m.SearchResultDone(),
                (PagedResults(0, str(number).encode()).control(),),
            ),
        ]
        peer.send(b"".join(map(codec.encode, answers)))


def test_a_page_that_has_come_is_not_cancelled() -> None:
    """Nothing goes on that could be; the server is told to drop what would follow."""
    script = Paging(ResultCode.tooLate, first=True)
    with hostile(script) as server, Connection(server.url, ADMIN) as connection:
        assert connection.root_dse.supports(CANCEL)
        stream = connection.search("dc=a", page_size=1)
        next(stream)
        list(connection.search("", scope="base"))  # the next page comes before it
        assert not connection.cancel(stream)
        assert not connection.has_open_pages
        with pytest.raises(Canceled):
            next(stream)
        next(connection.search("dc=a", page_size=1))
    assert script.canceled == []
    assert script.given_back[0] == b"2"


@pytest.mark.parametrize(
    ("code", "newest"),
    [
        (ResultCode.success, b"1"),
        (ResultCode.tooLate, b"2"),
        (ResultCode.noSuchOperation, b"2"),
    ],
)
def test_a_page_that_is_on_its_way(code: ResultCode, newest: bytes) -> None:
    """Too late or not: the server hears of the newest cookie."""
    script = Paging(code, first=False)
    with hostile(script) as server, Connection(server.url, ADMIN) as connection:
        assert connection.root_dse.supports(CANCEL)
        stream = connection.search("dc=a", page_size=1)
        next(stream)
        assert connection.cancel(stream) == (code == ResultCode.success)
        with pytest.raises(Canceled):
            next(stream)
        list(connection.search("", scope="base"))  # the server has read it all
    assert len(script.canceled) == 1
    assert script.given_back == [newest]


@pytest.mark.parametrize("code", [ResultCode.tooLate, ResultCode.success])
async def test_whoever_waits_for_a_page(code: ResultCode) -> None:
    """They are given that one, where it was too late, and are told behind it."""
    script = Paging(code, first=False)
    found: list[str] = []
    with hostile(script) as server:
        async with AsyncConnection(server.url, ADMIN, timeout=5) as connection:
            stream = connection.search("dc=a", page_size=1)
            await connection.root_dse

            half = asyncio.Event()

            async def read() -> None:
                async for entry in stream:
                    found.append(entry.dn)
                    if len(found) > 1:
                        half.set()

            async with asyncio.timeout(5):
                task = asyncio.create_task(read())
                await half.wait()
                await asyncio.sleep(0)  # until it waits for the end of that page
                assert found == ["cn=1", "cn=b"]
                assert await connection.cancel(stream) == (code == ResultCode.success)
                with pytest.raises(Canceled):
                    await task
    assert script.pages <= 2


def test_what_can_not_be_stopped() -> None:
    """That is an error, with a class of its own."""

    def answer(peer: Peer, request: m.LDAPMessage) -> None:
        peer.answer(request, m.ExtendedResponse(ResultCode.cannotCancel))

    with (
        hostile(offering(answer)) as server,
        Connection(server.url, ADMIN) as connection,
        pytest.raises(CannotCancel),
    ):
        connection.cancel(7)


def test_not_offered() -> None:
    """An Abandon goes in its place, and nothing is waited for."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.answer(peer.next(), m.SearchResultEntry("cn=one"))
        dse = peer.next()
        peer.answer(dse, m.SearchResultEntry("", []))
        peer.answer(dse, m.SearchResultDone())
        peer.wait_for_end()

    with hostile(script) as server:
        with Connection(server.url, ADMIN) as connection:
            stream = connection.search("dc=a")
            next(stream)
            assert connection.cancel(stream) is False
            assert list(stream) == []
        (peer,) = server.peers
    assert [type(one.op) for one in peer.received][3] is m.AbandonRequest


@pytest.mark.real_server
class TestOpenLDAP:
    """A search that stays (RFC 4533) is stopped, and nothing else is."""

    def test_blocking(self, slapd: Slapd) -> None:
        """The server confirms it."""
        with Connection(slapd.url, ADMIN) as connection:
            stream = connection.search(BASE, controls=[STAY])
            next(stream)
            assert connection.cancel(stream)
            assert connection.who_am_i()
            assert connection.usage.operations["abandon"] == 0

    def test_asyncio(self, slapd: Slapd) -> None:
        """A task that waits for more gets `Canceled`."""

        async def ask() -> None:
            async with AsyncConnection(slapd.url, ADMIN) as connection:
                stream = connection.search(BASE, controls=[STAY])
                await anext(stream)

                async def read() -> None:
                    async for _ in stream:
                        pass

                task = asyncio.create_task(read())
                await asyncio.sleep(0.1)
                assert await connection.cancel(stream)
                with pytest.raises(Canceled):
                    await asyncio.wait_for(task, 5)

        asyncio.run(ask())


def test_box(box: Directory) -> None:
    """The box offers it: a search that is over, and one that it is answering."""
    for number in range(3000):
        box.add(
            f"cn=x{number},{BASE}",
            {"objectClass": "person", "cn": f"x{number}", "sn": "x" * 50},
        )
    with box.serve() as server, Connection(server.url, ADMIN) as connection:
        assert connection.root_dse.supports(CANCEL)
        assert connection.cancel(3) is False
        stream = connection.search(BASE)
        next(stream)
        connection.cancel(stream)
        with pytest.raises(Canceled):
            next(stream)
        assert connection.who_am_i()
