"""Who to be by NTLM: a name, and a password or the hash that is kept of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from ldapom.errors import LocalProtocolError
from ldapom.protocol._credentials import Credentials, check_filled
from ldapom.protocol.sasl._ntlm_client import LONGEST_NAME, Account
from ldapom.protocol.sasl._ntlm_crypto import nt_hash
from ldapom.protocol.sasl.ntlm import (
    BareNtlmMechanism,
    NtlmExchange,
    NtlmMechanism,
    SicilyMechanism,
)
from ldapom.secrets import Secret, discreet, hidden

if TYPE_CHECKING:
    from ldapom.protocol.sasl import Mechanism, Surroundings

_HASH_DIGITS = 32


def _check_name(name: str) -> None:
    """Refuse what is no name in UTF-16, or too long for the message."""
    odd = any(c == "\0" or "\ud800" <= c <= "\udfff" for c in name)
    if odd or len(name) > LONGEST_NAME:
        raise LocalProtocolError(f"NTLM: {name[:50]!r} is no name")


def _shown(value: str | None) -> str:
    return "None" if value is None else hidden(value)


@discreet
@frozen
class Ntlm(Credentials):
    r"""NTLMv2: by SASL GSS-SPNEGO, or by the ways that other servers have.

    The bind begins with GSS-SPNEGO, as Active Directory and Samba have it. A server
    that refuses its first message, before anything of the password is used, is asked
    what it offers, and the mechanism NTLM is tried where that is among it (OpenLDAP,
    389). With ``sicily=True`` it is Active Directory's own bind and nothing else.

    On a clear connection everything after the bind is signed and sealed; inside TLS
    the channel binding goes along. NTLMv1 and LMv2 are never sent.

    Args:
        user: ``DOMAIN\user``, ``user@realm``, or a plain name, which is looked for in
            the domain that the server names.
        password: The password.
        hash: The NT hash in hex digits instead, or ``LM:NT``.
        domain: The domain, where the user's name does not say it.
        sicily: Bind by Sicily (MS-ADTS 5.1.1.1.3).
        channel_binding: Whether to bind to the TLS around. Behind a proxy that ends
            TLS and begins its own, that can not be.

    Raises:
        LocalProtocolError: The user or the password is empty; there are both password
            and hash, or neither; the hash is none.
    """

    user: str
    password: str | None = field(default=None, repr=_shown)
    hash: str | None = field(default=None, repr=_shown, kw_only=True)
    domain: str | None = field(default=None, kw_only=True)
    sicily: bool = field(default=False, kw_only=True)
    channel_binding: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.password is None) == (self.hash is None):
            raise LocalProtocolError("NTLM wants a password, or a hash instead of it")
        if self.password is not None:
            check_filled(self.password, f"NTLM as {self.user!r}")
            if not isinstance(self.password, str):
                raise TypeError("NTLM wants a password as text: its UTF-16 is hashed")
        account = self._account()
        if not account.user:
            raise LocalProtocolError("NTLM wants the name of a user")
        _check_name(account.user)
        _check_name(account.domain or "")

    def _account(self) -> Account:
        r"""The parts of the name; ``DOMAIN\user`` says its own domain."""
        domain, mark, user = self.user.partition("\\")
        if not mark:
            return Account(self.user, self.domain, self._kept())
        if self.domain not in {None, domain}:
            raise LocalProtocolError(
                f"NTLM: {self.user!r} names another domain than {self.domain!r}"
            )
        return Account(user, domain, self._kept())

    def _kept(self) -> Secret:
        if self.hash is None:
            return nt_hash(Secret(self.password or ""))
        digits = self.hash.rpartition(":")[2]
        # `fromhex` skips blanks, and its error would show what it read.
        if len(digits) != _HASH_DIGITS or not set(digits) <= set(
            "0123456789abcdefABCDEF"
        ):
            raise LocalProtocolError(
                "NTLM: a hash is 32 hex digits, or LM:NT with 32 each"
            )
        return Secret(bytes.fromhex(digits))

    def mechanism(self, around: Surroundings) -> Mechanism:
        """A run of GSS-SPNEGO with nothing but NTLM in it, or of Sicily.

        Args:
            around: What is known of the connection.
        """
        return self._run(SicilyMechanism if self.sicily else NtlmMechanism, around)

    def alternative(self, refused: Mechanism, around: Surroundings) -> Mechanism | None:
        """The mechanism NTLM, where no proof was sent yet.

        Args:
            refused: What the server did not take.
            around: What is known of the connection.
        """
        if not isinstance(refused, NtlmMechanism) or refused.proved:
            return None
        return self._run(BareNtlmMechanism, around)

    def _run(self, kind: type[NtlmExchange], around: Surroundings) -> Mechanism:
        if not self.channel_binding:
            around = evolve(around, certificate=None)
        return kind(self._account(), around, now=time.time())

    def __str__(self) -> str:
        name = self.user
        if self.domain and "\\" not in name:
            name = f"{self.domain}\\{name}"
        return f"{'Sicily' if self.sicily else 'NTLM'} {name}"
