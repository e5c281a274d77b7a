"""Several updates, all of them or none (RFC 5805).

1. Updates go out one after the other, each behind the answer to the one before: some
   servers work on the requests of a connection side by side, and a transaction keeps
   its updates in the order in which the server took them.
2. The answer to an update only says that the server has noted it down. Nothing counts
   as done before the answer to the end request says success.
3. Until the end request is sent nothing can have happened, whatever goes wrong; behind
   it a lost answer leaves the outcome of all updates unknown.
4. Between the last update and the end request lies a round trip, see `_round_trip`.
5. A transaction that will not be committed is let go, so that the connection is free
   for the next one: servers may allow only one at a time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

from ldapom.errors import (
    ConnectionLost,
    DeadlineExceeded,
    DecodeError,
    LDAPError,
    OutcomeUnknown,
    ProtocolError,
    RemoteProtocolError,
    ResultCode,
    ResultError,
    TransportError,
)
from ldapom.protocol.extended import (
    EndTransaction,
    StartTransaction,
    TransactionEnd,
    transaction_identifier,
)
from ldapom.protocol.flows import steps
from ldapom.protocol.flows.probe import probe
from ldapom.protocol.messages import (
    Control,
    ExtendedResponse,
    IntermediateResponse,
    LDAPMessage,
)
from ldapom.protocol.write_controls import TransactionSpecification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.update import Update
    from ldapom.protocol.messages import ExtendedRequest

__all__ = ["transaction"]


def transaction(
    engine: Engine, requests: Sequence[tuple[Update, Sequence[Control]]]
) -> steps.Flow[tuple[tuple[Control, ...], ...]]:
    """Carry out all of the updates, in their order, or none.

    Args:
        engine: The connection's.
        requests: The updates, each with its own controls. OpenLDAP refuses reading
            controls (RFC 4527) inside of a transaction. No update at all sends nothing.

    Returns:
        The response controls of each update, in the order of ``requests``.

    Raises:
        ResultError: The server refused the transaction or one of the updates; nothing
            was changed. ``request`` is the update at fault; an `ExtendedRequest` where
            the server names none.
        OutcomeUnknown: The request to commit was sent and its answer never came.
        DeadlineExceeded, ConnectionLost, RemoteProtocolError: It never came so far;
            nothing was changed, and the message says so.
    """
    if not requests:
        return ()
    engine.check_open()
    try:
        identifier = yield from _start(engine)
        sent = yield from _specify(engine, identifier, requests)
        end = EndTransaction(identifier).request()
        end_id = engine.send(end)
    except (TransportError, RemoteProtocolError) as error:
        _raise_unchanged(error)
    response = yield from _settle(engine, end, end_id)
    found = _end(response)
    if response.result_code != ResultCode.success:
        # The id 0 is no request's.
        at_fault = sent.get(found.message_id or 0, end)
        raise steps.error_of(response, at_fault)
    controls = {update.message_id: update.controls for update in found.updates}
    return tuple(controls.get(number, ()) for number in sent)


def _start(engine: Engine) -> steps.Flow[bytes]:
    request = StartTransaction().request()
    response = (yield from steps.call(engine, request)).op
    assert isinstance(response, ExtendedResponse)  # noqa: S101  # the engine checked
    steps.check(response, request)
    return transaction_identifier(response.value)


def _specify(
    engine: Engine,
    identifier: bytes,
    requests: Sequence[tuple[Update, Sequence[Control]]],
) -> steps.Flow[dict[int, Update]]:
    """Hand the updates over, one by one; gives them by their message ids."""
    specification = TransactionSpecification(identifier).control()
    sent: dict[int, Update] = {}
    try:
        for request, controls in requests:
            message_id = engine.send(request, (specification, *controls))
            sent[message_id] = request
            answer = yield from _answer(engine, message_id)
            steps.check(steps.result_of(answer), request)
        yield from _round_trip(engine)
    except ResultError:
        yield from _roll_back(engine, identifier)
        raise
    except BaseException:
        _let_go(engine, identifier)
        raise
    return sent


def _round_trip(engine: Engine) -> steps.Flow[None]:
    """Ask for something that is nothing, so that the server has time to breathe.

    OpenLDAP 2.5 answers an update before it has put it away, and the end
    frees what it has put away: an end that comes at once can crash it. On loopback it
    did after some hundred transactions; with this question between, not in 75,000.
    """
    with suppress(ResultError):
        yield from probe(engine)


def _answer(engine: Engine, message_id: int) -> steps.Flow[LDAPMessage]:
    """Wait for the one answer to a request that has been sent."""
    try:
        while True:
            for message in (yield steps.Receive(message_id)):
                if not isinstance(message.op, IntermediateResponse):
                    return message
    finally:
        # An Abandon would leave open what became of it: nobody asks for the answer.
        engine.drop(message_id)


def _roll_back(engine: Engine, identifier: bytes) -> steps.Flow[None]:
    """Let the transaction go and wait until it is gone.

    Servers may work on the next request before this one is answered, and refuse a new
    transaction then.
    """
    request = EndTransaction(identifier, commit=False).request()
    try:
        message_id = engine.send(request)
        yield from _answer(engine, message_id)
    except (TransportError, ProtocolError):
        # The refusal that led here says more; and nothing is committed without an end.
        return


def _let_go(engine: Engine, identifier: bytes) -> None:
    """Let the transaction go without waiting, where the connection is still there."""
    if not engine.closed:
        request = EndTransaction(identifier, commit=False).request()
        engine.drop(engine.send(request))


_LOST: Final = (DeadlineExceeded, ConnectionLost, RemoteProtocolError)


def _raise_unchanged(error: LDAPError) -> NoReturn:
    """Raise an error of the same kind that says that nothing happened."""
    kind = next((kind for kind in _LOST if isinstance(error, kind)), None)
    if kind is None:
        raise error
    text = f"nothing was changed, the transaction was not committed: {error}"
    raise kind(text) from error


def _settle(
    engine: Engine, request: ExtendedRequest, message_id: int
) -> steps.Flow[ExtendedResponse]:
    """Wait for the answer to the request to commit."""
    try:
        response = (yield from _answer(engine, message_id)).op
    except (TransportError, RemoteProtocolError) as error:
        raise OutcomeUnknown(
            "all updates of the transaction may or may not have been carried out: "
            f"{error}",
            request=request,
        ) from error
    assert isinstance(response, ExtendedResponse)  # noqa: S101  # the engine checked
    return response


def _end(response: ExtendedResponse) -> TransactionEnd:
    """What the answer says beside its result code.

    That code alone says what was done. Behind it malformed octets can only cost the
    response controls, which a server may leave out anyhow, or the name of an update.
    """
    try:
        return TransactionEnd.decode(response.value)
    except DecodeError:
        return TransactionEnd()
