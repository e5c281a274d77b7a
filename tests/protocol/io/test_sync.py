"""A socket that one thread sends on while another one receives."""

from __future__ import annotations

import threading
import time

from ldapom.protocol.io.sync import _in_turn


def test_calls_of_a_tls_connection_never_overlap() -> None:
    """OpenSSL's connections know no threads: sending waits for receiving."""
    turn, inside, most = threading.Lock(), 0, 0

    def call(argument: int) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.005)
        inside -= 1
        return argument

    ways = [_in_turn(call, turn), _in_turn(call, turn)] * 4
    threads = [threading.Thread(target=way, args=(1,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert ways[0](5) == 5
