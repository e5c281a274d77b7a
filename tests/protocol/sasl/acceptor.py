"""The server's half of Kerberos by the library itself, and what a test starts with."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from ldapom.protocol.sasl import Surroundings
from tests.protocol.sasl.peer import going_on, success

if TYPE_CHECKING:
    from ldapom.protocol.credentials import Kerberos, Spnego
    from ldapom.protocol.messages import BindResponse
    from tests.servers.kdc import Kdc

#: The library's lower half; tests skip themselves where it is not installed.
raw: Any = None
with contextlib.suppress(ImportError):
    from gssapi import raw

FAR: Final = Surroundings(host="localhost", may_expose=False)


class Tls(Surroundings):
    """Inside TLS to a server whose certificate is known by its hash alone."""

    __slots__ = ()

    @property
    def end_point(self) -> bytes | None:
        """The hash."""
        return b"\1" * 32


TLS: Final = Tls(host="localhost", tls=True)


@define
class Acceptor:
    """The server's half, by the library itself."""

    kdc: Kdc
    binding: bytes | None = None
    context: Any = None
    flags: int = 0
    complete: bool = False
    offer: bytes | None = b"\7\0\xff\xff"

    def accept(self, token: bytes | None) -> bytes:
        """Take the client's token and give ours."""
        keytab = b"FILE:" + os.fsencode(self.kdc.service_keytab)
        store = {b"keytab": keytab}
        ticket = raw.acquire_cred_from(store, usage="accept").creds
        bound = None
        if self.binding is not None:
            data = b"tls-server-end-point:" + self.binding
            bound = raw.ChannelBindings(0, None, 0, None, data)
        done = raw.accept_sec_context(token, ticket, self.context, bound)
        self.context, self.flags = done.context, int(done.flags)
        self.complete = not done.more_steps
        return done.token or b""

    def gssapi(self, token: bytes | None) -> BindResponse:
        """Answer a leg of GSSAPI; the last one of the client's is kept."""
        if not self.complete:
            return going_on(self.accept(token))
        if self.offer is not None:
            offer, self.offer = self.offer, None
            return going_on(raw.wrap(self.context, offer, False).message)
        self.offer = raw.unwrap(self.context, token).message
        return success()

    def spnego(self, token: bytes | None) -> BindResponse:
        """Answer the one leg of GSS-SPNEGO."""
        return success(self.accept(token))


def start(credentials: Kerberos | Spnego, around: Surroundings = FAR) -> bytes:
    """The first token."""
    token = credentials.mechanism(around).step(None)
    assert token
    return token
