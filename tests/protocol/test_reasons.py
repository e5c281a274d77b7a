"""What refusals mean: words that servers were heard to say, and what becomes of them."""

from __future__ import annotations

import pickle
import re

import pytest

from ldapom.errors import (
    AccountConstraint,
    AccountUnwilling,
    AdminLimitExceeded,
    AuthMethodNotSupported,
    ChannelBindingRejected,
    ClockSkew,
    ConfidentialityRequired,
    ConstraintViolation,
    InappropriateAuthentication,
    InsufficientAccessRights,
    InvalidCredentials,
    Other,
    ProtocolErrorResult,
    Reason,
    ResultCode,
    ResultError,
    StrongerAuthRequired,
    UnwillingToPerform,
)
from ldapom.protocol import messages as m
from ldapom.protocol._reasons import error_of
from ldapom.protocol.password_policy import PasswordPolicyResponse

BIND = m.BindRequest("cn=x", m.SimpleAuthentication(b"secret"))
KERBEROS = m.BindRequest("", m.SaslCredentials("GSSAPI", b""))
SCRAM = m.BindRequest("", m.SaslCredentials("SCRAM-SHA-256", b""))
MODIFY = m.ModifyRequest("cn=x", ())
EXTENDED = m.ExtendedRequest("1.3.6.1.4.1.4203.1.11.1")
AD = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {}, "


def refusal(code: int, words: str = "", request: object = BIND) -> ResultError:
    """Make the error for a refusal."""
    error = error_of(m.BindResponse(ResultCode(code), "", words), request)
    assert error.code == code
    assert error.diagnostic_message == words
    assert words.rstrip("\0\n ") in str(error)
    assert error.remedy in str(error)
    return error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("525", Reason.no_such_user),
        ("52e", Reason.wrong),
        ("52f", Reason.restricted),
        ("530", Reason.hours),
        ("531", Reason.workstation),
        ("532", Reason.expired),
        ("533", Reason.disabled),
        ("701", Reason.account_expired),
        ("773", Reason.must_change),
        ("775", Reason.locked),
        ("52E", Reason.wrong),
        ("5321", Reason.wrong),
        ("0", Reason.wrong),
    ],
)
def test_sub_codes(code: str, expected: Reason) -> None:
    """Active Directory's, whole words only."""
    error = refusal(49, AD.format(code) + "v1db1\0")
    assert type(error) is InvalidCredentials
    assert error.reason is expected
    assert error.remedy == expected.explanation


def test_channel_binding_is_no_wrong_password() -> None:
    """A class of its own, whose text names what helps."""
    error = refusal(49, "80090346: LdapErr: DSID-0C09075A, data 80090346, v4563")
    assert type(error) is ChannelBindingRejected
    assert not isinstance(error, InvalidCredentials)
    assert error.reason is None
    assert "channel binding" in str(error)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (49, AD.format("576")),
        (49, "80090324: LdapErr: DSID-0C0903A9"),
        (49, "SASL(-13): GSSAPI Failure: (Clock skew too great)"),
        (80, "GSSAPI Error: Minor code may provide more (Clock skew too great)"),
        (49, "NT_STATUS_TIME_DIFFERENCE_AT_DC"),
    ],
)
def test_clock_skew_is_no_wrong_password(code: int, words: str) -> None:
    """Whatever the code, it is told by a class of its own."""
    error = refusal(code, words, KERBEROS)
    assert type(error) is ClockSkew
    assert "clock of this machine" in error.remedy


@pytest.mark.parametrize(
    ("code", "words", "kind", "remedy"),
    [
        (8, "", StrongerAuthRequired, r"start_tls=True.*Kerberos or NTLM"),
        (
            8,
            "only authenticated users may change passwords",
            StrongerAuthRequired,
            "give credentials",
        ),
        (
            11,
            "illegal pagedResults page size",
            AdminLimitExceeded,
            r"query\.page_size\(100\)",
        ),
        (
            8,
            "SASL:[GSS-SPNEGO]: Sign or Seal are required.",
            StrongerAuthRequired,
            "ldap:// without TLS, where Kerberos and NTLM sign",
        ),
        (13, "TLS confidentiality required", ConfidentialityRequired, "ldaps://"),
        (
            53,
            "SASL:[GSSAPI]: Sign or Seal are not allowed if TLS is used",
            UnwillingToPerform,
            "TLS or the layer",
        ),
        (
            53,
            "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
            UnwillingToPerform,
            "encrypted connections only",
        ),
        (48, "", InappropriateAuthentication, "anonymous"),
        (
            48,
            "SASL EXTERNAL bind requires an SSL connection",
            InappropriateAuthentication,
            "a client certificate inside TLS",
        ),
        (
            1,
            "SASL: Failed to start authentication system: NT_STATUS_INVALID_PARAMETER",
            AuthMethodNotSupported,
            "^$",
        ),
        (2, "Unknown bind method", AuthMethodNotSupported, "^$"),
        (2, "Unknown bind method?", ProtocolErrorResult, "^$"),
        (80, "something else", Other, "^$"),
    ],
)
def test_remedies(code: int, words: str, kind: type[ResultError], remedy: str) -> None:
    """The error says what helps, and does not count as a wrong password."""
    error = refusal(code, words)
    assert type(error) is kind
    assert error.reason is None
    assert re.search(remedy, error.remedy)


@pytest.mark.parametrize(
    ("code", "words", "request_", "kind", "expected"),
    [
        (49, "", BIND, InvalidCredentials, Reason.wrong),
        (49, "", SCRAM, InvalidCredentials, Reason.wrong),
        (49, "", KERBEROS, InvalidCredentials, Reason.unknown),
        (49, "Invalid oldPasswd value.\n", EXTENDED, InvalidCredentials, Reason.wrong),
        (49, "password expired!", BIND, InvalidCredentials, Reason.expired),
        (53, "Account inactivated. Contact", BIND, AccountUnwilling, Reason.disabled),
        (19, "Exceed password retry limit.", BIND, AccountConstraint, Reason.locked),
        (53, "unwilling to verify old", EXTENDED, UnwillingToPerform, None),
        (
            *(53, "unwilling to verify old password", EXTENDED),
            *(AccountUnwilling, Reason.wrong),
        ),
        (19, "00000056: Constraint violation", MODIFY, AccountConstraint, Reason.wrong),
        (
            19,
            "0000052D: AtrErr: DSID-03191083",
            MODIFY,
            ConstraintViolation,
            Reason.policy,
        ),
        (
            53,
            "0000052D: SvcErr: DSID-031A12D2",
            MODIFY,
            UnwillingToPerform,
            Reason.policy,
        ),
        (
            *(19, "0000052D: password is too young to change!", MODIFY),
            *(ConstraintViolation, Reason.too_young),
        ),
        (
            *(50, "Operations are restricted to bind/unbind/abandon", MODIFY),
            *(InsufficientAccessRights, Reason.must_change),
        ),
        (50, "", MODIFY, InsufficientAccessRights, None),
        (19, "no more than one", MODIFY, ConstraintViolation, None),
    ],
)
def test_words(
    code: int,
    words: str,
    request_: object,
    kind: type[ResultError],
    expected: Reason | None,
) -> None:
    """Each is of its code's class; what is about an account is caught as such too."""
    error = refusal(code, words, request_)
    assert type(error) is kind
    assert error.reason is expected
    usual = {19: ConstraintViolation, 53: UnwillingToPerform}
    assert isinstance(error, usual.get(code, kind))


def test_controls_say_more_than_words() -> None:
    """Except that 389 tells who is disabled by the number for locked."""
    locked = PasswordPolicyResponse(error=1).control()
    result = m.BindResponse(ResultCode.unwillingToPerform, "", "Account inactivated.")
    error = error_of(result, BIND, [locked])
    assert error.reason is Reason.disabled
    quality = PasswordPolicyResponse(error=6).control()
    words = "Password fails quality checking policy"
    refused = m.ExtendedResponse(ResultCode.constraintViolation, "", words)
    assert error_of(refused, EXTENDED).reason is Reason.insufficient_quality
    assert error_of(refused, EXTENDED, [quality]).reason is Reason.too_short


def test_errors_keep_their_reason() -> None:
    """When they are pickled, and by themselves."""
    error = refusal(53, "Account inactivated.")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.reason, str(again)) == (
        AccountUnwilling,
        Reason.disabled,
        str(error),
    )
    assert InvalidCredentials(49).reason is Reason.unknown
    assert ResultError(80).reason is None
    assert not InvalidCredentials(49).remedy


def test_every_reason_explains_itself() -> None:
    """But the one that knows nothing; none repeats what could be a password."""
    for reason in Reason:
        assert bool(reason.explanation) is (reason is not Reason.unknown)
        assert "wrong" not in reason.explanation
