"""Names of the extended operations and notices that ldapom speaks or understands.

The values of `WHO_AM_I` are plain text; those of `PASSWORD_MODIFY` and `CANCEL` are
written and read here.
"""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol._fields import hide
from ldapom.protocol.codec import ber
from ldapom.protocol.messages import ExtendedRequest

__all__ = [
    "CANCEL",
    "PASSWORD_MODIFY",
    "START_TLS",
    "WHO_AM_I",
    "Cancel",
    "PasswordModify",
    "generated_password",
]

#: RFC 4511 4.14: from now on TLS.
START_TLS: Final = "1.3.6.1.4.1.1466.20037"

#: RFC 4532: which authorization identity this connection has.
WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"

#: RFC 3062: change a password, whatever the server stores it in.
PASSWORD_MODIFY: Final = "1.3.6.1.4.1.4203.1.11.1"

#: RFC 3909: stop an operation, with an answer.
CANCEL: Final = "1.3.6.1.1.8"


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
