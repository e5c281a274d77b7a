"""One request, one answer: add, modify, delete, rename, compare, extended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OutcomeUnknown,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol.extended import Cancel
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.referred import follow
from ldapom.protocol.messages import (
    AddRequest,
    CompareRequest,
    DelRequest,
    ExtendedRequest,
    ExtendedResponse,
    ModifyDNRequest,
    ModifyRequest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.messages import Control, LDAPMessage

Update: TypeAlias = AddRequest | ModifyRequest | DelRequest | ModifyDNRequest


def update(
    engine: Engine, request: Update, controls: Sequence[Control] = ()
) -> steps.Flow[LDAPMessage]:
    """Change the directory; returns the whole answer for its controls.

    Raises:
        ResultError: The server refused; nothing was changed.
        OutcomeUnknown: The request was sent, and no answer came that can be read.
    """
    if engine.guide is None:
        return _update(engine, request, controls)
    begin = partial(_update, controls=controls)
    return follow(engine, engine.guide, request, begin)


def _update(
    engine: Engine, request: Update, controls: Sequence[Control]
) -> steps.Flow[LDAPMessage]:
    message = yield from _once(engine, request, controls)
    steps.check(steps.result_of(message), request, message.controls)
    return message


def _once(
    engine: Engine,
    request: Update | ExtendedRequest,
    controls: Sequence[Control],
) -> steps.Flow[LDAPMessage]:
    engine.check_open()
    try:
        return (yield from steps.call(engine, request, controls))
    except (DeadlineExceeded, ConnectionLost, RemoteProtocolError) as error:
        raise OutcomeUnknown(
            f"the request {type(request).__name__} on {request.target!r} may or may "
            f"not have been carried out: {error}",
            request=request,
        ) from error


def compare(
    engine: Engine, request: CompareRequest, controls: Sequence[Control] = ()
) -> steps.Flow[bool]:
    """Whether the entry has the value, by the attribute's equality rule.

    Raises:
        ResultError: Anything but compareTrue and compareFalse.
    """
    if engine.guide is None:
        return _compare(engine, request, controls)
    begin = partial(_compare, controls=controls)
    return follow(engine, engine.guide, request, begin)


def _compare(
    engine: Engine, request: CompareRequest, controls: Sequence[Control]
) -> steps.Flow[bool]:
    message = yield from steps.call(engine, request, controls)
    result = steps.result_of(message)
    if result.result_code not in (ResultCode.compareTrue, ResultCode.compareFalse):
        raise steps.error_of(result, request, message.controls)
    return result.result_code == ResultCode.compareTrue


def extended(
    engine: Engine,
    request: ExtendedRequest,
    controls: Sequence[Control] = (),
    *,
    reads_only: bool = False,
) -> steps.Flow[ExtendedResponse]:
    """Carry out an extended operation.

    Args:
        reads_only: The operation changes nothing, so that a lost answer is a
            deadline or a lost connection and no `OutcomeUnknown`.
    """
    send = steps.call if reads_only else _once
    message = yield from send(engine, request, controls)
    response = message.op
    assert isinstance(response, ExtendedResponse)  # noqa: S101  # the engine checked
    steps.check(response, request, message.controls)
    return response


#: How servers say that an operation was over before it could be stopped (RFC 3909 2.3).
_TOO_LATE = (ResultCode.noSuchOperation, ResultCode.tooLate)


def cancel(engine: Engine, message_id: int) -> steps.Flow[bool]:
    """Have the server stop an operation (RFC 3909), which then answers `Canceled`.

    Returns:
        Whether the server says that it stopped; False when it was done already.

    Raises:
        CannotCancel: The operation is one that can not be stopped.
    """
    request = Cancel(message_id).request()
    message = yield from steps.call(engine, request)
    result = steps.result_of(message)
    if result.result_code in _TOO_LATE:
        return False
    steps.check(result, request, message.controls)
    return True
