"""The transactions of one connection (RFC 5805).

1. An update of a transaction is checked as far as it can be by itself, noted down, and
   answered with success; nothing is carried out before the end.
2. The end carries the updates out on a copy of the tree, in their order, and puts it in
   the place of the tree at once: nobody ever sees half of it.
3. A Bind, StartTLS and the end of the connection let its transactions go.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final, cast

from ldapom.errors import DecodeError, ResultCode, ResultError
from ldapom.protocol import extended
from ldapom.protocol import messages as m
from ldapom.testing import checks, updates
from ldapom.testing.checks import refusal
from ldapom.testing.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing.handler import Handler

#: Transactions that a connection may have open, and updates that one may have.
MAX_OPEN: Final = 3
MAX_UPDATES: Final = 10_000


class Transactions:
    """What a connection has started and not ended.

    Args:
        handler: The connection's.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._open: dict[bytes, list[m.LDAPMessage]] = {}
        self._started = 0

    def forget(self) -> None:
        """Let all transactions go."""
        self._open.clear()

    def start(self, request: m.ExtendedRequest) -> m.ExtendedResponse:
        """RFC 5805 3.1.

        Raises:
            ResultError: `Busy` if too many are open.
        """
        if request.value is not None:
            raise refusal(ResultCode.protocolError, "no request value expected")
        if len(self._open) >= MAX_OPEN:
            raise refusal(ResultCode.busy, "too many transactions")
        self._started += 1
        identifier = b"transaction-%d" % self._started
        self._open[identifier] = []
        return m.ExtendedResponse(value=identifier)

    def note(self, identifier: bytes, message: m.LDAPMessage) -> None:
        """Check an update and note it down (RFC 5805 3.2).

        Raises:
            ResultError: There is no such transaction, or the update can not become
                part of it; the transaction goes on without it.
        """
        noted = self._noted(identifier)
        handler = self._handler
        handler.access.check_write(handler.identity)
        if len(noted) >= MAX_UPDATES:
            raise refusal(ResultCode.adminLimitExceeded, "too many updates")
        _CHECKS[type(message.op)](handler.store, message.op)
        noted.append(message)

    def _noted(self, identifier: bytes) -> list[m.LDAPMessage]:
        noted = self._open.get(identifier)
        if noted is None:
            raise refusal(
                ResultCode.unwillingToPerform, "invalid transaction identifier"
            )
        return noted

    def end(self, request: m.ExtendedRequest) -> m.ExtendedResponse:
        """RFC 5805 3.3; whatever comes of it, the transaction is gone.

        Raises:
            ResultError: There is no such transaction.
        """
        try:
            wanted = extended.EndTransaction.decode(request.value)
        except DecodeError as error:
            raise refusal(ResultCode.protocolError, str(error)) from error
        noted = self._noted(wanted.identifier)
        del self._open[wanted.identifier]
        return self._commit(noted) if wanted.commit else m.ExtendedResponse()

    def _commit(self, noted: list[m.LDAPMessage]) -> m.ExtendedResponse:
        store = self._handler.store
        with store.lock:
            worker, found = self._worker(), []
            for message in noted:
                try:
                    controls = worker.carry_out(message)
                except ResultError as error:
                    return _failed(message, error)
                if controls:
                    found.append(extended.UpdateControls(message.message_id, controls))
            store.hold(worker.store.tree)
        return m.ExtendedResponse(value=extended.TransactionEnd(None, found).value())

    def _worker(self) -> Handler:
        """A handler that works on a copy of the tree."""
        store = self._handler.store
        aside = Store(store.suffixes, store.vocabulary)
        aside.stamps = store.stamps
        aside.hold(store.tree.clone())
        worker = copy(self._handler)
        worker.store = aside
        return worker


def _failed(message: m.LDAPMessage, error: ResultError) -> m.ExtendedResponse:
    end = extended.TransactionEnd(message.message_id)
    return m.ExtendedResponse(
        error.code,
        error.matched_dn,
        error.diagnostic_message,
        error.referrals,
        value=end.value(),
    )


def _check_add(store: Store, request: m.AddRequest) -> None:
    store.read_dn(request.entry)
    updates.collect(store.vocabulary, request.attributes)


def _check_modify(store: Store, request: m.ModifyRequest) -> None:
    store.read_dn(request.object)
    for change in request.changes:
        attribute = change.modification
        description = checks.describe(store.vocabulary, attribute.type)
        checks.check_values(store.vocabulary, description, attribute.values)


def _check_delete(store: Store, request: m.DelRequest) -> None:
    store.read_dn(request.entry)


def _check_rename(store: Store, request: m.ModifyDNRequest) -> None:
    for name in (request.entry, request.new_rdn, request.new_superior):
        if name is not None:
            store.read_dn(name)


#: Each update's own check; that it is given its own kind of request no type can say.
_CHECKS: Final = cast(
    "dict[type, Callable[[Store, m.ProtocolOp], None]]",
    {
        m.AddRequest: _check_add,
        m.ModifyRequest: _check_modify,
        m.DelRequest: _check_delete,
        m.ModifyDNRequest: _check_rename,
    },
)
