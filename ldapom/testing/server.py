"""The same directory behind a socket: TCP, TLS and StartTLS, or a Unix socket.

One thread accepts, one thread serves each connection; `Server.stop` ends them all, and
tells the clients, within a second.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import ssl
import struct
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from attrs import evolve

from ldapom.dn import DN
from ldapom.errors import LDAPError
from ldapom.protocol.channel_binding import end_point
from ldapom.testing.access import Identity
from ldapom.testing.conversation import Conversation
from ldapom.testing.handler import Peer

if TYPE_CHECKING:
    from types import TracebackType

    from ldapom.testing.directory import Directory

_log = logging.getLogger(__name__)

_READ_SIZE = 65_536
#: Seconds a TLS handshake may take.
_HANDSHAKE_TIME = 10.0
#: Seconds all connections are given to tell their clients that the server stops.
_GRACE = 0.3
_BACKLOG = 512
#: How often each side of a TLS handshake speaks, at most.
_FLIGHTS = 4

#: RFC 4514 3, and the names that Python has for the parts of a certificate's subject.
_SUBJECT_TYPES = {
    "commonName": "cn",
    "countryName": "c",
    "domainComponent": "dc",
    "localityName": "l",
    "organizationName": "o",
    "organizationalUnitName": "ou",
    "stateOrProvinceName": "st",
    "streetAddress": "street",
    "userId": "uid",
}


class Server:
    """Serves a directory while its ``with`` block runs.

    Args:
        directory: What is served.
        address: Host and port, or the path of a Unix socket.
        tls: The server's side of TLS.
        ldaps: Whether TLS begins at once; else StartTLS can ask for it.
    """

    def __init__(
        self,
        directory: Directory,
        address: tuple[str, int] | str,
        *,
        tls: ssl.SSLContext | None = None,
        ldaps: bool = False,
    ) -> None:
        if ldaps and tls is None:
            raise ValueError("ldaps needs tls=, the server's SSLContext")
        self._directory = directory
        self._address = address
        self._tls = tls
        self._ldaps = ldaps
        self._end_point: bytes | None = None
        self._listener: socket.socket | None = None
        self._acceptor: Thread | None = None
        self._waker: socket.socket | None = None
        self._served: set[_Served] = set()
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __str__(self) -> str:
        state = "not started" if self._listener is None else self.url
        return f"{self._directory}, {state}"

    @property
    def port(self) -> int:
        """The TCP port it listens on; 0 for a Unix socket."""
        name = self._bound().getsockname()
        return int(name[1]) if isinstance(name, tuple) else 0

    @property
    def url(self) -> str:
        """The URL that leads here."""
        if isinstance(self._address, str):
            return f"ldapi://{quote(self._address, safe='')}"
        host = self._address[0]
        host = f"[{host}]" if ":" in host else host
        return f"{'ldaps' if self._ldaps else 'ldap'}://{host}:{self.port}"

    def _bound(self) -> socket.socket:
        if self._listener is None:
            raise RuntimeError("the server does not run: use it in a with statement")
        return self._listener

    # --- start and stop --------------------------------------------------------

    def start(self) -> None:
        """Listen, and serve in threads; call `stop` afterwards.

        Raises:
            OSError: The address can not be listened on.
        """
        if self._tls is not None:
            shown = own_certificate(self._tls)
            self._end_point = None if shown is None else end_point(shown)
        self._listener = _listen(self._address)
        woken, self._waker = socket.socketpair()
        self._acceptor = Thread(
            target=self._accept, args=(self._listener, woken), daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Stop listening, tell the clients, end all threads; harmless when stopped."""
        if self._listener is None or self._waker is None or self._acceptor is None:
            return
        self._waker.close()
        self._acceptor.join()
        self._listener.close()
        self._listener = None
        if isinstance(self._address, str):
            with contextlib.suppress(OSError):
                Path(self._address).unlink()
        with self._lock:
            served = list(self._served)
        # The first time they may still send, a notice for instance; then no more.
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            alive = [found for found in served if found.thread.is_alive()]
            for connection in alive:
                connection.stop(how)
            end = monotonic() + _GRACE
            for connection in alive:
                connection.thread.join(max(0, end - monotonic()))

    def _accept(self, listener: socket.socket, woken: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, woken:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if woken in ready:
                    return
                # A client may have given up between the two calls.
                with contextlib.suppress(OSError):
                    self._begin(listener.accept()[0])

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        if isinstance(self._address, tuple):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        served = _Served(
            self._directory,
            connection,
            self._tls,
            ldaps=self._ldaps,
            end_point=self._end_point,
        )
        served.thread = Thread(target=self._serve, args=(served,), daemon=True)
        with self._lock:
            self._served.add(served)
        served.thread.start()

    def _serve(self, served: _Served) -> None:
        try:
            served.run()
        except (OSError, LDAPError) as error:
            # The client's affair: gone, stalled, or speaking no LDAP or TLS.
            _log.debug("a connection ended: %s", error)
        finally:
            served.close()
            with self._lock:
                self._served.discard(served)


def own_certificate(context: ssl.SSLContext) -> bytes | None:
    """The certificate (DER) that a server shows to who names no host.

    Python does not tell. So it is shown to a client in memory.

    Args:
        context: The server's.

    Returns:
        None where no such client comes to terms with it.
    """
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(up, down, server_side=True)
    client = anyone.wrap_bio(down, up)
    for _ in range(_FLIGHTS):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return None
            if side is client:
                return client.getpeercert(binary_form=True)
    return None


def _listen(address: tuple[str, int] | str) -> socket.socket:
    if isinstance(address, tuple):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class _Served:
    """One connection; its thread alone reads and writes."""

    thread: Thread

    def __init__(
        self,
        directory: Directory,
        connection: socket.socket,
        tls: ssl.SSLContext | None,
        *,
        ldaps: bool,
        end_point: bytes | None,
    ) -> None:
        self._directory = directory
        self._socket = connection
        self._tls = tls
        self._ldaps = ldaps
        self._end_point = end_point
        self._handler = directory.handler(
            Peer(
                is_private=connection.family == socket.AF_UNIX,
                can_start_tls=tls is not None and not ldaps,
                external=_unix_identity(connection, directory),
            )
        )
        self._conversation = Conversation(
            self._handler.handle, self._handler.inner.logins.take_layer
        )
        self._lock = Lock()
        self._stopping = False
        self._news, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        directory.store.feed.wakers.add(self.wake)

    def run(self) -> None:
        """Serve until one side has had enough."""
        if self._ldaps:
            self._begin_tls()
        conversation = self._conversation
        while not conversation.closed:
            if conversation.stays and not self._is_asked():
                continue
            data = self._receive()
            if not data:
                if self._stopping:
                    self._socket.sendall(conversation.disconnect())
                return
            conversation.receive(data)
            for chunk in conversation.chunks():
                self._socket.sendall(chunk)
                if not conversation.starts_tls:
                    self._look()
            if conversation.starts_tls:
                conversation.tls_started()
                self._begin_tls()

    def _is_asked(self) -> bool:
        """Tell what there is to tell, then wait for more of that or of the client."""
        for chunk in self._conversation.chunks():
            self._socket.sendall(chunk)
            self._look()
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._news, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select()}
        if self._news in ready:
            self._news.recv(_READ_SIZE)
        return self._socket in ready

    def wake(self) -> None:
        """Have the thread look again: the directory has changed."""
        if self._conversation.stays:
            # A full buffer wakes as well.
            with contextlib.suppress(OSError):
                self._waker.send(b"\0")

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_READ_SIZE)
        except ssl.SSLEOFError:
            return b""

    def _look(self) -> None:
        """Take what has come meanwhile, an Abandon perhaps, without waiting."""
        self._socket.setblocking(False)
        try:
            data = self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            self._socket.setblocking(True)
        if data or not self._stopping:
            # When the server stops, the client is told before anything ends.
            self._conversation.receive(data)

    def _begin_tls(self) -> None:
        assert self._tls is not None  # noqa: S101  # checked when it was asked for
        self._socket.settimeout(_HANDSHAKE_TIME)
        wrapped = self._tls.wrap_socket(
            self._socket, server_side=True, do_handshake_on_connect=False
        )
        with self._lock:
            self._socket = wrapped
        wrapped.do_handshake()
        wrapped.settimeout(None)
        inner = self._handler.inner
        inner.peer = evolve(
            inner.peer,
            is_private=True,
            can_start_tls=False,
            tls=True,
            end_point=self._end_point,
            external=_certificate_identity(wrapped, self._directory),
        )

    def stop(self, how: int) -> None:
        """Make the thread's reads (and writes) end; called from another thread."""
        self._stopping = True
        with self._lock, contextlib.suppress(OSError):
            # Not SSLSocket.shutdown(), which takes the TLS state from under the thread.
            socket.socket.shutdown(self._socket, how)

    def close(self) -> None:
        """Let go of the socket."""
        self._directory.store.feed.wakers.discard(self.wake)
        with self._lock:
            self._socket.close()
            self._news.close()
            self._waker.close()


def _unix_identity(connection: socket.socket, directory: Directory) -> Identity | None:
    """Who is at the other end of a Unix socket; this very user is the admin."""
    if connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, group = struct.unpack("3i", raw)
    if user == os.getuid():
        return directory.access.admin
    dn = f"gidNumber={group}+uidNumber={user},cn=peercred,cn=external,cn=auth"
    return Identity(dn, directory.store.vocabulary.dn_key(dn))


def _certificate_identity(
    connection: ssl.SSLSocket, directory: Directory
) -> Identity | None:
    """Who a verified client certificate names; None without one."""
    subject = (connection.getpeercert() or {}).get("subject")
    if not isinstance(subject, tuple):
        return None
    # A certificate begins at the root, a DN at the leaf.
    name = DN.parse("")
    for rdn in subject:
        pairs = ((str(part[0]), str(part[1])) for part in rdn)
        name = DN.of(*((_SUBJECT_TYPES.get(t, t), value) for t, value in pairs), name)
    dn = str(name)
    key = directory.store.vocabulary.dn_key(dn)
    return Identity(dn, key, is_admin=key == directory.access.admin.key)
