"""The controls that come with a request (RFC 4511 4.1.11): known, applicable, read.

A critical control that is unknown here, or that does not apply to the operation,
refuses the whole request; one that is not critical is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import DecodeError, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.controls import (
    ManageDsaIT,
    PagedResults,
    ServerSideSort,
    find,
)
from ldapom.protocol.list_view import VirtualListView
from ldapom.protocol.password_policy import PasswordPolicyRequest
from ldapom.protocol.sync_controls import SyncRequest
from ldapom.protocol.write_controls import (
    Assertion,
    PostRead,
    PreRead,
    TransactionSpecification,
    TreeDelete,
)
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERYWHERE = frozenset({ManageDsaIT.OID, Assertion.OID})
#: What applies to what changes something.
_UPDATE = frozenset({ManageDsaIT.OID, TransactionSpecification.OID})
#: What applies to which operation; nothing applies to the others.
_APPLICABLE: dict[type, frozenset[str]] = {
    m.BindRequest: frozenset({PasswordPolicyRequest.OID}),
    m.ExtendedRequest: frozenset({PasswordPolicyRequest.OID}),
    m.SearchRequest: _EVERYWHERE
    | {
        PagedResults.OID,
        ServerSideSort.OID,
        VirtualListView.OID,
        SyncRequest.OID,
    },
    m.CompareRequest: _EVERYWHERE,
    m.AddRequest: _UPDATE | {PostRead.OID},
    m.ModifyRequest: _EVERYWHERE | _UPDATE | {PreRead.OID, PostRead.OID},
    m.ModifyDNRequest: _EVERYWHERE | _UPDATE | {PreRead.OID, PostRead.OID},
    m.DelRequest: _EVERYWHERE | _UPDATE | {PreRead.OID, TreeDelete.OID},
}
SUPPORTED = tuple(sorted(frozenset[str]().union(*_APPLICABLE.values())))


@frozen
class RequestControls:
    """What the controls of one request ask for; None for what they do not.

    ``manages`` is about referral objects: they are entries like others (RFC 3296).
    """

    paged: PagedResults | None = None
    sort: ServerSideSort | None = None
    assertion: Assertion | None = None
    pre_read: PreRead | None = None
    post_read: PostRead | None = None
    tree_delete: TreeDelete | None = None
    transaction: TransactionSpecification | None = None
    policy: PasswordPolicyRequest | None = None
    view: VirtualListView | None = None
    sync: SyncRequest | None = None
    manages: bool = False


def read_controls(message: m.LDAPMessage) -> RequestControls:
    """Read the controls of a request.

    Raises:
        ResultError: `UnavailableCriticalExtension`, or `ProtocolErrorResult` for a
            value that is malformed.
    """
    if not message.controls:
        return RequestControls()
    applicable = _APPLICABLE.get(type(message.op), frozenset())
    for control in message.controls:
        if control.criticality and control.type not in applicable:
            raise refusal(
                ResultCode.unavailableCriticalExtension,
                f"critical control {control.type} is not recognized here",
            )
    controls = [found for found in message.controls if found.type in applicable]
    try:
        read = RequestControls(
            paged=find(controls, PagedResults),
            sort=find(controls, ServerSideSort),
            assertion=find(controls, Assertion),
            pre_read=find(controls, PreRead),
            post_read=find(controls, PostRead),
            tree_delete=find(controls, TreeDelete),
            transaction=find(controls, TransactionSpecification),
            policy=find(controls, PasswordPolicyRequest),
            view=find(controls, VirtualListView),
            sync=find(controls, SyncRequest),
            manages=find(controls, ManageDsaIT) is not None,
        )
    except DecodeError as error:
        raise refusal(ResultCode.protocolError, str(error)) from error
    if read.transaction is not None:
        _check_specification(controls)
    return read


def _check_specification(controls: Sequence[m.Control]) -> None:
    """RFC 5805 2.2: it is critical; that it comes once goes without saying there."""
    found = [each for each in controls if each.type == TransactionSpecification.OID]
    if len(found) > 1 or not found[0].criticality:
        raise refusal(
            ResultCode.protocolError,
            "the transaction specification control comes once and is critical",
        )
