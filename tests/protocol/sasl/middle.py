"""A man in the middle of TLS: he has a certificate that the client trusts."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.pki import Pki


def pass_on(data: bytes) -> bytes:
    """Change nothing."""
    return data


@contextmanager
def man_in_the_middle(
    pki: Pki,
    certificate: str,
    port: int,
    change: Callable[[bytes], bytes] = pass_on,
) -> Iterator[str]:
    """Sit between one client and a server's ``ldaps`` port; give the URL to fall for.

    Args:
        pki: Where certificates are.
        certificate: The one he shows.
        port: The server's.
        change: What he makes of the server's octets.
    """
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(pki.cert(certificate), pki.key(certificate))
    theirs = ssl.create_default_context(cafile=pki.ca_file)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(10)
        open_ones: list[socket.socket] = []

        def relay() -> None:
            with contextlib.suppress(OSError):
                accepted, _ = listener.accept()
                client = ours.wrap_socket(accepted, server_side=True)
                open_ones.append(client)
                server = theirs.wrap_socket(
                    socket.create_connection(("127.0.0.1", port)),
                    server_hostname="localhost",
                )
                open_ones.append(server)
                back = threading.Thread(target=pump, args=(server, client, change))
                back.start()
                pump(client, server, pass_on)
                back.join()

        thread = threading.Thread(target=relay)
        thread.start()
        try:
            yield f"ldaps://localhost:{listener.getsockname()[1]}"
        finally:
            for each in open_ones:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in open_ones:
                each.close()


def pump(
    source: ssl.SSLSocket, target: ssl.SSLSocket, change: Callable[[bytes], bytes]
) -> None:
    """Pass octets on until either side ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(change(data))
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
