"""The root of the tree; the way to the server, the protocol, and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class LDAPError(Exception):
    """Base of everything ldapom raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        # Constructors take keywords, which exceptions by themselves do not pickle.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    kind: type[LDAPError], args: tuple[object, ...], state: dict[str, object]
) -> LDAPError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


# --- transport ---------------------------------------------------------------


class TransportError(LDAPError):
    """The way to the server failed; the server itself said nothing."""


class ConnectError(TransportError):
    """No connection could be opened; the message lists each address and its cause.

    Attributes:
        causes: Where there were several servers, the error of each one that was tried.
    """

    def __init__(self, message: str, *, causes: Iterable[LDAPError] = ()) -> None:
        super().__init__(message)
        self.causes = tuple(causes)


class TLSError(TransportError):
    """StartTLS was refused, the handshake failed, or a certificate did not verify."""


class DeadlineExceeded(TransportError, TimeoutError):
    """The call's ``timeout`` passed before the answer came."""


class ConnectionLost(TransportError):
    """The connection ended while an answer was outstanding, or before the request."""


class OutcomeUnknown(TransportError):
    """A write may have reached the server, but its answer never came.

    Attributes:
        request: The request that was sent; its ``repr`` hides secrets.
    """

    def __init__(self, message: str, *, request: object = None) -> None:
        super().__init__(message)
        self.request = request


# --- protocol ----------------------------------------------------------------


class ProtocolError(LDAPError):
    """The rules of RFC 4511 were broken, here or there."""


class LocalProtocolError(ProtocolError):
    """The caller asked for something the protocol, or a safety rule, forbids."""


class RemoteProtocolError(ProtocolError):
    """The server broke the protocol; the connection is closed."""


class DecodeError(RemoteProtocolError):
    """Bytes that are no LDAP message.

    Attributes:
        reason: What is wrong.
        field: The message and field, such as ``"SearchRequest.baseObject"``.
        offset: The position of the offending octet, counted from the buffer's start.
    """

    def __init__(self, reason: str, *, field: str, offset: int) -> None:
        super().__init__(f"{field}: {reason} (at octet {offset})")
        self.reason = reason
        self.field = field
        self.offset = offset


# --- texts -------------------------------------------------------------------


class SchemaError(LDAPError):
    """A schema that can not be read, or a name it does not define."""


class _TextError(LDAPError, ValueError):
    """A text that does not parse; says what and where."""

    def __init__(self, reason: str, *, text: str, position: int) -> None:
        super().__init__(f"{reason} at position {position} of {_shorten(text)!r}")
        self.reason = reason
        self.text = text
        self.position = position


def _shorten(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class FilterSyntaxError(_TextError):
    """A text that is no search filter (RFC 4515)."""


class DNSyntaxError(_TextError):
    """A text that is no distinguished name (RFC 4514)."""


class URLSyntaxError(_TextError):
    """A text that is no LDAP URL (RFC 4516)."""


class LDIFSyntaxError(LDAPError, ValueError):
    """A text that is no LDIF (RFC 2849).

    Attributes:
        line: The number of the line, counted from 1.
    """

    def __init__(self, reason: str, *, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line
