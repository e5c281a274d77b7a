"""Servers that are not there: ports that refuse, and ports that swallow everything."""

from __future__ import annotations

import contextlib
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


def refusing() -> str:
    """The URL of a port where nothing listens."""
    return f"ldap://127.0.0.1:{free_port()}"


@contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a port that answers no connect: its queue of new ones is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"ldap://127.0.0.1:{address[1]}"
