"""What servers answer: result codes and a class for each (RFC 4511 4.1.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ldapom._printable import printable
from ldapom.errors.base import LDAPError
from ldapom.errors.codes import ResultCode
from ldapom.errors.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence


class ResultError(LDAPError):
    """The server answered with a result code that is no success (RFC 4511 4.1.9).

    Attributes:
        code: The result code; for a code unknown to us a member ``unknown_N``.
        matched_dn: The deepest entry the server found of the DN it was asked for.
        diagnostic_message: The server's own words, verbatim.
        referrals: URLs of servers that may know more.
        request: The message that was refused; its ``repr`` hides secrets.
        remedy: What the refusal means and what helps; empty where nobody knows.
    """

    #: The code that a subclass stands for; None on groups.
    result_code: ClassVar[ResultCode | None] = None

    def __init__(
        self,
        code: ResultCode | int,
        *,
        matched_dn: str = "",
        diagnostic_message: str = "",
        referrals: Sequence[str] = (),
        request: object = None,
        meaning: Reason | str = "",
    ) -> None:
        self._reason = meaning if isinstance(meaning, Reason) else None
        self.remedy = meaning.explanation if isinstance(meaning, Reason) else meaning
        self.code = ResultCode(code)
        self.matched_dn = matched_dn
        self.diagnostic_message = diagnostic_message
        self.referrals = tuple(referrals)
        self.request = request
        super().__init__(self._text())

    @property
    def reason(self) -> Reason | None:
        """What is the matter with the account or the password, where the server told.

        None where it is about neither.
        """
        return self._reason

    def _text(self) -> str:
        parts = [f"{self.code.name} ({int(self.code)})"]
        # Active Directory ends its words with a NUL, others with a line end.
        said = printable(self.diagnostic_message.rstrip("\0\r\n "))
        if said:
            parts.append(f": {said}")
        target = getattr(self.request, "target", None)
        operation = type(self.request).__name__ if self.request is not None else ""
        if operation:
            parts.append(f" [{operation}{f' {target!r}' if target else ''}]")
        if self.matched_dn:
            parts.append(f" [matched {self.matched_dn!r}]")
        if self.referrals:
            parts.append(f" [see {', '.join(map(printable, self.referrals))}]")
        if self.remedy:
            parts.append(f" - {self.remedy}")
        return "".join(parts)


class ProtocolResultError(ResultError):
    """The server can not follow the request at all (codes 1, 2, 7, 8, 12-14 …)."""


class LimitError(ResultError):
    """A limit of size, time or administration was reached.

    Attributes:
        received: The entries that came before, where the call was to return them all;
            a loop has had them.
    """

    received: Sequence[object] = ()


class AttributeProblem(ResultError):
    """The request does not fit an attribute (codes 16-21)."""


class NameProblem(ResultError):
    """The request does not fit a name (codes 32-36)."""


class SecurityProblem(ResultError):
    """The server does not let this identity do this (codes 48-50 …)."""


class ServiceProblem(ResultError):
    """The server can not do this now or at all (codes 51-54)."""


class UpdateProblem(ResultError):
    """The change does not fit the directory (codes 64-71)."""


class OperationsError(ProtocolResultError):
    """Operation out of order in relation to others."""

    result_code = ResultCode.operationsError


class ProtocolErrorResult(ProtocolResultError):
    """The server received data that it says is not well-formed, or does not know it."""

    result_code = ResultCode.protocolError


class TimeLimitExceeded(LimitError):
    """The time limit of the search, or the server's own, was reached."""

    result_code = ResultCode.timeLimitExceeded


class SizeLimitExceeded(LimitError):
    """The size limit of the search, or the server's own, was reached."""

    result_code = ResultCode.sizeLimitExceeded


class CompareFalse(ResultError):
    """The assertion of a Compare is false; ``compare()`` answers with False instead."""

    result_code = ResultCode.compareFalse


class CompareTrue(ResultError):
    """The assertion of a Compare is true; ``compare()`` answers with True instead."""

    result_code = ResultCode.compareTrue


class AuthMethodNotSupported(ProtocolResultError):
    """The bind method or SASL mechanism is not supported."""

    result_code = ResultCode.authMethodNotSupported


class StrongerAuthRequired(ProtocolResultError):
    """The server wants TLS, signing, or a stronger bind first."""

    result_code = ResultCode.strongerAuthRequired


class Referral(ResultError):
    """The server does not hold the entry; ``referrals`` says who may."""

    result_code = ResultCode.referral


class AdminLimitExceeded(LimitError):
    """A limit set by the administrator was reached."""

    result_code = ResultCode.adminLimitExceeded


class UnavailableCriticalExtension(ProtocolResultError):
    """A critical control is not known or can not be honoured here."""

    result_code = ResultCode.unavailableCriticalExtension


class ConfidentialityRequired(SecurityProblem):
    """The server wants TLS (or another layer) for this."""

    result_code = ResultCode.confidentialityRequired


class SaslBindInProgress(ProtocolResultError):
    """The server wants the next step of the SASL bind first."""

    result_code = ResultCode.saslBindInProgress


class NoSuchAttribute(AttributeProblem):
    """The entry has no such attribute or value."""

    result_code = ResultCode.noSuchAttribute


class UndefinedAttributeType(AttributeProblem):
    """The schema has no such attribute type."""

    result_code = ResultCode.undefinedAttributeType


class InappropriateMatching(AttributeProblem):
    """The attribute type has no such matching rule."""

    result_code = ResultCode.inappropriateMatching


class ConstraintViolation(AttributeProblem):
    """A value breaks a constraint on it."""

    result_code = ResultCode.constraintViolation


class AttributeOrValueExists(AttributeProblem):
    """The attribute or value is there already."""

    result_code = ResultCode.attributeOrValueExists


class InvalidAttributeSyntax(AttributeProblem):
    """A value is none of its syntax."""

    result_code = ResultCode.invalidAttributeSyntax


class NoSuchObject(NameProblem):
    """There is no entry of that name (or none this identity may know of)."""

    result_code = ResultCode.noSuchObject


class AliasProblem(NameProblem):
    """An alias names no entry."""

    result_code = ResultCode.aliasProblem


class InvalidDNSyntax(NameProblem):
    """The server does not read this as a DN."""

    result_code = ResultCode.invalidDNSyntax


class AliasDereferencingProblem(NameProblem):
    """An alias was met where none may be followed."""

    result_code = ResultCode.aliasDereferencingProblem


class InappropriateAuthentication(SecurityProblem):
    """The credentials are of a kind this entry can not be checked with."""

    result_code = ResultCode.inappropriateAuthentication


class InvalidCredentials(SecurityProblem):
    """Name or password (or other proof) is wrong, or the account may not log in.

    ``reason`` tells which, where the server does. Servers that tell it by another code
    are caught here too: see `AccountConstraint` and `AccountUnwilling`.
    """

    result_code = ResultCode.invalidCredentials

    @property
    def reason(self) -> Reason:
        """Why; `Reason.unknown` where the server does not say."""
        return self._reason or Reason.unknown


class AccountConstraint(InvalidCredentials, ConstraintViolation):
    """The account or its old password was refused with constraintViolation (19).

    389 Directory Server says so of who is locked out, Active Directory of a wrong old
    password.
    """

    result_code = ResultCode.constraintViolation


class ChannelBindingRejected(SecurityProblem):
    """The server did not accept the channel binding; the password may be right.

    Active Directory and Samba tell it with invalidCredentials and the sub-code
    80090346, OpenLDAP with other and the words of SCRAM.
    """


class ClockSkew(SecurityProblem):
    """The clocks of client and server differ too much for Kerberos."""


class InsufficientAccessRights(SecurityProblem):
    """This identity may not do this."""

    result_code = ResultCode.insufficientAccessRights


class Busy(ServiceProblem):
    """The server is too busy; later may help."""

    result_code = ResultCode.busy


class Unavailable(ServiceProblem):
    """The server is shutting down or not ready."""

    result_code = ResultCode.unavailable


class UnwillingToPerform(ServiceProblem):
    """The server will not do this, by a policy of its own."""

    result_code = ResultCode.unwillingToPerform


class AccountUnwilling(InvalidCredentials, UnwillingToPerform):
    """The account or its old password was refused with unwillingToPerform (53).

    389 Directory Server says so of who is disabled, OpenLDAP of a wrong old password.
    """

    result_code = ResultCode.unwillingToPerform


class LoopDetect(ServiceProblem):
    """The server went round in a circle (aliases, chaining)."""

    result_code = ResultCode.loopDetect


class NamingViolation(UpdateProblem):
    """The entry's name does not fit the rules for its place."""

    result_code = ResultCode.namingViolation


class ObjectClassViolation(UpdateProblem):
    """The entry would not fit its object classes."""

    result_code = ResultCode.objectClassViolation


class NotAllowedOnNonLeaf(UpdateProblem):
    """The entry has children."""

    result_code = ResultCode.notAllowedOnNonLeaf


class NotAllowedOnRDN(UpdateProblem):
    """The value is part of the entry's name; rename it instead."""

    result_code = ResultCode.notAllowedOnRDN


class EntryAlreadyExists(UpdateProblem):
    """There is an entry of that name already."""

    result_code = ResultCode.entryAlreadyExists


class ObjectClassModsProhibited(UpdateProblem):
    """The structural class of an entry can not be changed."""

    result_code = ResultCode.objectClassModsProhibited


class AffectsMultipleDSAs(UpdateProblem):
    """The change would reach over several servers."""

    result_code = ResultCode.affectsMultipleDSAs


class Other(ResultError):
    """An error of the server that fits no other code."""

    result_code = ResultCode.other


class Canceled(ResultError):
    """The operation was cancelled (RFC 3909)."""

    result_code = ResultCode.canceled


class NoSuchOperation(ResultError):
    """There is no such operation to cancel (RFC 3909)."""

    result_code = ResultCode.noSuchOperation


class TooLate(ResultError):
    """It is too late to cancel the operation (RFC 3909)."""

    result_code = ResultCode.tooLate


class CannotCancel(ResultError):
    """The operation can not be cancelled (RFC 3909)."""

    result_code = ResultCode.cannotCancel


class AssertionFailed(UpdateProblem):
    """The assertion control's filter did not match the entry (RFC 4528)."""

    result_code = ResultCode.assertionFailed


class AuthorizationDenied(SecurityProblem):
    """The server does not let this identity act for another (RFC 4370)."""

    result_code = ResultCode.authorizationDenied


class SyncRefreshRequired(ResultError):
    """The content has to be read anew (RFC 4533)."""

    result_code = ResultCode.syncRefreshRequired


def _table() -> dict[int, type[ResultError]]:
    table: dict[int, type[ResultError]] = {}
    todo: list[type[ResultError]] = [ResultError]
    while todo:
        kind = todo.pop()
        todo.extend(kind.__subclasses__())
        # What has two bases is the class of no code: `class_of` picks it.
        if kind.result_code is not None and len(kind.__bases__) == 1:
            table[kind.result_code] = kind
    return table


#: The class of each result code; anything else is a plain `ResultError`.
RESULT_ERRORS: dict[int, type[ResultError]] = _table()
