"""Kerberos contexts: a ticket, the tokens to and fro, and what they protect then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from attrs import frozen

from ldapom.errors import ConnectionLost, LocalProtocolError, RemoteProtocolError
from ldapom.protocol.sasl._gssapi_library import (
    KERBEROS,
    SIGNS,
    SPNEGO,
    Flag,
    Identity,
    Library,
    flags,
)
from ldapom.protocol.sasl.gss import Protection
from ldapom.protocol.sasl.kerberos_errors import Failure, Request

if TYPE_CHECKING:
    from gssapi.raw.creds import Creds
    from gssapi.sec_contexts import SecurityContext

    from ldapom.errors import LDAPError
    from ldapom.protocol.sasl import Surroundings

#: What would make another principal out of a host name.
_NOT_IN_HOSTS: Final = frozenset("/@\\\0")


@frozen
class Service:
    """Which server is meant.

    Attributes:
        host: Its name as the principal has it; None is the URL's.
        reverse_dns: Whether the name is the one that the DNS gives to its address.
    """

    host: str | None = None
    reverse_dns: bool = False

    def principal(self, around: Surroundings) -> str:
        """The principal, without a realm; may ask the DNS.

        Raises:
            LocalProtocolError: There is no host name, or it can not be one.
        """
        host = self.host or around.host
        if self.host is None and self.reverse_dns and around.reverse_name is not None:
            host = around.reverse_name()
        if not host:
            raise LocalProtocolError(
                "Kerberos needs the server's name, which this connection does not "
                "tell: give host="
            )
        if not _NOT_IN_HOSTS.isdisjoint(host):
            raise LocalProtocolError(f"Kerberos: {host!r} is no host name")
        return f"ldap/{host}"


class KerberosContext:
    """A client's context; its first step may wait for a KDC.

    Args:
        identity: Whose ticket.
        service: For whom.
        around: Where it runs; its channel binding goes along.
        protection: What may be asked for, as a set.
        spnego: Whether the tokens are wrapped as RFC 4178 says.
    """

    def __init__(
        self,
        identity: Identity,
        service: Service,
        *,
        around: Surroundings,
        protection: Protection,
        spnego: bool = False,
    ) -> None:
        self._identity = identity
        self._service = service
        self._around = around
        self._protection = protection
        self._spnego = spnego
        self._library: Library | None = None
        self._request = Request(identity.principal, "ldap")
        self._ticket: Creds | None = None
        self._context: SecurityContext | None = None
        self._flags = Flag(0)
        #: Whether both ends have proved themselves.
        self.complete = False
        #: Whether it failed because no ticket could be had; another way in may do.
        self.has_no_ticket = False

    @property
    def available(self) -> Protection:
        """What the complete context can do, as a set; ``none`` is always in it."""
        able = Protection.none
        if self.complete and SIGNS in self._flags:
            able |= Protection.sign
            if Flag.confidentiality in self._flags:
                able |= Protection.seal
        return able

    def step(self, token: bytes | None) -> bytes:
        """Take the server's token and give ours; the first call gets None.

        Raises:
            LocalProtocolError: No ticket could be had, and what to do about it.
            ConnectError: No KDC answers.
            InvalidCredentials: The KDC refuses the password.
            RemoteProtocolError: The server does not prove itself.
        """
        library = self._loaded
        if self._ticket is None:
            self._begin(library)
        failed = self._no_ticket if token is None else self._no_proof
        answer, more = library.attempt(lambda: self._advance(library, token), failed)
        if not more:
            self._end()
        return answer

    @property
    def _loaded(self) -> Library:
        if self._library is None:
            try:
                self._library = Library()
            except LocalProtocolError:
                self.has_no_ticket = True
                raise
        return self._library

    def _begin(self, library: Library) -> None:
        identity = self._identity
        service = self._service.principal(self._around)
        self._request = identity.request(service)
        self._ticket = library.attempt(
            lambda: library.ticket(identity, self._protection, spnego=self._spnego),
            self._no_ticket,
        )

    def _no_ticket(self, failure: Failure) -> LDAPError:
        self.has_no_ticket = failure.trouble.no_ticket
        return failure.error(self._request)

    def _no_proof(self, failure: Failure) -> LDAPError:
        return failure.error_of_server(self._request)

    def _advance(self, library: Library, token: bytes | None) -> tuple[bytes, bool]:
        result = library.begin(
            library.name(self._request.service),
            creds=self._ticket,
            context=self._context,
            mech=library.oid(SPNEGO if self._spnego else KERBEROS),
            flags=int(flags(self._protection)),
            channel_bindings=library.binding(self._around.end_point),
            input_token=token,
        )
        # The stubs want what the upper half makes of it; the library does not.
        self._context = cast("SecurityContext", result.context)
        self._flags = Flag(int(result.flags))
        return result.token or b"", result.more_steps

    def _end(self) -> None:
        if Flag.mutual not in self._flags:
            raise RemoteProtocolError(
                f"the server did not prove to be {self._request.service}"
            )
        self.complete = True
        self._ticket = None  # The context has its own key by now.

    # --- buffers ----------------------------------------------------------------

    @property
    def _established(self) -> SecurityContext:
        if self._context is None:
            raise LocalProtocolError("the Kerberos context has not begun")
        return self._context

    def wrap(self, data: bytes, *, seal: bool) -> bytes:
        """Make a token of octets.

        Raises:
            ConnectionLost: The context no longer protects anything; it is too old.
        """
        library = self._loaded
        try:
            result = library.wrap(self._established, data, seal)
        except library.error as error:
            failure = library.failure(error)
        else:
            if result.encrypted or not seal:
                return result.message
            failure = Failure(0, "it does not seal")
        raise ConnectionLost(
            f"the Kerberos layer can not protect a message: {failure.text} (bind again)"
        )

    def unwrap(self, token: bytes) -> tuple[bytes, bool]:
        """Check and open a token; tells whether it was sealed.

        Raises:
            RemoteProtocolError: It was changed, repeated or left out on the way.
        """
        library = self._loaded
        try:
            result = library.unwrap(self._established, token)
        except library.error as error:
            failure = library.failure(error)
        else:
            return result.message, result.encrypted
        raise RemoteProtocolError(
            "Kerberos: a message does not verify; it was changed on the way, repeated "
            f"or left out: {failure.text}"
        )

    def wrap_size(self, size: int, *, seal: bool) -> int:
        """How many octets may go into a token of at most ``size``."""
        library = self._loaded
        return library.wrap_size(self._established, size, seal)
