"""The limit: a socket, and a loop that walks from message to message by length.

No client in this language can be faster: it sends octets that were made before, reads
the answers, and looks at nothing but where each of them ends.
"""

from __future__ import annotations

import itertools
import socket
from typing import TYPE_CHECKING, Final

from benchmarks import data
from ldapom.filters import And, Equality, Filter
from ldapom.protocol import messages as m
from ldapom.protocol.codec import decode, encode
from ldapom.protocol.controls import PagedResults, find

if TYPE_CHECKING:
    from benchmarks.clock import Clock, Place, Workload

_DONE: Final = 0x65
_LONG: Final = 0x80


def _connect(place: Place) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", place.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _walk(data: bytes, position: int) -> tuple[int, int, bool]:
    """Walk over whole messages: how many, where the rest starts, whether it is done."""
    count, end = 0, len(data)
    while position + 6 < end:
        length, start = data[position + 1], position + 2
        if length >= _LONG:
            start += length & 0x7F
            length = int.from_bytes(data[position + 2 : start], "big")
        if start + length > end:
            break
        # Behind the message id, which has a short length, stands the operation.
        if data[start + 2 + data[start + 1]] == _DONE:
            return count, position, True
        count += 1
        position = start + length
    return count, position, False


def _read(connection: socket.socket) -> tuple[int, bytes]:
    """Read up to the SearchResultDone; give the number of entries, and it."""
    found, rest = 0, b""
    while True:
        data = rest + connection.recv(65_536)
        count, position, is_done = _walk(data, 0)
        found += count
        rest = data[position:]
        if is_done:
            return found, rest


def _search(folder: str, condition: Filter) -> m.SearchRequest:
    from models import User

    names = tuple(dict.fromkeys(("objectClass", *User.__ldapom__.request)))
    return m.SearchRequest(folder, m.Scope.sub, condition, names)


def _named(name: str) -> Filter:
    return And(
        (Equality("objectClass", b"inetOrgPerson"), Equality("uid", name.encode()))
    )


def stream(place: Place, clock: Clock) -> None:
    """Read the people of the folder, page by page."""
    request = _search(place.folder, Filter.parse(data.FILTER))
    with _connect(place) as connection, clock:
        cookie = b""
        for number in itertools.count(1):
            control = PagedResults(1000, cookie).control()
            connection.sendall(encode(m.LDAPMessage(number, request, (control,))))
            count, rest = _read(connection)
            clock.count += count
            found = decode(rest)
            assert found is not None
            page = find(found[0].controls, PagedResults)
            cookie = b"" if page is None else page.cookie
            if not cookie:
                break


def lookup(place: Place, clock: Clock) -> None:
    """Ask for one person after the other."""
    requests = [
        encode(
            m.LDAPMessage(
                1 + number,
                _search(data.PEOPLE, _named(data.uid(number * 7 % place.people))),
            )
        )
        for number in range(place.count)
    ]
    with _connect(place) as connection, clock:
        for request in requests:
            connection.sendall(request)
            clock.count += _read(connection)[0]


def connect(place: Place, clock: Clock) -> None:
    """Connect, bind, unbind."""
    bind = m.BindRequest(place.user, m.SimpleAuthentication(place.password.encode()))
    binding = encode(m.LDAPMessage(1, bind))
    goodbye = encode(m.LDAPMessage(2, m.UnbindRequest()))
    with clock:
        for _ in range(place.count):
            with _connect(place) as connection:
                connection.sendall(binding)
                connection.recv(4096)
                connection.sendall(goodbye)
            clock.count += 1


WORKLOADS: Final[dict[str, Workload]] = {
    "stream": stream,
    "lookup": lookup,
    "connect": connect,
}
