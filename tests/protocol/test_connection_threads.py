"""One connection, many threads: everybody gets their own answer."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from ldapom.changes import Replace
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.targets import Server


def together(count: int, work: Callable[[int], None]) -> None:
    """Run the work in so many threads, and raise what one of them raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def test_everybody_gets_their_own_answer(server: Server, subtree: str) -> None:
    """Fifty threads ask, compare and change at once over one connection."""
    with server.connection() as connection:

        def work(number: int) -> None:
            dice = random.Random(number)
            dn = f"cn=t{number},{subtree}"
            connection.add(dn, {"objectClass": ["device"], "cn": [f"t{number}"]})
            for turn in range(20):
                text = f"{number}.{turn}"
                connection.modify(dn, [Replace("description", text)])
                (entry,) = connection.search(dn, attributes=["description"])
                assert entry.text("description") == [text]
                if dice.random() < 0.2:
                    assert connection.compare(dn, "description", text)
            connection.delete(dn)

        together(50, work)


def test_a_slow_answer_holds_up_nobody() -> None:
    """What was asked later and answered first arrives first, in another thread."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        slow, fast = peer.next(), peer.next()
        peer.answer(fast, m.CompareResponse(ResultCode.compareTrue))
        time.sleep(0.3)
        peer.answer(slow, m.CompareResponse(ResultCode.compareFalse))
        peer.wait_for_end()

    with hostile(script) as server, Connection(server.url, timeout=5) as connection:
        order: list[bool] = []

        def ask() -> None:
            order.append(connection.compare("cn=a", "cn", "a"))

        first, second = threading.Thread(target=ask), threading.Thread(target=ask)
        first.start()
        time.sleep(0.1)
        second.start()
        second.join(5)
        assert order == [True]
        first.join(5)
        assert order == [True, False]


def test_a_bind_waits_for_the_others(server: Server) -> None:
    """Binding while others ask lets them finish first, and refuses nobody."""
    with server.connection() as connection:
        stop = threading.Event()

        def work(number: int) -> None:
            if number == 0:
                for _ in range(10):
                    connection.bind()
                stop.set()
            while not stop.is_set():
                assert connection.compare(server.admin.dn, "uid", "admin")

        together(8, work)
