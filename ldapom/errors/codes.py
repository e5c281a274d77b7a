"""Result codes (RFC 4511 4.1.9)."""

from __future__ import annotations

from enum import IntEnum


class ResultCode(IntEnum):
    """RFC 4511 4.1.9 and appendix A; the registered codes of later RFCs below.

    An unknown number survives as a member of its own, named ``unknown_N``.
    """

    success = 0
    operationsError = 1
    protocolError = 2
    timeLimitExceeded = 3
    sizeLimitExceeded = 4
    compareFalse = 5
    compareTrue = 6
    authMethodNotSupported = 7
    strongerAuthRequired = 8
    referral = 10
    adminLimitExceeded = 11
    unavailableCriticalExtension = 12
    confidentialityRequired = 13
    saslBindInProgress = 14
    noSuchAttribute = 16
    undefinedAttributeType = 17
    inappropriateMatching = 18
    constraintViolation = 19
    attributeOrValueExists = 20
    invalidAttributeSyntax = 21
    noSuchObject = 32
    aliasProblem = 33
    invalidDNSyntax = 34
    aliasDereferencingProblem = 36
    inappropriateAuthentication = 48
    invalidCredentials = 49
    insufficientAccessRights = 50
    busy = 51
    unavailable = 52
    unwillingToPerform = 53
    loopDetect = 54
    namingViolation = 64
    objectClassViolation = 65
    notAllowedOnNonLeaf = 66
    notAllowedOnRDN = 67
    entryAlreadyExists = 68
    objectClassModsProhibited = 69
    affectsMultipleDSAs = 71
    other = 80
    # RFC 3909 (cancel), RFC 4528 (assertion), RFC 4370 (proxied authorization),
    # RFC 4533 (content synchronization)
    canceled = 118
    noSuchOperation = 119
    tooLate = 120
    cannotCancel = 121
    assertionFailed = 122
    authorizationDenied = 123
    syncRefreshRequired = 4096

    @classmethod
    def _missing_(cls, value: object) -> ResultCode | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"unknown_{value}"
        member._value_ = value
        return member

    def __reduce_ex__(self, proto: object) -> tuple[object, ...]:
        # By value: Python 3.11.2 pickles by name, which unknown members have not.
        return type(self), (int(self),)
