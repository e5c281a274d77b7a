"""What goes wrong with Kerberos, by the library's codes, and what to do about it.

1. What fails here is a `LocalProtocolError`; a KDC that does not answer is a
   `ConnectError`. A password that the KDC refuses is `InvalidCredentials` and a wrong
   clock is `ClockSkew`, as they are where a directory server says so.
2. What else fails with the server's token is a `RemoteProtocolError`.
3. Codes come first, texts second: inside SPNEGO the library numbers its codes anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.errors import (
    ClockSkew,
    ConnectError,
    InvalidCredentials,
    LocalProtocolError,
    Reason,
    RemoteProtocolError,
    ResultCode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.errors import LDAPError

#: ``ERROR_TABLE_BASE_krb5``: the codes of RFC 4120 7.5.9 follow from there, and those
#: of the library itself from 128.
BASE: Final = -1765328384
_UNSIGNED: Final = 1 << 32


@frozen
class Trouble:
    """One thing that can go wrong.

    Attributes:
        code: The library's number, counted from `BASE`.
        words: What is always in its text.
        remedy: What to do; `Request` says what fills its places.
        error: Makes the exception.
        no_ticket: Whether another mechanism may be tried instead: there is no ticket
            to be had, and nothing was found wrong with the password.
    """

    code: int
    words: str
    remedy: str
    error: Callable[[str], LDAPError] = LocalProtocolError
    no_ticket: bool = False


def _refused(reason: Reason) -> Callable[[str], LDAPError]:
    """Errors for a password that the KDC does not take."""

    def error(text: str) -> LDAPError:
        return InvalidCredentials(
            ResultCode.invalidCredentials, diagnostic_message=text, meaning=reason
        )

    return error


def _skew(text: str) -> LDAPError:
    return ClockSkew(ResultCode.invalidCredentials, diagnostic_message=text)


_CLOCK: Final = "set the clocks of this machine, the KDC and the server to one time"
_REALM: Final = (
    "give the realm in full (user@REALM), and let krb5.conf or the DNS name its KDC"
)
_NAME: Final = "is host= (or the URL) the name that the server's own principal has?"
_TICKET: Final = "{ticket}"
_KEY: Final = "{key}"
_KEYTAB: Final = "is the server's keytab that of its principal, and up to date?"

_TROUBLES: Final = (
    Trouble(1, "database has expired", "", _refused(Reason.account_expired)),
    Trouble(6, "Client '", "is that its name?", no_ticket=True),
    Trouble(7, "Server ", _NAME, no_ticket=True),
    Trouble(18, "credentials have been revoked", "", _refused(Reason.restricted)),
    Trouble(23, "Password has expired", "", _refused(Reason.expired)),
    Trouble(24, "Preauthentication failed", _KEY, _refused(Reason.wrong)),
    Trouble(31, "Decrypt integrity check failed", _KEY, _refused(Reason.wrong)),
    Trouble(32, "Ticket expired", _TICKET, no_ticket=True),
    Trouble(33, "not yet valid", _CLOCK, _skew, no_ticket=True),
    Trouble(37, "Clock skew too great", _CLOCK, _skew, no_ticket=True),
    Trouble(154, "Cannot find KDC", _REALM, ConnectError, no_ticket=True),
    Trouble(155, "Cannot resolve", _REALM, ConnectError, no_ticket=True),
    Trouble(
        156, "Cannot contact any KDC", "does one run?", ConnectError, no_ticket=True
    ),
    Trouble(224, "does not specify default realm", _REALM, no_ticket=True),
)
#: ``GSS_S_NO_CRED`` without a row of its own.
_NO_CREDENTIALS: Final = Trouble(0, "", _TICKET, no_ticket=True)
_UNKNOWN: Final = Trouble(0, "", "")

#: What a server's token says of itself; its keytab is no business of ours.
_OF_SERVERS: Final = (
    Trouble(31, "Decrypt integrity check failed", _KEYTAB, RemoteProtocolError),
    Trouble(32, "Ticket expired", _TICKET, RemoteProtocolError),
    Trouble(33, "not yet valid", _CLOCK, _skew),
    Trouble(37, "Clock skew too great", _CLOCK, _skew),
    Trouble(44, "Key version", _KEYTAB, RemoteProtocolError),
    Trouble(45, "Service key not available", _KEYTAB, RemoteProtocolError),
)
_OTHER_OF_SERVERS: Final = Trouble(0, "", "", RemoteProtocolError)


@frozen
class Request:
    """Who wanted to be what to whom, for the messages.

    Attributes:
        principal: The client's; None is the default one.
        service: The server's, such as ``ldap/ldap.example.com``.
        keytab: Where the client's keys are.
        ccache: Where its tickets are.
        password: Whether the ticket was asked for by password.
    """

    principal: str | None
    service: str
    keytab: str | None = None
    ccache: str | None = None
    password: bool = False

    @property
    def ticket(self) -> str:
        """How to get a ticket."""
        who = f" {self.principal}" if self.principal else ""
        if self.keytab is not None:
            return (
                f"can {self.keytab} be read, and does it have a key of{who or ' it'}?"
            )
        if self.ccache is not None:
            return f"run kinit -c {self.ccache}{who}, or give keytab="
        return f"run kinit{who}, or give keytab="

    @property
    def key(self) -> str:
        """Which key was wrong."""
        if self.keytab is not None:
            return f"is {self.keytab} older than the principal's last password?"
        return "is that the password?"


@frozen
class Failure:
    """What the library said when something failed.

    Attributes:
        minor: Its number, as the bits of an `int` of 32.
        text: Its words.
        no_credentials: Whether it means that there are none (``GSS_S_NO_CRED``).
    """

    minor: int
    text: str
    no_credentials: bool = False

    @property
    def trouble(self) -> Trouble:
        """Which row it is, before the server has said anything."""
        rest = _NO_CREDENTIALS if self.no_credentials else _UNKNOWN
        return self._find(_TROUBLES, rest)

    def error(self, request: Request) -> LDAPError:
        """The exception where the server has not said anything yet."""
        trouble = self.trouble
        error = trouble.error(
            f"no Kerberos ticket for {request.service}: {self._words(trouble, request)}"
        )
        if isinstance(error, InvalidCredentials) and not request.password:
            return LocalProtocolError(error.diagnostic_message)
        return error

    def error_of_server(self, request: Request) -> LDAPError:
        """The exception where the server's token is the reason."""
        trouble = self._find(_OF_SERVERS, _OTHER_OF_SERVERS)
        words = self._words(trouble, request)
        return trouble.error(
            f"the server did not prove to be {request.service}: {words}"
        )

    def _find(self, rows: tuple[Trouble, ...], rest: Trouble) -> Trouble:
        signed = (self.minor + (_UNSIGNED >> 1)) % _UNSIGNED - (_UNSIGNED >> 1)
        by_code = (row for row in rows if row.code + BASE == signed)
        by_words = (row for row in rows if row.words in self.text)
        return next(by_code, next(by_words, rest))

    def _words(self, trouble: Trouble, request: Request) -> str:
        remedy = trouble.remedy.format(ticket=request.ticket, key=request.key)
        return f"{self.text} ({remedy})" if remedy else self.text
