"""What servers mean by a refusal: rows of result code and words, in order.

1. The first row that fits counts; the server's own words stay in the message.
2. Words are matched only for the codes they were seen with: they may repeat names that
   somebody else has chosen.
3. No pattern can take longer than the text is long.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from ldapom.errors.codes import ResultCode
from ldapom.errors.reasons import ACCOUNT_REASONS, Reason
from ldapom.errors.results import (
    RESULT_ERRORS,
    AccountConstraint,
    AccountUnwilling,
    AuthMethodNotSupported,
    ChannelBindingRejected,
    ClockSkew,
    ResultError,
)

_WAYS = "use ldaps:// or start_tls=True"
_CODE = ResultCode


@frozen
class Meaning:
    """What a refusal means.

    Attributes:
        kind: The class to raise in place of that of the code.
        reason: What is the matter with the account or the password.
        remedy: What helps, where the reason does not say it.
    """

    kind: type[ResultError] | None = None
    reason: Reason | None = None
    remedy: str = ""


NOTHING = Meaning()


def _codes(codes: tuple[ResultCode, ...]) -> frozenset[int]:
    return frozenset(map(int, codes))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@frozen
class Row:
    """One refusal that is understood."""

    codes: frozenset[int] = field(converter=_codes)
    words: re.Pattern[str] = field(converter=_pattern)
    meaning: Meaning


def _reason(codes: tuple[ResultCode, ...], words: str, reason: Reason) -> Row:
    return Row(codes, words, Meaning(reason=reason))


#: Sub-codes of Active Directory: Windows system error codes in hexadecimal
#: ([MS-ERREF] 2.2), as ``data 52e`` in the words of a refused bind.
_SUB_CODES = {
    "525": Reason.no_such_user,
    "52e": Reason.wrong,
    "52f": Reason.restricted,
    "530": Reason.hours,
    "531": Reason.workstation,
    "532": Reason.expired,
    "533": Reason.disabled,
    "569": Reason.restricted,
    "701": Reason.account_expired,
    "773": Reason.must_change,
    "775": Reason.locked,
}
_BIND = (_CODE.invalidCredentials,)
_ACCOUNT = (
    *(_CODE.invalidCredentials, _CODE.constraintViolation),
    *(_CODE.unwillingToPerform, _CODE.inappropriateAuthentication),
)
_CHANGE = (_CODE.constraintViolation, _CODE.unwillingToPerform)
_RULES = (_CODE.constraintViolation, _CODE.unwillingToPerform)
_AUTHENTICATION = (*_BIND, _CODE.other, _CODE.operationsError)

ROWS: tuple[Row, ...] = (
    # SEC_E_BAD_BINDINGS, as Active Directory and Samba say it.
    Row(
        _BIND,
        r"\b80090346\b",
        Meaning(
            ChannelBindingRejected,
            remedy=(
                "the server rejected the channel binding, not the password: something "
                "between ends TLS and begins it anew, or the server has another "
                "certificate than it shows; connect to the server itself"
            ),
        ),
    ),
    # SCRAM: Cyrus SASL's words, and those of RFC 5802 7.
    Row(
        _AUTHENTICATION,
        r"assumed server had no channel binding|server-does-support-channel-binding",
        Meaning(
            ChannelBindingRejected,
            remedy=(
                "the server has channel binding but its list of mechanisms did not "
                "show it: somebody between may have changed the list"
            ),
        ),
    ),
    Row(
        _AUTHENTICATION,
        r"channel[ -]bindings?[ -](type|length|mismatch|dont-match)",
        Meaning(
            ChannelBindingRejected,
            remedy=(
                "the server rejected the channel binding, not the password: something "
                "between ends TLS and begins it anew, or the server has another "
                "certificate than it shows; connect to the server itself, or trust "
                "what is between with Scram(…, channel_binding=False)"
            ),
        ),
    ),
    # SEC_E_TIME_SKEW, ERROR_TIME_SKEW, and the words of MIT and Heimdal Kerberos.
    Row(
        _AUTHENTICATION,
        r"\b80090324\b|\bdata 576\b|clock skew|TIME_DIFFERENCE_AT_DC",
        Meaning(
            ClockSkew,
            remedy=(
                "the clocks differ by more than Kerberos allows, usually five minutes: "
                "set the clock of this machine or of the server"
            ),
        ),
    ),
    *(
        _reason(_BIND, rf"\bdata {code}\b", reason)
        for code, reason in _SUB_CODES.items()
    ),
    # Samba's "ldap server require strong auth = yes", of SASL inside TLS.
    Row(
        (_CODE.strongerAuthRequired,),
        r"\bSign or Seal are required\b",
        Meaning(
            remedy=(
                "the server wants SASL to sign, which nothing does inside TLS: connect "
                "to ldap:// without TLS, where Kerberos and NTLM sign and seal, or use "
                "a simple bind inside TLS"
            )
        ),
    ),
    # OpenLDAP, of a password change by nobody.
    Row(
        (_CODE.strongerAuthRequired,),
        r"\bonly authenticated users\b",
        Meaning(remedy="nobody may do this anonymously: give credentials"),
    ),
    Row(
        (_CODE.strongerAuthRequired,),
        "",
        Meaning(
            remedy=(
                f"the server wants TLS or a signed connection: {_WAYS}, or on a clear "
                "connection Kerberos or NTLM, which sign"
            )
        ),
    ),
    # OpenLDAP, where "limits" has a size.pr for this identity.
    Row(
        (_CODE.adminLimitExceeded,),
        r"\bpagedResults page size\b",
        Meaning(
            remedy=(
                "the server allows this identity only smaller pages: ask with "
                "query.page_size(100), or search(..., page_size=100)"
            )
        ),
    ),
    Row(
        (_CODE.confidentialityRequired,),
        "",
        Meaning(remedy=f"the server wants an encrypted connection: {_WAYS}"),
    ),
    # Samba: "Sign or Seal are not allowed if TLS is used".
    Row(
        (_CODE.unwillingToPerform,),
        r"\bnot allowed if TLS\b",
        Meaning(
            remedy=(
                "inside TLS this server takes no SASL security layer: use one of the "
                "two, TLS or the layer"
            )
        ),
    ),
    # A mechanism that Samba does not have, and Sicily at 389 Directory Server.
    Row(
        (_CODE.operationsError, _CODE.protocolError),
        r"\bFailed to start authentication system: NT_STATUS_INVALID_PARAMETER\b|"
        r"^Unknown bind method$",
        Meaning(AuthMethodNotSupported),
    ),
    # 389 Directory Server.
    Row(
        (_CODE.inappropriateAuthentication,),
        r"\bSASL EXTERNAL bind requires an SSL connection\b",
        Meaning(
            remedy=(
                "EXTERNAL wants a client certificate inside TLS, as "
                "tls=Tls(client_cert=…), or ldapi://"
            )
        ),
    ),
    # OpenLDAP, while ``pwdReset`` stands.
    _reason(
        (_CODE.insufficientAccessRights,),
        r"\boperations are restricted to bind\b",
        Reason.must_change,
    ),
    # 389 Directory Server tells them by other codes than invalidCredentials.
    _reason(_ACCOUNT, r"\baccount inactivated\b", Reason.disabled),
    _reason(_ACCOUNT, r"\bexceed password retry limit\b", Reason.locked),
    _reason(_BIND, r"\bpassword expired\b", Reason.expired),
    # A wrong old password: OpenLDAP, and ERROR_INVALID_PASSWORD of Active Directory.
    _reason(_CHANGE, r"\bunwilling to verify old password\b", Reason.wrong),
    _reason(_CHANGE, r"^00000056:", Reason.wrong),
    # New passwords: Samba and OpenLDAP in words, Active Directory by one code
    # (ERROR_PASSWORD_RESTRICTION).
    _reason(_RULES, r"\bpassword is too short\b", Reason.too_short),
    _reason(_RULES, r"\bpassword is too young\b", Reason.too_young),
    _reason(
        _RULES,
        (
            r"\bpassword was already used\b|\bin history of old passwords\b|"
            r"\bnot being changed from existing\b"
        ),
        Reason.in_history,
    ),
    _reason(
        _RULES,
        r"\bcomplexity criteria\b|\bfails quality checking\b|\binvalid password syntax",
        Reason.insufficient_quality,
    ),
    _reason(_RULES, r"\bmust supply old password\b", Reason.must_supply_old),
    _reason(_RULES, r"\balteration of password is not allowed\b", Reason.not_allowed),
    _reason(_RULES, r"^0000052D:", Reason.policy),
    # ERROR_GEN_FAILURE: Active Directory's answer to ``unicodePwd`` in clear.
    Row(
        (_CODE.unwillingToPerform,),
        r"^0000001F:",
        Meaning(
            remedy=(
                "Active Directory sets passwords on encrypted connections only: "
                f"{_WAYS}, or Kerberos or NTLM with sealing"
            )
        ),
    ),
    Row(
        (_CODE.inappropriateAuthentication,),
        "",
        Meaning(
            remedy=(
                "the server does not take this kind of bind for this name: it may "
                "refuse anonymous ones, or the entry has no password"
            )
        ),
    ),
)


def meaning_of(code: int, diagnostic_message: str) -> Meaning:
    """What a refusal means, as far as its code and words tell.

    Args:
        code: The result code.
        diagnostic_message: The server's words.
    """
    for row in ROWS:
        if code in row.codes and row.words.search(diagnostic_message):
            return row.meaning
    return NOTHING


#: For a refusal that lies with the account but was told by another code.
_OF_ACCOUNT: dict[int, type[ResultError]] = {
    _CODE.constraintViolation: AccountConstraint,
    _CODE.unwillingToPerform: AccountUnwilling,
}


def class_of(code: int, reason: Reason | None) -> type[ResultError]:
    """The class for a refused bind or password change.

    Args:
        code: The result code.
        reason: Where it lies with the account, one that `InvalidCredentials` catches.
    """
    kind = RESULT_ERRORS.get(code, ResultError)
    return _OF_ACCOUNT.get(code, kind) if reason in ACCOUNT_REASONS else kind
