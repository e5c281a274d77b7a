"""Cancel (RFC 3909): the server stops and says so, or is sent an Abandon."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import Canceled, CannotCancel, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
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
