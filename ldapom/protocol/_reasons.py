"""From a refusal to its exception: its class, its reason, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import InvalidCredentials, Reason, ResultError
from ldapom.errors.refusals import class_of, meaning_of
from ldapom.protocol.messages import BindRequest, SaslCredentials, SimpleAuthentication
from ldapom.protocol.password_policy import reason_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.protocol.messages import Control, Result

#: Mechanisms whose refusal by itself says nothing about a password.
PASSWORDLESS = frozenset({"ANONYMOUS", "EXTERNAL", "GSSAPI", "GSS-SPNEGO"})

_TICKET = (
    "the server did not take the Kerberos ticket: its clock or this one may be wrong, "
    "its keytab may lack the key that the KDC has for it, it may know nobody of that "
    "name, or, inside TLS, something between ends TLS and begins it anew"
)
#: What the refusal of such a bind may mean, where the server does not say it.
_DOUBTS = {
    "GSSAPI": _TICKET,
    "GSS-SPNEGO": f"{_TICKET}; with NTLM, the name or the password may not fit",
}


def carries_password(request: object) -> bool:
    """Whether a bind proves that a password is known."""
    if not isinstance(request, BindRequest):
        return False
    how = request.authentication
    if isinstance(how, SimpleAuthentication):
        return bool(how.password)
    return isinstance(how, SaslCredentials) and how.mechanism not in PASSWORDLESS


def error_of(
    result: Result, request: object, controls: Sequence[Control] = ()
) -> ResultError:
    """The exception for a result, with all the server said.

    Args:
        result: The result, no success.
        request: What was refused.
        controls: What came with the answer.
    """
    code = result.result_code
    is_bind = isinstance(request, BindRequest)
    meaning = meaning_of(code, result.diagnostic_message)
    reason = meaning.reason
    # The draft has no number for "disabled": 389 tells it as "locked", and by words.
    if controls and reason is not Reason.disabled:
        reason = reason_in(controls, is_bind=is_bind) or reason
    kind = meaning.kind
    if kind is None:
        about_login = is_bind or reason is Reason.wrong
        kind = class_of(code, reason if about_login else None)
    if reason is None and issubclass(kind, InvalidCredentials):
        # RFC 4511 appendix A.2: the code itself says so of whoever gave a password.
        is_wrong = carries_password(request) or not is_bind
        reason = Reason.wrong if is_wrong else None
    remedy = meaning.remedy
    if is_bind and not remedy and issubclass(kind, InvalidCredentials):
        remedy = _doubt(request)
    return kind(
        code,
        matched_dn=result.matched_dn,
        diagnostic_message=result.diagnostic_message,
        referrals=result.referral,
        request=request,
        meaning=remedy if reason is None else reason,
    )


def _doubt(request: object) -> str:
    """What a bind without a password may have been refused for."""
    how = request.authentication if isinstance(request, BindRequest) else None
    return _DOUBTS.get(how.mechanism, "") if isinstance(how, SaslCredentials) else ""
