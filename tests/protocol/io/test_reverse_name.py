"""The name that the DNS gives to a server's address, for who asks for it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ldapom.errors import LocalProtocolError
from ldapom.protocol.io import dial
from ldapom.protocol.io.streams import SocketStream
from ldapom.protocol.io.sync import SocketTransport


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses whose names were asked for; all of them are ``dc.example``."""
    addresses: list[object] = []

    def getnameinfo(address: object, flags: int) -> tuple[str, str]:
        assert flags == socket.NI_NAMEREQD
        addresses.append(address)
        return "dc.example", "389"

    monkeypatch.setattr(socket, "getnameinfo", getnameinfo)
    return addresses


def test_it_is_the_name_of_the_address_that_was_reached(asked: list[object]) -> None:
    """Not of any other that the host has: behind a round robin they differ."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = socket.create_connection(server.getsockname())
        transport = SocketTransport(connection)
        try:
            assert transport.reverse_name() == "dc.example"
        finally:
            transport.close()
        assert asked == [server.getsockname()]


async def test_asyncio_has_it_too(asked: list[object]) -> None:
    """By the same way."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = socket.create_connection(server.getsockname())
        connection.setblocking(False)  # the method's own signature
        stream = await SocketStream.over(connection)
        try:
            assert await asyncio.to_thread(stream.reverse_name) == "dc.example"
        finally:
            stream.abort()
            await stream.close()
        assert asked == [server.getsockname()]


def test_an_address_without_a_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the argument that helps."""

    def getnameinfo(*_: object) -> tuple[str, str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getnameinfo", getnameinfo)
    with pytest.raises(LocalProtocolError, match="give host="):
        dial.reverse_name(("192.0.2.1", 389))


@pytest.mark.parametrize("address", ["/run/ldapi", "", None])
def test_what_is_no_address_has_no_name(address: object) -> None:
    """Such as the path of a Unix socket; nobody is asked."""
    with pytest.raises(LocalProtocolError, match="give host="):
        dial.reverse_name(address)
