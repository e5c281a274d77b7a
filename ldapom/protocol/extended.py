"""Names of the extended operations and notices that ldapom speaks or understands.

The values of `WHO_AM_I` are plain text; those of `PASSWORD_MODIFY`, `CANCEL` and the
transactions of RFC 5805 are written and read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol import _enclosed
from ldapom.protocol._fields import controls_of, hide
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.attributes import moved
from ldapom.protocol.messages import Control, ExtendedRequest
from ldapom.secrets import unseen

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ABORTED_TRANSACTION",
    "CANCEL",
    "END_TRANSACTION",
    "PASSWORD_MODIFY",
    "START_TLS",
    "START_TRANSACTION",
    "WHO_AM_I",
    "Cancel",
    "EndTransaction",
    "PasswordModify",
    "StartTransaction",
    "TransactionEnd",
    "UpdateControls",
    "generated_password",
    "transaction_identifier",
]

#: RFC 4511 4.14: from now on TLS.
START_TLS: Final = "1.3.6.1.4.1.1466.20037"

#: RFC 4532: which authorization identity this connection has.
WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"

#: ``supportedCapabilities`` of Active Directory, as a domain and as its lightweight
#: brother ([MS-ADTS] 3.1.1.3.4.3).
ACTIVE_DIRECTORY: Final = "1.2.840.113556.1.4.800"
LIGHTWEIGHT_DIRECTORY: Final = "1.2.840.113556.1.4.1851"

#: RFC 3062: change a password, whatever the server stores it in.
PASSWORD_MODIFY: Final = "1.3.6.1.4.1.4203.1.11.1"

#: RFC 3909: stop an operation, with an answer.
CANCEL: Final = "1.3.6.1.1.8"

#: RFC 5805 2.1 and 2.3: begin a transaction; commit it, or let it go.
START_TRANSACTION: Final = "1.3.6.1.1.21.1"
END_TRANSACTION: Final = "1.3.6.1.1.21.3"

#: RFC 5805 2.4: the responseName of the notice that a server let a transaction go.
ABORTED_TRANSACTION: Final = "1.3.6.1.1.21.4"


@frozen
class PasswordModify:
    """RFC 3062 2: the value of a `PASSWORD_MODIFY` request.

    Without ``identity`` the bound identity is meant; without ``new_password`` the
    server makes one up, see `generated_password`.
    """

    # PasswdModifyRequestValue ::= SEQUENCE {
    #      userIdentity    [0]  OCTET STRING OPTIONAL
    #      oldPasswd       [1]  OCTET STRING OPTIONAL
    #      newPasswd       [2]  OCTET STRING OPTIONAL }
    identity: str | None = None
    old_password: bytes | None = field(default=None, repr=hide)
    new_password: bytes | None = field(default=None, repr=hide)

    def request(self) -> ExtendedRequest:
        """Give the request; without any part it has no value at all."""
        parts = []
        if self.identity is not None:
            text = ber.encode_text(self.identity, "PasswordModify.identity")
            parts.append(ber.element(0x80, text))
        if self.old_password is not None:
            parts.append(ber.element(0x81, self.old_password))
        if self.new_password is not None:
            parts.append(ber.element(0x82, self.new_password))
        value = ber.sequence(parts) if parts else None
        return ExtendedRequest(PASSWORD_MODIFY, value)

    @classmethod
    def decode(cls, value: bytes | None) -> PasswordModify:
        """Read the value of a request.

        Raises:
            DecodeError: If it is no PasswdModifyRequestValue.
        """
        if value is None:
            return cls()
        name = "PasswdModifyRequestValue"
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        found: list[bytes | None] = []
        for tag in (0x80, 0x81, 0x82):
            octets = None
            if pos < end and value[pos] == tag:
                start, pos = ber.enter(value, pos, end, tag, name)
                octets = value[start:pos]
            found.append(octets)
        ber.finish(value, pos, end, name)
        identity, old, new = found
        text = None if identity is None else identity.decode("utf-8", "surrogateescape")
        return cls(text, old, new)


@unseen
def generated_password(value: bytes | None) -> bytes | None:
    """Read the password a server made up from the value of its response (RFC 3062 2).

    Raises:
        DecodeError: If the value is no PasswdModifyResponseValue.
    """
    # PasswdModifyResponseValue ::= SEQUENCE {
    #      genPasswd       [0]     OCTET STRING OPTIONAL }
    if value is None:
        return None
    name = "PasswdModifyResponseValue"
    pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
    if pos == end:
        return None
    start, pos = ber.enter(value, pos, end, 0x80, name)
    ber.finish(value, pos, end, name)
    return value[start:pos]


@frozen
class Cancel:
    """RFC 3909 2: the value of a `CANCEL` request."""

    # cancelRequestValue ::= SEQUENCE {
    #      cancelID        MessageID }
    message_id: int

    def request(self) -> ExtendedRequest:
        """Give the request.

        Raises:
            LocalProtocolError: If the message id is out of range.
        """
        if not 0 <= self.message_id <= ber.MAX_INT:
            reason = f"Cancel.message_id: {self.message_id} is out of range"
            raise LocalProtocolError(reason)
        value = ber.sequence([ber.write_integer(self.message_id)])
        return ExtendedRequest(CANCEL, value)

    @classmethod
    def decode(cls, value: bytes | None) -> Cancel:
        """Read the value of a request.

        Raises:
            DecodeError: If it is no cancelRequestValue.
        """
        name = "cancelRequestValue"
        value = value or b""
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        start, pos = ber.enter(value, pos, end, ber.INTEGER, f"{name}.cancelID")
        number = ber.integer(value, start, pos, f"{name}.cancelID")
        if number < 0:
            reason = f"{number} is out of range"
            raise DecodeError(reason, field=f"{name}.cancelID", offset=start)
        ber.finish(value, pos, end, name)
        return cls(number)


@frozen
class StartTransaction:
    """RFC 5805 2.1: the request that begins a transaction; it has no value."""

    def request(self) -> ExtendedRequest:
        """Give the request; `transaction_identifier` reads the answer's value."""
        return ExtendedRequest(START_TRANSACTION)


def transaction_identifier(value: bytes | None) -> bytes:
    """Read the identifier from the value of the answer to a `StartTransaction`.

    Raises:
        DecodeError: If there is none.
    """
    # The responseValue is the identifier itself; OpenLDAP's is empty.
    if value is None:
        raise DecodeError("missing", field="transaction identifier", offset=0)
    return value


@frozen
class EndTransaction:
    """RFC 5805 2.3: the value of an `END_TRANSACTION` request."""

    # txnEndReq ::= SEQUENCE {
    #      commit         BOOLEAN DEFAULT TRUE,
    #      identifier     OCTET STRING }
    identifier: bytes
    commit: bool = True

    def request(self) -> ExtendedRequest:
        """Give the request."""
        parts = [ber.element(ber.OCTET_STRING, self.identifier)]
        if not self.commit:
            parts.insert(0, ber.write_boolean(False))
        return ExtendedRequest(END_TRANSACTION, ber.sequence(parts))

    @classmethod
    def decode(cls, value: bytes | None) -> EndTransaction:
        """Read the value of a request.

        Raises:
            DecodeError: If it is no txnEndReq.
        """
        name = "txnEndReq"
        value = value or b""
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        commit = True
        if pos < end and value[pos] == ber.BOOLEAN:
            start, pos = ber.enter(value, pos, end, ber.BOOLEAN, f"{name}.commit")
            commit = ber.boolean(value, start, pos, f"{name}.commit")
        start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, f"{name}.identifier")
        ber.finish(value, pos, end, name)
        return cls(value[start:pos], commit)


@frozen
class UpdateControls:
    """RFC 5805 2.3: the response controls of one update of a transaction.

    Attributes:
        message_id: The id of the update's request.
        controls: What its own answer would have carried.
    """

    message_id: int
    controls: tuple[Control, ...] = field(converter=controls_of)


def _updates(updates: Iterable[UpdateControls]) -> tuple[UpdateControls, ...]:
    return tuple(updates)


@frozen
class TransactionEnd:
    """RFC 5805 2.3: the value of the answer to an `EndTransaction`.

    Attributes:
        message_id: The id of the update that kept the transaction from being
            committed; None where none did or the server does not say.
        updates: The response controls of the updates that have some.
    """

    # txnEndRes ::= SEQUENCE {
    #      messageID         MessageID OPTIONAL,
    #           -- msgid associated with non-success resultCode
    #      updatesControls   SEQUENCE OF updateControls SEQUENCE {
    #           messageID         MessageID,
    #           controls          Controls } OPTIONAL }
    message_id: int | None = None
    updates: tuple[UpdateControls, ...] = field(default=(), converter=_updates)

    def value(self) -> bytes | None:
        """Give the value; without any part there is none.

        Raises:
            LocalProtocolError: If a message id is out of range, or a control can not
                be written.
        """
        parts = []
        if self.message_id is not None:
            parts.append(_message_id(self.message_id))
        if self.updates:
            parts.append(ber.sequence(map(_write_update, self.updates)))
        return ber.sequence(parts) if parts else None

    @classmethod
    def decode(cls, value: bytes | None) -> TransactionEnd:
        """Read the value of an answer.

        Raises:
            DecodeError: If it is no txnEndRes.
        """
        if value is None:
            return cls()
        name = "txnEndRes"
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        message_id = None
        if pos < end and value[pos] == ber.INTEGER:
            message_id, pos = _read_message_id(value, pos, end, name)
        updates: list[UpdateControls] = []
        if pos < end:
            start, pos = ber.enter(value, pos, end, ber.SEQUENCE, name)
            while start < pos:
                update, start = _read_update(value, start, pos)
                updates.append(update)
        ber.finish(value, pos, end, name)
        return cls(message_id, tuple(updates))


#: What RFC 4511 tags the controls of a message with, and OpenLDAP those of an update.
_MESSAGE_CONTROLS: Final = 0xA0


def _message_id(number: int) -> bytes:
    if not 0 <= number <= ber.MAX_INT:
        reason = f"TransactionEnd.message_id: {number} is out of range"
        raise LocalProtocolError(reason)
    return ber.write_integer(number)


def _read_message_id(value: bytes, pos: int, stop: int, name: str) -> tuple[int, int]:
    name = f"{name}.messageID"
    start, pos = ber.enter(value, pos, stop, ber.INTEGER, name)
    number = ber.integer(value, start, pos, name)
    if number < 0:
        raise DecodeError(f"{number} is out of range", field=name, offset=start)
    return number, pos


def _write_update(update: UpdateControls) -> bytes:
    controls = _enclosed.write_controls(update.controls)
    return ber.sequence((_message_id(update.message_id), controls))


def _read_update(value: bytes, pos: int, stop: int) -> tuple[UpdateControls, int]:
    name = "updateControls"
    pos, end = ber.enter(value, pos, stop, ber.SEQUENCE, name)
    number, pos = _read_message_id(value, pos, end, name)
    tagged = pos < end and value[pos] == _MESSAGE_CONTROLS
    tag = _MESSAGE_CONTROLS if tagged else ber.SEQUENCE
    start, pos = ber.enter(value, pos, end, tag, f"{name}.controls")
    if pos != end:
        raise DecodeError("octets left over", field=name, offset=pos)
    try:
        controls = _enclosed.controls_in(value[start:end])
    except DecodeError as error:
        raise moved(error, start) from None
    return UpdateControls(number, controls), end
