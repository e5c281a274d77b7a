"""The extended operations (RFC 4511 4.12): TLS, who am I, passwords, transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import extended
from ldapom.protocol import messages as m
from ldapom.protocol.codec import ber
from ldapom.testing import accounts, passwords
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing.handler import Handler
    from ldapom.testing.tree import Entry


def answer(handler: Handler, request: m.ExtendedRequest) -> m.ExtendedResponse:
    """Carry out an extended operation.

    Raises:
        ResultError: `ProtocolErrorResult` for one that is unknown, or its own refusal.
    """
    operation = _OPERATIONS.get(request.name)
    if operation is None:
        raise refusal(
            ResultCode.protocolError, f"unsupported extended operation {request.name}"
        )
    return operation(handler, request)


def _start_tls(handler: Handler, _: m.ExtendedRequest) -> m.ExtendedResponse:
    """RFC 4511 4.14; whoever has the socket begins TLS behind this answer."""
    if not handler.peer.can_start_tls:
        raise refusal(ResultCode.protocolError, "TLS is not to be had here")
    handler.transactions.forget()
    return m.ExtendedResponse(name=extended.START_TLS)


def _who_am_i(handler: Handler, _: m.ExtendedRequest) -> m.ExtendedResponse:
    """RFC 4532."""
    dn = handler.identity.dn
    name = f"dn:{dn}" if dn else ""
    return m.ExtendedResponse(value=name.encode("utf-8", "surrogateescape"))


def _password_modify(
    handler: Handler, request: m.ExtendedRequest
) -> m.ExtendedResponse:
    """RFC 3062; a user may change the own password by giving the old one."""
    try:
        wanted = extended.PasswordModify.decode(request.value)
    except DecodeError as error:
        raise refusal(ResultCode.protocolError, str(error)) from error
    name = (wanted.identity or f"dn:{handler.identity.dn}").removeprefix("dn:")
    made = None if wanted.new_password else accounts.made_up()
    new = made or wanted.new_password or b""
    value = m.PartialAttribute("userPassword", (passwords.hashed(new),))
    with handler.store.lock:
        entry = handler.store.locate(name)
        own = _check_password_change(handler, entry, wanted.old_password)
        if not handler.identity.is_admin:
            handler.access.accounts.check_new(entry, new)
        change = m.ModifyChange(m.ModifyOperation.replace, value)
        before, after = handler.store.modify(
            entry.dn, (change,), who=handler.identity.dn
        )
        handler.access.accounts.changed(before, after, by_admin=not own)
        handler.access.know((new,))
    if own:
        handler.identity = evolve(handler.identity, said=None)
    return m.ExtendedResponse(value=None if made is None else _generated(made))


def _generated(password: bytes) -> bytes:
    """RFC 3062 2: PasswdModifyResponseValue."""
    return ber.sequence((ber.element(0x80, password),))


def _check_password_change(handler: Handler, entry: Entry, old: bytes | None) -> bool:
    """Whether it is the own one; raises where that identity may not change it."""
    own = entry.key == handler.identity.key and old is not None
    if not own:
        handler.access.check_write(handler.identity)
    if old is not None and not handler.access.has_password(entry, old):
        raise refusal(ResultCode.invalidCredentials, "the old password is wrong")
    return own


def _start_transaction(
    handler: Handler, request: m.ExtendedRequest
) -> m.ExtendedResponse:
    """RFC 5805 3.1."""
    return handler.transactions.start(request)


def _end_transaction(
    handler: Handler, request: m.ExtendedRequest
) -> m.ExtendedResponse:
    """RFC 5805 3.3."""
    return handler.transactions.end(request)


_OPERATIONS: dict[str, Callable[[Handler, m.ExtendedRequest], m.ExtendedResponse]] = {
    extended.START_TLS: _start_tls,
    extended.WHO_AM_I: _who_am_i,
    extended.PASSWORD_MODIFY: _password_modify,
    extended.START_TRANSACTION: _start_transaction,
    extended.END_TRANSACTION: _end_transaction,
}
