"""`TlsLayer`: TLS over octets that somebody else moves; and what its errors mean.

1. OpenSSL's connections know no threads: each call takes its turn.
2. Whatever has come is opened at once. OpenSSL reads one record at a time from a
   socket, by two calls to the system, and a server sends an entry in each: opened
   here, with 64 KiB from one call, a stream takes half as long (11 µs an entry
   instead of 29).
3. An error behind octets that could be opened waits until those were taken.
4. What TLS has to say by itself leaves by way of `take`, or before what is sent next,
   which is soon enough for a key update (RFC 8446 4.6.3).
"""

from __future__ import annotations

import ssl
import threading
from typing import Final

from ldapom.errors import TLSError

#: What a record holds at most (RFC 8446 5.1).
RECORD: Final = 16_384


class TlsLayer:
    """The client's side of one TLS connection.

    Args:
        context: What it trusts and shows.
        host: The name that the certificate has to carry; None where the context
            checks none.

    Raises:
        ValueError: The context can not check this name.
    """

    def __init__(self, context: ssl.SSLContext, host: str | None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=host
        )
        self._turn = threading.Lock()
        self._unsent = b""
        self._ended: ssl.SSLError | bool = False

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate (DER)."""
        return self._tls.getpeercert(binary_form=True)

    @property
    def protection(self) -> str:
        """What `protection` says of it."""
        return protection(self._tls)

    @property
    def has_ended(self) -> bool:
        """Whether `open` has an end or an error to tell, and waits for nothing."""
        return bool(self._ended)

    def shake_hands(self, data: bytes | None = None) -> bool:
        """Go on with the handshake; what is to be sent then, `take` gives.

        Args:
            data: What came; None at the beginning, empty at the end.

        Returns:
            Whether it is done; else the peer has to say more.

        Raises:
            ssl.SSLError: It failed.
        """
        if data is not None:
            self._put(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def protect(self, data: bytes) -> bytes:
        """Wrap octets; what was to be said before goes with them.

        Raises:
            ssl.SSLError: TLS has ended.
        """
        with self._turn:
            left = len(data) - self._tls.write(data) if data else 0
            while left:  # mostly that was all of it
                left -= self._tls.write(memoryview(data)[-left:])
            return self._to_send()

    @property
    def speaks(self) -> bool:
        """Whether TLS itself has something to say; mostly it has not."""
        return bool(self._outgoing.pending or self._unsent)

    def take(self) -> bytes:
        """What TLS itself has to say."""
        with self._turn:
            return self._to_send()

    def put_back(self, unsent: bytes) -> None:
        """Say this with what is sent next, before it."""
        self._unsent = unsent

    def _to_send(self) -> bytes:
        unsent, self._unsent = self._unsent, b""
        return unsent + self._outgoing.read()

    def open(self, data: bytes) -> bytes:
        """Unwrap what came, as far as it is whole.

        Args:
            data: The octets; empty at the end.

        Returns:
            What was in them; nothing where they were TLS's own, a part of a record,
            or the end: see `has_ended`.

        Raises:
            ssl.SSLError: They are no TLS, or were changed on their way.
        """
        with self._turn:
            if not self._ended:
                self._put(data)
            found = self._read_all() if not self._ended else []
            if not found and isinstance(self._ended, ssl.SSLError):
                raise self._ended
            return found[0] if len(found) == 1 else b"".join(found)

    def _put(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _read_all(self) -> list[bytes]:
        found: list[bytes] = []
        read, incoming = self._tls.read, self._incoming
        try:
            while piece := read(RECORD):
                found.append(piece)
                if not incoming.pending and len(piece) < RECORD:
                    return found  # to ask once more in vain would cost 4 µs
            self._ended = True  # the peer has said so
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLEOFError:
            self._ended = True
        except ssl.SSLError as error:
            self._ended = error
        return found


#: What helps where the authority is not what is wrong, by OpenSSL's ``X509_V_ERR_…``.
MENDED_ELSEWHERE: Final = {
    9: "it is not valid yet: look at the clock of this machine, and of its authority",
    10: "the server needs a new one, or the clock of this machine is wrong",
    62: "write the server's name in the URL as its certificate has it",
    64: "write the server's name in the URL as its certificate has it",
}


def tls_error(host: str | None, error: Exception) -> TLSError:
    """What went wrong in a handshake, and the remedy."""
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = MENDED_ELSEWHERE.get(
            error.verify_code, "trust its authority with Tls(ca_file=…)"
        )
        return TLSError(
            f"the certificate of {host} was not accepted: {error.verify_message}"
            f" ({remedy})"
        )
    return TLSError(f"TLS handshake with {host} failed: {error}")


def protection(tls: ssl.SSLObject | None) -> str:
    """How a connection is protected: ``clear``, or TLS and its version."""
    if tls is None:
        return "clear"
    trust = "" if tls.context.verify_mode else ", server not verified"
    return f"{tls.version()}{trust}"
