"""The package `gssapi`, as far as it is used: the only module that imports it.

1. Its lower half is used: its upper half keeps errors back for later calls.
2. The process' environment is never changed: caches and keytabs are arguments.
3. Tickets that a keytab or a password brings stay in memory, never in the user's cache.
4. No exception of the package leaves, not even as a cause: its frames know too much.
"""

from __future__ import annotations

import hashlib
import os
from enum import IntFlag
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol.sasl.gss import Protection
from ldapom.protocol.sasl.kerberos_errors import Failure, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from gssapi.raw.chan_bindings import ChannelBindings
    from gssapi.raw.creds import Creds
    from gssapi.raw.misc import GSSError
    from gssapi.raw.names import Name
    from gssapi.raw.oids import OID

    from ldapom.errors import LDAPError
    from ldapom.secrets import Secret

R = TypeVar("R")

KERBEROS: Final = "1.2.840.113554.1.2.2"
SPNEGO: Final = "1.3.6.1.5.5.2"
#: A principal as it is written (RFC 1964 2.1.1). The other kind, a host-based service,
#: may be looked up in the DNS backwards, depending on krb5.conf.
_PRINCIPAL_NAME: Final = "1.2.840.113554.1.2.2.1"
#: ``GSS_KRB5_CRED_NO_CI_FLAGS_X``: without it MIT Kerberos asks for signing and sealing
#: whether they are wanted or not, and GSS-SPNEGO servers then begin to seal.
_NO_CI_FLAGS: Final = "1.2.752.43.13.29"
_BINDING: Final = b"tls-server-end-point:"
#: ``GSS_S_NO_CRED`` (RFC 2744 3.9.1).
_NO_CRED: Final = 7 << 16


class Flag(IntFlag):
    """What a context is asked for, and what it has (RFC 2744 5.19)."""

    mutual = 2
    replay = 4
    sequence = 8
    confidentiality = 16
    integrity = 32


#: What a layer that signs needs.
SIGNS: Final = Flag.replay | Flag.sequence | Flag.integrity


def flags(protection: Protection) -> Flag:
    """What a context is asked for; delegation never is.

    Args:
        protection: The layers that may be used, as a set.
    """
    wanted = Flag.mutual | Flag.replay | Flag.sequence
    if protection & (Protection.sign | Protection.seal):
        wanted |= Flag.integrity
    if protection & Protection.seal:
        wanted |= Flag.confidentiality
    return wanted


@frozen
class Identity:
    """Whose ticket is used, and where it comes from.

    Attributes:
        principal: Such as ``admin@EXAMPLE.COM``; None is the default of the place.
        keytab: Keys to get a ticket with.
        ccache: A cache to take a ticket from; None is the user's own.
        password: To get a ticket with; wants a principal.
    """

    principal: str | None = None
    keytab: str | None = None
    ccache: str | None = None
    password: Secret | None = None

    @property
    def store(self) -> dict[str | bytes, str | bytes]:
        """Where the library looks, as the arguments of ``gss_acquire_cred_from``."""
        places = {"ccache": self.ccache}
        if self.keytab is not None:
            # One cache for each pair, so that a pool asks the KDC once. Nothing else
            # than the end of the process can remove a cache in memory.
            pair = f"{self.principal}\0{self.keytab}".encode()
            name = f"MEMORY:ldapom-{hashlib.sha256(pair).hexdigest()}"
            places = {"ccache": self.ccache or name, "client_keytab": self.keytab}
        return {
            name.encode(): os.fsencode(place)
            for name, place in places.items()
            if place is not None
        }

    def request(self, service: str) -> Request:
        """What is wanted, for messages.

        Args:
            service: The server's principal.
        """
        return Request(
            self.principal,
            service,
            keytab=self.keytab,
            ccache=self.ccache,
            password=self.password is not None,
        )


class Library:
    """The package, loaded.

    Raises:
        LocalProtocolError: It is not installed, or finds no Kerberos library.
    """

    def __init__(self) -> None:
        try:
            from gssapi.raw import message, misc, sec_contexts
        except ImportError as error:
            why = "" if isinstance(error, ModuleNotFoundError) else f" ({error})"
            raise LocalProtocolError(
                "Kerberos needs the package gssapi: install ldapom[kerberos] from its "
                f"checkout or wheel{why}"
            ) from None
        self.begin = sec_contexts.init_sec_context
        self.wrap = message.wrap
        self.unwrap = message.unwrap
        self.wrap_size = message.wrap_size_limit
        self.error = misc.GSSError

    def attempt(
        self, function: Callable[[], R], translate: Callable[[Failure], LDAPError]
    ) -> R:
        """Call a function; what the package raises becomes an error of ours."""
        try:
            return function()
        except self.error as error:
            failure = self.failure(error)
        # Out here, so that the package's exception is no context of ours.
        raise translate(failure)

    def failure(self, error: GSSError) -> Failure:
        """What an exception says, without the exception."""
        minor = error.min_code
        # MIT has a number of its own for "nothing", whose words are "Success".
        texts = _said(error, minor, is_major=False) if minor else []
        texts = texts or _said(error, error.maj_code, is_major=True)
        text = "; ".join(texts) or f"error {minor:#x}"
        return Failure(minor, text, error.maj_code == _NO_CRED)

    def oid(self, text: str) -> OID:
        """An object identifier."""
        from gssapi.raw.oids import OID

        return OID.from_int_seq(text)

    def name(self, principal: str) -> Name:
        """A principal's name, taken as it is written."""
        from gssapi.raw.names import import_name

        return import_name(principal.encode(), self.oid(_PRINCIPAL_NAME))

    def binding(self, end_point: bytes | None) -> ChannelBindings | None:
        """The channel binding to the TLS around (RFC 5929 4), if there is one."""
        from gssapi.raw.chan_bindings import ChannelBindings

        if end_point is None:
            return None
        # Addresses of type 0 and no length: that is how Windows hashes them.
        return ChannelBindings(
            initiator_address_type=0,
            acceptor_address_type=0,
            application_data=_BINDING + end_point,
        )

    def ticket(
        self, identity: Identity, protection: Protection, *, spnego: bool
    ) -> Creds:
        """Take or get a ticket-granting ticket; may wait for a KDC.

        Args:
            identity: Whose.
            protection: What a context made with it may ask for.
            spnego: Whether SPNEGO is spoken; it then offers Kerberos and nothing else.
        """
        kerberos = self.oid(KERBEROS)
        # A ticket that is for Kerberos alone would not be seen inside SPNEGO, which
        # would take the user's own one without a word.
        kinds = [kerberos, self.oid(SPNEGO)] if spnego else [kerberos]
        if identity.password is None:
            ticket = self._stored(identity, kinds)
        else:
            ticket = self._by_password(identity, identity.password, kinds)
        if spnego:
            from gssapi.raw.ext_rfc4178 import set_neg_mechs

            set_neg_mechs(ticket, [kerberos])
        if not protection & Protection.seal:
            from gssapi.raw.ext_set_cred_opt import set_cred_option

            set_cred_option(self.oid(_NO_CI_FLAGS), creds=ticket)
        return ticket

    def _stored(self, identity: Identity, kinds: list[OID]) -> Creds:
        from gssapi.raw.ext_cred_store import acquire_cred_from

        who = identity.principal
        return acquire_cred_from(
            identity.store or None,
            name=None if who is None else self.name(who),
            mechs=kinds,
            usage="initiate",
        ).creds

    def _by_password(
        self, identity: Identity, password: Secret, kinds: list[OID]
    ) -> Creds:
        from gssapi.raw.ext_password import acquire_cred_with_password

        return acquire_cred_with_password(
            self.name(identity.principal or ""),
            password.reveal(),
            mechs=kinds,
            usage="initiate",
        ).creds


def _said(error: GSSError, code: int, *, is_major: bool) -> list[str]:
    """The words for a number, where they say anything."""
    texts = [text.rstrip("\0") for text in error.get_all_statuses(code, is_major)]
    return [text for text in texts if text not in {"", "Success"}]
